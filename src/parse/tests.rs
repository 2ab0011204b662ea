//! Tests of routing: which stream a line belongs to, and which dialect parses it.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::*;
use crate::catalog::{Catalog, Providers};

mod containers;

/// A parser in the middle of the day of which most logs of the tests are.
pub(in crate::parse) fn parser() -> LineParser {
    let now: Timestamp = "2026-11-23T12:00:00Z".parse().expect("a timestamp");
    let (catalog, providers) = (Catalog::embedded(), Providers::embedded());
    LineParser::new(catalog, providers, TimeZone::UTC, now)
}

fn stream(stream: u64) -> StreamKey {
    StreamKey { source: 7, stream }
}

/// The kind of a line.
fn kind(parser: &mut LineParser, line: &str) -> &'static str {
    match parser.parse(line.as_bytes(), &mut None).line {
        Line::Event(_) => "event",
        Line::Noise(_) => "noise",
        Line::Unmatched => "unmatched",
    }
}

#[test]
fn byte_order_mark_of_a_file_is_no_part_of_its_first_line() {
    let mut parser = parser();
    let kumomta = r#"{"type":"Bounce","id":"1","recipient":"a@example.net","response":{"code":550,"enhanced_code":null,"content":"no","command":"."}}"#;
    for line in [
        "10.1.1.5 - OutboundConnectionResponse [23/Nov/2026:10:00:00 +0000] \"- -?421+busy SMTP\" 0 6",
        kumomta,
    ] {
        parser.select(stream(line.len() as u64), Format::Auto);
        assert_eq!(
            kind(&mut parser, &format!("\u{feff}{line}")),
            "event",
            "{line}"
        );
    }
}

#[test]
fn receipts_are_tracked_per_stream() {
    let mut parser = parser();
    let receipt = "Nov 23 10:00:00 mx postfix/cleanup[1]: 4F9D195432C: message-id=<a@example.com>";
    let queued = "Nov 23 10:00:00 mx postfix/qmgr[1]: 4F9D195432D: from=<a@example.com>, size=7, nrcpt=1 (queue active)";
    let mut after_receipt = |number: u64, line: &str| {
        parser.select(stream(number), Format::Auto);
        match parser.parse(line.as_bytes(), &mut None).line {
            Line::Noise(Some(Fact::Queued { after_receipt, .. })) => Some(after_receipt),
            _ => None,
        }
    };
    assert_eq!(after_receipt(1, receipt), None);
    assert_eq!(after_receipt(1, queued), Some(true));
    assert_eq!(after_receipt(2, queued), Some(false));
}

#[test]
fn programs_of_other_servers_are_noise() {
    let mut parser = parser();
    for line in [
        "Nov 23 10:00:00 mx cyrus/lmtp[1]: Delivered: <a@example.com> to mailbox: user.a",
        "Nov 23 10:00:00 mx cyrus/master[1]: process type:SERVICE name:imap path:/usr/lib/cyrus/imapd",
        "Nov 23 10:00:00 mx dovecot/lmtp[1]: Connect from local",
        "Nov 23 10:00:00 mx dovecot: lmtp(1): Connect from local",
        "Nov 23 10:00:00 mx rspamd[1]: <abc>; task; rspamd_task_write_log: id: <a@example.com>",
        "Nov 23 10:00:00 mx opendkim[1]: 4F9D195432C: DKIM-Signature field added",
    ] {
        assert_eq!(kind(&mut parser, line), "noise", "{line}");
    }
}

#[test]
fn custom_syslog_names_are_postfix() {
    let mut parser = parser();
    let refused = "Nov 23 10:00:00 mx mta1/smtp[1]: connect to mx.example.net[192.0.2.1]:25: Connection refused";
    assert_eq!(kind(&mut parser, refused), "event");
    let unknown = "Nov 23 10:00:00 mx mta1/smtp[1]: some text that Postfix does not write";
    assert_eq!(kind(&mut parser, unknown), "unmatched");
}

