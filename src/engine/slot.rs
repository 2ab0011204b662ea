//! One source in the engine, with what its lines came to.
//!
//! It stands apart from the source because its counts go on when the source is closed, changed or
//! made anew.

use std::io;

use tracing::{error, info};

use super::SourceSetup;
use crate::metrics::{LineCounts, SourceStats};
use crate::source::{self, Input, Place, Rotations, Source, Status, Wake};
use crate::state::SourceState;

/// What a source says of its own reading, as sums.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Sums {
    bytes: u64,
    rotations: Rotations,
    truncated: u64,
    dropped: u64,
}

impl Sums {
    fn with(self, status: &Status) -> Sums {
        let (a, b) = (self.rotations, status.rotations);
        Sums {
            bytes: self.bytes + status.bytes,
            rotations: Rotations {
                renamed: a.renamed + b.renamed,
                truncated: a.truncated + b.truncated,
                replaced: a.replaced + b.replaced,
            },
            truncated: self.truncated + status.truncated,
            dropped: self.dropped + status.dropped,
        }
    }
}

/// A source and what its lines came to.
pub(super) struct Slot {
    pub setup: SourceSetup,
    /// `None` while it is not wanted, or cannot be opened.
    pub source: Option<Box<dyn Source>>,
    /// Where it goes on when it is opened.
    place: Place,
    /// What sources before this one have read.
    before: Sums,
    pub lines: Lines,
}

/// What became of the lines.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Lines {
    pub counts: LineCounts,
    /// The newest line's own time.
    pub last: Option<i64>,
}

impl Slot {
    pub fn new(setup: SourceSetup) -> Self {
        Slot {
            setup,
            source: None,
            place: Place::Nowhere,
            before: Sums::default(),
            lines: Lines::default(),
        }
    }

    /// A slot that goes on where another process stopped. Its input is not known before it is
    /// configured.
    pub fn resumed(state: SourceState) -> Self {
        Slot {
            setup: SourceSetup {
                name: state.name,
                input: Input::Syslog(Vec::new()),
            },
            source: None,
            place: state.place,
            before: Sums {
                bytes: state.bytes,
                rotations: state.rotations,
                truncated: state.truncated,
                dropped: state.dropped,
            },
            lines: Lines {
                counts: LineCounts {
                    events: state.events,
                    noise: state.noise,
                    unmatched: state.unmatched,
                },
                last: state.last_line,
            },
        }
    }

    /// The slot of this name among those that are closed, or a new one, with the given setup.
    pub fn taken_from(slots: &mut Vec<Slot>, setup: &SourceSetup) -> Self {
        let known = slots.iter().position(|slot| slot.setup.name == setup.name);
        match known.map(|at| slots.swap_remove(at)) {
            Some(mut slot) => {
                slot.change(setup);
                slot
            }
            None => Slot::new(setup.clone()),
        }
    }

    /// What is kept of it over a restart.
    pub fn state(&self) -> SourceState {
        let (place, sums) = match &self.source {
            Some(source) => (source.place(), self.before.with(&source.status())),
            None => (self.place.clone(), self.before),
        };
        SourceState {
            name: self.setup.name.clone(),
            place,
            events: self.lines.counts.events,
            noise: self.lines.counts.noise,
            unmatched: self.lines.counts.unmatched,
            last_line: self.lines.last,
            bytes: sums.bytes,
            rotations: sums.rotations,
            truncated: sums.truncated,
            dropped: sums.dropped,
        }
    }

    /// Opens the source where it stopped, if it is not open.
    pub fn open(&mut self, cap: usize, wake: &Wake) -> io::Result<()> {
        if self.source.is_none() {
            let (name, input) = (&self.setup.name, &self.setup.input);
            let source = source::open(name, input, self.place.clone(), cap, wake.clone())?;
            self.source = Some(source);
        }
        Ok(())
    }

    /// The same, where nobody waits for the answer: it is tried again later.
    pub fn reopen(&mut self, cap: usize, wake: &Wake) {
        if let Err(error) = self.open(cap, wake) {
            error!(source = self.setup.name, %error, "cannot open source, trying again");
        }
    }

    /// Closes the source; its place and counts stay.
    pub fn close(&mut self) {
        if let Some(source) = self.source.take() {
            self.before = self.before.with(&source.status());
            self.place = source.place();
        }
    }

    /// Takes over a changed setup.
    pub fn change(&mut self, setup: &SourceSetup) {
        if self.setup != *setup {
            if self.source.is_some() {
                info!(source = setup.name, "source changed");
            }
            let taken = self
                .source
                .as_mut()
                .is_some_and(|source| source.change(&setup.input));
            if !taken {
                self.close();
            }
            self.setup = setup.clone();
        }
    }

    pub fn stats(&self) -> SourceStats {
        let status = self
            .source
            .as_ref()
            .map_or_else(Status::default, |source| source.status());
        let sums = self.before.with(&status);
        SourceStats {
            name: self.setup.name.clone(),
            events: self.lines.counts.events,
            noise: self.lines.counts.noise,
            unmatched: self.lines.counts.unmatched,
            bytes: sums.bytes,
            lag_bytes: status.lag_bytes,
            up: status.up,
            last_line: self.lines.last,
            rotations: vec![
                ("renamed", sums.rotations.renamed),
                ("truncated", sums.rotations.truncated),
                ("replaced", sums.rotations.replaced),
            ],
            truncated: sums.truncated,
            dropped: sums.dropped,
        }
    }
}
