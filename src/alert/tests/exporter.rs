//! The limits of the rules about the exporter itself, the figures in their alerts, and how long they are remembered.

use super::*;
use crate::metrics::{ReloadStats, SourceStats, StateStats};
use crate::queue::{NAMES, Queues};

/// An exporter that is examined from time to time.
pub(super) struct Exporter {
    pub(super) evaluator: Evaluator,
    counters: Counters,
    pub(super) health: Health,
}

impl Exporter {
    pub(super) fn new(sources: &[&str]) -> Self {
        let source = |name: &&str| SourceStats {
            name: (*name).to_owned(),
            up: true,
            ..SourceStats::default()
        };
        Exporter {
            evaluator: evaluator(),
            counters: Counters::new(Catalog::embedded()),
            health: Health {
                sources: sources.iter().map(source).collect(),
                state: StateStats::default(),
                reload: ReloadStats::default(),
                queues: None,
                now: T,
            },
        }
    }

    /// Examines it this many seconds after the start.
    pub(super) fn examine(&mut self, after: i64) {
        self.health.now = T + after;
        self.evaluator
            .examine(&self.health, &self.counters, T + after);
    }

    /// The pending and firing alerts: rule, value of the label, and figures.
    fn alerts(&self) -> Vec<(&str, Option<&str>, &Figures)> {
        let alerts = self.evaluator.active().iter();
        let alerts = alerts.map(|it| {
            let label = it.label.as_ref().map(|(_, value)| value.as_str());
            (&*self.evaluator.rule(it).name, label, &it.figures)
        });
        alerts.collect()
    }

    /// Counts this many lines that are folded into the label value `other`.
    fn fold(&mut self, times: usize) {
        let catalog = Catalog::embedded();
        let reference = Timestamp::from_second(T).expect("a time");
        let mut parser = LineParser::new(catalog, Providers::embedded(), TimeZone::UTC, reference);
        let known = (0..64).map(|number| format!("postfix-{number}"));
        let further = std::iter::repeat_n("postfix-more".to_owned(), times);
        for instance in known.chain(further) {
            let stamp = "2026-11-02T00:00:00Z mail";
            let line = format!("{stamp} {instance}/smtpd[9]: connect from a.example[192.0.2.5]");
            let mut slot = None;
            let parsed = parser.parse(line.as_bytes(), &mut slot);
            self.counters.count(parsed.time, &parsed.line, i64::MAX);
        }
    }
}

/// Figures with a value and a share.
fn figures(value: u64, share: Option<f64>) -> Figures {
    Figures {
        value,
        share,
        ..Figures::default()
    }
}

#[test]
fn each_limit_of_a_source_is_exceeded_by_one_more_and_not_reached_by_the_limit_itself() {
    type Change = fn(&mut SourceStats);
    let cases: [(Change, Option<(&str, Figures)>); 17] = [
        (
            |it| it.up = false,
            Some(("MaillogSourceDown", figures(0, None))),
        ),
        (|it| it.lag_bytes = 16_777_216, None),
        (
            |it| it.lag_bytes = 16_777_217,
            Some(("MaillogSourceLagging", figures(16_777_217, None))),
        ),
        (
            |it| it.catching_up = true,
            Some(("MaillogCatchingUp", figures(1, None))),
        ),
        (|it| it.clock_offset = 60, None),
        (|it| it.clock_offset = -60, None),
        (
            |it| it.clock_offset = 61,
            Some(("MaillogSourceClockOff", figures(61, None))),
        ),
        (
            |it| it.clock_offset = -61,
            Some(("MaillogSourceClockOff", figures(61, None))),
        ),
        (
            |it| it.clock_offset = 75,
            Some(("MaillogSourceClockOff", figures(75, None))),
        ),
        (|it| it.unmatched = 100, None),
        (
            |it| it.unmatched = 101,
            Some(("MaillogUnmatchedLines", figures(101, Some(1.0)))),
        ),
        // Of all lines, 5 % and a little more.
        (
            |it| (it.unmatched, it.events, it.noise) = (200, 1_800, 2_000),
            None,
        ),
        (
            |it| (it.unmatched, it.events, it.noise) = (200, 1_400, 1_600),
            Some(("MaillogUnmatchedLines", figures(200, Some(200.0 / 3_200.0)))),
        ),
        (|it| (it.events, it.noise) = (1_000, 1_000), None),
        (
            |it| it.dropped = 1,
            Some(("MaillogLinesDropped", figures(1, None))),
        ),
        (
            |it| it.dropped = 7,
            Some(("MaillogLinesDropped", figures(7, None))),
        ),
        (
            |it| it.positions_lost = 1,
            Some(("MaillogPositionsLost", figures(1, None))),
        ),
    ];
    for (number, (change, expected)) in cases.into_iter().enumerate() {
        let mut exporter = Exporter::new(&["a", "b", "c"]);
        exporter.examine(0);
        change(&mut exporter.health.sources[1]);
        exporter.examine(MINUTE);
        let expected: Vec<_> = expected
            .iter()
            .map(|(rule, it)| (*rule, Some("b"), it))
            .collect();
        assert_eq!(exporter.alerts(), expected, "case {number}");
    }
}

