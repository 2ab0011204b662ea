//! Finds the lines of files that contain one of several texts, as fast as the files can be read: blocks are searched
//! without cutting them into lines, by a thread for each core.

use std::io::{self, Read};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use aho_corasick::{AhoCorasick, MatchKind};
use memchr::{memchr, memmem, memrchr};

use super::files::TracedFile;
use crate::cli::error::Error;
use crate::cli::input::unreadable;
use crate::source::DEFAULT_MAX_LINE_BYTES;

/// Bytes that are searched at once: few system calls, and small enough for the processor's cache.
const BLOCK: usize = 512 * 1024;

/// How much of a plain file one thread searches before it takes the next part.
pub const PART: u64 = 16 * 1024 * 1024;

/// The texts that are searched for.
pub struct Needles {
    finder: Finder,
    /// Whether a match must begin and end at the boundaries of a word.
    begins_word: bool,
}

enum Finder {
    /// A few texts: one search after the other over a block in the processor's cache is faster than one for all.
    Few(Vec<memmem::Finder<'static>>),
    Many(Box<AhoCorasick>),
}

/// The most texts that are searched one after the other.
const MAX_FEW: usize = 16;

impl Needles {
    /// One word.
    pub fn word(text: &[u8]) -> Self {
        Needles::words([text])
    }

    /// Any of several words.
    pub fn words<'a>(texts: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let texts: Vec<_> = texts.into_iter().collect();
        if texts.len() > MAX_FEW {
            return Needles::many(&texts, false, true);
        }
        let finders = texts
            .iter()
            .map(|text| memmem::Finder::new(text).into_owned());
        Needles {
            finder: Finder::Few(finders.collect()),
            begins_word: true,
        }
    }

    /// A text in any case of ASCII letters. `begins_word` is whether it must begin at the boundary of a word.
    pub fn ignoring_case(text: &[u8], begins_word: bool) -> Self {
        Needles::many(&[text], true, begins_word)
    }

    fn many(texts: &[&[u8]], ignore_case: bool, begins_word: bool) -> Self {
        let built = AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostLongest)
            .ascii_case_insensitive(ignore_case)
            .build(texts);
        Needles {
            // Building fails only for more texts than memory can hold.
            finder: built.map_or(Finder::Few(Vec::new()), |built| {
                Finder::Many(Box::new(built))
            }),
            begins_word,
        }
    }

    /// The matches in a block that begin at or after some offset; the offsets must not decrease.
    fn matches<'a>(&'a self, block: &'a [u8]) -> impl FnMut(usize) -> Option<(usize, usize)> + 'a {
        let few = match &self.finder {
            Finder::Few(finders) => &**finders,
            Finder::Many(_) => &[],
        };
        // The next match of each finder; without one, the end of the block.
        let mut next: Vec<usize> = few
            .iter()
            .map(|finder| finder.find(block).unwrap_or(block.len()))
            .collect();
        move |from| {
            if let Finder::Many(finder) = &self.finder {
                let found = finder.find(&block[from..])?;
                return Some((from + found.start(), from + found.end()));
            }
            let mut first: Option<(usize, usize)> = None;
            for (finder, at) in few.iter().zip(&mut next) {
                if *at < from {
                    let found = finder.find(&block[from..]);
                    *at = found.map_or(block.len(), |found| from + found);
                }
                // Of several texts at one place, the longest.
                let end = *at + finder.needle().len();
                let is_first = |(start, longest)| *at < start || *at == start && end > longest;
                if *at < block.len() && first.is_none_or(is_first) {
                    first = Some((*at, end));
                }
            }
            first
        }
    }

    /// Calls `each` with the offset and the text of each line in a block of whole lines that contains a needle.
    fn lines_in<'a>(&self, block: &'a [u8], mut each: impl FnMut(usize, &'a [u8])) {
        let mut from = 0;
        let mut matches = self.matches(block);
        while let Some((start, end)) = matches(from) {
            let within_word = |at: usize| block.get(at).is_some_and(u8::is_ascii_alphanumeric);
            let begins = !self.begins_word || start == 0 || !within_word(start - 1);
            if !begins || within_word(end) {
                from = start + 1;
                continue;
            }
            let line_start = memrchr(b'\n', &block[..start]).map_or(0, |at| at + 1);
            let line_end = memchr(b'\n', &block[end..]).map_or(block.len(), |at| end + at);
            let line = &block[line_start..line_end];
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            each(line_start, &line[..line.len().min(DEFAULT_MAX_LINE_BYTES)]);
            from = (line_end + 1).min(block.len());
        }
    }
}

/// A part of a file that one thread searches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// The index of the file.
    pub file: usize,
    /// The lines that begin at these offsets; compressed files are searched as a whole.
    pub start: u64,
    /// The offset after them.
    pub end: u64,
}

/// Where a line is: the index of its file, and its offset in the decompressed content.
pub type Place = (usize, u64);

/// Lines, and whether older ones were left out.
pub type Found = (Vec<(Place, Vec<u8>)>, bool);

