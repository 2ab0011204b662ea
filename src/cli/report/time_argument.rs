//! Points in time as `--since` and `--until` take them.

use std::fmt;
use std::str::FromStr;

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};

/// A point in time, which may depend on the present and the time zone.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct TimeArgument {
    text: String,
    point: Point,
}

#[derive(Clone, Debug, PartialEq)]
enum Point {
    /// With an offset from UTC.
    Exact(Timestamp),
    /// In the zone of the report.
    Local(DateTime),
    /// Today at this time.
    Today(Time),
    /// The beginning of a day, relative to today.
    Day(i64),
    Now,
}

impl FromStr for TimeArgument {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let trimmed = text.trim();
        let point = match trimmed.to_ascii_lowercase().as_str() {
            "now" => Point::Now,
            "today" => Point::Day(0),
            "yesterday" => Point::Day(-1),
            "tomorrow" => Point::Day(1),
            _ => written(trimmed).ok_or_else(|| {
                "give a date (2026-11-20), a date and time (\"2026-11-20 15:30\"), a time of today (15:30), yesterday, \
                 today or now"
                    .to_owned()
            })?,
        };
        Ok(TimeArgument {
            text: text.to_owned(),
            point,
        })
    }
}

/// A date, a time, or both.
fn written(text: &str) -> Option<Point> {
    if let Ok(time) = text.parse::<Timestamp>() {
        return Some(Point::Exact(time));
    }
    let starts_with_date = text.len() >= 10 && text.is_char_boundary(10) && text.contains('-');
    if !starts_with_date {
        return text.parse::<Time>().ok().map(Point::Today);
    }
    let (date, time) = text.split_at(10);
    let date: Date = date.parse().ok()?;
    let time = match time {
        "" => Time::midnight(),
        _ => time.strip_prefix([' ', 'T'])?.trim().parse().ok()?,
    };
    Some(Point::Local(date.to_datetime(time)))
}

impl fmt::Display for TimeArgument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl TimeArgument {
    /// The point in seconds since 1970; `None` if it is out of range.
    pub(super) fn second(&self, now: Timestamp, zone: &TimeZone) -> Option<i64> {
        let today = zone.to_datetime(now).date();
        let local = match &self.point {
            Point::Exact(time) => return Some(time.as_second()),
            Point::Now => return Some(now.as_second()),
            Point::Local(time) => *time,
            Point::Today(time) => today.to_datetime(*time),
            Point::Day(days) => {
                let date = today.checked_add(Span::new().days(*days)).ok()?;
                date.to_datetime(Time::midnight())
            }
        };
        Some(zone.to_timestamp(local).ok()?.as_second())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_in_time_are_those_of_the_zone() {
        let zone = TimeZone::fixed(jiff::tz::offset(8));
        let now: Timestamp = "2026-11-29T20:00:00Z".parse().expect("a time");
        for (written, expected) in [
            ("2026-11-20", "2026-11-19T16:00:00Z"),
            ("2026-11-20 15:30", "2026-11-20T07:30:00Z"),
            ("2026-11-20T15:30:05", "2026-11-20T07:30:05Z"),
            ("2026-11-20T15:30:05Z", "2026-11-20T15:30:05Z"),
            ("15:30", "2026-11-30T07:30:00Z"),
            ("today", "2026-11-29T16:00:00Z"),
            ("Yesterday", "2026-11-28T16:00:00Z"),
            ("now", "2026-11-29T20:00:00Z"),
        ] {
            let argument: TimeArgument = written.parse().expect(written);
            let second = argument.second(now, &zone);
            let expected: Timestamp = expected.parse().expect("a time");
            assert_eq!(second, Some(expected.as_second()), "{written}");
        }
        for wrong in ["", "soon", "2026-13-01", "2026-11-20 25:00", "11/20"] {
            assert!(wrong.parse::<TimeArgument>().is_err(), "{wrong}");
        }
    }
}
