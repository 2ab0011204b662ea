//! The prefix of `docker compose logs`, `docker service logs` and `pm2 logs`: the container's or program's name, padded with
//! spaces, and a vertical bar: `mail-1  | text`, `0|npm run start  | text`; and of `kubectl logs --prefix`: `[pod/mail-0/smtp] text`.
//! Then the time, if they were asked for it (`docker logs -t`, `kubectl logs --timestamps`): `2026-11-23T10:00:00.123456789Z text`.
//! In UTC too, runit's `svlogd -tt` writes `2026-11-23_10:00:00.12345 text`.

use super::syslog::HeaderParser;
use crate::parse::kinds::Stamp;
use crate::parse::scan::split_on;

/// The maximum length of a name that is looked at, in bytes.
const MAX_NAME: usize = 64;

/// The maximum length of a name and the spaces after it, in bytes.
const MAX_PREFIX: usize = 160;

/// The text after the prefix; the whole line if it has none.
#[inline]
pub(in crate::parse) fn strip(line: &[u8]) -> &[u8] {
    without_time(without_name(line))
}

/// As [`strip`], with the time.
pub(in crate::parse) fn split<'a>(
    headers: &mut HeaderParser,
    line: &'a [u8],
) -> (Option<Stamp>, &'a [u8]) {
    let dated = without_name(line);
    let text = without_time(dated);
    match text.len() < dated.len() {
        true => (headers.dated(dated).map(|(time, _)| time), text),
        false => (None, text),
    }
}

/// The text after a time with nanoseconds or of svlogd, which no mail server writes itself.
fn without_time(line: &[u8]) -> &[u8] {
    // `2026-11-23T10:00:00.` and at least seven digits: Docker writes nine, Kubernetes omits zeros at the end.
    const FRACTION: usize = 20;
    let of_time = |time: &[u8; FRACTION], expected: &[u8; 6]| {
        let marks = [time[4], time[7], time[10], time[13], time[16], time[19]];
        marks == *expected && time[0].is_ascii_digit()
    };
    let Some((time, rest)) = line.split_first_chunk() else {
        return line;
    };
    if time[FRACTION - 1] != b'.' {
        return line;
    }
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    match &rest[digits..] {
        [b'Z', b' ', text @ ..] if digits >= 7 && of_time(time, b"--T::.") => text,
        [b' ', text @ ..] if digits == 5 && of_time(time, b"--_::.") => text,
        _ => line,
    }
}

/// The text after the name alone.
pub(in crate::parse) fn without_name(line: &[u8]) -> &[u8] {
    if line.starts_with(b"[pod/") {
        return split_on(line, b"] ").map_or(line, |(_, text)| text);
    }
    // Most lines of most servers have no bar in the beginning, which is found out faster than where a name ends.
    if memchr::memchr(b'|', &line[..line.len().min(MAX_PREFIX)]).is_none() {
        return line;
    }
    let is_name =
        |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'@');
    let start = &line[..line.len().min(MAX_NAME)];
    // PM2 writes the number of the program before its name, which may have spaces.
    if let [b'0'..=b'9', rest @ ..] = start
        && let Some(digits) = rest.iter().position(|byte| !byte.is_ascii_digit())
        && rest[digits] == b'|'
    {
        let name = &line[digits + 2..];
        return split_on(name, b" | ").map_or(line, |(_, text)| text);
    }
    let Some(end) = start.iter().position(|byte| !is_name(byte)) else {
        return line;
    };
    if end == 0 || line[end] != b' ' {
        return line;
    }
    match line[end..].trim_ascii_start() {
        [b'|', b' ', rest @ ..] => rest,
        _ => line,
    }
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::*;
    use crate::parse::frame::timestamp::Clock;

    #[test]
    fn only_a_name_before_the_bar_is_taken_off() {
        assert_eq!(strip(b"mail-1  | 2026 x | y"), b"2026 x | y");
        assert_eq!(strip(b"0|npm run start  | info x | y"), b"info x | y");
        assert_eq!(strip(b"mail_smtp.1.x2y@node-1    | x"), b"x");
        assert_eq!(strip(b"[pod/mail-0/smtp] x"), b"x");
        assert_eq!(strip(b"mail-1  | 2026-11-23T10:00:00.123456789Z x"), b"x");
        assert_eq!(strip(b"2026-11-23T10:00:00.1234567Z x"), b"x");
        assert_eq!(strip(b"2026-11-23_10:00:00.12345 x"), b"x");
        for line in [
            "",
            "0|",
            "12",
            "0|a",
            "a",
            " | x",
            "a b | x",
            "a: | x",
            "a |x",
            "2026-11-23T10:00:00.123Z x",
            "2026-11-23T10:00:00.12345 x",
            "2026-11-23_10:00:00 x",
            "2026-11-23 10:00:00.123456789Z x",
            "x026-11-23T10:00:00.123456789Z x",
            "2026-11-23T10:00:00.123456789Z",
            "2026-11-23T10:00:00.123456789+00:00 x",
        ] {
            assert_eq!(strip(line.as_bytes()), line.as_bytes());
        }
    }

    #[test]
    fn only_the_time_of_the_container_runtime_is_split_off() {
        let reference = "2026-11-23T12:00:00Z".parse().expect("a timestamp");
        let mut headers = HeaderParser::new(Clock::new(TimeZone::UTC, reference));
        let (time, text) = split(&mut headers, b"mail-1  | 2026-11-23T10:00:00.123456789Z x");
        let seconds = time.map(|it| (it.seconds, it.nanos));
        assert_eq!(
            (seconds, text),
            (Some((1_795_428_000, 123_456_789)), &b"x"[..])
        );
        let (time, text) = split(&mut headers, b"2026-11-23_10:00:00.12345 x");
        let seconds = time.map(|it| (it.seconds, it.nanos));
        assert_eq!(
            (seconds, text),
            (Some((1_795_428_000, 123_450_000)), &b"x"[..])
        );
        // The server itself has written this one, so its dialect reads it.
        let own = &b"2026-11-23T10:00:00Z x"[..];
        for line in [b"mail-1  | 2026-11-23T10:00:00Z x", own] {
            assert_eq!(split(&mut headers, line), (None, own));
        }
    }
}
