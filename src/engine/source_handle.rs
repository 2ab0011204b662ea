//! One configured source as the engine holds it, with its counts.
//!
//! The counts belong to the configured name: they continue when the source is closed, changed or
//! opened again.

use std::io;

use tracing::{error, info};

use super::setup::SourceSetup;
use super::source_clock::SourceClock;
use crate::metrics::{LineCounts, SourceStats};
use crate::parse::{Format, LineParser};
use crate::source::{self, Input, Position, Rotations, Source, Status, Syslog, Wake};
use crate::stable_hash::hash;
use crate::state::{SourceCounts, SourceState};

/// What sources report of their own reading, summed up.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct ReadTotals {
    bytes: u64,
    rotations: Rotations,
    truncated: u64,
    dropped: u64,
    /// Not kept in the state file.
    refused: u64,
    positions_lost: u64,
}

impl ReadTotals {
    fn plus(self, status: &Status) -> ReadTotals {
        let (a, b) = (self.rotations, status.rotations);
        ReadTotals {
            bytes: self.bytes + status.bytes,
            rotations: Rotations {
                renamed: a.renamed + b.renamed,
                truncated: a.truncated + b.truncated,
                replaced: a.replaced + b.replaced,
            },
            truncated: self.truncated + status.truncated,
            dropped: self.dropped + status.dropped,
            refused: self.refused + status.refused,
            positions_lost: self.positions_lost + status.positions_lost,
        }
    }
}

/// A source and its counts.
pub(super) struct SourceHandle {
    pub setup: SourceSetup,
    /// The source in [`StreamKey`](crate::parse::StreamKey): a hash of its name.
    pub id: u64,
    /// `None` while it is not configured, or cannot be opened.
    pub source: Option<Box<dyn Source>>,
    /// Where reading continues when it is opened.
    position: Position,
    /// What was read before the source was opened last.
    before: ReadTotals,
    pub lines: LineStats,
    pub clock: SourceClock,
    /// Whether there is more to read, as of the last read.
    pub has_more: bool,
}

/// What was found in the lines.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct LineStats {
    pub counts: LineCounts,
    /// Events of lines that were read late.
    pub backlog_events: u64,
    /// The newest time of a line, in seconds since 1970.
    pub newest: Option<i64>,
}

impl SourceHandle {
    /// A closed source that was never read.
    pub fn new(setup: SourceSetup) -> Self {
        SourceHandle {
            id: source_id(&setup.name),
            setup,
            source: None,
            position: Position::Unset,
            before: ReadTotals::default(),
            lines: LineStats::default(),
            clock: SourceClock::default(),
            has_more: false,
        }
    }

    /// A closed source that continues where another process stopped. Its input is not known before
    /// [`SourceHandle::take_or_new`].
    pub fn restored(state: SourceState, kept: SourceCounts) -> Self {
        SourceHandle {
            id: source_id(&state.name),
            setup: SourceSetup {
                name: state.name,
                input: Input::Syslog(Syslog::default()),
                format: Format::Auto,
            },
            source: None,
            position: state.place,
            before: ReadTotals {
                bytes: state.bytes,
                rotations: state.rotations,
                truncated: state.truncated,
                dropped: state.dropped,
                refused: 0,
                positions_lost: kept.positions_lost,
            },
            lines: LineStats {
                counts: LineCounts {
                    events: state.events,
                    noise: state.noise,
                    unmatched: state.unmatched,
                },
                backlog_events: kept.backlog_events,
                newest: state.last_line,
            },
            clock: SourceClock::default(),
            has_more: false,
        }
    }

    /// Takes the source of this name out of `known`, or makes a new one, with the given setup.
    pub fn take_or_new(known: &mut Vec<SourceHandle>, setup: &SourceSetup) -> Self {
        let found = known.iter().position(|it| it.setup.name == setup.name);
        match found.map(|at| known.swap_remove(at)) {
            Some(mut handle) => {
                handle.change(setup);
                handle
            }
            None => SourceHandle::new(setup.clone()),
        }
    }

