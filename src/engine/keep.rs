//! Nothing is shown before it is durable.
//!
//! A counter that was scraped and is lower after a restart looks like a reset, and Prometheus adds
//! its whole value again. So a view goes to whoever asked for it only when a snapshot of the same
//! moment is on the disk. Writing waits for the disk, and reading must not: so it has a thread of
//! its own. Viewers do not wait for it either while there is something durable that is fresh. This
//! stands apart from the engine's loop because it is the one place that decides what may be seen.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tokio::sync::oneshot;
use tracing::{info, warn};

use super::Request;
use crate::alert;
use crate::metrics::{Image, ProviderConditions, StateStats, View};
use crate::parse::Memory;
use crate::state::{FormerMemory, Second, Snapshot, SourceState, State, Store, Third};

/// How often a snapshot is written while something changes, whether somebody asks or not; and how
/// soon after a failure it is tried again.
const INTERVAL: Duration = Duration::from_millis(500);

/// How old a durable moment may be to be shown at once. With [`INTERVAL`], a line is seen within a
/// second, and a scrape of a busy log costs no write and no wait.
const FRESH: Duration = Duration::from_millis(500);

/// How long a viewer waits for the disk before it gets what was durable before.
const PATIENCE: Duration = Duration::from_secs(1);

/// Somebody who wants to see.
pub(super) type Viewer = oneshot::Sender<Arc<View>>;

/// Somebody who waits, and until when.
struct Waiting {
    viewer: Viewer,
    until: Instant,
}

/// What is kept besides the counts.
pub(super) struct Kept {
    pub sources: Vec<SourceState>,
    pub memory: Memory,
    pub alerts: Option<alert::Image>,
}

/// One moment, to be written and then shown.
struct Job {
    view: View,
    kept: Kept,
}

/// What became of a job: what may be shown now, if it was written.
pub(super) struct Written(Option<Arc<View>>);

/// Decides what may be seen.
pub(super) struct Keeper {
    /// To the writing thread; `None` if nothing is kept.
    jobs: Option<Sender<Job>>,
    writing: bool,
    /// What was durable last; there from [`Keeper::begin_with`] on.
    shown: Option<Arc<View>>,
    /// Of which moment that is.
    shown_of: Option<Instant>,
    /// Whether something has happened since the last job.
    changed: bool,
    /// When the last job began.
    begun: Instant,
    /// Whether the next snapshot should not wait for its time.
    hurry: bool,
    waiting: Vec<Waiting>,
    /// How many of them, from the first on, the job that is under way will satisfy.
    included: usize,
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
            shown_of: None,
            changed: true,
            begun: Instant::now(),
            hurry: false,
            waiting: Vec::new(),
            included: 0,
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

    /// Much was read at once, which should not have to be read again.
    pub fn hurry(&mut self) {
        self.hurry = true;
    }

    /// Somebody asks.
    pub fn ask(&mut self, viewer: Viewer) {
        let until = Instant::now() + PATIENCE;
        self.waiting.push(Waiting { viewer, until });
        // While nothing is kept, looking costs no more than a copy.
        let fresh = self.shown_of.is_some_and(|of| of.elapsed() < FRESH);
        if fresh && self.jobs.is_some() {
            self.answer(self.waiting.len());
        }
    }

    /// Whether somebody waits who can be served now.
    pub fn is_asked(&self) -> bool {
        !self.waiting.is_empty() && !self.writing
    }

    /// Whether a snapshot is due without anybody asking.
    pub fn is_due(&self) -> bool {
        self.due().is_some_and(|due| due <= Instant::now())
    }

    fn due(&self) -> Option<Instant> {
        let wanted = self.jobs.is_some() && !self.writing && self.changed;
        let pause = if self.hurry { Duration::ZERO } else { INTERVAL };
        wanted.then(|| self.begun + pause)
    }

    /// When the keeper wants to be looked at again, if it does.
    pub fn deadline(&self) -> Option<Instant> {
        let patience = self.waiting.iter().map(|waiting| waiting.until);
        patience.chain(self.due()).min()
    }

    /// Shows a moment to all who wait, once it is durable. What has not changed is durable already.
    pub fn show(&mut self, view: View, kept: impl FnOnce() -> Kept) {
        self.included = self.waiting.len();
        self.hurry = false;
        match &self.jobs {
            Some(jobs) if self.changed => {
                let job = Job { view, kept: kept() };
                self.changed = false;
                self.begun = Instant::now();
                // The thread lives as long as its orders.
                self.writing = jobs.send(job).is_ok();
            }
            _ => {
                self.begun = Instant::now();
                self.shown(Arc::new(view));
            }
        }
    }

    /// Takes note of what became of the last job.
    pub fn written(&mut self, written: Written) {
        self.writing = false;
        match written.0 {
            Some(view) => {
                self.stats = view.state;
                if std::mem::take(&mut self.failing) {
                    info!("state is written again");
                }
                self.shown(view);
            }
            None => {
                self.changed = true;
                self.failing = true;
                self.stats.errors += 1;
                self.answer(self.waiting.len());
            }
        }
    }

    /// What the last job was about can be seen.
    fn shown(&mut self, view: Arc<View>) {
        self.shown = Some(view);
        self.shown_of = Some(self.begun);
        self.answer(self.included);
    }

    /// Those who have waited too long get what was durable before.
    pub fn lose_patience(&mut self) {
        let now = Instant::now();
        let late = self
            .waiting
            .iter()
            .take_while(|waiting| waiting.until <= now);
        self.answer(late.count());
    }

    /// Answers the first who wait with what is durable.
    fn answer(&mut self, count: usize) {
        self.included = self.included.saturating_sub(count);
        let Some(shown) = self.shown.as_mut().filter(|_| count > 0) else {
            return;
        };
        if shown.state != self.stats {
            Arc::make_mut(shown).state = self.stats;
        }
        for waiting in self.waiting.drain(..count) {
            // A viewer that has gone away needs no answer.
            let _ = waiting.viewer.send(Arc::clone(shown));
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
        let Job { mut view, kept } = job;
        let now = Timestamp::now().as_second();
        let snapshot = Snapshot {
            taken: now,
            write_errors: stats.errors,
            sources: kept.sources,
            counters: Image::of(&view.counters, &view.providers),
            former_memory: FormerMemory::default(),
            third: Third {
                memory: kept.memory,
            },
            second: Second {
                provider_conditions: ProviderConditions::of(&view.counters, &view.providers),
                alerts: kept.alerts,
            },
        };
        let written = match store.save(&snapshot) {
            Ok(()) => {
                failing = false;
                stats.last_write = Some(now);
                view.state = stats;
                Written(Some(Arc::new(view)))
            }
            Err(error) => {
                stats.errors += 1;
                if !std::mem::replace(&mut failing, true) {
                    warn!(%error, "cannot write state; counting goes on, and nothing new is shown");
                }
                Written(None)
            }
        };
        if results.send(Request::Written(Box::new(written))).is_err() {
            return;
        }
    }
}
