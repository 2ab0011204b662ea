//! Incidents with several faces, of which one cause must page: the general alert or the specific one, the code or what the
//! code says, one provider or all.

use crate::site::{Answer, Attempt, Destination, HOUR, MINUTE, SMARTHOST, Site, USUAL};
use crate::verdict::{T, Wanted, check, replay};

const BEFORE: i64 = 8 * HOUR;

/// Traffic of `hourly` messages until six hours after `end`.
fn story(
    destinations: &'static [Destination],
    hourly: f64,
    end: i64,
    answer: impl Fn(&Attempt) -> Answer,
) -> String {
    let mut site = Site::new(destinations, T);
    site.run(0, end + 6 * HOUR, |_| hourly, answer);
    site.log()
}

fn wanted(page: &'static [&'static str], says: &'static str, within: i64, end: i64) -> Wanted {
    Wanted {
        page,
        says,
        starts: BEFORE / MINUTE,
        within,
        ends: Some(end / MINUTE),
        lingers: 60,
        warnings: &[],
    }
}

/// The pages of a log that were sent, with the minute after the start of the incident.
fn pages(log: &str) -> Vec<(String, i64)> {
    let all = replay(log).into_iter();
    let sent = all.filter(|it| it.is_page && it.inhibited.is_none());
    sent.map(|it| {
        let name = match &*it.provider {
            "" => it.name,
            provider => format!("{}/{provider}", it.name),
        };
        (name, it.fired - BEFORE / MINUTE)
    })
    .collect()
}

#[test]
fn refusals_for_bad_reputation_page_as_421_only() {
    let end = BEFORE + 3 * HOUR;
    for (reply, says) in [
        (
            "421-4.7.0 Our system has detected that this message is suspicious due to the very low reputation of the sending IP address. 421 4.7.0",
            "421 4.7.0 from google",
        ),
        (
            "421-4.7.27 Your email has been rate limited because SPF authentication didn't pass for this message. 421 4.7.27",
            "421 4.7.27 from google",
        ),
    ] {
        let log = story(USUAL, 1_500.0, end, |attempt| {
            match (BEFORE..end).contains(&attempt.time) && attempt.to == 0 && attempt.dice < 60 {
                true => Answer::Reply(reply),
                false => Answer::Sent,
            }
        });
        check(reply, &log, &wanted(&["Smtp421Spike"], says, 5, end));
    }
}

#[test]
fn listing_beside_421_pages_as_well() {
    // Google throttles; an hour later, the small ones find us on a blocklist.
    let log = story(USUAL, 1_500.0, BEFORE + 4 * HOUR, |attempt| {
        let since = attempt.time - BEFORE;
        match attempt.to {
            0 if (0..4 * HOUR).contains(&since) => Answer::Reply("421 4.7.28 unusual rate of mail"),
            3 | 4 if (HOUR..4 * HOUR).contains(&since) => Answer::Reply(
                "554 5.7.1 Service unavailable; Client host [192.0.2.9] blocked using zen.spamhaus.org",
            ),
            _ => Answer::Sent,
        }
    });
    let found = pages(&log);
    let names: Vec<&str> = found.iter().map(|it| it.0.as_str()).collect();
    assert_eq!(names, ["Smtp421Spike", "Blocklisted"], "{found:?}");
    assert!((60..70).contains(&found[1].1), "{found:?}");
}

#[test]
fn two_providers_that_fail_at_once_are_two_pages() {
    let end = BEFORE + 3 * HOUR;
    let log = story(USUAL, 1_500.0, end, |attempt| {
        let fails = (BEFORE..end).contains(&attempt.time);
        match attempt.to {
            0 if fails => Answer::Reply("421 4.7.28 unusual rate of mail"),
            1 if fails && attempt.time >= BEFORE + HOUR => {
                Answer::Reply("451 4.7.500 Server busy. Please try again later")
            }
            _ => Answer::Sent,
        }
    });
    let found = pages(&log);
    let names: Vec<&str> = found.iter().map(|it| it.0.as_str()).collect();
    assert_eq!(
        names,
        ["Smtp421Spike", "ProviderFailing/microsoft"],
        "{found:?}"
    );
    assert!((60..75).contains(&found[1].1), "{found:?}");
}

/// All providers fail; they recover one after the other, half an hour apart.
fn recovers_by_and_by(hourly: f64, answer: &Answer) -> String {
    story(USUAL, hourly, BEFORE + 3 * HOUR, |attempt| {
        let lasts = HOUR + attempt.to.min(3) as i64 * 30 * MINUTE;
        match (BEFORE..BEFORE + lasts).contains(&attempt.time) {
            true => answer.clone(),
            false => Answer::Sent,
        }
    })
}

