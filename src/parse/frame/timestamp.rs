//! Time stamps as logs write them. Neighbouring lines mostly share their hour, so the calendar is asked
//! once an hour and not for each line.

use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, Offset, TimeZone};
use jiff::{SignedDuration, Timestamp};

use crate::parse::Stamp;
use crate::parse::scan::{number, two_digits};

/// How far ahead of the reference a stamp without a year may lie and still belong to its year:
/// clocks and time zones of hosts differ.
const AHEAD: SignedDuration = SignedDuration::from_hours(24);

/// Reads time stamps.
pub(in crate::parse) struct Clock {
    zone: TimeZone,
    reference: Timestamp,
    /// `Nov 23 15` and the start of that hour.
    named_hour: ([u8; 9], i64),
    /// `2026-11-23T15` with its offset, and the start of that hour.
    dated_hour: ([u8; 13], [u8; 6], i64),
    /// Whether the last hour that the calendar was asked for is there twice.
    ambiguous: bool,
    /// The last time that the calendar was asked for, in seconds since 1970.
    last: i64,
}

/// An hour of the calendar.
#[derive(Clone, Copy)]
struct Hour {
    /// When it begins, in seconds since 1970.
    start: i64,
    /// When it begins for the second time, on the day on which clocks are set back.
    again: Option<i64>,
}

/// How far the reader may lag behind the writer for its clock to tell the two passes of a repeated hour
/// apart, in seconds.
const LIVE: i64 = 900;

/// How far lines may be out of order, in seconds.
const DISORDER: i64 = 60;

impl Clock {
    pub(in crate::parse) fn new(zone: TimeZone, reference: Timestamp) -> Self {
        Clock {
            zone,
            reference,
            named_hour: ([0; 9], 0),
            dated_hour: ([0; 13], [0; 6], 0),
            ambiguous: false,
            last: i64::MIN,
        }
    }

    /// Sets the time zone of stamps without an offset.
    pub(in crate::parse) fn set_zone(&mut self, zone: TimeZone) {
        self.zone = zone;
        self.named_hour.0 = [0; 9];
        self.dated_hour.0 = [0; 13];
    }

    /// Whether the last time read lies in an hour that is there twice, so that another line of the same
    /// hour may lie in the other one.
    pub(in crate::parse) fn is_ambiguous(&self) -> bool {
        self.ambiguous
    }

    /// The start of the hour in which a time lies that is so many seconds behind it. Of a repeated hour, the
    /// one that is now, or else the earliest that does not go back behind the last line.
    fn settle(&mut self, hour: Hour, within: i64) -> i64 {
        self.ambiguous = hour.again.is_some();
        let start = match hour.again {
            None => hour.start,
            Some(again) => {
                let now = self.reference.as_second();
                let is_now = |start: i64| (now - start - within).abs() <= LIVE;
                let is_near = (hour.start - 3600..again + 7200).contains(&self.last);
                let goes_back = hour.start + within < self.last.saturating_sub(DISORDER);
                let is_past = goes_back || self.last >= again + DISORDER;
                if is_now(hour.start) {
                    hour.start
                } else if is_now(again) || is_near && is_past {
                    again
                } else {
                    hour.start
                }
            }
        };
        self.last = start + within;
        start
    }

    pub(in crate::parse) fn set_reference(&mut self, reference: Timestamp) {
        self.reference = reference;
        self.named_hour.0 = [0; 9];
    }

