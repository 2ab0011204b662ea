//! What one server logs twice counts once.
//!
//! A mail server that has no further host to try may log a host's reply as an attempt and again in
//! the delivery record; a TLS handshake that fails has a line of its own and then a delivery
//! record. The second line is told by what the first one named. This stands apart because it is
//! the only place where one line is judged by another.

use std::collections::VecDeque;
use std::hash::Hasher;

use rustc_hash::{FxHashMap, FxHasher};
use serde::{Deserialize, Serialize};

use crate::parse::{ConnectError, Event, Outcome, Stamp};

/// How long the first line is remembered, in seconds: as long as a message waits at least before it
/// is tried again (Postfix's `minimal_backoff_time`), for then the same words are a new reply.
const MEMORY: i64 = 300;

/// First lines remembered at a time, the newest: enough for some fifty failed attempts a second, so
/// that a spike is counted right, and few enough that nobody can make it grow.
const MOST: usize = 1 << 14;

/// What is remembered, as it is kept over restarts: names of first lines and their times, the oldest
/// first.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Memory(Vec<(u64, Option<i64>)>);

/// The last first lines.
pub(crate) struct Repeats {
    /// When each was written.
    seen: FxHashMap<u64, Option<i64>>,
    /// All of them, the oldest first.
    order: VecDeque<u64>,
    messages: Messages,
}

impl Repeats {
    pub(crate) fn new() -> Self {
        Repeats {
            seen: FxHashMap::default(),
            order: VecDeque::new(),
            messages: Messages::new(),
        }
    }

    /// What is to be kept over a restart: the line that repeats another may come behind it.
    pub(crate) fn memory(&self) -> Memory {
        let seen = |name: &u64| Some((*name, *self.seen.get(name)?));
        let newest = self.order.iter().filter_map(|name| *self.seen.get(name)?);
        let newest = newest.max();
        let fresh = |(_, time): &(u64, Option<i64>)| is_recent(*time, newest);
        Memory(self.order.iter().filter_map(seen).filter(fresh).collect())
    }

    /// Goes on with what was kept.
    pub(crate) fn remember(&mut self, memory: &Memory) {
        for &(name, seconds) in &memory.0 {
            self.note(name, seconds);
        }
        // Of which messages they were was not kept.
        self.messages.add_all();
    }

    /// Notes an event that another line may repeat, and marks one that repeats another.
    #[inline]
    pub(crate) fn settle(&mut self, event: &mut Event<'_>, time: Option<Stamp>) {
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
                if self.messages.may_have(event.queue_id) && self.has(reply(event), seconds) =>
            {
                event.code = None;
                event.enhanced = None;
                event.first_hand = false;
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
            event.first_hand = !self.has(handshake(event), seconds);
        }
    }

    fn note(&mut self, name: u64, seconds: Option<i64>) {
        if self.seen.insert(name, seconds).is_none() {
            self.order.push_back(name);
            self.messages.age();
            if self.order.len() > MOST
                && let Some(oldest) = self.order.pop_front()
            {
                self.seen.remove(&oldest);
            }
        }
    }

    /// Whether a line of this time may repeat the one of this name.
    fn has(&self, name: u64, seconds: Option<i64>) -> bool {
        self.seen
            .get(&name)
            .is_some_and(|then| is_recent(*then, seconds))
    }
}

/// Messages of which an attempt is remembered, and by chance a few more. Hardly any message has one, and
/// this is asked of every failure, while a reply's name is made of all of its text.
struct Messages {
    /// One bit for each hash.
    newer: Box<[u64; WORDS]>,
    older: Box<[u64; WORDS]>,
    /// First lines since `newer` was empty.
    age: usize,
}

const WORDS: usize = 1 << 10;

