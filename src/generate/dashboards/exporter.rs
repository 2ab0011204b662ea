//! *Exporter*: can the other dashboards be believed?

use super::dashboard::Dashboard;
use super::panel::{Panel, steps, words};
use super::promql::{increase, rate, select, share, sum_by};

/// A gauge of 0 or 1, in words: all must be 1.
fn yes_or_no(panel: Panel, yes: (&str, &str), no: (&str, &str)) -> Panel {
    panel
        .field("mappings", words(&[("1", yes.0, yes.1), ("0", no.0, no.1)]))
        .option("graphMode", "none".into())
}

/// Seconds since a time stamp; none while there is no time stamp.
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
                "Whether lines are read that are more than a minute old; rates are not of now then.",
                "short",
            )
            .query(format!("max({})", select("maillog_catching_up", "")), "catching up"),
            ("yes", "orange"),
            good("no"),
        ))
        .panel(yes_or_no(
            Panel::stat(
                "State kept",
                "Whether every exporter keeps positions and counts over a restart (state.path).",
                "short",
            )
            .query(format!("min({})", select("maillog_state_kept", "")), "kept"),
            good("yes"),
            ("no", "orange"),
        ))
        .panel(
            Panel::stat(
                "Not understood",
                "Share of the mail server's lines that have a form nobody has thought of.",
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

/// The share of lines that were not understood, by labels.
fn unmatched(by: &str) -> String {
    let lines = |result| sum_by(by, &rate("maillog_lines_total", result));
    share(&lines(r#"result="unmatched""#), &lines(""))
}

fn lines(dashboard: Dashboard) -> Dashboard {
    let by_source = "{{instance}} {{source}}";
    dashboard
        .row("Lines")
        .panel(
            Panel::stack(
                "Lines read",
                "Lines by what they are: an event, known noise, or of a form nobody has thought of.",
                "cps",
            )
            .query(sum_by("result", &rate("maillog_lines_total", "")), "{{result}}")
            .color("event", "green")
            .color("noise", "blue")
            .color("unmatched", "red"),
        )
        .panel(
            Panel::lines(
                "Lines not understood",
                "Share of the lines that have a form nobody has thought of, by source. The parse \
                 command shows them with --unmatched.",
                "percentunit",
            )
            .query(unmatched("instance, source"), by_source)
            .reaching(0.01)
            .empty("No lines"),
        )
        .panel(
            Panel::lines("Bytes read", "Bytes read in whole lines, by source.", "Bps")
                .query(
                    sum_by("instance, source", &rate("maillog_source_bytes_total", "")),
                    by_source,
                )
                .size(8, 8),
        )
        .panel(
            Panel::lines(
                "Lag",
                "Bytes that are there and not yet read, by source.",
                "bytes",
            )
            .query(
                sum_by("instance, source", &select("maillog_source_lag_bytes", "")),
                by_source,
            )
            .reaching(1024.0)
            .size(8, 8),
        )
        .panel(
            Panel::lines(
                "Age of the newest line",
                "Time since the newest line, by its own time stamp, by source: it grows where a mail \
                 server is silent or its log goes elsewhere.",
                "s",
            )
            .query(age("maillog_source_last_line_timestamp_seconds"), by_source)
            .empty("No line yet")
            .size(8, 8),
        )
        .panel(
            Panel::lines(
                "Rotations",
                "Files found renamed, replaced or truncated, per second; a rotation a day is usual.",
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
                "Lines lost or cut",
                "Lines that came faster than they could be taken, and lines longer than the limit.",
                "cps",
            )
            .query(
                sum_by("source", &rate("maillog_source_lines_dropped_total", "")),
                "lost, {{source}}",
            )
            .query(
                sum_by("source", &rate("maillog_source_lines_truncated_total", "")),
                "cut, {{source}}",
            )
            .reaching(1.0)
            .size(8, 8),
        )
        .panel(
            Panel::ranking(
                "Folded series",
                "Counts of the time shown that went to the label value other, because their metric has as \
                 many series as it may have.",
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
                "Age of the last write",
                "Time since positions and counts were last written to the disk. It grows while \
                 nothing is read.",
                "s",
            )
            .query(
                age("maillog_state_last_write_timestamp_seconds"),
                "{{instance}}",
            )
            .empty("State is not kept"),
        )
        .panel(
            Panel::lines(
                "Writes that failed",
                "Writes of positions and counts that failed, per second: counts stand still until \
                 one succeeds.",
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
            Panel::lines("CPU", "CPU seconds used per second: 1 is one whole core.", "percentunit")
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
                "The exporters, their versions and how long they have been running.",
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
                &[("instance", "Instance"), ("version", "Version"), ("A", "Running for")])
            .column("Version", &[("custom.width", 80.into())])
            .column("Running for", &[("custom.width", 110.into())])
            .size(6, 7),
        )
}

/// The dashboard.
pub fn dashboard() -> Dashboard {
    let dashboard = Dashboard::new(
        "exporter",
        "Mail: exporter",
        "Whether the figures can be believed: what is read, what is not understood, what is kept.",
    );
    process(state(lines(figures(dashboard))))
}
