//! From the lines of a source to counts: the parser, the counters and the alerts that look at both.

use super::alerter::Alerter;
use super::source_handle::SourceHandle;
use crate::metrics::{Counters, CountingVisitor};
use crate::parse::{LineParser, Stamp, StreamKey};
use crate::source::{Progress, ReadBuffer};

/// Turns lines into counts.
pub(super) struct Pipeline {
    pub parser: LineParser,
    pub counters: Counters,
    /// The wall clock in seconds since 1970, as of the current block.
    pub now: i64,
    /// Set if the exporter sends alerts itself.
    pub alerter: Option<Alerter>,
}

impl Pipeline {
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
            ..
        } = handle;
        let source = source.as_mut()?;
        let Pipeline {
            parser,
            counters,
            now,
            alerter,
        } = self;
        let mut due = alerter
            .as_ref()
            .map_or(i64::MAX, |alerter| alerter.next_evaluation());
        let mut visitor = CountingVisitor {
            counters,
            lines: &mut lines.counts,
            now: *now,
            before: |time: Option<Stamp>, counters: &Counters| {
                let Some(Stamp { seconds, .. }) = time else {
                    return;
                };
                lines.newest = lines.newest.max(Some(seconds));
                if let Some(alerter) = alerter.as_mut()
                    && seconds >= due
                {
                    alerter.advance(seconds, counters, *now);
                    due = alerter.next_evaluation();
                }
            },
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
