//! Views and contexts for the tests of pages.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::context::{Context, SiteSettings};
use super::language::PageLanguage;
use crate::catalog::{Catalog, Language, Policy, Providers, Text};
use crate::insight::Insight;
use crate::metrics::{
    ActiveAlert, Alerting, Counters, EndedAlert, History, RuleState, SourceStats, View,
};
use crate::parse::{Line, LineParser};
use crate::queue::{Queue, Queues};

pub const NOW: i64 = 1_700_000_000;

/// The view after these lines were counted.
pub fn view_of(lines: &[String]) -> View {
    let catalog = Catalog::embedded();
    let providers = Providers::embedded();
    let mut counters = Counters::new(catalog);
    let now = Timestamp::from_second(NOW).expect("a time");
    let mut parser = LineParser::new(catalog, providers.clone(), TimeZone::UTC, now);
    let names: Arc<[String]> = providers.names().map(str::to_owned).collect();
    let mut insight = Insight::new(catalog, &names);
    let mut history = History::new(catalog, Arc::clone(&names));
    for line in lines {
        let mut slot = None;
        let parsed = parser.parse(line.as_bytes(), &mut slot);
        let time = parsed.time.map_or(NOW, |time| time.seconds);
        if time >= history.due() {
            history.advance(time, &counters, NOW);
        }
        counters.count(parsed.time, &parsed.line, NOW);
        match &parsed.line {
            Line::Event(event) => insight.record(event, time, 1),
            Line::Noise(Some(fact)) => insight.note(fact, NOW),
            _ => {}
        }
    }
    if NOW >= history.due() {
        history.advance(NOW, &counters, NOW);
    }
    View {
        insight: Some(insight),
        history,
        ..View::new(counters, names)
    }
}

/// The settings of a site with the built-in policy.
pub fn settings() -> SiteSettings {
    let settings = SiteSettings::new("/metrics", Policy::embedded(), TimeZone::UTC);
    SiteSettings {
        host: "mx1.example.com".into(),
        ..settings
    }
}

/// The same with a queue, a source of this name, and one whose clock is wrong.
pub fn busy_incident(source_name: &str) -> View {
    let mut queues = Queues::default();
    queues[3] = Queue {
        messages: 1_054,
        bytes: 1,
        oldest: Some(NOW - 1_440),
    };
    let source = |name: &str| SourceStats {
        name: name.to_owned(),
        up: true,
        last_line: Some(NOW - 1),
        events: 999,
        unmatched: 1,
        formats: vec!["postfix"],
        ..SourceStats::default()
    };
    View {
        queues: Some(queues),
        sources: vec![
            source(source_name),
            SourceStats {
                clock_offset: -42,
                ..source("network")
            },
        ],
        ..incident()
    }
}

/// A page whose URL names the language.
pub fn in_language(language: Language) -> PageLanguage {
    match language {
        Language::En => PageLanguage::of_request("lang=en", ""),
        Language::Zh => PageLanguage::of_request("lang=zh", ""),
    }
}

/// What a page is made from at [`NOW`].
pub fn context<'a>(view: &'a View, settings: &'a SiteSettings, language: Language) -> Context<'a> {
    Context {
        view,
        settings,
        language: in_language(language),
        now: NOW,
    }
}

/// The text as it appears in HTML.
pub fn escape(text: &str) -> String {
    maud::html! { (text) }.into_string()
}

/// A message from `sender` to `host` at NOW minus some seconds, and its delivery record.
pub fn delivery(number: u32, ago: i64, sender: &str, host: &str, result: &str) -> [String; 2] {
    let time = Timestamp::from_second(NOW - ago).expect("a time");
    let id = format!("4F9D{number:07X}");
    [
        format!(
            "{time} mx1 postfix/qmgr[7]: {id}: from=<{sender}>, size=10, nrcpt=1 (queue active)"
        ),
        format!(
            "{time} mx1 postfix/smtp[9]: {id}: to=<u{number}@gmail.example>, relay={host}[192.0.2.1]:25, delay=1, \
             delays=0/0/0/1, {result}"
        ),
    ]
}

/// The lines of a message that was deferred with a reply.
pub fn deferred(number: u32, ago: i64, sender: &str, host: &str, reply: &str) -> [String; 2] {
    let result = format!(
        "dsn=4.0.0, status=deferred (host {host}[192.0.2.1] said: {reply} (in reply to MAIL FROM command))"
    );
    delivery(number, ago, sender, host, &result)
}

/// Labels of an alert.
pub fn labels(name: &str, severity: &str) -> BTreeMap<String, String> {
    let pairs = [("alertname", name), ("severity", severity)];
    pairs
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into()
}

/// An alert that has been firing for ten minutes, or is pending.
pub fn active(name: &str, severity: &str, fires: bool) -> ActiveAlert {
    ActiveAlert {
        labels: labels(name, severity),
        annotations: BTreeMap::new(),
        summary: Text::default(),
        description: Text::default(),
        since: NOW - 720,
        fired: fires.then_some(NOW - 600),
        inhibited_by: None,
    }
}

/// An alert that fired for half an hour and resolved an hour ago.
pub fn ended(name: &str) -> EndedAlert {
    EndedAlert {
        labels: labels(name, "critical"),
        annotations: BTreeMap::new(),
        summary: Text::default(),
        fired: NOW - 5_400,
        resolved: NOW - 3_600,
    }
}

/// The state of a rule about a share.
pub fn rule_state(name: &str, value: f64, threshold: f64) -> RuleState {
    RuleState {
        alert: name.to_owned(),
        label: None,
        value,
        threshold,
        usual: None,
        is_share: true,
    }
}

/// A view with these alerts.
pub fn with_alerting(view: View, alerting: Alerting) -> View {
    View {
        alerting: Some(Arc::new(alerting)),
        ..view
    }
}

/// Ten hours of mail to two providers, and an incident in the last twelve minutes: Google limits mail of one domain.
pub fn incident() -> View {
    const GOOGLE: &str = "gmail-smtp-in.l.google.com";
    let sent = "dsn=2.0.0, status=sent (250 2.0.0 OK)";
    let mut lines = Vec::new();
    let mut number = 0;
    let mut next = || {
        number += 1;
        number
    };
    for minute in (0..600).rev() {
        let ago = minute * 60 + 30;
        for host in [GOOGLE, "mx.example.org", "mta5.am0.yahoodns.net"] {
            if minute < 12 && host == GOOGLE {
                continue;
            }
            lines.extend(delivery(next(), ago, "a@example.com", host, sent));
        }
        if minute % 50 == 20 {
            let reply = "450 4.7.1 Greylisted, try again in 5 minutes";
            lines.extend(deferred(
                next(),
                ago,
                "a@example.com",
                "mx.example.org",
                reply,
            ));
        }
        if minute < 12 {
            for client in 0..20 {
                let reply = format!("421 4.7.28 Unusual rate of mail from [192.0.2.{client}]");
                lines.extend(deferred(next(), ago, "x@news.example.com", GOOGLE, &reply));
            }
        }
    }
    view_of(&lines)
}
