//! The catalog's texts, in the forms in which Grafana can show them: sentences for the keys that a
//! table's cells hold, the options of a variable, descriptions.
//!
//! They stand apart from the dashboards because no dashboard has words of its own about a code or
//! a condition.

use serde_json::{Value, json};

use crate::catalog::{Catalog, Code, Condition, DocumentRow, Text};

/// What stands for an enhanced code that a reply does not have.
pub const NO_ENHANCED: &str = "none";

/// The most rows that the document has for one code.
pub const DOCUMENT_ROWS: usize = 2;

/// Both languages.
fn both(text: &Text) -> String {
    format!("{} {}", text.en, text.zh)
}

/// What cells hold, and what is to be shown instead.
pub type Prose = Vec<(String, String)>;

/// What a panel about a code says when pointed at.
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

/// What a panel about a condition says when pointed at.
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

/// Conditions to one of their texts.
pub fn conditions(pick: fn(&Condition) -> &Text) -> Prose {
    Catalog::embedded()
        .conditions()
        .iter()
        .map(|it| (it.name.clone(), both(pick(it))))
        .collect()
}

/// Enhanced codes to what they mean.
pub fn enhanced() -> Prose {
    let mut pairs = vec![(
        NO_ENHANCED.to_owned(),
        "The reply has no enhanced status code. 回复中没有增强状态码。".to_owned(),
    )];
    for entry in Catalog::embedded().enhanced_codes() {
        // Nobody sends the ranges, which are left to the sites' own use, often enough to list them.
        if entry.last.is_some() {
            continue;
        }
        for class in &entry.classes {
            let key = format!("{class}.{}.{}", entry.subject, entry.detail);
            pairs.push((key, both(&entry.meaning)));
        }
    }
    pairs
}

/// One of the texts about a code: which, and in whose words.
#[derive(Clone, Copy)]
pub enum Column {
    /// Whose words they are.
    About,
    /// What happened.
    Meaning,
    /// What to do.
    Remedy,
}

/// The rows of the table about a code; the cells' keys are `CODE ROW`.
pub const ROWS: [&str; 2 + DOCUMENT_ROWS] = ["en", "zh", "document 1", "document 2"];

/// The keys of the table about a code, to the texts of one column.
pub fn codes(column: Column) -> Prose {
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

/// How many Chinese characters fit into a line of a cell, roughly.
const LINE: usize = 40;

/// Empty lines below the text of a narrow cell, which make the row as high as the texts beside it
/// need. Grafana measures Chinese, which has no blanks to break at, as one line.
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
        Column::Remedy => row.remedy.clone().unwrap_or_else(|| {
            "The document breaks off before its remedy. 文档在此处中断。".to_owned()
        }),
    }
}

/// The document's own words.
fn document_meaning(row: &DocumentRow) -> String {
    match &row.explanation {
        Some(explanation) => format!("{} {explanation}", row.meaning),
        None => row.meaning.clone(),
    }
}

/// A regular expression of the codes for which the document has so many rows.
pub fn with_document(rows: usize) -> String {
    let codes: Vec<String> = Catalog::embedded()
        .codes()
        .filter(|entry| entry.document.len() >= rows)
        .map(|entry| entry.code.to_string())
        .collect();
    codes.join("|")
}

/// The variable that chooses one code of the catalog.
pub fn code_variable(chosen: u16) -> Value {
    let mut query = Vec::new();
    let mut options = Vec::new();
    let mut current = Value::Null;
    for entry in Catalog::embedded().codes() {
        let text = format!("{} {} {}", entry.code, entry.name.en, entry.name.zh);
        let value = entry.code.to_string();
        // A comma ends an option, ` : ` stands between its text and its value.
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
        "description": "The reply code to look at; 101 and 111 are connections that could not be opened.",
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
