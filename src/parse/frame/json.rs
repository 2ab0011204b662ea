//! Syslog records as JSON objects, as templates of rsyslog write them (bokysan/docker-postfix with
//! `LOG_FORMAT=json`): `{"@timestamp":"…","tag":"postfix\/smtp[1]:","hostname":"…","message":" …"}`, and the journal
//! (`journalctl -o json`), and syslog-ng's `$(format-json --scope rfc3164)`. They are rewritten as the usual syslog line.

use std::io::Write;

/// The maximum number of members that are looked at.
const MAX_MEMBERS: usize = 64;

/// The names of the members with each part of a record, the preferred one first.
const TIMES: &[&[u8]] = &[
    b"@timestamp",
    b"timestamp",
    b"time",
    b"timereported",
    MICROSECONDS,
    b"ISODATE",
    b"DATE",
];
const HOSTS: &[&[u8]] = &[b"hostname", b"host", b"logsource", b"_HOSTNAME", b"HOST"];
const TAGS: &[&[u8]] = &[
    b"tag",
    b"syslogtag",
    b"SYSLOG_IDENTIFIER",
    b"program",
    b"programname",
    b"appname",
    b"PROGRAM",
];
const PIDS: &[&[u8]] = &[b"SYSLOG_PID", b"_PID", b"pid", b"procid", b"PID"];
const MESSAGES: &[&[u8]] = &[b"message", b"msg", b"MESSAGE"];

/// The journal's time, in microseconds since 1970.
const MICROSECONDS: &[u8] = b"__REALTIME_TIMESTAMP";

/// Writes the record in `line` to `text` as a syslog line; false if it is none.
pub(in crate::parse) fn rewrite(line: &[u8], text: &mut Vec<u8>) -> bool {
    let Some(parts) = Parts::of(line) else {
        return false;
    };
    text.clear();
    if !parts.time.is_empty() {
        match microseconds(parts.time) {
            // Writing to a vector does not fail.
            Some(time) => drop(write!(text, "{time}")),
            None => unescape(parts.time, text),
        }
        text.push(b' ');
        let host = if parts.host.is_empty() {
            b"-"
        } else {
            parts.host
        };
        unescape(host, text);
        text.push(b' ');
    }
    let begin = text.len();
    unescape(parts.tag, text);
    while text.len() > begin && text.ends_with(b" ") {
        text.pop();
    }
    if !text.ends_with(b":") {
        if !parts.pid.is_empty() && !text.ends_with(b"]") {
            text.push(b'[');
            unescape(parts.pid, text);
            text.push(b']');
        }
        text.push(b':');
    }
    text.push(b' ');
    let begin = text.len();
    unescape(parts.message, text);
    // rsyslog keeps the space after the tag.
    if text.get(begin) == Some(&b' ') {
        text.remove(begin);
    }
    true
}

/// The time that is a number of microseconds since 1970.
fn microseconds(time: &[u8]) -> Option<jiff::Timestamp> {
    if time.len() < 15 || !time.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let number = std::str::from_utf8(time).ok()?.parse().ok()?;
    jiff::Timestamp::from_microsecond(number).ok()
}

/// The parts of a record, as JSON strings without their quotes.
struct Parts<'a> {
    time: &'a [u8],
    host: &'a [u8],
    tag: &'a [u8],
    pid: &'a [u8],
    message: &'a [u8],
}

impl<'a> Parts<'a> {
    /// `None` for anything but an object with a tag and a message.
    fn of(line: &'a [u8]) -> Option<Self> {
        let [time, host, tag, message, pid] = best(line, [TIMES, HOSTS, TAGS, MESSAGES, PIDS])?;
        Some(Parts {
            time: time.unwrap_or_default(),
            host: host.unwrap_or_default(),
            tag: tag.filter(|it| !it.is_empty())?,
            pid: pid.unwrap_or_default(),
            message: message?,
        })
    }
}

