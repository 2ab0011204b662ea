//! Golden tests: for every log in `tests/golden`, `.events` has the expected events of its lines and
//! `.metrics` the resulting exposition.
//!
//! After an intended change, `UPDATE_GOLDEN=1 cargo test golden` writes both again. Review the diff before
//! committing it.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use maillog_exporter::catalog::{Catalog, Providers};
use maillog_exporter::metrics::{Counters, View, render};
use maillog_exporter::parse::{Event, Fact, Line, LineParser, Service, StageDelays};

/// The time at which the golden logs were written; it determines the year of their timestamps.
const WRITTEN: &str = "2026-11-23T12:00:00Z";

fn logs() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let entries = std::fs::read_dir(folder).expect("the golden folder");
    let mut logs: Vec<PathBuf> = entries
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "log"))
        .collect();
    logs.sort();
    assert!(!logs.is_empty());
    logs
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// An event on one line: its non-empty fields in a fixed order.
fn describe(event: &Event<'_>, providers: &Providers) -> String {
    let mut text = format!(
        "event {} {} {}",
        service(event.service),
        event.direction.name(),
        event.outcome.name()
    );
    let mut field = |name: &str, value: Option<String>| {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            let _ = write!(text, " {name}={value}");
        }
    };
    field("code", event.code.map(|code| code.to_string()));
    field("enhanced", event.enhanced.map(|code| code.to_string()));
    field("dsn", event.dsn.map(|code| code.to_string()));
    field(
        "connect_error",
        event.connect_error.map(|error| error.name().to_owned()),
    );
    field("repeats", event.duplicate.then(|| "yes".to_owned()));
    field(
        "condition",
        event
            .condition
            .map(|id| Catalog::embedded().condition_name(id).to_owned()),
    );
    field("level", event.level.map(|level| level.name().to_owned()));
    field("stage", event.stage.map(|stage| stage.name().to_owned()));
    field("queue_id", Some(lossy(event.queue_id)));
    field("peer", Some(lossy(event.peer())));
    field(
        "provider",
        Some(providers.name(event.provider).to_owned()).filter(|it| it != "other"),
    );
    field("sender", Some(lossy(event.sender)));
    field("recipient", Some(lossy(event.recipient)));
    field("domain", Some(lossy(event.domain())));
    field(
        "delay",
        event.delays.total.map(|micros| format!("{micros}us")),
    );
    field("stages", stages_in_words(&event.delays.stages));
    field("mirrored", event.mirrored.then(|| "yes".to_owned()));
    field("logged_again", event.logged_again.then(|| "yes".to_owned()));
    field(
        "text",
        Some(format!("{:?}", lossy(event.text))).filter(|it| it != "\"\""),
    );
    text
}

/// The delays of the stages that are known, in microseconds.
fn stages_in_words(stages: &StageDelays) -> Option<String> {
    match stages {
        StageDelays::None => None,
        known => Some(format!("{known:?}").replace(' ', "")),
    }
}

/// A service as it is labelled.
fn service(service: Service<'_>) -> String {
    match service.instance {
        b"" => service.agent.name().to_owned(),
        instance => format!("{}/{}", lossy(instance), service.agent.name()),
    }
}

