//! Detection of the mail server: from the first lines of every golden log, after lines of another server, and when the
//! log of one server is replaced by that of another.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use maillog_exporter::catalog::{Catalog, Providers};
use maillog_exporter::parse::{
    Event, Fact, Format, LineParser, Stamp, StreamKey, Visitor, format_names,
};

/// The source of the stream that is read.
const SOURCE: u64 = 421;

/// How many lines are enough.
const FIRST_LINES: usize = 64;

fn parser() -> LineParser {
    let now: Timestamp = "2026-11-23T12:00:00Z".parse().expect("a timestamp");
    let mut parser = LineParser::new(
        Catalog::embedded(),
        Providers::embedded(),
        TimeZone::UTC,
        now,
    );
    let stream = StreamKey {
        source: SOURCE,
        stream: 1,
    };
    parser.select(stream, Format::Auto);
    parser
}

fn golden() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

/// A golden log.
struct Log {
    /// The name of the file, without its extension.
    name: String,
    /// The server that wrote it.
    server: &'static str,
    content: Vec<u8>,
}

impl Log {
    fn named(name: &str) -> Log {
        let content = std::fs::read(golden().join(name).with_extension("log")).expect("a log");
        let server = server_of(name).expect("the log of a server");
        Log {
            name: name.to_owned(),
            server,
            content,
        }
    }

    /// Lines as the sources give them: without newline and carriage return.
    fn lines(&self) -> Vec<&[u8]> {
        let log = self.content.strip_suffix(b"\n").unwrap_or(&self.content);
        log.split(|&byte| byte == b'\n')
            .map(|line| line.strip_suffix(b"\r").unwrap_or(line))
            .collect()
    }
}

/// The server whose name the name of a golden log begins with. Those without a server's name are Postfix's.
fn server_of(name: &str) -> Option<&'static str> {
    if ["envelopes", "forms", "repetitions"].contains(&name) {
        return Some("postfix");
    }
    let is_server = |server: &&str| {
        let rest = name.strip_prefix(server);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
    };
    // `iis-smtp` and `zone-mta` have hyphens themselves.
    format_names()
        .into_iter()
        .filter(is_server)
        .max_by_key(|server| server.len())
}

fn logs() -> Vec<Log> {
    let entries = std::fs::read_dir(golden()).expect("the golden folder");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    let mut names: Vec<String> = paths
        .filter(|path| path.extension().is_some_and(|extension| extension == "log"))
        .map(|path| {
            let stem = path.file_stem().expect("a name");
            stem.to_str().expect("UTF-8").to_owned()
        })
        .collect();
    names.sort();
    names.iter().map(|name| Log::named(name)).collect()
}

/// The results of lines as text.
#[derive(Default)]
struct Results(Vec<String>);

impl Visitor<'_> for Results {
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

#[test]
fn first_lines_of_every_log_tell_its_server() {
    for log in logs() {
        let lines = log.lines();
        let first = &lines[..lines.len().min(FIRST_LINES)];
        let mut parser = parser();
        parser.read(first, &mut Results::default());
        let formats = parser.formats(SOURCE);
        match &*log.name {
            // A syslog file in which other programs write, too.
            "postfix-noise" => assert!(formats.contains(&log.server), "{formats:?}"),
            name => assert_eq!(formats, [log.server], "{name}"),
        }
    }
}

/// The results of a log after `before`, once the log has been read until its format must have been found.
fn last_pass(before: &[&[u8]], log: &Log) -> (Vec<String>, Vec<&'static str>) {
    let lines = log.lines();
    let mut parser = parser();
    if !before.is_empty() {
        parser.read(before, &mut Results::default());
    }
    for _ in 0..FIRST_LINES / lines.len() + 1 {
        parser.read(&lines, &mut Results::default());
    }
    let mut results = Results::default();
    parser.read(&lines, &mut results);
    (results.0, parser.formats(SOURCE))
}

#[test]
fn few_lines_of_another_server_do_not_matter_in_the_end() {
    let own = Log::named("exim-mainlog");
    let syslog = Log::named("postfix-client");
    for log in logs() {
        let (expected, _) = last_pass(&[], &log);
        for other in [&own, &syslog] {
            if other.server == log.server {
                continue;
            }
            let before = &other.lines()[..3];
            let (found, formats) = last_pass(before, &log);
            for (line, (found, expected)) in log.lines().iter().zip(found.iter().zip(&expected)) {
                let line = String::from_utf8_lossy(line);
                assert_eq!(found, expected, "{} after {}: {line}", log.name, other.name);
            }
            assert!(formats.contains(&log.server), "{}: {formats:?}", log.name);
            // The wrong guess stays visible.
            assert!(formats.contains(&other.server), "{}: {formats:?}", log.name);
        }
    }
}

#[test]
fn log_that_is_replaced_by_that_of_another_server_is_read_by_its_dialect() {
    let exim = Log::named("exim-mainlog");
    let postfix = Log::named("postfix-client");
    for (first, second) in [(&exim, &postfix), (&postfix, &exim)] {
        let mut alone = Results::default();
        parser().read(&second.lines(), &mut alone);
        let mut parser = parser();
        let mut after = Results::default();
        parser.read(&first.lines(), &mut Results::default());
        assert_eq!(parser.formats(SOURCE), [first.server]);
        parser.read(&second.lines(), &mut after);
        assert_eq!(after.0, alone.0, "{} after {}", second.name, first.name);
        let mut formats = parser.formats(SOURCE);
        formats.sort_unstable();
        assert_eq!(formats, ["exim", "postfix"]);
    }
}
