//! Delivery attempts: choice of the result, and successful deliveries. Failures are in `failure`.

use super::expected::Facts;
use super::local_replies::STORE;
use super::message::Message;
use super::record::Record;
use super::remote_host::{Host, outbound};
use super::replies::ACCEPTED;
use super::server::Server;

impl Server {
    /// Delivers to a remote server; returns the status.
    pub(super) fn deliver_remote(&mut self, message: &Message, at: &mut u64) -> &'static str {
        type Attempt = fn(&mut Server, &Message, &mut u64) -> &'static str;
        let attempt: Attempt = self.random.weighted(&[
            (740, Self::accepted as Attempt),
            (25, Self::accepted_by_next_host),
            (20, Self::accepted_after_connect_error),
            (15, Self::filtered),
            (65, Self::deferred),
            (15, Self::deferred_by_both),
            (4, Self::deferred_by_both_same_text),
            (4, Self::logged_twice),
            (30, Self::not_connected),
            (20, Self::not_greeted),
            (40, Self::refused),
            (20, Self::suspended),
            (12, Self::connection_lost),
            (8, Self::not_found),
            (3, Self::without_tls),
            (2, Self::probed),
        ]);
        attempt(self, message, at)
    }

    fn accepted(&mut self, message: &Message, at: &mut u64) -> &'static str {
        let host = Host::random(&mut self.random);
        if self.random.per_mille(500) {
            let trust = self.random.pick(&["Trusted", "Untrusted", "Verified"]);
            let body = format!(
                "{trust} TLS connection established to {}: TLSv1.3 with cipher \
                 TLS_AES_256_GCM_SHA384 (256/256 bits)",
                host.relay()
            );
            self.log_noise(at, "smtp", &body);
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

    fn accepted_by_next_host(&mut self, message: &Message, at: &mut u64) -> &'static str {
        self.failed_attempt(message, at);
        self.accepted(message, at)
    }

    fn accepted_after_connect_error(&mut self, message: &Message, at: &mut u64) -> &'static str {
        self.connect_error(at);
        self.accepted(message, at)
    }

    /// A content filter on this host accepts the message and returns it.
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
        self.record_all(at, message, record, Facts::reply("outbound", 250, "2.0.0"))
    }

    /// verify(8) probes an address: a reply, but no delivery.
    fn probed(&mut self, message: &Message, at: &mut u64) -> &'static str {
        let relay = Host::random(&mut self.random).relay();
        let body = format!(
            "{}: to=<{}>, relay={relay}, delay=0.55, delays=0.02/0.01/0.42/0.1, dsn=2.1.5, \
             status=deliverable (250 2.1.5 Ok)",
            message.queue_id, message.to[0],
        );
        self.log(at, "smtp", &body, Facts::reply("outbound", 250, "2.1.5"));
        "deliverable"
    }

    /// Delivers to the mailbox store by LMTP; returns the status.
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
            let facts = Facts::reply("local", reply.code, reply.enhanced);
            self.record(at, message, to, record, facts);
        }
        status
    }

    /// Delivers without SMTP or LMTP; numbers in these reasons are not reply codes.
    pub(super) fn deliver_locally(&mut self, message: &Message, at: &mut u64) -> &'static str {
        const fn record(
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
        const STORED: Record<'static> = record(
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
                record(
                    "local",
                    "local",
                    "2.0.0",
                    "sent",
                    "delivered to command: /usr/bin/procmail -t 421",
                ),
            ),
            (
                10,
                record(
                    "pipe",
                    "dovecot",
                    "2.0.0",
                    "sent",
                    "delivered via dovecot service (250 2.0.0 Ok)",
                ),
            ),
            (
                2,
                record(
                    "virtual",
                    "virtual",
                    "4.2.2",
                    "deferred",
                    "maildir delivery failed: 421 MB of 421 MB used",
                ),
            ),
            (
                1,
                record(
                    "local",
                    "local",
                    "5.1.1",
                    "bounced",
                    "unknown user: \"h421\"",
                ),
            ),
            (
                1,
                record(
                    "pipe",
                    "spam",
                    "5.3.0",
                    "bounced",
                    "Command died with status 1: \"/opt/f\". Output: 550 5.7.1 no",
                ),
            ),
        ]);
        // An undeliverable bounce is not bounced again.
        let record = if message.from.is_empty() {
            STORED
        } else {
            record
        };
        self.record_all(at, message, record, Facts::NONE)
    }
}
