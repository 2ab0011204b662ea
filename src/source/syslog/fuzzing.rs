//! Any bytes as a connection of a syslog sender (RFC 6587; over TLS, RFC 5425).

use super::message_splitter::{MessageSplitter, Remainder};

/// The longest message that is kept whole, in bytes.
const CAP: usize = 64;

/// The bytes after the first as a connection, received in pieces of as many bytes as the first one says, and at once:
/// the messages are the same, and no bytes are counted twice.
///
/// # Panics
///
/// If that is not so.
pub fn syslog_framing(input: &[u8]) {
    let Some((&size, stream)) = input.split_first() else {
        return;
    };
    let in_pieces = messages(stream, 1 + usize::from(size));
    let at_once = messages(stream, stream.len().max(1));
    assert_eq!(in_pieces, at_once);
    let (messages, _) = at_once;
    let received: usize = messages.iter().map(|(_, received)| received).sum();
    assert!(received <= stream.len());
}

/// A message without what exceeds the cap, and how many bytes were received for it.
type Message = (Vec<u8>, usize);

fn messages(stream: &[u8], piece: usize) -> (Vec<Message>, Remainder) {
    let mut messages = Vec::new();
    let mut sink = |message: &[u8], received: usize| {
        let kept = message.len().min(CAP);
        messages.push((message[..kept].to_vec(), received));
    };
    let mut splitter = MessageSplitter::new(CAP);
    for piece in stream.chunks(piece) {
        splitter.push(piece, &mut sink);
    }
    let remainder = splitter.end(true, &mut sink);
    (messages, remainder)
}