/// Of the members of an object that are strings, the value of the first name of each list that it has; `None` for anything
/// but an object.
fn best<'a, const N: usize>(line: &'a [u8], lists: [&[&[u8]]; N]) -> Option<[Option<&'a [u8]>; N]> {
    let mut rest = line.trim_ascii_start().strip_prefix(b"{")?;
    let mut found = [(usize::MAX, None); N];
    for _ in 0..MAX_MEMBERS {
        let (name, after) = string(rest.trim_ascii_start())?;
        let after = after.trim_ascii_start().strip_prefix(b":")?;
        let after = after.trim_ascii_start();
        let after = match string(after) {
            Some((value, after)) => {
                for (names, best) in lists.iter().zip(&mut found) {
                    if let Some(rank) = names.iter().position(|it| *it == name)
                        && rank < best.0
                    {
                        *best = (rank, Some(value));
                    }
                }
                after
            }
            None => other(after)?,
        };
        match after.trim_ascii_start() {
            [b',', after @ ..] => rest = after,
            [b'}', ..] => break,
            _ => return None,
        }
    }
    Some(found.map(|(_, value)| value))
}

/// The members in which Docker's drivers for GELF and Fluentd, Filebeat and Vector wrap lines of logs.
const LINES: &[&[u8]] = &[b"log", b"short_message", b"message", b"line", b"MESSAGE"];

/// Whether an object has a text that may be a line of a log.
pub(in crate::parse) fn carries(line: &[u8]) -> bool {
    matches!(best(line, [LINES]), Some([Some(_)]))
}

/// Writes the line that `line` carries to `text`, below its time as container runtimes write it; false if it carries none.
pub(in crate::parse) fn carried(line: &[u8], text: &mut Vec<u8>) -> bool {
    let Some([time, Some(message)]) = best(line, [TIMES, LINES]) else {
        return false;
    };
    text.clear();
    let time = time.and_then(|it| {
        std::str::from_utf8(it)
            .ok()?
            .parse::<jiff::Timestamp>()
            .ok()
    });
    if let Some(time) = time {
        // Writing to a vector does not fail.
        drop(write!(text, "{time:.9} "));
    }
    unescape(message, text);
    text.truncate(text.trim_ascii_end().len());
    true
}

/// The string at the beginning of a text, without its quotes, and the rest.
pub(super) fn string(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let inner = text.strip_prefix(b"\"")?;
    let mut at = 0;
    loop {
        at += memchr::memchr2(b'"', b'\\', inner.get(at..)?)?;
        if inner[at] == b'"' {
            return Some((&inner[..at], &inner[at + 1..]));
        }
        at += 2;
    }
}

/// The text after a value that is no string: a number, a literal, an object or an array.
fn other(text: &[u8]) -> Option<&[u8]> {
    let (mut at, mut depth) = (0, 0u32);
    loop {
        match text.get(at)? {
            b'{' | b'[' => depth += 1,
            b'}' | b']' if depth > 0 => depth -= 1,
            b',' | b'}' if depth == 0 => return Some(&text[at..]),
            b'"' => {
                let (_, after) = string(&text[at..])?;
                at = text.len() - after.len();
                continue;
            }
            _ => {}
        }
        at += 1;
    }
}

/// Appends the content of a JSON string (RFC 8259 section 7). Control characters become spaces: a record is one line.
pub(super) fn unescape(escaped: &[u8], text: &mut Vec<u8>) {
    let mut rest = escaped;
    while let Some(at) = memchr::memchr(b'\\', rest) {
        text.extend_from_slice(&rest[..at]);
        rest = match rest[at + 1..] {
            [b'u', ..] => match code_point(&rest[at..]) {
                Some((character, after)) => {
                    let mut bytes = [0; 4];
                    let character = if character.is_control() {
                        ' '
                    } else {
                        character
                    };
                    text.extend_from_slice(character.encode_utf8(&mut bytes).as_bytes());
                    after
                }
                None => &rest[at + 2..],
            },
            [byte, ref after @ ..] => {
                text.push(match byte {
                    b'b' | b'f' | b'n' | b'r' | b't' => b' ',
                    byte => byte,
                });
                after
            }
            [] => &[],
        };
    }
    text.extend_from_slice(rest);
}

