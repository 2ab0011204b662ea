//! What waits for one Alertmanager: the newest state of each alert, the oldest first.
//!
//! It stands apart because it is plain data. A backlog of states that have been overtaken would
//! grow while an Alertmanager is down, and tell it old things once it is back; so there is none.

use std::collections::BTreeMap;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::{Alert, QUEUE_CAPACITY};

/// The most alerts in one request; as many as in Prometheus.
const BATCH: usize = 64;

/// Alerts on their way, each with its place in the queue.
pub(super) type Batch = Vec<(u64, Arc<Alert>)>;

/// The queue. An alert leaves it only when it is [`Pending::done`], so that a request that fails
/// changes nothing.
#[derive(Default)]
pub(super) struct Pending {
    by_place: BTreeMap<u64, Arc<Alert>>,
    places: FxHashMap<ByLabels, u64>,
    next: u64,
}

/// An alert as its labels tell it from others.
struct ByLabels(Arc<Alert>);

impl PartialEq for ByLabels {
    fn eq(&self, other: &Self) -> bool {
        self.0.labels == other.0.labels
    }
}

impl Eq for ByLabels {}

impl Hash for ByLabels {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.labels.hash(state);
    }
}

impl Pending {
    /// Puts an alert in its older state's place, or at the end. True if another one had to go.
    pub(super) fn put(&mut self, alert: Arc<Alert>) -> bool {
        let key = ByLabels(Arc::clone(&alert));
        // The old key goes too: it would keep the old state in memory.
        if let Some((_, place)) = self.places.remove_entry(&key) {
            self.by_place.insert(place, alert);
            self.places.insert(key, place);
            return false;
        }
        let full = self.len() >= QUEUE_CAPACITY;
        if full && let Some((_, oldest)) = self.by_place.pop_first() {
            self.places.remove(&ByLabels(oldest));
        }
        self.by_place.insert(self.next, alert);
        self.places.insert(key, self.next);
        self.next += 1;
        full
    }

    /// The alerts that have waited the longest, as many as go into one request.
    pub(super) fn oldest(&self) -> Batch {
        self.by_place
            .iter()
            .take(BATCH)
            .map(|(place, alert)| (*place, Arc::clone(alert)))
            .collect()
    }

    /// Takes out what was sent, unless there is a newer state by now.
    pub(super) fn done(&mut self, batch: &Batch) {
        for (place, sent) in batch {
            if self
                .by_place
                .get(place)
                .is_some_and(|now| Arc::ptr_eq(now, sent))
            {
                self.by_place.remove(place);
                self.places.remove(&ByLabels(Arc::clone(sent)));
            }
        }
    }

    /// How many alerts wait.
    pub(super) fn len(&self) -> usize {
        self.by_place.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alert::notify::tests::alert;

    fn names(batch: &Batch) -> Vec<(&str, &str)> {
        batch
            .iter()
            .map(|(_, alert)| {
                (
                    alert.labels["alertname"].as_str(),
                    alert.annotations["summary"].as_str(),
                )
            })
            .collect()
    }

    #[test]
    fn a_newer_state_takes_the_place_and_the_memory_of_the_older() {
        let mut pending = Pending::default();
        let old = Arc::new(alert("a", "old"));
        let gone = Arc::downgrade(&old);
        assert!(!pending.put(old));
        pending.put(Arc::new(alert("b", "old")));
        pending.put(Arc::new(alert("a", "new")));
        assert_eq!(names(&pending.oldest()), [("a", "new"), ("b", "old")]);
        assert!(gone.upgrade().is_none());
        assert_eq!((pending.len(), pending.places.len()), (2, 2));
    }

    #[test]
    fn what_was_overtaken_on_its_way_stays_to_be_sent() {
        let mut pending = Pending::default();
        pending.put(Arc::new(alert("a", "old")));
        pending.put(Arc::new(alert("b", "old")));
        let batch = pending.oldest();
        pending.put(Arc::new(alert("a", "new")));
        pending.done(&batch);
        assert_eq!(names(&pending.oldest()), [("a", "new")]);
        pending.done(&pending.oldest());
        assert_eq!((pending.len(), pending.places.len()), (0, 0));
    }

    #[test]
    fn a_request_holds_64_at_most_and_a_full_queue_loses_the_oldest() {
        let mut pending = Pending::default();
        for number in 0..QUEUE_CAPACITY {
            assert!(!pending.put(Arc::new(alert(&number.to_string(), ""))));
        }
        assert!(!pending.put(Arc::new(alert("0", "again"))));
        assert!(pending.put(Arc::new(alert("one more", ""))));
        let batch = pending.oldest();
        assert_eq!(batch.len(), 64);
        assert_eq!(names(&batch)[0], ("1", ""));
        assert_eq!(
            (pending.len(), pending.places.len()),
            (QUEUE_CAPACITY, QUEUE_CAPACITY)
        );
    }
}
