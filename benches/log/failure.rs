//! Failed deliveries to other servers. The reply or the failed connection is counted once, on the line of
//! the attempt; a delivery record that only repeats it is not counted as a reply.

use super::expected::Facts;
use super::message::Message;
use super::record::Record;
use super::remote_host::{Host, outbound};
use super::replies::{DEFERRED, NOT_GREETED, REFUSED, Reply};
use super::server::Server;

/// Error text of connect(2), value of the label `error`, and the code that it is counted as.
const CONNECT_ERRORS: &[(u64, (&str, &str, u16))] = &[
    (5, ("Connection refused", "refused", 111)),
    (5, ("Connection timed out", "timed_out", 101)),
    (2, ("No route to host", "unreachable", 101)),
    (2, ("Network is unreachable", "unreachable", 101)),
];

/// A delivery record of the SMTP client with `status=deferred`.
fn deferral<'a>(relay: &'a str, reason: &'a str) -> Record<'a> {
    Record {
        daemon: "smtp",
        relay,
        dsn: "4.4.1",
        status: "deferred",
        reason,
    }
}

impl Server {
    /// One host answers with a temporary failure, logged on its own line because another host follows.
    pub(super) fn failed_attempt(&mut self, message: &Message, at: &mut u64) {
        let reply = self.random.weighted(DEFERRED);
        let host = Host::random(&mut self.random);
        let words = self.fill(&reply, &message.to[0], host.name, &host.ip);
        let body = format!(
            "{}: {}",
            message.queue_id,
            host.said(&words, &mut self.random)
        );
        self.log(at, "smtp", &body, outbound(&reply));
    }

    /// A connection that could not be opened, counted on its own line; returns the line's text.
    pub(super) fn connect_error(&mut self, at: &mut u64) -> String {
        let (words, error, code) = self.random.weighted(CONNECT_ERRORS);
        let host = Host::random(&mut self.random);
        let body = format!("connect to {}: {words}", host.relay());
        self.log(at, "smtp", &body, Facts::connect_error(error, Some(code)));
        body
    }

