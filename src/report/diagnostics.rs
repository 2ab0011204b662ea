//! Where a line says what it warns about: the text behind the level, and the program that wrote it.

use crate::parse::Level;

/// The words that precede the text of a diagnostic.
const LEVELS: [&[u8]; 7] = [
    b": warning: ",
    b": error: ",
    b": fatal: ",
    b": panic: ",
    b": fatal error: ",
    b" Warning: ",
    b": Warning: ",
];

/// The program and the text of a line.
pub(super) fn program_and_text(line: &[u8]) -> (&[u8], &[u8]) {
    // Most lines have it right behind the program.
    if let Some(at) = memchr::memmem::find(line, b"]: ") {
        let rest = &line[at + 1..];
        let text = LEVELS.iter().find_map(|level| rest.strip_prefix(*level));
        if let Some(text) = text {
            return (program(&line[..=at]), text);
        }
    }
    for level in LEVELS {
        if let Some(at) = memchr::memmem::find(line, level) {
            return (program(&line[..at]), &line[at + level.len()..]);
        }
    }
    // `Nov 20 15:17:00 mx1 program[1]: text`
    match memchr::memmem::find(line, b"]: ") {
        Some(at) => (program(&line[..=at]), &line[at + 3..]),
        None => (b"", line),
    }
}

/// The text of an action on a message, after its name: `NOQUEUE: hold: RCPT from …`.
pub(super) fn action_text<'a>(line: &'a [u8], action: &str) -> &'a [u8] {
    let (_, text) = program_and_text(line);
    let found = memchr::memmem::find_iter(text, action).find_map(|at| {
        let rest = &text[at + action.len()..];
        // Header and body checks call it `warning`, access tables `warn`.
        let rest = rest.strip_prefix(b"ing").unwrap_or(rest);
        rest.strip_prefix(b": ")
    });
    let text = found.unwrap_or(text);
    memchr::memmem::find(text, b"; from=").map_or(text, |end| &text[..end])
}

/// The name of the program at the end of a syslog header: `postfix/smtpd` in `mx1 postfix/smtpd[123]`.
fn program(header: &[u8]) -> &[u8] {
    let start = memchr::memrchr(b' ', header).map_or(0, |at| at + 1);
    let tag = &header[start..];
    memchr::memchr(b'[', tag).map_or(tag, |end| &tag[..end])
}

/// The level as a byte of a key.
pub(super) fn level_index(level: Level) -> u8 {
    level.index() as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn program_and_text_are_found() {
        for (line, expected) in [
            (
                "Nov 20 15:17:01 mx1 postfix/smtpd[1234]: warning: hostname a does not resolve",
                ("postfix/smtpd", "hostname a does not resolve"),
            ),
            (
                "2026-11-20T15:17:01Z mx1 sendmail[7]: 6AN: SYSERR(root): cannot open",
                ("sendmail", "6AN: SYSERR(root): cannot open"),
            ),
            ("no header", ("", "no header")),
        ] {
            let (program, text) = program_and_text(line.as_bytes());
            assert_eq!(
                (program, text),
                (expected.0.as_bytes(), expected.1.as_bytes())
            );
        }
    }

    #[test]
    fn the_text_of_an_action_follows_its_name() {
        let line = b"Nov 20 15:17:01 mx1 postfix/cleanup[1]: 4F9D195432C: warning: header Subject: offer from \
                     local; from=<a@example.com>";
        assert_eq!(
            action_text(line, "warn"),
            b"header Subject: offer from local"
        );
        let line = b"Nov 20 15:17:01 mx1 postfix/smtpd[1]: NOQUEUE: hold: RCPT from mx[192.0.2.1]: <a>: checked; from=<b>";
        assert_eq!(
            action_text(line, "hold"),
            b"RCPT from mx[192.0.2.1]: <a>: checked"
        );
    }
}
