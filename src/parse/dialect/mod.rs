//! The mail servers whose logs are read, one file or folder each.
//!
//! A new server implements [`Dialect`](api::Dialect) and is registered with one line in `list`; nothing
//! else in the tree changes.

mod amavis;
pub(in crate::parse) mod api;
mod courier;
mod custom;
mod dma;
mod dovecot;
mod exchange;
mod exim;
mod groupwise;
mod halon;
mod haraka;
mod hmailserver;
mod iis_smtp;
mod ironport;
mod james;
mod kumomta;
mod list;
mod mailenable;
mod mdaemon;
mod msmtp;
mod mta;
mod nullmailer;
mod opensmtpd;
mod postfix;
mod powermta;
mod qmail;
mod registry;
mod rspamd;
mod sendmail;
mod stalwart;
mod zone_mta;

pub use api::AgentDef;
pub(in crate::parse) use api::{Confidence, Record};
pub use custom::{Pattern, PatternSettings, Patterns, group_names};
pub use mta::{Agent, Mta};
pub(in crate::parse) use postfix::{PostfixState, Prescan, PrescanVisitor, read_prescanned};
pub(in crate::parse) use registry::DialectState;