#[test]
fn lines_longer_than_64_kib_are_read() {
    let mut parser = parser();
    for length in [65_400, 65_535, 65_536, 70_000, 200_000] {
        let tag = format!("postfix/{}/smtp", "x".repeat(length));
        let line = format!(
            "Nov 23 10:00:00 mx {tag}[1]: 4F9D195432C: to=<a@example.com>, relay=none, delay=1, \
             delays=0/0/0/1, dsn=4.4.1, status=deferred (connect to mx[192.0.2.1]:25: Connection refused)"
        );
        assert_eq!(kind(&mut parser, &line), "event", "{length}");
        let host = format!("Nov 23 10:00:00 {} postfix/smtp[1]: x", "h".repeat(length));
        kind(&mut parser, &host);
    }
}

#[test]
fn formats_of_a_source_are_those_that_were_read() {
    let mut parser = parser();
    parser.select(stream(1), Format::Auto);
    kind(
        &mut parser,
        "Nov 23 10:00:00 mx postfix/qmgr[1]: 4F9D195432C: removed",
    );
    assert_eq!(parser.formats(7), ["postfix"]);
    let mut next = self::parser();
    next.resume(&parser.snapshot());
    assert_eq!(next.formats(7), ["postfix"]);
}

/// The server whose dialect read a line as an event; otherwise what the line is.
fn reader_of(parser: &mut LineParser, line: &str) -> String {
    match parser.parse(line.as_bytes(), &mut None).line {
        Line::Event(event) => event.mta().name().to_owned(),
        Line::Noise(_) => "noise".to_owned(),
        Line::Unmatched => "unmatched".to_owned(),
    }
}

const EXIM: &str = "2026-11-23 10:00:00 1xYZab-0001Cd-Ef == bob@example.org R=dnslookup T=remote_smtp defer (-44) \
    H=mx.example.org [192.0.2.10]: SMTP error from remote mail server after RCPT TO:<bob@example.org>: 450 4.2.1 later";

const POSTFIX: &str = "Nov 23 10:00:00 mx postfix/smtp[1]: 4F9D195432C: to=<bob@example.org>, \
    relay=mx.example.org[192.0.2.10]:25, delay=1, delays=0/0/0.5/0.5, dsn=4.2.1, status=deferred (host \
    mx.example.org[192.0.2.10] said: 450 4.2.1 later (in reply to RCPT TO command))";

#[test]
fn servers_that_share_a_syslog_are_told_apart_by_line() {
    let mut parser = parser();
    let exim = &EXIM["2026-11-23 10:00:00 ".len()..];
    for _ in 0..3 {
        for (line, expected) in [
            (POSTFIX.to_owned(), "postfix"),
            (format!("Nov 23 10:00:00 mx exim[2]: {exim}"), "exim"),
            (format!("Nov 23 10:00:00 mx exim4[2]: {EXIM}"), "exim"),
            (
                "Nov 23 10:00:00 mx dovecot: imap-login: Login: user=<a>".into(),
                "noise",
            ),
            (
                "Nov 23 10:00:00 mx opendkim[3]: 4F9D195432C: bad signature data".into(),
                "noise",
            ),
            (
                "Nov 23 10:00:00 mx rspamd[4]: <1>; task; 550 5.7.1 rejected".into(),
                "noise",
            ),
        ] {
            assert_eq!(reader_of(&mut parser, &line), expected, "{line}");
        }
    }
    assert_eq!(parser.formats(0), ["dovecot", "exim", "postfix", "rspamd"]);
}

#[test]
fn every_line_is_read_right_when_the_format_of_a_stream_changes() {
    let mut parser = parser();
    for (line, expected) in [(EXIM, "exim"), (POSTFIX, "postfix"), (EXIM, "exim")] {
        for number in 0..40 {
            let found = reader_of(&mut parser, line);
            assert_eq!(found, expected, "line {number}: {line}");
        }
    }
}

#[test]
fn configured_format_excludes_all_others() {
    for (format, exim, postfix) in [
        ("auto", "exim", "postfix"),
        ("exim", "exim", "noise"),
        ("postfix", "unmatched", "postfix"),
        ("syslog", "exim", "postfix"),
    ] {
        for (line, expected) in [(EXIM, exim), (POSTFIX, postfix)] {
            let mut parser = parser();
            let format = Format::named(format).expect("a format");
            parser.select(stream(1), format);
            let found = reader_of(&mut parser, line);
            // Whether a foreign line is noise or unmatched does not matter here.
            let is_read = |it: &str| it == "exim" || it == "postfix";
            let same = found == expected || !is_read(&found) && !is_read(expected);
            assert!(same, "{format:?}: {found} for {line}");
        }
    }
}

