//! The pages of codes and conditions: what each means, who should act and what to do, with what is measured now.
//!
//! `facts`, `evidence` and `listing` gather the content from the catalog and the counts; `page`, `evidence_page`,
//! `advice`, `reference` and `index` make pages of it, and `json` makes JSON.

mod advice;
mod evidence;
mod evidence_page;
#[cfg(test)]
mod evidence_tests;
mod facts;
mod index;
mod json;
mod listing;
mod measured;
mod measured_json;
mod page;
mod reference;
#[cfg(test)]
mod tests;

pub use evidence::{Count, Text, hide_samples};
pub use evidence_page::{names_table, texts_block, window_name};
use facts::Facts;
pub use page::compare;

use super::context::Context;
use super::privacy::Privacy;
use crate::metrics::View;

/// A page or a JSON document.
pub struct Rendered {
    /// The body of the response.
    pub body: String,
    /// False if the requested name is unknown; the body says so.
    pub found: bool,
}

/// The page of all codes and conditions.
pub fn index(context: &Context<'_>) -> String {
    index::page(context, None)
}

/// The page of one code or condition, by its name in the URL.
pub fn page(context: &Context<'_>, name: &str) -> Rendered {
    match facts_of(context, name) {
        Some(facts) => Rendered {
            body: page::page(context, &facts),
            found: facts.is_valid(),
        },
        None => Rendered {
            body: index::page(context, Some(name)),
            found: false,
        },
    }
}

/// The chart of one code or condition as PNG, by its name in the URL; `None` if it has none.
pub fn picture(context: &Context<'_>, name: &str) -> Option<Vec<u8>> {
    let facts = facts_of(context, name)?;
    page::picture(context, &facts).filter(|_| facts.is_valid())
}

/// The JSON document of one code or condition, by its name in the URL.
pub fn json(context: &Context<'_>, name: &str) -> Rendered {
    let facts = facts_of(context, name);
    Rendered {
        found: facts.as_ref().is_some_and(Facts::is_valid),
        body: facts.map_or_else(
            || json::not_found(name),
            |facts| json::json(context, &facts),
        ),
    }
}

/// The facts about a code or condition, as far as they may be shown.
fn facts_of<'a>(context: &Context<'a>, name: &str) -> Option<Facts<'a>> {
    let mut facts = Facts::of(context.view, name, context.as_of())?;
    if context.settings.privacy == Privacy::None {
        facts.evidence.hide_names();
    }
    Some(facts)
}

/// The JSON document of all codes and conditions.
pub fn index_json(view: &View) -> String {
    json::index(view.counters.catalog, &listing::all(view))
}
