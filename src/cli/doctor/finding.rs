//! What `doctor` finds: how bad it is, and the command that mends it.

use serde::{Serialize, Serializer};

use crate::catalog::{Language, Text};

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// As it should be.
    Ok,
    /// Worth a look; nothing is lost.
    Warning,
    /// Lines are not read, or are read wrongly.
    Problem,
}

impl Severity {
    /// The word.
    pub fn name(self, language: Language) -> &'static str {
        match (language, self) {
            (Language::En, Severity::Ok) => "ok",
            (Language::En, Severity::Warning) => "warning",
            (Language::En, Severity::Problem) => "problem",
            (Language::Zh, Severity::Ok) => "正常",
            (Language::Zh, Severity::Warning) => "警告",
            (Language::Zh, Severity::Problem) => "问题",
        }
    }
}

/// A finding. In JSON its texts are in English.
#[derive(Debug, Serialize)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// What was found.
    #[serde(serialize_with = "english")]
    pub text: Text,
    /// What to type or do, if there is something to mend.
    #[serde(serialize_with = "english_if_any")]
    pub mend: Option<Text>,
}

impl Finding {
    /// Something that is as it should be.
    pub fn ok(text: Text) -> Self {
        Finding {
            severity: Severity::Ok,
            text,
            mend: None,
        }
    }

    /// Something that is worth a look.
    pub fn warning(text: Text, mend: Text) -> Self {
        Finding {
            severity: Severity::Warning,
            text,
            mend: Some(mend),
        }
    }

    /// Something that must be mended.
    pub fn problem(text: Text, mend: Text) -> Self {
        Finding {
            severity: Severity::Problem,
            text,
            mend: Some(mend),
        }
    }
}

/// A text in both languages.
pub fn both(en: impl Into<String>, zh: impl Into<String>) -> Text {
    Text {
        en: en.into(),
        zh: zh.into(),
    }
}

/// A command, the same in both languages.
pub fn command(text: impl Into<String>) -> Text {
    let text = text.into();
    both(text.clone(), text)
}

/// Serializes the English text.
pub fn english<S: Serializer>(text: &Text, serializer: S) -> Result<S::Ok, S::Error> {
    text.en.serialize(serializer)
}

fn english_if_any<S: Serializer>(text: &Option<Text>, serializer: S) -> Result<S::Ok, S::Error> {
    text.as_ref().map(|text| &text.en).serialize(serializer)
}
