//! Tests on whole logs: the golden logs, truncated and resumed at any position, and logs with the same records.

use proptest::prelude::*;

use super::{Exim, EximState, prefix};
use crate::parse::dialect::api::{Confidence, Dialect, Record};
use crate::parse::tests::parser;
use crate::parse::{Event, Fact, Format, Line, LineParser, Mta, Stamp, StreamKey, Visitor};

const MAINLOG: &str = include_str!("../../../../tests/golden/exim-mainlog.log");
const SELECTORS: &str = include_str!("../../../../tests/golden/exim-selectors.log");
const REJECTS: &str = include_str!("../../../../tests/golden/exim-rejects.log");
const SYSLOG: &str = include_str!("../../../../tests/golden/exim-syslog.log");

const LOG: StreamKey = StreamKey {
    source: 1,
    stream: 1,
};

/// The result of a line as text.
fn said(parser: &mut LineParser, line: &str) -> String {
    format!("{:?}", parser.parse(line.as_bytes(), &mut None))
}

/// The code that a line counts.
fn code(parser: &mut LineParser, line: &[u8]) -> Option<u16> {
    match parser.parse(line, &mut None).line {
        Line::Event(event) => event.code,
        _ => None,
    }
}

fn codes(parser: &mut LineParser, lines: &[&str]) -> Vec<u16> {
    lines
        .iter()
        .filter_map(|line| code(parser, line.as_bytes()))
        .collect()
}

#[test]
fn a_cut_line_has_the_code_of_the_whole_line_or_none() {
    for log in [MAINLOG, SELECTORS, REJECTS, SYSLOG] {
        for line in log.lines() {
            let whole = code(&mut parser(), line.as_bytes());
            let mut parser = parser();
            parser.select(LOG, Format::Server(Mta::Exim));
            for end in 0..line.len() {
                let cut = code(&mut parser, &line.as_bytes()[..end]);
                // An attempt that was seen makes the next one no less: only records repeat attempts.
                assert!(cut.is_none() || cut == whole, "{}", &line[..end]);
            }
        }
    }
}

#[test]
fn a_restart_anywhere_changes_nothing() {
    for log in [MAINLOG, SELECTORS, REJECTS, SYSLOG] {
        let lines: Vec<&str> = log.lines().collect();
        let mut straight = parser();
        straight.select(LOG, Format::Auto);
        let expected: Vec<String> = lines.iter().map(|line| said(&mut straight, line)).collect();
        for at in 0..lines.len() {
            let mut before = parser();
            before.select(LOG, Format::Auto);
            for line in &lines[..at] {
                said(&mut before, line);
            }
            let mut after = parser();
            after.resume(&before.snapshot());
            after.select(LOG, Format::Auto);
            for (line, expected) in lines.iter().zip(&expected).skip(at) {
                assert_eq!(&said(&mut after, line), expected, "resumed at line {at}");
            }
        }
    }
}

#[test]
fn rejects_of_mainlog_and_rejectlog_count_once() {
    let lines: Vec<&str> = REJECTS.lines().collect();
    let expected = codes(&mut parser(), &lines);
    assert!(expected.len() > 8);
    let mut parser = parser();
    let mut counted = Vec::new();
    for stream in [1, 2] {
        parser.select(StreamKey { source: 1, stream }, Format::Auto);
        counted.extend(codes(&mut parser, &lines));
    }
    assert_eq!(counted, expected);
}

#[test]
fn the_second_of_two_syslog_records_is_a_copy() {
    let reject = |pid: u32, to: &str| {
        format!(
            "Nov 23 10:00:00 mail exim[{pid}]: H=(a) [192.0.2.1] F=<x@example.net> rejected RCPT <{to}@example.com>: 550 No"
        )
    };
    // Of two processes at a time, and the same twice by one client.
    let (a, b) = (reject(1, "a"), reject(2, "b"));
    let lines = [&*a, &*b, &*a, &*b, &*a, &*a];
    assert_eq!(codes(&mut parser(), &lines), [550, 550, 550]);
    // With `syslog_duplication` off no reject has a copy; then one that is alike is another reject.
    let mut once = parser();
    for pid in 0..200 {
        assert_eq!(code(&mut once, reject(pid, "a").as_bytes()), Some(550));
    }
    assert_eq!(codes(&mut once, &[&a, &a]), [550, 550]);
}

