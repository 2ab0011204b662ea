//! Tests of the families about mail: which series exist before anything was counted, which appear with their first
//! count, and which exemplars they have.

use std::sync::Arc;

use super::*;
use crate::catalog::{Catalog, ProviderId};
use crate::metrics::counters::Counters;
use crate::metrics::exposition::{Exposition, ExpositionFormat};
use crate::metrics::view::View;
use crate::parse::{Action, Agent, Enhanced, Event, Fact, Level, Service, Stamp, TlsSession};
use crate::queue::Queue;

const NOW: i64 = 1_795_435_200;

fn agent(mta: Mta, name: &str) -> Agent {
    let found = Agent::all().find(|it| it.mta() == mta && it.name() == name);
    found.expect("an agent")
}

fn smtp<'a>() -> Service<'a> {
    Service::of(agent(Mta::Postfix, "smtp"))
}

fn view(counters: &Counters) -> View {
    let providers = ["other", "a", "b"].map(str::to_owned);
    View::new(counters.clone(), providers.into())
}

/// The series of a family, without its name: `{labels} value`.
fn series(view: View, family: &str) -> Vec<String> {
    let text = crate::metrics::render(&Arc::new(view), NOW);
    let lines = text.lines().filter_map(|line| line.strip_prefix(family));
    let lines = lines.filter(|rest| rest.starts_with(['{', ' ']));
    lines.map(str::to_owned).collect()
}

