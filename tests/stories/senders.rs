//! Sender domains that send far more than they usually do, or as much as every week.

use crate::site::{Answer, HOUR, MINUTE, Site, USUAL};
use crate::verdict::{DAY, Fired, T, replay};

/// Mail of every hour of a day at which people work.
fn working_day(time: i64) -> f64 {
    match (8 * HOUR..18 * HOUR).contains(&(time % DAY)) {
        true => 3_000.0,
        false => 300.0,
    }
}

const SURGE: i64 = DAY + 10 * HOUR;

/// Whether a small domain sends 17 times its usual.
fn is_misused(time: i64) -> bool {
    (SURGE..SURGE + 2 * HOUR).contains(&time)
}

/// A domain with 2 % of the mail, of which a third more is sent while it is misused.
fn small_domain(time: i64, id: u64) -> String {
    let is_small = match is_misused(time) {
        true => id % 132 < 34,
        false => id.is_multiple_of(50),
    };
    match is_small {
        true => "Small-Customer.example".to_owned(),
        false => format!("sender{}.example", id % 5),
    }
}

fn sent(alerts: &[Fired]) -> Vec<&str> {
    let sent = alerts.iter().filter(|it| it.inhibited.is_none());
    sent.map(|it| it.name.as_str()).collect()
}

#[test]
fn account_of_a_small_domain_is_misused() {
    let mut site = Site::new(USUAL, T);
    site.sender = small_domain;
    let hourly = |time: i64| match is_misused(time) {
        true => 1.32 * working_day(time),
        false => working_day(time),
    };
    site.run(0, DAY + 16 * HOUR, hourly, |_| Answer::Sent);
    let log = site.log();
    let told = [Some(log.clone()), crate::sendmail::log_of(&log)];
    for log in told.into_iter().flatten() {
        let alerts = replay(&log);
        assert_eq!(sent(&alerts), ["SenderSurge"], "{alerts:?}");
        let alert = &alerts[0];
        assert!(
            alert.summary.contains("small-customer.example"),
            "{alert:?}"
        );
        assert!(
            alert.description.contains("small-customer.example: "),
            "{alert:?}"
        );
        let fired = alert.fired - SURGE / MINUTE;
        assert!((0..=15).contains(&fired), "{alert:?}");
        let lasted = alert.resolved.expect("resolved") - alert.fired;
        assert!((100..=170).contains(&lasted), "{alert:?}");
    }
}

/// The hour of Tuesday in which a domain sends its newsletter.
fn is_newsletter(time: i64) -> bool {
    time % (7 * DAY) / HOUR == 24 + 9
}

fn newsletter_domain(time: i64, id: u64) -> String {
    match is_newsletter(time) && id.is_multiple_of(2) {
        true => "news.example".to_owned(),
        false => format!("sender{}.example", id % 5),
    }
}

#[test]
fn newsletter_of_every_week_is_quiet_after_two_weeks() {
    let mut site = Site::new(USUAL, T);
    site.sender = newsletter_domain;
    let hourly = |time: i64| match time % DAY / HOUR {
        _ if is_newsletter(time) => 2_000.0,
        8..12 => 900.0,
        _ => 0.0,
    };
    site.run(0, 16 * DAY, hourly, |_| Answer::Sent);
    let alerts = replay(&site.log());
    let weeks: Vec<i64> = alerts
        .iter()
        .map(|it| it.fired * MINUTE / (7 * DAY))
        .collect();
    assert_eq!(
        weeks,
        [0, 1],
        "new in the first week, and no habit in the second: {alerts:#?}"
    );
    assert!(
        alerts.iter().all(|it| it.name == "SenderSurge"),
        "{alerts:#?}"
    );
}

#[test]
fn more_mail_of_all_domains_is_no_surge_of_one() {
    let mut site = Site::new(USUAL, T);
    let start = DAY + 10 * HOUR;
    let hourly = |time: i64| match (start..start + HOUR).contains(&time) {
        true => 17.0 * 300.0,
        false => 300.0,
    };
    site.run(0, DAY + 14 * HOUR, hourly, |_| Answer::Sent);
    let alerts = replay(&site.log());
    let names: Vec<&str> = alerts.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(names, ["OutboundSurge"], "{alerts:?}");
}
