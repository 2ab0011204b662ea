//! Rules about results of deliveries.

use super::Case;

pub const DELIVERIES: &[Case] = &[
    Case {
        alert: "MaillogDeferredShareFast",
        at: "90m",
        fires: &[
            (
                "maillog_deliveries_total{mta=\"postfix\",service=\"smtp\",status=\"sent\"}",
                "0+4x200",
            ),
            (
                "maillog_deliveries_total{mta=\"postfix\",service=\"smtp\",status=\"deferred\"}",
                "0+6x200",
            ),
            (
                "maillog_deliveries_total{mta=\"postfix\",service=\"smtp\",status=\"bounced\"}",
                "0x200",
            ),
            (
                "maillog_deliveries_total{mta=\"postfix\",service=\"smtp\",status=\"expired\"}",
                "0x200",
            ),
            (
                "maillog_conditions_total{condition=\"rate_limited\",direction=\"outbound\"}",
                "0+5x200",
            ),
            (
                "maillog_conditions_total{condition=\"user_unknown\",direction=\"outbound\"}",
                "90000+1x200",
            ),
            (
                "maillog_conditions_total{condition=\"spam_content\",direction=\"inbound\"}",
                "0+9x200",
            ),
        ],
        silent: &[
            (
                "maillog_deliveries_total{mta=\"postfix\",service=\"smtp\",status=\"sent\"}",
                "0+4x200",
            ),
            (
                "maillog_deliveries_total{mta=\"postfix\",service=\"smtp\",status=\"deferred\"}",
                "0+6x70 420x200",
            ),
            (
                "maillog_deliveries_total{mta=\"postfix\",service=\"smtp\",status=\"bounced\"}",
                "0x200",
            ),
        ],
        description: "60% of all deliveries in the last 1 h were deferred (360), and the share in the last 5 min is above the threshold too. Most frequent condition: rate_limited.",
        labels: &[],
    },
    Case {
        alert: "MaillogBouncedShare",
        at: "90m",
        fires: &[
            (
                "maillog_deliveries_total{mta=\"postfix\",service=\"smtp\",status=\"sent\"}",
                "0+9x200",
            ),
            (
                "maillog_deliveries_total{mta=\"postfix\",service=\"smtp\",status=\"bounced\"}",
                "0+3x200",
            ),
        ],
        silent: &[
            (
                "maillog_deliveries_total{mta=\"postfix\",service=\"smtp\",status=\"sent\"}",
                "0+9x200",
            ),
            (
                "maillog_deliveries_total{mta=\"postfix\",service=\"smtp\",status=\"bounced\"}",
                "0+0.5x200",
            ),
        ],
        description: "25% of all deliveries in the last 1 h bounced (180), and the share in the last 5 min is above the threshold too. No reply tells why.",
        labels: &[],
    },
];