/// The series of a family that these facts add or change.
fn changed_by(facts: &[Fact<'_>], family: &str) -> Vec<String> {
    // The server is known before.
    let mut counters = Counters::new(Catalog::embedded());
    for fact in facts {
        let mta = match *fact {
            Fact::Connected(service)
            | Fact::ConnectionLost(service, _)
            | Fact::AuthFailed(service, _)
            | Fact::TlsEstablished(service, ..) => service.agent.mta(),
            Fact::TlsFailed(mta, _) | Fact::Action(mta, _) => mta,
            _ => Mta::Postfix,
        };
        counters.mtas_seen[mta.index()] = true;
    }
    let before = series(view(&counters), family);
    facts.iter().for_each(|fact| counters.fact(fact, 1));
    let after = series(view(&counters), family).into_iter();
    after.filter(|line| !before.contains(line)).collect()
}

#[test]
fn usual_series_of_postfix_exist_before_the_first_line() {
    let counters = Counters::new(Catalog::embedded());
    let postfix = "mta=\"postfix\"";
    let of = |family: &str| series(view(&counters), family);
    let statuses = ["sent", "deferred", "bounced", "expired"];
    let smtp = format!("{postfix},service=\"smtp\"");
    assert_eq!(
        of("maillog_deliveries_total"),
        statuses.map(|status| format!("{{{smtp},status=\"{status}\"}} 0"))
    );
    let accepting = ["smtpd", "postscreen"].map(|it| format!("{postfix},service=\"{it}\""));
    assert_eq!(
        of("maillog_connections_total"),
        accepting.clone().map(|it| format!("{{{it}}} 0"))
    );
    assert_eq!(
        of("maillog_connections_lost_total"),
        accepting.map(|it| format!("{{{it},stage=\"connect\"}} 0"))
    );
    let smtpd = format!("{postfix},service=\"smtpd\"");
    assert_eq!(
        of("maillog_auth_failures_total"),
        [format!("{{{smtpd}}} 0")]
    );
    let trusts = ["anonymous", "untrusted", "trusted", "verified"];
    let combinations = trusts.map(|trust| (&smtp, "outbound", trust));
    let combinations = combinations
        .into_iter()
        .chain([(&smtpd, "inbound", "anonymous")]);
    let tls: Vec<String> = combinations
        .flat_map(|(service, direction, trust)| {
            ["TLSv1.2", "TLSv1.3"].map(|protocol| {
                format!("{{{service},direction=\"{direction}\",trust=\"{trust}\",protocol=\"{protocol}\"}} 0")
            })
        })
        .collect();
    assert_eq!(of("maillog_tls_connections_total"), tls);
    assert_eq!(
        of("maillog_rejects_total"),
        [format!(
            "{{{postfix},stage=\"rcpt\",condition=\"policy\"}} 0"
        )]
    );
    assert_eq!(
        of("maillog_tls_failures_total"),
        ["outbound", "inbound"].map(|it| format!("{{{postfix},direction=\"{it}\"}} 0"))
    );
    assert_eq!(of("maillog_actions_total").len(), Action::ALL.len());
    let catalog = Catalog::embedded();
    let codes = (0..1_000)
        .filter(|code| catalog.code(*code).is_some())
        .count();
    assert_eq!(of("maillog_codes_total").len(), 3 * codes);
    assert!(
        of("maillog_code_rate")
            .iter()
            .all(|line| line.ends_with("} 0"))
    );
    for absent in [
        "maillog_enhanced_codes_total",
        "maillog_provider_codes_total",
        "maillog_queue_messages",
    ] {
        assert_eq!(of(absent), [""; 0]);
    }
}

#[test]
fn series_of_another_server_exist_instead_once_it_is_seen() {
    let mut counters = Counters::new(Catalog::embedded());
    counters.mtas_seen[Mta::Exim.index()] = true;
    for (family, expected) in [
        (
            "maillog_connections_total",
            &["{mta=\"exim\",service=\"receive\"} 0"][..],
        ),
        (
            "maillog_auth_failures_total",
            &["{mta=\"exim\",service=\"receive\"} 0"],
        ),
        (
            "maillog_rejects_total",
            &["{mta=\"exim\",stage=\"rcpt\",condition=\"policy\"} 0"],
        ),
        // What it logs about TLS depends on its configuration.
        ("maillog_tls_connections_total", &[]),
        ("maillog_actions_total", &[]),
        ("maillog_postscreen_results_total", &[]),
    ] {
        assert_eq!(series(view(&counters), family), expected, "{family}");
    }
    counters.mtas_seen[Mta::Postfix.index()] = true;
    let both = series(view(&counters), "maillog_rejects_total");
    assert_eq!(both.len(), 2);
}

#[test]
fn unusual_series_appear_with_their_first_count() {
    let submission = Service {
        instance: b"submission",
        agent: agent(Mta::Postfix, "smtpd"),
    };
    let session = |trust, protocol| TlsSession { trust, protocol };
    let of_submission = "mta=\"postfix\",service=\"submission/smtpd\"";
    let old = session(TlsTrust::Verified, TlsProtocol::Tls10);
    let exim = agent(Mta::Exim, "queue");
    for (fact, family, expected) in [
        (
            Fact::Connected(submission),
            "maillog_connections_total",
            format!("{{{of_submission}}} 1"),
        ),
        (
            Fact::ConnectionLost(submission, Stage::Data),
            "maillog_connections_lost_total",
            format!("{{{of_submission},stage=\"data\"}} 1"),
        ),
        (
            Fact::AuthFailed(submission, Level::Warning),
            "maillog_auth_failures_total",
            format!("{{{of_submission}}} 1"),
        ),
        (
            Fact::TlsEstablished(submission, Direction::Inbound, old),
            "maillog_tls_connections_total",
            format!(
                "{{{of_submission},direction=\"inbound\",trust=\"verified\",protocol=\"TLSv1\"}} 1"
            ),
        ),
        (
            Fact::TlsFailed(Mta::Postfix, Direction::Local),
            "maillog_tls_failures_total",
            "{mta=\"postfix\",direction=\"local\"} 1".to_owned(),
        ),
        (
            Fact::Action(Mta::Exim, Action::Delay),
            "maillog_actions_total",
            "{mta=\"exim\",action=\"delay\"} 1".to_owned(),
        ),
        (
            Fact::ConnectionLost(Service::of(exim), Stage::Connect),
            "maillog_connections_lost_total",
            "{mta=\"exim\",service=\"queue\",stage=\"connect\"} 1".to_owned(),
        ),
    ] {
        assert_eq!(changed_by(&[fact], family), [expected]);
    }
    // One count of a service adds no others.
    let families = [
        "maillog_connections_lost_total",
        "maillog_auth_failures_total",
        "maillog_tls_connections_total",
        "maillog_deliveries_total",
    ];
    for family in families {
        assert_eq!(changed_by(&[Fact::Connected(submission)], family), [""; 0]);
    }
    let mut counters = Counters::new(Catalog::embedded());
    let condition = Catalog::embedded().condition_named("greylisted");
    let mut event = Event::new(submission, Direction::Inbound, Outcome::Rejected);
    (event.stage, event.condition, event.code) = (Some(Stage::Data), condition, Some(299));
    counters.event_repeated(None, &event, NOW, 3);
    let rejects = series(view(&counters), "maillog_rejects_total");
    assert_eq!(
        rejects,
        [
            "{mta=\"postfix\",stage=\"rcpt\",condition=\"policy\"} 0",
            "{mta=\"postfix\",stage=\"data\",condition=\"greylisted\"} 3"
        ]
    );
    let codes = series(view(&counters), "maillog_codes_total");
    let unknown: Vec<_> = codes.iter().filter(|it| it.contains("299")).collect();
    assert_eq!(unknown, ["{direction=\"inbound\",code=\"299\"} 3"]);
}

#[test]
fn deliveries_of_a_service_have_every_status_from_the_first_one() {
    let mut counters = Counters::new(Catalog::embedded());
    let relay = Service {
        instance: b"relay",
        agent: agent(Mta::Postfix, "smtp"),
    };
    let event = Event::new(relay, Direction::Outbound, Outcome::Bounced);
    counters.event(None, &event, NOW);
    let deliveries = series(view(&counters), "maillog_deliveries_total");
    let of_relay: Vec<_> = deliveries
        .iter()
        .filter(|it| it.contains("relay/smtp"))
        .collect();
    let expected = [("sent", 0), ("deferred", 0), ("bounced", 1), ("expired", 0)];
    let expected = expected.map(|(status, count)| {
        format!("{{mta=\"postfix\",service=\"relay/smtp\",status=\"{status}\"}} {count}")
    });
    assert_eq!(of_relay, expected.iter().collect::<Vec<_>>());
    assert_eq!(deliveries.len(), 8);
}

/// Counters with failures of two providers, each with a queue id.
fn failures() -> Counters {
    let catalog = Catalog::embedded();
    let mut counters = Counters::new(catalog).with_exemplars();
    for (number, (provider, code, outcome, condition, queue_id)) in (0..).zip([
        (2, 421, Outcome::Deferred, "rate_limited", "A1"),
        (2, 550, Outcome::Bounced, "user_unknown", "A2"),
        (1, 452, Outcome::Deferred, "mailbox_full", "A3"),
        (1, 550, Outcome::Bounced, "user_unknown", "A4"),
    ]) {
        let mut event = Event::new(smtp(), Direction::Outbound, outcome);
        event.provider = ProviderId(provider);
        event.code = Some(code);
        event.condition = catalog.condition_named(condition);
        event.queue_id = queue_id.as_bytes();
        let time = Stamp {
            seconds: NOW - 10 + number,
            nanos: number as u32 * 5_000_000,
        };
        counters.event(Some(time), &event, NOW);
    }
    counters
}

#[test]
fn exemplars_are_those_of_their_series() {
    let view = Arc::new(view(&failures()));
    let mut exposition = Exposition::default();
    exposition.shows_exemplars = true;
    // The second time, names and labels of the first one are used again.
    for _ in 0..2 {
        let text = exposition.render(&view, NOW, ExpositionFormat::OpenMetrics);
        let lines = text
            .lines()
            .filter_map(|line| line.strip_prefix("maillog_"));
        let with_exemplar = lines.filter_map(|line| line.split_once(" # "));
        let mut shown: Vec<(&str, String)> = with_exemplar
            .map(|(series, exemplar)| (series, exemplar.to_owned()))
            .collect();
        let exemplar = |number: i64| {
            let parts = ["", "", ".005000000", ".010000000", ".015000000"][number as usize];
            format!("{{queue_id=\"A{number}\"}} 1 {}{parts}", NOW - 11 + number)
        };
        let expected = [
            ("codes_total{direction=\"outbound\",code=\"421\"} 1", 1),
            ("codes_total{direction=\"outbound\",code=\"452\"} 1", 3),
            ("codes_total{direction=\"outbound\",code=\"550\"} 2", 4),
            ("provider_codes_total{provider=\"a\",code=\"452\"} 1", 3),
            ("provider_codes_total{provider=\"a\",code=\"550\"} 1", 4),
            ("provider_codes_total{provider=\"b\",code=\"421\"} 1", 1),
            ("provider_codes_total{provider=\"b\",code=\"550\"} 1", 2),
            (
                "provider_conditions_total{provider=\"a\",condition=\"mailbox_full\"} 1",
                3,
            ),
            (
                "provider_conditions_total{provider=\"a\",condition=\"user_unknown\"} 1",
                4,
            ),
            (
                "provider_conditions_total{provider=\"b\",condition=\"rate_limited\"} 1",
                1,
            ),
            (
                "provider_conditions_total{provider=\"b\",condition=\"user_unknown\"} 1",
                2,
            ),
            (
                "provider_deliveries_total{provider=\"a\",status=\"deferred\",cause=\"recipient\"} 1",
                3,
            ),
            (
                "provider_deliveries_total{provider=\"a\",status=\"bounced\",cause=\"recipient\"} 1",
                4,
            ),
            (
                "provider_deliveries_total{provider=\"b\",status=\"deferred\",cause=\"throttling\"} 1",
                1,
            ),
            (
                "provider_deliveries_total{provider=\"b\",status=\"bounced\",cause=\"recipient\"} 1",
                2,
            ),
        ];
        let mut expected = expected.map(|(series, number)| (series, exemplar(number)));
        shown.sort();
        expected.sort();
        assert_eq!(shown, expected);
    }
    exposition.shows_exemplars = false;
    let text = exposition.render(&view, NOW, ExpositionFormat::OpenMetrics);
    assert!(!text.contains(" # {"));
}

#[test]
fn rate_limits_of_every_known_provider_exist_from_its_first_reply() {
    let conditions = series(view(&failures()), "maillog_provider_conditions_total");
    for (provider, condition, count) in [
        ("a", "rate_limited", 0),
        ("a", "too_many_connections", 0),
        ("b", "rate_limited", 1),
        ("b", "too_many_connections", 0),
        ("a", "user_unknown", 1),
    ] {
        let expected = format!("{{provider=\"{provider}\",condition=\"{condition}\"}} {count}");
        assert!(
            conditions.contains(&expected),
            "{expected}: {conditions:#?}"
        );
    }
    assert_eq!(conditions.len(), 4 + 3);
}

#[test]
fn counts_beyond_the_limits_have_labels_of_their_own() {
    let limits = crate::metrics::Limits {
        extra_codes: 0,
        enhanced: 1,
        providers: 1,
        dsn: 1,
    };
    let catalog = Catalog::embedded();
    let mut counters = Counters::within(catalog, limits);
    for (code, condition) in [
        (421, "rate_limited"),
        (550, "user_unknown"),
        (999, "user_unknown"),
    ] {
        let mut event = Event::new(smtp(), Direction::Outbound, Outcome::Bounced);
        event.provider = ProviderId(1);
        event.code = Some(code);
        event.condition = catalog.condition_named(condition);
        let enhanced = Enhanced {
            class: 5,
            subject: 1,
            detail: code,
        };
        (event.enhanced, event.dsn) = (Some(enhanced), Some(enhanced));
        counters.event(None, &event, NOW);
    }
    let reply = |code: &str, enhanced: &str, count| {
        let server = "mta=\"postfix\",direction=\"outbound\"";
        format!("{{{server},code=\"{code}\",enhanced=\"{enhanced}\"}} {count}")
    };
    let counts = |family| {
        let mut found = series(view(&counters), family);
        found.retain(|line| !line.ends_with("} 0"));
        found
    };
    let with_provider = |label: &str, values: [&str; 2]| {
        values
            .into_iter()
            .zip([1, 2])
            .map(|(value, count)| format!("{{provider=\"a\",{label}=\"{value}\"}} {count}"))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        counts("maillog_enhanced_codes_total"),
        [
            reply("421", "5.1.421", 1),
            reply("550", "other", 1),
            reply("other", "other", 1)
        ]
    );
    assert_eq!(
        counts("maillog_provider_codes_total"),
        with_provider("code", ["421", "other"])
    );
    assert_eq!(
        counts("maillog_provider_conditions_total"),
        with_provider("condition", ["rate_limited", "folded"])
    );
    let dsn = [("5.1.421", 1), ("other", 2)];
    let dsn = dsn.map(|(dsn, count)| format!("{{status=\"bounced\",dsn=\"{dsn}\"}} {count}"));
    assert_eq!(counts("maillog_deliveries_by_dsn_total"), dsn);
    let codes = ["421", "550", "other"];
    assert_eq!(
        counts("maillog_codes_total"),
        codes.map(|code| format!("{{direction=\"outbound\",code=\"{code}\"}} 1"))
    );
}

#[test]
fn queues_show_messages_bytes_and_the_age_of_the_oldest() {
    let mut view = view(&Counters::new(Catalog::embedded()));
    let mut queues = [Queue::default(); queue::NAMES.len()];
    for (number, queue) in (1..).zip(&mut queues) {
        (queue.messages, queue.bytes) = (number, 1_000 * number);
    }
    // A clock that was set back makes no age negative.
    (queues[1].oldest, queues[2].oldest) = (Some(NOW - 90), Some(NOW + 90));
    view.queues = Some(queues);
    let values = |family: &str| {
        let lines = series(view.clone(), family);
        let names = queue::NAMES
            .iter()
            .map(|name| format!("{{queue=\"{name}\"}}"));
        let values = lines.iter().zip(names).map(|(line, name)| {
            let value = line.strip_prefix(&name).expect("the queue");
            value.trim().parse::<u64>().expect("a number")
        });
        values.collect::<Vec<_>>()
    };
    assert_eq!(values("maillog_queue_messages"), [1, 2, 3, 4, 5, 6]);
    assert_eq!(
        values("maillog_queue_size_bytes"),
        [1_000, 2_000, 3_000, 4_000, 5_000, 6_000]
    );
    assert_eq!(
        values("maillog_queue_oldest_age_seconds"),
        [0, 90, 0, 0, 0, 0]
    );
}
