//! The sections of a snapshot: each has a name, a version and its content.
//!
//! A section changes without the others: it gets a new version, and this file reads the old ones. A section
//! that cannot be read resets what it holds, and nothing else; one that this version does not know is kept,
//! so that a newer version finds it again.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tracing::warn;

use super::snapshot::Snapshot;

/// One section.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Section {
    name: String,
    version: u16,
    content: Vec<u8>,
}

/// When a snapshot was taken, and what had failed before.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
struct Header {
    taken: i64,
    write_errors: u64,
}

/// The version in which every section is written.
const VERSION: u16 = 1;

/// Names the sections and the parts of a snapshot that they hold.
macro_rules! sections {
    ($($name:literal => $($part:ident).+,)*) => {
        /// Writes a snapshot as sections.
        pub(super) fn encode(snapshot: &Snapshot) -> postcard::Result<Vec<u8>> {
            let header = Header {
                taken: snapshot.taken,
                write_errors: snapshot.write_errors,
            };
            let mut sections = vec![section("snapshot", &header)?];
            $(sections.push(section($name, &snapshot.$($part).+)?);)*
            sections.extend(snapshot.unknown.iter().cloned());
            postcard::to_stdvec(&sections)
        }

        /// Reads what [`encode`] wrote.
        pub(super) fn decode(body: &[u8]) -> postcard::Result<Snapshot> {
            let mut snapshot = Snapshot::default();
            for section in postcard::from_bytes::<Vec<Section>>(body)? {
                match &*section.name {
                    "snapshot" => {
                        let header: Header = section.read().unwrap_or_default();
                        snapshot.taken = header.taken;
                        snapshot.write_errors = header.write_errors;
                    }
                    $($name => {
                        if let Some(part) = section.read() {
                            snapshot.$($part).+ = part;
                        }
                    })*
                    _ => snapshot.unknown.push(section),
                }
            }
            Ok(snapshot)
        }
    };
}

sections! {
    "sources" => sources,
    "codes" => counters.codes,
    "code_rates" => counters.rates,
    "enhanced_codes" => counters.enhanced,
    "conditions" => counters.conditions,
    "provider_codes" => counters.providers,
    "provider_conditions" => counters.provider_conditions,
    "deliveries_by_dsn" => counters.dsn,
    "services" => counters.services,
    "failures" => counters.failures,
    "histograms" => counters.histograms,
    "pending_messages" => counters.pending,
    "duplicates" => parser.duplicates,
    "legacy_duplicates" => parser.legacy_duplicates,
    "mirrors" => parser.mirrors,
    "streams" => parser.streams,
    "alerts" => alerts,
}

fn section(name: &str, part: &impl Serialize) -> postcard::Result<Section> {
    Ok(Section {
        name: name.to_owned(),
        version: VERSION,
        content: postcard::to_stdvec(part)?,
    })
}

impl Section {
    /// The part that the section holds; `None`, said in the log, if it cannot be read.
    fn read<T: DeserializeOwned>(&self) -> Option<T> {
        if self.version != VERSION {
            warn!(
                section = self.name,
                version = self.version,
                "state section is of another version; what it holds starts anew"
            );
            return None;
        }
        match postcard::from_bytes(&self.content) {
            Ok(part) => Some(part),
            Err(error) => {
                warn!(
                    section = self.name, %error,
                    "state section cannot be read; what it holds starts anew"
                );
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sections(snapshot: &Snapshot) -> Vec<Section> {
        postcard::from_bytes(&encode(snapshot).expect("encoded")).expect("sections")
    }

    fn read(sections: &[Section]) -> Snapshot {
        decode(&postcard::to_stdvec(&sections).expect("encoded")).expect("decoded")
    }

    #[test]
    fn unknown_sections_are_kept() {
        let future = Section {
            name: "signals".into(),
            version: 7,
            content: vec![1, 2, 3],
        };
        let snapshot = Snapshot {
            taken: 5,
            unknown: vec![future.clone()],
            ..Snapshot::default()
        };
        let again = read(&sections(&snapshot));
        assert_eq!(again, snapshot);
        assert!(sections(&again).contains(&future));
    }

    #[test]
    fn section_that_cannot_be_read_resets_only_what_it_holds() {
        let mut snapshot = Snapshot {
            write_errors: 3,
            ..Snapshot::default()
        };
        snapshot.counters.codes.overflowed = 7;
        snapshot.counters.enhanced.overflowed = 8;
        let damage: [fn(&mut Section); 2] = [
            |section| section.version = 2,
            |section| section.content = vec![0xff; 3],
        ];
        for damage in damage {
            let mut sections = sections(&snapshot);
            let codes = sections.iter_mut().find(|it| it.name == "codes");
            damage(codes.expect("a section"));
            let found = read(&sections);
            assert_eq!(found.counters.codes.overflowed, 0);
            assert_eq!(found.counters.enhanced.overflowed, 8);
            assert_eq!(found.write_errors, 3);
        }
    }
}
