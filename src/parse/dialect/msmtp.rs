//! msmtp 1.4 to 1.8, in its own log file or through syslog: one line for each message, whatever the number of
//! recipients, with the last reply of the server.
//!
//! Source of the forms: `msmtp_get_log_info` in msmtp.c, net.c and smtp.c of msmtp 1.8.
//!
//! Not in the log: replies by LMTP servers after the message, and a reply after which the server closed the connection
//! during EHLO (`the server sent an empty reply`). msmtp has no queue; whether a failure is temporary is told by the
//! class of the reply, or else by the exit code.

use serde::{Deserialize, Serialize};

use crate::parse::dialect::api::{AgentDef, Confidence, Dialect, Record};
use crate::parse::dialect::{Agent, Mta};
use crate::parse::event::Visitor;
use crate::parse::frame::compose_prefix;
use crate::parse::frame::syslog::HeaderParser;
use crate::parse::kinds::Stamp;
use crate::parse::scan::{find, number, rsplit_on, split, split_on};
use crate::parse::system_error::{connect_error, translated_error};
use crate::parse::{ConnectError, Direction, Event, Fact, Level, Line, Outcome, Service, reply};

/// The dialect.
pub(in crate::parse) struct Msmtp;

/// The state of one stream.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(in crate::parse) struct MsmtpState {
    /// The reply in the current line, with its lines joined by spaces.
    #[serde(skip)]
    reply: Vec<u8>,
}

const SMTP: Service<'static> = Service::of(Agent::new(Mta::Msmtp, 0));

impl Dialect for Msmtp {
    const NAME: &'static str = "msmtp";
    const AGENTS: &'static [AgentDef] = &[AgentDef {
        name: "smtp",
        accepts_clients: false,
        authenticates: false,
        delivers: true,
    }];
    const STATE_VERSION: u16 = 1;
    const DEFAULT_LOGS: &'static [&'static str] = &["/var/log/msmtp", "/var/log/msmtp.log"];

    type State = MsmtpState;

    fn owns(tag: &[u8]) -> bool {
        tag == b"msmtp" || tag == b"msmtpd"
    }

    fn claims(tag: &[u8], body: &[u8]) -> bool {
        Self::owns(tag) || (tag.is_empty() && begins(body))
    }

    fn probe(line: &[u8]) -> Confidence {
        match record(compose_prefix::strip(line)) {
            Some(_) => Confidence::Certain,
            None => Confidence::No,
        }
    }

    fn frame<'a>(
        _: &mut MsmtpState,
        headers: &mut HeaderParser,
        line: &'a [u8],
    ) -> (Option<Stamp>, &'a [u8]) {
        let (read, line) = compose_prefix::split(headers, line);
        let time = headers.named(line).or_else(|| headers.dated(line));
        let text = record(line).or(time.map(|(_, rest)| rest));
        (read.or(time.map(|(time, _)| time)), text.unwrap_or(line))
    }

    fn read<'a>(state: &'a mut MsmtpState, record: &Record<'a>, visitor: &mut impl Visitor<'a>) {
        let mut slot = None;
        let line = match record.tag {
            b"msmtpd" => msmtpd(record.body),
            _ => match parse(&mut state.reply, record.body) {
                Some(event) => Line::Event(slot.insert(event)),
                None => Line::Unmatched,
            },
        };
        visitor.visit(record.time, line);
    }
}

/// Whether a text begins as a record does.
fn begins(text: &[u8]) -> bool {
    let named = text.starts_with(b"host=") || text.starts_with(b"socket=");
    named
        && split_on(text, b" tls=o").is_some_and(|(_, rest)| {
            rest.starts_with(b"n auth=o") || rest.starts_with(b"ff auth=o")
        })
}

