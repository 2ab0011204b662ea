//! Parses the time stamps of log lines. Consecutive lines usually are in the same hour, so the start of the hour is
//! cached, and the time zone data is consulted only when the hour changes.

use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, Offset, TimeZone};
use jiff::{SignedDuration, Timestamp};

use crate::parse::frame::stamp_cache::StampCache;
use crate::parse::kinds::Stamp;
use crate::parse::scan::{number, two_digits};

/// How far a time stamp without a year may be ahead of the reference: clocks and time zones of hosts differ.
const MAX_AHEAD: SignedDuration = SignedDuration::from_hours(24);

/// Parses time stamps.
pub(in crate::parse) struct Clock {
    zone: TimeZone,
    reference: Timestamp,
    /// The cached hour without a year: `Nov 23 15` and its start.
    named_hour: ([u8; 9], i64),
    /// The cached hour with a date: `2026-11-23T15`, its offset and its start.
    dated_hour: ([u8; 13], [u8; 6], i64),
    /// The last stamp of a server's own log file, if the start of its hour is cached.
    last_dated: StampCache,
    /// Whether the cached hour occurs twice.
    ambiguous: bool,
    /// The time for which an hour was last looked up, in seconds since 1970.
    last: i64,
}

/// An hour of local time.
#[derive(Clone, Copy)]
struct Hour {
    /// When it begins, in seconds since 1970.
    start: i64,
    /// When it begins for the second time, if clocks are set back at its end.
    repeated: Option<i64>,
}

/// The maximum age of a line, in seconds, for the wall clock to determine in which pass of a repeated hour it was
/// written.
const MAX_LIVE_AGE: i64 = 900;

/// The maximum deviation of lines from chronological order, in seconds.
const DISORDER: i64 = 60;

impl Clock {
    pub(in crate::parse) fn new(zone: TimeZone, reference: Timestamp) -> Self {
        Clock {
            zone,
            reference,
            named_hour: ([0; 9], 0),
            dated_hour: ([0; 13], [0; 6], 0),
            last_dated: StampCache::new(),
            ambiguous: false,
            last: i64::MIN,
        }
    }

    /// Sets the time zone of time stamps without an offset.
    pub(in crate::parse) fn set_zone(&mut self, zone: TimeZone) {
        self.zone = zone;
        self.named_hour.0 = [0; 9];
        self.dated_hour.0 = [0; 13];
        self.last_dated.clear();
    }

    /// Whether the last time was in an hour that occurs twice, so that the next line with the same hour may be in
    /// its other pass.
    pub(in crate::parse) fn is_ambiguous(&self) -> bool {
        self.ambiguous
    }

    /// Takes note of the time of a line that was read elsewhere, in seconds since 1970.
    pub(in crate::parse) fn note_time(&mut self, seconds: i64) {
        self.last = seconds;
    }

