//! The extended log file format of the W3C, <https://www.w3.org/TR/WD-logfile>, as servers for Windows write it: values
//! are separated by blanks, a `#Fields:` line names them, `-` is an empty value, and a blank inside a value is a `+`.

use jiff::civil::DateTime;

use crate::parse::frame::timestamp;
use crate::parse::kinds::Stamp;

/// The values of a record; `-` is empty.
pub(in crate::parse) fn values(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    let words = line.split(|&byte| byte == b' ').filter(|it| !it.is_empty());
    words.map(|it| if it == b"-" { b"" } else { it })
}

/// The names in a `#Fields:` line, separated by blanks.
pub(in crate::parse) fn fields(line: &[u8]) -> Option<&[u8]> {
    let names = line.strip_prefix(b"#Fields:")?;
    Some(names.trim_ascii())
}

/// Writes a value with blanks in place of its `+`.
pub(in crate::parse) fn decode(value: &[u8], text: &mut Vec<u8>) {
    text.clear();
    text.extend(value.iter().map(|&byte| match byte {
        b'+' => b' ',
        byte => byte,
    }));
}

/// The time of a date `2026-11-23` and a time `10:00:00`, which are in UTC.
pub(in crate::parse) fn stamp(date: &[u8], time: &[u8]) -> Option<Stamp> {
    utc(date_time(date, time)?)
}

/// The date and time of `2026-11-23` and `10:00:00`.
pub(in crate::parse) fn date_time(date: &[u8], time: &[u8]) -> Option<DateTime> {
    timestamp::date_time(date, time).or_else(|| {
        let text = |bytes| std::str::from_utf8(bytes).ok();
        let date: jiff::civil::Date = text(date)?.parse().ok()?;
        Some(date.to_datetime(text(time)?.parse().ok()?))
    })
}

/// The time of a date in UTC.
pub(in crate::parse) fn utc(date: DateTime) -> Option<Stamp> {
    let time = jiff::tz::Offset::UTC.to_timestamp(date).ok()?;
    Some(Stamp {
        seconds: time.as_second(),
        nanos: u32::try_from(time.subsec_nanosecond()).unwrap_or(0),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_in_utc() {
        let time = stamp(b"2026-11-23", b"10:00:05").expect("a time");
        assert_eq!((time.seconds, time.nanos), (1_795_428_005, 0));
        for (date, time) in [
            ("2026-13-01", "10:00:00"),
            ("", ""),
            ("2026-11-23", "25:00:00"),
        ] {
            assert_eq!(
                stamp(date.as_bytes(), time.as_bytes()),
                None,
                "{date} {time}"
            );
        }
    }

    #[test]
    fn values_are_words() {
        let found: Vec<_> = values(b"a - b+c  - d").collect();
        assert_eq!(found, [&b"a"[..], b"", b"b+c", b"", b"d"]);
        assert_eq!(fields(b"#Fields: date time "), Some(&b"date time"[..]));
        assert_eq!(fields(b"#Date: x"), None);
        let mut text = b"old".to_vec();
        decode(b"421+4.7.0+busy", &mut text);
        assert_eq!(text, b"421 4.7.0 busy");
    }
}
