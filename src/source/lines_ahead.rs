//! The lines of an input that a thread of its own reads, decompresses and cuts into lines, while the lines before are
//! parsed. Handed over in their order, in blocks whose buffers are used again.

use std::io::{self, Read};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::thread;

use super::block::{Block, BlockReader};
use super::lines::MAX_BATCH;

/// How many blocks there are: one that is parsed, and the rest to be read ahead.
const BLOCKS: usize = 4;

/// The lines of an input that is read once from beginning to end, as [`Lines`](super::Lines) gives them.
pub struct LinesAhead {
    read: Receiver<io::Result<Block>>,
    used: Sender<Block>,
}

impl LinesAhead {
    /// The lines of `input`, each truncated to `cap` bytes. Lines of a live input, such as a pipe, are handed over as
    /// soon as they are read; otherwise blocks are filled.
    ///
    /// # Errors
    ///
    /// If there can be no further thread.
    pub fn new(input: impl Read + Send + 'static, cap: usize, is_live: bool) -> io::Result<Self> {
        let (reader, read) = sync_channel(BLOCKS);
        let (used, spare) = channel();
        for _ in 0..BLOCKS {
            // Never fails: the receiver is here. The buffer is allocated when it is filled.
            let _ = used.send(Block::default());
        }
        let blocks = BlockReader::new(input, cap, is_live);
        // It ends with the input, or when this is dropped.
        thread::Builder::new()
            .name("read-ahead".to_owned())
            .spawn(move || read_ahead(blocks, &spare, &reader))?;
        Ok(LinesAhead { read, used })
    }

    /// Hands over the lines of the next block, many at a time, each without its newline. Returns `false` at the end of
    /// the input.
    ///
    /// # Errors
    ///
    /// Those of reading the input, except for interruptions, after which it is read again.
    pub fn read(&mut self, mut sink: impl FnMut(&[&[u8]])) -> io::Result<bool> {
        // Without a sender, the whole input has been read.
        let Ok(block) = self.read.recv() else {
            return Ok(false);
        };
        let block = block?;
        let mut lines = [&b""[..]; MAX_BATCH];
        let mut all = block.lines();
        while all.len() > 0 {
            let count = all.len().min(MAX_BATCH);
            lines
                .iter_mut()
                .zip(&mut all)
                .for_each(|(target, line)| *target = line);
            sink(&lines[..count]);
        }
        drop(all);
        // The thread may have ended.
        let _ = self.used.send(block);
        Ok(true)
    }
}

/// What the thread does.
fn read_ahead(
    mut blocks: BlockReader<impl Read>,
    spare: &Receiver<Block>,
    reader: &SyncSender<io::Result<Block>>,
) {
    while let Ok(mut block) = spare.recv() {
        let (more, result) = match blocks.fill(&mut block) {
            Ok(more) => (more, Ok(block)),
            Err(error) => (false, Err(error)),
        };
        if reader.send(result).is_err() || !more {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Lines;
    use super::*;

    /// The lines, and whether reading failed.
    fn all(input: impl Read + Send + 'static, cap: usize, is_live: bool) -> (Vec<Vec<u8>>, bool) {
        let mut lines = LinesAhead::new(input, cap, is_live).expect("a thread");
        let mut found = Vec::new();
        loop {
            let mut keep = |batch: &[&[u8]]| found.extend(batch.iter().map(|line| line.to_vec()));
            match lines.read(&mut keep) {
                Ok(true) => {}
                Ok(false) => return (found, false),
                Err(_) => return (found, true),
            }
        }
    }

    /// An input that gives a few bytes at a time.
    struct Slow(io::Cursor<Vec<u8>>, usize);

    impl Read for Slow {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let most = buffer.len().min(self.1);
            self.0.read(&mut buffer[..most])
        }
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig::with_cases(64))]

        #[test]
        fn lines_are_those_of_reading_in_the_same_thread(
            log in proptest::collection::vec(proptest::sample::select(b"abc\r\n\n".to_vec()), 0..3000),
            long in 0usize..3,
            cap in 1usize..40,
            step in 1usize..2000,
            is_live: bool,
        ) {
            let mut log = log;
            log.extend(vec![b'x'; long * 300_000]);
            let mut expected = Vec::new();
            let mut lines = Lines::new(&log[..], cap);
            while lines.read(|batch| expected.extend(batch.iter().map(|it| it.to_vec()))).expect("memory") {}
            let slow = Slow(io::Cursor::new(log), step * (1 + long * 100));
            proptest::prop_assert_eq!(all(slow, cap, is_live), (expected, false));
        }
    }

    #[test]
    fn error_comes_after_the_lines_before_it() {
        struct Fails;
        impl Read for Fails {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(io::Error::other("broken"))
            }
        }
        let input = io::Cursor::new(b"one\ntwo\nthr".to_vec()).chain(Fails);
        let (lines, failed) = all(input, 100, true);
        assert_eq!(lines, [b"one".to_vec(), b"two".to_vec()]);
        assert!(failed);
    }

    #[test]
    fn thread_ends_when_the_lines_are_dropped() {
        let (ended, wait) = channel::<()>();
        struct Endless(#[expect(dead_code)] Sender<()>);
        impl Read for Endless {
            fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
                buffer.fill(b'\n');
                Ok(buffer.len())
            }
        }
        let mut lines = LinesAhead::new(Endless(ended), 100, false).expect("a thread");
        assert!(lines.read(|_| ()).expect("lines"));
        drop(lines);
        // The sender is dropped with the input.
        assert!(wait.recv().is_err());
    }

    #[test]
    fn an_interrupted_read_is_tried_again() {
        struct Interrupted<R>(R, bool);
        impl<R: Read> Read for Interrupted<R> {
            fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
                self.1 = !self.1;
                match self.1 {
                    true => Err(io::ErrorKind::Interrupted.into()),
                    false => self.0.read(buffer),
                }
            }
        }
        for is_live in [false, true] {
            let input = Interrupted(io::Cursor::new(b"one\ntwo".to_vec()), false);
            let expected = vec![b"one".to_vec(), b"two".to_vec()];
            assert_eq!(all(input, 100, is_live), (expected, false));
        }
    }
}
