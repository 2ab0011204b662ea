//! Tests of single forms.

use super::Found;
use super::client;
use super::fields;
use super::reason;
use crate::parse::Outcome;

#[test]
fn list_of_recipients_ends_before_the_next_field() {
    for (text, first, rest) in [
        ("<a@x>,<b@y>, delay=1", "a@x", ", delay=1"),
        ("<a@x>, [more], delay=1", "a@x", ", delay=1"),
        ("<a@x>,<b@y>, [more]", "a@x", ""),
        (
            "<\"a, delay=2\"@x>, delay=1",
            "\"a, delay=2\"@x",
            ", delay=1",
        ),
        ("\"|/bin/f -x, y\", ctladdr=<a@x>", "", ", ctladdr=<a@x>"),
        ("|/bin/f -x, ctladdr=<a@x>", "", ", ctladdr=<a@x>"),
        ("\"a b\"@x, delay=1", "\"a b\"@x", ", delay=1"),
        ("/var/mail/x, delay=1", "", ", delay=1"),
        ("alice, delay=1", "alice", ", delay=1"),
    ] {
        let (address, after) = fields::recipients(text.as_bytes()).expect(text);
        assert_eq!(address, first.as_bytes(), "{text}");
        assert_eq!(after, rest.as_bytes(), "{text}");
    }
}

#[test]
fn host_has_no_dot_user_or_remark() {
    for (text, host) in [
        ("mx.example.net. [192.0.2.1]", "mx.example.net"),
        (
            "mx.example.net [192.0.2.1] (may be forged)",
            "mx.example.net [192.0.2.1]",
        ),
        (
            "user@mx.example.net [192.0.2.1]",
            "mx.example.net [192.0.2.1]",
        ),
        ("[192.0.2.1]", "[192.0.2.1]"),
        ("[IPv6:2001:db8::1] (may be forged)", "2001:db8::1"),
        ("localhost. [127.0.0.1]", "[127.0.0.1]"),
        ("[127.0.0.1] [127.0.0.1]", "[127.0.0.1]"),
        ("nx.example.", "nx.example"),
    ] {
        assert_eq!(fields::host(text.as_bytes()), host.as_bytes(), "{text}");
    }
}

#[test]
fn delays_may_have_days() {
    assert_eq!(fields::microseconds(b"00:01:02"), Some(62_000_000));
    let days = (8 * 86_400 + 3 * 3600 + 40 * 60 + 15) * 1_000_000;
    assert_eq!(fields::microseconds(b"8+03:40:15"), Some(days));
    assert_eq!(fields::microseconds(b"12"), None);
    assert_eq!(
        fields::microseconds(b"99999999999999999999999:00:00"),
        Some(u64::MAX)
    );
}

#[test]
fn invented_replies_are_no_replies() {
    for (reply, stat) in [
        ("421 4.4.1 Connection reset by mx.example.net.", "Deferred"),
        (
            "",
            "Deferred: 451 4.4.1 reply: read error from mx.example.net.",
        ),
        (
            "403 4.7.0 TLS handshake failed",
            "Deferred: 403 4.7.0 TLS handshake failed",
        ),
    ] {
        let reason = reason::parse(reply.as_bytes(), stat.as_bytes(), None);
        assert_eq!(reason.reply, None, "{stat}");
        assert!(reason.connect_error.is_some(), "{stat}");
        assert_eq!(reason.outcome, Outcome::Deferred);
    }
}

#[test]
fn reply_to_quit_is_not_the_failure() {
    let stat = b"Deferred: 421 4.7.0 slow down";
    let reason = reason::parse(b"221 2.0.0 bye", stat, None);
    assert_eq!(reason.reply.map(|reply| reply.code), Some(421));
    // Sendmail repeats the remote's words, which may look like fields.
    let reason = reason::parse(
        b"451 x",
        b"Sent (ok), stat=Deferred: 451 x, stat=Sent (ok)",
        None,
    );
    assert_eq!(reason.outcome, Outcome::Deferred);
}

#[test]
fn reply_that_is_held_back_is_not_said() {
    let code = |text: &'static str| match client::transcript(text.as_bytes()) {
        Some(Found::Event(event)) => event.code,
        _ => None,
    };
    assert_eq!(code("552 5.2.3 Message too large (hold)"), None);
    assert_eq!(code("552 5.2.3 Message too large (held)"), Some(552));
    assert_eq!(code("550-5.1.1 first line of two"), None);
}
