//! The parts of a code's JSON document that are about alerts and commands.

use serde::Serialize;

use super::advice;
use super::facts::Facts;
use super::measured::Measured;
use crate::catalog::Language;
use crate::web::alerts;
use crate::web::context::Context;

/// A firing alert about the code.
#[derive(Serialize)]
pub struct FiringAlert {
    alert: String,
    severity: String,
    /// Seconds since 1970.
    since: i64,
}

/// A command for this server.
#[derive(Serialize)]
pub struct Command {
    /// Null for every mail server.
    mta: Option<String>,
    command: String,
    why: OwnBilingual,
    /// Whether it changes something.
    changes: bool,
}

#[derive(Serialize)]
struct OwnBilingual {
    en: String,
    zh: String,
}

/// The firing alerts.
pub fn firing(measured: &Measured<'_>) -> Vec<FiringAlert> {
    let firing = measured.relevant.firing.iter();
    firing
        .map(|alert| FiringAlert {
            alert: alerts::name(&alert.labels).to_owned(),
            severity: alert.labels.get("severity").cloned().unwrap_or_default(),
            since: alert.fired.unwrap_or(alert.since),
        })
        .collect()
}

/// The commands: first what only reads.
pub fn commands(context: &Context<'_>, facts: &Facts<'_>, measured: &Measured<'_>) -> Vec<Command> {
    let Some(advice) = advice::of(facts, measured) else {
        return Vec::new();
    };
    let subjects = advice::subjects(facts);
    let steps = advice::steps(context, advice, subjects).into_iter();
    steps
        .filter_map(|(step, _, command)| {
            Some(Command {
                mta: step.mta.clone(),
                command: command?,
                why: OwnBilingual {
                    en: subjects.fill_text(&step.text, Language::En)?,
                    zh: subjects.fill_text(&step.text, Language::Zh)?,
                },
                changes: step.changes,
            })
        })
        .collect()
}
