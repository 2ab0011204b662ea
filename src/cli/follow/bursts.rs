//! Bursts: the first event is printed at once, and those that follow it are counted and become one line.

use std::collections::HashMap;
use std::time::{Duration, Instant};

/// How long a line waits for more of the same.
const QUIET: Duration = Duration::from_secs(3);

/// How long a burst may go on until it is printed again.
const LONGEST: Duration = Duration::from_secs(10);

/// How many kinds of events are remembered at once; others are printed one by one.
const MAX_KINDS: usize = 1024;

/// The bursts that are going on.
#[derive(Default)]
pub struct Bursts {
    by_kind: HashMap<u64, Burst>,
    /// How many were seen, so that lines are printed in the order of their events.
    next: u64,
}

struct Burst {
    /// Since when nothing of it was printed.
    since: Instant,
    last: Instant,
    /// Events that were not printed.
    repeats: u64,
    /// The number of the last of them.
    number: u64,
    /// The line of the last of them.
    line: String,
}

impl Bursts {
    /// Takes an event of a kind with its line. Returns the line if it is to be printed now.
    pub fn take(&mut self, kind: u64, line: String, now: Instant) -> Option<String> {
        self.next += 1;
        if let Some(burst) = self.by_kind.get_mut(&kind) {
            burst.repeats += 1;
            burst.last = now;
            burst.number = self.next;
            burst.line = line;
            return None;
        }
        if self.by_kind.len() < MAX_KINDS {
            let burst = Burst {
                since: now,
                last: now,
                repeats: 0,
                number: self.next,
                line: String::new(),
            };
            self.by_kind.insert(kind, burst);
        }
        Some(line)
    }

    /// The lines of bursts that are over, or that have gone on for long, each with the number of events.
    pub fn due(&mut self, now: Instant) -> Vec<(String, u64)> {
        let mut lines = Vec::new();
        self.by_kind.retain(|_, burst| {
            let is_over = now.duration_since(burst.last) >= QUIET;
            if burst.repeats > 0 && (is_over || now.duration_since(burst.since) >= LONGEST) {
                let line = std::mem::take(&mut burst.line);
                lines.push((burst.number, line, std::mem::take(&mut burst.repeats)));
                burst.since = now;
            }
            !is_over
        });
        in_order(lines)
    }

    /// All lines that were not printed.
    pub fn rest(&mut self) -> Vec<(String, u64)> {
        let all = self.by_kind.drain().map(|(_, it)| it);
        let waiting = all.filter(|it| it.repeats > 0);
        in_order(waiting.map(|it| (it.number, it.line, it.repeats)).collect())
    }
}

fn in_order(mut lines: Vec<(u64, String, u64)>) -> Vec<(String, u64)> {
    lines.sort_unstable_by_key(|(number, ..)| *number);
    let lines = lines.into_iter();
    lines.map(|(_, line, repeats)| (line, repeats)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_event_is_printed_and_the_rest_of_a_burst_is_one_line() {
        let mut bursts = Bursts::default();
        let start = Instant::now();
        let at = |seconds: u64| start + Duration::from_secs(seconds);
        assert_eq!(bursts.take(1, "a0".into(), at(0)), Some("a0".into()));
        assert_eq!(bursts.take(2, "b0".into(), at(0)), Some("b0".into()));
        for second in 0..20 {
            assert_eq!(bursts.take(1, format!("a{second}"), at(second)), None);
        }
        assert_eq!(bursts.take(2, "b1".into(), at(1)), None);
        assert_eq!(bursts.due(at(2)), []);
        assert_eq!(
            bursts.due(at(19)),
            [("a19".to_owned(), 20), ("b1".to_owned(), 1)]
        );
        // It goes on: nothing is printed until it is over.
        assert_eq!(bursts.take(1, "a20".into(), at(20)), None);
        assert_eq!(bursts.due(at(21)), []);
        assert_eq!(bursts.due(at(23)), [("a20".to_owned(), 1)]);
        // And it is a new one after that.
        assert_eq!(bursts.take(1, "a30".into(), at(30)), Some("a30".into()));
        assert_eq!(bursts.rest(), []);
    }

    #[test]
    fn memory_is_bounded() {
        let mut bursts = Bursts::default();
        let now = Instant::now();
        for kind in 0..5_000 {
            assert!(bursts.take(kind, String::new(), now).is_some());
        }
        assert_eq!(bursts.by_kind.len(), MAX_KINDS);
    }
}
