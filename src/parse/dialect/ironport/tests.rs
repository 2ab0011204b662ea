use super::reply::{Quoted, dashed, tuple};
use super::{IronPort, is_own_text};
use crate::parse::dialect::api::{Confidence, Dialect};
use crate::parse::frame::asctime;

/// The rewritten reply, and its code; `None` for the appliance's own words.
fn read(text: &str) -> Option<(String, Option<u16>)> {
    let mut words = b"old".to_vec();
    let (_, quoted) = tuple(text.as_bytes(), &mut words)?;
    let code = match quoted {
        Quoted::Reply(reply) => Some(reply.code),
        Quoted::Own => None,
    };
    Some((String::from_utf8_lossy(&words).into_owned(), code))
}

#[test]
fn reply_is_rewritten_as_other_servers_write_it() {
    for (text, words, code) in [
        ("error ('550', ['5.1.1 No']) []", "550 5.1.1 No", Some(550)),
        (
            r#"x ('421', ['4.7.28 It is', "4.7.28 \"it's\"", '421 inner'])"#,
            "421-4.7.28 It is 421-4.7.28 \"it's\" 421 421 inner",
            Some(421),
        ),
        (r"('451', ['a\nb'])", "451-a 451 b", Some(451)),
        ("('554', [])", "554 ", Some(554)),
        ("('000', ['timeout'])", "timeout", None),
        ("('550', ['cut", "550 cut", Some(550)),
    ] {
        assert_eq!(read(text), Some((words.to_owned(), code)), "{text}");
    }
    for text in [
        "",
        "('55",
        "('550",
        "('abc', ['x'])",
        "no tuple",
        "('999', [])",
    ] {
        assert_eq!(read(text), None, "{text}");
    }
}

#[test]
fn long_reply_is_cut() {
    let mut words = Vec::new();
    let text = format!("('550', ['{}\\n{}'])", "x".repeat(5000), "\\n".repeat(5000));
    assert!(tuple(text.as_bytes(), &mut words).is_some());
    assert!(words.len() < 1100, "{}", words.len());
}

#[test]
fn reply_with_a_hyphen_needs_its_quote() {
    let mut words = Vec::new();
    let (quoted, rest) = dashed(b"421-'a\\n4.3.2 b' interface: x", &mut words).expect("a reply");
    assert!(matches!(quoted, Quoted::Reply(reply) if reply.code == 421));
    assert_eq!(words, b"421-a 421 4.3.2 b");
    assert_eq!(rest, b" interface: x");
    for text in [
        &b"421 x"[..],
        b"421-x",
        b"42",
        b"421-",
        b"[Errno 61] Connection refused",
    ] {
        assert!(dashed(text, &mut words).is_none());
    }
}

#[test]
fn only_lines_of_this_server_are_certain() {
    let certain = |line: &str| IronPort::probe(line.as_bytes()) == Confidence::Certain;
    assert!(certain(
        "Mon Nov 23 10:00:00 2026 Info: MID 5 ready 1 bytes from <a@example.com>"
    ));
    assert!(certain("Mon Nov  3 10:00:00 2026 Info: ICID 5 close"));
    assert!(certain("Tue Nov 3 10:00:00 2026 Info: DCID 5 close"));
    for line in [
        "Mon Nov 23 10:00:00 2026 Info: Begin Logfile",
        "Mon Nov 23 10:00:00 2026 MID: 5",
        "MIDI 5",
        "MID x",
        "Nov 23 10:00:00 mail postfix/smtp[1]: MID 5",
        "ICIDX 5",
        "",
    ] {
        assert!(!certain(line), "{line}");
    }
    assert!(certain(
        "Mon Nov 23 10:00:00 2026 Info: Bounced: 7:0 From:<a@example.com> To:<b@example.net> Reason: \"5.1.0\""
    ));
    assert!(certain(
        "Mon Nov 23 10:00:00 2026 Info: Delayed: 7:1 From:<> To:<b@example.net> Reason:\"4.1.0\""
    ));
    assert!(!is_own_text(b"Bounced: 7:0 To:<a@example.com>"));
    assert!(!is_own_text(b"Delayed: 7 minutes"));
    assert!(is_own_text(b"Bounced: DCID: 1911 Message 3993 to 0"));
    assert!(!is_own_text(b"Bounced: DCIDs"));
}

#[test]
fn stamps_have_days_of_one_and_two_digits() {
    for (line, rest) in [
        ("Mon Nov 23 10:00:00 2026 x", "x"),
        ("Mon Nov  3 10:00:00 2026 x", "x"),
        ("Mon Nov 3 10:00:00 2026 ", ""),
    ] {
        let (_, found) = asctime::split(line.as_bytes()).expect("a stamp");
        assert_eq!(found, rest.as_bytes());
    }
    for line in [
        "Mon Nov 23 10:00:00 2026",
        "Mon Nov 23",
        "Xxx Nov 23 10:00:00 2026 x",
        "",
    ] {
        assert!(asctime::split(line.as_bytes()).is_none(), "{line}");
    }
}
