//! The counts as they are kept over restarts.
//!
//! It stands apart from the counters because what is kept must be understood by another version of
//! the program with another configuration: so whatever may be renumbered goes by its name. Counts
//! whose name no longer exists are left behind; their series ends.

use serde::{Deserialize, Serialize};

use crate::catalog::{Catalog, Providers};
use crate::metrics::counters::Counters;
use crate::metrics::histogram::HistogramImage;
use crate::metrics::rates::RatesImage;
use crate::parse::{ConnectError, Mta, Service, Stage};

/// All counts, sparsely: what is zero is not in it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Image {
    names: Names,
    /// Direction, code, count.
    codes: Vec<(u8, u16, u64)>,
    codes_folded: u64,
    /// Direction, code and number of each rate.
    rate_series: Vec<(u8, u16, u16)>,
    rates: RatesImage,
    /// Server and the rest of the key, count.
    enhanced: Vec<(u8, u64, u64)>,
    enhanced_folded: u64,
    /// Direction, condition, count.
    conditions: Vec<(u8, u16, u64)>,
    /// Provider, code, count.
    providers: Vec<(u16, u16, u64)>,
    providers_folded: u64,
    /// Server, service, status, count.
    deliveries: Vec<(u8, u8, u8, u64)>,
    deliveries_by_dsn: Vec<(u64, u64)>,
    deliveries_by_dsn_folded: u64,
    /// Server, error, count.
    connect_errors: Vec<(u8, u8, u64)>,
    /// Server, stage, condition, count.
    rejects: Vec<(u8, u8, u16, u64)>,
    delays: Vec<HistogramImage>,
    sizes: HistogramImage,
    recipients: HistogramImage,
    /// Service, count.
    connections: Vec<(u8, u64)>,
    /// Service, stage, count.
    connections_lost: Vec<(u8, u8, u64)>,
    auth_failures: Vec<(u8, u64)>,
    /// Service, direction, count.
    tls_connections: Vec<(u8, u8, u64)>,
    last_old_line: Option<i64>,
    /// Place and name of messages whose size is awaited.
    awaited: Vec<(u16, u64)>,
    any_received: bool,
}

/// What the numbers stand for.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Names {
    mtas: Vec<String>,
    services: Vec<String>,
    stages: Vec<String>,
    connect_errors: Vec<String>,
    conditions: Vec<String>,
    providers: Vec<String>,
}

/// Where the server stands in a key of the enhanced family.
const MTA_SHIFT: u32 = 56;

