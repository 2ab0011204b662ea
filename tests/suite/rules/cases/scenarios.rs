//! Scenarios in which no alert fires.

use super::Scenario;

pub const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "baseline 421 rate of 0.5 % does not alert",
        series: &[
            (
                "maillog_codes_total{code=\"421\",direction=\"outbound\"}",
                "0+3x150",
            ),
            (
                "maillog_codes_total{code=\"250\",direction=\"outbound\"}",
                "0+600x150",
            ),
        ],
        silent: &[
            ("MaillogSmtp421Spike", &["30m", "60m", "90m"]),
            ("MaillogSmtp421Elevated", &["30m", "60m", "90m"]),
        ],
    },
    Scenario {
        name: "ten 421 in one minute do not alert",
        series: &[
            (
                "maillog_codes_total{code=\"421\",direction=\"outbound\"}",
                "0x60 10x60",
            ),
            (
                "maillog_codes_total{code=\"250\",direction=\"outbound\"}",
                "0+1x150",
            ),
        ],
        silent: &[
            ("MaillogSmtp421Spike", &["61m", "63m", "65m"]),
            ("MaillogSmtp421Elevated", &["61m", "65m", "75m"]),
        ],
    },
    Scenario {
        name: "catch-up after a restart does not alert",
        series: &[
            (
                "maillog_codes_total{code=\"421\",direction=\"outbound\"}",
                "0x60 0+60x60",
            ),
            (
                "maillog_codes_total{code=\"250\",direction=\"outbound\"}",
                "0+24x150",
            ),
            (
                "maillog_lines_total{result=\"event\",source=\"mail\"}",
                "0+24x60 0+84x60",
            ),
            (
                "maillog_source_backlog_events_total{source=\"mail\"}",
                "0x60 0+60x60",
            ),
        ],
        silent: &[
            ("MaillogSmtp421Spike", &["62m", "65m", "70m", "80m"]),
            ("MaillogSmtp421Elevated", &["62m", "75m", "80m"]),
        ],
    },
    Scenario {
        name: "no mail does not alert",
        series: &[
            (
                "maillog_codes_total{code=\"421\",direction=\"outbound\"}",
                "0x150",
            ),
            (
                "maillog_codes_total{code=\"250\",direction=\"outbound\"}",
                "0x150",
            ),
            (
                "maillog_deliveries_total{mta=\"postfix\",service=\"smtp\",status=\"sent\"}",
                "0x150",
            ),
            (
                "maillog_deliveries_total{mta=\"postfix\",service=\"smtp\",status=\"deferred\"}",
                "0x150",
            ),
        ],
        silent: &[
            ("MaillogSmtp421Spike", &["60m", "90m"]),
            ("MaillogDeferredShareFast", &["90m"]),
            ("MaillogDeferredShareSlow", &["90m"]),
        ],
    },
];
