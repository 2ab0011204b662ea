//! The mail servers whose logs are read, one file or folder each.
//!
//! A new server implements [`Dialect`](api::Dialect) and is registered with one line in `list`; nothing
//! else in the tree changes.

pub(in crate::parse) mod api;
mod exim;
mod halon;
mod haraka;
mod kumomta;
mod list;
mod mta;
mod postfix;
mod registry;
mod stalwart;
mod zone_mta;

pub use api::AgentDef;
pub(in crate::parse) use api::{Confidence, Record};
pub use mta::{Agent, Mta};
pub(in crate::parse) use postfix::{PostfixState, Prescan, read_prescanned};
pub(in crate::parse) use registry::DialectState;

/// Whether a syslog tag is that of a mail transfer agent which no dialect reads.
pub(in crate::parse) fn is_unsupported(tag: &[u8]) -> bool {
    list::UNSUPPORTED.contains(&tag)
}
