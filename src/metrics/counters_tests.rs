//! Tests of what each event and fact counts, as it is shown.

use std::sync::Arc;

use super::*;
use crate::catalog::ProviderId;
use crate::metrics::{View, render};
use crate::parse::{
    Agent, Delays, Level, Outcome, PostscreenResult, Service, TlsProtocol, TlsSession, TlsTrust,
};

const NOW: i64 = 1_795_435_200;

fn service<'a>(name: &str) -> Service<'a> {
    let found = Agent::all().find(|it| it.mta() == Mta::Postfix && it.name() == name);
    Service::of(found.expect("an agent"))
}

fn shown(counters: &Counters) -> Vec<String> {
    let providers = ["other", "a"].map(str::to_owned);
    let text = render(
        &Arc::new(View::new(counters.clone(), providers.into())),
        NOW,
    );
    let ours = text
        .lines()
        .filter_map(|line| line.strip_prefix("maillog_"));
    ours.map(|line| line.replace("mta=\"postfix\",", ""))
        .collect()
}

/// The series that are other than zero after an event that is reported twice, without their common prefix.
fn counted_by(event: &Event<'_>) -> Vec<String> {
    let before = shown(&Counters::new(Catalog::embedded()));
    let mut counters = Counters::new(Catalog::embedded());
    counters.event_repeated(None, event, NOW, 2);
    let after = shown(&counters).into_iter();
    after
        .filter(|line| !before.contains(line) && !line.ends_with(" 0"))
        .collect()
}

fn enhanced(class: u8, subject: u16, detail: u16) -> Option<Enhanced> {
    Some(Enhanced {
        class,
        subject,
        detail,
    })
}

#[test]
fn reject_counts_by_stage_and_condition_unless_it_was_logged_before() {
    let condition = Catalog::embedded().condition_named("auth");
    let reject = |stage, code| {
        let mut event = Event::new(service("smtpd"), Direction::Inbound, Outcome::Rejected);
        (event.stage, event.code, event.condition) = (Some(stage), Some(code), condition);
        event
    };
    let reply = |code: &str| {
        [
            format!("codes_total{{direction=\"inbound\",code=\"{code}\"}} 2"),
            format!(
                "enhanced_codes_total{{direction=\"inbound\",code=\"{code}\",enhanced=\"\"}} 2"
            ),
        ]
    };
    let failure = |stage: &str| {
        [
            "conditions_total{direction=\"inbound\",condition=\"auth\"} 2".to_owned(),
            format!("rejects_total{{stage=\"{stage}\",condition=\"auth\"}} 2"),
        ]
    };
    let authentication = ["auth_failures_total{service=\"smtpd\"} 2".to_owned()];
    let warning = ["log_messages_total{level=\"warning\"} 2".to_owned()];
    let repeated = Event {
        duplicate: true,
        ..reject(Stage::Auth, 535)
    };
    let warned = Event {
        level: Some(Level::Warning),
        ..reject(Stage::Data, 451)
    };
    for (event, expected) in [
        (
            reject(Stage::Auth, 535),
            [&authentication[..], &reply("535"), &failure("auth")].concat(),
        ),
        // A failure of the server is none of the client.
        (
            reject(Stage::Auth, 454),
            [reply("454"), failure("auth")].concat(),
        ),
        (
            reject(Stage::Mail, 535),
            [reply("535"), failure("mail")].concat(),
        ),
        (
            warned,
            [&reply("451"), &failure("data"), &warning[..]].concat(),
        ),
        (repeated, reply("535").to_vec()),
    ] {
        let (mut found, mut expected) = (counted_by(&event), expected);
        found.sort();
        expected.sort();
        assert_eq!(found, expected);
    }
}

#[test]
fn failed_connections_count_by_error_and_by_code_where_they_have_one() {
    let failed = |error, code| {
        let mut event = Event::new(service("smtp"), Direction::Outbound, Outcome::Attempt);
        (event.connect_error, event.code) = (Some(error), code);
        (event.enhanced, event.provider) = (enhanced(4, 4, 1), ProviderId(1));
        event
    };
    let of_error = |name: &str| format!("connect_errors_total{{error=\"{name}\"}} 2");
    let of_code = |code: &str, enhanced: &str| {
        [
            format!("codes_total{{direction=\"outbound\",code=\"{code}\"}} 2"),
            format!(
                "enhanced_codes_total{{direction=\"outbound\",code=\"{code}\",enhanced=\"{enhanced}\"}} 2"
            ),
            format!("provider_codes_total{{provider=\"a\",code=\"{code}\"}} 2"),
        ]
    };
    let repeated = Event {
        duplicate: true,
        ..failed(ConnectError::Tls, None)
    };
    let tls = "tls_failures_total{direction=\"outbound\"} 2".to_owned();
    for (event, expected) in [
        (failed(ConnectError::Dns, None), vec![of_error("dns")]),
        (failed(ConnectError::Tls, None), vec![of_error("tls"), tls]),
        (repeated, vec![]),
        // 111 is no reply, so no enhanced code belongs to it.
        (
            failed(ConnectError::Refused, Some(111)),
            [&[of_error("refused")][..], &of_code("111", "")].concat(),
        ),
        (
            failed(ConnectError::Reset, Some(200)),
            [&[of_error("reset")][..], &of_code("200", "4.4.1")].concat(),
        ),
        (
            failed(ConnectError::Reset, Some(199)),
            [&[of_error("reset")][..], &of_code("199", "")].concat(),
        ),
    ] {
        let mut found = counted_by(&event);
        // The rate is zero: the line has no time.
        found.retain(|line| !line.starts_with("code_rate"));
        let mut expected = expected;
        found.sort();
        expected.sort();
        assert_eq!(found, expected);
    }
}

