//! Tests of reports, and of which lines are qmail's.

use super::report::{self, Report};
use super::{Qmail, smtpd};
use crate::parse::dialect::api::{Confidence, Dialect};
use crate::parse::{ConnectError, Line};

/// Code, enhanced code, host and text of a report.
fn read(report: &str, is_remote: Option<bool>) -> (Option<u16>, String, String, String) {
    let mut text = Vec::new();
    report::decode(report.as_bytes(), &mut text);
    let parsed = Report::parse(&text, is_remote);
    let words = |range: std::ops::Range<usize>| String::from_utf8_lossy(&text[range]).into_owned();
    (
        parsed.code,
        parsed
            .enhanced
            .map(|code| code.to_string())
            .unwrap_or_default(),
        words(parsed.host.clone()),
        words(parsed.text),
    )
}

#[test]
fn replies_of_several_lines_are_joined_and_slashes_of_urls_kept() {
    let report = "192.0.2.1_does_not_like_recipient./Remote_host_said:_550-5.7.1_see/550-http://x.example/550_a/550_5.7.1_no/Giving_up_on_192.0.2.1./";
    let (code, enhanced, host, text) = read(report, Some(true));
    assert_eq!(
        (code, &*enhanced, &*host),
        (Some(550), "5.7.1", "192.0.2.1")
    );
    assert_eq!(
        text,
        "550-5.7.1 see 550-http://x.example 550 a/550 5.7.1 no"
    );
    let report = "192.0.2.1_failed_after_I_sent_the_message./Remote_host_said:_554-mx.example.net/554_5.7.1_refused/";
    assert_eq!(read(report, None).1, "5.7.1");
}

#[test]
fn own_texts_have_no_reply_code() {
    for (report, code, enhanced) in [
        (
            "Sorry,_no_mailbox_here_by_that_name._(#5.1.1)/",
            None,
            "5.1.1",
        ),
        ("did_1+0+0/", None, ""),
        (
            "Connected_to_192.0.2.1_but_connection_died._(#4.4.2)/",
            None,
            "4.4.2",
        ),
        (
            "Sorry,_I_wasn't_able_to_establish_an_SMTP_connection._(#4.4.1)/",
            Some(101),
            "4.4.1",
        ),
        (
            "CNAME_lookup_failed_temporarily._(#4.4.3)/",
            Some(101),
            "4.4.3",
        ),
        (
            "192.0.2.1_does_not_like_recipient./Remote_host_said:_what?/Giving_up_on_192.0.2.1./",
            None,
            "",
        ),
        (
            "Sorry,_I_couldn't_find_any_host_named_421.example._(#5.1.2)/",
            Some(101),
            "5.1.2",
        ),
    ] {
        let (found, found_enhanced, ..) = read(report, None);
        assert_eq!((found, &*found_enhanced), (code, enhanced), "{report}");
    }
    // A program of a local user may write anything.
    let report = "Remote_host_said:_421_4.7.0_no/";
    assert_eq!(read(report, Some(false)).0, None);
}

#[test]
fn end_of_the_time_in_the_queue_is_recognized() {
    let mut text = Vec::new();
    report::decode(
        b"Connected_to_192.0.2.1_but_greeting_failed./Remote_host_said:_421_4.7.0_busy/I'm_not_going_to_try_again;_this_message_has_been_in_the_queue_too_long./",
        &mut text,
    );
    let parsed = Report::parse(&text, None);
    assert!(parsed.is_expired && parsed.is_remote);
    assert_eq!(&text[parsed.text], b"421 4.7.0 busy");
    report::decode(
        b"TLS_connect_failed:_timeout;_connected_to_192.0.2.1./",
        &mut text,
    );
    assert_eq!(
        Report::parse(&text, None).connect_error,
        Some(ConnectError::Tls)
    );
}

