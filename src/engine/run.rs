//! The engine's thread: reading, counting, answering, in turns.

use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError, TryRecvError};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tracing::info;

use super::alarm::Alarm;
use super::keep::Kept;
use super::slot::Slot;
use super::{Parts, Request, Setup};
use crate::alert::Health;
use crate::catalog::Catalog;
use crate::metrics::{Counters, Counting, View};
use crate::parse::{LineParser, Stamp};
use crate::showq;
use crate::source::{Input, News, Scratch};
use crate::state::Snapshot;

/// How often everything is looked at, whether there were events or not.
const TICK: Duration = Duration::from_millis(500);
/// How often patterns are expanded.
const RESCAN: Duration = Duration::from_secs(1);
/// How much is read between two looks at the requests, in bytes.
const BLOCK: usize = 256 * 1024;
/// How much is read before a scrape is answered, in bytes: what came since the last event, not a
/// backlog.
const BEFORE_VIEW: usize = 256 * 1024;
/// How long the last read may take: whoever ends the process does not wait for a backlog.
const LAST_READ: Duration = Duration::from_secs(2);
/// How long the last snapshot may take.
const LAST_WRITE: Duration = Duration::from_secs(5);
/// How often the parser is told the time. It only needs to know the year.
const CLOCK: Duration = Duration::from_secs(60);

/// Everything that turns a line into counts.
struct Reading {
    parser: LineParser,
    counters: Counters,
    /// The wall clock in seconds since 1970, as of the current block.
    now: i64,
    /// Alerts of our own, where they are wanted.
    alarm: Option<Alarm>,
}

pub(super) struct Engine {
    setup: Setup,
    parts: Parts,
    slots: Vec<Slot>,
    /// Sources that were removed from the configuration. Should one come back, its counts and
    /// positions go on.
    parked: Vec<Slot>,
    scratch: Scratch,
    reading: Reading,
    /// For every view: the names behind the providers' numbers.
    provider_names: Arc<[String]>,
    clock_set: Instant,
    /// Whether the last read left something to read at once.
    busy: bool,
    /// The source whose turn it is.
    turn: usize,
}

enum Next {
    GoOn,
    End,
}

impl Engine {
    /// An engine that goes on from where another process left off, if one did.
    pub(super) fn new(
        setup: Setup,
        mut parts: Parts,
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
        parser.remember(&before.third.memory);
        let mut parked: Vec<Slot> = before.sources.into_iter().map(Slot::resumed).collect();
        let mut slots = Vec::new();
        for source in &setup.sources {
            let mut slot = Slot::taken_from(&mut parked, source);
            slot.open(setup.max_line_bytes, &parts.wake)
                .map_err(|error| {
                    io::Error::new(error.kind(), format!("{}: {error}", source.name))
                })?;
            slots.push(slot);
        }
        let provider_names: Arc<[String]> = parts.providers.names().map(str::to_owned).collect();
        let mut counters = before.counters.restore(catalog, &parts.providers);
        let later = &before.second;
        later
            .provider_conditions
            .restore(&mut counters, &provider_names);
        let alarm = parts.alarm.take().map(|alarm| {
            let providers = Arc::clone(&provider_names);
            Alarm::new(alarm, providers, later.alerts.as_ref(), &counters)
        });
        let mut engine = Engine {
            slots,
            parked,
            scratch: Scratch::new(setup.max_line_bytes),
            reading: Reading {
                parser,
                counters,
                now: now.as_second(),
                alarm,
            },
            provider_names,
            clock_set: Instant::now(),
            busy: true,
            turn: 0,
            setup,
            parts,
        };
        let view = engine.view();
        engine.parts.keeper.begin_with(view);
        Ok(engine)
    }

