//! The history of counters: what a counter's total was some time ago.
//!
//! A track is sampled at every step of the clock. Recent samples are all kept, older ones at a coarser interval.

use serde::{Deserialize, Serialize};

/// How far, in seconds, a history may be ahead of the wall clock. A larger difference means that the clock was set
/// back; a smaller one is waited out.
pub(super) const CLOCK_TOLERANCE: i64 = 60;

/// The retention of a ring: the interval of its samples in seconds, and their number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Retention {
    every: i64,
    length: usize,
}

impl Retention {
    /// Samples that reach back `age` seconds.
    pub(super) const fn of(every: i64, age: i64) -> Self {
        Retention {
            every,
            length: (age / every) as usize + 2,
        }
    }

    /// The age in seconds up to which samples are available at any time.
    fn reach(self) -> i64 {
        (self.length as i64 - 2) * self.every
    }
}

#[derive(Clone)]
struct Ring {
    retention: Retention,
    /// The total at the time `k * every` is at `k % length`.
    totals: Box<[u64]>,
}

impl Ring {
    fn new(retention: Retention, total: u64) -> Self {
        Ring {
            retention,
            totals: vec![total; retention.length].into(),
        }
    }

    fn index(&self, slot: i64) -> usize {
        slot.rem_euclid(self.retention.length as i64) as usize
    }

    /// Stores `total` for every sample time after `before` up to `now`.
    fn push(&mut self, before: i64, now: i64, total: u64) {
        let last = now.div_euclid(self.retention.every);
        let first = before.div_euclid(self.retention.every) + 1;
        for slot in first.max(last - self.retention.length as i64 + 1)..=last {
            let index = self.index(slot);
            self.totals[index] = total;
        }
    }

    fn at(&self, time: i64) -> u64 {
        self.totals[self.index(time.div_euclid(self.retention.every))]
    }
}

/// The history of one counter.
#[derive(Clone)]
pub(super) struct Track {
    rings: Vec<Ring>,
    /// Time of the first sample.
    first: i64,
    /// Time and total of the last sample.
    now: i64,
    total: u64,
}

/// A track in the state file. For each ring, from the newest sample to the oldest: the number of samples with an
/// equal total, and by how much that total is below the one after it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct TrackSnapshot {
    first: i64,
    now: i64,
    total: u64,
    rings: Vec<Vec<(u16, u64)>>,
}

impl Track {
    /// A track that starts at `now` with this total. Retentions are ordered from the finest to the coarsest.
    pub(super) fn new(retentions: &[Retention], now: i64, total: u64) -> Self {
        let rings = retentions
            .iter()
            .map(|retention| Ring::new(*retention, total));
        Track {
            rings: rings.collect(),
            first: now,
            now,
            total,
        }
    }

    /// Samples the total at `now`; until just before, it was that of the sample before. A time that is not after the
    /// last sample only updates the total.
    pub(super) fn push(&mut self, now: i64, total: u64) {
        if now > self.now {
            for ring in &mut self.rings {
                ring.push(self.now, now, total);
            }
            self.now = now;
        }
        self.total = total;
    }

    /// The growth from `older` to `newer` seconds ago.
    pub(super) fn growth(&self, older: i64, newer: i64) -> u64 {
        self.ago(newer).saturating_sub(self.ago(older))
    }

    fn ago(&self, age: i64) -> u64 {
        if age == 0 {
            return self.total;
        }
        let age = age.min(self.now - self.first);
        let ring = self.rings.iter().find(|ring| age <= ring.retention.reach());
        match (ring, self.rings.last()) {
            (Some(ring), _) => ring.at(self.now - age),
            (None, Some(last)) => last.at(self.now - last.retention.reach()),
            (None, None) => self.total,
        }
    }

    /// The track for the state file.
    pub(super) fn snapshot(&self) -> TrackSnapshot {
        let runs_of = |ring: &Ring| {
            let newest = self.now.div_euclid(ring.retention.every);
            let mut runs: Vec<(u16, u64)> = Vec::new();
            let mut before = self.total;
            for age in 0..ring.retention.length as i64 {
                let total = ring.totals[ring.index(newest - age)];
                match runs.last_mut() {
                    Some((run, _)) if total == before => *run += 1,
                    // Differences are small and encode compactly.
                    _ => runs.push((1, before.saturating_sub(total))),
                }
                before = total;
            }
            runs
        };
        TrackSnapshot {
            first: self.first,
            now: self.now,
            total: self.total,
            rings: self.rings.iter().map(runs_of).collect(),
        }
    }

    /// Moves the whole history `seconds` into the past, after the clock was set back by so much. Ages and growths
    /// stay the same.
    pub(super) fn shift_back(&mut self, seconds: i64) {
        let retentions: Vec<Retention> = self.rings.iter().map(|ring| ring.retention).collect();
        let mut snapshot = self.snapshot();
        snapshot.first -= seconds;
        snapshot.now -= seconds;
        *self = Track::restored(&retentions, &snapshot);
    }

