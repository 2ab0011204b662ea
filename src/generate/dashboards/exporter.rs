//! The *Exporter* dashboard: the health of the exporter itself.

use super::dashboard::Dashboard;
use super::panel::{Panel, steps, words};
use super::promql::{increase, rate, select, share, sum_by};

/// A gauge of 0 or 1 with a wording for both.
fn yes_or_no(panel: Panel, yes: (&str, &str), no: (&str, &str)) -> Panel {
    panel
        .field("mappings", words(&[("1", yes.0, yes.1), ("0", no.0, no.1)]))
        .option("graphMode", "none".into())
}

/// Seconds since a time stamp; no value while there is none.
fn age(metric: &str) -> String {
    format!("time() - ({} > 0)", select(metric, ""))
}

fn figures(dashboard: Dashboard) -> Dashboard {
    let good = |text| (text, "green");
    dashboard
        .panel(yes_or_no(
            Panel::stat("Exporters", "Whether Prometheus can scrape every exporter.", "short")
                .query(format!("min({})", select("up", "")), "up"),
            good("up"),
            ("down", "red"),
        ))
        .panel(yes_or_no(
            Panel::stat("Sources", "Whether every source of lines can be read.", "short")
                .query(format!("min({})", select("maillog_source_up", "")), "up"),
            good("up"),
            ("down", "red"),
        ))
        .panel(yes_or_no(
            Panel::stat(
                "Catching up",
                "Whether a source has unread lines or is read late; rates then do not show the current time.",
                "short",
            )
            .query(format!("max({})", select("maillog_catching_up", "")), "catching up"),
            ("yes", "orange"),
            good("no"),
        ))
        .panel(yes_or_no(
            Panel::stat(
                "State persisted",
                "Whether every exporter keeps positions and counters across restarts (state.path).",
                "short",
            )
            .query(format!("min({})", select("maillog_state_kept", "")), "persisted"),
            good("yes"),
            ("no", "orange"),
        ))
        .panel(
            Panel::stat(
                "Unmatched lines",
                "Share of lines with an unknown format.",
                "percentunit",
            )
            .query(unmatched(""), "unmatched")
            .field("thresholds", steps("green", &[(0.001, "orange"), (0.01, "red")]))
            .field("min", 0.into())
            .empty("No lines"),
        )
        .panel(
            Panel::stat("Newest line", "Age of the newest line of the source that is furthest behind.", "s")
                .query(format!("max({})", age("maillog_source_last_line_timestamp_seconds")), "age")
                .field("thresholds", steps("green", &[(300.0, "orange"), (3600.0, "red")]))
                .option("graphMode", "none".into())
.empty("No line yet"),
        )
}