#[test]
fn failures_of_the_exporter_itself_are_found_with_their_number() {
    let mut exporter = Exporter::new(&["a"]);
    exporter.health.state.errors = 4;
    exporter.fold(3);
    exporter.examine(0);
    exporter.examine(MINUTE);
    assert_eq!(exporter.alerts(), [], "what was before is no growth");
    exporter.health.state.errors = 6;
    exporter.health.reload.successful = false;
    exporter.fold(2);
    exporter.examine(2 * MINUTE);
    let folded = exporter.counters.overflowed();
    let folded = folded.iter().find(|it| it.0 == "maillog_deliveries_total");
    assert_eq!(folded.map(|it| it.1), Some(5));
    let [two, one] = [2, 1].map(|value| figures(value, None));
    let expected = [
        ("MaillogStateNotWritten", None, &two),
        ("MaillogReloadFailed", None, &one),
        (
            "MaillogSeriesFolded",
            Some("maillog_deliveries_total"),
            &two,
        ),
    ];
    assert_eq!(exporter.alerts(), expected);
}

#[test]
fn what_has_happened_counts_until_its_window_is_over() {
    let mut exporter = Exporter::new(&["a"]);
    exporter.examine(0);
    let source = &mut exporter.health.sources[0];
    (source.unmatched, source.dropped, source.positions_lost) = (500, 5, 5);
    exporter.health.state.errors = 5;
    exporter.fold(5);
    for minute in 1..=200 {
        exporter.examine(minute * MINUTE);
    }
    assert_eq!(exporter.alerts(), []);
    let ended = exporter.evaluator.take_ended();
    let found = ended.iter().map(|it| {
        let name = &*exporter.evaluator.rule(&it.active).name;
        (name, (it.active.found - T) / MINUTE)
    });
    let mut found: Vec<_> = found.collect();
    found.sort_unstable();
    let expected = [
        ("MaillogLinesDropped", 15),
        ("MaillogPositionsLost", 60),
        ("MaillogSeriesFolded", 60),
        ("MaillogStateNotWritten", 15),
        ("MaillogUnmatchedLines", 60),
    ];
    assert_eq!(found, expected);
}

#[test]
fn only_some_queues_are_judged_and_only_by_more_than_the_limit() {
    /// The queues that are found after 13 hours with ten messages in each, by their new size or age.
    fn found(messages: u64, age: i64) -> Vec<(String, String, u64, Option<f64>)> {
        let mut exporter = Exporter::new(&[]);
        for minute in 0..=13 * 60 {
            let now = T + minute * MINUTE;
            let mut queues = Queues::default();
            for queue in &mut queues {
                (queue.messages, queue.oldest) = (10, Some(now - 10));
                if minute == 13 * 60 {
                    (queue.messages, queue.oldest) = (messages, Some(now - age));
                }
            }
            exporter.health.queues = Some(queues);
            exporter.examine(minute * MINUTE);
        }
        let usual: Vec<_> = exporter.evaluator.usual_queues().collect();
        assert!(usual.iter().map(|it| it.name).eq(NAMES));
        let usual = usual.iter().map(|it| (it.messages, it.oldest_age));
        let (size, age) = (Some(25.0), Some(25.0));
        let expected = [
            (None, age),
            (size, age),
            (size, None),
            (size, None),
            (None, None),
            (None, None),
        ];
        assert!(usual.eq(expected));
        let alerts = exporter.alerts().into_iter();
        let alerts = alerts.map(|(rule, queue, it)| {
            (
                rule.to_owned(),
                queue.unwrap_or_default().to_owned(),
                it.value,
                it.usual,
            )
        });
        alerts.collect()
    }
    assert_eq!(found(500, 600), []);
    let expected =
        |rule: &str, queue: &str, value| (rule.to_owned(), queue.to_owned(), value, Some(25.0));
    assert_eq!(
        found(501, 601),
        [
            expected("MaillogQueueStuck", "maildrop", 601),
            expected("MaillogQueueStuck", "incoming", 601),
            expected("MaillogQueueGrown", "incoming", 501),
            expected("MaillogQueueGrown", "active", 501),
            expected("MaillogQueueGrown", "deferred", 501),
        ]
    );
}

