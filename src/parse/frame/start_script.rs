//! Lines that the start scripts of container images write to the same stream as the mail server, with or without
//! colors:
//!
//! - docker-mailserver: `2026-11-23 10:00:00+00:00 INFO  start-mailserver.sh: …`, before version 14 `[   INF   ]  …`
//! - bokysan/docker-postfix: `‣ INFO  …`, a banner of stars, and the output of commands, indented
//! - Mailu: the default format of Python's logging (`WARNING:root:…`), and that of its lookup daemon (`root (ERROR): …`)

/// Whether a line has one of these forms.
pub(in crate::parse) fn is_line(line: &[u8]) -> bool {
    let text = after_blanks_and_colors(line);
    let prefixes = ["‣ ", "★"];
    if prefixes.iter().any(|it| text.starts_with(it.as_bytes())) {
        return true;
    }
    is_in_brackets(text) || is_output(line) || is_python(text) || is_dated(line)
}

/// Whether a text begins with a level in brackets: `[   INF   ]`.
fn is_in_brackets(text: &[u8]) -> bool {
    let Some(text) = text.strip_prefix(b"[") else {
        return false;
    };
    let text = after_blanks_and_colors(text.strip_prefix(b"[").unwrap_or(text));
    let word = capitals(text);
    (3..=7).contains(&word) && after_blanks_and_colors(&text[word..]).starts_with(b"]")
}

/// Whether a line is the output of a command that the script runs. No log record is indented.
fn is_output(line: &[u8]) -> bool {
    const PREFIXES: [&[u8]; 8] = [
        b"    ",
        b"\t",
        b"  File \"",
        b"Traceback (most recent call last):",
        b"====== ",
        b"Waiting for the DKIM milter ",
        b"DKIM milter ",
        // The PID files that Mailu removes.
        b"/run/",
    ];
    PREFIXES.iter().any(|prefix| line.starts_with(prefix))
}

/// Whether a text has the form `LEVEL:logger:message` or `logger (LEVEL): message`, or is the last line of a traceback:
/// `ConnectionError: message`.
fn is_python(text: &[u8]) -> bool {
    const LEVELS: [&[u8]; 5] = [b"DEBUG", b"INFO", b"WARNING", b"ERROR", b"CRITICAL"];
    let is_name = |byte: &&u8| byte.is_ascii_alphanumeric() || b"_.-".contains(*byte);
    let length = text.iter().take_while(is_name).count();
    let (word, rest) = text.split_at(length);
    if let Some(rest) = rest.strip_prefix(b":")
        && LEVELS.contains(&word)
    {
        let length = rest.iter().take_while(is_name).count();
        return length > 0 && rest[length..].starts_with(b":");
    }
    if let Some(rest) = rest.strip_prefix(b" (") {
        let is_level = |level: &[u8]| {
            rest.strip_prefix(level)
                .is_some_and(|it| it.starts_with(b"): "))
        };
        return length > 0 && LEVELS.iter().any(|level| is_level(level));
    }
    let is_exception = word.ends_with(b"Error") || word.ends_with(b"Exception");
    is_exception && rest.starts_with(b": ")
}

/// Whether a line has a time stamp and a colored level: `2026-11-23 10:00:00+00:00 \x1b[34mINFO \x1b[0m …`. Without
/// colors, it has the form of a syslog record of a foreign program.
fn is_dated(line: &[u8]) -> bool {
    let mut words = line.splitn(3, |&byte| byte == b' ');
    let (Some(date), Some(time), Some(text)) = (words.next(), words.next(), words.next()) else {
        return false;
    };
    let is_stamp = date.len() == 10 && time.len() >= 8 && time[2] == b':';
    let level = after_blanks_and_colors(text);
    let word = capitals(level);
    is_stamp
        && text.starts_with(b"\x1b[")
        && (4..=5).contains(&word)
        && level[word..].contains(&0x1b)
}

/// How many capital letters a text begins with.
fn capitals(text: &[u8]) -> usize {
    let is_capital = |byte: &&u8| byte.is_ascii_uppercase();
    text.iter().take_while(is_capital).count()
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
            "★★★★★ STARTING (debian) ★★★★★",
            "\u{1b}[38;5;245m\u{1b}[4m★★★★★ \u{1b}[0mSTARTING",
            "        ...for domain example.org (selector: s1)",
            "\tsourcing /docker-init.d/tables.sh",
            "2026-11-23 10:00:00+00:00 \u{1b}[0;34mINFO \u{1b}[0m start.sh: mail.example.com is ready",
            "2026-11-23 10:00:00+00:00 \u{1b}[1;31mERROR\u{1b}[0m start.sh: no certificate",
            "root (ERROR): the table cannot be read",
            "asyncio (DEBUG): selecting",
            "Traceback (most recent call last):",
            "  File \"/usr/lib/table.py\", line 3, in get",
            "aiohttp.ClientError: no answer",
            "/run/postfix/master.pid",
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
            "root (error): x",
            "(ERROR): x",
            "Error x",
            "2026-11-23 10:00:00 INFO x",
            "2026-11-23 \u{1b}[0mINFO\u{1b}[0m x",
            "2026-11-23 10:00:00 \u{1b}[0mInfo\u{1b}[0m x",
            " x",
            "\u{1b}[3",
        ] {
            assert!(!is_line(line.as_bytes()), "{line}");
        }
    }
}
