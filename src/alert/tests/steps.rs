//! How evaluation advances through time, and what is decided at each step.

use super::*;
use crate::insight::SenderVolumes;

const DAY: i64 = 24 * HOUR;

/// The times that are evaluated up to after lines with these times, in seconds after the first one.
fn advance(lines: &[i64]) -> Vec<i64> {
    let mut evaluator = evaluator();
    let counters = Counters::new(Catalog::embedded());
    evaluator.advance(T, &counters, false);
    let times = lines.iter().map(|line| {
        evaluator.advance(T + line, &counters, false);
        evaluator.time().expect("a time") - T
    });
    times.collect()
}

#[test]
fn a_line_far_ahead_is_confirmed_by_one_within_six_hours_of_it() {
    const SIX: i64 = 6 * HOUR;
    const FAR: i64 = 13 * HOUR;
    assert_eq!(advance(&[29, 30, 59, 45, 90]), [0, 30, 30, 30, 90]);
    assert_eq!(advance(&[SIX]), [SIX]);
    assert_eq!(advance(&[SIX + 1, SIX + 1]), [0, SIX]);
    for confirmed in [FAR - SIX, FAR, FAR + SIX] {
        assert_eq!(advance(&[FAR, confirmed]), [0, confirmed]);
    }
    for other in [FAR - SIX - 1, FAR + SIX + 1] {
        assert_eq!(advance(&[FAR, other]), [0, 0], "{other}");
        assert_eq!(advance(&[FAR, other, other + 29])[..2], [0, 0]);
        let reached = (other + 29) / 30 * 30;
        assert_eq!(advance(&[FAR, other, other + 29])[2], reached);
    }
    // A line of the right time shows that the other one was wrong.
    assert_eq!(advance(&[FAR, 30, FAR]), [0, 30, 30]);
}

#[test]
fn a_gap_is_evaluated_step_by_step_for_a_day_and_jumped_over_after_that() {
    let steps = |gap: i64| {
        let mut evaluator = evaluator();
        let counters = Counters::new(Catalog::embedded());
        evaluator.advance(T, &counters, false);
        let before = evaluator.changes();
        for _ in 0..2 {
            evaluator.advance(T + gap, &counters, false);
        }
        assert_eq!(evaluator.time(), Some(T + gap));
        evaluator.changes() - before
    };
    assert_eq!(steps(HOUR), 120);
    assert_eq!(steps(DAY), 2_880);
    assert_eq!(steps(DAY + 30), 2_881);
    assert_eq!(steps(400 * DAY), 2_881);
}

#[test]
fn an_alert_ends_within_a_gap_and_not_at_its_end() {
    let mut scenario = Scenario::new();
    scenario.normal_hour();
    scenario.run(
        5 * MINUTE,
        &[("mx.example.org", OK, 6), ("mx.example.org", BUSY, 1)],
    );
    assert!(scenario.fires("MaillogSmtp421Spike"));
    let stopped = scenario.now;
    scenario.now += 5 * HOUR;
    scenario.run(MINUTE, &[("mx.example.org", OK, 6)]);
    let ended = scenario.evaluator.take_ended();
    assert!(!ended.is_empty());
    assert!(ended.iter().all(|it| it.resolved < stopped + 2 * HOUR));
}

/// A share of replies, one `every` seconds.
fn failing(reply: &'static str, every: i64) -> [(&'static str, &'static str, i64); 2] {
    [("mx.example.org", OK, 6), ("mx.example.org", reply, every)]
}

