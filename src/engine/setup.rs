//! What the engine reads, and how.

use std::sync::Arc;

use jiff::tz::TimeZone;

use crate::parse::{Format, Patterns};
use crate::source::Input;

/// One source to be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceSetup {
    /// The configured name, and its label.
    pub name: String,
    /// Where its lines come from, with absolute paths and patterns.
    pub input: Input,
    /// Which mail server's log it is, or that this is to be detected.
    pub format: Format,
}

/// What the engine reads, and how; can be changed while it runs.
#[derive(Clone, Debug, PartialEq)]
pub struct Setup {
    /// What to read.
    pub sources: Vec<SourceSetup>,
    /// The longest line that is read whole, in bytes.
    pub max_line_bytes: usize,
    /// The time zone of timestamps without one.
    pub time_zone: TimeZone,
    /// The patterns with which logs of the format `custom` are read.
    pub patterns: Arc<Patterns>,
    /// Whether sender addresses and accounts are recorded. Changes have no effect while the engine runs.
    pub records_addresses: bool,
}
