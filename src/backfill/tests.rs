//! Tests of the samples: which there are, in which order, and what is in memory.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::{Recorder, Target};
use crate::catalog::{Catalog, Providers};
use crate::metrics::{Counters, CountingVisitor, LineCounts};
use crate::parse::LineParser;

/// 2026-11-23 10:00:00 UTC.
const T: i64 = 1_795_428_000;

/// A delivery at a time in seconds after [`T`].
fn sent(second: i64) -> String {
    let time = Timestamp::from_second(T + second).expect("a time");
    format!(
        "{} mail postfix/smtp[1]: 4F9D195432C: to=<ann@example.net>, relay=mx.example.net[192.0.2.9]:25, delay=1, \
         delays=0/0/0/1, dsn=2.0.0, status=sent (250 2.0.0 Ok)",
        time.strftime("%Y-%m-%dT%H:%M:%S.%6fZ")
    )
}

/// What is recorded of the lines of some files.
fn record(files: &[Vec<String>]) -> (Recorder, Counters) {
    let (catalog, providers) = (Catalog::embedded(), Providers::embedded());
    let now = Timestamp::from_second(T).expect("a time");
    let names = providers.names().map(str::to_owned).collect();
    let mut parser = LineParser::new(catalog, providers.clone(), TimeZone::UTC, now);
    parser.set_sequential();
    let mut counters = Counters::new(catalog);
    let mut recorder = Recorder::new(30, names).expect("a temporary file");
    for file in files {
        recorder.begin_file();
        let lines: Vec<&[u8]> = file.iter().map(|line| line.as_bytes()).collect();
        let mut visitor = CountingVisitor {
            counters: &mut counters,
            lines: &mut LineCounts::default(),
            now: i64::MAX,
            before: |time, _, counters: &_| recorder.line(time, counters),
        };
        parser.read(&lines, &mut visitor);
    }
    (recorder, counters)
}

fn target() -> Target {
    Target {
        instance: "mx:9925".to_owned(),
        job: "maillog".to_owned(),
    }
}

/// The document with all samples.
fn document(files: &[Vec<String>]) -> String {
    let (recorder, counters) = record(files);
    let mut samples = recorder.finish(&counters, &target()).expect("recorded");
    let mut text = Vec::new();
    samples.write(&mut text).expect("written");
    String::from_utf8(text).expect("text")
}

/// The samples of outbound 250: value, and seconds after [`T`].
fn samples(document: &str) -> Vec<(u64, i64)> {
    let name = "maillog_codes_total{direction=\"outbound\",code=\"250\",instance=\"mx:9925\",job=\"maillog\"} ";
    let samples = document.lines().filter_map(|line| line.strip_prefix(name));
    let parsed = samples.map(|sample| {
        let (value, time) = sample.split_once(' ').expect("a time");
        let time: i64 = time.parse().expect("a time");
        (value.parse().expect("a count"), time - T)
    });
    parsed.collect()
}

fn file(seconds: &[i64]) -> Vec<String> {
    seconds.iter().map(|&second| sent(second)).collect()
}

#[test]
fn metric_has_a_sample_before_each_growth_and_is_repeated_in_between() {
    let found = samples(&document(&[file(&[0, 1, 29, 30, 700])]));
    let expected = [
        (0, 0),
        (3, 30),
        (4, 60),
        (4, 180),
        (4, 300),
        (4, 420),
        (4, 540),
        (4, 660),
        (4, 690),
        (5, 720),
    ];
    assert_eq!(found, expected);
}

#[test]
fn nothing_is_repeated_for_days_without_a_count() {
    let day = 86_400;
    let found = samples(&document(&[file(&[0, 10 * day, 10 * day + 1])]));
    // One line far away moves nothing, so the first of the two counts as the one before it.
    let later = 10 * day;
    assert_eq!(found, [(0, 0), (2, 30), (2, later), (3, later + 30)]);
}

#[test]
fn files_that_overlap_in_time_may_be_read_in_any_order() {
    let files = [file(&[0, 60, 7_200, 7_201]), file(&[61, 90, 9_000])];
    let one = document(&files);
    let [first, second] = files;
    assert_eq!(document(&[second, first]), one);
    let found = samples(&one);
    assert_eq!(found[..5], [(0, 0), (1, 30), (1, 60), (3, 90), (4, 120)]);
    assert_eq!(found.last(), Some(&(7, 9_030)));
}

#[test]
fn days_together_have_the_samples_of_the_whole() {
    let files = [file(&[-72_000, 0, 43_200, 50_400, 50_401, 100_000])];
    let (recorder, counters) = record(&files);
    let mut days = recorder.finish(&counters, &target()).expect("recorded");
    let mut documents: Vec<(i64, std::rc::Rc<std::cell::RefCell<Vec<u8>>>)> = Vec::new();
    struct Shared(std::rc::Rc<std::cell::RefCell<Vec<u8>>>);
    impl std::io::Write for Shared {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.borrow_mut().write(bytes)
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let opened = |day: i64| {
        documents.push((day, std::rc::Rc::default()));
        Ok(Shared(std::rc::Rc::clone(
            &documents.last().expect("one").1,
        )))
    };
    days.write_days(opened).expect("written");
    let mut together = Vec::new();
    for (day, text) in &documents {
        let text = String::from_utf8(text.take()).expect("text");
        assert!(text.ends_with("# EOF\n"));
        let found = samples(&text);
        let bounds = day - T..day - T + 86_400;
        assert!(found.iter().all(|(_, time)| bounds.contains(time)), "{day}");
        together.extend(found);
    }
    assert_eq!(documents.len(), 3);
    assert_eq!(together, samples(&document(&files)));
}

#[test]
fn what_is_recorded_grows_with_time_and_not_with_lines() {
    let hour = |per_second: i64| -> Vec<String> {
        let seconds = (0..3_600).flat_map(|second| (0..per_second).map(move |_| second));
        seconds.map(sent).collect()
    };
    let (few, _) = record(&[hour(1)]);
    let (many, counters) = record(&[hour(20)]);
    assert_eq!(
        counters.totals(&Providers::embedded()).deliveries["sent"],
        72_000
    );
    let ((metrics, bytes), (metrics_of_many, bytes_of_many)) = (few.size(), many.size());
    assert_eq!(metrics, metrics_of_many);
    // Larger numbers need more bytes; there are not more of them.
    assert!(
        bytes > 1_000 && bytes_of_many < 2 * bytes,
        "{bytes} {bytes_of_many}"
    );
}
