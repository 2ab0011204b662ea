//! Annotations: the texts of an alert with its figures as Prometheus templates.

use serde::Serialize;
use serde_saphyr::LitString;

use super::expression::{self, ONE_TARGET};
use super::figures::Figures;
use crate::alert::texts::{
    self, CAUSE, NO_CAUSE, NO_TOP_PROVIDER, OTHER_PROVIDER, Piece, TOP_PROVIDER, Texts, UNKNOWN,
};
use crate::catalog::{Alert, Compared, Policy, Watch, percentage};

/// Formats a count with a comma after every three digits, up to nine digits, in two passes.
const GROUPED: &str = "printf \"%.0f\" | reReplaceAll \"^(\\\\d+)(\\\\d{3})$\" \"$1,$2\" \
     | reReplaceAll \"^(\\\\d+)(\\\\d{3}),\" \"$1,$2,\"";

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

pub(super) fn annotations(
    alert: &Alert,
    policy: &Policy,
    texts: Texts,
    figures: &Figures,
) -> Annotations {
    let base = policy.runbook_url.as_deref();
    Annotations {
        summary: summary(&alert.summary.en, alert, figures),
        summary_zh: summary(&alert.summary.zh, alert, figures),
        description: LitString(description(alert)),
        meaning: LitString(texts.meaning),
        meaning_en: texts.meaning_en,
        remediation: LitString(texts.remediation),
        remediation_en: texts.remediation_en,
        remediation_source: texts.remediation_source,
        runbook_url: format!(
            "{}{}",
            base.unwrap_or("http://{{ $labels.instance }}"),
            path(alert, texts.path)
        ),
    }
}

/// The path of the page: that of the most frequent condition, if the description names it.
fn path(alert: &Alert, path: String) -> String {
    if !alert.description.contains("{cause}") {
        return path;
    }
    let found = "/codes/{{ . | first | label \"condition\" }}";
    query(alert, &expression::cause(alert), found, &path)
}

/// A percentage in a summary is the share of the rule, which the values of the chart may override.
fn summary(text: &str, alert: &Alert, figures: &Figures) -> String {
    let Some(share) = alert.share else {
        return text.to_owned();
    };
    let template = format!("{{{{ {} | humanizePercentage }}}}", figures.share);
    text.replace(&percentage(share), &template)
}

fn description(alert: &Alert) -> String {
    texts::pieces(&alert.description)
        .map(|piece| match piece {
            Piece::Literal(text) => text.to_owned(),
            Piece::Figure(name) => figure(name, alert),
        })
        .collect()
}

/// The template of a placeholder.
fn figure(name: &str, alert: &Alert) -> String {
    let window = alert.window.unwrap_or_default();
    match name {
        "count" => format!("{{{{ $value | {GROUPED} }}}}"),
        "value" => "{{ $value | humanize1024 }}B".to_owned(),
        "window" => window.with_symbol(),
        "short_window" => alert.short_window.unwrap_or_default().with_symbol(),
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
            query(
                alert,
                &format!("{part} / {whole}"),
                "{{ . | first | value | humanizePercentage }}",
                UNKNOWN,
            )
        }
        "baseline" => {
            let baseline = expression::baseline(alert, window, ONE_TARGET).unwrap_or_default();
            let mut count = format!("{baseline} * {}", window.seconds());
            if alert.compared_with == Some(Compared::HourBefore) {
                count += " or vector(0)";
            }
            query(
                alert,
                &count,
                &format!("{{{{ . | first | value | {GROUPED} }}}}"),
                UNKNOWN,
            )
        }
        "leader" => {
            let leader = expression::leader(alert);
            let sentence = format!(
                "{{{{ $provider := . | first | label \"provider\" }}}}\
                 {{{{ if eq $provider \"{OTHER_PROVIDER}\" }}}}{NO_TOP_PROVIDER}\
                 {{{{ else }}}}{TOP_PROVIDER}{{{{ $provider }}}}.{{{{ end }}}}"
            );
            query(alert, &leader, &sentence, NO_TOP_PROVIDER)
        }
        "cause" => {
            let sentence = format!("{CAUSE}{{{{ . | first | label \"condition\" }}}}.");
            query(alert, &expression::cause(alert), &sentence, NO_CAUSE)
        }
        // A missing target has no instance label.
        "instance" => {
            "{{ with $labels.instance }}{{ . }}{{ else }}any instance{{ end }}".to_owned()
        }
        // All other names are labels.
        label => format!("{{{{ $labels.{label} }}}}"),
    }
}

/// A template that runs a query for the target of the alert and shows its result with `found`, or `missing` if there
/// is no result.
fn query(alert: &Alert, query: &str, found: &str, missing: &str) -> String {
    let third = match alert.watch {
        Watch::Providers => " $labels.provider",
        Watch::Unmatched => " $labels.source",
        _ => "",
    };
    let query = query.split_whitespace().collect::<Vec<_>>().join(" ");
    format!(
        "{{{{ with printf `{query}` $labels.instance $labels.job{third} | query }}}}{found}\
         {{{{ else }}}}{missing}{{{{ end }}}}"
    )
}
