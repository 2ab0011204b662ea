//! What `doctor` finds: how bad it is, and the command that mends it.

use serde::Serialize;

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
    pub fn name(self) -> &'static str {
        match self {
            Severity::Ok => "ok",
            Severity::Warning => "warning",
            Severity::Problem => "problem",
        }
    }
}

/// A finding.
#[derive(Debug, Serialize)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// What was found.
    pub text: String,
    /// What to type or do, if there is something to mend.
    pub mend: Option<String>,
}

impl Finding {
    /// Something that is as it should be.
    pub fn ok(text: impl Into<String>) -> Self {
        Finding {
            severity: Severity::Ok,
            text: text.into(),
            mend: None,
        }
    }

    /// Something that is worth a look.
    pub fn warning(text: impl Into<String>, mend: impl Into<String>) -> Self {
        Finding {
            severity: Severity::Warning,
            text: text.into(),
            mend: Some(mend.into()),
        }
    }

    /// Something that must be mended.
    pub fn problem(text: impl Into<String>, mend: impl Into<String>) -> Self {
        Finding {
            severity: Severity::Problem,
            text: text.into(),
            mend: Some(mend.into()),
        }
    }
}
