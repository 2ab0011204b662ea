//! Checks of single values that several sections share.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use serde_saphyr::Spanned;

use super::expected;
use super::schema::List;
use crate::parse::{Format, format_names};
use crate::yaml::{self, Fault, Place};

/// An invalid value of the field with the given path (without list indexes).
pub fn invalid<T>(value: &Spanned<T>, problem: impl Into<String>, field: &str) -> Fault {
    let expected = expected::in_config(field).unwrap_or_default();
    Fault::new(value, problem, format!("expected {expected}"))
}

/// A required field that is missing from the mapping at a place.
pub fn missing(mapping: Place, field: &str, example: &str) -> Fault {
    Fault::new(
        mapping,
        format!("the field {field:?} is missing"),
        format!("add it, for example {field}: {example}"),
    )
}

/// A value that is one of some names.
pub fn one_of<T: FromStr>(written: &Spanned<String>, names: &[&str]) -> Result<T, Fault> {
    written.value.parse().map_err(|_| {
        Fault::new(
            written,
            format!("unknown value {:?}", written.value),
            yaml::hint(&written.value, names.iter().copied()),
        )
    })
}

/// The items of a list that must be there and must not be empty.
pub fn required_list(
    list: List<String>,
    mapping: Place,
    field: &str,
    example: &str,
) -> Result<Vec<Spanned<String>>, Fault> {
    match list {
        Some(list) if !list.value.is_empty() => Ok(list.value),
        Some(list) => Err(Fault::new(
            &list,
            "the list is empty",
            format!("expected a list such as {example}"),
        )),
        None => Err(missing(mapping, field, example)),
    }
}

/// A name that is not blank.
pub fn non_empty(name: Spanned<String>) -> Result<String, Fault> {
    if name.value.trim().is_empty() {
        return Err(Fault::new(
            &name,
            "the name is empty",
            "expected a name, such as mail",
        ));
    }
    Ok(name.value)
}

/// An absolute path, for the field with the given path.
pub fn absolute_path(path: Spanned<String>, field: &str) -> Result<PathBuf, Fault> {
    if Path::new(&path.value).is_absolute() {
        return Ok(path.value.into());
    }
    let problem = format!("{:?} is not an absolute path", path.value);
    Err(invalid(&path, problem, field))
}

/// Checks the name of a log format.
///
/// # Errors
///
/// The problem and a hint, if there is no such format.
pub fn check_format(name: &str) -> Result<Format, (String, String)> {
    if let Some(format) = Format::named(name) {
        return Ok(format);
    }
    let names = format_names();
    let suggestion = match yaml::suggest(name, names.iter().copied()) {
        Some(near) => format!("did you mean {near:?}? The formats are "),
        None => "expected one of ".to_owned(),
    };
    Err((
        format!("unknown log format {name:?}"),
        suggestion + &names.join(", "),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_log_format_is_refused_with_the_known_names() {
        for name in format_names() {
            let format = check_format(name).map(Format::name);
            assert_eq!(format, Ok(name));
        }
        let all = format_names().join(", ");
        assert_eq!(
            check_format("postfx"),
            Err((
                "unknown log format \"postfx\"".to_owned(),
                format!("did you mean \"postfix\"? The formats are {all}")
            ))
        );
        assert_eq!(
            check_format("nothing like it"),
            Err((
                "unknown log format \"nothing like it\"".to_owned(),
                format!("expected one of {all}")
            ))
        );
    }
}
