//! What promtool is asked: series by the minute, and what must follow from them.

/// One alert.
pub struct Case {
    pub alert: &'static str,
    /// When both are looked at.
    pub at: &'static str,
    /// Series with which it fires: name and values by the minute.
    pub fires: &'static [(&'static str, &'static str)],
    /// Series with which it does not.
    pub silent: &'static [(&'static str, &'static str)],
    /// What it says, with its figures.
    pub description: &'static str,
    /// Labels that come from the series.
    pub labels: &'static [(&'static str, &'static str)],
}

/// Something that wakes nobody.
pub struct Story {
    pub name: &'static str,
    pub series: &'static [(&'static str, &'static str)],
    /// Alerts that do not fire, and when that is looked at.
    pub silent: &'static [(&'static str, &'static [&'static str])],
}

pub const CASES: &[Case] = &[
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
                "0+24x600",
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
                "0+12x600",
            ),
            (
                "maillog_codes_total{code=\"250\",direction=\"outbound\"}",
                "0+24x600",
            ),
        ],
        description: "421 was said 60 times in 5m: 33.33% of all outbound replies. In the hour before it was 4 in 5m. Most of it comes from google.",
        labels: &[],
    },
    Case {
        alert: "MaillogSmtp421Elevated",
        at: "90m",
        fires: &[
            (
                "maillog_codes_total{code=\"421\",direction=\"outbound\"}",
                "0x60 0+12x60",
            ),
            (
                "maillog_codes_total{code=\"250\",direction=\"outbound\"}",
                "0+24x600",
            ),
            (
                "maillog_provider_codes_total{code=\"421\",provider=\"google\"}",
                "0x60 0+12x60",
            ),
        ],
        silent: &[
            (
                "maillog_codes_total{code=\"421\",direction=\"outbound\"}",
                "0+1x600",
            ),
            (
                "maillog_codes_total{code=\"250\",direction=\"outbound\"}",
                "0+99x600",
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
                "0+24x600",
            ),
            (
                "maillog_provider_conditions_total{condition=\"mailbox_full\",provider=\"microsoft\"}",
                "0x60 0+12x60",
            ),
        ],
        silent: &[
            (
                "maillog_conditions_total{condition=\"mailbox_full\",direction=\"outbound\"}",
                "0+12x600",
            ),
            (
                "maillog_codes_total{code=\"422\",direction=\"outbound\"}",
                "0+2x600",
            ),
            (
                "maillog_codes_total{code=\"250\",direction=\"outbound\"}",
                "0+24x600",
            ),
        ],
        description: "A full mailbox was the answer 60 times in 5m: 33.33% of all outbound replies. In the hour before it was 4 in 5m. Most of it comes from microsoft.",
        labels: &[],
    },
    Case {
        alert: "MaillogSmtp422Elevated",
        at: "90m",
        fires: &[
            (
                "maillog_conditions_total{condition=\"mailbox_full\",direction=\"outbound\"}",
                "0x600",
            ),
            (
                "maillog_codes_total{code=\"422\",direction=\"outbound\"}",
                "0x60 0+12x60",
            ),
            (
                "maillog_codes_total{code=\"250\",direction=\"outbound\"}",
                "0+24x600",
            ),
            (
                "maillog_provider_conditions_total{condition=\"mailbox_full\",provider=\"microsoft\"}",
                "0x60 0+12x60",
            ),
        ],
        silent: &[
            (
                "maillog_conditions_total{condition=\"mailbox_full\",direction=\"outbound\"}",
                "0+1x600",
            ),
            (
                "maillog_codes_total{code=\"422\",direction=\"outbound\"}",
                "0x600",
            ),
            (
                "maillog_codes_total{code=\"250\",direction=\"outbound\"}",
                "0+99x600",
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
                "0+24x600",
            ),
            (
                "maillog_provider_codes_total{code=\"111\",provider=\"other\"}",
                "0x60 0+12x60",
            ),
        ],
        silent: &[
            (
                "maillog_codes_total{code=\"111\",direction=\"outbound\"}",
                "0+12x600",
            ),
            (
                "maillog_codes_total{code=\"250\",direction=\"outbound\"}",
                "0+24x600",
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
                "0+24x600",
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
                "0+600x600",
            ),
        ],
        description: "60 connections could not be opened in 5m: 33.33% of all outbound replies and failures. In the hour before it was 4 in 5m. Most of them lead to tencent.",
        labels: &[],
    },
    Case {
        alert: "MaillogLocalMailboxFull",
        at: "90m",
        fires: &[
            (
                "maillog_conditions_total{condition=\"mailbox_full\",direction=\"local\"}",
                "0x60 0+12x60",
            ),
            (
                "maillog_codes_total{code=\"422\",direction=\"local\"}",
                "0x600",
            ),
            (
                "maillog_codes_total{code=\"250\",direction=\"local\"}",
                "0+24x600",
            ),
            (
                "maillog_codes_total{code=\"552\",direction=\"local\"}",
                "0x60 0+12x60",
            ),
        ],
        silent: &[
            (
                "maillog_conditions_total{condition=\"mailbox_full\",direction=\"local\"}",
                "0x600",
            ),
            (
                "maillog_conditions_total{condition=\"mailbox_full\",direction=\"outbound\"}",
                "0x60 0+12x60",
            ),
            (
                "maillog_codes_total{code=\"250\",direction=\"local\"}",
                "0+24x600",
            ),
        ],
        description: "A mailbox of ours was full 180 times in 15m: 33.33% of all local deliveries' replies.",
        labels: &[],
    },
    Case {
        alert: "MaillogBlocklisted",
        at: "90m",
        fires: &[
            (
                "maillog_conditions_total{condition=\"blocklisted\",direction=\"outbound\"}",
                "0x60 0+12x60",
            ),
            (
                "maillog_codes_total{code=\"250\",direction=\"outbound\"}",
                "0+24x600",
            ),
            (
                "maillog_codes_total{code=\"550\",direction=\"outbound\"}",
                "0x60 0+12x60",
            ),
            (
                "maillog_provider_conditions_total{condition=\"blocklisted\",provider=\"google\"}",
                "0x60 0+12x60",
            ),
        ],
        silent: &[
            (
                "maillog_conditions_total{condition=\"blocklisted\",direction=\"outbound\"}",
                "0+0x60 0+0.01x600",
            ),
            (
                "maillog_codes_total{code=\"250\",direction=\"outbound\"}",
                "0+24x600",
            ),
            (
                "maillog_codes_total{code=\"550\",direction=\"outbound\"}",
                "0x60 0+12x60",
            ),
        ],
        description: "A blocklist or bad reputation was the reason 180 times in 15m: 33.33% of all outbound replies. Most of it comes from google.",
        labels: &[],
    },
    Case {
        alert: "MaillogSenderAuthenticationFailing",
        at: "90m",
        fires: &[
            (
                "maillog_conditions_total{condition=\"sender_authentication\",direction=\"outbound\"}",
                "0x60 0+12x60",
            ),
            (
                "maillog_codes_total{code=\"250\",direction=\"outbound\"}",
                "0+24x600",
            ),
            (
                "maillog_codes_total{code=\"550\",direction=\"outbound\"}",
                "0x60 0+12x60",
            ),
            (
                "maillog_provider_conditions_total{condition=\"sender_authentication\",provider=\"google\"}",
                "0x60 0+12x60",
            ),
        ],
        silent: &[
            (
                "maillog_conditions_total{condition=\"sender_authentication\",direction=\"outbound\"}",
                "0+0x60 0+0.01x600",
            ),
            (
                "maillog_codes_total{code=\"250\",direction=\"outbound\"}",
                "0+24x600",
            ),
            (
                "maillog_codes_total{code=\"550\",direction=\"outbound\"}",
                "0x60 0+12x60",
            ),
        ],
        description: "SPF, DKIM or DMARC was the reason 180 times in 15m: 33.33% of all outbound replies. Most of it comes from google.",
        labels: &[],
    },
    Case {
        alert: "MaillogProviderRateLimited",
        at: "90m",
        fires: &[
            (
                "maillog_provider_conditions_total{condition=\"rate_limited\",provider=\"google\"}",
                "0x60 0+12x60",
            ),
            (
                "maillog_provider_codes_total{code=\"421\",provider=\"google\"}",
                "0x60 0+12x60",
            ),
            (
                "maillog_provider_codes_total{code=\"250\",provider=\"google\"}",
                "0+24x600",
            ),
            (
                "maillog_provider_conditions_total{condition=\"rate_limited\",provider=\"yahoo\"}",
                "0x600",
            ),
            (
                "maillog_provider_codes_total{code=\"250\",provider=\"yahoo\"}",
                "0+24x600",
            ),
        ],
        silent: &[
            (
                "maillog_provider_conditions_total{condition=\"rate_limited\",provider=\"google\"}",
                "0x60 0+1x60",
            ),
            (
                "maillog_provider_codes_total{code=\"421\",provider=\"google\"}",
                "0x60 0+1x60",
            ),
            (
                "maillog_provider_codes_total{code=\"250\",provider=\"google\"}",
                "0+24x600",
            ),
        ],
        description: "google limited us 180 times in 15m: 33.33% of all its replies.",
        labels: &[("provider", "google")],
    },
    Case {
        alert: "MaillogOutboundAuthFailing",
        at: "90m",
        fires: &[
            (
                "maillog_conditions_total{condition=\"auth\",direction=\"outbound\"}",
                "0x60 0+12x60",
            ),
            (
                "maillog_codes_total{code=\"250\",direction=\"outbound\"}",
                "0+24x600",
            ),
            (
                "maillog_codes_total{code=\"550\",direction=\"outbound\"}",
                "0x60 0+12x60",
            ),
            (
                "maillog_provider_conditions_total{condition=\"auth\",provider=\"google\"}",
                "0x60 0+12x60",
            ),
        ],
        silent: &[
            (
                "maillog_conditions_total{condition=\"auth\",direction=\"outbound\"}",
                "0+0x60 0+0.01x600",
            ),
            (
                "maillog_codes_total{code=\"250\",direction=\"outbound\"}",
                "0+24x600",
            ),
            (
                "maillog_codes_total{code=\"550\",direction=\"outbound\"}",
                "0x60 0+12x60",
            ),
        ],
        description: "A login was refused or asked for 180 times in 15m: 33.33% of all outbound replies. Most of it comes from google.",
        labels: &[],
    },
    Case {
        alert: "MaillogTlsFailing",
        at: "90m",
        fires: &[
            (
                "maillog_conditions_total{condition=\"tls\",direction=\"outbound\"}",
                "0x60 0+12x60",
            ),
            (
                "maillog_codes_total{code=\"250\",direction=\"outbound\"}",
                "0+24x600",
            ),
            (
                "maillog_codes_total{code=\"550\",direction=\"outbound\"}",
                "0x60 0+12x60",
            ),
            (
                "maillog_provider_conditions_total{condition=\"tls\",provider=\"google\"}",
                "0x60 0+12x60",
            ),
        ],
        silent: &[
            (
                "maillog_conditions_total{condition=\"tls\",direction=\"outbound\"}",
                "0+0x60 0+0.01x600",
            ),
            (
                "maillog_codes_total{code=\"250\",direction=\"outbound\"}",
                "0+24x600",
            ),
            (
                "maillog_codes_total{code=\"550\",direction=\"outbound\"}",
                "0x60 0+12x60",
            ),
        ],
        description: "TLS was the reason 180 times in 15m: 33.33% of all outbound replies. Most of it comes from google.",
        labels: &[],
    },
    Case {
        alert: "MaillogDnsFailing",
        at: "90m",
        fires: &[
            (
                "maillog_conditions_total{condition=\"dns\",direction=\"outbound\"}",
                "0x60 0+12x60",
            ),
            (
                "maillog_codes_total{code=\"250\",direction=\"outbound\"}",
                "0+24x600",
            ),
            (
                "maillog_codes_total{code=\"550\",direction=\"outbound\"}",
                "0x60 0+12x60",
            ),
            (
                "maillog_provider_conditions_total{condition=\"dns\",provider=\"google\"}",
                "0x60 0+12x60",
            ),
        ],
        silent: &[
            (
                "maillog_conditions_total{condition=\"dns\",direction=\"outbound\"}",
                "0+0x60 0+0.01x600",
            ),
            (
                "maillog_codes_total{code=\"250\",direction=\"outbound\"}",
                "0+24x600",
            ),
            (
                "maillog_codes_total{code=\"550\",direction=\"outbound\"}",
                "0x60 0+12x60",
            ),
        ],
        description: "A name lookup failed 180 times in 15m: 33.33% of all outbound replies. Most of it comes from google.",
        labels: &[],
    },
    Case {
        alert: "MaillogRelayDenied",
        at: "90m",
        fires: &[
            (
                "maillog_conditions_total{condition=\"relay_denied\",direction=\"outbound\"}",
                "0x60 0+12x60",
            ),
            (
                "maillog_codes_total{code=\"250\",direction=\"outbound\"}",
                "0+24x600",
            ),
            (
                "maillog_codes_total{code=\"550\",direction=\"outbound\"}",
                "0x60 0+12x60",
            ),
            (
                "maillog_provider_conditions_total{condition=\"relay_denied\",provider=\"google\"}",
                "0x60 0+12x60",
            ),
        ],
        silent: &[
            (
                "maillog_conditions_total{condition=\"relay_denied\",direction=\"outbound\"}",
                "0+0x60 0+0.01x600",
            ),
            (
                "maillog_codes_total{code=\"250\",direction=\"outbound\"}",
                "0+24x600",
            ),
            (
                "maillog_codes_total{code=\"550\",direction=\"outbound\"}",
                "0x60 0+12x60",
            ),
        ],
        description: "Relaying was denied 180 times in 15m: 33.33% of all outbound replies. Most of it comes from google.",
        labels: &[],
    },
    Case {
        alert: "MaillogSpamRejected",
        at: "90m",
        fires: &[
            (
                "maillog_conditions_total{condition=\"spam_content\",direction=\"outbound\"}",
                "0x60 0+12x60",
            ),
            (
                "maillog_codes_total{code=\"250\",direction=\"outbound\"}",
                "0+24x600",
            ),
            (
                "maillog_codes_total{code=\"550\",direction=\"outbound\"}",
                "0x60 0+12x60",
            ),
            (
                "maillog_provider_conditions_total{condition=\"spam_content\",provider=\"google\"}",
                "0x60 0+12x60",
            ),
        ],
        silent: &[
            (
                "maillog_conditions_total{condition=\"spam_content\",direction=\"outbound\"}",
                "0+0x60 0+0.01x600",
            ),
            (
                "maillog_codes_total{code=\"250\",direction=\"outbound\"}",
                "0+24x600",
            ),
            (
                "maillog_codes_total{code=\"550\",direction=\"outbound\"}",
                "0x60 0+12x60",
            ),
        ],
        description: "Spam or a virus was the reason 180 times in 15m: 33.33% of all outbound replies. Most of it comes from google.",
        labels: &[],
    },
    Case {
        alert: "MaillogUnknownRecipients",
        at: "3h",
        fires: &[
            (
                "maillog_conditions_total{condition=\"user_unknown\",direction=\"outbound\"}",
                "0x60 0+12x180",
            ),
            (
                "maillog_codes_total{code=\"250\",direction=\"outbound\"}",
                "0+24x600",
            ),
            (
                "maillog_codes_total{code=\"550\",direction=\"outbound\"}",
                "0x60 0+12x180",
            ),
            (
                "maillog_provider_conditions_total{condition=\"user_unknown\",provider=\"google\"}",
                "0x60 0+12x180",
            ),
        ],
        silent: &[
            (
                "maillog_conditions_total{condition=\"user_unknown\",direction=\"outbound\"}",
                "0+1x600",
            ),
            (
                "maillog_codes_total{code=\"250\",direction=\"outbound\"}",
                "0+99x600",
            ),
        ],
        description: "The recipient did not exist 720 times in 1h: 33.33% of all outbound replies. Most of it comes from google.",
        labels: &[],
    },
    Case {
        alert: "MaillogLocalErrors",
        at: "90m",
        fires: &[
            (
                "maillog_conditions_total{condition=\"local_error\",direction=\"inbound\"}",
                "0x60 0+12x60",
            ),
            (
                "maillog_codes_total{code=\"250\",direction=\"inbound\"}",
                "0+24x600",
            ),
            (
                "maillog_codes_total{code=\"550\",direction=\"inbound\"}",
                "0x60 0+12x60",
            ),
        ],
        silent: &[
            (
                "maillog_conditions_total{condition=\"local_error\",direction=\"inbound\"}",
                "0+0x60 0+0.01x600",
            ),
            (
                "maillog_codes_total{code=\"250\",direction=\"inbound\"}",
                "0+24x600",
            ),
            (
                "maillog_codes_total{code=\"550\",direction=\"inbound\"}",
                "0x60 0+12x60",
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
            "0+40x600",
        )],
        description: "600 logins of clients failed in 15m. In the hour before it was 140 in 15m.",
        labels: &[],
    },
    Case {
        alert: "MaillogDeferredShareFast",
        at: "90m",
        fires: &[
            (
                "maillog_deliveries_total{mta=\"postfix\",service=\"smtp\",status=\"sent\"}",
                "0+4x600",
            ),
            (
                "maillog_deliveries_total{mta=\"postfix\",service=\"smtp\",status=\"deferred\"}",
                "0+6x600",
            ),
            (
                "maillog_deliveries_total{mta=\"postfix\",service=\"smtp\",status=\"bounced\"}",
                "0x600",
            ),
            (
                "maillog_deliveries_total{mta=\"postfix\",service=\"smtp\",status=\"expired\"}",
                "0x600",
            ),
        ],
        silent: &[
            (
                "maillog_deliveries_total{mta=\"postfix\",service=\"smtp\",status=\"sent\"}",
                "0+4x600",
            ),
            (
                "maillog_deliveries_total{mta=\"postfix\",service=\"smtp\",status=\"deferred\"}",
                "0+6x70 420x600",
            ),
            (
                "maillog_deliveries_total{mta=\"postfix\",service=\"smtp\",status=\"bounced\"}",
                "0x600",
            ),
        ],
        description: "60% of all deliveries of the last 1h were deferred (360), and as much of the last 5m.",
        labels: &[],
    },
    Case {
        alert: "MaillogDeferredShareSlow",
        at: "7h",
        fires: &[
            (
                "maillog_deliveries_total{mta=\"postfix\",service=\"smtp\",status=\"sent\"}",
                "0+3x600",
            ),
            (
                "maillog_deliveries_total{mta=\"postfix\",service=\"smtp\",status=\"deferred\"}",
                "0+1x600",
            ),
        ],
        silent: &[
            (
                "maillog_deliveries_total{mta=\"postfix\",service=\"smtp\",status=\"sent\"}",
                "0+9x600",
            ),
            (
                "maillog_deliveries_total{mta=\"postfix\",service=\"smtp\",status=\"deferred\"}",
                "0+1x600",
            ),
        ],
        description: "25% of all deliveries of the last 6h were deferred (360), and as much of the last 30m.",
        labels: &[],
    },
    Case {
        alert: "MaillogBouncedShare",
        at: "90m",
        fires: &[
            (
                "maillog_deliveries_total{mta=\"postfix\",service=\"smtp\",status=\"sent\"}",
                "0+9x600",
            ),
            (
                "maillog_deliveries_total{mta=\"postfix\",service=\"smtp\",status=\"bounced\"}",
                "0+3x600",
            ),
        ],
        silent: &[
            (
                "maillog_deliveries_total{mta=\"postfix\",service=\"smtp\",status=\"sent\"}",
                "0+9x600",
            ),
            (
                "maillog_deliveries_total{mta=\"postfix\",service=\"smtp\",status=\"bounced\"}",
                "0+0.5x600",
            ),
        ],
        description: "25% of all deliveries of the last 1h bounced (180), and as much of the last 5m.",
        labels: &[],
    },
    Case {
        alert: "MaillogTransientAboveLastWeek",
        at: "10200m",
        fires: &[
            (
                "maillog_codes_total{code=\"450\",direction=\"outbound\"}",
                "0+1x10080 10080+12x200",
            ),
            (
                "maillog_codes_total{code=\"250\",direction=\"outbound\"}",
                "0+24x10400",
            ),
            (
                "maillog_provider_codes_total{code=\"450\",provider=\"yahoo\"}",
                "0+1x10080 10080+12x200",
            ),
        ],
        silent: &[
            (
                "maillog_codes_total{code=\"450\",direction=\"outbound\"}",
                "0+12x10400",
            ),
            (
                "maillog_codes_total{code=\"250\",direction=\"outbound\"}",
                "0+24x10400",
            ),
        ],
        description: "720 replies 4xx in 1h: 33.33% of all outbound replies. At the same hour a week before it was 60. Most of them come from yahoo.",
        labels: &[],
    },
    Case {
        alert: "MaillogPermanentAboveLastWeek",
        at: "10200m",
        fires: &[
            (
                "maillog_codes_total{code=\"550\",direction=\"outbound\"}",
                "0+1x10080 10080+12x200",
            ),
            (
                "maillog_codes_total{code=\"250\",direction=\"outbound\"}",
                "0+24x10400",
            ),
            (
                "maillog_provider_codes_total{code=\"550\",provider=\"yahoo\"}",
                "0+1x10080 10080+12x200",
            ),
        ],
        silent: &[
            (
                "maillog_codes_total{code=\"550\",direction=\"outbound\"}",
                "0x100 0+12x10",
            ),
            (
                "maillog_codes_total{code=\"250\",direction=\"outbound\"}",
                "0+24x10400",
            ),
        ],
        description: "720 replies 5xx in 1h: 33.33% of all outbound replies. At the same hour a week before it was 60. Most of them come from yahoo.",
        labels: &[],
    },
    Case {
        alert: "MaillogExporterDown",
        at: "20m",
        fires: &[("up", "1x5 0x60")],
        silent: &[("up", "1x60")],
        description: "For five minutes Prometheus has had no answer from mx1:9925, or has no such target: nobody is watching the mail.",
        labels: &[],
    },
    Case {
        alert: "MaillogSourceDown",
        at: "20m",
        fires: &[("maillog_source_up{source=\"mail\"}", "1x5 0x60")],
        silent: &[("maillog_source_up{source=\"mail\"}", "1x60")],
        description: "The source mail cannot be read: what happens to its mail is not counted.",
        labels: &[("source", "mail")],
    },
    Case {
        alert: "MaillogSourceSilent",
        at: "1580m",
        fires: &[
            (
                "maillog_lines_total{result=\"event\",source=\"mail\"}",
                "0+1x1440 1440x400",
            ),
            (
                "maillog_lines_total{result=\"noise\",source=\"mail\"}",
                "0x2000",
            ),
            (
                "maillog_lines_total{result=\"unmatched\",source=\"mail\"}",
                "0x2000",
            ),
        ],
        silent: &[
            (
                "maillog_lines_total{result=\"event\",source=\"mail\"}",
                "0x1440 0x400",
            ),
            (
                "maillog_lines_total{result=\"noise\",source=\"mail\"}",
                "0x2000",
            ),
            (
                "maillog_lines_total{result=\"unmatched\",source=\"mail\"}",
                "0x2000",
            ),
        ],
        description: "mail has had no line for 1h, and had 1360 in the day before.",
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
        description: "32MiB of mail are not read yet.",
        labels: &[("source", "mail")],
    },
    Case {
        alert: "MaillogCatchingUp",
        at: "90m",
        fires: &[("maillog_catching_up", "1x200")],
        silent: &[("maillog_catching_up", "1x50 0x200")],
        description: "mx1:9925 reads lines that are more than a minute old. The alerts about mail stay quiet meanwhile.",
        labels: &[],
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
        description: "180 lines of mail in 1h were of no known form: 25% of them all.",
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
        description: "30 lines of mail were lost in 15m.",
        labels: &[("source", "mail")],
    },
    Case {
        alert: "MaillogStateNotWritten",
        at: "40m",
        fires: &[("maillog_state_write_errors_total", "0x20 0+2x60")],
        silent: &[("maillog_state_write_errors_total", "7x90")],
        description: "30 attempts of mx1:9925 to write its state failed in 15m. Nothing new is shown until one succeeds.",
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
        description: "60 counts of maillog_codes_total went to the label value other in 1h.",
        labels: &[("metric", "maillog_codes_total")],
    },
];

