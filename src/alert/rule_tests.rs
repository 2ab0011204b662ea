//! The limits of the rules about mail, and what keeps their alerts from starting.

use super::*;
use crate::alert::active::Active;
use crate::catalog::Providers;

/// No evidence, for the embedded policy.
fn evidence() -> Evidence {
    let providers = Providers::embedded();
    let names: Vec<String> = providers.names().map(str::to_owned).collect();
    Evidence::new(&Policy::embedded(), Catalog::embedded(), names.into())
}

fn number(name: &str) -> usize {
    let policy = Policy::embedded();
    let number = policy.alerts.iter().position(|it| it.name == name);
    number.unwrap_or_else(|| panic!("there is no rule {name}"))
}

/// A pending or firing alert of a rule.
fn alert(rule: &str, provider: Option<&str>, is_firing: bool) -> Active {
    let label = provider.map(|name| ("provider", name));
    Active::of_test(number(rule), label, is_firing.then_some(60))
}

/// What a rule finds in the evidence while these alerts are pending or firing: providers and figures.
fn evaluate(
    name: &str,
    evidence: &Evidence,
    alerts: Vec<Active>,
) -> Vec<(Option<String>, Figures)> {
    let number = number(name);
    let rule = Rule::new(number, &Policy::embedded(), evidence, Catalog::embedded());
    let actives = Actives {
        list: alerts,
        ended: Vec::new(),
    };
    let mut found = Vec::new();
    let leading = Leading::new();
    let catalog = Catalog::embedded();
    rule.evaluate(number, evidence, &leading, &actives, catalog, &mut found);
    let found = found.into_iter();
    let found = found.map(|it| (it.label.map(|(_, value)| value), it.figures));
    found.collect()
}

/// A share and what is proven of it.
fn share(share: f64, share_lower: f64) -> Judgement {
    Judgement {
        share,
        share_lower,
        usual: Some(0.0),
        ..Judgement::default()
    }
}

#[test]
fn a_share_alerts_if_more_than_its_limit_is_proven_and_lasts_until_it_is_near_to_the_usual_one() {
    const NAME: &str = "MaillogSmtp421Spike";
    // The usual share, the share now, what is proven, and whether an alert starts and lasts. If 10 % are usual, more
    // than 25 % are needed to start: three times the odds.
    let cases = [
        (0.0, 0.5, 0.051, [true, true]),
        (0.0, 0.5, 0.05, [false, true]),
        (0.0, 0.0251, 0.051, [true, true]),
        (0.0, 0.025, 0.051, [false, false]),
        (0.0, 0.0, 0.0, [false, false]),
        (0.1, 0.5, 0.251, [true, true]),
        (0.1, 0.5, 0.249, [false, true]),
        (0.1, 0.176, 0.251, [true, true]),
        (0.1, 0.174, 0.251, [false, false]),
    ];
    for (usual, now, proven, expected) in cases {
        let judgement = Judgement {
            usual: Some(usual),
            events: [5, 10, 15, 60],
            ..share(now, proven)
        };
        let evidence = evidence().with("smtp421", None, judgement);
        for (is_firing, expected) in [false, true].into_iter().zip(expected) {
            let found = evaluate(NAME, &evidence, vec![alert(NAME, None, is_firing)]);
            let figures = Figures {
                value: 60,
                share: Some(now),
                usual: Some(usual),
                ..Figures::default()
            };
            let expected = if expected {
                vec![(None, figures)]
            } else {
                vec![]
            };
            assert_eq!(
                found, expected,
                "{now} {proven}, usually {usual}: {is_firing}"
            );
        }
    }
}

