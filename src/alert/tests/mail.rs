//! Rules about mail.

use super::*;

#[test]
fn burst_of_421_fires_within_minutes() {
    let mut scenario = Scenario::new();
    scenario.normal_hour();
    let began = scenario.now;
    let burst = [
        ("mx.example.org", OK, 6),
        ("gmail-smtp-in.l.google.com", BUSY, 1),
    ];
    scenario.run(2 * MINUTE, &burst);
    assert!(!scenario.fires("MaillogSmtp421Spike"));
    scenario.run(2 * MINUTE, &burst);
    let active = scenario
        .active("MaillogSmtp421Spike")
        .expect("it is active");
    // Four steps of half a minute with failures are enough, and they have to be in the window.
    assert_eq!(active.since, began + 2 * MINUTE);
    assert_eq!(active.fired, Some(active.since + MINUTE));
    let words = scenario
        .evaluator
        .words(active, "mx1:9925", &web())
        .expect("words");
    assert_eq!(
        words.annotations["summary"],
        "421 4.3.2 from google: 82.76% of all outbound replies"
    );
    // Pages show them in the language of the reader, alerts in that of the policy.
    assert_eq!(words.summary.en, words.annotations["summary"]);
    assert!(
        words.summary.zh.contains("82.76%") && words.summary.zh.contains("google"),
        "{}",
        words.summary.zh
    );
    assert_eq!(words.description.en, words.annotations["description"]);
    assert!(
        words.description.zh.contains("240"),
        "{}",
        words.description.zh
    );
    let description = &words.annotations["description"];
    assert!(
        description.starts_with(
            "Outbound 421 replies: 82.76% now, usually 0%; 240 in the last hour. Top provider: google. \
             What to do: The queue retries."
        ),
        "{description}"
    );
    assert_eq!(
        words.annotations["runbook_url"],
        "http://mx1:9925/codes/421"
    );
}

#[test]
fn deferred_and_bounced_shares_name_and_link_the_measured_condition() {
    for (reply, name, condition) in [
        (
            "451 4.3.0 temporary lookup failure",
            "MaillogDeferredShareFast",
            "service_unavailable",
        ),
        (
            "554 5.7.1 blocked using zen.spamhaus.org",
            "MaillogBouncedShare",
            "blocklisted",
        ),
        (
            "550 5.1.1 user unknown",
            "MaillogBouncedShare",
            "user_unknown",
        ),
    ] {
        let mut scenario = Scenario::new();
        scenario.normal_hour();
        scenario.run(
            HOUR,
            // All providers fail alike, so it is the fault of none of them.
            &["mx.example.net", "mx.google.com", "mx.outlook.com"]
                .map(|host| [(host, OK, 7), (host, reply, 6)])
                .concat(),
        );
        let active = scenario
            .active(name)
            .unwrap_or_else(|| panic!("{name} is not active"));
        let words = scenario
            .evaluator
            .words(active, "mx1:9925", &web())
            .expect("words");
        let description = &words.annotations["description"];
        let sentence = format!("Most frequent condition: {condition}.");
        assert!(description.contains(&sentence), "{description}");
        assert_eq!(
            words.annotations["runbook_url"],
            format!("http://mx1:9925/codes/{condition}")
        );
    }
}

#[test]
fn baseline_421_rate_does_not_alert() {
    let mut scenario = Scenario::new();
    let usual = [("mx.example.org", OK, 1); 20];
    let mut answers = usual.to_vec();
    answers.push(("mx.example.org", BUSY, 10));
    scenario.run(70 * MINUTE, &answers);
    assert_eq!(scenario.fired(), [""; 0]);
}

#[test]
fn ten_421_in_one_minute_do_not_alert() {
    let mut scenario = Scenario::new();
    let calm = ("mx.example.org", OK, MINUTE);
    scenario.run(HOUR, &[calm]);
    scenario.run(MINUTE, &[calm, ("mx.example.org", BUSY, 6)]);
    scenario.run(HOUR, &[calm]);
    assert_eq!(scenario.fired(), [""; 0]);
}

#[test]
fn full_mailboxes_alert_for_any_reply_code() {
    for (reply, page) in [
        ("422 mailbox full", "422"),
        ("452 4.2.2 over quota", "mailbox_full"),
        ("552 5.2.2 mailbox full", "mailbox_full"),
    ] {
        let mut scenario = Scenario::new();
        scenario.normal_hour();
        scenario.run(
            4 * MINUTE,
            &[("mx.example.org", OK, 6), ("mx.example.org", reply, 3)],
        );
        assert!(scenario.fires("MaillogSmtp422Spike"), "{reply}");
        assert!(!scenario.fires("MaillogSmtp421Spike"), "{reply}");
        // The alert links to what was measured: the code, or the condition if most replies have another code.
        let active = scenario.active("MaillogSmtp422Spike").expect("it fires");
        let words = scenario.evaluator.words(active, "mx1:9925", &web());
        let link = words.expect("words").annotations["runbook_url"].clone();
        assert_eq!(link, format!("http://mx1:9925/codes/{page}"), "{reply}");
    }
}