#[test]
fn it_is_decided_once_half_a_minute_after_an_alert_fired_whether_it_was_silenced() {
    const SPIKE: &str = "MaillogSmtp421Spike";
    const ELEVATED: &str = "MaillogSmtp421Elevated";
    let mut scenario = Scenario::new();
    scenario.normal_hour();
    let mut seen = Vec::new();
    for minute in 0..70 {
        let answers = failing(BUSY, if minute < 25 { 5 } else { 300 });
        for _ in 0..2 {
            scenario.run(30, &answers[..]);
            for name in [SPIKE, ELEVATED] {
                let Some(active) = scenario.active(name) else {
                    continue;
                };
                let age = active.fired.map(|fired| scenario.now - fired);
                let spike_fires = scenario.fires(SPIKE);
                let silencer = (name == ELEVATED && spike_fires).then(|| SPIKE.to_owned());
                assert_eq!(active.silenced_by, silencer, "{name} at {minute}");
                match (age, name) {
                    (None | Some(..GROUP_WAIT), _) => assert_eq!(active.inhibited, None),
                    (_, SPIKE) => assert_eq!(active.inhibited, Some(None)),
                    _ => assert_eq!(active.inhibited, Some(Some(SPIKE.to_owned()))),
                }
                seen.push((name, age.is_some(), spike_fires));
            }
        }
    }
    for moment in [
        (SPIKE, false, false),
        (SPIKE, true, true),
        (ELEVATED, false, true),
        (ELEVATED, true, true),
        (ELEVATED, true, false),
    ] {
        assert!(seen.contains(&moment), "{moment:?}");
    }
    let silenced = |name| {
        scenario
            .active(name)
            .is_some_and(|it| scenario.evaluator.may_be_silenced(it))
    };
    assert!(!silenced(SPIKE));
}

#[test]
fn only_providers_with_failures_within_an_hour_are_near_to_a_limit() {
    let mut scenario = Scenario::new();
    let (google, yahoo) = ("gmail-smtp-in.l.google.com", "mta5.am0.yahoodns.net");
    let limited = "421 4.7.28 unusual rate of mail";
    scenario.run(
        30 * MINUTE,
        &[(google, limited, 20), (google, OK, 2), (yahoo, OK, 5)],
    );
    let near = |scenario: &Scenario, name: &str| -> Vec<_> {
        let policy = Policy::embedded();
        let near = scenario.evaluator.nearness().into_iter();
        let near = near.filter(|it| policy.alerts[it.rule].name == name);
        near.map(|it| (it.provider, it.value, it.threshold, it.usual, it.is_share))
            .collect()
    };
    let share = 15.0 / 165.0;
    let google = (Some("google".to_owned()), share, 0.1, Some(0.0), true);
    assert_eq!(near(&scenario, "MaillogProviderRateLimited"), [google]);
    let (of_google, all) = (90.0, 90.0 + 900.0 + 360.0);
    let all = (None, of_google / all, 0.05, Some(0.0), true);
    let found = near(&scenario, "MaillogSmtp421Spike");
    assert_eq!(found.len(), 1);
    assert!((found[0].1 - all.1).abs() < 0.002, "{found:?}");
    assert_eq!(
        (&found[0].0, found[0].2, found[0].4),
        (&all.0, all.2, all.4)
    );
    assert_eq!(
        near(&scenario, "MaillogFatalMessages"),
        [(None, 0.0, 4.0, Some(0.0), false)]
    );
    scenario.run(HOUR, &[(yahoo, OK, 5)]);
    assert_eq!(near(&scenario, "MaillogProviderRateLimited"), []);
}

#[test]
fn what_a_warning_is_about_becomes_usual_after_three_days_and_what_a_critical_alert_is_about_does_not()
 {
    const TLS: &str = "MaillogTlsFailing";
    const FULL: &str = "MaillogSmtp422Spike";
    let mut scenario = Scenario::new();
    scenario.run(12 * HOUR, &[("mx.example.org", OK, 30)]);
    let failing = [
        ("mx.example.org", OK, 30),
        ("mx.example.org", "454 4.7.0 TLS not available", 300),
        ("mx.example.org", "452 4.2.2 over quota", 120),
    ];
    let fires = |scenario: &Scenario| [TLS, FULL].map(|name| scenario.fires(name));
    scenario.run(2 * HOUR, &failing);
    assert_eq!(fires(&scenario), [true, true]);
    scenario.run(70 * HOUR, &failing);
    assert_eq!(fires(&scenario), [true, true]);
    let ended = scenario.evaluator.take_ended();
    let ended = ended
        .iter()
        .map(|it| &*scenario.evaluator.rule(&it.active).name);
    assert!(!ended.into_iter().any(|name| [TLS, FULL].contains(&name)));
    scenario.run(15 * HOUR, &failing);
    assert_eq!(fires(&scenario), [false, true]);
}

