//! The two languages of the catalog: which one to use, and how to set its texts on a terminal.

use std::ffi::OsStr;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Arg, Command};

pub use crate::catalog::Language;

/// The widest line, in columns.
const WIDTH: usize = 98;

/// Reads a language as options and environments write it: `zh`, `zh_CN.UTF-8`, `en-GB`.
#[derive(Clone, Copy, Debug)]
pub struct Written;

impl TypedValueParser for Written {
    type Value = Language;

    fn parse_ref(
        &self,
        command: &Command,
        argument: Option<&Arg>,
        value: &OsStr,
    ) -> Result<Language, clap::Error> {
        match value.to_str().and_then(Language::of_locale) {
            Some(language) => Ok(language),
            // It says what would be right.
            None => PossibleValuesParser::new(Written::NAMES)
                .parse_ref(command, argument, value)
                .map(|_| Language::En),
        }
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        let named = Written::NAMES.into_iter().zip(["English", "简体中文"]);
        Some(Box::new(
            named.map(|(name, help)| PossibleValue::new(name).help(help)),
        ))
    }
}

impl Written {
    const NAMES: [&str; 2] = ["en", "zh"];
}

impl Language {
    /// The environment's language, by the first of `LC_ALL`, `LC_MESSAGES` and `LANG` that is set.
    pub fn of_environment() -> Self {
        let set = ["LC_ALL", "LC_MESSAGES", "LANG"]
            .iter()
            .filter_map(|name| std::env::var(name).ok())
            .find(|value| !value.is_empty());
        set.and_then(|value| Language::of_locale(&value))
            .unwrap_or(Language::En)
    }

    /// The language of a locale, by what stands before its country and encoding.
    fn of_locale(locale: &str) -> Option<Self> {
        let language = locale.split(['_', '-', '.', '@']).next()?;
        match &*language.to_ascii_lowercase() {
            "en" => Some(Language::En),
            "zh" => Some(Language::Zh),
            _ => None,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_is_known_with_its_country_and_encoding() {
        for (written, expected) in [
            ("zh", Some(Language::Zh)),
            ("zh_CN", Some(Language::Zh)),
            ("zh_CN.UTF-8", Some(Language::Zh)),
            ("zh-Hans-CN", Some(Language::Zh)),
            ("en", Some(Language::En)),
            ("en_GB.UTF-8@euro", Some(Language::En)),
            ("zhuang", None),
            ("de_DE", None),
            ("", None),
        ] {
            assert_eq!(Language::of_locale(written), expected, "{written}");
            let command = Command::new("x");
            let parsed = Written.parse_ref(&command, None, OsStr::new(written));
            assert_eq!(parsed.ok(), expected, "{written}");
        }
    }

    #[test]
    fn no_line_of_chinese_begins_with_what_closes_a_sentence() {
        for shift in 0..4 {
            let text = format!("{}{}", "x".repeat(shift), "邮件,信箱。".repeat(30));
            for line in wrap(&text) {
                assert!(!line.starts_with(CLOSING), "{line}");
            }
        }
    }
}
