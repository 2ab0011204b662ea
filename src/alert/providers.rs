//! Numbers for each provider: who limits us, and who leads.
//!
//! They stand apart because which providers there are is only known from the log: a provider's past
//! begins when it is first heard of.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::history::{Memory, STEP, Track, TrackImage};
use super::signal::{self, memories};
use crate::catalog::{Alert, Catalog, ConditionId, ProviderId, Watch};
use crate::metrics::Counters;

/// What is added up for each provider.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Want {
    Replies,
    Codes(Vec<u16>),
    Class(u8),
    Conditions(Vec<ConditionId>),
}

impl Want {
    fn has_code(&self, code: u16) -> bool {
        match self {
            Want::Replies => true,
            Want::Codes(codes) => codes.contains(&code),
            Want::Class(class) => code / 100 == u16::from(*class),
            Want::Conditions(_) => false,
        }
    }

    fn has_condition(&self, condition: ConditionId) -> bool {
        matches!(self, Want::Conditions(conditions) if conditions.contains(&condition))
    }

    fn key(&self, catalog: &Catalog) -> String {
        match self {
            Want::Replies => "replies".to_owned(),
            Want::Codes(codes) => format!("codes {codes:?}"),
            Want::Class(class) => format!("class {class}"),
            Want::Conditions(ids) => {
                let names = ids.iter().map(|id| catalog.condition_name(*id));
                format!("conditions {}", Vec::from_iter(names).join(" "))
            }
        }
    }
}

/// One number of every provider.
struct Number {
    want: Want,
    key: String,
    reach: i64,
    /// By the number of the provider; `None` until it is heard of.
    tracks: Vec<Option<Track>>,
    totals: Vec<u64>,
}

impl Number {
    /// Windows of an hour are long enough for samples by the minute, and there may be many providers.
    fn memories(&self) -> Vec<Memory> {
        let step = if self.reach <= 900 { STEP } else { 60 };
        memories(step, self.reach)
    }
}

/// What is remembered of every provider.
pub(super) struct ByProvider {
    names: Arc<[String]>,
    numbers: Vec<Number>,
    /// When it was last sampled.
    now: i64,
}

/// The same as it is kept over restarts: for each number the providers that were heard of, with
/// their pasts.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Image {
    now: i64,
    numbers: BTreeMap<String, Vec<(String, TrackImage)>>,
}

impl ByProvider {
    pub(super) fn new(names: Arc<[String]>) -> Self {
        ByProvider {
            names,
            numbers: Vec::new(),
            now: 0,
        }
    }

    /// The number of what a rule counts of each provider.
    pub(super) fn watch(&mut self, alert: &Alert, catalog: &Catalog) -> usize {
        let want = if let Some(class) = alert.class {
            Want::Class(class)
        } else if alert.conditions.is_empty() {
            Want::Codes(alert.codes.clone())
        } else {
            Want::Conditions(signal::conditions(alert, catalog))
        };
        self.add(want, alert, catalog)
    }

    /// The number of all that each provider says, where a rule needs it.
    pub(super) fn whole(&mut self, alert: &Alert, catalog: &Catalog) -> Option<usize> {
        (alert.watch == Watch::Providers).then(|| self.add(Want::Replies, alert, catalog))
    }

    fn add(&mut self, want: Want, alert: &Alert, catalog: &Catalog) -> usize {
        let reach = alert.window.unwrap_or_default().seconds();
        let at = self.numbers.iter().position(|number| number.want == want);
        let at = at.unwrap_or_else(|| {
            self.numbers.push(Number {
                key: want.key(catalog),
                want,
                reach,
                tracks: self.names.iter().map(|_| None).collect(),
                totals: vec![0; self.names.len()],
            });
            self.numbers.len() - 1
        });
        let number = &mut self.numbers[at];
        number.reach = number.reach.max(reach);
        at
    }

