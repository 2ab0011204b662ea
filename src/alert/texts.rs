//! What an alert says: the catalog's words in the order of its annotations.
//!
//! They stand apart from who says them, since Prometheus' rules, the evaluator, the runbook and the
//! pages must say the same.

use std::fmt::Write;

use crate::catalog::{Alert, Catalog, DocumentRow, Text};

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
