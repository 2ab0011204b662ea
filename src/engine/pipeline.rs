//! From the lines of a source to counts: the parser, the counters and the alerts that look at both.

use std::cell::RefCell;

use jiff::Timestamp;

use super::alerter::Alerter;
use super::recording::RecordingVisitor;
use super::source_handle::SourceHandle;
use crate::insight::{Insight, SenderVolumes};
use crate::metrics::{Counters, CountingVisitor, History};
use crate::parse::{LineParser, Stamp, StreamKey};
use crate::source::{Progress, ReadBuffer};

/// Turns lines into counts.
pub(super) struct Pipeline {
    pub parser: LineParser,
    pub counters: Counters,
    /// The wall clock in seconds since 1970, as of the current block.
    pub now: i64,
    /// The counts of the past.
    pub history: History,
    /// Who causes failed replies.
    pub insight: Insight,
    /// What other servers have accepted of each sender domain since the last evaluation.
    pub volumes: RefCell<SenderVolumes>,
    /// Evaluates the alert rules.
    pub alerter: Alerter,
}

impl Pipeline {
    /// Continues the history by the wall clock, also while no lines come. With `unread` lines, these have earlier times.
    pub fn continue_history(&mut self, unread: bool) {
        let now = Timestamp::now().as_second();
        self.history.follow_clock(now);
        if !unread && now >= self.history.due() {
            self.history.advance(now, &self.counters, now);
        }
    }

    /// Reads about `budget` bytes of a source; `None` if it is not open.
    pub fn read(
        &mut self,
        handle: &mut SourceHandle,
        budget: usize,
        buffer: &mut ReadBuffer,
    ) -> Option<Progress> {
        let SourceHandle {
            source,
            lines,
            setup,
            id,
            clock,
            ..
        } = handle;
        let source = source.as_mut()?;
        let Pipeline {
            parser,
            counters,
            now,
            history,
            insight,
            volumes,
            alerter,
        } = self;
        let volumes = &*volumes;
        let now = *now;
        let mut due = alerter.next_evaluation();
        let mut history_due = history.due();
        let behind = -clock.offset();
        let counting = CountingVisitor {
            counters,
            lines: &mut lines.counts,
            now,
            before: |time: Option<Stamp>, is_event, counters: &Counters| {
                let Stamp { seconds, nanos } = time?;
                lines.newest = lines.newest.max(Some(seconds));
                let (seconds, is_late) = clock.observe(seconds, now);
                if seconds >= due {
                    alerter.take_senders(&mut volumes.borrow_mut());
                    alerter.advance(seconds, counters, now);
                    due = alerter.next_evaluation();
                }
                if seconds >= history_due {
                    history.advance(seconds, counters, now);
                    history_due = history.due();
                }
                if is_event {
                    clock.count(is_late, now);
                    alerter.count(seconds, due);
                    lines.backlog_events += u64::from(is_late);
                }
                Some(Stamp { seconds, nanos })
            },
        };
        let mut visitor = RecordingVisitor {
            inner: counting,
            insight,
            volumes,
            behind,
            now,
        };
        Some(source.read(budget, buffer, &mut |stream, lines| {
            let key = StreamKey {
                source: *id,
                stream: stream.0,
            };
            parser.select(key, setup.format);
            parser.read(lines, &mut visitor);
        }))
    }
}
