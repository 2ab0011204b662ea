//! The figures of a rule as text: numbers for alerts/alerts.yaml, or placeholders for the Helm chart, which takes them
//! from its values.

use std::fmt::Display;

use crate::catalog::{Alert, Span};

/// How figures are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::generate) enum FigureFormat {
    /// `20`
    Numbers,
    /// `@MaillogSmtp421Spike.count@`
    Placeholders,
}

/// The figures that can be overridden.
pub(super) struct Figures {
    pub format: FigureFormat,
    pub count: String,
    pub share: String,
    pub factor: String,
    pub threshold: String,
    pub r#for: String,
    pub keep_firing_for: String,
    pub severity: String,
}

impl Figures {
    pub(super) fn of(alert: &Alert, format: FigureFormat) -> Self {
        let text = |name: &str, value: &dyn Display| match format {
            FigureFormat::Numbers => value.to_string(),
            FigureFormat::Placeholders => format!("@{}.{name}@", alert.name),
        };
        Figures {
            format,
            count: text("count", &alert.count.unwrap_or_default()),
            share: text("share", &alert.share.unwrap_or_default()),
            factor: text("factor", &alert.factor.unwrap_or_default()),
            threshold: text("threshold", &alert.threshold.unwrap_or_default()),
            r#for: text("for", &alert.r#for),
            keep_firing_for: text("keep_firing_for", &alert.keep_firing_for),
            severity: text("severity", &alert.severity.as_str()),
        }
    }
}

/// The figures of a rule that can be overridden: name and value, in the order of the policy.
pub(in crate::generate) fn overridable_figures(
    alert: &Alert,
) -> Vec<(&'static str, serde_json::Value)> {
    let span = |span: Span| serde_json::Value::from(span.to_string());
    let figures = [
        ("severity", Some(alert.severity.as_str().into())),
        ("count", alert.count.map(Into::into)),
        ("share", alert.share.map(Into::into)),
        ("factor", alert.factor.map(Into::into)),
        ("threshold", alert.threshold.map(Into::into)),
        ("for", Some(span(alert.r#for))),
        (
            "keep_firing_for",
            Some(alert.keep_firing_for)
                .filter(|span| span.0 > 0)
                .map(span),
        ),
    ];
    figures
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)))
        .collect()
}
