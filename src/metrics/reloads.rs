//! How the last reload of the configuration ended, whoever asked for it.

use std::sync::{Arc, Mutex, PoisonError};

/// How the last attempt to reload the configuration ended. Reading it at the start counts as the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReloadStats {
    /// Whether it was valid.
    pub successful: bool,
    /// When a valid configuration was last read, in seconds since 1970.
    pub last_success: i64,
}

impl Default for ReloadStats {
    fn default() -> Self {
        ReloadStats {
            successful: true,
            last_success: 0,
        }
    }
}

/// How the last reload ended, shared by the daemon, which records it, the metrics and the alerts.
#[derive(Clone, Debug, Default)]
pub struct ReloadRecord(Arc<Mutex<ReloadStats>>);

impl ReloadRecord {
    /// Records the end of a reload at `now`, in seconds since 1970.
    pub fn record(&self, successful: bool, now: i64) {
        let mut stats = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        stats.successful = successful;
        if successful {
            stats.last_success = now;
        }
    }

    /// How it ended.
    pub fn stats(&self) -> ReloadStats {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failed_reload_keeps_the_time_of_the_last_valid_one_for_everyone_who_reads_it() {
        let record = ReloadRecord::default();
        let reader = record.clone();
        for (successful, now, last_success) in
            [(true, 5, 5), (false, 9, 5), (false, 10, 5), (true, 12, 12)]
        {
            record.record(successful, now);
            let expected = ReloadStats {
                successful,
                last_success,
            };
            assert_eq!(reader.stats(), expected);
        }
    }
}
