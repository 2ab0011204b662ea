//! Restarts, wrong time stamps and clocks that are set back.

use super::exporter::Exporter;
use super::*;
use crate::metrics::{ReloadStats, StateStats};

/// An alert: rule, label, since, fired, last matched, resolved.
type History = (usize, Option<String>, i64, Option<i64>, i64, Option<i64>);

fn history(active: &Active, end: Option<i64>) -> History {
    let label = active.label.as_ref().map(|(_, value)| value.clone());
    (
        active.rule,
        label,
        active.since,
        active.fired,
        active.found,
        end,
    )
}

#[test]
fn restarts_do_not_change_alerts() {
    let alerts_of = |restart: bool| {
        let mut scenario = Scenario::new();
        let mut alerts: Vec<History> = Vec::new();
        let google = "gmail-smtp-in.l.google.com";
        let limited = "421 4.7.28 unusual rate of mail";
        let phases: [(i64, Replies<'_>); 4] = [
            (40, &[(google, OK, 6)]),
            (20, &[(google, OK, 6), (google, limited, 2)]),
            (30, &[(google, OK, 6)]),
            (20, &[(google, OK, 6), (google, limited, 3)]),
        ];
        for (minutes, answers) in phases {
            for _ in 0..minutes {
                // Not at an evaluation step.
                scenario.run(MINUTE - 7, answers);
                if restart {
                    scenario.restart();
                }
                scenario.run(7, answers);
                for ended in scenario.evaluator.take_ended() {
                    alerts.push(history(&ended.active, Some(ended.resolved)));
                }
            }
        }
        alerts.extend(
            scenario
                .evaluator
                .active()
                .iter()
                .map(|it| history(it, None)),
        );
        alerts
    };
    let straight = alerts_of(false);
    assert!(
        straight.iter().any(|it| it.5.is_some()),
        "an alert resolved"
    );
    assert!(straight.iter().any(|it| it.1.is_some()), "a provider alert");
    assert_eq!(alerts_of(true), straight);
}

#[test]
fn a_single_time_stamp_from_the_future_is_ignored() {
    let mut scenario = Scenario::new();
    scenario.normal_hour();
    scenario.reply(T + 90 * 24 * HOUR, "mx.example.org", OK);
    let burst = [("mx.example.org", OK, 6), ("mx.example.org", BUSY, 1)];
    scenario.run(4 * MINUTE, &burst);
    assert!(scenario.fires("MaillogSmtp421Spike"));
    // Two agreeing time stamps do advance it: the log was silent until then.
    let later = T + 3 * 24 * HOUR;
    scenario.reply(later, "mx.example.org", OK);
    scenario.reply(later + 1, "mx.example.org", OK);
    assert_eq!(scenario.evaluator.due(), later + 30);
    assert!(!scenario.fires("MaillogSmtp421Spike"));
}

/// The wall clock is set back to this offset from the start of the scenario.
fn set_clock(scenario: &mut Scenario, now: i64) {
    scenario.now = now;
    let health = Health {
        sources: Vec::new(),
        state: StateStats::default(),
        reload: ReloadStats::default(),
        queues: None,
        now,
    };
    let evaluator = &mut scenario.evaluator;
    evaluator.examine(&health, &scenario.counters, now);
}

const BURST: Replies<'_> = &[("mx.example.org", OK, 6), ("mx.example.org", BUSY, 1)];

#[test]
fn alerts_fire_after_a_clock_that_was_ahead_is_corrected() {
    for restart in [false, true] {
        let mut scenario = Scenario::new();
        // The clock is eight hours ahead, as when the hardware clock runs on local time.
        scenario.now = T + 8 * HOUR;
        scenario.normal_hour();
        if restart {
            scenario.restart();
        }
        set_clock(&mut scenario, T + HOUR);
        assert_eq!(scenario.evaluator.due(), T + HOUR + 30);
        scenario.run(3 * MINUTE, BURST);
        let active = scenario
            .active("MaillogSmtp421Spike")
            .expect("it is pending");
        assert!((T + HOUR..=T + HOUR + 3 * MINUTE).contains(&active.since));
        // The minutes before the burst are still known.
        assert_eq!(active.figures.share, Some(180.0 / 230.0));
        scenario.run(2 * MINUTE, BURST);
        assert!(scenario.fires("MaillogSmtp421Spike"), "restart: {restart}");
    }
}

#[test]
fn firing_alerts_survive_a_clock_correction_and_resolve_in_time() {
    let mut scenario = Scenario::new();
    scenario.now = T + 8 * HOUR;
    scenario.normal_hour();
    scenario.run(5 * MINUTE, BURST);
    assert!(scenario.fires("MaillogSmtp421Spike"));
    set_clock(&mut scenario, T);
    let fired = scenario
        .active("MaillogSmtp421Spike")
        .and_then(|it| it.fired);
    assert!(fired.is_some_and(|fired| fired < T), "{fired:?}");
    assert!(scenario.evaluator.take_ended().is_empty());
    // Until the share of the last minutes has fallen, and `keep_firing_for` of 15 minutes.
    scenario.run(25 * MINUTE, &[("mx.example.org", OK, 6)]);
    assert!(!scenario.fires("MaillogSmtp421Spike"));
}

#[test]
fn a_small_clock_correction_is_waited_for() {
    let mut scenario = Scenario::new();
    scenario.normal_hour();
    let due = scenario.evaluator.due();
    set_clock(&mut scenario, T + HOUR - 30);
    assert_eq!(scenario.evaluator.due(), due);
}

#[test]
fn failures_before_a_clock_correction_are_still_counted() {
    let mut scenario = Scenario::new();
    scenario.now = T + 8 * HOUR;
    scenario.normal_hour();
    scenario.run(5 * MINUTE, BURST);
    set_clock(&mut scenario, T + HOUR);
    scenario.run(MINUTE, BURST);
    let active = scenario.active("MaillogSmtp421Spike").expect("it fires");
    assert_eq!(active.figures.value, 300 + 60);
}

#[test]
fn alerts_move_with_a_clock_that_is_set_back() {
    for (back, moved) in [(8 * HOUR, true), (MINUTE, false)] {
        let mut exporter = Exporter::new(&["a"]);
        exporter.examine(9 * HOUR);
        exporter.health.sources[0].up = false;
        for minute in 1..=3 {
            exporter.examine(9 * HOUR + minute * MINUTE);
        }
        exporter.examine(9 * HOUR + 3 * MINUTE - back);
        let [alert] = exporter.evaluator.active() else {
            panic!("one alert")
        };
        let since = 9 * HOUR + MINUTE - if moved { back } else { 0 };
        assert_eq!(alert.since, T + since, "{back}");
    }
}

#[test]
fn habits_of_sources_move_with_a_clock_that_is_set_back() {
    let mut exporter = Exporter::new(&["a"]);
    for quarter in 0..200 {
        exporter.health.sources[0].events += 10;
        exporter.examine(quarter * 15 * MINUTE);
    }
    // The clock is ten hours behind that of the last examination, and no more lines come.
    let stopped = 199 * 15 * MINUTE - 10 * HOUR;
    for quarter in 0..=4 {
        exporter.examine(stopped + quarter * 15 * MINUTE);
        let missing: Vec<_> = exporter.evaluator.missing_lines().collect();
        let expected = if quarter < 4 { 0 } else { 40 };
        assert_eq!(missing, [("a", expected)], "{quarter}");
    }
}
