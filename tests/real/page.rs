//! From a log line to the pager: through Prometheus with the shipped rules, and through the exporter's own
//! evaluator. The received texts are compared with the reference table.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde_json::Value;

use crate::Result;
use crate::alertmanager::{self, Alertmanager};
use crate::exporter::{Daemon, PROGRAM, get};
use crate::prometheus::{self, Prometheus};
use crate::sandbox::finish;
use crate::traffic::{Log, REFUSED, TAKEN};
use crate::wait::until;
use crate::webhook::{Answer, Webhook};

/// The tested alert.
pub const SPIKE: &str = "MaillogSmtp421Spike";
/// The label `job` of the alerts that the exporter sends, to tell them from those of Prometheus' rules.
pub const OWN_JOB: &str = "own";

pub const HOOK: &str = "127.0.0.1:9999";
pub const HOOK_URL: &str = "http://127.0.0.1:9999/";

/// A policy with which the alert fires when its condition has lasted for `hold`, and resolves soon after its end.
fn short(hold: &str) -> String {
    format!("rules:\n  MaillogSmtp421Spike: {{for: {hold}, keep_firing_for: 15s}}\n")
}

/// Writes the rules of the short policy to `alerts` in the folder.
pub fn generate(folder: &Path, hold: &str) -> Result<()> {
    let policy = folder.join("short.yml");
    std::fs::write(&policy, short(hold))?;
    finish(
        Command::new(PROGRAM)
            .args(["generate", "--policy"])
            .args([&policy, folder]),
    )
}

/// Long enough for the exporter to determine the leading provider, which it does once a minute.
const WITH_LEADER: &str = "1m";

/// Timeout for a notification that an alert fires or resolves: the replies must leave the window of five minutes.
pub const PATIENCE: Duration = Duration::from_secs(480);

/// The reference table; its cells are cut at line ends and mixed.
const DOCUMENT: &str = include_str!("../../src/catalog/document.txt");

/// The reference texts of 421: its two rows, each after the case in which it applies; each line is assembled
/// from the parts in the table.
const MEANING: [&[&str]; 6] = [
    &[],
    &[
        "括号内的主机无法提供正常的邮",
        "件服务,关闭传送管道,邮件将滞",
        "留在主机上",
    ],
    &["收信者端邮件服务器暂时无法上线。"],
    &[],
    &[
        "寄信端邮件服务器同时能处理的",
        "数据流量超过其所属ISP的默认值",
    ],
    &[
        "邮件中的TO, CC, BCC的收信者数目总和超过",
        "ISP或是SMTP服务所设定的默认值。",
    ],
];
const REMEDIATION: [&[&str]; 4] = [
    &[],
    &[
        "请收信者和邮件管理者确认收信",
        "端邮件服务器是否正常作业,通常",
        "是由于邮递员停机做问题的检测",
        "或是邮件服务器正在重开 机中又",
        "或是服务器正在同时间处理大量",
        "的新进邮件或新进要求。这类情形",
        "不会持续太久,若能晚点在尝试发",
        "送,也许问题已经解决。请注意的",
        "是:这里指的邮件服务 器可能是",
        "邮件发送途中的任何一台邮件服",
        "务器。若是这种情形发生的太过于",
        "频繁,则需要与邮递员讨论。",
    ],
    &[],
    &["这时应分批寄送或是邮件服务器", "会自动分批寄送。"],
];

/// When each of the two rows applies; these texts are the project's own.
const WHEN: [&str; 2] = [
    "（一）对方服务暂时不可用时。原文中的“邮递员”即邮件管理员 postmaster。",
    "（二）回复文字说明连接过多或发送过快时。",
];

/// Runs the promtool tests of the rules.
pub fn rules() -> Result<()> {
    prometheus::check_rules(&shipped())
}

/// The shipped rules.
fn shipped() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("alerts")
}

/// A text of the table, without the spaces at its line breaks.
fn bare(text: &str) -> String {
    text.chars().filter(|it| !it.is_whitespace()).collect()
}

/// Checks that a text equals that of the table.
fn check_reference_text(name: &str, text: &str, lines: &[&[&str]]) -> Result<()> {
    let mut when = WHEN.iter();
    let mut expected = Vec::new();
    for pieces in lines {
        for piece in *pieces {
            if !DOCUMENT.lines().any(|line| line.contains(piece)) {
                return Err(format!("the reference table does not contain {piece}").into());
            }
        }
        expected.push(match pieces {
            [] => when.next().copied().map(bare).unwrap_or_default(),
            pieces => bare(&pieces.concat()),
        });
    }
    let said: Vec<String> = text.lines().map(bare).collect();
    if said == expected {
        return Ok(());
    }
    Err(format!("{name} is {said:#?}, expected {expected:#?}").into())
}

