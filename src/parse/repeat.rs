//! What one server logs twice counts once.
//!
//! A mail server that has no further host to try may log a host's reply as an attempt and again in
//! the delivery record; a TLS handshake that fails has a line of its own and then a delivery
//! record. The second line is told by what the first one named. This stands apart because it is
//! the only place where one line is judged by another.

use std::hash::Hasher;

use rustc_hash::FxHasher;
use serde::{Deserialize, Serialize};

use crate::parse::{ConnectError, Event, Outcome, Stamp};

/// How long the first line is remembered, in seconds: as long as a message waits at least before it
/// is tried again (Postfix's `minimal_backoff_time`), for then the same words are a new reply.
const MEMORY: i64 = 300;

/// First lines remembered at a time, of each kind; each in a place given by what it names, so that
/// no number of names makes it grow.
const PLACES: usize = 256;

/// A first line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Seen {
    /// What it names; 0 for none.
    name: u64,
    /// What it says.
    words: u64,
    seconds: Option<i64>,
}

impl Seen {
    /// Whether a line of this time may still repeat it.
    fn is_recent(&self, seconds: Option<i64>) -> bool {
        match (self.seconds, seconds) {
            (Some(then), Some(now)) => (0..MEMORY).contains(&(now - then)),
            _ => true,
        }
    }
}

/// What is remembered, as it is kept over restarts.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Memory {
    attempts: Vec<(u16, Seen)>,
    handshakes: Vec<(u16, Seen)>,
}

/// The last first lines.
pub(crate) struct Repeats {
    /// Attempts, by queue id.
    attempts: Box<[Seen; PLACES]>,
    /// Failed handshakes, by the other side.
    handshakes: Box<[Seen; PLACES]>,
}

impl Repeats {
    pub(crate) fn new() -> Self {
        Repeats {
            attempts: Box::new([Seen::default(); PLACES]),
            handshakes: Box::new([Seen::default(); PLACES]),
        }
    }

    /// What is to be kept over a restart: the line that repeats another may come behind it.
    pub(crate) fn memory(&self) -> Memory {
        let kept = |places: &[Seen; PLACES]| {
            let numbered = (0u16..).zip(places.iter().copied());
            numbered.filter(|(_, seen)| seen.name != 0).collect()
        };
        Memory {
            attempts: kept(&self.attempts),
            handshakes: kept(&self.handshakes),
        }
    }

    /// Goes on with what was kept.
    pub(crate) fn remember(&mut self, memory: &Memory) {
        for (places, kept) in [
            (&mut self.attempts, &memory.attempts),
            (&mut self.handshakes, &memory.handshakes),
        ] {
            for &(place, seen) in kept {
                if let Some(slot) = places.get_mut(usize::from(place)) {
                    *slot = seen;
                }
            }
        }
    }

    /// Notes an event that another line may repeat, and marks one that repeats another.
    pub(crate) fn settle(&mut self, event: &mut Event<'_>, time: Option<Stamp>) {
        let seconds = time.map(|time| time.seconds);
        if event.queue_id.is_empty() {
            self.note_handshake(event, seconds);
        } else if event.outcome != Outcome::Sent {
            self.settle_reply(event, seconds);
            self.settle_handshake(event, seconds);
        }
    }

    fn settle_reply(&mut self, event: &mut Event<'_>, seconds: Option<i64>) {
        let name = hash(event.queue_id);
        let place = &mut self.attempts[place(name)];
        let words = hash(event.text) ^ hash(event.host).rotate_left(1);
        match event.outcome {
            Outcome::Attempt => {
                *place = Seen {
                    name,
                    words,
                    seconds,
                }
            }
            Outcome::Deferred | Outcome::Bounced if place.name == name => {
                if place.words == words && place.is_recent(seconds) {
                    event.code = None;
                    event.enhanced = None;
                    event.first_hand = false;
                } else {
                    // Another host had the last word: the message is done with for now.
                    *place = Seen::default();
                }
            }
            _ => {}
        }
    }

    /// `SSL_connect error to …` names the other side and no message.
    fn note_handshake(&mut self, event: &Event<'_>, seconds: Option<i64>) {
        if event.text.starts_with(b"SSL_connect error to ") {
            let name = hash(event.host);
            self.handshakes[place(name)] = Seen {
                name,
                words: 0,
                seconds,
            };
        }
    }

    /// `Cannot start TLS` repeats such a line, if there was one.
    fn settle_handshake(&mut self, event: &mut Event<'_>, seconds: Option<i64>) {
        if event.connect_error == Some(ConnectError::Tls)
            && event.text.starts_with(b"Cannot start TLS")
            && !event.host.is_empty()
        {
            let name = hash(event.host);
            let seen = &self.handshakes[place(name)];
            event.first_hand = seen.name != name || !seen.is_recent(seconds);
        }
    }
}

fn place(name: u64) -> usize {
    (name >> 32) as usize % PLACES
}

fn hash(text: &[u8]) -> u64 {
    let mut hasher = FxHasher::default();
    hasher.write(text);
    // Zero marks an empty place.
    hasher.finish() | 1
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
        // The next delivery attempt, of which the first host is the last this time.
        assert_eq!(counted(&[(0, attempt), (1, other_host), (2, record)]), 3);
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
    }
}
