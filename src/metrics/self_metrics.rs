//! The metric families about the exporter itself: sources, state file, series limits.

use prometheus::proto::MetricFamily;

use crate::build_info;
use crate::metrics::scrape::Scrape;
use crate::metrics::view::SourceStats;

impl Scrape {
    /// The families about the exporter as a whole.
    pub(super) fn self_metrics(&self) -> Vec<MetricFamily> {
        let counters = &self.view.counters;
        let mut dropped = self.previous.counter(
            "maillog_series_dropped_total",
            "Counts that went to the label value other because the series limit of their metric was reached.",
        );
        for (metric, overflowed) in counters.overflowed() {
            dropped.count(&[("metric", metric)], overflowed);
        }
        let mut build = self.previous.gauge(
            "maillog_build_info",
            "Always 1; which build this is: version, revision of the source, compiler and target.",
        );
        let labels = [
            ("version", build_info::VERSION),
            ("revision", build_info::REVISION),
            ("rustc", build_info::RUSTC),
            ("target", build_info::TARGET),
        ];
        build.set(&labels, 1.0);
        let state = self.view.state;
        let mut kept = self.previous.gauge(
            "maillog_state_kept",
            "1 if positions and counts are kept across restarts.",
        );
        kept.set(&[], f64::from(u8::from(state.kept)));
        let mut written = self.previous.gauge(
            "maillog_state_last_write_timestamp_seconds",
            "Time when positions and counts were last written to disk; 0 if they are not kept.",
        );
        written.set(&[], state.last_write.unwrap_or(0) as f64);
        let mut write_errors = self.previous.counter(
            "maillog_state_write_errors_total",
            "Failed attempts to write positions and counts to disk.",
        );
        write_errors.count(&[], state.errors);
        let mut sandboxed = self.previous.gauge(
            "maillog_sandbox_active",
            "1 if the kernel restricts the exporter to its logs, state and configuration.",
        );
        sandboxed.set(&[], f64::from(u8::from(self.view.sandboxed)));
        let mut rejected = self.previous.counter(
            "maillog_http_connections_rejected_total",
            "HTTP connections answered with 503 because there were too many.",
        );
        rejected.count(&[], self.connections_rejected);
        let mut reload = self.previous.gauge(
            "maillog_config_last_reload_successful",
            "1 if the configuration was valid when it was last read, 0 if not: then the one before is in use.",
        );
        reload.set(&[], f64::from(u8::from(self.reload.successful)));
        let mut reloaded = self.previous.gauge(
            "maillog_config_last_reload_success_timestamp_seconds",
            "Time when a valid configuration was last read, at the start or by a reload.",
        );
        reloaded.set(&[], self.reload.last_success as f64);
        vec![
            dropped.finish(),
            build.finish(),
            kept.finish(),
            written.finish(),
            write_errors.finish(),
            sandboxed.finish(),
            rejected.finish(),
            reload.finish(),
            reloaded.finish(),
        ]
    }

    /// The families about sources.
    pub(super) fn source_metrics(&self) -> Vec<MetricFamily> {
        let sources = &self.view.sources;
        let mut lines = self.previous.counter(
            "maillog_lines_total",
            "Lines read, by result: events, noise of known form, and unmatched lines of unknown form.",
        );
        let mut rotations = self.previous.counter(
            "maillog_source_rotations_total",
            "Files found renamed, replaced or truncated, by kind.",
        );
        let mut formats = self.previous.gauge(
            "maillog_source_format_info",
            "Always 1, for each format found in the source: the mail server whose records were read, or syslog.",
        );
        for source in sources {
            let name = ("source", &*source.name);
            for format in &source.formats {
                formats.set(&[name, ("format", format)], 1.0);
            }
            for (result, count) in [
                ("event", source.events),
                ("noise", source.noise),
                ("unmatched", source.unmatched),
            ] {
                lines.count(&[name, ("result", result)], count);
            }
            for (kind, count) in &source.rotations {
                rotations.count(&[name, ("kind", kind)], *count);
            }
        }
        let counter = |name, help, value: fn(&SourceStats) -> u64| {
            let mut family = self.previous.counter(name, help);
            for source in sources {
                family.count(&[("source", &source.name)], value(source));
            }
            family.finish()
        };
        let gauge = |name, help, value: fn(&SourceStats) -> f64| {
            let mut family = self.previous.gauge(name, help);
            for source in sources {
                family.set(&[("source", &source.name)], value(source));
            }
            family.finish()
        };
        vec![
            lines.finish(),
            formats.finish(),
            rotations.finish(),
            counter(
                "maillog_source_bytes_total",
                "Bytes read, in complete lines.",
                |s| s.bytes,
            ),
            counter(
                "maillog_source_lines_truncated_total",
                "Lines longer than the limit, of which only the beginning was read.",
                |s| s.truncated,
            ),
            counter(
                "maillog_source_lines_dropped_total",
                "Lines lost because they arrived faster than they were read.",
                |s| s.dropped,
            ),
            counter(
                "maillog_source_refused_total",
                "Syslog datagrams and connections refused, because the sender is not allowed or its TLS handshake failed.",
                |s| s.refused,
            ),
            counter(
                "maillog_source_positions_lost_total",
                "Files in which reading stopped and that were not found again after a rotation: the rest of their lines is lost.",
                |s| s.positions_lost,
            ),
            gauge(
                "maillog_source_lag_bytes",
                "Bytes available but not yet read.",
                |s| s.lag_bytes as f64,
            ),
            counter(
                "maillog_source_backlog_events_total",
                "Events read more than a minute after their time stamp, corrected by the offset of the source's clock.",
                |s| s.backlog_events,
            ),
            gauge(
                "maillog_catching_up",
                "1 while the source has unread lines, or most of its events of the last five minutes were read late.",
                |s| f64::from(u8::from(s.catching_up)),
            ),
            gauge(
                "maillog_source_clock_offset_seconds",
                "Seconds by which the time stamps of the source are ahead of the exporter's clock, if that is a minute or more; negative if they are behind.",
                |s| s.clock_offset as f64,
            ),
            gauge("maillog_source_up", "1 if the source can be read.", |s| {
                f64::from(u8::from(s.up))
            }),
            gauge(
                "maillog_source_last_line_timestamp_seconds",
                "Time stamp of the newest line; 0 before the first.",
                |s| s.last_line.unwrap_or(0) as f64,
            ),
        ]
    }
}
