//! Splits a TCP stream into syslog messages, with either framing of RFC 6587, section 3.4: octet
//! counting, and messages that end with a newline.
//!
//! The framing is detected for each message, which may come in any number of pieces. A counted message
//! begins with its length, a space and the `<` of its priority: a text that merely begins with a
//! number is not counted, or its sender could hide the messages after it.

use memchr::memchr;

/// How many digits a length has, at most.
const MAX_DIGITS: usize = 8;

/// Takes a message, and how many bytes were received for it.
pub(super) type Sink<'a> = &'a mut dyn FnMut(&[u8], usize);

/// What is known of the current message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Its framing is not known yet.
    Beginning,
    /// It ends with a newline.
    Line,
    /// It ends after this many more bytes.
    Counted(usize),
}

/// Whether a stream ended in the middle of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Remainder {
    /// It did not, or the beginning was handed over as a message.
    Nothing,
    /// It did, and the beginning is lost.
    Lost,
}

/// How a message is framed.
enum Framing {
    /// By its length, in a header of that many bytes.
    Counted {
        header: usize,
        length: usize,
    },
    Line,
    /// More bytes are needed.
    Unknown,
}

/// Splits the stream of one connection.
pub(super) struct MessageSplitter {
    cap: usize,
    state: State,
    /// The beginning of an unfinished message: at most two bytes more than the cap.
    pending: Vec<u8>,
    /// Bytes received for it.
    received: usize,
}

impl MessageSplitter {
    /// A splitter that keeps at least `cap` bytes of each message.
    pub fn new(cap: usize) -> Self {
        MessageSplitter {
            cap,
            state: State::Beginning,
            pending: Vec::new(),
            received: 0,
        }
    }

    /// Hands over the messages that `data` completes.
    pub fn push(&mut self, mut data: &[u8], sink: Sink<'_>) {
        while !data.is_empty() {
            let used = match self.state {
                State::Beginning => self.detect_framing(data),
                State::Line => match memchr(b'\n', data) {
                    Some(at) => self.complete(data, at, at + 1, sink),
                    None => self.keep(data),
                },
                State::Counted(left) if left <= data.len() => self.complete(data, left, left, sink),
                State::Counted(left) => {
                    self.state = State::Counted(left - data.len());
                    self.keep(data)
                }
            };
            data = &data[used..];
        }
    }

    /// The stream has ended. If the peer has closed it (`clean`), a message without a newline at its end
    /// is complete; otherwise it may not be, and is dropped.
    pub fn end(&mut self, clean: bool, sink: Sink<'_>) -> Remainder {
        match self.state {
            State::Beginning if self.pending.is_empty() => Remainder::Nothing,
            State::Line if clean => {
                sink(&self.pending, self.received);
                Remainder::Nothing
            }
            _ => Remainder::Lost,
        }
    }

    /// Detects the framing of the next message. Returns how many bytes of `data` are used.
    fn detect_framing(&mut self, data: &[u8]) -> usize {
        match framing(self.pending.iter().chain(data).copied()) {
            Framing::Unknown => self.keep(data),
            Framing::Line => {
                self.state = State::Line;
                0
            }
            Framing::Counted { header, length } => {
                // The pending bytes are part of the header, or it would have been detected before.
                let used = header - self.pending.len();
                self.pending.clear();
                self.received += used;
                self.state = State::Counted(length);
                used
            }
        }
    }

    /// Keeps a piece of the message. Returns its length, as all of it is used.
    fn keep(&mut self, piece: &[u8]) -> usize {
        // Two more than the cap, so that a longer message is recognised as such.
        let room = (self.cap + 2).saturating_sub(self.pending.len());
        self.pending
            .extend_from_slice(&piece[..room.min(piece.len())]);
        self.received += piece.len();
        piece.len()
    }

    /// Hands over the message whose last `length` bytes are at the beginning of `data`. Returns `used`,
    /// the bytes of `data` that belong to it.
    fn complete(&mut self, data: &[u8], length: usize, used: usize, sink: Sink<'_>) -> usize {
        if self.pending.is_empty() {
            sink(&data[..length], self.received + used);
        } else {
            self.keep(&data[..length]);
            sink(&self.pending, self.received + used - length);
            self.pending.clear();
            self.pending.shrink_to(1024);
        }
        self.received = 0;
        self.state = State::Beginning;
        used
    }
}

