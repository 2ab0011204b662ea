//! Rules about mail.

use super::*;

#[test]
fn burst_of_421_fires_after_two_minutes() {
    let mut scenario = Scenario::new();
    scenario.normal_hour();
    let began = scenario.now;
    let burst = [
        ("mx.example.org", OK, 6),
        ("gmail-smtp-in.l.google.com", BUSY, 1),
    ];
    scenario.run(2 * MINUTE, &burst);
    assert!(!scenario.fires("MaillogSmtp421Spike"));
    scenario.run(MINUTE, &burst);
    let active = scenario
        .active("MaillogSmtp421Spike")
        .expect("it is active");
    // The 21st reply exceeds the count; the rule matches at the next step.
    assert_eq!(active.since, began + 30);
    assert_eq!(active.fired, Some(active.since + 2 * MINUTE));
    let figures = &active.figures;
    assert_eq!((figures.value, figures.baseline), (180, Some(0.0)));
    assert_eq!(figures.share, Some(180.0 / 230.0));
    let words = scenario.evaluator.words(active, "mx1:9925").expect("words");
    assert_eq!(
        words.annotations["description"],
        "180 outbound 421 replies in 5 min: 78.26% of all outbound replies, compared with 0 per 5 min in \
         the previous hour. Top provider: google."
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
            "451 4.7.1 try again later, greylisted",
            "MaillogDeferredShareFast",
            "greylisted",
        ),
        (
            "452 4.2.2 mailbox full",
            "MaillogDeferredShareFast",
            "mailbox_full",
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
            &[("mx.example.org", OK, 6), ("mx.example.net", reply, 3)],
        );
        let active = scenario
            .active(name)
            .unwrap_or_else(|| panic!("{name} is not active"));
        let words = scenario.evaluator.words(active, "mx1:9925").expect("words");
        let description = &words.annotations["description"];
        let sentence = format!("Most frequent condition: {condition}.");
        assert!(description.ends_with(&sentence), "{description}");
        assert_eq!(
            words.annotations["runbook_url"],
            format!("http://mx1:9925/codes/{condition}")
        );
    }
}

#[test]
fn leading_provider_is_known_while_pending() {
    let mut scenario = Scenario::new();
    scenario.normal_hour();
    scenario.run(45, &[("gmail-smtp-in.l.google.com", BUSY, 1)]);
    let active = scenario
        .active("MaillogSmtp421Spike")
        .expect("it is pending");
    assert_eq!(active.figures.leader.as_deref(), Some("google"));
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
    for reply in [
        "422 mailbox full",
        "452 4.2.2 over quota",
        "552 5.2.2 mailbox full",
    ] {
        let mut scenario = Scenario::new();
        scenario.normal_hour();
        scenario.run(
            4 * MINUTE,
            &[("mx.example.org", OK, 6), ("mx.example.org", reply, 3)],
        );
        assert!(scenario.fires("MaillogSmtp422Spike"), "{reply}");
        assert!(!scenario.fires("MaillogSmtp421Spike"), "{reply}");
    }
}

#[test]
fn mail_rules_are_suppressed_during_catch_up() {
    let mut scenario = Scenario::new();
    scenario.normal_hour();
    scenario.suppressed = true;
    let burst = [("mx.example.org", BUSY, 1)];
    scenario.run(10 * MINUTE, &burst);
    assert!(scenario.evaluator.active().is_empty());
    scenario.suppressed = false;
    scenario.run(3 * MINUTE, &burst);
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
    let labels: Vec<_> = firing.filter_map(|active| active.label.clone()).collect();
    assert_eq!(labels, [("provider", "google".to_owned())]);
    assert!(scenario.fires("MaillogProviderRateLimited"));
}

#[test]
fn week_comparison_needs_a_week_of_history() {
    const NAME: &str = "MaillogTransientAboveLastWeek";
    const LATER: &str = "450 4.3.2 try again later";
    let much = [("mx.example.org", OK, 30), ("mx.example.org", LATER, 20)];
    let mut scenario = Scenario::new();
    scenario.run(3 * HOUR, &much);
    assert!(
        !scenario.fires(NAME),
        "there is no history of a week before"
    );

    let mut scenario = Scenario::new();
    scenario.run(
        3 * HOUR,
        &[("mx.example.org", OK, 30), ("mx.example.org", LATER, 80)],
    );
    scenario.now = T + 7 * 24 * HOUR;
    scenario.run(2 * HOUR, &much);
    let figures = &scenario.active(NAME).expect("it is active").figures;
    assert_eq!((figures.value, figures.baseline), (180, Some(45.0)));
    assert!(scenario.fires(NAME));

    // The same rate as a week before does not alert.
    let mut scenario = Scenario::new();
    scenario.run(3 * HOUR, &much);
    scenario.now = T + 7 * 24 * HOUR;
    scenario.run(2 * HOUR, &much);
    assert!(!scenario.fires(NAME));
}

#[test]
fn share_alert_resolves_after_the_short_window() {
    const NAME: &str = "MaillogDeferredShareFast";
    let mut scenario = Scenario::new();
    let bad = [("mx.example.org", OK, 60), ("mx.example.org", BUSY, 10)];
    scenario.run(HOUR, &bad);
    assert!(scenario.fires(NAME));
    let well = scenario.now;
    scenario.run(10 * MINUTE, &[("mx.example.org", OK, 5)]);
    let active = scenario.active(NAME).expect("it keeps firing");
    assert!((well..=well + 5 * MINUTE).contains(&active.found));
    scenario.run(11 * MINUTE, &[("mx.example.org", OK, 5)]);
    assert!(
        !scenario.fires(NAME),
        "the long window alone does not keep it firing"
    );
    // The short window alone does not start it.
    let mut scenario = Scenario::new();
    scenario.run(HOUR, &[("mx.example.org", OK, 1)]);
    scenario.run(6 * MINUTE, &[("mx.example.org", BUSY, 1)]);
    assert!(scenario.fires("MaillogSmtp421Spike") && !scenario.fires(NAME));
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
