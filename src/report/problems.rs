//! What failed most: replies by direction, condition, provider and code.

use rustc_hash::FxHashMap;
use serde::Serialize;

use crate::catalog::{Advice, Catalog, Language, Providers, Severity, Subjects};
use crate::parse::{Direction, Event};

/// How many different problems are counted, at most; the rest has an unlisted code.
const MAX_PROBLEMS: usize = 4096;

/// Failed replies of one kind: direction, condition, provider, code.
type Key = (u8, u8, u8, u16);

/// Counts failed replies.
#[derive(Default)]
pub(super) struct Problems {
    counts: FxHashMap<Key, u64>,
}

/// Something that fails, with what to do about it.
#[derive(Clone, Debug, Serialize)]
pub struct Problem {
    /// Who answered whom.
    pub direction: &'static str,
    /// The name of the condition.
    pub condition: String,
    /// The provider that said so; empty for replies of our own server.
    pub provider: String,
    /// The reply code, or 101 or 111; `None` if the log names none.
    pub code: Option<u16>,
    /// How often.
    pub count: u64,
    /// What is wrong, in a few words.
    pub short: String,
    /// What to do first.
    pub first_step: String,
}

impl Problems {
    /// Counts a failed reply.
    pub fn count(&mut self, event: &Event<'_>, times: u64) {
        let Some(condition) = event.condition.filter(|_| !event.duplicate) else {
            return;
        };
        let is_outbound = event.direction == Direction::Outbound;
        // A delivery that was not tried repeats a reply that was counted.
        if is_outbound && event.code.is_none() {
            return;
        }
        let provider = if is_outbound { event.provider.0 } else { 0 };
        let direction = event.direction.index() as u8;
        let code = event.code.unwrap_or_default();
        let mut key = (direction, condition.0, provider, code);
        if self.counts.len() >= MAX_PROBLEMS && !self.counts.contains_key(&key) {
            key.3 = 0;
        }
        *self.counts.entry(key).or_default() += times;
    }

    /// The worst problems: those with our own deliveries come before what our server rejects, which is mostly its
    /// purpose; then the more frequent ones.
    pub fn worst(
        &self,
        count: usize,
        catalog: &Catalog,
        providers: &Providers,
        language: Language,
    ) -> Vec<Problem> {
        let mut problems: Vec<(&Key, &u64)> = self.counts.iter().collect();
        let is_mild = |condition: u8| {
            let condition = catalog.conditions().get(usize::from(condition));
            condition.is_none_or(|it| it.severity == Severity::Info)
        };
        problems.sort_by_key(|(key, count)| {
            let inbound = usize::from(key.0) == Direction::Inbound.index();
            (inbound, is_mild(key.1), std::cmp::Reverse(**count), **key)
        });
        let worst = problems.into_iter().take(count);
        worst
            .map(|(&(direction, condition, provider, code), &count)| {
                let direction = Direction::ALL[usize::from(direction)];
                let condition = catalog.conditions().get(usize::from(condition));
                let name = condition.map_or("other", |it| it.name.as_str());
                let provider = match direction {
                    Direction::Outbound => providers.name(crate::catalog::ProviderId(provider)),
                    _ => "",
                };
                Problem {
                    direction: direction.name(),
                    condition: name.to_owned(),
                    provider: provider.to_owned(),
                    code: Some(code).filter(|code| *code > 0),
                    count,
                    short: condition
                        .map_or_else(String::new, |it| language.of(&it.short).to_owned()),
                    first_step: first_step(catalog, name, direction, language),
                }
            })
            .collect()
    }
}

/// What to do first about a condition.
fn first_step(
    catalog: &Catalog,
    condition: &str,
    direction: Direction,
    language: Language,
) -> String {
    // The advice is about what this server sends.
    let advice = Advice::of(condition).filter(|_| direction == Direction::Outbound);
    let first = advice
        .and_then(|advice| advice.first.as_ref())
        .and_then(|text| Subjects::default().fill_text(text, language));
    let remedy = || {
        let mut conditions = catalog.conditions().iter();
        let condition = conditions.find(|it| it.name == condition)?;
        let remedy = language.of(&condition.remedy);
        Some(first_sentence(about(remedy, direction, language)).to_owned())
    };
    capitalized(&first.or_else(remedy).unwrap_or_default())
}

/// A text that begins with a capital letter.
fn capitalized(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|first| first.to_uppercase());
    first.into_iter().flatten().chain(letters).collect()
}

/// The part of a remedy that is about a direction, if it says so: `Outbound: …. Inbound: ….`
fn about(remedy: &str, direction: Direction, language: Language) -> &str {
    let label = match (direction, language) {
        (Direction::Outbound, Language::En) => "Outbound: ",
        (Direction::Outbound, Language::Zh) => "出站：",
        (Direction::Inbound, Language::En) => "Inbound: ",
        (Direction::Inbound, Language::Zh) => "入站：",
        (Direction::Local, _) => return remedy,
    };
    remedy.split_once(label).map_or(remedy, |it| it.1)
}

/// The first sentence of a text.
fn first_sentence(text: &str) -> &str {
    let end = text.find("。").or_else(|| text.find(". "));
    end.map_or(text, |end| &text[..end]).trim_end_matches('.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_step_is_about_the_direction_of_the_replies() {
        let step = |direction, language| {
            first_step(Catalog::embedded(), "relay_denied", direction, language)
        };
        let inbound = step(Direction::Inbound, Language::En);
        assert!(
            inbound.starts_with("Add the domain if it is yours"),
            "{inbound}"
        );
        let outbound = step(Direction::Outbound, Language::En);
        assert!(!outbound.contains("bound:"), "{outbound}");
        let chinese = step(Direction::Inbound, Language::Zh);
        assert!(
            !chinese.contains("出站") && !chinese.contains("入站"),
            "{chinese}"
        );
    }
}
