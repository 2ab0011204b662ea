//! The path of one log that is followed, and the files that it leads or has led to.

use std::collections::VecDeque;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use tracing::{info, warn};

use super::identity::{FileStat, FileTime, Identity};
use super::position::{FilePosition, FileState};
use super::rotated_files::RotatedFile;
use super::rotation_search::{Beginning, head_to_compare};
use super::stream_id::StreamId;
use super::tail_file::TailFile;

/// How many finished files are remembered, so that they are not read again.
const MAX_FINISHED: usize = 1024;
/// How many of them are saved: another process looks at the newest files first.
const MAX_FINISHED_SAVED: usize = 8;
/// How many new names of rotated files are remembered.
const MAX_RENAMED: usize = 1024;

/// A live file that was closed because too many were open.
pub(crate) struct EvictedFile {
    pub position: FilePosition,
    /// What it was when it was last read to its end; `None` if there is more to read.
    pub read_as: Option<FileStat>,
    /// Bytes after the position, as of the last read.
    pub lag: u64,
}

/// A followed path, and its files.
pub(crate) struct FollowedLog {
    pub path: PathBuf,
    /// The stream of the lines of all its files.
    pub stream: StreamId,
    /// Where the path led when it was last opened, if that is in another directory.
    pub target: Option<PathBuf>,
    /// The file that the path leads to.
    pub live: Option<TailFile>,
    /// Set instead of `live` while that is closed.
    pub evicted: Option<EvictedFile>,
    /// Rotated files that are still read, oldest first.
    pub rotated: Vec<TailFile>,
    /// Files that were read to their end and closed, oldest first.
    pub finished: Vec<FilePosition>,
    /// Positions in files that have to be found before anything else is read.
    pub pending_resume: Vec<FilePosition>,
    /// Files whose content is older were read or are not to be read, unless a position leads to them. `None` until
    /// the path was first checked.
    pub horizon: Option<FileTime>,
    /// Rotated files that existed when the path was first checked, and are as new as that.
    pub ignored: Vec<RotatedFile>,
    /// The paths to which files of this path were renamed, as file events tell, the newest last.
    pub renamed_to: VecDeque<PathBuf>,
    /// Whether files may have been created and rotated without being read.
    pub check_missed: bool,
    /// Set if the path leads to a file that another path of the source has open: it is read there.
    pub duplicate_of: Option<Identity>,
    /// Whether reading begins at the end of the file that the path leads to.
    pub start_at_end: bool,
    /// Whether it is to be checked by one of the next reads.
    pub due: bool,
    /// The last error, which is logged once.
    error: Option<io::ErrorKind>,
}

impl FollowedLog {
    pub fn new(path: PathBuf, start_at_end: bool) -> Self {
        FollowedLog {
            stream: StreamId::of(path.as_os_str().as_bytes()),
            path,
            target: None,
            live: None,
            evicted: None,
            rotated: Vec::new(),
            finished: Vec::new(),
            pending_resume: Vec::new(),
            horizon: None,
            ignored: Vec::new(),
            renamed_to: VecDeque::new(),
            check_missed: false,
            duplicate_of: None,
            start_at_end,
            due: true,
            error: None,
        }
    }

    /// Whether one of its files that are not finished is this one.
    pub fn holds(&self, identity: Identity) -> bool {
        self.files().any(|file| file == identity)
    }

    /// Its files that are open or evicted.
    pub fn files(&self) -> impl Iterator<Item = Identity> {
        let evicted = self.evicted.iter().map(|it| it.position.identity);
        let open = self.live.iter().chain(&self.rotated);
        evicted.chain(open.map(TailFile::identity))
    }

    /// Whether nothing of it is open or left to read.
    pub fn is_idle(&self) -> bool {
        self.live.is_none()
            && self.evicted.is_none()
            && self.rotated.is_empty()
            && self.pending_resume.is_empty()
            && !self.due
    }

    /// Whether the file that the path leads to can be read.
    pub fn is_readable(&self) -> bool {
        let open = self.live.is_some() || self.evicted.is_some() || self.duplicate_of.is_some();
        self.error.is_none() && open
    }

    /// Where reading stopped in each file.
    pub fn positions(&self) -> impl Iterator<Item = FilePosition> {
        let finished = &self.finished[self.finished.len().saturating_sub(MAX_FINISHED_SAVED)..];
        let rotated = self.rotated.iter().map(|file| (file, FileState::Rotated));
        let live = self.live.iter().map(|file| (file, FileState::Live));
        finished
            .iter()
            .chain(&self.pending_resume)
            .cloned()
            .chain(
                rotated
                    .chain(live)
                    .map(|(file, state)| file.position(&self.path, state)),
            )
            .chain(self.evicted.iter().map(|evicted| evicted.position.clone()))
    }