/// Detects the framing by the first bytes of a message.
fn framing(mut bytes: impl Iterator<Item = u8>) -> Framing {
    let mut length = 0;
    for digits in 0..=MAX_DIGITS {
        match bytes.next() {
            None => return Framing::Unknown,
            Some(digit @ b'0'..=b'9') if digits < MAX_DIGITS && (digits, digit) != (0, b'0') => {
                length = length * 10 + usize::from(digit - b'0');
            }
            Some(b' ') if digits > 0 => {
                return match bytes.next() {
                    None => Framing::Unknown,
                    Some(b'<') => Framing::Counted {
                        header: digits + 1,
                        length,
                    },
                    Some(_) => Framing::Line,
                };
            }
            Some(_) => break,
        }
    }
    Framing::Line
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The messages of a stream that comes in pieces of a size, the bytes received for them, and its
    /// end.
    fn split(stream: &[u8], piece: usize, cap: usize) -> (Vec<String>, usize, Remainder) {
        let mut messages = Vec::new();
        let mut bytes = 0;
        let mut sink = |message: &[u8], received| {
            messages.push(String::from_utf8_lossy(message).into_owned());
            bytes += received;
        };
        let mut splitter = MessageSplitter::new(cap);
        for piece in stream.chunks(piece) {
            splitter.push(piece, &mut sink);
        }
        let rest = splitter.end(true, &mut sink);
        (messages, bytes, rest)
    }

    #[test]
    fn the_framing_of_each_message_is_detected_whatever_the_pieces() {
        let stream = b"<22>one\n7 <22>two<22>three\n10 <22>fo\nur\n9 <22>";
        let expected = ["<22>one", "<22>two", "<22>three", "<22>fo\nur\n"];
        for piece in 1..stream.len() {
            let (messages, bytes, rest) = split(stream, piece, 100);
            assert_eq!(messages, expected, "in pieces of {piece}");
            assert_eq!((bytes, rest), (40, Remainder::Lost));
        }
    }

    #[test]
    fn a_number_without_a_priority_after_it_is_not_a_length() {
        let stream = b"2026 a line\n12\n0 <22>zero\n <22>blank\n123456789 <22>too long\n5 ";
        for piece in 1..stream.len() {
            let (messages, _, rest) = split(stream, piece, 100);
            let lines = [
                "2026 a line",
                "12",
                "0 <22>zero",
                " <22>blank",
                "123456789 <22>too long",
            ];
            assert_eq!(messages, lines, "in pieces of {piece}");
            assert_eq!(rest, Remainder::Lost);
        }
    }

    #[test]
    fn at_the_end_an_unfinished_line_is_handed_over_and_a_counted_message_is_lost() {
        let (messages, _, rest) = split(b"<22>one\n<22>tw", 3, 100);
        assert_eq!((messages.len(), rest), (2, Remainder::Nothing));
        let (messages, _, rest) = split(b"7 <22>one9 <22>tw", 3, 100);
        assert_eq!((messages.len(), rest), (1, Remainder::Lost));
        let mut splitter = MessageSplitter::new(100);
        splitter.push(b"<22>a line that was to g", &mut |_, _| {
            panic!("no message")
        });
        let rest = splitter.end(false, &mut |_, _| panic!("no message"));
        assert_eq!(rest, Remainder::Lost);
    }

    #[test]
    fn hardly_more_than_the_cap_is_kept_of_a_longer_message() {
        let mut splitter = MessageSplitter::new(10);
        let mut messages = Vec::new();
        let mut sink = |message: &[u8], received| messages.push((message.len(), received));
        for start in [&b"<22>"[..], b"9999999 <"] {
            splitter.push(start, &mut sink);
            for _ in 0..1000 {
                splitter.push(&[b'x'; 1000], &mut sink);
            }
            assert!(splitter.pending.capacity() < 100);
            splitter.push(b"\n", &mut sink);
        }
        assert_eq!(messages, [(12, 1_000_005)]);
    }

    proptest! {
        #[test]
        fn messages_do_not_depend_on_the_pieces(
            parts in proptest::collection::vec("[<1-3 \n]{0,6}|[0-9]{1,9}|<22>[a-z]{0,9}\n", 0..20),
            piece in 1usize..20,
        ) {
            let stream = parts.concat().into_bytes();
            let whole = split(&stream, usize::MAX, 100);
            prop_assert_eq!(&split(&stream, piece, 100), &whole);
            prop_assert!(whole.1 <= stream.len());
        }
    }
}