#[test]
fn a_record_that_syslog_split_is_recognized_as_a_repetition() {
    let reply = format!("451-4.7.1 {}", "x".repeat(700));
    let attempt = format!(
        "Nov 23 10:00:00 mail exim[1]: 1vNabc-0000A1-01 H=mx.example.net [192.0.2.1]: SMTP error from remote mail server after end of data: {reply}"
    );
    let record = format!(
        "Nov 23 10:00:00 mail exim[1]: [1\\2] 1vNabc-0000A1-01 == a@example.net R=r T=remote_smtp defer (-46) H=mx.example.net [192.0.2.1]: SMTP error from remote mail server after end of data: {}",
        &reply[..500]
    );
    assert_eq!(codes(&mut parser(), &[&attempt, &record]), [451]);
}

#[test]
fn only_lines_of_exim_are_taken_for_its_own() {
    for line in [
        "2026-11-23 10:00:00 1vNabc-0000A1-01 Completed",
        "2026-11-23 10:00:00.123 +0100 [9] 1vNabc-000000000A1-0xyz Completed",
        "2026-11-23 10:00:00 Start queue run: pid=1",
        "2026-11-23 10:00:00 H=(x) [192.0.2.1] rejected EHLO or HELO x",
        "2026-11-23 10:00:00 login authenticator failed for (x) [192.0.2.1]: 535 No",
        "2026-11-23 10:00:00 plain authenticator failed H=mx.example [192.0.2.1] 535 No",
        "2026-11-23 10:00:00 temporarily refused connection from [192.0.2.1]: not in reserve list: connected=9 max=9 reserve=2",
        "2026-11-23 10:00:00 U=mail F=<a@b> rejected RCPT <c@d>",
    ] {
        assert_eq!(Exim::probe(line.as_bytes()), Confidence::Certain, "{line}");
    }
    for line in [
        "",
        "2026-11-23",
        "2026-11-23T10:00:00 1vNabc-0000A1-01 Completed",
        "2026-11-23T10:00:00+00:00 mail postfix/smtp[1]: x",
        "Nov 23 10:00:00 mail exim[1]: 1vNabc-0000A1-01 Completed",
        "2026/11/23 10:00:00 1vNabc-0000A1-01 Completed",
        "  Subject: 2026-11-23 10:00:00 Start queue run: pid=1",
    ] {
        assert_eq!(Exim::probe(line.as_bytes()), Confidence::No, "{line}");
    }
    for line in [
        "2026-11-23 10:00:00 mail postfix/smtp[1]: x",
        "2026-11-23 10:00:00 INFO something else",
        "2026-11-23 10:00:00 Warning: of another program",
        "2026-11-23 10:00:00 rejected by another program",
    ] {
        assert_ne!(Exim::probe(line.as_bytes()), Confidence::Certain, "{line}");
    }
    assert!(Exim::claims(b"exim", b"") && Exim::claims(b"exim4-out", b""));
    assert!(!Exim::claims(b"eximstats", b"") && !Exim::claims(b"postfix/smtp", b""));
}