    /// `Nov 23 15:17:00 …`, RFC 3164 section 4.1.2, with the deviations seen: a day of one digit
    /// behind one blank, a fraction, the year behind the day. Returns the time and what follows it
    /// and its blank.
    #[inline]
    pub(in crate::parse) fn named<'a>(&mut self, line: &'a [u8]) -> Option<(Stamp, &'a [u8])> {
        // The common form has fixed places, and its hour is mostly the last line's hour.
        if let Some((stamp, rest)) = line.split_first_chunk::<16>()
            && stamp[9] == b':'
            && stamp[12] == b':'
            && stamp[15] == b' '
            && stamp[6] == b' '
        {
            let [head @ .., _, m1, m2, _, s1, s2, _] = stamp;
            let (minute, second) = (two_digits([*m1, *m2])?, two_digits([*s1, *s2])?);
            if minute > 59 || second > 60 {
                return None;
            }
            let hour: &[u8; 9] = head.first_chunk()?;
            let within = i64::from(minute) * 60 + i64::from(second);
            if *hour != self.named_hour.0 || self.ambiguous {
                let month = month([hour[0], hour[1], hour[2]])?;
                let day = if hour[4] == b' ' { b'0' } else { hour[4] };
                let day = two_digits([day, hour[5]])?;
                let found = self.hour_without_year(month, day, two_digits([hour[7], hour[8]])?)?;
                self.named_hour = (*hour, self.settle(found, within));
            }
            let seconds = self.named_hour.1 + within;
            return Some((Stamp { seconds, nanos: 0 }, rest));
        }
        self.named_unusual(line)
    }

    /// The deviations of [`Clock::named`]; rare, so nothing is remembered.
    fn named_unusual<'a>(&mut self, line: &'a [u8]) -> Option<(Stamp, &'a [u8])> {
        let (name, rest) = line.split_first_chunk::<4>()?;
        let month = month([name[0], name[1], name[2]]).filter(|_| name[3] == b' ')?;
        let (day, rest) = number(rest.trim_ascii_start())?;
        let mut rest = rest.strip_prefix(b" ")?;
        let mut year = None;
        if let Some((number, after)) = number(rest)
            && let Some(after) = after.strip_prefix(b" ")
        {
            year = Some(i16::try_from(number).ok()?);
            rest = after;
        }
        let (time, rest) = rest.split_first_chunk::<8>()?;
        let (hour, within) = clock_face(*time)?;
        let (nanos, rest) = fraction(rest);
        let rest = rest.strip_prefix(b" ")?;
        let day = u8::try_from(day).ok()?;
        let found = match year {
            Some(year) => self.in_zone(year, month, day, hour)?,
            None => self.hour_without_year(month, day, hour)?,
        };
        let start = self.settle(found, within);
        Some((
            Stamp {
                seconds: start + within,
                nanos,
            },
            rest,
        ))
    }

    /// `2026-11-23T15:17:00.123456+00:00 …`: RFC 3339 and ISO 8601, also with a blank for the `T`,
    /// a comma for the point, an offset without its colon, or none. Returns the time and what
    /// follows it and its blank.
    #[inline]
    pub(in crate::parse) fn dated<'a>(&mut self, line: &'a [u8]) -> Option<(Stamp, &'a [u8])> {
        let (stamp, rest) = line.split_first_chunk::<19>()?;
        if stamp[4] != b'-' || stamp[7] != b'-' || stamp[13] != b':' || stamp[16] != b':' {
            return None;
        }
        let minute = two_digits([stamp[14], stamp[15]])?;
        let second = two_digits([stamp[17], stamp[18]])?;
        if minute > 59 || second > 60 {
            return None;
        }
        let (nanos, rest) = fraction(rest);
        let at = rest.iter().position(|&b| b == b' ')?;
        let (mut written, mut rest) = (&rest[..at], &rest[at + 1..]);
        // Exim puts a blank before the offset too (its `log_timezone`).
        if written.is_empty()
            && stamp[10] == b' '
            && let Some((offset, after)) = rest.split_first_chunk::<6>()
            && is_offset(offset)
        {
            (written, rest) = (&offset[..5], after);
        }
        let mut offset = [0; 6];
        offset.get_mut(..written.len())?.copy_from_slice(written);
        let hour = *stamp.first_chunk::<13>()?;
        let within = i64::from(minute) * 60 + i64::from(second);
        if (hour, offset) != (self.dated_hour.0, self.dated_hour.1) || self.ambiguous {
            let found = self.dated_hour_start(&hour, written)?;
            self.dated_hour = (hour, offset, self.settle(found, within));
        }
        let seconds = self.dated_hour.2 + within;
        Some((Stamp { seconds, nanos }, rest))
    }

    fn dated_hour_start(&self, hour: &[u8; 13], offset: &[u8]) -> Option<Hour> {
        let [y1, y2, y3, y4, _, m1, m2, _, d1, d2, separator, h1, h2] = *hour;
        if !matches!(separator, b'T' | b't' | b' ') {
            return None;
        }
        let year = i16::from(two_digits([y1, y2])?) * 100 + i16::from(two_digits([y3, y4])?);
        let (month, day) = (two_digits([m1, m2])?, two_digits([d1, d2])?);
        let hour = two_digits([h1, h2])?;
        let offset = match *offset {
            [] => return self.in_zone(year, month, day, hour),
            [b'Z' | b'z'] => Offset::UTC,
            [sign @ (b'+' | b'-'), h1, h2, ref minutes @ ..] => {
                let minutes = match *minutes {
                    [] => 0,
                    [b':', m1, m2] | [m1, m2] => two_digits([m1, m2])?,
                    _ => return None,
                };
                let seconds = i32::from(two_digits([h1, h2])?) * 3600 + i32::from(minutes) * 60;
                Offset::from_seconds(if sign == b'-' { -seconds } else { seconds }).ok()?
            }
            _ => return None,
        };
        let start = offset.to_timestamp(civil(year, month, day, hour)?).ok()?;
        Some(Hour {
            start: start.as_second(),
            again: None,
        })
    }

    /// The newest year in which the hour does not lie more than [`AHEAD`] of the reference. Nine
    /// years back always hold a 29th of February.
    fn hour_without_year(&self, month: u8, day: u8, hour: u8) -> Option<Hour> {
        let latest = self.reference.checked_add(AHEAD).ok()?;
        let year = self.zone.to_datetime(latest).year();
        (year.saturating_sub(9)..=year)
            .rev()
            .filter_map(|year| self.in_zone(year, month, day, hour))
            .find(|found| found.start <= latest.as_second())
    }

    /// An hour in the configured time zone. One that a change of the clocks skips is read as most clocks
    /// show it: the one after the gap.
    fn in_zone(&self, year: i16, month: u8, day: u8, hour: u8) -> Option<Hour> {
        let moment = self
            .zone
            .to_ambiguous_timestamp(civil(year, month, day, hour)?);
        let again = match moment.offset() {
            AmbiguousOffset::Fold { .. } => moment.clone().later().ok(),
            _ => None,
        };
        Some(Hour {
            start: moment.compatible().ok()?.as_second(),
            again: again.map(|again| again.as_second()),
        })
    }
}

