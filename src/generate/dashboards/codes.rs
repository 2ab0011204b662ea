//! The *Codes* dashboard: one reply code in detail.

use serde_json::json;

use super::colors::{NEUTRAL, PERMANENT, PLAIN, TEMPORARY};
use super::dashboard::Dashboard;
use super::links;
use super::panel::{PER_MINUTE, Panel};
use super::promql::{
    copy, increase, label, most_counted, per_minute, rate, reply_rate, select, share, sum_by,
};
use super::texts::{self, Column};

/// The code selected by default.
const FIRST: u16 = 421;

/// Limits of the share of a code.
const LIMITS: [(f64, &str); 2] = [(0.025, TEMPORARY), (0.05, PERMANENT)];

const PROVIDER_CODES: &str = "maillog_provider_codes_total";

/// The selected code.
const CODE: &str = r#"code="$code""#;

/// A query whose rows contain only keys, which value mappings replace by the texts about the code.
fn keys() -> String {
    let rows: Vec<String> = (1..)
        .zip(texts::ROWS)
        .map(|(number, row)| {
            let matchers = match number {
                3.. => format!(r#"{CODE},code=~"{}""#, texts::with_document(number - 2)),
                _ => CODE.to_owned(),
            };
            let one = format!(
                "{number} * group({})",
                select("maillog_codes_total", &matchers)
            );
            let key = format!("$code {row}");
            ["about", "meaning", "remedy"]
                .iter()
                .fold(one, |inner, name| label(&inner, name, &key))
        })
        .collect();
    format!("sort(\n{}\n)", rows.join("\nor\n"))
}

fn meaning(dashboard: Dashboard) -> Dashboard {
    dashboard.row("Meaning").panel(
        Panel::table(
            "Meaning and remedy of $code",
            "Meaning and remedy of the selected code in English and Chinese, with the text of the document \
             SMTP错误码/建议解决方法 where it covers the code.",
            "string",
        )
        .query(keys(), "")
        .map_texts("about", "Code", &texts::codes(Column::About))
        .map_texts("meaning", "Meaning 含义", &texts::codes(Column::Meaning))
        .map_texts(
            "remedy",
            "What to do 建议解决方法",
            &texts::codes(Column::Remedy),
        )
        .columns(&[
            ("about", "Code"),
            ("meaning", "Meaning 含义"),
            ("remedy", "What to do 建议解决方法"),
        ])
        .column("Code", &[("custom.width", 300.into())])
        .size(24, 15),
    )
}

fn figures(dashboard: Dashboard) -> Dashboard {
    let mut dashboard = dashboard;
    for (title, direction, text) in [
        (
            "Outbound $code replies per minute",
            "outbound",
            "Replies of remote servers to this one",
        ),
        (
            "Inbound $code replies per minute",
            "inbound",
            "Replies of this server to its clients",
        ),
        (
            "Local $code replies per minute",
            "local",
            "Replies of the local mail store",
        ),
    ] {
        let matchers = format!(r#"direction="{direction}",{CODE}"#);
        dashboard = dashboard.panel(
            Panel::stat(
                title,
                format!("{text} with the selected code, over five minutes."),
                PER_MINUTE,
            )
            .query(per_minute("", "maillog_codes_total", &matchers), direction)
            .over("5m")
            .links(json!(links::pages_of_code("${code}")))
            .size(6, 4),
        );
    }
    dashboard.panel(
        Panel::stat(
            "$code share of outbound replies",
            "Share of the selected code among the replies of remote servers and the failed connections, over five \
             minutes. Where the log has no reply to accepted messages, accepted deliveries count instead.",
            "percentunit",
        )
        .query(outbound_share(), "share")
        .over("5m")
        .good_until(&LIMITS)
        .field("decimals", 1.into())
        .empty("No replies")
        .size(6, 4),
    )
}

/// The share of the code among outbound replies.
fn outbound_share() -> String {
    let metric = "maillog_codes_total";
    let outbound = r#"direction="outbound""#;
    let code = sum_by("", &rate(metric, &format!("{CODE},{outbound}")));
    share(&code, &reply_rate("", metric, outbound, ""))
}

fn now(dashboard: Dashboard) -> Dashboard {
    let usual = select("maillog_signal_usual_share", r#"signal="smtp$code""#);
    let providers = per_minute("provider", PROVIDER_CODES, CODE);
    let hosts = per_minute("instance", "maillog_codes_total", CODE);
    dashboard
        .panel(
            Panel::lines(
                "$code replies per minute by direction",
                "Replies with the selected code: of remote servers (outbound), of this server (inbound), of the local mail \
                 store (local).",
                PER_MINUTE,
            )
            .query(per_minute("direction", "maillog_codes_total", CODE), "{{direction}}")
            .named_colors(&["outbound", "inbound"])
            .exemplars(),
        )
        .panel(
            Panel::lines(
                "$code share of outbound replies against its usual share",
                "Share of the selected code among the replies of remote servers and the failed connections. Thin dashed \
                 line: the share that the alert rules of 421 and 422 have learnt as usual, as an average of the hosts. \
                 Limits: 2.5 % and 5 %, from which the alerts of 421 and 422 fire if it is also above the usual share.",
                "percentunit",
            )
            .query(outbound_share(), "share")
            .query(format!("avg({usual})"), "usual share")
            .base_color(PLAIN)
            .color("usual share", NEUTRAL)
            .dashed("/^usual share$/")
            .limits(&LIMITS)
            .reaching(0.06)
            .empty("No replies"),
        )
        .panel(
            Panel::stack(
                "$code replies per minute by provider",
                "Replies of remote servers with the selected code: the ten providers with most of them in the selected \
                 time range.",
                PER_MINUTE,
            )
            .query(most_counted(10, "provider", &providers, PROVIDER_CODES, CODE), "{{provider}}")
            .exemplars()
            .provider_colors()
            .links(links::of_provider("${__field.labels.provider}"))
            .empty("None in the selected time range"),
        )
        .panel(enhanced())
        .panel(
            Panel::lines(
                "$code replies per minute by host",
                "Replies with the selected code in all directions: the ten hosts with most of them in the selected time \
                 range.",
                PER_MINUTE,
            )
            .query(most_counted(10, "instance", &hosts, "maillog_codes_total", CODE), "{{instance}}")
            .exemplars()
            .links(json!([links::page_of_label("This host about ${code}", "/codes/${code}")]))
            .empty("None in the selected time range"),
        )
        .panel(by_log_time())
}

fn enhanced() -> Panel {
    let counts = sum_by(
        "direction, enhanced",
        &increase("maillog_enhanced_codes_total", CODE),
    );
    let none = texts::NO_ENHANCED;
    let named = format!(
        r#"label_replace(sort_desc(topk(20, {counts} > 0)), "enhanced", "{none}", "enhanced", "^$")"#
    );
    Panel::table(
        "Enhanced status codes of $code replies",
        "The most frequent enhanced status codes (RFC 3463) in the text of these replies in the selected time range, with \
         their meaning.",
        "short",
    )
    .query(copy(&named, "enhanced", "meaning"), "")
    .map_texts("meaning", "Meaning", &texts::enhanced())
    .columns(&[
        ("direction", "Direction"),
        ("enhanced", "Enhanced"),
        ("A", "Count"),
        ("meaning", "Meaning"),
    ])
    .whole()
    .column("Direction", &[("custom.width", 90.into())])
    .column("Enhanced", &[("custom.width", 90.into())])
    .column("Count", &[("custom.width", 70.into())])
    .empty("None in the selected time range")
}

/// The rates that the exporter computes by the time stamps of the lines.
fn by_log_time() -> Panel {
    let matchers = format!(r#"direction="outbound",{CODE},window=~"5m|1h""#);
    let rates = sum_by("window", &select("maillog_code_rate", &matchers));
    Panel::lines(
        "Outbound $code replies per minute by log time",
        "Means over five minutes and over an hour, by the time stamps of the lines, so that reading a backlog causes no \
         spike. For the codes of the reference table and those seen; not with metrics.code_rate: false.",
        PER_MINUTE,
    )
    .query(format!("60 * {rates}"), "{{window}}")
    .named_colors(&["5m", "1h"])
    .empty("Not computed for this code")
}

/// The dashboard.
pub fn dashboard() -> Dashboard {
    let dashboard = Dashboard::new(
        "codes",
        "Mail: reply code",
        "One SMTP reply code: rate and share, providers, enhanced status codes, hosts; meaning and remedy.",
    )
    .variable(texts::code_variable(FIRST));
    meaning(now(figures(dashboard)))
}
