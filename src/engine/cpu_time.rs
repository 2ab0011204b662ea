//! The processor time of a thread.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// Measures processor time of the thread that calls it.
pub(super) struct CpuTime(Duration);

impl CpuTime {
    /// Begins to measure.
    pub fn start() -> Self {
        CpuTime(now())
    }

    /// The processor time since the start, in the same thread.
    pub fn elapsed(&self) -> Duration {
        now().saturating_sub(self.0)
    }
}

/// The processor time of this thread so far.
fn now() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    let seconds = u64::try_from(time.tv_sec).unwrap_or_default();
    Duration::new(seconds, u32::try_from(time.tv_nsec).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_takes_processor_time() {
        let time = CpuTime::start();
        let mut number = 1u64;
        while time.elapsed() < Duration::from_millis(2) {
            number = std::hint::black_box(number.wrapping_mul(3));
        }
        assert!(time.elapsed() < Duration::from_secs(60));
    }
}
