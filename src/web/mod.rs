//! The HTTP server: metrics, status page, runbook pages and JSON.
//!
//! Requests are answered from a [`View`](crate::metrics::View) that the engine provides. Nothing here
//! accesses a source or a counter.

mod access;
mod activity;
mod api;
mod connections;
mod encoding;
mod evidence_labels;
mod labels;
mod language;
mod layout;
mod listen;
mod numbers;
mod qvalue;
mod response;
mod route;
mod runbook;
mod server;
mod site;
mod status;

pub use access::Access;
pub use listen::{BadAddress, ListenAddress};
pub use server::{Bound, Server};
pub use site::Site;
