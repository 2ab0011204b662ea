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
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        // `host[address]` is two words.
        if c == '[' && result.ends_with(char::is_alphanumeric) {
            result.push(' ');
        }
        result.push(c);
        let close = match c {
            '"' => '"',
            '<' => '>',
            '\'' if !result.ends_with(|before: char| before.is_alphanumeric()) => '\'',
            '=' => {
                // A quoted value is left to the quotes.
                if chars
                    .peek()
                    .is_some_and(|next| !matches!(next, '"' | '<' | '\''))
                {
                    while chars
                        .peek()
                        .is_some_and(|next| !matches!(next, ' ' | ',' | ';'))
                    {
                        chars.next();
                    }
                    result.push('…');
                }
                continue;
            }
            '/' => {
                let is_path = result.len() == 1 || result.ends_with(" /");
                if is_path {
                    while chars
                        .peek()
                        .is_some_and(|next| !matches!(next, ' ' | ',' | ';'))
                    {
                        chars.next();
                    }
                    result.push('…');
                }
                continue;
            }
            _ => continue,
        };
        let rest: String = chars.clone().take_while(|next| *next != close).collect();
        if chars.clone().any(|next| next == close) {
            for _ in 0..rest.chars().count() {
                chars.next();
            }
            if !rest.is_empty() {
                result.push('…');
            }
            result.extend(chars.next());
        }
    }
    result
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
