//! Benchmarks of the parser by kind of line, of the parser with the counters, and of both on a whole log.
//!
//! ```text
//! cargo bench --bench parser
//! cargo bench --bench parser -- deferred
//! ```

// The expected counts of the log are not used here.
#[allow(dead_code)]
mod log;

use divan::counter::{BytesCount, ItemsCount};
use divan::{Bencher, black_box};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use maillog_exporter::catalog::{Catalog, Providers};
use maillog_exporter::metrics::Counters;
use maillog_exporter::parse::LineParser;

/// One line of each kind.
const KINDS: &[Kind] = &[
    Kind(
        "smtpd connect",
        "Nov 20 15:17:00 mx1 postfix/smtpd[1234]: connect from host.example.org[192.0.2.7]",
    ),
    Kind(
        "client=",
        "Nov 20 15:17:00 mx1 postfix/submission/smtpd[1234]: 4F9D195432C: client=host.example.org[192.0.2.7], sasl_method=PLAIN, sasl_username=anna@example.com",
    ),
    Kind(
        "message-id",
        "Nov 20 15:17:00 mx1 postfix/cleanup[1235]: 4F9D195432C: message-id=<20261120151700.4F9D195432C@mail.example.com>",
    ),
    Kind(
        "queue active",
        "Nov 20 15:17:00 mx1 postfix/qmgr[1236]: 4F9D195432C: from=<anna@example.com>, size=42123, nrcpt=1 (queue active)",
    ),
    Kind(
        "removed",
        "Nov 20 15:17:01 mx1 postfix/qmgr[1236]: 4F9D195432C: removed",
    ),
    Kind(
        "disconnect",
        "Nov 20 15:17:01 mx1 postfix/smtpd[1234]: disconnect from host.example.org[192.0.2.7] ehlo=2 starttls=1 mail=1 rcpt=1 data=1 quit=1 commands=7",
    ),
    Kind(
        "sent",
        "Nov 20 15:17:01 mx1 postfix/smtp[1237]: 4F9D195432C: to=<bert@example.net>, relay=mx.example.net[198.51.100.9]:25, delay=0.74, delays=0.06/0.01/0.42/0.25, dsn=2.0.0, status=sent (250 2.0.0 OK  1700493421 a1b2c3d4e5f6.550 - gsmtp)",
    ),
    Kind(
        "sent, no enhanced code",
        "Nov 20 15:17:01 mx1 postfix/smtp[1237]: 4F9D195432C: to=<bert@example.net>, relay=mx.example.net[198.51.100.9]:25, delay=0.74, delays=0.06/0.01/0.42/0.25, dsn=2.0.0, status=sent (250 OK id=1r5abc-000421-2B)",
    ),
    Kind(
        "deferred, 421",
        "Nov 20 15:17:01 mx1 postfix/smtp[1237]: 4F9D195432C: to=<bert@example.net>, relay=mx.example.net[198.51.100.9]:25, delay=1.2, delays=0.06/0.01/0.9/0.25, dsn=4.7.0, status=deferred (host mx.example.net[198.51.100.9] said: 421 4.7.0 Too many messages from 192.0.2.25 in 550 seconds, try again later (in reply to MAIL FROM command))",
    ),
    Kind(
        "bounced, folded reply",
        "Nov 20 15:17:01 mx1 postfix/smtp[1237]: 4F9D195432C: to=<bert@example.net>, relay=mx.example.net[198.51.100.9]:25, delay=1.2, delays=0.06/0.01/0.9/0.25, dsn=5.7.1, status=bounced (host mx.example.net[198.51.100.9] said: 550-5.7.1 [192.0.2.25      12] Our system finds that this message is 550-5.7.1 likely spam. To keep spam low it has been 550-5.7.1 blocked. 550 5.7.1 a1b2c3d4.421 - gsmtp (in reply to end of DATA command))",
    ),
    Kind(
        "local delivery",
        "Nov 20 15:17:01 mx1 postfix/lmtp[1238]: 4F9D195432C: to=<info@example.com>, relay=mail.example.com[private/dovecot-lmtp], delay=0.2, delays=0.06/0.01/0.03/0.1, dsn=2.0.0, status=sent (250 2.0.0 <info@example.com> 421abcDEF Saved)",
    ),
    Kind(
        "attempt",
        "Nov 20 15:17:01 mx1 postfix/smtp[1237]: 4F9D195432C: host mx1.example.net[198.51.100.9] said: 451 4.7.1 Greylisting in action, please come back in 00:04:21 (in reply to RCPT TO command)",
    ),
    Kind(
        "connect refused",
        "Nov 20 15:17:01 mx1 postfix/smtp[1237]: connect to mx1.example.net[198.51.100.9]:25: Connection refused",
    ),
    Kind(
        "suspended",
        "Nov 20 15:17:01 mx1 postfix/error[1239]: 4F9D195432C: to=<bert@example.net>, relay=none, delay=421, delays=421/0.01/0/0.02, dsn=4.7.0, status=deferred (delivery temporarily suspended: host mx.example.net[198.51.100.9] refused to talk to me: 421 4.7.0 Too many connections)",
    ),
    Kind(
        "expired",
        "Nov 20 15:17:01 mx1 postfix/qmgr[1236]: 4F9D195432C: from=<anna@example.com>, status=expired, returned to sender",
    ),
    Kind(
        "NOQUEUE reject",
        "Nov 20 15:17:01 mx1 postfix/smtpd[1234]: NOQUEUE: reject: RCPT from unknown[203.0.113.7]: 554 5.7.1 Service unavailable; Client host [203.0.113.7] blocked using zen.example.org; https://www.example.org/query/421; from=<a@example.org> to=<info@example.com> proto=ESMTP helo=<host421>",
    ),
    Kind(
        "postscreen",
        "Nov 20 15:17:01 mx1 postfix/postscreen[1240]: CONNECT from [203.0.113.7]:42100 to [192.0.2.25]:25",
    ),
    Kind(
        "postscreen reject",
        "Nov 20 15:17:01 mx1 postfix/postscreen[1240]: NOQUEUE: reject: RCPT from [203.0.113.7]:42100: 550 5.7.1 Service unavailable; client [203.0.113.7] blocked using zen.example.org; from=<a@example.org>, to=<info@example.com>, proto=ESMTP, helo=<host421>",
    ),
    Kind(
        "TLS",
        "Nov 20 15:17:01 mx1 postfix/smtp[1237]: Trusted TLS connection established to mx.example.net[198.51.100.9]:25: TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits) key-exchange X25519 server-signature RSA-PSS (2048 bits) server-digest SHA256",
    ),
    Kind(
        "SASL failure",
        "Nov 20 15:17:01 mx1 postfix/submission/smtpd[1234]: warning: unknown[203.0.113.7]: SASL LOGIN authentication failed: UGFzc3dvcmQ6",
    ),
    Kind(
        "RFC 3339 header",
        "2026-11-20T15:17:01.123456+01:00 mx1 postfix/qmgr[1236]: 4F9D195432C: removed",
    ),
    Kind(
        "RFC 5424 header",
        "<22>1 2026-11-20T15:17:01.123456+01:00 mx1 postfix/qmgr 1236 - - 4F9D195432C: removed",
    ),
    Kind(
        "other program",
        "Nov 20 15:17:01 mx1 dovecot: imap-login: Login: user=<anna>, method=PLAIN, rip=192.0.2.7, lip=192.0.2.25, mpid=421, TLS",
    ),
    Kind(
        "unmatched",
        "Nov 20 15:17:01 mx1 postfix/smtpd[1234]: a form that nobody has thought of, 421 times",
    ),
];