/// `+0100 `.
fn is_offset(text: &[u8; 6]) -> bool {
    matches!(text[0], b'+' | b'-') && text[1..5].iter().all(u8::is_ascii_digit) && text[5] == b' '
}

fn civil(year: i16, month: u8, day: u8, hour: u8) -> Option<DateTime> {
    let field = |n: u8| i8::try_from(n).ok();
    DateTime::new(year, field(month)?, field(day)?, field(hour)?, 0, 0, 0).ok()
}

/// `15:17:00`: the hour, and the seconds within it.
fn clock_face(text: [u8; 8]) -> Option<(u8, i64)> {
    let [h1, h2, b':', m1, m2, b':', s1, s2] = text else {
        return None;
    };
    let (minute, second) = (two_digits([m1, m2])?, two_digits([s1, s2])?);
    let within = i64::from(minute) * 60 + i64::from(second);
    (minute < 60 && second < 61).then_some((two_digits([h1, h2])?, within))
}

/// `.123456` or `,123` as nanoseconds; none is zero.
#[inline]
fn fraction(text: &[u8]) -> (u32, &[u8]) {
    let [b'.' | b',', digits @ ..] = text else {
        return (0, text);
    };
    // rsyslog writes six.
    if let Some(&[a, b, c, d, e, f, next]) = digits.first_chunk()
        && let (Some(ab), Some(cd), Some(ef)) =
            (two_digits([a, b]), two_digits([c, d]), two_digits([e, f]))
        && !next.is_ascii_digit()
    {
        let micros = u32::from(ab) * 10_000 + u32::from(cd) * 100 + u32::from(ef);
        return (micros * 1_000, &digits[6..]);
    }
    let mut nanos = 0;
    let mut unit = 100_000_000;
    let mut at = 0;
    while let Some(digit) = digits
        .get(at)
        .map(|b| b.wrapping_sub(b'0'))
        .filter(|&d| d < 10)
    {
        nanos += u32::from(digit) * unit;
        unit /= 10;
        at += 1;
    }
    (nanos, &digits[at..])
}

