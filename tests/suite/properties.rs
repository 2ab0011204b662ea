//! Property tests of the parser and the exposition with hostile input.

use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use maillog_exporter::catalog::{Catalog, ProviderId, Providers};
use maillog_exporter::metrics::{Counters, Exposition, ExpositionFormat, Limits, View, render};
use maillog_exporter::parse::{Event, Fact, Format, Line, LineParser, Stamp, StreamKey, Visitor};
use maillog_exporter::source::Lines;
use proptest::prelude::*;

/// Parts of real lines, so that random input passes the first checks of the parser.
const PIECES: &[&[u8]] = &[
    b"Nov 23 10:00:00 mail ",
    b"2026-11-23T10:00:00.123456+00:00 mail ",
    b"<22>1 2026-11-23T10:00:00Z mail postfix/smtp 1 - - ",
    b"postfix/smtp[1]: ",
    b"postfix/smtpd[1]: ",
    b"postfix/cleanup[1]: ",
    b"postfix/qmgr[1]: ",
    b"postfix/postscreen[1]: ",
    b"4F9D195432C: ",
    b"3mPVKl0Mhjz7sXv: ",
    b"NOQUEUE: ",
    b"to=<a@example.net>",
    b", relay=mx.example.net[192.0.2.1]:25",
    b", delay=1, delays=0/0/0/1",
    b", dsn=4.7.0, status=deferred (",
    b"host mx.example.net[192.0.2.1] said: ",
    b"421-4.7.0 ",
    b"550 (#5.1.1)",
    b" (in reply to end of DATA command))",
    b"connect to mx.example.net[192.0.2.1]:25: Connection refused",
    b"reject: RCPT from unknown[192.0.2.1]: ",
    b"; from=<> to=<\"x\"@example.com> proto=ESMTP helo=<x>",
    b"from=<a@example.net>, size=1, nrcpt=1 (queue active)",
    b"delivery temporarily suspended: ",
    b"2026-11-23 10:00:00 ",
    b"exim[1]: ",
    b"1vNabc-0000A1-01 ",
    b"== a@example.net R=r T=remote_smtp defer (-46) ",
    b"=> a@example.net R=r T=remote_smtp ",
    b"H=mx.example.net [192.0.2.1]: ",
    b"SMTP error from remote mail server after end of data: ",
    b"C=\"250 2.0.0 ok\" ",
    b"H=(x) [192.0.2.1] F=<a@example.net> rejected RCPT <b@example.net>: ",
    b"Nov 23 10:00:00 mail last message repeated 2 times\n",
    b"message repeated 3 times: [ ",
    b"2026-11-23T10:00:00.123456+00:00 INFO    ",
    b"Nov 23 10:00:00 <mail.info> mail ",
    b"{\"@timestamp\":\"2026-11-23T10:00:00.123456+00:00\",\"tag\":\"postfix\\/smtp[1]:\",\"message\":\" ",
    b"\",\"x\":[1,\"\\u00e9\\ud83d\\ude00\"]}\n",
    b"warning: ",
    b"Connection rate limit exceeded: 31 from unknown[192.0.2.1] for service smtp",
    b"proxy 127.0.0.1:10025 rejected \"RCPT TO:<a@example.net>\": \"450 4.7.1 later\"",
    b"Untrusted TLS connection established to mx.example.net[192.0.2.1]:25: TLSv1.3 with cipher x",
    b"\x1b[0m[   \x1b[34mINF   ",
    b"\n",
    b"\r\n",
    b"\0",
    b"\"",
    b"<",
    b"[",
    b": ",
    b"Mon Nov 23 10:00:00 2026 Info: ",
    b"Delayed: DCID 5 MID 4 to RID 0 - 4.1.0 - Unknown address error ",
    b"('421', ['4.7.0 x', \"y\\n",
    b"Connection Error: DCID 5 domain: x IP: 192.0.2.1 port: 25 details: ",
    b"MID 4 ICID 5 RID 0 To: ",
    b"New SMTP ICID 5 interface x address 192.0.2.1 reverse dns host y ",
    b"10:00:00.123 [INFO ] o.a.j.t.m.r.d.MailDelivrer - ",
    b"SMTP SEND FAILED: Command [Optional[RCPT TO:<a@example.net>]] RetCode: [Optional[450]] Response[450 ",
    b"{\"level\":\"INFO\",\"logger\":\"org.apache.james.x\",\"message\":\"Remote delivering mail failed permanently.",
    b"com.sun.mail.smtp.SMTPAddressFailedException: 550 ",
    b"2026-11-23 10:00:00 #42(normal) <1>; task; rspamd_task_write_log: id: <a>, (default: S (reject): ",
    b"Nov 23 10:00:00 mail amavis[1]: (00001-01) Blocked SPAM {DiscardedInbound,Quarantined}, ",
    b"[NOTICE] [2DC5D28A-3154-44E1-844E-C663A1E1B6DB.1.1] [outbound] recipient <a@example.net> deferred: ",
    b"[INFO] [2DC5D28A-3154-44E1-844E-C663A1E1B6DB.1] [core] disconnect ip=192.0.2.1 lr=\"",
    b"info Sender/default/89[1] id=54idxqosztexxnka 1984e8a65b30003e90.001 ",
    b"DEFERRED[other] from=a@example.com to=b@example.net src=192.0.2.1 mx=mx.example.net[198.51.100.1] message-id=<1> (",
    b"2026-11-23T10:00:00Z INFO SMTP RCPT TO rejected (delivery.rcpt-to-rejected) queueId = 1, to = [\"a@example.net\"], ",
    b"hostname = \"mx.example.net\", to = \"a@example.net\", code = 421, details = \"",
    b"Nov 23 10:00:00 mail halon[1]: [18c545f6-2bd2-11e9-a0c5-005056914940:1] delivery failed (",
    b"{\"type\":\"TransientFailure\",\"recipient\":\"a@example.net\",\"response\":{\"code\":421,\"content\":\"",
    b"qmail: 1795428000.173189 delivery 1: deferral: 192.0.2.1_",
    b"Remote_host_said:_450-4.3.2_a/450_b/Giving_up_on_",
    b"dma[3.55ac34d8e8f0]: remote delivery deferred: mx [192.0.2.1] failed after RCPT TO: ",
    b"nullmailer[1]: smtp: Failed: 450-4.3.2 a",
    b"host=mx tls=off auth=off from=a recipients=b smtpstatus=450 smtpmsg='450-a\\n450 b' errormsg='",
    b"dovecot: lmtp(a)<1><s>: Failed to send message to <a> at 192.0.2.1:24: ",
    b"dovecot: submission(a)<1><s>: Failed to relay message: from=<a>, reply=`",
    b"sm-mta[1]: 6ANA000a000001: ",
    b", delay=8+00:00:01, mailer=esmtp, relay=mx.example.net. [192.0.2.1], dsn=4.7.0, reply=421 4.7.0 x, stat=Deferred",
    b"ruleset=check_rcpt, arg1=<a@example.net>, relay=[192.0.2.1], reject=",
    b"Milter: to=<a@example.net>, reject=",
    b"33b0f2999cb00001 mta delivery evpid=4715ec9900000001 from=<> to=<a@example.net> rcpt=<-> source=\"-\" ",
    b"relay=\"192.0.2.1 (mx.example.net)\" delay=1s result=\"TempFail\" stat=\"421-",
    b"33b0f2999cb00001 mta error reason=",
    b"courieresmtp: id=0.1.2,from=<a@example.com>,addr=<b@example.net>",
    b": 450-4.3.2 first\n",
    b",status: deferred\n",
    b"courieresmtpd: error,relay=::ffff:192.0.2.1,port=1,msg=\"535 x\",cmd: ",
    b"smtp-in: Failed command on session 33b0f2999cb00001: \"RCPT TO:<\" => 550 x",
    b"2026-11-23T10:00:00.000Z,MAIL\\Default,08DE0A0000000001,1,192.0.2.1:25,192.0.2.2:5,",
    b">,\"550 5.1.1 No, never\",",
    b"2026-11-23T10:00:00.000Z,,,192.0.2.1,mx.example.net,,,SMTP,FAIL,1,<m@example.com>,,a@example.net,",
    b"[{LRT=};{LED=421 4.7.0 Later};{FQDN=mx.example.net};{IP=192.0.2.1}],1,",
    b"#Fields: date time c-ip cs-username cs-method cs-uri-query sc-status\n",
    b"2026-11-23 10:00:00 192.0.2.1 OutboundConnectionResponse SMTPSVC1 MAIL - 25 - - ",
    b"421+4.7.0+Later 0 0 SMTP",
    b"192.0.2.1 - OutboundConnectionResponse [23/Nov/2026:10:00:00 -0600] \"- -?",
    b"type,timeLogged,rcpt,dsnAction,dsnStatus,dsnDiag\n",
    b"b,2026-11-23 10:00:00+0000,a@example.com,b@example.net,failed,5.1.1 (x),",
    b"smtp;550 5.1.1 No,",
    b"\"SMTPC\"\t1\t2\t\"2026-11-23 10:00:00.123\"\t\"192.0.2.1\"\t\"RECEIVED: ",
    b"[nl]",
    b"11/23/26 10:00:00\tSMTP-OU\tA.MAI\t1\t192.0.2.1\tRCPT\tRCPT TO:<a@example.net>\t",
    b"Mon 2026-11-23 10:00:00: [1:2] ",
    b"<-- ",
    b"Attempting SMTP connection to [192.0.2.1:25]",
    b"10:00:00 2D8 DMN: MSG 1 Send Failure: ",
    b"420 TCP read error",
];

