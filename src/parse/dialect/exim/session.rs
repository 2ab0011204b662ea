//! Connections of clients: opened, lost, too slow.

use super::RECEIVE;
use super::fields::{self, Fields};
use super::{begins_with, strip_any};
use crate::parse::{Fact, Line, Stage};

/// Beginnings of such lines.
const BEGINNINGS: [&[u8]; 6] = [
    b"SMTP connection ",
    b"SMTP call from ",
    b"SMTP command timeout on ",
    b"SMTP data timeout ",
    b"unexpected disconnection while reading SMTP command ",
    b"TLS error on connection from ",
];

/// Whether a text begins as only Exim's lines about connections do.
pub(super) fn is_beginning(text: &[u8]) -> bool {
    begins_with(text, &BEGINNINGS)
}

/// Reads a line; `None` if it is about no connection.
pub(super) fn parse<'a, 'e>(text: &'a [u8]) -> Option<Line<'a, 'e>> {
    let fact = match text.first()? {
        b'S' => smtp(text)?,
        b'u' => {
            text.strip_prefix(b"unexpected ")?;
            strip_any(
                text,
                &[
                    b"unexpected disconnection while reading SMTP command",
                    b"unexpected TLS disconnection while reading SMTP command",
                    b"unexpected EOF while reading SMTP command",
                ],
            )?;
            Some(Fact::ConnectionLost(RECEIVE, Stage::Other))
        }
        _ => return None,
    };
    Some(Line::Noise(fact))
}

fn smtp(text: &[u8]) -> Option<Option<Fact<'_>>> {
    if let Some(rest) = text.strip_prefix(b"SMTP connection ") {
        return Some(connection(rest));
    }
    if text.starts_with(b"SMTP command timeout on ") {
        return Some(Some(Fact::ConnectionLost(RECEIVE, Stage::Other)));
    }
    if text.starts_with(b"SMTP data timeout ") {
        return Some(Some(Fact::ConnectionLost(RECEIVE, Stage::Data)));
    }
    text.starts_with(b"SMTP call from ").then_some(None)
}

/// `from HOST (TCP/IP connection count = 1)`, `from HOST lost while reading message data`, `from HOST closed by
/// QUIT`.
fn connection(text: &[u8]) -> Option<Fact<'_>> {
    let mut fields = Fields::default();
    let (rest, _) = fields.read(text);
    let named = rest.strip_prefix(b"from ")?;
    let (_, _, rest) = fields::host(named.strip_prefix(b"H=").unwrap_or(named));
    let (rest, _) = fields.read(rest);
    if let Some(rest) = rest.strip_prefix(b"lost") {
        let stage = match rest.starts_with(b" while reading message data") {
            true => Stage::Data,
            false => Stage::Other,
        };
        return Some(Fact::ConnectionLost(RECEIVE, stage));
    }
    let is_opened = rest.is_empty() || rest.starts_with(b"(TCP/IP connection count");
    is_opened.then_some(Fact::Connected(RECEIVE))
}
