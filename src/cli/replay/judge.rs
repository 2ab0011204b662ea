//! Reads logs, and evaluates one policy or several over the same counts.

use std::cell::RefCell;

use jiff::Timestamp;

use crate::alert::{Evaluator, GROUP_WAIT};
use crate::catalog::{Catalog, Policy};
use crate::cli::error::Error;
use crate::cli::input::{LogFiles, ReadSettings, unreadable};
use crate::cli::silence::SilenceWatch;
use crate::insight::{Insight, SenderVisitor, SenderVolumes};
use crate::metrics::{Counters, CountingVisitor, LineCounts};
use crate::parse::{Format, Stamp};

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

/// Reads the files in the order of their times. All judges see the same counts at the same times.
///
/// # Errors
///
/// If a file cannot be read.
pub fn read(
    files: &LogFiles,
    settings: &ReadSettings,
    format: Format,
    judges: &mut [Judge],
) -> Result<Replayed, Error> {
    let catalog = Catalog::embedded();
    let names: Vec<String> = settings.providers.names().map(str::to_owned).collect();
    let mut insight = Insight::new(catalog, &names);
    let volumes = RefCell::new(SenderVolumes::default());
    let mut counters = Counters::new(catalog);
    let (mut from, mut to) = (i64::MAX, i64::MIN);
    let mut read = LineCounts::default();
    let mut due = due_of(judges);
    let mut parser = files.parser(settings);
    files.for_each_by_time(settings, format, |path, file, mut input| {
        file.select(&mut parser, format);
        let counting = CountingVisitor {
            counters: &mut counters,
            lines: &mut read,
            now: i64::MAX,
            before: |time: Option<Stamp>, _, counters: &_| {
                let Stamp { seconds, .. } = time?;
                from = from.min(seconds);
                to = to.max(seconds);
                if seconds >= due {
                    advance(judges, seconds, counters, &volumes);
                    due = due_of(judges);
                }
                for silence in judges.iter_mut().filter_map(|it| it.silence.as_mut()) {
                    silence.count();
                }
                time
            },
        };
        let mut visitor = SenderVisitor {
            inner: counting,
            insight: &mut insight,
            volumes: &volumes,
        };
        while input
            .read(|lines| parser.read(lines, &mut visitor))
            .map_err(|error| unreadable(path, &error))?
        {}
        Ok(())
    })?;
    // Lines after the last evaluation count too. Without a time stamp, there was no evaluation.
    if from <= to {
        // An alert that fired with the last line is decided on as well.
        due += GROUP_WAIT;
        for judge in judges.iter_mut() {
            let mut volumes = volumes.borrow().clone();
            judge.evaluator.take_senders(&mut volumes);
            judge.evaluator.advance(due, &counters, false);
        }
    }
    Ok(Replayed {
        lines: read.events + read.noise + read.unmatched,
        span: (from, to),
        end: due,
    })
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
