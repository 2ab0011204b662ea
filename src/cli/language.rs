//! The language of explanations, by option or environment.

use std::ffi::OsStr;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Arg, Command};

pub use crate::catalog::Language;
use crate::catalog::traditional;

/// A language, and for Chinese its script.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Locale {
    /// The language.
    pub language: Language,
    /// Whether Chinese is written in traditional characters.
    pub is_traditional: bool,
}

/// Parses a language as options and environment variables have it: `zh`, `zh_CN.UTF-8`, `zh-TW`, `en-GB`.
#[derive(Clone, Copy, Debug)]
pub struct LanguageParser;

impl TypedValueParser for LanguageParser {
    type Value = Locale;

    fn parse_ref(
        &self,
        command: &Command,
        argument: Option<&Arg>,
        value: &OsStr,
    ) -> Result<Locale, clap::Error> {
        match value.to_str().and_then(Locale::named) {
            Some(locale) => Ok(locale),
            // The error lists the languages.
            None => PossibleValuesParser::new(LanguageParser::NAMES)
                .parse_ref(command, argument, value)
                .map(|_| Locale::ENGLISH),
        }
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        let named = LanguageParser::NAMES
            .into_iter()
            .zip(["English", "简体中文", "繁體中文"]);
        Some(Box::new(
            named.map(|(name, help)| PossibleValue::new(name).help(help)),
        ))
    }
}

impl LanguageParser {
    const NAMES: [&str; 3] = ["en", "zh", "zh-TW"];
}

impl Locale {
    /// English.
    pub const ENGLISH: Locale = Locale {
        language: Language::En,
        is_traditional: false,
    };

    /// The environment's language, by the first of `LC_ALL`, `LC_MESSAGES` and `LANG` that is set.
    pub fn of_environment() -> Self {
        let set = ["LC_ALL", "LC_MESSAGES", "LANG"]
            .iter()
            .filter_map(|name| std::env::var(name).ok())
            .find(|value| !value.is_empty());
        set.and_then(|value| Locale::named(&value))
            .unwrap_or(Locale::ENGLISH)
    }

    /// The language that an option names, otherwise that of the environment.
    pub fn chosen(option: Option<Locale>) -> Language {
        option.unwrap_or_else(Locale::of_environment).language
    }

    /// The language of a locale such as `zh_CN.UTF-8`; `None` if it is not one of ours.
    fn named(locale: &str) -> Option<Self> {
        let language = locale.split(['_', '-', '.', '@']).next()?;
        let language = match &*language.to_ascii_lowercase() {
            "en" => Language::En,
            "zh" => Language::Zh,
            _ => return None,
        };
        Some(Locale {
            language,
            is_traditional: language == Language::Zh && traditional::is_tag_of(locale),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn country_and_encoding_of_a_locale_are_ignored() {
        let chinese = |is_traditional| Locale {
            language: Language::Zh,
            is_traditional,
        };
        for (written, expected) in [
            ("zh", Some(chinese(false))),
            ("zh_CN", Some(chinese(false))),
            ("zh_CN.UTF-8", Some(chinese(false))),
            ("zh-Hans-CN", Some(chinese(false))),
            ("zh-Hans-HK", Some(chinese(false))),
            ("zh_TW.UTF-8", Some(chinese(true))),
            ("zh-tw", Some(chinese(true))),
            ("zh_HK", Some(chinese(true))),
            ("zh-Hant", Some(chinese(true))),
            ("en", Some(Locale::ENGLISH)),
            ("en_GB.UTF-8@euro", Some(Locale::ENGLISH)),
            ("en_TW", Some(Locale::ENGLISH)),
            ("zhuang", None),
            ("de_DE", None),
            ("", None),
        ] {
            assert_eq!(Locale::named(written), expected, "{written}");
            let command = Command::new("x");
            let parsed = LanguageParser.parse_ref(&command, None, OsStr::new(written));
            assert_eq!(parsed.ok(), expected, "{written}");
        }
    }
}
