//! When somebody is woken, and with which words.
//!
//! The policy is the catalog's; here it is evaluated over the counters, by the lines' own time, for
//! hosts whose Prometheus nobody can add rules to, and over old logs by `replay`. `texts` has the
//! words that both share with Prometheus' rules.

pub mod texts;
