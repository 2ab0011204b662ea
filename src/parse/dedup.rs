//! Deduplication of replies that one mail server logs twice.
//!
//! A server without a further host to try may log a host's reply as an attempt and again in the delivery
//! record; a failed TLS handshake is logged on a line of its own and again in the delivery record. What the
//! first line counted is not counted again for the second.

use std::collections::VecDeque;
use std::hash::Hasher;

use rustc_hash::{FxHashMap, FxHasher};
use serde::{Deserialize, Serialize};

use crate::parse::event::Event;
use crate::parse::kinds::{ConnectError, Outcome, Stamp};
use crate::stable_hash::hash;

/// How long an attempt is remembered, in seconds: the shortest time before a message is tried again
/// (Postfix's `minimal_backoff_time`). After that, the same text is a new reply.
const LIFETIME: i64 = 300;

/// The maximum number of remembered attempts; the oldest are evicted. Enough for about fifty failed attempts
/// a second.
const MAX_ATTEMPTS: usize = 1 << 14;

/// The remembered attempts as stored in the state file: the hash and time of each, the oldest first.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DedupState(Vec<(u64, Option<i64>)>);

/// A remembered attempt.
#[derive(Clone, Copy)]
struct Attempt {
    /// When it was logged, in seconds since 1970.
    time: Option<i64>,
    /// The sequence number of its last occurrence.
    sequence: u64,
}

/// Recognizes lines that repeat an attempt.
pub(super) struct Deduplicator {
    attempts: FxHashMap<u64, Attempt>,
    /// Hash and sequence number of every occurrence, the oldest first. Only the last occurrence of an attempt
    /// is valid; earlier ones are skipped.
    order: VecDeque<(u64, u64)>,
    next_sequence: u64,
    messages: MessageFilter,
    /// Attempts from a state file before version 4, which used a different hash.
    legacy: FxHashMap<u64, Option<i64>>,
}

impl Deduplicator {
    pub(super) fn new() -> Self {
        Deduplicator {
            attempts: FxHashMap::default(),
            order: VecDeque::new(),
            next_sequence: 0,
            messages: MessageFilter::new(),
            legacy: FxHashMap::default(),
        }
    }

    /// The attempts to store in the state file.
    pub(super) fn state(&self) -> DedupState {
        let newest = self.attempts.values().filter_map(|it| it.time).max();
        let current = self.order.iter().filter_map(|&(hash, sequence)| {
            let attempt = self.attempts.get(&hash)?;
            (attempt.sequence == sequence).then_some((hash, attempt.time))
        });
        DedupState(
            current
                .filter(|(_, time)| is_recent(*time, newest))
                .collect(),
        )
    }

    /// Restores stored attempts.
    pub(super) fn resume(&mut self, state: &DedupState) {
        for &(hash, seconds) in &state.0 {
            self.note(hash, seconds);
        }
        // The queue ids of these attempts are not stored.
        self.messages.add_all();
    }

    /// The attempts from a state file before version 4 that have not expired.
    pub(super) fn legacy_state(&self) -> DedupState {
        let newest = self.attempts.values().filter_map(|it| it.time).max();
        let attempts = self.legacy.iter().map(|(&hash, &time)| (hash, time));
        DedupState(
            attempts
                .filter(|(_, time)| is_recent(*time, newest))
                .collect(),
        )
    }

    /// Restores attempts from a state file before version 4.
    pub(super) fn resume_legacy(&mut self, state: &DedupState) {
        self.legacy = state.0.iter().copied().collect();
        self.messages.add_all();
    }

