//! Nothing is shown before it is durable.
//!
//! A counter that was scraped and is lower after a restart looks like a reset, and Prometheus adds
//! its whole value again. So a view goes to whoever asked for it only when a snapshot of the same
//! moment is on the disk. Writing waits for the disk, and reading must not: so it has a thread of
//! its own, which also answers. This stands apart from the engine's loop because it is the one place
//! that decides what may be seen.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tokio::sync::oneshot;
use tracing::{info, warn};

use super::Request;
use crate::metrics::{Image, StateStats, View};
use crate::parse::Memory;
use crate::state::{Snapshot, SourceState, State, Store};

/// How often a snapshot is written while something changes, whether somebody asks or not; and how
/// soon after a failure it is tried again.
const INTERVAL: Duration = Duration::from_secs(1);

/// How long a viewer waits for the disk before it gets what was durable before.
const PATIENCE: Duration = Duration::from_secs(1);

/// Somebody who wants to see.
pub(super) type Viewer = oneshot::Sender<Arc<View>>;

/// One moment, to be written and then shown.
struct Job {
    view: View,
    sources: Vec<SourceState>,
    memory: Memory,
    viewers: Vec<Viewer>,
}

/// What became of a job.
pub(super) struct Written {
    /// What may be shown now, if it was written.
    view: Option<Arc<View>>,
    /// Those who still wait if it was not.
    viewers: Vec<Viewer>,
}

/// Decides what may be seen.
pub(super) struct Keeper {
    /// To the writing thread; `None` if nothing is kept.
    jobs: Option<Sender<Job>>,
    writing: bool,
    /// What was durable last. Only if something is kept.
    shown: Option<Arc<View>>,
    /// Whether something has happened since the last job.
    changed: bool,
    /// When the last job began.
    begun: Instant,
    waiting: Vec<(Viewer, Instant)>,
    stats: StateStats,
    /// Whether the last attempt failed; told once.
    failing: bool,
}

impl Keeper {
    /// A keeper that writes to what `state` opened, where `before` is the newest snapshot. `results`
    /// is where the writing thread reports.
    pub fn start(
        state: State,
        before: Option<&Snapshot>,
        results: Sender<Request>,
    ) -> std::io::Result<Self> {
        let stats = StateStats {
            kept: state.store.is_some(),
            last_write: before.map(|snapshot| snapshot.taken),
            errors: u64::from(state.failed) + before.map_or(0, |snapshot| snapshot.write_errors),
        };
        let jobs = match state.store {
            Some(store) => {
                let (jobs, orders) = channel();
                std::thread::Builder::new()
                    .name("state".into())
                    .spawn(move || write(store, stats, &orders, &results))?;
                Some(jobs)
            }
            None => None,
        };
        Ok(Keeper {
            jobs,
            writing: false,
            shown: None,
            changed: true,
            begun: Instant::now(),
            waiting: Vec::new(),
            stats,
            failing: false,
        })
    }

    /// How the state does, for a view.
    pub fn stats(&self) -> StateStats {
        self.stats
    }

    /// Something was counted, or a position has moved.
    pub fn note_change(&mut self) {
        self.changed = true;
    }

    /// Somebody asks.
    pub fn ask(&mut self, viewer: Viewer) {
        self.waiting.push((viewer, Instant::now()));
    }

    /// Whether somebody waits who can be served now.
    pub fn is_asked(&self) -> bool {
        !self.waiting.is_empty() && !self.writing
    }

    /// Whether a snapshot is due without anybody asking.
    pub fn is_due(&self) -> bool {
        self.jobs.is_some() && !self.writing && self.changed && self.begun.elapsed() >= INTERVAL
    }

    /// When the keeper wants to be looked at again, if it does.
    pub fn deadline(&self) -> Option<Instant> {
        let patience = self.waiting.first().map(|(_, since)| *since + PATIENCE);
        let due =
            (self.jobs.is_some() && !self.writing && self.changed).then(|| self.begun + INTERVAL);
        patience.into_iter().chain(due).min()
    }

