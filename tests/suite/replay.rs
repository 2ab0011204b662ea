//! `replay` over a log with three spikes.

use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Output};

use jiff::Timestamp;
use serde_json::Value;

/// Start of the log: 2026-11-23 00:00 UTC.
const T: i64 = 1_795_392_000;
const HOUR: i64 = 3_600;

/// Six hours of normal traffic with three spikes of ten minutes each.
pub fn log() -> String {
    let mut log = String::new();
    let mut id = 0;
    let mut line = |time: i64, what: &str| {
        id += 1;
        let stamp = Timestamp::from_second(T + time).expect("a time");
        let what = what.replace("ID", &format!("4F{id:08X}"));
        // Writing to a string does not fail.
        let _ = writeln!(log, "{stamp} mail postfix/smtp[7]: {what}");
    };
    let delivery = |relay: &str, result: &str| {
        format!(
            "ID: to=<ann@example.org>, relay={relay}[192.0.2.1]:25, delay=1, delays=0/0/1/0, {result}"
        )
    };
    let refusal = |relay: &str, reply: &str| {
        let result = format!(
            "dsn=4.0.0, status=deferred (host {relay}[192.0.2.1] said: {reply} (in reply to RCPT \
             TO command))"
        );
        delivery(relay, &result)
    };
    let sent = delivery("mx.example.org", "dsn=2.0.0, status=sent (250 2.0.0 Ok)");
    let busy = refusal("gmail-smtp-in.l.google.com", "421 4.3.2 not available");
    let full = refusal("mx.example.org", "452 4.2.2 over quota");
    let refused = "connect to mx.example.net[192.0.2.9]:25: Connection refused";
    let deferred = format!(
        "ID: to=<ann@example.net>, relay=none, delay=1, delays=0/0/1/0, dsn=4.4.1, status=deferred ({refused})"
    );
    for second in 0..6 * HOUR {
        if second % 6 == 0 {
            line(second, &sent);
        }
        let spike = match second {
            _ if second % 3 != 0 => None,
            3_600..4_200 => Some(busy.as_str()),
            9_000..9_600 => Some(full.as_str()),
            14_400..15_000 => Some(refused),
            _ => None,
        };
        if let Some(what) = spike {
            line(second, what);
            if what == refused {
                line(second, &deferred);
            }
        }
    }
    log
}

fn replay(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_maillog_exporter"))
        .arg("replay")
        .args(arguments)
        .current_dir(folder)
        .env("TZ", "UTC")
        .output()
        .expect("it runs")
}

fn json(folder: &Path, arguments: &[&str]) -> Value {
    let output = replay(folder, &[&["--format", "json"], arguments].concat());
    assert!(output.status.success(), "{output:?}");
    serde_json::from_slice(&output.stdout).expect("JSON")
}

/// Every alert that was not silenced, with its name and the times `since`, `fired` and `resolved`.
fn alerts(report: &Value) -> Vec<String> {
    let list = report["alerts"].as_array().expect("alerts").iter();
    let list = list.filter(|alert| alert["inhibited"].is_null());
    let time = |alert: &Value, name: &str| alert[name].as_str().unwrap_or("never").to_owned();
    list.map(|alert| {
        let [since, fired, resolved] = ["since", "fired", "resolved"].map(|name| time(alert, name));
        format!(
            "{} {since} {fired} {resolved}",
            alert["alert"].as_str().expect("a name")
        )
    })
    .collect()
}

#[test]
fn three_spikes_fire_in_order() {
    let folder = tempfile::tempdir().expect("a folder");
    let log = log();
    // In two files, given in reverse order.
    let (older, newer) =
        log.split_at(log.len() / 2 + log[log.len() / 2..].find('\n').expect("a line") + 1);
    std::fs::write(folder.path().join("mail.log.1"), older).expect("written");
    std::fs::write(folder.path().join("mail.log"), newer).expect("written");
    let report = json(folder.path(), &["mail.log", "mail.log.1"]);
    assert_eq!(report["lines"], log.lines().count());
    assert_eq!(report["from"], "2026-11-23T00:00:00Z");
    assert_eq!(report["to"], "2026-11-23T05:59:54Z");
    // A rule matches as soon as there are failures in four half minutes; that about connections half a minute later, when
    // most new mail is deferred.
    assert_eq!(
        alerts(&report),
        [
            "MaillogSmtp421Spike 2026-11-23T01:02:00Z 2026-11-23T01:03:00Z 2026-11-23T01:35:00Z",
            "MaillogSmtp422Spike 2026-11-23T02:32:00Z 2026-11-23T02:33:00Z 2026-11-23T03:00:00Z",
            "MaillogConnectionsRefused 2026-11-23T04:02:30Z 2026-11-23T04:03:00Z \
             2026-11-23T04:30:00Z",
        ]
    );
    let first = &report["alerts"][0];
    assert_eq!(first["labels"]["code"], "421");
    assert_eq!(first["severity"], "critical");
    assert_eq!(
        first["description"],
        "Outbound 421 replies: 66.67% now, usually 0%; 200 in the last hour. Top provider: google. What to do: \
         The queue retries. If the reply text mentions too many connections or too high a rate, reduce \
         concurrency and rate; otherwise contact the remote postmaster if it persists."
    );

    let text = replay(folder.path(), &["mail.log", "mail.log.1"]);
    let text = String::from_utf8(text.stdout).expect("text");
    assert!(
        text.starts_with(
            "3 alerts in 4400 lines from 2026-11-23 00:00:00 to 2026-11-23 05:59:54\n\n\
             MaillogSmtp421Spike  critical  code=421 direction=outbound signal=smtp421\n  \
             since  2026-11-23 01:02:00\n  \
             fired  2026-11-23 01:03:00  for"
        ),
        "{text}"
    );
}

