//! # maillog_exporter
//!
//! Reads mail server logs as they grow, counts every SMTP reply code in them and serves the counts
//! to Prometheus, together with what each code means and what to do about it.
//!
//! The modules below stand in the order in which a line passes through them:
//!
//! ```text
//! source ── bytes ──▶ parse ── Event ──▶ metrics ──▶ state ──▶ web
//!                       ▲                    ▲
//!                    catalog              engine (the one thread that owns sources and counters)
//! ```
//!
//! `parse` does no I/O and knows no metrics; `source` knows bytes and no codes; `catalog` knows
//! nothing but its own data. ARCHITECTURE.md has the whole picture.

pub mod source;

pub mod parse;

pub mod catalog;

pub mod metrics;

pub mod state;

pub mod alert;

pub mod showq;

pub mod engine;

pub mod web;

pub mod generate;

pub mod config;

pub mod zone;

pub mod logging;

pub mod service;

mod bind;

mod keyfile;

mod simd;

mod stable_hash;

mod regular_file;

mod yaml;

pub mod cli;