    /// The start of the hour of a time that is `within` seconds after it. For a repeated hour: the pass that matches
    /// the wall clock, or else the earliest that is not before the last line.
    fn resolve(&mut self, hour: Hour, within: i64) -> i64 {
        self.ambiguous = hour.repeated.is_some();
        self.last_dated.clear();
        let start = match hour.repeated {
            None => hour.start,
            Some(repeated) => {
                let now = self.reference.as_second();
                let is_now = |start: i64| (now - start - within).abs() <= MAX_LIVE_AGE;
                let is_near = (hour.start - 3600..repeated + 7200).contains(&self.last);
                let goes_back = hour.start + within < self.last.saturating_sub(DISORDER);
                let is_past = goes_back || self.last >= repeated + DISORDER;
                if is_now(hour.start) {
                    hour.start
                } else if is_now(repeated) || is_near && is_past {
                    repeated
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

    /// Parses `Nov 23 15:17:00 …` (RFC 3164 section 4.1.2), with deviations found in logs: a one-digit day after a
    /// single space, a fraction, a year after the day or before the month. Returns the time, and the rest after it and a space.
    #[inline]
    pub(in crate::parse) fn named<'a>(&mut self, line: &'a [u8]) -> Option<(Stamp, &'a [u8])> {
        // The usual form has fixed positions, and usually the same hour as the last line.
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
                self.named_hour = (*hour, self.resolve(found, within));
            }
            let seconds = self.named_hour.1 + within;
            return Some((Stamp { seconds, nanos: 0 }, rest));
        }
        self.named_unusual(line)
    }

    /// Parses the deviations of [`Clock::named`]; rare, so nothing is cached.
    fn named_unusual<'a>(&mut self, line: &'a [u8]) -> Option<(Stamp, &'a [u8])> {
        let (mut year, line) = match line {
            [y1, y2, y3, y4, b' ', rest @ ..] if y1.is_ascii_digit() => {
                let (century, year) = (two_digits([*y1, *y2])?, two_digits([*y3, *y4])?);
                (Some(i16::from(century) * 100 + i16::from(year)), rest)
            }
            _ => (None, line),
        };
        let (name, rest) = line.split_first_chunk::<4>()?;
        let month = month([name[0], name[1], name[2]]).filter(|_| name[3] == b' ')?;
        let (day, rest) = number(rest.trim_ascii_start())?;
        let mut rest = rest.strip_prefix(b" ")?;
        if let Some((number, after)) = number(rest)
            && let Some(after) = after.strip_prefix(b" ")
        {
            year = Some(i16::try_from(number).ok()?);
            rest = after;
        }
        let (time, rest) = rest.split_first_chunk::<8>()?;
        let (hour, within) = time_of_day(*time)?;
        let (nanos, rest) = fraction(rest);
        let rest = rest.strip_prefix(b" ")?;
        let day = u8::try_from(day).ok()?;
        let found = match year {
            Some(year) => self.in_zone(year, month, day, hour)?,
            None => self.hour_without_year(month, day, hour)?,
        };
        let start = self.resolve(found, within);
        Some((
            Stamp {
                seconds: start + within,
                nanos,
            },
            rest,
        ))
    }

    /// Parses `2026-11-23T15:17:00.123456+00:00 …` (RFC 3339 and ISO 8601), also with a space or `_` instead of the `T`, a
    /// comma as decimal mark, and an offset without colon or none. Returns the time, and the rest after it and a
    /// space.
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
        // Exim writes a space before the offset (its option `log_timezone`).
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
            self.dated_hour = (hour, offset, self.resolve(found, within));
        }
        let seconds = self.dated_hour.2 + within;
        Some((Stamp { seconds, nanos }, rest))
    }

    /// As [`Clock::dated`], for a stamp that differs from the last one at most in minute, second and fraction, and
    /// was read by [`Clock::dated_cached`].
    #[cfg_attr(hot_path, inline(always))]
    pub(super) fn same_hour<'a>(&mut self, line: &'a [u8]) -> Option<(Stamp, &'a [u8])> {
        self.last_dated.get(line)
    }

    /// As [`Clock::dated`]; caches the stamp for [`Clock::same_hour`].
    pub(super) fn dated_cached<'a>(&mut self, line: &'a [u8]) -> Option<(Stamp, &'a [u8])> {
        let (time, rest) = self.dated(line)?;
        // In an hour that occurs twice, minute and second do not determine the time.
        if !self.ambiguous {
            self.last_dated.set(line, rest, time);
        }
        Some((time, rest))
    }

    /// The time of a date in the configured time zone.
    pub(super) fn local(&mut self, date: DateTime) -> Option<Stamp> {
        let field = |n: i8| u8::try_from(n).ok();
        let (month, day) = (field(date.month())?, field(date.day())?);
        let found = self.in_zone(date.year(), month, day, field(date.hour())?)?;
        let within = i64::from(date.minute()) * 60 + i64::from(date.second());
        let seconds = self.resolve(found, within) + within;
        let nanos = u32::try_from(date.subsec_nanosecond()).ok()?;
        Some(Stamp { seconds, nanos })
    }

    fn dated_hour_start(&self, hour: &[u8; 13], offset: &[u8]) -> Option<Hour> {
        let [y1, y2, y3, y4, _, m1, m2, _, d1, d2, separator, h1, h2] = *hour;
        if !matches!(separator, b'T' | b't' | b' ' | b'_') {
            return None;
        }
        let year = i16::from(two_digits([y1, y2])?) * 100 + i16::from(two_digits([y3, y4])?);
        let (month, day) = (two_digits([m1, m2])?, two_digits([d1, d2])?);
        let hour = two_digits([h1, h2])?;
        let offset = match *offset {
            // runit's svlogd (`-tt`): `2026-11-20_15:17:00.12345`.
            [] if separator == b'_' => Offset::UTC,
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
            repeated: None,
        })
    }

    /// The hour in the latest year in which it is at most [`MAX_AHEAD`] after the reference. Nine years back always
    /// contain a February 29.
    fn hour_without_year(&self, month: u8, day: u8, hour: u8) -> Option<Hour> {
        let latest = self.reference.checked_add(MAX_AHEAD).ok()?;
        let year = self.zone.to_datetime(latest).year();
        (year.saturating_sub(9)..=year)
            .rev()
            .filter_map(|year| self.in_zone(year, month, day, hour))
            .find(|found| found.start <= latest.as_second())
    }

    /// An hour in the configured time zone. An hour that is skipped when clocks are set forward is taken as the hour
    /// after the gap.
    fn in_zone(&self, year: i16, month: u8, day: u8, hour: u8) -> Option<Hour> {
        let moment = self
            .zone
            .to_ambiguous_timestamp(civil(year, month, day, hour)?);
        let repeated = match moment.offset() {
            AmbiguousOffset::Fold { .. } => moment.later().ok(),
            _ => None,
        };
        Some(Hour {
            start: moment.compatible().ok()?.as_second(),
            repeated: repeated.map(|time| time.as_second()),
        })
    }
}