impl Image {
    /// The counts, with the names of the providers they were counted with.
    pub(crate) fn of(counters: &Counters, providers: &[String]) -> Self {
        let names = |list: &[&str]| list.iter().map(|name| (*name).to_owned()).collect();
        Image {
            names: Names {
                mtas: names(&Mta::ALL.map(Mta::name)),
                services: names(&Service::ALL.map(Service::name)),
                stages: names(&Stage::ALL.map(Stage::name)),
                connect_errors: names(&ConnectError::ALL.map(ConnectError::name)),
                conditions: counters
                    .catalog
                    .conditions()
                    .iter()
                    .map(|condition| condition.name.clone())
                    .collect(),
                providers: providers.to_vec(),
            },
            codes: flat2(counters.codes.iter().map(|codes| codes.iter())),
            codes_folded: counters.codes_folded,
            rate_series: counters
                .rate_series
                .iter()
                .zip(0u8..)
                .flat_map(|(codes, direction)| {
                    let seen = codes.iter().zip(0u16..);
                    seen.filter_map(move |(series, code)| Some((direction, code, (*series)?)))
                })
                .collect(),
            rates: counters.rates.image(),
            enhanced: counters
                .enhanced
                .entries()
                .map(|(key, count)| {
                    let rest = key & ((1 << MTA_SHIFT) - 1);
                    ((key >> MTA_SHIFT) as u8, rest, count)
                })
                .collect(),
            enhanced_folded: counters.enhanced.folded(),
            conditions: flat2(counters.conditions.iter().map(|counts| counts.iter())),
            providers: counters
                .providers
                .entries()
                .map(|(key, count)| ((key >> 16) as u16, key as u16, count))
                .collect(),
            providers_folded: counters.providers.folded(),
            deliveries: counters
                .deliveries
                .iter()
                .zip(0u8..)
                .flat_map(|(services, mta)| {
                    flat2(services.iter().map(|statuses| statuses.iter()))
                        .into_iter()
                        .map(move |(service, status, count)| (mta, service, status as u8, count))
                })
                .collect(),
            deliveries_by_dsn: counters.deliveries_by_dsn.entries().collect(),
            deliveries_by_dsn_folded: counters.deliveries_by_dsn.folded(),
            connect_errors: small(flat2(counters.connect_errors.iter().map(|it| it.iter()))),
            rejects: counters
                .rejects
                .iter()
                .zip(0u8..)
                .flat_map(|(stages, mta)| {
                    flat2(stages.iter().map(|counts| counts.iter()))
                        .into_iter()
                        .map(move |(stage, condition, count)| (mta, stage, condition, count))
                })
                .collect(),
            delays: counters.delays.iter().map(|it| it.image()).collect(),
            sizes: counters.sizes.image(),
            recipients: counters.recipients.image(),
            connections: flat1(&counters.connections),
            connections_lost: small(flat2(counters.connections_lost.iter().map(|it| it.iter()))),
            auth_failures: flat1(&counters.auth_failures),
            tls_connections: small(flat2(counters.tls_connections.iter().map(|it| it.iter()))),
            last_old_line: counters.last_old_line,
            awaited: counters.awaited.places(),
            any_received: counters.any_received,
        }
    }

    /// Counters that go on from here.
    pub(crate) fn restore(&self, catalog: &'static Catalog, providers: &Providers) -> Counters {
        let mut counters = Counters::new(catalog);
        let conditions: Vec<&str> = catalog.conditions().iter().map(|it| &*it.name).collect();
        let known: Vec<&str> = providers.names().collect();
        let mtas = moved(&self.names.mtas, &Mta::ALL.map(Mta::name));
        let services = moved(&self.names.services, &Service::ALL.map(Service::name));
        let stages = moved(&self.names.stages, &Stage::ALL.map(Stage::name));
        let errors = moved(
            &self.names.connect_errors,
            &ConnectError::ALL.map(ConnectError::name),
        );
        let conditions = moved(&self.names.conditions, &conditions);
        let providers = moved(&self.names.providers, &known);

        for &(direction, code, count) in &self.codes {
            set(
                counters.codes.get_mut(usize::from(direction)),
                |codes| codes.get_mut(usize::from(code)),
                count,
            );
        }
        counters.codes_folded = self.codes_folded;
        counters.rates.restore(&self.rates);
        for &(direction, code, series) in &self.rate_series {
            counters.restore_series(direction.into(), code, series);
        }
        let enhanced = self.enhanced.iter().filter_map(|&(mta, rest, count)| {
            let mta = to(&mtas, mta)? as u64;
            Some((mta << MTA_SHIFT | rest, count))
        });
        counters.enhanced.restore(enhanced, self.enhanced_folded);
        for &(direction, condition, count) in &self.conditions {
            let Some(condition) = to(&conditions, condition) else {
                continue;
            };
            set(
                counters.conditions.get_mut(usize::from(direction)),
                |counts| counts.get_mut(condition),
                count,
            );
        }
        let by_provider = self
            .providers
            .iter()
            .filter_map(|&(provider, code, count)| {
                let provider = to(&providers, provider)? as u64;
                Some((provider << 16 | u64::from(code), count))
            });
        counters
            .providers
            .restore(by_provider, self.providers_folded);
        for &(mta, service, status, count) in &self.deliveries {
            let place = to(&mtas, mta).zip(to(&services, service));
            let Some((mta, service)) = place else {
                continue;
            };
            set(
                counters.deliveries.get_mut(mta),
                |it| it.get_mut(service)?.get_mut(usize::from(status)),
                count,
            );
        }
        counters.deliveries_by_dsn.restore(
            self.deliveries_by_dsn.iter().copied(),
            self.deliveries_by_dsn_folded,
        );
        for &(mta, error, count) in &self.connect_errors {
            let Some((mta, error)) = to(&mtas, mta).zip(to(&errors, error)) else {
                continue;
            };
            set(
                counters.connect_errors.get_mut(mta),
                |it| it.get_mut(error),
                count,
            );
        }
        for &(mta, stage, condition, count) in &self.rejects {
            let place = to(&mtas, mta)
                .zip(to(&stages, stage))
                .zip(to(&conditions, condition));
            let Some(((mta, stage), condition)) = place else {
                continue;
            };
            set(
                counters.rejects.get_mut(mta),
                |it| it.get_mut(stage)?.get_mut(condition),
                count,
            );
        }
        for (histogram, image) in counters.delays.iter_mut().zip(&self.delays) {
            histogram.restore(image);
        }
        counters.sizes.restore(&self.sizes);
        counters.recipients.restore(&self.recipients);
        for &(service, count) in &self.connections {
            set(
                to(&services, service),
                |at| counters.connections.get_mut(at),
                count,
            );
        }
        for &(service, count) in &self.auth_failures {
            set(
                to(&services, service),
                |at| counters.auth_failures.get_mut(at),
                count,
            );
        }
        for &(service, stage, count) in &self.connections_lost {
            set(
                to(&services, service).zip(to(&stages, stage)),
                |(service, stage)| counters.connections_lost.get_mut(service)?.get_mut(stage),
                count,
            );
        }
        for &(service, direction, count) in &self.tls_connections {
            set(
                to(&services, service),
                |service| {
                    let directions = counters.tls_connections.get_mut(service)?;
                    directions.get_mut(usize::from(direction))
                },
                count,
            );
        }
        counters.last_old_line = self.last_old_line;
        counters.awaited.restore(&self.awaited);
        counters.any_received = self.any_received;
        counters
    }
}

