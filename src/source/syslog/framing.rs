//! Cuts a stream into messages (RFC 6587): counted ones, and ones that end with a newline.
//!
//! It stands apart because it is told for each message anew how it is framed, and because a
//! message may come in any number of pieces. A counted one begins with its length, a blank and the
//! `<` of its priority: a text that merely begins with a number is not taken for one, since its
//! sender could make us skip what follows.

use memchr::memchr;

/// The most digits a length may have.
const DIGITS: usize = 8;

/// Hands over a message and how many bytes it took.
pub(super) type Sink<'a> = &'a mut dyn FnMut(&[u8], usize);

/// How far the message that is coming in has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// It cannot be told yet how it is framed.
    Beginning,
    /// It ends with a newline.
    Line,
    /// It ends after so many more bytes.
    Counted(usize),
}

/// Whether a stream ended in the middle of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rest {
    /// It did not, or the beginning was handed over as a message.
    Nothing,
    /// It did, and the beginning is lost.
    Lost,
}

/// What a stream's bytes begin with.
enum Begins {
    /// A length; with the blank behind it, it is so many bytes long.
    Counted {
        header: usize,
        length: usize,
    },
    Line,
    /// More bytes will tell.
    Unknown,
}

/// The framing of one connection.
pub(super) struct Framing {
    cap: usize,
    state: State,
    /// The beginning of an unfinished message; not much more than the cap of it.
    pending: Vec<u8>,
    /// Bytes that came in for it.
    received: usize,
}

impl Framing {
    /// For messages of which `cap` bytes matter.
    pub fn new(cap: usize) -> Self {
        Framing {
            cap,
            state: State::Beginning,
            pending: Vec::new(),
            received: 0,
        }
    }

