//! The command `report`: the first screen, its options, and the fields of its JSON.

use std::io::Write;
use std::process::{Command, Stdio};

use serde_json::Value;

const PROGRAM: &str = env!("CARGO_BIN_EXE_maillog_exporter");

/// Two days of a Postfix with two hosts.
const LOG: &str = "\
2026-11-20T10:00:00+00:00 mx1 postfix/smtpd[1]: 4F9D1954321: client=mx.example.org[192.0.2.7]
2026-11-20T10:00:00+00:00 mx1 postfix/cleanup[2]: 4F9D1954321: message-id=<1@example.org>
2026-11-20T10:00:00+00:00 mx1 postfix/qmgr[3]: 4F9D1954321: from=<ann@News.example.org>, size=1000, nrcpt=1 (queue active)
2026-11-20T10:00:02+00:00 mx1 postfix/smtp[4]: 4F9D1954321: to=<ben@gmail.com>, relay=gmail-smtp-in.l.google.com[192.0.2.1]:25, delay=2, delays=0/0/1/1, dsn=4.7.28, status=deferred (host gmail-smtp-in.l.google.com[192.0.2.1] said: 421 4.7.28 Unusual rate of mail from [192.0.2.9] (in reply to MAIL FROM command))
2026-11-20T10:05:02+00:00 mx1 postfix/smtp[4]: 4F9D1954321: to=<ben@gmail.com>, relay=gmail-smtp-in.l.google.com[192.0.2.1]:25, delay=302, delays=300/0/1/1, dsn=4.7.28, status=deferred (host gmail-smtp-in.l.google.com[192.0.2.1] said: 421 4.7.28 Unusual rate of mail from [192.0.2.9] (in reply to MAIL FROM command))
2026-11-20T10:10:02+00:00 mx1 postfix/smtp[4]: 4F9D1954321: to=<ben@gmail.com>, relay=gmail-smtp-in.l.google.com[192.0.2.1]:25, delay=602, delays=600/0/1/1, dsn=2.0.0, status=sent (250 2.0.0 OK)
2026-11-20T10:10:02+00:00 mx1 postfix/qmgr[3]: 4F9D1954321: removed
2026-11-21T11:00:00+00:00 mx2 postfix/pickup[5]: 4F9D1954322: uid=0 from=<root>
2026-11-21T11:00:00+00:00 mx2 postfix/qmgr[3]: 4F9D1954322: from=<root@example.com>, size=500, nrcpt=1 (queue active)
2026-11-21T11:00:01+00:00 mx2 postfix/local[6]: 4F9D1954322: to=<dan@example.com>, relay=local, delay=1, delays=0/0/0/1, dsn=2.0.0, status=sent (delivered to mailbox)
2026-11-21T11:00:01+00:00 mx2 postfix/smtpd[1]: NOQUEUE: reject: RCPT from unknown[198.51.100.9]: 550 5.1.1 <x@example.com>: Recipient address rejected: User unknown; from=<a@example.net> to=<x@example.com> proto=ESMTP helo=<x>
2026-11-21T11:00:01+00:00 mx2 postfix/smtpd[1]: warning: hostname h.example.net does not resolve to address 198.51.100.9
";

