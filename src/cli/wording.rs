//! The program's own words, in both languages.

use std::fmt::Display;

use super::script;
use crate::catalog::Language;

/// A word or sentence of the program in both languages. `{0}`, `{1}` … stand for values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wording {
    en: &'static str,
    zh: &'static str,
}

impl Wording {
    /// English and simplified Chinese.
    pub const fn new(en: &'static str, zh: &'static str) -> Self {
        Wording { en, zh }
    }

    /// The words in a language, in the script of the command.
    pub fn of(self, language: Language) -> &'static str {
        match language {
            Language::En => self.en,
            Language::Zh => script::own(self.zh),
        }
    }

    /// The sentence in a language, with its values.
    pub fn fill(self, language: Language, values: &[&dyn Display]) -> String {
        fill(self.of(language), values)
    }
}

/// A text with values for `{0}`, `{1}` …; a number without a value stands for nothing.
pub fn fill(text: &str, values: &[&dyn Display]) -> String {
    let mut filled = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        let Some((number, after)) = after.split_once('}') else {
            break;
        };
        append(&mut filled, before);
        let value = number.parse().ok().and_then(|at: usize| values.get(at));
        append(
            &mut filled,
            &value.map_or(String::new(), ToString::to_string),
        );
        rest = after;
    }
    append(&mut filled, rest);
    filled
}

/// Appends a text. The space that sets Latin letters apart from Chinese is left out between Chinese characters.
fn append(filled: &mut String, text: &str) {
    let is_chinese =
        |letter: char| ('\u{2e80}'..'\u{ff00}').contains(&letter) || "（），：；".contains(letter);
    let mut text = text;
    let inner = text.strip_prefix(' ');
    if filled.ends_with(is_chinese)
        && let Some(inner) = inner.filter(|it| it.starts_with(is_chinese))
    {
        text = inner;
    }
    let before = filled.strip_suffix(' ');
    if before.is_some_and(|it| it.ends_with(is_chinese)) && text.starts_with(is_chinese) {
        filled.pop();
    }
    filled.push_str(text);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_filled_in_the_order_of_each_language() {
        let wording = Wording::new("{0} of {1} lines", "共 {1} 行，其中 {0} 行");
        assert_eq!(wording.fill(Language::En, &[&1, &20]), "1 of 20 lines");
        assert_eq!(
            wording.fill(Language::Zh, &[&1, &"{0}"]),
            "共 {0} 行，其中 1 行"
        );
        let wording = Wording::new("{0} of {1}", "{1} 的 {0} 项");
        assert_eq!(
            wording.fill(Language::Zh, &[&"部分", &"全部"]),
            "全部的部分项"
        );
        assert_eq!(wording.fill(Language::Zh, &[&"a", &"b"]), "b 的 a 项");
        assert_eq!(Wording::new("plain", "").fill(Language::En, &[]), "plain");
    }
}
