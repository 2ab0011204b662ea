//! The state of a parser as stored in the state file.

use serde::{Deserialize, Serialize};
use tracing::warn;

use crate::parse::dedup::DedupState;
use crate::parse::detect::{DetectedFormat, Format};
use crate::parse::dialect::Mta;
use crate::parse::last_hosts::LastHostsState;
use crate::parse::mirror::MirrorState;
use crate::parse::reader::LineParser;
use crate::parse::stream::{Stream, StreamKey};

/// The state of a parser.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ParserSnapshot {
    /// Attempts that a delivery record may repeat.
    pub duplicates: DedupState,
    /// The same from a state file before version 4, which used a different hash.
    pub legacy_duplicates: DedupState,
    /// From a state file before version 4: whether any stream had lines about the receipt of messages.
    pub legacy_receipts: bool,
    /// Records that may be repeated in another log.
    pub mirrors: MirrorState,
    /// Whose host had the mail for a domain before.
    pub last_hosts: LastHostsState,
    /// The state of each stream.
    pub streams: Vec<StreamState>,
    /// The last line of streams in which a syslog daemon folds repetitions.
    pub previous_lines: Vec<PreviousLine>,
}

/// The last line of a stream.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PreviousLine {
    source: u64,
    stream: u64,
    line: Vec<u8>,
}

/// The state of one stream.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct StreamState {
    source: u64,
    stream: u64,
    /// The detected format: a server whose own log it is, `syslog`, or empty if unknown.
    framing: String,
    dialects: Vec<DialectSnapshot>,
}

/// The state of one dialect for a stream.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct DialectSnapshot {
    mta: String,
    version: u16,
    bytes: Vec<u8>,
}

impl LineParser {
    /// The state that another process needs to continue parsing.
    pub fn snapshot(&self) -> ParserSnapshot {
        ParserSnapshot {
            duplicates: self.shared.duplicates.state(),
            legacy_duplicates: self.shared.duplicates.legacy_state(),
            legacy_receipts: false,
            mirrors: self.shared.mirrors.state(),
            last_hosts: self
                .shared
                .last_hosts
                .state(self.shared.attribution.providers()),
            streams: self.streams.iter().filter_map(Stream::snapshot).collect(),
            previous_lines: previous_lines(&self.streams),
        }
    }

    /// Restores the state of another parser. The state of a dialect in an unknown version is dropped, for that
    /// stream and dialect only.
    pub fn resume(&mut self, snapshot: &ParserSnapshot) {
        self.shared.duplicates.resume(&snapshot.duplicates);
        self.shared
            .duplicates
            .resume_legacy(&snapshot.legacy_duplicates);
        self.shared.mirrors.resume(&snapshot.mirrors);
        let providers = self.shared.attribution.providers();
        self.shared
            .last_hosts
            .resume(&snapshot.last_hosts, providers);
        self.set_receipts(snapshot.legacy_receipts);
        for state in &snapshot.streams {
            let key = StreamKey {
                source: state.source,
                stream: state.stream,
            };
            let at = self.add_stream(key, Format::Auto);
            self.streams[at].resume(state);
        }
        for previous in &snapshot.previous_lines {
            let key = (previous.source, previous.stream);
            let known = |it: &&mut Stream| (it.key.source, it.key.stream) == key;
            if let Some(stream) = self.streams.iter_mut().find(known) {
                stream.has_reports = true;
                stream.previous.clone_from(&previous.line);
            }
        }
    }
}

fn previous_lines(streams: &[Stream]) -> Vec<PreviousLine> {
    let with_reports = streams.iter().filter(|it| it.has_reports);
    with_reports
        .map(|stream| PreviousLine {
            source: stream.key.source,
            stream: stream.key.stream,
            line: stream.previous.clone(),
        })
        .collect()
}

impl Stream {
    /// The state to store; `None` if there is none.
    fn snapshot(&self) -> Option<StreamState> {
        let framing = match self.detection.detected() {
            None => "",
            Some(DetectedFormat::Syslog) => "syslog",
            Some(DetectedFormat::OwnLog(mta)) => mta.name(),
        };
        let dialects: Vec<DialectSnapshot> = Mta::ALL
            .iter()
            .zip(&self.states)
            .filter_map(|(mta, state)| {
                Some(DialectSnapshot {
                    mta: mta.name().to_owned(),
                    version: mta.state_version(),
                    // Encoding does not fail for any dialect.
                    bytes: state.as_ref()?.encode().ok()?,
                })
            })
            .collect();
        let has_state = !framing.is_empty() || !dialects.is_empty();
        has_state.then(|| StreamState {
            source: self.key.source,
            stream: self.key.stream,
            framing: framing.to_owned(),
            dialects,
        })
    }

    /// Restores the stored state.
    fn resume(&mut self, stored: &StreamState) {
        match &*stored.framing {
            "" => {}
            "syslog" => self.detection.resume(DetectedFormat::Syslog),
            name => {
                if let Some(mta) = Mta::named(name) {
                    self.detection.resume(DetectedFormat::OwnLog(mta));
                }
            }
        }
        for dialect in &stored.dialects {
            let Some(mta) = Mta::named(&dialect.mta) else {
                continue;
            };
            let state = match dialect.version == mta.state_version() {
                true => mta.decode_state(&dialect.bytes).ok(),
                false => None,
            };
            match state {
                Some(state) => self.states[mta.index()] = Some(Box::new(state)),
                None => warn!(
                    format = mta.name(),
                    version = dialect.version,
                    "discarding the state of a log format: its version is not supported"
                ),
            }
        }
    }
}
