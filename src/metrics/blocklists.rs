//! Counts by blocklist: which list the replies of remote servers name when they refuse mail because of one.

use serde::{Deserialize, Serialize};

use crate::catalog::{Catalog, ConditionId};
use crate::metrics::counters::Counters;
use crate::parse::Event;

/// The label value for replies that name no known blocklist.
pub(crate) const OTHER: &str = "other";

/// Outbound failures whose condition is `blocklisted`, by the blocklist that the reply names.
#[derive(Clone)]
pub(crate) struct BlocklistReplies {
    /// The condition `blocklisted`; `None` if the catalog has none.
    condition: Option<ConditionId>,
    /// By [`BlocklistId`](crate::catalog::BlocklistId); the last one counts replies that name no known list.
    counts: Box<[u64]>,
}

impl BlocklistReplies {
    pub(crate) fn new(catalog: &Catalog) -> Self {
        BlocklistReplies {
            condition: catalog.condition_named("blocklisted"),
            counts: vec![0; catalog.blocklists().len() + 1].into(),
        }
    }

    /// Counts an outbound failure if its condition is `blocklisted`; the text of others is not searched.
    #[inline]
    pub(crate) fn count(&mut self, catalog: &Catalog, event: &Event<'_>, times: u64) {
        if event.condition == self.condition {
            self.count_named(catalog, event.text, times);
        }
    }

    #[cold]
    #[inline(never)]
    fn count_named(&mut self, catalog: &Catalog, text: &[u8], times: u64) {
        let other = self.counts.len() - 1;
        let list = catalog.blocklist_named_in(text);
        let list = list.map_or(other, |list| usize::from(list.0).min(other));
        self.counts[list] += times;
    }

    /// All label values with their counts; `other` is the last.
    pub(crate) fn by_name<'a>(
        &'a self,
        catalog: &'a Catalog,
    ) -> impl Iterator<Item = (&'a str, u64)> {
        let names = catalog.blocklists().iter().map(|list| &*list.name);
        names.chain([OTHER]).zip(self.counts.iter().copied())
    }
}

/// The counts by blocklist, as stored in the state file: by name, because their indexes may change.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct BlocklistsSnapshot {
    /// Name and count of the counts that are not zero.
    counts: Vec<(String, u64)>,
}

impl BlocklistsSnapshot {
    pub(crate) fn of(counters: &Counters) -> Self {
        let counts = counters.blocklist_replies.by_name(counters.catalog);
        let counts = counts.filter(|(_, count)| *count != 0);
        BlocklistsSnapshot {
            counts: counts
                .map(|(name, count)| (name.to_owned(), count))
                .collect(),
        }
    }

    /// Restores the counts. Those of a list that is no longer in the catalog count as `other`.
    pub(crate) fn restore(&self, counters: &mut Counters) {
        let lists = counters.catalog.blocklists();
        let counts = &mut counters.blocklist_replies.counts;
        for (name, count) in &self.counts {
            let list = lists.iter().position(|list| list.name == *name);
            if let Some(slot) = counts.get_mut(list.unwrap_or(lists.len())) {
                *slot += count;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Providers;
    use crate::metrics::counters_snapshot::CountersSnapshot;
    use crate::parse::{Direction, LineParser};
    use jiff::{Timestamp, tz::TimeZone};

    fn counted_lines(lines: impl IntoIterator<Item = String>) -> Counters {
        let providers = Providers::embedded();
        let catalog = Catalog::embedded();
        let mut counters = Counters::new(catalog);
        let mut parser = LineParser::new(catalog, providers, TimeZone::UTC, Timestamp::UNIX_EPOCH);
        for line in lines {
            let mut slot = None;
            let parsed = parser.parse(line.as_bytes(), &mut slot);
            counters.count(parsed.time, &parsed.line, 0);
        }
        counters
    }

    /// The counts after a Postfix log with these replies of remote servers.
    fn counted(replies: &[&str]) -> Counters {
        counted_lines(replies.iter().enumerate().map(|(number, reply)| {
            format!(
                "Jan  1 10:00:00 mail postfix/smtp[1]: A{number:05X}: to=<a@example.com>, relay=mx{number}.example.net\
                 [192.0.2.1]:25, delay=1, delays=0/0/1/0, dsn=5.7.1, status=bounced (host mx{number}.example.net\
                 [192.0.2.1] said: {reply} (in reply to RCPT TO command))"
            )
        }))
    }

    fn nonzero(counters: &Counters) -> Vec<(&str, u64)> {
        let counts = counters.blocklist_replies.by_name(counters.catalog);
        counts.filter(|(_, count)| *count != 0).collect()
    }

    #[test]
    fn only_blocklisted_replies_count_by_the_list_that_they_name() {
        let counters = counted(&[
            "554 5.7.1 Client host [192.0.2.9] blocked using zen.spamhaus.org",
            "550 5.7.1 192.0.2.9 is listed at zen.spamhaus.org",
            "550 Your IP 192.0.2.9 is on our own blacklist",
            "550 5.1.1 <spamcop.net@example.com>: User unknown",
            "552 5.2.2 Mailbox full, write to postmaster@spamhaus.org",
        ]);
        assert_eq!(nonzero(&counters), [("spamhaus", 2), ("other", 1)]);
    }

    #[test]
    fn counts_are_restored_by_name_and_those_of_unknown_lists_count_as_other() {
        let counters = counted(&["554 5.7.1 blocked using bl.spamcop.net", "550 blacklisted"]);
        let mut snapshot = CountersSnapshot::of(&counters, &[]);
        snapshot.blocklists.counts.push(("retired".into(), 5));
        let providers = Providers::embedded();
        let restored = snapshot.restore(counters.catalog, &providers, 0);
        assert_eq!(nonzero(&restored), [("spamcop", 1), ("other", 6)]);
    }

    #[test]
    fn inbound_replies_do_not_count() {
        let reject = "Jan  1 10:00:00 mail postfix/smtpd[1]: NOQUEUE: reject: RCPT from unknown[192.0.2.9]: 554 5.7.1 \
                      Service unavailable; Client host [192.0.2.9] blocked using zen.spamhaus.org; from=<b@example.com> \
                      to=<a@example.com> proto=ESMTP helo=<x>";
        let counters = counted_lines([reject.to_owned()]);
        let inbound = &counters.conditions[Direction::Inbound.index()];
        assert_eq!(inbound.iter().sum::<u64>(), 1);
        assert_eq!(nonzero(&counters), []);
    }
}
