//! What happened in a minute, or since the start.

use std::collections::BTreeMap;

use crate::catalog::{Language, Providers};
use crate::cli::labels;
use crate::parse::{Event, Outcome};
use crate::web::numbers::thousands;

/// How many codes and providers are named.
const MAX_NAMES: usize = 3;

/// Counts of printed events.
#[derive(Clone, Debug, Default)]
pub struct Summary {
    outcomes: [u64; Outcome::ALL.len()],
    codes: BTreeMap<u16, u64>,
    /// Failures by provider.
    providers: BTreeMap<String, u64>,
}

impl Summary {
    /// Counts an event.
    pub fn count(&mut self, event: &Event<'_>, providers: &Providers) {
        self.outcomes[event.outcome as usize] += 1;
        if event.outcome == Outcome::Sent {
            return;
        }
        if let Some(code) = event.code {
            *self.codes.entry(code).or_default() += 1;
        }
        let provider = providers.name(event.provider);
        if event.condition.is_some() && provider != "other" {
            *self.providers.entry(provider.to_owned()).or_default() += 1;
        }
    }

    /// Whether nothing was counted.
    pub fn is_empty(&self) -> bool {
        self.outcomes.iter().all(|count| *count == 0)
    }

    /// One line: `sent 120, deferred 37; 421 ×37; google ×37`.
    pub fn text(&self, language: Language) -> String {
        let counts = Outcome::ALL.into_iter().zip(self.outcomes);
        let counts = counts.filter(|(_, count)| *count > 0);
        let counts = counts.map(|(outcome, count)| {
            let name = labels::outcome(outcome.name(), language);
            format!("{name} {}", thousands(count))
        });
        let (comma, semicolon) = match language {
            Language::En => (", ", "; "),
            Language::Zh => ("，", "；"),
        };
        let codes = self
            .codes
            .iter()
            .map(|(code, count)| (code.to_string(), *count));
        let providers = self
            .providers
            .iter()
            .map(|(name, count)| (name.clone(), *count));
        let parts = [
            counts.collect::<Vec<_>>().join(comma),
            most(codes.collect(), comma),
            most(providers.collect(), comma),
        ];
        let parts = parts.into_iter().filter(|it| !it.is_empty());
        parts.collect::<Vec<_>>().join(semicolon)
    }
}

/// The most frequent names.
fn most(mut names: Vec<(String, u64)>, comma: &str) -> String {
    names.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
    let shown = names.iter().take(MAX_NAMES);
    let shown: Vec<String> = shown
        .map(|(name, count)| format!("{name} ×{}", thousands(*count)))
        .collect();
    shown.join(comma)
}
