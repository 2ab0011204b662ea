//! Texts of the catalog for dashboards: value mappings of tables, options of variables, and descriptions. Dashboards have
//! no texts of their own about codes and conditions.

use serde_json::{Value, json};

use crate::catalog::{Catalog, Cause, Code, Condition, DocumentRow, Text};
use crate::parse::Stage;
use crate::queue;

/// The key for replies without an enhanced status code.
pub const NO_ENHANCED: &str = "none";

/// Maximum number of document rows of a code.
pub const DOCUMENT_ROWS: usize = 2;

/// The causes of failed deliveries.
pub fn causes() -> Vec<&'static str> {
    Cause::ALL.iter().map(|cause| cause.as_str()).collect()
}

/// The queues of Postfix.
pub fn queues() -> Vec<&'static str> {
    queue::NAMES.to_vec()
}

/// The stages of an SMTP session.
pub fn stages() -> Vec<&'static str> {
    Stage::ALL.iter().map(|stage| stage.name()).collect()
}

/// The text in both languages.
fn both(text: &Text) -> String {
    format!("{} {}", text.en, text.zh)
}

/// Keys in table cells and the texts shown instead.
pub type TextMapping = Vec<(String, String)>;

/// The description of a panel about a code.
pub fn describe(code: u16) -> String {
    Catalog::embedded()
        .code(code)
        .map_or_else(String::new, |entry| {
            let mut text = format!("{} {}", both(&entry.meaning), both(&entry.remedy));
            for row in &entry.document {
                text.push(' ');
                text.push_str(&document_meaning(row));
            }
            text
        })
}

/// The description of a panel about a condition.
pub fn describe_condition(name: &str) -> String {
    let catalog = Catalog::embedded();
    catalog
        .conditions()
        .iter()
        .find(|condition| condition.name == name)
        .map_or_else(String::new, |it| {
            format!("{} {}", both(&it.meaning), both(&it.remedy))
        })
}

/// One of the texts of each condition.
pub fn conditions(pick: fn(&Condition) -> &Text) -> TextMapping {
    Catalog::embedded()
        .conditions()
        .iter()
        .map(|it| (it.name.clone(), both_in_cell(pick(it))))
        .collect()
}

/// The meaning of each enhanced status code.
pub fn enhanced() -> TextMapping {
    let mut pairs = vec![(
        NO_ENHANCED.to_owned(),
        "The reply has no enhanced status code. 回复中没有增强状态码。".to_owned(),
    )];
    for entry in Catalog::embedded().enhanced_codes() {
        // Ranges are rare and not listed.
        if entry.last.is_some() {
            continue;
        }
        for class in &entry.classes {
            let key = format!("{class}.{}.{}", entry.subject, entry.detail);
            pairs.push((key, both_in_cell(&entry.meaning)));
        }
    }
    pairs
}

/// A column of the table about a code.
#[derive(Clone, Copy)]
pub enum Column {
    /// The code or the source of the row.
    About,
    /// The meaning.
    Meaning,
    /// The remedy.
    Remedy,
}

/// The rows of the table about a code; the keys in its cells are `CODE ROW`.
pub const ROWS: [&str; 2 + DOCUMENT_ROWS] = ["en", "zh", "document 1", "document 2"];

/// The texts of one column of the table about a code.
pub fn codes(column: Column) -> TextMapping {
    let mut pairs = Vec::new();
    for entry in Catalog::embedded().codes() {
        let own = [false, true].map(|zh| cell(entry, column, zh));
        let document = entry.document.iter().map(|row| document_cell(row, column));
        let texts = own.into_iter().chain(document);
        pairs.extend(
            ROWS.iter()
                .zip(texts)
                .map(|(row, text)| (format!("{} {row}", entry.code), text)),
        );
    }
    pairs
}

/// Approximate number of Chinese characters per line of a cell.
const LINE: usize = 36;

/// The text in both languages, with room for the lines of the Chinese text.
fn both_in_cell(text: &Text) -> String {
    format!("{}{}", both(text), room_for([&text.zh, ""]))
}

/// Empty lines below the text of a narrow cell, so that the row is high enough for the texts beside it. Grafana
/// measures Chinese text as one line, since it has no spaces.
fn room_for(texts: [&str; 2]) -> String {
    let longest = texts.map(|text| text.chars().count()).into_iter().max();
    "\n".repeat(longest.unwrap_or(0).saturating_sub(1) / LINE)
}

fn cell(entry: &Code, column: Column, zh: bool) -> String {
    let pick = |text: &Text| if zh { &text.zh } else { &text.en }.clone();
    match column {
        Column::About if zh => {
            let room = room_for([&entry.meaning.zh, &entry.remedy.zh]);
            format!("{} {}{room}", entry.code, entry.name.zh)
        }
        Column::About => format!("{} {}", entry.code, entry.name.en),
        Column::Meaning => pick(&entry.meaning),
        Column::Remedy => pick(&entry.remedy),
    }
}

fn document_cell(row: &DocumentRow, column: Column) -> String {
    match column {
        Column::About => {
            let when = row.when.as_ref().map_or_else(String::new, both);
            let remedy = row.remedy.as_deref().unwrap_or_default();
            let room = room_for([&document_meaning(row), remedy]);
            format!("SMTP错误码/建议解决方法 {when}{room}")
        }
        Column::Meaning => document_meaning(row),
        Column::Remedy => row
            .remedy
            .clone()
            .unwrap_or_else(|| "The document ends before the remedy. 文档在此处中断。".to_owned()),
    }
}

/// The meaning and explanation of a document row.
fn document_meaning(row: &DocumentRow) -> String {
    match &row.explanation {
        Some(explanation) => format!("{} {explanation}", row.meaning),
        None => row.meaning.clone(),
    }
}

/// A regular expression of the codes with at least this many document rows.
pub fn with_document(rows: usize) -> String {
    let codes: Vec<String> = Catalog::embedded()
        .codes()
        .filter(|entry| entry.document.len() >= rows)
        .map(|entry| entry.code.to_string())
        .collect();
    codes.join("|")
}

/// The variable that selects a code of the catalog.
pub fn code_variable(chosen: u16) -> Value {
    let mut query = Vec::new();
    let mut options = Vec::new();
    let mut current = Value::Null;
    for entry in Catalog::embedded().codes() {
        let text = format!("{} {} {}", entry.code, entry.name.en, entry.name.zh);
        let value = entry.code.to_string();
        // A comma separates options, ` : ` separates text and value.
        query.push(format!("{} : {value}", text.replace(',', "\\,")));
        let selected = entry.code == chosen;
        let option = json!({"selected": selected, "text": text, "value": value});
        if selected {
            current = option.clone();
        }
        options.push(option);
    }
    json!({
        "name": "code",
        "label": "Code",
        "description": "Reply code; 101 and 111 are failed connections.",
        "type": "custom",
        "query": query.join(","),
        "current": current,
        "options": options,
        "multi": false,
        "includeAll": false,
        "hide": 0,
        "skipUrlSync": false,
    })
}
