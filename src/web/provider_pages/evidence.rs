//! What is known about the failed replies of one provider.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use crate::catalog::Cause;
use crate::insight::{Frequent, Group, Window};
use crate::parse::{Direction, Enhanced};
use crate::web::context::Context;
use crate::web::privacy::Privacy;
use crate::web::runbook::{Count, Text, hide_samples};

/// How many rows a list has at most.
const MAX_ROWS: usize = 10;

/// Counts of the last five minutes, hour and day.
pub type Counts = [u64; 3];

const WINDOWS: [Window; 3] = [Window::FiveMinutes, Window::Hour, Window::Day];

/// One reply code with its enhanced code and condition.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reply {
    pub code: u16,
    pub enhanced: Option<(u8, u16, u16)>,
    pub condition: String,
}

impl Reply {
    /// As it is written: `421 4.7.28`.
    pub fn text(&self) -> String {
        let enhanced = self.enhanced.map(|(class, subject, detail)| Enhanced {
            class,
            subject,
            detail,
        });
        match (self.code, enhanced) {
            (0, Some(enhanced)) => enhanced.to_string(),
            (0, None) => self.condition.clone(),
            (code, Some(enhanced)) => format!("{code:03} {enhanced}"),
            (code, None) => format!("{code:03}"),
        }
    }

    /// The page that tells most about it.
    pub fn page(&self) -> String {
        match self.code {
            0 => format!("/codes/{}", self.condition),
            code => format!("/codes/{code:03}"),
        }
    }
}

/// What is known.
#[derive(Debug, Default)]
pub struct ProviderEvidence {
    /// Failed replies, the worst now first.
    pub replies: Vec<(Reply, Counts)>,
    /// By group of conditions.
    pub causes: Vec<(Cause, Counts)>,
    /// Texts of [`ProviderEvidence::window`].
    pub texts: Vec<Text>,
    /// Sender domains of the codes that only this provider answers with, of that window.
    pub senders: Vec<Count>,
    pub recipients: Vec<Count>,
    /// An hour, or a day if the hour has no failed replies.
    pub window: Option<Window>,
}

impl ProviderEvidence {
    /// The evidence about a provider.
    pub fn of(context: &Context<'_>, provider: &str) -> Self {
        let Some(insight) = &context.view.insight else {
            return ProviderEvidence::default();
        };
        let (catalog, now) = (context.catalog(), context.as_of());
        let is_of = |group: &Group| {
            group.direction() == Direction::Outbound && *group.provider == *provider
        };
        let mut replies: BTreeMap<Reply, Counts> = BTreeMap::new();
        let mut others: BTreeMap<Reply, Counts> = BTreeMap::new();
        let mut causes: BTreeMap<usize, Counts> = BTreeMap::new();
        for (at, window) in WINDOWS.into_iter().enumerate() {
            for Frequent { key, count, .. } in insight.groups(window, now) {
                let reply = Reply {
                    code: key.code,
                    enhanced: key.enhanced().map(|it| (it.class, it.subject, it.detail)),
                    condition: key.condition.to_string(),
                };
                if !is_of(&key) {
                    others.entry(reply).or_default()[at] += count;
                    continue;
                }
                let condition = catalog
                    .conditions()
                    .iter()
                    .find(|it| it.name == *key.condition);
                if let Some(condition) = condition {
                    causes.entry(condition.cause.index()).or_default()[at] += count;
                }
                replies.entry(reply).or_default()[at] += count;
            }
        }
        let has = |at: usize| replies.values().any(|counts| counts[at] > 0);
        let window = (1..3).find(|at| has(*at)).map(|at| WINDOWS[at]);
        let texts = window
            .map(|window| insight.texts(window, now))
            .unwrap_or_default();
        let texts = texts
            .into_iter()
            .filter(|it| is_of(&it.key.group))
            .take(MAX_ROWS);
        // Names are counted by reply, not by provider: only those of replies that are nearly all of this provider tell.
        let is_own = |code: u16, enhanced: Option<Enhanced>, condition: &str| {
            let reply = Reply {
                code,
                enhanced: enhanced.map(|it| (it.class, it.subject, it.detail)),
                condition: condition.to_owned(),
            };
            let own = replies.get(&reply).map_or(0, |counts| counts[1]);
            let others = others.get(&reply).map_or(0, |counts| counts[1]);
            own > 0 && others * 10 <= own
        };
        let names = |names| {
            Count::of_names(names, |key| {
                is_own(key.code, key.enhanced(), &key.condition)
            })
        };
        let mut evidence = ProviderEvidence {
            texts: texts
                .map(|Frequent { key, count, error }| Text {
                    code: key.group.code,
                    enhanced: key.group.enhanced(),
                    template: key.template,
                    sample: key.sample,
                    provider: key.group.provider,
                    count,
                    error,
                })
                .collect(),
            senders: names(insight.senders(Window::Hour, now)),
            recipients: names(insight.recipients(Window::Hour, now)),
            causes: Cause::ALL
                .into_iter()
                .map(|cause| (cause, causes.remove(&cause.index()).unwrap_or_default()))
                .collect(),
            replies: replies.into_iter().collect(),
            window,
        };
        if context.settings.privacy == Privacy::None {
            evidence.senders.clear();
            evidence.recipients.clear();
            hide_samples(&mut evidence.texts);
        }
        evidence.replies.sort_by_key(|(_, counts)| Reverse(*counts));
        evidence.replies.truncate(MAX_ROWS);
        evidence.causes.sort_by_key(|(_, counts)| Reverse(*counts));
        evidence
    }
}