pub const STORIES: &[Story] = &[
    Story {
        name: "a busy server with its usual 0.5 % of 421 is silent",
        series: &[
            (
                "maillog_codes_total{code=\"421\",direction=\"outbound\"}",
                "0+3x600",
            ),
            (
                "maillog_codes_total{code=\"250\",direction=\"outbound\"}",
                "0+600x600",
            ),
        ],
        silent: &[
            ("MaillogSmtp421Spike", &["30m", "60m", "120m"]),
            ("MaillogSmtp421Elevated", &["30m", "60m", "120m"]),
        ],
    },
    Story {
        name: "ten 421 a day are silent, all in one minute as they may be",
        series: &[
            (
                "maillog_codes_total{code=\"421\",direction=\"outbound\"}",
                "0x60 10x600",
            ),
            (
                "maillog_codes_total{code=\"250\",direction=\"outbound\"}",
                "0+1x600",
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
                "0+24x600",
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
                "0x600",
            ),
            (
                "maillog_codes_total{code=\"250\",direction=\"outbound\"}",
                "0x600",
            ),
            (
                "maillog_deliveries_total{mta=\"postfix\",service=\"smtp\",status=\"sent\"}",
                "0x600",
            ),
            (
                "maillog_deliveries_total{mta=\"postfix\",service=\"smtp\",status=\"deferred\"}",
                "0x600",
            ),
        ],
        silent: &[
            ("MaillogSmtp421Spike", &["60m", "90m"]),
            ("MaillogDeferredShareFast", &["90m"]),
            ("MaillogDeferredShareSlow", &["7h"]),
        ],
    },
];
