//! PowerMTA 3.5 to 6, by its accounting files.
//!
//! An accounting file has comma-separated values below a line with the names of the columns, which the configuration
//! chooses; the line is repeated whenever PowerMTA starts or opens the file again. Each record is about one recipient, and
//! its first value is the type: `d` delivered, `b` bounced, `t` a transient error, `tq` one of a whole queue, `r`
//! received, `rb` and `rs` a delivery report of another server about a message that was delivered before, `f` feedback.
//! `account` finds the values of a record, with and without the names; `diagnosis` parses the remote server's words
//! (`dsnDiag`) and PowerMTA's own status (`dsnStatus`).
//!
//! Source of the forms: the chapter "Accounting" of the User's Guide. What the file does not record: replies of one host
//! where the next took the message, unless `t` records are configured, and the replies of PowerMTA to its clients. The
//! text log (`log-file`) is not read.

mod account;
mod diagnosis;

#[cfg(test)]
mod tests;

use std::num::NonZeroU64;

use serde::{Deserialize, Serialize};

use account::{Account, Times};

use crate::parse::dialect::api::{AgentDef, Confidence, Dialect, Record};
use crate::parse::dialect::{Agent, Mta};
use crate::parse::event::{Delays, Visitor};
use crate::parse::frame::csv::Columns;
use crate::parse::frame::syslog::HeaderParser;
use crate::parse::kinds::Stamp;
use crate::parse::scan::number;
use crate::parse::{Direction, Event, Fact, Line, Outcome, Service};

/// The dialect.
pub(in crate::parse) struct PowerMta;

/// The state of one stream.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(in crate::parse) struct PowerMtaState {
    /// The columns that the last header names.
    columns: Option<Columns>,
    /// The time in the queue that the current record says, in microseconds.
    #[serde(skip)]
    delay: Option<u64>,
}

/// Messages accepted from clients.
const RECEIVE: Service<'static> = Service::of(Agent::new(Mta::PowerMta, 0));
/// Deliveries by SMTP.
const DELIVER: Service<'static> = Service::of(Agent::new(Mta::PowerMta, 1));
/// Deliveries to files and commands.
const LOCAL: Service<'static> = Service::of(Agent::new(Mta::PowerMta, 2));

const fn agent(name: &'static str, delivers: bool) -> AgentDef {
    AgentDef {
        name,
        accepts_clients: false,
        authenticates: false,
        delivers,
    }
}

impl Dialect for PowerMta {
    const NAME: &'static str = "powermta";
    const AGENTS: &'static [AgentDef] = &[
        agent("receive", false),
        agent("deliver", true),
        agent("local", false),
    ];
    const STATE_VERSION: u16 = 1;
    const DEFAULT_LOGS: &'static [&'static str] = &["/var/log/pmta/acct.csv"];

    type State = PowerMtaState;

    fn claims(_: &[u8], _: &[u8]) -> bool {
        false
    }

    fn probe(line: &[u8]) -> Confidence {
        account::probe(line)
    }

    fn frame<'a>(
        state: &mut PowerMtaState,
        headers: &mut HeaderParser,
        line: &'a [u8],
    ) -> (Option<Stamp>, &'a [u8]) {
        let times = Times::of(state.columns.as_ref(), line);
        let time = times.logged(headers);
        // Both are in the same time zone, so that an hour which occurs twice makes no difference.
        state.delay = time.and_then(|time| times.delay(time, headers));
        (time, line)
    }

    fn read<'a>(state: &'a mut PowerMtaState, record: &Record<'a>, visitor: &mut impl Visitor<'a>) {
        let mut slot = None;
        let line = parse(state, record.body, &mut slot);
        visitor.visit(record.time, line);
    }
}

fn parse<'a, 'e>(
    state: &mut PowerMtaState,
    line: &'a [u8],
    slot: &'e mut Option<Event<'a>>,
) -> Line<'a, 'e> {
    if line.is_empty() {
        return Line::Noise(None);
    }
    if account::is_header(line) {
        state.columns = Some(account::columns(line));
        return Line::Noise(None);
    }
    let Some(account) = Account::of(state.columns.as_ref(), line) else {
        return Line::Unmatched;
    };
    let outcome = match account.kind {
        b"d" | b"delivery" => Outcome::Sent,
        b"b" | b"bounce" => Outcome::Bounced,
        b"t" | b"transient" => Outcome::Deferred,
        // The messages of the queue are not named; each of them is tried again.
        b"tq" | b"transient-queue" => Outcome::Attempt,
        b"r" | b"receipt" | b"received" => {
            return Line::Noise(Some(Fact::Accepted {
                service: RECEIVE,
                queue_id: b"",
                sender: b"",
                client: b"",
                user: b"",
                size: number(account.size).and_then(|(size, _)| NonZeroU64::new(size)),
                recipients: None,
                tls: None,
            }));
        }
        _ if account::is_kind(account.kind) => return Line::Noise(None),
        _ => return Line::Unmatched,
    };
    let is_local = !account.delivery.is_empty() && account.delivery != b"smtp";
    let (service, direction) = match is_local {
        true => (LOCAL, Direction::Local),
        false => (DELIVER, Direction::Outbound),
    };
    let mut event = Event {
        host: account.host(),
        sender: account.sender,
        recipient: account.recipient,
        delays: Delays {
            total: state.delay,
            ..Delays::default()
        },
        ..Event::new(service, direction, outcome)
    };
    diagnosis::add(&mut event, &account);
    Line::Event(slot.insert(event))
}
