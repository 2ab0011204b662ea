//! The shape of a line: what it has in common with others, without anything that identifies a person, a host or a message.

use crate::cli::trace::line_ids::LineIds;
use crate::insight::template::template;

/// The shape of a line: the program, and the words that are not values.
pub fn shape(line: &[u8]) -> String {
    let ids = LineIds::of(line);
    let text = String::from_utf8_lossy(ids.text);
    let words = template(without_values(&text).as_bytes());
    match &*String::from_utf8_lossy(ids.program) {
        "" if words.is_empty() => "(an empty line)".to_owned(),
        "" => words,
        program => format!("{program}: {words}"),
    }
}

/// The text without quoted parts, values after `=`, and paths.
fn without_values(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        rest = &rest[c.len_utf8()..];
        let after_word = result.ends_with(char::is_alphanumeric);
        // `host[address]` is two words.
        if c == '[' && after_word {
            result.push(' ');
        }
        result.push(c);
        let close = match c {
            '"' => Some('"'),
            '<' => Some('>'),
            // Not an apostrophe.
            '\'' if !after_word => Some('\''),
            _ => None,
        };
        let hidden = match (c, close) {
            (_, Some(close)) => rest.find(close),
            // A quoted value is left to the quotes.
            ('=', _) if rest.starts_with(['"', '<', '\'']) => None,
            ('=', _) => Some(end_of_value(rest)),
            ('/', _) if result.len() == 1 || result.ends_with(" /") => Some(end_of_value(rest)),
            _ => None,
        };
        let Some(hidden) = hidden else {
            continue;
        };
        if hidden > 0 {
            result.push('…');
        }
        rest = &rest[hidden..];
        if let Some(close) = close {
            result.push(close);
            rest = &rest[close.len_utf8()..];
        }
    }
    result
}

/// Where a value or path without quotes ends.
fn end_of_value(text: &str) -> usize {
    text.find([' ', ',', ';']).unwrap_or(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shape_has_nothing_that_identifies_anyone() {
        for (line, expected) in [
            ("", "(an empty line)"),
            (
                "Nov 23 10:10:23 mail postfix/smtpd[301]: a form nobody has thought of from bob@example.org at mx1.example.net[192.0.2.1]",
                "postfix/smtpd: a form nobody has thought of from <address> at <host> [<ip>]",
            ),
            (
                "Nov 23 10:10:23 mail imapd[301]: user=<bob>, rip=192.0.2.7, box=\"My mail\", login of 'bob' in /home/bob/Maildir",
                "imapd: user=<…>, rip=…, box=\"…\", login of '…' in /…",
            ),
            (
                "Nov 23 10:10:23 mail imapd[301]: can't open 'bob' for writing",
                "imapd: can't open '…' for writing",
            ),
            (
                "Nov 23 10:10:23 mail postfix/smtp[301]: 4F9D195432C: new form: 17 seconds",
                "postfix/smtp: new form: # seconds",
            ),
        ] {
            let found = shape(line.as_bytes());
            for secret in ["bob", "192.0", "4F9D", "My mail"] {
                assert!(!found.contains(secret), "{found}");
            }
            assert_eq!(found, expected);
        }
    }
}
