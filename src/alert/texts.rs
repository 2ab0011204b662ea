//! What an alert says: the catalog's words in the order of its annotations.
//!
//! They stand apart from who says them, since Prometheus' rules, the evaluator, the runbook and the
//! pages must say the same.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::active::Active;
use crate::catalog::{Alert, Catalog, DocumentRow, Side, Text};

/// What the document puts where it has no remedy.
const NO_REMEDY: &str = "N/A";

/// Numbers of rows where a code has several.
const NUMBERS: [&str; 4] = ["(一)", "(二)", "(三)", "(四)"];

/// The words of an alert that no figure changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Texts {
    /// What it means: the document's Chinese to the letter, where it has one.
    pub meaning: String,
    /// The same in English.
    pub meaning_en: String,
    /// What to do: the document's Chinese to the letter, where it has one.
    pub remediation: String,
    /// The same in English.
    pub remediation_en: String,
    /// Whose words `remediation` are: `document` or `project`.
    pub remediation_source: &'static str,
    /// The path of its page.
    pub path: String,
}

/// The words of an alert. `None` if its page is not in the catalog, which a test rules out for the
/// built-in policy.
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

/// The project's own words.
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

/// Lines of each of the document's rows; where there are several rows, each after its number and
/// when it applies.
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
    /// Words.
    Words(&'a str),
    /// The name of a figure, which stood in braces.
    Figure(&'a str),
}

/// Takes a description apart.
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
        (!words.is_empty()).then_some(Piece::Words(words))
    })
}

/// What an alert is known by, besides the labels of its series.
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

/// An alert in words, as Alertmanager takes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words {
    /// What it is known by.
    pub labels: BTreeMap<String, String>,
    /// What it says.
    pub annotations: BTreeMap<String, String>,
}

impl Words {
    /// The words of an alert that an exporter at `instance` has found.
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
        let annotations = [
            ("summary", alert.summary.en.clone()),
            ("summary_zh", alert.summary.zh.clone()),
            ("description", description(alert, active, instance)),
            ("meaning", texts.meaning),
            ("meaning_en", texts.meaning_en),
            ("remediation", texts.remediation),
            ("remediation_en", texts.remediation_en),
            ("remediation_source", texts.remediation_source.to_owned()),
            ("runbook_url", base + &texts.path),
        ];
        let annotations = annotations.map(|(name, text)| (name.to_owned(), text));
        Words {
            labels,
            annotations: annotations.into(),
        }
    }
}

/// What is seen, with its figures.
pub(super) fn description(alert: &Alert, active: &Active, instance: &str) -> String {
    let figures = &active.figures;
    pieces(&alert.description)
        .map(|piece| match piece {
            Piece::Words(words) => words.to_owned(),
            Piece::Figure("count") => figures.value.to_string(),
            Piece::Figure("value") => format!("{:.1}MiB", figures.value as f64 / 1_048_576.0),
            Piece::Figure("window") => alert.window.unwrap_or_default().to_string(),
            Piece::Figure("short_window") => alert.short_window.unwrap_or_default().to_string(),
            Piece::Figure("share") => figures.share.map_or_else(unknown, percentage),
            Piece::Figure("baseline") => figures
                .baseline
                .map_or_else(unknown, |it| format!("{it:.0}")),
            Piece::Figure("leader") => figures.leader.clone().unwrap_or_else(unknown),
            Piece::Figure("instance") => instance.to_owned(),
            // What is left are labels.
            Piece::Figure(name) => match &active.label {
                Some((label, value)) if *label == name => value.clone(),
                _ => unknown(),
            },
        })
        .collect()
}

/// What is said where a figure cannot be had.
pub const UNKNOWN: &str = "unknown";

fn unknown() -> String {
    UNKNOWN.to_owned()
}

/// A share in per cent with four digits that matter, as Prometheus' `humanizePercentage` has it.
pub(super) fn percentage(share: f64) -> String {
    let percent = share * 100.0;
    let digits = if percent > 0.0 {
        percent.log10().floor() as i32 + 1
    } else {
        1
    };
    let decimals = usize::try_from(4 - digits).unwrap_or(0);
    let text = format!("{percent:.decimals$}");
    let text = match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.'),
        false => &text,
    };
    format!("{text}%")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Policy;

    #[test]
    fn a_description_is_taken_apart_and_nothing_is_lost() {
        let found: Vec<Piece<'_>> = pieces("{count} in {window}: much. ").collect();
        assert_eq!(
            found,
            [
                Piece::Figure("count"),
                Piece::Words(" in "),
                Piece::Figure("window"),
                Piece::Words(": much. "),
            ]
        );
        assert_eq!(pieces("").count(), 0);
    }

    #[test]
    fn a_share_has_four_digits_that_matter() {
        for (share, text) in [
            (0.0, "0%"),
            (1.0, "100%"),
            (0.5, "50%"),
            (0.123_456, "12.35%"),
            (0.000_512_34, "0.05123%"),
            (0.999_96, "100%"),
        ] {
            assert_eq!(percentage(share), text);
        }
    }

    #[test]
    fn every_alert_has_its_words() {
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
    fn both_rows_of_421_are_carried_with_when_each_applies() {
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
    fn the_remedy_of_422_is_the_projects_own() {
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
