//! Which condition a reply gets.

use crate::catalog::Catalog;

/// Reply code, enhanced status code, text, expected condition.
type Case = (u16, Option<(u8, u16, u16)>, &'static str, &'static str);

#[test]
fn what_says_most_decides_the_condition() {
    let catalog = Catalog::embedded();
    let cases: &[Case] = &[
        (
            421,
            Some((4, 7, 0)),
            "Our system has detected an unusual rate of mail",
            "rate_limited",
        ),
        (
            421,
            None,
            "Too many concurrent SMTP connections from this IP",
            "too_many_connections",
        ),
        (
            451,
            None,
            "This host has reached its limit for processing requests from your host.",
            "rate_limited",
        ),
        (421, None, "bye", "service_unavailable"),
        (422, None, "", "mailbox_full"),
        (452, Some((4, 2, 2)), "whatever", "mailbox_full"),
        (550, Some((5, 2, 2)), "no such user", "mailbox_full"),
        (
            450,
            Some((4, 2, 0)),
            "Client host rejected: Greylisted",
            "greylisted",
        ),
        (
            554,
            Some((5, 7, 1)),
            "blocked using zen.spamhaus.org",
            "blocklisted",
        ),
        (554, Some((5, 7, 1)), "Relay access denied", "relay_denied"),
        (550, Some((5, 7, 1)), "x", "policy"),
        (450, Some((5, 1, 1)), "unknown", "user_unknown"),
        (
            452,
            Some((4, 3, 1)),
            "Insufficient system storage",
            "storage_full",
        ),
        (552, Some((5, 3, 1)), "Mail system full", "storage_full"),
        (
            451,
            Some((4, 7, 5)),
            "Certificate validation failure",
            "tls",
        ),
        (
            550,
            Some((5, 7, 5)),
            "Permanent error evaluating DMARC policy",
            "sender_authentication",
        ),
        (
            454,
            Some((4, 7, 4)),
            "TLS is required, but was not offered",
            "tls",
        ),
        (454, Some((4, 7, 8)), "whatever", "auth"),
        (
            550,
            Some((5, 4, 1)),
            "Recipient address rejected: Access denied. [host.example 2026-01-01]",
            "user_unknown",
        ),
        (
            554,
            Some((5, 7, 1)),
            "Recipient address rejected: Access denied",
            "policy",
        ),
        (550, None, "用户不存在", "user_unknown"),
        (550, None, "Connection frequency limited", "rate_limited"),
        (550, None, "SPF check failed", "sender_authentication"),
        (250, Some((2, 0, 0)), "Ok: mailbox full of joy", "other"),
        (599, None, "", "other"),
        (111, None, "", "connection_refused"),
    ];
    for (code, enhanced, text, expected) in cases {
        let found = catalog.classify(Some(*code), *enhanced, text.as_bytes());
        assert_eq!(
            catalog.condition_name(found),
            *expected,
            "{code} {enhanced:?} {text}"
        );
    }
}

#[test]
fn texts_without_codes_are_classified_by_their_phrases() {
    let catalog = Catalog::embedded();
    let reasons = [
        (
            "maildir delivery failed: Disk quota exceeded",
            "mailbox_full",
        ),
        ("mail transport unavailable", "local_error"),
        ("Host or domain name not found. Name service error", "dns"),
        (
            "lost connection with mx.example.net while sending RCPT TO",
            "connection_lost",
        ),
        (
            "conversation with mx.example.net timed out while sending end of data",
            "timeout",
        ),
        ("mail for example.com loops back to myself", "loop"),
        (
            "message size 31000000 exceeds size limit 10240000 of server",
            "message_too_large",
        ),
        (
            "TLS is required, but was not offered by host mx.example.net",
            "tls",
        ),
        (
            "SASL authentication failed; server relay.example.net said no",
            "auth",
        ),
        ("unknown user: \"alice\"", "user_unknown"),
    ];
    for (text, expected) in reasons {
        let found = catalog.classify(None, None, text.as_bytes());
        assert_eq!(catalog.condition_name(found), expected, "{text}");
    }
}