    /// Hands over the messages that `data` completes.
    pub fn take(&mut self, mut data: &[u8], sink: Sink<'_>) {
        while !data.is_empty() {
            let used = match self.state {
                State::Beginning => self.begin(data),
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

    /// The stream has ended. An end that was meant makes a line of what has come without a
    /// newline; after any other, nobody knows whether it is whole.
    pub fn end(&mut self, meant: bool, sink: Sink<'_>) -> Rest {
        match self.state {
            State::Beginning if self.pending.is_empty() => Rest::Nothing,
            State::Line if meant => {
                sink(&self.pending, self.received);
                Rest::Nothing
            }
            _ => Rest::Lost,
        }
    }

    /// Finds out how the next message is framed. Gives how many bytes of `data` that took.
    fn begin(&mut self, data: &[u8]) -> usize {
        match begins(self.pending.iter().chain(data).copied()) {
            Begins::Unknown => self.keep(data),
            Begins::Line => {
                self.state = State::Line;
                0
            }
            Begins::Counted { header, length } => {
                // What was kept is a part of the header, or it would have been told before.
                let used = header - self.pending.len();
                self.pending.clear();
                self.received += used;
                self.state = State::Counted(length);
                used
            }
        }
    }

    /// Keeps a piece of the message. All of it is used.
    fn keep(&mut self, piece: &[u8]) -> usize {
        // Two more than the cap, so that a longer message is seen to be longer.
        let room = (self.cap + 2).saturating_sub(self.pending.len());
        self.pending
            .extend_from_slice(&piece[..room.min(piece.len())]);
        self.received += piece.len();
        piece.len()
    }

    /// Hands over the message whose last `length` bytes `data` begins with. They take `used`.
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

/// What a message begins with.
fn begins(mut bytes: impl Iterator<Item = u8>) -> Begins {
    let mut length = 0;
    for digits in 0..=DIGITS {
        match bytes.next() {
            None => return Begins::Unknown,
            Some(digit @ b'0'..=b'9') if digits < DIGITS && (digits, digit) != (0, b'0') => {
                length = length * 10 + usize::from(digit - b'0');
            }
            Some(b' ') if digits > 0 => {
                return match bytes.next() {
                    None => Begins::Unknown,
                    Some(b'<') => Begins::Counted {
                        header: digits + 1,
                        length,
                    },
                    Some(_) => Begins::Line,
                };
            }
            Some(_) => break,
        }
    }
    Begins::Line
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The messages of a stream that comes in pieces of a size, the bytes they took, and its end.
    fn cut(stream: &[u8], piece: usize, cap: usize) -> (Vec<String>, usize, Rest) {
        let mut messages = Vec::new();
        let mut bytes = 0;
        let mut sink = |message: &[u8], received| {
            messages.push(String::from_utf8_lossy(message).into_owned());
            bytes += received;
        };
        let mut framing = Framing::new(cap);
        for piece in stream.chunks(piece) {
            framing.take(piece, &mut sink);
        }
        let rest = framing.end(true, &mut sink);
        (messages, bytes, rest)
    }

    #[test]
    fn each_message_is_framed_as_it_begins_however_it_is_cut_into_pieces() {
        let stream = b"<22>one\n7 <22>two<22>three\n10 <22>fo\nur\n9 <22>";
        let expected = ["<22>one", "<22>two", "<22>three", "<22>fo\nur\n"];
        for piece in 1..stream.len() {
            let (messages, bytes, rest) = cut(stream, piece, 100);
            assert_eq!(messages, expected, "in pieces of {piece}");
            assert_eq!((bytes, rest), (40, Rest::Lost));
        }
    }

    #[test]
    fn a_number_without_a_priority_behind_it_is_no_length() {
        let stream = b"2026 a line\n12\n0 <22>zero\n123456789 <22>too long\n5 ";
        for piece in 1..stream.len() {
            let (messages, _, rest) = cut(stream, piece, 100);
            let lines = ["2026 a line", "12", "0 <22>zero", "123456789 <22>too long"];
            assert_eq!(messages, lines, "in pieces of {piece}");
            assert_eq!(rest, Rest::Lost);
        }
    }

    #[test]
    fn a_stream_that_ends_within_a_line_gives_it_and_within_a_counted_message_loses_it() {
        let (messages, _, rest) = cut(b"<22>one\n<22>tw", 3, 100);
        assert_eq!((messages.len(), rest), (2, Rest::Nothing));
        let (messages, _, rest) = cut(b"7 <22>one9 <22>tw", 3, 100);
        assert_eq!((messages.len(), rest), (1, Rest::Lost));
        let mut framing = Framing::new(100);
        framing.take(b"<22>a line that was to g", &mut |_, _| {
            panic!("no message")
        });
        let rest = framing.end(false, &mut |_, _| panic!("no message"));
        assert_eq!(rest, Rest::Lost);
    }

    #[test]
    fn of_a_message_over_the_cap_not_much_more_is_kept() {
        let mut framing = Framing::new(10);
        let mut messages = Vec::new();
        let mut sink = |message: &[u8], received| messages.push((message.len(), received));
        for start in [&b"<22>"[..], b"9999999 <"] {
            framing.take(start, &mut sink);
            for _ in 0..1000 {
                framing.take(&[b'x'; 1000], &mut sink);
            }
            assert!(framing.pending.capacity() < 100);
            framing.take(b"\n", &mut sink);
        }
        assert_eq!(messages, [(12, 1_000_005)]);
    }

    proptest! {
        #[test]
        fn whatever_the_pieces_messages_are_the_same(
            parts in proptest::collection::vec("[<1-3 \n]{0,6}|[0-9]{1,9}|<22>[a-z]{0,9}\n", 0..20),
            piece in 1usize..20,
        ) {
            let stream = parts.concat().into_bytes();
            let whole = cut(&stream, usize::MAX, 100);
            prop_assert_eq!(&cut(&stream, piece, 100), &whole);
            prop_assert!(whole.1 <= stream.len());
        }
    }
}
