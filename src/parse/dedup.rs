//! Replies that one mail server logs twice.
//!
//! A server that has no further host to try may log a host's reply as an attempt and again in the delivery
//! record; a TLS handshake that fails has a line of its own and then a delivery record. The second line
//! counts nothing that the first one counted.

use std::collections::VecDeque;
use std::hash::Hasher;

use rustc_hash::{FxHashMap, FxHasher};
use serde::{Deserialize, Serialize};

use crate::parse::event::Event;
use crate::parse::kinds::{ConnectError, Outcome, Stamp};
use crate::stable_hash::hash;

/// How long an attempt is remembered, in seconds: as long as a message waits at least before it is tried
/// again (Postfix's `minimal_backoff_time`), for then the same words are a new reply.
const LIFETIME: i64 = 300;

/// Attempts that are remembered at most, the newest: enough for some fifty failed attempts a second.
const MAX_ATTEMPTS: usize = 1 << 14;

/// What is kept over restarts: hashes of attempts and their times, the oldest first.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DedupState(Vec<(u64, Option<i64>)>);

/// An attempt that is remembered.
#[derive(Clone, Copy)]
struct Attempt {
    /// When it was logged, in seconds since 1970.
    time: Option<i64>,
    /// Its place in the order of attempts: that of its last occurrence.
    place: u64,
}

/// Recognizes lines that repeat an attempt.
pub(super) struct Deduplicator {
    attempts: FxHashMap<u64, Attempt>,
    /// All of them with their places, the oldest first. One that occurred again has an older place as well,
    /// which no longer counts.
    order: VecDeque<(u64, u64)>,
    next_place: u64,
    messages: MessageFilter,
    /// Attempts of a state before version 4, whose hashes are others.
    legacy: FxHashMap<u64, Option<i64>>,
}

impl Deduplicator {
    pub(super) fn new() -> Self {
        Deduplicator {
            attempts: FxHashMap::default(),
            order: VecDeque::new(),
            next_place: 0,
            messages: MessageFilter::new(),
            legacy: FxHashMap::default(),
        }
    }

    /// What is to be kept over a restart.
    pub(super) fn state(&self) -> DedupState {
        let newest = self.attempts.values().filter_map(|it| it.time).max();
        let current = self.order.iter().filter_map(|&(name, place)| {
            let attempt = self.attempts.get(&name)?;
            (attempt.place == place).then_some((name, attempt.time))
        });
        DedupState(
            current
                .filter(|(_, time)| is_recent(*time, newest))
                .collect(),
        )
    }

    /// Goes on with what was kept.
    pub(super) fn resume(&mut self, state: &DedupState) {
        for &(name, seconds) in &state.0 {
            self.note(name, seconds);
        }
        // Of which messages they were was not kept.
        self.messages.add_all();
    }

    /// What a version before 4 kept, as far as it has not expired.
    pub(super) fn legacy_state(&self) -> DedupState {
        let newest = self.attempts.values().filter_map(|it| it.time).max();
        let kept = self.legacy.iter().map(|(&name, &time)| (name, time));
        DedupState(kept.filter(|(_, time)| is_recent(*time, newest)).collect())
    }

    /// Goes on with what a version before 4 kept.
    pub(super) fn resume_legacy(&mut self, state: &DedupState) {
        self.legacy = state.0.iter().copied().collect();
        self.messages.add_all();
    }

    /// Remembers an event that another line may repeat, and marks one that repeats another.
    #[inline]
    pub(super) fn check(&mut self, event: &mut Event<'_>, time: Option<Stamp>) {
        let seconds = time.map(|time| time.seconds);
        match event.outcome {
            Outcome::Attempt if !event.queue_id.is_empty() => {
                self.messages.add(event.queue_id);
                self.note(reply(event), seconds);
            }
            // `SSL_connect error to …` names the other side and no message.
            Outcome::Attempt if event.text.starts_with(b"SSL_connect error to ") => {
                self.note(handshake(event), seconds);
            }
            Outcome::Deferred | Outcome::Bounced
                if self.messages.may_have(event.queue_id)
                    && self.has(Attempted::Reply, event, seconds) =>
            {
                event.code = None;
                event.enhanced = None;
                event.duplicate = true;
                return;
            }
            _ => {}
        }
        // `Cannot start TLS` repeats a handshake's line, if there was one.
        if event.connect_error == Some(ConnectError::Tls)
            && !event.queue_id.is_empty()
            && event.text.starts_with(b"Cannot start TLS")
            && !event.host.is_empty()
        {
            event.duplicate = self.has(Attempted::Handshake, event, seconds);
        }
    }

    fn note(&mut self, name: u64, time: Option<i64>) {
        let place = self.next_place;
        self.next_place += 1;
        let renewed = self
            .attempts
            .insert(name, Attempt { time, place })
            .is_some();
        self.order.push_back((name, place));
        if !renewed {
            self.messages.age();
        }
        while self.attempts.len() > MAX_ATTEMPTS || self.order.len() > 2 * MAX_ATTEMPTS {
            let Some((name, place)) = self.order.pop_front() else {
                break;
            };
            if self.attempts.get(&name).is_some_and(|it| it.place == place) {
                self.attempts.remove(&name);
            }
        }
    }

