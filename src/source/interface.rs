//! The interface between the engine and its sources.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::input::Input;
use super::position::Position;
use super::read_buffer::ReadBuffer;
use super::stream_id::StreamId;

/// An input that is read continuously, such as a set of log files or a syslog receiver.
///
/// It is owned and called by one thread, and never waits for input: what has not come yet is read by
/// a later call.
pub trait Source: Send {
    /// Tells it what may have changed, so that the next reads check it.
    fn hint(&mut self, hint: Hint<'_>);

    /// Hands over up to about `budget` bytes of lines, each without its newline. The lines of one
    /// call of `sink` are of one stream, in its order.
    fn read(
        &mut self,
        budget: usize,
        buffer: &mut ReadBuffer,
        sink: &mut dyn FnMut(StreamId, &[&[u8]]),
    ) -> Progress;

    /// How much it has read, and how much is left.
    fn status(&self) -> Status;

    /// The directories in which changes are worth a [`Hint::Path`].
    fn directories(&self) -> Vec<PathBuf>;

    /// Where another process continues after the last line that was handed over.
    fn position(&self) -> Position;

    /// Takes a changed input without losing its position, if it can: `false` means that the source
    /// has to be opened anew.
    fn reconfigure(&mut self, _input: &Input) -> bool {
        false
    }

    /// Whether lines are cut at the limit with which it was opened, rather than at that of the buffer given to
    /// [`Source::read`].
    fn has_own_limit(&self) -> bool {
        true
    }
}

/// Tells the engine, from another thread, that there is something to read.
pub type Wake = Arc<dyn Fn() + Send + Sync>;

/// What may have changed since the last read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hint<'a> {
    /// Time has passed: anything may have changed without a file event.
    Tick,
    /// Anything may have changed, and all of it is to be checked with the next read.
    All,
    /// Files may have been created or removed: patterns are to be expanded.
    Rescan,
    /// This path has changed.
    Path(&'a Path),
    /// A file was renamed.
    Renamed {
        /// The path that it had.
        from: &'a Path,
        /// The path that it has.
        to: &'a Path,
    },
}

/// The result of a read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Bytes that were handed over or skipped.
    pub bytes: usize,
    /// Whether there is more to read at once.
    pub more: bool,
    /// Whether [`Source::position`] has changed.
    pub changed: bool,
}

/// How much a source has read, and how much is left.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// Bytes of complete lines that were read, newlines included.
    pub bytes: u64,
    /// Bytes that were not read yet, an unfinished last line included.
    pub lag_bytes: u64,
    /// Whether everything that is configured can be read: every file, and at least one for a
    /// pattern.
    pub up: bool,
    /// Rotations seen, by kind.
    pub rotations: Rotations,
    /// Lines longer than the limit, of which only the beginning was handed over.
    pub truncated: u64,
    /// Lines that were lost because they came faster than they could be counted.
    pub dropped: u64,
    /// Syslog datagrams and connections that were refused.
    pub refused: u64,
    /// Files in which reading stopped and that were not found again: what was not read of them is lost.
    pub positions_lost: u64,
}

/// Rotations seen, by kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rotations {
    /// The file has another name now, and a new file has its name.
    pub renamed: u64,
    /// The file was emptied, usually after it was copied.
    pub truncated: u64,
    /// The file was removed, and a new file has its name.
    pub replaced: u64,
}
