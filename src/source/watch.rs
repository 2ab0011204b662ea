//! File events, as hints about where to look: what is read never depends on them.
//!
//! They stand apart from the sources because events are the one thing here that comes from other
//! threads. `notify` calls back on its own thread; a second thread sets the watches, because that
//! waits for the first one, and reading must wait for neither.

use std::collections::{HashMap, HashSet};
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use notify::event::ModifyKind;
use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher as _};
use tracing::{debug, warn};

use super::Wake;

/// How long the callback rests after a write. The kernel merges equal events that nobody has
/// fetched, so a log that is written line by line costs some fifty wake-ups a second, not
/// thousands.
const REST: Duration = Duration::from_millis(20);
/// How long events are taken without a rest, so that those of many files, which do not merge, are
/// all fetched.
const AWAKE: Duration = Duration::from_micros(500);
/// How many paths are told apart; beyond, everything is looked at.
const MOST_PATHS: usize = 256;

/// What happened since somebody last asked.
#[derive(Debug, Default)]
pub struct Hints {
    /// Paths at which something happened.
    pub paths: HashSet<PathBuf>,
    /// So much happened, or so unclear, that everything has to be looked at.
    pub everything: bool,
}

/// Watches directories.
///
/// Without it, or where the system has no events to give, everything is found a little later by
/// looking from time to time.
pub struct Watcher {
    hints: Arc<Mutex<Hints>>,
    wanted: Sender<Vec<PathBuf>>,
}

impl Watcher {
    /// Starts watching nothing. `wake` is called from another thread when there are hints after
    /// there were none.
    ///
    /// # Errors
    ///
    /// If no thread can be started.
    pub fn start(wake: Wake) -> std::io::Result<Self> {
        let hints = Arc::new(Mutex::new(Hints::default()));
        let (wanted, orders) = channel();
        let mut callback = Callback {
            hints: Arc::clone(&hints),
            wake,
            rested: Instant::now(),
        };
        match notify::recommended_watcher(move |event| callback.handle(event)) {
            Ok(watcher) => {
                std::thread::Builder::new()
                    .name("watch".into())
                    .spawn(move || keep(watcher, &orders))?;
            }
            Err(error) => warn!(%error, "no file events, looking from time to time instead"),
        }
        Ok(Watcher { hints, wanted })
    }

    /// Sets the directories to watch; those that do not exist are tried again at the next call.
    pub fn watch(&self, directories: Vec<PathBuf>) {
        // Nobody listens if there are no events to be had.
        let _ = self.wanted.send(directories);
    }

    /// What happened since the last call.
    pub fn take(&self) -> Hints {
        std::mem::take(&mut *self.hints.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Keeps the watches in line with what is wanted.
fn keep(mut watcher: RecommendedWatcher, orders: &Receiver<Vec<PathBuf>>) {
    // With the identity of each directory, because a path can come to mean another one.
    let mut watched: HashMap<PathBuf, (u64, u64)> = HashMap::new();
    while let Ok(mut wanted) = orders.recv() {
        while let Ok(newer) = orders.try_recv() {
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
                // It may be gone, and its watch with it.
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
    /// When the last rest ended.
    rested: Instant,
}

impl Callback {
    fn handle(&mut self, event: notify::Result<Event>) {
        let (paths, written) = match &event {
            // Reading a log is an event too; taking it for news would never end.
            Ok(event) if event.kind.is_access() && !event.need_rescan() => return,
            Ok(event) if event.need_rescan() => (None, false),
            Ok(event) => {
                let written = matches!(event.kind, EventKind::Modify(ModifyKind::Data(_)));
                (Some(event.paths.as_slice()), written)
            }
            Err(_) => (None, false),
        };
        self.tell(paths);
        if written && self.rested.elapsed() > AWAKE {
            std::thread::sleep(REST);
            self.rested = Instant::now();
        }
    }

    fn tell(&self, paths: Option<&[PathBuf]>) {
        let mut hints = self.hints.lock().unwrap_or_else(PoisonError::into_inner);
        let first = hints.paths.is_empty() && !hints.everything;
        match paths {
            Some(paths) if hints.paths.len() < MOST_PATHS => {
                for path in paths {
                    if !hints.paths.contains(path) {
                        hints.paths.insert(path.clone());
                    }
                }
            }
            _ => hints.everything = true,
        }
        drop(hints);
        if first {
            (self.wake)();
        }
    }
}
