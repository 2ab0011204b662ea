//! Rules with windows of hours, a day or a week; values are five minutes apart.

use super::Case;

pub const WEEK: &[Case] = &[
    Case {
        alert: "MaillogDeferredShareSlow",
        at: "7h",
        fires: &[
            (
                "maillog_deliveries_total{mta=\"postfix\",service=\"smtp\",status=\"sent\"}",
                "0+15x100",
            ),
            (
                "maillog_deliveries_total{mta=\"postfix\",service=\"smtp\",status=\"deferred\"}",
                "0+5x100",
            ),
        ],
        silent: &[
            (
                "maillog_deliveries_total{mta=\"postfix\",service=\"smtp\",status=\"sent\"}",
                "0+45x100",
            ),
            (
                "maillog_deliveries_total{mta=\"postfix\",service=\"smtp\",status=\"deferred\"}",
                "0+5x100",
            ),
        ],
        description: "25% of all deliveries in the last 6 h were deferred (360), and the share in the last 30 min is above the threshold too. No reply tells why.",
        labels: &[],
    },
    Case {
        alert: "MaillogTransientAboveLastWeek",
        at: "170h",
        fires: &[
            (
                "maillog_codes_total{code=\"450\",direction=\"outbound\"}",
                "0+5x2016 10080+60x30",
            ),
            (
                "maillog_codes_total{code=\"250\",direction=\"outbound\"}",
                "0+120x2050",
            ),
            (
                "maillog_provider_codes_total{code=\"450\",provider=\"yahoo\"}",
                "0+5x2016 10080+60x30",
            ),
        ],
        silent: &[
            (
                "maillog_codes_total{code=\"450\",direction=\"outbound\"}",
                "0+60x2050",
            ),
            (
                "maillog_codes_total{code=\"250\",direction=\"outbound\"}",
                "0+120x2050",
            ),
        ],
        description: "720 outbound 4xx replies in 1 h: 33.33% of all outbound replies, compared with 60 at the same hour a week ago. Top provider: yahoo.",
        labels: &[],
    },
    Case {
        alert: "MaillogPermanentAboveLastWeek",
        at: "170h",
        fires: &[
            (
                "maillog_codes_total{code=\"550\",direction=\"outbound\"}",
                "0+50x2016 100800+600x30",
            ),
            (
                "maillog_codes_total{code=\"250\",direction=\"outbound\"}",
                "0+1200x2050",
            ),
            (
                "maillog_provider_codes_total{code=\"550\",provider=\"yahoo\"}",
                "0+50x2016 100800+600x30",
            ),
        ],
        silent: &[
            (
                "maillog_codes_total{code=\"550\",direction=\"outbound\"}",
                "0+1x2016 2016+12x30",
            ),
            (
                "maillog_codes_total{code=\"250\",direction=\"outbound\"}",
                "0+360x2050",
            ),
        ],
        description: "7,200 outbound 5xx replies in 1 h: 33.33% of all outbound replies, compared with 600 at the same hour a week ago. Top provider: yahoo.",
        labels: &[],
    },
    Case {
        alert: "MaillogSourceSilent",
        at: "27h",
        fires: &[
            (
                "maillog_lines_total{result=\"event\",source=\"mail\"}",
                "0+5x288 1440x40",
            ),
            (
                "maillog_lines_total{result=\"noise\",source=\"mail\"}",
                "0x330",
            ),
            (
                "maillog_lines_total{result=\"unmatched\",source=\"mail\"}",
                "0x330",
            ),
        ],
        silent: &[
            (
                "maillog_lines_total{result=\"event\",source=\"mail\"}",
                "0+1x288 288x40",
            ),
            (
                "maillog_lines_total{result=\"noise\",source=\"mail\"}",
                "0x330",
            ),
            (
                "maillog_lines_total{result=\"unmatched\",source=\"mail\"}",
                "0x330",
            ),
        ],
        description: "mail has had no lines for 1 h, after 1,320 in the day before.",
        labels: &[("source", "mail")],
    },
];
