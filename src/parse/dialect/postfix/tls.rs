//! Parses the lines about TLS connections, which the client and server daemons write in the same form.

use super::program::Origin;
use crate::parse::event::{Fact, Line};
use crate::parse::kinds::Direction;

/// Parses `Untrusted TLS connection established to …` and `… TLS connection reused to …`.
pub(super) fn connection<'a, 'e>(origin: Origin<'a>, body: &[u8]) -> Option<Line<'a, 'e>> {
    let rest = match body.first()? {
        b'A' => body.strip_prefix(b"Anonymous ")?,
        b'U' => body.strip_prefix(b"Untrusted ")?,
        b'V' => body.strip_prefix(b"Verified ")?,
        // Postfix before 2.6 does not log the trust level.
        _ => body.strip_prefix(b"Trusted ").unwrap_or(body),
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
    Some(Line::Noise(Some(Fact::TlsEstablished(
        origin.service(),
        direction,
    ))))
}