    /// Whether a line of this time may repeat an attempt.
    fn has(&self, attempted: Attempted, event: &Event<'_>, seconds: Option<i64>) -> bool {
        let known = self.attempts.get(&attempted.name(event)).map(|it| it.time);
        let legacy = || match self.legacy.is_empty() {
            true => None,
            false => self.legacy.get(&attempted.legacy_name(event)).copied(),
        };
        known
            .or_else(legacy)
            .is_some_and(|then| is_recent(then, seconds))
    }
}

/// What an attempt was about.
#[derive(Clone, Copy)]
enum Attempted {
    /// A reply of a host to a message.
    Reply,
    /// A TLS handshake with a host.
    Handshake,
}

impl Attempted {
    fn parts<'a>(self, event: &Event<'a>) -> [&'a [u8]; 3] {
        match self {
            Attempted::Reply => [event.queue_id, event.host, event.text],
            Attempted::Handshake => [b"handshake", event.host, b""],
        }
    }

    fn name(self, event: &Event<'_>) -> u64 {
        hash(&self.parts(event))
    }

    /// The hash that states before version 4 hold: FxHash of each part and of its length.
    fn legacy_name(self, event: &Event<'_>) -> u64 {
        let mut hasher = FxHasher::default();
        for part in self.parts(event) {
            hasher.write(part);
            hasher.write_usize(part.len());
        }
        hasher.finish()
    }
}

fn reply(event: &Event<'_>) -> u64 {
    Attempted::Reply.name(event)
}

fn handshake(event: &Event<'_>) -> u64 {
    Attempted::Handshake.name(event)
}

/// Messages of which an attempt is remembered, and a few more: a Bloom filter. Few messages have an attempt,
/// and the filter is asked for every failure, while the hash of a reply reads all of its text.
struct MessageFilter {
    /// One bit for each hash.
    newer: Box<[u64; WORDS]>,
    older: Box<[u64; WORDS]>,
    /// Attempts since `newer` was empty.
    age: usize,
}

const WORDS: usize = 1 << 10;

impl MessageFilter {
    fn new() -> Self {
        MessageFilter {
            newer: Box::new([0; WORDS]),
            older: Box::new([0; WORDS]),
            age: 0,
        }
    }

    fn add(&mut self, queue_id: &[u8]) {
        let (word, bit) = Self::place(queue_id);
        self.newer[word] |= bit;
    }

    fn add_all(&mut self) {
        self.older.fill(u64::MAX);
    }

    /// One more attempt is remembered. After as many as are remembered at all, those before them are
    /// forgotten.
    fn age(&mut self) {
        self.age += 1;
        if self.age == MAX_ATTEMPTS {
            std::mem::swap(&mut self.newer, &mut self.older);
            self.newer.fill(0);
            self.age = 0;
        }
    }

    fn may_have(&self, queue_id: &[u8]) -> bool {
        let (word, bit) = Self::place(queue_id);
        (self.newer[word] | self.older[word]) & bit != 0
    }

    fn place(queue_id: &[u8]) -> (usize, u64) {
        let mut hasher = FxHasher::default();
        hasher.write(queue_id);
        let hash = hasher.finish();
        ((hash >> 6) as usize % WORDS, 1 << (hash & 63))
    }
}