/// The character of `\u00e9`, or of a surrogate pair, and the rest.
fn code_point(text: &[u8]) -> Option<(char, &[u8])> {
    let unit = |text: &[u8]| {
        let digits = text.strip_prefix(b"\\u")?.first_chunk::<4>()?;
        u32::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
    };
    let first = unit(text)?;
    if !(0xd800..0xdc00).contains(&first) {
        return Some((char::from_u32(first).unwrap_or('\u{fffd}'), &text[6..]));
    }
    match unit(&text[6..]) {
        Some(second @ 0xdc00..0xe000) => {
            let code = 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
            Some((char::from_u32(code)?, &text[12..]))
        }
        _ => Some(('\u{fffd}', &text[6..])),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rewritten(line: &str) -> Option<String> {
        let mut text = b"old".to_vec();
        rewrite(line.as_bytes(), &mut text).then(|| String::from_utf8(text).expect("UTF-8"))
    }

    #[test]
    fn record_of_an_rsyslog_template_becomes_a_syslog_line() {
        let line = r#"{"@timestamp":"2026-11-23T10:00:00.123456+00:00","type":"syslog_json","tag":"postfix\/smtp[1]:","hostname":"mx","program":"postfix","n":[1,{"x":"],}"}],"priority":22,"message":" 4F9D: \"a\\b\" 0\/1 \u00e9\ud83d\ude00\n","end_msg":""}"#;
        let expected =
            "2026-11-23T10:00:00.123456+00:00 mx postfix/smtp[1]: 4F9D: \"a\\b\" 0/1 é😀 ";
        assert_eq!(rewritten(line).as_deref(), Some(expected));
        let line = r#"{ "msg": "hello" , "program": "postfix" }"#;
        assert_eq!(rewritten(line).as_deref(), Some("postfix: hello"));
    }

    #[test]
    fn record_of_the_journal_becomes_a_syslog_line() {
        let line = r#"{"__REALTIME_TIMESTAMP":"1795428000123456","_HOSTNAME":"mx","SYSLOG_IDENTIFIER":"exim","_PID":"12","MESSAGE":"hello"}"#;
        let expected = "2026-11-23T10:00:00.123456Z mx exim[12]: hello";
        assert_eq!(rewritten(line).as_deref(), Some(expected));
    }

    #[test]
    fn record_of_syslog_ng_becomes_a_syslog_line() {
        let line = r#"{"PROGRAM":"exim","PRIORITY":"info","PID":"12","MESSAGE":"hello","HOST":"mx","FACILITY":"mail","DATE":"Nov 23 10:00:00"}"#;
        let expected = "Nov 23 10:00:00 mx exim[12]: hello";
        assert_eq!(rewritten(line).as_deref(), Some(expected));
    }

    #[test]
    fn lines_that_log_shippers_wrap_are_taken_out() {
        let carried = |line: &str| {
            let mut text = b"old".to_vec();
            carried(line.as_bytes(), &mut text).then(|| String::from_utf8(text).expect("UTF-8"))
        };
        for (line, expected) in [
            (
                r#"{"@timestamp":"2026-11-23T10:00:00.1Z","message":"a \"b\"\n","log":{"offset":1}}"#,
                "2026-11-23T10:00:00.100000000Z a \"b\"",
            ),
            (
                r#"{"version":"1.1","short_message":"a","timestamp":1795428000.1}"#,
                "a",
            ),
            (r#"{"log":"a","container_name":"/mail"}"#, "a"),
        ] {
            assert_eq!(carried(line).as_deref(), Some(expected), "{line}");
        }
        assert_eq!(carried(r#"{"text":"a"}"#), None);
    }

    #[test]
    fn other_objects_are_not_rewritten() {
        for line in [
            "{}",
            "{",
            r#"{"message":"x"}"#,
            r#"{"tag":"x"}"#,
            r#"{"tag":"x","message":"y"#,
            r#"{"tag":"x","message":"y\"}"#,
            r#"{"tag":"","message":"y"}"#,
            r#"["tag","x"]"#,
            "postfix: {}",
        ] {
            assert_eq!(rewritten(line), None, "{line}");
        }
        let mut text = Vec::new();
        for end in [r"\", r"\u", r"\ud83d", r"\ud83d\u0041", r"\u12"] {
            unescape(end.as_bytes(), &mut text);
        }
    }

    #[test]
    fn spaces_after_the_tag_are_not_part_of_it() {
        for (tag, expected) in [
            ("postfix/smtp[1]: ", "postfix/smtp[1]: x"),
            ("exim  ", "exim[7]: x"),
            (" ", "[7]: x"),
        ] {
            let line = format!(r#"{{"tag":"{tag}","pid":"7","message":"x"}}"#);
            assert_eq!(rewritten(&line).as_deref(), Some(expected));
        }
    }
}
