//! A stream of lines from a single writer, such as a log file with its rotations, or the records of one syslog
//! peer. State that later lines depend on is kept per stream.

use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::parse::detect::{DetectedFormat, Detection, Format};
use crate::parse::dialect::{DialectState, Mta, Patterns, PostfixState};
use crate::parse::frame::syslog::HeaderParser;
use crate::parse::frame::timestamp::Clock;

/// The identity of a stream, stable across restarts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StreamKey {
    /// The source, as a hash of its name.
    pub source: u64,
    /// The stream within its source.
    pub stream: u64,
}

/// The state of a stream.
pub(super) struct Stream {
    pub key: StreamKey,
    pub headers: HeaderParser,
    pub detection: Detection,
    /// The state of each dialect that has read a record, by [`Mta::index`].
    pub states: [Option<Box<DialectState>>; Mta::ALL.len()],
    /// The last line that was no report of repetitions, for such a report at the beginning of the next lines.
    pub previous: Vec<u8>,
    /// Whether the stream had such a report, so that the line is kept over restarts.
    pub has_reports: bool,
    /// The index of the last such report among the lines that are being read.
    pub last_report: Option<usize>,
    /// The initial value of Postfix's `receipts`, from a state file before version 4.
    pub receipts: bool,
    /// The patterns of the configuration, for the dialect that reads with them.
    pub patterns: Arc<Patterns>,
    /// The parser's selection counter when the stream was last selected.
    pub selected: u64,
}

impl Stream {
    pub fn new(key: StreamKey, format: Format, zone: TimeZone, reference: Timestamp) -> Self {
        Stream {
            key,
            headers: HeaderParser::new(Clock::new(zone, reference)),
            detection: Detection::new(format),
            states: [const { None }; Mta::ALL.len()],
            previous: Vec::new(),
            has_reports: false,
            last_report: None,
            receipts: false,
            patterns: Arc::default(),
            selected: 0,
        }
    }

    /// The state of a dialect for this stream.
    pub fn state(&mut self, mta: Mta) -> &mut DialectState {
        self.state_and_headers(mta).0
    }

    /// The state of a dialect for this stream, and the parser of its time stamps.
    pub fn state_and_headers(&mut self, mta: Mta) -> (&mut DialectState, &mut HeaderParser) {
        let receipts = self.receipts;
        let state = self.states[mta.index()].get_or_insert_with(|| {
            let mut state = mta.new_state();
            if let Some(postfix) = state.postfix() {
                postfix.receipts = receipts;
            }
            Box::new(state)
        });
        if let DialectState::Custom(custom) = &mut **state {
            custom.set_patterns(&self.patterns);
        }
        (state, &mut self.headers)
    }

    /// A copy of the state of the Postfix dialect; its initial state if it has not read a record.
    pub fn postfix_state(&mut self) -> PostfixState {
        let known = self.states[Mta::Postfix.index()].as_mut();
        match known.and_then(|state| state.postfix()) {
            Some(state) => *state,
            None => PostfixState {
                receipts: self.receipts,
            },
        }
    }

    /// Stores the state of the Postfix dialect, if it has read a record.
    pub fn set_postfix_state(&mut self, postfix: PostfixState) {
        let known = self.states[Mta::Postfix.index()].as_mut();
        if let Some(state) = known.and_then(|state| state.postfix()) {
            *state = postfix;
        }
    }

    /// The formats found in the stream: the servers whose records were read, or else syslog.
    pub fn formats(&self) -> impl Iterator<Item = &'static str> {
        let read = |mta: &Mta| self.states[mta.index()].is_some();
        let none = !Mta::ALL.iter().any(read);
        let syslog = none && self.detection.detected() == Some(DetectedFormat::Syslog);
        let servers = Mta::ALL.into_iter().filter(read).map(Mta::name);
        servers.chain(syslog.then_some("syslog"))
    }
}
