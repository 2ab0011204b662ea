//! The language of explanations, by option or environment.

use std::ffi::OsStr;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Arg, Command};

pub use crate::catalog::Language;

/// Parses a language as options and environment variables have it: `zh`, `zh_CN.UTF-8`, `en-GB`.
#[derive(Clone, Copy, Debug)]
pub struct LanguageParser;

impl TypedValueParser for LanguageParser {
    type Value = Language;

    fn parse_ref(
        &self,
        command: &Command,
        argument: Option<&Arg>,
        value: &OsStr,
    ) -> Result<Language, clap::Error> {
        match value.to_str().and_then(Language::of_locale) {
            Some(language) => Ok(language),
            // The error lists the languages.
            None => PossibleValuesParser::new(LanguageParser::NAMES)
                .parse_ref(command, argument, value)
                .map(|_| Language::En),
        }
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        let named = LanguageParser::NAMES
            .into_iter()
            .zip(["English", "简体中文"]);
        Some(Box::new(
            named.map(|(name, help)| PossibleValue::new(name).help(help)),
        ))
    }
}

impl LanguageParser {
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

    /// The language of a locale such as `zh_CN.UTF-8`; `None` if it is not one of ours.
    fn of_locale(locale: &str) -> Option<Self> {
        let language = locale.split(['_', '-', '.', '@']).next()?;
        match &*language.to_ascii_lowercase() {
            "en" => Some(Language::En),
            "zh" => Some(Language::Zh),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn country_and_encoding_of_a_locale_are_ignored() {
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
            let parsed = LanguageParser.parse_ref(&command, None, OsStr::new(written));
            assert_eq!(parsed.ok(), expected, "{written}");
        }
    }
}
