//! Fuzz target of the parser: with any bytes as a log it must not panic, it must count every line once, and
//! codes must be valid.
//!
//! ```sh
//! cargo install cargo-fuzz
//! cargo fuzz run --sanitizer none line -- -max_total_time=60
//! ```

#![no_main]

use jiff::Timestamp;
use jiff::tz::TimeZone;
use libfuzzer_sys::fuzz_target;
use maillog_exporter::catalog::{Catalog, Providers};
use maillog_exporter::metrics::Counters;
use maillog_exporter::parse::{Line, LineParser};
use maillog_exporter::source::Lines;

fuzz_target!(|log: &[u8]| {
    let catalog = Catalog::embedded();
    let reference = Timestamp::UNIX_EPOCH;
    let mut parser = LineParser::new(catalog, Providers::embedded(), TimeZone::UTC, reference);
    let mut counters = Counters::new(catalog);
    let mut lines = Lines::new(log, 512);
    let mut line_count = 0;
    let mut read = |lines: &[&[u8]]| {
        for line in lines {
            line_count += 1;
            let mut event = None;
            let parsed = parser.parse(line, &mut event);
            if let Line::Event(event) = &parsed.line
                && let Some(code) = event.code
            {
                assert!((200..600).contains(&code) || code == 101 || code == 111);
            }
            counters.count(parsed.time, &parsed.line, 0);
        }
    };
    while lines.read(&mut read).is_ok_and(|more| more) {}
    let newlines = log.iter().filter(|&&b| b == b'\n').count();
    assert_eq!(line_count, newlines + usize::from(!log.is_empty() && !log.ends_with(b"\n")));
});