#[test]
fn policy_overrides_and_empty_logs() {
    let folder = tempfile::tempdir().expect("a folder");
    let write =
        |name: &str, text: &str| std::fs::write(folder.path().join(name), text).expect("written");
    write("mail.log", &log());
    let count = |policy: &str| {
        write("policy.yml", policy);
        let report = json(folder.path(), &["--policy", "policy.yml", "mail.log"]);
        alerts(&report).len()
    };
    assert_eq!(
        count("rules: {MaillogConnectionsRefused: {enabled: false}}"),
        3
    );
    assert_eq!(count("rules: {MaillogSmtp421Spike: {share: 0.9}}"), 3);
    write(
        "policy.yml",
        "rules:\n  MaillogOutboundSurge:\n    count: many\n",
    );
    let wrong = replay(folder.path(), &["--policy", "policy.yml", "mail.log"]);
    assert_eq!(wrong.status.code(), Some(2));
    let said = String::from_utf8_lossy(&wrong.stderr);
    assert!(
        said.contains("policy.yml:3:12: rules.MaillogOutboundSurge.count"),
        "{said}"
    );

    write("empty.log", "");
    write("stampless.log", "no stamp here\n");
    for (name, lines) in [("empty.log", 0), ("stampless.log", 1)] {
        let report = json(folder.path(), &[name]);
        assert_eq!(
            (&report["lines"], &report["from"]),
            (&lines.into(), &Value::Null)
        );
        assert_eq!(alerts(&report), [""; 0]);
    }
}

#[test]
fn tuning_shows_what_other_figures_would_have_done() {
    let folder = tempfile::tempdir().expect("a folder");
    // Two hours with one spike.
    let log = log();
    let end = log.find("2026-11-23T02:00:").expect("a time");
    std::fs::write(folder.path().join("mail.log"), &log[..end]).expect("written");
    let replayed = json(folder.path(), &["mail.log"]);
    let tuned = json(folder.path(), &["--tune", "mail.log"]);
    assert_eq!(tuned["lines"], replayed["lines"]);
    let fired = |name: &Value| {
        let alerts = replayed["alerts"].as_array().expect("alerts").iter();
        let of_rule = alerts.filter(|it| it["alert"] == *name && it["inhibited"].is_null());
        of_rule.count()
    };
    let rules = tuned["rules"].as_array().expect("rules");
    assert!(!rules.is_empty(), "{tuned}");
    for rule in rules {
        let variants = rule["variants"].as_array().expect("variants");
        let policy: Vec<&Value> = variants
            .iter()
            .filter(|it| it["is_policy"] == true)
            .collect();
        let [policy] = policy[..] else {
            panic!("{rule}");
        };
        assert_eq!(policy["level"], rule["level"]);
        assert_eq!(policy["for_seconds"], rule["for_seconds"]);
        assert_eq!(policy["alerts"], fired(&rule["alert"]), "{rule}");
        let outage = rule["outage_minutes"].as_f64().expect("minutes");
        for variant in variants {
            let seen = variant["seen_minutes"].as_f64().expect("minutes");
            assert!((0.0..=outage).contains(&seen), "{rule}");
            // Who waits longer sees less.
            let longer = variants.iter().filter(|it| {
                it["level"] == variant["level"]
                    && it["for_seconds"].as_u64() > variant["for_seconds"].as_u64()
            });
            for longer in longer {
                assert!(longer["seen_minutes"].as_f64() <= Some(seen), "{rule}");
            }
        }
    }
    let spike = rules.iter().find(|it| it["alert"] == "MaillogSmtp421Spike");
    let spike = spike.expect("it");
    assert_eq!(spike["outages"], 1);
    let minutes = spike["outage_minutes"].as_f64().expect("minutes");
    assert!((8.0..30.0).contains(&minutes), "{spike}");
    let quiet = tuned["quiet"].as_array().expect("names");
    assert!(
        quiet.iter().any(|it| it == "MaillogTlsFailing"),
        "{quiet:?}"
    );

    let output = replay(folder.path(), &["--tune", "mail.log"]);
    let text = String::from_utf8(output.stdout).expect("text");
    assert!(
        text.contains("MaillogSmtp421Spike  critical  1 outage, "),
        "{text}"
    );
    assert!(
        text.contains("* 84.1  "),
        "one in two hours is 84 a week: {text}"
    );
    assert!(text.contains("The log has 0.1 days"), "{text}");
}
