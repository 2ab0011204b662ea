//! The time stamp of C's `asctime`, `Mon Nov 23 10:00:00 2026 `, which OpenWrt's logread and IronPort's logs begin with.

use jiff::civil::DateTime;

use crate::parse::frame::timestamp::Clock;
use crate::parse::kinds::Stamp;
use crate::parse::scan::two_digits;

/// The parts of a stamp: month, day of one or two digits, hour and minute (`Nov 23 10:00`), seconds, and year.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::parse) struct Written<'a> {
    pub minute: &'a [u8],
    pub second: [u8; 2],
    pub year: [u8; 4],
}

/// Splits the stamp from the text; `None` if the line has none.
#[inline]
pub(in crate::parse) fn split(line: &[u8]) -> Option<(Written<'_>, &[u8])> {
    let (&[a, b, c, b' '], rest) = line.split_first_chunk()? else {
        return None;
    };
    if !matches!(
        &[a, b, c],
        b"Mon" | b"Tue" | b"Wed" | b"Thu" | b"Fri" | b"Sat" | b"Sun"
    ) {
        return None;
    }
    // Copies of logs have lost the second space before a day of one digit.
    let day_end = match rest.get(4..7)? {
        [_, b' ', _] => 5,
        [_, _, b' '] => 6,
        _ => return None,
    };
    let (minute, after) = rest.split_at_checked(day_end + 6)?;
    let (&[b':', s1, s2, b' ', y1, y2, y3, y4, b' '], text) = after.split_first_chunk()? else {
        return None;
    };
    let written = Written {
        minute,
        second: [s1, s2],
        year: [y1, y2, y3, y4],
    };
    Some((written, text))
}

/// Parses the stamp at the start of a line: the time, and the rest after it and a space.
pub(super) fn stamp<'a>(clock: &mut Clock, line: &'a [u8]) -> Option<(Stamp, &'a [u8])> {
    let (written, rest) = split(line)?;
    let second = two_digits(written.second).filter(|&it| it <= 60)?;
    let minute = clock.local(minute(written)?)?;
    let seconds = minute.seconds + i64::from(second);
    Some((Stamp { seconds, nanos: 0 }, rest))
}

/// The minute of a stamp.
pub(in crate::parse) fn minute(written: Written<'_>) -> Option<DateTime> {
    const MONTHS: [&[u8]; 12] = [
        b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov",
        b"Dec",
    ];
    let [y1, y2, y3, y4] = written.year;
    let year = i16::from(two_digits([y1, y2])?) * 100 + i16::from(two_digits([y3, y4])?);
    let (name, rest) = written.minute.split_at_checked(3)?;
    let month = MONTHS.iter().position(|it| *it == name)? as i8 + 1;
    let (day, hour, minute) = match *rest {
        [b' ', b' ', d, b' ', h1, h2, b':', m1, m2] | [b' ', d, b' ', h1, h2, b':', m1, m2] => {
            (two_digits([b'0', d])?, [h1, h2], [m1, m2])
        }
        [b' ', d1, d2, b' ', h1, h2, b':', m1, m2] => (two_digits([d1, d2])?, [h1, h2], [m1, m2]),
        _ => return None,
    };
    let (hour, minute) = (two_digits(hour)?, two_digits(minute)?);
    DateTime::new(year, month, day as i8, hour as i8, minute as i8, 0, 0).ok()
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use jiff::tz::TimeZone;

    use super::*;

    #[test]
    fn year_is_after_the_time() {
        let mut clock = Clock::new(TimeZone::UTC, Timestamp::UNIX_EPOCH);
        let mut seconds = |line: &str| {
            stamp(&mut clock, line.as_bytes())
                .map(|(time, rest)| (time.seconds, String::from_utf8_lossy(rest).into_owned()))
        };
        assert_eq!(
            seconds("Mon Nov 23 10:00:01 2026 mail.info x"),
            Some((1_795_428_001, "mail.info x".to_owned()))
        );
        assert_eq!(
            seconds("Tue Nov  3 10:00:01 2026 x"),
            Some((1_793_700_001, "x".to_owned()))
        );
        for wrong in [
            "",
            "Mon Nov 23 10:00:01 2026",
            "Mon Nov 23 10:00:01 mail x",
            "Xyz Nov 23 10:00:01 2026 x",
            "Mon Nox 23 10:00:01 2026 x",
            "Mon Nov 23 10:00:61 20x6 x",
        ] {
            assert_eq!(seconds(wrong), None, "{wrong}");
        }
    }
}
