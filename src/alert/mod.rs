//! Alerts that the exporter raises itself.
//!
//! It reads copies of the counts and never reaches into a source or a line.

pub mod notify;
