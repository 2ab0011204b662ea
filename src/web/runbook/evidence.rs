//! What is known about the replies of one topic now: by provider and enhanced code, in which words, and about whose
//! mail. Ordered by what is most frequent in the shortest window that has any.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use crate::catalog::{Catalog, ConditionId, Policy, Topic};
use crate::insight::{Frequent, Insight, Named, Window};
use crate::parse::{Direction, Enhanced};

use super::facts::{matches, topic_of};

/// How many rows a list has at most.
const MAX_ROWS: usize = 8;

/// The counts of the windows, in the order of [`Window::ALL`].
pub type WindowCounts = [u64; Window::ALL.len()];

/// What is known now.
#[derive(Debug, Default)]
pub struct Evidence {
    /// All replies of the topic.
    pub counts: WindowCounts,
    /// By provider; outbound only.
    pub providers: Vec<(String, WindowCounts)>,
    /// By enhanced code; `None` for replies without one.
    pub enhanced: Vec<(Option<Topic>, WindowCounts)>,
    /// What most of the replies of [`Evidence::window`] mean: their enhanced code, and their share from 0 to 1.
    pub leading: Option<(Topic, f64)>,
    /// The most frequent reply texts of [`Evidence::window`].
    pub texts: Vec<Text>,
    /// Sender domains, of that window.
    pub senders: Vec<Count>,
    /// Sender addresses, of that window; empty where they are not recorded.
    pub addresses: Vec<Count>,
    /// Accounts that submitted the messages, of that window; empty where they are not recorded.
    pub accounts: Vec<Count>,
    /// Recipient domains, of that window.
    pub recipients: Vec<Count>,
    /// Networks of clients, of that window.
    pub clients: Vec<Count>,
    /// The window of the lists: an hour, or the shortest longer one that has replies.
    pub window: Option<Window>,
}

/// A reply text.
#[derive(Debug)]
pub struct Text {
    /// Without what differs from reply to reply.
    pub template: Arc<str>,
    /// One of the replies.
    pub sample: Arc<str>,
    /// The reply code.
    pub code: u16,
    /// The enhanced code.
    pub enhanced: Option<Enhanced>,
    /// Empty for replies of our own server.
    pub provider: Arc<str>,
    /// How often, at most.
    pub count: u64,
    /// How much of the count may be that of other texts.
    pub error: u64,
}

/// A name and how often replies were about it.
#[derive(Debug)]
pub struct Count {
    /// Empty for the null sender.
    pub name: Arc<str>,
    /// How often, at most.
    pub count: u64,
    /// How much of the count may be that of other names.
    pub error: u64,
}

impl Evidence {
    /// The evidence about a topic; `now` is in seconds since 1970.
    pub fn of(insight: &Insight, catalog: &Catalog, topic: Topic, now: i64) -> Self {
        let filter = Filter::of(catalog, topic);
        let mut evidence = Evidence::default();
        let mut providers: BTreeMap<Arc<str>, WindowCounts> = BTreeMap::new();
        let mut enhanced: BTreeMap<Option<(u8, u16, u16)>, WindowCounts> = BTreeMap::new();
        for (at, window) in Window::ALL.into_iter().enumerate() {
            for Frequent { key, count, .. } in insight.groups(window, now) {
                if !filter.covers(key.code, key.enhanced(), &key.condition) {
                    continue;
                }
                evidence.counts[at] += count;
                let code = key.enhanced().map(|it| (it.class, it.subject, it.detail));
                enhanced.entry(code).or_default()[at] += count;
                if key.direction() == Direction::Outbound {
                    providers.entry(key.provider).or_default()[at] += count;
                }
            }
        }
        let providers = providers.into_iter();
        evidence.providers = worst(providers.map(|(name, counts)| (name.to_string(), counts)));
        evidence.enhanced = worst(enhanced.into_iter().map(|(code, counts)| {
            let topic = code.map(|(class, subject, detail)| {
                topic_of(Enhanced {
                    class,
                    subject,
                    detail,
                })
            });
            (topic, counts)
        }));
        let longer = Window::ALL.into_iter().zip(evidence.counts).skip(1);
        let window = longer.into_iter().find(|(_, count)| *count > 0);
        let Some((window, _)) = window else {
            return evidence;
        };
        evidence.window = Some(window);
        let at = Window::ALL.iter().position(|it| *it == window);
        evidence.leading = at.and_then(|at| evidence.leading_in(at));
        let texts = insight.texts(window, now).into_iter();
        let texts = texts.filter(|it| {
            let group = &it.key.group;
            filter.covers(group.code, group.enhanced(), &group.condition)
        });
        evidence.texts = texts
            .take(MAX_ROWS)
            .map(|Frequent { key, count, error }| Text {
                code: key.group.code,
                enhanced: key.group.enhanced(),
                template: key.template,
                sample: key.sample,
                provider: key.group.provider,
                count,
                error,
            })
            .collect();
        let names = |names| {
            Count::of_names(names, |key: &Named| {
                filter.covers(key.code, key.enhanced(), &key.condition)
            })
        };
        evidence.senders = names(insight.senders(window, now));
        evidence.addresses = names(insight.addresses(window, now));
        evidence.accounts = names(insight.accounts(window, now));
        evidence.recipients = names(insight.recipients(window, now));
        evidence.clients = names(insight.clients(window, now));
        evidence
    }
}

