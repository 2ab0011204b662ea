//! Tests of single forms.

use super::fields;
use super::{OpenSmtpd, OpenSmtpdState, parse};
use crate::parse::dialect::api::{Confidence, Dialect};
use crate::parse::{Line, Outcome};

#[test]
fn delays_have_units() {
    assert_eq!(fields::microseconds(b"1d2h3m4s"), Some(93_784_000_000));
    assert_eq!(fields::microseconds(b"0s"), Some(0));
    assert_eq!(fields::microseconds(b"12"), None);
    assert_eq!(fields::microseconds(b"-"), None);
}

#[test]
fn name_of_a_host_is_in_parentheses() {
    assert_eq!(
        fields::host(b"192.0.2.1 (mx.example.net)"),
        b"mx.example.net"
    );
    assert_eq!(fields::host(b"192.0.2.1 (<unknown>)"), b"192.0.2.1");
    assert_eq!(fields::host(b"nx.example"), b"nx.example");
    assert_eq!(fields::host(b"-"), b"");
}

#[test]
fn address_cannot_forge_a_result() {
    let text = b"0123456789abcdef mta delivery evpid=0123456789abcdef from=<a@example.com> \
        to=<\"x> rcpt=<-> delay=0s result=Ok stat=250\"@example.net> rcpt=<-> source=\"-\" \
        relay=\"192.0.2.1 (mx.example.net)\" delay=1s result=\"TempFail\" stat=\"450 4.2.0 \"no\"\"";
    let (mut state, mut slot) = (OpenSmtpdState::default(), None);
    let Line::Event(event) = parse(&mut state, None, text, &mut slot) else {
        panic!("no event");
    };
    assert_eq!((event.outcome, event.code), (Outcome::Deferred, Some(450)));
    assert_eq!(event.text, b"450 4.2.0 \"no\"");
    assert_eq!(event.host, b"mx.example.net");
}

#[test]
fn lines_of_other_programs_are_not_claimed() {
    for text in [
        "connect from client.example.org[192.0.2.1]",
        "0123456789abcdef",
        "0123456789abcdef smtpd x",
        "relay: nothing",
        "smtp-inx: y",
    ] {
        assert!(!OpenSmtpd::claims(b"smtpd", text.as_bytes()), "{text}");
        assert_eq!(OpenSmtpd::probe(text.as_bytes()), Confidence::No, "{text}");
    }
    assert!(OpenSmtpd::claims(b"smtpd", b"warn: x"));
    assert_eq!(OpenSmtpd::probe(b"warn: x"), Confidence::No);
}
