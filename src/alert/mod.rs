//! Alerting without Prometheus: the alert policy evaluated over the counters, by the time of the log lines.
//!
//! `totals` reads what signals count, `recent` and `usual` (`weeks`, `surge`) keep their past, and `evidence` judges
//! each with `series` and `bounds`; `sender_surges` (`sender_history`) finds the sender domain that sends far more than usual. `rule` evaluates one rule over the evidence, `active` tracks pending and firing alerts,
//! `inhibition` decides which are silenced, and `evaluator` drives all of them through time; `leading` knows what
//! their texts name. `health` is the history of the exporter itself (`history`), and `habits` what is usual
//! for its sources (`source_habits`) and for the queues (`queue_habits`, `level_history`). `texts` has the texts that are shared
//! with the Prometheus rules, `words` fills them with figures, `figures` describes a rule for people, and `notify` is the Alertmanager client.

mod active;
mod bounds;
mod evaluator;
mod evidence;
pub mod figures;
mod habits;
mod health;
mod history;
mod inhibition;
mod leading;
mod level_history;
pub mod notify;
mod queue_habits;
mod recent;
mod rule;
mod sender_history;
mod sender_surges;
mod series;
mod source_habits;
mod surge;
#[cfg(test)]
mod tests;
pub mod texts;
mod totals;
mod usual;
mod weeks;
mod words;

pub use active::{Active, Ended};
pub use evaluator::{AlertSnapshot, Evaluator, GROUP_WAIT, Nearness};
pub use habits::HabitsSnapshot;
pub use health::Health;
pub use recent::STEP;
pub use rule::Figures;
pub use sender_surges::SenderSnapshot;
pub use series::Judgement;
pub use words::Words;
