//! What holds for the log of every mail server, shown with the golden logs: it does not matter how lines are batched
//! or when the daemon restarts, and a line that is cut off never says another code.

use std::path::Path;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use maillog_exporter::catalog::{Catalog, Providers};
use maillog_exporter::parse::{Event, Fact, Format, Line, LineParser, Stamp, StreamKey, Visitor};

/// A stream of a source.
const STREAM: StreamKey = StreamKey {
    source: 421,
    stream: 1,
};

fn parser() -> LineParser {
    let now: Timestamp = "2026-11-23T12:00:00Z".parse().expect("a timestamp");
    LineParser::new(
        Catalog::embedded(),
        Providers::embedded(),
        TimeZone::UTC,
        now,
    )
}

/// The name and the content of every golden log.
fn logs() -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let entries = std::fs::read_dir(folder).expect("the golden folder");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    let mut logs: Vec<_> = paths
        .filter(|path| path.extension().is_some_and(|extension| extension == "log"))
        .map(|path| {
            let name = path.display().to_string();
            (name, std::fs::read(&path).expect("a log"))
        })
        .collect();
    logs.sort();
    logs
}

/// Lines as the sources give them: without newline and carriage return.
fn lines(log: &[u8]) -> Vec<&[u8]> {
    let log = log.strip_suffix(b"\n").unwrap_or(log);
    log.split(|&byte| byte == b'\n')
        .map(|line| line.strip_suffix(b"\r").unwrap_or(line))
        .collect()
}

/// The results of lines as text.
#[derive(Default)]
struct Said(Vec<String>);

impl Visitor<'_> for Said {
    fn event(&mut self, time: Option<Stamp>, event: &mut Event<'_>) {
        self.0.push(format!("{time:?} {event:?}"));
    }

    fn noise(&mut self, time: Option<Stamp>, fact: Option<&Fact<'_>>) {
        self.0.push(format!("{time:?} {fact:?}"));
    }

    fn unmatched(&mut self, time: Option<Stamp>) {
        self.0.push(format!("{time:?} unmatched"));
    }
}

/// The results of lines that are read one by one.
fn one_by_one(parser: &mut LineParser, lines: &[&[u8]], said: &mut Said) {
    for line in lines {
        let mut slot = None;
        let parsed = parser.parse(line, &mut slot);
        said.visit(parsed.time, parsed.line);
    }
}

#[test]
fn batches_of_every_server_parse_like_single_lines() {
    for (name, log) in logs() {
        let lines = lines(&log);
        let (mut alone, mut together) = (Said::default(), Said::default());
        let mut parser = self::parser();
        parser.detect(&lines);
        one_by_one(&mut parser, &lines, &mut alone);
        self::parser().read(&lines, &mut together);
        assert_eq!(alone.0, together.0, "{name}");
    }
}

#[test]
fn restart_at_any_line_of_every_server_changes_nothing() {
    for (name, log) in logs() {
        let lines = lines(&log);
        let mut straight = Said::default();
        let mut parser = self::parser();
        parser.detect(&lines);
        one_by_one(&mut parser, &lines, &mut straight);
        let step = lines.len() / 50 + 1;
        // The line before is only kept for a stream that has had a report of repetitions.
        let is_report = |line: &[u8]| line.ends_with(b" times") || line.ends_with(b" time");
        let places = (0..lines.len()).step_by(step);
        for at in places.filter(|&at| !is_report(lines[at])) {
            let mut said = Said::default();
            let mut before = self::parser();
            before.select(STREAM, Format::Auto);
            before.detect(&lines);
            one_by_one(&mut before, &lines[..at], &mut said);
            let mut after = self::parser();
            after.resume(&before.snapshot());
            after.select(STREAM, Format::Auto);
            one_by_one(&mut after, &lines[at..], &mut said);
            for (line, (straight, restarted)) in straight.0.iter().zip(&said.0).enumerate() {
                let line = String::from_utf8_lossy(lines[line]);
                let before = String::from_utf8_lossy(lines[at]);
                assert_eq!(
                    straight, restarted,
                    "{name}, restarted before {before}: {line}"
                );
            }
        }
    }
}

#[test]
fn line_of_any_server_that_is_cut_off_says_no_other_code() {
    for (name, log) in logs() {
        let lines = lines(&log);
        // A quoted local part may contain any text, and a cut may end it early.
        let is_quoted = |line: &[u8]| line.windows(2).any(|it| it == b"<\"");
        for line in lines.iter().filter(|line| !is_quoted(line)) {
            let mut parser = self::parser();
            parser.detect(&lines);
            let mut code = |line: &[u8]| match parser.parse(line, &mut None).line {
                Line::Event(event) => event.code,
                _ => None,
            };
            let whole = code(line);
            // The first bytes of a long line and every seventh of the rest.
            let cuts = (0..line.len()).filter(|&at| at < 80 || at % 7 == 0 || at + 20 > line.len());
            for at in cuts {
                let cut = code(&line[..at]);
                // For a connection that failed, some servers write a reply of their own, of which a cut may leave
                // the digits only.
                let is_written = |code: u16| {
                    let digits = code.to_string();
                    memchr::memmem::find(&line[..at], digits.as_bytes()).is_some()
                };
                let is_own = matches!(whole, Some(101 | 111)) && cut.is_some_and(is_written);
                let is_invented = cut.is_some_and(|code| code >= 200) && cut != whole && !is_own;
                let shown = String::from_utf8_lossy(&line[..at]);
                assert!(
                    !is_invented,
                    "{name}: {cut:?} instead of {whole:?} in {shown}"
                );
            }
        }
    }
}
