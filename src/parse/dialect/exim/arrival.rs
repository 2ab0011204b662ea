//! Accepted messages: `<= sender H=… P=esmtps X=… S=1234 id=… T="subject" for a@x b@y`, and `(=`
//! where the client got an error reply nevertheless (`control = fakereject`).

use std::num::{NonZeroU32, NonZeroU64};

use super::RECEIVE;
use super::fields::{self, Fields};
use crate::parse::notices::{TlsProtocol, TlsSession, TlsTrust};
use crate::parse::scan::{number, position, split_on};
use crate::parse::{Fact, Line};

/// Parses the text after the arrow, of the message with this id.
pub(super) fn parse<'a, 'e>(id: &'a [u8], text: &'a [u8]) -> Line<'a, 'e> {
    let Some(rest) = after_sender(text) else {
        return Line::Unmatched;
    };
    // `<>` for the null sender.
    let sender = &text[..text.len() - rest.len()];
    let sender = sender.strip_prefix(b"<").unwrap_or(sender);
    let sender = sender.strip_suffix(b">").unwrap_or(sender);
    let mut fields = Fields::default();
    let (mut rest, _) = fields.read(rest);
    // The name of a local user may contain spaces: `U=two words P=local`.
    if !rest.is_empty()
        && !rest.starts_with(b"from ")
        && !rest.starts_with(b"for ")
        && let Some(at) = split_on(rest, b" P=").map(|(name, _)| name.len())
    {
        (rest, _) = fields.read(&rest[at..]);
    }
    if !fields.any {
        return Line::Unmatched;
    }
    // `+sender_on_…` and `+received_recipients` end the line: `from <a@x> for b@y c@z`.
    let rest = match rest.strip_prefix(b"from ").and_then(fields::address) {
        Some((_, rest)) => rest.strip_prefix(b" ").unwrap_or(rest),
        None => rest,
    };
    Line::Noise(Some(Fact::Accepted {
        service: RECEIVE,
        queue_id: id,
        sender,
        client: fields.host,
        user: account(fields.authenticated),
        size: number(fields.size).and_then(|(size, _)| NonZeroU64::new(size)),
        recipients: rest.strip_prefix(b"for ").and_then(count_addresses),
        tls: (!fields.tls.is_empty()).then(|| TlsSession {
            trust: TlsTrust::Unknown,
            protocol: TlsProtocol::leading(fields.tls),
        }),
    }))
}

/// The account in `A=authenticator:account`; empty if the client is not authenticated or the authenticator names none.
fn account(authenticated: &[u8]) -> &[u8] {
    split_on(authenticated, b":").map_or(b"", |(_, account)| account)
}

/// The text after the sender: `<>`, or an address whose local part may be in quotes.
fn after_sender(text: &[u8]) -> Option<&[u8]> {
    match text.first()? {
        b'"' => {
            let (_, rest) = fields::quoted(text);
            Some(&rest[position(rest, b' ')?..])
        }
        _ => fields::address(text).map(|(_, rest)| rest),
    }
}

/// The number of addresses in a list. They are separated by spaces; a quoted local part may contain spaces too.
fn count_addresses(text: &[u8]) -> Option<NonZeroU32> {
    let (mut count, mut is_inside, mut is_quoted) = (0, false, false);
    for &byte in text {
        is_quoted ^= byte == b'"';
        let is_space = byte == b' ' && !is_quoted;
        count += u32::from(!is_space && !is_inside);
        is_inside = !is_space;
    }
    NonZeroU32::new(count)
}
