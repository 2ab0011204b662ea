//! The way of one message: received, queued, delivered, or tried again until it expires.

use super::random::Random;
use super::traffic::Traffic;
use super::truth::Says;

/// Tries before a message is given up.
const TRIES: u64 = 4;

/// Where a message goes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Destination {
    /// Another server, by SMTP.
    Remote,
    /// The mailbox store on this host, by LMTP over a Unix-domain socket.
    Store,
    /// local(8), virtual(8) or pipe(8): nothing there speaks SMTP.
    Here,
}

/// A message in the queue.
pub(super) struct Message {
    pub queue_id: String,
    pub from: String,
    pub to: Vec<String>,
    pub size: u64,
    pub destination: Destination,
    pub tries: u64,
}

/// What a delivery record says, but for the recipient.
#[derive(Clone, Copy)]
pub(super) struct Record<'a> {
    pub daemon: &'a str,
    pub relay: &'a str,
    pub dsn: &'a str,
    pub status: &'static str,
    pub reason: &'a str,
}

impl Traffic {
    /// A message of one of our users goes out.
    pub(super) fn outgoing(&mut self, at: u64) {
        self.receive(at, "submission/smtpd", Destination::Remote);
    }

    /// A message from outside comes in.
    pub(super) fn incoming(&mut self, at: u64) {
        let destination = self
            .random
            .weighted(&[(7, Destination::Store), (3, Destination::Here)]);
        self.receive(at, "smtpd", destination);
    }

    fn receive(&mut self, mut at: u64, daemon: &str, destination: Destination) {
        let message = Message {
            queue_id: self.queue_id(),
            from: self.random.address(),
            to: recipients(&mut self.random),
            size: self
                .random
                .weighted(&[(6, 4_000), (3, 42_100), (1, 5_500_000)])
                + self.random.below(4000),
            destination,
            tries: 0,
        };
        let id = &message.queue_id;
        if self.random.per_mille(80) {
            let body = format!("{id}: uid=1000 from=<{}>", message.from);
            self.note(&mut at, "pickup", &body);
        } else {
            let peer = format!("{}[{}]", self.random.client(), self.random.ip());
            self.note(&mut at, daemon, &format!("connect from {peer}"));
            if self.random.per_mille(600) {
                let body = format!(
                    "Anonymous TLS connection established from {peer}: TLSv1.3 with cipher \
                     TLS_AES_256_GCM_SHA384 (256/256 bits) key-exchange X25519 server-signature \
                     RSA-PSS (2048 bits) server-digest SHA256"
                );
                self.note(&mut at, daemon, &body);
            }
            let login = match destination {
                Destination::Remote => {
                    format!(", sasl_method=PLAIN, sasl_username={}", message.from)
                }
                _ => String::new(),
            };
            self.note(&mut at, daemon, &format!("{id}: client={peer}{login}"));
            let mut later = at + 400;
            let body = format!(
                "disconnect from {peer} ehlo=2 starttls=1 auth=1 mail=1 rcpt=1 data=1 quit=1 commands=8"
            );
            self.note(&mut later, daemon, &body);
        }
        let body = format!(
            "{id}: message-id=<{}.421@{}>",
            self.random.hex(16),
            self.random.domain()
        );
        self.note(&mut at, "cleanup", &body);
        if destination != Destination::Remote && self.random.per_mille(30) {
            // The reply code is not in the line, so it is not counted.
            let body = format!(
                "{id}: milter-reject: END-OF-MESSAGE from host.example.org[203.0.113.50]: 5.7.1 Spam \
                 message rejected (421 points); from=<{}> to=<{}> proto=ESMTP helo=<host>",
                message.from, message.to[0]
            );
            self.note(&mut at, "cleanup", &body);
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
        self.note(at, "qmgr", &body);
    }

    /// A message's next try is due.
    pub(super) fn retry(&mut self, mut message: Message, mut at: u64) {
        message.tries += 1;
        if message.tries >= TRIES {
            let body = format!(
                "{}: from=<{}>, status=expired, returned to sender",
                message.queue_id, message.from
            );
            self.say(&mut at, "qmgr", &body, Says::status("expired"));
            self.give_back(at, &message);
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
            Destination::Here => self.deliver_here(&message, &mut at),
        };
        match status {
            "deferred" => {
                let wait = 300_000 << message.tries;
                self.retry_at(at + wait, message);
            }
            "bounced" => {
                self.give_back(at, &message);
                self.remove(at + 200, &message);
            }
            _ => self.remove(at, &message),
        }
    }

    fn remove(&mut self, mut at: u64, message: &Message) {
        self.note(&mut at, "qmgr", &format!("{}: removed", message.queue_id));
    }

    /// The bounce, a message of its own.
    fn give_back(&mut self, mut at: u64, message: &Message) {
        let bounce = Message {
            queue_id: self.queue_id(),
            from: String::new(),
            to: vec![message.from.clone()],
            size: message.size + 2000,
            destination: Destination::Here,
            tries: 0,
        };
        let body = format!(
            "{}: message-id=<20261120042100.{}@mail.example.com>",
            bounce.queue_id, bounce.queue_id
        );
        self.note(&mut at, "cleanup", &body);
        let body = format!(
            "{}: sender non-delivery notification: {}",
            message.queue_id, bounce.queue_id
        );
        self.note(&mut at, "bounce", &body);
        self.activate(&mut at, &bounce);
        self.deliver(bounce, at);
    }

    /// Writes a delivery record for every recipient; they all say the same.
    pub(super) fn record_all(
        &mut self,
        at: &mut u64,
        message: &Message,
        record: Record<'_>,
        says: Says,
    ) -> &'static str {
        for to in &message.to {
            self.record(at, message, to, record, says);
        }
        record.status
    }

    /// Writes a delivery record.
    pub(super) fn record(
        &mut self,
        at: &mut u64,
        message: &Message,
        to: &str,
        record: Record<'_>,
        says: Says,
    ) {
        let stages: [u64; 4] = [
            self.random.between(10, 300) + message.tries * 300_000,
            self.random.between(0, 20),
            self.random.between(0, 900),
            self.random.weighted(&[(9, 200), (1, 4210)]) + self.random.below(400),
        ];
        let [a, b, c, d] = stages.map(seconds);
        let body = format!(
            "{}: to=<{to}>, relay={}, delay={}, delays={a}/{b}/{c}/{d}, dsn={}, status={} ({})",
            message.queue_id,
            record.relay,
            seconds(stages.iter().sum()),
            record.dsn,
            record.status,
            record.reason,
        );
        self.say(at, record.daemon, &body, says.with_status(record.status));
    }
}

fn recipients(random: &mut Random) -> Vec<String> {
    let count = random.weighted(&[(90, 1), (7, 2), (2, 4), (1, 12)]);
    (0..count).map(|_| random.address()).collect()
}

/// Milliseconds as Postfix writes seconds: two digits that matter.
fn seconds(milliseconds: u64) -> String {
    match milliseconds {
        0..10 => "0".to_owned(),
        10..1000 => format!("0.{:02}", milliseconds / 10)
            .trim_end_matches('0')
            .to_owned(),
        1000..10_000 => format!("{}.{}", milliseconds / 1000, milliseconds / 100 % 10),
        _ => (milliseconds / 1000).to_string(),
    }
}
