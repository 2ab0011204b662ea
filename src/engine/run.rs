//! The loop of the engine's thread: it handles requests, reads the sources, and counts, in turns.

use std::cell::RefCell;
use std::io;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError, TryRecvError};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tracing::info;

use super::alerter::{AlertSetup, Alerter};
use super::cpu_time::CpuTime;
use super::parts::Parts;
use super::pipeline::Pipeline;
use super::publisher::SnapshotParts;
use super::request::Request;
use super::setup::Setup;
use super::source_handle::SourceHandle;
use crate::alert::Health;
use crate::catalog::Catalog;
use crate::insight::Insight;
use crate::metrics::{History, View};
use crate::parse::LineParser;
use crate::queue;
use crate::sandbox;
use crate::source::{Hint, ReadBuffer};
use crate::state::{Section, Snapshot};

/// How often every source is checked, whether there were file events or not.
const TICK: Duration = Duration::from_millis(500);
/// How often patterns are expanded, and sources that could not be opened are tried again.
const RESCAN: Duration = Duration::from_secs(1);
/// How much is read before requests are handled again, in bytes.
const BLOCK: usize = 256 * 1024;
/// How much is read before a scrape is answered, in bytes: enough for what came since the last file
/// event, not for a backlog.
const BLOCK_BEFORE_VIEW: usize = 256 * 1024;
/// How long the last read may take: shutdown does not wait for a backlog.
const LAST_READ: Duration = Duration::from_secs(2);
/// How long a block may take, however many sources there are.
const BLOCK_TIME: Duration = Duration::from_millis(25);
/// After how many sources the clock is read: a few are always read.
const SOURCES_PER_CLOCK: usize = 16;
/// How far the wall clock may be from the time that the parser was given last, in seconds. From that time the parser
/// takes the year and the pass of an hour that occurs twice.
const MAX_REFERENCE_AGE: u64 = 60;

pub(super) struct Engine {
    setup: Setup,
    parts: Parts,
    sources: Vec<SourceHandle>,
    /// Sources that were removed from the configuration. If one is configured again, its counts and
    /// positions continue.
    removed: Vec<SourceHandle>,
    buffer: ReadBuffer,
    pipeline: Pipeline,
    /// The providers' names in the order of their numbers, for every view.
    provider_names: Arc<[String]>,
    /// Sections of the state file that this version does not know, to be written again.
    unknown_sections: Vec<Section>,
    /// The time that the parser was given last, in seconds since 1970.
    reference: i64,
    /// Whether there may be something to read.
    more_to_read: bool,
    /// Which source is read first the next time.
    next_source: usize,
}

