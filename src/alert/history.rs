//! Totals over time: what a number that only grows was a while ago.
//!
//! It stands apart from what the numbers mean. A track is sampled at every step of the clock; over
//! the last hour or so each sample is kept, over longer times fewer.

use serde::{Deserialize, Serialize};

/// Seconds between two samples, and between two evaluations.
pub(super) const STEP: i64 = 15;

/// How a track remembers: seconds between two samples that are kept, and how many of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Memory {
    every: i64,
    length: usize,
}

impl Memory {
    /// Samples that reach back `age` seconds.
    pub(super) const fn of(every: i64, age: i64) -> Self {
        Memory {
            every,
            length: (age / every) as usize + 2,
        }
    }

    /// How far back it reaches whatever the time, in seconds.
    fn reach(self) -> i64 {
        (self.length as i64 - 2) * self.every
    }
}

#[derive(Clone)]
struct Ring {
    memory: Memory,
    /// The total at the time `k * every` is at `k % length`.
    totals: Box<[u64]>,
}

impl Ring {
    fn new(memory: Memory, total: u64) -> Self {
        Ring {
            memory,
            totals: vec![total; memory.length].into(),
        }
    }

    fn place(&self, slot: i64) -> usize {
        slot.rem_euclid(self.memory.length as i64) as usize
    }

    /// Keeps `total` for every time after `before` up to `now`.
    fn push(&mut self, before: i64, now: i64, total: u64) {
        let last = now.div_euclid(self.memory.every);
        let first = before.div_euclid(self.memory.every) + 1;
        for slot in first.max(last - self.memory.length as i64 + 1)..=last {
            let place = self.place(slot);
            self.totals[place] = total;
        }
    }

    fn at(&self, time: i64) -> u64 {
        self.totals[self.place(time.div_euclid(self.memory.every))]
    }
}

/// The past of one number.
#[derive(Clone)]
pub(super) struct Track {
    rings: Vec<Ring>,
    /// When it was first sampled.
    first: i64,
    /// When it was last sampled, and what it was.
    now: i64,
    total: u64,
}

/// A track as it is kept over restarts: when it was first and last sampled, and for each ring the
/// totals before each change, the newest first, with how many samples they lasted.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct TrackImage {
    first: i64,
    now: i64,
    total: u64,
    rings: Vec<Vec<(u16, u64)>>,
}

impl Track {
    /// Begins at `now` with a number that is `total` already. Memories come the finest first.
    pub(super) fn new(memories: &[Memory], now: i64, total: u64) -> Self {
        let rings = memories.iter().map(|memory| Ring::new(*memory, total));
        Track {
            rings: rings.collect(),
            first: now,
            now,
            total,
        }
    }

    /// The number is `total` at `now`, and has not changed since the sample before until just now.
    pub(super) fn push(&mut self, now: i64, total: u64) {
        for ring in &mut self.rings {
            ring.push(self.now, now, total);
        }
        self.now = now;
        self.total = total;
    }

    /// By how much the number grew from `older` to `newer` seconds ago.
    pub(super) fn growth(&self, older: i64, newer: i64) -> u64 {
        self.ago(newer).saturating_sub(self.ago(older))
    }

    /// Whether it was sampled that many seconds ago already.
    pub(super) fn knows(&self, age: i64) -> bool {
        self.first <= self.now - age
    }

    fn ago(&self, age: i64) -> u64 {
        if age == 0 {
            return self.total;
        }
        let age = age.min(self.now - self.first);
        let ring = self.rings.iter().find(|ring| age <= ring.memory.reach());
        match (ring, self.rings.last()) {
            (Some(ring), _) => ring.at(self.now - age),
            (None, Some(last)) => last.at(self.now - last.memory.reach()),
            (None, None) => self.total,
        }
    }

    /// What is to be kept.
    pub(super) fn image(&self) -> TrackImage {
        let image = |ring: &Ring| {
            let newest = self.now.div_euclid(ring.memory.every);
            let mut runs: Vec<(u16, u64)> = Vec::new();
            let mut before = self.total;
            for age in 0..ring.memory.length as i64 {
                let total = ring.totals[ring.place(newest - age)];
                match runs.last_mut() {
                    Some((run, _)) if total == before => *run += 1,
                    // Differences are small numbers, which take little room.
                    _ => runs.push((1, before.saturating_sub(total))),
                }
                before = total;
            }
            runs
        };
        TrackImage {
            first: self.first,
            now: self.now,
            total: self.total,
            rings: self.rings.iter().map(image).collect(),
        }
    }