/// What `report` prints about a log on standard input.
fn report(arguments: &[&str], log: &str) -> String {
    let mut program = Command::new(PROGRAM);
    let program = program.arg("report").args(arguments).arg("-");
    let program = program.env("TZ", "UTC").stdin(Stdio::piped());
    let mut child = program.stdout(Stdio::piped()).spawn().expect("started");
    let mut input = child.stdin.take().expect("standard input");
    let log = log.to_owned();
    let writer = std::thread::spawn(move || input.write_all(log.as_bytes()));
    let output = child.wait_with_output().expect("ended");
    writer.join().expect("written").expect("written");
    assert!(output.status.success(), "{arguments:?}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

fn json(arguments: &[&str], log: &str) -> Value {
    let arguments = [&["--format", "json"], arguments].concat();
    serde_json::from_str(&report(&arguments, log)).expect("JSON")
}

#[test]
fn first_screen_is_the_answer() {
    let text = report(&[], LOG);
    let expected = "\
Mail of mx1, mx2 (Postfix)
2026-11-20 10:00:00 to 2026-11-21 11:00:01

           2  received
           2  delivered
           1  deferred    (2 deferrals)
           0  bounced
           1  rejected

What needs attention
           2  421 rate_limited from google: ";
    assert!(text.starts_with(expected), "{text}");
    assert!(text.contains("First: "), "{text}");
    assert!(!text.contains("Sender domains"), "{text}");
    let text = report(&["--detail", "5"], LOG);
    for part in [
        "2  received    (1,500 bytes)",
        "Mail by day",
        "Sender domains (2)",
        "news.example.org",
        "550 5.1.1 <address>: Recipient address rejected: User unknown",
        "warning: postfix/smtpd: hostname <host> does not resolve to address <ip>",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let first = |option: &[&str]| {
        let text = report(&[&["--detail", "5"], option].concat(), LOG);
        text.find("Deferrals, by agent") < text.find("Mail by day")
    };
    assert!(first(&["--problems-first"]) && !first(&[]));
    assert!(report(&["--detail", "5", "--zero-fill"], LOG).contains("00:00-01:00"));
}

#[test]
fn json_has_the_documented_fields() {
    let report = json(&[], LOG);
    assert_eq!(report["from"], "2026-11-20T10:00:00Z");
    assert_eq!(report["to"], "2026-11-21T11:00:01Z");
    let messages = serde_json::json!({
        "received": 2, "delivered": 2, "forwarded": 0, "deferred": 1, "deferrals": 2, "bounced": 0,
        "rejected": 1, "reject_warnings": 0, "held": 0, "discarded": 0, "bytes_received": 1500,
        "bytes_delivered": 1500, "expired": 0,
    });
    assert_eq!(report["messages"], messages);
    let top = &report["top"];
    let row = |name: &str, messages: u64, bytes: u64| serde_json::json!({"name": name, "messages": messages, "bytes": bytes});
    assert_eq!(top["senders"][0], row("ann@news.example.org", 1, 1000));
    assert_eq!(top["sender_domains"][1], row("example.com", 1, 500));
    assert_eq!(top["recipients"][0], row("ben@gmail.com", 1, 1000));
    assert_eq!(top["clients"][0], row("mx.example.org", 1, 1000));
    assert_eq!(top["clients"][2]["rejected"], 1);
    let domain = &top["recipient_domains"][0];
    assert_eq!(
        (&domain["name"], &domain["deferred"]),
        (&"gmail.com".into(), &2.into())
    );
    assert_eq!(
        (&domain["delay_avg"], &domain["delay_max"]),
        (&602.0.into(), &602.0.into())
    );
    let reply = &top["replies"][0];
    let expected = [("provider", "google"), ("enhanced", "4.7.28")];
    assert!(
        expected.iter().all(|(field, value)| reply[field] == *value),
        "{reply}"
    );
    assert_eq!((&reply["code"], &reply["count"]), (&421.into(), &2.into()));
    assert_eq!(report["hours"][10]["received"], 1);
    assert_eq!(report["days"][1]["date"], "2026-11-21");
    // Without tables, the counts are the same.
    let without = json(&["--detail", "0"], LOG);
    assert_eq!(without["codes"], report["codes"]);
    assert_eq!(without["messages"]["deferred"], 1);
    assert_eq!(without["top"]["senders"], serde_json::json!([]));
    // Also if queue ids are used again: the second time, it is another message.
    let line = LOG.lines().nth(3).expect("a deferral");
    let deferred = LOG.lines().take(3).chain([line]);
    let deferred: String = deferred.map(|line| format!("{line}\n")).collect();
    for detail in ["0", "5"] {
        let twice = json(&["--detail", detail], &deferred.repeat(2));
        assert_eq!(twice["messages"]["deferred"], 2, "--detail {detail}");
    }
}

#[test]
fn lines_are_selected_by_time_host_and_domain() {
    let received = |arguments: &[&str]| {
        let report = json(arguments, LOG);
        let of = |name: &str| report["messages"][name].as_u64().expect(name);
        (
            of("received"),
            of("deferrals"),
            of("delivered"),
            of("rejected"),
        )
    };
    assert_eq!(received(&["--until", "2026-11-21"]), (1, 2, 1, 0));
    assert_eq!(received(&["--since", "2026-11-21"]), (1, 0, 1, 1));
    let span = [
        "--since",
        "2026-11-20 10:05",
        "--until",
        "2026-11-20T10:10:02Z",
    ];
    assert_eq!(received(&span), (0, 1, 0, 0));
    assert_eq!(received(&["--host", "mx2"]), (1, 0, 1, 1));
    assert_eq!(received(&["--domain", "gmail.com"]), (0, 2, 1, 0));
    assert_eq!(received(&["--domain", "news.example.org"]), (1, 2, 1, 0));
    let report = json(&["--domain", "news.example.org"], LOG);
    assert_eq!(report["top"]["clients"][0]["name"], "mx.example.org");
}

#[test]
fn tables_beyond_the_memory_limit_are_said_to_be_estimates() {
    let mut log = String::new();
    for number in 0..20_000 {
        let recipient = match number % 2 {
            0 => "frequent@example.com".to_owned(),
            _ => format!("rare{number}@example.net"),
        };
        log += &format!(
            "2026-11-20T10:00:02+00:00 mx1 postfix/smtp[4]: 4F9D195{number:06X}: to=<{recipient}>, relay=mx.example.net[192.0.2.1]:25, delay=2, delays=0/0/1/1, dsn=2.0.0, status=sent (250 2.0.0 OK)\n"
        );
    }
    let exact = json(&[], &log);
    assert_eq!(exact["top"]["estimates"], serde_json::json!({}));
    assert_eq!(exact["top"]["distinct"]["recipients"], 10_001);
    let small = json(&["--memory", "1MiB"], &log);
    assert_eq!(small["messages"]["delivered"], 20_000);
    assert!(
        small["top"]["estimates"]["recipients"].as_u64() > Some(0),
        "{}",
        small["top"]["estimates"]
    );
    assert_eq!(
        small["top"]["recipients"][0]["name"],
        "frequent@example.com"
    );
    assert!(report(&["--memory", "1MiB", "--detail", "3"], &log).contains("Estimates, because"));
}

#[test]
fn an_exim_log_has_senders_clients_and_sizes() {
    let log = "\
2026-11-23 10:00:00 1vNWm8-000000001Ab-0Aaa <= ann@example.org H=mx.example.org [192.0.2.7] P=esmtps X=TLS1.3:TLS_AES_256_GCM_SHA384:256 S=2048
2026-11-23 10:00:01 1vNWm8-000000001Ab-0Aaa => ben@example.com R=dnslookup T=remote_smtp H=mx.example.com [192.0.2.1] C=\"250 OK\"
2026-11-23 10:00:01 1vNWm8-000000001Ab-0Aaa Completed
";
    let report = json(&[], log);
    let row = |name: &str| serde_json::json!({"name": name, "messages": 1, "bytes": 2048});
    assert_eq!(
        report["top"]["senders"],
        serde_json::json!([row("ann@example.org")])
    );
    assert_eq!(
        report["top"]["clients"],
        serde_json::json!([row("mx.example.org")])
    );
    assert_eq!(
        report["top"]["recipients"],
        serde_json::json!([row("ben@example.com")])
    );
    assert_eq!(report["messages"]["bytes_delivered"], 2048);
    assert_eq!(report["sessions"]["tls"]["inbound"]["TLSv1.3 unknown"], 1);
}

#[test]
fn a_page_of_html_needs_nothing_else_and_shows_hostile_names_as_text() {
    let log = LOG.replace(
        "ann@News.example.org",
        "<script>alert(1)</script>@example.org",
    );
    let log = log.replace("h.example.net", "<img/src=x>");
    for (language, tag, title) in [
        ("en", "en", "What needs attention"),
        ("zh", "zh-Hans", "需要关注"),
    ] {
        let page = report(&["--format", "html", "--lang", language], &log);
        assert!(page.contains(title) && page.contains("<svg"), "{page}");
        assert!(page.contains(&format!("<html lang=\"{tag}\">")), "{page}");
        assert!(page.contains("prefers-color-scheme:dark"), "{page}");
        for part in [
            "<script", "<img", " src=", "http://", "https://", "<link", "url(",
        ] {
            assert!(!page.contains(part), "{part}: {page}");
        }
        assert!(page.contains("gmail.com"), "{page}");
    }
}

#[test]
fn connection_times_are_those_of_each_process() {
    let log = "\
Nov 20 10:00:00 mx1 postfix/smtpd[1]: connect from a.example.org[192.0.2.7]
Nov 20 10:00:01 mx1 postfix/smtpd[2]: connect from unknown[192.0.2.8]
Nov 20 10:00:04 mx1 postfix/smtpd[2]: disconnect from unknown[192.0.2.8] quit=1 commands=1
Nov 20 10:00:10 mx1 postfix/smtpd[1]: disconnect from a.example.org[192.0.2.7] quit=1 commands=1
";
    let time = &json(&[], log)["connection_time"];
    assert_eq!(
        (&time["connections"], &time["seconds"]),
        (&2.into(), &13.into())
    );
    assert_eq!(time["clients"][0]["name"], "example.org");
    assert!(report(&["--detail", "3"], log).contains("Connection time by client domain"));
}
