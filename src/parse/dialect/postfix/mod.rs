//! The dialect of Postfix 2.0 and later.
//!
//! The daemon determines the module that parses a line: `record` parses delivery records (of any daemon), `client`
//! the attempts of smtp and lmtp, `server` the rejects of smtpd and cleanup, `postscreen` those of postscreen,
//! `warning` the warnings of smtpd, `tls` TLS sessions; `action` parses what is done instead of a reject, `noise` and
//! `tls_notices` recognize the rest by prefix. `reason` parses the reasons of failed deliveries, and `prescan` is the
//! fast path for the usual forms.

mod action;
mod client;
mod noise;
mod postscreen;
mod prescan;
mod program;
mod queue_id;
mod reason;
mod record;
mod server;
mod tls;
mod tls_notices;
mod warning;

use serde::{Deserialize, Serialize};

use prescan::Form;
pub(in crate::parse) use prescan::Prescan;
use program::{Daemon, Origin, Program};

use crate::parse::dialect::api::{AgentDef, Confidence, Dialect, Record};
use crate::parse::event::{Event, Fact, Line, Visitor};
use crate::parse::kinds::Stamp;
use crate::parse::repeat;

/// The dialect.
pub(in crate::parse) struct Postfix;

/// The state of one stream.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub(in crate::parse) struct PostfixState {
    /// Whether the stream contains cleanup's `message-id=` lines, which distinguish the first activation of a
    /// message from a retry.
    pub(in crate::parse) receipts: bool,
}

impl Dialect for Postfix {
    const NAME: &'static str = "postfix";
    const AGENTS: &'static [AgentDef] = program::AGENTS;
    const STATE_VERSION: u16 = 1;
    const DEFAULT_LOGS: &'static [&'static str] = &["/var/log/postfix.log"];

    type State = PostfixState;

    fn claims(tag: &[u8], body: &[u8]) -> bool {
        match Program::of(tag) {
            Program::Daemon(_) | Program::Helper | Program::Script | Program::Unknown => true,
            // Even without a tag, the forms are distinctive enough.
            Program::Foreign if tag.is_empty() => {
                !matches!(parse_headless(false, body, &mut None), Line::Unmatched)
            }
            Program::Foreign => false,
        }
    }

    fn probe(_: &[u8]) -> Confidence {
        Confidence::No
    }

    fn read<'a>(state: &'a mut PostfixState, record: &Record<'a>, visitor: &mut impl Visitor<'a>) {
        let body = record.body;
        let mut slot = None;
        let line = match Program::of(record.tag) {
            Program::Daemon(daemon) => {
                let origin = Origin::of(daemon, record.tag);
                parse_tagged(state.receipts, origin, body, &mut slot)
            }
            // In RFC 5424, rsyslog writes only the part before the slash by default.
            Program::Helper if record.tag == b"postfix" => {
                parse_headless(state.receipts, body, &mut slot)
            }
            Program::Helper => parse_helper(body, &mut slot),
            Program::Script => match noise::without_queue_id(body) {
                Line::Unmatched => Line::Noise(None),
                line => line,
            },
            Program::Unknown => Line::Unmatched,
            Program::Foreign => parse_headless(state.receipts, body, &mut slot),
        };
        state.receipts |= matches!(line, Line::Noise(Some(Fact::Received { .. })));
        visitor.visit(record.time, line);
    }
}