fn hostile() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        6 => prop::sample::select(PIECES).prop_map(<[u8]>::to_vec),
        1 => prop::collection::vec(any::<u8>(), 0..40),
        1 => "[0-9./ :;,<>\\[\\]()#-]{0,20}".prop_map(String::into_bytes),
    ];
    prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

fn parser() -> LineParser {
    let now: Timestamp = "2026-11-23T12:00:00Z".parse().expect("a timestamp");
    LineParser::new(
        Catalog::embedded(),
        Providers::embedded(),
        TimeZone::UTC,
        now,
    )
}

/// The results of lines as text.
#[derive(Default)]
struct Said(Vec<String>);

impl Visitor<'_> for Said {
    fn event(&mut self, time: Option<Stamp>, event: &mut Event<'_>) {
        self.0.push(format!("{time:?} {event:?}"));
    }

    fn noise(&mut self, time: Option<Stamp>, fact: Option<&Fact<'_>>) {
        self.0.push(format!("{time:?} {fact:?}"));
    }

    fn unmatched(&mut self, time: Option<Stamp>) {
        self.0.push(format!("{time:?}"));
    }
}

/// A line without the names that a server logs in an earlier line of the same message or session.
fn without_names(line: &Line<'_, '_>) -> String {
    match line {
        Line::Event(event) => {
            let mut event = **event;
            (event.host, event.sender, event.recipient) = (b"", b"", b"");
            event.provider = ProviderId::OTHER;
            format!("{event:?}")
        }
        line => format!("{line:?}"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn every_line_is_event_noise_or_unmatched(log in hostile()) {
        let mut parser = parser();
        let mut counters = Counters::new(Catalog::embedded());
        let mut lines = Lines::new(&log[..], 64);
        let (mut events, mut noise, mut unmatched) = (0, 0, 0);
        let mut read = |lines: &[&[u8]]| {
            for line in lines {
                let mut slot = None;
                let parsed = parser.parse(line, &mut slot);
                match &parsed.line {
                    Line::Event(event) => {
                        events += 1;
                        let code = event.code.unwrap_or(250);
                        assert!((200..600).contains(&code) || code == 101 || code == 111);
                    }
                    Line::Noise(_) => noise += 1,
                    Line::Unmatched => unmatched += 1,
                }
                counters.count(parsed.time, &parsed.line, 1_790_000_000);
            }
        };
        while lines.read(&mut read).expect("memory can be read") {}
        let newlines = log.iter().filter(|&&b| b == b'\n').count();
        let rest = usize::from(!log.is_empty() && !log.ends_with(b"\n"));
        prop_assert_eq!(events + noise + unmatched, newlines + rest);
    }

    #[test]
    fn batches_parse_like_single_lines(log in hostile()) {
        let lines: Vec<&[u8]> = log.split(|&b| b == b'\n').collect();
        let (mut one, mut many) = (parser(), parser());
        let (mut alone, mut together) = (Said::default(), Said::default());
        one.detect(&lines);
        for line in &lines {
            let mut slot = None;
            let parsed = one.parse(line, &mut slot);
            alone.visit(parsed.time, parsed.line);
        }
        many.read(&lines, &mut together);
        prop_assert_eq!(alone.0, together.0);
    }

    #[test]
    fn parsing_does_not_depend_on_the_previous_line(a in hostile(), b in hostile()) {
        let one = |log: &[u8]| log.split(|&b| b == b'\n').next().unwrap_or_default().to_vec();
        let (a, b) = (one(&a), one(&b));
        // With a known format: an unknown one is detected from the first lines.
        let syslog = || {
            let mut parser = parser();
            parser.select(StreamKey::default(), Format::Syslog);
            parser
        };
        let mut fresh = syslog();
        let mut slot = None;
        let alone = fresh.parse(&b, &mut slot);
        let mut used = syslog();
        used.parse(&a, &mut None);
        let mut other = None;
        let after = used.parse(&b, &mut other);
        prop_assert_eq!(alone.time, after.time);
        // A report of repetitions is about the previous line.
        let is_report = memchr::memmem::find(&b, b"last message repeated ").is_some();
        // The only other exception: a reply that repeats that of the previous line is not counted again.
        let repeats = matches!(
            (&alone.line, &after.line),
            (Line::Event(alone), Line::Event(after)) if alone.code.is_some() && after.code.is_none()
        );
        if !repeats && !is_report {
            prop_assert_eq!(without_names(&alone.line), without_names(&after.line));
        }
    }
}

proptest! {
    // Each case renders up to ten times.
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn incremental_exposition_equals_full_exposition(
        logs in prop::collection::vec(hostile(), 1..6)
    ) {
        let ours = |text: String| -> Vec<String> {
            let lines = text.lines().filter(|line| line.contains("maillog_"));
            lines.map(str::to_owned).collect()
        };
        let mut parser = parser();
        let mut counters = Counters::new(Catalog::embedded());
        let mut following = Exposition::default();
        for (log, now) in logs.iter().zip(1_795_435_200..) {
            for line in log.split(|&b| b == b'\n') {
                let mut slot = None;
                let parsed = parser.parse(line, &mut slot);
                counters.count(parsed.time, &parsed.line, now);
            }
            let view = Arc::new(View::new(counters.clone(), Providers::embedded().names().map(str::to_owned).collect()));
            prop_assert_eq!(ours(following.render(&view, now, ExpositionFormat::Text)), ours(render(&view, now)));
        }
    }
}

#[test]
fn report_lists_every_code_with_every_enhanced_code() {
    let mut parser = parser();
    let mut counters = Counters::within(Catalog::embedded(), Limits::REPORTED);
    for number in 0..400 * 26 {
        let (code, detail) = (200 + number % 400, number / 400);
        let line = format!(
            "Nov 23 10:00:00 mail postfix/smtp[1]: {:010X}: to=<a@example.net>, \
             relay=mx.example.net[192.0.2.1]:25, delay=1, delays=0/0/0/1, dsn=4.0.0, status=deferred \
             (host mx.example.net[192.0.2.1] said: {code} 4.7.{detail} no)",
            number + 0x4_0000_0000u64
        );
        let mut slot = None;
        let parsed = parser.parse(line.as_bytes(), &mut slot);
        counters.count(parsed.time, &parsed.line, i64::MAX);
    }
    let totals = counters.totals(&Providers::embedded());
    assert_eq!(totals.codes["outbound"].len(), 400);
    let enhanced = &totals.enhanced["outbound"];
    assert_eq!(enhanced.len(), 400 * 26);
    assert!(enhanced.values().all(|&count| count == 1));
}

#[test]
fn series_are_bounded_for_300000_senders_domains_and_codes() {
    let mut parser = parser();
    let mut counters = Counters::new(Catalog::embedded());
    let mut line = Vec::new();
    for number in 0..300_000u32 {
        use std::io::Write as _;
        line.clear();
        let code = 200 + number % 400;
        let (subject, detail) = (number / 400 % 1000, number / 7 % 1000);
        write!(
            line,
            "Nov 23 10:00:00 mail postfix/smtp[1]: {:010X}: to=<u{number}@d{number}.example>, \
             relay=mx.d{number}.example[192.0.2.1]:25, delay=1, delays=0/0/0/1, \
             dsn=4.{subject}.{detail}, status=deferred \
             (host mx.d{number}.example[192.0.2.1] said: {code} 4.{subject}.{detail} no)",
            u64::from(number) + 0x4_0000_0000
        )
        .expect("memory");
        let mut slot = None;
        let parsed = parser.parse(&line, &mut slot);
        assert!(matches!(parsed.line, Line::Event(_)));
        counters.count(parsed.time, &parsed.line, 1_790_000_000);
    }
    let providers: Arc<[String]> = Providers::embedded().names().map(str::to_owned).collect();
    let view = Arc::new(View::new(counters, providers));
    let text = render(&view, 1_790_000_000);
    let series = text.lines().filter(|line| !line.starts_with('#')).count();
    assert!(series < 8_000, "{series} series");
    assert!(
        !text.contains("example"),
        "a name chosen by a sender is a label"
    );
    let value = |start: &str| -> f64 {
        text.lines()
            .filter(|line| line.starts_with(start))
            .map(|line| {
                line.rsplit(' ')
                    .next()
                    .and_then(|value| value.parse().ok())
                    .unwrap_or(0.0)
            })
            .sum::<f64>()
    };
    // Nothing is lost: counts without a series of their own are in `other`, and in maillog_series_dropped_total.
    assert_eq!(
        value("maillog_codes_total{direction=\"outbound\""),
        300_000.0
    );
    assert_eq!(value("maillog_enhanced_codes_total"), 300_000.0);
    assert_eq!(value("maillog_deliveries_by_dsn_total"), 300_000.0);
    assert_eq!(value("maillog_provider_codes_total"), 300_000.0);
    for metric in [
        "codes",
        "enhanced_codes",
        "deliveries_by_dsn",
        "provider_codes",
    ] {
        let folded = text
            .lines()
            .filter(|line| line.starts_with(&format!("maillog_{metric}_total{{")))
            .filter(|line| {
                ["code", "enhanced", "dsn"]
                    .iter()
                    .any(|label| line.contains(&format!("{label}=\"other\"")))
            })
            .filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok())
            .sum::<f64>();
        let dropped = format!("maillog_series_dropped_total{{metric=\"maillog_{metric}_total\"}}");
        assert!(folded > 0.0, "{metric}");
        assert_eq!(value(&dropped), folded, "{dropped}");
    }
}
