//! Rules about the exporter itself: its sources and its state.
//!
//! They follow the wall clock, not the time of the lines, and sources come and go with the configuration.

use super::habits::Habits;
use super::history::{CLOCK_TOLERANCE, Retention, Track};
use super::queue_habits::age;
use super::rule::{Figures, Finding};
use crate::catalog::{Alert, Watch};
use crate::metrics::{Counters, ReloadStats, SourceStats, StateStats};
use crate::queue::{self, Queues};

/// Seconds between two samples.
const STEP: i64 = 60;

/// Seconds in an hour.
const HOUR: i64 = 3_600;

/// The retentions for a history of `reach` seconds: up to 75 minutes in intervals of `step`, the rest in intervals
/// of five minutes.
fn retentions(step: i64, reach: i64) -> Vec<Retention> {
    const FINE: i64 = HOUR + 900;
    let mut retentions = vec![Retention::of(step, reach.min(FINE))];
    if reach > FINE {
        retentions.push(Retention::of(300, reach));
    }
    retentions
}

/// The state of the exporter at one moment.
pub struct Health {
    /// The sources.
    pub sources: Vec<SourceStats>,
    /// The state file.
    pub state: StateStats,
    /// How the last reload of the configuration ended.
    pub reload: ReloadStats,
    /// The queues of the mail server, if they are listed.
    pub queues: Option<Queues>,
    /// The wall clock, in seconds since 1970.
    pub now: i64,
}

struct SourceTracks {
    name: String,
    lines: Track,
    unmatched: Track,
    dropped: Track,
    positions_lost: Track,
}

/// The history of the exporter. It is not in the state file.
pub(super) struct HealthHistory {
    now: i64,
    sources: Vec<SourceTracks>,
    state_errors: Track,
    overflowed: Vec<(&'static str, Track)>,
}

/// The longest window of rules about the exporter, in seconds.
const LONGEST: i64 = 6 * HOUR;

impl HealthHistory {
    pub(super) fn new(now: i64, counters: &Counters, health: &Health) -> Self {
        let track = |total| Track::new(&retentions(STEP, LONGEST), now, total);
        let overflowed = counters.overflowed().into_iter();
        let mut history = HealthHistory {
            now,
            sources: Vec::new(),
            state_errors: track(health.state.errors),
            overflowed: overflowed
                .map(|(name, total)| (name, track(total)))
                .collect(),
        };
        history.add_sources(health);
        history
    }

    fn add_sources(&mut self, health: &Health) {
        for source in &health.sources {
            if self.sources.iter().any(|known| known.name == source.name) {
                continue;
            }
            let track = |reach, total| Track::new(&retentions(STEP, reach), self.now, total);
            self.sources.push(SourceTracks {
                name: source.name.clone(),
                lines: track(LONGEST, lines(source)),
                unmatched: track(LONGEST, source.unmatched),
                dropped: track(LONGEST, source.dropped),
                // Most are lost when the source is opened, before the first sample.
                positions_lost: track(LONGEST, source.positions_lost_before),
            });
        }
        self.sources
            .retain(|known| health.sources.iter().any(|it| it.name == known.name));
    }

    /// Samples everything, at most once a minute. If the clock was set back, the history moves with it.
    pub(super) fn sample(&mut self, now: i64, counters: &Counters, health: &Health) {
        if now < self.now - CLOCK_TOLERANCE {
            self.shift_back(self.now - now);
        }
        if now.div_euclid(STEP) <= self.now.div_euclid(STEP) {
            return;
        }
        self.add_sources(health);
        for tracks in &mut self.sources {
            let Some(source) = health.sources.iter().find(|it| it.name == tracks.name) else {
                continue;
            };
            tracks.lines.push(now, lines(source));
            tracks.unmatched.push(now, source.unmatched);
            tracks.dropped.push(now, source.dropped);
            tracks.positions_lost.push(now, source.positions_lost);
        }
        self.state_errors.push(now, health.state.errors);
        for ((_, total), (_, track)) in counters.overflowed().into_iter().zip(&mut self.overflowed)
        {
            track.push(now, total);
        }
        self.now = now;
    }

    fn shift_back(&mut self, seconds: i64) {
        self.now -= seconds;
        self.state_errors.shift_back(seconds);
        for source in &mut self.sources {
            source.lines.shift_back(seconds);
            source.unmatched.shift_back(seconds);
            source.dropped.shift_back(seconds);
            source.positions_lost.shift_back(seconds);
        }
        for (_, track) in &mut self.overflowed {
            track.shift_back(seconds);
        }
    }

