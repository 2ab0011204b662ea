//! Postfix, from 2.2 on.
//!
//! The daemon decides which file reads a line: `record` delivery records (any daemon may write one),
//! `client` the attempts of smtp and lmtp, `server` the rejects of smtpd, postscreen and cleanup, `noise`
//! the rest, each form by its name. `reason` reads why a delivery failed, wherever that is quoted.
//! `prescan` is the fast path for lines of the usual forms.

mod client;
mod noise;
mod prescan;
mod program;
mod queue_id;
mod reason;
mod record;
mod server;

use serde::{Deserialize, Serialize};

use prescan::Form;
pub(in crate::parse) use prescan::Prescan;
use program::{Daemon, Origin, Program};

use crate::parse::dialect::api::{AgentDef, Confidence, Dialect, OwnFrame, Record};
use crate::parse::event::Visitor;
use crate::parse::{Direction, Event, Fact, Line};

/// The dialect.
pub(in crate::parse) struct Postfix;

/// What is remembered of one stream.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub(in crate::parse) struct State {
    /// Whether cleanup's `message-id=` lines are in this stream, so that a message's first activation can
    /// be told from a retry.
    pub(in crate::parse) receipts: bool,
}

impl Dialect for Postfix {
    const NAME: &'static str = "postfix";
    const AGENTS: &'static [AgentDef] = program::AGENTS;
    const STATE_VERSION: u16 = 1;
    const DEFAULT_LOGS: &'static [&'static str] = &["/var/log/postfix.log"];
    const OWN_FRAME: OwnFrame = OwnFrame::Bare;

    type State = State;

    fn claims(tag: &[u8], body: &[u8]) -> bool {
        match Program::of(tag) {
            Program::Daemon(_) | Program::Helper | Program::Unknown => true,
            // The forms are distinct enough to tell a line that came without a tag.
            Program::Foreign if tag.is_empty() => {
                !matches!(parse_headless(false, body, &mut None), Line::Unmatched)
            }
            Program::Foreign => false,
        }
    }

    fn probe(_: &[u8]) -> Confidence {
        Confidence::No
    }

    fn read<'a>(state: &mut State, record: &Record<'a>, visitor: &mut impl Visitor<'a>) {
        let body = record.body;
        let mut slot = None;
        let line = match Program::of(record.tag) {
            Program::Daemon(daemon) => {
                let origin = Origin::of(daemon, record.tag);
                parse_any(state.receipts, origin, body, &mut slot)
            }
            // rsyslog writes RFC 5424 with the name up to the slash only, unless it is told otherwise.
            Program::Helper if record.tag == b"postfix" => {
                parse_headless(state.receipts, body, &mut slot)
            }
            Program::Helper => parse_helper(body, &mut slot),
            Program::Unknown => Line::Unmatched,
            Program::Foreign => parse_headless(state.receipts, body, &mut slot),
        };
        let line = match line {
            // Another server may have a program of the same name.
            Line::Unmatched if !program::is_postfix(record.tag) => Line::Noise(None),
            line => line,
        };
        state.receipts |= matches!(line, Line::Noise(Some(Fact::Received { .. })));
        visitor.visit(record.time, line);
    }
}

/// Reads a line of a usual form.
#[inline(always)]
pub(in crate::parse) fn read_prescanned<'a>(
    state: &mut State,
    prescan: &Prescan,
    line: &'a [u8],
    visitor: &mut impl Visitor<'a>,
) {
    let time = Some(prescan.time());
    let text = prescan.text(line);
    let named = prescan.has_queue_id();
    let queue_id = || prescan.queue_id(line);
    let origin = |daemon| prescan.origin(daemon, line);
    match (prescan.form, prescan.program) {
        (Form::Connect, SMTPD) if text.starts_with(b"connect from ") => {
            let service = origin(Daemon::Smtpd).service();
            return visitor.visit(time, Line::Noise(Some(Fact::Connected(service))));
        }
        (Form::Disconnect, SMTPD) if text.starts_with(b"disconnect from ") => {
            return visitor.visit(time, Line::Noise(None));
        }
        (Form::Client, SMTPD) if named && text.starts_with(b"client=") => {
            return visitor.visit(time, Line::Noise(None));
        }
        (Form::MessageId, Program::Daemon(Daemon::Cleanup))
            if named && text.starts_with(b"message-id=") =>
        {
            state.receipts = true;
            let queue_id = queue_id();
            return visitor.visit(time, Line::Noise(Some(Fact::Received { queue_id })));
        }
        (Form::Removed, QMGR) if named && text == b"removed" => {
            return visitor.visit(time, Line::Noise(None));
        }
        (Form::From, QMGR) if named => {
            let mut slot = None;
            let origin = origin(Daemon::Qmgr);
            let line = record::qmgr(state.receipts, origin, queue_id(), text, &mut slot);
            return visitor.visit(time, line);
        }
        (Form::To, Program::Daemon(daemon)) if named => {
            let mut slot = None;
            let line = record::parse(origin(daemon), queue_id(), &text[3..], &mut slot);
            return visitor.visit(time, line);
        }
        (Form::Tls, Program::Daemon(daemon)) => {
            if let Some(line) = tls_connection(origin(daemon), text) {
                return visitor.visit(time, line);
            }
        }
        (Form::Uid | Form::Notification, Program::Helper) if named => {
            return visitor.visit(time, Line::Noise(None));
        }
        (Form::NoQueue, SMTPD) => {
            if let Some(text) = text.strip_prefix(b"NOQUEUE: ") {
                let mut slot = None;
                let origin = origin(Daemon::Smtpd);
                let line = server::smtpd_message(origin, b"", text, &mut slot);
                return visitor.visit(time, line);
            }
        }
        (Form::Lost, SMTPD) => {
            if let Some(fact) = server::lost(origin(Daemon::Smtpd), text) {
                return visitor.visit(time, Line::Noise(Some(fact)));
            }
        }
        (Form::Warning, SMTPD) => {
            if let Some(warning) = text.strip_prefix(b"warning: ") {
                let fact = server::auth_failure(origin(Daemon::Smtpd), warning);
                return visitor.visit(time, Line::Noise(fact));
            }
        }
        (Form::PostscreenConnect, Program::Daemon(Daemon::Postscreen))
            if text.starts_with(b"CONNECT from ") =>
        {
            let service = origin(Daemon::Postscreen).service();
            return visitor.visit(time, Line::Noise(Some(Fact::Connected(service))));
        }
        _ => {}
    }
    read_uncommon(state, prescan, line, visitor);
}