    /// Restores a track. Where the retentions reach back farther than the snapshot, the total of its oldest sample
    /// is used.
    pub(super) fn restored(retentions: &[Retention], snapshot: &TrackSnapshot) -> Self {
        let changes = |ring: &Vec<(u16, u64)>| ring.iter().map(|(_, change)| change).sum();
        let grown: u64 = snapshot.rings.last().map_or(0, changes);
        let mut track = Track::new(
            retentions,
            snapshot.first,
            snapshot.total.saturating_sub(grown),
        );
        track.now = snapshot.now;
        track.total = snapshot.total;
        for (ring, runs) in track.rings.iter_mut().zip(&snapshot.rings) {
            let mut slot = snapshot.now.div_euclid(ring.retention.every);
            let mut total = snapshot.total;
            let mut left = ring.retention.length;
            for &(run, change) in runs {
                total = total.saturating_sub(change);
                for _ in 0..usize::from(run).min(left) {
                    let index = ring.index(slot);
                    ring.totals[index] = total;
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

    /// Seconds between two samples.
    const STEP: i64 = 15;
    const RETENTIONS: [Retention; 2] = [Retention::of(15, 300), Retention::of(60, 3_600)];
    const T: i64 = 1_700_000_000 / 300 * 300;

    #[test]
    fn growth_is_the_difference_between_two_ages() {
        let mut track = Track::new(&RETENTIONS, T, 7);
        for step in 1..=40 {
            track.push(T + step * STEP, 7 + step as u64);
        }
        assert_eq!(track.growth(300, 0), 20);
        assert_eq!(track.growth(60, 30), 2);
        assert_eq!(
            track.growth(3_000, 0),
            40,
            "no growth before the first sample"
        );
    }

    #[test]
    fn growth_of_more_than_the_retention_is_that_of_the_retention() {
        let mut track = Track::new(&RETENTIONS, T, 7);
        for step in 1..=480 {
            track.push(T + step * STEP, 7 + step as u64);
        }
        for age in [3_600, 3_660, 7_200] {
            assert_eq!(track.growth(age, 0), 240, "{age}");
        }
    }

    #[test]
    fn longer_retention_after_a_restart_keeps_the_known_growth() {
        let mut track = Track::new(&[Retention::of(15, 3_900)], T, 0);
        for step in 1..=1_000 {
            track.push(T + step * STEP, step as u64);
        }
        let longer = [Retention::of(15, 4_500), Retention::of(300, 7_200)];
        let restored = Track::restored(&longer, &track.snapshot());
        assert_eq!(restored.growth(600, 0), 40);
        for (older, newer) in [(4_200, 600), (7_200, 600)] {
            let known = restored.growth(older, newer);
            assert!((220..=221).contains(&known), "{known} of {older}");
        }
    }

    #[test]
    fn a_gap_counts_as_no_growth() {
        let mut track = Track::new(&RETENTIONS, T, 0);
        track.push(T + 15, 10);
        track.push(T + 10_000_000 * STEP, 10);
        assert_eq!(track.growth(3_600, 0), 0);
        track.push(T + 10_000_001 * STEP, 12);
        assert_eq!(track.growth(300, 0), 2);
    }

    #[test]
    fn shifting_back_keeps_ages_and_growths() {
        let mut track = Track::new(&RETENTIONS, T, 0);
        for step in 1..=200 {
            track.push(T + step * STEP, step as u64);
        }
        let growths = |track: &Track| [60, 300, 1_800].map(|age| track.growth(age, 0));
        let before = growths(&track);
        track.shift_back(8 * 3_600);
        assert_eq!(growths(&track), before);
        // New samples continue the history.
        track.push(T + 201 * STEP - 8 * 3_600, 201);
        assert_eq!(track.growth(60, 0), 4);
    }

    proptest! {
        /// Compared with a plain list of all samples, at whole minutes, which both rings hold.
        #[test]
        fn agrees_with_a_list_of_all_samples(
            growths in prop::collection::vec((1i64..20, 0u64..5), 1..200),
            ages in prop::collection::vec((0i64..60, 0i64..60), 1..20),
            restart in 0usize..200,
        ) {
            let mut track = Track::new(&RETENTIONS, T, 0);
            let mut samples = vec![(T, 0)];
            let (mut now, mut total) = (T, 0);
            for (at, (steps, growth)) in growths.into_iter().enumerate() {
                // The growth is in the last step.
                track.push(now + (steps - 1) * STEP, total);
                now += steps * STEP;
                total += growth;
                track.push(now, total);
                samples.push((now, total));
                if at == restart {
                    let snapshot = track.snapshot();
                    track = Track::restored(&RETENTIONS, &snapshot);
                    prop_assert_eq!(track.snapshot(), snapshot);
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
