//! Incidents: each must page once, in time, for as long as it lasts.

use crate::site::{Answer, Attempt, HOUR, MINUTE, SMARTHOST, Site, USUAL};
use crate::verdict::{DAY, T, Wanted, check, check_told_by_sendmail};

/// Traffic as usual for `before`, then the incident, then as usual again for six hours. Returns the log.
fn incident(
    destinations: &'static [crate::site::Destination],
    hourly: f64,
    before: i64,
    lasts: i64,
    answer: impl Fn(&Attempt) -> Answer,
) -> String {
    let mut site = Site::new(destinations, T);
    let (start, end) = (before, before + lasts);
    site.run(
        0,
        end + 6 * HOUR,
        |_| hourly,
        |attempt| match (start..end).contains(&attempt.time) {
            true => answer(attempt),
            false => Answer::Sent,
        },
    );
    site.log()
}

const BEFORE: i64 = 8 * HOUR;

fn wanted(page: &'static [&'static str], says: &'static str, within: i64, lasts: i64) -> Wanted {
    Wanted {
        page,
        says,
        starts: BEFORE / MINUTE,
        within,
        ends: Some((BEFORE + lasts) / MINUTE),
        lingers: 45,
        warnings: &[],
    }
}

#[test]
fn smarthost_refuses_everything_at_a_small_site() {
    for (hourly, within) in [(30.0, 20), (10.0, 60), (500.0, 5), (5_000.0, 5)] {
        for (reply, page) in [
            ("451 4.3.0 try later", "ProviderFailing/other"),
            ("421 4.3.2 service not available", "Smtp421Spike"),
            ("450 4.7.1 client rejected", "ProviderFailing/other"),
        ] {
            let log = incident(SMARTHOST, hourly, BEFORE, 2 * HOUR, |_| {
                Answer::Reply(reply)
            });
            let mut wanted = wanted(&[], "", within, 2 * HOUR);
            let page = [page];
            wanted.page = Box::leak(Box::new(page));
            wanted.lingers = if hourly < 100.0 { 90 } else { 45 };
            if hourly < 20.0 {
                // With so little mail, it takes a while to tell much from all.
                wanted.warnings = &["ProviderDegraded"];
            }
            check(
                &format!("smarthost says {reply} to {hourly} an hour"),
                &log,
                &wanted,
            );
        }
    }
}

#[test]
fn smarthost_is_down() {
    for (hourly, within) in [(30.0, 20), (500.0, 5)] {
        for (answer, page) in [
            (Answer::Refused, "ConnectionsRefused"),
            (Answer::TimedOut, "ConnectionsUnreachable"),
        ] {
            let log = incident(SMARTHOST, hourly, BEFORE, 2 * HOUR, |_| answer.clone());
            let mut wanted = wanted(&[], "", within, 2 * HOUR);
            wanted.page = Box::leak(Box::new([page]));
            wanted.lingers = 90;
            check(&format!("{answer:?} at {hourly} an hour"), &log, &wanted);
        }
    }
}

#[test]
fn name_server_is_down() {
    let log = incident(USUAL, 600.0, BEFORE, HOUR, |_| Answer::Dns);
    check("DNS", &log, &wanted(&["DnsFailing"], "DNS", 5, HOUR));
}

#[test]
fn google_throttles_for_eight_hours() {
    let reply = "421-4.7.28 Gmail has detected an unusual rate of mail. 421 4.7.28 rate limited";
    for hours in [1, 8] {
        let log = incident(
            USUAL,
            1_500.0,
            BEFORE,
            hours * HOUR,
            |attempt| match attempt.to {
                0 if attempt.dice < 96 => Answer::Reply(reply),
                _ => Answer::Sent,
            },
        );
        check(
            "Google throttles",
            &log,
            &wanted(
                &["Smtp421Spike", "ProviderFailing/google"],
                "google",
                5,
                hours * HOUR,
            ),
        );
    }
}

#[test]
fn mailboxes_are_full_for_eight_hours() {
    let log = incident(USUAL, 1_500.0, BEFORE, 8 * HOUR, |attempt| {
        match attempt.dice {
            0..40 => {
                Answer::Reply("452 4.2.2 The email account that you tried to reach is over quota")
            }
            _ => Answer::Sent,
        }
    });
    check(
        "full mailboxes",
        &log,
        &wanted(&["Smtp422Spike"], "", 5, 8 * HOUR),
    );
}