#[test]
fn only_lines_of_qmail_are_taken_for_its_own() {
    for line in [
        "@4000000037c219bf2ef02e94 new msg 93869",
        "935467445.787492 end msg 93869",
        "2026-11-23 10:00:00.670252500 delivery 5: deferral: x/",
        "starting delivery 5: msg 7 to remote a@example.net",
        "@4000000037c219bf2ef02e94 tcpserver: ok 1 mx:192.0.2.1:25 x:192.0.2.7::1",
        "@4000000037c219bf2ef02e94 CHKUSER accepted rcpt: from <a::> remote <x::192.0.2.7> rcpt <b> : ok",
    ] {
        assert_eq!(Qmail::probe(line.as_bytes()), Confidence::Certain, "{line}");
    }
    for line in [
        "",
        "new msg",
        "new msg 5 arrived",
        "Starting delivery: host: mx protocol: smtp file: 1",
        "delivery 5: done",
        "2026-11-23 10:00:00 1vNabc-0000A1-01 Completed",
        "tcpserver: ok 1 mx:192.0.2.1:53 x:192.0.2.7::1",
        "tcpserver: status: none",
        "tcpserver: pid of another program",
        "Nov 23 10:00:00 mail qmail: 1.000000 new msg 5",
    ] {
        assert_ne!(Qmail::probe(line.as_bytes()), Confidence::Certain, "{line}");
    }
}

#[test]
fn programs_around_qmail_are_told_from_it_by_their_tag() {
    for tag in [
        "qmail",
        "qmail-send",
        "qmail-smtpd",
        "qmail-pop3d",
        "qmail1",
    ] {
        assert!(Qmail::claims(tag.as_bytes(), b"new msg 5"), "{tag}");
    }
    for tag in [
        "qmail-remote-handlers",
        "qmail-queue-handlers",
        "qmail-queue",
        "qmailscanner",
    ] {
        assert!(!Qmail::claims(tag.as_bytes(), b"from=a@x"), "{tag}");
    }
}

#[test]
fn tcpserver_is_recognized_before_it_names_a_port() {
    for text in [
        "status: 0/40",
        "pid 4389 from 192.0.2.7",
        "end 4389 status 256",
    ] {
        for program in ["tcpserver", "sslserver"] {
            let line = format!("@400000006b040eaa075bcd15 {program}: {text}");
            assert_eq!(Qmail::probe(line.as_bytes()), Confidence::Certain, "{line}");
        }
    }
}

#[test]
fn complaints_of_qmail_send_are_its_own_only_with_a_stamp() {
    for text in [
        "alert: cannot start: unable to open mutex",
        "alert: queue1: oh no! lost qmail-clean connection! dying...",
        "warning: trouble injecting bounce message, will try later",
        "warning: queue2: unable to unlink mess/4/17; will try again later",
        "info: qmail-send: queue1: ratelimit=OFF, conf split=151",
    ] {
        let line = format!("@400000006b040eaa075bcd15 {text}");
        assert_eq!(Qmail::probe(line.as_bytes()), Confidence::Certain, "{line}");
        assert_ne!(Qmail::probe(text.as_bytes()), Confidence::Certain, "{text}");
    }
}

#[test]
fn codes_of_rejects_are_those_of_the_reply() {
    for (tag, text, code) in [
        (
            "qmail",
            "rblsmtpd: 192.0.2.7 pid 9 bl.example.net: 451 see 550",
            Some(451),
        ),
        (
            "qmail",
            "qmail-smtpd: 421 badiprbl: ip 192.0.2.7 rbl: bl.example.net",
            Some(421),
        ),
        (
            "qmail",
            "CHKUSER rejected rcpt: from <a@x::> remote <h:n:192.0.2.7> rcpt <b@y> : 550 of them",
            None,
        ),
        (
            "spamdyke",
            "DENIED_OTHER from: a@x to: b@y origin_ip: 192.0.2.7 origin_rdns: n auth: (unknown) encryption: (none) reason: 553_sorry",
            Some(553),
        ),
        (
            "qmail",
            "qlogenvelope: result=rejected code=553 reason=nogateway remoteip=192.0.2.7",
            Some(553),
        ),
        ("qmail", "12345 > 550 sorry (#5.1.1)", Some(550)),
    ] {
        let mut slot = None;
        match smtpd::parse(tag.as_bytes(), text.as_bytes(), &mut slot) {
            Some(Line::Event(event)) => assert_eq!(event.code, code, "{text}"),
            line => panic!("{text}: {line:?}"),
        }
    }
}
