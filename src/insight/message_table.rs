//! A text about each message in the queue, such as the domain of its sender, which many servers log in another line than
//! the replies about it.

use crate::stable_hash::short_hash;

/// How many messages are remembered; a newer one takes the place of an older one.
const MESSAGES: usize = 8192;

/// A text of at most `N` bytes for each of the messages that were noted last.
#[derive(Clone)]
pub(super) struct MessageTable<const N: usize> {
    /// By the hash of the queue id.
    places: Box<[Place<N>]>,
}

#[derive(Clone, Copy)]
struct Place<const N: usize> {
    /// 0 if it is empty.
    message: u64,
    length: u8,
    text: [u8; N],
}

impl<const N: usize> MessageTable<N> {
    /// No message.
    pub fn new() -> Self {
        const { assert!(N <= u8::MAX as usize) };
        let empty = Place {
            message: 0,
            length: 0,
            text: [0; N],
        };
        MessageTable {
            places: vec![empty; MESSAGES].into_boxed_slice(),
        }
    }

    /// Remembers the text of a message; of a longer one, its beginning.
    pub fn note(&mut self, queue_id: &[u8], text: &[u8]) {
        let message = short_hash(queue_id) | 1;
        let length = text.len().min(N);
        let place = &mut self.places[index(message)];
        place.message = message;
        place.length = length as u8;
        place.text[..length].copy_from_slice(&text[..length]);
    }

    /// The text of a message, if it is known.
    pub fn text(&self, queue_id: &[u8]) -> Option<&[u8]> {
        let message = short_hash(queue_id) | 1;
        let place = &self.places[index(message)];
        (place.message == message).then(|| &place.text[..usize::from(place.length)])
    }
}

fn index(message: u64) -> usize {
    (message >> 32) as usize % MESSAGES
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_of_a_recent_message_is_known() {
        let mut senders = MessageTable::<16>::new();
        senders.note(b"4F9D195432C", b"news.example.org");
        senders.note(b"4F9D195432D", b"");
        senders.note(b"4F9D195432F", b"a-longer-name.example.org");
        assert_eq!(senders.text(b"4F9D195432C"), Some(&b"news.example.org"[..]));
        assert_eq!(senders.text(b"4F9D195432D"), Some(&b""[..]));
        assert_eq!(senders.text(b"4F9D195432E"), None);
        assert_eq!(senders.text(b"4F9D195432F"), Some(&b"a-longer-name.ex"[..]));
        for number in 0..100_000 {
            senders.note(format!("{number:011X}").as_bytes(), b"example.net");
        }
        assert_eq!(
            senders.text(format!("{:011X}", 99_999).as_bytes()),
            Some(&b"example.net"[..])
        );
    }
}