fn fact_in_words(fact: &Fact<'_>) -> String {
    let of = self::service;
    match *fact {
        Fact::Connected(service) => format!("connected {}", of(service)),
        Fact::ConnectionLost(service, stage) => {
            format!("connection_lost {} {}", of(service), stage.name())
        }
        Fact::AuthFailed(service, level) => {
            format!("auth_failed {} {}", of(service), level.name())
        }
        Fact::TlsEstablished(service, direction, session) => format!(
            "tls {} {} {} {}",
            of(service),
            direction.name(),
            session.trust.name(),
            session.protocol.name()
        ),
        Fact::TlsFailed(mta, direction) => {
            format!("tls_failed {} {}", mta.name(), direction.name())
        }
        Fact::Diagnostic(mta, level) => format!("diagnostic {} {}", mta.name(), level.name()),
        Fact::Action(mta, action) => format!("action {} {}", mta.name(), action.name()),
        Fact::Postscreen(service, result) => {
            format!("postscreen {} {}", of(service), result.name())
        }
        Fact::Submitted {
            queue_id,
            submitter,
        } => {
            let client = lossy(submitter.client());
            let submitted = format!("submitted {} {client}", lossy(queue_id));
            with_user(submitted, submitter.account())
        }
        Fact::Removed { queue_id } => format!("removed {}", lossy(queue_id)),
        Fact::Received { queue_id } => format!("received {}", lossy(queue_id)),
        Fact::Queued {
            queue_id,
            sender,
            size,
            recipients,
            after_receipt,
        } => format!(
            "queued {} {size} {recipients} {after_receipt} from=<{}>",
            lossy(queue_id),
            lossy(sender)
        ),
        Fact::Accepted {
            service,
            queue_id,
            sender,
            client,
            user,
            size,
            recipients,
            tls,
        } => {
            let tls = tls.map_or("none", |session| session.protocol.name());
            let accepted = format!(
                "accepted {} {size:?} {recipients:?} tls={tls} queue_id={} from=<{}> client={}",
                of(service),
                lossy(queue_id),
                lossy(sender),
                lossy(client)
            );
            with_user(accepted, user)
        }
    }
}

/// A fact with the account of the client, if there is one.
fn with_user(fact: String, user: &[u8]) -> String {
    match user {
        [] => fact,
        user => format!("{fact} user={}", lossy(user)),
    }
}

/// The events of a log, and the exposition without process metrics, build information and series at zero.
fn digest(log: &[u8]) -> (String, String) {
    let catalog = Catalog::embedded();
    let providers = Providers::embedded();
    let written: Timestamp = WRITTEN.parse().expect("a timestamp");
    let mut parser = LineParser::new(catalog, providers.clone(), TimeZone::UTC, written);
    let mut counters = Counters::new(catalog);
    let mut events = String::new();
    for (number, line) in (1..).zip(
        log.strip_suffix(b"\n")
            .unwrap_or(log)
            .split(|&b| b == b'\n'),
    ) {
        let mut slot = None;
        let parsed = parser.parse(line, &mut slot);
        let meaning = match &parsed.line {
            Line::Event(event) => describe(event, &providers),
            Line::Noise(None) => "noise".to_owned(),
            Line::Noise(Some(fact)) => format!("noise {}", fact_in_words(fact)),
            Line::Unmatched => "unmatched".to_owned(),
        };
        let meaning = match parsed.times {
            1 => meaning,
            times => format!("{meaning} times={times}"),
        };
        let time = parsed.time.map_or("-".to_owned(), |time| {
            Timestamp::new(time.seconds, time.nanos as i32)
                .expect("in range")
                .to_string()
        });
        writeln!(
            events,
            "{number} {time} {} {meaning}",
            match lossy(parsed.host).as_str() {
                "" => "-",
                host => host,
            }
        )
        .expect("a string");
        for _ in 0..parsed.times {
            counters.count(parsed.time, &parsed.line, written.as_second());
        }
    }
    let view = View::new(counters, providers.names().map(str::to_owned).collect());
    let exposition = render(&Arc::new(view), written.as_second());
    let metrics = exposition
        .lines()
        .filter(|line| line.starts_with("maillog_") && !line.ends_with(" 0"))
        .filter(|line| !line.starts_with("maillog_build_info"))
        .filter(|line| !line.starts_with("maillog_config_"))
        .fold(String::new(), |text, line| text + line + "\n");
    (events, metrics)
}

#[test]
fn golden_logs_have_expected_events_and_metrics() {
    let update = std::env::var_os("UPDATE_GOLDEN").is_some();
    for log in logs() {
        let (events, metrics) = digest(&std::fs::read(&log).expect("a log"));
        for (extension, found) in [("events", events), ("metrics", metrics)] {
            let path = log.with_extension(extension);
            if update {
                std::fs::write(&path, &found).expect("written");
            }
            let expected = std::fs::read_to_string(&path)
                .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            for (number, (found, expected)) in (1..).zip(found.lines().zip(expected.lines())) {
                assert_eq!(found, expected, "{}:{number}", path.display());
            }
            assert_eq!(
                found.lines().count(),
                expected.lines().count(),
                "{}",
                path.display()
            );
        }
    }
}
