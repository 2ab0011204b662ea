//! The text of the reference document about a code.

use crate::catalog::{DocumentRow, Text};

/// A paragraph of an explanation.
#[derive(Debug, PartialEq, Eq)]
pub enum Paragraph {
    /// What happened.
    Meaning(String),
    /// What to do.
    Remedy(String),
}

/// The document's own text about a code, in Chinese and unchanged. Where it has no remedy, the project's
/// own is used.
pub fn paragraphs(rows: &[DocumentRow], own: &Text) -> Vec<Paragraph> {
    let mut all = Vec::new();
    for row in rows {
        all.push(Paragraph::Meaning(document_meaning(row)));
        all.extend(row.remedy.clone().map(Paragraph::Remedy));
    }
    if rows.iter().all(|row| row.remedy.is_none()) {
        all.push(Paragraph::Remedy(own.zh.clone()));
    }
    all
}

fn document_meaning(row: &DocumentRow) -> String {
    let when = row
        .when
        .as_ref()
        .map_or(String::new(), |when| format!("（{}）", when.zh));
    let explanation = row.explanation.as_deref().unwrap_or_default();
    format!("{when}{} {explanation}", row.meaning)
        .trim_end()
        .to_owned()
}
