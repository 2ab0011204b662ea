//! The tables of senders, recipients, their domains, and clients.

use super::host_domain;
use super::messages::Messages;
use super::summary::{DomainRow, NameRow, Top};
use super::table::{Figures, Table};
use crate::parse::{Event, Mta};

/// The name of the null sender.
const NULL_SENDER: &[u8] = b"<>";

/// The longest name that is kept, in bytes: an address has at most 320 (RFC 3696, erratum 1003).
const MAX_NAME: usize = 320;

/// How many messages without a sender record are listed.
const LISTED: usize = 20;

/// Mail of one sender, recipient or client.
#[derive(Clone, Copy, Default)]
pub(super) struct Volume {
    pub messages: u64,
    pub bytes: u64,
    /// What our server rejected, for clients.
    pub rejected: u64,
}

impl Figures for Volume {
    fn weight(&self) -> u64 {
        self.messages + self.rejected
    }

    fn add(&mut self, other: &Self) {
        self.messages += other.messages;
        self.bytes += other.bytes;
        self.rejected += other.rejected;
    }
}

/// Deliveries to one domain.
#[derive(Clone, Copy, Default)]
pub(super) struct Deliveries {
    pub sent: u64,
    pub bytes: u64,
    pub deferred: u64,
    pub bounced: u64,
    /// The sum of the delays of what was sent, in microseconds.
    delay: u64,
    /// The longest delay of what was sent or deferred, in microseconds.
    longest: u64,
}

impl Figures for Deliveries {
    fn weight(&self) -> u64 {
        self.sent + self.deferred + self.bounced
    }

    fn add(&mut self, other: &Self) {
        self.sent += other.sent;
        self.bytes += other.bytes;
        self.deferred += other.deferred;
        self.bounced += other.bounced;
        self.delay = self.delay.saturating_add(other.delay);
        self.longest = self.longest.max(other.longest);
    }
}

/// The tables.
pub(super) struct Mail {
    senders: Table<Volume>,
    sender_domains: Table<Volume>,
    recipients: Table<Volume>,
    recipient_domains: Table<Deliveries>,
    clients: Table<Volume>,
    /// Delivered messages whose sender the log does not name.
    pub without_sender: u64,
    /// The first of them: queue id and recipient.
    pub listed: Vec<(String, String)>,
    /// A buffer for names.
    name: Vec<u8>,
}

impl Mail {
    /// With a limit in bytes for all tables.
    pub fn new(bytes: usize) -> Self {
        Mail {
            senders: Table::new(bytes / 4),
            sender_domains: Table::new(bytes / 8),
            recipients: Table::new(bytes / 4),
            recipient_domains: Table::new(bytes / 8),
            clients: Table::new(bytes / 4),
            without_sender: 0,
            listed: Vec::new(),
            name: Vec::new(),
        }
    }

    /// A message was received from a client, as in the line, or from a local program, if it is empty.
    pub fn received(&mut self, sender: &[u8], client: &[u8], bytes: u64) {
        let count = |row: &mut Volume| {
            row.messages += 1;
            row.bytes += bytes;
        };
        let client_name = match client {
            [] => &b"local"[..],
            client => host_domain::name(client),
        };
        self.clients.update(cut(client_name), count);
        let sender = cut(sender);
        let sender = match sender {
            [] => NULL_SENDER,
            sender => {
                folded(sender, &mut self.name);
                &self.name
            }
        };
        self.senders.update(sender, count);
        let domain = match domain(sender) {
            // What has no domain counts for the client's.
            None if client.is_empty() => sender,
            None => host_domain::domain(client),
            Some(domain) => domain,
        };
        self.sender_domains.update(domain, count);
    }

    /// A message was sent by this sender: for servers that name the sender only with the delivery.
    pub fn sent_by(&mut self, sender: &[u8]) {
        let count = |row: &mut Volume| row.messages += 1;
        folded(cut(sender), &mut self.name);
        self.senders.update(&self.name, count);
        if let Some(domain) = domain(&self.name) {
            self.sender_domains.update(domain, count);
        }
    }

    /// A delivery was sent. Returns the size of the message, 0 if it is not known.
    pub fn sent(&mut self, event: &Event<'_>, messages: &mut Messages, times: u64) -> u64 {
        let bytes = self.size(event, messages) * times;
        let delay = event.delays.total.unwrap_or_default();
        if event.recipient.is_empty() {
            return bytes;
        }
        folded(cut(event.recipient), &mut self.name);
        self.recipients.update(&self.name, |row| {
            row.messages += times;
            row.bytes += bytes;
        });
        let domain = domain(&self.name).unwrap_or(&self.name);
        self.recipient_domains.update(domain, |row| {
            row.sent += times;
            row.bytes += bytes;
            row.delay = row.delay.saturating_add(delay * times);
            row.longest = row.longest.max(delay);
        });
        bytes
    }

