//! The rules about mail: each fires above its threshold, lasts until its share has fallen, and is silent below.
//!
//! The series are made from the thresholds of the policy, and the expected texts from its texts and these figures.

use maillog_exporter::catalog::{Alert, Policy, Watch};

/// The values of the figures in the texts.
const PROVIDER: &str = "google";
const ENHANCED: &str = "4.7.28";
const COUNT: &str = "1,234";
const USUAL_NUMBER: &str = "50";

/// A test of one rule: series, evaluation times with whether it fires, and the expected texts.
pub struct MailTest {
    pub alert: Alert,
    pub what: &'static str,
    pub series: Vec<(String, String)>,
    pub at: Vec<(&'static str, bool)>,
    /// The summary and the description without what to do.
    pub texts: [String; 2],
    pub path: Option<String>,
}

/// The tests of all rules about mail.
pub fn mail_tests(policy: &Policy) -> Vec<MailTest> {
    let alerts = policy.alerts.iter().filter(|it| it.is_about_mail());
    let tests = alerts.flat_map(|alert| match alert.watch {
        Watch::Share => share(alert, policy),
        Watch::Surge => surge(alert),
        _ => count(alert),
    });
    tests.collect()
}

/// A selector of the signal of a rule.
fn signal(alert: &Alert, metric: &str, more: &str) -> String {
    let name = alert.signal.as_deref().unwrap_or_default();
    let provider = match alert.by_provider {
        true => format!(",provider=\"{PROVIDER}\""),
        false => String::new(),
    };
    format!("maillog_signal_{metric}{{signal=\"{name}\"{provider}{more}}}")
}

/// The condition that texts name.
fn cause(alert: &Alert) -> &'static str {
    match alert.name.as_str() {
        "MaillogBouncedShare" => "user_unknown",
        _ => "service_unavailable",
    }
}

/// The texts with these figures.
fn texts(alert: &Alert, share: &str, usual: &str) -> [String; 2] {
    [&alert.summary.en, &alert.description.en].map(|text| {
        let name = cause(alert);
        text.replace("{share}", share)
            .replace("{usual}", usual)
            .replace("{count}", COUNT)
            .replace("{provider}", PROVIDER)
            .replace("{who}", PROVIDER)
            .replace("{sender}", "one sender domain")
            .replace("{leader}", &format!("Top provider: {PROVIDER}."))
            .replace("{enhanced}", &format!(" {ENHANCED}"))
            .replace("{why}", &format!(": {name}"))
            .replace("{cause}", &format!("Most frequent condition: {name}."))
    })
}

/// Counters from which texts name what leads.
fn counters(alert: &Alert) -> Vec<(String, String)> {
    let name = cause(alert);
    let grows = "0+20x120".to_owned();
    let mut all = vec![(
        format!(
            "maillog_provider_conditions_total{{provider=\"{PROVIDER}\",condition=\"{name}\"}}"
        ),
        "0+50x120".to_owned(),
    )];
    for code in &alert.codes {
        all.push((
            format!("maillog_provider_codes_total{{provider=\"{PROVIDER}\",code=\"{code}\"}}"),
            grows.clone(),
        ));
        all.push((
            format!("maillog_provider_codes_total{{provider=\"other\",code=\"{code}\"}}"),
            "900+1x120".to_owned(),
        ));
        all.push((
            format!(
                "maillog_enhanced_codes_total{{mta=\"postfix\",direction=\"outbound\",code=\"{code}\",enhanced=\"{ENHANCED}\"}}"
            ),
            grows.clone(),
        ));
    }
    for condition in &alert.conditions {
        all.push((
            format!(
                "maillog_provider_conditions_total{{provider=\"{PROVIDER}\",condition=\"{condition}\"}}"
            ),
            grows.clone(),
        ));
    }
    all
}