    /// A temporary failure.
    pub(super) fn deferred(&mut self, message: &Message, at: &mut u64) -> &'static str {
        let reply = self.random.weighted(DEFERRED);
        self.failed_reply(message, at, ("deferred", "4.7.0"), &reply)
    }

    /// A permanent failure.
    pub(super) fn refused(&mut self, message: &Message, at: &mut u64) -> &'static str {
        let reply = self.random.weighted(REFUSED);
        self.failed_reply(message, at, ("bounced", "5.0.0"), &reply)
    }

    fn failed_reply(
        &mut self,
        message: &Message,
        at: &mut u64,
        (status, dsn): (&'static str, &str),
        reply: &Reply,
    ) -> &'static str {
        let host = Host::random(&mut self.random);
        let relay = host.relay();
        for to in &message.to {
            let words = self.fill(reply, to, host.name, &host.ip);
            let reason = &host.said(&words, &mut self.random);
            let record = Record {
                daemon: "smtp",
                relay: &relay,
                dsn,
                status,
                reason,
            };
            self.record(at, message, to, record, outbound(reply));
        }
        status
    }

    /// Two hosts answer, each with a reply of its own.
    pub(super) fn deferred_by_both(&mut self, message: &Message, at: &mut u64) -> &'static str {
        self.failed_attempt(message, at);
        self.deferred(message, at)
    }

    /// Two hosts answer with the same text: still two replies.
    pub(super) fn deferred_by_both_same_text(
        &mut self,
        message: &Message,
        at: &mut u64,
    ) -> &'static str {
        let reply = Reply {
            code: 450,
            enhanced: "4.7.1",
            text: "450 4.7.1 Greylisted, come back in 421 s",
        };
        let said = |name, ip| {
            let host = Host {
                name,
                ip: String::from(ip),
            };
            let reason = format!(
                "host {name}[{ip}] said: {} (in reply to RCPT TO command)",
                reply.text
            );
            (host.relay(), reason)
        };
        let (_, reason) = said("mx1.example.net", "192.0.2.1");
        self.log(
            at,
            "smtp",
            &format!("{}: {reason}", message.queue_id),
            outbound(&reply),
        );
        let (relay, reason) = said("mx2.example.net", "192.0.2.2");
        self.record_all(at, message, deferral(&relay, &reason), outbound(&reply))
    }

    /// One reply of one host, on the line of the attempt and in the delivery record: counted once.
    pub(super) fn logged_twice(&mut self, message: &Message, at: &mut u64) -> &'static str {
        if message.to.len() > 1 {
            // It would be ambiguous which of the records repeats the attempt.
            return self.deferred(message, at);
        }
        let reply = self.random.weighted(DEFERRED);
        let host = Host::random(&mut self.random);
        let words = self.fill(&reply, &message.to[0], host.name, &host.ip);
        let reason = host.said(&words, &mut self.random);
        self.log(
            at,
            "smtp",
            &format!("{}: {reason}", message.queue_id),
            outbound(&reply),
        );
        self.record_all(at, message, deferral(&host.relay(), &reason), Facts::NONE)
    }

    /// No host can be reached: each attempt has its own line, and the delivery record repeats the last.
    pub(super) fn not_connected(&mut self, message: &Message, at: &mut u64) -> &'static str {
        let mut last = self.connect_error(at);
        if self.random.per_mille(600) {
            last = self.connect_error(at);
        }
        self.record_all(at, message, deferral("none", &last), Facts::NONE)
    }

    /// `refused to talk to me`: by the last host, and sometimes by one before it.
    pub(super) fn not_greeted(&mut self, message: &Message, at: &mut u64) -> &'static str {
        if self.random.per_mille(500) {
            let (_, reply, reason) = self.no_greeting(message);
            self.log(
                at,
                "smtp",
                &format!("{}: {reason}", message.queue_id),
                outbound(&reply),
            );
        }
        let (host, reply, reason) = self.no_greeting(message);
        self.record_all(
            at,
            message,
            deferral(&host.relay(), &reason),
            outbound(&reply),
        )
    }

    /// A reply instead of the greeting.
    fn no_greeting(&mut self, message: &Message) -> (Host, Reply, String) {
        let reply = self.random.weighted(NOT_GREETED);
        let host = Host::random(&mut self.random);
        let words = self.fill(&reply, &message.to[0], host.name, &host.ip);
        let reason = format!(
            "host {}[{}] refused to talk to me: {words}",
            host.name, host.ip
        );
        (host, reply, reason)
    }

    /// Not attempted because the last message to the same destination failed; its text is not a new reply.
    pub(super) fn suspended(&mut self, message: &Message, at: &mut u64) -> &'static str {
        let reason = if self.random.per_mille(500) {
            self.no_greeting(message).2
        } else {
            let (words, _, _) = self.random.weighted(CONNECT_ERRORS);
            format!(
                "connect to {}: {words}",
                Host::random(&mut self.random).relay()
            )
        };
        let reason = format!("delivery temporarily suspended: {reason}");
        let daemon = self.random.pick(&["error", "retry"]);
        let record = Record {
            daemon,
            ..deferral("none", &reason)
        };
        self.record_all(at, message, record, Facts::NONE)
    }

    /// An established connection is lost.
    pub(super) fn connection_lost(&mut self, message: &Message, at: &mut u64) -> &'static str {
        let host = Host::random(&mut self.random);
        let peer = format!("{}[{}]", host.name, host.ip);
        let (reason, error) = self.random.pick(&[
            ("lost connection with {} while sending RCPT TO", "reset"),
            (
                "lost connection with {} while receiving the initial server greeting",
                "reset",
            ),
            (
                "conversation with {} timed out while sending message body",
                "timed_out",
            ),
        ]);
        let reason = reason.replace("{}", &peer);
        let facts = Facts::connect_error(error, None);
        self.record_all(at, message, deferral(&host.relay(), &reason), facts)
    }

    /// The name has no address.
    pub(super) fn not_found(&mut self, message: &Message, at: &mut u64) -> &'static str {
        let (status, end) = self.random.pick(&[
            ("deferred", "type=MX: Host not found, try again"),
            ("bounced", "type=A: Host not found"),
        ]);
        let reason = format!(
            "Host or domain name not found. Name service error for name=n421.example.org {end}"
        );
        let record = Record {
            status,
            dsn: "4.4.3",
            ..deferral("none", &reason)
        };
        self.record_all(at, message, record, Facts::connect_error("dns", Some(101)))
    }

    /// The TLS handshake fails, which is logged on its own line, or the remote server offers no TLS.
    pub(super) fn without_tls(&mut self, message: &Message, at: &mut u64) -> &'static str {
        let host = Host::random(&mut self.random);
        let relay = host.relay();
        let facts = Facts::connect_error("tls", None);
        if self.random.per_mille(500) {
            self.log(
                at,
                "smtp",
                &format!("SSL_connect error to {relay}: -1"),
                facts,
            );
            let record = deferral(&relay, "Cannot start TLS: handshake failure");
            self.record_all(at, message, record, Facts::NONE)
        } else {
            let reason = format!(
                "TLS is required, but was not offered by host {}[{}]",
                host.name, host.ip
            );
            self.record_all(at, message, deferral(&relay, &reason), facts)
        }
    }
}
