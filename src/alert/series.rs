//! The history of one signal, and what it proves at one moment.

use super::bounds::{lower, upper};
use super::recent::Recent;
use super::surge::Surge;
use super::usual::Usual;
use crate::catalog::Signal;

/// The windows in which the share now is looked for, in seconds.
const SHARE_WINDOWS: [i64; 3] = [300, 900, 3_600];

/// The windows in which events are shown, in seconds.
pub const EVENT_WINDOWS: [i64; 4] = [300, 600, 900, 3_600];

/// What is known about a signal at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Judgement {
    /// The largest share that the events of one of the windows prove; 0 while there are too few.
    pub share_lower: f64,
    /// The share now: in the shortest window with enough events.
    pub share: f64,
    /// The share that the events of all other providers prove.
    pub others_lower: f64,
    /// The usual share, or the usual number of the busiest ten minutes; `None` if it is not known.
    pub usual: Option<f64>,
    /// The events within 5, 10 and 15 minutes and within an hour.
    pub events: [u64; EVENT_WINDOWS.len()],
}

/// The history of a signal.
pub(super) struct Series {
    /// What has counted, and what is taken away, as of the last step.
    pub totals: [u64; 2],
    pub events: Recent,
    pub usual: Usual,
    pub surge: Option<Surge>,
    /// When there was an event, in seconds since 1970.
    pub last_event: i64,
    pub now: Judgement,
}

impl Series {
    /// What is known at `time`; `lowest` is the lowest share above which a rule fires, and `whole` what the share refers
    /// to.
    pub(super) fn judge(
        &self,
        signal: &Signal,
        lowest: f64,
        whole: &Recent,
        time: i64,
    ) -> Judgement {
        let mut judgement = Judgement {
            usual: match &self.surge {
                Some(surge) => surge.usual(),
                None => Some(self.usual.share()),
            },
            ..Judgement::default()
        };
        if self.events.is_empty() {
            return judgement;
        }
        judgement.events = EVENT_WINDOWS.map(|window| self.events.sum(window));
        if !signal.is_share() || signal.needs_weeks && !self.usual.knows_weeks(time) {
            return judgement;
        }
        let last = signal.windows.last().map_or(0, |window| window.seconds());
        // The shortest window that tells the share now: one with enough events, or with few that prove it to be high.
        // A destination that refuses connections gets few attempts: the rest of its mail is deferred without one.
        let enough = (1.0 / lowest).ceil().clamp(10.0, 100.0) as u64;
        let high = lowest.max(self.usual.share());
        for window in SHARE_WINDOWS.into_iter().chain([last]) {
            let failed = self.events.sum(window);
            let all = whole.sum(window).max(failed);
            let tells = all >= enough || lower(failed, all) > high;
            if tells || all > 0 && window >= last.max(3_600) {
                let lasts = !has_stopped(whole, window);
                judgement.share = if lasts {
                    failed as f64 / all as f64
                } else {
                    0.0
                };
                break;
            }
        }
        for window in &signal.windows {
            let window = window.seconds();
            let (failed, all) = (self.events.sum(window), whole.sum(window));
            if self.is_enough(signal, window, failed) {
                let short = short(window);
                let lately = self.events.sum(short);
                // Where there is little mail, everything is compatible with a quarter of an hour without failures.
                let is_over = lately == 0 && window >= 3_600 || has_stopped(whole, window);
                let compatible = match is_over {
                    true => 0.0,
                    false => upper(lately, whole.sum(short)),
                };
                let proven = lower(failed, all.max(failed)).min(compatible);
                judgement.share_lower = judgement.share_lower.max(proven);
            }
        }
        judgement
    }

    /// Whether there were enough failures in a window, not all at once, and more than usual.
    pub(super) fn is_enough(&self, signal: &Signal, window: i64, failed: u64) -> bool {
        let is_long = window >= 3_600;
        let least = signal.least * if is_long && signal.retried { 2 } else { 1 };
        let moments = match window {
            ..900 => 4,
            900..3_600 => 5,
            _ => 8,
        };
        let usual = self.usual.failures(window);
        failed >= least
            && self.events.moments(window) >= moments
            && failed as f64 > 1.5 * usual + 3.0 * usual.sqrt()
    }
}

/// Whether there has been nothing at all in the short window, although at the pace of the window there should have been
/// nine events or more: there is nothing to judge any more.
pub(super) fn has_stopped(whole: &Recent, window: i64) -> bool {
    let short = short(window);
    whole.sum(short) == 0 && whole.sum(window) as i64 * short / window >= 9
}

/// The short window that must be compatible with what a window proves, so that nothing fires after it is over.
pub(super) fn short(window: i64) -> i64 {
    match window {
        ..=180 => window,
        181..=300 => 120,
        301..=900 => 300,
        901..=3_600 => 900,
        _ => 3_600,
    }
}
