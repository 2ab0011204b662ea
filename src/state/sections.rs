//! Encodes a snapshot as sections.
//!
//! A section that cannot be read resets only the part it contains. Unknown sections are kept, so that a newer version
//! finds them again.

use serde::{Deserialize, Serialize};

use super::section::Section;
use super::snapshot::Snapshot;

/// The section `snapshot`: the fields of the snapshot itself.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
struct SnapshotHeader {
    taken: i64,
    write_errors: u64,
}

/// Sections that older versions wrote and that nothing reads any more: the figures that alert rules were about before
/// there were signals.
const OUTDATED: [&str; 1] = ["alerts"];

/// Maps the name of each section to the part of the snapshot it contains.
macro_rules! sections {
    ($($name:literal => $($part:ident).+,)*) => {
        /// Encodes a snapshot as sections.
        pub(super) fn encode(snapshot: &Snapshot) -> postcard::Result<Vec<u8>> {
            let header = SnapshotHeader {
                taken: snapshot.taken,
                write_errors: snapshot.write_errors,
            };
            let mut sections = vec![Section::new("snapshot", &header)?];
            $(sections.push(Section::new($name, &snapshot.$($part).+)?);)*
            sections.extend(snapshot.unknown.iter().cloned());
            postcard::to_stdvec(&sections)
        }

        /// Decodes the result of [`encode`].
        pub(super) fn decode(body: &[u8]) -> postcard::Result<Snapshot> {
            let mut snapshot = Snapshot::default();
            for section in postcard::from_bytes::<Vec<Section>>(body)? {
                match &*section.name {
                    "snapshot" => {
                        let header: SnapshotHeader = section.read().unwrap_or_default();
                        snapshot.taken = header.taken;
                        snapshot.write_errors = header.write_errors;
                    }
                    $($name => {
                        if let Some(part) = section.read() {
                            snapshot.$($part).+ = part;
                        }
                    })*
                    name if OUTDATED.contains(&name) => {}
                    _ => snapshot.unknown.push(section),
                }
            }
            Ok(snapshot)
        }
    };
}

sections! {
    "counting_since" => counting_since,
    "sources" => sources,
    "source_counts" => source_counts,
    "codes" => counters.codes,
    "code_rates" => counters.rates,
    "enhanced_codes" => counters.enhanced,
    "conditions" => counters.conditions,
    "provider_codes" => counters.providers,
    "provider_conditions" => counters.provider_conditions,
    "provider_deliveries" => counters.provider_deliveries,
    "provider_waited" => counters.waited,
    "reports" => counters.reports,
    "tls_sessions" => counters.tls,
    "blocklist_replies" => counters.blocklists,
    "deliveries_by_dsn" => counters.dsn,
    "services" => counters.services,
    "failures" => counters.failures,
    "histograms" => counters.histograms,
    "pending_messages" => counters.pending,
    "duplicates" => parser.duplicates,
    "legacy_duplicates" => parser.legacy_duplicates,
    "mirrors" => parser.mirrors,
    "last_hosts" => parser.last_hosts,
    "streams" => parser.streams,
    "insight" => insight,
    "addresses" => addresses,
    "history" => history,
    "previous_lines" => parser.previous_lines,
    "signals" => alerts,
    "sender_domains" => senders,
    "habits" => habits,
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
            name: "forecasts".into(),
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
