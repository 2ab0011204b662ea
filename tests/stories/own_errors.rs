//! Mail that our own server refuses because of a fault of its own, as other servers than Postfix tell it, or in words that
//! seem to be about the client; and outages of servers that log no deferrals.

use std::fmt::Write as _;

use jiff::Timestamp;

use crate::site::{HOUR, MINUTE};
use crate::verdict::{T, Wanted, check};

const BEFORE: i64 = 8 * HOUR;
const END: i64 = BEFORE + 2 * HOUR;

/// A log of 300 messages an hour, which fail for two hours; `lines` writes the lines of one, with its number and whether it
/// fails.
fn log(stamp: &str, lines: impl Fn(u64, bool) -> Vec<String>) -> String {
    let mut log = String::new();
    for number in 0..(END + 5 * HOUR) as u64 / 12 {
        let time = number as i64 * 12 + (number * 7 % 11) as i64;
        let shown = Timestamp::from_second(T + time).expect("a time");
        for line in lines(number, (BEFORE..END).contains(&time)) {
            // Writing to a string does not fail.
            let _ = writeln!(log, "{}{line}", shown.strftime(stamp));
        }
    }
    log
}

fn wanted(page: &'static [&'static str], says: &'static str) -> Wanted {
    Wanted {
        page,
        says,
        starts: BEFORE / MINUTE,
        within: 10,
        ends: Some(END / MINUTE),
        lingers: 45,
        warnings: &[],
    }
}

#[test]
fn mail_filter_is_down() {
    let page = wanted(&["LocalErrors"], "internal errors");
    let exim = log("%Y-%m-%d %H:%M:%S ", |number, fails| {
        let id = format!("1abcde-{number:06}-01");
        let client = format!("H=mx{}.example.net [192.0.2.{}]", number % 9, number % 250);
        match fails {
            true => vec![
                format!(
                    "{id} malware acl condition: clamd /run/clamd.sock : unable to connect to UNIX socket"
                ),
                format!("{id} {client} F=<bob@example.net> temporarily rejected after DATA"),
            ],
            false => vec![
                format!("{id} <= bob@example.net {client} P=esmtps S=3000"),
                format!("{id} => ann <ann@example.com> R=local_user T=maildir_home"),
                format!("{id} Completed"),
            ],
        }
    });
    check("Exim without clamd", &exim, &page);
    let sendmail = log("%b %e %H:%M:%S mx1 ", |number, fails| {
        let id = format!("5AN{number:011}");
        match fails {
            true => vec![
                format!(
                    "sendmail[7]: {id}: Milter (clamav): error connecting to filter: Connection refused by /run/clamav-milter.sock"
                ),
                format!(
                    "sendmail[7]: {id}: Milter: from=<bob@example.net>, reject=451 4.3.2 Please try again later"
                ),
            ],
            false => vec![
                format!(
                    "sendmail[7]: {id}: from=<bob@example.net>, size=3000, class=0, nrcpts=1, proto=ESMTP, daemon=MTA, relay=mx.example.net [192.0.2.7]"
                ),
                format!(
                    "sendmail[7]: {id}: to=<ann@example.com>, delay=00:00:01, xdelay=00:00:00, mailer=local, pri=33000, dsn=2.0.0, stat=Sent"
                ),
            ],
        }
    });
    check("Sendmail without a filter", &sendmail, &page);
}

#[test]
fn blocklist_refuses_our_queries() {
    let postfix = log("%Y-%m-%dT%H:%M:%SZ mx1 postfix/", |number, fails| {
        let client = format!("mx{}.example.net[192.0.2.{}]", number % 9, number % 250);
        let mut lines = vec![format!("smtpd[7]: connect from {client}")];
        lines.push(match fails {
            true => format!(
                "smtpd[7]: NOQUEUE: reject: RCPT from {client}: 554 5.7.1 Service unavailable; Client host [192.0.2.7] blocked using \
                 zen.spamhaus.org; Error: open resolver; https://check.spamhaus.org/returnc/pub/198.51.100.53/; \
                 from=<bob@example.net> to=<ann@example.com> proto=ESMTP helo=<mx>"
            ),
            false => format!("lmtp[8]: 4F{number:08X}: to=<ann@example.com>, relay=mx1[private/dovecot-lmtp], delay=0.3, delays=0.1/0/0/0.2, dsn=2.0.0, status=sent (250 2.0.0 <ann@example.com> Saved)"),
        });
        lines.push(format!(
            "smtpd[7]: disconnect from {client} ehlo=1 mail=1 rcpt=0/1 quit=1 commands=3/4"
        ));
        lines
    });
    check(
        "an open resolver",
        &postfix,
        &wanted(&["LocalErrors"], "internal errors"),
    );
}

#[test]
fn connections_fail_where_the_log_has_no_deferrals() {
    let ironport = log("%a %b %e %H:%M:%S %Y ", |number, fails| match fails {
        true => vec![format!(
            "Info: Connection Error: DCID {number} domain: example{}.net IP: 192.0.2.7 port: 25 details: [Errno 61] Connection \
             refused interface: 198.51.100.1 reason: network error",
            number % 40
        )],
        false => vec![
            format!(
                "Info: New SMTP DCID {number} interface 198.51.100.1 address 192.0.2.7 port 25"
            ),
            format!("Info: Delivery start DCID {number} MID {number} to RID [0]"),
            format!("Info: Message done DCID {number} MID {number} to RID [0] "),
            format!("Info: DCID {number} close"),
        ],
    });
    check(
        "IronPort",
        &ironport,
        &wanted(&["ConnectionsRefused"], "refused"),
    );
    let exchange = log("%Y-%m-%dT%H:%M:%S.000Z,", |number, fails| {
        let line = |at: u32, event: &str| {
            format!("Internet,08DE{number:012X},{at},192.0.2.10:41000,198.51.100.9:25,{event}")
        };
        let mut lines = vec![line(0, "*,,attempting to connect")];
        if fails {
            lines.push(line(1, "*,,\"Failed to connect. Winsock error code: 10060, Win32 error code: 10060, Error Message: A connection attempt failed because the connected party did not properly respond after a period of time 198.51.100.9:25\""));
            return lines;
        }
        let talk = [
            "+,,",
            "<,220 mx.example.net ESMTP ready,",
            ">,EHLO mail.example.com,",
            "<,250  mx.example.net Hello,",
            ">,MAIL FROM:<ann@example.com>,",
            "<,250 2.1.0 Sender OK,",
            ">,RCPT TO:<bob@example.net>,",
            "<,250 2.1.5 Recipient OK,",
            ">,DATA,",
            "<,354 Start mail input; end with <CRLF>.<CRLF>,",
            "<,250 2.6.0 Queued mail for delivery,",
            ">,QUIT,",
            "<,221 2.0.0 Bye,",
            "-,,Local",
        ];
        lines.extend((1..).zip(talk).map(|(at, event)| line(at, event)));
        lines
    });
    let header = "#Software: Microsoft Exchange Server\n#Version: 15.0.0.0\n#Log-type: SMTP Send Protocol Log\n#Date: 2026-11-23T00:00:00.000Z\n#Fields: date-time,connector-id,session-id,sequence-number,local-endpoint,remote-endpoint,event,data,context\n";
    check(
        "Exchange",
        &format!("{header}{exchange}"),
        &wanted(&["ConnectionsUnreachable"], "fail"),
    );
}
