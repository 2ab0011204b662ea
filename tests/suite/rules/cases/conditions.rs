//! Reasons for which mail is refused.

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
        description: "A blocklist or bad reputation was the reason 180 times in 15m: 33.33% of all outbound replies. Most of it comes from google.",
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
        description: "SPF, DKIM or DMARC was the reason 180 times in 15m: 33.33% of all outbound replies. Most of it comes from google.",
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
        description: "google limited us 180 times in 15m: 33.33% of all its replies.",
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
        description: "A login was refused or asked for 180 times in 15m: 33.33% of all outbound replies. Most of it comes from google.",
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
        description: "TLS was the reason 180 times in 15m: 33.33% of all outbound replies. Most of it comes from google.",
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
        description: "A name lookup failed 180 times in 15m: 33.33% of all outbound replies. Most of it comes from google.",
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
        description: "Relaying was denied 180 times in 15m: 33.33% of all outbound replies. Most of it comes from google.",
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
        description: "Spam or a virus was the reason 180 times in 15m: 33.33% of all outbound replies. Most of it comes from google.",
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
        description: "The recipient did not exist 720 times in 1h: 33.33% of all outbound replies. Most of it comes from google.",
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
        description: "Our server gave a fault of its own as the reason 180 times in 15m: 33.33% of all it said to clients.",
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
        description: "600 logins of clients failed in 15m. In the hour before it was 140 in 15m.",
        labels: &[],
    },
];
