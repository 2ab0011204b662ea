//! One syslog file with the lines of several mail servers and of programs beside them: each line is read by the right
//! server, and programs that are no mail server never give an event.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use maillog_exporter::catalog::{Catalog, Providers};
use maillog_exporter::parse::{Line, LineParser, Outcome, format_names};

/// A line after the header, the server that wrote it, and the outcome and the code of its event.
type Entry = (&'static str, &'static str, Option<(Outcome, Option<u16>)>);

const LINES: &[Entry] = &[
    (
        "postfix/smtpd[10]: connect from host.example.org[198.51.100.7]",
        "postfix",
        None,
    ),
    (
        "opendmarc[11]: 4F9D195432C: example.org fail 550 5.7.1",
        "",
        None,
    ),
    (
        "opendkim[12]: 4F9D195432C: s=421 d=example.org SSL error: bad signature",
        "",
        None,
    ),
    (
        "postgrey[13]: action=greylist, reason=new, client_name=x, client_address=198.51.100.7, sender=a@example.org, recipient=b@example.com",
        "",
        None,
    ),
    (
        "policyd-spf[14]: 550 5.7.1 Message rejected due to: SPF fail - not authorized",
        "",
        None,
    ),
    (
        "postfix/policy-spf[15]: Policy action=550 5.7.1 Please see http://www.example.org",
        "",
        None,
    ),
    (
        "postfix/smtp[16]: 4F9D195432C: to=<b@example.net>, relay=mx.example.net[203.0.113.25]:25, delay=1, delays=0/0/0/1, dsn=4.7.0, status=deferred (host mx.example.net[203.0.113.25] said: 421 4.7.0 Try later (in reply to MAIL FROM command))",
        "postfix",
        Some((Outcome::Deferred, Some(421))),
    ),
    (
        "exim[17]: 2026-11-23 10:00:00 1vNaec-0000D1-01 ** b@example.net R=dnslookup T=remote_smtp H=mx.example.net [203.0.113.25]: SMTP error from remote mail server after RCPT TO:<b@example.net>: 550 5.1.1 No such user",
        "exim",
        Some((Outcome::Bounced, Some(550))),
    ),
    (
        "sm-mta[18]: 57NA00xx000421: to=<b@example.net>, delay=00:00:01, xdelay=00:00:01, mailer=esmtp, pri=42100, relay=mx.example.net. [203.0.113.25], dsn=4.2.2, reply=422 4.2.2 Mailbox full, stat=Deferred: 422 4.2.2 Mailbox full",
        "sendmail",
        Some((Outcome::Deferred, Some(422))),
    ),
    ("dovecot: lmtp(19): Connect from local", "dovecot", None),
    (
        "dovecot: imap-login: Login: user=<anna>, method=PLAIN, rip=198.51.100.7, lip=192.0.2.25, mpid=550, TLS",
        "dovecot",
        None,
    ),
    (
        "rspamd[20]: <a1b2c3>; task; rspamd_task_write_log: id: <a@b>, from: <x@example.org>, (default: S (reject): [15.00/15.00] []), len: 1",
        "rspamd",
        None,
    ),
    (
        "amavis[21]: (00021-01) Blocked SPAM {RejectedInbound}, [198.51.100.8] <a@example.org> -> <b@example.com>, 554 5.7.0 Reject",
        "amavis",
        None,
    ),
    (
        "amavis[21]: (00021-02) FWD from <a@example.org> -> <b@example.com>, BODY=7BIT 250 2.0.0 from MTA(smtp:[127.0.0.1]:10025): 250 2.0.0 Ok",
        "amavis",
        None,
    ),
    (
        "spamd[22]: spamd: identified spam (421.0/5.0) for anna:1000 in 0.4 seconds, 550 bytes.",
        "",
        None,
    ),
    (
        "clamd[23]: instream(127.0.0.1@42100): Eicar-Test-Signature FOUND",
        "",
        None,
    ),
    ("freshclam[24]: daily.cld database is up-to-date", "", None),
    (
        "zmconfigd[25]: 550 Watchdog: service antivirus status is OK.",
        "",
        None,
    ),
    (
        "saslauthd[26]: zmauth: authenticating against elected url 'https://mail.example.com:7073/service/admin/soap/' ...",
        "",
        None,
    ),
    ("zmmailboxdmgr[27]: status OK", "", None),
    (
        "postfix/amavisd/smtpd[28]: NOQUEUE: reject: RCPT from unknown[198.51.100.9]: 554 5.7.1 <b@example.com>: Relay access denied; from=<a@example.org> to=<b@example.com> proto=ESMTP helo=<x>",
        "postfix",
        Some((Outcome::Rejected, Some(554))),
    ),
    (
        "cyrus/lmtpunix[29]: Delivered: <550@example.org> to mailbox: user.anna",
        "",
        None,
    ),
    ("cyrus/lmtp[30]: 421 4.3.0 deliver failed", "", None),
    (
        "cyrus/master[31]: process type:SERVICE name:imap path:/usr/lib/cyrus/bin/imapd age:421s exited, status 75",
        "",
        None,
    ),
    (
        "cyrus/imap[32]: badlogin: x [198.51.100.7] plaintext bob SASL(-13): authentication failure: 535",
        "",
        None,
    ),
    (
        "mailman[33]: to=<list@example.com>, status=bounced (550 5.1.1)",
        "",
        None,
    ),
    (
        "sympa/bounced[34]: notice main:: Parsing bounce 550 5.1.1",
        "",
        None,
    ),
    (
        "fail2ban.actions[35]: NOTICE [postfix] Ban 198.51.100.9",
        "",
        None,
    ),
    ("kernel: 421 MID 5 ICID 5 From: <a@example.com>", "", None),
    (
        "mail_logs: Info: Delayed: DCID 9 MID 7 to RID 0 - 4.3.2 - Not accepting messages at this time ('421', ['4.3.2 busy'])",
        "ironport",
        Some((Outcome::Deferred, Some(421))),
    ),
];

fn parser() -> LineParser {
    let now: Timestamp = "2026-11-23T12:00:00Z".parse().expect("a timestamp");
    LineParser::new(
        Catalog::embedded(),
        Providers::embedded(),
        TimeZone::UTC,
        now,
    )
}

#[test]
fn each_line_of_a_mixed_syslog_file_is_read_by_its_server() {
    let known = format_names();
    let mut parser = parser();
    // Twice, so that what was found at the first pass does not change the second.
    for (body, server, expected) in LINES.iter().chain(LINES) {
        let line = format!("Nov 23 10:00:00 mail {body}");
        let mut slot = None;
        let parsed = parser.parse(line.as_bytes(), &mut slot);
        // A server without a dialect gives no event.
        let expected = expected.filter(|_| known.contains(server));
        let found = match &parsed.line {
            Line::Event(event) => {
                assert_eq!(event.mta().name(), *server, "{body}");
                Some((event.outcome, event.code))
            }
            _ => None,
        };
        assert_eq!(found, expected, "{body}");
        if server.is_empty() {
            assert_eq!(parsed.line, Line::Noise(None), "{body}");
        }
    }
    for server in parser.formats(0) {
        assert!(
            LINES.iter().any(|(_, it, _)| *it == server),
            "{server} read a line of another program"
        );
    }
}
