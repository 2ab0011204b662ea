//! Delivery records: `to=<a@example.net>,<b@example.net>, ctladdr=<c@example.com> (8/0), delay=00:00:01,
//! xdelay=00:00:01, mailer=esmtp, pri=120345, relay=mx.example.net. [192.0.2.1], dsn=4.7.0, reply=421 4.7.0 …,
//! stat=Deferred: 421 4.7.0 …`.

use super::fields;
use super::reason::{self, Reason};
use super::{LOCAL, MTA, SMTP, SendmailState};
use crate::parse::event::{Delays, StageDelays};
use crate::parse::reply;
use crate::parse::scan::{self, split_on};
use crate::parse::{Direction, Enhanced, Event, Line, Outcome, Service, Stage};

/// The fields of a record. What it does not have is empty.
#[derive(Clone, Copy, Debug, Default)]
struct Fields<'a> {
    total: Option<u64>,
    transmission: Option<u64>,
    mailer: &'a [u8],
    relay: &'a [u8],
    dsn: Option<Enhanced>,
    reply: &'a [u8],
    stat: Option<&'a [u8]>,
}

/// Parses the text after `to=`.
#[inline]
pub(super) fn parse<'a, 'e>(
    state: &mut SendmailState,
    id: &'a [u8],
    text: &'a [u8],
    slot: &'e mut Option<Event<'a>>,
) -> Line<'a, 'e> {
    let Some((recipient, rest)) = fields::recipients(text) else {
        return Line::Unmatched;
    };
    let fields = read(rest);
    let Some(stat) = fields.stat else {
        // Cut off, or the first records of a list of recipients with the rest in another one.
        return match rest.is_empty() {
            true => Line::Noise(None),
            false => Line::Unmatched,
        };
    };
    if stat == b"quarantined" {
        return Line::Noise(None);
    }
    let is_failure = !stat.starts_with(b"Sent") || reply_code(fields.reply) >= 400;
    if fields.mailer.is_empty() && fields.relay.is_empty() && is_refusal(stat, fields.dsn) {
        // Our server refused the content of the message. A ruleset's or milter's record says the code.
        if !id.is_empty() && state.rejected.remove(id).is_some() {
            return Line::Noise(None);
        }
        let event = slot.insert(super::rejected(Stage::EndOfMessage, b"", stat));
        (event.queue_id, event.recipient, event.dsn) = (id, recipient, fields.dsn);
        event.service = MTA;
        return Line::Event(event);
    }
    let (service, direction) = service(&fields);
    let event = slot.insert(Event::new(service, direction, Outcome::Sent));
    match is_failure {
        true => fail(event, &fields, stat),
        false => {
            let confirmation = stat.strip_prefix(b"Sent (").unwrap_or(stat);
            event.enhanced = reply::leading_enhanced(confirmation);
            event.text = stat;
        }
    }
    event.queue_id = id;
    event.recipient = recipient;
    event.host = fields::host(fields.relay);
    event.dsn = fields.dsn;
    event.delays = Delays {
        total: fields.total,
        stages: match fields.transmission {
            Some(time) => StageDelays::Transmission(time),
            None => StageDelays::None,
        },
    };
    Line::Event(event)
}

/// Reads the fields up to the end of the record. The texts of `reply=` and `stat=` may contain anything.
fn read(mut rest: &[u8]) -> Fields<'_> {
    let mut fields = Fields::default();
    while let Some((key, value, after)) = fields::next(rest) {
        match key {
            b"delay" => fields.total = fields::microseconds(value),
            b"xdelay" => fields.transmission = fields::microseconds(value),
            b"mailer" => fields.mailer = value,
            b"relay" => fields.relay = value,
            b"dsn" => fields.dsn = scan::enhanced(value).map(|(code, _)| code),
            b"reply" => {
                let text = from_value(rest, value);
                let found = split_on(text, b", stat=").or_else(|| split_on(text, b" stat="));
                match found {
                    Some((reply, stat)) => (fields.reply, fields.stat) = (reply, Some(stat)),
                    // Cut off.
                    None => (fields.reply, fields.stat) = (text, Some(&b""[..])),
                }
                return fields;
            }
            b"stat" => {
                fields.stat = Some(from_value(rest, value));
                return fields;
            }
            _ => {}
        }
        rest = after;
    }
    fields
}

/// A text from a value in it on.
fn from_value<'a>(text: &'a [u8], value: &[u8]) -> &'a [u8] {
    let before = value.as_ptr().addr().wrapping_sub(text.as_ptr().addr());
    text.get(before..).unwrap_or_default()
}

fn reply_code(text: &[u8]) -> u16 {
    reply::parse(text).map_or(0, |reply| reply.code)
}

/// Whether a record without a mailer is about a message that our server refused after its content.
fn is_refusal(stat: &[u8], dsn: Option<Enhanced>) -> bool {
    let is_delivery = stat.starts_with(b"Sent")
        || stat.starts_with(b"Deferred")
        || stat == b"queued"
        || stat.starts_with(b"Warning: ")
        || reason::is_expired(stat);
    !is_delivery && dsn.is_none()
}

fn fail<'a>(event: &mut Event<'a>, fields: &Fields<'a>, stat: &'a [u8]) {
    let Reason {
        reply,
        connect_error,
        outcome,
        words,
    } = reason::parse(fields.reply, stat, fields.dsn);
    // Without a relay, nobody but Sendmail itself can have said it.
    let reply = reply.filter(|_| !fields.relay.is_empty() || event.direction != Direction::Local);
    event.outcome = outcome;
    event.code = match (reply, connect_error) {
        (Some(reply), _) => Some(reply.code),
        (None, Some(error)) => reason::connect_code(error, fields.dsn),
        (None, None) => None,
    };
    event.enhanced = reply.and_then(|reply| reply.enhanced);
    event.connect_error = connect_error;
    event.text = words;
    if outcome == Outcome::Expired {
        (event.code, event.enhanced, event.connect_error) = (None, None, None);
    }
}

/// The agent, by the name of the mailer, which the configuration chooses.
fn service(fields: &Fields<'_>) -> (Service<'static>, Direction) {
    const OF_THIS_HOST: &[&[u8]] = &[
        b"local",
        b"prog",
        b"*file*",
        b"*include*",
        b"procmail",
        b"maildrop",
        b"dovecot",
        b"fax",
        b"bsmtp",
        b"uucp",
        b"discard",
        b"error",
        b"mailman",
    ];
    let mailer = fields.mailer;
    let has_address = scan::position(fields.relay, b'[').is_some();
    let is_local = OF_THIS_HOST.contains(&mailer)
        || mailer.starts_with(b"cyrus")
        || mailer.starts_with(b"uucp-")
        || split_on(mailer, b"lmtp").is_some()
        || !mailer.is_empty()
            && split_on(mailer, b"smtp").is_none()
            && mailer != b"relay"
            && !has_address;
    match is_local {
        true => (LOCAL, Direction::Local),
        false => (SMTP, Direction::Outbound),
    }
}
