use super::frame::{Severity, class, is_own_logger, split, without_wrapper};
use super::repeats::{Repeats, Reply};
use super::{James, delivery};
use crate::parse::dialect::api::{Confidence, Dialect};

#[test]
fn only_what_the_wrapper_adds_is_taken_off() {
    for (line, text) in [
        ("jvm 1    | 2026/11/23 10:00:00 | INFO  x", "INFO  x"),
        ("jvm 12   | \tat a.B(C.java:1)", "\tat a.B(C.java:1)"),
        ("jvm x    | a", "jvm x    | a"),
        ("jvm 1", "jvm 1"),
        (
            "INFO  10:00:00,123 | james.smtpserver | x",
            "INFO  10:00:00,123 | james.smtpserver | x",
        ),
    ] {
        let rest = without_wrapper(line.as_bytes());
        assert_eq!(rest, text.as_bytes(), "{line}");
    }
}

#[test]
fn every_layout_is_split() {
    for (line, severity, name, text) in [
        (
            "10:00:00.123 [INFO ] o.a.j.t.m.r.d.MailDelivrer - a - b",
            Severity::Info,
            "MailDelivrer",
            "a - b",
        ),
        (
            "10:00:00.123 \u{1b}[31m[ERROR]\u{1b}[0;39m o.a.j.Main - x",
            Severity::Error,
            "Main",
            "x",
        ),
        (
            "2026-11-23 10:00:00,123 WARN    o.a.j.d.DNSJavaService - x",
            Severity::Warning,
            "DNSJavaService",
            "x",
        ),
        (
            "23-Nov-2026 10:00:00.123 DEBUG [a-1] org.apache.james.x.MailDelivrer.deliver:42 - x",
            Severity::Debug,
            "MailDelivrer",
            "x",
        ),
        (
            "INFO  10:00:00,123 | james.smtpserver | x",
            Severity::Info,
            "",
            "x",
        ),
    ] {
        let (_, framed) = split(line.as_bytes()).expect("a record");
        assert_eq!(framed.severity, severity, "{line}");
        assert_eq!(class(framed.logger), name.as_bytes(), "{line}");
        assert_eq!(framed.text, text.as_bytes(), "{line}");
        assert!(is_own_logger(framed.logger), "{line}");
    }
    for line in [
        "",
        "10:00:00.123 ",
        "10:00:00.123 [INFO ] no separator",
        "10:00:00.123 x [INFO ] a - b",
        "421 4.7.0 x",
        "INFO 10:00 | a | b",
        "\tat org.apache.james.x",
    ] {
        assert_eq!(split(line.as_bytes()), None, "{line}");
    }
}

#[test]
fn log_of_another_java_program_is_not_certain() {
    for line in [
        "10:00:00.123 [INFO ] o.s.b.Main - x",
        "2026-11-23 10:00:00,123 INFO com.example.Main - o.a.j.",
        "\u{1e}logger\u{1f}com.example.Main\u{1e}message\u{1f}org.apache.james.",
    ] {
        assert_eq!(James::probe(line.as_bytes()), Confidence::No, "{line}");
    }
}

#[test]
fn reply_logged_for_the_host_and_again_counts_once() {
    let mut repeats = Repeats::default();
    let mut attempt = |text: &[u8]| {
        repeats.begin_record();
        repeats.attempt(text)
    };
    // Two hosts that say the same: each is logged, and the last one again.
    assert_eq!(attempt(b"421 a"), Reply::New);
    assert_eq!(attempt(b"421 a"), Reply::Repeated);
    assert_eq!(attempt(b"421 a"), Reply::New);
    assert_eq!(attempt(b"421 b"), Reply::New);
    assert_eq!(attempt(b"421 b\n"), Reply::Repeated);
    assert_eq!(repeats.result(b"421 b"), Reply::Repeated);
    assert_eq!(repeats.result(b"421 b"), Reply::New);
}

#[test]
fn stack_trace_says_each_reply_once() {
    let mut repeats = Repeats::default();
    repeats.begin_record();
    let mut code = |line: &'static str| {
        delivery::exception(&mut repeats, line.as_bytes()).and_then(|event| event.code)
    };
    assert_eq!(
        code("Caused by: com.sun.mail.smtp.SMTPAddressFailedException: 550 5.1.1 No"),
        Some(550)
    );
    assert_eq!(
        code("\torg.eclipse.angus.mail.smtp.SMTPAddressFailedException: 550 5.1.1 No"),
        None
    );
    assert_eq!(code("javax.mail.SendFailedException: 550 x"), None);
    assert_eq!(code("x.smtp.SMTPSendFailedException: no reply"), None);
}