    pub(super) fn run(mut self, requests: &Receiver<Request>) {
        self.watch();
        let mut tick = Instant::now() + TICK;
        let mut rescan = Instant::now() + RESCAN;
        loop {
            if let Next::End = self.serve(requests, tick) {
                break;
            }
            let now = Instant::now();
            if now >= rescan {
                rescan = now + RESCAN;
                for slot in &mut self.slots {
                    slot.reopen(self.setup.max_line_bytes, &self.parts.wake);
                }
                self.notice(News::Rescan);
                self.watch();
            }
            if now >= tick {
                tick = now + TICK;
                self.alarm();
                self.notice(News::Tick);
            }
            self.read(BLOCK);
        }
        self.read_out();
        self.parts.keeper.finish(requests, LAST_WRITE);
        self.show();
        self.parts.keeper.finish(requests, LAST_WRITE);
    }

    /// Lets alerts know what time it is, and sends them.
    fn alarm(&mut self) {
        let now = Timestamp::now().as_second();
        let Reading {
            counters, alarm, ..
        } = &mut self.reading;
        let Some(alarm) = alarm else { return };
        // Lines that wait to be read are of an earlier time.
        if !self.busy && now >= alarm.due() {
            alarm.advance(now, counters, now);
        }
        let (slots, keeper) = (&self.slots, &self.parts.keeper);
        alarm.tick(counters, || Health {
            sources: slots.iter().map(Slot::stats).collect(),
            state: keeper.stats(),
        });
    }

    /// Reads what is there, for a limited time.
    fn read_out(&mut self) {
        self.notice(News::Everything);
        let end = Instant::now() + LAST_READ;
        while self.busy && Instant::now() < end {
            self.read(BLOCK);
        }
    }

    /// Answers requests: those that are there while there is something to read, otherwise waits
    /// for one until `tick`.
    fn serve(&mut self, requests: &Receiver<Request>, tick: Instant) -> Next {
        let mut wait = !self.busy;
        let until = self
            .parts
            .keeper
            .deadline()
            .map_or(tick, |deadline| deadline.min(tick));
        loop {
            let request = if wait {
                match requests.recv_timeout(until.saturating_duration_since(Instant::now())) {
                    Ok(request) => request,
                    Err(RecvTimeoutError::Timeout) => break,
                    Err(RecvTimeoutError::Disconnected) => return Next::End,
                }
            } else {
                match requests.try_recv() {
                    Ok(request) => request,
                    Err(TryRecvError::Empty) => break,
                    Err(TryRecvError::Disconnected) => return Next::End,
                }
            };
            wait = false;
            match request {
                Request::Hint => self.take_hints(),
                Request::View(viewer) => self.parts.keeper.ask(viewer),
                Request::Written(written) => self.parts.keeper.written(*written),
                Request::Reload(setup) => self.reload(*setup),
                Request::Answer(answer) => {
                    // Whoever has asked may have gone.
                    let _ = answer.send(());
                }
                Request::Shutdown => return Next::End,
            }
        }
        if self.parts.keeper.is_asked() {
            self.notice(News::Tick);
            self.read(BEFORE_VIEW);
            self.show();
        } else if self.parts.keeper.is_due() {
            self.show();
        }
        self.parts.keeper.lose_patience();
        Next::GoOn
    }

    /// Makes a snapshot of this moment, and shows it to whoever has asked.
    fn show(&mut self) {
        let view = self.view();
        let (slots, parked, reading) = (&self.slots, &self.parked, &self.reading);
        self.parts.keeper.show(view, || Kept {
            sources: slots.iter().chain(parked).map(Slot::state).collect(),
            memory: reading.parser.memory(),
            alerts: reading.alarm.as_ref().map(Alarm::image),
        });
    }

    fn take_hints(&mut self) {
        let hints = self.parts.watcher.take();
        // It may come from a source with a thread of its own.
        self.busy = true;
        if hints.everything {
            self.notice(News::Everything);
        }
        for path in &hints.paths {
            self.notice(News::Path(path));
        }
    }

    fn notice(&mut self, news: News<'_>) {
        for source in self
            .slots
            .iter_mut()
            .filter_map(|slot| slot.source.as_mut())
        {
            source.notice(news);
        }
        self.busy = true;
    }