    /// Nothing is known before `now`; what is counted already was so before.
    pub(super) fn begin(&mut self, now: i64, counters: &Counters) {
        self.now = now;
        self.add_all_up(counters);
        for number in &mut self.numbers {
            let memories = number.memories();
            for (track, &total) in number.tracks.iter_mut().zip(&number.totals) {
                *track = (total > 0).then(|| Track::new(&memories, now, total));
            }
        }
    }

    /// Samples everything.
    pub(super) fn sample(&mut self, now: i64, counters: &Counters) {
        self.add_all_up(counters);
        for number in &mut self.numbers {
            let memories = number.memories();
            for (track, &total) in number.tracks.iter_mut().zip(&number.totals) {
                match track {
                    Some(track) => track.push(now, total),
                    None if total > 0 => {
                        let mut new = Track::new(&memories, self.now, 0);
                        new.push(now, total);
                        *track = Some(new);
                    }
                    None => {}
                }
            }
        }
        self.now = now;
    }

    fn add_all_up(&mut self, counters: &Counters) {
        for number in &mut self.numbers {
            number.totals.fill(0);
        }
        for (provider, code, count) in counters.provider_code_counts() {
            self.add_up(provider, count, |want| want.has_code(code));
        }
        for (provider, condition, count) in counters.provider_condition_counts() {
            self.add_up(provider, count, |want| want.has_condition(condition));
        }
    }

    fn add_up(&mut self, provider: ProviderId, count: u64, wanted: impl Fn(&Want) -> bool) {
        for number in self.numbers.iter_mut().filter(|it| wanted(&it.want)) {
            if let Some(total) = number.totals.get_mut(usize::from(provider.0)) {
                *total += count;
            }
        }
    }

    /// By how much a number of one provider grew within `window` seconds.
    pub(super) fn growth_of(&self, number: usize, provider: usize, window: i64) -> u64 {
        let track = self.numbers[number].tracks.get(provider);
        let track = track.and_then(Option::as_ref);
        track.map_or(0, |track| track.growth(window, 0))
    }

    /// By how much a number grew within `window` seconds, for each provider that was heard of.
    pub(super) fn growth(&self, number: usize, window: i64) -> impl Iterator<Item = (usize, u64)> {
        let tracks = self.numbers[number].tracks.iter().enumerate();
        tracks.filter_map(move |(provider, track)| {
            Some((provider, track.as_ref()?.growth(window, 0)))
        })
    }

    /// Who leads, if anybody.
    pub(super) fn leader(&self, number: usize, window: i64) -> Option<&str> {
        let grown = self
            .growth(number, window)
            .filter(|(_, growth)| *growth > 0);
        // The first of several that are equal.
        let (provider, _) =
            grown.max_by_key(|(provider, growth)| (*growth, usize::MAX - provider))?;
        self.name(provider)
    }

    pub(super) fn name(&self, provider: usize) -> Option<&str> {
        self.names.get(provider).map(String::as_str)
    }

    /// What is to be kept.
    pub(super) fn image(&self) -> Image {
        let numbers = self.numbers.iter().map(|number| {
            let named = number.tracks.iter().zip(self.names.iter());
            let heard = named.filter_map(|(track, name)| {
                let image = track.as_ref()?.image();
                Some((name.clone(), image))
            });
            (number.key.clone(), heard.collect())
        });
        Image {
            now: self.now,
            numbers: numbers.collect(),
        }
    }

    /// Goes on from an image; what nobody asks for any more is left behind, and what nobody asked for
    /// before has begun just now.
    pub(super) fn restore(&mut self, image: &Image) {
        self.now = image.now;
        for number in &mut self.numbers {
            let Some(heard) = image.numbers.get(&number.key) else {
                continue;
            };
            number.tracks.fill(None);
            for (provider, track) in heard {
                if let Some(provider) = self.names.iter().position(|name| name == provider) {
                    let track = Track::restored(&number.memories(), track);
                    number.tracks[provider] = Some(track);
                }
            }
        }
    }
}
