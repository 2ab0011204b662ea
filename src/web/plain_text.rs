//! Text of what a page shows, without its markup, for readers other than browsers.

use maud::Markup;

/// The text of the markup on one line: no tags, no entities, no repeated spaces, no control characters.
pub fn plain_text(markup: &Markup) -> String {
    let mut text = String::new();
    let mut rest = markup.0.as_str();
    while let Some(at) = rest.find(['<', '&']) {
        text.push_str(&rest[..at]);
        rest = &rest[at..];
        rest = match rest.as_bytes()[0] {
            b'<' => tag(rest, &mut text),
            _ => entity(rest, &mut text),
        };
    }
    text.push_str(rest);
    let words = text.split([' ', '\n', '\t']).filter(|it| !it.is_empty());
    let line = words.collect::<Vec<_>>().join(" ");
    line.chars()
        .filter(|it| !it.is_control() && *it != '\u{ad}' && *it != '\u{200b}')
        .collect()
}

/// Skips a tag; a line break is a space.
fn tag<'a>(rest: &'a str, text: &mut String) -> &'a str {
    let end = rest.find('>').map_or(rest.len(), |at| at + 1);
    if rest.starts_with("<br") {
        text.push(' ');
    }
    &rest[end..]
}

/// Takes one of the entities that maud writes.
fn entity<'a>(rest: &'a str, text: &mut String) -> &'a str {
    let known = [
        ("&lt;", '<'),
        ("&gt;", '>'),
        ("&amp;", '&'),
        ("&quot;", '"'),
    ];
    for (name, character) in known {
        if let Some(rest) = rest.strip_prefix(name) {
            text.push(character);
            return rest;
        }
    }
    text.push('&');
    &rest[1..]
}

#[cfg(test)]
mod tests {
    use maud::html;

    use super::*;

    #[test]
    fn tags_entities_and_control_characters_are_left_out() {
        let markup = html! {
            b { "a < b & \"c\"" } br; "d " span class="<x>" { " e\u{1b}[31m" } "&lt;" wbr; "f"
        };
        assert_eq!(plain_text(&markup), "a < b & \"c\" d e[31m&lt;f");
    }
}