/// Receives prescanned lines.
pub(in crate::parse) trait PrescanVisitor<'a>: Visitor<'a> {
    /// Called for a line whose event was parsed ahead of its turn.
    fn parsed_ahead(&mut self, time: Option<Stamp>, line: &'a [u8]);
}

/// Parses a prescanned line. An event does not depend on the state.
#[cfg_attr(hot_path, inline(always))]
pub(in crate::parse) fn read_prescanned<'a>(
    state: &mut PostfixState,
    prescan: &Prescan,
    line: &'a [u8],
    visitor: &mut impl PrescanVisitor<'a>,
) {
    let time = Some(prescan.time());
    let text = prescan.text(line);
    let has_queue_id = prescan.has_queue_id();
    let queue_id = || prescan.queue_id(line);
    let origin = |daemon| prescan.origin(daemon, line);
    match (prescan.form, prescan.program) {
        (Form::ParsedAhead, _) => return visitor.parsed_ahead(time, line),
        (Form::Connect, SMTPD) if text.starts_with(b"connect from ") => {
            let service = origin(Daemon::Smtpd).service();
            return visitor.noise(time, Some(&Fact::Connected(service)));
        }
        (Form::Disconnect, SMTPD) if text.starts_with(b"disconnect from ") => {
            return visitor.noise(time, None);
        }
        (Form::Client, SMTPD) if has_queue_id && text.starts_with(b"client=") => {
            let submitted = server::submitted(queue_id(), &text[7..]);
            return visitor.noise(time, Some(&submitted));
        }
        (Form::MessageId, Program::Daemon(Daemon::Cleanup))
            if has_queue_id && text.starts_with(b"message-id=") =>
        {
            state.receipts = true;
            let queue_id = queue_id();
            return visitor.noise(time, Some(&Fact::Received { queue_id }));
        }
        (Form::Removed, QMGR) if has_queue_id && text == b"removed" => {
            let queue_id = queue_id();
            return visitor.noise(time, Some(&Fact::Removed { queue_id }));
        }
        (Form::From, QMGR) if has_queue_id => {
            let mut slot = None;
            let origin = origin(Daemon::Qmgr);
            let line = record::qmgr(state.receipts, origin, queue_id(), text, &mut slot);
            return visitor.visit(time, line);
        }
        (Form::To, Program::Daemon(daemon)) if has_queue_id => {
            let mut slot = None;
            let line = record::parse(origin(daemon), queue_id(), &text[3..], &mut slot);
            return visitor.visit(time, line);
        }
        (Form::Tls, Program::Daemon(daemon)) => {
            if let Some(line) = tls::connection(origin(daemon), text) {
                return visitor.visit(time, line);
            }
        }
        (Form::Uid, Program::Helper) if has_queue_id => {
            let submitted = server::submitted_locally(queue_id());
            return visitor.noise(time, Some(&submitted));
        }
        (Form::Notification, Program::Helper) if has_queue_id => {
            return visitor.noise(time, None);
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
                return visitor.noise(time, Some(&fact));
            }
        }
        (Form::Warning, SMTPD) => {
            if let Some(warning) = text.strip_prefix(b"warning: ") {
                let mut slot = None;
                let line = warning::smtpd(origin(Daemon::Smtpd), warning, &mut slot);
                return visitor.visit(time, line);
            }
        }
        (Form::PostscreenConnect, Program::Daemon(Daemon::Postscreen))
            if text.starts_with(b"CONNECT from ") =>
        {
            let service = origin(Daemon::Postscreen).service();
            return visitor.noise(time, Some(&Fact::Connected(service)));
        }
        _ => {}
    }
    read_uncommon(state, prescan, line, visitor);
}

const SMTPD: Program = Program::Daemon(Daemon::Smtpd);
const QMGR: Program = Program::Daemon(Daemon::Qmgr);

/// Parses a prescanned line of an uncommon form.
#[inline(never)]
fn read_uncommon<'a>(
    state: &mut PostfixState,
    prescan: &Prescan,
    line: &'a [u8],
    visitor: &mut impl Visitor<'a>,
) {
    let repeated = repeat::message(prescan.body(line));
    let body = repeated.map_or_else(|| prescan.body(line), |(body, _)| body);
    let mut slot = None;
    let parsed = match prescan.program {
        Program::Daemon(daemon) => {
            let origin = prescan.origin(daemon, line);
            parse_tagged(state.receipts, origin, body, &mut slot)
        }
        _ => parse_helper(body, &mut slot),
    };
    state.receipts |= matches!(parsed, Line::Noise(Some(Fact::Received { .. })));
    let time = Some(prescan.time());
    match (repeated, parsed) {
        (Some((_, times)), Line::Event(event)) => visitor.event_repeated(time, event, times),
        (Some((_, times)), Line::Noise(fact)) => {
            visitor.noise_repeated(time, fact.as_ref(), times);
        }
        (_, parsed) => visitor.visit(time, parsed),
    }
}

