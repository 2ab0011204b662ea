//! Mail of a few sender domains, given by steps.

use super::*;
use crate::catalog::Policy;

/// The start: in the middle of a slot, long after 1970.
const T: i64 = 1_793_577_600 + 300;

const HOUR: i64 = 3_600;

/// Sender domains whose mail is counted and judged.
struct Senders {
    surges: SenderSurges,
    volumes: SenderVolumes,
    now: i64,
}

/// The rule: four times as many as usual, and a hundred.
fn rule() -> Option<Alert> {
    let alerts = Policy::embedded().alerts.into_iter();
    alerts.rev().find(|it| it.name == "MaillogSenderSurge")
}

impl Senders {
    fn new() -> Self {
        Senders {
            surges: SenderSurges::new(rule(), T),
            volumes: SenderVolumes::default(),
            now: T,
        }
    }

    /// A step with these messages, and what is judged then.
    fn step(&mut self, mail: &[(&str, u64)], all: Option<&Judgement>) -> Judgement {
        for (domain, times) in mail {
            self.volumes.count(domain.as_bytes(), *times);
        }
        self.now += STEP;
        self.surges.take(&mut self.volumes);
        self.surges.step(self.now, false, all)
    }

    /// Steps with the same messages in each, and what is judged at the end.
    fn run(&mut self, seconds: i64, mail: &[(&str, u64)]) -> Judgement {
        let steps = 0..seconds / STEP;
        let judged = steps.map(|_| self.step(mail, None));
        judged.last().expect("a step")
    }

    /// Thirteen hours in which these messages are usual in each step.
    fn usual(mail: &[(&str, u64)]) -> Self {
        let mut senders = Senders::new();
        senders.run(13 * HOUR, mail);
        senders
    }
}

/// What is judged if no domain is above its usual number.
fn nothing() -> Judgement {
    Judgement {
        usual: Some(0.0),
        ..Judgement::default()
    }
}

#[test]
fn nothing_is_judged_before_half_a_day_is_known() {
    let mut senders = Senders::new();
    let judged = senders.run(11 * HOUR, &[("a.example", 900)]);
    assert_eq!(judged, Judgement::default());
    assert_eq!(senders.run(2 * HOUR, &[("a.example", 900)]), nothing());
    // Until a week is known, 2.5 times as many as 18,000 are usual.
    let judged = senders.step(&[("a.example", 40_000)], None);
    assert_eq!((judged.usual, judged.events[0]), (Some(45_000.0), 48_100));
}

#[test]
fn the_domain_farthest_above_its_usual_number_is_judged_and_named() {
    let mut senders = Senders::usual(&[("a.example", 2)]);
    assert_eq!(senders.step(&[("a.example", 61)], None), nothing());
    let judged = senders.step(&[("a.example", 3)], None);
    assert_eq!(judged.usual, Some(100.0));
    assert_eq!(judged.events, [80, 100, 120, 300]);
    assert_eq!(senders.surges.domain(), Some("a.example"));
    // Less than twenty messages are not looked at. More of an unknown domain are a larger part of what it needs.
    let mail = [("a.example", 2), ("B.example", 11)];
    assert_eq!(senders.step(&mail, None).usual, Some(100.0));
    let judged = senders.step(&mail, None);
    assert_eq!((judged.usual, judged.events), (Some(0.0), [22; 4]));
    assert_eq!(senders.surges.domain(), Some("b.example"));
    let judged = senders.run(25 * 60, &[("a.example", 2), ("b.example", 20)]);
    assert_eq!(judged.events, [200, 400, 600, 1_022]);
    let judged = senders.run(25 * 60, &[("b.example", 1)]);
    assert_eq!(
        (judged.usual, judged.events),
        (Some(0.0), [10, 20, 30, 1_072])
    );
    assert_eq!(senders.surges.domain(), Some("b.example"));
    assert_eq!(senders.run(HOUR, &[("a.example", 1)]), nothing());
    assert_eq!(senders.surges.domain(), None);
}

#[test]
fn a_domain_needs_twenty_messages_and_a_twentieth_of_all_mail() {
    let judged = |of_all: u64, of_one: u64| {
        let mut senders = Senders::usual(&[("a.example", 50)]);
        senders.run(600, &[("c.example", 0)]);
        let mail = [("a.example", of_all), ("b.example", of_one)];
        senders.step(&mail, None).events[0]
    };
    assert_eq!(judged(0, 19), 0);
    assert_eq!(judged(300, 20), 20);
    assert_eq!(judged(300, 19), 0);
    assert_eq!(judged(950, 50), 50, "a twentieth");
    assert_eq!(judged(970, 50), 0, "less than that");
}

