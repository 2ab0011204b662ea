//! Rules about spikes of one code.

use super::Case;

pub const SPIKES: &[Case] = &[
    Case {
        alert: "MaillogSmtp421Spike",
        at: "70m",
        fires: &[
            (
                "maillog_codes_total{code=\"421\",direction=\"outbound\"}",
                "0x60 0+12x60",
            ),
            (
                "maillog_codes_total{code=\"250\",direction=\"outbound\"}",
                "0+24x200",
            ),
            (
                "maillog_provider_codes_total{code=\"421\",provider=\"google\"}",
                "0x60 0+12x60",
            ),
            (
                "maillog_provider_codes_total{code=\"421\",provider=\"yahoo\"}",
                "0x60 0+1x60",
            ),
            // Late lines of another source do not mute the alert.
            ("maillog_catching_up{source=\"udp\"}", "1x200"),
            (
                "maillog_source_backlog_events_total{source=\"udp\"}",
                "0+1x200",
            ),
            (
                "maillog_lines_total{result=\"event\",source=\"udp\"}",
                "0+1x200",
            ),
            (
                "maillog_lines_total{result=\"event\",source=\"mail\"}",
                "0+24x60 0+36x140",
            ),
        ],
        silent: &[
            (
                "maillog_codes_total{code=\"421\",direction=\"outbound\"}",
                "0+12x200",
            ),
            (
                "maillog_codes_total{code=\"250\",direction=\"outbound\"}",
                "0+24x200",
            ),
        ],
        description: "60 outbound 421 replies in 5 min: 33.33% of all outbound replies, compared with 4 per 5 min in the previous hour. Top provider: google.",
        labels: &[],
    },
    Case {
        alert: "MaillogSmtp421Elevated",
        at: "40m",
        fires: &[
            (
                "maillog_codes_total{code=\"421\",direction=\"outbound\"}",
                "0x10 0+12x60",
            ),
            (
                "maillog_codes_total{code=\"250\",direction=\"outbound\"}",
                "0+24x200",
            ),
            (
                "maillog_provider_codes_total{code=\"421\",provider=\"google\"}",
                "0x10 0+12x60",
            ),
        ],
        silent: &[
            (
                "maillog_codes_total{code=\"421\",direction=\"outbound\"}",
                "0+1x200",
            ),
            (
                "maillog_codes_total{code=\"250\",direction=\"outbound\"}",
                "0+99x200",
            ),
        ],
        description: "180 outbound 421 replies in 15 min: 33.33% of all outbound replies. Top provider: google.",
        labels: &[],
    },
    Case {
        alert: "MaillogSmtp422Spike",
        at: "70m",
        fires: &[
            (
                "maillog_conditions_total{condition=\"mailbox_full\",direction=\"outbound\"}",
                "0x60 0+12x60",
            ),
            (
                "maillog_codes_total{code=\"422\",direction=\"outbound\"}",
                "0x60 0+2x60",
            ),
            (
                "maillog_codes_total{code=\"552\",direction=\"outbound\"}",
                "0x60 0+10x60",
            ),
            (
                "maillog_codes_total{code=\"250\",direction=\"outbound\"}",
                "0+24x200",
            ),
            (
                "maillog_provider_conditions_total{condition=\"mailbox_full\",provider=\"microsoft\"}",
                "0x60 0+12x60",
            ),
        ],
        silent: &[
            (
                "maillog_conditions_total{condition=\"mailbox_full\",direction=\"outbound\"}",
                "0+12x200",
            ),
            (
                "maillog_codes_total{code=\"422\",direction=\"outbound\"}",
                "0+2x200",
            ),
            (
                "maillog_codes_total{code=\"250\",direction=\"outbound\"}",
                "0+24x200",
            ),
        ],
        description: "60 outbound replies in 5 min reported a full mailbox: 33.33% of all outbound replies, compared with 4 per 5 min in the previous hour. Top provider: microsoft.",
        labels: &[],
    },
    Case {
        alert: "MaillogSmtp422Elevated",
        at: "40m",
        fires: &[
            (
                "maillog_conditions_total{condition=\"mailbox_full\",direction=\"outbound\"}",
                "0x200",
            ),
            (
                "maillog_codes_total{code=\"422\",direction=\"outbound\"}",
                "0x10 0+12x60",
            ),
            (
                "maillog_codes_total{code=\"250\",direction=\"outbound\"}",
                "0+24x200",
            ),
            (
                "maillog_provider_conditions_total{condition=\"mailbox_full\",provider=\"microsoft\"}",
                "0x10 0+12x60",
            ),
        ],
        silent: &[
            (
                "maillog_conditions_total{condition=\"mailbox_full\",direction=\"outbound\"}",
                "0+1x200",
            ),
            (
                "maillog_codes_total{code=\"422\",direction=\"outbound\"}",
                "0x200",
            ),
            (
                "maillog_codes_total{code=\"250\",direction=\"outbound\"}",
                "0+99x200",
            ),
        ],
        description: "180 outbound replies in 15 min reported a full mailbox: 33.33% of all outbound replies. Top provider: microsoft.",
        labels: &[],
    },
    Case {
        alert: "MaillogConnectionsRefused",
        at: "70m",
        fires: &[
            (
                "maillog_codes_total{code=\"111\",direction=\"outbound\"}",
                "0x60 0+12x60",
            ),
            (
                "maillog_codes_total{code=\"250\",direction=\"outbound\"}",
                "0+24x200",
            ),
            (
                "maillog_provider_codes_total{code=\"111\",provider=\"other\"}",
                "0x60 0+12x60",
            ),
        ],
        silent: &[
            (
                "maillog_codes_total{code=\"111\",direction=\"outbound\"}",
                "0+12x200",
            ),
            (
                "maillog_codes_total{code=\"250\",direction=\"outbound\"}",
                "0+24x200",
            ),
        ],
        description: "60 outbound connections were refused in 5 min: 33.33% of all outbound replies and failed connections, compared with 4 per 5 min in the previous hour. No single known provider stands out.",
        labels: &[],
    },
    Case {
        alert: "MaillogConnectionsUnreachable",
        at: "70m",
        fires: &[
            (
                "maillog_codes_total{code=\"101\",direction=\"outbound\"}",
                "0x60 0+12x60",
            ),
            (
                "maillog_codes_total{code=\"250\",direction=\"outbound\"}",
                "0+24x200",
            ),
            (
                "maillog_provider_codes_total{code=\"101\",provider=\"tencent\"}",
                "0x60 0+12x60",
            ),
        ],
        silent: &[
            (
                "maillog_codes_total{code=\"101\",direction=\"outbound\"}",
                "0x60 0+12x60",
            ),
            (
                "maillog_codes_total{code=\"250\",direction=\"outbound\"}",
                "0+600x200",
            ),
        ],
        description: "60 outbound connections failed in 5 min: 33.33% of all outbound replies and failed connections, compared with 4 per 5 min in the previous hour. Top provider: tencent.",
        labels: &[],
    },
    Case {
        alert: "MaillogLocalMailboxFull",
        at: "40m",
        fires: &[
            (
                "maillog_conditions_total{condition=\"mailbox_full\",direction=\"local\"}",
                "0x10 0+12x60",
            ),
            (
                "maillog_codes_total{code=\"422\",direction=\"local\"}",
                "0x200",
            ),
            (
                "maillog_codes_total{code=\"250\",direction=\"local\"}",
                "0+24x200",
            ),
            (
                "maillog_codes_total{code=\"552\",direction=\"local\"}",
                "0x10 0+12x60",
            ),
        ],
        silent: &[
            (
                "maillog_conditions_total{condition=\"mailbox_full\",direction=\"local\"}",
                "0x200",
            ),
            (
                "maillog_conditions_total{condition=\"mailbox_full\",direction=\"outbound\"}",
                "0x10 0+12x60",
            ),
            (
                "maillog_codes_total{code=\"250\",direction=\"local\"}",
                "0+24x200",
            ),
        ],
        description: "180 local deliveries in 15 min met a full mailbox: 33.33% of all replies to local deliveries.",
        labels: &[],
    },
];
