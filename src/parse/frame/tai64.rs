//! Time stamps of multilog and s6-log: TAI64N, `@` and 24 hexadecimal digits. <https://cr.yp.to/libtai/tai64.html>

use crate::parse::kinds::Stamp;

/// The label of 1970-01-01T00:00:00 UTC as daemontools and s6 count: ten seconds behind TAI, without a table of leap
/// seconds.
const EPOCH: u64 = (1 << 62) + 10;

/// The time at the beginning of a line, and the rest after it and a space.
pub(in crate::parse) fn stamp(line: &[u8]) -> Option<(Stamp, &[u8])> {
    let (digits, rest) = line.strip_prefix(b"@")?.split_first_chunk::<24>()?;
    let value = |digits: &[u8]| {
        digits.iter().try_fold(0u64, |value, &digit| {
            Some(value << 4 | u64::from(char::from(digit).to_digit(16)?))
        })
    };
    let (seconds, nanos) = (value(&digits[..16])?, value(&digits[16..])?);
    let seconds = i64::try_from(seconds.checked_sub(EPOCH)?).ok()?;
    let nanos = u32::try_from(nanos).ok().filter(|it| *it < 1_000_000_000)?;
    // A year far in the future is no date.
    let is_date = seconds < 1 << 36;
    is_date.then_some((Stamp { seconds, nanos }, rest.strip_prefix(b" ")?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stamps_of_multilog_are_read() {
        let (time, rest) = stamp(b"@4000000037c219bf2ef02e94 new msg 1").expect("a stamp");
        assert_eq!((time.seconds, time.nanos), (935_467_445, 787_492_500));
        assert_eq!(rest, b"new msg 1");
        for line in [
            &b"@4000000037c219bf2ef02e9 x"[..],
            b"@4000000037c219bf2ef02e94x",
            b"@ffffffffffffffff2ef02e94 x",
            b"@0000000037c219bf2ef02e94 x",
            b"@4000000037c219bfffffffff x",
            b"4000000037c219bf2ef02e94 x",
        ] {
            assert_eq!(stamp(line), None, "{}", String::from_utf8_lossy(line));
        }
    }
}
