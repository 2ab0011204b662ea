//! Tests of what a restart keeps of the counts.

use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::*;
use crate::metrics::{View, render};
use crate::parse::{
    Agent, Enhanced, Event, Fact, LineParser, Outcome, Service, Stamp, TlsSession, Visitor,
};

/// When the golden logs were written.
const NOW: i64 = 1_795_435_200;

fn names() -> Vec<String> {
    Providers::embedded().names().map(str::to_owned).collect()
}

fn agent(mta: Mta, name: &str) -> Agent {
    let found = Agent::all().find(|it| it.mta() == mta && it.name() == name);
    found.expect("an agent")
}

/// Counts lines, and remembers the time of the newest one.
struct Counting(Counters, i64);

impl Visitor<'_> for Counting {
    fn event(&mut self, time: Option<Stamp>, event: &mut Event<'_>) {
        self.1 = time.map_or(self.1, |time| time.seconds.clamp(self.1, NOW));
        self.0.event(time, event, NOW);
    }

    fn noise(&mut self, _: Option<Stamp>, fact: Option<&Fact<'_>>) {
        self.0.noise(fact);
    }

    fn unmatched(&mut self, _: Option<Stamp>) {}
}

/// The counts of all golden logs, and the time of their newest event.
fn golden() -> (Counters, i64) {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let entries = std::fs::read_dir(folder).expect("the golden logs");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    let mut logs: Vec<_> = paths
        .filter(|path| path.extension().is_some_and(|ending| ending == "log"))
        .collect();
    logs.sort();
    let catalog = Catalog::embedded();
    let now = Timestamp::from_second(NOW).expect("a time");
    let mut counting = Counting(Counters::new(catalog), 0);
    for path in logs {
        let log = std::fs::read(path).expect("a log");
        let mut parser = LineParser::new(catalog, Providers::embedded(), TimeZone::UTC, now);
        let lines: Vec<&[u8]> = log.split(|&byte| byte == b'\n').collect();
        parser.read(&lines, &mut counting);
    }
    (counting.0, counting.1)
}

/// What is shown of the counts, with their rates at a time.
fn exposition(counters: &Counters, now: i64) -> Vec<String> {
    let view = Arc::new(View::new(counters.clone(), names().into()));
    let text = render(&view, now);
    let lines = text.lines().filter(|line| !line.contains("process_"));
    lines.map(str::to_owned).collect()
}

fn restored(snapshot: &CountersSnapshot) -> Counters {
    snapshot.restore(Catalog::embedded(), &Providers::embedded(), NOW)
}

fn assert_same(found: &Counters, expected: &Counters, now: i64) {
    for (found, expected) in exposition(found, now)
        .iter()
        .zip(&exposition(expected, now))
    {
        assert_eq!(found, expected);
    }
    let (found, expected) = [found, expected]
        .map(|it| CountersSnapshot::of(it, &names()))
        .into();
    assert_eq!(found, expected);
}

/// The same snapshot by a version that knows all names in another order.
fn reordered(mut it: CountersSnapshot) -> CountersSnapshot {
    let last = |names: &[String]| names.len() - 1;
    let mtas = last(&it.enhanced.mtas) as u8;
    it.enhanced.counts.iter_mut().for_each(|count| {
        count.0 = mtas - count.0;
    });
    let conditions = last(&it.conditions.conditions) as u16;
    it.conditions.counts.iter_mut().for_each(|count| {
        count.1 = conditions - count.1;
    });
    let providers = last(&it.providers.providers) as u16;
    it.providers.counts.iter_mut().for_each(|count| {
        count.0 = providers - count.0;
    });
    let stages = last(&it.services.stages) as u8;
    for service in &mut it.services.services {
        service.connections_lost.iter_mut().for_each(|count| {
            count.0 = stages - count.0;
        });
    }
    let errors = last(&it.failures.errors) as u8;
    it.failures.connect_errors.iter_mut().for_each(|count| {
        (count.0, count.1) = (mtas - count.0, errors - count.1);
    });
    it.failures.rejects.iter_mut().for_each(|count| {
        (count.0, count.1, count.2) = (mtas - count.0, stages - count.1, conditions - count.2);
    });
    for names in [
        &mut it.enhanced.mtas,
        &mut it.conditions.conditions,
        &mut it.providers.providers,
        &mut it.services.stages,
        &mut it.failures.mtas,
        &mut it.failures.errors,
        &mut it.failures.stages,
        &mut it.failures.conditions,
    ] {
        names.reverse();
    }
    it
}

