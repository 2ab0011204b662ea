//! Cuts bytes into lines, by the same rules for all sources:
//!
//! - only a newline ends a line, and a carriage return before it is not part of the line;
//! - of a line longer than the cap, only the beginning is handed over, once;
//! - nothing is allocated or copied per line, and the buffer never grows.
//!
//! This is the hottest loop of the program beside the parser.

use std::io::{self, Read};

use memchr::memchr;

use super::newline_search::{MAX_FOUND, NewlineSearch};

/// The longest line that is handed over whole, in bytes, unless the configuration says otherwise.
pub const DEFAULT_MAX_LINE_BYTES: usize = 32 * 1024;

/// Large enough for few system calls, small enough for the processor's cache.
pub(crate) const BUFFER: usize = 128 * 1024;

/// The size of a read buffer: a line of `cap` bytes and its CR LF must fit, and twice that is read
/// with few calls.
pub(crate) fn buffer_size(cap: usize) -> usize {
    BUFFER.max(cap.saturating_mul(2))
}

/// What [`split`] did with a block.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Cut {
    /// Bytes that were handed over or skipped; the rest is an unfinished line.
    pub consumed: usize,
    /// Lines of which only the beginning was handed over.
    pub truncated: u64,
}

/// How many lines are handed over at a time, at most.
pub(crate) const MAX_BATCH: usize = MAX_FOUND;

/// Hands the lines in `data` to `sink`, without their newlines, many at a time.
///
/// `skipping` is whether the block begins inside a line whose beginning was handed over because the
/// line is longer than `cap`; it is passed on from one block of a file to the next.
#[inline]
pub(crate) fn split(
    data: &[u8],
    cap: usize,
    skipping: &mut bool,
    sink: &mut (impl FnMut(&[&[u8]]) + ?Sized),
) -> Cut {
    let mut cut = Cut::default();
    let mut start = 0;
    if *skipping {
        match memchr(b'\n', data) {
            Some(newline) => {
                *skipping = false;
                start = newline + 1;
            }
            None => {
                return Cut {
                    consumed: data.len(),
                    truncated: 0,
                };
            }
        }
    }
    let mut newlines = NewlineSearch::new(data, start);
    let mut lines = [&b""[..]; MAX_BATCH];
    loop {
        let offsets = newlines.next();
        if offsets.is_empty() {
            break;
        }
        for (target, &newline) in lines.iter_mut().zip(offsets) {
            let newline = newline as usize;
            let (line, truncated) = trim(&data[start..newline], cap);
            cut.truncated += u64::from(truncated);
            *target = line;
            start = newline + 1;
        }
        sink(&lines[..offsets.len()]);
    }
    // One more than the cap, because a carriage return at the end is not part of the line.
    if data.len() - start > cap + 1 {
        cut.truncated += 1;
        sink(&[&data[start..start + cap]]);
        *skipping = true;
        start = data.len();
    }
    cut.consumed = start;
    cut
}

/// The line without its carriage return, truncated to `cap` bytes, and whether it was longer.
#[inline]
pub(crate) fn trim(line: &[u8], cap: usize) -> (&[u8], bool) {
    let line = match line {
        [line @ .., b'\r'] => line,
        line => line,
    };
    if line.len() > cap {
        (&line[..cap], true)
    } else {
        (line, false)
    }
}

/// The lines of an input that is read once from beginning to end.
///
/// As the input ends, a last line without a newline is a line too, unlike in a live log.
pub struct Lines<R> {
    input: R,
    buffer: Box<[u8]>,
    /// How much of the buffer is filled: the beginning of an unfinished line.
    filled: usize,
    cap: usize,
    skipping: bool,
    bytes: u64,
    truncated: u64,
}

impl<R: Read> Lines<R> {
    /// The lines of `input`, each truncated to `cap` bytes.
    pub fn new(input: R, cap: usize) -> Self {
        Lines {
            input,
            buffer: vec![0; buffer_size(cap)].into_boxed_slice(),
            filled: 0,
            cap,
            skipping: false,
            bytes: 0,
            truncated: 0,
        }
    }

    /// Reads once and hands over the lines that are complete then, many at a time, each without its
    /// newline. Returns `false` at the end of the input.
    ///
    /// # Errors
    ///
    /// Those of reading the input, except for interruptions, after which it is read again.
    #[inline]
    pub fn read(&mut self, mut sink: impl FnMut(&[&[u8]])) -> io::Result<bool> {
        let read = self.fill()?;
        let block = &self.buffer[..self.filled];
        let cut = split(block, self.cap, &mut self.skipping, &mut sink);
        let mut consumed = cut.consumed;
        self.truncated += cut.truncated;
        if read == 0 && consumed < block.len() {
            let (line, truncated) = trim(&block[consumed..], self.cap);
            self.truncated += u64::from(truncated);
            sink(&[line]);
            consumed = block.len();
        }
        self.bytes += consumed as u64;
        self.buffer.copy_within(consumed..self.filled, 0);
        self.filled -= consumed;
        Ok(read > 0)
    }

