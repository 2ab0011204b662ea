//! The time that a container runtime adds, for lines of servers that leave it to the runtime.

use std::io::Write as _;

use jiff::Timestamp;

use super::container;

/// Writes to `timed` a line of a container after the time in the line `raw` of the runtime, as `docker logs -t` does, and
/// returns whether it did: if the line has no time of its own and is of a server that writes none.
pub(super) fn add(line: &[u8], raw: &[u8], timed: &mut Vec<u8>) -> bool {
    if !is_without_time(line) {
        return false;
    }
    let Some(time) = container::time(raw).and_then(|time| time.parse::<Timestamp>().ok()) else {
        return false;
    };
    timed.clear();
    _ = write!(timed, "{time:.9} ");
    timed.extend_from_slice(line);
    true
}

/// The levels of Haraka's log.
const HARAKA_LEVELS: [&[u8]; 10] = [
    b"DATA",
    b"PROTOCOL",
    b"DEBUG",
    b"INFO",
    b"NOTICE",
    b"WARN",
    b"ERROR",
    b"CRIT",
    b"ALERT",
    b"EMERG",
];

/// Whether the line is of a server that leaves the time to the runtime: Haraka (`[INFO] `, colored or not, or an object that
/// begins with level and uuid), ZoneMTA
/// (`info Sender/…`) and OpenSMTPD (`4715ec9900000053 mta …`).
fn is_without_time(line: &[u8]) -> bool {
    let line = match line {
        [0x1b, b'[', rest @ ..] => memchr::memchr(b'm', rest).map_or(line, |end| &rest[end + 1..]),
        _ => line,
    };
    if let Some(level) = line.strip_prefix(b"[") {
        return HARAKA_LEVELS.iter().any(|name| {
            level
                .strip_prefix(*name)
                .is_some_and(|rest| rest.starts_with(b"] "))
        });
    }
    if let Some(level) = line.strip_prefix(br#"{"level":""#) {
        let after = memchr::memchr(b'"', level).map(|end| &level[end..]);
        return after.is_some_and(|after| after.starts_with(br#"","uuid":"#));
    }
    let Some(end) = memchr::memchr(b' ', &line[..line.len().min(17)]) else {
        return false;
    };
    let (word, rest) = line.split_at(end);
    match word {
        b"info" | b"http" | b"verb" | b"WARN" | b"ERR!" => true,
        _ => {
            end == 16
                && word.iter().all(u8::is_ascii_hexdigit)
                && (rest.starts_with(b" mta ")
                    || rest.starts_with(b" smtp ")
                    || rest.starts_with(b" mda "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_is_added_where_the_server_writes_none() {
        for (line, has_none) in [
            ("[INFO] [-] [core] x", true),
            ("\u{1b}[32m[INFO] [-] [core] x", true),
            ("info Sender/default/1[1] x", true),
            ("4715ec9900000053 mta delivery x", true),
            ("4715ec9900000053 x", false),
            ("[1] x", false),
            ("[AB] x", false),
            (r#"{"level":"INFO","uuid":"-","message":"x"}"#, true),
            (r#"{"level":"INFO","time":1}"#, false),
            (r#"{"level":"INFO"#, false),
            ("info: x", false),
            ("Nov 30 10:00:00 mx postfix/smtp[1]: x", false),
            ("", false),
        ] {
            let log = serde_json::to_string(&format!("{line}\n")).expect("JSON");
            for raw in [
                format!("2026-11-30T12:00:00.12+02:00 stdout F {line}"),
                format!(
                    "{{\"log\":{log},\"stream\":\"stdout\",\"time\":\"2026-11-30T10:00:00.12Z\"}}"
                ),
            ] {
                let mut timed = b"of the line before".to_vec();
                let expected = format!("2026-11-30T10:00:00.120000000Z {line}");
                let added = add(line.as_bytes(), raw.as_bytes(), &mut timed);
                assert_eq!(added, has_none, "{raw}");
                assert!(!added || timed == expected.as_bytes(), "{raw}");
            }
            let untimed = format!("2026-99-30T12:00:00.12Z stdout F {line}");
            assert!(!add(line.as_bytes(), untimed.as_bytes(), &mut Vec::new()));
        }
    }
}