/// Pieces of real lines, so that random input gets past the first checks.
const PIECES: &[&str] = &[
    "2026-11-23 10:00:00 ",
    "[12] ",
    "[1\\2] ",
    "1vNabc-0000A1-01 ",
    "== ",
    "=> ",
    "** ",
    "<= ",
    "a@example.net ",
    "<\"a\\\" b\"@example.net> ",
    "|/bin/sh ",
    "\"",
    "R=r T=remote_smtp ",
    "H=mx.example.net (x) [192.0.2.1]:25 ",
    "H=[2001:db8::1]",
    "F=<a@example.net> ",
    "C=\"250 \\\"ok\" ",
    "QT=1d2h DT=1.5s",
    "defer (-44)",
    "defer (111): Connection refused",
    ": ",
    "SMTP error from remote mail server after RCPT TO:<",
    "SMTP error from remote mail server after end of data: 451 ",
    "rejected RCPT <",
    "temporarily rejected connection in \"connect\" ACL",
    " authenticator failed for ",
    "SMTP protocol error in \"",
    "SMTP connection from ",
    "sender verify fail for <",
    "\u{e9}",
    "(",
    ")",
    "]",
    "=",
];

proptest! {
    #[test]
    fn any_text_is_read(pieces in prop::collection::vec(prop::sample::select(PIECES), 0..14), tail in ".{0,8}") {
        let line = format!("2026-11-23 10:00:00 {}{tail}", pieces.concat());
        let mut parser = parser();
        parser.select(LOG, Format::Server(Mta::Exim));
        let code = code(&mut parser, line.as_bytes());
        // 101 and 111 stand for connections; any other code is in the line.
        let is_there = code.is_none_or(|code| {
            matches!(code, 101 | 111) || line.contains(&code.to_string())
        });
        prop_assert!(is_there, "{line}");
    }
}

/// The results of lines as text.
#[derive(Default)]
struct Results(Vec<String>);

impl<'a> Visitor<'a> for Results {
    fn event(&mut self, time: Option<Stamp>, event: &mut Event<'a>) {
        self.0.push(format!("{time:?} {event:?}"));
    }

    fn noise(&mut self, time: Option<Stamp>, fact: Option<&Fact<'a>>) {
        self.0.push(format!("{time:?} {fact:?}"));
    }

    fn unmatched(&mut self, time: Option<Stamp>) {
        self.0.push(format!("{time:?} unmatched"));
    }
}

/// Parses a line with and without the short way for lines that are certainly Exim's. Returns whether it has one.
fn read_both_ways(line: &[u8]) -> bool {
    let Some(text) = prefix::after_stamp(line) else {
        return false;
    };
    let time = Stamp {
        seconds: 1,
        nanos: 0,
    };
    let (mut state, mut short, mut long) =
        (EximState::default(), Results::default(), Results::default());
    let is_certain = Exim::read_certain(&mut state, time, text, &mut short);
    assert!(
        !is_certain || Exim::probe(line) == Confidence::Certain,
        "{}",
        line.escape_ascii()
    );
    if is_certain {
        let record = Record {
            time: Some(time),
            tag: b"",
            pid: b"",
            body: text,
        };
        Exim::read(&mut state, &record, &mut long);
        assert_eq!(short.0, long.0, "{}", line.escape_ascii());
    }
    is_certain
}

#[test]
fn lines_that_are_certainly_of_exim_are_parsed_like_all_others() {
    for log in [MAINLOG, SELECTORS, REJECTS] {
        let certain = log.lines().filter(|line| read_both_ways(line.as_bytes()));
        assert!(certain.count() > log.lines().count() / 2);
    }
}

proptest! {
    #[test]
    fn texts_of_any_form_are_parsed_alike_on_both_ways(
        parts in prop::collection::vec((0..11usize, "[ -~]{0,6}"), 0..5),
    ) {
        let mut line = b"2026-11-23 10:00:00 ".to_vec();
        for (part, other) in parts {
            let part = ["[12] ", "[2/3] ", "2026-11-23 10:00:00 ", "1vNabc-0000A1-01 ", "1vNabc-00000000001-0101 ",
                "H=mx.example.net [192.0.2.1] ", "rejected RCPT <b@example.net>: 550 no", "login ",
                "authenticator failed for ",
                "+0100 ", &other][part];
            line.extend_from_slice(part.as_bytes());
        }
        read_both_ways(&line);
    }
}