    /// Continues from saved positions.
    pub fn restore(&mut self, positions: Vec<FilePosition>) {
        let (finished, pending) = positions
            .into_iter()
            .partition(|position| position.state == FileState::Finished);
        self.finished = finished;
        self.pending_resume = pending;
        // What was read to its end before the oldest known file, is not saved.
        let oldest =
            |positions: &[FilePosition]| positions.iter().map(|position| position.modified).min();
        self.horizon = oldest(&self.finished).or_else(|| oldest(&self.pending_resume));
    }

    /// Restores a position without opening the file, if that was read to its end and has not changed
    /// since. Returns whether it did; then the target of the path may have changed.
    pub fn restore_unchanged(&mut self) -> bool {
        let [position] = &self.pending_resume[..] else {
            return false;
        };
        let Ok(metadata) = std::fs::metadata(&self.path) else {
            return false;
        };
        let stat = FileStat::of(&metadata);
        let unchanged = position.state == FileState::Live
            && position.head.len > 0
            && position.identity == stat.identity
            && position.modified == stat.modified
            && position.offset == metadata.len();
        if unchanged {
            self.evicted = self.pending_resume.pop().map(|position| EvictedFile {
                position,
                read_as: Some(stat),
                lag: 0,
            });
        }
        unchanged
    }

    /// Closes the live file, and keeps where reading stopped in it.
    pub fn evict(&mut self) {
        if let Some(live) = self.live.take() {
            self.evicted = Some(EvictedFile {
                position: live.position(&self.path, FileState::Live),
                read_as: live.read_as(),
                lag: live.lag(),
            });
        }
    }

    /// Remembers a file that was read to its end.
    pub fn add_finished(&mut self, file: &TailFile) {
        if self.finished.len() == MAX_FINISHED {
            let forgotten = self.finished.remove(0).modified;
            self.horizon = self.horizon.max(Some(forgotten));
        }
        self.finished
            .push(file.position(&self.path, FileState::Finished));
    }

    /// Whether a rotated file of which nothing was read is a copy of another one that is open. The search that found it
    /// could not tell if nothing was copied yet.
    pub fn is_copy(&mut self, which: usize) -> bool {
        let Some(file) = self.rotated.get_mut(which).filter(|it| it.offset() == 0) else {
            return false;
        };
        let head = head_to_compare(file);
        if head.is_empty() {
            return false;
        }
        let rotated = self.rotated.iter_mut().enumerate();
        let others = rotated.filter(|(at, _)| *at != which).map(|(_, it)| it);
        let mut others = others.chain(&mut self.live);
        others.any(|other| Beginning::of(other).is_copied_by(&head))
    }

    /// Takes a new name of one of its files. `from` is the path of the log, or a name that it was given before.
    /// Returns whether it was.
    pub fn note_rename(&mut self, from: &Path, to: &Path) -> bool {
        let earlier = self.renamed_to.iter().position(|it| it == from);
        if let Some(earlier) = earlier {
            self.renamed_to.remove(earlier);
        }
        let is_own = earlier.is_some() || self.path == from || self.target.as_deref() == Some(from);
        if is_own && to != self.path {
            if self.renamed_to.len() == MAX_RENAMED {
                self.renamed_to.pop_front();
            }
            self.renamed_to.push_back(to.to_owned());
            // The event may come after the last search.
            self.check_missed = true;
        }
        is_own
    }

    /// Where links to its files have led, and where rotation has moved them to.
    pub fn targets(&self) -> impl Iterator<Item = &Path> {
        let positions = self.pending_resume.iter().chain(&self.finished);
        let positions = positions.filter_map(|position| position.target.as_deref());
        let rotated = self.rotated.iter();
        positions.chain(rotated.filter_map(|file| file.target.as_deref()))
    }

    /// Notes an error, and logs it unless the last one was of the same kind.
    pub fn set_error(&mut self, error: &io::Error) {
        if self.error != Some(error.kind()) {
            self.error = Some(error.kind());
            let path = self.path.display();
            if error.kind() == io::ErrorKind::NotFound {
                info!(%path, "log does not exist yet, waiting for it");
            } else {
                warn!(%path, %error, "cannot read log, trying again");
            }
        }
    }

    /// The log can be read again.
    pub fn clear_error(&mut self) {
        self.error = None;
    }
}

/// The canonical form of a path, if that is in another directory. The kernel reports the events of a
/// directory under one of its names only, so the same one must not be watched twice.
pub(crate) fn target_elsewhere(path: &Path) -> Option<PathBuf> {
    let target = link_target(path)?;
    let parent = path.parent()?.canonicalize().ok()?;
    Some(target).filter(|target| target.parent() != Some(&parent))
}

