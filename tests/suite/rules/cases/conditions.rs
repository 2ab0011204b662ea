//! Rules about conditions.

use super::Case;

pub const CONDITIONS: &[Case] = &[
    Case {
        alert: "MaillogBlocklisted",
        at: "40m",
        fires: &[
            (
                "maillog_conditions_total{condition=\"blocklisted\",direction=\"outbound\"}",
                "0x10 0+12x60",
            ),
            (
                "maillog_codes_total{code=\"250\",direction=\"outbound\"}",
                "0+24x200",
            ),
            (
                "maillog_codes_total{code=\"550\",direction=\"outbound\"}",
                "0x10 0+12x60",
            ),
            (
                "maillog_provider_conditions_total{condition=\"blocklisted\",provider=\"google\"}",
                "0x10 0+12x60",
            ),
        ],
        silent: &[
            (
                "maillog_conditions_total{condition=\"blocklisted\",direction=\"outbound\"}",
                "0x10 0+0.01x200",
            ),
            (
                "maillog_codes_total{code=\"250\",direction=\"outbound\"}",
                "0+24x200",
            ),
            (
                "maillog_codes_total{code=\"550\",direction=\"outbound\"}",
                "0x10 0+12x60",
            ),
        ],
        description: "180 outbound replies in 15 min named a blocklist or bad reputation: 33.33% of all outbound replies. Top provider: google.",
        labels: &[],
    },
    Case {
        alert: "MaillogSenderAuthenticationFailing",
        at: "40m",
        fires: &[
            (
                "maillog_conditions_total{condition=\"sender_authentication\",direction=\"outbound\"}",
                "0x10 0+12x60",
            ),
            (
                "maillog_codes_total{code=\"250\",direction=\"outbound\"}",
                "0+24x200",
            ),
            (
                "maillog_codes_total{code=\"550\",direction=\"outbound\"}",
                "0x10 0+12x60",
            ),
            (
                "maillog_provider_conditions_total{condition=\"sender_authentication\",provider=\"google\"}",
                "0x10 0+12x60",
            ),
        ],
        silent: &[
            (
                "maillog_conditions_total{condition=\"sender_authentication\",direction=\"outbound\"}",
                "0x10 0+0.01x200",
            ),
            (
                "maillog_codes_total{code=\"250\",direction=\"outbound\"}",
                "0+24x200",
            ),
            (
                "maillog_codes_total{code=\"550\",direction=\"outbound\"}",
                "0x10 0+12x60",
            ),
        ],
        description: "180 outbound replies in 15 min reported failed SPF, DKIM or DMARC checks: 33.33% of all outbound replies. Top provider: google.",
        labels: &[],
    },
    Case {
        alert: "MaillogProviderRateLimited",
        at: "40m",
        fires: &[
            (
                "maillog_provider_conditions_total{condition=\"rate_limited\",provider=\"google\"}",
                "0x10 0+12x60",
            ),
            (
                "maillog_provider_codes_total{code=\"421\",provider=\"google\"}",
                "0x10 0+12x60",
            ),
            (
                "maillog_provider_codes_total{code=\"250\",provider=\"google\"}",
                "0+24x200",
            ),
            (
                "maillog_provider_conditions_total{condition=\"rate_limited\",provider=\"yahoo\"}",
                "0x200",
            ),
            (
                "maillog_provider_codes_total{code=\"250\",provider=\"yahoo\"}",
                "0+24x200",
            ),
        ],
        silent: &[
            (
                "maillog_provider_conditions_total{condition=\"rate_limited\",provider=\"google\"}",
                "0x10 0+1x60",
            ),
            (
                "maillog_provider_codes_total{code=\"421\",provider=\"google\"}",
                "0x10 0+1x60",
            ),
            (
                "maillog_provider_codes_total{code=\"250\",provider=\"google\"}",
                "0+24x200",
            ),
        ],
        description: "180 replies of google in 15 min limited the rate or the number of connections: 33.33% of all its replies.",
        labels: &[("provider", "google")],
    },
    Case {
        alert: "MaillogOutboundAuthFailing",
        at: "40m",
        fires: &[
            (
                "maillog_conditions_total{condition=\"auth\",direction=\"outbound\"}",
                "0x10 0+12x60",
            ),
            (
                "maillog_codes_total{code=\"250\",direction=\"outbound\"}",
                "0+24x200",
            ),
            (
                "maillog_codes_total{code=\"550\",direction=\"outbound\"}",
                "0x10 0+12x60",
            ),
            (
                "maillog_provider_conditions_total{condition=\"auth\",provider=\"google\"}",
                "0x10 0+12x60",
            ),
        ],
        silent: &[
            (
                "maillog_conditions_total{condition=\"auth\",direction=\"outbound\"}",
                "0x10 0+0.01x200",
            ),
            (
                "maillog_codes_total{code=\"250\",direction=\"outbound\"}",
                "0+24x200",
            ),
            (
                "maillog_codes_total{code=\"550\",direction=\"outbound\"}",
                "0x10 0+12x60",
            ),
        ],
        description: "180 outbound replies in 15 min required or rejected authentication: 33.33% of all outbound replies. Top provider: google.",
        labels: &[],
    },
    Case {
        alert: "MaillogTlsFailing",
        at: "40m",
        fires: &[
            (
                "maillog_conditions_total{condition=\"tls\",direction=\"outbound\"}",
                "0x10 0+12x60",
            ),
            (
                "maillog_codes_total{code=\"250\",direction=\"outbound\"}",
                "0+24x200",
            ),
            (
                "maillog_codes_total{code=\"550\",direction=\"outbound\"}",
                "0x10 0+12x60",
            ),
            (
                "maillog_provider_conditions_total{condition=\"tls\",provider=\"google\"}",
                "0x10 0+12x60",
            ),
        ],
        silent: &[
            (
                "maillog_conditions_total{condition=\"tls\",direction=\"outbound\"}",
                "0x10 0+0.01x200",
            ),
            (
                "maillog_codes_total{code=\"250\",direction=\"outbound\"}",
                "0+24x200",
            ),
            (
                "maillog_codes_total{code=\"550\",direction=\"outbound\"}",
                "0x10 0+12x60",
            ),
        ],
        description: "180 outbound replies in 15 min reported a TLS failure: 33.33% of all outbound replies. Top provider: google.",
        labels: &[],
    },
    Case {
        alert: "MaillogDnsFailing",
        at: "40m",
        fires: &[
            (
                "maillog_conditions_total{condition=\"dns\",direction=\"outbound\"}",
                "0x10 0+12x60",
            ),
            (
                "maillog_codes_total{code=\"250\",direction=\"outbound\"}",
                "0+24x200",
            ),
            (
                "maillog_codes_total{code=\"550\",direction=\"outbound\"}",
                "0x10 0+12x60",
            ),
            (
                "maillog_provider_conditions_total{condition=\"dns\",provider=\"google\"}",
                "0x10 0+12x60",
            ),
        ],
        silent: &[
            (
                "maillog_conditions_total{condition=\"dns\",direction=\"outbound\"}",
                "0x10 0+0.01x200",
            ),
            (
                "maillog_codes_total{code=\"250\",direction=\"outbound\"}",
                "0+24x200",
            ),
            (
                "maillog_codes_total{code=\"550\",direction=\"outbound\"}",
                "0x10 0+12x60",
            ),
        ],
        description: "180 outbound deliveries in 15 min failed because of DNS: 33.33% of all outbound replies. Top provider: google.",
        labels: &[],
    },
    Case {
        alert: "MaillogRelayDenied",
        at: "40m",
        fires: &[
            (
                "maillog_conditions_total{condition=\"relay_denied\",direction=\"outbound\"}",
                "0x10 0+12x60",
            ),
            (
                "maillog_codes_total{code=\"250\",direction=\"outbound\"}",
                "0+24x200",
            ),
            (
                "maillog_codes_total{code=\"550\",direction=\"outbound\"}",
                "0x10 0+12x60",
            ),
            (
                "maillog_provider_conditions_total{condition=\"relay_denied\",provider=\"google\"}",
                "0x10 0+12x60",
            ),
        ],
        silent: &[
            (
                "maillog_conditions_total{condition=\"relay_denied\",direction=\"outbound\"}",
                "0x10 0+0.01x200",
            ),
            (
                "maillog_codes_total{code=\"250\",direction=\"outbound\"}",
                "0+24x200",
            ),
            (
                "maillog_codes_total{code=\"550\",direction=\"outbound\"}",
                "0x10 0+12x60",
            ),
        ],
        description: "180 outbound replies in 15 min denied relaying: 33.33% of all outbound replies. Top provider: google.",
        labels: &[],
    },
    Case {
        alert: "MaillogSpamRejected",
        at: "40m",
        fires: &[
            (
                "maillog_conditions_total{condition=\"spam_content\",direction=\"outbound\"}",
                "0x10 0+12x60",
            ),
            (
                "maillog_codes_total{code=\"250\",direction=\"outbound\"}",
                "0+24x200",
            ),
            (
                "maillog_codes_total{code=\"550\",direction=\"outbound\"}",
                "0x10 0+12x60",
            ),
            (
                "maillog_provider_conditions_total{condition=\"spam_content\",provider=\"google\"}",
                "0x10 0+12x60",
            ),
        ],
        silent: &[
            (
                "maillog_conditions_total{condition=\"spam_content\",direction=\"outbound\"}",
                "0x10 0+0.01x200",
            ),
            (
                "maillog_codes_total{code=\"250\",direction=\"outbound\"}",
                "0+24x200",
            ),
            (
                "maillog_codes_total{code=\"550\",direction=\"outbound\"}",
                "0x10 0+12x60",
            ),
        ],
        description: "180 outbound replies in 15 min rejected mail as spam or malware: 33.33% of all outbound replies. Top provider: google.",
        labels: &[],
    },
    Case {
        alert: "MaillogUnknownRecipients",
        at: "100m",
        fires: &[
            (
                "maillog_conditions_total{condition=\"user_unknown\",direction=\"outbound\"}",
                "0x10 0+12x180",
            ),
            (
                "maillog_codes_total{code=\"250\",direction=\"outbound\"}",
                "0+24x200",
            ),
            (
                "maillog_codes_total{code=\"550\",direction=\"outbound\"}",
                "0x10 0+12x180",
            ),
            (
                "maillog_provider_conditions_total{condition=\"user_unknown\",provider=\"google\"}",
                "0x10 0+12x180",
            ),
        ],
        silent: &[
            (
                "maillog_conditions_total{condition=\"user_unknown\",direction=\"outbound\"}",
                "0+1x200",
            ),
            (
                "maillog_codes_total{code=\"250\",direction=\"outbound\"}",
                "0+99x200",
            ),
        ],
        description: "720 outbound replies in 1 h reported an unknown or disabled mailbox: 33.33% of all outbound replies. Top provider: google.",
        labels: &[],
    },
    Case {
        alert: "MaillogLocalErrors",
        at: "40m",
        fires: &[
            (
                "maillog_conditions_total{condition=\"local_error\",direction=\"inbound\"}",
                "0x10 0+12x60",
            ),
            (
                "maillog_codes_total{code=\"250\",direction=\"inbound\"}",
                "0+24x200",
            ),
            (
                "maillog_codes_total{code=\"550\",direction=\"inbound\"}",
                "0x10 0+12x60",
            ),
        ],
        silent: &[
            (
                "maillog_conditions_total{condition=\"local_error\",direction=\"inbound\"}",
                "0x10 0+0.01x200",
            ),
            (
                "maillog_codes_total{code=\"250\",direction=\"inbound\"}",
                "0+24x200",
            ),
            (
                "maillog_codes_total{code=\"550\",direction=\"inbound\"}",
                "0x10 0+12x60",
            ),
        ],
        description: "180 inbound replies in 15 min reported an internal error or full storage: 33.33% of all inbound replies.",
        labels: &[],
    },
    Case {
        alert: "MaillogInboundAuthFailures",
        at: "90m",
        fires: &[(
            "maillog_auth_failures_total{mta=\"postfix\",service=\"smtpd\"}",
            "0x60 0+40x60",
        )],
        silent: &[(
            "maillog_auth_failures_total{mta=\"postfix\",service=\"smtpd\"}",
            "0+40x200",
        )],
        description: "600 client logins failed in 15 min, compared with 140 per 15 min in the previous hour.",
        labels: &[],
    },
];
