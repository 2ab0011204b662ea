//! The program's own words, in both languages.

use std::fmt::Display;

use super::Language;

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

    /// The words in a language.
    pub fn of(self, language: Language) -> &'static str {
        match language {
            Language::En => self.en,
            Language::Zh => self.zh,
        }
    }

    /// The sentence in a language, with its values.
    pub fn fill(self, language: Language, values: &[&dyn Display]) -> String {
        let mut filled = String::new();
        let mut rest = self.of(language);
        while let Some((before, after)) = rest.split_once('{') {
            filled += before;
            let Some((number, after)) = after.split_once('}') else {
                break;
            };
            let value = number.parse().ok().and_then(|at: usize| values.get(at));
            filled += &value.map_or(String::new(), ToString::to_string);
            rest = after;
        }
        filled + rest
    }
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
        assert_eq!(Wording::new("plain", "").fill(Language::En, &[]), "plain");
    }
}
