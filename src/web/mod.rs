//! The HTTP server: metrics, pages and JSON.
//!
//! Requests are answered from a [`View`](crate::metrics::View) that the engine provides. Nothing here
//! accesses a source or a counter.

mod accept_rate;
mod access;
mod activity;
mod alert_list;
mod alert_pages;
mod alerts;
mod api;
mod assets;
mod cause;
mod chart;
mod connections;
mod context;
mod encoding;
mod exposition_format;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod fuzzing;
mod language;
mod layout;
mod listen;
pub mod numbers;
mod past;
mod peer;
mod picture;
mod plain_text;
mod privacy;
mod provider_facts;
mod provider_pages;
mod qvalue;
mod rejections;
mod reload;
mod reply_classes;
mod respond;
mod response;
mod route;
mod runbook;
mod server;
mod site;
mod situation;
mod status;
#[cfg(test)]
pub(crate) mod test_support;
mod trace_page;

pub use access::Access;
pub use context::SiteSettings;
pub use listen::{BadAddress, ListenAddress};
pub use privacy::Privacy;
pub use reload::{ReloadRequest, ReloadResult, Reloads};
pub use server::{Bound, Server};
pub use site::Site;
pub use status::{
    AlertEntry, CodeEntry, DeliveryEntry, ProviderEntry, QueueEntry, ReplySeries, SourceEntry,
    StateEntry, StatusDocument, status_of,
};
pub use trace_page::{Tracer, Tracing};
