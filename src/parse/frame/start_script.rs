//! Lines that the start scripts of container images write to the same stream as the mail server: those of
//! docker-mailserver (`[   INF   ]  …`) and of bokysan/docker-postfix (`‣ INFO  …`), with or without colors, and of
//! Mailu in the default format of Python's logging (`WARNING:root:…`).

/// Whether a line has one of these forms.
pub(in crate::parse) fn is_line(line: &[u8]) -> bool {
    let text = after_blanks_and_colors(line);
    if text.starts_with("‣ ".as_bytes()) {
        return true;
    }
    let Some(text) = text.strip_prefix(b"[") else {
        return is_python(text);
    };
    let text = after_blanks_and_colors(text.strip_prefix(b"[").unwrap_or(text));
    let word = text
        .iter()
        .take_while(|byte| byte.is_ascii_uppercase())
        .count();
    (3..=7).contains(&word) && after_blanks_and_colors(&text[word..]).starts_with(b"]")
}

/// Whether a text has the form `LEVEL:logger:message`.
fn is_python(text: &[u8]) -> bool {
    const LEVELS: [&[u8]; 5] = [b"DEBUG:", b"INFO:", b"WARNING:", b"ERROR:", b"CRITICAL:"];
    let rest = LEVELS.iter().find_map(|level| text.strip_prefix(*level));
    rest.is_some_and(|rest| {
        let is_name = |byte: &&u8| byte.is_ascii_alphanumeric() || b"_.-".contains(*byte);
        let length = rest.iter().take_while(is_name).count();
        length > 0 && rest[length..].starts_with(b":")
    })
}

/// The text after spaces and terminal colors (ECMA-48, `ESC [ … m`).
fn after_blanks_and_colors(text: &[u8]) -> &[u8] {
    let mut rest = text;
    loop {
        rest = match rest {
            [b' ', after @ ..] => after,
            [0x1b, b'[', after @ ..] => {
                let is_parameter = |byte: &&u8| byte.is_ascii_digit() || **byte == b';';
                let length = after.iter().take_while(is_parameter).count();
                match after[length..] {
                    [b'm', ref after @ ..] => after,
                    _ => return rest,
                }
            }
            _ => return rest,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_start_scripts_are_told_from_others() {
        for line in [
            "[   INF   ]  Starting daemons",
            "\u{1b}[0m[   \u{1b}[34mINF   \u{1b}[0m]  Starting daemons",
            "[ WARNING ]  x",
            "[[  INF  ]]  x",
            "‣ NOTE  Starting: rsyslog, crond, postfix",
            "WARNING:root:no answer from the name server",
            "\u{1b}[0m‣ \u{1b}[32mINFO \u{1b}[0m Using plain log format",
        ] {
            assert!(is_line(line.as_bytes()), "{line}");
        }
        for line in [
            "",
            "[",
            "[INF",
            "[ID 1]",
            "[192.0.2.1]: x",
            "[ Info ]",
            "INFO x",
            "INFO::x",
            "WARNING: root: x",
            "\u{1b}[3",
        ] {
            assert!(!is_line(line.as_bytes()), "{line}");
        }
    }
}
