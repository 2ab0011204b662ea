//! The *Codes* dashboard: one reply code in detail.

use serde_json::json;

use super::dashboard::Dashboard;
use super::panel::Panel;
use super::promql::{copy, increase, label, rate, select, sum_by};
use super::texts::{self, Column};

/// The code selected by default.
const FIRST: u16 = 421;

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
    dashboard.panel(
        Panel::table(
            "Meaning and remedy",
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
        .size(24, 13),
    )
}

fn figures(dashboard: Dashboard) -> Dashboard {
    let counts = [
        (
            "Outbound",
            "outbound",
            "Number of replies of remote servers to this one with this code",
        ),
        (
            "Inbound",
            "inbound",
            "Number of replies of this server to its clients with this code",
        ),
        (
            "Local",
            "local",
            "Number of replies of the local mail store with this code",
        ),
    ];
    let mut dashboard = dashboard;
    for (title, direction, text) in counts {
        let matchers = format!(r#"direction="{direction}",{CODE}"#);
        dashboard = dashboard.panel(
            Panel::stat(
                title,
                format!("{text}, in the selected time range."),
                "short",
            )
            .now(
                format!("sum({})", increase("maillog_codes_total", &matchers)),
                direction,
            )
            .whole(),
        );
    }
    dashboard.panel(
        Panel::table(
            "By exporter",
            "Number of replies with this code per exporter in the selected time range. The link opens the page of the \
             exporter about the code.",
            "short",
        )
        .query(
            sum_by("instance", &increase("maillog_codes_total", CODE)),
            "",
        )
        .columns(&[("instance", "Instance"), ("A", "Count")])
        .whole()
        .column(
            "Instance",
            &[(
                "links",
                json!([{
                    "title": "Meaning of ${code}",
                    "url": "http://${__value.raw}/codes/${code}",
                    "targetBlank": true,
                }]),
            )],
        )
        .size(12, 5),
    )
}

fn course(dashboard: Dashboard) -> Dashboard {
    dashboard
        .row("Over time")
        .panel(
            Panel::lines(
                "Rate by direction",
                "Reply rate by direction: remote servers (outbound), this server (inbound), local mail store (local).",
                "cps",
            )
            .query(
                sum_by("direction", &rate("maillog_codes_total", CODE)),
                "{{direction}}",
            ),
        )
        .panel(
            Panel::lines(
                "Rate by log time",
                "Outbound rate within windows that end now, by the time stamps of the lines, so that reading a backlog \
                 causes no spike.",
                "cps",
            )
            .query(
                sum_by(
                    "window",
                    &select(
                        "maillog_code_rate",
                        &format!(r#"direction="outbound",{CODE}"#),
                    ),
                ),
                "{{window}}",
            ),
        )
}

fn parts(dashboard: Dashboard) -> Dashboard {
    let enhanced = sum_by(
        "direction, enhanced",
        &increase("maillog_enhanced_codes_total", CODE),
    );
    let none = texts::NO_ENHANCED;
    let named = format!(
        r#"label_replace(sort_desc({enhanced} > 0), "enhanced", "{none}", "enhanced", "^$")"#
    );
    let providers = rate("maillog_provider_codes_total", CODE);
    let total = increase("maillog_provider_codes_total", CODE);
    dashboard
        .row("Enhanced status codes and providers")
        .panel(
            Panel::table(
                "Enhanced status codes",
                "Enhanced status codes (RFC 3463) in the text of these replies, with their meaning.",
                "short",
            )
            .query(copy(&named, "enhanced", "meaning"), "")
.map_texts("meaning", "Meaning", &texts::enhanced())
            .columns(
                &[
                    ("direction", "Direction"),
                    ("enhanced", "Enhanced"),
                    ("A", "Count"),
                    ("meaning", "Meaning"),
                ])
            .whole()
            .column("Direction", &[("custom.width", 100.into())])
            .column("Enhanced", &[("custom.width", 90.into())])
            .column("Count", &[("custom.width", 80.into())])
            .empty("None in the selected time range"),
        )
        .panel(
            Panel::ranking(
                "Providers",
                "Replies with this code by provider in the selected time range.",
                "short",
            )
            .query(
                format!("sort_desc({} > 0)", sum_by("provider", &total)),
                "{{provider}}",
            )
            .whole()
            .empty("None in the selected time range")
            .size(5, 8),
        )
        .panel(
            Panel::stack(
                "Providers over time",
                "Rate of replies with this code by provider.",
                "cps",
            )
            .query(format!("{} > 0", sum_by("provider", &providers)), "{{provider}}")
            .empty("None in the selected time range")
            .size(7, 8),
        )
}

/// The dashboard.
pub fn dashboard() -> Dashboard {
    let dashboard = Dashboard::new(
        "codes",
        "Mail: reply code",
        "One SMTP reply code in detail: meaning, remedy, rates, enhanced status codes and providers.",
    )
    .variable(texts::code_variable(FIRST));
    parts(course(figures(meaning(dashboard))))
}
