//! MailEnable, Standard to Premium Edition, version 1 to 10.
//!
//! Its SMTP service writes three logs. The activity log has a command and the reply to it in each record: time, `SMTP-IN`
//! or `SMTP-OU`, message file, socket, address of the other side, command, its whole line, reply, bytes sent and received,
//! user, separated by tabs. The W3C log has the same in the format of the W3C; of the two, one is to be read. The debug log
//! has messages with a number, `ME-I0111: …`; connections to other servers that fail are only there.
//!
//! Source of the forms: the articles ME020170 and ME020280 of MailEnable's knowledge base. What the logs do not record: all
//! but the first line of a reply, and what becomes of a message that another server did not take.

use jiff::civil::DateTime;
use serde::{Deserialize, Serialize};

use crate::parse::correlate::Correlated;
use crate::parse::dialect::api::{AgentDef, Confidence, Dialect, Record};
use crate::parse::dialect::{Agent, Mta};
use crate::parse::event::Visitor;
use crate::parse::frame::csv::Columns;
use crate::parse::frame::syslog::HeaderParser;
use crate::parse::frame::w3c;
use crate::parse::kinds::Stamp;
use crate::parse::reply;
use crate::parse::scan::{find, split, two_digits};
use crate::parse::transcript::Transcript;
use crate::parse::winsock;
use crate::parse::{ConnectError, Direction, Event, Fact, Level, Line, Outcome, Service, Stage};

/// The dialect.
pub(in crate::parse) struct MailEnable;

/// The state of one stream.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(in crate::parse) struct MailEnableState {
    /// The columns of a W3C log.
    columns: Option<Columns>,
    /// The sessions, by message file or address.
    sessions: Correlated<Transcript, 512>,
    /// The command and the reply of the current record of a W3C log, with blanks.
    #[serde(skip)]
    texts: [Vec<u8>; 2],
}

/// Sessions of clients.
const IN: Service<'static> = Service::of(Agent::new(Mta::MailEnable, 0));
/// Sessions with other servers.
const OUT: Service<'static> = Service::of(Agent::new(Mta::MailEnable, 1));

/// The fields that are read in a W3C log.
const FIELDS: [&[u8]; 7] = [
    b"date",
    b"time",
    b"c-ip",
    b"agent",
    b"cs-method",
    b"cs-uristem",
    b"cs-uriquery",
];

impl Dialect for MailEnable {
    const NAME: &'static str = "mailenable";
    const AGENTS: &'static [AgentDef] = &[
        AgentDef {
            name: "smtp-in",
            accepts_clients: false,
            authenticates: false,
            delivers: false,
        },
        AgentDef {
            name: "smtp-out",
            accepts_clients: false,
            authenticates: false,
            delivers: true,
        },
    ];
    const STATE_VERSION: u16 = 1;
    const DEFAULT_LOGS: &'static [&'static str] = &[];

    type State = MailEnableState;

    fn claims(_: &[u8], _: &[u8]) -> bool {
        false
    }

    fn probe(line: &[u8]) -> Confidence {
        let is_certain = match line.first() {
            Some(b'#') if line.starts_with(b"#Software: MailEnable") => true,
            Some(b'#') => return Confidence::Possible,
            Some(b'0'..=b'9') => stamped(line).map_or_else(
                || extended(None, line).is_some(),
                |(_, rest)| Activity::of(rest).is_some() || debug(rest).is_some(),
            ),
            _ => is_start(line),
        };
        match is_certain {
            true => Confidence::Certain,
            false => Confidence::No,
        }
    }

    fn frame<'a>(
        state: &mut MailEnableState,
        headers: &mut HeaderParser,
        line: &'a [u8],
    ) -> (Option<Stamp>, &'a [u8]) {
        match stamped(line) {
            Some((date, rest)) => (headers.local(date), rest),
            None => {
                let found = extended(state.columns.as_ref(), line);
                let time =
                    found.and_then(|(date, time, _)| headers.local(w3c::date_time(date, time)?));
                (time, line)
            }
        }
    }

    fn read<'a>(
        state: &'a mut MailEnableState,
        record: &Record<'a>,
        visitor: &mut impl Visitor<'a>,
    ) {
        let line = record.body;
        let mut slot = None;
        let parsed = if line.is_empty() || is_start(line) {
            Line::Noise(None)
        } else if line.first() == Some(&b'#') {
            if let Some(names) = w3c::fields(line) {
                let names = names.split(|&byte| byte == b' ');
                state.columns = Some(Columns::new(names, &FIELDS));
            }
            Line::Noise(None)
        } else if let Some(activity) = Activity::of(line) {
            activity.parse(&mut state.sessions, record.time, &mut slot)
        } else if let Some((level, text)) = debug(line) {
            message(level, text, &mut slot)
        } else if let Some((_, _, found)) = extended(state.columns.as_ref(), line) {
            let MailEnableState {
                sessions,
                texts: [command, reply],
                ..
            } = state;
            w3c::decode(found.line, command);
            w3c::decode(found.reply, reply);
            let found = Activity {
                line: command,
                reply,
                ..found
            };
            found.parse(sessions, record.time, &mut slot)
        } else {
            Line::Unmatched
        };
        visitor.visit(record.time, parsed);
    }
}

