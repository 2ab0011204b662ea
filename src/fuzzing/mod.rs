//! What the fuzz targets in `fuzz/` run.
//!
//! Each function takes any bytes as one kind of input from outside, and panics if that input breaks a promise. The
//! targets only hand over the bytes, so that the tests can run every seed and every input that once failed.

mod log;
#[cfg(test)]
mod tests;

pub use crate::config::fuzzing::config;
pub use crate::source::fuzzing::{compressed, container, journald, syslog_framing};
pub use crate::state::fuzzing::snapshot;
pub use crate::web::fuzzing::{http, web_config};
pub use log::{dialect, line};

/// A fuzz target: its name, and what it runs.
pub type Target = (&'static str, fn(&[u8]));

/// All targets. Each has a file in `fuzz/fuzz_targets` and a directory in `fuzz/seeds`.
pub const TARGETS: [Target; 10] = [
    ("compressed", compressed),
    ("config", config),
    ("container", container),
    ("dialect", dialect),
    ("http", http),
    ("journald", journald),
    ("line", line),
    ("snapshot", snapshot),
    ("syslog_framing", syslog_framing),
    ("web_config", web_config),
];
