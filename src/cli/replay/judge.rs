//! Reads logs, and evaluates one policy or several over the same counts.

use std::cell::RefCell;

use jiff::Timestamp;

use crate::alert::{Evaluator, GROUP_WAIT};
use crate::catalog::{Catalog, Policy};
use crate::cli::error::Error;
use crate::cli::input::{LineReader, LogFiles, ReadSettings};
use crate::cli::silence::SilenceWatch;
use crate::insight::{Insight, SenderVisitor, SenderVolumes};
use crate::metrics::{Counters, CountingVisitor, LineCounts};
use crate::parse::{Format, Stamp, Visitor};

/// An evaluator of one policy.
pub struct Judge {
    /// The evaluator.
    pub evaluator: Evaluator,
    /// Looks for silence, if that is wanted.
    silence: Option<SilenceWatch>,
}

impl Judge {
    /// Evaluates the rules about mail.
    pub fn new(policy: Policy, providers: Vec<String>) -> Self {
        Judge {
            evaluator: Evaluator::new(policy, Catalog::embedded(), providers.into()),
            silence: None,
        }
    }

    /// Evaluates the rule about silent sources too.
    pub fn with_silence(policy: Policy, providers: Vec<String>) -> Self {
        Judge {
            silence: Some(SilenceWatch::new()),
            ..Judge::new(policy, providers)
        }
    }
}

/// What was read.
pub struct Replayed {
    /// The number of lines.
    pub lines: u64,
    /// The times of the first and the last line, in seconds since 1970; the first is later if no line has a time.
    span: (i64, i64),
    /// The time up to which alerts were evaluated.
    pub end: i64,
}

impl Replayed {
    /// The time of the first line.
    pub fn from(&self) -> Option<Timestamp> {
        self.seconds()
            .and_then(|_| Timestamp::from_second(self.span.0).ok())
    }

    /// The time of the last line.
    pub fn to(&self) -> Option<Timestamp> {
        self.seconds()
            .and_then(|_| Timestamp::from_second(self.span.1).ok())
    }

    /// The seconds from the first to the last line; `None` if no line has a time.
    pub fn seconds(&self) -> Option<i64> {
        let (from, to) = self.span;
        (from <= to).then(|| to - from)
    }
}

/// How logs are read.
pub struct Reading<'r> {
    /// The logs.
    pub files: &'r LogFiles,
    /// How their lines are read.
    pub settings: &'r ReadSettings,
    /// The format of all of them.
    pub format: Format,
    /// The number of threads, which does not change the result.
    pub threads: usize,
}

/// Reads the files in the order of their times. All judges see the same counts at the same times.
///
/// # Errors
///
/// If a file cannot be read.
pub fn read(reading: &Reading<'_>, judges: &mut [Judge]) -> Result<Replayed, Error> {
    let Reading {
        files, settings, ..
    } = *reading;
    let catalog = Catalog::embedded();
    let names: Vec<String> = settings.providers.names().map(str::to_owned).collect();
    let mut reader = ReplayReader {
        insight: Insight::new(catalog, &names),
        volumes: RefCell::default(),
        counters: Counters::new(catalog),
        span: (i64::MAX, i64::MIN),
        lines: LineCounts::default(),
        due: due_of(judges),
        judges,
    };
    let mut parser = files.parser(settings);
    files.read_by_time(
        settings,
        reading.format,
        reading.threads,
        &mut parser,
        &mut reader,
    )?;
    Ok(reader.finish())
}

/// Counts lines, and evaluates the rules whenever a step of the lines' time ends.
struct ReplayReader<'j> {
    judges: &'j mut [Judge],
    insight: Insight,
    volumes: RefCell<SenderVolumes>,
    counters: Counters,
    lines: LineCounts,
    /// The times of the first and the last line.
    span: (i64, i64),
    /// When the judges have something to do next.
    due: i64,
}

impl LineReader for ReplayReader<'_> {
    fn visitor<'v>(&'v mut self, _: &'v [&'v [u8]]) -> impl for<'a> Visitor<'a> {
        let (judges, span, due, volumes) = (
            &mut *self.judges,
            &mut self.span,
            &mut self.due,
            &self.volumes,
        );
        let before = move |time: Option<Stamp>, _, counters: &Counters| {
            let Stamp { seconds, .. } = time?;
            *span = (span.0.min(seconds), span.1.max(seconds));
            if seconds >= *due {
                advance(judges, seconds, counters, volumes);
                *due = due_of(judges);
            }
            for silence in judges.iter_mut().filter_map(|it| it.silence.as_mut()) {
                silence.count();
            }
            time
        };
        SenderVisitor {
            inner: CountingVisitor {
                counters: &mut self.counters,
                lines: &mut self.lines,
                now: i64::MAX,
                before,
            },
            insight: &mut self.insight,
            volumes: &self.volumes,
        }
    }
}

impl ReplayReader<'_> {
    /// Evaluates what follows the last line.
    fn finish(self) -> Replayed {
        let ReplayReader {
            judges,
            volumes,
            counters,
            lines,
            span,
            mut due,
            ..
        } = self;
        // Lines after the last evaluation count too. Without a time stamp, there was no evaluation.
        if span.0 <= span.1 {
            // An alert that fired with the last line is decided on as well.
            due += GROUP_WAIT;
            for judge in judges {
                judge.evaluator.take_senders(&mut volumes.borrow().clone());
                judge.evaluator.advance(due, &counters, false);
            }
        }
        Replayed {
            lines: lines.events + lines.noise + lines.unmatched,
            span,
            end: due,
        }
    }
}

/// The time from which the judges have something to do: the same for all of them.
fn due_of(judges: &[Judge]) -> i64 {
    judges.first().map_or(i64::MAX, |it| it.evaluator.due())
}

/// Evaluates every step up to a time. Each judge gets the same numbers of senders.
fn advance(
    judges: &mut [Judge],
    seconds: i64,
    counters: &Counters,
    volumes: &RefCell<SenderVolumes>,
) {
    let mut volumes = volumes.borrow_mut();
    let Some((last, others)) = judges.split_last_mut() else {
        return;
    };
    for judge in others {
        judge.evaluator.take_senders(&mut volumes.clone());
        judge.evaluator.advance(seconds, counters, false);
    }
    last.evaluator.take_senders(&mut volumes);
    last.evaluator.advance(seconds, counters, false);
    for judge in judges {
        if let Some(silence) = &mut judge.silence {
            silence.advance(&mut judge.evaluator);
        }
    }
}