/// The first line of a log, `[11/23/26 10:00:00]****************** LOG FILE STARTED *******************`.
fn is_start(line: &[u8]) -> bool {
    line.first() == Some(&b'[')
        && find(line, b"]****").is_some()
        && find(line, b" LOG FILE STARTED ").is_some()
}

/// The time at the beginning of a line, `11/23/26 10:00:00` and a tab, and the rest after it.
fn stamped(line: &[u8]) -> Option<(DateTime, &[u8])> {
    let (stamp, rest) = line.split_first_chunk::<18>()?;
    let [
        m1,
        m2,
        b'/',
        d1,
        d2,
        b'/',
        y1,
        y2,
        b' ',
        h1,
        h2,
        b':',
        n1,
        n2,
        b':',
        s1,
        s2,
        b'\t',
    ] = *stamp
    else {
        return None;
    };
    let small = |a, b| two_digits([a, b]).and_then(|it| i8::try_from(it).ok());
    let year = 2000 + i16::from(small(y1, y2)?);
    let date = DateTime::new(
        year,
        small(m1, m2)?,
        small(d1, d2)?,
        small(h1, h2)?,
        small(n1, n2)?,
        small(s1, s2)?,
        0,
    );
    Some((date.ok()?, rest))
}

/// A record of the activity log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Activity<'a> {
    is_outbound: bool,
    /// The name of the message file.
    id: &'a [u8],
    address: &'a [u8],
    /// The command; empty for the reply to a connection or to the content.
    method: &'a [u8],
    /// The whole line of the command.
    line: &'a [u8],
    reply: &'a [u8],
}

impl<'a> Activity<'a> {
    fn of(text: &'a [u8]) -> Option<Self> {
        let mut values = text.split(|&byte| byte == b'\t').map(<[u8]>::trim_ascii);
        let mut next = || values.next();
        let is_outbound = is_outbound(next()?)?;
        let (id, _, address) = (next()?, next()?, next()?);
        let [method, line, reply] = [0; 3].map(|_| next().unwrap_or_default());
        Some(Activity {
            is_outbound,
            id,
            address,
            method,
            line,
            reply,
        })
    }

    fn parse<'e>(
        &self,
        sessions: &'a mut Correlated<Transcript, 512>,
        time: Option<Stamp>,
        slot: &'e mut Option<Event<'a>>,
    ) -> Line<'a, 'e> {
        let key = if self.id.is_empty() {
            self.address
        } else {
            self.id
        };
        let transcript = sessions.get_or_default(key, time);
        // Some versions write the end of the content as `DATE`, with a dot for the line.
        let is_end = self.method == b"DATE" || self.line == b".";
        let is_content = self.method.is_empty() || self.method == b".";
        let line = match (is_content, self.line.is_empty()) {
            (true, _) => b"",
            (false, true) => self.method,
            (false, false) => self.line,
        };
        if self.is_outbound {
            transcript.keep_host(self.reply, self.address);
        }
        let answer = match is_end {
            true => transcript.end_of_content(self.reply),
            false => transcript.exchange(line, self.reply),
        };
        let Some(answer) = answer else {
            return match self.reply.is_empty() {
                true => Line::Noise(None),
                false => Line::Unmatched,
            };
        };
        // Where the reply to the content is in the record of DATA.
        let is_data = answer.stage == Stage::Data && self.method.eq_ignore_ascii_case(b"DATA");
        let is_delivery = answer.is_delivery() || is_data && (200..300).contains(&answer.code);
        let (service, direction, outcome) = match self.is_outbound {
            true if is_delivery => (OUT, Direction::Outbound, Outcome::Sent),
            true => (OUT, Direction::Outbound, Outcome::Attempt),
            false if answer.is_refusal() => (IN, Direction::Inbound, Outcome::Rejected),
            false => (IN, Direction::Inbound, Outcome::Attempt),
        };
        Line::Event(slot.insert(Event {
            queue_id: self.id,
            code: Some(answer.code),
            enhanced: answer.enhanced,
            host: match self.is_outbound && !answer.host.is_empty() {
                true => answer.host,
                false => self.address,
            },
            sender: answer.sender,
            recipient: answer.recipient,
            text: self.reply,
            stage: (outcome == Outcome::Rejected).then_some(answer.stage),
            ..Event::new(service, direction, outcome)
        }))
    }
}

