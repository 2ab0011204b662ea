//! The cost per byte of each mail server's log, relative to Postfix: every golden log, repeated to a megabyte.
//!
//! ```text
//! cargo bench --bench servers
//! cargo bench --bench servers -- exim
//! ```
//!
//! A dialect may cost twice as much as Postfix, and one whose records are JSON or comma-separated values three times.
//! Golden logs have all rare forms as often as the usual ones, so the figures are not those of a real log.

use std::collections::BTreeMap;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use maillog_exporter::catalog::{Catalog, Providers};
use maillog_exporter::parse::{Event, Fact, LineParser, Stamp, Visitor, format_names};

/// The size of the repeated log, in bytes.
const SIZE: usize = 1 << 20;

/// How often a log is read; the fastest time counts.
const ROUNDS: usize = 15;

/// Lines per call, as the sources give them.
const BATCH: usize = 256;

/// The server that the others are compared with.
const REFERENCE: &str = "postfix";

fn main() {
    // Cargo adds `--bench`.
    let filter = std::env::args().skip(1).find(|it| !it.starts_with('-'));
    let mut costs: BTreeMap<&'static str, Vec<(String, Cost)>> = BTreeMap::new();
    for path in logs() {
        let name = path
            .file_stem()
            .and_then(|stem| stem.to_str())
            .expect("a name");
        let Some(server) = server_of(name) else {
            continue;
        };
        let is_wanted = filter.as_ref().is_none_or(|it| name.contains(it.as_str()));
        if is_wanted || server == REFERENCE {
            let cost = Cost::of(&std::fs::read(&path).expect("a log"));
            costs
                .entry(server)
                .or_default()
                .push((name.to_owned(), cost));
        }
    }
    let reference = costs
        .get(REFERENCE)
        .map(|logs| total(logs).per_byte())
        .expect("the logs of the reference");
    println!(
        "{:<28} {:>8} {:>8} {:>6}",
        "log", "ns/byte", "ns/line", "ratio"
    );
    for (server, logs) in &costs {
        if logs.len() > 1 {
            for (name, cost) in logs {
                print(&format!("  {name}"), cost, reference);
            }
        }
        print(server, &total(logs), reference);
    }
}

fn print(name: &str, cost: &Cost, reference: f64) {
    println!(
        "{name:<28} {:>8.3} {:>8.1} {:>6.2}",
        cost.per_byte(),
        cost.per_line(),
        cost.per_byte() / reference
    );
}

fn logs() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let entries = std::fs::read_dir(folder).expect("the golden folder");
    let mut logs: Vec<PathBuf> = entries
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "log"))
        .collect();
    logs.sort();
    logs
}

/// The server whose name the name of a golden log begins with, the longest such name; `None` for logs of syslog forms.
fn server_of(name: &str) -> Option<&'static str> {
    format_names()
        .into_iter()
        .filter(|server| {
            name.strip_prefix(server)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
        })
        .max_by_key(|server| server.len())
}

/// What reading a log costs.
#[derive(Clone, Copy, Default)]
struct Cost {
    time: Duration,
    bytes: usize,
    lines: usize,
}

impl Cost {
    fn of(log: &[u8]) -> Self {
        let once = log.strip_suffix(b"\n").unwrap_or(log);
        let lines: Vec<&[u8]> = once
            .split(|&byte| byte == b'\n')
            .map(|line| line.strip_suffix(b"\r").unwrap_or(line))
            .collect();
        let times = SIZE / log.len().max(1) + 1;
        let lines = lines.repeat(times);
        let now: Timestamp = "2026-11-23T12:00:00Z".parse().expect("a timestamp");
        let mut parser = LineParser::new(
            Catalog::embedded(),
            Providers::embedded(),
            TimeZone::UTC,
            now,
        );
        let time = (0..ROUNDS)
            .map(|_| {
                let begin = Instant::now();
                let mut count = Count::default();
                for batch in lines.chunks(BATCH) {
                    parser.read(black_box(batch), &mut count);
                }
                assert!(black_box(count.0) >= lines.len());
                begin.elapsed()
            })
            .min();
        Cost {
            time: time.unwrap_or_default(),
            bytes: log.len() * times,
            lines: lines.len(),
        }
    }

    fn per_byte(&self) -> f64 {
        self.time.as_secs_f64() * 1e9 / self.bytes as f64
    }

    fn per_line(&self) -> f64 {
        self.time.as_secs_f64() * 1e9 / self.lines as f64
    }
}

/// The cost of several logs together.
fn total(logs: &[(String, Cost)]) -> Cost {
    logs.iter().fold(Cost::default(), |sum, (_, cost)| Cost {
        time: sum.time + cost.time,
        bytes: sum.bytes + cost.bytes,
        lines: sum.lines + cost.lines,
    })
}

/// Counts the results, so that none is left out.
#[derive(Default)]
struct Count(usize);

impl Visitor<'_> for Count {
    fn event(&mut self, _time: Option<Stamp>, event: &mut Event<'_>) {
        black_box(event);
        self.0 += 1;
    }

    fn noise(&mut self, _time: Option<Stamp>, fact: Option<&Fact<'_>>) {
        black_box(fact);
        self.0 += 1;
    }

    fn unmatched(&mut self, _time: Option<Stamp>) {
        self.0 += 1;
    }
}
