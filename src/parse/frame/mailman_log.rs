//! Mailman's own log files, versions 2 and 3: `Nov 23 10:00:00 2026 (1234) <id> smtp to list for 12 recips`. Mailman is a client of
//! the mail server beside it, whose log has the replies; so these lines are noise.

use crate::parse::frame::{compose_prefix, form};

/// Whether a line has this form.
pub(in crate::parse) fn is_line(line: &[u8]) -> bool {
    let line = compose_prefix::strip(line);
    let Some(rest) = form::strip(line, b"aaa _0 00:00:00 0000 (") else {
        return false;
    };
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    digits > 0 && rest[digits..].starts_with(b") ")
}

#[cfg(test)]
mod tests {
    use super::is_line;

    #[test]
    fn lines_of_mailman_are_told_from_others() {
        assert!(is_line(
            b"Nov 23 10:00:00 2026 (1234) delivery to a@example.net failed with code 550: no"
        ));
        assert!(is_line(b"Nov  3 10:00:00 2026 (7) x"));
        assert!(is_line(b"mailman-core  | Nov 23 10:00:00 2026 (7) x"));
        for line in [
            &b"Nov 23 10:00:00 2026 mail: x"[..],
            b"Nov 23 10:00:00 mail (1234) x",
            b"Nov 23 10:00:00 2026 () x",
            b"Nov 23 10:00:00 2026 (",
            b"",
        ] {
            assert!(!is_line(line), "{}", String::from_utf8_lossy(line));
        }
    }
}