impl Engine {
    /// An engine that continues from the snapshot of another process.
    ///
    /// # Errors
    ///
    /// If a source cannot be opened.
    pub(super) fn new(
        setup: Setup,
        parts: Parts,
        alerts: AlertSetup,
        before: Option<Snapshot>,
    ) -> io::Result<Self> {
        let catalog = Catalog::embedded();
        let now = Timestamp::now();
        let before = before.unwrap_or_default();
        let mut parser = LineParser::new(
            catalog,
            parts.providers.clone(),
            setup.time_zone.clone(),
            now,
        );
        parser.set_patterns(Arc::clone(&setup.patterns));
        parser.resume(&before.parser);
        let counts = before.source_counts;
        let restored = before.sources.into_iter().map(|state| {
            let counts = counts.get(&state.name).copied();
            SourceHandle::restored(state, counts.unwrap_or_default())
        });
        let mut removed: Vec<SourceHandle> = restored.collect();
        let mut sources = Vec::new();
        for source in &setup.sources {
            let mut handle = SourceHandle::take_or_new(&mut removed, source);
            handle
                .open(setup.max_line_bytes, &parts.wake)
                .map_err(|error| {
                    io::Error::new(error.kind(), format!("{}: {error}", source.name))
                })?;
            sources.push(handle);
        }
        let provider_names: Arc<[String]> = parts.providers.names().map(str::to_owned).collect();
        let mut insight = Insight::new(catalog, &provider_names);
        if let Some(kept) = before.insight {
            insight.restore(kept);
        }
        if setup.records_addresses {
            insight = insight.with_addresses(before.addresses);
        }
        let mut history = History::new(catalog, Arc::clone(&provider_names));
        if let Some(kept) = before.history {
            history.restore(kept);
        }
        let counters = before
            .counters
            .restore(catalog, &parts.providers, now.as_second())
            .with_exemplars();
        let providers = Arc::clone(&provider_names);
        let (senders, habits) = (before.senders, before.habits);
        let alerter = Alerter::new(alerts, providers, before.alerts, senders, habits, &counters);
        let mut engine = Engine {
            sources,
            removed,
            unknown_sections: before.unknown,
            buffer: ReadBuffer::new(setup.max_line_bytes),
            pipeline: Pipeline {
                history,
                insight,
                volumes: RefCell::default(),
                parser,
                counters,
                now: now.as_second(),
                alerter,
            },
            provider_names,
            reference: Timestamp::now().as_second(),
            more_to_read: true,
            next_source: 0,
            setup,
            parts,
        };
        let view = engine.view();
        engine.parts.publisher.set_initial_view(view);
        Ok(engine)
    }

    /// Runs until a shutdown is requested, or every handle is dropped.
    pub(super) fn run(mut self, requests: &Receiver<Request>) {
        self.update_watches();
        let mut tick = Instant::now() + TICK;
        let mut rescan = Instant::now() + RESCAN;
        let end = loop {
            if let ControlFlow::Break(end) = self.handle_requests(requests, tick) {
                break end;
            }
            let now = Instant::now();
            if now >= rescan {
                rescan = now + RESCAN;
                self.open_sources();
                self.notify_sources(Hint::Rescan);
                self.update_watches();
            }
            if now >= tick {
                tick = now + TICK;
                self.pipeline.continue_history(self.more_to_read);
                self.evaluate_alerts();
                self.notify_sources(Hint::Tick);
            }
            self.read(BLOCK);
        };
        self.read_to_end();
        self.parts.publisher.wait_for_job(requests, end);
        self.publish();
        self.parts.publisher.wait_for_job(requests, end);
    }

    /// Opens every source that is not open; what fails is tried again with the next rescan.
    fn open_sources(&mut self) {
        for handle in &mut self.sources {
            handle.open_or_log(self.setup.max_line_bytes, &self.parts.wake);
        }
    }

    /// Evaluates and sends alerts by the wall clock, also while no lines come.
    fn evaluate_alerts(&mut self) {
        let now = Timestamp::now().as_second();
        let Pipeline {
            parser,
            counters,
            volumes,
            alerter,
            ..
        } = &mut self.pipeline;
        // Unread lines have earlier times, which must be evaluated first.
        if !self.more_to_read && now >= alerter.next_evaluation() {
            alerter.take_senders(volumes.get_mut());
            alerter.advance(now, counters, now);
        }
        let (sources, publisher) = (&self.sources, &self.parts.publisher);
        let queues = &self.parts.queues;
        let reloads = alerter.reloads();
        alerter.send_due(counters, || Health {
            sources: sources.iter().map(|it| it.stats(parser, now)).collect(),
            state: publisher.stats(),
            reload: reloads.stats(),
            queues: queues.as_ref().and_then(queue::newest),
            now,
        });
    }

    /// Reads every source to its end, for a limited time.
    fn read_to_end(&mut self) {
        self.notify_sources(Hint::All);
        let end = Instant::now() + LAST_READ;
        while self.more_to_read && Instant::now() < end {
            self.read(BLOCK);
        }
    }

