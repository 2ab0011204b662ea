//! The pages of alerts: what fires, is pending and has ended, and how near each rule is to its threshold.

mod ended;
mod index;
mod json;
mod rule;
mod rules;
#[cfg(test)]
mod tests;

use super::context::Context;
use super::runbook::Rendered;
pub use json::json;

/// The page of all alerts and rules.
pub fn index(context: &Context<'_>) -> String {
    index::page(context, None)
}

/// The chart of one rule as PNG, by its name in the URL; `None` if it has none.
pub fn picture(context: &Context<'_>, name: &str) -> Option<Vec<u8>> {
    rule::picture(context, name)
}

/// The page of one rule, by its name in the URL.
pub fn page(context: &Context<'_>, name: &str) -> Rendered {
    let page = rule::page(context, name);
    Rendered {
        found: page.is_some(),
        body: page.unwrap_or_else(|| index::page(context, Some(name))),
    }
}
