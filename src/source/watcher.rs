//! File events, as hints about which files to check. Correctness never depends on them.
//!
//! `notify` calls back on a thread of its own. A second thread adds and removes watches, because that
//! waits for the first one, and reading must wait for neither.

use std::collections::{HashMap, HashSet};
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use notify::event::{ModifyKind, RenameMode};
use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher as _};
use tracing::{debug, warn};

use super::interface::Wake;

/// How long the callback pauses after a write. The kernel merges equal events in the meantime, so a
/// log that is written line by line causes some fifty wake-ups a second, not thousands.
const PAUSE: Duration = Duration::from_millis(20);
/// How long events are taken without a pause, so that the events of many files, which are not merged,
/// are all fetched.
const PAUSE_AFTER: Duration = Duration::from_micros(500);
/// How many paths are collected; with more, everything is checked.
const MAX_PATHS: usize = 256;

/// How many renames are collected. Without them, files are found by their names.
const MAX_RENAMES: usize = 4096;

/// What has changed since [`Watcher::take`] was called last.
#[derive(Debug, Default)]
pub struct Hints {
    /// Paths that have changed.
    pub paths: HashSet<PathBuf>,
    /// Files that were renamed, from and to, in their order.
    pub renames: Vec<(PathBuf, PathBuf)>,
    /// Whether everything has to be checked: too much has changed, or the event was unspecific.
    pub all: bool,
}

/// Watches directories.
///
/// Where the system provides no file events, changes are found a little later by polling.
pub struct Watcher {
    hints: Arc<Mutex<Hints>>,
    directories: Sender<Vec<PathBuf>>,
}

impl Watcher {
    /// A watcher without directories. `wake` is called from another thread with the first hint after
    /// [`Watcher::take`].
    ///
    /// # Errors
    ///
    /// If a thread cannot be started.
    pub fn start(wake: Wake) -> std::io::Result<Self> {
        let hints = Arc::new(Mutex::new(Hints::default()));
        let (directories, updates) = channel();
        let mut callback = Callback {
            hints: Arc::clone(&hints),
            wake,
            paused: Instant::now(),
        };
        match notify::recommended_watcher(move |event| callback.handle(event)) {
            Ok(watcher) => {
                std::thread::Builder::new()
                    .name("watch".into())
                    .spawn(move || update_watches(watcher, &updates))?;
            }
            Err(error) => warn!(%error, "file events are not available, polling instead"),
        }
        Ok(Watcher { hints, directories })
    }

    /// Sets the directories to watch. Those that do not exist are tried again by the next call.
    pub fn watch(&self, directories: Vec<PathBuf>) {
        // The receiver was dropped if file events are not available.
        let _ = self.directories.send(directories);
    }

