//! Quiet days: nobody is paged.

use crate::site::{Answer, Attempt, Destination, HOUR, MINUTE, Site, USUAL};
use crate::verdict::{DAY, T, check_quiet, replay};

#[test]
fn steady_two_per_cent_of_421() {
    let mut site = Site::new(USUAL, T);
    site.run(
        0,
        2 * DAY,
        |_| 2_000.0,
        |attempt| match attempt.dice {
            0..2 if attempt.tried == 0 => Answer::Reply("421 4.3.2 service not available"),
            _ => Answer::Sent,
        },
    );
    check_quiet("2 % of 421", &site.log(), &[]);
}

#[test]
fn greylisting() {
    let mut site = Site::new(USUAL, T);
    site.run(0, 2 * DAY, |_| 800.0, |attempt| match attempt.dice {
        0..8 if attempt.tried == 0 => Answer::Reply("450 4.2.0 <bob@example.net>: Recipient address rejected: Greylisted, see http://postgrey.example"),
        _ => Answer::Sent,
    });
    check_quiet("8 % greylisting", &site.log(), &[]);
}

#[test]
fn ten_421_a_day_at_a_small_site() {
    let mut site = Site::new(USUAL, T);
    site.run(
        0,
        5 * DAY,
        |_| 20.0,
        |attempt| match attempt.dice {
            0..2 if attempt.tried == 0 => Answer::Reply("421 4.3.2 service not available"),
            _ => Answer::Sent,
        },
    );
    check_quiet("ten 421 a day", &site.log(), &[]);
}

#[test]
fn nights_without_mail_and_busy_mornings() {
    let mut site = Site::new(USUAL, T);
    let hourly = |time: i64| match time % DAY / HOUR {
        0..6 => 0.0,
        6..8 => 100.0,
        8..10 => 1_200.0,
        10..18 => 500.0,
        _ => 40.0,
    };
    site.run(6 * HOUR, 4 * DAY, hourly, |attempt| match attempt.dice {
        0..1 => Answer::Reply("550 5.1.1 User unknown"),
        1..2 if attempt.tried < 3 => Answer::TimedOut,
        _ => Answer::Sent,
    });
    check_quiet("nights", &site.log(), &[]);
}

#[test]
fn newsletter_that_is_throttled_every_monday() {
    let mut site = Site::new(USUAL, T);
    let is_newsletter = |time: i64| time % (7 * DAY) / HOUR == 9;
    let hourly = |time: i64| if is_newsletter(time) { 3_000.0 } else { 60.0 };
    site.run(0, 22 * DAY, hourly, |attempt| {
        match is_newsletter(attempt.time) && attempt.to == 0 && attempt.dice < 30 {
            true => Answer::Reply("421 4.7.28 Our system has detected an unusual rate of mail"),
            false => Answer::Sent,
        }
    });
    let alerts = replay(&site.log());
    let sent = alerts.iter().filter(|it| it.inhibited.is_none());
    let late: Vec<_> = sent.filter(|it| it.fired > 14 * DAY / MINUTE).collect();
    assert!(late.is_empty(), "{late:#?}");
}

#[test]
fn a_few_messages_to_a_dead_host() {
    // Four messages that are tried for a day at a site with little mail.
    let mut site = Site::new(USUAL, T);
    let dead = |time: i64| (10 * HOUR..10 * HOUR + 4 * 60).contains(&time);
    site.run(
        0,
        DAY,
        |time| if dead(time) { 60.0 } else { 25.0 },
        |attempt| match attempt.to == 4
            && attempt.time > 10 * HOUR
            && attempt.time < 18 * HOUR
            && attempt.dice < 60
        {
            true => Answer::TimedOut,
            false => Answer::Sent,
        },
    );
    check_quiet(
        "a dead host",
        &site.log(),
        &["ProviderDegraded", "ConnectErrorsElevated"],
    );
}

#[test]
fn a_few_messages_that_a_host_answers_with_421() {
    // Those of half an hour, that is three or four, are tried until the evening.
    let mut site = Site::new(USUAL, T);
    site.run(
        0,
        2 * DAY,
        |_| 60.0,
        |attempt| {
            let time = attempt.time % DAY;
            let begins = (10 * HOUR..10 * HOUR + 30 * MINUTE).contains(&time);
            let goes_on = attempt.tried > 0 && time < 18 * HOUR;
            match attempt.to == 4 && (begins || goes_on) {
                true => Answer::Reply("421 4.3.2 service not available"),
                false => Answer::Sent,
            }
        },
    );
    let warnings = ["Smtp421Elevated", "ProviderDegraded"];
    check_quiet("a host that is busy", &site.log(), &warnings);
}

#[test]
fn mailing_of_many_senders_every_tuesday() {
    let mut site = Site::new(USUAL, T);
    let is_mailing = |time: i64| (34 * HOUR..35 * HOUR).contains(&(time % (7 * DAY)));
    let hourly = |time: i64| if is_mailing(time) { 3_000.0 } else { 60.0 };
    site.run(0, 16 * DAY, hourly, |_| Answer::Sent);
    let alerts = replay(&site.log());
    let sent = alerts.iter().filter(|it| it.inhibited.is_none());
    let late: Vec<_> = sent.filter(|it| it.fired > 14 * DAY / MINUTE).collect();
    assert!(alerts.iter().any(|it| it.name == "OutboundSurge"));
    assert!(late.is_empty(), "{late:#?}");
}

#[test]
fn a_few_bad_recipients_and_full_mailboxes() {
    let mut site = Site::new(USUAL, T);
    site.run(
        0,
        2 * DAY,
        |_| 300.0,
        |attempt| match attempt.dice {
            0..3 => Answer::Reply("550 5.1.1 User unknown"),
            3..4 => Answer::Reply("452 4.2.2 mailbox full"),
            4..5 => Answer::Reply("554 5.7.1 spam message rejected"),
            _ => Answer::Sent,
        },
    );
    check_quiet("usual failures", &site.log(), &[]);
}

#[test]
fn mail_for_hosts_that_no_longer_exist() {
    // Mistyped domains, one message in a hundred, each tried for days. The log begins in a night, with a queue of them.
    const WITH_DEAD: &[Destination] = &[
        ("gmail-smtp-in.l.google.com", "gmail.com", 40),
        ("outlook-com.olc.protection.outlook.com", "outlook.com", 25),
        ("mx.example.net", "example.net", 34),
        ("mx.gone.example", "gone.example", 1),
    ];
    let mut site = Site::new(WITH_DEAD, T);
    let hourly = |time: i64| match time.rem_euclid(DAY) / HOUR {
        0..6 => 40.0,
        6..20 => 500.0,
        _ => 120.0,
    };
    let answer = |attempt: &Attempt| match attempt.to {
        3 => Answer::TimedOut,
        _ => Answer::Sent,
    };
    site.run(-DAY, 0, hourly, answer);
    site.log();
    site.run(0, 2 * DAY, hourly, answer);
    check_quiet("hosts that no longer exist", &site.log(), &[]);
}
