//! The visitor that counts parsed lines, the same for the daemon, `report` and `replay`.

use crate::metrics::counters::Counters;
use crate::parse::{Event, Fact, Stamp, Visitor};

/// The number of lines by result.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LineCounts {
    /// Replies, deliveries and failed attempts.
    pub events: u64,
    /// Lines of a known form that are neither replies nor deliveries.
    pub noise: u64,
    /// Lines of unknown form.
    pub unmatched: u64,
}

/// Counts the lines it visits.
pub struct CountingVisitor<'c, F> {
    /// The counters to update.
    pub counters: &'c mut Counters,
    /// The line counts to update.
    pub lines: &'c mut LineCounts,
    /// The wall clock in seconds since 1970, as for [`Counters::event`].
    pub now: i64,
    /// Called before each line is counted, with its time, whether it is an event, and the counters. Returns the time at
    /// which the line counts.
    pub before: F,
}

impl<F> Visitor<'_> for CountingVisitor<'_, F>
where
    F: FnMut(Option<Stamp>, bool, &Counters) -> Option<Stamp>,
{
    #[inline]
    fn event(&mut self, time: Option<Stamp>, event: &mut Event<'_>) {
        let time = (self.before)(time, true, self.counters);
        self.lines.events += 1;
        self.counters.event(time, event, self.now);
    }

    #[cfg_attr(hot_path, inline(always))]
    fn noise(&mut self, time: Option<Stamp>, fact: Option<&Fact<'_>>) {
        (self.before)(time, false, self.counters);
        self.lines.noise += 1;
        self.counters.noise(fact);
    }

    fn event_repeated(&mut self, time: Option<Stamp>, event: &mut Event<'_>, times: u32) {
        let time = (self.before)(time, true, self.counters);
        self.lines.events += 1;
        self.counters
            .event_repeated(time, event, self.now, times.into());
    }

    fn noise_repeated(&mut self, time: Option<Stamp>, fact: Option<&Fact<'_>>, times: u32) {
        (self.before)(time, false, self.counters);
        self.lines.noise += 1;
        self.counters.noise_repeated(fact, times.into());
    }

    #[inline]
    fn unmatched(&mut self, time: Option<Stamp>) {
        (self.before)(time, false, self.counters);
        self.lines.unmatched += 1;
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use jiff::tz::TimeZone;

    use super::*;
    use crate::catalog::{Catalog, Providers};
    use crate::metrics::CountersSnapshot;
    use crate::parse::{Direction, LineParser};

    /// Counts every line three times: line by line, or at once.
    struct Threefold {
        counters: Counters,
        at_once: bool,
    }

    const NOW: i64 = 1_795_435_200;

    impl Visitor<'_> for Threefold {
        fn event(&mut self, time: Option<Stamp>, event: &mut Event<'_>) {
            match self.at_once {
                true => self.counters.event_repeated(time, event, NOW, 3),
                false => (0..3).for_each(|_| self.counters.event(time, event, NOW)),
            }
        }

        fn noise(&mut self, _: Option<Stamp>, fact: Option<&Fact<'_>>) {
            // The receipt of a message is not repeated.
            if matches!(fact, Some(Fact::Received { .. } | Fact::Queued { .. })) {
                return;
            }
            match self.at_once {
                true => self.counters.noise_repeated(fact, 3),
                false => (0..3).for_each(|_| self.counters.noise(fact)),
            }
        }

        fn unmatched(&mut self, _: Option<Stamp>) {}
    }

    #[test]
    fn repeated_line_counts_like_as_many_lines() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
        let read = |name: &str| std::fs::read(folder.join(name)).expect(name);
        let logs = [
            "postfix-client.log",
            "postfix-notices.log",
            "exim-mainlog.log",
        ];
        let snapshots = [false, true].map(|at_once| {
            let (catalog, providers) = (Catalog::embedded(), Providers::embedded());
            let mut counted = Threefold {
                counters: Counters::new(catalog),
                at_once,
            };
            for log in logs.map(read) {
                let now = Timestamp::from_second(NOW).expect("a time");
                let mut parser = LineParser::new(catalog, providers.clone(), TimeZone::UTC, now);
                let lines: Vec<&[u8]> = log.split(|&byte| byte == b'\n').collect();
                parser.read(&lines, &mut counted);
            }
            let names: Vec<String> = providers.names().map(str::to_owned).collect();
            CountersSnapshot::of(&counted.counters, &names)
        });
        assert!(!snapshots[0].codes.counts.is_empty());
        assert_eq!(snapshots[0], snapshots[1]);
    }

    #[test]
    fn lines_count_by_result_and_what_they_report_as_often_as_they_do() {
        let log = [
            "Nov 23 10:00:00 mx postfix/smtpd[7]: connect from unknown[192.0.2.1]",
            "Nov 23 10:00:01 mx postfix/smtpd[7]: NOQUEUE: reject: RCPT from unknown[192.0.2.1]: 450 4.1.1 <a@example.com>: \
             unverified; from=<b@example.net> to=<a@example.com> proto=ESMTP helo=<x>",
            "Nov 23 10:00:02 mx postfix/smtpd[7]: message repeated 3 times: [ NOQUEUE: reject: RCPT from \
             unknown[192.0.2.1]: 450 4.1.1 <a@example.com>: unverified; from=<b@example.net> to=<a@example.com> \
             proto=ESMTP helo=<x>]",
            "Nov 23 10:00:03 mx postfix/smtpd[7]: message repeated 2 times: [ connect from unknown[192.0.2.1]]",
            "what no mail server writes",
        ];
        let lines: Vec<&[u8]> = log.iter().map(|line| line.as_bytes()).collect();
        let (catalog, now) = (Catalog::embedded(), Timestamp::from_second(NOW));
        let mut counters = Counters::new(catalog);
        let mut counts = LineCounts::default();
        let mut times = Vec::new();
        let mut visitor = CountingVisitor {
            counters: &mut counters,
            lines: &mut counts,
            now: NOW,
            before: |time: Option<Stamp>, is_event, before: &Counters| {
                times.push((
                    is_event,
                    before.connections(),
                    before.code(Direction::Inbound, 450),
                ));
                time
            },
        };
        let mut parser = LineParser::new(
            catalog,
            Providers::embedded(),
            TimeZone::UTC,
            now.expect("a time"),
        );
        parser.read(&lines, &mut visitor);
        // Each line is announced before it is counted.
        assert_eq!(
            times,
            [
                (false, 0, 0),
                (true, 1, 0),
                (true, 1, 1),
                (false, 1, 4),
                (false, 3, 4)
            ]
        );
        let expected = LineCounts {
            events: 2,
            noise: 2,
            unmatched: 1,
        };
        assert_eq!(counts, expected);
        assert_eq!(counters.connections(), 3);
        assert_eq!(counters.code(Direction::Inbound, 450), 4);
    }
}