#[test]
fn everything_that_was_counted_is_the_same_after_a_restart() {
    let (mut counters, newest) = golden();
    // No golden log has a code beyond the limit.
    counters.codes_overflowed = 3;
    assert!(counters.rates.per_second([3_600], newest) != vec![[0.0]; counters.rates.series()]);
    let snapshot = CountersSnapshot::of(&counters, &names());
    assert_same(&restored(&snapshot), &counters, newest);
    // Another version may know the same names in another order.
    assert_same(&restored(&reordered(snapshot)), &counters, newest);
}

#[test]
fn what_a_damaged_state_file_counts_of_nothing_is_dropped() {
    let (counters, newest) = golden();
    let mut it = CountersSnapshot::of(&counters, &names());
    it.codes.counts.extend([(3, 250, 7), (0, 1001, 7)]);
    let series = counters.rates.series() as u16;
    it.rates
        .series
        .extend([(3, 250, 0), (0, 1001, 0), (0, 299, series)]);
    let directions = Direction::ALL.len() as u64;
    it.enhanced
        .counts
        .extend([(200, 0, 7), (0, directions << 48, 7)]);
    it.conditions.counts.extend([(3, 0, 7), (0, u16::MAX, 7)]);
    it.providers.counts.push((u16::MAX, 250, 7));
    let tls = |direction, trust: &str, protocol: &str| {
        let [mta, service] = ["postfix", "smtp"].map(str::to_owned);
        (
            mta,
            service,
            direction,
            trust.to_owned(),
            protocol.to_owned(),
            7,
        )
    };
    it.tls.counts.extend([
        tls(3, "trusted", "tls1.3"),
        tls(0, "gone", "tls1.3"),
        tls(0, "trusted", "gone"),
    ]);
    for service in &mut it.services.services {
        service.connections_lost.push((200, 7));
        service.tls_connections.push(7);
        service.deliveries.push(7);
    }
    let mut gone = it.services.services[0].clone();
    gone.name = "gone".into();
    it.services.services.push(gone);
    it.services.mtas_seen.push("gone".into());
    it.failures
        .connect_errors
        .extend([(200, 0, 7), (0, 200, 7)]);
    it.failures
        .rejects
        .extend([(200, 0, 0, 7), (0, 200, 0, 7), (0, 0, u16::MAX, 7)]);
    assert_same(&restored(&it), &counters, newest);
}

#[test]
fn state_file_has_what_was_counted_and_nothing_else() {
    let mut counters = Counters::new(Catalog::embedded());
    let nothing = CountersSnapshot::of(&counters, &names());
    assert_eq!(nothing.services.services, []);
    assert_eq!(nothing.tls, TlsSnapshot::default());
    assert_eq!(nothing.reports, Default::default());
    assert_eq!(nothing.codes, CodesSnapshot::default());
    assert_eq!(nothing.rates.series, []);
    assert_eq!(nothing.failures.rejects, []);
    assert_eq!(nothing.failures.connect_errors, []);
    // A single count of any kind is enough for a service to be stored.
    let service = Service::of(agent(Mta::Postfix, "smtpd"));
    let counts = counters.services.counts(service);
    type Count = fn(&mut crate::metrics::services::ServiceCounts) -> &mut u64;
    let kinds: [Count; 5] = [
        |it| &mut it.deliveries[3],
        |it| &mut it.connections,
        |it| &mut it.connections_lost[2],
        |it| &mut it.auth_failures,
        |it| &mut it.tls[1][1][1],
    ];
    for count in kinds {
        *count(counts) = 1;
        let mut one = Counters::new(Catalog::embedded());
        *count(one.services.counts(service)) = 1;
        let snapshot = CountersSnapshot::of(&one, &names());
        assert_eq!(snapshot.services.services.len(), 1);
        assert_same(&restored(&snapshot), &one, NOW);
    }
    let all = CountersSnapshot::of(&counters, &names());
    assert_eq!((all.services.services.len(), all.tls.counts.len()), (1, 1));
}

