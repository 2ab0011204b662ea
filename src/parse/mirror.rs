//! Deduplication of records that one mail server writes to two of its logs, such as Exim's rejects in mainlog
//! and rejectlog.
//!
//! If both logs are configured, each record is read twice, in any order and at any distance in time. A record is
//! counted as often as it occurs in the log with the most occurrences.

use std::collections::VecDeque;
use std::collections::hash_map::Entry;

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use crate::parse::event::Event;
use crate::parse::kinds::Stamp;
use crate::parse::stream::StreamKey;
use crate::stable_hash::hash;

/// How long a record is remembered once all logs are read live, in seconds. During catch-up, one log may be
/// read long before the other.
const LIFETIME: i64 = 300;

/// A log without a record among this many is considered idle, and does not delay the eviction of records.
const IDLE: u64 = 10_000;

/// The maximum number of remembered records; the oldest are evicted. One log may be read to its end before the
/// other.
const MAX_RECORDS: usize = 1 << 18;

/// The maximum number of logs whose progress is remembered.
const MAX_STREAMS: usize = 64;

/// How often a record was found: in the log where it was found first, and in all others.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Copies {
    first: u64,
    in_first: u16,
    in_others: u16,
}

/// The remembered records as stored in the state file.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct MirrorState {
    /// The hash, time and occurrences of each record, the oldest first.
    records: Vec<(u64, i64, Copies)>,
    /// The key of each log, and the newest time of a record in it.
    streams: Vec<(u64, i64)>,
}

/// Recognizes copies of records.
#[derive(Default)]
pub(super) struct MirrorFilter {
    records: FxHashMap<u64, Copies>,
    /// Hash and time of each record, in the order in which they were found.
    order: VecDeque<(u64, i64)>,
    streams: FxHashMap<u64, LogProgress>,
    /// The number of records that were found.
    found: u64,
    /// The wall clock when the first record was found, in seconds since 1970.
    started: Option<i64>,
}

/// How far a log was read.
#[derive(Clone, Copy)]
struct LogProgress {
    /// The newest time of a record in it, in seconds since 1970.
    newest: i64,
    /// The sequence number of the last record found in it.
    last: u64,
}

impl MirrorFilter {
    pub(super) fn new() -> Self {
        Self::default()
    }

    /// Whether an event of this stream is a copy of one that was counted in another stream. `now` is the wall
    /// clock in seconds since 1970, or `i64::MAX` if logs are read one after the other.
    pub(super) fn is_copy(
        &mut self,
        key: StreamKey,
        time: Option<Stamp>,
        now: i64,
        event: &Event<'_>,
    ) -> bool {
        let Some(time) = time else {
            return false;
        };
        let code = event.code.unwrap_or(0).to_le_bytes();
        let record = hash(&[
            &time.seconds.to_le_bytes(),
            &time.nanos.to_le_bytes(),
            event.queue_id,
            event.host,
            event.sender,
            event.recipient,
            event.text,
            &code,
        ]);
        self.was_in_another(key, time.seconds, now, record)
    }

    /// As [`MirrorFilter::is_copy`], for a reply or connection error that two logs have at different times, in records
    /// of different kinds: it is the same if the recipient and the text are, or the remote host and the error.
    pub(super) fn is_counted(
        &mut self,
        key: StreamKey,
        time: Option<Stamp>,
        now: i64,
        event: &Event<'_>,
    ) -> bool {
        let (Some(time), Some(code)) = (time, event.code) else {
            return false;
        };
        let [what, of_whom] = match event.connect_error {
            Some(error) => [error.name().as_bytes(), event.host],
            None => [event.text, event.recipient],
        };
        let reply = hash(&[b"reply", what, of_whom, &code.to_le_bytes()]);
        self.was_in_another(key, time.seconds, now, reply)
    }

    /// Counts a record with this hash, and returns whether another stream had as many before.
    fn was_in_another(&mut self, key: StreamKey, time: i64, now: i64, record: u64) -> bool {
        let stream = hash(&[&key.source.to_le_bytes(), &key.stream.to_le_bytes()]);
        self.expire(stream, time, now);
        match self.records.entry(record) {
            Entry::Vacant(vacant) => {
                vacant.insert(Copies {
                    first: stream,
                    in_first: 1,
                    in_others: 0,
                });
                self.order.push_back((record, time));
                false
            }
            Entry::Occupied(mut occupied) => {
                let copies = occupied.get_mut();
                let before = copies.in_first.max(copies.in_others);
                let count = match copies.first == stream {
                    true => &mut copies.in_first,
                    false => &mut copies.in_others,
                };
                *count = count.saturating_add(1);
                *count <= before
            }
        }
    }

    /// Evicts records that are older than the progress of every active log.
    fn expire(&mut self, stream: u64, time: i64, now: i64) {
        self.found += 1;
        let last = self.found;
        if self.streams.len() < MAX_STREAMS || self.streams.contains_key(&stream) {
            let newest = self
                .streams
                .get(&stream)
                .map_or(time, |it| it.newest.max(time));
            self.streams.insert(stream, LogProgress { newest, last });
        }
        let started = *self.started.get_or_insert(now);
        // At first, nothing is evicted: every log has to catch up.
        let is_live =
            time >= now.saturating_sub(LIFETIME) && now >= started.saturating_add(LIFETIME);
        let active = self.streams.values().filter(|it| last - it.last < IDLE);
        let passed = match is_live {
            true => active.map(|it| it.newest).min().unwrap_or(time),
            false => i64::MIN,
        };
        while let Some(&(record, time)) = self.order.front()
            && (time < passed.saturating_sub(LIFETIME) || self.order.len() >= MAX_RECORDS)
        {
            self.order.pop_front();
            self.records.remove(&record);
        }
    }

