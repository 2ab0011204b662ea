//! Suggestions for misspelled names.

/// The name closest to the one written, if it is close enough to be a misspelling of it.
pub fn suggest<'a>(written: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let written = written.to_lowercase();
    names
        .map(|name| {
            (
                strsim::damerau_levenshtein(&written, &name.to_lowercase()),
                name,
            )
        })
        .filter(|(distance, name)| *distance <= 1 + name.len() / 4)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

/// The hint for an unknown name: `did you mean "files"?`, or all names that there are.
pub fn hint<'a>(written: &str, names: impl Iterator<Item = &'a str> + Clone) -> String {
    match suggest(written, names.clone()) {
        Some(near) => format!("did you mean {near:?}?"),
        None => format!("expected one of {}", names.collect::<Vec<_>>().join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelling_is_told_from_another_word() {
        let names = ["beginning", "end"];
        assert_eq!(suggest("begining", names.into_iter()), Some("beginning"));
        assert_eq!(suggest("END", names.into_iter()), Some("end"));
        assert_eq!(suggest("middle", names.into_iter()), None);
        assert_eq!(
            hint("begining", names.into_iter()),
            "did you mean \"beginning\"?"
        );
        assert_eq!(
            hint("middle", names.into_iter()),
            "expected one of beginning, end"
        );
    }
}