    /// Remembers an attempt, or marks an event as a duplicate of a remembered one.
    #[inline]
    pub(super) fn check(&mut self, event: &mut Event<'_>, time: Option<Stamp>) {
        let seconds = time.map(|time| time.seconds);
        match event.outcome {
            Outcome::Attempt if !event.queue_id.is_empty() => {
                self.messages.add(event.queue_id);
                self.note(AttemptKind::Reply.hash(event), seconds);
            }
            // `SSL_connect error to …` names the remote host but no message.
            Outcome::Attempt if event.text.starts_with(b"SSL_connect error to ") => {
                self.note(AttemptKind::Handshake.hash(event), seconds);
            }
            Outcome::Deferred | Outcome::Bounced
                if self.messages.may_have(event.queue_id)
                    && self.has(AttemptKind::Reply, event, seconds) =>
            {
                event.code = None;
                event.enhanced = None;
                event.duplicate = true;
                return;
            }
            _ => {}
        }
        // `Cannot start TLS` repeats the line of the failed handshake, if there was one.
        if event.connect_error == Some(ConnectError::Tls)
            && !event.queue_id.is_empty()
            && event.text.starts_with(b"Cannot start TLS")
            && !event.host.is_empty()
        {
            event.duplicate = self.has(AttemptKind::Handshake, event, seconds);
        }
    }

    fn note(&mut self, hash: u64, time: Option<i64>) {
        let sequence = self.next_sequence;
        self.next_sequence += 1;
        let renewed = self
            .attempts
            .insert(hash, Attempt { time, sequence })
            .is_some();
        self.order.push_back((hash, sequence));
        if !renewed {
            self.messages.age();
        }
        while self.attempts.len() > MAX_ATTEMPTS || self.order.len() > 2 * MAX_ATTEMPTS {
            let Some((hash, sequence)) = self.order.pop_front() else {
                break;
            };
            let attempt = self.attempts.get(&hash);
            if attempt.is_some_and(|it| it.sequence == sequence) {
                self.attempts.remove(&hash);
            }
        }
    }

    /// Whether an event at this time may repeat a remembered attempt.
    fn has(&self, kind: AttemptKind, event: &Event<'_>, seconds: Option<i64>) -> bool {
        let known = self.attempts.get(&kind.hash(event)).map(|it| it.time);
        let legacy = || match self.legacy.is_empty() {
            true => None,
            false => self.legacy.get(&kind.legacy_hash(event)).copied(),
        };
        known
            .or_else(legacy)
            .is_some_and(|then| is_recent(then, seconds))
    }
}

/// What failed in an attempt.
#[derive(Clone, Copy)]
enum AttemptKind {
    /// A message: a host replied with an error.
    Reply,
    /// The TLS handshake with a host.
    Handshake,
}

impl AttemptKind {
    fn parts<'a>(self, event: &Event<'a>) -> [&'a [u8]; 3] {
        match self {
            AttemptKind::Reply => [event.queue_id, event.host, event.text],
            AttemptKind::Handshake => [b"handshake", event.host, b""],
        }
    }

    fn hash(self, event: &Event<'_>) -> u64 {
        hash(&self.parts(event))
    }

    /// The hash in state files before version 4: FxHash over each part and its length.
    fn legacy_hash(self, event: &Event<'_>) -> u64 {
        let mut hasher = FxHasher::default();
        for part in self.parts(event) {
            hasher.write(part);
            hasher.write_usize(part.len());
        }
        hasher.finish()
    }
}

/// A Bloom filter of the messages with a remembered attempt. It is checked for every failure, because few
/// messages have an attempt and hashing a reply reads its whole text.
struct MessageFilter {
    /// One bit per hash.
    newer: Box<[u64; WORDS]>,
    older: Box<[u64; WORDS]>,
    /// Number of attempts since `newer` was empty.
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
        let (word, bit) = Self::position(queue_id);
        self.newer[word] |= bit;
    }

    fn add_all(&mut self) {
        self.older.fill(u64::MAX);
    }

    /// Notes that one more attempt was remembered. After [`MAX_ATTEMPTS`] of them, the older half of the filter
    /// is cleared.
    fn age(&mut self) {
        self.age += 1;
        if self.age == MAX_ATTEMPTS {
            std::mem::swap(&mut self.newer, &mut self.older);
            self.newer.fill(0);
            self.age = 0;
        }
    }

    fn may_have(&self, queue_id: &[u8]) -> bool {
        let (word, bit) = Self::position(queue_id);
        (self.newer[word] | self.older[word]) & bit != 0
    }

    fn position(queue_id: &[u8]) -> (usize, u64) {
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
mod tests;