#[test]
fn last_provider_to_recover_is_no_second_page() {
    let end = BEFORE + 150 * MINUTE;
    for hourly in [60.0, 600.0] {
        for (answer, page) in [
            (
                Answer::Reply("421 4.3.2 service not available"),
                "Smtp421Spike",
            ),
            (
                Answer::Reply("451 4.7.1 temporary local problem"),
                "DeferredShareFast",
            ),
            (Answer::TimedOut, "ConnectionsUnreachable"),
        ] {
            let log = recovers_by_and_by(hourly, &answer);
            let mut wanted = wanted(&[], "", if hourly < 100.0 { 20 } else { 5 }, end);
            wanted.page = Box::leak(Box::new([page]));
            wanted.lingers = 90;
            wanted.warnings = &[
                "ProviderDegraded",
                "DeferredShareSlow",
                "ConnectErrorsElevated",
            ];
            check(&format!("{answer:?} at {hourly} an hour"), &log, &wanted);
        }
    }
}

#[test]
fn all_recover_from_a_rejection_at_once() {
    let end = BEFORE + 2 * HOUR;
    let log = story(USUAL, 500.0, end, |attempt| {
        match (BEFORE..end).contains(&attempt.time) {
            true => Answer::Reply("550 5.7.1 Message rejected due to content restrictions"),
            false => Answer::Sent,
        }
    });
    let mut wanted = wanted(&["BouncedShareFast"], "550", 6, end);
    wanted.warnings = &["SpamRejected"];
    check("rejected by all", &log, &wanted);
}

#[test]
fn provider_that_rejects_our_mail_as_spam_is_a_page() {
    for (to, provider, reply) in [
        (
            0,
            "ProviderFailing/google",
            "550-5.7.1 Our system has detected that this message is likely unsolicited mail. 550 5.7.1",
        ),
        (
            2,
            "ProviderFailing/yahoo",
            "554 5.7.9 Message not accepted for policy reasons",
        ),
    ] {
        let end = BEFORE + 3 * HOUR;
        let log = story(USUAL, 1_000.0, end, |attempt| {
            match (BEFORE..end).contains(&attempt.time) && attempt.to == to && attempt.dice < 90 {
                true => Answer::Reply(reply),
                false => Answer::Sent,
            }
        });
        let mut wanted = wanted(&[], "55", 15, end);
        wanted.page = Box::leak(Box::new([provider]));
        wanted.warnings = &["SpamRejected", "BouncedShare"];
        check(reply, &log, &wanted);
    }
}

#[test]
fn connections_that_fail_at_one_provider_are_its_fault() {
    let end = BEFORE + 3 * HOUR;
    let log = story(USUAL, 800.0, end, |attempt| {
        match (BEFORE..end).contains(&attempt.time) && attempt.to == 0 {
            true => Answer::TimedOut,
            false => Answer::Sent,
        }
    });
    let wanted = wanted(
        &["ProviderFailing/google", "ConnectionsUnreachable"],
        "",
        15,
        end,
    );
    check("Google cannot be reached", &log, &wanted);
}

#[test]
fn throttling_with_pauses_of_twenty_minutes_is_one_page() {
    let end = BEFORE + 4 * HOUR;
    let log = story(USUAL, 800.0, end, |attempt| {
        let fails = (BEFORE..end).contains(&attempt.time) && attempt.time % 2_400 < 1_200;
        match fails && attempt.to == 0 {
            true => Answer::Reply("421 4.7.28 Our system has detected an unusual rate of mail"),
            false => Answer::Sent,
        }
    });
    check(
        "twenty minutes on, twenty off",
        &log,
        &wanted(
            &["Smtp421Spike", "ProviderFailing/google"],
            "google",
            30,
            end,
        ),
    );
}

#[test]
fn mail_filter_does_not_answer() {
    let mut site = Site::new(USUAL, T);
    let end = BEFORE + 90 * MINUTE;
    site.run(0, end + 6 * HOUR, |_| 60.0, |_| Answer::Sent);
    for second in (0..end + 6 * HOUR).step_by(12) {
        let client = "mail.example.net[203.0.113.7]";
        site.line(second, "smtpd", &format!("connect from {client}"));
        // What postscreen answers to clients that it does not know yet is usual.
        if second % 60 == 0 {
            site.line(
                second,
                "postscreen",
                "NOQUEUE: reject: RCPT from [203.0.113.9]:41234: 450 4.3.2 Service currently unavailable; from=<a@example.net>, to=<b@example.com>, proto=ESMTP, helo=<x>",
            );
        }
        if (BEFORE..end).contains(&second) {
            let reply = "451 4.7.1 Service unavailable - try again later";
            let text =
                format!("NOQUEUE: milter-reject: CONNECT from {client}: {reply}; proto=SMTP");
            site.line(second, "smtpd", &text);
        }
    }
    let log = site.log();
    let mut lines: Vec<&str> = log.lines().collect();
    lines.sort_by_key(|line| line.split(' ').next());
    check(
        "a milter is down",
        &(lines.join("\n") + "\n"),
        &wanted(&["LocalErrors"], "internal errors", 6, end),
    );
}

