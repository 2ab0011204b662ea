//! Groups lines into messages. Lines with the same queue id are of one message on one host, unless the id was used again;
//! messages with the same message id, or that one was made from the other, are steps of the same message on its way.

use std::collections::{BTreeMap, HashMap};

use jiff::{SignedDuration, Timestamp};

use super::record::Record;

/// How far apart the lines of two hosts about the same message can be, where nothing else confirms that it is the same:
/// the time for which a queue keeps a message, and some more.
const SAME_ID: SignedDuration = SignedDuration::from_hours(6 * 24);

/// The messages: indices of records in the order of time.
pub fn group(records: &[Record]) -> Vec<Vec<usize>> {
    let mut order: Vec<usize> = (0..records.len()).collect();
    order.sort_by_key(|&at| records[at].time);
    let mut uses: Vec<IdUse> = Vec::new();
    let mut uses_of: HashMap<(&str, &str), Vec<usize>> = HashMap::new();
    let mut sets = DisjointSets::new(records.len());
    for &at in &order {
        let record = &records[at];
        if record.queue_id.is_empty() {
            continue;
        }
        let of_id = uses_of.entry((&record.host, &record.queue_id)).or_default();
        let current = of_id.last().copied();
        let current = match current.filter(|&it| !uses[it].is_over_before(record)) {
            Some(current) => current,
            None => {
                uses.push(IdUse::new(at, record));
                of_id.push(uses.len() - 1);
                uses.len() - 1
            }
        };
        uses[current].add(record);
        sets.join(uses[current].first, at);
    }
    join_hosts(&uses, &uses_of, &mut sets);
    join_related(records, &uses, &mut sets);
    let mut messages: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for &at in &order {
        messages.entry(sets.find(at)).or_default().push(at);
    }
    messages.into_values().collect()
}

/// One use of a queue id on a host.
struct IdUse {
    /// The index of its first record.
    first: usize,
    queue_id: String,
    message_id: String,
    from: Option<Timestamp>,
    to: Option<Timestamp>,
    /// Whether it was received, and whether it left the queue.
    received: bool,
    removed: bool,
}

impl IdUse {
    fn new(first: usize, record: &Record) -> Self {
        IdUse {
            first,
            queue_id: record.queue_id.clone(),
            message_id: String::new(),
            from: record.time,
            to: record.time,
            received: false,
            removed: false,
        }
    }

    /// Whether a record is of a later message that got the same id.
    fn is_over_before(&self, record: &Record) -> bool {
        let is_other = !record.message_id.is_empty()
            && !self.message_id.is_empty()
            && record.message_id != self.message_id;
        let is_receipt = is_receipt(record);
        is_other || is_receipt && (self.removed || self.received)
    }

    fn add(&mut self, record: &Record) {
        if self.message_id.is_empty() {
            self.message_id.clone_from(&record.message_id);
        }
        self.to = record.time.or(self.to);
        self.received |= is_receipt(record);
        self.removed |= record.text == "removed" || record.text.starts_with("Completed");
    }

    /// The time between this use and another one.
    fn distance(&self, other: &IdUse) -> SignedDuration {
        match (self.from, self.to, other.from, other.to) {
            (Some(from), Some(to), Some(other_from), Some(other_to)) => {
                let gap = other_from
                    .duration_since(to)
                    .max(from.duration_since(other_to));
                gap.max(SignedDuration::ZERO)
            }
            _ => SignedDuration::ZERO,
        }
    }

    /// Whether both can be the same message.
    fn may_be(&self, other: &IdUse) -> bool {
        let known = !self.message_id.is_empty() && !other.message_id.is_empty();
        !known || self.message_id == other.message_id
    }
}

/// Whether a line begins the history of a queue id.
fn is_receipt(record: &Record) -> bool {
    ["client=", "uid=", "<= "]
        .iter()
        .any(|form| record.text.starts_with(form))
}

/// Joins the uses of an id in the logs of one host that calls itself by different names.
fn join_hosts(
    uses: &[IdUse],
    uses_of: &HashMap<(&str, &str), Vec<usize>>,
    sets: &mut DisjointSets,
) {
    let mut by_id: HashMap<&str, Vec<(&str, usize)>> = HashMap::new();
    for ((host, id), of_id) in uses_of {
        let of_host = of_id.iter().map(|&it| (*host, it));
        by_id.entry(id).or_default().extend(of_host);
    }
    for of_id in by_id.values() {
        for (at, (host, one)) in of_id.iter().enumerate() {
            for (other_host, other) in &of_id[at + 1..] {
                let (one, other) = (&uses[*one], &uses[*other]);
                if host != other_host && one.may_be(other) && one.distance(other) < SAME_ID {
                    sets.join(one.first, other.first);
                }
            }
        }
    }
}

/// Joins messages with the same message id, and those of which one was made from the other.
fn join_related(records: &[Record], uses: &[IdUse], sets: &mut DisjointSets) {
    let mut by_message_id: HashMap<&str, usize> = HashMap::new();
    let mut by_queue_id: HashMap<&str, Vec<&IdUse>> = HashMap::new();
    for it in uses {
        by_queue_id.entry(&it.queue_id).or_default().push(it);
    }
    for (at, record) in records.iter().enumerate() {
        if !record.message_id.is_empty() {
            let first = *by_message_id.entry(&record.message_id).or_insert(at);
            sets.join(first, at);
        }
        for (_, id) in &record.related {
            // Of several messages with this id, the one closest in time.
            let of_id = by_queue_id.get(id.as_str()).into_iter().flatten();
            let own = IdUse::new(at, record);
            let closest = of_id.min_by_key(|it| it.distance(&own));
            if let Some(related) = closest.filter(|it| it.distance(&own) < SAME_ID) {
                sets.join(at, related.first);
            }
        }
    }
}

/// Sets of records that are joined.
struct DisjointSets {
    parents: Vec<usize>,
}

impl DisjointSets {
    fn new(length: usize) -> Self {
        DisjointSets {
            parents: (0..length).collect(),
        }
    }

    /// The record that stands for the set of another one.
    fn find(&mut self, mut at: usize) -> usize {
        while self.parents[at] != at {
            self.parents[at] = self.parents[self.parents[at]];
            at = self.parents[at];
        }
        at
    }

    fn join(&mut self, one: usize, other: usize) {
        let (one, other) = (self.find(one), self.find(other));
        self.parents[one.max(other)] = one.min(other);
    }
}
