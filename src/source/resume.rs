//! Finds the files in which reading stopped, in this or another process, wherever rotation has moved
//! them since, and the files that were created after them.

use std::io;

use super::directories::Directories;
use super::followed_log::FollowedLog;
use super::identity::Identity;
use super::input::Framing;
use super::position::FilePosition;
use super::rotated_files::Place;
use super::rotation_search::{Found, Query, RotationSearch, drop_copies};
use super::tail_file::TailFile;

/// How reading continues.
pub(crate) struct Resumption {
    /// The file that the path leads to.
    pub live: Option<TailFile>,
    /// Whether reading stopped in that file, in which it continues then. If not, it may be one in which the reading of
    /// another path stopped.
    pub is_live_resumed: bool,
    /// The positions in other files, each with its file if that was found.
    pub rotated: Vec<(FilePosition, Option<TailFile>)>,
    /// Files that were created after those and were rotated too, oldest first.
    pub missed: Vec<TailFile>,
}

/// Finds the files of the pending positions of a log in these places. `is_open` is whether a log of the
/// source has a file open.
///
/// # Errors
///
/// If the file that the path leads to cannot be opened, or a directory cannot be listed.
pub(crate) fn find(
    log: &FollowedLog,
    framing: Framing,
    is_open: &dyn Fn(Identity) -> bool,
    places: (&[Place], &Directories),
) -> io::Result<Resumption> {
    let mut wanted = log.pending_resume.clone();
    let last = wanted.last().cloned();
    let (mut live, live_head, resumed) = match open_live(log, framing, &wanted) {
        Ok((live, head, resumed)) => (Some(live), head, resumed),
        Err(error) if error.kind() == io::ErrorKind::NotFound => (None, Vec::new(), None),
        Err(error) => return Err(error),
    };
    if let Some(resumed) = &resumed {
        wanted.retain(|position| position != resumed);
    }
    // Nothing is newer than the newest position if the path still leads to its file. But a file that
    // was empty may have been filled, copied and emptied since.
    let is_live_resumed = resumed.is_some();
    let is_current =
        is_live_resumed && resumed == last && resumed.is_some_and(|it| it.head.len > 0);
    let mut found = Found::default();
    if !is_current || !wanted.is_empty() {
        let query = Query {
            wanted: &wanted,
            exact_inode: true,
            live: live.as_ref().map(TailFile::identity),
            live_head: &live_head,
            // A file that was empty is found only by what was written to it since.
            missed: !is_current || wanted.iter().any(|it| it.head.len == 0),
        };
        found = RotationSearch::new(log, framing, is_open, places, query).run()?;
    }
    let resumed = found.files.iter_mut().flatten();
    drop_copies(&mut found.missed, live.iter_mut().chain(resumed));
    Ok(Resumption {
        live,
        is_live_resumed,
        rotated: wanted.into_iter().zip(found.files).collect(),
        missed: found.missed,
    })
}

/// Opens the file that the path leads to, and continues from the position in it, if there is one. Returns
/// its first bytes too.
fn open_live(
    log: &FollowedLog,
    framing: Framing,
    wanted: &[FilePosition],
) -> io::Result<(TailFile, Vec<u8>, Option<FilePosition>)> {
    let mut file = TailFile::open(&log.path, framing)?;
    let head = file.head_bytes()?;
    // The same inode is preferred to a file that begins with the same bytes.
    let identity = file.identity();
    let same_inode = wanted.iter().filter(|it| it.identity == identity);
    let mut candidates = same_inode.chain(wanted);
    let position = candidates.find(|it| file.matches(&head, it)).cloned();
    if let Some(position) = &position {
        file.resume(position);
    }
    Ok((file, head, position))
}
