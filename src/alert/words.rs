//! Labels and annotations of an alert with its figures, as the exporter sends them.

use std::collections::BTreeMap;

use super::active::Active;
use super::texts::{
    OTHER_PROVIDER, Piece, Texts, labels, names_cause, pieces, sentences, what_to_do,
};
use crate::catalog::{Alert, Language, Text, grouped, percentage};

/// Labels and annotations of an alert, as sent to Alertmanager.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words {
    /// The labels.
    pub labels: BTreeMap<String, String>,
    /// The annotations.
    pub annotations: BTreeMap<String, String>,
    /// The annotation `summary` in both languages, for pages.
    pub summary: Text,
    /// The annotation `description` in both languages.
    pub description: Text,
}

impl Words {
    /// Labels and annotations of an alert of the exporter at `instance`, with the base of its link.
    pub(super) fn new(
        alert: &Alert,
        texts: Texts,
        active: &Active,
        [instance, base]: [&str; 2],
        language: Language,
    ) -> Self {
        let mut labels: BTreeMap<String, String> = labels(alert)
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect();
        labels.insert("alertname".to_owned(), alert.name.clone());
        labels.insert("instance".to_owned(), instance.to_owned());
        if let Some((name, value)) = &active.label {
            labels.insert((*name).to_owned(), value.clone());
        }
        let filled = |text: &dyn Fn(&Fill<'_>) -> String| {
            let [en, zh] = [Language::En, Language::Zh].map(|language| {
                text(&Fill {
                    alert,
                    active,
                    instance,
                    language,
                })
            });
            Text { en, zh }
        };
        let summary = filled(&|fill| fill.text(&alert.summary));
        let description = filled(&|fill| {
            let remedy = what_to_do(&texts, fill.language);
            format!("{}{remedy}", fill.text(&alert.description))
        });
        let path = path(alert, active, texts.path);
        let annotations = [
            ("summary", language.of(&summary).to_owned()),
            ("description", language.of(&description).to_owned()),
            ("meaning", texts.meaning),
            ("meaning_en", texts.meaning_en),
            ("remediation", texts.remediation),
            ("remediation_en", texts.remediation_en),
            ("remediation_source", texts.remediation_source.to_owned()),
            ("runbook_url", format!("{base}{path}")),
        ];
        let annotations = annotations.map(|(name, text)| (name.to_owned(), text));
        Words {
            labels,
            annotations: annotations.into(),
            summary,
            description,
        }
    }

    /// The same with the address of the chart of the page that it links to.
    pub(super) fn with_picture(mut self) -> Self {
        if let Some(page) = self.annotations.get("runbook_url") {
            let picture = format!("{page}.png");
            self.annotations.insert("image_url".to_owned(), picture);
        }
        self
    }
}

/// The path of the page that shows what was measured, rather than what is usual.
fn path(alert: &Alert, active: &Active, usual: String) -> String {
    let figures = &active.figures;
    if alert.page.is_none() {
        if let Some(("provider", name)) = &active.label {
            return format!("/providers/{name}");
        }
        if names_cause(alert)
            && let Some(cause) = &figures.cause
        {
            return format!("/codes/{cause}");
        }
    }
    match &*alert.conditions {
        [condition] if figures.is_condition => format!("/codes/{condition}"),
        _ => usual,
    }
}

/// Fills the placeholders of a text with the figures of an alert.
struct Fill<'a> {
    alert: &'a Alert,
    active: &'a Active,
    instance: &'a str,
    language: Language,
}

