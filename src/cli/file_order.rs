//! The order of log files in time, whatever order the shell gave them in.

use std::cmp::{Ordering, Reverse};
use std::ffi::OsStr;
use std::io::{self, Cursor, Read};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;

use super::error::Error;
use super::open_file::{OpenFile, decompressed, open, unreadable};
use crate::parse::{Event, Fact, LineParser, Stamp, Visitor};
use crate::source::{DEFAULT_MAX_LINE_BYTES, Lines, is_compressed};

/// How much of a file is searched for a line with a time, in bytes. A file without one in there is sorted by the time
/// when it was written.
const SEARCHED: u64 = 1 << 20;

/// Sorts files by the time of the first line that has one, then by the time when they were written, then by name.
/// `parser` makes a parser for lines of a file that was written at a time.
///
/// # Errors
///
/// If a file cannot be read.
pub fn oldest_first<'p>(
    files: Vec<OpenFile<'p>>,
    parser: impl Fn(Timestamp) -> LineParser,
) -> Result<Vec<OpenFile<'p>>, Error> {
    if files.len() < 2 {
        return Ok(files);
    }
    let mut timed = Vec::with_capacity(files.len());
    for mut file in files {
        let parser = parser(file.written);
        let first = first_time(&mut file, parser)?;
        let written = Stamp {
            seconds: file.written.as_second(),
            nanos: u32::try_from(file.written.subsec_nanosecond()).unwrap_or_default(),
        };
        timed.push((first.unwrap_or(written), file));
    }
    timed.sort_by(|(first, file), (other_first, other)| {
        let by_time = first.cmp(other_first);
        let by_time = by_time.then_with(|| file.written.cmp(&other.written));
        by_time.then_with(|| older_name_first(file.path, other.path))
    });
    Ok(timed.into_iter().map(|(_, file)| file).collect())
}

/// The time of the first line that has one. The content is still read from its beginning afterwards.
fn first_time(file: &mut OpenFile<'_>, mut parser: LineParser) -> Result<Option<Stamp>, Error> {
    let path = file.path;
    if file.is_regular {
        let again = open(path)?.file;
        return search(again, &mut parser).map_err(|error| unreadable(path, &error));
    }
    // A pipe cannot be read again, so what was read of it is put before the rest.
    let input = std::mem::replace(&mut file.file, Box::new(io::empty()));
    let shared = RecordingReader(Arc::new(Mutex::new(Recording {
        input,
        read: Vec::new(),
    })));
    let found = search(shared.clone(), &mut parser).map_err(|error| unreadable(path, &error))?;
    file.file = Box::new(shared.into_replayed());
    Ok(found)
}

fn search(input: impl Read + Send + 'static, parser: &mut LineParser) -> io::Result<Option<Stamp>> {
    let mut lines = Lines::new(decompressed(input)?.0, DEFAULT_MAX_LINE_BYTES);
    let mut first = FirstTime(None);
    while first.0.is_none()
        && lines.bytes() < SEARCHED
        && lines.read(|lines| parser.read(lines, &mut first))?
    {}
    Ok(first.0)
}

/// The first time that it is given.
struct FirstTime(Option<Stamp>);

impl Visitor<'_> for FirstTime {
    fn event(&mut self, time: Option<Stamp>, _: &mut Event<'_>) {
        self.0 = self.0.or(time);
    }

    fn noise(&mut self, time: Option<Stamp>, _: Option<&Fact<'_>>) {
        self.0 = self.0.or(time);
    }

    fn unmatched(&mut self, time: Option<Stamp>) {
        self.0 = self.0.or(time);
    }
}

/// An input, and what was read of it.
struct Recording {
    input: Box<dyn Read + Send>,
    read: Vec<u8>,
}

/// Reads an input and keeps what it has read.
#[derive(Clone)]
struct RecordingReader(Arc<Mutex<Recording>>);

impl RecordingReader {
    /// The input from its beginning.
    fn into_replayed(self) -> impl Read + Send + 'static {
        let mut recording = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let input = std::mem::replace(&mut recording.input, Box::new(io::empty()));
        Cursor::new(std::mem::take(&mut recording.read)).chain(input)
    }
}

impl Read for RecordingReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut recording = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let read = recording.input.read(buffer)?;
        recording.read.extend_from_slice(&buffer[..read]);
        Ok(read)
    }
}

/// Orders the names of rotated files: `mail.log.2.gz`, `mail.log.1`, `mail.log`, and
/// `mail.log-20260101`, `mail.log-20260102`, `mail.log`.
fn older_name_first(one: &Path, other: &Path) -> Ordering {
    let (name, number) = rotated_name(one);
    let (other_name, other_number) = rotated_name(other);
    let by_name = match (
        other_name.starts_with(&*name),
        name.starts_with(&*other_name),
    ) {
        // What has something added to its name was rotated from the other.
        (true, false) => Ordering::Greater,
        (false, true) => Ordering::Less,
        _ => natural_parts(&name).cmp(&natural_parts(&other_name)),
    };
    by_name
        .then(Reverse(number).cmp(&Reverse(other_number)))
        .then_with(|| one.cmp(other))
}

/// The name of a file without the number of its rotation, and that number: 0 for none.
fn rotated_name(path: &Path) -> (String, u64) {
    let name = match is_compressed(path) {
        true => path.file_stem(),
        false => path.file_name(),
    };
    let name = name.map_or(String::new(), |name: &OsStr| {
        name.to_string_lossy().into_owned()
    });
    match name.rsplit_once('.') {
        Some((rest, number)) if (1..=4).contains(&number.len()) => match number.parse() {
            Ok(number) => (rest.to_owned(), number),
            Err(_) => (name, 0),
        },
        _ => (name, 0),
    }
}

/// A name in parts that compare as people read them, so that 10 is after 9: the length of each number before it.
fn natural_parts(name: &str) -> Vec<(usize, &str)> {
    let is_digit = |part: &str| part.starts_with(|c: char| c.is_ascii_digit());
    let mut parts = Vec::new();
    let mut rest = name;
    while !rest.is_empty() {
        let digits = is_digit(rest);
        let end = rest
            .find(|c: char| c.is_ascii_digit() != digits)
            .unwrap_or(rest.len());
        let (part, after) = rest.split_at(end);
        let part = match digits {
            true => part.trim_start_matches('0'),
            false => part,
        };
        parts.push((if digits { part.len() } else { 0 }, part));
        rest = after;
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_rotated_files_are_ordered_by_age() {
        for ordered in [
            &["mail.log.10.gz", "mail.log.2.gz", "mail.log.1", "mail.log"][..],
            &[
                "mail.log-20260101.xz",
                "mail.log-20260102",
                "mail.log-20261001",
                "mail.log",
            ],
            &["mx9.log", "mx10.log"],
        ] {
            for (at, one) in ordered.iter().enumerate() {
                for (other_at, other) in ordered.iter().enumerate() {
                    let found = older_name_first(Path::new(one), Path::new(other));
                    assert_eq!(found, at.cmp(&other_at), "{one} {other}");
                }
            }
        }
    }
}