#[test]
fn numbers_alert_above_their_limit_and_those_that_grow_last_until_half_of_it() {
    // Of the last ten minutes, four times as many as usual and 3 · √ 200 more: 242.4. Of the last quarter, four.
    let cases = [
        (
            "MaillogOutboundSurge",
            "sent_messages",
            Some(50.0),
            242,
            [false, true],
        ),
        (
            "MaillogOutboundSurge",
            "sent_messages",
            Some(50.0),
            243,
            [true, true],
        ),
        (
            "MaillogOutboundSurge",
            "sent_messages",
            Some(50.0),
            121,
            [false, false],
        ),
        (
            "MaillogOutboundSurge",
            "sent_messages",
            Some(50.0),
            122,
            [false, true],
        ),
        (
            "MaillogOutboundSurge",
            "sent_messages",
            Some(0.0),
            50,
            [false, false],
        ),
        (
            "MaillogOutboundSurge",
            "sent_messages",
            Some(0.0),
            51,
            [false, true],
        ),
        (
            "MaillogOutboundSurge",
            "sent_messages",
            Some(0.0),
            100,
            [false, true],
        ),
        (
            "MaillogOutboundSurge",
            "sent_messages",
            Some(0.0),
            101,
            [true, true],
        ),
        (
            "MaillogOutboundSurge",
            "sent_messages",
            None,
            9_999,
            [false, false],
        ),
        ("MaillogFatalMessages", "fatal", None, 4, [false, false]),
        ("MaillogFatalMessages", "fatal", None, 5, [true, true]),
        ("MaillogFatalMessages", "fatal", None, 50, [true, true]),
    ];
    for (name, signal, usual, value, expected) in cases {
        let events = match name {
            "MaillogFatalMessages" => [0, 0, value, value + 1],
            _ => [0, value, value + 1, value + 2],
        };
        let judgement = Judgement {
            usual,
            events,
            ..Judgement::default()
        };
        let evidence = evidence().with(signal, None, judgement);
        for (is_firing, expected) in [false, true].into_iter().zip(expected) {
            let found = evaluate(name, &evidence, vec![alert(name, None, is_firing)]);
            let figures = Figures {
                value,
                usual,
                ..Figures::default()
            };
            let expected = if expected {
                vec![(None, figures)]
            } else {
                vec![]
            };
            assert_eq!(found, expected, "{name} {value}: {is_firing}");
        }
    }
}

#[test]
fn a_rule_about_two_signals_needs_more_than_the_share_of_the_other_one() {
    const NAME: &str = "MaillogDnsFailing";
    let found = |deferred: Option<f64>, is_firing| {
        let mut evidence = evidence().with("dns", None, share(0.5, 0.4));
        if let Some(deferred) = deferred {
            evidence = evidence.with("deferred_new", None, share(0.5, deferred));
        }
        !evaluate(NAME, &evidence, vec![alert(NAME, None, is_firing)]).is_empty()
    };
    assert!(found(Some(0.301), false));
    assert!(!found(Some(0.3), false));
    assert!(!found(None, false));
    assert!(found(Some(0.0), true), "only to start");
}

/// Evidence that two providers fail, of which others do so as well.
fn failing(others_lower: f64) -> Evidence {
    let judgement = Judgement {
        others_lower,
        ..share(0.9, 0.8)
    };
    let providers = ["google", "yahoo"].into_iter();
    providers.fold(evidence(), |evidence, provider| {
        let evidence = evidence.with("provider_failing", Some(provider), judgement);
        evidence.with("provider_failing_new", Some(provider), judgement)
    })
}

#[test]
fn a_provider_fails_if_the_others_do_not_and_no_alert_of_the_same_cause_is_there() {
    const NAME: &str = "MaillogProviderFailing";
    let found = |others, alerts| -> Vec<String> {
        let found = evaluate(NAME, &failing(others), alerts).into_iter();
        found.filter_map(|it| it.0).collect()
    };
    assert_eq!(found(0.3, vec![]), ["google", "yahoo"]);
    assert_eq!(found(0.31, vec![]), [""; 0]);
    // The alert about one provider goes on, whatever the others do.
    let of_google = || alert(NAME, Some("google"), true);
    assert_eq!(found(0.31, vec![of_google()]), ["google"]);
    for is_firing in [false, true] {
        let network = alert("MaillogDnsFailing", None, is_firing);
        assert_eq!(found(0.0, vec![network.clone()]), [""; 0]);
        assert_eq!(found(0.0, vec![network, of_google()]), ["google"]);
    }
    let deferred = |is_firing| alert("MaillogDeferredShareFast", None, is_firing);
    assert_eq!(found(0.0, vec![deferred(false)]), ["google", "yahoo"]);
    assert_eq!(found(0.0, vec![deferred(true)]), [""; 0]);
    let another = alert("MaillogTlsFailing", None, true);
    assert_eq!(found(0.0, vec![another]), ["google", "yahoo"]);
}

/// A number of events in the last hour.
fn hour(events: u64) -> Judgement {
    Judgement {
        events: [0, 0, 0, events],
        ..Judgement::default()
    }
}

#[test]
fn an_alert_about_a_provider_does_not_start_if_one_about_all_explains_more_than_a_part() {
    const NAME: &str = "MaillogProviderFailing";
    // Half of the refusals of Google, and less of those of Yahoo.
    let found = |of_google, alerts| -> Vec<String> {
        let evidence = failing(0.0)
            .with("provider_421", Some("google"), hour(of_google))
            .with("provider_refusals", Some("google"), hour(100))
            .with("provider_421", Some("yahoo"), hour(10))
            .with("provider_refusals", Some("yahoo"), hour(100));
        let found = evaluate(NAME, &evidence, alerts).into_iter();
        found.filter_map(|it| it.0).collect()
    };
    let spike = || alert("MaillogSmtp421Spike", None, false);
    assert_eq!(found(51, vec![]), ["google", "yahoo"]);
    assert_eq!(found(50, vec![spike()]), ["google", "yahoo"]);
    assert_eq!(found(51, vec![spike()]), ["yahoo"]);
}