/// A date and time in the usual form, `2026-11-23` and `10:00:00.5`; `None` if either is written in another one.
pub(super) fn date_time(date: &[u8], time: &[u8]) -> Option<DateTime> {
    let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = *date else {
        return None;
    };
    let ([h1, h2, b':', n1, n2, b':', s1, s2], rest) = time.split_first_chunk()? else {
        return None;
    };
    let (nanos, rest) = fraction(rest);
    let two = |tens, ones| two_digits([tens, ones]).and_then(|it| i8::try_from(it).ok());
    let year = i16::from(two(y1, y2)?) * 100 + i16::from(two(y3, y4)?);
    let (hour, minute, second) = (two(*h1, *h2)?, two(*n1, *n2)?, two(*s1, *s2)?);
    let nanos = i32::try_from(nanos).ok().filter(|_| rest.is_empty())?;
    let (month, day) = (two(m1, m2)?, two(d1, d2)?);
    DateTime::new(year, month, day, hour, minute, second, nanos).ok()
}

/// Whether the text is an offset and a space: `+0100 `.
fn is_offset(text: &[u8; 6]) -> bool {
    matches!(text[0], b'+' | b'-') && text[1..5].iter().all(u8::is_ascii_digit) && text[5] == b' '
}

fn civil(year: i16, month: u8, day: u8, hour: u8) -> Option<DateTime> {
    let field = |n: u8| i8::try_from(n).ok();
    DateTime::new(year, field(month)?, field(day)?, field(hour)?, 0, 0, 0).ok()
}

/// Parses `15:17:00`: the hour, and the seconds within it.
fn time_of_day(text: [u8; 8]) -> Option<(u8, i64)> {
    let [h1, h2, b':', m1, m2, b':', s1, s2] = text else {
        return None;
    };
    let (minute, second) = (two_digits([m1, m2])?, two_digits([s1, s2])?);
    let within = i64::from(minute) * 60 + i64::from(second);
    (minute < 60 && second < 61).then_some((two_digits([h1, h2])?, within))
}

/// Parses `.123456` or `,123` as nanoseconds; 0 if there is no fraction.
#[inline]
fn fraction(text: &[u8]) -> (u32, &[u8]) {
    let [b'.' | b',', digits @ ..] = text else {
        return (0, text);
    };
    // rsyslog writes six digits.
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

/// The number of a month by its English abbreviation (RFC 3164 section 4.1.2).
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
mod tests;
