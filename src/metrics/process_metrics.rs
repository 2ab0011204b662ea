//! The metric families of the process: memory, descriptors, threads, start and processor time.

use prometheus::core::Collector;
use prometheus::process_collector::ProcessCollector;
use prometheus::proto::{Counter, MetricFamily};
use rustix::time::{ClockId, clock_gettime};

const CPU_SECONDS: &str = "process_cpu_seconds_total";
const START_TIME: &str = "process_start_time_seconds";

/// The families of this process. The library reads processor time in whole seconds, in which a short rate over an exporter
/// that uses little is zero or far too high, so it is replaced by the clock's.
pub(super) fn collect() -> Vec<MetricFamily> {
    let mut families = ProcessCollector::for_self().collect();
    for family in families.iter_mut().filter(|it| it.name() == CPU_SECONDS) {
        for metric in family.mut_metric() {
            let mut counter = Counter::default();
            counter.set_value(cpu_seconds());
            metric.set_counter(counter);
        }
    }
    families
}

/// The processor time that all threads of this process have used, user and system, in seconds. It never decreases.
fn cpu_seconds() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

/// When this process started, in seconds since 1970, by its family; `None` without a `/proc`.
pub(super) fn start_time(families: &[MetricFamily]) -> Option<f64> {
    let family = families.iter().find(|it| it.name() == START_TIME)?;
    let metric = family.get_metric().first()?;
    Some(metric.get_gauge().get_value())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown() -> f64 {
        let families = collect();
        let family = families.iter().find(|it| it.name() == CPU_SECONDS);
        let metric = family.and_then(|it| it.get_metric().first());
        metric.expect("processor time").get_counter().get_value()
    }

    #[test]
    fn processor_time_has_parts_of_a_second() {
        let before = shown();
        let mut number = 1u64;
        while cpu_seconds() - before < 0.02 {
            number = std::hint::black_box(number.wrapping_mul(3));
        }
        let difference = shown() - before;
        assert!((0.02..5.0).contains(&difference), "{difference}");
        let started = start_time(&collect()).expect("a time");
        assert!(started > 1.6e9, "{started}");
    }
}
