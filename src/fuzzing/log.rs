//! Any bytes as a log.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::catalog::{Catalog, Providers};
use crate::metrics::Counters;
use crate::parse::{Format, Line, LineParser, StreamKey, format_names};
use crate::source::Lines;

/// The longest line that is read whole, in bytes.
const CAP: usize = 64 * 1024;
/// The same for [`line`], where lines are cut often.
const SHORT_CAP: usize = 512;

/// The bytes as a log of an unknown format: each line is counted once, and codes are valid.
///
/// # Panics
///
/// If the parser does not keep these promises.
pub fn line(log: &[u8]) {
    let mut parser = parser();
    count_lines(log, SHORT_CAP, &mut parser, |_, _| {});
}

/// The same for a log whose format the first byte selects; and what the parser remembers can be restored.
///
/// # Panics
///
/// If the parser does not keep these promises.
pub fn dialect(input: &[u8]) {
    let Some((&selector, log)) = input.split_first() else {
        return;
    };
    let names = format_names();
    let format = Format::named(names[usize::from(selector) % names.len()]);
    let mut parser = parser();
    parser.select(StreamKey::default(), format.unwrap_or(Format::Auto));
    count_lines(log, CAP, &mut parser, LineParser::detect);
    parser_after_restart(&parser);
}

fn parser_after_restart(parser: &LineParser) {
    let snapshot = parser.snapshot();
    let mut restored = self::parser();
    restored.resume(&snapshot);
}

fn parser() -> LineParser {
    let reference = Timestamp::UNIX_EPOCH;
    LineParser::new(
        Catalog::embedded(),
        Providers::embedded(),
        TimeZone::UTC,
        reference,
    )
}

/// Parses and counts the lines; `before` is called with each batch of them.
fn count_lines(
    log: &[u8],
    cap: usize,
    parser: &mut LineParser,
    before: fn(&mut LineParser, &[&[u8]]),
) {
    let mut counters = Counters::new(Catalog::embedded());
    let mut lines = Lines::new(log, cap);
    let mut line_count = 0;
    let mut read = |lines: &[&[u8]]| {
        before(parser, lines);
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
    let newlines = log.iter().filter(|&&byte| byte == b'\n').count();
    let unfinished = !log.is_empty() && !log.ends_with(b"\n");
    assert_eq!(line_count, newlines + usize::from(unfinished));
}
