//! The clock of a source, compared with that of this machine, and whether the source has a backlog.
//!
//! A line that is read late has an old time stamp, and so has one that was written by a host whose clock or time zone
//! is wrong. The delay tells them apart: that of a backlog shrinks while it is read, that of a wrong clock
//! stays the same. The time stamps of a wrong clock are corrected; a backlog counts in the past, where it belongs.

/// The delay in seconds above which a line is late.
pub(super) const LATE: i64 = 60;

/// How long delays are observed before they are compared, in seconds.
const INTERVAL: i64 = 60;

/// How far delays may be apart and still count as the same, in seconds.
const SPREAD: i64 = 30;

/// The minutes of which late lines are counted.
const MINUTES: usize = 5;

/// The delays of one source.
#[derive(Clone, Debug, Default)]
pub(super) struct SourceClock {
    /// Seconds by which the time stamps are before this machine's clock; 0 if that is less than [`LATE`].
    behind: i64,
    /// The delays observed in the current interval.
    observed: Option<Observed>,
    /// The delay of the last interval, if it was the same for all lines.
    candidate: Option<i64>,
    late: LateShare,
}

#[derive(Clone, Copy, Debug)]
struct Observed {
    start: i64,
    least: i64,
    most: i64,
}

impl SourceClock {
    /// Takes the time stamp of a line that is read at `now`, both in seconds since 1970. Returns the corrected time,
    /// and whether the line is late.
    #[inline]
    pub fn observe(&mut self, stamp: i64, now: i64) -> (i64, bool) {
        let delay = now.saturating_sub(stamp);
        let observed = match &mut self.observed {
            Some(observed) if now.wrapping_sub(observed.start) as u64 <= INTERVAL as u64 => {
                observed
            }
            _ => self.next_interval(delay, now),
        };
        observed.least = observed.least.min(delay);
        observed.most = observed.most.max(delay);
        let is_late = delay.saturating_sub(self.behind) > LATE;
        (stamp.saturating_add(self.behind), is_late)
    }

    #[cold]
    fn next_interval(&mut self, delay: i64, now: i64) -> &mut Observed {
        let ended = self.observed.take();
        let steady = ended.filter(|it| it.most.saturating_sub(it.least) <= SPREAD);
        let candidate = steady.map(|it| it.least);
        if let Some((now, before)) = candidate.zip(self.candidate)
            && now.abs_diff(before) <= SPREAD as u64
        {
            self.behind = if now.abs() < LATE { 0 } else { now };
        }
        self.candidate = candidate;
        self.observed.insert(Observed {
            start: now,
            least: delay,
            most: delay,
        })
    }

    /// Counts an event that was read at `now`.
    #[inline]
    pub fn count(&mut self, is_late: bool, now: i64) {
        self.late.count(is_late, now);
    }

    /// Whether most of the events of the last minutes were late.
    pub fn has_backlog(&self, now: i64) -> bool {
        self.late.is_most(now)
    }

    /// Seconds by which its clock is ahead of this machine's; negative if it is behind.
    pub fn offset(&self) -> i64 {
        -self.behind
    }
}

/// How many events of the last minutes were late.
#[derive(Clone, Debug, Default)]
pub(super) struct LateShare {
    /// By minute since 1970: the minute, its events and the late ones.
    minutes: [(i64, u64, u64); MINUTES],
}

impl LateShare {
    /// Counts an event that was read at `now`, in seconds since 1970.
    #[inline]
    pub fn count(&mut self, is_late: bool, now: i64) {
        let minute = now.div_euclid(60);
        let slot = &mut self.minutes[minute.rem_euclid(MINUTES as i64) as usize];
        if slot.0 != minute {
            *slot = (minute, 0, 0);
        }
        slot.1 += 1;
        slot.2 += u64::from(is_late);
    }

    /// Whether more than half of them were.
    pub fn is_most(&self, now: i64) -> bool {
        let minute = now.div_euclid(60);
        let recent = self.minutes.iter();
        let recent = recent.filter(|it| (0..MINUTES as i64).contains(&(minute - it.0)));
        let (all, late) = recent.fold((0, 0), |sum, it| (sum.0 + it.1, sum.1 + it.2));
        2 * late > all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const T: i64 = 1_796_000_000;

    /// Reads a line every ten seconds with these delays, and returns the corrected delays and how many were late.
    fn read(clock: &mut SourceClock, from: i64, delays: impl Iterator<Item = i64>) -> (i64, usize) {
        let (mut last, mut late) = (0, 0);
        for (at, delay) in delays.enumerate() {
            let now = from + 10 * at as i64;
            let (time, is_late) = clock.observe(now - delay, now);
            clock.count(is_late, now);
            (last, late) = (now - time, late + usize::from(is_late));
        }
        (last, late)
    }

    #[test]
    fn a_constant_delay_is_that_of_the_clock_and_is_corrected_within_three_minutes() {
        for delay in [75, 5 * 3600, -3600] {
            let mut clock = SourceClock::default();
            let (last, late) = read(&mut clock, T, (0..60).map(|i| delay + i % 3));
            assert!((0..3).contains(&last), "{delay}: {last}");
            assert!(late <= 15, "{delay}: {late}");
            assert_eq!(clock.offset(), -delay);
            assert!(!clock.has_backlog(T + 600));
            // The clock is set right.
            let (last, _) = read(&mut clock, T + 600, (0..30).map(|_| 0));
            assert_eq!((last, clock.offset()), (0, 0));
        }
    }

    #[test]
    fn a_backlog_shrinks_and_is_not_corrected() {
        let mut clock = SourceClock::default();
        read(&mut clock, T, (0..60).map(|_| 1));
        assert!(!clock.has_backlog(T + 599));
        let shrinking = (0..120).rev().map(|i| i * 60);
        let (last, late) = read(&mut clock, T + 600, shrinking);
        assert_eq!((last, clock.offset(), late), (0, 0, 118));
        assert!(clock.has_backlog(T + 1790));
        assert!(!clock.has_backlog(T + 1790 + 300));
    }

    #[test]
    fn a_stray_old_line_changes_nothing() {
        let mut clock = SourceClock::default();
        let stray = |i: i64| if i % 12 == 0 { 7200 } else { 1 };
        let (_, late) = read(&mut clock, T, (0..120).map(stray));
        assert_eq!((clock.offset(), late), (0, 10));
        assert!(!clock.has_backlog(T + 1190));
    }
}
