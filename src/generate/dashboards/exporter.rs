//! The *Exporter* dashboard: the health of the exporter itself.

use serde_json::json;

use super::colors::{NEUTRAL, PERMANENT, SUCCESS, TEMPORARY};
use super::dashboard::Dashboard;
use super::links;
use super::panel::{PER_MINUTE, Panel, words};
use super::promql::{increase, largest, most_counted, per_minute, rate, select, share, sum_by};

/// A gauge of 0 or 1 with a wording for both.
fn yes_or_no(panel: Panel, yes: (&str, &str), no: (&str, &str)) -> Panel {
    panel.field("mappings", words(&[("1", yes.0, yes.1), ("0", no.0, no.1)]))
}

/// Seconds since a time stamp; no value while there is none.
fn age(metric: &str) -> String {
    format!("time() - ({} > 0)", select(metric, ""))
}

fn figures(dashboard: Dashboard) -> Dashboard {
    let good = |text| (text, SUCCESS);
    dashboard
        .panel(yes_or_no(
            Panel::stat("Exporters", "Whether Prometheus can scrape every exporter.", "short")
                .query(format!("min({})", select("up", "")), "up"),
            good("up"),
            ("down", PERMANENT),
        ))
        .panel(yes_or_no(
            Panel::stat("Sources", "Whether every source of lines can be read.", "short")
                .query(format!("min({})", select("maillog_source_up", "")), "up"),
            good("up"),
            ("down", PERMANENT),
        ))
        .panel(yes_or_no(
            Panel::stat(
                "Catching up",
                "Whether a source has unread lines or is read late; rates then do not show the current time.",
                "short",
            )
            .query(format!("max({})", select("maillog_catching_up", "")), "catching up"),
            ("yes", TEMPORARY),
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
            ("no", TEMPORARY),
        ))
        .panel(
            Panel::stat("Not understood", "Share of lines with an unknown form, over 15 minutes.", "percentunit")
                .query(unmatched(""), "unmatched")
                .over("15m")
                .good_until(&UNMATCHED_LIMITS)
                .field("min", 0.into())
                .empty("No lines"),
        )
        .panel(
            Panel::stat("Newest line", "Age of the newest line of the source that is furthest behind.", "s")
                .query(format!("max({})", age("maillog_source_last_line_timestamp_seconds")), "age")
                .good_until(&[(300.0, TEMPORARY), (3600.0, PERMANENT)])
                .empty("No line yet"),
        )
}

/// Limits of the share of unmatched lines.
const UNMATCHED_LIMITS: [(f64, &str); 2] = [(0.001, TEMPORARY), (0.01, PERMANENT)];