    fn size(&mut self, event: &Event<'_>, messages: &mut Messages) -> u64 {
        // Only these log the sender in a line of the message, by its queue id.
        let has_sender_lines = matches!(event.mta(), Mta::Postfix | Mta::Exim | Mta::Sendmail);
        if event.queue_id.is_empty() || !has_sender_lines {
            return 0;
        }
        match messages.delivered(event.queue_id) {
            Ok(size) => size,
            Err(is_first) => {
                if is_first {
                    self.without_sender += 1;
                    if self.listed.len() < LISTED {
                        let text = |name| text(cut(name));
                        self.listed
                            .push((text(event.queue_id), text(event.recipient)));
                    }
                }
                0
            }
        }
    }

    /// A delivery failed, for now if `deferred`.
    pub fn failed(&mut self, event: &Event<'_>, deferred: bool, times: u64) {
        if event.recipient.is_empty() {
            return;
        }
        let delay = event.delays.total.unwrap_or_default();
        folded(cut(event.recipient), &mut self.name);
        let domain = domain(&self.name).unwrap_or(&self.name);
        self.recipient_domains.update(domain, |row| match deferred {
            true => {
                row.deferred += times;
                row.longest = row.longest.max(delay);
            }
            false => row.bounced += times,
        });
    }

    /// Our server rejected a command or message of a client.
    pub fn rejected(&mut self, event: &Event<'_>, times: u64) {
        let client = host_domain::of_event(event);
        if !client.is_empty() {
            self.clients
                .update(cut(client), |row| row.rejected += times);
        }
    }

    /// The largest rows of each table, and how many names each has.
    pub fn top(&self, rows: usize, top: &mut Top) {
        top.senders = names(&self.senders, rows);
        top.recipients = names(&self.recipients, rows);
        top.sender_domains = names(&self.sender_domains, rows);
        top.clients = names(&self.clients, rows);
        top.recipient_domains = self
            .recipient_domains
            .top(rows, |row| (row.sent, row.bytes, row.deferred))
            .into_iter()
            .map(|(name, row)| DomainRow {
                name: text(name),
                sent: row.sent,
                bytes: row.bytes,
                deferred: row.deferred,
                delay_avg: seconds(row.delay) / (row.sent.max(1) as f64),
                delay_max: seconds(row.longest),
                bounced: row.bounced,
            })
            .collect();
        let counts = [
            ("senders", self.senders.len()),
            ("recipients", self.recipients.len()),
            ("sender_domains", self.sender_domains.len()),
            ("recipient_domains", self.domains_with_deliveries()),
            ("clients", self.clients.len()),
        ];
        top.distinct = counts.map(|(name, count)| (name, count as u64)).into();
        let estimates = [
            ("senders", self.senders.error()),
            ("recipients", self.recipients.error()),
            ("sender_domains", self.sender_domains.error()),
            ("recipient_domains", self.recipient_domains.error()),
            ("clients", self.clients.error()),
        ];
        let estimates = estimates.into_iter().filter(|(_, error)| *error > 0);
        top.estimates
            .extend(estimates.map(|(table, error)| (table, Some(error))));
    }

    /// The domains to which something was sent.
    fn domains_with_deliveries(&self) -> usize {
        let domains = self.recipient_domains.iter();
        domains.filter(|(_, row)| row.sent > 0).count()
    }
}

/// The rows with the most messages.
fn names(table: &Table<Volume>, rows: usize) -> Vec<NameRow> {
    let top = table.top(rows, |row| (row.messages, row.bytes, row.rejected));
    top.into_iter()
        .map(|(name, row)| NameRow {
            name: text(name),
            messages: row.messages,
            bytes: row.bytes,
            rejected: row.rejected,
        })
        .collect()
}

fn seconds(microseconds: u64) -> f64 {
    microseconds as f64 / 1e6
}

/// A name without what is not visible.
pub(super) fn text(name: &[u8]) -> String {
    let visible = |c: char| match c.is_control() {
        true => '?',
        false => c,
    };
    String::from_utf8_lossy(name).chars().map(visible).collect()
}

fn cut(name: &[u8]) -> &[u8] {
    &name[..name.len().min(MAX_NAME)]
}

/// The domain of an address, after its first `@`, as pflogsumm has it; `None` without one.
fn domain(address: &[u8]) -> Option<&[u8]> {
    let at = memchr::memchr(b'@', address)?;
    Some(&address[at + 1..]).filter(|domain| !domain.is_empty() && at > 0)
}

/// Writes an address with its domain in lower case to `name`.
fn folded(address: &[u8], name: &mut Vec<u8>) {
    name.clear();
    name.extend_from_slice(address);
    if let Some(at) = memchr::memchr(b'@', address) {
        name[at..].make_ascii_lowercase();
    }
}