/// Mail of sender domains, given as messages in each step.
struct Senders {
    evaluator: Evaluator,
    volumes: SenderVolumes,
    counters: Counters,
    now: i64,
}

impl Senders {
    fn new() -> Self {
        let mut evaluator = evaluator();
        let counters = Counters::new(Catalog::embedded());
        evaluator.advance(T, &counters, false);
        Senders {
            evaluator,
            volumes: SenderVolumes::default(),
            counters,
            now: T,
        }
    }

    fn run(&mut self, seconds: i64, mail: &[(&str, u64)]) {
        for _ in 0..seconds / 30 {
            for (domain, times) in mail {
                self.volumes.count(domain.as_bytes(), *times);
            }
            self.now += 30;
            self.evaluator.take_senders(&mut self.volumes);
            self.evaluator.advance(self.now, &self.counters, false);
        }
    }

    /// The alert about a sender domain.
    fn alert(&self) -> Option<&Active> {
        let mut list = self.evaluator.active().iter();
        list.find(|it| self.evaluator.rule(it).name == "MaillogSenderSurge")
    }
}

#[test]
fn a_domain_that_sends_far_more_than_usual_alerts_and_is_named_where_that_is_allowed() {
    let mut senders = Senders::new();
    senders.run(13 * HOUR, &[("news.example", 2), ("shop.example", 1)]);
    assert_eq!(senders.alert(), None);
    // Usually at most 50 until a week is known, so more than 4 · 50 + 3 · √200 = 242 are needed.
    let surge = [("news.example", 2), ("shop.example", 30)];
    senders.run(3 * MINUTE + 30, &surge);
    assert_eq!(senders.alert(), None);
    senders.run(30, &surge);
    let alert = senders.alert().expect("it is pending").clone();
    let figures = &alert.figures;
    let found = (figures.value, figures.usual, figures.leader.as_deref());
    assert_eq!(found, (252, Some(50.0), Some("shop.example")));
    let names = |evaluator: &Evaluator| {
        let words = evaluator.words(&alert, "mx1:9925", &web()).expect("words");
        let named = words.annotations.values();
        named.filter(|it| it.contains("shop.example")).count()
    };
    assert_eq!(names(&senders.evaluator), 2);
    let silent = Policy {
        names_senders: false,
        ..Policy::embedded()
    };
    let silent = Evaluator::new(silent, Catalog::embedded(), super::names());
    assert_eq!(names(&silent), 0);
}

#[test]
fn what_is_known_of_senders_survives_a_restart() {
    let mut senders = Senders::new();
    senders.run(13 * HOUR, &[("news.example", 2)]);
    let alerts = serde_json::to_string(&senders.evaluator.snapshot()).expect("JSON");
    let known = serde_json::to_string(&senders.evaluator.sender_snapshot()).expect("JSON");
    senders.evaluator = evaluator();
    let alerts = serde_json::from_str(&alerts).expect("a snapshot");
    senders.evaluator.restore(alerts, &senders.counters);
    let known = serde_json::from_str(&known).expect("a snapshot");
    senders.evaluator.restore_senders(known);
    senders.run(10 * MINUTE, &[("news.example", 2), ("shop.example", 30)]);
    let alert = senders.alert().expect("a domain alerts");
    assert_eq!(alert.figures.leader.as_deref(), Some("shop.example"));
    assert!(alert.fired.is_some());
}