impl Fill<'_> {
    fn text(&self, text: &Text) -> String {
        let text: String = pieces(self.language.of(text))
            .map(|piece| match piece {
                Piece::Literal(text) => text.to_owned(),
                Piece::Figure(name) => self.figure(name),
            })
            .collect();
        text.trim_end().to_owned()
    }

    fn figure(&self, name: &str) -> String {
        let Fill { alert, active, .. } = self;
        let figures = &active.figures;
        let sentences = sentences(self.language);
        let with = |name: &Option<String>, before: &str, after: &str| {
            let name = name.as_ref();
            name.map_or_else(String::new, |name| format!("{before}{name}{after}"))
        };
        let known = figures.leader.clone().filter(|it| it != OTHER_PROVIDER);
        match name {
            "count" => grouped(figures.value),
            "value" => binary_bytes(figures.value),
            "window" => alert.window.unwrap_or_default().with_symbol(),
            "share" => figures
                .share
                .map_or_else(|| sentences.unknown.to_owned(), percentage),
            "usual" => match (figures.usual, figures.share) {
                (Some(usual), Some(_)) => percentage(usual),
                (Some(usual), None) => grouped(usual.round_ties_even() as u64),
                (None, _) => sentences.unknown.to_owned(),
            },
            "sender" => figures
                .leader
                .clone()
                .unwrap_or_else(|| sentences.sender.to_owned()),
            "who" => known.unwrap_or_else(|| sentences.others.to_owned()),
            "leader" => with(&known, sentences.leader, sentences.end),
            "enhanced" => with(&figures.enhanced, " ", ""),
            "why" => {
                let code = with(&figures.enhanced, " ", "");
                let cause = with(&figures.cause, " ", "");
                match format!("{code}{cause}").trim_start() {
                    "" => String::new(),
                    why => format!("{}{why}", sentences.why),
                }
            }
            "cause" => with(&figures.cause, sentences.cause, sentences.end),
            "instance" => self.instance.to_owned(),
            // All other names are labels.
            name => match &active.label {
                Some((label, value)) if *label == name => value.clone(),
                _ => sentences.unknown.to_owned(),
            },
        }
    }
}

/// A size in bytes with four significant digits and a binary prefix, like `humanize1024` in Prometheus templates
/// followed by `B`.
fn binary_bytes(bytes: u64) -> String {
    let mut value = bytes as f64;
    let mut prefix = "";
    for next in ["Ki", "Mi", "Gi", "Ti"] {
        if value < 1024.0 {
            break;
        }
        value /= 1024.0;
        prefix = next;
    }
    let decimals = match value {
        1000.0.. => 0,
        100.0.. => 1,
        10.0.. => 2,
        _ => 3,
    };
    let text = format!("{value:.decimals$}");
    let text = match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.'),
        false => &text,
    };
    format!("{text}{prefix}B")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alert::rule::Figures;
    use crate::catalog::Policy;

    #[test]
    fn sizes_are_written_as_by_prometheus() {
        for (bytes, text) in [
            (0, "0B"),
            (1_000, "1000B"),
            (1_023, "1023B"),
            (1_024, "1KiB"),
            (33_554_432, "32MiB"),
            (35_000_000, "33.38MiB"),
            (5 << 30, "5GiB"),
        ] {
            assert_eq!(binary_bytes(bytes), text);
        }
    }

    #[test]
    fn a_label_that_an_alert_does_not_have_is_unknown() {
        let policy = Policy::embedded();
        let label = |label: Option<&'static str>| {
            let active = Active {
                rule: 0,
                label: label.map(|name| (name, "a".to_owned())),
                since: 0,
                fired: None,
                found: 0,
                figures: Figures::default(),
                peak: Figures::default(),
                silenced_by: None,
                inhibited: None,
            };
            let fill = Fill {
                alert: &policy.alerts[0],
                active: &active,
                instance: "mx1:9925",
                language: Language::En,
            };
            let text = Text {
                en: "{source} at {instance} ".into(),
                zh: String::new(),
            };
            fill.text(&text)
        };
        assert_eq!(label(Some("source")), "a at mx1:9925");
        assert_eq!(label(Some("queue")), label(None));
        assert_ne!(label(Some("queue")), label(Some("source")));
    }
}
