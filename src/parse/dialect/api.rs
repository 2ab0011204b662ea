//! The interface of a dialect: the trait it implements, and the record it parses.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::parse::event::Visitor;
use crate::parse::frame::syslog::HeaderParser;
use crate::parse::kinds::Stamp;

/// The definition of an agent, a part of a mail server. Lines are counted by agent.
#[derive(Clone, Copy, Debug)]
pub struct AgentDef {
    /// The value of the `service` label.
    pub name: &'static str,
    /// Whether it accepts connections from clients. If so, its connection series exist from the start.
    pub accepts_clients: bool,
    /// Whether it authenticates clients and offers TLS to them.
    pub authenticates: bool,
    /// Whether it delivers to other servers. If so, its delivery series exist from the start.
    pub delivers: bool,
}

impl AgentDef {
    /// The name of an agent that the line does not identify; `parse` prints no `service` for it.
    pub const UNKNOWN: &'static str = "unknown";

    /// An agent with this name whose series appear with its first line.
    pub const fn named(name: &'static str) -> Self {
        AgentDef {
            name,
            accepts_clients: false,
            authenticates: false,
            delivers: false,
        }
    }
}

/// How certain a dialect is that a line belongs to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::parse) enum Confidence {
    /// It does not.
    No,
    /// The frame matches, but nothing else identifies the server.
    Possible,
    /// Only this server writes lines of this form.
    Certain,
}

/// One record, extracted from its frame. Missing parts are empty.
#[derive(Clone, Copy, Debug)]
pub(in crate::parse) struct Record<'a> {
    /// The time stamp of the frame.
    pub time: Option<Stamp>,
    /// The syslog tag, without the process id; empty in a server's own log file.
    pub tag: &'a [u8],
    /// The process id of the syslog tag, as written.
    pub pid: &'a [u8],
    /// The text.
    pub body: &'a [u8],
}

/// The log format of a mail server.
///
/// Parsing does no I/O, does not allocate per record, and never fails: a record is an event, known noise or
/// unmatched.
pub(in crate::parse) trait Dialect {
    /// The value of the `mta` label, and the name of the format in the configuration.
    const NAME: &'static str;

    /// The agents of the server that write lines.
    const AGENTS: &'static [AgentDef];

    /// The version of [`Dialect::State`]; incremented with every change of its encoding.
    const STATE_VERSION: u16;

    /// The usual paths of the server's own log files, for a daemon started without a configuration.
    const DEFAULT_LOGS: &'static [&'static str];

    /// The state of a stream that later records depend on. Its size must be bounded.
    type State: Default + Serialize + DeserializeOwned + Send;

    /// Whether a tag of syslog is the name of a program of this server and of no other, whatever the text is.
    fn owns(_tag: &[u8]) -> bool {
        false
    }

    /// Whether a syslog record was written by this server, by its tag or its text. Tags that a server
    /// [owns](Dialect::owns) come first.
    fn claims(tag: &[u8], body: &[u8]) -> bool;

    /// Whether a line is from this server's own log file. [`Confidence::No`] if the server has none.
    fn probe(line: &[u8]) -> Confidence;

    /// Takes the time stamp off a line of this server's own log file. Returns the time, if there is one, and the body
    /// of the record. The line of a JSON object is given as [`json::flatten`](crate::parse::frame::json::flatten)
    /// writes it.
    fn frame<'a>(
        _state: &mut Self::State,
        _headers: &mut HeaderParser,
        line: &'a [u8],
    ) -> (Option<Stamp>, &'a [u8]) {
        (None, line)
    }

    /// Parses a record of this server's own log file after its date and time ([`HeaderParser::dated`]). Returns
    /// false without parsing it, unless [`Dialect::probe`] would return [`Confidence::Certain`] for its line.
    #[inline]
    fn read_certain<'a>(
        _state: &mut Self::State,
        _time: Stamp,
        _text: &'a [u8],
        _visitor: &mut impl Visitor<'a>,
    ) -> bool {
        false
    }

    /// Parses one record, and passes exactly one result to `visitor`. An event may borrow from the state, which is
    /// where servers that spread one delivery over several lines keep what the earlier ones said.
    fn read<'a>(state: &'a mut Self::State, record: &Record<'a>, visitor: &mut impl Visitor<'a>);
}
