//! Parsing of log lines, without I/O, metrics or errors: a line is an [`Event`], known noise, or unmatched.
//!
//! `reader` routes lines: `frame` extracts the record from its syslog frame, `detect` determines the mail server
//! that wrote a stream, and the dialect of that server in `dialect` parses the record. `reply`, `transcript`, `correlate`, `delays` and
//! `scan` are shared by the dialects. Afterwards `dedup` and `mirror` recognize records that a server logs twice, and
//! `attribution` finds the provider and classifies failures; `last_hosts` knows the provider where a line names no host. `ahead` parses lines before their turn.

mod ahead;
mod attribution;
mod condition;
mod condition_cache;
mod correlate;
mod dedup;
mod delays;
mod detect;
mod dialect;
mod enrich;
mod event;
mod frame;
mod indirect;
mod kinds;
mod last_hosts;
mod mirror;
mod notices;
mod provider_cache;
mod reader;
mod repeat;
mod reply;
mod routing;
mod scan;
mod searchers;
mod snapshot;
mod stored_event;
mod stream;
mod submitter;
mod system_error;
#[cfg(test)]
mod tests;
mod transcript;
mod winsock;

pub use ahead::{AheadParser, ParsedLines};
pub use dedup::DedupState;
pub use detect::{Format, format_names};
pub use dialect::{
    Agent, AgentDef, Mta, Pattern, PatternSettings, Patterns, group_names as pattern_group_names,
};
pub use event::{Delays, Event, Fact, Line, Service, StageDelays, Visitor};
pub use kinds::{ConnectError, Direction, Enhanced, Outcome, Stage, Stamp};
pub use notices::{Action, Level, PostscreenResult, TlsProtocol, TlsSession, TlsTrust};
pub use reader::{LineParser, Parsed};
pub use snapshot::ParserSnapshot;
pub use stream::StreamKey;
pub use submitter::Submitter;