#[test]
fn configured_server_is_read_where_another_program_sends_its_log_on() {
    let record = r#"2026-11-23T10:00:00.000Z,MAIL\Default,08DE0A0000000001,4,192.0.2.10:25,198.51.100.7:5,>,550 5.7.1 no,"#;
    for header in [
        "<22>1 2026-11-23T10:00:01Z mail01 nxlog - - - ",
        "Nov 23 10:00:01 mail01 nxlog[421]: ",
        "<22>Nov 23 10:00:01 mail01 exchange: ",
    ] {
        for (format, expected) in [("exchange", "exchange"), ("auto", "noise")] {
            let mut parser = parser();
            parser.select(stream(1), Format::named(format).expect("a format"));
            for _ in 0..2 {
                let line = format!("{header}{record}");
                assert_eq!(reader_of(&mut parser, &line), expected, "{line}");
            }
            let other = format!("{header}Accepted publickey for root");
            assert_eq!(reader_of(&mut parser, &other), "noise", "{other}");
        }
    }
}

#[test]
fn reject_in_both_logs_of_exim_counts_once() {
    let mut parser = parser();
    let reject = "2026-11-23 10:00:00 H=(x.example) [192.0.2.66] F=<a@example.net> rejected RCPT <b@example.org>: \
        550 5.7.1 no";
    let mut counted = 0;
    for log in [1, 2] {
        for _ in 0..2 {
            parser.select(stream(log), Format::Auto);
            counted += usize::from(reader_of(&mut parser, reject) == "exim");
        }
    }
    assert_eq!(counted, 2);
}

#[test]
fn streams_are_bounded_and_each_key_finds_its_own() {
    let mut parser = parser();
    let queued = "Nov 23 10:00:00 mx postfix/qmgr[1]: 4F9D195432D: from=<a@example.com>, size=7, nrcpt=1 (queue active)";
    let receipt = "Nov 23 10:00:00 mx postfix/cleanup[1]: 4F9D195432C: message-id=<a@example.com>";
    for number in 0..3000 {
        parser.select(stream(number), Format::Auto);
        kind(&mut parser, receipt);
    }
    let mut after_receipt = |number| {
        parser.select(stream(number), Format::Auto);
        let mut slot = None;
        let line = parser.parse(queued.as_bytes(), &mut slot).line;
        matches!(
            line,
            Line::Noise(Some(Fact::Queued {
                after_receipt: true,
                ..
            }))
        )
    };
    // The newest are known, the oldest forgotten, and one that comes again is new.
    assert!(after_receipt(2999) && after_receipt(2500));
    assert!(!after_receipt(0) && after_receipt(2999));
    assert!(parser.snapshot().streams.len() <= 1024);
}

/// Counts connections of clients, with repetitions, and lines.
#[derive(Debug, Default, PartialEq)]
struct Connections {
    connections: u32,
    lines: u32,
}

impl Visitor<'_> for Connections {
    fn event(&mut self, _: Option<Stamp>, _: &mut Event<'_>) {
        self.lines += 1;
    }

    fn noise(&mut self, time: Option<Stamp>, fact: Option<&Fact<'_>>) {
        self.noise_repeated(time, fact, 1);
    }

    fn unmatched(&mut self, _: Option<Stamp>) {
        self.lines += 1;
    }

    fn noise_repeated(&mut self, _: Option<Stamp>, fact: Option<&Fact<'_>>, times: u32) {
        self.lines += 1;
        if matches!(fact, Some(Fact::Connected(_))) {
            self.connections += times;
        }
    }
}

