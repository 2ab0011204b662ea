//! *Codes*: everything about one reply code.

use serde_json::json;

use super::dashboard::Dashboard;
use super::panel::Panel;
use super::promql::{copy, increase, label, rate, select, sum_by};
use super::texts::{self, Column};

/// The code that is shown first.
const FIRST: u16 = 421;

/// The chosen code.
const CODE: &str = r#"code="$code""#;

/// A query whose rows hold nothing but keys, which the columns map to the texts about the code.
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
            "What it means",
            "The meaning of the chosen code and what to do, in English and Chinese, with the \
             sentences of the document SMTP错误码/建议解决方法 where it has some.",
            "string",
        )
        .query(keys(), "")
        .prose("about", "Code", &texts::codes(Column::About))
        .prose("meaning", "Meaning 含义", &texts::codes(Column::Meaning))
        .prose(
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
            "Said by others",
            "outbound",
            "Times that other servers said it to ours",
        ),
        (
            "Said by us",
            "inbound",
            "Times that our server said it to clients",
        ),
        (
            "Said by our stores",
            "local",
            "Times that our own stores said it to our server",
        ),
    ];
    let mut dashboard = dashboard;
    for (title, direction, text) in counts {
        let matchers = format!(r#"direction="{direction}",{CODE}"#);
        dashboard = dashboard.panel(
            Panel::stat(title, format!("{text}, in the time shown."), "short")
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
            "How often each exporter counted the code in the time shown. The link leads to what the \
             exporter itself says about it.",
            "short",
        )
        .query(
            sum_by("instance", &increase("maillog_codes_total", CODE)),
            "",
        )
        .columns(&[("instance", "Instance"), ("A", "Times")])
        .whole()
        .column(
            "Instance",
            &[(
                "links",
                json!([{
                    "title": "What ${code} means",
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
                "How often it was said, by who said it: other servers (outbound), our server \
                 (inbound), our own stores (local).",
                "cps",
            )
            .query(
                sum_by("direction", &rate("maillog_codes_total", CODE)),
                "{{direction}}",
            ),
        )
        .panel(
            Panel::lines(
                "Rate by the log's own time",
                "Outbound, within windows that end now, by the time stamps of the lines: old lines \
                 read late make no spike here.",
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
        .row("Who says it, and what exactly")
        .panel(
            Panel::table(
                "Enhanced status codes",
                "The enhanced status codes in the replies' own text (RFC 3463), and what they mean.",
                "short",
            )
            .query(copy(&named, "enhanced", "meaning"), "")
.prose("meaning", "Meaning", &texts::enhanced())
            .columns(
                &[
                    ("direction", "Direction"),
                    ("enhanced", "Enhanced"),
                    ("A", "Times"),
                    ("meaning", "Meaning"),
                ])
            .whole()
            .column("Direction", &[("custom.width", 100.into())])
            .column("Enhanced", &[("custom.width", 90.into())])
            .column("Times", &[("custom.width", 80.into())])
            .empty("Not said in the time shown"),
        )
        .panel(
            Panel::ranking(
                "Providers",
                "Who runs the servers that said it, and how often in the time shown.",
                "short",
            )
            .query(
                format!("sort_desc({} > 0)", sum_by("provider", &total)),
                "{{provider}}",
            )
            .whole()
            .empty("Not said in the time shown")
            .size(5, 8),
        )
        .panel(
            Panel::stack(
                "Providers over time",
                "Who runs the servers that said it, when.",
                "cps",
            )
            .query(format!("{} > 0", sum_by("provider", &providers)), "{{provider}}")
            .empty("Not said in the time shown")
            .size(7, 8),
        )
}

/// The dashboard.
pub fn dashboard() -> Dashboard {
    let dashboard = Dashboard::new(
        "codes",
        "Mail: one code",
        "Everything about one SMTP reply code: how often, from whom, what it means, what to do.",
    )
    .variable(texts::code_variable(FIRST));
    parts(course(figures(meaning(dashboard))))
}