#[test]
fn delays_count_by_stage_and_in_total() {
    let mut counters = Counters::new(Catalog::embedded());
    for (stages, total, times) in [
        (StageDelays::All([1, 2, 3, 4]), Some(10), 1),
        (StageDelays::Transmission(50), None, 2),
        (StageDelays::None, Some(700), 3),
        (StageDelays::None, None, 9),
    ] {
        let mut event = Event::new(service("smtp"), Direction::Outbound, Outcome::Sent);
        event.delays = Delays { total, stages };
        counters.event_repeated(None, &event, NOW, times);
    }
    let sums: Vec<_> = counters
        .delays
        .iter()
        .map(|it| (it.count(), it.sum()))
        .collect();
    assert_eq!(sums, [(1, 1), (1, 2), (1, 3), (3, 104), (4, 2_110)]);
    assert_eq!(counters.deliveries(Outcome::Sent), 15);
}

#[test]
fn message_counts_once_however_often_it_is_tried() {
    let queued = |queue_id, size, after_receipt| Fact::Queued {
        queue_id,
        sender: b"",
        size,
        recipients: 2,
        after_receipt,
    };
    let mut counters = Counters::new(Catalog::embedded());
    let (first, second) = (&b"4A1B2C3D4E"[..], &b"4A1B2C3D4F"[..]);
    for fact in [
        Fact::Received { queue_id: first },
        queued(first, 100, true),
        queued(first, 100, true),
        // It was received before the log begins.
        queued(second, 1_000, true),
        // A log without lines about the receipt tells no retry from the first attempt.
        queued(second, 10_000, false),
        queued(second, 10_000, false),
    ] {
        counters.noise(Some(&fact));
    }
    counters.noise(None);
    assert_eq!((counters.sizes.count(), counters.sizes.sum()), (3, 20_100));
    assert_eq!(
        (counters.recipients.count(), counters.recipients.sum()),
        (3, 6)
    );
}

#[test]
fn accepted_message_counts_with_what_its_line_tells() {
    let exim = Agent::all()
        .find(|it| it.mta() == Mta::Exim)
        .expect("an agent");
    let session = TlsSession {
        trust: TlsTrust::Trusted,
        protocol: TlsProtocol::Tls13,
    };
    let accepted = |size, recipients, tls| Fact::Accepted {
        service: Service::of(exim),
        queue_id: b"",
        sender: b"",
        client: b"",
        user: b"",
        size: std::num::NonZeroU64::new(size),
        recipients: std::num::NonZeroU32::new(recipients),
        tls,
    };
    let mut counters = Counters::new(Catalog::embedded());
    counters.noise(Some(&accepted(0, 0, None)));
    assert!(counters.mtas_seen[Mta::Exim.index()]);
    counters.noise_repeated(Some(&accepted(500, 0, Some(session))), 2);
    counters.noise(Some(&accepted(0, 7, None)));
    assert_eq!((counters.sizes.count(), counters.sizes.sum()), (2, 1_000));
    assert_eq!(
        (counters.recipients.count(), counters.recipients.sum()),
        (1, 7)
    );
    let tls = &counters.services.counts(Service::of(exim)).tls;
    let inbound = tls[Direction::Inbound.index()][TlsTrust::Trusted.index()];
    assert_eq!(inbound[TlsProtocol::Tls13.index()], 2);
}

#[test]
fn postscreen_counts_results_and_lost_connections() {
    let mut counters = Counters::new(Catalog::embedded());
    for (result, times) in [
        (PostscreenResult::Hangup, 2),
        (PostscreenResult::Pregreet, 5),
    ] {
        counters.noise_repeated(
            Some(&Fact::Postscreen(service("postscreen"), result)),
            times,
        );
    }
    let shown = shown(&counters);
    for expected in [
        "postscreen_results_total{result=\"hangup\"} 2",
        "postscreen_results_total{result=\"pregreet\"} 5",
        "postscreen_results_total{result=\"pass_new\"} 0",
        "connections_lost_total{service=\"postscreen\",stage=\"other\"} 2",
    ] {
        assert!(shown.iter().any(|line| line == expected), "{expected}");
    }
}
