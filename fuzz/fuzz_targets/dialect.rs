//! Fuzz target of the dialects: the first byte selects a format, and the rest is a log with long lines, which must not
//! make the parser panic; it must count every line once, and codes must be valid.
//!
//! ```sh
//! cargo install cargo-fuzz
//! cargo fuzz run --sanitizer none dialect -- -max_total_time=60 -max_len=65536
//! ```

#![no_main]

use jiff::Timestamp;
use jiff::tz::TimeZone;
use libfuzzer_sys::fuzz_target;
use maillog_exporter::catalog::{Catalog, Providers};
use maillog_exporter::metrics::Counters;
use maillog_exporter::parse::{Format, Line, LineParser, StreamKey, format_names};
use maillog_exporter::source::Lines;

fuzz_target!(|input: &[u8]| {
    let Some((&selector, log)) = input.split_first() else {
        return;
    };
    let names = format_names();
    let format = Format::named(names[usize::from(selector) % names.len()]).expect("a format");
    let catalog = Catalog::embedded();
    let reference = Timestamp::UNIX_EPOCH;
    let mut parser = LineParser::new(catalog, Providers::embedded(), TimeZone::UTC, reference);
    parser.select(StreamKey::default(), format);
    let mut counters = Counters::new(catalog);
    let mut lines = Lines::new(log, 65536);
    let mut line_count = 0;
    let mut read = |lines: &[&[u8]]| {
        parser.detect(lines);
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
    // What the streams keep can be stored and restored.
    let snapshot = parser.snapshot();
    let mut restored = LineParser::new(catalog, Providers::embedded(), TimeZone::UTC, reference);
    restored.resume(&snapshot);
});
