//! The texts of alerts: labels, annotations and descriptions. The Prometheus rules, the evaluator, the runbook and the
//! pages all use them, so they say the same.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::active::Active;
use crate::catalog::{Alert, Catalog, DocumentRow, Side, Text, grouped, percentage};

/// The remedy of document rows that have none.
const NO_REMEDY: &str = "N/A";

/// Numbers of the rows where a code has several.
const NUMBERS: [&str; 4] = ["（一）", "（二）", "（三）", "（四）"];

/// The constant texts of an alert.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Texts {
    /// The meaning in Chinese: verbatim from the document, where it has one.
    pub meaning: String,
    /// The meaning in English.
    pub meaning_en: String,
    /// The remedy in Chinese: verbatim from the document, where it has one.
    pub remediation: String,
    /// The remedy in English.
    pub remediation_en: String,
    /// The source of `remediation`: `document` or `project`.
    pub remediation_source: &'static str,
    /// The path of its page.
    pub path: String,
}

/// The texts of an alert. `None` if its page is not in the catalog; a test rules that out for the built-in policy.
pub fn of(alert: &Alert, catalog: &Catalog) -> Option<Texts> {
    let Some(page) = &alert.page else {
        let path = format!("/alerts/{}", alert.name);
        return Some(plain(alert.meaning.as_ref()?, alert.remedy.as_ref()?, path));
    };
    let path = format!("/codes/{page}");
    let Ok(code) = page.parse::<u16>() else {
        let id = catalog.condition_named(page)?;
        let condition = catalog.conditions().get(usize::from(id.0))?;
        return Some(plain(&condition.meaning, &condition.remedy, path));
    };
    let code = catalog.code(code)?;
    let mut texts = plain(&code.meaning, &code.remedy, path);
    if !code.document.is_empty() {
        texts.meaning = rows(&code.document, |row| {
            let explanation = row.explanation.iter();
            Some(
                std::iter::once(&row.meaning)
                    .chain(explanation)
                    .cloned()
                    .collect(),
            )
        });
    }
    let remedy = |row: &DocumentRow| {
        let remedy = row.remedy.clone()?;
        (remedy != NO_REMEDY).then(|| vec![remedy])
    };
    let remediation = rows(&code.document, remedy);
    if !remediation.is_empty() {
        texts.remediation = remediation;
        texts.remediation_source = "document";
    }
    Some(texts)
}

/// The project's own texts.
fn plain(meaning: &Text, remedy: &Text, path: String) -> Texts {
    Texts {
        meaning: meaning.zh.clone(),
        meaning_en: meaning.en.clone(),
        remediation: remedy.zh.clone(),
        remediation_en: remedy.en.clone(),
        remediation_source: "project",
        path,
    }
}

/// Lines of each document row. Where there are several rows, each is preceded by its number and by when it applies.
fn rows(rows: &[DocumentRow], lines: impl Fn(&DocumentRow) -> Option<Vec<String>>) -> String {
    let mut text = String::new();
    for (row, number) in rows.iter().zip(NUMBERS) {
        let Some(lines) = lines(row) else { continue };
        if let Some(when) = &row.when {
            // Writing to a string does not fail.
            let _ = writeln!(text, "{number}{}", when.zh);
        }
        for line in lines {
            text.push_str(&line);
            text.push('\n');
        }
    }
    text.truncate(text.trim_end().len());
    text
}

/// A part of a description.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    /// Literal text.
    Literal(&'a str),
    /// The name of a placeholder.
    Figure(&'a str),
}

/// Splits a description into literal text and placeholders.
pub fn pieces(description: &str) -> impl Iterator<Item = Piece<'_>> {
    let mut rest = description;
    std::iter::from_fn(move || {
        if let Some((name, after)) = rest.strip_prefix('{').and_then(|rest| rest.split_once('}')) {
            rest = after;
            return Some(Piece::Figure(name));
        }
        let end = rest.find('{').unwrap_or(rest.len());
        let (words, after) = rest.split_at(end);
        rest = after;
        (!words.is_empty()).then_some(Piece::Literal(words))
    })
}

/// The labels of an alert, besides those of its series.
pub fn labels(alert: &Alert) -> BTreeMap<&'static str, String> {
    let mut labels = BTreeMap::from([("severity", alert.severity.as_str().to_owned())]);
    if let Some(code) = alert.codes.first() {
        labels.insert("code", code.to_string());
    }
    if let [condition] = alert.conditions.as_slice() {
        labels.insert("condition", condition.clone());
    }
    if let Some(direction) = alert.direction.map(Side::name) {
        labels.insert("direction", direction.to_owned());
    }
    labels
}

/// Labels and annotations of an alert, as sent to Alertmanager.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words {
    /// The labels.
    pub labels: BTreeMap<String, String>,
    /// The annotations.
    pub annotations: BTreeMap<String, String>,
}

impl Words {
    /// Labels and annotations of an alert of the exporter at `instance`.
    pub(super) fn new(
        alert: &Alert,
        texts: Texts,
        active: &Active,
        instance: &str,
        runbook_url: Option<&str>,
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
        let base = runbook_url.map_or_else(|| format!("http://{instance}"), str::to_owned);
        // The page of what was measured, not of what is usual.
        let cause = active.figures.cause.as_ref();
        let path = cause.map_or(texts.path, |cause| format!("/codes/{cause}"));
        let annotations = [
            ("summary", alert.summary.en.clone()),
            ("summary_zh", alert.summary.zh.clone()),
            ("description", description(alert, active, instance)),
            ("meaning", texts.meaning),
            ("meaning_en", texts.meaning_en),
            ("remediation", texts.remediation),
            ("remediation_en", texts.remediation_en),
            ("remediation_source", texts.remediation_source.to_owned()),
            ("runbook_url", base + &path),
        ];
        let annotations = annotations.map(|(name, text)| (name.to_owned(), text));
        Words {
            labels,
            annotations: annotations.into(),
        }
    }
}

