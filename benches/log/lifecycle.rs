//! The life of one message: received, queued, delivered, or retried until it expires.

use super::expected::Facts;
use super::message::{Destination, Message};
use super::random::Random;
use super::server::Server;

/// Delivery attempts before a message expires.
const ATTEMPTS: u64 = 4;

impl Server {
    /// A message of a local user to a remote recipient.
    pub(super) fn send(&mut self, at: u64) {
        self.accept(at, "submission/smtpd", Destination::Remote);
    }

    /// A message from a remote client to a local recipient.
    pub(super) fn receive(&mut self, at: u64) {
        let destination = self
            .random
            .weighted(&[(7, Destination::Store), (3, Destination::Local)]);
        self.accept(at, "smtpd", destination);
    }

    fn accept(&mut self, mut at: u64, daemon: &str, destination: Destination) {
        let message = Message {
            queue_id: self.queue_id(),
            from: self.random.address(),
            to: recipients(&mut self.random),
            size: self
                .random
                .weighted(&[(6, 4_000), (3, 42_100), (1, 5_500_000)])
                + self.random.below(4000),
            destination,
            attempts: 0,
        };
        let id = &message.queue_id;
        if self.random.per_mille(80) {
            let body = format!("{id}: uid=1000 from=<{}>", message.from);
            self.log_noise(&mut at, "pickup", &body);
        } else {
            let peer = format!("{}[{}]", self.random.client(), self.random.ip());
            self.log_noise(&mut at, daemon, &format!("connect from {peer}"));
            if self.random.per_mille(600) {
                let body = format!(
                    "Anonymous TLS connection established from {peer}: TLSv1.3 with cipher \
                     TLS_AES_256_GCM_SHA384 (256/256 bits) key-exchange X25519 server-signature \
                     RSA-PSS (2048 bits) server-digest SHA256"
                );
                self.log_noise(&mut at, daemon, &body);
            }
            let login = match destination {
                Destination::Remote => {
                    format!(", sasl_method=PLAIN, sasl_username={}", message.from)
                }
                _ => String::new(),
            };
            self.log_noise(&mut at, daemon, &format!("{id}: client={peer}{login}"));
            let mut later = at + 400;
            let body = format!(
                "disconnect from {peer} ehlo=2 starttls=1 auth=1 mail=1 rcpt=1 data=1 quit=1 commands=8"
            );
            self.log_noise(&mut later, daemon, &body);
        }
        let body = format!(
            "{id}: message-id=<{}.421@{}>",
            self.random.hex(16),
            self.random.domain()
        );
        self.log_noise(&mut at, "cleanup", &body);
        if destination != Destination::Remote && self.random.per_mille(30) {
            // This line contains no reply code, so nothing is counted.
            let body = format!(
                "{id}: milter-reject: END-OF-MESSAGE from host.example.org[203.0.113.50]: 5.7.1 Spam \
                 message rejected (421 points); from=<{}> to=<{}> proto=ESMTP helo=<host>",
                message.from, message.to[0]
            );
            self.log_noise(&mut at, "cleanup", &body);
            return;
        }
        self.activate(&mut at, &message);
        self.deliver(message, at);
    }

    fn activate(&mut self, at: &mut u64, message: &Message) {
        let body = format!(
            "{}: from=<{}>, size={}, nrcpt={} (queue active)",
            message.queue_id,
            message.from,
            message.size,
            message.to.len()
        );
        self.log_noise(at, "qmgr", &body);
    }

    /// The next delivery attempt of a message is due.
    pub(super) fn retry(&mut self, mut message: Message, mut at: u64) {
        message.attempts += 1;
        if message.attempts >= ATTEMPTS {
            let body = format!(
                "{}: from=<{}>, status=expired, returned to sender",
                message.queue_id, message.from
            );
            self.log(&mut at, "qmgr", &body, Facts::status("expired"));
            self.bounce(at, &message);
            self.remove(at, &message);
            return;
        }
        self.activate(&mut at, &message);
        self.deliver(message, at);
    }

    fn deliver(&mut self, message: Message, mut at: u64) {
        let status = match message.destination {
            Destination::Remote => self.deliver_remote(&message, &mut at),
            Destination::Store => self.deliver_to_store(&message, &mut at),
            Destination::Local => self.deliver_locally(&message, &mut at),
        };
        match status {
            "deferred" => {
                let wait = 300_000 << message.attempts;
                self.retry_at(at + wait, message);
            }
            "bounced" => {
                self.bounce(at, &message);
                self.remove(at + 200, &message);
            }
            _ => self.remove(at, &message),
        }
    }

    fn remove(&mut self, mut at: u64, message: &Message) {
        self.log_noise(&mut at, "qmgr", &format!("{}: removed", message.queue_id));
    }

    /// Returns a message to its sender, with a new message.
    fn bounce(&mut self, mut at: u64, message: &Message) {
        let bounce = Message {
            queue_id: self.queue_id(),
            from: String::new(),
            to: vec![message.from.clone()],
            size: message.size + 2000,
            destination: Destination::Local,
            attempts: 0,
        };
        let body = format!(
            "{}: message-id=<20261120042100.{}@mail.example.com>",
            bounce.queue_id, bounce.queue_id
        );
        self.log_noise(&mut at, "cleanup", &body);
        let body = format!(
            "{}: sender non-delivery notification: {}",
            message.queue_id, bounce.queue_id
        );
        self.log_noise(&mut at, "bounce", &body);
        self.activate(&mut at, &bounce);
        self.deliver(bounce, at);
    }
}

fn recipients(random: &mut Random) -> Vec<String> {
    let count = random.weighted(&[(90, 1), (7, 2), (2, 4), (1, 12)]);
    (0..count).map(|_| random.address()).collect()
}