    /// Goes on from an image. Where the memories reach back farther than the image, the number is
    /// taken to have been what it was in the oldest sample.
    pub(super) fn restored(memories: &[Memory], image: &TrackImage) -> Self {
        let changes = |ring: &Vec<(u16, u64)>| ring.iter().map(|(_, change)| change).sum();
        let grown: u64 = image.rings.last().map_or(0, changes);
        let mut track = Track::new(memories, image.first, image.total.saturating_sub(grown));
        track.now = image.now;
        track.total = image.total;
        for (ring, runs) in track.rings.iter_mut().zip(&image.rings) {
            let mut slot = image.now.div_euclid(ring.memory.every);
            let mut total = image.total;
            let mut left = ring.memory.length;
            for &(run, change) in runs {
                total = total.saturating_sub(change);
                for _ in 0..usize::from(run).min(left) {
                    let place = ring.place(slot);
                    ring.totals[place] = total;
                    slot -= 1;
                }
                left = left.saturating_sub(run.into());
            }
        }
        track
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MEMORIES: [Memory; 2] = [Memory::of(15, 300), Memory::of(60, 3_600)];
    const T: i64 = 1_700_000_000 / 300 * 300;

    #[test]
    fn growth_is_what_was_added_within_the_time() {
        let mut track = Track::new(&MEMORIES, T, 7);
        for step in 1..=40 {
            track.push(T + step * STEP, 7 + step as u64);
        }
        assert_eq!(track.growth(300, 0), 20);
        assert_eq!(track.growth(60, 30), 2);
        assert_eq!(
            track.growth(3_000, 0),
            40,
            "before it began nothing is known"
        );
        assert!(track.knows(600) && !track.knows(615));
    }

    #[test]
    fn where_memories_reach_back_farther_than_what_was_kept_the_hour_before_is_not_quiet() {
        let mut track = Track::new(&[Memory::of(15, 3_900)], T, 0);
        for step in 1..=1_000 {
            track.push(T + step * STEP, step as u64);
        }
        let longer = [Memory::of(15, 4_500), Memory::of(300, 7_200)];
        let restored = Track::restored(&longer, &track.image());
        assert_eq!(restored.growth(600, 0), 40);
        for (older, newer) in [(4_200, 600), (7_200, 600)] {
            let known = restored.growth(older, newer);
            assert!((220..=221).contains(&known), "{known} of {older}");
        }
    }

    #[test]
    fn a_gap_is_a_time_in_which_nothing_happened() {
        let mut track = Track::new(&MEMORIES, T, 0);
        track.push(T + 15, 10);
        track.push(T + 10_000_000 * STEP, 10);
        assert_eq!(track.growth(3_600, 0), 0);
        track.push(T + 10_000_001 * STEP, 12);
        assert_eq!(track.growth(300, 0), 2);
    }

    proptest! {
        /// Against the plain list of all samples; whole minutes, which both memories know.
        #[test]
        fn a_track_is_as_good_as_a_list_of_all_samples(
            growths in prop::collection::vec((1i64..20, 0u64..5), 1..200),
            ages in prop::collection::vec((0i64..60, 0i64..60), 1..20),
            restart in 0usize..200,
        ) {
            let mut track = Track::new(&MEMORIES, T, 0);
            let mut samples = vec![(T, 0)];
            let (mut now, mut total) = (T, 0);
            for (at, (steps, growth)) in growths.into_iter().enumerate() {
                // What grew did so in the last step; before that nothing happened.
                track.push(now + (steps - 1) * STEP, total);
                now += steps * STEP;
                total += growth;
                track.push(now, total);
                samples.push((now, total));
                if at == restart {
                    let image = track.image();
                    track = Track::restored(&MEMORIES, &image);
                    prop_assert_eq!(track.image(), image);
                }
            }
            now = (now / 60 + 1) * 60;
            track.push(now, total);
            let at = |age: i64| {
                let upto = samples.iter().take_while(|(time, _)| *time <= now - age);
                upto.last().map_or(0, |(_, total)| *total)
            };
            for (a, b) in ages {
                let (older, newer) = (a.max(b) * 60, a.min(b) * 60);
                prop_assert_eq!(track.growth(older, newer), at(newer) - at(older));
            }
        }
    }
}
