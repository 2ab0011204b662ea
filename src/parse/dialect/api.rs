//! What a dialect implements, and what it is given.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::parse::Stamp;
use crate::parse::event::Visitor;

/// A part of a mail server: what its lines are counted under.
#[derive(Clone, Copy, Debug)]
pub struct AgentDef {
    /// The value of the `service` label.
    pub name: &'static str,
    /// Whether it accepts connections of clients: then its series of connections exist from the start.
    pub accepts_clients: bool,
    /// Whether it authenticates clients and speaks TLS with them.
    pub authenticates: bool,
    /// Whether it delivers to other servers: then its series of deliveries exist from the start.
    pub delivers: bool,
}

impl AgentDef {
    /// The name of a part that the line does not tell; no `service` is shown for it in `parse`.
    pub const UNKNOWN: &'static str = "unknown";
}

/// How sure a dialect is that a line is its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::parse) enum Confidence {
    /// It is not.
    No,
    /// The frame fits, and nothing else tells.
    Possible,
    /// A form that only this server writes.
    Certain,
}

/// What stands before a record in a server's own log file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::parse) enum OwnFrame {
    /// Nothing: the record is the whole line.
    Bare,
    /// A date with a year and a time, perhaps with fraction and offset: `2026-11-23 15:17:00.123 +0100 `.
    Dated,
}

/// One record, taken out of whatever carried it. What it does not have is empty.
#[derive(Clone, Copy, Debug)]
pub(in crate::parse) struct Record<'a> {
    /// When it was written, by the frame around it.
    pub time: Option<Stamp>,
    /// The syslog tag, without the process id; empty in a server's own log file.
    pub tag: &'a [u8],
    /// The process id of the syslog tag, as written.
    pub pid: &'a [u8],
    /// The text.
    pub body: &'a [u8],
}

/// A mail server's way of logging.
///
/// Reading is pure: no I/O, no allocation per record, never an error. A record is an event, known noise
/// or unmatched.
pub(in crate::parse) trait Dialect {
    /// The value of the `mta` label, and the name of the format in the configuration.
    const NAME: &'static str;

    /// The parts of the server that write lines.
    const AGENTS: &'static [AgentDef];

    /// The version of [`Dialect::State`]; it rises with every change of its shape.
    const STATE_VERSION: u16;

    /// Where the server's own log files usually are; for a daemon that is started with no configuration.
    const DEFAULT_LOGS: &'static [&'static str];

    /// How records are framed in the server's own log files.
    const OWN_FRAME: OwnFrame;

    /// What has to be remembered of earlier records of the same stream. It must be bounded.
    type State: Default + Serialize + DeserializeOwned + Send;

    /// Whether a syslog record is this server's, by its tag or by its text.
    fn claims(tag: &[u8], body: &[u8]) -> bool;

    /// Whether a line is of this server's own log file. A dialect that has none says no.
    fn probe(line: &[u8]) -> Confidence;

    /// Reads one record.
    fn read<'a>(state: &mut Self::State, record: &Record<'a>, visitor: &mut impl Visitor<'a>);
}
