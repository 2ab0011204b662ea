//! Parses the lines about TLS sessions, which the client and server daemons write in the same form.

use super::program::Origin;
use crate::parse::dialect::mta::Mta;
use crate::parse::event::{Fact, Line};
use crate::parse::kinds::Direction;
use crate::parse::notices::{TlsProtocol, TlsSession, TlsTrust};
use crate::parse::scan::{position, split_on};
use crate::simd::bitmask_of;

/// Parses `Untrusted TLS connection established to mx.example.net[192.0.2.1]:25: TLSv1.3 with cipher …` and
/// `… TLS connection reused to …`.
pub(super) fn connection<'a, 'e>(origin: Origin<'a>, body: &[u8]) -> Option<Line<'a, 'e>> {
    let (trust, rest) = match body.first()? {
        b'A' => (TlsTrust::Anonymous, body.strip_prefix(b"Anonymous ")?),
        b'U' => (TlsTrust::Untrusted, body.strip_prefix(b"Untrusted ")?),
        b'V' => (TlsTrust::Verified, body.strip_prefix(b"Verified ")?),
        _ => match body.strip_prefix(b"Trusted ") {
            Some(rest) => (TlsTrust::Trusted, rest),
            // Postfix before 2.6 does not log the trust level.
            None => (TlsTrust::Unknown, body),
        },
    };
    let rest = rest.strip_prefix(b"TLS connection ")?;
    if rest.starts_with(b"reused ") {
        return Some(Line::Noise(None));
    }
    let rest = rest.strip_prefix(b"established ")?;
    let direction = if rest.starts_with(b"from ") {
        Direction::Inbound
    } else {
        Direction::Outbound
    };
    let session = TlsSession {
        trust,
        protocol: protocol(rest),
    };
    Some(Line::Noise(Some(Fact::TlsEstablished(
        origin.service(),
        direction,
        session,
    ))))
}

/// The protocol in `to mx.example.net[192.0.2.1]:25: TLSv1.3 with cipher …`.
#[inline]
fn protocol(text: &[u8]) -> TlsProtocol {
    // The first blank after a colon in the usual form, which ends within 64 bytes.
    if let Some(start) = text.first_chunk::<64>() {
        let ends = bitmask_of(start, b':') & (bitmask_of(start, b' ') >> 1);
        let end = ends.trailing_zeros() as usize;
        if let Some(after) = text.get(end + 2..).filter(|_| end < 64) {
            return TlsProtocol::leading(after);
        }
    }
    any_protocol(text)
}

/// As [`protocol`], for any text.
#[inline(never)]
fn any_protocol(text: &[u8]) -> TlsProtocol {
    let Some(mut after) = position(text, b']').and_then(|close| text.get(close + 2..)) else {
        // Postfix before 2.3 writes no address.
        let after = split_on(text, b": ").map_or(&b""[..], |(_, after)| after);
        return TlsProtocol::leading(after);
    };
    // A port follows the address of a server.
    if after.first() != Some(&b' ') {
        after = position(after, b' ').map_or(b"", |blank| &after[blank..]);
    }
    TlsProtocol::leading(after.get(1..).unwrap_or_default())
}

/// A line about a failed handshake with a client.
pub(super) fn failed_with_client<'a, 'e>() -> Line<'a, 'e> {
    Line::Noise(Some(Fact::TlsFailed(Mta::Postfix, Direction::Inbound)))
}
