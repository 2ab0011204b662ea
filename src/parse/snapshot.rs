//! What a parser remembers, as it is kept over restarts.

use serde::{Deserialize, Serialize};
use tracing::warn;

use crate::parse::dedup::DedupState;
use crate::parse::detect::{Format, Framing};
use crate::parse::dialect::Mta;
use crate::parse::mirror::MirrorState;
use crate::parse::reader::LineParser;
use crate::parse::stream::{Stream, StreamKey};

/// What a parser remembers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ParserSnapshot {
    /// Attempts that delivery records may repeat.
    pub duplicates: DedupState,
    /// The same as versions before 4 kept it, with other hashes.
    pub legacy_duplicates: DedupState,
    /// Whether a version before 4 has seen lines that tell of a message's receipt, in whichever stream.
    pub legacy_receipts: bool,
    /// Records that another log may repeat.
    pub mirrors: MirrorState,
    /// What is known of each stream.
    pub streams: Vec<StreamState>,
}

/// What is known of one stream.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct StreamState {
    source: u64,
    stream: u64,
    /// The server whose own log it is, `syslog`, or empty while that is not known.
    framing: String,
    dialects: Vec<DialectMemory>,
}

/// What one dialect remembers of a stream.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct DialectMemory {
    mta: String,
    version: u16,
    bytes: Vec<u8>,
}

impl LineParser {
    /// What has to be known of earlier lines to read the next ones, in another process.
    pub fn snapshot(&self) -> ParserSnapshot {
        ParserSnapshot {
            duplicates: self.shared.duplicates.state(),
            legacy_duplicates: self.shared.duplicates.legacy_state(),
            legacy_receipts: false,
            mirrors: self.shared.mirrors.state(),
            streams: self
                .streams
                .iter()
                .filter_map(Stream::state_to_keep)
                .collect(),
        }
    }

    /// Goes on with what another parser remembered. What a newer or older version kept in a form that is not
    /// known is forgotten, for that stream and dialect only.
    pub fn resume(&mut self, snapshot: &ParserSnapshot) {
        self.shared.duplicates.resume(&snapshot.duplicates);
        self.shared
            .duplicates
            .resume_legacy(&snapshot.legacy_duplicates);
        self.shared.mirrors.resume(&snapshot.mirrors);
        self.set_receipts(snapshot.legacy_receipts);
        for kept in &snapshot.streams {
            let key = StreamKey {
                source: kept.source,
                stream: kept.stream,
            };
            let at = self.add_stream(key, Format::Auto);
            self.streams[at].resume(kept);
        }
    }
}

impl Stream {
    fn state_to_keep(&self) -> Option<StreamState> {
        let framing = match self.detection.framing() {
            None => "",
            Some(Framing::Syslog) => "syslog",
            Some(Framing::OwnLog(mta)) => mta.name(),
        };
        let dialects: Vec<DialectMemory> = Mta::ALL
            .iter()
            .zip(&self.states)
            .filter_map(|(mta, state)| {
                Some(DialectMemory {
                    mta: mta.name().to_owned(),
                    version: mta.state_version(),
                    // What cannot be written is not kept; no dialect has such a state.
                    bytes: state.as_ref()?.encode().ok()?,
                })
            })
            .collect();
        let known = !framing.is_empty() || !dialects.is_empty();
        known.then(|| StreamState {
            source: self.key.source,
            stream: self.key.stream,
            framing: framing.to_owned(),
            dialects,
        })
    }

    fn resume(&mut self, kept: &StreamState) {
        match &*kept.framing {
            "" => {}
            "syslog" => self.detection.resume(Framing::Syslog),
            name => {
                if let Some(mta) = Mta::named(name) {
                    self.detection.resume(Framing::OwnLog(mta));
                }
            }
        }
        for memory in &kept.dialects {
            let Some(mta) = Mta::named(&memory.mta) else {
                continue;
            };
            let state = match memory.version == mta.state_version() {
                true => mta.decode_state(&memory.bytes).ok(),
                false => None,
            };
            match state {
                Some(state) => self.states[mta.index()] = Some(Box::new(state)),
                None => warn!(
                    format = mta.name(),
                    version = memory.version,
                    "state of a log reader is of another version; starting it anew"
                ),
            }
        }
    }
}
