//! What happens when a message is tried: which way it goes, and what a success is logged as.
//! `failure` has the ways that go wrong.

use super::answers::STORE;
use super::message::{Message, Record};
use super::random::Random;
use super::replies::{ACCEPTED, Reply};
use super::traffic::Traffic;
use super::truth::Says;

/// The commands that are answered.
const COMMANDS: &[&str] = &[
    "MAIL FROM command",
    "RCPT TO command",
    "DATA command",
    "end of DATA command",
];

/// A remote server, by one of its addresses.
pub(super) struct Host {
    pub name: &'static str,
    pub ip: String,
}

impl Host {
    /// Any of them.
    pub(super) fn any(random: &mut Random) -> Self {
        Host {
            name: random.exchanger(),
            ip: random.ip(),
        }
    }

    /// The value of `relay=`.
    pub(super) fn relay(&self) -> String {
        format!("{}[{}]:25", self.name, self.ip)
    }

    /// Postfix's words for a reply, with the command that it answers.
    pub(super) fn said(&self, words: &str, random: &mut Random) -> String {
        let command = random.pick(COMMANDS);
        format!(
            "host {}[{}] said: {words} (in reply to {command})",
            self.name, self.ip
        )
    }
}

/// A reply of a remote server.
pub(super) fn outbound(reply: &Reply) -> Says {
    Says::reply("outbound", reply.code, reply.enhanced)
}

impl Traffic {
    /// Tries a remote server; returns the status.
    pub(super) fn deliver_remote(&mut self, message: &Message, at: &mut u64) -> &'static str {
        type Way = fn(&mut Traffic, &Message, &mut u64) -> &'static str;
        let way: Way = self.random.weighted(&[
            (740, Self::accepted as Way),
            (25, Self::accepted_by_the_next),
            (20, Self::accepted_after_connect_error),
            (15, Self::filtered),
            (65, Self::deferred),
            (15, Self::deferred_by_both),
            (4, Self::deferred_by_both_in_the_same_words),
            (4, Self::logged_twice),
            (30, Self::not_connected),
            (20, Self::not_greeted),
            (40, Self::refused),
            (20, Self::suspended),
            (12, Self::broken_off),
            (8, Self::not_found),
            (3, Self::without_tls),
            (2, Self::probed),
        ]);
        way(self, message, at)
    }

    fn accepted(&mut self, message: &Message, at: &mut u64) -> &'static str {
        let host = Host::any(&mut self.random);
        if self.random.per_mille(500) {
            let trust = self.random.pick(&["Trusted", "Untrusted", "Verified"]);
            let body = format!(
                "{trust} TLS connection established to {}: TLSv1.3 with cipher \
                 TLS_AES_256_GCM_SHA384 (256/256 bits)",
                host.relay()
            );
            self.note(at, "smtp", &body);
        }
        let reply = self.random.weighted(ACCEPTED);
        let relay = host.relay();
        for to in &message.to {
            let reason = &self.fill(&reply, to, host.name, &host.ip);
            let record = Record {
                daemon: "smtp",
                relay: &relay,
                dsn: "2.0.0",
                status: "sent",
                reason,
            };
            self.record(at, message, to, record, outbound(&reply));
        }
        "sent"
    }

    fn accepted_by_the_next(&mut self, message: &Message, at: &mut u64) -> &'static str {
        self.attempt(message, at);
        self.accepted(message, at)
    }

    fn accepted_after_connect_error(&mut self, message: &Message, at: &mut u64) -> &'static str {
        self.connect_error(at);
        self.accepted(message, at)
    }

    /// A content filter on this host passes the message back.
    fn filtered(&mut self, message: &Message, at: &mut u64) -> &'static str {
        let id = self.random.hex(10);
        let record = Record {
            daemon: "smtp-amavis/smtp",
            relay: "127.0.0.1[127.0.0.1]:10024",
            dsn: "2.0.0",
            status: "sent",
            reason: &format!(
                "250 2.0.0 from MTA(smtp:[127.0.0.1]:10025): 250 2.0.0 Ok: queued as {id}"
            ),
        };
        self.record_all(at, message, record, Says::reply("outbound", 250, "2.0.0"))
    }

    /// verify(8) asks whether an address would be taken: a reply, but no delivery.
    fn probed(&mut self, message: &Message, at: &mut u64) -> &'static str {
        let relay = Host::any(&mut self.random).relay();
        let body = format!(
            "{}: to=<{}>, relay={relay}, delay=0.55, delays=0.02/0.01/0.42/0.1, dsn=2.1.5, \
             status=deliverable (250 2.1.5 Ok)",
            message.queue_id, message.to[0],
        );
        self.say(at, "smtp", &body, Says::reply("outbound", 250, "2.1.5"));
        "deliverable"
    }

    /// Hands a message to the mailbox store; returns the status.
    pub(super) fn deliver_to_store(&mut self, message: &Message, at: &mut u64) -> &'static str {
        const RELAY: &str = "mail.example.com[private/dovecot-lmtp]";
        let (status, reply) = self.random.weighted(STORE);
        for to in &message.to {
            let words = self.fill(&reply, to, "mail.example.com", "192.0.2.25");
            let reason = match status {
                "sent" => words,
                _ => format!("host {RELAY} said: {words} (in reply to end of DATA command)"),
            };
            let record = Record {
                daemon: "lmtp",
                relay: RELAY,
                dsn: reply.enhanced,
                status,
                reason: &reason,
            };
            let says = Says::reply("local", reply.code, reply.enhanced);
            self.record(at, message, to, record, says);
        }
        status
    }

    /// Delivers without SMTP; numbers in these reasons are no codes.
    pub(super) fn deliver_here(&mut self, message: &Message, at: &mut u64) -> &'static str {
        const fn way(
            daemon: &'static str,
            relay: &'static str,
            dsn: &'static str,
            status: &'static str,
            reason: &'static str,
        ) -> Record<'static> {
            Record {
                daemon,
                relay,
                dsn,
                status,
                reason,
            }
        }
        const STORED: Record<'static> = way(
            "virtual",
            "virtual",
            "2.0.0",
            "sent",
            "delivered to maildir",
        );
        let record = self.random.weighted(&[
            (60, STORED),
            (
                30,
                way(
                    "local",
                    "local",
                    "2.0.0",
                    "sent",
                    "delivered to command: /usr/bin/procmail -t 421",
                ),
            ),
            (
                10,
                way(
                    "pipe",
                    "dovecot",
                    "2.0.0",
                    "sent",
                    "delivered via dovecot service (250 2.0.0 Ok)",
                ),
            ),
            (
                2,
                way(
                    "virtual",
                    "virtual",
                    "4.2.2",
                    "deferred",
                    "maildir delivery failed: 421 MB of 421 MB used",
                ),
            ),
            (
                1,
                way(
                    "local",
                    "local",
                    "5.1.1",
                    "bounced",
                    "unknown user: \"h421\"",
                ),
            ),
            (
                1,
                way(
                    "pipe",
                    "spam",
                    "5.3.0",
                    "bounced",
                    "Command died with status 1: \"/opt/f\". Output: 550 5.7.1 no",
                ),
            ),
        ]);
        // A bounce that cannot be delivered is not bounced again.
        let record = if message.from.is_empty() {
            STORED
        } else {
            record
        };
        self.record_all(at, message, record, Says::NOTHING)
    }
}