/// The same log of a server that refuses to talk at all: after five refusals, Postfix tries it no more for five minutes, and
/// defers the rest of its mail without an attempt.
fn suspended(log: &str) -> String {
    let mut refusals = (0, 0);
    let line_of = |line: &str| {
        let said = line
            .split_once(" (host ")
            .and_then(|(_, said)| said.split_once(" said: "));
        let Some((host, reply)) = said.filter(|_| line.contains("status=deferred")) else {
            return format!("{line}\n");
        };
        let (reply, _) = reply.split_once(" (in reply").expect("a command");
        let stamp: jiff::Timestamp = line
            .split(' ')
            .next()
            .and_then(|it| it.parse().ok())
            .expect("a time");
        let minutes = stamp.as_second().div_euclid(300);
        refusals = match refusals {
            (then, count) if then == minutes => (then, count + 1),
            _ => (minutes, 1),
        };
        let (head, _) = line.split_once(", relay=").expect("a relay");
        let reason = format!("host {host} refused to talk to me: {reply}");
        match refusals.1 <= 5 {
            true => {
                format!("{head}, relay={host}:25, delay=1, dsn=4.0.0, status=deferred ({reason})\n")
            }
            false => {
                let head = head.replace("/smtp[", "/error[");
                format!(
                    "{head}, relay=none, delay=1, dsn=4.0.0, status=deferred (delivery temporarily suspended: {reason})\n"
                )
            }
        }
    };
    log.lines().map(line_of).collect()
}

#[test]
fn smarthost_that_refuses_to_talk_names_its_code() {
    for (hourly, within) in [(30.0, 20), (500.0, 5), (6_000.0, 5)] {
        let end = BEFORE + 2 * HOUR;
        let log = story(SMARTHOST, hourly, end, |attempt| {
            match (BEFORE..end).contains(&attempt.time) {
                true => Answer::Reply("421 4.3.2 service not available"),
                false => Answer::Sent,
            }
        });
        let mut wanted = wanted(
            &["Smtp421Spike", "ProviderFailing/other"],
            "421",
            within,
            end,
        );
        wanted.lingers = 90;
        check(&format!("{hourly} an hour"), &suspended(&log), &wanted);
    }
}

#[test]
fn refusals_of_one_provider_where_some_421_are_usual_page_once() {
    // In the first minutes the hour before has more of the usual ones.
    let end = BEFORE + 2 * HOUR;
    let log = story(USUAL, 6_000.0, end, |attempt| {
        match (BEFORE..end).contains(&attempt.time) && attempt.to == 2 {
            true => Answer::Reply("421 4.7.0 [TSS04] Messages from 192.0.2.1 temporarily deferred"),
            false if attempt.dice < 1 && attempt.tried == 0 => {
                Answer::Reply("421 4.3.2 service not available")
            }
            false => Answer::Sent,
        }
    });
    let page = &["ProviderFailing/yahoo", "Smtp421Spike"];
    check("Yahoo refuses", &log, &wanted(page, "yahoo", 15, end));
}

#[test]
fn one_customer_whose_server_is_down_is_no_outage_of_all_others() {
    // One in twenty messages, tried again and again; in the evening these are half of all attempts.
    const WITH_CUSTOMER: &[Destination] = &[
        ("gmail-smtp-in.l.google.com", "gmail.com", 55),
        ("mail.customer.example", "customer.example", 5),
        ("mx.example.net", "example.net", 20),
        ("mail.small.example", "small.example", 20),
    ];
    let mut site = Site::new(WITH_CUSTOMER, T);
    let hourly = |time: i64| match time % (24 * HOUR) / HOUR {
        0..6 => 30.0,
        6..19 => 350.0,
        _ => 120.0,
    };
    site.run(0, 48 * HOUR, hourly, |attempt| {
        match attempt.to == 1 && attempt.time > 33 * HOUR {
            true => Answer::TimedOut,
            false => Answer::Sent,
        }
    });
    let pages = pages(&site.log());
    assert!(pages.is_empty(), "{pages:?}");
}
