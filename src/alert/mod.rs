//! When somebody is woken, and with which words.
//!
//! The policy is the catalog's; here it is evaluated over the counters, by the lines' own time, for
//! hosts whose Prometheus nobody can add rules to, and over old logs by `replay`. `signal` reads
//! numbers from the counters, `history` remembers them, `rule` asks the policy, `active` knows what
//! fires, and `evaluator` goes through time with all of them; `providers` and `health` are its numbers
//! of other kinds. `texts` has the words that all of this shares with Prometheus' rules, and `notify`
//! tells Alertmanagers; `outline` tells people when a rule would fire.

mod active;
mod evaluator;
mod health;
mod history;
pub mod notify;
pub mod outline;
mod providers;
mod rule;
mod signal;
#[cfg(test)]
mod tests;
pub mod texts;

pub use active::Active;
pub use evaluator::{Evaluator, Image};
pub use health::Health;
pub use rule::Figures;
pub use texts::Words;
