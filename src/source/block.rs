//! Blocks of lines: buffers that can be handed to another thread together with the places of their lines.

use std::io::{self, Read};

use super::lines::{buffer_size, split, trim};

/// A buffer, and where its lines are.
#[derive(Default)]
pub struct Block {
    buffer: Box<[u8]>,
    /// Beginning and end of each line.
    lines: Vec<(u32, u32)>,
}

impl Block {
    /// The lines, each without its newline.
    pub fn lines(&self) -> impl ExactSizeIterator<Item = &[u8]> {
        let line = |&(from, to): &(u32, u32)| &self.buffer[from as usize..to as usize];
        self.lines.iter().map(line)
    }
}

/// Cuts an input that is read once from beginning to end into blocks, whose lines are those of
/// [`Lines`](super::Lines).
pub struct BlockReader<R> {
    input: R,
    cap: usize,
    is_live: bool,
    /// The unfinished line at the end of the block before.
    unfinished: Vec<u8>,
    /// Whether the next block begins inside a line whose beginning was handed over.
    skipping: bool,
}

impl<R: Read> BlockReader<R> {
    /// The blocks of `input`, with each line truncated to `cap` bytes. Lines of a live input, such as a pipe, are handed
    /// over as soon as they are read; otherwise blocks are filled.
    pub fn new(input: R, cap: usize, is_live: bool) -> Self {
        BlockReader {
            input,
            cap,
            is_live,
            unfinished: Vec::new(),
            skipping: false,
        }
    }

    /// Fills a block with the next lines. Returns `false` if they are the last ones.
    ///
    /// # Errors
    ///
    /// Those of reading the input, except for interruptions, after which it is read again.
    pub fn fill(&mut self, block: &mut Block) -> io::Result<bool> {
        block.lines.clear();
        if block.buffer.is_empty() {
            block.buffer = vec![0; 2 * buffer_size(self.cap)].into_boxed_slice();
        }
        let mut filled = self.unfinished.len();
        block.buffer[..filled].copy_from_slice(&self.unfinished);
        let mut ends = false;
        while filled < block.buffer.len() {
            match self.input.read(&mut block.buffer[filled..]) {
                Ok(0) => {
                    ends = true;
                    break;
                }
                Ok(read) => filled += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            }
            if self.is_live {
                break;
            }
        }
        let data = &block.buffer[..filled];
        let mut add = |line: &[u8]| {
            let from = line.as_ptr().addr() - data.as_ptr().addr();
            block.lines.push((from as u32, (from + line.len()) as u32));
        };
        let cut = split(
            data,
            self.cap,
            &mut self.skipping,
            &mut |lines: &[&[u8]]| {
                lines.iter().for_each(|line| add(line));
            },
        );
        self.unfinished.clear();
        match &data[cut.consumed..] {
            [] => {}
            rest if ends => add(trim(rest, self.cap).0),
            rest => self.unfinished.extend_from_slice(rest),
        }
        Ok(!ends)
    }
}
