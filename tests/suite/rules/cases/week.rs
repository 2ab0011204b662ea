//! Alerts that look hours, a day or a week back: values by five minutes.

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
        description: "25% of all deliveries of the last 6h were deferred (360), and as much of the last 30m.",
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
        description: "720 replies 4xx in 1h: 33.33% of all outbound replies. At the same hour a week before it was 60. Most of them come from yahoo.",
        labels: &[],
    },
    Case {
        alert: "MaillogPermanentAboveLastWeek",
        at: "170h",
        fires: &[
            (
                "maillog_codes_total{code=\"550\",direction=\"outbound\"}",
                "0+5x2016 10080+60x30",
            ),
            (
                "maillog_codes_total{code=\"250\",direction=\"outbound\"}",
                "0+120x2050",
            ),
            (
                "maillog_provider_codes_total{code=\"550\",provider=\"yahoo\"}",
                "0+5x2016 10080+60x30",
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
        description: "720 replies 5xx in 1h: 33.33% of all outbound replies. At the same hour a week before it was 60. Most of them come from yahoo.",
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
        description: "mail has had no line for 1h, and had 1320 in the day before.",
        labels: &[("source", "mail")],
    },
];