fn is_recent(then: Option<i64>, now: Option<i64>) -> bool {
    match (then, now) {
        (Some(then), Some(now)) => (0..LIFETIME).contains(&(now - then)),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::{Agent, Direction, Mta, Service};

    fn event(outcome: Outcome, host: &'static [u8], text: &'static [u8]) -> Event<'static> {
        let mut event = Event::new(
            Service::of(Agent::new(Mta::Postfix, 0)),
            Direction::Outbound,
            outcome,
        );
        event.queue_id = b"4F9D195432C";
        event.code = Some(451);
        event.host = host;
        event.text = text;
        event
    }

    /// The codes that count when the events come at these seconds.
    fn counted(events: &[(i64, Event<'static>)]) -> usize {
        let mut dedup = Deduplicator::new();
        events
            .iter()
            .filter(|(seconds, event)| {
                let mut event = *event;
                dedup.check(
                    &mut event,
                    Some(Stamp {
                        seconds: *seconds,
                        nanos: 0,
                    }),
                );
                event.code.is_some()
            })
            .count()
    }

    #[test]
    fn same_reply_of_same_host_counts_once_within_lifetime() {
        let attempt = event(Outcome::Attempt, b"mx1", b"451 later");
        let record = event(Outcome::Deferred, b"mx1", b"451 later");
        assert_eq!(counted(&[(0, attempt), (1, record), (1, record)]), 1);
        assert_eq!(counted(&[(0, attempt), (300, record)]), 2);
        assert_eq!(counted(&[(0, record), (1, record)]), 2);
    }

    #[test]
    fn another_host_or_text_is_another_reply() {
        let attempt = event(Outcome::Attempt, b"mx1", b"451 later");
        let other_host = event(Outcome::Deferred, b"mx2", b"451 later");
        let other_words = event(Outcome::Deferred, b"mx1", b"451 busy");
        let record = event(Outcome::Deferred, b"mx1", b"451 later");
        assert_eq!(counted(&[(0, attempt), (1, other_host)]), 2);
        assert_eq!(counted(&[(0, attempt), (1, other_words)]), 2);
        // Recipients of one message: the other host had the last word for the first of them.
        assert_eq!(counted(&[(0, attempt), (1, other_host), (2, record)]), 2);
        assert_eq!(counted(&[(0, attempt), (1, other_host), (302, record)]), 3);
    }

    #[test]
    fn many_attempts_in_flight_are_all_remembered() {
        let ids: Vec<&'static [u8]> = (0..10_000)
            .map(|number| &*format!("{number:010X}").into_bytes().leak())
            .collect();
        let lines = |outcome| {
            ids.iter().map(move |id| {
                let mut event = event(outcome, b"mx1", b"421 busy");
                event.queue_id = id;
                (0, event)
            })
        };
        let all: Vec<_> = lines(Outcome::Attempt)
            .chain(lines(Outcome::Deferred))
            .collect();
        assert_eq!(counted(&all), ids.len());
        // Two recipients of one message.
        let (first, second) = (b"450 <a>: later", b"450 <b>: later");
        let two: Vec<_> = [Outcome::Attempt, Outcome::Deferred]
            .into_iter()
            .flat_map(|outcome| {
                [
                    (0, event(outcome, b"mx1", first)),
                    (0, event(outcome, b"mx1", second)),
                ]
            })
            .collect();
        assert_eq!(counted(&two), 2);
    }

    #[test]
    fn memory_is_bounded_and_survives_a_restart() {
        let mut dedup = Deduplicator::new();
        for number in 0..MAX_ATTEMPTS as u64 + 5 {
            dedup.note(number, Some(1_000));
        }
        assert_eq!(dedup.attempts.len(), MAX_ATTEMPTS);
        let known = |dedup: &Deduplicator, name, now| {
            let attempt: Option<&Attempt> = dedup.attempts.get(&name);
            attempt.is_some_and(|it| is_recent(it.time, Some(now)))
        };
        assert!(!known(&dedup, 4, 1_000) && known(&dedup, 5, 1_000));
        let mut next = Deduplicator::new();
        next.resume(&dedup.state());
        assert!(known(&next, 5, 1_299) && !known(&next, 5, 1_300));
        // What nothing can repeat any more need not be kept.
        dedup.note(7_777_777, Some(2_000));
        assert_eq!(dedup.state(), DedupState(vec![(7_777_777, Some(2_000))]));
    }

    #[test]
    fn message_filter_covers_every_remembered_attempt() {
        let mut dedup = Deduplicator::new();
        let mut first = event(Outcome::Attempt, b"mx1", b"451 later");
        dedup.check(&mut first, None);
        for number in 1..=2 * MAX_ATTEMPTS as u64 {
            let known = dedup.messages.may_have(first.queue_id);
            assert!(
                known || !dedup.has(Attempted::Reply, &first, None),
                "{number}"
            );
            dedup.note(number, None);
        }
        assert!(!dedup.messages.may_have(first.queue_id));
        let mut restored = Deduplicator::new();
        restored.resume(&dedup.state());
        assert!(restored.messages.may_have(b"any"));
    }

    #[test]
    fn failed_handshake_counts_once() {
        let mut line = event(
            Outcome::Attempt,
            b"mx1",
            b"SSL_connect error to mx1[192.0.2.1]: -1",
        );
        line.queue_id = b"";
        let mut record = event(
            Outcome::Deferred,
            b"mx1",
            b"Cannot start TLS: handshake failure",
        );
        record.connect_error = Some(ConnectError::Tls);
        let mut alone = record;
        Deduplicator::new().check(&mut alone, None);
        assert!(!alone.duplicate);
        let mut dedup = Deduplicator::new();
        dedup.check(&mut line, None);
        dedup.check(&mut record, None);
        assert!(record.duplicate);
        // An attempt that named the message has told of it as well.
        let mut attempt = alone;
        attempt.outcome = Outcome::Attempt;
        let mut dedup = Deduplicator::new();
        dedup.check(&mut attempt, None);
        let mut record = alone;
        dedup.check(&mut record, None);
        assert!(!attempt.duplicate && record.duplicate);
    }

    #[test]
    fn renewed_attempt_is_evicted_by_its_last_occurrence() {
        let mut dedup = Deduplicator::new();
        dedup.note(1, Some(0));
        for name in 2..=MAX_ATTEMPTS as u64 {
            dedup.note(name, Some(0));
        }
        dedup.note(1, Some(100));
        dedup.note(u64::MAX, Some(100));
        assert!(dedup.attempts.contains_key(&1) && !dedup.attempts.contains_key(&2));
        // One that occurs all the time does not make the order grow.
        for _ in 0..5 * MAX_ATTEMPTS {
            dedup.note(1, Some(100));
        }
        assert!(dedup.order.len() <= 2 * MAX_ATTEMPTS);
    }
}
