//! Mail by hour of the day and by day, in the time zone of the report.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Serialize;

use crate::parse::Stamp;

/// The length of a span in which neither the day nor the hour changes in any time zone, in seconds.
const QUARTER: i64 = 900;

/// What happened in an hour or a day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Traffic {
    /// Messages received from clients and local programs.
    pub received: u64,
    /// Deliveries.
    pub delivered: u64,
    /// Attempts that were deferred.
    pub deferred: u64,
    /// Deliveries that failed permanently.
    pub bounced: u64,
    /// Commands and messages that our own server rejected.
    pub rejected: u64,
    /// What it would have rejected, but only logged.
    pub reject_warnings: u64,
    /// Messages put on hold.
    pub held: u64,
    /// Messages accepted and deleted.
    pub discarded: u64,
}

impl Traffic {
    /// Adds other traffic.
    pub fn add(&mut self, other: &Traffic) {
        self.received += other.received;
        self.delivered += other.delivered;
        self.deferred += other.deferred;
        self.bounced += other.bounced;
        self.rejected += other.rejected;
        self.reject_warnings += other.reject_warnings;
        self.held += other.held;
        self.discarded += other.discarded;
    }

    /// Whether nothing happened.
    pub fn is_empty(&self) -> bool {
        *self == Traffic::default()
    }
}

/// Traffic by hour and day. The last quarter of an hour is kept aside, because nearly all lines follow each other.
pub(super) struct Calendar {
    zone: TimeZone,
    /// The beginning of the current quarter of an hour, in seconds since 1970.
    quarter: i64,
    current: Traffic,
    days: BTreeMap<Date, Traffic>,
    hours: [Traffic; 24],
    /// What has no time.
    undated: Traffic,
    first: i64,
    last: i64,
}

impl Calendar {
    pub fn new(zone: TimeZone) -> Self {
        Calendar {
            zone,
            quarter: i64::MIN,
            current: Traffic::default(),
            days: BTreeMap::new(),
            hours: [Traffic::default(); 24],
            undated: Traffic::default(),
            first: i64::MAX,
            last: i64::MIN,
        }
    }

    /// Takes note of a line of this time.
    #[inline]
    pub fn note(&mut self, time: Option<Stamp>) {
        if let Some(time) = time {
            self.first = self.first.min(time.seconds);
            self.last = self.last.max(time.seconds);
        }
    }

    /// The traffic at a time.
    #[inline]
    pub fn at(&mut self, time: Option<Stamp>) -> &mut Traffic {
        let Some(time) = time else {
            return &mut self.undated;
        };
        let since = time.seconds.wrapping_sub(self.quarter);
        if !(0..QUARTER).contains(&since) {
            self.settle();
            self.quarter = time
                .seconds
                .saturating_sub(time.seconds.rem_euclid(QUARTER));
        }
        &mut self.current
    }

    /// Adds the current quarter of an hour to its hour and day.
    #[cold]
    fn settle(&mut self) {
        let current = std::mem::take(&mut self.current);
        if current.is_empty() {
            return;
        }
        let Ok(time) = Timestamp::from_second(self.quarter) else {
            return self.undated.add(&current);
        };
        let local = self.zone.to_datetime(time);
        self.days.entry(local.date()).or_default().add(&current);
        self.hours[usize::from(local.hour().unsigned_abs()) % 24].add(&current);
    }

    /// The times of the first and the last line.
    pub fn span(&self) -> Option<(Timestamp, Timestamp)> {
        let first = Timestamp::from_second(self.first).ok()?;
        Some((first, Timestamp::from_second(self.last).ok()?))
    }

    /// The sum of everything, also of what has no time.
    pub fn total(&mut self) -> Traffic {
        self.settle();
        let mut total = self.undated;
        self.days.values().for_each(|day| total.add(day));
        total
    }

    /// The hours of the day, each the sum over all days.
    pub fn hours(&mut self) -> [Traffic; 24] {
        self.settle();
        self.hours
    }

    /// The days with mail, or every day between the first and the last one.
    pub fn days(&mut self, all: bool) -> Vec<(Date, Traffic)> {
        self.settle();
        let (Some((first, _)), Some((last, _)), true) =
            (self.days.first_key_value(), self.days.last_key_value(), all)
        else {
            return self.days.iter().map(|(day, it)| (*day, *it)).collect();
        };
        // A log of centuries has a wrong clock.
        let between = first.series(jiff::Span::new().days(1)).take(40_000);
        between
            .take_while(|day| day <= last)
            .map(|day| (day, self.days.get(&day).copied().unwrap_or_default()))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stamp(text: &str) -> Option<Stamp> {
        let time: Timestamp = text.parse().expect("a time");
        Some(Stamp {
            seconds: time.as_second(),
            nanos: 0,
        })
    }

    #[test]
    fn hours_and_days_are_those_of_the_zone() {
        let zone = TimeZone::fixed(jiff::tz::offset(8));
        let mut calendar = Calendar::new(zone);
        for time in [
            "2026-11-20T15:59:59Z",
            "2026-11-20T16:00:00Z",
            "2026-11-22T16:00:00Z",
        ] {
            calendar.note(stamp(time));
            calendar.at(stamp(time)).received += 1;
        }
        calendar.at(None).received += 1;
        assert_eq!(calendar.total().received, 4);
        let hours = calendar.hours();
        assert_eq!((hours[23].received, hours[0].received), (1, 2));
        let days = |all| {
            let mut calendar = Calendar::new(TimeZone::UTC);
            calendar.at(stamp("2026-11-20T15:59:59Z")).bounced += 1;
            calendar.at(stamp("2026-11-22T15:59:59Z")).bounced += 1;
            calendar.days(all).len()
        };
        assert_eq!((days(false), days(true)), (2, 3));
        let names: Vec<String> = calendar
            .days(false)
            .iter()
            .map(|(day, _)| day.to_string())
            .collect();
        assert_eq!(names, ["2026-11-20", "2026-11-21", "2026-11-23"]);
    }
}