/// The share of unmatched lines, by labels.
fn unmatched(by: &str) -> String {
    let lines = |result| sum_by(by, &rate("maillog_lines_total", result));
    share(&lines(r#"result="unmatched""#), &lines(""))
}

/// The legend of panels with one series per source.
const BY_SOURCE: &str = "{{instance}} {{source}}";

fn lines(dashboard: Dashboard) -> Dashboard {
    dashboard
        .row("Lines")
        .panel(
            Panel::stack(
                "Lines read",
                "Lines by result: event, known noise, or unmatched (unknown format).",
                "cps",
            )
            .query(sum_by("result", &rate("maillog_lines_total", "")), "{{result}}")
            .color("event", "green")
            .color("noise", "blue")
            .color("unmatched", "red"),
        )
        .panel(
            Panel::lines(
                "Unmatched lines by source",
                "Share of lines with an unknown format, by source. `maillog_exporter parse --unmatched` lists them.",
                "percentunit",
            )
            .query(unmatched("instance, source"), BY_SOURCE)
            .reaching(0.01)
            .empty("No lines"),
        )
}

/// What is read of each source, and what is lost.
fn sources(dashboard: Dashboard) -> Dashboard {
    dashboard
        .panel(
            Panel::lines("Bytes read", "Bytes of complete lines read, by source.", "Bps")
                .query(
                    sum_by("instance, source", &rate("maillog_source_bytes_total", "")),
                    BY_SOURCE,
                )
                .size(8, 8),
        )
        .panel(
            Panel::lines(
                "Lag",
                "Bytes not yet read, by source.",
                "bytes",
            )
            .query(
                sum_by("instance, source", &select("maillog_source_lag_bytes", "")),
                BY_SOURCE,
            )
            .reaching(1024.0)
            .size(8, 8),
        )
        .panel(
            Panel::lines(
                "Age of the newest line",
                "Time since the time stamp of the newest line, by source. It grows while a mail server is idle or writes \
                 elsewhere.",
                "s",
            )
            .query(age("maillog_source_last_line_timestamp_seconds"), BY_SOURCE)
            .empty("No line yet")
            .size(8, 8),
        )
        .panel(
            Panel::lines(
                "Rotations",
                "Files renamed, replaced or truncated, per second; one rotation a day is usual.",
                "cps",
            )
            .query(
                sum_by("kind", &rate("maillog_source_rotations_total", "")),
                "{{kind}}",
            )
            .reaching(0.01)
            .size(8, 8),
        )
        .panel(
            Panel::lines(
                "Dropped and truncated lines",
                "Lines lost because they arrived faster than they were read, and lines truncated at the length limit.",
                "cps",
            )
            .query(
                sum_by("source", &rate("maillog_source_lines_dropped_total", "")),
                "dropped, {{source}}",
            )
            .query(
                sum_by("source", &rate("maillog_source_lines_truncated_total", "")),
                "truncated, {{source}}",
            )
            .reaching(1.0)
            .size(8, 8),
        )
        .panel(
            Panel::ranking(
                "Counts above the series limit",
                "Counts added to the label value other in the selected time range, because the metric has reached its \
                 series limit.",
                "short",
            )
            .query(
                sum_by("metric", &increase("maillog_series_dropped_total", "")),
                "{{metric}}",
            )
            .whole()
            .size(8, 8),
        )
}

fn state(dashboard: Dashboard) -> Dashboard {
    dashboard
        .row("State")
        .panel(
            Panel::lines(
                "Age of the last state write",
                "Time since the state file was last written. It grows while nothing is read.",
                "s",
            )
            .query(
                age("maillog_state_last_write_timestamp_seconds"),
                "{{instance}}",
            )
            .empty("No state file"),
        )
        .panel(
            Panel::lines(
                "Failed state writes",
                "Failed writes of the state file per second. Metrics do not change until a write succeeds.",
                "cps",
            )
            .query(
                sum_by("instance", &rate("maillog_state_write_errors_total", "")),
                "{{instance}}",
            )
            .reaching(1.0),
        )
}

fn process(dashboard: Dashboard) -> Dashboard {
    let memory = "process_resident_memory_bytes";
    dashboard
        .row("Process")
        .panel(
            Panel::lines("CPU", "CPU seconds used per second: 100% is one core.", "percentunit")
                .query(rate("process_cpu_seconds_total", ""), "{{instance}}")
                .size(6, 7),
        )
        .panel(
            Panel::lines("Memory", "Resident memory of the process.", "bytes")
                .query(select(memory, ""), "{{instance}}")
                .size(6, 7),
        )
        .panel(
            Panel::lines(
                "File descriptors",
                "Open file descriptors, as a share of the limit.",
                "percentunit",
            )
            .query(
                share(&select("process_open_fds", ""), &select("process_max_fds", "")),
                "{{instance}}",
            )
            .size(6, 7),
        )
        .panel(
            Panel::table(
                "Versions",
                "Exporters with their version and uptime.",
                "s",
            )
            .query(
                format!(
                    "max by (instance, version) ({} * on (job, instance) group_left () (time() - {}))",
                    select("maillog_build_info", ""),
                    select("process_start_time_seconds", ""),
                ),
                "",
            )
            .columns(
                &[("instance", "Instance"), ("version", "Version"), ("A", "Uptime")])
            .column("Version", &[("custom.width", 80.into())])
            .column("Uptime", &[("custom.width", 110.into())])
            .size(6, 7),
        )
}

/// The dashboard.
pub fn dashboard() -> Dashboard {
    let dashboard = Dashboard::new(
        "exporter",
        "Mail: exporter",
        "Health of the exporter: sources, unmatched lines, lag, state file and process.",
    );
    process(state(sources(lines(figures(dashboard)))))
}