    /// Handles the requests that have come. If there is nothing to read, waits for one until `tick`.
    /// Breaks if the engine should end, with the time by which it should.
    fn handle_requests(
        &mut self,
        requests: &Receiver<Request>,
        tick: Instant,
    ) -> ControlFlow<Instant> {
        let at_once = || ControlFlow::Break(Instant::now() + LAST_READ);
        self.parts.heartbeat.beat();
        let mut wait = !self.more_to_read;
        let until = self
            .parts
            .publisher
            .next_deadline()
            .map_or(tick, |deadline| deadline.min(tick));
        loop {
            let request = if wait {
                match requests.recv_timeout(until.saturating_duration_since(Instant::now())) {
                    Ok(request) => request,
                    Err(RecvTimeoutError::Timeout) => break,
                    Err(RecvTimeoutError::Disconnected) => return at_once(),
                }
            } else {
                match requests.try_recv() {
                    Ok(request) => request,
                    Err(TryRecvError::Empty) => break,
                    Err(TryRecvError::Disconnected) => return at_once(),
                }
            };
            wait = false;
            match request {
                Request::Hint => self.take_hints(),
                Request::View(answer) => self.parts.publisher.request(answer),
                Request::Written(result) => self.parts.publisher.finish_job(*result),
                Request::Reload(setup) => self.reload(*setup),
                Request::Confirm(answer) => {
                    // The receiver may have been dropped.
                    let _ = answer.send(());
                }
                Request::Shutdown(end) => return ControlFlow::Break(end),
            }
        }
        if self.parts.publisher.needs_view() {
            self.notify_sources(Hint::Tick);
            self.read(BLOCK_BEFORE_VIEW);
            self.publish();
        } else if self.parts.publisher.snapshot_is_due() {
            self.publish();
        }
        self.parts.publisher.answer_expired();
        ControlFlow::Continue(())
    }

    /// Makes a view and a snapshot of this moment.
    fn publish(&mut self) {
        let time = CpuTime::start();
        self.pipeline.insight.settle();
        let view = self.view();
        let (sources, removed) = (&self.sources, &self.removed);
        let pipeline = &mut self.pipeline;
        self.parts.publisher.publish(view, &time, || SnapshotParts {
            sources: sources
                .iter()
                .chain(removed)
                .map(SourceHandle::state)
                .collect(),
            source_counts: sources
                .iter()
                .chain(removed)
                .map(|it| (it.setup.name.clone(), it.counts()))
                .collect(),
            parser: pipeline.parser.snapshot(),
            history: pipeline.history.snapshot(),
            insight: Some(pipeline.insight.snapshot()),
            addresses: pipeline.insight.addresses_snapshot(),
            unknown: self.unknown_sections.clone(),
            alerts: Some(pipeline.alerter.snapshot()),
            senders: Some(pipeline.alerter.sender_snapshot()),
            habits: Some(pipeline.alerter.habits_snapshot()),
        });
    }

    fn take_hints(&mut self) {
        let hints = self.parts.watcher.take();
        // The request may come from a source with a thread of its own.
        self.more_to_read = true;
        if hints.all {
            self.notify_sources(Hint::All);
        }
        for (from, to) in &hints.renames {
            self.notify_sources(Hint::Renamed { from, to });
        }
        for path in &hints.paths {
            self.notify_sources(Hint::Path(path));
        }
    }

    fn notify_sources(&mut self, hint: Hint<'_>) {
        for source in self.sources.iter_mut().filter_map(|it| it.source.as_mut()) {
            source.hint(hint);
        }
        self.more_to_read = true;
    }

    fn update_watches(&self) {
        let open = self.sources.iter().filter_map(|it| it.source.as_ref());
        let directories = open.flat_map(|source| source.directories());
        self.parts.watcher.watch(directories.collect());
    }

