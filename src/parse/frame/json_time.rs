//! Time stamps in JSON logs: a number of seconds or milliseconds since 1970, or a date and time with an offset
//! (RFC 3339).

use crate::parse::frame::{timestamp, w3c};
use crate::parse::kinds::Stamp;
use crate::parse::scan::number;

/// The least number that is taken for milliseconds; as seconds it is in the year 5138.
const MILLISECONDS: u64 = 100_000_000_000;

/// The time in the value of a member.
pub(in crate::parse) fn stamp(value: &[u8]) -> Option<Stamp> {
    match number(value) {
        Some((whole, rest)) if rest.first().is_none_or(|&byte| byte == b'.') => epoch(whole, rest),
        _ => {
            // The usual form, `2026-11-23T10:00:00.123Z`.
            if let [date_and_time @ .., b'Z'] = value
                && let Some((date, [b'T', time @ ..])) = date_and_time.split_at_checked(10)
                && let Some(date) = timestamp::date_time(date, time)
            {
                return w3c::utc(date);
            }
            let time: jiff::Timestamp = std::str::from_utf8(value).ok()?.parse().ok()?;
            Some(Stamp {
                seconds: time.as_second(),
                nanos: u32::try_from(time.subsec_nanosecond()).ok()?,
            })
        }
    }
}

/// The time of a number, given as its whole part and the text after it.
fn epoch(whole: u64, rest: &[u8]) -> Option<Stamp> {
    if whole >= MILLISECONDS {
        return Some(Stamp {
            seconds: i64::try_from(whole / 1000).ok()?,
            nanos: u32::try_from(whole % 1000).ok()? * 1_000_000,
        });
    }
    let digits = rest.strip_prefix(b".").unwrap_or(rest);
    let nanos = (0..9).try_fold(0u32, |nanos, at| {
        let digit = digits.get(at).copied().unwrap_or(b'0');
        Some(nanos * 10 + char::from(digit).to_digit(10)?)
    })?;
    let seconds = i64::try_from(whole).ok()?;
    Some(Stamp { seconds, nanos })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_dates_are_read() {
        let of = |text: &str| stamp(text.as_bytes()).map(|it| (it.seconds, it.nanos));
        assert_eq!(of("1795428000"), Some((1_795_428_000, 0)));
        assert_eq!(of("1795428000.25"), Some((1_795_428_000, 250_000_000)));
        assert_eq!(of("1795428000123"), Some((1_795_428_000, 123_000_000)));
        let date = Some((1_795_428_000, 500_000_000));
        assert_eq!(of("2026-11-23T10:00:00.5Z"), date);
        assert_eq!(of("2026-11-23T11:00:00.500000000+01:00"), date);
        for text in ["", "x", "12x", "1.x", "2026-11-23", "18446744073709551616"] {
            assert_eq!(of(text).filter(|it| it.0 < 1 << 40), None, "{text}");
        }
    }
}