/// The record in a line of the log file, after a time stamp in any format and language; `None` if there is none.
fn record(line: &[u8]) -> Option<&[u8]> {
    // The administrator chooses the format of the time stamp.
    const MAX_STAMP: usize = 48;
    if begins(line) {
        return Some(line);
    }
    let start = &line[..line.len().min(MAX_STAMP)];
    let ends = |name: &[u8]| {
        let mut signs = memchr::memchr_iter(b'=', start);
        Some(signs.find(|&at| start[..at].ends_with(name))? - name.len())
    };
    let at = ends(b" host").or_else(|| ends(b" socket"))?;
    let stamp = &line[..at];
    let text = &line[at + 1..];
    // A tag of syslog, or another text, may precede words like these.
    let is_stamp = stamp.iter().any(u8::is_ascii_digit)
        && !stamp.ends_with(b":")
        && !stamp.iter().any(|b| matches!(b, b'=' | b'['));
    (is_stamp && begins(text)).then_some(text)
}

/// Parses a record.
fn parse<'a>(reply_buffer: &'a mut Vec<u8>, text: &'a [u8]) -> Option<Event<'a>> {
    if !begins(text) {
        return None;
    }
    let (_, rest) = split(text, b'=')?;
    let (host, rest) = split(rest, b' ')?;
    let (_, rest) = split_on(rest, b" from=").or_else(|| split_on(rest, b"from="))?;
    let (sender, rest) = split_on(rest, b" recipients=")?;
    let (recipients, rest) = split(rest, b' ').unwrap_or((rest, b""));
    // The last recipient is missing in a line that was cut off.
    let recipient = split(recipients, b',').map_or(recipients, |(first, _)| first);
    let status = rest
        .strip_prefix(b"mailsize=")
        .and_then(number)
        .map_or(rest, |(_, rest)| rest.strip_prefix(b" ").unwrap_or(rest));
    let (code, rest) = match status.strip_prefix(b"smtpstatus=").and_then(number) {
        Some((code, rest)) => (u16::try_from(code).ok().filter(is_code), rest),
        None => (None, status),
    };
    // Quotes in the texts are replaced by msmtp, but not by versions before 1.6.
    let after_message = rest.strip_prefix(b" smtpmsg='");
    let (message, rest) = match after_message {
        Some(message) => split_on(message, b"' errormsg='")
            .map(|(message, rest)| (message, Some(rest)))
            .or_else(|| rsplit_on(message, b"' exitcode=").map(|(message, _)| (message, None)))
            .unwrap_or((message, None)),
        None => (&b""[..], rest.strip_prefix(b"errormsg='")),
    };
    let exit_code = rsplit_on(text, b" exitcode=").map_or(&b""[..], |(_, code)| code);
    let error = rest.map_or(&b""[..], |error| {
        rsplit_on(error, b"' exitcode=").map_or(error, |(error, _)| error)
    });
    let outcome = outcome(
        code,
        exit_code,
        after_message.is_some() || !error.is_empty(),
    )?;
    let connect_error = match code {
        Some(_) => None,
        None => connection(error, exit_code),
    };
    let message = join_lines(message, reply_buffer);
    let is_reply = code.is_some() && !message.is_empty();
    Some(Event {
        code: code.or(connect_error.and_then(
            |(error, is_open)| {
                if is_open { None } else { error.code() }
            },
        )),
        enhanced: reply::parse(message).and_then(|reply| reply.enhanced),
        connect_error: connect_error.map(|(error, _)| error),
        host,
        sender,
        recipient,
        text: if is_reply { message } else { error },
        ..Event::new(SMTP, Direction::Outbound, outcome)
    })
}

fn is_code(code: &u16) -> bool {
    (200..600).contains(code)
}

/// The result of a message; `None` for a line without any.
fn outcome(code: Option<u16>, exit_code: &[u8], has_failed: bool) -> Option<Outcome> {
    Some(match (code, exit_code) {
        (_, b"EX_OK") => Outcome::Sent,
        (Some(400..500), _) => Outcome::Deferred,
        (Some(500..600), _) => Outcome::Bounced,
        (_, b"EX_TEMPFAIL" | b"EX_NOHOST" | b"EX_IOERR" | b"EX_PROTOCOL" | b"EX_OSERR") => {
            Outcome::Deferred
        }
        (_, [b'E', b'X', b'_', _, ..]) => Outcome::Bounced,
        _ if has_failed => Outcome::Deferred,
        _ => return None,
    })
}

