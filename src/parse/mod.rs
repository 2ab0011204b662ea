//! From the bytes of a line to what it says. Pure: no I/O, no metrics, and no error. A line is an
//! [`Event`], known noise, or unmatched.

pub mod event;

pub use event::{
    ConnectError, Delays, Direction, Enhanced, Event, Fact, Line, Mta, Outcome, Service, Stage,
    Stamp,
};

/// One line, understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parsed<'a> {
    /// When, by the line's own clock; `None` if it has none.
    pub time: Option<Stamp>,
    /// The host that wrote it; empty if the line does not say.
    pub host: &'a [u8],
    /// What it says.
    pub line: Line<'a>,
}

/// Reads lines. Remembers the last time stamp, because the next line mostly has the same.
pub struct LineParser {}

impl LineParser {
    /// A parser that classifies with the given catalog. `reference` is the newest instant a line
    /// without a year can come from; `zone` is the time zone of stamps without an offset.
    pub fn new(
        _catalog: &'static crate::catalog::Catalog,
        _zone: jiff::tz::TimeZone,
        _reference: jiff::Timestamp,
    ) -> Self {
        LineParser {}
    }

    /// Sets the newest instant a line without a year can come from.
    pub fn set_reference(&mut self, _reference: jiff::Timestamp) {}

    /// Reads one line, without its newline.
    pub fn parse<'a>(&mut self, _line: &'a [u8]) -> Parsed<'a> {
        Parsed { time: None, host: b"", line: Line::Unmatched }
    }
}
