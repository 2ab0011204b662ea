//! Exemplars: the queue id of the latest line that each counter counted, so that a point on a graph leads to a line of
//! the log.

use crate::parse::{Event, Stamp};

/// The longest queue id that is kept, in bytes. The longest that a mail server writes are UUIDs with a suffix. With the
/// name of its label it stays far below the 128 characters that OpenMetrics allows.
const MAX_QUEUE_ID: usize = 47;

/// The latest line with a queue id that a counter counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Exemplar {
    /// The time of the line, not later than the wall clock when it was read.
    pub time: Stamp,
    /// What the line added to the counter.
    pub value: u32,
    /// The length of the queue id; 0 if there was no line yet.
    length: u8,
    queue_id: [u8; MAX_QUEUE_ID],
}

impl Exemplar {
    const NONE: Self = Exemplar {
        time: Stamp {
            seconds: i64::MIN,
            nanos: 0,
        },
        value: 0,
        length: 0,
        queue_id: [0; MAX_QUEUE_ID],
    };

    /// The queue id, if it consists of visible ASCII characters, as those of all mail servers do.
    pub(crate) fn queue_id(&self) -> Option<&str> {
        let id = self.queue_id.get(..usize::from(self.length))?;
        let is_visible = !id.is_empty() && id.iter().all(u8::is_ascii_graphic);
        std::str::from_utf8(id).ok().filter(|_| is_visible)
    }

    /// Replaces the exemplar by a line. Short queue ids, which are the rule, are copied as two words that may overlap,
    /// without a call.
    #[cfg_attr(hot_path, inline(always))]
    fn set(&mut self, time: Stamp, id: &[u8], value: u32) {
        self.time = time;
        self.value = value;
        self.length = id.len() as u8;
        match (id.first_chunk::<8>(), id.last_chunk::<8>()) {
            (Some(first), Some(last)) if id.len() <= 16 => {
                self.queue_id[..8].copy_from_slice(first);
                self.queue_id[id.len() - 8..id.len()].copy_from_slice(last);
            }
            _ => self.queue_id[..id.len()].copy_from_slice(id),
        }
    }
}

/// A line that may become an exemplar: its time and queue id.
#[derive(Clone, Copy)]
pub(crate) struct ExemplarLine<'a> {
    time: Stamp,
    queue_id: &'a [u8],
    value: u32,
}

impl<'a> ExemplarLine<'a> {
    /// The line of an event; `None` if it has no queue id, or one that is too long. Times after `now`, the wall clock in
    /// seconds since 1970, count as `now`; so do lines without one.
    #[cfg_attr(hot_path, inline(always))]
    pub(crate) fn of(
        time: Option<Stamp>,
        event: &Event<'a>,
        now: i64,
        times: u64,
    ) -> Option<ExemplarLine<'a>> {
        let queue_id = event.queue_id;
        let clock = Stamp {
            seconds: now,
            nanos: 0,
        };
        let time = time.filter(|time| time.seconds < now).unwrap_or(clock);
        (!queue_id.is_empty() && queue_id.len() <= MAX_QUEUE_ID).then_some(ExemplarLine {
            time,
            queue_id,
            value: times as u32,
        })
    }
}

/// One exemplar for each series of a family, by the index of the series, which has a limit. Its memory is allocated when
/// a series gets its first one.
#[derive(Clone, Debug, Default)]
pub(crate) struct FamilyExemplars(Vec<Exemplar>);

impl FamilyExemplars {
    /// Remembers a line for a series, unless a later one is known: Prometheus refuses exemplars that are older than the
    /// one before.
    #[cfg_attr(hot_path, inline(always))]
    pub(crate) fn note(&mut self, series: usize, line: ExemplarLine<'_>) {
        if series >= self.0.len() {
            self.grow(series);
        }
        if let Some(exemplar) = self.0.get_mut(series)
            && line.time >= exemplar.time
        {
            exemplar.set(line.time, line.queue_id, line.value);
        }
    }

    #[cold]
    fn grow(&mut self, series: usize) {
        self.0.resize(series + 1, Exemplar::NONE);
    }

    /// The exemplar of a series.
    pub(crate) fn of(&self, series: usize) -> Option<&Exemplar> {
        self.0.get(series).filter(|exemplar| exemplar.length > 0)
    }
}

/// The exemplars of all families that have some.
#[derive(Clone, Debug, Default)]
pub(crate) struct Exemplars {
    /// By the series of `Counters::rates`.
    pub codes: FamilyExemplars,
    /// By the index in `Counters::providers`.
    pub provider_codes: FamilyExemplars,
    /// By the index in `Counters::provider_conditions`.
    pub provider_conditions: FamilyExemplars,
    /// Of failed deliveries, by the index in `ProviderDeliveries`.
    pub provider_failures: FamilyExemplars,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::{Agent, Direction, Outcome, Service};

    fn line<'a>(seconds: i64, queue_id: &'a [u8], now: i64) -> Option<ExemplarLine<'a>> {
        let service = Service::of(Agent::all().next().expect("an agent"));
        let mut event = Event::new(service, Direction::Outbound, Outcome::Sent);
        event.queue_id = queue_id;
        ExemplarLine::of(Some(Stamp { seconds, nanos: 0 }), &event, now, 1)
    }

    fn id(exemplars: &FamilyExemplars, series: usize) -> Option<&str> {
        exemplars.of(series).and_then(Exemplar::queue_id)
    }

    #[test]
    fn queue_ids_of_every_length_are_kept_and_longer_ones_ignored() {
        let text: Vec<u8> = (b'A'..=b'z').collect();
        for length in 0..text.len() {
            let mut exemplars = FamilyExemplars::default();
            let queue_id = &text[..length];
            match line(5, queue_id, 9) {
                Some(line) => exemplars.note(3, line),
                None => assert!(length == 0 || length > MAX_QUEUE_ID),
            }
            let kept = (1..=MAX_QUEUE_ID).contains(&length);
            assert_eq!(
                id(&exemplars, 3).map(str::as_bytes),
                kept.then_some(queue_id)
            );
            assert_eq!(id(&exemplars, 2), None);
        }
    }

    #[test]
    fn latest_line_by_time_is_kept_and_none_is_in_the_future() {
        let mut exemplars = FamilyExemplars::default();
        for (seconds, queue_id) in [(5, "A1"), (7, "longer-than-A1"), (7, "B2"), (6, "C3")] {
            exemplars.note(0, line(seconds, queue_id.as_bytes(), 9).expect("a line"));
        }
        assert_eq!(id(&exemplars, 0), Some("B2"));
        exemplars.note(0, line(70, b"D4", 9).expect("a line"));
        let latest = exemplars.of(0).expect("an exemplar");
        assert_eq!((latest.queue_id(), latest.time.seconds), (Some("D4"), 9));
    }

    #[test]
    fn queue_ids_with_other_characters_are_not_shown() {
        for queue_id in ["a b", "\u{e9}1", "a\u{7f}"] {
            let mut exemplars = FamilyExemplars::default();
            exemplars.note(0, line(5, queue_id.as_bytes(), 9).expect("a line"));
            assert_eq!(id(&exemplars, 0), None, "{queue_id}");
        }
    }
}