impl Messages {
    fn new() -> Self {
        Messages {
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

    /// One more first line is remembered. After as many as are remembered at all, those before them are
    /// forgotten.
    fn age(&mut self) {
        self.age += 1;
        if self.age == MOST {
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
        (Some(then), Some(now)) => (0..MEMORY).contains(&(now - then)),
        _ => true,
    }
}

/// Which reply of which host to which message it is.
fn reply(event: &Event<'_>) -> u64 {
    hash([event.queue_id, event.host, event.text])
}

/// With whom a handshake failed.
fn handshake(event: &Event<'_>) -> u64 {
    hash([b"handshake", event.host, b""])
}

fn hash(parts: [&[u8]; 3]) -> u64 {
    let mut hasher = FxHasher::default();
    for part in parts {
        hasher.write(part);
        hasher.write_usize(part.len());
    }
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::{Direction, Service};

    fn event(outcome: Outcome, host: &'static [u8], text: &'static [u8]) -> Event<'static> {
        let mut event = Event::new(Service::Smtp, Direction::Outbound, outcome);
        event.queue_id = b"4F9D195432C";
        event.code = Some(451);
        event.host = host;
        event.text = text;
        event
    }

    /// The codes that count when the events come at these seconds.
    fn counted(events: &[(i64, Event<'static>)]) -> usize {
        let mut repeats = Repeats::new();
        events
            .iter()
            .filter(|(seconds, event)| {
                let mut event = *event;
                repeats.settle(
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
    fn the_same_words_of_the_same_host_count_once_and_only_for_a_while() {
        let attempt = event(Outcome::Attempt, b"mx1", b"451 later");
        let record = event(Outcome::Deferred, b"mx1", b"451 later");
        assert_eq!(counted(&[(0, attempt), (1, record), (1, record)]), 1);
        assert_eq!(counted(&[(0, attempt), (300, record)]), 2);
        assert_eq!(counted(&[(0, record), (1, record)]), 2);
    }

    #[test]
    fn another_host_or_other_words_are_another_reply() {
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
    fn each_of_many_replies_in_flight_counts_once() {
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
    fn what_is_remembered_is_bounded_and_goes_on_in_another_process() {
        let mut repeats = Repeats::new();
        for number in 0..MOST as u64 + 5 {
            repeats.note(number, Some(1_000));
        }
        assert_eq!((repeats.seen.len(), repeats.order.len()), (MOST, MOST));
        assert!(!repeats.has(4, Some(1_000)) && repeats.has(5, Some(1_000)));
        let mut next = Repeats::new();
        next.remember(&repeats.memory());
        assert!(next.has(5, Some(1_299)) && !next.has(5, Some(1_300)));
        // What nothing can repeat any more need not be kept.
        repeats.note(7_777_777, Some(2_000));
        assert_eq!(repeats.memory(), Memory(vec![(7_777_777, Some(2_000))]));
    }

    #[test]
    fn a_message_is_known_as_long_as_its_attempt_is() {
        let mut repeats = Repeats::new();
        let mut first = event(Outcome::Attempt, b"mx1", b"451 later");
        repeats.settle(&mut first, None);
        for number in 1..=2 * MOST as u64 {
            let known = repeats.messages.may_have(first.queue_id);
            assert!(known || !repeats.has(reply(&first), None), "{number}");
            repeats.note(number, None);
        }
        assert!(!repeats.messages.may_have(first.queue_id));
        let mut restored = Repeats::new();
        restored.remember(&repeats.memory());
        assert!(restored.messages.may_have(b"any"));
    }

    #[test]
    fn a_failed_handshake_counts_on_its_own_line_or_else_in_the_record() {
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
        Repeats::new().settle(&mut alone, None);
        assert!(alone.first_hand);
        let mut repeats = Repeats::new();
        repeats.settle(&mut line, None);
        repeats.settle(&mut record, None);
        assert!(!record.first_hand);
        // An attempt that named the message has told of it as well.
        let mut attempt = alone;
        attempt.outcome = Outcome::Attempt;
        let mut repeats = Repeats::new();
        repeats.settle(&mut attempt, None);
        let mut record = alone;
        repeats.settle(&mut record, None);
        assert!(attempt.first_hand && !record.first_hand);
    }
}
