//! Notices to senders, one of which is the only record that a message expired, and diagnostics.

use super::reason;
use super::{Found, SMTP, begins_with};
use crate::parse::dialect::Mta;
use crate::parse::scan::split_on;
use crate::parse::{Direction, Event, Fact, Level, Outcome};

/// Parses a text; `None` if it is neither.
pub(super) fn parse<'a>(text: &'a [u8]) -> Option<Found<'a>> {
    if let Some((_, notice)) = notice(text) {
        // The notice has a queue id of its own; the message is that of the record.
        if reason::is_expired(notice) {
            let mut event = Event::new(SMTP, Direction::Outbound, Outcome::Expired);
            event.text = notice;
            return Some(Found::Event(event));
        }
        return Some(Found::Noise(None));
    }
    diagnostic(text).map(|level| Found::Noise(Some(Fact::Diagnostic(Mta::Sendmail, level))))
}

/// The kind and the text of `6ATJY20q000360: DSN: User unknown`.
fn notice(text: &[u8]) -> Option<(&[u8], &[u8])> {
    const KINDS: &[&[u8]] = &[
        b"DSN",
        b"return to sender",
        b"sender notify",
        b"postmaster notify",
        b"return receipt",
    ];
    let (id, rest) = super::split_id(text);
    if id.is_empty() {
        return None;
    }
    let (kind, notice) = split_on(rest, b": ")?;
    KINDS.contains(&kind).then_some((kind, notice))
}

fn diagnostic(text: &[u8]) -> Option<Level> {
    if text.starts_with(b"SYSERR") || text.starts_with(b"Losing ") {
        return Some(Level::Error);
    }
    if begins_with(
        text,
        &[
            b"rejecting connections on daemon ",
            b"rejecting new messages: ",
            b"have been rejecting connections ",
            b"low on space (",
            b"ERROR: ",
            b"ERROR=",
            b"WARNING: ",
            b"unable to qualify my own domain name",
            b"unable to write pid to ",
            b"daemon ",
        ],
    ) {
        return Some(Level::Warning);
    }
    None
}