#[test]
fn provider_with_a_small_part_of_the_mail_is_down() {
    const DESTINATIONS: &[crate::site::Destination] = &[
        ("gmail-smtp-in.l.google.com", "gmail.com", 60),
        ("mx.example.net", "example.net", 36),
        ("mta5.am0.yahoodns.net", "yahoo.com", 4),
    ];
    for answer in [
        Answer::Reply("451 4.3.2 temporary system problem"),
        Answer::Reply("421 4.7.0 temporarily deferred due to unexpected volume or user complaints"),
        Answer::TimedOut,
    ] {
        let log = incident(
            DESTINATIONS,
            2_000.0,
            BEFORE,
            3 * HOUR,
            |attempt| match attempt.to {
                2 => answer.clone(),
                _ => Answer::Sent,
            },
        );
        check(
            &format!("yahoo {answer:?}"),
            &log,
            &wanted(
                &["ProviderFailing/yahoo", "Smtp421Spike"],
                "yahoo",
                15,
                3 * HOUR,
            ),
        );
    }
}

#[test]
fn spamhaus_lists_a_small_relay() {
    let reply =
        "554 5.7.1 Service unavailable; Client host [192.0.2.9] blocked using zen.spamhaus.org";
    let log = incident(USUAL, 100.0, BEFORE, 4 * HOUR, |attempt| match attempt.to {
        0 | 2 => Answer::Sent,
        _ if attempt.dice < 90 => Answer::Reply(reply),
        _ => Answer::Sent,
    });
    check(
        "Spamhaus",
        &log,
        &wanted(
            &[
                "Blocklisted",
                "BlockedByProvider/other",
                "BlockedByProvider/microsoft",
            ],
            "",
            40,
            4 * HOUR,
        ),
    );
}

#[test]
fn refusals_rise_slowly() {
    // From nothing to 40 % within six hours, then four hours more.
    let mut site = Site::new(USUAL, T);
    site.run(
        0,
        20 * HOUR,
        |_| 1_000.0,
        |attempt| {
            let share = match attempt.time - BEFORE {
                ..0 => 0,
                since @ 0..21_600 => since * 40 / 21_600,
                _ => 40,
            };
            match i64::from(attempt.dice) < share {
                true => Answer::Reply("421 4.3.2 service not available"),
                false => Answer::Sent,
            }
        },
    );
    let mut wanted = wanted(&["Smtp421Spike"], "421", 180, 0);
    (wanted.ends, wanted.warnings) = (None, &["Smtp421Elevated"]);
    check("a ramp", &site.log(), &wanted);
}

#[test]
fn content_filter_is_down() {
    let mut site = Site::new(USUAL, T);
    site.run(
        0,
        BEFORE + 6 * HOUR,
        |_| 500.0,
        |attempt| {
            let is_down = (BEFORE..BEFORE + HOUR).contains(&attempt.time);
            match attempt.to {
                0 => Answer::Sent,
                _ if is_down => Answer::Local(Some(
                    "connect to 127.0.0.1[127.0.0.1]:10024: Connection refused",
                )),
                _ => Answer::Local(None),
            }
        },
    );
    let log = site.log();
    check(
        "the content filter",
        &log,
        &wanted(&["LocalDeliveryFailing"], "Local", 5, HOUR),
    );
}

#[test]
fn dkim_is_broken() {
    let reply = "550-5.7.26 This mail has been blocked because the sender is unauthenticated. 550 5.7.26 DKIM = did not pass";
    let log = incident(USUAL, 400.0, BEFORE, 4 * HOUR, |attempt| match attempt.to {
        0 => Answer::Reply(reply),
        _ => Answer::Sent,
    });
    let wanted = wanted(&["SenderAuthenticationFailing"], "DKIM", 10, 4 * HOUR);
    check("DKIM", &log, &wanted);
    check_told_by_sendmail("DKIM", &log, &wanted);
}

#[test]
fn password_of_the_smarthost_is_wrong() {
    let log = incident(SMARTHOST, 200.0, BEFORE, 2 * HOUR, |_| {
        Answer::Reply("535 5.7.8 Authentication credentials invalid")
    });
    check(
        "authentication",
        &log,
        &wanted(&["OutboundAuthFailing"], "uthentication", 10, 2 * HOUR),
    );
}

