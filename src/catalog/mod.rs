//! The catalog: what reply codes, enhanced status codes and conditions mean and what to do about them, which
//! hosts belong to which provider, and the alert policy. It is the only source of these texts and figures.
//!
//! It imports nothing of this crate but the SIMD masks of `simd`, so every other module can use it.

mod blocklists;
mod classify;
mod commands;
mod digits;
mod entries;
mod explain;
mod lookup;
mod phrases;
mod policy;
mod providers;
mod rules;
#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
mod topic;
pub mod traditional;
mod units;
mod vocabulary;

pub use commands::{Advice, Step, Subjects, servers as commanded_servers};
pub use digits::{first_digit, first_digit_of_both, subject};
pub use entries::{
    Blocklist, BlocklistId, Code, Condition, ConditionId, DocumentRow, Enhanced, Provider,
    ProviderId, ProviderLink,
};
pub use explain::Explanation;
pub use lookup::Catalog;
pub use policy::{Change, Policy};
pub use providers::{Providers, ProvidersError};
pub use rules::{Alert, Also, Counted, Explained, Inhibition, Side, Signal, Watch};
pub use topic::{EnhancedTopic, Topic};
pub use units::{Span, grouped, percentage};
pub use vocabulary::{Actor, Cause, Kind, Language, Severity, Text};