    /// Bytes of the lines handed over so far, with their newlines.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Lines of which only the beginning was handed over.
    pub fn truncated(&self) -> u64 {
        self.truncated
    }

    /// Reads after the unfinished line. There is room, because that is hardly longer than the cap.
    fn fill(&mut self) -> io::Result<usize> {
        loop {
            match self.input.read(&mut self.buffer[self.filled..]) {
                Ok(n) => {
                    self.filled += n;
                    return Ok(n);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut_all(data: &[u8], cap: usize) -> (Vec<Vec<u8>>, Cut, bool) {
        let mut lines = Vec::new();
        let mut skipping = false;
        let cut = split(data, cap, &mut skipping, &mut |batch| {
            lines.extend(batch.iter().map(|line| line.to_vec()));
        });
        (lines, cut, skipping)
    }

    fn read_all(data: &[u8], cap: usize) -> (Vec<Vec<u8>>, u64, u64) {
        let mut lines = Lines::new(data, cap);
        let mut seen = Vec::new();
        let mut more = true;
        while more {
            let read = lines.read(|batch| seen.extend(batch.iter().map(|line| line.to_vec())));
            more = read.expect("a slice can be read");
        }
        (seen, lines.bytes(), lines.truncated())
    }

    #[test]
    fn complete_lines_are_handed_over_and_an_unfinished_one_is_not() {
        let (lines, cut, skipping) = cut_all(b"one\r\ntwo\n\nthr", 10);
        assert_eq!(lines, [&b"one"[..], b"two", b""]);
        assert_eq!(
            cut,
            Cut {
                consumed: 10,
                truncated: 0
            }
        );
        assert!(!skipping);
    }

    #[test]
    fn a_line_of_the_cap_is_whole_and_a_longer_one_is_truncated() {
        let (lines, cut, _) = cut_all(b"0123456789\r\n0123456789a\n", 10);
        assert_eq!(lines, [&b"0123456789"[..], b"0123456789"]);
        assert_eq!(cut.truncated, 1);
        let (lines, cut, skipping) = cut_all(b"0123456789\r", 10);
        assert!(lines.is_empty() && cut.consumed == 0 && !skipping);
    }

    #[test]
    fn a_line_of_several_blocks_is_handed_over_once() {
        let mut lines = Vec::new();
        let mut skipping = false;
        let mut truncated = 0;
        for block in [&b"0123456789abcdef"[..], b"ghij", b"k\nnext\n"] {
            let cut = split(block, 10, &mut skipping, &mut |batch| {
                lines.extend(batch.iter().map(|line| line.to_vec()));
            });
            assert_eq!(cut.consumed, block.len());
            truncated += cut.truncated;
        }
        assert_eq!(lines, [&b"0123456789"[..], b"next"]);
        assert_eq!(truncated, 1);
    }

    #[test]
    fn a_last_line_without_newline_is_handed_over() {
        let (lines, bytes, _) = read_all(b"one\r\n\ntwo", 10);
        assert_eq!(lines, [&b"one"[..], b"", b"two"]);
        assert_eq!(bytes, 9);
        // It is truncated as others are.
        let (lines, bytes, truncated) = read_all(b"0123456789a", 10);
        assert_eq!(lines, [b"0123456789"]);
        assert_eq!((bytes, truncated), (11, 1));
        assert_eq!(read_all(b"", 10).0, Vec::<Vec<u8>>::new());
    }

    #[test]
    fn millions_of_bytes_without_newline_are_one_line() {
        let mut text = vec![b'x'; 3_000_000];
        text.extend_from_slice(b"\nnext\n");
        let (lines, bytes, truncated) = read_all(&text, 1000);
        assert_eq!(lines.len(), 2);
        assert_eq!(lines[0].len(), 1000);
        assert_eq!(lines[1], b"next");
        assert_eq!((bytes, truncated), (text.len() as u64, 1));
    }

    proptest::proptest! {
        #[test]
        fn blocks_of_any_size_are_cut_into_the_same_lines(
            data in proptest::collection::vec(proptest::sample::select(b"ab\r\n\n".to_vec()), 0..200),
            block in 8usize..40,
        ) {
            let cap = 5;
            let mut whole = data.clone();
            whole.push(b'\n');
            let expected: Vec<Vec<u8>> = whole[..whole.len() - 1]
                .split(|byte| *byte == b'\n')
                .map(|line| trim(line, cap).0.to_vec())
                .collect();

            let mut lines = Vec::new();
            let (mut at, mut skipping, mut size) = (0, false, block);
            while at < whole.len() {
                let end = whole.len().min(at + size);
                let cut = split(&whole[at..end], cap, &mut skipping, &mut |batch| {
                    lines.extend(batch.iter().map(|line| line.to_vec()));
                });
                // As with a file: an unfinished line is read again, with more after it.
                size = if cut.consumed == 0 { size + 1 } else { block };
                at += cut.consumed;
            }
            proptest::prop_assert_eq!(&lines, &expected);
            proptest::prop_assert_eq!(&read_all(&whole, cap).0, &expected);
        }
    }
}