    /// What a snapshot keeps of it.
    pub fn state(&self) -> SourceState {
        let (position, totals) = match &self.source {
            Some(source) => (source.position(), self.before.plus(&source.status())),
            None => (self.position.clone(), self.before),
        };
        SourceState {
            name: self.setup.name.clone(),
            place: position,
            events: self.lines.counts.events,
            noise: self.lines.counts.noise,
            unmatched: self.lines.counts.unmatched,
            last_line: self.lines.newest,
            bytes: totals.bytes,
            rotations: totals.rotations,
            truncated: totals.truncated,
            dropped: totals.dropped,
        }
    }

    /// What a snapshot keeps of it besides [`SourceHandle::state`].
    pub fn counts(&self) -> SourceCounts {
        let status = self.source.as_ref().map(|source| source.status());
        let lost = status.map_or(0, |status| status.positions_lost);
        SourceCounts {
            positions_lost: self.before.positions_lost + lost,
            backlog_events: self.lines.backlog_events,
        }
    }

    /// Whether everything that is configured can be read.
    pub fn is_up(&self) -> bool {
        self.source.as_ref().is_some_and(|it| it.status().up)
    }

    /// Opens the source, if it is not open, where reading stopped. `cap` is the longest line in
    /// bytes.
    ///
    /// # Errors
    ///
    /// Those of [`source::open`].
    pub fn open(&mut self, cap: usize, wake: &Wake) -> io::Result<()> {
        if self.source.is_none() {
            let (name, input) = (&self.setup.name, &self.setup.input);
            let source = source::open(name, input, self.position.clone(), cap, wake.clone())?;
            self.source = Some(source);
        }
        Ok(())
    }

    /// As [`SourceHandle::open`], but logs the error: the engine tries again later.
    pub fn open_or_log(&mut self, cap: usize, wake: &Wake) {
        if let Err(error) = self.open(cap, wake) {
            error!(source = self.setup.name, %error, "cannot open source, trying again");
        }
    }

    /// Closes the source. Its position and counts are kept.
    pub fn close(&mut self) {
        if let Some(source) = self.source.take() {
            self.before = self.before.plus(&source.status());
            self.position = source.position();
        }
    }

    /// Takes a changed setup. Closes the source if it cannot continue with it.
    pub fn change(&mut self, setup: &SourceSetup) {
        if self.setup != *setup {
            if self.source.is_some() {
                info!(source = setup.name, "source changed");
            }
            let continues = self.setup.input == setup.input
                || self
                    .source
                    .as_mut()
                    .is_some_and(|source| source.reconfigure(&setup.input));
            if !continues {
                self.close();
            }
            self.setup = setup.clone();
        }
    }

    /// Its counts and status, for a view. `now` is the wall clock in seconds since 1970.
    pub fn stats(&self, parser: &LineParser, now: i64) -> SourceStats {
        let status = self
            .source
            .as_ref()
            .map_or_else(Status::default, |source| source.status());
        let totals = self.before.plus(&status);
        SourceStats {
            name: self.setup.name.clone(),
            events: self.lines.counts.events,
            noise: self.lines.counts.noise,
            unmatched: self.lines.counts.unmatched,
            bytes: totals.bytes,
            lag_bytes: status.lag_bytes,
            up: status.up,
            last_line: self.lines.newest,
            rotations: vec![
                ("renamed", totals.rotations.renamed),
                ("truncated", totals.rotations.truncated),
                ("replaced", totals.rotations.replaced),
            ],
            truncated: totals.truncated,
            dropped: totals.dropped,
            refused: totals.refused,
            positions_lost: totals.positions_lost,
            positions_lost_before: self.before.positions_lost,
            backlog_events: self.lines.backlog_events,
            catching_up: self.has_more || self.clock.has_backlog(now),
            clock_offset: self.clock.offset(),
            formats: parser.formats(self.id),
        }
    }
}

fn source_id(name: &str) -> u64 {
    hash(&[name.as_bytes()])
}
