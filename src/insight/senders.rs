//! The domain of the sender of each message in the queue, which many servers log in another line than the
//! replies about it.

use crate::stable_hash::short_hash;

/// How many messages are remembered; a newer one takes the place of an older one.
const MESSAGES: usize = 8192;

/// The longest domain that is remembered whole, in bytes.
const MAX_DOMAIN: usize = 47;

/// The senders of the messages that became active last.
#[derive(Clone)]
pub(super) struct Senders {
    /// By the hash of the queue id.
    places: Box<[Place]>,
}

#[derive(Clone, Copy)]
struct Place {
    /// 0 if it is empty.
    message: u64,
    length: u8,
    domain: [u8; MAX_DOMAIN],
}

impl Senders {
    pub fn new() -> Self {
        let empty = Place {
            message: 0,
            length: 0,
            domain: [0; MAX_DOMAIN],
        };
        Senders {
            places: vec![empty; MESSAGES].into_boxed_slice(),
        }
    }

    /// Remembers the sender of a message; an empty one is the null sender.
    pub fn note(&mut self, queue_id: &[u8], sender: &[u8]) {
        let message = short_hash(queue_id) | 1;
        let domain = domain(sender);
        let length = domain.len().min(MAX_DOMAIN);
        let place = &mut self.places[index(message)];
        place.message = message;
        place.length = length as u8;
        place.domain[..length].copy_from_slice(&domain[..length]);
    }

    /// The domain of the sender of a message, if it is known.
    pub fn domain(&self, queue_id: &[u8]) -> Option<&[u8]> {
        let message = short_hash(queue_id) | 1;
        let place = &self.places[index(message)];
        (place.message == message).then(|| &place.domain[..usize::from(place.length)])
    }
}

fn index(message: u64) -> usize {
    (message >> 32) as usize % MESSAGES
}

/// The domain of an address, after the last `@`; empty if it has none.
pub(super) fn domain(address: &[u8]) -> &[u8] {
    memchr::memrchr(b'@', address).map_or(b"", |at| &address[at + 1..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sender_of_a_recent_message_is_known() {
        let mut senders = Senders::new();
        senders.note(b"4F9D195432C", b"ann@news.example.org");
        senders.note(b"4F9D195432D", b"");
        assert_eq!(
            senders.domain(b"4F9D195432C"),
            Some(&b"news.example.org"[..])
        );
        assert_eq!(senders.domain(b"4F9D195432D"), Some(&b""[..]));
        assert_eq!(senders.domain(b"4F9D195432E"), None);
        for number in 0..100_000 {
            senders.note(format!("{number:011X}").as_bytes(), b"x@example.net");
        }
        assert_eq!(
            senders.domain(format!("{:011X}", 99_999).as_bytes()),
            Some(&b"example.net"[..])
        );
    }
}
