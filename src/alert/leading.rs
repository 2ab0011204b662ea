//! Which provider, enhanced status code and condition the failures of the last quarter hour had most often, or of the last
//! hour if there were none: what the texts of alerts name. A server that tries a host only every quarter of an hour has
//! few replies. It is not in the state file; the texts are complete again soon after a restart.

use std::collections::{BTreeMap, VecDeque};

use super::recent::STEP;
use super::totals::Totals;
use crate::catalog::{ConditionId, ProviderId};
use crate::metrics::{Counters, EnhancedStatus};
use crate::parse::{Direction, Enhanced};

/// How far back it looks, in seconds.
const WINDOW: i64 = 900;

/// How far back it looks if there was nothing within [`WINDOW`], in seconds.
const LONG_WINDOW: i64 = 3_600;

/// By how much counts have grown in each of the last steps.
struct Growth<K> {
    last: BTreeMap<K, u64>,
    /// The last step.
    now: i64,
    steps: VecDeque<(i64, Vec<(K, u64)>)>,
}

impl<K: Ord + Copy> Growth<K> {
    fn new() -> Self {
        Growth {
            last: BTreeMap::new(),
            now: i64::MIN,
            steps: VecDeque::new(),
        }
    }

    /// Takes the totals at `now`. With `discard`, what they have grown by does not count.
    fn step(&mut self, now: i64, totals: impl Iterator<Item = (K, u64)>, discard: bool) {
        let mut grown = Vec::new();
        for (key, total) in totals {
            let last = self.last.entry(key).or_default();
            if total > *last && !discard {
                grown.push((key, total - *last));
            }
            *last = total;
        }
        self.now = now;
        self.steps.retain(|(then, _)| *then > now - LONG_WINDOW);
        if !grown.is_empty() {
            self.steps.push_back((now, grown));
        }
    }

    /// What has grown within `window`, by how much.
    fn grown(&self, window: i64) -> impl Iterator<Item = &(K, u64)> {
        let begin = self.now.saturating_sub(window);
        let steps = self.steps.iter().filter(move |(then, _)| *then > begin);
        steps.flat_map(|(_, grown)| grown)
    }

    /// The value of `of` with the largest growth, the first of equal ones.
    fn leader<V: Ord + Copy>(&self, of: impl Fn(K) -> Option<V>) -> Option<V> {
        self.leader_within(WINDOW, &of)
            .or_else(|| self.leader_within(LONG_WINDOW, &of))
    }

    fn leader_within<V: Ord + Copy>(&self, window: i64, of: impl Fn(K) -> Option<V>) -> Option<V> {
        let mut sums: BTreeMap<V, u64> = BTreeMap::new();
        for (key, grown) in self.grown(window) {
            if let Some(value) = of(*key) {
                *sums.entry(value).or_default() += grown;
            }
        }
        let most = sums.into_iter().rev().max_by_key(|(_, sum)| *sum);
        most.map(|(value, _)| value)
    }

    /// How much the selected counts have grown.
    fn sum(&self, of: impl Fn(K) -> bool) -> u64 {
        let grown = self.grown(WINDOW);
        grown.filter(|(key, _)| of(*key)).map(|it| it.1).sum()
    }
}

/// What the outbound failures of the last quarter hour had in common.
pub(super) struct Leading {
    /// By provider and code.
    codes: Growth<(u8, u16)>,
    /// By provider and condition.
    conditions: Growth<(u8, u8)>,
    /// By code and enhanced status code.
    enhanced: Growth<(u16, (u8, u16, u16))>,
}

impl Leading {
    pub(super) fn new() -> Self {
        Leading {
            codes: Growth::new(),
            conditions: Growth::new(),
            enhanced: Growth::new(),
        }
    }

    /// Takes the totals at `now`.
    pub(super) fn step(
        &mut self,
        now: i64,
        totals: &Totals<'_>,
        counters: &Counters,
        discard: bool,
    ) {
        debug_assert_eq!(now.rem_euclid(STEP), 0);
        let codes = totals.codes().iter().map(|it| ((it.0.0, it.1), it.2));
        self.codes.step(now, codes, discard);
        let conditions = totals.conditions().iter();
        let conditions = conditions.map(|it| ((it.0.0, it.1.0), it.2));
        self.conditions.step(now, conditions, discard);
        let enhanced = counters.enhanced_counts();
        let enhanced = enhanced.filter_map(|(direction, code, enhanced, count)| match enhanced {
            EnhancedStatus::Code(it) if direction == Direction::Outbound && code >= 400 => {
                Some(((code, (it.class, it.subject, it.detail)), count))
            }
            _ => None,
        });
        self.enhanced.step(now, enhanced, discard);
    }

    /// The provider with most replies with one of these conditions; with one of these codes if there are no conditions.
    pub(super) fn provider(&self, codes: &[u16], conditions: &[ConditionId]) -> Option<ProviderId> {
        let leader = match conditions.is_empty() {
            true => self
                .codes
                .leader(|(provider, code)| codes.contains(&code).then_some(provider)),
            false => self.conditions.leader(|(provider, condition)| {
                conditions
                    .contains(&ConditionId(condition))
                    .then_some(provider)
            }),
        };
        leader.map(ProviderId)
    }

    /// The most frequent reply code with one of these first digits, of a provider or of all; 1 are failed connections.
    pub(super) fn code(&self, provider: Option<u8>, digits: &[u16]) -> Option<u16> {
        self.codes.leader(|(of, code)| {
            let counts = provider.is_none_or(|provider| provider == of);
            (counts && digits.contains(&(code / 100))).then_some(code)
        })
    }

    /// The enhanced status code that most replies with this code had.
    pub(super) fn enhanced(&self, code: u16) -> Option<Enhanced> {
        let leader = self
            .enhanced
            .leader(|(of, enhanced)| (of == code).then_some(enhanced));
        leader.map(|(class, subject, detail)| Enhanced {
            class,
            subject,
            detail,
        })
    }

    /// The most frequent condition but `except`, of a provider or of all.
    pub(super) fn condition(
        &self,
        provider: Option<u8>,
        except: &[ConditionId],
    ) -> Option<ConditionId> {
        let leader = self.conditions.leader(|(of, condition)| {
            let counts = provider.is_none_or(|provider| provider == of)
                && !except.contains(&ConditionId(condition));
            counts.then_some(condition)
        });
        leader.map(ConditionId)
    }

    /// How many replies had one of these codes, and how many one of these conditions.
    pub(super) fn counts(&self, codes: &[u16], conditions: &[ConditionId]) -> [u64; 2] {
        [
            self.codes.sum(|(_, code)| codes.contains(&code)),
            self.conditions
                .sum(|(_, condition)| conditions.contains(&ConditionId(condition))),
        ]
    }
}