#[test]
fn account_is_misused() {
    let mut site = Site::new(USUAL, T);
    let start = 3 * DAY + 10 * HOUR;
    let hourly = |time: i64| {
        let usual = if (8 * HOUR..18 * HOUR).contains(&(time % DAY)) {
            120.0
        } else {
            30.0
        };
        match (start..start + 2 * HOUR).contains(&time) {
            true => 17.0 * usual,
            false => usual,
        }
    };
    site.run(0, 4 * DAY, hourly, |_| Answer::Sent);
    let alerts = crate::verdict::replay(&site.log());
    let names: Vec<&str> = alerts.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(names, ["OutboundSurge"], "{alerts:?}");
    let fired = alerts[0].fired - start / MINUTE;
    assert!((0..=15).contains(&fired), "{alerts:?}");
    let lasted = alerts[0].resolved.expect("resolved") - alerts[0].fired;
    assert!((100..=170).contains(&lasted), "{alerts:?}");
}

#[test]
fn steady_refusals_double() {
    let mut site = Site::new(USUAL, T);
    let double = 2 * DAY;
    site.run(
        0,
        3 * DAY,
        |_| 2_000.0,
        |attempt| {
            let share = if attempt.time < double { 2 } else { 5 };
            match attempt.dice < share && attempt.tried == 0 {
                true => Answer::Reply("421 4.3.2 service not available"),
                false => Answer::Sent,
            }
        },
    );
    let alerts = crate::verdict::replay(&site.log());
    let names: Vec<&str> = alerts.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(names, ["Smtp421Elevated"], "{alerts:?}");
    assert!(alerts[0].fired >= double / MINUTE, "{alerts:?}");
}

#[test]
fn everybody_defers_our_mail() {
    // The reverse name of our address is lost.
    let log = incident(USUAL, 500.0, BEFORE, 2 * HOUR, |_| {
        Answer::Reply("450 4.7.25 Client host rejected: cannot find your reverse hostname")
    });
    check(
        "no reverse name",
        &log,
        &wanted(&["DeferredShareFast"], "", 5, 2 * HOUR),
    );
}

#[test]
fn everybody_rejects_our_mail() {
    let log = incident(USUAL, 500.0, BEFORE, 2 * HOUR, |_| {
        Answer::Reply("550 5.7.1 Message rejected due to local policy")
    });
    check(
        "a policy",
        &log,
        &wanted(&["BouncedShareFast"], "", 5, 2 * HOUR),
    );
    let log = incident(SMARTHOST, 500.0, BEFORE, 2 * HOUR, |_| {
        Answer::Reply("554 5.7.1 <bob@example.net>: Relay access denied")
    });
    check(
        "relaying",
        &log,
        &wanted(
            &["ProviderFailing/other", "BouncedShareFast"],
            "",
            5,
            2 * HOUR,
        ),
    );
}

#[test]
fn microsoft_is_busy_or_blocks_us() {
    for (reply, page) in [
        (
            "451 4.7.500 Server busy. Please try again later from [192.0.2.9]. (S77714)",
            "ProviderFailing/microsoft",
        ),
        (
            "550 5.7.1 Unfortunately, messages from [192.0.2.9] weren't sent. Please contact your Internet service provider since part of their network is on our block list (S3150).",
            "Blocklisted",
        ),
    ] {
        let log = incident(USUAL, 800.0, BEFORE, 3 * HOUR, |attempt| match attempt.to {
            1 => Answer::Reply(reply),
            _ => Answer::Sent,
        });
        let mut wanted = wanted(&[], "", 15, 3 * HOUR);
        wanted.page = Box::leak(Box::new([page]));
        check(reply, &log, &wanted);
    }
}

#[test]
fn throttling_comes_and_goes() {
    // Five minutes with, five without, for two hours: one page.
    let log = incident(USUAL, 2_000.0, BEFORE, 2 * HOUR, |attempt| {
        match attempt.to == 0 && attempt.time % 600 < 300 {
            true => Answer::Reply("421 4.7.28 Our system has detected an unusual rate of mail"),
            false => Answer::Sent,
        }
    });
    check(
        "on and off",
        &log,
        &wanted(
            &["Smtp421Spike", "ProviderFailing/google"],
            "google",
            10,
            2 * HOUR,
        ),
    );
}

#[test]
fn outage_at_the_beginning_of_the_log() {
    let mut site = Site::new(USUAL, T);
    site.run(
        0,
        3 * HOUR,
        |_| 500.0,
        |attempt| match attempt.time {
            ..7_200 => Answer::Reply("421 4.3.2 service not available"),
            _ => Answer::Sent,
        },
    );
    let mut wanted = wanted(&["Smtp421Spike"], "421", 5, 0);
    (wanted.starts, wanted.ends) = (0, Some(120));
    check("from the beginning", &site.log(), &wanted);
}