/// The share of unmatched lines, by labels.
fn unmatched(by: &str) -> String {
    let lines = |result| sum_by(by, &rate("maillog_lines_total", result));
    share(&lines(r#"result="unmatched""#), &lines(""))
}

/// The labels of panels with one series per source, and its legend.
const SOURCE: (&str, &str) = ("instance, source", "{{instance}} {{source}}");

/// How panels with one series per source are limited.
const TEN: &str = "The ten highest of the selected time range.";

fn lines(dashboard: Dashboard) -> Dashboard {
    let total = "maillog_lines_total";
    let bad = r#"result="unmatched""#;
    // What is not understood has the base in common.
    let mut results = Panel::stack(
        "Lines read per minute by result",
        "Lines by result: event, known noise, or unmatched (unknown form).",
        PER_MINUTE,
    )
    .base_color(NEUTRAL)
    .color("event", SUCCESS)
    .color("unmatched", PERMANENT);
    for result in ["unmatched", "event", "noise"] {
        let matchers = format!(r#"result="{result}""#);
        results = results.query(per_minute("", total, &matchers), result);
    }
    dashboard
        .row("Lines")
        .panel(results)
        .panel(
            Panel::lines(
                "Share of lines not understood by source",
                format!("Share of lines with an unknown form. `maillog_exporter parse --unmatched` lists them. {TEN}"),
                "percentunit",
            )
            .query(most_counted(10, SOURCE.0, &unmatched(SOURCE.0), total, bad), SOURCE.1)
            .over("2m")
            .limits(&UNMATCHED_LIMITS)
            .reaching(0.012)
            .empty("All lines are understood"),
        )
}

/// What is read of each source, and what is lost.
fn sources(dashboard: Dashboard) -> Dashboard {
    let bytes = "maillog_source_bytes_total";
    let age_metric = "maillog_source_last_line_timestamp_seconds";
    let lag = "maillog_source_lag_bytes";
    dashboard
        .row("Sources")
        .panel(
            Panel::lines(
                "Bytes read per minute by source",
                format!("Bytes of complete lines. {TEN}"),
                "bytes",
            )
            .query(most_counted(10, SOURCE.0, &per_minute(SOURCE.0, bytes, ""), bytes, ""), SOURCE.1),
        )
        .panel(
            Panel::lines("Bytes not yet read by source", format!("The lag of each source. {TEN}"), "bytes")
                .query(largest(10, SOURCE.0, &sum_by(SOURCE.0, &select(lag, "")), lag), SOURCE.1)
                .reaching(1024.0),
        )
        .panel(
            Panel::lines(
                "Age of the newest line by source",
                "Time since the time stamp of the newest line: the ten oldest. It grows while a mail server is idle or \
                 writes elsewhere.",
                "s",
            )
            .query(
                format!("max by ({0}) ({1})\nand on ({0})\nbottomk(10, {2})", SOURCE.0, age(age_metric), last_lines()),
                SOURCE.1,
            )
            .limits(&[(3600.0, TEMPORARY)])
            .empty("No line yet"),
        )
        .panel(
            Panel::stack(
                "Rotations per minute by kind",
                "Files renamed, replaced or truncated; one rotation a day is usual.",
                PER_MINUTE,
            )
            .query(per_minute("kind", "maillog_source_rotations_total", ""), "{{kind}}")
            .named_colors(&["renamed", "replaced", "truncated"])
            .reaching(1.0),
        )
        .panel(
            Panel::stack(
                "Lines dropped and truncated per minute",
                "Lines lost because they arrived faster than they were read, and lines truncated at the length limit.",
                PER_MINUTE,
            )
            .query(per_minute("", "maillog_source_lines_dropped_total", ""), "dropped")
            .query(per_minute("", "maillog_source_lines_truncated_total", ""), "truncated")
            .base_color(TEMPORARY)
            .color("dropped", PERMANENT)
            .reaching(1.0),
        )
        .panel(
            Panel::table(
                "Counts above the series limit by metric",
                "Counts added to the label value other in the selected time range, because the metric has reached its \
                 series limit.",
                "short",
            )
            .query(
                format!(
                    "sort_desc(topk(7, {}))",
                    sum_by("metric", &increase("maillog_series_dropped_total", ""))
                ),
                "",
            )
            .columns(&[("metric", "Metric"), ("A", "Count")])
            .whole()
            .column("Count", &[("custom.width", 110.into())]),
        )
}

/// The newest lines at the end of the time range.
fn last_lines() -> String {
    let last = select("maillog_source_last_line_timestamp_seconds", "");
    format!("max by ({}) ({last} @ end() > 0)", SOURCE.0)
}

fn state(dashboard: Dashboard) -> Dashboard {
    let written = "maillog_state_last_write_timestamp_seconds";
    let errors = "maillog_state_write_errors_total";
    dashboard
        .row("State")
        .panel(
            Panel::lines(
                "Age of the last state write by host",
                "Time since the state file was last written: the ten oldest. It grows while nothing is read.",
                "s",
            )
            .query(
                format!(
                    "max by (instance) ({})\nand on (instance)\nbottomk(10, max by (instance) ({} @ end() > 0))",
                    age(written),
                    select(written, "")
                ),
                "{{instance}}",
            )
            .empty("No state file"),
        )
        .panel(
            Panel::lines(
                "Failed state writes per minute by host",
                "Failed writes of the state file. Metrics do not change until a write succeeds. The ten hosts with most of \
                 them in the selected time range.",
                PER_MINUTE,
            )
            .query(
                most_counted(10, "instance", &per_minute("instance", errors, ""), errors, ""),
                "{{instance}}",
            )
            .reaching(1.0)
            .empty("No failed writes"),
        )
}

fn process(dashboard: Dashboard) -> Dashboard {
    let memory = "process_resident_memory_bytes";
    let cpu = "process_cpu_seconds_total";
    let descriptors = share(
        &select("process_open_fds", ""),
        &select("process_max_fds", ""),
    );
    dashboard
        .row("Process")
        .panel(
            Panel::lines(
                "CPU by host as a share of one core",
                format!("CPU seconds used per second. {TEN}"),
                "percentunit",
            )
            .query(
                most_counted(10, "instance", &sum_by("instance", &rate(cpu, "")), cpu, ""),
                "{{instance}}",
            ),
        )
        .panel(
            Panel::lines("Resident memory by host in bytes", format!("Memory of the process. {TEN}"), "bytes").query(
                largest(10, "instance", &format!("max by (instance) ({})", select(memory, "")), memory),
                "{{instance}}",
            ),
        )
        .panel(
            Panel::lines(
                "Open file descriptors as a share of the limit",
                format!("Open files and connections. {TEN}"),
                "percentunit",
            )
            .query(
                largest(10, "instance", &format!("max by (instance) ({descriptors})"), "process_open_fds"),
                "{{instance}}",
            )
            .limits(&[(0.8, TEMPORARY)]),
        )
        .panel(
            Panel::table(
                "Versions and uptime by host",
                "Exporters with their version and uptime, the most recent start first.",
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
            .columns(&[("instance", "Host"), ("version", "Version"), ("A", "Uptime")])
            .column("Host", &[("links", links::of_instance()), ("custom.minWidth", 180.into())])
            .column("Version", &[("custom.width", 90.into())])
            .column("Uptime", &[("custom.width", 120.into())])
            .option("sortBy", json!([{"displayName": "Uptime", "desc": false}])),
        )
}

/// The dashboard.
pub fn dashboard() -> Dashboard {
    let dashboard = Dashboard::new(
        "exporter",
        "Mail: exporter",
        "Health of the exporter: sources, lines not understood, lag, state file and process.",
    );
    process(state(sources(lines(figures(dashboard)))))
}
