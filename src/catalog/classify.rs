//! Classifies a reply: assigns it one condition, without allocating.
//!
//! The enhanced status code decides where it is specific, then the text, then the reply code.

use super::entries::{CODE_LIMIT, ConditionId, Tables};
use super::phrases::Phrases;

/// "No condition" in the tables.
const NONE: u8 = u8::MAX;
/// Classes 2 to 5.
const CLASSES: usize = 4;
/// Subjects 0 to 7 (RFC 3463 section 2).
const SUBJECTS: usize = 8;
/// Details 0 to 999.
const DETAILS: usize = 1000;

/// Tables by reply code, by enhanced status code and by phrase.
pub(super) struct Classifier {
    code: Box<[u8]>,
    enhanced: Box<[u8]>,
    other: ConditionId,
    policy: ConditionId,
    phrases: Phrases,
}

impl Classifier {
    pub(super) fn new(tables: &Tables) -> Classifier {
        let id = |name: &Option<String>| {
            name.as_deref()
                .and_then(|name| tables.condition_named(name))
                .map_or(NONE, |id| id.0)
        };
        let mut code = vec![NONE; CODE_LIMIT];
        for entry in &tables.codes {
            if let Some(slot) = code.get_mut(usize::from(entry.code)) {
                *slot = id(&entry.condition);
            }
        }
        let mut enhanced = vec![NONE; CLASSES * SUBJECTS * DETAILS];
        for entry in &tables.enhanced {
            let condition = id(&entry.condition);
            for &class in &entry.classes {
                for detail in entry.detail..=entry.last.unwrap_or(entry.detail) {
                    let slot = enhanced_index(class, entry.subject, detail)
                        .and_then(|at| enhanced.get_mut(at));
                    if let Some(slot) = slot {
                        *slot = condition;
                    }
                }
            }
        }
        let phrases = (0u8..).zip(&tables.conditions).flat_map(|(id, condition)| {
            condition
                .phrases
                .iter()
                .map(move |phrase| (id, phrase.as_str()))
        });
        Classifier {
            code: code.into(),
            enhanced: enhanced.into(),
            policy: tables.condition_named("policy").unwrap_or(ConditionId(0)),
            other: tables.condition_named("other").unwrap_or(ConditionId(0)),
            phrases: Phrases::new(phrases),
        }
    }
}

/// The position of an enhanced status code in the table; `None` if it is outside of it.
fn enhanced_index(class: u8, subject: u16, detail: u16) -> Option<usize> {
    let (class, subject, detail) = (
        usize::from(class),
        usize::from(subject),
        usize::from(detail),
    );
    let known = (2..2 + CLASSES).contains(&class) && subject < SUBJECTS && detail < DETAILS;
    known.then(|| ((class - 2) * SUBJECTS + subject) * DETAILS + detail)
}

impl Classifier {
    /// The condition `other`.
    pub(super) fn other(&self) -> ConditionId {
        self.other
    }

    /// See `Catalog::classify`.
    pub(super) fn classify(
        &self,
        code: Option<u16>,
        enhanced: Option<(u8, u16, u16)>,
        text: &[u8],
    ) -> ConditionId {
        if code.is_some_and(|code| (200..400).contains(&code)) {
            return self.other;
        }
        if let Some((class, subject, detail)) = enhanced {
            if code.is_none() && class == 2 {
                return self.other;
            }
            let known = enhanced_index(class, subject, detail).map_or(NONE, |at| self.enhanced[at]);
            if known != NONE {
                return ConditionId(known);
            }
        }
        if let Some(condition) = self.phrases.find(text) {
            return ConditionId(condition);
        }
        // 550 to 554 are used for refusals of every kind; subject 7 (RFC 3463 section 3.8) at least
        // rules out a missing or full mailbox.
        let refused = code.is_some_and(|code| (550..560).contains(&code));
        if refused && enhanced.is_some_and(|(_, subject, _)| subject == 7) {
            return self.policy;
        }
        let by_code = code.and_then(|code| self.code.get(usize::from(code)));
        match by_code {
            Some(&id) if id != NONE => ConditionId(id),
            _ => self.other,
        }
    }
}