/// Name of the kind, and the line.
struct Kind(&'static str, &'static str);

impl std::fmt::Display for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0)
    }
}

fn main() {
    divan::main();
}

fn parser() -> LineParser {
    let now = "2026-11-21T00:00:00Z".parse().expect("a timestamp");
    LineParser::new(
        Catalog::embedded(),
        Providers::embedded(),
        TimeZone::UTC,
        now,
    )
}

#[divan::bench(args = KINDS, sample_size = 1000)]
fn parse(bencher: Bencher<'_, '_>, kind: &Kind) {
    let line = kind.1.as_bytes();
    let mut parser = parser();
    bencher
        .counter(ItemsCount::new(1u32))
        .counter(BytesCount::new(line.len()))
        .bench_local(|| {
            let mut event = None;
            black_box(parser.parse(black_box(line), &mut event));
        });
}

#[divan::bench(args = KINDS, sample_size = 1000)]
fn parse_and_count(bencher: Bencher<'_, '_>, kind: &Kind) {
    let line = kind.1.as_bytes();
    let mut parser = parser();
    let mut counters = Counters::new(Catalog::embedded());
    bencher
        .counter(ItemsCount::new(1u32))
        .counter(BytesCount::new(line.len()))
        .bench_local(|| {
            let mut event = None;
            let parsed = parser.parse(black_box(line), &mut event);
            counters.count(parsed.time, &parsed.line, i64::MAX);
        });
}

/// 100,000 lines of mixed traffic in memory.
#[divan::bench(args = [log::TimestampFormat::Rfc3164, log::TimestampFormat::Rfc3339], sample_count = 20)]
fn whole_log(bencher: Bencher<'_, '_>, timestamps: log::TimestampFormat) {
    let style = log::Style {
        syslog_name: "postfix".to_owned(),
        long_queue_ids: false,
    };
    let end = Timestamp::now();
    let options = log::Options {
        lines: 100_000,
        seed: 421,
        timestamps,
        style,
        end,
    };
    let mut log = Vec::new();
    log::write(&options, &mut log).expect("writing to memory");
    let mut parser = LineParser::new(
        Catalog::embedded(),
        Providers::embedded(),
        TimeZone::system(),
        end,
    );
    let mut counters = Counters::new(Catalog::embedded());
    bencher
        .counter(ItemsCount::new(options.lines))
        .counter(BytesCount::new(log.len()))
        .bench_local(|| {
            let mut start = 0;
            for end in memchr::memchr_iter(b'\n', &log) {
                let mut event = None;
                let parsed = parser.parse(&log[start..end], &mut event);
                counters.count(parsed.time, &parsed.line, i64::MAX);
                start = end + 1;
            }
        });
}