#[test]
fn tls_sessions_of_versions_without_details_are_of_unknown_trust() {
    let mut counters = Counters::new(Catalog::embedded());
    let smtp = Service::of(agent(Mta::Postfix, "smtp"));
    let session = TlsSession {
        trust: TlsTrust::Verified,
        protocol: TlsProtocol::Tls13,
    };
    counters.fact(&Fact::TlsEstablished(smtp, Direction::Outbound, session), 2);
    let mut snapshot = CountersSnapshot::of(&counters, &names());
    // Two sessions with details, and three of a time before they were stored.
    for service in &mut snapshot.services.services {
        service.tls_connections[0] += 3;
    }
    let restored = restored(&snapshot);
    let row = &restored.services.rows()[smtp.agent.index()];
    let mut expected = crate::metrics::services::ServiceCounts::default().tls;
    expected[0][TlsTrust::Verified.index()][TlsProtocol::Tls13.index()] = 2;
    expected[0][TlsTrust::Unknown.index()][TlsProtocol::Other.index()] = 3;
    assert_eq!(row.counts.tls, expected);
}

#[test]
fn limits_of_series_hold_over_a_restart() {
    let catalog = Catalog::embedded();
    let service = Service::of(agent(Mta::Postfix, "smtp"));
    let count = |counters: &mut Counters, codes: &mut dyn Iterator<Item = u16>, times: u64| {
        for code in codes {
            let mut event = Event::new(service, Direction::Outbound, Outcome::Attempt);
            event.code = Some(code);
            counters.event_repeated(None, &event, NOW, times);
        }
    };
    let mut counters = Counters::new(catalog);
    // Codes of the catalog do not count against the limit of 64.
    count(&mut counters, &mut [250, 421, 450, 451, 550].into_iter(), 1);
    count(&mut counters, &mut (600..660), 1);
    let mut counters = restored(&CountersSnapshot::of(&counters, &names()));
    count(&mut counters, &mut (700..710), 5);
    let of = |counters: &Counters, code| counters.code(Direction::Outbound, code);
    assert_eq!([703, 704].map(|code| of(&counters, code)), [5, 0]);
    assert_eq!(of(&counters, crate::metrics::OTHER_CODE), 30);
    assert_eq!(counters.codes_overflowed, 30);
    // What is counted as `other` has its series there after a restart, too.
    let mut counters = restored(&CountersSnapshot::of(&counters, &names()));
    count(&mut counters, &mut [705, 650, 250].into_iter(), 1);
    assert_eq!(of(&counters, crate::metrics::OTHER_CODE), 31);
    assert_eq!([650, 250].map(|code| of(&counters, code)), [2, 2]);
    assert_eq!(counters.codes_overflowed, 31);
    let overflowed = counters.overflowed();
    assert!(
        overflowed.contains(&("maillog_enhanced_codes_total", 31)),
        "{overflowed:?}"
    );
    assert!(
        overflowed.contains(&("maillog_provider_codes_total", 31)),
        "{overflowed:?}"
    );
}

#[test]
fn enhanced_codes_are_kept_apart_by_every_part() {
    let mut counters = Counters::new(Catalog::embedded());
    let service = Service::of(agent(Mta::Postfix, "smtp"));
    let codes = [
        (2, 0, 0),
        (4, 7, 28),
        (5, 7, 28),
        (5, 999, 1),
        (5, 1, 999),
        (5, 28, 7),
    ];
    for ((class, subject, detail), times) in codes.into_iter().zip(1..) {
        let enhanced = Enhanced {
            class,
            subject,
            detail,
        };
        let mut event = Event::new(service, Direction::Outbound, Outcome::Bounced);
        (event.code, event.enhanced, event.dsn) = (Some(550), Some(enhanced), Some(enhanced));
        counters.event_repeated(None, &event, NOW, times);
    }
    let text = exposition(&restored(&CountersSnapshot::of(&counters, &names())), NOW);
    for ((class, subject, detail), times) in codes.into_iter().zip(1..) {
        let code = format!("{class}.{subject}.{detail}");
        let series =
            "maillog_enhanced_codes_total{mta=\"postfix\",direction=\"outbound\",code=\"550\"";
        let reply = format!("{series},enhanced=\"{code}\"}} {times}");
        assert!(text.contains(&reply), "{reply}");
        let series = "maillog_deliveries_by_dsn_total{status=\"bounced\"";
        let delivery = format!("{series},dsn=\"{code}\"}} {times}");
        assert!(text.contains(&delivery), "{delivery}");
    }
}