    /// What has changed since the last call.
    pub fn take(&self) -> Hints {
        std::mem::take(&mut *self.hints.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Adds and removes watches with every update.
fn update_watches(mut watcher: RecommendedWatcher, updates: &Receiver<Vec<PathBuf>>) {
    // With device and inode, because a path may lead to another directory later.
    let mut watched: HashMap<PathBuf, (u64, u64)> = HashMap::new();
    while let Ok(mut wanted) = updates.recv() {
        while let Ok(newer) = updates.try_recv() {
            wanted = newer;
        }
        let wanted: HashMap<PathBuf, Option<(u64, u64)>> = wanted
            .into_iter()
            .map(|path| {
                let identity = std::fs::metadata(&path).ok().map(|m| (m.dev(), m.ino()));
                (path, identity)
            })
            .collect();
        watched.retain(|path, identity| {
            let stays = wanted.get(path) == Some(&Some(*identity));
            if !stays {
                debug!(directory = %path.display(), "no longer watching");
                // The directory may be gone, and its watch with it.
                let _ = watcher.unwatch(path);
            }
            stays
        });
        for (path, identity) in wanted {
            let Some(identity) = identity else { continue };
            if watched.contains_key(&path) {
                continue;
            }
            match watcher.watch(&path, RecursiveMode::NonRecursive) {
                Ok(()) => {
                    debug!(directory = %path.display(), "watching");
                    watched.insert(path, identity);
                }
                Err(error) => debug!(directory = %path.display(), %error, "cannot watch"),
            }
        }
    }
}

struct Callback {
    hints: Arc<Mutex<Hints>>,
    wake: Wake,
    /// When the last pause ended.
    paused: Instant,
}

impl Callback {
    fn handle(&mut self, event: notify::Result<Event>) {
        let (paths, written) = match &event {
            // Reading a log is an event too, and would cause another read.
            Ok(event) if event.kind.is_access() && !event.need_rescan() => return,
            Ok(event) if event.need_rescan() => (None, false),
            Ok(event) => {
                let written = matches!(event.kind, EventKind::Modify(ModifyKind::Data(_)));
                (Some(event.paths.as_slice()), written)
            }
            Err(_) => (None, false),
        };
        let is_rename = event
            .as_ref()
            .is_ok_and(|event| event.kind == EventKind::Modify(ModifyKind::Name(RenameMode::Both)));
        self.add_hint(paths, is_rename);
        if written && self.paused.elapsed() > PAUSE_AFTER {
            std::thread::sleep(PAUSE);
            self.paused = Instant::now();
        }
    }

    fn add_hint(&self, paths: Option<&[PathBuf]>, is_rename: bool) {
        let mut hints = self.hints.lock().unwrap_or_else(PoisonError::into_inner);
        let first = hints.paths.is_empty() && !hints.all && hints.renames.is_empty();
        if let Some([from, to]) = paths
            && is_rename
            && hints.renames.len() < MAX_RENAMES
        {
            hints.renames.push((from.clone(), to.clone()));
        }
        match paths {
            Some(paths) if hints.paths.len() < MAX_PATHS => {
                for path in paths {
                    if !hints.paths.contains(path) {
                        hints.paths.insert(path.clone());
                    }
                }
            }
            _ => hints.all = true,
        }
        drop(hints);
        if first {
            (self.wake)();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use notify::event::{AccessKind, Flag};

    use super::*;

    fn event(kind: EventKind, paths: &[&str]) -> Event {
        let event = Event::new(kind);
        paths
            .iter()
            .fold(event, |event, path| event.add_path(path.into()))
    }

    #[test]
    fn events_become_hints_and_the_first_one_wakes_the_reader() {
        let modified = EventKind::Modify(ModifyKind::Any);
        let renamed = EventKind::Modify(ModifyKind::Name(RenameMode::Both));
        let read = EventKind::Access(AccessKind::Any);
        let incomplete = |kind| event(kind, &["/a"]).set_flag(Flag::Rescan);
        let change = |path| Ok(event(modified, &[path]));
        let many: Vec<String> = (0..=MAX_PATHS).map(|n| format!("/{n}")).collect();
        let (a, b, c) = ("/a", "/b", "/c");
        let rename = |from, to| Ok(event(renamed, &[from, to]));
        // Events, how often the reader is woken, and how many paths, renames, and whether everything is to be checked.
        for (events, expected) in [
            (vec![change(a), change(b), change(a)], (1, 2, 0, false)),
            (vec![rename(a, b), rename(b, c)], (1, 3, 2, false)),
            (vec![Ok(event(read, &[a]))], (0, 0, 0, false)),
            (vec![Ok(incomplete(read)), change(a)], (1, 1, 0, true)),
            (vec![Ok(incomplete(modified))], (1, 0, 0, true)),
            (vec![Err(notify::Error::generic("lost"))], (1, 0, 0, true)),
            (
                many.iter().map(|path| change(path)).collect(),
                (1, MAX_PATHS, 0, true),
            ),
        ] {
            let (wake, woken) = channel();
            let hints = Arc::new(Mutex::new(Hints::default()));
            let (directories, _updates) = channel();
            let watcher = Watcher {
                hints: Arc::clone(&hints),
                directories,
            };
            let mut callback = Callback {
                hints,
                wake: Arc::new(move || wake.send(()).expect("a receiver")),
                paused: Instant::now(),
            };
            let count = events.len();
            events.into_iter().for_each(|event| callback.handle(event));
            let hints = watcher.take();
            let wakes = woken.try_iter().count();
            let found = (wakes, hints.paths.len(), hints.renames.len(), hints.all);
            assert_eq!(found, expected, "{count} events");
            // They are told once, and the next one wakes again.
            let hints = watcher.take();
            assert!(hints.paths.is_empty() && hints.renames.is_empty() && !hints.all);
            callback.handle(change(c));
            assert_eq!(woken.try_iter().count(), 1);
            assert!(watcher.take().paths.iter().eq([Path::new(c)]));
        }
    }
}