#[test]
fn an_alert_about_all_does_not_start_if_those_about_providers_explain_more_than_a_part() {
    const NAME: &str = "MaillogSmtp421Spike";
    let starts = |of_google, of_yahoo, alerts| {
        let judgement = Judgement {
            events: [100; 4],
            ..share(0.5, 0.4)
        };
        let evidence = evidence()
            .with("smtp421", None, judgement)
            .with("provider_421", Some("google"), hour(of_google))
            .with("provider_421", Some("yahoo"), hour(of_yahoo));
        !evaluate(NAME, &evidence, alerts).is_empty()
    };
    let fails = |name, is_firing| alert("MaillogProviderFailing", Some(name), is_firing);
    assert!(starts(81, 19, vec![]));
    assert!(!starts(81, 19, vec![fails("google", true)]));
    assert!(starts(80, 20, vec![fails("google", true)]));
    assert!(
        starts(81, 19, vec![fails("google", false)]),
        "it is pending"
    );
    assert!(starts(81, 19, vec![fails("yahoo", true)]));
    assert!(!starts(
        41,
        40,
        vec![fails("google", true), fails("yahoo", true)]
    ));
}

#[test]
fn an_alert_about_all_does_not_start_if_another_one_explains_what_they_have_in_common() {
    const NAME: &str = "MaillogBlocklisted";
    // What providers refuse with 421 and as listed: at most the smaller number of both.
    let starts = |of_google: [u64; 2], of_yahoo: [u64; 2], alerts| {
        let evidence = evidence()
            .with("blocklisted", None, share(0.5, 0.4))
            .with("provider_421", Some("google"), hour(of_google[0]))
            .with("provider_blocklisted", Some("google"), hour(of_google[1]))
            .with("provider_421", Some("yahoo"), hour(of_yahoo[0]))
            .with("provider_blocklisted", Some("yahoo"), hour(of_yahoo[1]));
        !evaluate(NAME, &evidence, alerts).is_empty()
    };
    let spike = || vec![alert("MaillogSmtp421Spike", None, false)];
    assert!(starts([60, 60], [40, 40], vec![]));
    assert!(!starts([60, 60], [40, 40], spike()));
    assert!(!starts([900, 60], [21, 40], spike()));
    assert!(starts([900, 60], [20, 40], spike()), "80 of 100");
}

#[test]
fn an_alert_of_one_provider_is_explained_by_that_of_the_same_provider_only() {
    const NAME: &str = "MaillogProviderFailing";
    let evidence = ["google", "yahoo"]
        .into_iter()
        .fold(failing(0.0), |it, name| {
            it.with("provider_blocklisted", Some(name), hour(90)).with(
                "provider_refusals",
                Some(name),
                hour(100),
            )
        });
    let blocked = alert("MaillogBlockedByProvider", Some("google"), false);
    let found = evaluate(NAME, &evidence, vec![blocked]).into_iter();
    let found: Vec<_> = found.filter_map(|it| it.0).collect();
    assert_eq!(found, ["yahoo"]);
}

#[test]
fn each_rule_that_can_have_several_alerts_has_a_label_for_them() {
    let (policy, evidence) = (Policy::embedded(), evidence());
    for (number, alert) in policy.alerts.iter().enumerate() {
        let rule = Rule::new(number, &policy, &evidence, Catalog::embedded());
        let expected = match &*alert.name {
            "MaillogProviderFailing"
            | "MaillogProviderDegraded"
            | "MaillogProviderRateLimited"
            | "MaillogBlockedByProvider" => Some("provider"),
            "MaillogQueueStuck" | "MaillogQueueGrown" => Some("queue"),
            "MaillogSourceDown"
            | "MaillogSourceSilent"
            | "MaillogSourceLagging"
            | "MaillogCatchingUp"
            | "MaillogSourceClockOff"
            | "MaillogUnmatchedLines"
            | "MaillogLinesDropped"
            | "MaillogPositionsLost" => Some("source"),
            "MaillogSeriesFolded" => Some("metric"),
            _ => None,
        };
        assert_eq!(rule.label(), expected, "{}", alert.name);
    }
}
