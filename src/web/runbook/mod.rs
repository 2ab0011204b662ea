//! The runbook: what each code and alert rule means, who should act and what to do, with the counts of
//! the moment.
//!
//! `facts`, `evidence` and `listing` gather the content from the catalog and the counts; `page`, `evidence_page`, `index` and
//! `alerts` make pages of it, and `json` makes JSON.

mod alerts;
mod evidence;
mod evidence_page;
#[cfg(test)]
mod evidence_tests;
mod facts;
mod index;
mod json;
mod listing;
mod page;
#[cfg(test)]
mod tests;

use facts::Facts;

use super::language::PageLanguage;
use crate::catalog::Policy;
use crate::metrics::View;

/// A page or a JSON document.
pub struct Rendered {
    /// The body of the response.
    pub body: String,
    /// False if the requested name is unknown; the body says so.
    pub found: bool,
}

/// The page of all codes and conditions.
pub fn index(view: &View, language: PageLanguage) -> String {
    index::page(view, language, None)
}

/// The page of one code or condition, by its name in the URL. `now` is in seconds since 1970.
pub fn page(view: &View, name: &str, language: PageLanguage, now: i64) -> Rendered {
    match Facts::of(view, name, now) {
        Some(facts) => Rendered {
            body: page::page(&facts, language),
            found: facts.is_valid(),
        },
        None => Rendered {
            body: index::page(view, language, Some(name)),
            found: false,
        },
    }
}

/// The JSON document of one code or condition, by its name in the URL.
pub fn json(view: &View, name: &str, now: i64) -> Rendered {
    let facts = Facts::of(view, name, now);
    Rendered {
        found: facts.as_ref().is_some_and(Facts::is_valid),
        body: facts.map_or_else(|| json::not_found(name), |facts| json::json(&facts)),
    }
}

/// The JSON document of all codes and conditions.
pub fn index_json(view: &View) -> String {
    json::index(view.counters.catalog, &listing::all(view))
}

/// The page of all alert rules.
pub fn alerts(policy: &Policy, language: PageLanguage) -> String {
    alerts::index(policy, language, None)
}

/// The page of one alert rule, by its name in the URL.
pub fn alert(policy: &Policy, name: &str, language: PageLanguage) -> Rendered {
    let page = alerts::page(policy, name, language);
    Rendered {
        found: page.is_some(),
        body: page.unwrap_or_else(|| alerts::index(policy, language, Some(name))),
    }
}
