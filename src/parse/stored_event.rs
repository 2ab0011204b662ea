//! An event without the line that it borrows from, so that one thread can parse a line and another one count it.

use crate::catalog::{ConditionId, ProviderId};
use crate::parse::dialect::Agent;
use crate::parse::event::{Delays, Event, Service};
use crate::parse::kinds::{ConnectError, Direction, Enhanced, Outcome, Stage};
use crate::parse::notices::Level;

/// A text in a line, by its place.
#[derive(Clone, Copy, Debug)]
struct Span {
    start: u16,
    length: u16,
}

impl Span {
    /// The place of a text; `None` if it is not in the line, or beyond 64 KiB.
    fn of(text: &[u8], line: &[u8]) -> Option<Self> {
        let start = match text.is_empty() {
            true => 0,
            false => text.as_ptr().addr().checked_sub(line.as_ptr().addr())?,
        };
        let is_inside = start <= line.len() && text.len() <= line.len() - start;
        let span = Span {
            start: u16::try_from(start).ok()?,
            length: u16::try_from(text.len()).ok()?,
        };
        is_inside.then_some(span)
    }

    /// The text in the same line.
    fn in_line(self, line: &[u8]) -> &[u8] {
        let (start, length) = (usize::from(self.start), usize::from(self.length));
        line.get(start..start + length).unwrap_or_default()
    }
}

/// An event of a block of lines. Small, because one is written and read for each delivery.
#[derive(Clone, Copy, Debug)]
pub(super) struct StoredEvent {
    agent: Agent,
    instance: Span,
    queue_id: Span,
    direction: Direction,
    outcome: Outcome,
    code: Option<u16>,
    enhanced: Option<Enhanced>,
    dsn: Option<Enhanced>,
    connect_error: Option<ConnectError>,
    duplicate: bool,
    mirrored: bool,
    logged_again: bool,
    host: Span,
    sender: Span,
    recipient: Span,
    text: Span,
    stage: Option<Stage>,
    level: Option<Level>,
    delays: Delays,
    condition: Option<ConditionId>,
    provider: ProviderId,
}

impl StoredEvent {
    /// Appends an event that was parsed from this line; `None` if a text of it is not in the line.
    #[cfg_attr(hot_path, inline(always))]
    pub(super) fn push(events: &mut Vec<Self>, event: &Event<'_>, line: &[u8]) -> Option<()> {
        let [instance, queue_id, host, sender, recipient, text] = [
            Span::of(event.service.instance, line)?,
            Span::of(event.queue_id, line)?,
            Span::of(event.host, line)?,
            Span::of(event.sender, line)?,
            Span::of(event.recipient, line)?,
            Span::of(event.text, line)?,
        ];
        events.push(StoredEvent {
            agent: event.service.agent,
            instance,
            queue_id,
            direction: event.direction,
            outcome: event.outcome,
            code: event.code,
            enhanced: event.enhanced,
            dsn: event.dsn,
            connect_error: event.connect_error,
            duplicate: event.duplicate,
            mirrored: event.mirrored,
            logged_again: event.logged_again,
            host,
            sender,
            recipient,
            text,
            stage: event.stage,
            level: event.level,
            delays: event.delays,
            condition: event.condition,
            provider: event.provider,
        });
        Some(())
    }

    /// The event, which borrows from the same line.
    #[cfg_attr(hot_path, inline(always))]
    pub(super) fn event<'a>(&self, line: &'a [u8]) -> Event<'a> {
        Event {
            service: Service {
                agent: self.agent,
                instance: self.instance.in_line(line),
            },
            queue_id: self.queue_id.in_line(line),
            direction: self.direction,
            outcome: self.outcome,
            code: self.code,
            enhanced: self.enhanced,
            dsn: self.dsn,
            connect_error: self.connect_error,
            duplicate: self.duplicate,
            mirrored: self.mirrored,
            logged_again: self.logged_again,
            host: self.host.in_line(line),
            sender: self.sender.in_line(line),
            recipient: self.recipient.in_line(line),
            text: self.text.in_line(line),
            stage: self.stage,
            level: self.level,
            delays: self.delays,
            condition: self.condition,
            provider: self.provider,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_outside_of_the_line_or_beyond_its_limit_has_no_place() {
        let text = vec![b'x'; 80_000];
        let line = &text[10..70_000];
        let of = |from: usize, to: usize| {
            let span = Span::of(&text[from..to], line)?;
            assert_eq!(span.in_line(line), &text[from..to]);
            Some((span.start, span.length))
        };
        assert_eq!(of(10, 20), Some((0, 10)));
        assert_eq!(of(65_545, 70_000), Some((65_535, 4_455)));
        assert_eq!(of(12, 12), Some((0, 0)));
        for (from, to) in [(9, 20), (65_546, 70_000), (60_000, 70_001), (10, 65_546)] {
            assert_eq!(of(from, to), None, "{from} to {to}");
        }
    }
}
