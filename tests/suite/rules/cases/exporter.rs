//! Rules about the exporter itself.

use super::Case;

pub const EXPORTER: &[Case] = &[
    Case {
        alert: "MaillogExporterDown",
        at: "20m",
        fires: &[("up", "1x5 0x60")],
        silent: &[("up", "1x60")],
        description: "Prometheus cannot scrape mx1:9925, or has no such target. Mail is not monitored.",
        labels: &[],
    },
    Case {
        alert: "MaillogSourceDown",
        at: "20m",
        fires: &[("maillog_source_up{source=\"mail\"}", "1x5 0x60")],
        silent: &[("maillog_source_up{source=\"mail\"}", "1x60")],
        description: "The source mail cannot be read, so its mail is not counted.",
        labels: &[("source", "mail")],
    },
    Case {
        alert: "MaillogSourceLagging",
        at: "20m",
        fires: &[(
            "maillog_source_lag_bytes{source=\"mail\"}",
            "0x5 33554432x60",
        )],
        silent: &[("maillog_source_lag_bytes{source=\"mail\"}", "1000000x60")],
        description: "32MiB of mail have not been read yet.",
        labels: &[("source", "mail")],
    },
    Case {
        alert: "MaillogCatchingUp",
        at: "90m",
        fires: &[("maillog_catching_up{source=\"mail\"}", "1x200")],
        silent: &[("maillog_catching_up{source=\"mail\"}", "1x50 0x200")],
        description: "Lines of mail are read late.",
        labels: &[("source", "mail")],
    },
    Case {
        alert: "MaillogSourceClockOff",
        at: "40m",
        fires: &[(
            "maillog_source_clock_offset_seconds{source=\"mail\"}",
            "0x5 -18000x60",
        )],
        silent: &[(
            "maillog_source_clock_offset_seconds{source=\"mail\"}",
            "0x60",
        )],
        description: "The time stamps of mail differ from the exporter's clock by 18,000 seconds.",
        labels: &[("source", "mail")],
    },
    Case {
        alert: "MaillogUnmatchedLines",
        at: "90m",
        fires: &[
            (
                "maillog_lines_total{result=\"event\",source=\"mail\"}",
                "0+9x200",
            ),
            (
                "maillog_lines_total{result=\"noise\",source=\"mail\"}",
                "0x200",
            ),
            (
                "maillog_lines_total{result=\"unmatched\",source=\"mail\"}",
                "0+3x200",
            ),
        ],
        silent: &[
            (
                "maillog_lines_total{result=\"event\",source=\"mail\"}",
                "0+99x200",
            ),
            (
                "maillog_lines_total{result=\"noise\",source=\"mail\"}",
                "0x200",
            ),
            (
                "maillog_lines_total{result=\"unmatched\",source=\"mail\"}",
                "0+3x200",
            ),
        ],
        description: "180 lines of mail in 1 h have an unknown format: 25% of all its lines.",
        labels: &[("source", "mail")],
    },
    Case {
        alert: "MaillogLinesDropped",
        at: "30m",
        fires: &[(
            "maillog_source_lines_dropped_total{source=\"mail\"}",
            "0x20 30x60",
        )],
        silent: &[(
            "maillog_source_lines_dropped_total{source=\"mail\"}",
            "30x90",
        )],
        description: "30 lines of mail were lost in 15 min, because they arrived faster than they were read.",
        labels: &[("source", "mail")],
    },
    Case {
        alert: "MaillogPositionsLost",
        at: "50m",
        fires: &[(
            "maillog_source_positions_lost_total{source=\"mail\"}",
            "4x20 5x60",
        )],
        silent: &[(
            "maillog_source_positions_lost_total{source=\"mail\"}",
            "4x90",
        )],
        description: "Files of mail in which reading stopped and that were not found again in 1 h: 1. The rest of their lines is not counted.",
        labels: &[("source", "mail")],
    },
    Case {
        alert: "MaillogStateNotWritten",
        at: "40m",
        fires: &[("maillog_state_write_errors_total", "0x20 0+2x60")],
        silent: &[("maillog_state_write_errors_total", "7x90")],
        description: "30 writes of the state file of mx1:9925 failed in 15 min. Metrics stay at the last written state until a write succeeds.",
        labels: &[],
    },
    Case {
        alert: "MaillogReloadFailed",
        at: "40m",
        fires: &[("maillog_config_last_reload_successful", "1x20 0x60")],
        silent: &[("maillog_config_last_reload_successful", "1x90")],
        description: "The last reload of the configuration of mx1:9925 failed. The exporter goes on with the configuration that it had before.",
        labels: &[],
    },
    Case {
        alert: "MaillogSeriesFolded",
        at: "30m",
        fires: &[(
            "maillog_series_dropped_total{metric=\"maillog_codes_total\"}",
            "0x20 60x60",
        )],
        silent: &[(
            "maillog_series_dropped_total{metric=\"maillog_codes_total\"}",
            "60x90",
        )],
        description: "60 counts of maillog_codes_total were added to the label value other in 1 h.",
        labels: &[("metric", "maillog_codes_total")],
    },
    Case {
        alert: "MaillogSourceSilent",
        at: "20m",
        fires: &[(
            "maillog_source_missing_lines{source=\"mail\"}",
            "0x5 1320x60",
        )],
        silent: &[("maillog_source_missing_lines{source=\"mail\"}", "20x60")],
        description: "mail has had no new lines in a time in which it usually has 1,320.",
        labels: &[("source", "mail")],
    },
    Case {
        alert: "MaillogQueueGrown",
        at: "40m",
        fires: &[
            ("maillog_queue_messages{queue=\"deferred\"}", "4000x60"),
            ("maillog_queue_usual_messages{queue=\"deferred\"}", "900x60"),
        ],
        silent: &[
            ("maillog_queue_messages{queue=\"deferred\"}", "4000x60"),
            (
                "maillog_queue_usual_messages{queue=\"deferred\"}",
                "1100x60",
            ),
            ("maillog_queue_messages{queue=\"active\"}", "400x60"),
            ("maillog_queue_usual_messages{queue=\"active\"}", "3x60"),
        ],
        description: "The queue deferred holds 4,000 messages, at most 900 are usual at this time.",
        labels: &[("queue", "deferred")],
    },
    Case {
        alert: "MaillogQueueStuck",
        at: "40m",
        fires: &[
            (
                "maillog_queue_oldest_age_seconds{queue=\"incoming\"}",
                "1234x60",
            ),
            (
                "maillog_queue_usual_oldest_age_seconds{queue=\"incoming\"}",
                "30x60",
            ),
        ],
        silent: &[
            (
                "maillog_queue_oldest_age_seconds{queue=\"incoming\"}",
                "1234x60",
            ),
            (
                "maillog_queue_usual_oldest_age_seconds{queue=\"incoming\"}",
                "900x60",
            ),
            (
                "maillog_queue_oldest_age_seconds{queue=\"maildrop\"}",
                "500x60",
            ),
            (
                "maillog_queue_usual_oldest_age_seconds{queue=\"maildrop\"}",
                "0x60",
            ),
            (
                "maillog_queue_oldest_age_seconds{queue=\"deferred\"}",
                "90000x60",
            ),
        ],
        description: "The oldest message in the queue incoming has waited for 1,234 seconds.",
        labels: &[("queue", "incoming")],
    },
];
