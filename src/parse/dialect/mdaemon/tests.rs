//! Tests of the prefix of a line.

use super::{MDaemon, prefix};
use crate::parse::dialect::api::{Confidence, Dialect};

#[test]
fn text_is_found_behind_every_prefix() {
    for (line, session) in [
        ("Mon 2026-11-23 10:00:00: <-- 250 ok", ""),
        ("Mon 2026-11-23 10:00:00: [1234:2] <-- 250 ok", "1234:2"),
        ("Mon 2026-11-23 10:00:00.123: 02: <-- 250 ok", ""),
        ("2026-11-23 10:00:00.123: 02: [12] <-- 250 ok", "12"),
    ] {
        let (_, rest) = prefix::stamp(line.as_bytes()).expect("a time");
        let found = prefix::session(rest);
        assert_eq!(found, (session.as_bytes(), &b"<-- 250 ok"[..]), "{line}");
        assert_eq!(
            MDaemon::probe(line.as_bytes()),
            Confidence::Certain,
            "{line}"
        );
    }
    for line in [
        "",
        "2026-11-23 10:00:00 1vNabc-0000A1-01 Completed",
        "2026-11-23 10:00:00: text of another program",
        "Mon 23 Nov 2026 10:00:00: x",
        "Moo 2026-11-23 10:00:00: x",
    ] {
        assert_ne!(
            MDaemon::probe(line.as_bytes()),
            Confidence::Certain,
            "{line}"
        );
    }
}
