//! Why a server said what it said: one condition for a reply, without allocating.
//!
//! The enhanced code decides where it is specific, then the text, then the reply code.

use super::data::{Catalog, ConditionId, Tables};
use super::lookup::CODES;
use super::phrases::Phrases;

/// "No condition" in the tables.
const NONE: u8 = u8::MAX;
/// Classes 2 to 5.
const CLASSES: usize = 4;
/// Subjects 0 to 7 (RFC 3463 section 2).
const SUBJECTS: usize = 8;
/// Details 0 to 999.
const DETAILS: usize = 1000;

/// The tables that [`Catalog::classify`] looks into.
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
        let mut code = vec![NONE; CODES];
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
                    let slot =
                        place(class, entry.subject, detail).and_then(|at| enhanced.get_mut(at));
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

/// Where an enhanced code stands in the table.
fn place(class: u8, subject: u16, detail: u16) -> Option<usize> {
    let (class, subject, detail) = (
        usize::from(class),
        usize::from(subject),
        usize::from(detail),
    );
    let known = (2..2 + CLASSES).contains(&class) && subject < SUBJECTS && detail < DETAILS;
    known.then(|| ((class - 2) * SUBJECTS + subject) * DETAILS + detail)
}

impl Catalog {
    /// The condition `other`.
    pub fn other(&self) -> ConditionId {
        self.classifier.other
    }

    /// Why a reply was what it was: by the enhanced code (class, subject, detail) where that is
    /// specific, else by the text, else by the reply code, else `other`.
    ///
    /// A success has no reason: 2yz and 3yz are `other`, and their text is not looked at.
    pub fn classify(
        &self,
        code: Option<u16>,
        enhanced: Option<(u8, u16, u16)>,
        text: &[u8],
    ) -> ConditionId {
        let tables = &self.classifier;
        if code.is_some_and(|code| (200..400).contains(&code)) {
            return tables.other;
        }
        if let Some((class, subject, detail)) = enhanced {
            if code.is_none() && class == 2 {
                return tables.other;
            }
            let known = place(class, subject, detail).map_or(NONE, |at| tables.enhanced[at]);
            if known != NONE {
                return ConditionId(known);
            }
        }
        if let Some(condition) = tables.phrases.find(text) {
            return ConditionId(condition);
        }
        // 550 to 554 stand for everything that is refused; subject 7 (RFC 3463 section 3.8) at
        // least tells that it was a rule and no missing or full mailbox.
        let refused = code.is_some_and(|code| (550..560).contains(&code));
        if refused && enhanced.is_some_and(|(_, subject, _)| subject == 7) {
            return tables.policy;
        }
        let by_code = code.and_then(|code| tables.code.get(usize::from(code)));
        match by_code {
            Some(&id) if id != NONE => ConditionId(id),
            _ => tables.other,
        }
    }
}