/// The connection error in msmtp's own words, and whether the connection was open before. The words are in the
/// language of the user; those of the system follow them.
fn connection(error: &[u8], exit_code: &[u8]) -> Option<(ConnectError, bool)> {
    if error.starts_with(b"cannot locate host ") || exit_code == b"EX_NOHOST" {
        return Some((ConnectError::Dns, false));
    }
    if error.starts_with(b"TLS ") || find(error, b"TLS").is_some() {
        return Some((ConnectError::Tls, true));
    }
    if error == b"the server sent an empty reply" {
        return Some((ConnectError::Reset, true));
    }
    let (before, words) = rsplit_on(error, b": ").unwrap_or((b"", error));
    if let Some(found) = connect_error(words) {
        return Some((found, before.starts_with(b"network ")));
    }
    let translated = translated_error(error)?;
    Some((translated, exit_code == b"EX_IOERR"))
}

/// A reply whose lines are separated by `\n`, as one line.
fn join_lines<'a>(message: &'a [u8], buffer: &'a mut Vec<u8>) -> &'a [u8] {
    if find(message, b"\\n").is_none() {
        return message;
    }
    buffer.clear();
    let mut rest = message;
    while let Some((line, after)) = split_on(rest, b"\\n") {
        buffer.extend_from_slice(line);
        buffer.push(b' ');
        rest = after;
    }
    buffer.extend_from_slice(rest);
    buffer
}

/// msmtpd, a server for local programs: it logs sessions, but no replies.
fn msmtpd<'a, 'e>(text: &[u8]) -> Line<'a, 'e> {
    match text.starts_with(b"authentication failed") {
        true => Line::Noise(Some(Fact::Diagnostic(Mta::Msmtp, Level::Warning))),
        false => Line::Noise(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_records_of_msmtp_are_taken_for_its_own() {
        for line in [
            "host=mx.example.net tls=on auth=on user=a from=a@example.org recipients=b@example.net exitcode=EX_OK",
            "Nov 23 10:00:00 host=mx tls=off auth=off from=a recipients=b exitcode=EX_OK",
            "nov. 23 10:00:00 host=mx tls=off auth=off from=a recipients=b exitcode=EX_OK",
            "2026-11-23T10:00:00+0100 socket=/run/x tls=off auth=off from=a recipients=b exitcode=EX_OK",
        ] {
            assert_eq!(Msmtp::probe(line.as_bytes()), Confidence::Certain, "{line}");
        }
        for line in [
            "",
            "Nov 23 10:00:00 mail msmtp: host=mx tls=off auth=off from=a recipients=b exitcode=EX_OK",
            "Nov 23 10:00:00 mail app[1]: host=mx tls=off auth=off from=a",
            "host=mx.example.net status=421",
        ] {
            assert_eq!(Msmtp::probe(line.as_bytes()), Confidence::No, "{line}");
        }
    }

    #[test]
    fn quotes_in_a_reply_do_not_end_it() {
        let mut buffer = Vec::new();
        let line = b"host=mx tls=off auth=off from=a@x recipients=b@y,c@y smtpstatus=550 smtpmsg='550-5.1.1 it's 421\\n550 5.1.1 no' errormsg='recipient address b@y not accepted' exitcode=EX_DATAERR";
        let event = parse(&mut buffer, line).expect("an event");
        assert_eq!((event.code, event.outcome), (Some(550), Outcome::Bounced));
        assert_eq!(event.text, b"550-5.1.1 it's 421 550 5.1.1 no");
        assert_eq!((event.recipient, event.sender), (&b"b@y"[..], &b"a@x"[..]));
    }
}