    /// Reads about `budget` bytes, from one source after the other.
    fn read(&mut self, budget: usize) {
        let now = Timestamp::now();
        self.pipeline.now = now.as_second();
        if now.as_second().abs_diff(self.reference) >= MAX_REFERENCE_AGE {
            self.reference = now.as_second();
            self.pipeline.parser.set_reference(now);
        }
        let mut left = budget;
        let mut more = false;
        let begin = Instant::now();
        let count = self.sources.len();
        let first = self.next_source;
        for (handled, at) in (0..count).map(|i| (i, (first + i) % count)) {
            let late = handled > 0
                && handled.is_multiple_of(SOURCES_PER_CLOCK)
                && begin.elapsed() > BLOCK_TIME;
            if left == 0 || late {
                more = true;
                self.next_source = at;
                break;
            }
            let source = &mut self.sources[at];
            self.parts.heartbeat.begin_source(&source.setup.name);
            let Some(progress) = self.pipeline.read(source, left, &mut self.buffer) else {
                continue;
            };
            source.has_more = progress.more;
            if progress.changed {
                self.parts.publisher.mark_changed();
            }
            left = left.saturating_sub(progress.bytes);
            more |= progress.more;
        }
        self.more_to_read = more;
        if !more && !self.parts.ready.load(Ordering::Relaxed) {
            self.set_ready();
        }
    }

    /// The engine has caught up for the first time.
    fn set_ready(&mut self) {
        let down = |handle: &&SourceHandle| !handle.is_up();
        let names = self.sources.iter().filter(down).map(|it| &*it.setup.name);
        let names: Vec<&str> = names.collect();
        if names.is_empty() {
            info!("caught up");
        } else {
            let unavailable = names.join(", ");
            info!(unavailable, "caught up with all sources that can be read");
        }
        self.parts.ready.store(true, Ordering::Release);
        // A process that is restarted again and again must make progress all the same.
        self.parts.publisher.write_soon();
    }

    fn view(&mut self) -> View {
        let alerting = self.pipeline.alerter.view(Timestamp::now().as_second());
        View {
            history: self.pipeline.history.clone(),
            insight: Some(self.pipeline.insight.clone()),
            counters: self.pipeline.counters.clone(),
            sources: self
                .sources
                .iter()
                .map(|it| it.stats(&self.pipeline.parser, self.pipeline.now))
                .collect(),
            providers: Arc::clone(&self.provider_names),
            queues: self.parts.queues.as_ref().and_then(queue::newest),
            state: self.parts.publisher.stats(),
            sandboxed: sandbox::is_active(),
            alerting: Some(alerting),
        }
    }

    fn reload(&mut self, setup: Setup) {
        if setup == self.setup {
            info!("nothing has changed");
            return;
        }
        // A source that is closed drops what is in its queue.
        self.read_to_end();
        let same_cap = setup.max_line_bytes == self.setup.max_line_bytes;
        let same_zone = setup.time_zone == self.setup.time_zone;
        let mut known: Vec<SourceHandle> = self.sources.drain(..).collect();
        known.append(&mut self.removed);
        for source in &setup.sources {
            let mut handle = SourceHandle::take_or_new(&mut known, source);
            let has_own_limit = handle.source.as_ref().is_some_and(|it| it.has_own_limit());
            if !same_cap && has_own_limit {
                handle.close();
            }
            self.sources.push(handle);
        }
        for handle in known.iter_mut().filter(|handle| handle.source.is_some()) {
            info!(source = handle.setup.name, "source removed");
            handle.close();
        }
        self.removed = known;
        self.setup = setup;
        // Only after closing: an address may be used by another source now.
        self.open_sources();
        if !same_cap {
            self.buffer = ReadBuffer::new(self.setup.max_line_bytes);
        }
        if !same_zone {
            let zone = self.setup.time_zone.clone();
            self.pipeline.parser.set_zone(zone);
        }
        let patterns = Arc::clone(&self.setup.patterns);
        self.pipeline.parser.set_patterns(patterns);
        self.parts.publisher.mark_changed();
        self.next_source = 0;
        self.more_to_read = true;
        self.update_watches();
    }
}