    /// Evaluates a rule about the exporter; `habits` is what is usual.
    pub(super) fn evaluate(
        &self,
        alert: &Alert,
        health: &Health,
        habits: &Habits,
        found: &mut Vec<Finding>,
    ) {
        let window = alert.window.unwrap_or_default().seconds();
        let count = alert.count.unwrap_or_default();
        let threshold = alert.threshold.unwrap_or_default();
        let mut add = |label: Option<(&'static str, &str)>, value: u64, share: Option<f64>| {
            found.push(Finding {
                label: label.map(|(name, value)| (name, value.to_owned())),
                figures: Figures {
                    value,
                    share,
                    ..Figures::default()
                },
            });
        };
        match alert.watch {
            Watch::SourceDown => {
                for source in health.sources.iter().filter(|source| !source.up) {
                    add(Some(("source", &source.name)), 0, None);
                }
            }
            Watch::SourceLagging => {
                let late = health.sources.iter();
                for source in late.filter(|source| source.lag_bytes > threshold) {
                    add(Some(("source", &source.name)), source.lag_bytes, None);
                }
            }
            Watch::CatchingUp => {
                for source in health.sources.iter().filter(|source| source.catching_up) {
                    add(Some(("source", &source.name)), 1, None);
                }
            }
            Watch::ClockOff => {
                for source in &health.sources {
                    let offset = source.clock_offset.unsigned_abs();
                    if offset > threshold {
                        add(Some(("source", &source.name)), offset, None);
                    }
                }
            }
            Watch::QueueAge | Watch::QueueSize => queues(alert, health, habits, found),
            Watch::SourceSilent => silent_sources(alert, habits, found),
            Watch::Unmatched => {
                for source in &self.sources {
                    let unmatched = source.unmatched.growth(window, 0);
                    let share = unmatched as f64 / source.lines.growth(window, 0).max(1) as f64;
                    if unmatched > count && share > alert.share.unwrap_or_default() {
                        add(Some(("source", &source.name)), unmatched, Some(share));
                    }
                }
            }
            Watch::LinesDropped => {
                for source in &self.sources {
                    let dropped = source.dropped.growth(window, 0);
                    if dropped > count {
                        add(Some(("source", &source.name)), dropped, None);
                    }
                }
            }
            Watch::PositionsLost => {
                for source in &self.sources {
                    let lost = source.positions_lost.growth(window, 0);
                    if lost > count {
                        add(Some(("source", &source.name)), lost, None);
                    }
                }
            }
            Watch::StateNotWritten => {
                let errors = self.state_errors.growth(window, 0);
                if errors > 0 {
                    add(None, errors, None);
                }
            }
            Watch::ReloadFailed if !health.reload.successful => add(None, 1, None),
            Watch::SeriesFolded => {
                for (metric, track) in &self.overflowed {
                    let overflowed = track.growth(window, 0);
                    if overflowed > count {
                        add(Some(("metric", metric)), overflowed, None);
                    }
                }
            }
            _ => {}
        }
    }
}

/// The sources without lines in a time in which they usually have some.
pub(super) fn silent_sources(alert: &Alert, habits: &Habits, found: &mut Vec<Finding>) {
    for (source, missing) in habits.missing_lines() {
        if missing > alert.count.unwrap_or_default() {
            found.push(Finding {
                label: Some(("source", source.to_owned())),
                figures: Figures {
                    value: missing,
                    ..Figures::default()
                },
            });
        }
    }
}

/// The queues that are far larger than usual, or whose oldest message is far older.
fn queues(alert: &Alert, health: &Health, habits: &Habits, found: &mut Vec<Finding>) {
    for (name, queue) in queue::NAMES.iter().zip(health.queues.iter().flatten()) {
        let (value, usual) = match alert.watch {
            Watch::QueueSize => (queue.messages, habits.queues().size(name)),
            _ => (age(queue, health.now), habits.queues().age(name)),
        };
        if usual.is_some_and(|usual| value as f64 > alert.threshold_level(usual)) {
            found.push(Finding {
                label: Some(("queue", (*name).to_owned())),
                figures: Figures {
                    value,
                    usual,
                    ..Figures::default()
                },
            });
        }
    }
}

fn lines(source: &SourceStats) -> u64 {
    source.events + source.noise + source.unmatched
}
