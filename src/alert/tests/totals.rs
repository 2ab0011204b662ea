//! What signals count, of a small log with a different number of lines of each kind.

use super::*;
use crate::alert::leading::Leading;
use crate::alert::totals::{Selection, Totals, Whole};
use crate::catalog::{ProviderId, Signal};

const GOOGLE: &str = "gmail-smtp-in.l.google.com";
const LOOPBACK: &str = "127.0.0.1";

/// The lines of one kind, and how many there are.
fn log() -> Vec<(String, usize)> {
    let delivery = |relay: &str, dsn: &str, status: &str| {
        format!(
            "postfix/smtp[7]: ID: to=<ann@example.org>, relay={relay}[192.0.2.1]:25, delay=1, delays=0/0/1/0, \
             dsn={dsn}, status={status}"
        )
    };
    let failed = |relay: &str, status: &str, reply: &str| {
        let dsn = &reply[4..9];
        let said = format!(
            "{status} (host {relay}[192.0.2.1] said: {reply} (in reply to RCPT TO command))"
        );
        delivery(relay, dsn, &said)
    };
    let local = |dsn: &str, status: &str| {
        format!(
            "postfix/local[8]: ID: to=<bob@example.com>, relay=local, delay=1, delays=0/0/0/1, dsn={dsn}, \
             status={status}"
        )
    };
    let sent = "sent (250 2.0.0 Ok)";
    let other = "mx.example.org";
    vec![
        (delivery(GOOGLE, "2.0.0", sent), 2),
        (failed(GOOGLE, "deferred", "421 4.7.28 unusual rate of mail"), 3),
        (failed(other, "deferred", "451 4.7.1 Greylisted"), 5),
        (failed(other, "bounced", "550 5.1.1 user unknown"), 7),
        (failed(other, "bounced", "554 5.7.1 blocked using zen.spamhaus.org"), 11),
        (delivery(LOOPBACK, "2.0.0", sent), 13),
        (failed(LOOPBACK, "deferred", "451 4.7.1 Greylisted"), 17),
        (local("2.0.0", "sent (delivered to mailbox)"), 19),
        (local("4.2.2", "deferred (mailbox is full)"), 23),
        ("postfix/smtpd[9]: connect from client.example.net[192.0.2.50]".into(), 29),
        (
            "postfix/smtpd[9]: ID: reject: RCPT from unknown[192.0.2.52]: 450 4.7.1 <bob@example.com>: Recipient \
             address rejected: Greylisted; from=<a@example.net> to=<bob@example.com> proto=ESMTP helo=<x>"
                .into(),
            31,
        ),
        (
            "postfix/smtpd[9]: warning: unknown[192.0.2.9]: SASL LOGIN authentication failed: UGFzc3dvcmQ6".into(),
            37,
        ),
        ("postfix/smtp[7]: connect to a.example[192.0.2.1]:25: Connection refused".into(), 41),
        ("postfix/smtp[7]: connect to a.example[192.0.2.1]:25: Connection timed out".into(), 43),
        ("postfix/master[4]: fatal: bind 0.0.0.0 port 25: Address already in use".into(), 47),
    ]
}

fn count() -> Counters {
    let catalog = Catalog::embedded();
    let reference = Timestamp::from_second(T + HOUR).expect("a time");
    let mut parser = LineParser::new(catalog, Providers::embedded(), TimeZone::UTC, reference);
    let mut counters = Counters::new(catalog);
    let lines = log().into_iter();
    let lines = lines.flat_map(|(line, times)| std::iter::repeat_n(line, times));
    for (number, line) in lines.enumerate() {
        let stamp = Timestamp::from_second(T + number as i64).expect("a time");
        let line = line.replace("ID", &format!("4F{number:08X}"));
        let line = format!("{stamp} mail {line}");
        let mut slot = None;
        let parsed = parser.parse(line.as_bytes(), &mut slot);
        counters.count(parsed.time, &parsed.line, i64::MAX);
    }
    counters
}

fn provider(host: &str) -> Option<ProviderId> {
    Some(Providers::embedded().of(host.as_bytes()))
}

/// A signal from the fields that the policy gives it.
fn signal(fields: &str) -> Signal {
    let rest = r#""name": "it", "text": {"en": "", "zh": ""}"#;
    serde_json::from_str(&format!("{{{fields}, {rest}}}")).expect("a signal")
}

/// What a signal has counted of all providers, of Google and of the unknown ones, less its exceptions.
fn counted(totals: &Totals<'_>, fields: &str) -> [[u64; 2]; 3] {
    let selection = Selection::of(&signal(fields), Catalog::embedded());
    [None, provider(GOOGLE), provider("mx.example.org")]
        .map(|provider| totals.counted(&selection, provider))
}