/// Whether a record is of a session with another server; `None` for other words.
fn is_outbound(text: &[u8]) -> Option<bool> {
    match text {
        b"SMTP-OU" | b"SMTP-OUT" => Some(true),
        b"SMTP-IN" => Some(false),
        _ => None,
    }
}

/// A record of the W3C log, with its date and time. Without a header, the columns are date, time, address, agent,
/// account, address of the server, command, its line and the reply.
fn extended<'a>(
    columns: Option<&Columns>,
    line: &'a [u8],
) -> Option<(&'a [u8], &'a [u8], Activity<'a>)> {
    let [date, time, address, agent, method, command, reply] = match columns {
        Some(columns) => columns.read(w3c::values(line)),
        None => {
            let mut values = w3c::values(line);
            let mut next = || values.next();
            let first: [&[u8]; 4] = [next()?, next()?, next()?, next()?];
            is_outbound(first[3])?;
            let (_, _) = (next()?, next()?);
            let last: [&[u8]; 3] = [0; 3].map(|_| next().unwrap_or_default());
            [
                first[0], first[1], first[2], first[3], last[0], last[1], last[2],
            ]
        }
    };
    let activity = Activity {
        is_outbound: is_outbound(agent)?,
        id: b"",
        address,
        method,
        line: command,
        reply: if reply::parse(reply).is_some() {
            reply
        } else {
            b""
        },
    };
    Some((date, time, activity))
}

/// A record of the debug log, `ME-I0111: Relay Denied: …`: the level of its message, and the text.
fn debug(text: &[u8]) -> Option<(u8, &[u8])> {
    let rest = text.strip_prefix(b"ME-")?;
    let (number, text) = split(rest, b':')?;
    let (&level, digits) = number.split_first()?;
    let is_number = digits.len() >= 3 && digits.iter().all(u8::is_ascii_digit);
    (is_number && level.is_ascii_uppercase()).then_some((level, text))
}

/// A message of the debug log. Replies to clients that it explains are in the activity log.
fn message<'a, 'e>(level: u8, text: &'a [u8], slot: &'e mut Option<Event<'a>>) -> Line<'a, 'e> {
    let is_connection = find(text, b"onnect").is_some();
    let error = winsock::of_text(text);
    if is_connection && error != ConnectError::Other {
        return Line::Event(slot.insert(Event {
            code: error.code(),
            connect_error: Some(error),
            text,
            ..Event::new(OUT, Direction::Outbound, Outcome::Attempt)
        }));
    }
    Line::Noise(match level {
        b'E' => Some(Fact::Diagnostic(Mta::MailEnable, Level::Error)),
        b'W' => Some(Fact::Diagnostic(Mta::MailEnable, Level::Warning)),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_lines_of_mailenable_are_certain() {
        for line in [
            "#Software: MailEnable SMTP Service",
            "[11/23/26 10:00:00]****************** LOG FILE STARTED *******************",
            "11/23/26 10:00:00\tSMTP-IN\tA.MAI\t1\t192.0.2.1\tEHLO\tEHLO x\t250 ok\t1\t2\t",
            "11/23/26 10:00:00\tME-I0111: Relay Denied: Failed",
            "2026-11-23 10:00:00 192.0.2.1 SMTP-OU - 192.0.2.1 RCPT RCPT+TO:<a@b> 250+ok x 1 2 -",
        ] {
            assert_eq!(
                MailEnable::probe(line.as_bytes()),
                Confidence::Certain,
                "{line}"
            );
        }
        for line in [
            "",
            "11/23/26 10:00:00\tPOP-IN\tA\t1",
            "11/23/26 10:00:00 SMTP-IN",
            "2026-11-23 10:00:00 192.0.2.1 SMTPSVC1",
            "#Software: Microsoft Internet Information Services 6.0",
        ] {
            assert_ne!(
                MailEnable::probe(line.as_bytes()),
                Confidence::Certain,
                "{line}"
            );
        }
    }
}
