//! Rules about the exporter itself.

use super::*;
use crate::metrics::{ReloadStats, SourceStats, StateStats};
use crate::queue::{Queue, Queues};

fn source(name: &str, up: bool, dropped: u64) -> SourceStats {
    SourceStats {
        name: name.into(),
        up,
        dropped,
        ..SourceStats::default()
    }
}

/// Examines the exporter once a minute and returns the firing alerts with their source.
fn health(minutes: i64, at: impl Fn(i64) -> Vec<SourceStats>) -> Vec<(String, String)> {
    health_by(|minute| T + minute * MINUTE, minutes, at)
}

/// The same with a wall clock of its own.
fn health_by(
    clock: impl Fn(i64) -> i64,
    minutes: i64,
    at: impl Fn(i64) -> Vec<SourceStats>,
) -> Vec<(String, String)> {
    let mut evaluator = evaluator();
    let counters = Counters::new(Catalog::embedded());
    for minute in 0..=minutes {
        let health = Health {
            sources: at(minute),
            state: StateStats::default(),
            reload: ReloadStats::default(),
            queues: None,
            now: clock(minute),
        };
        evaluator.examine(&health, &counters, clock(minute));
    }
    let firing = evaluator.active().iter().filter(|it| it.fired.is_some());
    let firing = firing.map(|active| {
        let words = evaluator.words(active, "mx1:9925", &web()).expect("words");
        let label = |name: &str| words.labels.get(name).cloned().unwrap_or_default();
        (label("alertname"), label("source"))
    });
    firing.collect()
}

#[test]
fn unreadable_source_fires_after_five_minutes() {
    let at = |_| vec![source("a", true, 0), source("b", false, 0)];
    assert!(health(4, at).is_empty());
    let expected = [("MaillogSourceDown".to_owned(), "b".to_owned())];
    assert_eq!(health(5, at), expected);
}

#[test]
fn dropped_lines_are_attributed_to_their_source_as_sources_change() {
    let at = |minute| match minute {
        0..3 => vec![source("a", true, 0), source("gone", true, 9)],
        // A new source is listed first; its earlier total is no growth.
        3..5 => vec![source("new", true, 500), source("a", true, 0)],
        _ => vec![source("new", true, 500), source("a", true, 2)],
    };
    assert!(health(4, at).is_empty());
    let expected = [("MaillogLinesDropped".to_owned(), "a".to_owned())];
    assert_eq!(health(6, at), expected);
}

#[test]
fn positions_lost_at_the_start_fire_and_those_of_earlier_processes_do_not() {
    let source = |name: &str, before: u64, total: u64| SourceStats {
        name: name.into(),
        up: true,
        positions_lost: total,
        positions_lost_before: before,
        ..SourceStats::default()
    };
    let at = |_| vec![source("a", 3, 3), source("b", 3, 4)];
    let expected = [("MaillogPositionsLost".to_owned(), "b".to_owned())];
    assert_eq!(health(2, at), expected);
}

#[test]
fn failed_reload_fires_after_five_minutes_until_one_succeeds() {
    let mut evaluator = evaluator();
    let counters = Counters::new(Catalog::embedded());
    let mut fired = Vec::new();
    for minute in 0..12 {
        let now = T + minute * MINUTE;
        let health = Health {
            sources: Vec::new(),
            state: StateStats::default(),
            reload: ReloadStats {
                successful: !(1..9).contains(&minute),
                last_success: T,
            },
            queues: None,
            now,
        };
        evaluator.examine(&health, &counters, now);
        if evaluator.active().iter().any(|it| it.fired.is_some()) {
            fired.push(minute);
        }
    }
    assert_eq!(fired, [6, 7, 8]);
}

#[test]
fn health_rules_continue_after_the_clock_is_set_back() {
    // Eight hours back in the third minute.
    let clock = |minute: i64| match minute {
        0..3 => T + 8 * HOUR + minute * MINUTE,
        _ => T + minute * MINUTE,
    };
    let down = |_| vec![source("a", false, 0)];
    let expected = [("MaillogSourceDown".to_owned(), "a".to_owned())];
    assert_eq!(health_by(clock, 7, down), expected);
    let dropped = |minute| match minute {
        0..4 => vec![source("a", true, 0)],
        _ => vec![source("a", true, 2)],
    };
    let expected = [("MaillogLinesDropped".to_owned(), "a".to_owned())];
    assert_eq!(health_by(clock, 6, dropped), expected);
}

/// The names of the alerts about queues that fire after `minutes`, of which each has these messages and this age of the
/// oldest message in the queue incoming.
fn queue_alerts(minutes: i64, at: impl Fn(i64) -> (u64, i64)) -> Vec<String> {
    let mut evaluator = evaluator();
    let counters = Counters::new(Catalog::embedded());
    for minute in 0..=minutes {
        let now = T + minute * MINUTE;
        let (messages, age) = at(minute);
        let mut queues = Queues::default();
        queues[1] = Queue {
            messages,
            oldest: Some(now - age),
            ..Queue::default()
        };
        let health = Health {
            sources: Vec::new(),
            state: StateStats::default(),
            reload: ReloadStats::default(),
            queues: Some(queues),
            now,
        };
        evaluator.examine(&health, &counters, now);
    }
    let firing = evaluator.active().iter().filter(|it| it.fired.is_some());
    firing.map(|it| evaluator.rule(it).name.clone()).collect()
}

#[test]
fn queue_that_is_always_deep_is_quiet_and_one_that_grows_alerts() {
    const DAY: i64 = 24 * 60;
    assert!(queue_alerts(2 * DAY, |_| (3_000, 30)).is_empty());
    let grows = |minute: i64| (if minute < DAY { 300 } else { 4_000 }, 30);
    assert!(queue_alerts(DAY + 9, grows).is_empty());
    assert_eq!(queue_alerts(DAY + 10, grows), ["MaillogQueueGrown"]);
    assert_eq!(queue_alerts(2 * DAY, grows), ["MaillogQueueGrown"]);
}

#[test]
fn old_messages_in_a_queue_alert_unless_they_are_usual() {
    const DAY: i64 = 24 * 60;
    assert_eq!(queue_alerts(6, |_| (1, 700)), ["MaillogQueueStuck"]);
    let usual = |minute: i64| (1, if minute < DAY { 550 } else { 1_000 });
    assert!(queue_alerts(DAY + 30, usual).is_empty());
}
