//! From the bytes of a line to what it says. Pure: no I/O, no metrics, and no error. A line is an
//! [`Event`], known noise, or unmatched.
//!
//! `reader` routes lines: `frame` takes a record out of what carried it, `detect` decides which mail server
//! wrote a stream, and the file of that server in `dialect` reads the record. `reply`, `delays` and `scan`
//! are what dialects share. What a line alone does not tell is added behind them: `dedup` and `mirror` find
//! records that a server logs twice, `condition` says why something failed.

mod condition;
mod dedup;
mod delays;
mod detect;
mod dialect;
mod event;
mod frame;
mod kinds;
mod mirror;
mod provider_cache;
mod reader;
mod reply;
mod scan;
mod snapshot;
mod stream;
#[cfg(test)]
mod tests;

pub use dedup::DedupState;
pub use detect::{Format, format_names};
pub use dialect::{Agent, AgentDef, Mta};
pub use event::{Delays, Event, Fact, Line, Service, StageDelays, Visitor};
pub use kinds::{ConnectError, Direction, Enhanced, Outcome, Stage, Stamp};
pub use reader::{LineParser, Parsed};
pub use snapshot::ParserSnapshot;
pub use stream::StreamKey;