    /// Shows a moment to all who wait, once it is durable. What has not changed is durable already.
    pub fn show(&mut self, view: View, kept: impl FnOnce() -> (Vec<SourceState>, Memory)) {
        let viewers = self.waiting.drain(..).map(|(viewer, _)| viewer);
        match &self.jobs {
            Some(jobs) if self.changed => {
                let (sources, memory) = kept();
                let job = Job {
                    view,
                    sources,
                    memory,
                    viewers: viewers.collect(),
                };
                self.changed = false;
                self.begun = Instant::now();
                // The thread lives as long as its orders.
                self.writing = jobs.send(job).is_ok();
            }
            _ => {
                let view = Arc::new(view);
                viewers.for_each(|viewer| answer(viewer, &view));
                self.shown = Some(view);
            }
        }
    }

    /// Takes note of what became of the last job.
    pub fn written(&mut self, written: Written) {
        self.writing = false;
        match written.view {
            Some(view) => {
                self.stats = view.state;
                self.shown = Some(view);
                if std::mem::take(&mut self.failing) {
                    info!("state is written again");
                }
            }
            None => {
                self.changed = true;
                self.failing = true;
                self.stats.errors += 1;
                let viewers = written.viewers.into_iter();
                let waiting = self.waiting.drain(..).map(|(viewer, _)| viewer);
                let viewers: Vec<Viewer> = viewers.chain(waiting).collect();
                self.show_durable(viewers);
            }
        }
    }

    /// Those who have waited too long get what was durable before.
    pub fn lose_patience(&mut self) {
        let late = self
            .waiting
            .iter()
            .take_while(|(_, since)| since.elapsed() >= PATIENCE)
            .count();
        let late: Vec<Viewer> = self
            .waiting
            .drain(..late)
            .map(|(viewer, _)| viewer)
            .collect();
        self.show_durable(late);
    }

    fn show_durable(&mut self, viewers: Vec<Viewer>) {
        if viewers.is_empty() {
            return;
        }
        // It is there from the start on, by `begin_with`.
        if let Some(shown) = &mut self.shown {
            if shown.state != self.stats {
                Arc::make_mut(shown).state = self.stats;
            }
            let shown = Arc::clone(shown);
            viewers
                .into_iter()
                .for_each(|viewer| answer(viewer, &shown));
        }
    }

    /// Sets what is durable without being written: what a snapshot held at the start.
    pub fn begin_with(&mut self, view: View) {
        self.shown = Some(Arc::new(view));
    }

    /// Waits for the job that is under way, for at most `limit`.
    pub fn finish(&mut self, requests: &Receiver<Request>, limit: Duration) {
        let end = Instant::now() + limit;
        while self.writing {
            match requests.recv_timeout(end.saturating_duration_since(Instant::now())) {
                Ok(Request::Written(written)) => self.written(*written),
                Ok(Request::View(viewer)) => self.ask(viewer),
                Ok(_) => {}
                Err(_) => return,
            }
        }
    }
}

/// The writing thread.
fn write(mut store: Store, mut stats: StateStats, jobs: &Receiver<Job>, results: &Sender<Request>) {
    let mut failing = false;
    while let Ok(job) = jobs.recv() {
        let Job {
            mut view,
            sources,
            memory,
            viewers,
        } = job;
        let now = Timestamp::now().as_second();
        let snapshot = Snapshot {
            taken: now,
            write_errors: stats.errors,
            sources,
            counters: Image::of(&view.counters, &view.providers),
            memory,
        };
        let written = match store.save(&snapshot) {
            Ok(()) => {
                failing = false;
                stats.last_write = Some(now);
                view.state = stats;
                let view = Arc::new(view);
                viewers.into_iter().for_each(|viewer| answer(viewer, &view));
                Written {
                    view: Some(view),
                    viewers: Vec::new(),
                }
            }
            Err(error) => {
                stats.errors += 1;
                if !std::mem::replace(&mut failing, true) {
                    warn!(%error, "cannot write state; counting goes on, and nothing new is shown");
                }
                Written {
                    view: None,
                    viewers,
                }
            }
        };
        if results.send(Request::Written(Box::new(written))).is_err() {
            return;
        }
    }
}

/// A viewer that has gone away needs no answer.
fn answer(viewer: Viewer, view: &Arc<View>) {
    let _ = viewer.send(Arc::clone(view));
}