const SMTPD: Program = Program::Daemon(Daemon::Smtpd);
const QMGR: Program = Program::Daemon(Daemon::Qmgr);

/// Reads the text of a prescanned line of any form.
#[inline(never)]
fn read_uncommon<'a>(
    state: &mut State,
    prescan: &Prescan,
    line: &'a [u8],
    visitor: &mut impl Visitor<'a>,
) {
    let body = prescan.body(line);
    let mut slot = None;
    let said = match prescan.program {
        Program::Daemon(daemon) => {
            let origin = prescan.origin(daemon, line);
            parse_any(state.receipts, origin, body, &mut slot)
        }
        _ => parse_helper(body, &mut slot),
    };
    state.receipts |= matches!(said, Line::Noise(Some(Fact::Received { .. })));
    visitor.visit(Some(prescan.time()), said);
}

/// Reads the text of any daemon's line. `receipts` is whether the stream tells of messages' receipt.
#[inline(never)]
fn parse_any<'a, 'e>(
    receipts: bool,
    origin: Origin<'a>,
    body: &'a [u8],
    slot: &'e mut Option<Event<'a>>,
) -> Line<'a, 'e> {
    if origin.daemon == Daemon::Smtpd
        && let Some(line) = server::connection(origin, body)
    {
        return line;
    }
    let (queue_id, text) = queue_id::split(body);
    if queue_id.is_empty() {
        return match origin.daemon {
            Daemon::Smtpd => server::smtpd(origin, body, slot),
            Daemon::Postscreen => server::postscreen(origin, body, slot),
            Daemon::Smtp | Daemon::Lmtp | Daemon::Tlsproxy => {
                client::without_queue_id(origin, body, slot)
            }
            _ => noise::without_queue_id(body),
        };
    }
    if let Some(record) = text.strip_prefix(b"to=") {
        return record::parse(origin, queue_id, record, slot);
    }
    match origin.daemon {
        Daemon::Qmgr => record::qmgr(receipts, origin, queue_id, text, slot),
        Daemon::Smtpd => server::smtpd_message(origin, queue_id, text, slot),
        Daemon::Cleanup => server::cleanup(origin, queue_id, text, slot),
        Daemon::Postscreen => server::postscreen_message(origin, text, slot),
        Daemon::Smtp | Daemon::Lmtp => client::attempt(origin, queue_id, text, slot),
        _ => noise::with_queue_id(text),
    }
}

/// Reads a line of one of the programs that only serve the others.
fn parse_helper<'a, 'e>(body: &'a [u8], slot: &'e mut Option<Event<'a>>) -> Line<'a, 'e> {
    let (queue_id, text) = queue_id::split(body);
    if queue_id.is_empty() {
        return noise::without_queue_id(body);
    }
    match text.strip_prefix(b"to=") {
        Some(record) => record::parse(Origin::default(), queue_id, record, slot),
        None => noise::with_queue_id(text),
    }
}

/// Reads a body whose program is not known, because it came without a tag: the forms are distinct enough
/// to tell the daemon.
fn parse_headless<'a, 'e>(
    receipts: bool,
    body: &'a [u8],
    slot: &'e mut Option<Event<'a>>,
) -> Line<'a, 'e> {
    let (queue_id, text) = queue_id::split(body);
    if !queue_id.is_empty()
        && let Some(record) = text.strip_prefix(b"to=")
    {
        return record::parse(Origin::default(), queue_id, record, slot);
    }
    let client = if contains(body, b" TLS connection established from ") {
        Daemon::Smtpd
    } else {
        Daemon::Smtp
    };
    let mut said = Line::Unmatched;
    for daemon in [
        client,
        Daemon::Smtpd,
        Daemon::Cleanup,
        Daemon::Qmgr,
        Daemon::Postscreen,
    ] {
        let origin = Origin {
            daemon,
            instance: b"",
        };
        let mut found = None;
        match (parse_any(receipts, origin, body, &mut found), &said) {
            (Line::Event(event), _) => return Line::Event(slot.insert(*event)),
            // A daemon that finds a fact knows more than one that only knows the form.
            (Line::Noise(Some(fact)), Line::Noise(None) | Line::Unmatched) => {
                said = Line::Noise(Some(fact));
            }
            (Line::Noise(None), Line::Unmatched) => said = Line::Noise(None),
            _ => {}
        }
    }
    said
}

fn contains(text: &[u8], words: &[u8]) -> bool {
    memchr::memmem::find(text, words).is_some()
}

/// `Untrusted TLS connection established to …`, `… TLS connection reused to …`.
fn tls_connection<'a, 'e>(origin: Origin<'a>, body: &[u8]) -> Option<Line<'a, 'e>> {
    let rest = match body.first()? {
        b'A' => body.strip_prefix(b"Anonymous ")?,
        b'U' => body.strip_prefix(b"Untrusted ")?,
        b'V' => body.strip_prefix(b"Verified ")?,
        // Postfix before 2.6 says nothing of trust.
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
