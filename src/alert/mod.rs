//! Alerting without Prometheus: the alert policy evaluated over the counters, by the time of the log lines.
//!
//! `signal` reads totals from the counters, `history` keeps their past, `rule` evaluates one rule over them, `active`
//! tracks pending and firing alerts, and `evaluator` drives all of them through time; `providers` and `health` are the
//! histories per provider and of the exporter itself. `texts` has the texts that are shared with the Prometheus rules,
//! `figures` describes a rule for people, and `notify` is the Alertmanager client.

mod active;
mod evaluator;
pub mod figures;
mod health;
mod history;
pub mod notify;
mod providers;
mod rule;
mod signal;
#[cfg(test)]
mod tests;
pub mod texts;

pub use active::Active;
pub use evaluator::{AlertSnapshot, Evaluator};
pub use health::Health;
pub use rule::Figures;
pub use texts::Words;
