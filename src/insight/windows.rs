//! The frequent keys of several windows: slots of a minute, five minutes and an hour, merged on demand.

use std::collections::VecDeque;
use std::hash::Hash;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::space_saving::{Frequent, SpaceSaving};

/// A window that ends now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Window {
    /// Five minutes.
    FiveMinutes,
    /// An hour.
    Hour,
    /// A day.
    Day,
    /// Since counting began.
    Total,
}

impl Window {
    /// All windows, the shortest first.
    pub const ALL: [Window; 4] = [
        Window::FiveMinutes,
        Window::Hour,
        Window::Day,
        Window::Total,
    ];

    /// The name in JSON documents.
    pub fn name(self) -> &'static str {
        match self {
            Window::FiveMinutes => "5m",
            Window::Hour => "1h",
            Window::Day => "24h",
            Window::Total => "total",
        }
    }
}

/// The slots of one window.
#[derive(Clone, Copy)]
struct Slots {
    /// Seconds of one slot.
    width: i64,
    /// How many are merged: the current one, which is not over yet, and those before it.
    count: usize,
    /// How many keys each has.
    capacity: usize,
}

/// By [`Window::FiveMinutes`], [`Window::Hour`] and [`Window::Day`].
const SLOTS: [Slots; 3] = [
    Slots {
        width: 60,
        count: 6,
        capacity: 64,
    },
    Slots {
        width: 300,
        count: 13,
        capacity: 128,
    },
    Slots {
        width: 3600,
        count: 25,
        capacity: 128,
    },
];

/// How many keys are kept since counting began, and of a merged window.
const CAPACITY: usize = 256;

/// One slot: its number since 1970, in widths, and its keys, which copies of the windows share until they change.
type Slot<K> = (i64, Arc<SpaceSaving<K>>);

/// How many keys of the current minute are counted before they are added to the windows.
const PENDING: usize = 64;

/// The frequent keys of all windows.
#[derive(Clone, Debug)]
pub(super) struct Windows<K> {
    /// The keys of one minute that are not in the windows yet, so that a frequent key costs one count instead of one in
    /// each window. It never replaces a key, so its counts are exact.
    pending: SpaceSaving<K>,
    /// The minute of the pending keys, as the number of its slot.
    minute: i64,
    /// The newest slot last.
    slots: [VecDeque<Slot<K>>; 3],
    total: SpaceSaving<K>,
}

/// The sketches of all windows, for the state file: number of each slot and its keys.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WindowsSnapshot<K> {
    slots: [Vec<(i64, Vec<Frequent<K>>)>; 3],
    total: Vec<Frequent<K>>,
}

impl<K: Clone + Eq + Hash> Windows<K> {
    pub fn new() -> Self {
        Windows {
            pending: SpaceSaving::new(PENDING),
            minute: 0,
            slots: [const { VecDeque::new() }; 3],
            total: SpaceSaving::new(CAPACITY),
        }
    }

    /// The key that equals another one, if it is one of the most frequent since counting began.
    pub fn known(&self, key: &K) -> Option<&K> {
        self.pending.known(key).or_else(|| self.total.known(key))
    }

    /// Counts a key `times` times at a time in seconds since 1970. A key that is older than a window does not count in it.
    pub fn count(&mut self, key: &K, time: i64, times: u64) {
        let minute = time.div_euclid(SLOTS[0].width);
        if minute == self.minute && self.pending.count_exactly(key, times) {
            return;
        }
        self.settle();
        self.minute = minute;
        self.pending.count(key, times);
    }

    /// Adds the pending keys to the windows.
    pub fn settle(&mut self) {
        let time = self.minute * SLOTS[0].width;
        for Frequent { key, count, .. } in self.pending.take() {
            self.add(&key, time, count);
        }
    }

    fn add(&mut self, key: &K, time: i64, times: u64) {
        self.total.count(key, times);
        for (slots, settings) in self.slots.iter_mut().zip(&SLOTS) {
            if let Some(sketch) = slot(slots, settings, time.div_euclid(settings.width)) {
                sketch.count(key, times);
            }
        }
    }

    /// Whether there are pending keys.
    pub fn has_pending(&self) -> bool {
        !self.pending.entries().is_empty()
    }

    /// These keys after [`Windows::settle`].
    fn settled(&self) -> Option<Self> {
        self.has_pending().then(|| {
            let mut settled = self.clone();
            settled.settle();
            settled
        })
    }

    /// The keys of a window that ends at `now`, the most frequent first. Fast after [`Windows::settle`].
    pub fn of(&self, window: Window, now: i64) -> Vec<Frequent<K>> {
        if let Some(settled) = self.settled() {
            return settled.of(window, now);
        }
        let at = match window {
            Window::FiveMinutes => 0,
            Window::Hour => 1,
            Window::Day => 2,
            Window::Total => return self.total.sorted(),
        };
        let Slots { width, count, .. } = SLOTS[at];
        let first = now.div_euclid(width) - (count as i64 - 1);
        let mut merged = SpaceSaving::new(CAPACITY);
        for (number, sketch) in &self.slots[at] {
            if *number >= first {
                merged.merge(sketch);
            }
        }
        merged.sorted()
    }