/// Sets what `place` leads to; nothing if it leads nowhere.
fn set<'a, T>(start: Option<T>, place: impl FnOnce(T) -> Option<&'a mut u64>, count: u64) {
    if let Some(slot) = start.and_then(place) {
        *slot = count;
    }
}

/// For each name that was, where it stands now.
fn moved(before: &[String], now: &[&str]) -> Vec<Option<usize>> {
    let place = |name: &String| now.iter().position(|known| known == name);
    before.iter().map(place).collect()
}

/// Where a number leads now.
fn to(moved: &[Option<usize>], number: impl Into<usize>) -> Option<usize> {
    *moved.get(number.into())?
}

fn flat1(counts: &[u64]) -> Vec<(u8, u64)> {
    let numbered = (0u8..).zip(counts.iter().copied());
    numbered.filter(|(_, count)| *count != 0).collect()
}

fn flat2<'a, I: Iterator<Item = &'a u64>>(counts: impl Iterator<Item = I>) -> Vec<(u8, u16, u64)> {
    (0u8..)
        .zip(counts)
        .flat_map(|(outer, counts)| {
            (0u16..)
                .zip(counts)
                .map(move |(inner, count)| (outer, inner, *count))
        })
        .filter(|(_, _, count)| *count != 0)
        .collect()
}

