//! What `replay` says about a log, and what an operator wants of it.

use std::process::Command;

use jiff::Timestamp;
use serde_json::Value;

use crate::sendmail;
use crate::site::MINUTE;

/// The start of every story: Monday, 2026-11-23 00:00 UTC.
pub const T: i64 = 1_795_392_000;

pub const DAY: i64 = 86_400;

/// An alert that fired; times are in minutes since the start of the story.
#[derive(Clone, Debug)]
pub struct Fired {
    pub name: String,
    pub provider: String,
    pub is_page: bool,
    pub fired: i64,
    pub resolved: Option<i64>,
    pub inhibited: Option<String>,
    pub summary: String,
    pub description: String,
}

/// All alerts of a log.
pub fn replay(log: &str) -> Vec<Fired> {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("mail.log"), log).expect("written");
    let output = Command::new(env!("CARGO_BIN_EXE_maillog_exporter"))
        .args(["replay", "--format", "json", "mail.log"])
        .current_dir(folder.path())
        .env("TZ", "UTC")
        .output()
        .expect("it runs");
    assert!(output.status.success(), "{output:?}");
    let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let minutes = |value: &Value| {
        let time: Timestamp = value.as_str()?.parse().expect("a time");
        Some((time.as_second() - T).div_euclid(MINUTE))
    };
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let alerts = report["alerts"].as_array().expect("alerts").iter();
    let fired = alerts.map(|alert| Fired {
        name: text(&alert["alert"]).replacen("Maillog", "", 1),
        provider: text(&alert["labels"]["provider"]),
        is_page: alert["severity"] == "critical",
        fired: minutes(&alert["fired"]).expect("a time"),
        resolved: minutes(&alert["resolved"]),
        inhibited: alert["inhibited"].as_str().map(str::to_owned),
        summary: text(&alert["summary"]),
        description: text(&alert["description"]),
    });
    fired.collect()
}

/// What an operator wants of an incident; times are in minutes since the start of the story.
pub struct Wanted {
    /// The names of the alerts of which one must page, with the provider where it has one.
    pub page: &'static [&'static str],
    /// A part of the page's summary.
    pub says: &'static str,
    pub starts: i64,
    /// How long after the start it must page.
    pub within: i64,
    /// When the incident ends; `None` if it lasts until the end of the log.
    pub ends: Option<i64>,
    /// How long after the end the page may last.
    pub lingers: i64,
    /// The warnings that may be sent besides.
    pub warnings: &'static [&'static str],
}

/// Checks that there is one page, in time, for as long as the incident lasts, and no other warning than those that may
/// be.
pub fn check(story: &str, log: &str, wanted: &Wanted) {
    let all = replay(log);
    let shown = |fired: &[&Fired]| {
        let lines = fired.iter().map(|it| format!("\n  {it:?}"));
        lines.collect::<String>()
    };
    let everything = shown(&all.iter().collect::<Vec<_>>());
    let sent: Vec<&Fired> = all.iter().filter(|it| it.inhibited.is_none()).collect();
    let pages: Vec<&Fired> = sent.iter().copied().filter(|it| it.is_page).collect();
    assert_eq!(
        pages.len(),
        1,
        "{story}: one page, not {}; all alerts:{everything}",
        pages.len()
    );
    let page = pages[0];
    let name = match page.provider.as_str() {
        "" => page.name.clone(),
        provider => format!("{}/{provider}", page.name),
    };
    assert!(
        wanted.page.contains(&name.as_str()),
        "{story}: {name} pages:{everything}"
    );
    assert!(
        page.summary.contains(wanted.says),
        "{story}: {}",
        page.summary
    );
    let deadline = wanted.starts + wanted.within;
    assert!(
        (wanted.starts..=deadline).contains(&page.fired),
        "{story}: paged at minute {}, the deadline is {deadline}:{everything}",
        page.fired
    );
    match (wanted.ends, page.resolved) {
        (Some(ends), Some(resolved)) => assert!(
            (ends..=ends + wanted.lingers).contains(&resolved),
            "{story}: resolved at minute {resolved}, the end was at {ends}:{everything}"
        ),
        (ends, resolved) => assert_eq!(resolved.is_some(), ends.is_some(), "{story}:{everything}"),
    }
    let unwanted: Vec<&Fired> = sent
        .iter()
        .copied()
        .filter(|it| !it.is_page && !wanted.warnings.contains(&it.name.as_str()))
        .collect();
    assert!(
        unwanted.is_empty(),
        "{story}: unwanted warnings:{}",
        shown(&unwanted)
    );
}

/// The same, told by Sendmail's log.
pub fn check_told_by_sendmail(story: &str, log: &str, wanted: &Wanted) {
    let log = sendmail::log_of(log).expect("a story that Sendmail can tell");
    check(&format!("{story}, told by Sendmail"), &log, wanted);
}

/// Checks that nobody is paged, and that no other warning is sent than those that may be; by Sendmail's log too, if that
/// can tell the story.
pub fn check_quiet(story: &str, log: &str, warnings: &[&str]) {
    check_quiet_log(story, log, warnings);
    if let Some(log) = sendmail::log_of(log) {
        check_quiet_log(&format!("{story}, told by Sendmail"), &log, warnings);
    }
}

fn check_quiet_log(story: &str, log: &str, warnings: &[&str]) {
    let all = replay(log);
    let sent = all.iter().filter(|it| it.inhibited.is_none());
    let unwanted: Vec<&Fired> = sent
        .filter(|it| it.is_page || !warnings.contains(&it.name.as_str()))
        .collect();
    assert!(unwanted.is_empty(), "{story}: {unwanted:#?}");
}
