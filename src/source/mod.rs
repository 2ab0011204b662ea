//! Where lines come from: bytes and positions, and nothing of what the bytes say.
//!
//! A new kind of source is one file here that implements [`Source`], and one line in the engine
//! where it is made.

mod container;
mod discover;
mod entry;
mod fed;
mod file;
mod identity;
mod input;
mod journald;
mod lines;
#[cfg(test)]
mod model;
mod names;
mod newlines;
mod pipe;
mod siblings;
mod syslog;
mod tail;
mod turnover;
mod unpack;
mod walk;
mod watch;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

pub use discover::{find, is_compressed, is_pattern, is_rotated};
pub use identity::FilePlace;
pub use input::{Files, Framing, Input, Journal, Listener};
pub use lines::{DEFAULT_CAP, Lines};
pub use names::ReadFrom;
pub use tail::Tail;
pub(crate) use unpack::Packing;
pub use watch::{Hints, Watcher};

/// A kind of input that hands over lines as they come.
///
/// It is owned and called by one thread, and never waits for input: what is not there yet is read
/// the next time.
pub trait Source: Send {
    /// The name that the configuration gives it, and its label on every metric.
    fn name(&self) -> &str;

    /// Something may have happened: marks what has to be looked at by the next reads.
    fn notice(&mut self, news: News<'_>);

    /// Hands over up to about `budget` bytes of lines, each without its newline. The lines of one
    /// call of `sink` are of one stream, in its order.
    fn read(
        &mut self,
        budget: usize,
        scratch: &mut Scratch,
        sink: &mut dyn FnMut(StreamId, &[&[u8]]),
    ) -> Progress;

    /// What it has read and what is left.
    fn status(&self) -> Status;

    /// The directories in which changes are worth a [`News`].
    fn directories(&self) -> Vec<PathBuf>;

    /// What it takes to go on behind the last line that was handed over, in another process.
    fn place(&self) -> Place;

    /// Takes over a changed input without losing its place, if it can: false means that a new
    /// source has to be made.
    fn change(&mut self, _input: &Input) -> bool {
        false
    }
}

/// Names the stream of records that one writer produces, such as a log or a syslog peer.
///
/// It is unique within its source, as far as a hash of 64 bits is, and the same in every process
/// and version: a parser may keep what it knows of a stream under it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct StreamId(pub u64);

impl StreamId {
    /// The stream of a source that has only one, or cannot tell its writers apart.
    pub const SINGLE: StreamId = StreamId(0);

    /// The stream whose writer is known by a name, such as the path of a log or the bytes of an
    /// address: its 64-bit FNV-1a hash.
    pub(crate) fn of(name: &[u8]) -> Self {
        const OFFSET_BASIS: u64 = 0xcbf2_9ce4_8422_2325;
        const PRIME: u64 = 0x0100_0000_01b3;
        let hash = |hash: u64, &byte: &u8| (hash ^ u64::from(byte)).wrapping_mul(PRIME);
        StreamId(name.iter().fold(OFFSET_BASIS, hash))
    }
}

/// Tells the engine from another thread that there is something to read.
pub type Wake = Arc<dyn Fn() + Send + Sync>;

/// Makes a source. It goes on from `place`, if that is one of its kind.
///
/// # Errors
///
/// If what it needs cannot be had, such as a thread or an address to listen on.
pub fn open(
    name: &str,
    input: &Input,
    place: Place,
    cap: usize,
    wake: Wake,
) -> std::io::Result<Box<dyn Source>> {
    let cursor = match &place {
        Place::Cursor(cursor) => Some(cursor.clone()),
        Place::Nowhere | Place::Files(_) => None,
    };
    let name = name.to_owned();
    Ok(match input {
        Input::Files(files) => Box::new(Tail::new(name, files, place)),
        Input::Journal(journal) => Box::new(journald::open(name, journal, cursor, cap, wake)?),
        Input::Syslog(listeners) => Box::new(syslog::open(name, listeners, cap, wake)?),
        Input::Pipe(path) => Box::new(pipe::open(name, path, cap, wake)?),
    })
}

/// Where reading stopped: everything before it was handed over, nothing behind it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub enum Place {
    /// There is none to go back to.
    #[default]
    Nowhere,
    /// In files.
    Files(Vec<FilePlace>),
    /// Behind what the source's own words tell, such as a cursor of the journal.
    Cursor(String),
}

/// What a source is told between reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum News<'a> {
    /// Time has passed: anything may have changed.
    Tick,
    /// So much has happened that nobody can say what.
    Everything,
    /// Inputs may have come or gone: time to look for them.
    Rescan,
    /// Something happened to this path.
    Path(&'a Path),
}

/// What a read came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Bytes that were handed over or dropped.
    pub bytes: usize,
    /// Whether there is more to read at once.
    pub more: bool,
    /// Whether [`Source::place`] has changed.
    pub changed: bool,
}

/// How much a source has read, and how much is left.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// Bytes of complete lines that were read, newlines included.
    pub bytes: u64,
    /// Bytes that are there and not read, an unfinished last line among them.
    pub lag_bytes: u64,
    /// Whether everything that was named can be read: every file, and at least one for a pattern.
    pub up: bool,
    /// Rotations seen, by kind.
    pub rotations: Rotations,
    /// Lines longer than the cap, of which only the beginning was handed over.
    pub truncated: u64,
    /// Lines that came in and were lost, because they came faster than they could be counted.
    pub dropped: u64,
}

/// Rotations seen, by kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rotations {
    /// The file lives on under another name, and its own name means another file.
    pub renamed: u64,
    /// The same file was emptied.
    pub truncated: u64,
    /// The file has no name any more, and its own name means another file.
    pub replaced: u64,
}

/// The one buffer through which every file is read, so that a thousand files do not hold one each.
pub struct Scratch {
    buffer: Box<[u8]>,
    cap: usize,
}

impl Scratch {
    /// A buffer for lines of up to `cap` bytes.
    pub fn new(cap: usize) -> Self {
        // The anchor before the lines is read into the same buffer.
        let size = lines::buffer_size(cap) + identity::ANCHOR;
        Scratch {
            buffer: vec![0; size].into_boxed_slice(),
            cap,
        }
    }

    /// The longest line that is handed over whole, in bytes.
    pub fn cap(&self) -> usize {
        self.cap
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stream_ids_never_change_between_versions() {
        // Published test vectors of FNV-1a, 64 bits.
        assert_eq!(StreamId::of(b""), StreamId(0xcbf2_9ce4_8422_2325));
        assert_eq!(StreamId::of(b"a"), StreamId(0xaf63_dc4c_8601_ec8c));
        assert_eq!(StreamId::of(b"foobar"), StreamId(0x8594_4171_f739_67e8));
    }
}