#[test]
fn a_domain_is_the_cause_if_at_least_half_of_all_growth_is_its_own() {
    let judged = |events: u64, usual: Option<f64>| {
        let mut senders = Senders::usual(&[("a.example", 2)]);
        let all = Judgement {
            events: [0, events, 0, 0],
            usual,
            ..Judgement::default()
        };
        senders.step(&[("b.example", 200)], Some(&all)).events[0]
    };
    // Without growth, it is the domain. If there are 400 more than usual, 200 of an unknown domain are half of it.
    assert_eq!(judged(500, Some(500.0)), 200);
    assert_eq!(judged(900, Some(500.0)), 200);
    assert_eq!(judged(901, Some(500.0)), 0);
    assert_eq!(judged(9_999, None), 200, "it is not known");
    // What is usual for the domain is no growth: at most 100 of 300, so 200 are above it.
    let judged = |events: u64| {
        let mut senders = Senders::usual(&[("a.example", 2)]);
        senders.run(600, &[("c.example", 0)]);
        let all = Judgement {
            events: [0, events, 0, 0],
            usual: Some(500.0),
            ..Judgement::default()
        };
        senders.step(&[("a.example", 300)], Some(&all)).events[0]
    };
    assert_eq!([judged(900), judged(901)], [300, 0]);
}

#[test]
fn what_is_read_late_does_not_count() {
    let mut senders = Senders::usual(&[("a.example", 2)]);
    senders.volumes.count(b"b.example", 500);
    senders.now += STEP;
    senders.surges.take(&mut senders.volumes);
    let judged = senders.surges.step(senders.now, true, None);
    assert_eq!(judged, nothing());
    assert_eq!(senders.step(&[("b.example", 30)], None).events, [30; 4]);
}

#[test]
fn without_a_rule_no_number_is_a_surge() {
    let mut senders = Senders::new();
    senders.surges = SenderSurges::new(None, T);
    senders.run(13 * HOUR, &[("a.example", 1)]);
    senders.run(2 * HOUR, &[("a.example", 90)]);
    senders.run(HOUR, &[("a.example", 1)]);
    let judged = senders.step(&[("a.example", 9_000)], None);
    assert_eq!(judged.usual, Some(4_500.0), "that of the two hours");
}

#[test]
fn of_each_step_the_domains_with_most_messages_are_kept() {
    let mut senders = Senders::new();
    let names: Vec<String> = (1..=300)
        .map(|number| format!("d{number}.example"))
        .collect();
    let mail: Vec<_> = names.iter().map(String::as_str).zip(1..).collect();
    senders.step(&mail[..DOMAINS], None);
    senders.step(&mail, None);
    let kept = senders.surges.snapshot().steps;
    for (step, (_, counts)) in kept.iter().enumerate() {
        assert_eq!(counts.len(), DOMAINS, "{step}");
    }
    let fewest = kept[1].1.iter().map(|it| it.1).min();
    assert_eq!(fewest, Some(45), "of those with 1 to 300");
}

#[test]
fn only_an_hour_of_steps_and_the_names_of_ten_minutes_are_kept() {
    let mut senders = Senders::usual(&[("a.example", 2)]);
    assert_eq!(senders.surges.snapshot().steps.len() as i64, STEPS);
    senders.run(600, &[("b.example", 10)]);
    // Five messages in ten minutes are far too few.
    for _ in 0..5 {
        senders.step(&[("b.example", 10), ("c.example", 1)], None);
    }
    let names: Vec<_> = senders.surges.names.values().map(|it| &**it).collect();
    assert_eq!(names, ["b.example"]);
    senders.run(2 * HOUR, &[("a.example", 0)]);
    assert_eq!(senders.surges.snapshot().steps.len(), 0);
}

/// The messages of a step: a surge of one domain, while another one has mail of its own.
fn mail(step: i64) -> [(&'static str, u64); 2] {
    let surges = (1_600..1_900).contains(&step);
    [
        ("a.example", if surges { 60 } else { 1 }),
        ("b.example", (step % 7) as u64),
    ]
}

#[test]
fn a_restart_changes_nothing_whenever_it_is() {
    // At the end of a slot, after it, in the middle of one and in that of the surge.
    for at in [1_570, 1_571, 1_577, 1_613, 1_790] {
        let mut both = [Senders::new(), Senders::new()];
        for step in 0..2_200 {
            if step == at {
                let [_, it] = &mut both;
                let kept = serde_json::to_string(&it.surges.snapshot()).expect("JSON");
                it.surges = SenderSurges::new(rule(), it.now);
                let kept = serde_json::from_str(&kept).expect("a snapshot");
                it.surges.restore(kept, it.now);
            }
            let [straight, restarted] = &mut both;
            let judged = restarted.step(&mail(step), None);
            assert_eq!(judged, straight.step(&mail(step), None), "{at}: {step}");
            let snapshots = [straight, restarted].map(|it| it.surges.snapshot().history);
            assert_eq!(snapshots[0], snapshots[1], "{at}: {step}");
        }
    }
}

#[test]
fn a_clock_that_is_set_back_changes_nothing() {
    for at in [20, 1_577, 1_613, 1_790] {
        let mut both = [Senders::new(), Senders::new()];
        for step in 0..2_200 {
            let [straight, shifted] = &mut both;
            if step == at {
                shifted.surges.shift_back(5 * HOUR);
                shifted.now -= 5 * HOUR;
            }
            let judged = shifted.step(&mail(step), None);
            assert_eq!(judged, straight.step(&mail(step), None), "{at}: {step}");
        }
    }
}
