//! Parses what smtpd, cleanup and smtp do with a message instead of rejecting it, by access tables, header and body
//! checks, or a milter: `NOQUEUE: discard: RCPT from …`, `4F9D195432C: hold: header …`, `4F9D195432C: milter-discard: …`.

use crate::parse::notices::Action;
use crate::parse::scan::split_on;

/// The actions by name.
const ACTIONS: &[(&[u8], Action)] = &[
    (b"discard", Action::Discard),
    (b"hold", Action::Hold),
    (b"filter", Action::Filter),
    (b"redirect", Action::Redirect),
    (b"quarantine", Action::Quarantine),
    (b"warn", Action::Warn),
    // Header and body checks. Other warnings precede the queue id.
    (b"warning", Action::Warn),
    (b"reject_warning", Action::RejectWarning),
    (b"prepend", Action::Prepend),
    (b"replace", Action::Replace),
    (b"strip", Action::Strip),
    (b"bcc", Action::Bcc),
    (b"delay", Action::Delay),
    (b"info", Action::Info),
    (b"hangup", Action::Hangup),
];

/// The action in the text after a queue id.
pub(super) fn parse(text: &[u8]) -> Option<Action> {
    let (name, _) = split_on(text, b": ")?;
    let name = match name.strip_prefix(b"milter-") {
        Some(name) => name.strip_prefix(b"header-").unwrap_or(name),
        None => name,
    };
    let known = ACTIONS.iter().find(|(known, _)| *known == name);
    known.map(|&(_, action)| action)
}
