//! A reply that one server logs twice counts once.
//!
//! A mail server that has no further host to try may log a host's reply as an attempt and again in
//! the delivery record. The second is told by the queue id and the same words about the same host.
//! It stands apart because it is the only place where one line is judged by another.

use std::hash::Hasher;

use rustc_hash::FxHasher;

use crate::parse::{Event, Outcome, Stamp};

/// How long an attempt is remembered, in seconds: as long as a message waits at least before it is
/// tried again (Postfix's `minimal_backoff_time`), for then the same words are a new reply.
const MEMORY: i64 = 300;

/// Attempts remembered at a time; each in a place given by its queue id, so that no number of
/// queue ids makes it grow.
const PLACES: usize = 256;

#[derive(Clone, Copy, Default)]
struct Attempt {
    queue_id: u64,
    words: u64,
    seconds: Option<i64>,
}

/// The last attempts, one a message.
pub(crate) struct Repeats {
    attempts: Box<[Attempt; PLACES]>,
}

impl Repeats {
    pub(crate) fn new() -> Self {
        Repeats {
            attempts: Box::new([Attempt::default(); PLACES]),
        }
    }

    /// Notes an attempt; takes the code from a delivery record that only repeats one.
    pub(crate) fn settle(&mut self, event: &mut Event<'_>, time: Option<Stamp>) {
        let queue_id = hash(event.queue_id);
        let place = &mut self.attempts[(queue_id >> 32) as usize % PLACES];
        let seconds = time.map(|time| time.seconds);
        let words = hash(event.text);
        match event.outcome {
            Outcome::Attempt => {
                *place = Attempt {
                    queue_id,
                    words,
                    seconds,
                }
            }
            Outcome::Deferred | Outcome::Bounced if place.queue_id == queue_id => {
                let recent = match (place.seconds, seconds) {
                    (Some(then), Some(now)) => (0..MEMORY).contains(&(now - then)),
                    _ => true,
                };
                if place.words == words && recent {
                    event.code = None;
                    event.enhanced = None;
                    event.first_hand = false;
                } else {
                    *place = Attempt::default();
                }
            }
            _ => {}
        }
    }
}

fn hash(text: &[u8]) -> u64 {
    let mut hasher = FxHasher::default();
    hasher.write(text);
    // Zero marks an empty place.
    hasher.finish() | 1
}
