//! Tests of the forms of records, and of which lines are Dovecot's.

use super::Dovecot;
use super::record::{Entry, Tag};
use crate::parse::dialect::api::{Confidence, Dialect};
use crate::parse::{ConnectError, Level, Line, Outcome};

fn entry(body: &str) -> Option<(String, String, Option<Level>, String)> {
    let words = |text: &[u8]| String::from_utf8_lossy(text).into_owned();
    Entry::split(body.as_bytes(), Tag::default()).map(|entry| {
        (
            words(entry.service),
            words(entry.user),
            entry.level,
            words(entry.text),
        )
    })
}

#[test]
fn records_of_all_versions_are_split() {
    for (body, service, user, level, text) in [
        (
            "lmtp(a@x)<349><3L:R2>: msgid=<i>: saved",
            "lmtp",
            "a@x",
            None,
            "msgid=<i>: saved",
        ),
        (
            "lmtp(349): Info: Connect from local",
            "lmtp",
            "",
            None,
            "Connect from local",
        ),
        (
            "lmtp(349, a@x): id: msgid=<i>: saved",
            "lmtp",
            "a@x",
            None,
            "id: msgid=<i>: saved",
        ),
        (
            "lda(a(b)c): Error: no",
            "lda",
            "a(b)c",
            Some(Level::Error),
            "no",
        ),
        (
            "deliver(<a@x>): 2011-01-21 20:03:19 Info: msgid=x",
            "deliver",
            "a@x",
            None,
            "msgid=x",
        ),
        (
            "Warning: imap-login: text",
            "imap-login",
            "",
            Some(Level::Warning),
            "text",
        ),
        (
            "dovecot: auth(default): pam",
            "auth",
            "default",
            None,
            "pam",
        ),
    ] {
        let expected = (service.to_owned(), user.to_owned(), level, text.to_owned());
        assert_eq!(entry(body), Some(expected), "{body}");
    }
    for body in [
        "", "lmtp", "lmtp(", "lmtp(1", "lmtp(1)", "lmtp(1)<", "other: x", "lmtp x",
    ] {
        assert_eq!(entry(body), None, "{body}");
    }
}

#[test]
fn enhanced_code_of_dovecot_does_not_hide_that_in_the_text() {
    for (words, expected) in [
        ("452 4.0.0 sorry, mailbox disabled. (#4.2.1)", Some("4.2.1")),
        ("550 5.0.0 #5.1.0 Address rejected.", Some("5.1.0")),
        ("551 5.0.0 User not local (450)", None),
        ("550 5.1.1 No such user (#5.1.0)", Some("5.1.1")),
        ("550 5.0.0", None),
    ] {
        let body =
            format!("submission(a@x)<1><s>: Failed to relay message: from=<a@x>, reply=`{words}'");
        let mut slot = None;
        match super::parse(b"dovecot", body.as_bytes(), &mut slot) {
            Line::Event(event) => {
                let found = event.enhanced.map(|it| it.to_string());
                assert_eq!(found.as_deref(), expected, "{words}");
            }
            line => panic!("{words}: {line:?}"),
        }
    }
}

#[test]
fn words_in_a_message_id_are_no_action() {
    for (text, outcome) in [
        (
            "msgid=<a>: saved mail to INBOX>: save failed to INBOX: Internal error",
            Outcome::Deferred,
        ),
        (
            "msgid=<a>: save failed to INBOX: Quota exceeded>: saved mail to INBOX",
            Outcome::Sent,
        ),
        (
            "msgid=<a>: save failed to INBOX: Quota exceeded (full)",
            Outcome::Bounced,
        ),
        (
            "sieve: msgid=<a>: stored mail into mailbox 'Junk: x'",
            Outcome::Sent,
        ),
        // The inbox is the last mailbox that is tried.
        (
            "msgid=<a>: save failed to open mailbox INBOX: Permission denied",
            Outcome::Deferred,
        ),
        (
            "msgid=<a>: save failed to open mailbox INBOX/x: Permission denied",
            Outcome::Attempt,
        ),
        (
            "sieve: msgid=<a>: fileinto action: failed to store into mailbox 'INBOX': Quota exceeded (full)",
            Outcome::Bounced,
        ),
        (
            "sieve: msgid=<a>: failed to store into mailbox 'INBOX/x': Quota exceeded (full)",
            Outcome::Attempt,
        ),
        (
            "msgid=<a>: save failed to INBOX: Not enough disk quota",
            Outcome::Bounced,
        ),
    ] {
        let body = format!("lmtp(a@x)<1><s>: {text}");
        let mut slot = None;
        match super::parse(b"dovecot", body.as_bytes(), &mut slot) {
            Line::Event(event) => assert_eq!(event.outcome, outcome, "{text}"),
            line => panic!("{text}: {line:?}"),
        }
    }
}