    /// The records to store in the state file.
    pub(super) fn state(&self) -> MirrorState {
        let copies =
            |&(record, time): &(u64, i64)| Some((record, time, *self.records.get(&record)?));
        MirrorState {
            records: self.order.iter().filter_map(copies).collect(),
            streams: self
                .streams
                .iter()
                .map(|(&key, it)| (key, it.newest))
                .collect(),
        }
    }

    /// Restores stored records.
    pub(super) fn resume(&mut self, state: &MirrorState) {
        for &(record, time, copies) in &state.records {
            self.records.insert(record, copies);
            self.order.push_back((record, time));
        }
        let last = self.found;
        let streams = state.streams.iter();
        self.streams = streams
            .map(|&(key, newest)| (key, LogProgress { newest, last }))
            .collect();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::dialect::{Agent, Mta};
    use crate::parse::event::Service;
    use crate::parse::kinds::{Direction, Outcome};

    const NOW: i64 = 50_000;

    const MAIN: StreamKey = StreamKey {
        source: 1,
        stream: 1,
    };
    const REJECT: StreamKey = StreamKey {
        source: 1,
        stream: 2,
    };

    fn is_copy(
        filter: &mut MirrorFilter,
        key: StreamKey,
        seconds: i64,
        text: &'static [u8],
    ) -> bool {
        is_copy_at(filter, NOW, key, seconds, text)
    }

    fn is_copy_at(
        filter: &mut MirrorFilter,
        now: i64,
        key: StreamKey,
        seconds: i64,
        text: &'static [u8],
    ) -> bool {
        let service = Service::of(Agent::new(Mta::Postfix, 0));
        let mut event = Event::new(service, Direction::Inbound, Outcome::Rejected);
        event.text = text;
        filter.is_copy(key, Some(Stamp { seconds, nanos: 0 }), now, &event)
    }

    #[test]
    fn record_is_counted_as_often_as_in_the_log_with_most_occurrences() {
        let mut filter = MirrorFilter::new();
        let mut counted = 0;
        for (key, times) in [(MAIN, 2), (REJECT, 3), (MAIN, 1)] {
            for _ in 0..times {
                counted += usize::from(!is_copy(&mut filter, key, 1000, b"550 no"));
            }
        }
        assert_eq!(counted, 3);
        assert!(!is_copy(&mut filter, REJECT, 1001, b"550 no"));
        assert!(!is_copy(&mut filter, MAIN, 1000, b"550 other"));
    }

    #[test]
    fn reply_in_two_logs_is_counted_once_whichever_is_read_first() {
        for (first, second) in [(MAIN, REJECT), (REJECT, MAIN)] {
            let mut filter = MirrorFilter::new();
            let mut is_counted = |key, seconds, code, recipient| {
                let service = Service::of(Agent::new(Mta::Postfix, 0));
                let mut event = Event::new(service, Direction::Outbound, Outcome::Attempt);
                (event.text, event.recipient, event.code) = (b"550 no", recipient, code);
                filter.is_counted(key, Some(Stamp { seconds, nanos: 0 }), NOW, &event)
            };
            let recipient: &[u8] = b"a@example.net";
            assert!(!is_counted(first, 1000, Some(550), recipient));
            assert!(!is_counted(first, 1001, Some(550), recipient));
            assert!(is_counted(second, 1003, Some(550), recipient));
            assert!(!is_counted(second, 1003, None, recipient));
            assert!(!is_counted(second, 1003, Some(550), b"b@example.net"));
            assert!(is_counted(second, 1004, Some(550), recipient));
            assert!(!is_counted(second, 1005, Some(550), recipient));
        }
    }

    #[test]
    fn copies_are_recognized_after_catch_up_and_restart() {
        let mut filter = MirrorFilter::new();
        for second in 0..50_000 {
            assert!(!is_copy(&mut filter, REJECT, second, b"550 no"));
        }
        let bytes = postcard::to_stdvec(&filter.state()).expect("encoded");
        let mut resumed = MirrorFilter::new();
        resumed.resume(&postcard::from_bytes(&bytes).expect("decoded"));
        for second in 0..50_000 {
            assert!(is_copy(&mut resumed, MAIN, second, b"550 no"));
        }
        // Both logs have caught up.
        let later = NOW + LIFETIME;
        for second in NOW..=later {
            for key in [MAIN, REJECT] {
                let copy = is_copy_at(&mut resumed, later, key, second, b"550 no");
                assert_eq!(copy, key == REJECT);
            }
        }
        let remembered = resumed.records.len();
        assert!(remembered < 3 * LIFETIME as usize, "{remembered}");
    }

    #[test]
    fn records_are_kept_for_a_log_that_is_behind_but_not_for_one_that_is_idle() {
        for is_behind in [true, false] {
            let mut filter = MirrorFilter::new();
            // The first record begins the time in which every log catches up.
            is_copy(&mut filter, REJECT, NOW, b"550 first");
            let begin = NOW + LIFETIME;
            for at in 0..2 * IDLE as i64 {
                let second = begin + at / 10;
                assert!(!is_copy_at(&mut filter, second, MAIN, second, b"550 no"));
                if is_behind && at % 1000 == 0 {
                    is_copy_at(&mut filter, second, REJECT, begin - 10, b"550 other");
                }
            }
            let end = begin + 2 * IDLE as i64 / 10;
            let found = is_copy_at(&mut filter, end, REJECT, begin, b"550 no");
            assert_eq!(found, is_behind);
        }
    }
}