#[test]
fn alerts_keep_their_labels_and_their_time_over_a_restart() {
    let mut exporter = Exporter::new(&["a", "b"]);
    exporter.examine(0);
    exporter.health.sources[0].up = false;
    let source = &mut exporter.health.sources[1];
    (source.up, source.lag_bytes, source.clock_offset) = (false, 1 << 30, -3_600);
    (source.unmatched, source.dropped, source.positions_lost) = (500, 5, 5);
    source.catching_up = true;
    exporter.fold(5);
    let mut queues = Queues::default();
    queues[1].oldest = Some(T - HOUR);
    exporter.health.queues = Some(queues);
    exporter.examine(MINUTE);
    // The time of the lines is part of the state.
    exporter
        .evaluator
        .advance(T + MINUTE, &exporter.counters, false);
    let before = exporter.evaluator.active().to_vec();
    assert_eq!(before.len(), 10);
    assert!(before.iter().all(|it| it.label.is_some()));
    let snapshot = exporter.evaluator.snapshot();
    exporter.evaluator = evaluator();
    exporter.evaluator.restore(snapshot, &exporter.counters);
    assert_eq!(exporter.evaluator.active(), before);
}

/// Examines a source with these lines in each quarter of an hour of two days and then with none, by the sources alone or
/// with all else, and returns the lines that are missing after each further quarter.
fn silence(
    lines: impl Fn(i64) -> u64,
    count: impl Fn(&mut SourceStats) -> &mut u64,
    alone: bool,
) -> (Exporter, Vec<u64>) {
    const STOP: i64 = 2 * 96;
    let mut exporter = Exporter::new(&["a"]);
    let mut missing = Vec::new();
    for quarter in 0..=STOP + 5 {
        if quarter < STOP {
            *count(&mut exporter.health.sources[0]) += lines(quarter);
        }
        let after = quarter * 15 * MINUTE;
        let changes = exporter.evaluator.changes();
        match alone {
            true => {
                let sources = &exporter.health.sources;
                exporter.evaluator.examine_sources(T + after, sources);
            }
            false => exporter.examine(after),
        }
        assert!(exporter.evaluator.changes() > changes);
        if quarter >= STOP {
            missing.extend(exporter.evaluator.missing_lines().map(|it| it.1));
        }
    }
    (exporter, missing)
}

#[test]
fn a_source_is_silent_if_more_lines_than_the_limit_are_missing_whatever_they_were() {
    let counts: [fn(&mut SourceStats) -> &mut u64; 3] = [
        |it| &mut it.events,
        |it| &mut it.noise,
        |it| &mut it.unmatched,
    ];
    // Neither the kind of the lines nor that of the examination matters.
    for (count, alone) in counts.into_iter().flat_map(|it| [(it, true), (it, false)]) {
        let (exporter, missing) = silence(|quarter| 5 + u64::from(quarter % 4 == 0), count, alone);
        assert_eq!(missing, [0, 0, 0, 21, 21, 21]);
        let silent = figures(21, None);
        let mut alerts = exporter.alerts();
        alerts.retain(|it| it.0 != "MaillogUnmatchedLines");
        assert_eq!(alerts, [("MaillogSourceSilent", Some("a"), &silent)]);
        let (exporter, missing) = silence(|_| 5, count, alone);
        assert_eq!(missing, [0, 0, 0, 20, 20, 20]);
        let mut alerts = exporter.alerts();
        alerts.retain(|it| it.0 != "MaillogUnmatchedLines");
        assert_eq!(alerts, []);
    }
}

#[test]
fn habits_are_known_after_a_restart() {
    let (exporter, _) = silence(|_| 100, |it| &mut it.events, true);
    let kept = serde_json::to_string(&exporter.evaluator.habits_snapshot()).expect("JSON");
    let mut restarted = evaluator();
    restarted.restore_habits(serde_json::from_str(&kept).expect("a snapshot"));
    let missing: Vec<_> = restarted.missing_lines().collect();
    assert_eq!(missing, [("a", 400)]);
}

#[test]
fn resolved_alerts_are_remembered_for_a_week() {
    const WEEK: i64 = 7 * 24 * HOUR;
    let mut exporter = Exporter::new(&["a"]);
    exporter.examine(0);
    exporter.health.sources[0].dropped = 1;
    exporter.examine(MINUTE);
    exporter.examine(HOUR);
    for (after, remembered) in [(0, 1), (WEEK - 1, 1), (WEEK, 1), (WEEK + 1, 0)] {
        exporter.examine(HOUR + after);
        let resolved = exporter.evaluator.resolved().count();
        assert_eq!(resolved, remembered, "{after} seconds");
    }
}

#[test]
fn of_many_resolved_alerts_the_last_200_are_remembered() {
    let names: Vec<String> = (0..150).map(|number| format!("s{number}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut exporter = Exporter::new(&names);
    for round in 0..2 {
        for minute in 0..20 {
            for source in &mut exporter.health.sources {
                source.up = minute > 6;
            }
            exporter.examine((round * 30 + minute) * MINUTE);
        }
    }
    let ended: Vec<_> = exporter
        .evaluator
        .resolved()
        .map(|it| it.resolved)
        .collect();
    assert_eq!(ended.len(), 200);
    let of_second = ended.iter().filter(|it| **it > T + 30 * MINUTE).count();
    assert_eq!(of_second, 150);
}
