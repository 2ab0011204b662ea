//! # maillog_exporter
//!
//! Follows mail server logs, counts every SMTP reply code in them, and serves the counts to Prometheus, together with
//! the meaning of each code and what to do about it.
//!
//! The first modules are in the order in which a line passes through them:
//!
//! ```text
//! source ── bytes ──▶ parse ── Event ──▶ metrics ──▶ state ──▶ web
//!                       ▲                    ▲
//!                    catalog              engine (the one thread that owns sources and counters)
//! ```
//!
//! `parse` does no I/O and does not depend on metrics; `source` does not depend on codes; `catalog` depends only on its
//! data. ARCHITECTURE.md describes the structure in detail.

pub mod source;

pub mod parse;

pub mod catalog;

pub mod metrics;

pub mod insight;

pub mod report;

pub mod state;

pub mod alert;

pub mod backfill;

pub mod queue;

pub mod engine;

pub mod web;

pub mod generate;

pub mod traced;

pub mod config;

pub mod zone;

pub mod logging;

pub mod service;

pub mod build_info;

mod bind;

mod descriptors;

mod mounts;

#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;

mod keyfile;

mod tls;

mod sandbox;

mod simd;

mod stable_hash;

mod regular_file;

mod serde_bytes;

mod yaml;

pub mod cli;