/// The canonical form of a path that is a symbolic link.
pub(crate) fn link_target(path: &Path) -> Option<PathBuf> {
    let metadata = path.symlink_metadata().ok()?;
    if metadata.is_symlink() {
        path.canonicalize().ok()
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::super::input::Framing;
    use super::super::read_buffer::ReadBuffer;
    use super::super::tail_file::ReadTotals;
    use super::*;

    fn open(path: &Path) -> TailFile {
        TailFile::open(path, Framing::Plain).expect("opened")
    }

    /// The position of a process that has read a file with this text to its end.
    fn position_after(path: &Path, text: &str) -> FilePosition {
        std::fs::write(path, text).expect("written");
        let mut file = open(path);
        let (buffer, totals) = (&mut ReadBuffer::new(100), &mut ReadTotals::default());
        let read = file.read(usize::MAX, buffer, totals, &mut |_| {});
        read.expect("read");
        file.position(path, FileState::Live)
    }

    fn log_with(positions: &[FilePosition]) -> FollowedLog {
        let mut log = FollowedLog::new(positions[0].path.clone(), false);
        log.restore(positions.to_vec());
        log
    }

    #[test]
    fn the_names_that_files_of_a_log_are_given_are_remembered() {
        let mut log = FollowedLog::new("/logs/mail.log".into(), false);
        log.target = Some("/data/mail".into());
        for (from, to, names) in [
            ("/logs/x", "/logs/y", &[][..]),
            ("/logs/mail.log", "/logs/1", &["/logs/1"][..]),
            ("/logs/x", "/logs/y", &["/logs/1"]),
            ("/data/mail", "/data/1", &["/logs/1", "/data/1"]),
            ("/logs/1", "/logs/2", &["/data/1", "/logs/2"]),
            // It is at its path again.
            ("/logs/2", "/logs/mail.log", &["/data/1"]),
        ] {
            log.check_missed = false;
            let is_own = log.note_rename(Path::new(from), Path::new(to));
            assert_eq!(is_own, from != "/logs/x", "{from}");
            assert!(log.renamed_to.iter().eq(names.iter().map(Path::new)));
            assert_eq!(log.check_missed, is_own && to != "/logs/mail.log");
        }
    }

    #[test]
    fn a_log_is_idle_only_if_nothing_of_it_is_open_or_left_to_read() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("mail.log");
        let position = position_after(&path, "one\n");
        let idle = || {
            let mut log = FollowedLog::new(path.clone(), false);
            log.due = false;
            log
        };
        assert!(idle().is_idle());
        let mut logs = [(); 5].map(|()| idle());
        logs[0].due = true;
        logs[1].live = Some(open(&path));
        logs[2].live = Some(open(&path));
        logs[2].evict();
        logs[3].rotated.push(open(&path));
        logs[4].pending_resume.push(position);
        assert_eq!(logs.map(|log| log.is_idle()), [false; 5]);
    }

    #[test]
    fn a_log_that_was_read_to_its_end_is_opened_again_only_if_it_may_have_changed() {
        let folder = tempfile::tempdir().expect("a folder");
        let position = position_after(&folder.path().join("mail.log"), "one\n");
        let mut log = log_with(std::slice::from_ref(&position));
        assert!(log.restore_unchanged() && log.pending_resume.is_empty());
        let evicted = log.evicted.map(|it| (it.position.offset, it.lag));
        assert_eq!(evicted, Some((4, 0)));

        let mut identity = position.identity;
        identity.inode += 1;
        let (offset, modified) = (2, FileTime::default());
        let state = FileState::Rotated;
        let base = || position.clone();
        for positions in [
            vec![FilePosition { offset, ..base() }],
            vec![FilePosition { modified, ..base() }],
            vec![FilePosition { identity, ..base() }],
            vec![FilePosition { state, ..base() }],
            // Only its inode, which may be another file's by now, tells that it is the same.
            vec![position_after(&folder.path().join("empty.log"), "")],
            vec![FilePosition { state, ..base() }, base()],
        ] {
            let mut log = log_with(&positions);
            assert!(!log.restore_unchanged() && log.evicted.is_none());
            assert_eq!(log.pending_resume.len(), positions.len());
        }
    }

    #[test]
    fn only_a_link_has_a_target() {
        let folder = tempfile::tempdir().expect("a folder");
        let folder = folder.path().canonicalize().expect("a folder");
        let (file, near, far) = (
            folder.join("file"),
            folder.join("near"),
            folder.join("sub/far"),
        );
        std::fs::create_dir(folder.join("sub")).expect("a folder");
        std::fs::write(&file, "").expect("written");
        for link in [&near, &far] {
            std::os::unix::fs::symlink(&file, link).expect("a link");
        }
        let dangling = folder.join("dangling");
        std::os::unix::fs::symlink("nothing", &dangling).expect("a link");
        let expected = [None, Some(file.clone()), Some(file.clone()), None, None];
        let missing = folder.join("missing");
        let paths = [&file, &near, &far, &dangling, &missing];
        assert_eq!(paths.map(|path| link_target(path)), expected);
        let expected = [None, None, Some(file.clone()), None, None];
        assert_eq!(paths.map(|path| target_elsewhere(path)), expected);
    }
}
