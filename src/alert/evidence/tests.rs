//! Tests of what is judged from counts of the last hours.

use super::*;
use crate::alert::series::{has_stopped, short};
use crate::catalog::Providers;

const NOW: i64 = 100 * 86_400;

/// What happened at these ages, in seconds before [`NOW`].
fn recent(counts: &[(i64, u64)]) -> Recent {
    let newest = NOW / STEP;
    let mut recent = Recent::new(newest - 1_000);
    let mut counts = counts.to_vec();
    counts.sort_by_key(|it| -it.0);
    for (age, count) in &counts {
        recent.push(newest - age / STEP, *count);
    }
    if counts.last().is_none_or(|it| it.0 > 0) {
        recent.push(newest, 0);
    }
    recent
}

fn series(counts: &[(i64, u64)]) -> Series {
    Series {
        totals: [0; 2],
        events: recent(counts),
        usual: Usual::new(0),
        surge: None,
        last_event: NOW,
        now: Judgement::default(),
    }
}

fn signal(fields: &str) -> Signal {
    let rest = r#""name": "it", "text": {"en": "", "zh": ""}"#;
    serde_json::from_str(&format!("{{{fields}, {rest}}}")).expect("a signal")
}

/// This many failures, in different steps of half a minute.
fn spread(failed: u64, moments: i64) -> Vec<(i64, u64)> {
    let rest = failed - (moments as u64 - 1);
    let ages = (0..moments).map(|it| it * STEP);
    ages.map(|age| (age, if age == 0 { rest } else { 1 }))
        .collect()
}

#[test]
fn windows_have_a_short_window_to_be_compatible_with() {
    for (window, expected) in [
        (60, 60),
        (180, 180),
        (181, 120),
        (300, 120),
        (301, 300),
        (900, 300),
        (901, 900),
        (3_600, 900),
        (3_601, 3_600),
        (21_600, 3_600),
    ] {
        assert_eq!(short(window), expected, "{window}");
    }
}

#[test]
fn mail_has_stopped_if_nine_events_are_missing() {
    assert!(has_stopped(&recent(&[(600, 27)]), 900));
    assert!(!has_stopped(&recent(&[(600, 26)]), 900));
    assert!(!has_stopped(&recent(&[(600, 27), (0, 1)]), 900));
    assert!(!has_stopped(&recent(&[]), 900));
}

