//! What is served over HTTP, and how.
//!
//! Requests are answered from a [`View`](crate::metrics::View) that the engine hands out; nothing
//! here reaches into a source or a counter.

mod api;
mod encoding;
mod listen;
mod page;
mod routes;
mod server;

pub use listen::{BadAddress, ListenAddress};
pub use routes::Site;
pub use server::{Bound, Server};