impl Evidence {
    /// Leaves out domains, networks and samples.
    pub fn hide_names(&mut self) {
        self.senders.clear();
        self.recipients.clear();
        self.clients.clear();
        hide_samples(&mut self.texts);
    }

    /// The enhanced code of more than half of the replies of a window.
    fn leading_in(&self, at: usize) -> Option<(Topic, f64)> {
        let all = self.counts[at].max(1) as f64;
        let codes = self.enhanced.iter();
        let shares = codes.filter_map(|(topic, counts)| Some(((*topic)?, counts[at] as f64 / all)));
        shares
            .max_by(|a, b| a.1.total_cmp(&b.1))
            .filter(|it| it.1 > 0.5)
    }
}

/// Replaces the sample of each text by what all its replies have in common.
pub fn hide_samples(texts: &mut [Text]) {
    for text in texts {
        text.sample = Arc::clone(&text.template);
    }
}

/// The largest in the shortest window first, up to [`MAX_ROWS`].
fn worst<K>(counts: impl Iterator<Item = (K, WindowCounts)>) -> Vec<(K, WindowCounts)> {
    let mut counts: Vec<_> = counts.collect();
    counts.sort_by_key(|(_, counts)| Reverse(*counts));
    counts.truncate(MAX_ROWS);
    counts
}

/// Which replies a topic is about.
pub struct Filter<'c> {
    catalog: &'c Catalog,
    topic: Topic,
    /// Conditions that the alert of a code counts too: full mailboxes of all codes for 422.
    conditions: Vec<ConditionId>,
}

impl<'c> Filter<'c> {
    /// The replies of a topic.
    pub fn of(catalog: &'c Catalog, topic: Topic) -> Self {
        let name = catalog.topic_name(topic);
        static POLICY: LazyLock<Policy> = LazyLock::new(Policy::embedded);
        let rules = POLICY.alerts.iter();
        let rules = rules.filter(|it| it.page.as_ref() == Some(&name) && !it.codes.is_empty());
        let names = rules.flat_map(|it| &it.conditions);
        Filter {
            catalog,
            topic,
            conditions: names.filter_map(|it| catalog.condition_named(it)).collect(),
        }
    }

    /// Whether a reply is among them.
    pub fn covers(&self, code: u16, enhanced: Option<Enhanced>, condition: &str) -> bool {
        let has = |id: ConditionId| self.catalog.condition_name(id) == condition;
        let of_alert = self.conditions.iter().any(|id| has(*id));
        of_alert
            || match &self.topic {
                Topic::Code(wanted) => *wanted == code,
                Topic::Enhanced(topic) => {
                    enhanced.is_some_and(|it| matches(self.catalog, topic, &it))
                }
                Topic::Condition(id) => has(*id),
            }
    }
}

impl From<Frequent<Arc<str>>> for Count {
    fn from(frequent: Frequent<Arc<str>>) -> Self {
        let Frequent { key, count, error } = frequent;
        Count {
            name: key,
            count,
            error,
        }
    }
}

impl Count {
    /// The names that `counts` accepts, each once, the most frequent first.
    pub fn of_names(names: Vec<Frequent<Named>>, counts: impl Fn(&Named) -> bool) -> Vec<Count> {
        let mut found: Vec<Count> = Vec::new();
        for Frequent { key, count, error } in names {
            if !counts(&key) {
                continue;
            }
            match found.iter_mut().find(|it| it.name == key.name) {
                Some(known) => {
                    known.count += count;
                    known.error += error;
                }
                None => found.push(Count {
                    name: key.name,
                    count,
                    error,
                }),
            }
        }
        found.sort_by_key(|it| Reverse(it.count));
        found.truncate(MAX_ROWS);
        found
    }
}