#[test]
fn repetitions_of_the_last_message_count_in_batches_of_any_size_and_after_a_restart() {
    let lines = [
        &b"Nov 23 10:00:00 mx postfix/smtpd[1]: connect from a.example[192.0.2.1]"[..],
        b"Nov 23 10:00:01 mx last message repeated 2 times",
        b"Nov 23 10:00:02 mx last message repeated 3 times",
        b"Nov 23 10:00:03 mx postfix/smtpd[1]: message repeated 4 times: [ connect from a.example[192.0.2.1]]",
        b"Nov 23 10:00:04 mx sshd[2]: last message repeated 5 times",
        b"Nov 23 10:00:05 mx syslogd: last message repeated 5 times",
        b"Nov 23 10:00:06 mx postfix/smtpd[1]: connect from b.example[192.0.2.2]",
        b"Nov 23 10:00:07  postfix/smtpd[1]: last message repeated 6 times",
        b"Nov 23 10:00:08 mx postfix/smtpd[1]: last message repeated 7 times",
    ];
    let expected = Connections {
        connections: 1 + 2 + 3 + 4 + 1 + 6 + 7,
        lines: 9,
    };
    for size in 1..=lines.len() {
        let (mut parser, mut found) = (parser(), Connections::default());
        for batch in lines.chunks(size) {
            parser.select(stream(1), Format::Auto);
            parser.read(batch, &mut found);
            // Lines of another stream do not come between.
            parser.select(stream(2), Format::Auto);
            parser.read(
                &[b"Nov 23 10:00:00 mx postfix/smtpd[1]: x"],
                &mut Connections::default(),
            );
        }
        assert_eq!(found, expected, "batches of {size}");
    }
    let (mut before, mut after, mut found) = (parser(), parser(), Connections::default());
    before.select(stream(1), Format::Auto);
    before.read(&lines[..2], &mut found);
    after.resume(&before.snapshot());
    after.select(stream(1), Format::Auto);
    after.read(&lines[2..], &mut found);
    assert_eq!(found, expected);
}

#[test]
fn relays_with_a_loopback_address_have_the_provider_loopback() {
    let mut parser = parser();
    let providers = Providers::embedded();
    for (relay, expected) in [
        ("127.0.0.1[127.0.0.1]:10024", "loopback"),
        ("localhost[127.0.0.1]:10024", "loopback"),
        ("localhost[::1]:10024", "loopback"),
        ("filter.example.com[127.0.1.1]:10024", "loopback"),
        ("mx.example.com[192.0.2.127]:25", "other"),
        ("aspmx.l.google.com[192.0.2.1]:25", "google"),
    ] {
        let line = format!(
            "Nov 23 10:00:00 mx postfix/smtp[1]: 4F9D195432C: to=<a@example.com>, relay={relay}, delay=1, \
             delays=0/0/0/1, dsn=2.0.0, status=sent (250 2.0.0 Ok)"
        );
        let mut slot = None;
        let Line::Event(event) = parser.parse(line.as_bytes(), &mut slot).line else {
            panic!("{line} is not an event");
        };
        assert_eq!(providers.name(event.provider), expected, "{relay}");
    }
}

#[test]
fn format_is_detected_from_the_first_lines_once() {
    let exim = &b"2026-11-23 10:00:00 1vNabc-0000A1-01 Completed"[..];
    let other = &b"10.1.1.5 - OutboundConnectionResponse [23/Nov/2026:10:00:00 +0000] \"- -?421+busy SMTP\" 0 6"[..];
    let syslog = &b"Nov 23 10:00:00 mx postfix/smtp[1]: connect to mx.example.net[192.0.2.1]:25: Connection timed out"[..];
    let detected = |format, lines: &[&[u8]]| {
        let mut parser = parser();
        parser.select(stream(1), format);
        parser.detect(lines);
        parser.own_log()
    };
    assert_eq!(
        detected(Format::Auto, &[b"a banner", exim]),
        Some(Mta::Exim)
    );
    assert_eq!(detected(Format::Auto, &[syslog, exim]), None);
    assert_eq!(detected(Format::Syslog, &[exim]), None);
    assert!(detected(Format::Auto, &[other]).is_some_and(|mta| mta != Mta::Exim));

    let mut parser = parser();
    parser.select(stream(1), Format::Auto);
    parser.detect(&[exim]);
    for _ in 0..100 {
        parser.detect(&[other]);
    }
    assert_eq!(parser.own_log(), Some(Mta::Exim));
}
