//! The texts of alerts: labels, annotations and descriptions. The Prometheus rules, the evaluator, the runbook and the
//! pages all use them, so they say the same.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::catalog::{Alert, Catalog, DocumentRow, Language, Side, Text};

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
    /// The project's own remedy in Chinese, for descriptions.
    pub do_zh: String,
    /// The project's own remedy in English, for descriptions.
    pub do_en: String,
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
        do_zh: remedy.zh.clone(),
        do_en: remedy.en.clone(),
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
    if let Some(signal) = &alert.signal {
        labels.insert("signal", signal.clone());
    }
    if let Some(direction) = alert.direction.map(Side::name) {
        labels.insert("direction", direction.to_owned());
    }
    labels
}

/// Whether the texts of an alert name the most frequent condition.
pub fn names_cause(alert: &Alert) -> bool {
    alert.description.en.contains("{cause}")
}

/// The last sentences of a description: what to do.
pub fn what_to_do(texts: &Texts, language: Language) -> String {
    match language {
        Language::En => format!(" What to do: {}", texts.do_en),
        Language::Zh => format!("处理：{}", texts.do_zh),
    }
}

/// The provider label of hosts that match no known provider.
pub const OTHER_PROVIDER: &str = "other";

/// The words around figures, which the Prometheus rules use too.
pub struct Sentences {
    /// In place of an unavailable figure.
    pub unknown: &'static str,
    /// In place of a provider, where no known one leads.
    pub others: &'static str,
    /// In place of a sender domain, which only the exporter itself knows.
    pub sender: &'static str,
    /// Before the provider with the largest part.
    pub leader: &'static str,
    /// Before the most frequent condition, in a sentence of its own.
    pub cause: &'static str,
    /// Before the most frequent condition, in a summary.
    pub why: &'static str,
    /// The end of a sentence.
    pub end: &'static str,
}

/// The words of a language.
pub fn sentences(language: Language) -> &'static Sentences {
    match language {
        Language::En => &Sentences {
            unknown: "unknown",
            others: "several servers",
            sender: "one sender domain",
            leader: "Top provider: ",
            cause: "Most frequent condition: ",
            why: ": ",
            end: ".",
        },
        Language::Zh => &Sentences {
            unknown: "未知",
            others: "多台服务器",
            sender: "某个发件域",
            leader: "最多的服务商：",
            cause: "最常见的原因：",
            why: "：",
            end: "。",
        },
    }
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
