//! The SMTP service of Microsoft Internet Information Services 4 to 10, which Exchange 2000 and 2003 use too.
//!
//! Its log is in one of three formats: `extended` reads that of the W3C, whose `#Fields:` line says which values a
//! record has in which order, `common` that of the NCSA, and `columns` the IIS format with fixed columns. All of them
//! say the same: `record` turns it into an event.
//!
//! A reply of another server is a record of the user `OutboundConnectionResponse`; only its first line is written, with
//! `+` in place of blanks. What our server replied to a client is only a status (`sc-status`), without its words. The
//! status 240 of QUIT was never said: the client is told 221. What the log does not record: connections that fail, and
//! what becomes of a message that another server did not take.
//!
//! Source of the forms: "Log Format Comparison" and "Log Formats" in the documentation of Windows Server 2003, and
//! published logs.

mod columns;
mod common;
mod extended;
mod record;

#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

use record::Values;

use crate::parse::correlate::Correlated;
use crate::parse::dialect::api::{AgentDef, Confidence, Dialect, Record};
use crate::parse::dialect::{Agent, Mta};
use crate::parse::event::Visitor;
use crate::parse::frame::csv::Columns;
use crate::parse::frame::syslog::HeaderParser;
use crate::parse::frame::w3c;
use crate::parse::kinds::Stamp;
use crate::parse::transcript::Transcript;
use crate::parse::{Line, Service};

/// The dialect.
pub(in crate::parse) struct IisSmtp;

/// The state of one stream.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(in crate::parse) struct IisSmtpState {
    /// The columns of a `#Fields:` line.
    columns: Option<Columns>,
    /// Date and time of a `#Date:` line, for records that do not have both.
    date: Box<[u8]>,
    /// The last command to each remote host, by its address.
    sessions: Correlated<Transcript, 512>,
    /// The reply of the current record, with blanks.
    #[serde(skip)]
    text: Vec<u8>,
}

/// Sessions of clients.
const RECEIVE: Service<'static> = Service::of(Agent::new(Mta::IisSmtp, 0));
/// Sessions with other servers.
const SEND: Service<'static> = Service::of(Agent::new(Mta::IisSmtp, 1));

impl Dialect for IisSmtp {
    const NAME: &'static str = "iis-smtp";
    const AGENTS: &'static [AgentDef] = &[
        AgentDef {
            name: "receive",
            accepts_clients: false,
            authenticates: false,
            delivers: false,
        },
        AgentDef {
            name: "send",
            accepts_clients: false,
            authenticates: false,
            delivers: true,
        },
    ];
    const STATE_VERSION: u16 = 1;
    const DEFAULT_LOGS: &'static [&'static str] = &[];

    type State = IisSmtpState;

    fn claims(_: &[u8], _: &[u8]) -> bool {
        false
    }

    fn probe(line: &[u8]) -> Confidence {
        let is_certain = match line.first() {
            Some(b'#') => return extended::probe_header(line),
            Some(b'0'..=b'9') => {
                extended::is_certain(line) || common::is_record(line) || columns::is_record(line)
            }
            _ => false,
        };
        match is_certain {
            true => Confidence::Certain,
            false => Confidence::No,
        }
    }

    fn frame<'a>(
        state: &mut IisSmtpState,
        headers: &mut HeaderParser,
        line: &'a [u8],
    ) -> (Option<Stamp>, &'a [u8]) {
        let time = if common::is_record(line) {
            common::stamp(line)
        } else if columns::is_record(line) {
            columns::date(line).and_then(|date| headers.local(date))
        } else {
            extended::stamp(state, line)
        };
        (time, line)
    }

    fn read<'a>(state: &'a mut IisSmtpState, record: &Record<'a>, visitor: &mut impl Visitor<'a>) {
        let line = record.body;
        let mut slot = None;
        let found = match line.first() {
            None => return visitor.noise(record.time, None),
            Some(b'#') => {
                state.header(line);
                return visitor.noise(record.time, None);
            }
            Some(_) => {
                let IisSmtpState { columns, .. } = state;
                common::read(line)
                    .or_else(|| columns::read(line))
                    .or_else(|| extended::read(columns.as_ref(), line))
            }
        };
        // A client of the SMTP service may speak HTTP, too.
        let is_of_web =
            |it: &Values<'_>| it.is_http_request() && Self::probe(line) != Confidence::Certain;
        let parsed = match found.filter(|it| !is_of_web(it)) {
            Some(found) => {
                let IisSmtpState { sessions, text, .. } = state;
                found.parse(sessions, record.time, text, &mut slot)
            }
            None => Line::Unmatched,
        };
        visitor.visit(record.time, parsed);
    }
}

impl IisSmtpState {
    /// Reads a line that begins with `#`.
    fn header(&mut self, line: &[u8]) {
        if line.starts_with(b"#Software:") {
            self.columns = None;
        } else if let Some(names) = w3c::fields(line) {
            self.columns = Some(extended::columns(names));
        } else if let Some(date) = line.strip_prefix(b"#Date:") {
            self.date = date.trim_ascii().get(..19).unwrap_or_default().into();
        }
    }
}
