//! What codes mean and what to do about them: the one source of every text, class and threshold.
//!
//! It imports nothing of this crate, so that parsers, metrics, pages and generated files can all
//! stand on it.

mod data;

pub use data::{Catalog, ConditionId, ProviderId, Providers};
