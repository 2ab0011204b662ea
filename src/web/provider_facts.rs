//! What each provider answers now: how much fails, against what is usual.

use std::cmp::Reverse;

use super::context::Context;
use super::past::{self, ACCEPTED, CLASSES};
use crate::metrics::Series;

/// Slots of the small charts: six hours in quarters of an hour.
const SPARK_SLOTS: usize = 24;

/// The replies of one provider.
#[derive(Debug, Default)]
pub struct ProviderFacts<'a> {
    /// The label value.
    pub name: &'a str,
    /// Replies per minute by class, over the last five minutes.
    pub rates: [f64; CLASSES],
    /// Replies by class in the same time.
    pub counts: [f64; CLASSES],
    /// The usual rates.
    pub usual: [Option<f64>; CLASSES],
    /// The failing share of six hours, by quarter of an hour.
    pub shares: Vec<Option<f64>>,
}

impl ProviderFacts<'_> {
    /// All replies per minute.
    pub fn all(&self) -> f64 {
        self.rates.iter().sum()
    }

    /// Replies per minute that are temporary or permanent failures or failed connections.
    pub fn failing(&self) -> f64 {
        self.rates[..ACCEPTED].iter().sum()
    }

    /// The failing share; `None` without replies.
    pub fn share(&self) -> Option<f64> {
        share(self.failing(), self.all())
    }

    /// The usual failing share.
    pub fn usual_share(&self) -> Option<f64> {
        let failing: f64 = self.usual[..ACCEPTED].iter().flatten().sum();
        let all: f64 = self.usual.iter().flatten().sum();
        share(failing, all)
    }

    /// How much more fails than is usual, per minute.
    fn excess(&self) -> f64 {
        let usual = self.usual_share().unwrap_or(0.0);
        (self.failing() - usual * self.all()).max(0.0)
    }
}

/// A share; `None` of nothing.
pub fn share(part: f64, whole: f64) -> Option<f64> {
    (whole > 0.0).then(|| part / whole)
}

/// The class of a provider's series.
pub fn class_of(series: &Series, provider: &str) -> Option<usize> {
    match series {
        Series::Provider(name, class) if name == provider => past::class(u16::from(*class)),
        _ => None,
    }
}

/// The providers with replies in the last six hours; those with more failures than usual first, then the largest.
pub fn providers<'a>(context: &Context<'a>) -> Vec<ProviderFacts<'a>> {
    let names = &context.view.providers;
    let groups = names.len() * CLASSES;
    let group = |series: &Series| match series {
        Series::Provider(name, class) => {
            let at = names.iter().position(|it| it == name)?;
            Some(at * CLASSES + past::class(u16::from(*class))?)
        }
        _ => None,
    };
    let now = past::five_minutes(context, groups, group);
    let hours = past::slots(context, 15, SPARK_SLOTS, groups, group);
    let usual = past::usual(context, groups, group);
    let mut all: Vec<ProviderFacts<'a>> = Vec::new();
    for (at, name) in names.iter().enumerate() {
        let of_class = |class: usize| at * CLASSES + class;
        let shares = (0..SPARK_SLOTS).map(|slot| {
            let rate = |class| hours.at(slot, of_class(class)).unwrap_or(0.0);
            let failing: f64 = (0..ACCEPTED).map(rate).sum();
            share(failing, failing + rate(ACCEPTED))
        });
        let facts = ProviderFacts {
            name,
            rates: std::array::from_fn(|class| now.at(0, of_class(class)).unwrap_or(0.0)),
            counts: std::array::from_fn(|class| now.count(0, of_class(class))),
            usual: std::array::from_fn(|class| usual[of_class(class)]),
            shares: shares.collect(),
        };
        if facts.all() > 0.0 || facts.shares.iter().any(Option::is_some) {
            all.push(facts);
        }
    }
    all.sort_by_key(|it| Reverse(((it.excess() * 10.0) as u64, (it.all() * 10.0) as u64)));
    all
}