#[test]
fn failures_are_enough_if_they_are_many_and_not_at_once() {
    let retried = signal(r#""counts": "replies""#);
    let once = signal(r#""counts": "replies", "retried": false"#);
    let is_enough = |signal: &Signal, window, failed, moments| {
        series(&spread(failed, moments)).is_enough(signal, window, failed)
    };
    for (signal, window, failed, moments) in [
        (&retried, 300, 10, 4),
        (&retried, 900, 10, 5),
        (&retried, 3_600, 20, 8),
        (&once, 3_600, 10, 8),
    ] {
        let case = format!("{failed} in {moments} moments of {window} s");
        assert!(is_enough(signal, window, failed, moments), "{case}");
        assert!(!is_enough(signal, window, failed - 1, moments), "{case}");
        assert!(!is_enough(signal, window, failed, moments - 1), "{case}");
    }
}

#[test]
fn failures_are_enough_if_they_are_more_than_usual() {
    let mut usual = Usual::new(0);
    let mut rings = [Recent::new(0), Recent::new(0)];
    for step in 1..600 {
        for ring in &mut rings {
            ring.push(step, 1);
        }
        usual.learn(step * STEP, &rings[0], &rings[1], false);
    }
    // One in each step is usual, so more than 1.5 · 10 + 3 · √10 = 24.5 in five minutes are needed, and more than
    // 1.5 · 4 + 3 · √4 = 12 in two.
    let signal = signal(r#""counts": "replies""#);
    for (window, failed, is_enough) in [
        (300, 24, false),
        (300, 25, true),
        (120, 12, false),
        (120, 13, true),
    ] {
        let series = Series {
            usual: usual.clone(),
            ..series(&spread(failed, 4))
        };
        let found = series.is_enough(&signal, window, failed);
        assert_eq!(found, is_enough, "{failed} in {window} s");
    }
}

#[test]
fn share_now_is_that_of_the_shortest_window_with_enough_events() {
    let replies = signal(r#""counts": "replies""#);
    let share = |failed: &[(i64, u64)], all: &[(i64, u64)]| {
        series(failed).judge(&replies, 0.1, &recent(all), NOW).share
    };
    assert_eq!(share(&[(0, 2)], &[(0, 10)]), 0.2);
    assert_eq!(share(&[(0, 3), (600, 1)], &[(0, 9), (600, 7)]), 0.25);
    assert_eq!(share(&[(0, 1)], &[(0, 4)]), 0.25, "of the last hour");
    assert_eq!(share(&[(7_200, 1)], &[(7_200, 4)]), 0.0, "nothing in it");
    assert_eq!(
        share(&[(240, 9)], &[(240, 30)]),
        0.0,
        "the mail has stopped"
    );
    assert_eq!(share(&[(0, 10)], &[]), 1.0, "failures without a reply");
    let before = [(600, 60), (0, 5)];
    assert_eq!(share(&[(0, 5)], &before), 1.0, "few that prove it");
    assert_eq!(share(&[(0, 3), (600, 10)], &[(0, 9), (600, 56)]), 0.2);
    // The lower the share that alerts, the more events tell it.
    let low = |all: [u64; 2]| {
        let all = recent(&[(0, all[0]), (600, all[1])]);
        let failed = series(&[(0, 1), (600, 9)]);
        failed.judge(&replies, 0.02, &all, NOW).share
    };
    assert_eq!([low([50, 50]), low([49, 51])], [0.02, 0.1]);
}

#[test]
fn nothing_is_proven_by_what_is_over() {
    let replies = signal(r#""counts": "replies""#);
    let lower = |last: i64| {
        let failed: Vec<_> = (0..12).map(|it| (last + it * STEP, 2)).collect();
        let all = [&failed[..], &[(0, 1)]].concat();
        series(&failed)
            .judge(&replies, 0.1, &recent(&all), NOW)
            .share_lower
    };
    assert!(lower(870) > 0.5);
    assert_eq!(lower(900), 0.0, "no failure for a quarter of an hour");
}

#[test]
fn only_shares_that_can_be_compared_are_judged() {
    let failures = series(&spread(10, 4));
    let all = recent(&spread(10, 4));
    let judge = |fields: &str| failures.judge(&signal(fields), 0.1, &all, NOW);
    let judged = judge(r#""counts": "replies""#);
    assert_eq!((judged.share, judged.events), (1.0, [10; 4]));
    assert!((judged.share_lower - lower(10, 10)).abs() < 1e-12);
    assert_eq!(judged.usual, Some(0.0));
    for fields in [
        r#""counts": "auth_failures""#,
        r#""counts": "replies", "needs_weeks": true"#,
    ] {
        let judged = judge(fields);
        assert_eq!((judged.share, judged.share_lower), (0.0, 0.0), "{fields}");
        assert_eq!(judged.events, [10; 4], "{fields}");
    }
    let judged = series(&spread(9, 4)).judge(&signal(r#""counts": "replies""#), 0.1, &all, NOW);
    assert_eq!(judged.share_lower, 0.0, "too few");
}

impl Evidence {
    /// Evidence in which this is known about a signal of all providers, or of the one with this name.
    pub(in crate::alert) fn with(
        mut self,
        signal: &str,
        provider: Option<&str>,
        now: Judgement,
    ) -> Self {
        let key = Key {
            signal: self.number(signal).expect("a signal"),
            provider: provider.map(|name| self.provider(name).expect("a provider")),
        };
        let series = Series { now, ..series(&[]) };
        self.series.insert(key, series);
        self
    }
}

/// Evidence for the embedded policy.
fn evidence() -> Evidence {
    let providers = Providers::embedded();
    let names: Vec<String> = providers.names().map(str::to_owned).collect();
    Evidence::new(&Policy::embedded(), Catalog::embedded(), names.into())
}

#[test]
fn providers_without_an_event_for_a_day_are_not_shown() {
    let mut evidence = evidence();
    let google = evidence.provider("google").expect("a provider");
    assert_eq!(evidence.name(google), "google");
    for provider in [None, Some(google)] {
        let key = Key {
            signal: 0,
            provider,
        };
        let mut series = series(&[]);
        series.now.share = 0.5;
        evidence.series.insert(key, series);
    }
    let shown = |now: i64| -> Vec<(Option<&str>, f64)> {
        let shown = evidence.shown(now);
        shown
            .map(|(_, provider, it)| (provider, it.share))
            .collect()
    };
    let both = [(None, 0.5), (Some("google"), 0.5)];
    assert_eq!(shown(NOW), both);
    assert_eq!(shown(NOW + 86_399), both);
    assert_eq!(shown(NOW + 86_400), both[..1]);
}

/// How the other providers do if provider 3, all of them, and provider 4 failed so often of so many, so long ago.
fn others_lower(failed: [u64; 3], replies: [u64; 3], age: i64) -> f64 {
    let policy = Policy::embedded();
    let (number, all) = (evidence().of_all.iter().enumerate())
        .find_map(|(number, all)| Some((number, (*all)?)))
        .expect("a signal of one provider and one of all");
    let mut evidence = evidence();
    let keys = [(Some(3), number), (None, all), (Some(4), number)];
    for ((provider, signal), at) in keys.into_iter().zip(0..) {
        let key = Key { signal, provider };
        let mut of_key = series(&[(age, failed[at])]);
        of_key.now.share_lower = 0.1;
        evidence.series.insert(key, of_key);
        let whole = Whole::of(&policy.signals[signal]);
        let events = recent(&[(age, replies[at])]);
        let track = WholeTrack { total: 0, events };
        evidence.wholes.insert((whole, provider), track);
    }
    evidence.compare_with_others();
    let lower = |(provider, signal)| {
        let found = evidence.of(Key { signal, provider });
        found.expect("it is known").others_lower
    };
    assert_eq!(lower(keys[1]), 0.0, "only providers are compared");
    lower(keys[0])
}

#[test]
fn provider_is_compared_with_all_others_but_the_worst() {
    // 40 of 50 others, 30 of which are one provider's.
    assert_eq!(
        others_lower([5, 45, 30], [20, 70, 30], 0),
        lower(10, 20),
        "the worst is left out"
    );
    assert_eq!(
        others_lower([5, 45, 30], [20, 70, 45], 0),
        lower(40, 50),
        "without it, there are too few"
    );
    assert_eq!(
        others_lower([5, 40, 30], [10, 50, 35], 0),
        lower(35, 40),
        "a tenth of all, but too few"
    );
    assert_eq!(
        others_lower([5, 65, 50], [500, 620, 105], 0),
        lower(60, 120),
        "enough, but less than a tenth of all"
    );
    for age in [0, 600, 3_000] {
        let others = others_lower([5, 45, 0], [20, 70, 0], age);
        assert_eq!(others, lower(40, 50), "within the last hour");
    }
    assert_eq!(others_lower([5, 45, 0], [20, 70, 0], 3_600), 0.0);
}

#[test]
fn provider_is_compared_with_all_others() {
    let compare = |failed: [u64; 2], replies: [u64; 2]| {
        let [[one, all], [of_one, of_all]] = [failed, replies];
        others_lower([one, all, 0], [of_one, of_all, 0], 0)
    };
    assert_eq!(compare([5, 45], [20, 70]), lower(40, 50));
    assert_eq!(compare([5, 15], [20, 30]), lower(10, 10));
    assert_eq!(compare([5, 14], [20, 29]), 0.0, "too few replies of others");
}
