//! Bursts of one code.

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
        description: "421 was said 60 times in 5m: 33.33% of all outbound replies. In the hour before it was 4 in 5m. Most of it comes from google.",
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
        description: "421 was said 180 times in 15m: 33.33% of all outbound replies. Most of it comes from google.",
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
        description: "A full mailbox was the answer 60 times in 5m: 33.33% of all outbound replies. In the hour before it was 4 in 5m. Most of it comes from microsoft.",
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
        description: "A full mailbox was the answer 180 times in 15m: 33.33% of all outbound replies. Most of it comes from microsoft.",
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
        description: "60 connections were refused in 5m: 33.33% of all outbound replies and failures. In the hour before it was 4 in 5m. Most of them lead to other.",
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
        description: "60 connections could not be opened in 5m: 33.33% of all outbound replies and failures. In the hour before it was 4 in 5m. Most of them lead to tencent.",
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
        description: "A mailbox of ours was full 180 times in 15m: 33.33% of all local deliveries' replies.",
        labels: &[],
    },
];