    fn watch(&self) {
        self.parts.watcher.watch(
            self.slots
                .iter()
                .filter_map(|slot| slot.source.as_ref())
                .flat_map(|source| source.directories())
                .collect(),
        );
    }

    /// Reads about `budget` bytes, from one source after the other.
    fn read(&mut self, budget: usize) {
        let now = Timestamp::now();
        self.reading.now = now.as_second();
        if self.clock_set.elapsed() >= CLOCK {
            self.clock_set = Instant::now();
            self.reading.parser.set_reference(now);
        }
        let mut left = budget;
        let mut more = false;
        let count = self.slots.len();
        for at in (0..count).map(|i| (self.turn + i) % count) {
            if left == 0 {
                more = true;
                self.turn = at;
                break;
            }
            let Slot { source, lines, .. } = &mut self.slots[at];
            let Some(source) = source else { continue };
            let Reading {
                parser,
                counters,
                now,
                alarm,
            } = &mut self.reading;
            let mut due = alarm.as_ref().map_or(i64::MAX, Alarm::due);
            let mut sink = Counting {
                counters,
                lines: &mut lines.counts,
                now: *now,
                before: |time: Option<Stamp>, counters: &Counters| {
                    let Some(Stamp { seconds, .. }) = time else {
                        return;
                    };
                    lines.last = lines.last.max(Some(seconds));
                    if let Some(alarm) = alarm.as_mut()
                        && seconds >= due
                    {
                        alarm.advance(seconds, counters, *now);
                        due = alarm.due();
                    }
                },
            };
            let progress = source.read(left, &mut self.scratch, &mut |_stream, lines| {
                parser.read(lines, &mut sink);
            });
            if progress.changed {
                self.parts.keeper.note_change();
            }
            left = left.saturating_sub(progress.bytes);
            more |= progress.more;
        }
        self.busy = more;
        if !more && !self.parts.ready.load(Ordering::Relaxed) {
            info!("everything that is there is read");
            self.parts.ready.store(true, Ordering::Release);
            // A process that ends again and again must get on all the same.
            self.parts.keeper.hurry();
        }
    }

    fn view(&self) -> View {
        View {
            counters: self.reading.counters.clone(),
            sources: self.slots.iter().map(Slot::stats).collect(),
            providers: Arc::clone(&self.provider_names),
            queues: self.parts.queues.as_ref().and_then(showq::newest),
            state: self.parts.keeper.stats(),
            alerting: self.reading.alarm.as_ref().map(|it| Arc::new(it.view())),
        }
    }

    fn reload(&mut self, setup: Setup) {
        if setup == self.setup {
            info!("nothing has changed");
            return;
        }
        // What waits in a queue goes with the source that is closed.
        self.read_out();
        let same_cap = setup.max_line_bytes == self.setup.max_line_bytes;
        let mut before: Vec<Slot> = self.slots.drain(..).chain(self.parked.drain(..)).collect();
        for source in &setup.sources {
            let mut slot = Slot::taken_from(&mut before, source);
            if !same_cap && !matches!(slot.setup.input, Input::Files(_)) {
                // Its thread cuts lines by the cap that it was started with.
                slot.close();
            }
            self.slots.push(slot);
        }
        for slot in before.iter_mut().filter(|slot| slot.source.is_some()) {
            info!(source = slot.setup.name, "source removed");
            slot.close();
        }
        self.parked = before;
        // Only now: an address may have gone from one to another.
        for slot in &mut self.slots {
            slot.reopen(setup.max_line_bytes, &self.parts.wake);
        }
        if !same_cap {
            self.scratch = Scratch::new(setup.max_line_bytes);
        }
        if setup.time_zone != self.setup.time_zone {
            let memory = self.reading.parser.memory();
            self.reading.parser = LineParser::new(
                Catalog::embedded(),
                self.parts.providers.clone(),
                setup.time_zone.clone(),
                Timestamp::now(),
            );
            self.reading.parser.remember(&memory);
        }
        self.setup = setup;
        self.parts.keeper.note_change();
        self.turn = 0;
        self.busy = true;
        self.watch();
    }
}
