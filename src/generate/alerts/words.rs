//! Annotations: the texts of an alert with the places for its figures in Prometheus' templates.

use serde::Serialize;
use serde_saphyr::LitString;

use super::expression::{self, ONE_TARGET};
use crate::alert::texts::{self, Piece, Texts, UNKNOWN};
use crate::catalog::{Alert, Compared, Policy, Watch};

#[derive(Serialize)]
pub(super) struct Annotations {
    summary: String,
    summary_zh: String,
    description: LitString,
    meaning: LitString,
    meaning_en: String,
    remediation: LitString,
    remediation_en: String,
    remediation_source: &'static str,
    runbook_url: String,
}

pub(super) fn annotations(alert: &Alert, policy: &Policy, texts: Texts) -> Annotations {
    let base = policy.runbook_url.as_deref();
    Annotations {
        summary: alert.summary.en.clone(),
        summary_zh: alert.summary.zh.clone(),
        description: LitString(description(alert)),
        meaning: LitString(texts.meaning),
        meaning_en: texts.meaning_en,
        remediation: LitString(texts.remediation),
        remediation_en: texts.remediation_en,
        remediation_source: texts.remediation_source,
        runbook_url: format!(
            "{}{}",
            base.unwrap_or("http://{{ $labels.instance }}"),
            texts.path
        ),
    }
}

fn description(alert: &Alert) -> String {
    texts::pieces(&alert.description)
        .map(|piece| match piece {
            Piece::Words(words) => words.to_owned(),
            Piece::Figure(name) => figure(name, alert),
        })
        .collect()
}

/// A figure as a template.
fn figure(name: &str, alert: &Alert) -> String {
    let window = alert.window.unwrap_or_default();
    match name {
        "count" => "{{ $value | printf \"%.0f\" }}".to_owned(),
        "value" => "{{ $value | humanize1024 }}B".to_owned(),
        "window" => window.to_string(),
        "short_window" => alert.short_window.unwrap_or_default().to_string(),
        "share" => {
            let (part, whole) = if alert.watch == Watch::Unmatched {
                let lines = |result: &str| {
                    format!(
                        "sum (increase(maillog_lines_total{{{result}{ONE_TARGET},source=%[3]q}}[{window}]))"
                    )
                };
                (lines("result=\"unmatched\","), lines(""))
            } else {
                let mut target = ONE_TARGET.to_owned();
                if alert.watch == Watch::Providers {
                    target += ",provider=%[3]q";
                }
                (
                    expression::watched(alert, window, &target, None),
                    expression::whole(alert, window, &target),
                )
            };
            asked(
                alert,
                &format!("{part} / {whole}"),
                ". | first | value | humanizePercentage",
            )
        }
        "baseline" => {
            let baseline = expression::baseline(alert, window, ONE_TARGET).unwrap_or_default();
            let mut count = format!("{baseline} * {}", window.seconds());
            if alert.compared_with == Some(Compared::HourBefore) {
                count += " or vector(0)";
            }
            asked(alert, &count, ". | first | value | printf \"%.0f\"")
        }
        "leader" => {
            let leader = expression::leader(alert);
            asked(alert, &leader, ". | first | label \"provider\"")
        }
        // A target that is not there has none.
        "instance" => {
            "{{ with $labels.instance }}{{ . }}{{ else }}any instance{{ end }}".to_owned()
        }
        // What is left are labels.
        label => format!("{{{{ $labels.{label} }}}}"),
    }
}

/// The answer to a query about the alert's target.
fn asked(alert: &Alert, query: &str, shown: &str) -> String {
    let third = match alert.watch {
        Watch::Providers => " $labels.provider",
        Watch::Unmatched => " $labels.source",
        _ => "",
    };
    let query = query.split_whitespace().collect::<Vec<_>>().join(" ");
    format!(
        "{{{{ with printf `{query}` $labels.instance $labels.job{third} | query }}}}{{{{ {shown} }}}}\
         {{{{ else }}}}{UNKNOWN}{{{{ end }}}}"
    )
}