/// Checks the texts of a notification, and the page that it links to.
fn check_texts(page: &Value, instance: &str) -> Result<()> {
    for (label, expected) in [
        ("severity", "critical"),
        ("code", "421"),
        ("direction", "outbound"),
        ("instance", instance),
    ] {
        if page["labels"][label] != expected {
            return Err(format!("{label} is not {expected}: {page:#}").into());
        }
    }
    let annotation = |name: &str| page["annotations"][name].as_str().unwrap_or_default();
    check_reference_text("meaning", annotation("meaning"), &MEANING)?;
    check_reference_text("remediation", annotation("remediation"), &REMEDIATION)?;
    if annotation("remediation_source") != "document" {
        return Err(format!("unexpected source of the remedy: {page:#}").into());
    }
    if !annotation("description").contains("Top provider: google. What to do: ")
        || !annotation("summary").contains(" from google: ")
    {
        return Err(format!("the description leads nowhere: {page:#}").into());
    }
    let url = annotation("runbook_url");
    let path = url
        .strip_prefix("http://")
        .and_then(|rest| rest.strip_prefix(instance))
        .ok_or_else(|| format!("{url} is not at {instance}"))?;
    // `get` fails for any status but 200.
    let html = bare(&get(instance, path)?);
    for pieces in MEANING.iter().chain(&REMEDIATION) {
        let sentence = bare(&pieces.concat());
        if !html.contains(&sentence) {
            return Err(format!("{url} does not contain {sentence}").into());
        }
    }
    Ok(())
}

/// Waits until the webhook receives an alert that satisfies `right`, while 421 continues.
fn fires(log: &mut Log, hook: &Webhook, who: &str, right: fn(&Value) -> bool) -> Result<Value> {
    until(who, PATIENCE, || {
        log.flow(REFUSED)?;
        let mut alerts = hook.alerts(SPIKE).into_iter();
        Ok(alerts.find(|it| it["status"] == "firing" && right(it)))
    })
}

/// A log with a quiet time and normal traffic, which Prometheus has scraped.
pub fn quiet(log: &mut Log, daemon: &Daemon, prometheus: &Prometheus) -> Result<()> {
    log.now(100, TAKEN)?;
    daemon.scrape_after(log.lines())?;
    prometheus.expect(
        r#"maillog_codes_total{direction="outbound",code="250"}"#,
        100,
    )?;
    prometheus.expect(r#"maillog_codes_total{direction="outbound",code="421"}"#, 0)
}

/// The shipped rules fire, with the texts of the reference table.
pub fn shipped_rules(folder: &Path) -> Result<()> {
    let hook = Webhook::listen(HOOK, Answer::Status(200))?;
    let _alertmanager = Alertmanager::with_webhook(folder, HOOK_URL)?;
    let mut log = Log::create(folder)?;
    let daemon = Daemon::start(&log.path, folder)?;
    let address = &daemon.address;
    let prometheus = Prometheus::alerting(folder, address, &shipped(), alertmanager::ADDRESS)?;
    quiet(&mut log, &daemon, &prometheus)?;
    log.now(60, REFUSED)?;
    let page = fires(&mut log, &hook, "the page", |_| true)?;
    check_texts(&page, address)
}

/// One log, evaluated by Prometheus and by the exporter: both fire with the same texts and resolve.
pub fn prometheus_and_exporter(folder: &Path) -> Result<()> {
    generate(folder, WITH_LEADER)?;
    let hook = Webhook::listen(HOOK, Answer::Status(200))?;
    let _alertmanager = Alertmanager::with_webhook(folder, HOOK_URL)?;
    let mut log = Log::create(folder)?;
    let daemon = Daemon::configured(
        &config(
            &log,
            WITH_LEADER,
            &[format!("url: http://{}", alertmanager::ADDRESS)],
        ),
        folder,
    )?;
    let prometheus = Prometheus::alerting(
        folder,
        &daemon.address,
        &folder.join("alerts"),
        alertmanager::ADDRESS,
    )?;
    quiet(&mut log, &daemon, &prometheus)?;
    log.now(60, REFUSED)?;

    let ours = |alert: &Value| alert["labels"]["job"] == OWN_JOB;
    let theirs = |alert: &Value| alert["labels"]["job"] == "maillog";
    let from_exporter = fires(&mut log, &hook, "the exporter's page", ours)?;
    let from_prometheus = fires(&mut log, &hook, "Prometheus' page", theirs)?;
    for page in [&from_exporter, &from_prometheus] {
        check_texts(page, &daemon.address)?;
    }
    // The figures in summary and description may differ; all other texts are equal.
    let words = |page: &Value| {
        let mut words = page["annotations"].clone();
        words["summary"].take();
        words["description"].take();
        words
    };
    if words(&from_exporter) != words(&from_prometheus) {
        return Err(format!("{from_exporter:#} and {from_prometheus:#} differ").into());
    }
    for (who, right) in [
        ("the exporter", ours as fn(&Value) -> bool),
        ("Prometheus", theirs),
    ] {
        until(&format!("the resolution by {who}"), PATIENCE, || {
            log.flow(TAKEN)?;
            let mut alerts = hook.alerts(SPIKE).into_iter();
            Ok(alerts.find(|it| it["status"] == "resolved" && right(it)))
        })?;
    }
    Ok(())
}

/// A configuration with the short policy and these Alertmanagers, each given as YAML fields.
pub fn config(log: &Log, hold: &str, alertmanagers: &[String]) -> String {
    let list: String = alertmanagers
        .iter()
        .map(|fields| format!("    - {{{fields}}}\n"))
        .collect();
    let rules = short(hold).replace('\n', "\n  ");
    format!(
        "sources:\n  - files: ['{}']\nalerting:\n  instance: 127.0.0.1:9925\n  job: {OWN_JOB}\n  \
         alertmanagers:\n{list}  {}\n",
        log.path.display(),
        rules.trim_end()
    )
}
