//! The two languages of the catalog: which one to use, and how to set its texts on a terminal.

use clap::builder::PossibleValue;

pub use crate::catalog::Language;

/// The widest line, in columns.
const WIDTH: usize = 98;

impl clap::ValueEnum for Language {
    fn value_variants<'a>() -> &'a [Self] {
        &[Language::En, Language::Zh]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(match self {
            Language::En => PossibleValue::new("en").help("English"),
            Language::Zh => PossibleValue::new("zh").help("简体中文"),
        })
    }
}

impl Language {
    /// The environment's language, by the first of `LC_ALL`, `LC_MESSAGES` and `LANG` that is set.
    pub fn of_environment() -> Self {
        let set = ["LC_ALL", "LC_MESSAGES", "LANG"]
            .iter()
            .filter_map(|name| std::env::var(name).ok())
            .find(|value| !value.is_empty());
        match set {
            Some(value) if value.to_ascii_lowercase().starts_with("zh") => Language::Zh,
            _ => Language::En,
        }
    }
}

/// Columns that a character takes on a terminal: CJK ones take two.
pub fn columns(c: char) -> usize {
    if matches!(c, '\u{1100}'..='\u{115f}' | '\u{2e80}'..='\u{a4cf}' | '\u{ac00}'..='\u{d7a3}'
        | '\u{f900}'..='\u{faff}' | '\u{fe30}'..='\u{fe6f}' | '\u{ff00}'..='\u{ff60}')
    {
        2
    } else {
        1
    }
}

/// What no line of Chinese begins with.
const CLOSING: [char; 7] = [',', ';', ':', ')', '。', '、', '》'];

/// Breaks a paragraph into lines: at blanks, and between any two characters of Chinese.
pub fn wrap(text: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut width = 0;
    let mut word = String::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        word.push(c);
        let breaks = c == ' ' || columns(c) == 2 || chars.peek().is_none_or(|c| columns(*c) == 2);
        if !breaks || chars.peek().is_some_and(|c| CLOSING.contains(c)) {
            continue;
        }
        let needed: usize = word.trim_end().chars().map(columns).sum();
        if width > 0 && width + needed > WIDTH {
            lines.push(String::new());
            width = 0;
        }
        width += word.chars().map(columns).sum::<usize>();
        if let Some(line) = lines.last_mut() {
            line.push_str(&word);
        }
        word.clear();
    }
    lines
        .iter()
        .map(|line| line.trim_end().to_owned())
        .collect()
}
