//! The result: figures as the report prints them, and as its JSON has them.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

use super::calendar::Traffic;
use super::problems::Problem;
use super::sessions::SessionTotals;

/// What a log says about the mail of its time span.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Summary {
    /// The time of the first line.
    pub from: Option<Timestamp>,
    /// The time of the last line.
    pub to: Option<Timestamp>,
    /// How much mail.
    pub messages: MessageTotals,
    /// The largest rows of the tables.
    pub top: Top,
    /// The hours of the day, each the sum over all days.
    pub hours: Vec<Hour>,
    /// The days.
    pub days: Vec<Day>,
    /// The host names in the syslog headers, in the order of their first lines.
    pub hosts: Vec<String>,
    /// What failed most, the worst first.
    pub problems: Vec<Problem>,
    /// Why mail failed.
    pub reasons: Reasons,
    /// Connections, authentication, TLS, postscreen.
    pub sessions: SessionTotals,
    /// How long clients stay connected.
    pub connection_time: ConnectionTime,
    /// Delivered messages whose sender the log does not name.
    pub without_sender: WithoutSender,
}

/// How much mail. The figures of Postfix are those of pflogsumm.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct MessageTotals {
    /// Messages received from clients and local programs.
    pub received: u64,
    /// Deliveries, one for each recipient.
    pub delivered: u64,
    /// Deliveries to an alias or forward file, which are new messages.
    pub forwarded: u64,
    /// Messages that were deferred at least once.
    pub deferred: u64,
    /// Attempts that were deferred.
    pub deferrals: u64,
    /// Deliveries that failed permanently.
    pub bounced: u64,
    /// Commands and messages that our own server rejected.
    pub rejected: u64,
    /// What it would have rejected, but only logged.
    pub reject_warnings: u64,
    /// Messages put on hold.
    pub held: u64,
    /// Messages accepted and deleted.
    pub discarded: u64,
    /// Bytes of the messages received; 0 in a report without details.
    pub bytes_received: u64,
    /// Bytes of the messages delivered, once for each recipient; 0 in a report without details.
    pub bytes_delivered: u64,
    /// Messages returned after the maximum time in the queue.
    pub expired: u64,
}

/// The largest rows of the tables, and what is known of their size.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Top {
    /// Senders by messages.
    pub senders: Vec<NameRow>,
    /// Recipients by deliveries.
    pub recipients: Vec<NameRow>,
    /// Domains of senders, or of clients whose mail has no sender.
    pub sender_domains: Vec<NameRow>,
    /// Domains of recipients.
    pub recipient_domains: Vec<DomainRow>,
    /// Clients by messages.
    pub clients: Vec<NameRow>,
    /// Reply texts.
    pub replies: Vec<ReplyRow>,
    /// How many different names each table has.
    pub distinct: BTreeMap<&'static str, u64>,
    /// The tables that did not fit into memory: by how much the count of each row may be too small, if that is known.
    pub estimates: BTreeMap<&'static str, Option<u64>>,
}

/// Mail of one sender, recipient, domain or client.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NameRow {
    /// The address, domain or host.
    pub name: String,
    /// Messages, or deliveries to a recipient.
    pub messages: u64,
    /// Their bytes.
    pub bytes: u64,
    /// What our server rejected of a client.
    #[serde(skip_serializing_if = "is_zero")]
    pub rejected: u64,
}

fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// Deliveries to one domain.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DomainRow {
    /// The domain.
    pub name: String,
    /// Deliveries.
    pub sent: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Attempts that were deferred.
    pub deferred: u64,
    /// The mean delay of what was sent, in seconds.
    pub delay_avg: f64,
    /// The longest delay of what was sent or deferred, in seconds.
    pub delay_max: f64,
    /// Deliveries that failed permanently.
    pub bounced: u64,
}

/// Replies or failures with one text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ReplyRow {
    /// The reply code, or 101 or 111; `None` if the log names none.
    pub code: Option<u16>,
    /// The enhanced status code in the text.
    pub enhanced: Option<String>,
    /// The provider of the remote host; empty for replies of our own server.
    pub provider: String,
    /// The text without what differs from reply to reply.
    pub text: String,
    /// How often.
    pub count: u64,
    /// Who answered whom.
    pub direction: &'static str,
    /// The outcome of the delivery or command.
    pub outcome: &'static str,
    /// The condition of the catalog.
    pub condition: Option<String>,
    /// The agent of a deferral, the remote host of a bounce, the SMTP stage of a reject.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
}

/// Why mail failed, by kind.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Reasons {
    /// Deferrals.
    pub deferred: Vec<ReplyRow>,
    /// Bounces and expiries.
    pub bounced: Vec<ReplyRow>,
    /// Rejects of our own server.
    pub rejected: Vec<ReplyRow>,
    /// Failed attempts that are not final.
    pub attempts: Vec<ReplyRow>,
    /// What was held, discarded or let through with a warning.
    pub actions: Vec<Complaint>,
    /// Warnings, errors, fatal errors and panics.
    pub diagnostics: Vec<Complaint>,
}

/// A diagnostic of the server, or an action on messages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Complaint {
    /// The level of the diagnostic, or the name of the action.
    pub level: String,
    /// The program that wrote it; empty if unknown.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub program: String,
    /// The text without what differs from line to line.
    pub text: String,
    /// How often.
    pub count: u64,
}

/// An hour of the day.
#[derive(Clone, Debug, Serialize)]
pub struct Hour {
    /// 0 to 23.
    pub hour: u8,
    /// What happened in it.
    #[serde(flatten)]
    pub traffic: Traffic,
}

/// A day.
#[derive(Clone, Debug, Serialize)]
pub struct Day {
    /// As `2026-11-20`.
    pub date: String,
    /// What happened on it.
    #[serde(flatten)]
    pub traffic: Traffic,
}

/// How long clients stay connected to Postfix's SMTP server. Only connections whose end is logged count.
#[derive(Clone, Debug, Default, Serialize)]
pub struct ConnectionTime {
    /// How many.
    pub connections: u64,
    /// Their total time.
    pub seconds: u64,
    /// The longest one, in seconds.
    pub longest: u64,
    /// By domain of the client.
    pub clients: Vec<ConnectionRow>,
}

/// The connections of the clients of one domain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ConnectionRow {
    /// The domain, or the address of a client without a name.
    pub name: String,
    /// How many.
    pub connections: u64,
    /// Their total time.
    pub seconds: u64,
    /// The longest one, in seconds.
    pub longest: u64,
}

/// Delivered messages whose sender the log does not name: their size is unknown.
#[derive(Clone, Debug, Default, Serialize)]
pub struct WithoutSender {
    /// How many.
    pub messages: u64,
    /// The first of them: queue id and recipient.
    pub first: Vec<(String, String)>,
}
