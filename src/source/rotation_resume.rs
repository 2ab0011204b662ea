//! Continues where reading stopped, in this or another process: finds the files of saved positions.

use std::time::Instant;

use tracing::{debug, info, warn};

use super::{LOGS_PER_CLOCK, RotationTracker};
use crate::source::followed_log::target_elsewhere;
use crate::source::identity::Identity;
use crate::source::position::{FilePosition, FileState};
use crate::source::resume;
use crate::source::tail_file::TailFile;

impl RotationTracker {
    /// Finds the files of all pending positions, before any path is opened: it may lead to a file
    /// that another path has led to. Returns whether it is done; otherwise it was interrupted at `deadline`.
    pub fn resume_all(&mut self, deadline: Instant) -> bool {
        if !self.resume_pending {
            return true;
        }
        while self.next_resume < self.logs.len() {
            self.resume(self.next_resume);
            self.next_resume += 1;
            if self.next_resume.is_multiple_of(LOGS_PER_CLOCK) && Instant::now() > deadline {
                return false;
            }
        }
        self.next_resume = 0;
        self.resume_pending = false;
        true
    }

    /// Has the positions tried again whose files could not be searched.
    pub fn retry_resume(&mut self) {
        self.resume_pending |= std::mem::take(&mut self.resume_failed);
    }

    /// Finds the files of a log's pending positions, and continues in them. If that fails, the error
    /// is logged, and they stay pending.
    pub fn resume(&mut self, at: usize) {
        if self.logs.get(at).pending_resume.is_empty() {
            return;
        }
        if !self.logs.has_room() && self.logs.get_mut(at).restore_unchanged() {
            let target = target_elsewhere(&self.logs.get(at).path);
            self.logs.set_target(at, target);
            self.logs.note_files(at);
            return;
        }
        self.logs.make_room();
        let places = self.places.of(self.logs.get(at));
        let is_open = |identity| self.logs.holds(identity);
        let places = (&places[..], &self.places.directories);
        let found = match resume::find(self.logs.get(at), self.framing, &is_open, places) {
            Ok(found) => found,
            Err(error) => {
                self.resume_failed = true;
                return self.logs.get_mut(at).set_error(&error);
            }
        };
        let log = self.logs.get_mut(at);
        for position in log.pending_resume.drain(..) {
            debug!(
                path = %log.path.display(), inode = position.identity.inode,
                position = position.offset, head = position.head.len, state = ?position.state,
                "reading stopped here"
            );
        }
        self.changed = true;
        let live = found.live.as_ref().map(TailFile::identity);
        let files = found.rotated.iter().filter_map(|it| it.1.as_ref());
        let files: Vec<Identity> = files.map(TailFile::identity).collect();
        for (position, file) in found.rotated {
            // Otherwise it is the copy of another one.
            if file.is_some() || !files.contains(&position.identity) {
                self.add_resumed(at, &position, file, live);
            }
        }
        let log = self.logs.get_mut(at);
        log.start_at_end = false;
        // Until it is opened, the path may lead to yet another file.
        log.check_missed = !found.is_live_resumed;
        self.add_missed(at, found.missed);
        if let Some(file) = found.live
            && found.is_live_resumed
            && !self.logs.holds(file.identity())
        {
            self.set_live(at, file);
        }
    }

    /// Adds the rotated file of a position, if it was found. `live` is the file that the path leads
    /// to.
    fn add_resumed(
        &mut self,
        at: usize,
        position: &FilePosition,
        file: Option<TailFile>,
        live: Option<Identity>,
    ) {
        let log = self.logs.get_mut(at);
        let path = log.path.display();
        let Some(mut file) = file else {
            // A file that was empty is among the missed ones if anything was written to it.
            if position.head.len > 0 {
                self.positions_lost += 1;
                warn!(
                    %path, position = position.offset,
                    "cannot find the file in which reading stopped, the rest of it is lost"
                );
            }
            return;
        };
        file.target.clone_from(&position.target);
        // The file itself was emptied, and this is its copy.
        let is_copy = live == Some(position.identity);
        file.complete |= is_copy;
        if position.state == FileState::Live {
            if is_copy {
                self.rotations.truncated += 1;
            } else {
                self.rotations.renamed += 1;
            }
            info!(
                %path, inode = file.inode(), position = position.offset,
                "log was rotated since it was last read"
            );
        }
        log.rotated.push(file);
        self.logs.note_files(at);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::source::followed_log::FollowedLog;
    use crate::source::input::Framing;

    #[test]
    fn search_for_many_positions_is_interrupted_at_the_deadline_and_continued() {
        let mut tracker = RotationTracker::new(Framing::Plain);
        for number in 0..LOGS_PER_CLOCK + 4 {
            let path = format!("/nonexistent/{number}.log").into();
            tracker.logs.push(FollowedLog::new(path, false));
        }
        let (past, future) = (Instant::now(), Instant::now() + Duration::from_secs(3600));
        assert!(!tracker.resume_all(past));
        // A few logs are never interrupted, however late it is.
        assert_eq!(tracker.next_resume, LOGS_PER_CLOCK);
        assert!(tracker.resume_all(past) && !tracker.resume_pending);
        tracker.resume_pending = true;
        assert!(tracker.resume_all(future) && !tracker.resume_pending);
        assert!(tracker.resume_all(past), "there is nothing to do");
    }
}
