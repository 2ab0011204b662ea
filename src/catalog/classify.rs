//! Classifies a reply: assigns it one condition, without allocating.
//!
//! What says most decides: an enhanced status code that servers use as defined, then words that state the cause, then
//! any other enhanced status code, then words that only hint at a cause, then the reply code.

use super::entries::{CODE_LIMIT, ConditionId, Tables};
use super::phrases::{Found, Meaning, Phrases};

/// "No condition" in the tables.
const NONE: u8 = u8::MAX;
/// Set in the table of enhanced status codes for a code that decides before the text.
const RELIABLE: u8 = 0x80;
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
    user_unknown: ConditionId,
    /// The conditions of a recipient's mailbox, as a bitmask.
    of_mailbox: u64,
    phrases: Phrases,
}

/// The conditions that say something about the recipient's mailbox.
const OF_MAILBOX: [&str; 4] = [
    "mailbox_full",
    "mailbox_disabled",
    "user_unknown",
    "mailbox_unavailable",
];

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
            let reliable = if entry.reliable { RELIABLE } else { 0 };
            let condition = id(&entry.condition) | reliable;
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
        let conditions = (0u8..).zip(&tables.conditions);
        let phrases = conditions.flat_map(|(id, condition)| {
            let stated = condition
                .phrases
                .iter()
                .map(move |it| (Meaning::States(id), it.as_str()));
            let hints = condition
                .hints
                .iter()
                .map(move |it| (Meaning::Hints(id), it.as_str()));
            stated.chain(hints)
        });
        let blocklisted = tables
            .condition_named("blocklisted")
            .unwrap_or(ConditionId(0));
        let listings = tables.blocklists.iter().flat_map(|list| &list.phrases);
        let listings = listings.map(|it| (Meaning::States(blocklisted.0), it.as_str()));
        Classifier {
            code: code.into(),
            enhanced: enhanced.into(),
            of_mailbox: OF_MAILBOX
                .into_iter()
                .filter_map(|name| tables.condition_named(name))
                .fold(0, |mask, id| mask | 1 << id.0),
            policy: tables.condition_named("policy").unwrap_or(ConditionId(0)),
            user_unknown: tables
                .condition_named("user_unknown")
                .unwrap_or(ConditionId(0)),
            other: tables.condition_named("other").unwrap_or(ConditionId(0)),
            phrases: Phrases::new(phrases.chain(listings)),
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

    /// See `Catalog::classify_by_codes`.
    #[inline]
    pub(super) fn by_codes(
        &self,
        code: Option<u16>,
        enhanced: Option<(u8, u16, u16)>,
    ) -> Option<ConditionId> {
        let success = match (code, enhanced) {
            (Some(code), _) => (200..400).contains(&code),
            (None, Some((class, ..))) => class == 2,
            (None, None) => false,
        };
        if success {
            return Some(self.other);
        }
        let entry = self.entry(enhanced);
        (entry != NONE && entry & RELIABLE != 0).then_some(ConditionId(entry & !RELIABLE))
    }

    /// The entry of an enhanced status code in the table.
    #[inline]
    fn entry(&self, enhanced: Option<(u8, u16, u16)>) -> u8 {
        enhanced
            .and_then(|(class, subject, detail)| enhanced_index(class, subject, detail))
            .map_or(NONE, |at| self.enhanced[at])
    }

    /// See `Catalog::classify`.
    pub(super) fn classify(
        &self,
        code: Option<u16>,
        enhanced: Option<(u8, u16, u16)>,
        text: &[u8],
    ) -> ConditionId {
        if let Some(condition) = self.by_codes(code, enhanced) {
            return condition;
        }
        let by_enhanced = self.entry(enhanced);
        // Where the text states several causes, the one that the enhanced code confirms counts.
        let confirming = if by_enhanced == NONE {
            0
        } else {
            1 << by_enhanced
        };
        let Found {
            stated,
            hinted,
            quoted,
        } = self.phrases.find(text, confirming);
        if stated != 0 && stated & confirming == 0 {
            return first(stated);
        }
        if by_enhanced != NONE {
            return ConditionId(by_enhanced);
        }
        // Subjects 6 and 7 (RFC 3463 sections 3.7 and 3.8) are about the message and about security: they rule out
        // whatever only hints at a missing or full mailbox.
        let refusal = enhanced.is_some_and(|(_, subject, _)| matches!(subject, 6 | 7));
        let excluded = if refusal { self.of_mailbox } else { 0 };
        let hints = [hinted & !excluded, quoted & !excluded];
        if let Some(&hints) = hints.iter().find(|&&hints| hints != 0) {
            return match first(hints) {
                id if id == self.user_unknown && code == Some(450) && is_unavailable(text) => {
                    ConditionId(self.code[450])
                }
                id => id,
            };
        }
        // Codes that are used for refusals of every kind.
        let general = code.is_none_or(|code| matches!(code, 450..=452 | 550..=559));
        if refusal && general {
            return self.policy;
        }
        let by_code = code.and_then(|code| self.code.get(usize::from(code)));
        match by_code {
            Some(&id) if id != NONE => ConditionId(id),
            _ => self.other,
        }
    }
}

/// Whether a mailbox is unavailable: with the reply 450 it is in use or blocked, with a 550 there is none (RFC 5321 section
/// 4.2.3).
fn is_unavailable(text: &[u8]) -> bool {
    memchr::memmem::find(text, b"ailbox unavailable").is_some()
}

/// The condition with the lowest number, which has priority.
fn first(conditions: u64) -> ConditionId {
    ConditionId(conditions.trailing_zeros() as u8)
}