fn small(counts: Vec<(u8, u16, u64)>) -> Vec<(u8, u8, u64)> {
    let narrow = |(outer, inner, count)| (outer, inner as u8, count);
    counts.into_iter().map(narrow).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use jiff::Timestamp;
    use jiff::tz::TimeZone;

    use super::*;
    use crate::metrics::{ProviderConditions, View, render};
    use crate::parse::LineParser;

    /// Every line of the golden logs.
    fn golden() -> Vec<u8> {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden");
        let mut paths: Vec<_> = std::fs::read_dir(folder)
            .expect("the golden logs")
            .map(|entry| entry.expect("an entry").path())
            .filter(|path| path.extension().is_some_and(|ending| ending == "log"))
            .collect();
        paths.sort();
        assert!(!paths.is_empty());
        let read = |path| std::fs::read(path).expect("a log");
        paths.into_iter().flat_map(read).collect()
    }

    fn count(
        counters: &mut Counters,
        memory: &crate::parse::Memory,
        log: &[u8],
    ) -> crate::parse::Memory {
        let now: Timestamp = "2026-11-20T12:00:00Z".parse().expect("a time");
        let mut parser = LineParser::new(
            Catalog::embedded(),
            Providers::embedded(),
            TimeZone::UTC,
            now,
        );
        parser.remember(memory);
        for line in log.split(|&byte| byte == b'\n') {
            let mut slot = None;
            let parsed = parser.parse(line, &mut slot);
            counters.count(parsed.time, &parsed.line, now.as_second());
        }
        parser.memory()
    }

    fn shown(counters: &Counters, providers: &Providers) -> String {
        let view = View::new(
            counters.clone(),
            providers.names().map(str::to_owned).collect(),
        );
        let text = render(&Arc::new(view), 1_795_000_000);
        let ours = |line: &&str| !line.contains("process_");
        text.lines()
            .filter(ours)
            .map(|line| format!("{line}\n"))
            .collect()
    }

    fn names(providers: &Providers) -> Vec<String> {
        providers.names().map(str::to_owned).collect()
    }

    #[test]
    fn counting_goes_on_after_a_restart_at_any_line_as_if_there_had_been_none() {
        let log = golden();
        let providers = Providers::embedded();
        let mut whole = Counters::new(Catalog::embedded());
        count(&mut whole, &Default::default(), &log);
        let expected = shown(&whole, &providers);
        let lines: Vec<usize> = memchr::memchr_iter(b'\n', &log).collect();
        for &end in lines.iter().step_by(1 + lines.len() / 40) {
            let mut first = Counters::new(Catalog::embedded());
            let memory = count(&mut first, &Default::default(), &log[..end]);
            let by_condition = ProviderConditions::of(&first, &names(&providers));
            let kept = (Image::of(&first, &names(&providers)), by_condition, memory);
            let bytes = postcard::to_stdvec(&kept).expect("written");
            let (image, by_condition, memory): (Image, ProviderConditions, _) =
                postcard::from_bytes(&bytes).expect("read");
            let mut second = image.restore(Catalog::embedded(), &providers);
            by_condition.restore(&mut second, &names(&providers));
            count(&mut second, &memory, &log[end + 1..]);
            assert_eq!(
                shown(&second, &providers),
                expected,
                "restart at byte {end}"
            );
        }
    }

    #[test]
    fn providers_are_found_again_by_their_names() {
        let line = b"Nov 20 10:00:00 mx postfix/smtp[1]: 4A1B2C3D4E: to=<a@example.org>, \
            relay=mx.example.net[192.0.2.1]:25, delay=1, delays=0/0/0/1, dsn=2.0.0, status=sent (250 ok)";
        let mut before = Providers::embedded();
        before
            .add_own("first", &["example.org".into()])
            .expect("added");
        before
            .add_own("second", &["example.net".into()])
            .expect("added");
        let now: Timestamp = "2026-11-20T12:00:00Z".parse().expect("a time");
        let mut parser = LineParser::new(Catalog::embedded(), before.clone(), TimeZone::UTC, now);
        let mut counters = Counters::new(Catalog::embedded());
        let mut slot = None;
        let parsed = parser.parse(line, &mut slot);
        counters.count(parsed.time, &parsed.line, now.as_second());
        let image = Image::of(&counters, &names(&before));

        let mut after = Providers::embedded();
        after
            .add_own("second", &["example.net".into()])
            .expect("added");
        let text = shown(&image.restore(Catalog::embedded(), &after), &after);
        let expected = "maillog_provider_codes_total{provider=\"second\",code=\"250\"} 1\n";
        assert!(text.contains(expected), "{text}");
    }
}
