//! Publishes views of the counts, and only those that are durable.
//!
//! A counter that was scraped and is lower after a restart looks like a reset, and Prometheus adds
//! its whole value again. So a view is sent to whoever requested it only when a snapshot of the same
//! moment is on the disk. Snapshots are written by a thread of their own, because reading must not
//! wait for the disk. Requests do not wait for it either while a durable view is recent enough.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tracing::{info, warn};

use super::cpu_time::CpuTime;
use super::request::{Request, ViewSender, WriteResult};
use crate::alert;
use crate::descriptors;
use crate::insight::{AddressesSnapshot, InsightSnapshot};
use crate::metrics::{CountersSnapshot, Recorded, StateStats, View};
use crate::parse::ParserSnapshot;
use crate::state::{Section, Snapshot, SourceCounts, SourceState, StateFile, Store};

/// How often a snapshot is written while something changes, whether a view is requested or not; and how soon after a
/// failure it is tried again. At most so often that this takes a small part of a processor ([`COST`]).
const SNAPSHOT_INTERVALS: [Duration; 2] = [Duration::from_millis(500), Duration::from_secs(2)];

/// The processor time of a snapshot is at most one in this many parts of the time between two of them.
const COST: u32 = 400;

/// How long a request waits for the disk before it is answered with the last durable view.
const VIEW_TIMEOUT: Duration = Duration::from_secs(1);

/// A request that was not answered yet.
struct ViewRequest {
    answer: ViewSender,
    /// When it is answered with the last durable view.
    expires: Instant,
}

/// What a snapshot holds besides the counts.
pub(super) struct SnapshotParts {
    pub sources: Vec<SourceState>,
    /// By the name of the source.
    pub source_counts: BTreeMap<String, SourceCounts>,
    pub parser: ParserSnapshot,
    pub history: Arc<Recorded>,
    pub insight: Option<InsightSnapshot>,
    pub addresses: Option<AddressesSnapshot>,
    pub alerts: Option<alert::AlertSnapshot>,
    pub senders: Option<alert::SenderSnapshot>,
    pub habits: Option<alert::HabitsSnapshot>,
    /// Sections of the state file that this version does not know.
    pub unknown: Vec<Section>,
}

/// A view that is published once its snapshot is written.
struct WriteJob {
    view: View,
    parts: SnapshotParts,
}

/// Writes snapshots, and answers requests for views with what is durable.
pub(super) struct Publisher {
    /// To the writing thread; `None` if no state is kept.
    jobs: Option<Sender<WriteJob>>,
    writing: bool,
    /// The last durable view; set from [`Publisher::set_initial_view`] on.
    durable: Option<Arc<View>>,
    /// When that view was made.
    durable_since: Option<Instant>,
    /// Whether something has changed since the last job.
    changed: bool,
    /// When the last job began.
    job_started: Instant,
    /// Whether the next snapshot is written without waiting for its interval.
    urgent: bool,
    /// The oldest first.
    requests: Vec<ViewRequest>,
    /// How many of them, from the first on, the current job answers.
    answered_by_job: usize,
    stats: StateStats,
    /// Whether the last write failed.
    failing: bool,
    /// The processor time that the last snapshot took in both threads.
    cost: Duration,
}

impl Publisher {
    /// A publisher that writes to `state`, whose newest snapshot is `before`. The writing thread
    /// sends its results to `results`.
    ///
    /// # Errors
    ///
    /// If the thread cannot be started.
    pub fn start(
        state: StateFile,
        before: Option<&Snapshot>,
        results: Sender<Request>,
    ) -> std::io::Result<Self> {
        let stats = StateStats {
            kept: state.store.is_some(),
            last_write: before.map(|snapshot| snapshot.taken),
            errors: u64::from(state.failed) + before.map_or(0, |snapshot| snapshot.write_errors),
            counting_since: match before {
                Some(snapshot) => snapshot.counting_since,
                None => Some(Timestamp::now().as_second()),
            },
        };
        let jobs = match state.store {
            Some(store) => {
                let (jobs, incoming) = channel();
                std::thread::Builder::new()
                    .name("state".into())
                    .spawn(move || write_snapshots(store, stats, &incoming, &results))?;
                Some(jobs)
            }
            None => None,
        };
        Ok(Publisher {
            jobs,
            writing: false,
            durable: None,
            durable_since: None,
            changed: true,
            job_started: Instant::now(),
            urgent: false,
            requests: Vec::new(),
            answered_by_job: 0,
            stats,
            failing: false,
            cost: Duration::ZERO,
        })
    }

    /// The time between two snapshots. A durable view of this age is sent at once, so a scrape of a busy log causes no
    /// write and does not wait.
    fn interval(&self) -> Duration {
        let [shortest, longest] = SNAPSHOT_INTERVALS;
        self.cost.saturating_mul(COST).clamp(shortest, longest)
    }

    /// Sets the view of the snapshot that the process started with, which is durable already.
    pub fn set_initial_view(&mut self, view: View) {
        self.durable = Some(Arc::new(view));
    }

    /// How writing goes, for a view.
    pub fn stats(&self) -> StateStats {
        self.stats
    }

    /// To be called when something was counted or a position has moved.
    pub fn mark_changed(&mut self) {
        self.changed = true;
    }

    /// Has the next snapshot written without waiting for its interval.
    pub fn write_soon(&mut self) {
        self.urgent = true;
    }