#[test]
fn an_alert_links_to_the_condition_if_more_than_half_of_its_replies_have_another_code() {
    let with_code = ("mx.example.org", "422 mailbox full", 3);
    let without = ("mx.example.org", "452 4.2.2 over quota", 3);
    let cases = [
        (vec![with_code, without], "422"),
        (vec![with_code, without, without], "mailbox_full"),
    ];
    for (replies, page) in cases {
        let mut scenario = Scenario::new();
        scenario.normal_hour();
        scenario.run(4 * MINUTE, &replies);
        let active = scenario.active("MaillogSmtp422Spike").expect("it fires");
        let words = scenario.evaluator.words(active, "mx1:9925", &web());
        let link = words.expect("words").annotations["runbook_url"].clone();
        assert_eq!(link, format!("http://mx1:9925/codes/{page}"));
    }
}

#[test]
fn what_is_read_late_is_no_evidence() {
    let mut scenario = Scenario::new();
    scenario.normal_hour();
    scenario.discard = true;
    let burst = [("mx.example.org", BUSY, 1)];
    scenario.run(10 * MINUTE, &burst);
    assert!(scenario.evaluator.active().is_empty());
    scenario.discard = false;
    scenario.run(4 * MINUTE, &burst);
    assert!(scenario.fires("MaillogSmtp421Spike"));
}

#[test]
fn only_the_rate_limiting_provider_is_reported() {
    let mut scenario = Scenario::new();
    let google = "gmail-smtp-in.l.google.com";
    let yahoo = "mta5.am0.yahoodns.net";
    scenario.run(
        30 * MINUTE,
        &[
            (google, "421 4.7.28 unusual rate of mail", 20),
            (google, OK, 10),
            // The same number, but a small share of its replies.
            (yahoo, "421 4.7.28 unusual rate of mail", 20),
            (yahoo, OK, 1),
        ],
    );
    let firing = scenario.evaluator.active().iter();
    let mut labels: Vec<_> = firing.filter_map(|active| active.label.clone()).collect();
    labels.dedup();
    assert_eq!(labels, [("provider", "google".to_owned())]);
    assert!(scenario.fires("MaillogProviderRateLimited"));
}

#[test]
fn weeks_are_compared_only_when_two_are_known() {
    const NAME: &str = "MaillogTransientAboveLastWeek";
    const LATER: &str = "450 4.3.2 try again later";
    let calm = [("mx.example.org", OK, 30)];
    let much = [("mx.example.org", OK, 30), ("mx.example.org", LATER, 20)];
    for (weeks, known) in [(1, false), (2, true)] {
        let mut scenario = Scenario::new();
        for week in 0..weeks {
            scenario.now = T + week * 7 * 24 * HOUR;
            scenario.run(3 * HOUR, &calm);
        }
        scenario.now = T + weeks * 7 * 24 * HOUR;
        scenario.run(2 * HOUR, &much);
        assert_eq!(scenario.active(NAME).is_some(), known, "{weeks} weeks");
    }
}

#[test]
fn totals_from_before_the_start_do_not_alert() {
    let mut scenario = Scenario::new();
    scenario.run(
        2 * HOUR,
        &[("gmail-smtp-in.l.google.com", "421 4.7.28 unusual rate", 10)],
    );
    // The evaluator starts now; the counters continue.
    scenario.evaluator = evaluator();
    scenario.run(2 * HOUR, &[("mx.example.org", OK, 10)]);
    assert_eq!(scenario.fired(), [""; 0]);
}

#[test]
fn an_alert_that_ended_is_remembered_once_whether_it_is_taken_or_not() {
    for taken in [false, true] {
        let mut scenario = Scenario::new();
        scenario.normal_hour();
        let burst = [("mx.example.org", OK, 6), ("mx.example.org", BUSY, 1)];
        scenario.run(5 * MINUTE, &burst);
        for _ in 0..4 {
            scenario.run(30 * MINUTE, &[("mx.example.org", OK, 6)]);
            if taken {
                scenario.evaluator.take_ended();
            }
        }
        let spike =
            |ended: &&Ended| scenario.evaluator.rule(&ended.active).name == "MaillogSmtp421Spike";
        assert_eq!(scenario.evaluator.resolved().filter(spike).count(), 1);
    }
}
