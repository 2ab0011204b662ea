//! What codes mean and what to do about them: the one source of every text, class and threshold.
//!
//! It imports nothing of this crate but `marks`, so that parsers, metrics, pages and generated files can
//! all stand on it.

mod classify;
mod data;
mod lookup;
mod phrases;
mod policy;
mod providers;
#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
mod topic;

pub use data::{
    Actor, Catalog, Code, Condition, ConditionId, DocumentRow, Enhanced, Kind, Language, Provider,
    ProviderId, Severity, Text,
};
pub use policy::{Alert, Change, Compared, Policy, Side, Span, Watch};
pub use providers::{Providers, ProvidersError};
pub use topic::{EnhancedTopic, Explanation, Topic, first_digit, first_digit_of_both, subject};