    /// Takes a request for a view. It is answered at once if a durable view is recent enough.
    pub fn request(&mut self, answer: ViewSender) {
        let expires = Instant::now() + VIEW_TIMEOUT;
        self.requests.push(ViewRequest { answer, expires });
        // Without a state file, a new view costs no more than a copy.
        let recent = self
            .durable_since
            .is_some_and(|since| since.elapsed() < self.interval());
        if recent && self.jobs.is_some() {
            self.answer_first(self.requests.len());
        }
    }

    /// Whether a request waits for a new view, and none is being written.
    pub fn needs_view(&self) -> bool {
        !self.requests.is_empty() && !self.writing
    }

    /// Whether a snapshot is due, requested or not.
    pub fn snapshot_is_due(&self) -> bool {
        self.next_snapshot()
            .is_some_and(|due| due <= Instant::now())
    }

    fn next_snapshot(&self) -> Option<Instant> {
        let wanted = self.jobs.is_some() && !self.writing && self.changed;
        let pause = if self.urgent {
            Duration::ZERO
        } else {
            self.interval()
        };
        wanted.then(|| self.job_started + pause)
    }

    /// When a snapshot is due or a request expires, whichever is earlier.
    pub fn next_deadline(&self) -> Option<Instant> {
        let expirations = self.requests.iter().map(|request| request.expires);
        expirations.chain(self.next_snapshot()).min()
    }

    /// Answers all requests with `view` once it is durable. If nothing has changed since the last
    /// snapshot, it is durable already. `time` is the processor time since the view was begun.
    pub fn publish(&mut self, view: View, time: &CpuTime, parts: impl FnOnce() -> SnapshotParts) {
        self.answered_by_job = self.requests.len();
        self.urgent = false;
        self.job_started = Instant::now();
        match &self.jobs {
            Some(jobs) if self.changed => {
                self.changed = false;
                let job = WriteJob {
                    view,
                    parts: parts(),
                };
                // The thread ends only when this sender is dropped.
                self.writing = jobs.send(job).is_ok();
                self.cost = time.elapsed();
            }
            _ => self.set_durable(Arc::new(view)),
        }
    }

    /// Takes the result of the last job.
    pub fn finish_job(&mut self, result: WriteResult) {
        self.writing = false;
        self.cost += result.cost;
        match result.view {
            Some(view) => {
                self.stats = view.state;
                if std::mem::take(&mut self.failing) {
                    info!("state is written again");
                }
                self.set_durable(view);
            }
            None => {
                self.changed = true;
                self.failing = true;
                self.stats.errors += 1;
                self.answer_first(self.requests.len());
            }
        }
    }

    /// The view of the last job is durable.
    fn set_durable(&mut self, view: Arc<View>) {
        self.durable = Some(view);
        self.durable_since = Some(self.job_started);
        self.answer_first(self.answered_by_job);
    }

    /// Answers the requests that have expired with the last durable view.
    pub fn answer_expired(&mut self) {
        let now = Instant::now();
        let expired = self
            .requests
            .iter()
            .take_while(|request| request.expires <= now);
        self.answer_first(expired.count());
    }

    /// Answers the oldest `count` requests with the last durable view.
    fn answer_first(&mut self, count: usize) {
        self.answered_by_job = self.answered_by_job.saturating_sub(count);
        let Some(durable) = self.durable.as_mut().filter(|_| count > 0) else {
            return;
        };
        if durable.state != self.stats {
            Arc::make_mut(durable).state = self.stats;
        }
        for request in self.requests.drain(..count) {
            // The receiver may have been dropped.
            let _ = request.answer.send(Arc::clone(durable));
        }
    }

    /// Waits for the result of the current job until `end`.
    pub fn wait_for_job(&mut self, requests: &Receiver<Request>, end: Instant) {
        while self.writing {
            match requests.recv_timeout(end.saturating_duration_since(Instant::now())) {
                Ok(Request::Written(result)) => self.finish_job(*result),
                Ok(Request::View(answer)) => self.request(answer),
                Ok(_) => {}
                Err(_) => return,
            }
        }
    }
}

/// The writing thread.
fn write_snapshots(
    mut store: Store,
    mut stats: StateStats,
    jobs: &Receiver<WriteJob>,
    results: &Sender<Request>,
) {
    let mut failing = false;
    while let Ok(job) = jobs.recv() {
        let time = CpuTime::start();
        let WriteJob { mut view, parts } = job;
        let now = Timestamp::now().as_second();
        let snapshot = Snapshot {
            taken: now,
            write_errors: stats.errors,
            counting_since: stats.counting_since,
            sources: parts.sources,
            source_counts: parts.source_counts,
            history: Some(parts.history),
            insight: parts.insight,
            addresses: parts.addresses,
            counters: CountersSnapshot::of(&view.counters, &view.providers),
            parser: parts.parser,
            alerts: parts.alerts,
            senders: parts.senders,
            habits: parts.habits,
            unknown: parts.unknown,
        };
        let view = match store.save(&snapshot) {
            Ok(()) => {
                failing = false;
                stats.last_write = Some(now);
                view.state = stats;
                Some(Arc::new(view))
            }
            Err(error) => {
                descriptors::note_error(&error);
                stats.errors += 1;
                if !std::mem::replace(&mut failing, true) {
                    warn!(
                        %error,
                        "cannot write state, trying again; until then new counts are not published"
                    );
                }
                None
            }
        };
        let cost = time.elapsed();
        let result = WriteResult { view, cost };
        if results.send(Request::Written(Box::new(result))).is_err() {
            return;
        }
    }
}