/// Parses the body of a line whose tag names the daemon. `receipts` as in [`PostfixState`].
#[inline(never)]
fn parse_tagged<'a, 'e>(
    receipts: bool,
    origin: Origin<'a>,
    body: &'a [u8],
    slot: &'e mut Option<Event<'a>>,
) -> Line<'a, 'e> {
    // The queue id of a log that somebody published may be removed.
    if matches!(origin.daemon, Daemon::Smtp | Daemon::Lmtp)
        && let Some(record) = body.strip_prefix(b"to=")
    {
        return record::parse(origin, b"", record, slot);
    }
    parse_any(receipts, origin, body, queue_id::split_tagged(body), slot)
}

/// Parses the body of a line of any daemon, with its queue id and the text after it. `receipts` as in [`PostfixState`].
#[inline(never)]
fn parse_any<'a, 'e>(
    receipts: bool,
    origin: Origin<'a>,
    body: &'a [u8],
    (queue_id, text): (&'a [u8], &'a [u8]),
    slot: &'e mut Option<Event<'a>>,
) -> Line<'a, 'e> {
    if origin.daemon == Daemon::Smtpd
        && let Some(line) = server::connection(origin, body)
    {
        return line;
    }
    if queue_id.is_empty() {
        return match origin.daemon {
            Daemon::Smtpd => server::smtpd(origin, body, slot),
            Daemon::Postscreen => postscreen::without_queue_id(origin, body, slot),
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
        Daemon::Postscreen => postscreen::with_queue_id(origin, text, slot),
        Daemon::Smtp | Daemon::Lmtp if text.starts_with(b"relay=") => {
            record::without_recipient(origin, queue_id, text, slot)
        }
        Daemon::Smtp | Daemon::Lmtp => client::attempt(origin, queue_id, text, slot),
        _ => noise::with_queue_id(text),
    }
}

/// Parses the body of a line of an auxiliary program.
fn parse_helper<'a, 'e>(body: &'a [u8], slot: &'e mut Option<Event<'a>>) -> Line<'a, 'e> {
    let (queue_id, text) = queue_id::split_tagged(body);
    if queue_id.is_empty() {
        return noise::without_queue_id(body);
    }
    if text.starts_with(b"uid=") {
        return Line::Noise(Some(server::submitted_locally(queue_id)));
    }
    match text.strip_prefix(b"to=") {
        Some(record) => record::parse(Origin::default(), queue_id, record, slot),
        None => noise::with_queue_id(text),
    }
}

/// Parses a body without a tag: the forms are distinctive enough to determine the daemon.
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
    let mut best = Line::Unmatched;
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
        match (
            parse_any(receipts, origin, body, (queue_id, text), &mut found),
            &best,
        ) {
            (Line::Event(event), _) => return Line::Event(slot.insert(*event)),
            // A fact is preferred to a known form without one, and to the level of a diagnostic.
            (
                Line::Noise(Some(fact)),
                Line::Noise(None | Some(Fact::Diagnostic(..))) | Line::Unmatched,
            ) => {
                best = Line::Noise(Some(fact));
            }
            (Line::Noise(None), Line::Unmatched) => best = Line::Noise(None),
            _ => {}
        }
    }
    best
}

fn contains(text: &[u8], pattern: &[u8]) -> bool {
    memchr::memmem::find(text, pattern).is_some()
}
