//! A message that was accepted: `<= sender H=… P=esmtps X=… S=1234 id=… T="subject" for a@x b@y`, and `(=`
//! where the client was told that it was not (`control = fakereject`).

use std::num::{NonZeroU32, NonZeroU64};

use super::RECEIVE;
use super::fields::{self, Fields};
use crate::parse::notices::{TlsProtocol, TlsSession, TlsTrust};
use crate::parse::scan::number;
use crate::parse::{Fact, Line};

/// Reads what follows the arrow.
pub(super) fn parse<'a, 'e>(text: &'a [u8]) -> Line<'a, 'e> {
    let Some(rest) = after_sender(text) else {
        return Line::Unmatched;
    };
    let mut fields = Fields::default();
    let (mut rest, _) = fields.read(rest);
    // The name of a local user may hold blanks: `U=two words P=local`.
    if !rest.starts_with(b"from ")
        && !rest.starts_with(b"for ")
        && let Some(at) = memchr::memmem::find(rest, b" P=")
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
        size: number(fields.size).and_then(|(size, _)| NonZeroU64::new(size)),
        recipients: rest.strip_prefix(b"for ").and_then(count_addresses),
        tls: (!fields.tls.is_empty()).then(|| TlsSession {
            trust: TlsTrust::Unknown,
            protocol: TlsProtocol::leading(fields.tls),
        }),
    }))
}

/// What follows the sender: `<>`, or an address whose local part may be in quotes.
fn after_sender(text: &[u8]) -> Option<&[u8]> {
    match text.first()? {
        b'"' => {
            let (_, rest) = fields::quoted(text);
            Some(&rest[memchr::memchr(b' ', rest)?..])
        }
        _ => fields::address(text).map(|(_, rest)| rest),
    }
}

/// Addresses in a list, blanks between them; a local part in quotes may hold blanks itself.
fn count_addresses(text: &[u8]) -> Option<NonZeroU32> {
    let (mut count, mut is_inside, mut is_quoted) = (0, false, false);
    for &byte in text {
        is_quoted ^= byte == b'"';
        let is_blank = byte == b' ' && !is_quoted;
        count += u32::from(!is_blank && !is_inside);
        is_inside = !is_blank;
    }
    NonZeroU32::new(count)
}