/// The lines with one of the needles in some parts of the files, in order. Of more than `limit` lines, the last are kept;
/// the flag is whether any were left out.
///
/// # Errors
///
/// If a file cannot be read.
pub fn search(
    files: &[TracedFile],
    parts: &[Part],
    needles: &Needles,
    limit: usize,
    keep: &(dyn Fn(&[u8]) -> bool + Sync),
) -> Result<Found, Error> {
    let next = AtomicUsize::new(0);
    let failed = AtomicBool::new(false);
    let found = Mutex::new((Vec::new(), false));
    let work = || -> Result<(), Error> {
        while let Some(part) = parts.get(next.fetch_add(1, Ordering::Relaxed)) {
            if failed.load(Ordering::Relaxed) {
                break;
            }
            let mut lines = Vec::new();
            let searched = search_part(files, *part, needles, |offset, line| {
                if keep(line) {
                    lines.push(((part.file, offset), line.to_vec()));
                }
                if lines.len() >= limit.saturating_mul(2) {
                    lines.drain(..limit);
                    found.lock().unwrap_or_else(PoisonError::into_inner).1 = true;
                }
            });
            if let Err(error) = searched {
                failed.store(true, Ordering::Relaxed);
                return Err(unreadable(&files[part.file].path, &error));
            }
            let mut found = found.lock().unwrap_or_else(PoisonError::into_inner);
            found.0.append(&mut lines);
            if found.0.len() > limit.saturating_mul(2) {
                keep_last(&mut found, limit);
            }
        }
        Ok(())
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        let more: Vec<_> = (1..threads.min(parts.len()))
            .map(|_| scope.spawn(work))
            .collect();
        let own = work();
        more.into_iter()
            .map(|thread| thread.join().unwrap_or(Ok(())))
            .fold(own, Result::and)
    })?;
    let mut found = found.into_inner().unwrap_or_else(PoisonError::into_inner);
    keep_last(&mut found, limit);
    Ok(found)
}

/// Sorts the lines and removes all but the last ones.
fn keep_last((lines, left_out): &mut Found, limit: usize) {
    lines.sort_unstable_by_key(|(place, _)| *place);
    let excess = lines.len().saturating_sub(limit);
    if excess > 0 {
        lines.drain(..excess);
        *left_out = true;
    }
}

/// Searches one part.
fn search_part(
    files: &[TracedFile],
    part: Part,
    needles: &Needles,
    mut each: impl FnMut(u64, &[u8]),
) -> io::Result<()> {
    // A line that began before the part belongs to the part before: so up to the first newline at its beginning, or just
    // before it, nothing is searched.
    let mut offset = part.start.saturating_sub(1);
    let mut reader = files[part.file].reader(offset)?;
    let mut skipping = part.start > 0;
    let mut buffer = vec![0; BLOCK];
    let mut filled = 0;
    while offset < part.end {
        let read = match reader.read(&mut buffer[filled..]) {
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        filled += read;
        if skipping {
            let skipped = memchr(b'\n', &buffer[..filled]).map_or(filled, |at| at + 1);
            skipping = skipped == filled && buffer[..filled].last() != Some(&b'\n');
            buffer.copy_within(skipped..filled, 0);
            filled -= skipped;
            offset += skipped as u64;
            if read > 0 && filled == 0 {
                continue;
            }
        }
        // Without a newline in a whole buffer, its content is searched as a line.
        let complete = match memrchr(b'\n', &buffer[..filled]) {
            Some(at) => at + 1,
            None if read == 0 || filled == buffer.len() => filled,
            None => 0,
        };
        let complete = if read == 0 { filled } else { complete };
        needles.lines_in(&buffer[..complete], |at, line| {
            if offset + (at as u64) < part.end {
                each(offset + at as u64, line);
            }
        });
        offset += complete as u64;
        buffer.copy_within(complete..filled, 0);
        filled -= complete;
        if read == 0 {
            break;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(needles: &Needles, text: &str) -> Vec<String> {
        let mut lines = Vec::new();
        needles.lines_in(text.as_bytes(), |at, line| {
            lines.push(format!("{at} {}", String::from_utf8_lossy(line)));
        });
        lines
    }

    #[test]
    fn needles_are_found_as_words_and_each_line_once() {
        let one = Needles::word(b"AB12");
        assert_eq!(
            found(&one, "x AB12: AB12\r\nAB123\nxAB12\n(AB12)"),
            ["0 x AB12: AB12", "26 (AB12)"]
        );
        let many = Needles::words([&b"AB12"[..], b"AB12C"]);
        assert_eq!(found(&many, "AB12C\nAB12CD\nAB12"), ["0 AB12C", "13 AB12"]);
        let any_case = Needles::ignoring_case(b"@b.example", false);
        assert_eq!(
            found(&any_case, "a@B.Example\na@b.examples\n"),
            ["0 a@B.Example"]
        );
        assert!(found(&Needles::words([]), "a\n").is_empty());
    }

    #[test]
    fn parts_of_a_file_have_each_line_once() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("mail.log");
        let text: String = (0..200)
            .map(|n| format!("{} id7 {n}\n", "x".repeat(n % 13)))
            .collect();
        std::fs::write(&path, &text).expect("written");
        let files = [TracedFile::open(&path).expect("a file")];
        for size in [1, 2, 7, 64, 1000, 1 << 20] {
            let length = text.len() as u64;
            let parts: Vec<_> = (0..length)
                .step_by(size)
                .map(|start| Part {
                    file: 0,
                    start,
                    end: (start + size as u64).min(length),
                })
                .collect();
            let needles = Needles::word(b"id7");
            let (lines, left_out) =
                search(&files, &parts, &needles, 1000, &|_| true).expect("read");
            assert_eq!((lines.len(), left_out), (200, false), "{size}");
            for ((_, offset), line) in &lines {
                assert!(text.as_bytes()[*offset as usize..].starts_with(line));
            }
            let (lines, left_out) = search(&files, &parts, &needles, 3, &|_| true).expect("read");
            assert!(left_out && lines[2].1.ends_with(b"id7 199"), "{size}");
        }
    }
}