/// The number of a month by its English name, as RFC 3164 writes it.
fn month(name: [u8; 3]) -> Option<u8> {
    Some(match &name {
        b"Jan" => 1,
        b"Feb" => 2,
        b"Mar" => 3,
        b"Apr" => 4,
        b"May" => 5,
        b"Jun" => 6,
        b"Jul" => 7,
        b"Aug" => 8,
        b"Sep" => 9,
        b"Oct" => 10,
        b"Nov" => 11,
        b"Dec" => 12,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clock(reference: &str) -> Clock {
        Clock::new(TimeZone::UTC, reference.parse().expect("a timestamp"))
    }

    fn text(stamp: Stamp) -> String {
        Timestamp::new(stamp.seconds, stamp.nanos as i32)
            .expect("in range")
            .to_string()
    }

    #[test]
    fn missing_year_is_inferred_across_new_year() {
        for (reference, line, expected) in [
            (
                "2026-11-23T15:00:00Z",
                "Nov 23 14:59:59 x",
                "2026-11-23T14:59:59Z",
            ),
            (
                "2026-01-01T00:00:05Z",
                "Dec 31 23:59:59 x",
                "2025-12-31T23:59:59Z",
            ),
            (
                "2026-01-01T00:00:05Z",
                "Jan  1 00:00:00 x",
                "2026-01-01T00:00:00Z",
            ),
            // The writer's clock is a little ahead.
            (
                "2025-12-31T23:59:58Z",
                "Jan  1 00:00:01 x",
                "2026-01-01T00:00:01Z",
            ),
            (
                "2026-03-01T00:00:00Z",
                "Feb 29 12:00:00 x",
                "2024-02-29T12:00:00Z",
            ),
            (
                "2026-11-23T15:00:00Z",
                "Dec  1 00:00:00 x",
                "2025-12-01T00:00:00Z",
            ),
            // One blank before a day of one digit; a day with a zero; the year written out.
            (
                "2026-11-23T15:00:00Z",
                "Jan 1 00:00:00 x",
                "2026-01-01T00:00:00Z",
            ),
            (
                "2026-11-23T15:00:00Z",
                "Jan 01 00:00:00 x",
                "2026-01-01T00:00:00Z",
            ),
            (
                "2026-11-23T15:00:00Z",
                "Jan 01 2020 00:00:00 x",
                "2020-01-01T00:00:00Z",
            ),
            (
                "2026-11-23T15:00:00Z",
                "Jan  1 00:00:00.25 x",
                "2026-01-01T00:00:00.25Z",
            ),
        ] {
            let mut clock = clock(reference);
            let (stamp, rest) = clock.named(line.as_bytes()).expect(line);
            assert_eq!(
                (text(stamp), rest),
                (expected.to_owned(), &b"x"[..]),
                "{line}"
            );
        }
    }

    #[test]
    fn rfc3339_stamps_with_every_offset() {
        for (line, expected) in [
            ("2026-11-23T15:17:00Z x", "2026-11-23T15:17:00Z"),
            (
                "2026-11-23T15:17:00.123456+00:00 x",
                "2026-11-23T15:17:00.123456Z",
            ),
            (
                "2020-01-30T06:26:07.404714+09:00 x",
                "2020-01-29T21:26:07.404714Z",
            ),
            ("2026-11-23T15:17:00-0330 x", "2026-11-23T18:47:00Z"),
            ("2026-11-23 15:17:00,123 x", "2026-11-23T15:17:00.123Z"),
            ("2026-11-23 15:17:00 +0100 x", "2026-11-23T14:17:00Z"),
            (
                "2026-11-23 15:17:00.123 -0330 x",
                "2026-11-23T18:47:00.123Z",
            ),
            ("2026-06-30T23:59:60Z x", "2026-07-01T00:00:00Z"),
        ] {
            let mut clock = clock("2026-11-23T15:00:00Z");
            for _ in 0..2 {
                let (stamp, rest) = clock.dated(line.as_bytes()).expect(line);
                assert_eq!(
                    (text(stamp), rest),
                    (expected.to_owned(), &b"x"[..]),
                    "{line}"
                );
            }
        }
    }

    #[test]
    fn stamps_without_an_offset_are_in_the_configured_zone() {
        let zone = TimeZone::get("Europe/Berlin").expect("a zone");
        let mut clock = Clock::new(zone, "2026-11-23T15:00:00Z".parse().expect("a timestamp"));
        let (stamp, _) = clock.named(b"Jul  1 12:00:00 x").expect("summer");
        assert_eq!(text(stamp), "2026-07-01T10:00:00Z");
        let (stamp, _) = clock.named(b"Nov  1 12:00:00 x").expect("winter");
        assert_eq!(text(stamp), "2026-11-01T11:00:00Z");
    }

    #[test]
    fn second_pass_of_a_repeated_hour_is_recognized() {
        let berlin = || TimeZone::get("Europe/Berlin").expect("a zone");
        // Live: the clock tells. 02:30 is there at 00:30 and at 01:30 UTC.
        for (now, expected) in [
            ("2026-10-25T00:30:05Z", "2026-10-25T00:30:00Z"),
            ("2026-10-25T01:30:05Z", "2026-10-25T01:30:00Z"),
        ] {
            let mut clock = Clock::new(berlin(), now.parse().expect("a timestamp"));
            for line in ["Oct 25 02:30:00 x", "2026-10-25 02:30:00 x"] {
                let (stamp, _) = clock
                    .named(line.as_bytes())
                    .or_else(|| clock.dated(line.as_bytes()))
                    .expect("a time");
                assert_eq!(text(stamp), expected, "{line} at {now}");
            }
        }
        // Read later: time does not go back.
        let mut clock = Clock::new(
            berlin(),
            "2026-10-27T00:00:00Z".parse().expect("a timestamp"),
        );
        for (line, expected) in [
            ("Oct 25 01:59:00 x", "2026-10-24T23:59:00Z"),
            ("Oct 25 02:10:00 x", "2026-10-25T00:10:00Z"),
            ("Oct 25 02:59:00 x", "2026-10-25T00:59:00Z"),
            ("Oct 25 02:00:00 x", "2026-10-25T01:00:00Z"),
            ("Oct 25 02:01:00 x", "2026-10-25T01:01:00Z"),
            ("Oct 25 02:59:00 x", "2026-10-25T01:59:00Z"),
            ("Oct 25 03:00:00 x", "2026-10-25T02:00:00Z"),
        ] {
            let (stamp, _) = clock.named(line.as_bytes()).expect(line);
            assert_eq!(text(stamp), expected, "{line}");
        }
    }

    #[test]
    fn time_in_a_skipped_hour_is_read_as_after_the_gap() {
        let zone = TimeZone::get("Europe/Berlin").expect("a zone");
        let mut clock = Clock::new(zone, "2026-04-01T00:00:00Z".parse().expect("a timestamp"));
        let (stamp, _) = clock.named(b"Mar 29 02:30:00 x").expect("a time");
        assert_eq!(text(stamp), "2026-03-29T01:30:00Z");
    }

    #[test]
    fn invalid_stamps_are_rejected() {
        let mut clock = clock("2026-11-23T15:00:00Z");
        for line in [
            "",
            "Nov",
            "Nov 23 15:17",
            "Nov 32 15:17:00 x",
            "Nov 23 25:17:00 x",
            "Nov 23 15:61:00 x",
            "Foo 23 15:17:00 x",
            "2026-13-23T15:17:00Z x",
            "2026-11-23T15:17:00+99:99 x",
            "2026-11-23T15:17:00",
            "9999-12-31T23:59:59-23:59 x",
            "Feb 30 00:00:00 x",
        ] {
            assert_eq!(clock.named(line.as_bytes()), None, "{line}");
            assert_eq!(clock.dated(line.as_bytes()), None, "{line}");
        }
    }
}