#[test]
fn google_throttles_a_small_site() {
    let log = incident(USUAL, 60.0, BEFORE, 3 * HOUR, |attempt| match attempt.to {
        0 => Answer::Reply("421 4.7.28 Our system has detected an unusual rate of mail"),
        _ => Answer::Sent,
    });
    let mut wanted = wanted(
        &["Smtp421Spike", "ProviderFailing/google"],
        "google",
        20,
        3 * HOUR,
    );
    wanted.lingers = 90;
    check("60 an hour", &log, &wanted);
    check_told_by_sendmail("60 an hour", &log, &wanted);
}

#[test]
fn list_of_old_addresses_is_mailed() {
    let log = incident(USUAL, 1_000.0, BEFORE, HOUR, |attempt| match attempt.dice {
        0..40 => {
            Answer::Reply("550 5.1.1 The email account that you tried to reach does not exist")
        }
        _ => Answer::Sent,
    });
    let alerts = crate::verdict::replay(&log);
    let sent: Vec<&str> = alerts
        .iter()
        .filter(|it| it.inhibited.is_none())
        .map(|it| it.name.as_str())
        .collect();
    assert_eq!(sent, ["UnknownRecipients"], "{alerts:#?}");
}

#[test]
fn passwords_are_guessed() {
    let mut site = Site::new(USUAL, T);
    let start = DAY;
    for hour in 0..30 {
        site.run(hour * HOUR, (hour + 1) * HOUR, |_| 60.0, |_| Answer::Sent);
    }
    let mut lines = site.log();
    for second in (0..30 * HOUR).filter(|it| it % 600 == 0 || *it >= start) {
        let stamp = jiff::Timestamp::from_second(T + second).expect("a time");
        lines += &format!(
            "{stamp} mx1 postfix/smtpd[9]: warning: unknown[203.0.113.7]: SASL LOGIN authentication failed: UGFzc3dvcmQ6\n"
        );
    }
    let mut sorted: Vec<&str> = lines.lines().collect();
    sorted.sort_by_key(|line| line.split(' ').next());
    let alerts = crate::verdict::replay(&(sorted.join("\n") + "\n"));
    let names: Vec<&str> = alerts.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(names, ["InboundAuthFailures"], "{alerts:#?}");
    assert!((alerts[0].fired - start / MINUTE) < 15, "{alerts:#?}");
}

#[test]
fn disk_of_this_server_is_full() {
    let mut site = Site::new(USUAL, T);
    site.run(0, 12 * HOUR, |_| 60.0, |_| Answer::Sent);
    let mut lines = site.log();
    for second in (0..12 * HOUR).filter(|it| it % 10 == 0) {
        let stamp = jiff::Timestamp::from_second(T + second).expect("a time");
        lines +=
            &format!("{stamp} mx1 postfix/smtpd[9]: connect from mail.example.net[203.0.113.7]\n");
        if (BEFORE..BEFORE + HOUR).contains(&second) {
            lines += &format!(
                "{stamp} mx1 postfix/smtpd[9]: NOQUEUE: reject: MAIL from mail.example.net[203.0.113.7]: 452 4.3.1 Insufficient system storage; proto=ESMTP helo=<mail.example.net>\n"
            );
        }
    }
    let mut sorted: Vec<&str> = lines.lines().collect();
    sorted.sort_by_key(|line| line.split(' ').next());
    check(
        "a full disk",
        &(sorted.join("\n") + "\n"),
        &wanted(&["LocalErrors"], "storage", 5, HOUR),
    );
}

#[test]
fn general_alerts_wait_for_the_specific_one() {
    // Usual failures are at every moment, so that a general share is proven before the code is.
    let mut site = Site::new(USUAL, T);
    let (start, end) = (BEFORE, BEFORE + HOUR);
    site.run(
        0,
        end + 3 * HOUR,
        |_| 6_000.0,
        |attempt| match attempt.to {
            0 | 1 if (start..end).contains(&attempt.time) => {
                Answer::Reply("421 4.7.0 try again later")
            }
            3 if attempt.dice < 30 && attempt.tried == 0 => Answer::TimedOut,
            _ => Answer::Sent,
        },
    );
    check(
        "421 beside usual failures",
        &site.log(),
        &wanted(&["Smtp421Spike"], "421", 5, HOUR),
    );
}
