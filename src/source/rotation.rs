//! Follows the paths of logs through rotation: decides which file is which when a path leads to
//! another one.
//!
//! A writer may go on writing to a file after it was rotated. So the file stays open, as rotated,
//! until nothing can be writing to it any more, while the new file is opened too.

use std::io;

use tracing::{info, warn};

use super::directories::Freshness;
use super::followed_log::{FollowedLog, link_target, target_elsewhere};
use super::identity::{FileStat, FileTime, HEAD_BYTES};
use super::input::Framing;
use super::interface::Rotations;
use super::log_set::LogSet;
use super::position::{FilePosition, FileState};
use super::read_buffer::ReadBuffer;
use super::rotated_files;
use super::rotated_places::RotatedPlaces;
use super::rotation_search::{Found, MAX_MISSED, Query, RotationSearch, drop_copies};
use super::tail_file::TailFile;

/// After how many logs the clock is read: what is done for a few of them is never interrupted.
pub(crate) const LOGS_PER_CLOCK: usize = 16;

/// The logs of a source, and their rotations.
pub(crate) struct RotationTracker {
    pub logs: LogSet,
    pub framing: Framing,
    pub rotations: Rotations,
    /// Positions whose files were not found.
    pub positions_lost: u64,
    pub places: RotatedPlaces,
    /// Whether a log has positions whose files have to be found before anything else is read.
    pub resume_pending: bool,
    /// The log with which [`RotationTracker::resume_all`] continues.
    next_resume: usize,
    /// Whether the files of some positions could not be searched.
    resume_failed: bool,
    /// Whether files were opened, rotated or closed since the last read.
    pub changed: bool,
}

impl RotationTracker {
    pub fn new(framing: Framing) -> Self {
        RotationTracker {
            logs: LogSet::default(),
            framing,
            rotations: Rotations::default(),
            positions_lost: 0,
            places: RotatedPlaces::default(),
            resume_pending: true,
            next_resume: 0,
            resume_failed: false,
            changed: false,
        }
    }

    /// Opens the file that the path of a log leads to. If that fails, the error is logged, and the
    /// log has no live file.
    pub fn open_live(&mut self, at: usize, buffer: &mut ReadBuffer) {
        self.logs.make_room();
        let mut file = match self.open_and_seek(at, buffer) {
            Ok(file) => file,
            Err(error) => {
                let log = self.logs.get_mut(at);
                log.duplicate_of = None;
                // A file that does not exist yet will be new when it is created.
                log.start_at_end &= error.kind() != io::ErrorKind::NotFound;
                log.set_error(&error);
                self.begin(at, FileTime::default());
                return;
            }
        };
        let identity = file.identity();
        let log = self.logs.get_mut(at);
        // A rotated file may have been renamed back.
        let renamed_back = log.rotated.iter().position(|it| it.identity() == identity);
        if let Some(rotated) = renamed_back {
            file = log.rotated.remove(rotated);
        }
        let is_open = self.logs.holds(identity);
        let log = self.logs.get_mut(at);
        log.start_at_end = false;
        log.clear_error();
        if is_open {
            if log.duplicate_of.replace(identity).is_none() {
                info!(path = %log.path.display(), "log is read under another of its names");
            }
            return;
        }
        self.set_live(at, file);
    }

    /// Opens the file that the path leads to, and seeks to where reading begins.
    fn open_and_seek(&mut self, at: usize, buffer: &mut ReadBuffer) -> io::Result<TailFile> {
        let log = self.logs.get(at);
        let mut file = TailFile::open(&log.path, self.framing)?;
        if let Some(position) = self.earlier_position(at, &mut file)? {
            file.resume(&position);
            let log = self.logs.get_mut(at);
            log.finished.retain(|finished| *finished != position);
        } else if log.start_at_end {
            file.seek_end(buffer)?;
        }
        Ok(file)
    }

    fn set_live(&mut self, at: usize, mut file: TailFile) {
        let log = self.logs.get_mut(at);
        info!(
            path = %log.path.display(), inode = file.inode(), position = file.offset(),
            "reading log"
        );
        file.target = link_target(&log.path);
        log.duplicate_of = None;
        log.clear_error();
        let modified = file.modified();
        log.live = Some(file);
        self.changed = true;
        let target = target_elsewhere(&log.path);
        self.logs.set_target(at, target);
        self.logs.note_files(at);
        self.begin(at, modified);
    }

    /// Before the first look at a path: none of the rotated files that exist by now are read. `modified` is when the
    /// live file was last written to.
    fn begin(&mut self, at: usize, modified: FileTime) {
        if self.logs.get(at).horizon.is_some() {
            return;
        }
        let horizon = modified.max(FileTime::before_now());
        let places = self.places.of(self.logs.get(at));
        // What is created meanwhile belongs to the present, and is read.
        let recent = (&self.places.directories, Freshness::Recent);
        let listed = rotated_files::list(&places, recent, std::iter::empty()).unwrap_or_default();
        let new = listed.oldest_first().filter(|it| it.may_begin_at(horizon));
        let log = self.logs.get_mut(at);
        log.ignored = new.cloned().collect();
        log.horizon = Some(horizon);
    }

    /// Where reading stopped in a file that this log has read before, or that is an exact copy of such
    /// a file.
    fn earlier_position(&self, at: usize, file: &mut TailFile) -> io::Result<Option<FilePosition>> {
        let log = self.logs.get(at);
        if log.finished.is_empty() && log.rotated.is_empty() {
            return Ok(None);
        }
        let head = file.head_bytes()?;
        let rotated = log
            .rotated
            .iter()
            .map(|rotated| rotated.position(&log.path, FileState::Rotated));
        let mut earlier = log.finished.iter().rev().cloned().chain(rotated);
        Ok(earlier.find(|position| {
            // A short head may be that of any log.
            let is_distinctive =
                position.identity == file.identity() || position.head.len as usize == HEAD_BYTES;
            is_distinctive && position.head.len > 0 && file.matches(&head, position)
        }))
    }

