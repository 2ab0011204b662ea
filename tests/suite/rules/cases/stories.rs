//! What wakes nobody.

use super::Story;

pub const STORIES: &[Story] = &[
    Story {
        name: "a busy server with its usual 0.5 % of 421 is silent",
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
    Story {
        name: "ten 421 a day are silent, all in one minute as they may be",
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
    Story {
        name: "a restart with a backlog is silent: its lines are old",
        series: &[
            (
                "maillog_codes_total{code=\"421\",direction=\"outbound\"}",
                "0x60 0+60x60",
            ),
            (
                "maillog_codes_total{code=\"250\",direction=\"outbound\"}",
                "0+24x150",
            ),
            ("maillog_catching_up", "0x59 1x30"),
        ],
        silent: &[
            ("MaillogSmtp421Spike", &["62m", "65m", "70m", "80m"]),
            ("MaillogSmtp421Elevated", &["62m", "75m", "80m"]),
        ],
    },
    Story {
        name: "no mail at all is silent: no share is of nothing",
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
