//! What a log says about the mail of its time span: how many messages, when, from whom and to whom, what failed, and what
//! the server complains about.
//!
//! `collector` takes the events and facts of a log. `messages` follows messages by their queue ids, `calendar` counts
//! by hour and day, `table` counts names in bounded memory, `mail` has the tables of senders, recipients and clients,
//! `reasons` those of failures and diagnostics, `sessions` and `connections` the sessions of clients; `problems` knows what failed most. `summary`
//! is the result.

mod calendar;
mod collector;
mod connections;
mod diagnostics;
mod host_domain;
mod hosts;
mod mail;
mod messages;
mod problems;
mod reasons;
mod sessions;
mod summary;
mod table;

pub use calendar::Traffic;
pub use collector::{Collector, CollectorOptions, SummaryOptions};
pub use problems::Problem;
pub use summary::{
    Complaint, ConnectionRow, ConnectionTime, Day, DomainRow, Hour, MessageTotals, NameRow,
    Reasons, ReplyRow, Summary, Top,
};
