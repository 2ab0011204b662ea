//! The figures of a rule as they are written: as numbers, or as places that somebody fills later.
//!
//! It stands apart so that the Helm chart can take figures from its values and the rules are still
//! written once.

use std::fmt::Display;

use crate::catalog::{Alert, Span};

/// How figures are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::generate) enum Written {
    /// `20`
    Numbers,
    /// `@MaillogSmtp421Spike.count@`
    Places,
}

/// The figures that may be replaced.
pub(super) struct Figures {
    pub count: String,
    pub share: String,
    pub factor: String,
    pub threshold: String,
    pub r#for: String,
    pub keep_firing_for: String,
    pub severity: String,
}

impl Figures {
    pub(super) fn of(alert: &Alert, written: Written) -> Self {
        let one = |name: &str, value: &dyn Display| match written {
            Written::Numbers => value.to_string(),
            Written::Places => format!("@{}.{name}@", alert.name),
        };
        Figures {
            count: one("count", &alert.count.unwrap_or_default()),
            share: one("share", &alert.share.unwrap_or_default()),
            factor: one("factor", &alert.factor.unwrap_or_default()),
            threshold: one("threshold", &alert.threshold.unwrap_or_default()),
            r#for: one("for", &alert.r#for),
            keep_firing_for: one("keep_firing_for", &alert.keep_firing_for),
            severity: one("severity", &alert.severity.as_str()),
        }
    }
}

/// The figures that a rule has: name and value, in the order of the policy.
pub(in crate::generate) fn present(alert: &Alert) -> Vec<(&'static str, serde_json::Value)> {
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
    let present = figures.into_iter();
    present
        .filter_map(|(name, value)| Some((name, value?)))
        .collect()
}