    /// What the state file keeps. Fast after [`Windows::settle`].
    pub fn snapshot(&self) -> WindowsSnapshot<K> {
        if let Some(settled) = self.settled() {
            return settled.snapshot();
        }
        let slots = |slots: &VecDeque<Slot<K>>| {
            let slots = slots.iter();
            slots
                .map(|(number, sketch)| (*number, sketch.entries().to_vec()))
                .collect()
        };
        let [a, b, c] = &self.slots;
        WindowsSnapshot {
            slots: [slots(a), slots(b), slots(c)],
            total: self.total.entries().to_vec(),
        }
    }

    pub fn restored(snapshot: WindowsSnapshot<K>) -> Self {
        let mut windows = Windows::new();
        let all = windows.slots.iter_mut().zip(snapshot.slots).zip(&SLOTS);
        for ((slots, kept), settings) in all {
            for (number, entries) in kept.into_iter().take(settings.count) {
                let sketch = SpaceSaving::restored(settings.capacity, entries);
                slots.push_back((number, Arc::new(sketch)));
            }
        }
        windows.total = SpaceSaving::restored(CAPACITY, snapshot.total);
        windows
    }
}

/// The slot with this number; `None` if it is too old.
fn slot<'s, K: Clone + Eq + Hash>(
    slots: &'s mut VecDeque<Slot<K>>,
    settings: &Slots,
    number: i64,
) -> Option<&'s mut SpaceSaving<K>> {
    let newest = slots.back().map(|(number, _)| *number);
    if newest.is_none_or(|newest| newest < number) {
        if slots.len() == settings.count {
            slots.pop_front();
        }
        slots.push_back((number, Arc::new(SpaceSaving::new(settings.capacity))));
    }
    let known = slots.iter().position(|(it, _)| *it == number);
    let at = match known {
        Some(at) => at,
        None if slots.len() < settings.count => {
            // A line that is read late, of a slot that had none.
            let at = slots.iter().take_while(|(it, _)| *it < number).count();
            let sketch = SpaceSaving::new(settings.capacity);
            slots.insert(at, (number, Arc::new(sketch)));
            at
        }
        None => return None,
    };
    slots.get_mut(at).map(|(_, sketch)| Arc::make_mut(sketch))
}

#[cfg(test)]
mod tests {
    use super::*;

    const T: i64 = 1_796_000_400;

    fn counts(windows: &Windows<&'static str>, now: i64) -> [u64; 4] {
        Window::ALL.map(|window| {
            let keys = windows.of(window, now);
            keys.iter().map(|entry| entry.count).sum()
        })
    }

    #[test]
    fn keys_leave_the_windows_as_time_passes() {
        let mut windows = Windows::new();
        for minute in 0..10 {
            windows.count(&"a", T + minute * 60, 1);
        }
        let now = T + 9 * 60;
        assert_eq!(counts(&windows, now), [6, 10, 10, 10]);
        assert_eq!(counts(&windows, now + 600), [0, 10, 10, 10]);
        assert_eq!(counts(&windows, now + 2 * 3600), [0, 0, 10, 10]);
        assert_eq!(counts(&windows, now + 30 * 3600), [0, 0, 0, 10]);
        // A line that is read late counts where it belongs.
        windows.count(&"b", T + 8 * 60, 1);
        windows.count(&"c", T - 7200, 1);
        assert_eq!(counts(&windows, now), [7, 11, 12, 12]);
        let first = &windows.of(Window::FiveMinutes, now)[0];
        assert_eq!((first.key, first.count, first.error), ("a", 6, 0));
    }

    #[test]
    fn pending_keys_count_exactly_whenever_they_are_settled() {
        let (mut often, mut seldom) = (Windows::new(), Windows::new());
        for number in 0..1000u32 {
            // More keys than can be pending, of two minutes, some of them late.
            let (key, time) = (number * 7 % 100, T + i64::from(number / 300 % 3) * 60);
            often.count(&key, time, u64::from(number % 3 + 1));
            seldom.count(&key, time, u64::from(number % 3 + 1));
            often.settle();
        }
        for window in [Window::Hour, Window::Day, Window::Total] {
            let mut keys = [often.of(window, T + 120), seldom.of(window, T + 120)];
            keys.iter_mut()
                .for_each(|keys| keys.sort_by_key(|it| it.key));
            assert_eq!(keys[0], keys[1]);
        }
        assert_eq!(seldom.of(Window::Total, T).len(), 100);
        assert_eq!(seldom.known(&7), Some(&7));
    }

    #[test]
    fn the_number_of_slots_is_bounded_and_survives_a_restart() {
        let mut windows = Windows::new();
        for hour in 0..100 {
            windows.count(&hour, T + hour * 3600, 1);
        }
        let now = T + 99 * 3600;
        assert_eq!(windows.of(Window::Day, now).len(), 25);
        assert!(windows.slots.iter().all(|slots| slots.len() <= 25));
        let again = Windows::restored(windows.snapshot());
        assert_eq!(again.snapshot(), windows.snapshot());
        for window in Window::ALL {
            assert_eq!(again.of(window, now), windows.of(window, now));
        }
    }
}