    /// Searches for files that were created and rotated and were never read, if that is to be checked. Returns
    /// whether there are any.
    pub fn find_missed(&mut self, at: usize) -> bool {
        let log = self.logs.get_mut(at);
        if !log.check_missed
            || log
                .live
                .as_ref()
                .is_some_and(|it| it.is_at(&log.path).is_ok_and(|is_at| !is_at))
        {
            // The path leads to another file: that is opened first, or a copy of it would seem to be missed.
            return false;
        }
        // Until the path leads to a file, more may follow without another event.
        log.check_missed = log.live.is_none() && log.duplicate_of.is_none();
        let live_head = log.live.as_mut().and_then(|file| file.head_bytes().ok());
        let query = Query {
            live_head: &live_head.unwrap_or_default(),
            missed: true,
            ..Query::default()
        };
        // That a directory cannot be listed was logged when its file could not be opened.
        self.search(at, query)
            .is_ok_and(|found| self.add_missed(at, found.missed))
    }

    fn search(&mut self, at: usize, query: Query<'_>) -> io::Result<Found> {
        let places = self.places.of(self.logs.get(at));
        let is_open = |identity| self.logs.holds(identity);
        let places = (&places[..], &self.places.directories);
        let mut found =
            RotationSearch::new(self.logs.get(at), self.framing, &is_open, places, query).run()?;
        let log = self.logs.get_mut(at);
        drop_copies(
            &mut found.missed,
            log.rotated.iter_mut().chain(&mut log.live),
        );
        Ok(found)
    }

    fn add_missed(&mut self, at: usize, missed: Vec<TailFile>) -> bool {
        let log = self.logs.get_mut(at);
        for file in &missed {
            let (path, inode) = (log.path.display(), file.inode());
            info!(%path, inode, "log was rotated more than once, reading all of its files");
            self.rotations.renamed += 1;
        }
        let any = !missed.is_empty();
        self.changed |= any;
        // Too many to be open at a time: the others are searched when these are read.
        log.check_missed |= missed.len() == MAX_MISSED;
        log.rotated.extend(missed);
        self.logs.note_files(at);
        any
    }

    /// Removes logs. Returns whether any was removed.
    pub fn retain(&mut self, keep: impl FnMut(&FollowedLog) -> bool) -> bool {
        let removed = self.logs.retain(keep);
        if removed {
            self.next_resume = 0;
        }
        removed
    }

    /// Compares the live file with the one that the path leads to now. If they differ, the live file
    /// becomes a rotated one. Returns whether it did.
    pub fn detect_rotation(&mut self, at: usize) -> bool {
        let log = self.logs.get_mut(at);
        let Some(live) = &log.live else {
            return false;
        };
        match live.is_at(&log.path) {
            Ok(true) => {
                log.clear_error();
                return false;
            }
            Err(error) => {
                log.set_error(&error);
                return false;
            }
            Ok(false) => {}
        }
        if let Some(mut live) = log.live.take() {
            // Its directory is searched from now on.
            let moved_to = live.moved_from(&log.path);
            live.target = moved_to.or(live.target);
            let (kind, count) = if live.has_name() {
                ("renamed", &mut self.rotations.renamed)
            } else {
                ("replaced", &mut self.rotations.replaced)
            };
            *count += 1;
            info!(path = %log.path.display(), kind, "log was rotated");
            log.rotated.push(live);
            log.check_missed = true;
            self.changed = true;
            self.logs.note_files(at);
        }
        true
    }

    /// Goes back to the beginning of a live file that was emptied, and reads the rest of its old
    /// content from a copy, if there is one.
    pub fn restart_truncated(&mut self, at: usize) {
        let log = self.logs.get_mut(at);
        let Some(live) = &mut log.live else {
            return;
        };
        let position = live.position(&log.path, FileState::Live);
        let unread = live.lag();
        live.restart();
        log.check_missed = true;
        self.rotations.truncated += 1;
        self.changed = true;
        let query = Query {
            wanted: std::slice::from_ref(&position),
            ..Query::default()
        };
        let found = self.search(at, query).unwrap_or_default();
        let log = self.logs.get_mut(at);
        let path = log.path.display();
        match found.files.into_iter().flatten().next() {
            Some(mut copy) => {
                info!(%path, kind = "truncated", position = position.offset, "log was rotated");
                copy.complete = true;
                log.rotated.push(copy);
                self.logs.note_files(at);
            }
            None => {
                self.positions_lost += u64::from(unread > 0);
                warn!(
                    %path, kind = "truncated", position = position.offset,
                    "log was emptied and no copy of it was found, what was not read is lost"
                );
            }
        }
    }

    /// Has an evicted file opened again if it has changed, or the path no longer leads to it.
    pub fn check_evicted(&mut self, at: usize) {
        let log = self.logs.get_mut(at);
        let Some(evicted) = &log.evicted else {
            return;
        };
        match std::fs::metadata(&log.path) {
            Ok(metadata) if Some(FileStat::of(&metadata)) == evicted.read_as => {}
            Err(error) if error.kind() != io::ErrorKind::NotFound => log.set_error(&error),
            _ => {
                // The caller has them found.
                log.pending_resume
                    .extend(log.evicted.take().map(|it| it.position));
            }
        }
    }
}

#[path = "rotation_resume.rs"]
mod resuming;
