//! The runbook: what each code means, who has to act, what to do, and how it stands right now.
//!
//! An alert links to these pages; `alerts` is when there will be one. `facts` gathers what there is to say from the catalog and a
//! moment's counts; `page` and `index` set it for a person, with the labels of `words`, and `json`
//! for a program.

mod alerts;
mod facts;
mod index;
mod json;
mod page;
#[cfg(test)]
mod tests;
mod words;

use facts::Facts;

use super::reader::Reader;
use crate::catalog::Policy;
use crate::metrics::View;

/// A page or its JSON, and whether there is such a code.
pub struct Answered {
    /// The body.
    pub body: String,
    /// False: what was asked for is not known, and the body says so.
    pub found: bool,
}

/// The page of all codes.
pub fn index(view: &View, reader: Reader) -> String {
    index::page(view, reader, None)
}

/// The page of what `asked` names, as it stands in the address. `now` is in seconds since 1970.
pub fn page(view: &View, asked: &str, reader: Reader, now: i64) -> Answered {
    match Facts::of(view, asked, now) {
        Some(facts) => Answered {
            body: page::page(&facts, reader),
            found: facts.possible(),
        },
        None => Answered {
            body: index::page(view, reader, Some(asked)),
            found: false,
        },
    }
}

/// The same as JSON.
pub fn json(view: &View, asked: &str, now: i64) -> Answered {
    let facts = Facts::of(view, asked, now);
    Answered {
        found: facts.as_ref().is_some_and(Facts::possible),
        body: facts.map_or_else(|| json::not_found(asked), |facts| json::json(&facts)),
    }
}

/// The page of all codes as JSON.
pub fn index_json(view: &View) -> String {
    json::index(view.counters.catalog, &index::items(view))
}

/// The page of all alerts.
pub fn alerts(policy: &Policy, reader: Reader) -> String {
    alerts::index(policy, reader, None)
}

/// The page of the alert with this name, as it stands in the address.
pub fn alert(policy: &Policy, asked: &str, reader: Reader) -> Answered {
    let page = alerts::page(policy, asked, reader);
    Answered {
        found: page.is_some(),
        body: page.unwrap_or_else(|| alerts::index(policy, reader, Some(asked))),
    }
}
