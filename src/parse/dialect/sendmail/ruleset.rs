//! Decisions of rulesets: `ruleset=check_rcpt, arg1=<a@example.net>, relay=host [192.0.2.1], reject=550 5.7.1 …`,
//! and the same with `discard`, `quarantine=…` or `status=…` at its end.

use super::fields;
use super::{Found, rejected};
use crate::parse::dialect::Mta;
use crate::parse::notices::Action;
use crate::parse::scan::{self, position, rsplit_on, split_on};
use crate::parse::{Fact, Stage};

/// Parses the text after `ruleset=`.
pub(super) fn parse<'a>(text: &'a [u8]) -> Option<Found<'a>> {
    let end = position(text, b',')?;
    let (ruleset, rest) = text.split_at(end);
    let argument = rest.strip_prefix(b", arg1=")?;
    // An address in brackets may contain anything, and so may a header field, which has no brackets.
    let (address, rest) = match argument.first() {
        Some(b'<') => scan::address(argument)?,
        _ => (&b""[..], argument),
    };
    let decision = match address {
        b"" => rsplit_on(rest, b", reject="),
        _ => split_on(rest, b", reject="),
    };
    let Some((head, reason)) = decision else {
        return without_reject(rest);
    };
    let host = rsplit_on(head, b", relay=").map_or(&b""[..], |(_, relay)| fields::host(relay));
    let Some(stage) = stage(ruleset) else {
        // About a server that we connected to; the delivery record has the consequence.
        return Some(Found::Noise(None));
    };
    let mut event = rejected(stage, host, reason);
    match stage {
        Stage::Rcpt => event.recipient = address,
        Stage::Mail => event.sender = address,
        _ => {}
    }
    Some(Found::Event(event))
}

fn without_reject<'a>(rest: &[u8]) -> Option<Found<'a>> {
    if rest.ends_with(b", discard") {
        // `discarded` follows.
        return Some(Found::Noise(None));
    }
    if split_on(rest, b", quarantine=").is_some() {
        return Some(Found::Noise(Some(Fact::Action(
            Mta::Sendmail,
            Action::Quarantine,
        ))));
    }
    split_on(rest, b", status=").map(|_| Found::Noise(None))
}

/// The stage at which a ruleset is applied to a client; `None` for those about a server of a delivery.
fn stage(ruleset: &[u8]) -> Option<Stage> {
    Some(match ruleset {
        b"check_relay" | b"srv_features" | b"greet_pause" | b"check_connect" => Stage::Connect,
        b"check_helo" => Stage::Helo,
        b"tls_client" => Stage::StartTls,
        b"trust_auth" | b"checkauth" => Stage::Auth,
        b"check_mail" => Stage::Mail,
        b"check_rcpt" => Stage::Rcpt,
        b"check_data" => Stage::Data,
        b"check_vrfy" | b"check_expn" => Stage::Vrfy,
        b"check_etrn" => Stage::Etrn,
        b"tls_server" | b"tls_rcpt" | b"try_tls" | b"check_compat" | b"authinfo"
        | b"tls_clt_features" | b"clt_features" => return None,
        // `check_eoh`, `check_eom`, and the rulesets of header fields, whose names the administrator chose.
        _ => Stage::EndOfMessage,
    })
}
