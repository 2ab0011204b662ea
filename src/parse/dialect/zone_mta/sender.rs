//! Records of the processes that deliver. A failure has up to three records: that of the connection (`SMTPERR`, `ERRCONNECT`, `SMTPCLOSE`,
//! each with the words of the last one), and the delivery record (`DEFERRED`, `REJECTED`, `ACCEPTED`), which
//! counts. Only a host that could not be connected to has a record that nothing repeats (`CONNFAIL`).

use super::reason::{self, Reason};
use super::{Entry, SENDER};
use crate::parse::correlate::Correlated;
use crate::parse::kinds::Stamp;
use crate::parse::scan::{rsplit_on, split, split_on};
use crate::parse::{Direction, Event, Line, Outcome};

/// Words of records that are neither a delivery nor a failed connection.
const NOISE: [&[u8]; 20] = [
    b"CONNECTING",
    b"CONNECTED",
    b"CONNREUSE",
    b"SMTPCLOSE",
    b"SMTPERR",
    b"ERRCONNECT",
    b"CONNECTION",
    b"FETCHED",
    b"FETCHFAIL",
    b"INITIALIZING",
    b"INITIALIZED",
    b"SENDING",
    b"UNCLOSED",
    b"UNEXPECTED",
    b"NOTFOUND",
    b"SKIPBOUNCE",
    b"BOUNCED",
    b"BOUNCEGEN",
    b"SMTP",
    b"DROP",
];

/// Parses a record.
pub(super) fn parse<'a, 'e>(
    failed: &mut Correlated<(), 1024>,
    entry: &Entry<'a>,
    time: Option<Stamp>,
    slot: &'e mut Option<Event<'a>>,
) -> Line<'a, 'e> {
    let Some((id, rest)) = split(after_session(entry.text), b' ').filter(|it| is_delivery(it.0))
    else {
        // A further line of a record, or a record that is about no delivery.
        return entry.noise();
    };
    let (word, rest) = split(rest, b' ').unwrap_or((rest, b""));
    let (word, category) = match split(word, b'[') {
        Some((word, category)) => (word, category.strip_suffix(b"]").unwrap_or(category)),
        None => (word, &b""[..]),
    };
    let outcome = match word {
        b"ACCEPTED" => Outcome::Sent,
        b"DEFERRED" => Outcome::Deferred,
        b"REJECTED" => Outcome::Bounced,
        b"CONNFAIL" => {
            failed.insert(id, time, ());
            let event = connection(rest, slot);
            event.queue_id = id;
            return Line::Event(event);
        }
        _ if entry.level == b"ERR!" || NOISE.contains(&word) => return entry.noise(),
        _ => return Line::Unmatched,
    };
    let Some(fields) = Fields::of(rest) else {
        return Line::Unmatched;
    };
    let event = slot.insert(Event::new(SENDER, Direction::Outbound, outcome));
    event.queue_id = id;
    event.sender = fields.sender;
    event.recipient = fields.recipient;
    event.host = fields.host;
    match category {
        // A status of HTTP is no reply of a mail server.
        b"http" => event.text = fields.text,
        _ => reason::apply(event, fields.text, fields.is_cut),
    }
    if event.connect_error.is_some() && failed.remove(id).is_some() {
        event.code = None;
        event.duplicate = true;
    }
    Line::Event(event)
}

/// The text after `id=SESSION `, which old versions do not write.
pub(super) fn after_session(text: &[u8]) -> &[u8] {
    match text.strip_prefix(b"id=").and_then(|it| split(it, b' ')) {
        Some((_, rest)) => rest,
        None => text,
    }
}

/// Whether a word is the id of a delivery, `1984e8a65b30004db0.001`.
fn is_delivery(word: &[u8]) -> bool {
    let is_hex = |part: &[u8]| part.len() >= 3 && part.iter().all(u8::is_ascii_hexdigit);
    split(word, b'.').is_some_and(|(id, number)| id.len() >= 8 && is_hex(id) && is_hex(number))
}

/// `domain=example.net local=name[192.0.2.1] remote=198.51.100.1:25 error=reason`.
fn connection<'a, 'e>(text: &'a [u8], slot: &'e mut Option<Event<'a>>) -> &'e mut Event<'a> {
    let event = slot.insert(Event::new(SENDER, Direction::Outbound, Outcome::Attempt));
    let (fields, words) = split_on(text, b" error=").unwrap_or((text, b""));
    if let Some((_, remote)) = split_on(fields, b"remote=") {
        event.host = rsplit_on(remote, b":").map_or(remote, |(host, _)| host);
    }
    // `… connecting to MX server mx.example.net[198.51.100.1] for example.net: Connection refused`
    if let Some((_, server)) = split_on(words, b"MX server ") {
        event.host = split(server, b' ').map_or(server, |(host, _)| host);
    }
    event.text = words;
    if let Reason::Connection(error, code) = reason::failure(words) {
        event.connect_error = Some(error);
        event.code = code;
    }
    event
}

/// The fields of a delivery record.
struct Fields<'a> {
    sender: &'a [u8],
    recipient: &'a [u8],
    host: &'a [u8],
    /// The text in parentheses, and whether its end is missing.
    text: &'a [u8],
    is_cut: bool,
}

impl<'a> Fields<'a> {
    /// `from=a@x[return@x] to=b@y src=192.0.2.1 mx=mx.y[198.51.100.1] message-id=<…> (250 Ok)`; before version 3.10.9, `id=`
    /// stands for `message-id=`, before 1.8.4 `dst=` for `mx=`, and before 1.1.7 there is neither `src=` nor `id=`.
    fn of(text: &'a [u8]) -> Option<Self> {
        let (sender, rest) = split_on(text.strip_prefix(b"from=")?, b" to=")?;
        let (fields, rest) = split_on(rest, b" mx=").or_else(|| split_on(rest, b" dst="))?;
        let recipient = split(fields, b' ').map_or(fields, |(recipient, _)| recipient);
        let (fields, text) = split_on(rest, b" (")?;
        let host = split(fields, b' ').map_or(fields, |(host, _)| host);
        let sender = split(sender, b'[').map_or(sender, |(sender, _)| sender);
        Some(Fields {
            sender: if sender == b"<>" { b"" } else { sender },
            recipient,
            host,
            text: text.strip_suffix(b")").unwrap_or(text),
            is_cut: !text.ends_with(b")"),
        })
    }
}
