//! Rules that depend on each other: one cause is one page, also before Alertmanager inhibits anything.

/// Series and the alerts that fire with them.
pub struct TogetherCase {
    pub name: &'static str,
    pub series: Vec<(String, String)>,
    /// The evaluation time, the alert, and how many of them fire.
    pub fire: Vec<(&'static str, &'static str, usize)>,
}

/// The evidence of a signal at an instance: proven share, share now, and events of the last hour, from the
/// given minute on.
fn evidence(instance: &str, signal: &str, provider: &str, from: u32) -> Vec<(String, String)> {
    let labels = |more: &str| {
        let provider = match provider {
            "" => String::new(),
            name => format!(",provider=\"{name}\""),
        };
        format!("{{signal=\"{signal}\"{provider}{more},instance=\"{instance}\",job=\"maillog\"}}")
    };
    let from_then = |value: &str| match from {
        0 => format!("{value}x90"),
        from => format!("0x{from} {value}x90"),
    };
    vec![
        (
            format!("maillog_signal_share_lower{}", labels("")),
            from_then("0.9"),
        ),
        (
            format!("maillog_signal_share{}", labels("")),
            from_then("0.95"),
        ),
        (
            format!("maillog_signal_usual_share{}", labels("")),
            "0x90".to_owned(),
        ),
        (
            format!("maillog_signal_events{}", labels(",window=\"1h\"")),
            from_then("400"),
        ),
    ]
}

/// The cases.
pub fn together() -> Vec<TogetherCase> {
    let of = |parts: &[(&str, &str, &str, u32)]| {
        let parts = parts.iter();
        parts
            .flat_map(|(instance, signal, provider, from)| {
                let mut all = evidence(instance, signal, provider, *from);
                // What fails is new mail.
                if ["deferred", "provider_failing"].contains(signal) {
                    let new = format!("{signal}_new");
                    all.extend(evidence(instance, &new, provider, *from));
                }
                all
            })
            .collect::<Vec<_>>()
    };
    vec![
        TogetherCase {
            name: "421 of a provider: the provider does not page as well",
            series: of(&[
                ("mx1:9925", "smtp421", "", 0),
                ("mx1:9925", "provider_421", "google", 0),
                ("mx1:9925", "provider_refusals", "google", 0),
                ("mx1:9925", "provider_failing", "google", 0),
                ("mx1:9925", "provider_failing", "yahoo", 0),
            ]),
            // Yahoo fails for another reason.
            fire: vec![
                ("30m", "MaillogSmtp421Spike", 1),
                ("30m", "MaillogProviderFailing", 1),
            ],
        },
        TogetherCase {
            name: "a provider that fails already explains its 421",
            series: of(&[
                ("mx1:9925", "provider_failing", "google", 0),
                ("mx1:9925", "provider_421", "google", 20),
                ("mx1:9925", "smtp421", "", 20),
            ]),
            fire: vec![
                ("60m", "MaillogProviderFailing", 1),
                ("60m", "MaillogSmtp421Spike", 0),
            ],
        },
        TogetherCase {
            name: "421 for bad reputation pages as 421, a blocklist somewhere else as well",
            series: of(&[
                ("mx1:9925", "smtp421", "", 0),
                ("mx1:9925", "provider_421", "google", 0),
                ("mx1:9925", "blocklisted", "", 0),
                ("mx1:9925", "provider_blocklisted", "google", 0),
                ("mx2:9925", "smtp421", "", 0),
                ("mx2:9925", "provider_421", "google", 0),
                ("mx2:9925", "blocklisted", "", 0),
                ("mx2:9925", "provider_blocklisted", "microsoft", 0),
            ]),
            fire: vec![
                ("30m", "MaillogSmtp421Spike", 2),
                ("30m", "MaillogBlocklisted", 1),
            ],
        },
        TogetherCase {
            name: "providers that fail already explain failed connections",
            series: of(&[
                ("mx1:9925", "provider_failing", "google", 0),
                ("mx1:9925", "provider_connect_errors", "google", 20),
                ("mx1:9925", "connect_errors", "", 20),
                ("mx1:9925", "unreachable", "", 20),
                ("mx1:9925", "deferred", "", 20),
            ]),
            fire: vec![
                ("60m", "MaillogProviderFailing", 1),
                ("60m", "MaillogConnectionsUnreachable", 0),
            ],
        },
        TogetherCase {
            name: "no provider is at fault while most mail is deferred",
            series: of(&[
                ("mx1:9925", "deferred", "", 0),
                ("mx1:9925", "provider_failing", "google", 20),
            ]),
            fire: vec![
                ("60m", "MaillogDeferredShareFast", 1),
                ("60m", "MaillogProviderFailing", 0),
            ],
        },
        TogetherCase {
            name: "a broken line is no fault of the providers",
            series: of(&[
                ("mx1:9925", "refused", "", 0),
                ("mx1:9925", "deferred", "", 0),
                ("mx1:9925", "provider_failing", "google", 1),
                ("mx1:9925", "provider_failing", "yahoo", 1),
            ]),
            fire: vec![
                ("30m", "MaillogConnectionsRefused", 1),
                ("30m", "MaillogProviderFailing", 0),
            ],
        },
        TogetherCase {
            name: "if all providers fail, it is the fault of none of them",
            series: {
                let mut series = of(&[
                    ("mx1:9925", "deferred", "", 0),
                    ("mx1:9925", "provider_failing", "google", 0),
                    ("mx1:9925", "provider_failing", "yahoo", 0),
                ]);
                for provider in ["google", "yahoo"] {
                    series.push((
                        format!(
                            "maillog_signal_others_share_lower{{signal=\"provider_failing\",provider=\"{provider}\",instance=\"mx1:9925\",job=\"maillog\"}}"
                        ),
                        "0.8x90".to_owned(),
                    ));
                }
                series
            },
            fire: vec![
                ("30m", "MaillogProviderFailing", 0),
                ("30m", "MaillogDeferredShareFast", 1),
            ],
        },
        TogetherCase {
            name: "the same provider on many instances",
            series: {
                let mut series = of(&[
                    ("mx1:9925", "provider_failing", "google", 0),
                    ("mx2:9925", "provider_failing", "google", 0),
                    ("mx3:9925", "provider_failing", "google", 0),
                    ("mx4:9925", "provider_failing", "yahoo", 0),
                ]);
                for instance in 1..=6 {
                    series.push((
                        format!(
                            "maillog_provider_deliveries_total{{provider=\"google\",status=\"sent\",cause=\"\",instance=\"mx{instance}:9925\",job=\"maillog\"}}"
                        ),
                        "5x90".to_owned(),
                    ));
                }
                series
            },
            fire: vec![
                ("30m", "MaillogProviderFailing", 4),
                ("30m", "MaillogProviderFailingFleet", 1),
            ],
        },
    ]
}
