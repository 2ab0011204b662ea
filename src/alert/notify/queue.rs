//! The queue of one Alertmanager: the newest state of each alert, in the order in which the alerts were queued.
//!
//! A newer state replaces the queued one, so the queue does not grow while an Alertmanager is down, and no
//! outdated states are sent when it is back.

use std::collections::BTreeMap;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::notification::Notification;

/// The capacity of each queue in alerts, as in Prometheus.
pub const QUEUE_CAPACITY: usize = 10_000;

/// Maximum number of alerts in a request, as in Prometheus.
const BATCH: usize = 64;

/// Alerts being sent, each with its position in the queue.
pub(super) type Batch = Vec<(u64, Arc<Notification>)>;

/// The queue. An alert is removed only by [`Pending::done`], so a failed request leaves the queue as it was.
#[derive(Default)]
pub(super) struct Pending {
    by_place: BTreeMap<u64, Arc<Notification>>,
    places: FxHashMap<ByLabels, u64>,
    next: u64,
}

/// An alert, compared by its labels.
struct ByLabels(Arc<Notification>);

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
    /// Replaces the older state of the alert, or appends it. Returns true if another alert was dropped.
    pub(super) fn put(&mut self, alert: Arc<Notification>) -> bool {
        let key = ByLabels(Arc::clone(&alert));
        // The old key holds the old state, so it is replaced too.
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

    /// The oldest alerts, as many as fit into one request.
    pub(super) fn oldest(&self) -> Batch {
        self.by_place
            .iter()
            .take(BATCH)
            .map(|(place, alert)| (*place, Arc::clone(alert)))
            .collect()
    }

    /// Removes alerts that were sent, unless a newer state has replaced them meanwhile.
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

    /// Number of queued alerts.
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
    fn newer_state_replaces_the_older_one() {
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
    fn state_replaced_while_being_sent_stays_queued() {
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
    fn batches_are_limited_and_a_full_queue_drops_the_oldest() {
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