#[test]
fn only_lines_of_dovecot_are_taken_for_its_own() {
    for line in [
        "Nov 23 10:00:00 lmtp(349): Info: Connect from local",
        "Nov 23 10:00:00 imap-login: Info: Login: user=<a>",
        "2026-11-23 10:00:00 auth-worker(default): Info: pam(a,192.0.2.1): failed",
        "2026-11-23T10:00:00.123+01:00 master: Warning: Killed",
        "@400000004c91b044077a9e94 imap-login: Info: Aborted login",
        "dovecot: Nov 23 10:00:00 Info: imap-login: Login",
        "lda(a): Info: msgid=<i>: saved mail to INBOX",
    ] {
        assert_eq!(
            Dovecot::probe(line.as_bytes()),
            Confidence::Certain,
            "{line}"
        );
    }
    for line in [
        "",
        "Nov 23 10:00:00 mail dovecot: lmtp(349): Connect from local",
        "Nov 23 10:00:00 master: started",
        "2026-11-23 10:00:00 INFO log: Info",
        "@400000004c91b044077a9e94 status: local 0/10 remote 0/20",
        "log: x",
    ] {
        assert_eq!(Dovecot::probe(line.as_bytes()), Confidence::No, "{line}");
    }
    for tag in ["dovecot", "dovecot/lmtp", "dovecot-lda", "deliver(a@x)"] {
        assert!(Dovecot::claims(tag.as_bytes(), b""), "{tag}");
    }
    for tag in ["dovecotx", "postfix/lmtp", "deliver", "deliver(a", ""] {
        assert!(!Dovecot::claims(tag.as_bytes(), b""), "{tag}");
    }
}

#[test]
fn the_tag_of_the_first_versions_names_the_user() {
    let mut slot = None;
    let body = b"msgid=<i>: save failed to INBOX: Quota exceeded (full)";
    match super::parse(b"deliver(a@x)", body, &mut slot) {
        Line::Event(event) => {
            assert_eq!(event.recipient, b"a@x");
            assert_eq!(event.outcome, Outcome::Bounced);
        }
        line => panic!("{line:?}"),
    }
    let error = b"stat(/home/a/Maildir) failed: Permission denied";
    assert!(matches!(
        super::parse(b"deliver(a)", error, &mut None),
        Line::Noise(None)
    ));
}

#[test]
fn words_in_place_of_a_reply_are_connection_errors_without_a_code() {
    for (words, expected) in [
        ("Connect timed out", Some(ConnectError::TimedOut)),
        ("Handshake timed out", Some(ConnectError::TimedOut)),
        ("Command timed out", Some(ConnectError::TimedOut)),
        ("STARTTLS not supported", Some(ConnectError::Tls)),
        ("Failed to lookup remote server", Some(ConnectError::Dns)),
        (
            "Lost connection to remote server",
            Some(ConnectError::Reset),
        ),
        (
            "connect(192.0.2.1:24) failed: Connection refused",
            Some(ConnectError::Refused),
        ),
        ("Failed to connect to remote server", None),
        ("Aborted", None),
    ] {
        for body in [
            format!(
                "lmtp(1): <s>: Failed to send message to <a@x> at 192.0.2.1:24: {words} (1/1 at 2 ms)"
            ),
            format!(
                "submission(a@x)<1><s>: Failed to relay message: from=<a@x>, size=1, reply=`{words}'"
            ),
        ] {
            let mut slot = None;
            match super::parse(b"dovecot", body.as_bytes(), &mut slot) {
                Line::Event(event) => {
                    assert_eq!(event.connect_error, expected, "{body}");
                    assert_eq!(
                        (event.outcome, event.code),
                        (Outcome::Deferred, None),
                        "{body}"
                    );
                }
                line => panic!("{body}: {line:?}"),
            }
        }
    }
}
