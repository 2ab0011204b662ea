//! The visitor of `report`: counts the selected lines, and collects what the tables show.

use super::selection::{Selected, Selection};
use crate::metrics::{Counters, CountingVisitor};
use crate::parse::{Event, Fact, Line, Parsed, Stamp, Submitter, Visitor};
use crate::report::Collector;

/// Counts and collects.
pub(super) struct ReportVisitor<'r, F> {
    counting: CountingVisitor<'r, F>,
    collector: &'r mut Collector,
    selection: &'r mut Selection,
    /// The lines that are visited, of which `next` is the next one.
    lines: &'r [&'r [u8]],
    next: usize,
}

impl<'r, F> ReportVisitor<'r, F>
where
    F: FnMut(Option<Stamp>, bool, &Counters) -> Option<Stamp>,
{
    pub fn new(
        counting: CountingVisitor<'r, F>,
        collector: &'r mut Collector,
        selection: &'r mut Selection,
        lines: &'r [&'r [u8]],
    ) -> Self {
        ReportVisitor {
            counting,
            collector,
            selection,
            lines,
            next: 0,
        }
    }

    /// Visits a line that was parsed alone.
    pub fn parsed(&mut self, parsed: Parsed<'_, '_>) {
        let time = parsed.time;
        match (parsed.line, parsed.times) {
            (Line::Event(event), 1) => self.event(time, event),
            (Line::Event(event), times) => self.event_repeated(time, event, times),
            (Line::Noise(fact), 1) => self.noise(time, fact.as_ref()),
            (Line::Noise(fact), times) => self.noise_repeated(time, fact.as_ref(), times),
            (Line::Unmatched, _) => self.unmatched(time),
        }
    }

    /// Passes over a line.
    pub fn skip(&mut self) {
        self.next += 1;
    }

    /// The line that is visited: each line is visited exactly once.
    #[inline]
    fn line(&mut self) -> &'r [u8] {
        let line = self.lines.get(self.next).copied().unwrap_or_default();
        self.next += 1;
        line
    }

    /// Whether a line is selected.
    #[cfg_attr(hot_path, inline(always))]
    fn selects(&mut self, time: Option<Stamp>, fact: Option<&Fact<'_>>, line: &[u8]) -> bool {
        self.selection.is_everything() || self.selects_noise(time, fact, line)
    }

    /// As [`ReportVisitor::selects`], where not every line is selected. A fact may be so together with an earlier one.
    #[cold]
    fn selects_noise(&mut self, time: Option<Stamp>, fact: Option<&Fact<'_>>, line: &[u8]) -> bool {
        if !self.selection.has_time(time) {
            return false;
        }
        let Some(fact) = fact else {
            return self.selection.is_any_mail();
        };
        match self.selection.has_fact(fact) {
            Selected::No => false,
            Selected::Yes => true,
            Selected::WithSubmission(submitter) => {
                if let Fact::Queued { queue_id, .. } = fact {
                    let submitted = Fact::Submitted {
                        queue_id,
                        submitter: Submitter(&submitter),
                    };
                    self.collector.noise(time, Some(&submitted), line, 1);
                }
                true
            }
        }
    }
}

impl<'a, F> Visitor<'a> for ReportVisitor<'_, F>
where
    F: FnMut(Option<Stamp>, bool, &Counters) -> Option<Stamp>,
{
    #[inline]
    fn event(&mut self, time: Option<Stamp>, event: &mut Event<'a>) {
        let line = self.line();
        if self.selection.has_time(time) && self.selection.has_event(event) {
            self.collector.event(time, event, line, 1);
            self.counting.event(time, event);
        }
    }

    #[cfg_attr(hot_path, inline(always))]
    fn noise(&mut self, time: Option<Stamp>, fact: Option<&Fact<'a>>) {
        let line = self.line();
        if self.selects(time, fact, line) {
            self.collector.noise(time, fact, line, 1);
            self.counting.noise(time, fact);
        }
    }

    fn event_repeated(&mut self, time: Option<Stamp>, event: &mut Event<'a>, times: u32) {
        let line = self.line();
        if self.selection.has_time(time) && self.selection.has_event(event) {
            self.collector.event(time, event, line, times.into());
            self.counting.event_repeated(time, event, times);
        }
    }

    fn noise_repeated(&mut self, time: Option<Stamp>, fact: Option<&Fact<'a>>, times: u32) {
        let line = self.line();
        if self.selects(time, fact, line) {
            self.collector.noise(time, fact, line, times.into());
            self.counting.noise_repeated(time, fact, times);
        }
    }

    #[inline]
    fn unmatched(&mut self, time: Option<Stamp>) {
        self.line();
        if self.selection.has_time(time) && self.selection.is_any_mail() {
            self.collector.unmatched(time);
            self.counting.unmatched(time);
        }
    }
}