fn share(alert: &Alert, policy: &Policy) -> Vec<MailTest> {
    let threshold = alert.threshold_share(0.01);
    // In whole per cent.
    let percent = ((threshold + 0.2) * 100.0).min(99.0).round();
    let high = format!("{:.2}", percent / 100.0);
    let text = format!("{percent}%");
    let low = format!("{:.4}", threshold - 0.001);
    let also = |value: &str| {
        let also = alert.also.iter();
        also.map(|also| {
            let name = &also.signal;
            let by_provider = policy.signal_named(name).is_some_and(|it| it.by_provider);
            let provider = match by_provider {
                true => format!(",provider=\"{PROVIDER}\""),
                false => String::new(),
            };
            (
                format!("maillog_signal_share_lower{{signal=\"{name}\"{provider}}}"),
                format!("{value}x120"),
            )
        })
        .collect::<Vec<_>>()
    };
    let test = |what, lower: String, now: String, also: Vec<(String, String)>, at| {
        let mut series = vec![
            (signal(alert, "share_lower", ""), lower),
            (signal(alert, "share", ""), now),
            (signal(alert, "usual_share", ""), "0.01x120".to_owned()),
            (
                signal(alert, "events", ",window=\"1h\""),
                "1234x120".to_owned(),
            ),
            (
                signal(alert, "events", ",window=\"15m\""),
                "400x120".to_owned(),
            ),
        ];
        series.extend(counters(alert));
        series.extend(also);
        MailTest {
            alert: alert.clone(),
            what,
            series,
            at,
            texts: texts(alert, &text, "1%"),
            path: path(alert, policy),
        }
    };
    let constant = |value: &str| format!("{value}x120");
    let mut tests = vec![
        test(
            "fires",
            constant(&high),
            constant(&high),
            also("0.9"),
            vec![("20m", true)],
        ),
        // The evidence is gone, but the share is not: it lasts. Then the share falls, and it ends.
        test(
            "lasts until the share has fallen",
            format!("{high}x18 0x120"),
            format!("{high}x30 0x120"),
            also("0.9"),
            vec![("28m", true), ("65m", false)],
        ),
        test(
            "does not fire below its threshold",
            constant(&low),
            constant(&high),
            also("0.9"),
            vec![("25m", false)],
        ),
        test(
            "does not fire after it is over",
            constant(&high),
            constant("0"),
            also("0.9"),
            vec![("25m", false)],
        ),
    ];
    if let Some(other) = &alert.also {
        tests.push(test(
            "does not fire without the other signal",
            constant(&high),
            constant(&high),
            also(&(other.share / 2.0).to_string()),
            vec![("25m", false)],
        ));
    }
    tests
}

/// The page of what was measured, where that is not the usual page.
fn path(alert: &Alert, _: &Policy) -> Option<String> {
    match (&alert.page, alert.by_provider) {
        (None, true) => Some(format!("/providers/{PROVIDER}")),
        (None, false) if alert.description.en.contains("{cause}") => {
            Some(format!("/codes/{}", cause(alert)))
        }
        _ => None,
    }
}

fn surge(alert: &Alert) -> Vec<MailTest> {
    let threshold = alert.threshold_number(50.0);
    let fewer = (threshold * 0.6) as u64;
    let test = |what, now: String, at, count: &str| MailTest {
        alert: alert.clone(),
        what,
        series: vec![
            (signal(alert, "events", ",window=\"10m\""), now),
            (signal(alert, "usual_events", ""), "50x120".to_owned()),
        ],
        at,
        texts: texts(alert, "", USUAL_NUMBER).map(|text| text.replace(COUNT, count)),
        path: None,
    };
    let enough = 1_234.0 > threshold;
    assert!(enough, "{}", alert.name);
    vec![
        test("fires", "1234x120".to_owned(), vec![("20m", true)], COUNT),
        test(
            "lasts until the number has fallen",
            format!("1234x20 {fewer}x10 10x120"),
            vec![("29m", true), ("65m", false)],
            &fewer.to_string(),
        ),
        test(
            "does not fire below its threshold",
            format!("{}x120", threshold as u64 - 1),
            vec![("25m", false)],
            COUNT,
        ),
    ]
}

fn count(alert: &Alert) -> Vec<MailTest> {
    let count = alert.count.expect("a count");
    let test = |what, value: u64, fires| MailTest {
        alert: alert.clone(),
        what,
        series: vec![(
            signal(alert, "events", ",window=\"15m\""),
            format!("{value}x120"),
        )],
        at: vec![("30m", fires)],
        texts: texts(alert, "", ""),
        path: None,
    };
    vec![
        test("fires", 1_234, true),
        test("does not fire at its threshold", count, false),
    ]
}