#[test]
fn replies_are_counted_by_code_class_condition_and_failed_connection() {
    let counters = count();
    let totals = Totals::of(&counters, provider(LOOPBACK));
    let cases: [(&str, [u64; 3]); 7] = [
        (r#""codes": [421, 451]"#, [8, 3, 5]),
        (r#""classes": [5]"#, [18, 0, 18]),
        (r#""classes": [4]"#, [8, 3, 5]),
        (r#""codes": [421], "classes": [5]"#, [21, 3, 18]),
        (r#""conditions": ["greylisted"]"#, [5, 0, 5]),
        (
            r#""codes": [421], "conditions": ["user_unknown", "blocklisted"]"#,
            [18, 3, 18],
        ),
        (r#""direction": "inbound", "codes": [450]"#, [31, 0, 0]),
    ];
    for (fields, expected) in cases {
        let found = counted(&totals, &format!(r#""counts": "replies", {fields}"#));
        assert_eq!(found.map(|it| it[1]), [0; 3], "{fields}");
        assert_eq!(found.map(|it| it[0]), expected, "{fields}");
    }
    let found = counted(
        &totals,
        r#""counts": "replies", "classes": [4], "except": ["greylisted"], "except_errors": ["timed_out"]"#,
    );
    assert_eq!(found[0], [8, 5 + 43]);
    let found = counted(
        &totals,
        r#""counts": "replies", "codes": [421], "errors": ["refused"]"#,
    );
    assert_eq!(found[0], [41, 0]);
}

#[test]
fn deliveries_fail_for_the_causes_of_the_signal() {
    let counters = count();
    let totals = Totals::of(&counters, provider(LOOPBACK));
    let cases: [(&str, [u64; 3]); 3] = [
        (r#""deferred_except": ["greylisting"]"#, [3, 3, 0]),
        (r#""bounced_for": ["recipient"]"#, [7, 0, 7]),
        (
            r#""deferred_except": ["throttling"], "bounced_for": ["reputation"]"#,
            [16, 0, 16],
        ),
    ];
    for (fields, expected) in cases {
        let found = counted(&totals, &format!(r#""counts": "deliveries", {fields}"#));
        assert_eq!(found, expected.map(|it| [it, 0]), "{fields}");
    }
}

#[test]
fn other_signals_count_all_that_is_of_their_kind() {
    let counters = count();
    let totals = Totals::of(&counters, provider(LOOPBACK));
    let of_all = |fields: &str| counted(&totals, fields)[0];
    assert_eq!(of_all(r#""counts": "local_deliveries""#), [17 + 23, 0]);
    assert_eq!(
        of_all(r#""counts": "local_deliveries", "except": ["greylisted"]"#),
        [40, 5]
    );
    assert_eq!(of_all(r#""counts": "sent_messages""#), [2, 0]);
    assert_eq!(of_all(r#""counts": "auth_failures""#), [37, 0]);
    assert_eq!(of_all(r#""counts": "connections""#), [29, 0]);
    assert_eq!(of_all(r#""counts": "fatal_messages""#), [47, 0]);
}

#[test]
fn shares_refer_to_all_replies_or_deliveries_of_their_kind() {
    let counters = count();
    let totals = Totals::of(&counters, provider(LOOPBACK));
    let of = |fields: &str, provider| {
        let signal = signal(&format!(r#""counts": {fields}"#));
        totals.whole(Whole::of(&signal), provider)
    };
    let other = provider("mx.example.org");
    // Failed connections are counted as codes 101 and 111.
    let connections = 41 + 43;
    assert_eq!(of(r#""replies""#, None), 2 + 3 + 5 + 7 + 11 + connections);
    assert_eq!(of(r#""replies""#, provider(GOOGLE)), 2 + 3);
    assert_eq!(
        of(r#""replies", "direction": "outbound""#, other),
        5 + 7 + 11 + connections
    );
    assert_eq!(of(r#""replies", "direction": "inbound""#, None), 29 + 31);
    assert_eq!(of(r#""replies", "direction": "local""#, None), 0);
    assert_eq!(of(r#""deliveries""#, None), 2 + 3 + 5 + 7 + 11);
    assert_eq!(of(r#""deliveries""#, provider(GOOGLE)), 2 + 3);
    assert_eq!(of(r#""local_deliveries""#, None), 13 + 17 + 19 + 23);
    assert_eq!(of(r#""connections""#, None), 0);
}

#[test]
fn providers_are_those_with_mail_but_the_loopback_interface() {
    let counters = count();
    let of = |loopback| -> Vec<_> { Totals::of(&counters, loopback).providers().collect() };
    let expected = |hosts: &[&str]| {
        let mut expected: Vec<_> = hosts.iter().filter_map(|host| provider(host)).collect();
        expected.sort_by_key(|id| id.0);
        expected
    };
    assert_eq!(
        of(provider(LOOPBACK)),
        expected(&[GOOGLE, "mx.example.org"])
    );
    assert_eq!(of(None), expected(&[GOOGLE, "mx.example.org", LOOPBACK]));
}

#[test]
fn names_of_wholes_in_the_state_file_are_stable() {
    let names = Whole::ALL.map(Whole::name);
    let expected = [
        "outbound",
        "inbound",
        "local",
        "deliveries",
        "new_deliveries",
        "local_deliveries",
        "",
    ];
    assert_eq!(names, expected);
}

/// What the failures of [`log`] have in common if they are counted half a minute after `T` and looked at this many
/// seconds later.
fn leading(later: i64, discard: bool) -> Leading {
    let (empty, full) = (Counters::new(Catalog::embedded()), count());
    let mut leading = Leading::new();
    let steps = [
        (T, &empty, false),
        (T + 30, &full, discard),
        (T + 30 + later, &full, false),
    ];
    for (now, counters, discard) in steps {
        let totals = Totals::of(counters, provider(LOOPBACK));
        leading.step(now, &totals, counters, discard);
    }
    leading
}

#[test]
fn alerts_name_what_most_failures_of_the_last_quarter_hour_had() {
    let id = |provider: Option<ProviderId>| provider.map(|it| it.0);
    let (google, other) = (id(provider(GOOGLE)), id(provider("mx.example.org")));
    let condition = |name: &str| {
        Catalog::embedded()
            .condition_named(name)
            .expect("a condition")
    };
    let [greylisted, unknown, listed] =
        ["greylisted", "user_unknown", "blocklisted"].map(condition);
    let [timeout, refused, limited] =
        ["timeout", "connection_refused", "rate_limited"].map(condition);
    for later in [30, 870] {
        let leading = leading(later, false);
        for (of, digits, expected) in [
            (None, &[4][..], Some(451)),
            (google, &[4], Some(421)),
            (other, &[4], Some(451)),
            (google, &[5], None),
            (None, &[5], Some(554)),
            (None, &[4, 5], Some(451)),
            (other, &[4, 5], Some(554)),
            (other, &[1, 4, 5], Some(101)),
            (google, &[2], Some(250)),
            (None, &[3], None),
        ] {
            assert_eq!(leading.code(of, digits), expected, "{of:?} {digits:?}");
        }
        let enhanced = |code| leading.enhanced(code).map(|it| it.to_string());
        assert_eq!(enhanced(421).as_deref(), Some("4.7.28"));
        assert_eq!(enhanced(451).as_deref(), Some("4.7.1"));
        assert_eq!(enhanced(550).as_deref(), Some("5.1.1"));
        assert_eq!(enhanced(250), None, "no failure");
        assert_eq!(enhanced(450), None, "a reply to a client");
        assert_eq!(leading.provider(&[421], &[]), provider(GOOGLE));
        assert_eq!(
            leading.provider(&[421, 550], &[]),
            provider("mx.example.org")
        );
        assert_eq!(
            leading.provider(&[421], &[unknown]),
            provider("mx.example.org")
        );
        assert_eq!(leading.provider(&[422], &[]), None);
        for (of, except, expected) in [
            (None, &[][..], timeout),
            (None, &[timeout, refused], greylisted),
            (other, &[timeout], refused),
            (other, &[timeout, refused], listed),
            (google, &[], limited),
        ] {
            assert_eq!(
                leading.condition(of, except),
                Some(expected),
                "{of:?} {except:?}"
            );
        }
        assert_eq!(leading.condition(google, &[limited]), None);
        let counts = leading.counts(&[421, 550], &[unknown, listed]);
        assert_eq!(counts, [3 + 7, 7 + 11]);
        assert_eq!(leading.counts(&[422], &[]), [0, 0]);
    }
    // Nothing in the last quarter hour: the hour counts for the texts.
    let hour = leading(900, false);
    assert_eq!(
        hour.code(None, &[1, 2, 4, 5]),
        leading(30, false).code(None, &[1, 2, 4, 5])
    );
    assert_eq!(hour.counts(&[421], &[unknown]), [0, 0]);
    for leading in [leading(3_600, false), leading(30, true)] {
        assert_eq!(leading.code(None, &[1, 2, 4, 5]), None);
        assert_eq!(leading.condition(None, &[]), None);
        assert_eq!(leading.enhanced(421), None);
        assert_eq!(leading.counts(&[421], &[unknown]), [0, 0]);
    }
}
