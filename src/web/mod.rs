//! What is served over HTTP, and how.
//!
//! Requests are answered from a [`View`](crate::metrics::View) that the engine hands out; nothing
//! here reaches into a source or a counter.

mod access;
mod api;
mod encoding;
mod html;
mod listen;
mod page;
mod reader;
mod routes;
mod runbook;
mod server;
mod weight;

pub use access::Access;
pub use listen::{BadAddress, ListenAddress};
pub use routes::Site;
pub use server::{Bound, Server};
