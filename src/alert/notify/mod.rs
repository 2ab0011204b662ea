//! Alertmanager client: every alert is sent to every configured Alertmanager (API v2).
//!
//! It runs on a thread of its own, so that an Alertmanager that is down or slow never blocks the engine. Each
//! Alertmanager has a task (`sender.rs`) and a bounded queue (`queue.rs`) of its own, so none waits for another.
//! `request.rs` makes one request; `url.rs`, `tls.rs` and `credentials.rs` are its settings.

mod credentials;
mod notification;
mod notifier;
mod peer;
mod queue;
mod request;
mod sender;
#[cfg(test)]
mod tests;
mod tls;
mod url;

pub use credentials::{Auth, Secret};
pub use notification::Notification;
pub use notifier::{Notifier, start};
pub use peer::{DEFAULT_TIMEOUT, Peer};
pub use queue::QUEUE_CAPACITY;
pub use request::{Failure, get};
pub use tls::Tls;
pub use url::BaseUrl;