/// The description with its figures.
pub(super) fn description(alert: &Alert, active: &Active, instance: &str) -> String {
    let figures = &active.figures;
    pieces(&alert.description)
        .map(|piece| match piece {
            Piece::Literal(text) => text.to_owned(),
            Piece::Figure("count") => grouped(figures.value),
            Piece::Figure("value") => binary_bytes(figures.value),
            Piece::Figure("window") => alert.window.unwrap_or_default().with_symbol(),
            Piece::Figure("short_window") => alert.short_window.unwrap_or_default().with_symbol(),
            Piece::Figure("share") => figures.share.map_or_else(unknown, percentage),
            Piece::Figure("baseline") => figures
                .baseline
                .map_or_else(unknown, |it| grouped(it.round_ties_even() as u64)),
            Piece::Figure("leader") => leader(figures.leader.as_deref()),
            Piece::Figure("cause") => match &figures.cause {
                Some(cause) => format!("{CAUSE}{cause}."),
                None => NO_CAUSE.to_owned(),
            },
            Piece::Figure("instance") => instance.to_owned(),
            // All other names are labels.
            Piece::Figure(name) => match &active.label {
                Some((label, value)) if *label == name => value.clone(),
                _ => unknown(),
            },
        })
        .collect()
}

/// The sentence about the provider with the largest part.
fn leader(provider: Option<&str>) -> String {
    match provider {
        Some(provider) if provider != OTHER_PROVIDER => {
            format!("{TOP_PROVIDER}{provider}.")
        }
        _ => NO_TOP_PROVIDER.to_owned(),
    }
}

/// The provider label of hosts that match no known provider.
pub const OTHER_PROVIDER: &str = "other";

/// The beginning of the sentence about the provider with the largest part.
pub const TOP_PROVIDER: &str = "Top provider: ";

/// The sentence where no known provider has the largest part.
pub const NO_TOP_PROVIDER: &str = "No single known provider stands out.";

/// The beginning of the sentence about the most frequent condition.
pub const CAUSE: &str = "Most frequent condition: ";

/// The sentence where no reply had a condition.
pub const NO_CAUSE: &str = "No reply tells why.";

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

/// The text in place of an unavailable figure.
pub const UNKNOWN: &str = "unknown";

fn unknown() -> String {
    UNKNOWN.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Policy;

    #[test]
    fn descriptions_are_split_completely() {
        let found: Vec<Piece<'_>> = pieces("{count} in {window}: high. ").collect();
        assert_eq!(
            found,
            [
                Piece::Figure("count"),
                Piece::Literal(" in "),
                Piece::Figure("window"),
                Piece::Literal(": high. "),
            ]
        );
        assert_eq!(pieces("").count(), 0);
    }

    #[test]
    fn sizes_are_written_as_by_prometheus() {
        for (bytes, text) in [
            (0, "0B"),
            (1_000, "1000B"),
            (33_554_432, "32MiB"),
            (35_000_000, "33.38MiB"),
            (5 << 30, "5GiB"),
        ] {
            assert_eq!(binary_bytes(bytes), text);
        }
    }

    #[test]
    fn only_known_providers_are_named() {
        assert_eq!(leader(Some("google")), "Top provider: google.");
        assert_eq!(leader(Some("other")), NO_TOP_PROVIDER);
        assert_eq!(leader(None), NO_TOP_PROVIDER);
    }

    #[test]
    fn every_alert_has_all_texts() {
        let catalog = Catalog::embedded();
        for alert in &Policy::embedded().alerts {
            let texts = of(alert, catalog).expect(&alert.name);
            for text in [
                &texts.meaning,
                &texts.meaning_en,
                &texts.remediation,
                &texts.remediation_en,
            ] {
                assert!(!text.is_empty(), "{}", alert.name);
            }
        }
    }

    #[test]
    fn both_document_rows_of_421_are_included() {
        let policy = Policy::embedded();
        let spike = policy
            .alerts
            .iter()
            .find(|it| it.name == "MaillogSmtp421Spike");
        let texts = of(spike.expect("it"), Catalog::embedded()).expect("words");
        let rows = &Catalog::embedded().code(421).expect("421").document;
        assert_eq!(rows.len(), 2);
        for row in rows {
            assert!(texts.meaning.contains(&row.meaning));
            assert!(
                texts
                    .meaning
                    .contains(row.explanation.as_ref().expect("one"))
            );
            assert!(
                texts
                    .remediation
                    .contains(row.remedy.as_ref().expect("one"))
            );
            let when = &row.when.as_ref().expect("when").zh;
            assert!(texts.meaning.contains(when) && texts.remediation.contains(when));
        }
        assert_eq!(texts.remediation_source, "document");
    }

    #[test]
    fn the_remedy_of_422_is_from_the_project() {
        let policy = Policy::embedded();
        let spike = policy
            .alerts
            .iter()
            .find(|it| it.name == "MaillogSmtp422Spike");
        let texts = of(spike.expect("it"), Catalog::embedded()).expect("words");
        assert_eq!(texts.meaning, "收信端邮件信箱的信件已经超过预设的信箱大小");
        assert_eq!(texts.remediation_source, "project");
    }
}
