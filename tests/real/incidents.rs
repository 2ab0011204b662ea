//! Incidents that are going on while the exporter starts, through a real Prometheus with the shipped rules and a real
//! Alertmanager with the shipped inhibitions: each is one page, and quiet sites are none.
//!
//! Each site has a log of eight hours, of which the last minutes may be an incident, and goes on writing it. All of them
//! run at once, each with its own exporter.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use jiff::Timestamp;

use crate::Result;
use crate::alertmanager::{self, Alertmanager};
use crate::exporter::Daemon;
use crate::page::{HOOK, HOOK_URL};
use crate::prometheus::Prometheus;
use crate::site::{Answer, Attempt, Destination, HOUR, MINUTE, SMARTHOST, Site, USUAL};
use crate::wait::until;
use crate::webhook::{Answer as HookAnswer, Webhook};

/// The length of the log when the exporter starts, in seconds.
const PAST: i64 = 8 * HOUR;

/// How long the pages may take after the exporter has started, and how long it is watched that there are no others.
const DEADLINE: Duration = Duration::from_secs(300);
const WATCHED: Duration = Duration::from_secs(60);

/// What a site is like.
struct Story {
    name: &'static str,
    destinations: &'static [Destination],
    hourly: f64,
    /// How long the incident has lasted when the exporter starts, in seconds.
    lasted: i64,
    answer: fn(&Attempt) -> Answer,
    /// The alerts of which one must page, without their common prefix; none if it is a quiet site.
    pages: &'static [&'static str],
    /// What the summary must contain.
    says: &'static str,
}

/// Yahoo has a small part.
const MANY: &[Destination] = &[
    ("gmail-smtp-in.l.google.com", "gmail.com", 60),
    ("mx.example.net", "example.net", 36),
    ("mta5.am0.yahoodns.net", "yahoo.com", 4),
];

const GMAIL: &str = "421 4.7.28 Our system has detected an unusual rate of mail";

const STORIES: &[Story] = &[
    Story {
        name: "Google throttles",
        destinations: USUAL,
        hourly: 1_500.0,
        lasted: 10 * MINUTE,
        answer: |it| {
            if it.to == 0 {
                Answer::Reply(GMAIL)
            } else {
                Answer::Sent
            }
        },
        pages: &["Smtp421Spike", "ProviderFailing"],
        says: "google",
    },
    Story {
        name: "Google has throttled for three hours",
        destinations: USUAL,
        hourly: 1_500.0,
        lasted: 3 * HOUR,
        answer: |it| {
            if it.to == 0 {
                Answer::Reply(GMAIL)
            } else {
                Answer::Sent
            }
        },
        pages: &["Smtp421Spike", "ProviderFailing"],
        says: "google",
    },
    Story {
        name: "mailboxes are full",
        destinations: USUAL,
        hourly: 1_000.0,
        lasted: 20 * MINUTE,
        answer: |it| match it.dice {
            0..40 => Answer::Reply("452 4.2.2 The email account is over quota"),
            _ => Answer::Sent,
        },
        pages: &["Smtp422Spike"],
        says: "ull mailboxes",
    },
    Story {
        name: "a small smarthost refuses everything",
        destinations: SMARTHOST,
        hourly: 30.0,
        lasted: HOUR,
        answer: |_| Answer::Reply("451 4.3.0 try again later"),
        pages: &["ProviderFailing"],
        says: "other",
    },
    Story {
        name: "the smarthost is down",
        destinations: SMARTHOST,
        hourly: 500.0,
        lasted: 5 * MINUTE,
        answer: |_| Answer::Refused,
        pages: &["ConnectionsRefused"],
        says: "refused (111)",
    },
    Story {
        name: "the name server is down",
        destinations: USUAL,
        hourly: 500.0,
        lasted: 5 * MINUTE,
        answer: |_| Answer::Dns,
        pages: &["DnsFailing"],
        says: "DNS",
    },
    Story {
        name: "Spamhaus lists us",
        destinations: USUAL,
        hourly: 200.0,
        lasted: HOUR,
        answer: |it| match it.to {
            0 => Answer::Sent,
            _ => Answer::Reply("554 5.7.1 Client host [192.0.2.9] blocked using zen.spamhaus.org"),
        },
        pages: &["Blocklisted"],
        says: "blocklist",
    },
    Story {
        name: "local delivery fails",
        destinations: USUAL,
        hourly: 500.0,
        lasted: 10 * MINUTE,
        answer: |it| match it.to {
            0 => Answer::Sent,
            _ => Answer::Local(Some(
                "connect to mx1[private/dovecot-lmtp]: Connection refused",
            )),
        },
        pages: &["LocalDeliveryFailing"],
        says: "Local delivery",
    },
    Story {
        name: "a provider with little mail is down",
        destinations: MANY,
        hourly: 2_000.0,
        lasted: 20 * MINUTE,
        answer: |it| {
            if it.to == 2 {
                Answer::TimedOut
            } else {
                Answer::Sent
            }
        },
        pages: &["ProviderFailing"],
        says: "yahoo",
    },
    Story {
        name: "everybody defers our mail",
        destinations: USUAL,
        hourly: 500.0,
        lasted: 20 * MINUTE,
        answer: |_| Answer::Reply("450 4.7.25 cannot find your reverse hostname"),
        pages: &["DeferredShareFast"],
        says: "deferred",
    },
    Story {
        name: "a quiet site with greylisting and two per cent of 421",
        destinations: USUAL,
        hourly: 1_000.0,
        lasted: PAST,
        answer: |it| match (it.tried, it.dice) {
            (0, 0..8) => Answer::Reply("450 4.2.0 Greylisted"),
            (0, 8..10) => Answer::Reply("421 4.3.2 service not available"),
            _ => Answer::Sent,
        },
        pages: &[],
        says: "",
    },
];

/// A running site.
struct Running {
    site: Site,
    file: File,
    /// Up to where its log is written, in seconds since its start.
    written: i64,
    log: PathBuf,
}

impl Running {
    fn new(folder: &Path, story: &Story, start: i64) -> Result<Self> {
        let log = folder.join("mail.log");
        let file = OpenOptions::new().create(true).append(true).open(&log)?;
        let mut running = Running {
            site: Site::new(story.destinations, start),
            file,
            written: 0,
            log,
        };
        running.write(story, PAST)?;
        Ok(running)
    }

    /// Writes the log up to `to`.
    fn write(&mut self, story: &Story, to: i64) -> Result<()> {
        let begins = PAST - story.lasted;
        let answer = |attempt: &Attempt| match attempt.time >= begins {
            true => (story.answer)(attempt),
            false => match story.pages {
                ["LocalDeliveryFailing"] if attempt.to != 0 => Answer::Local(None),
                _ => Answer::Sent,
            },
        };
        self.site.run(self.written, to, |_| story.hourly, answer);
        self.written = to;
        self.file.write_all(self.site.log().as_bytes())?;
        Ok(())
    }
}

/// Each incident pages once within five minutes, and the quiet site does not.
pub fn one_page_each(folder: &Path) -> Result<()> {
    let inhibitions = format!(
        "{}/alerts/alertmanager/inhibit_rules.yaml",
        env!("CARGO_MANIFEST_DIR")
    );
    let hook = Webhook::listen(HOOK, HookAnswer::Status(200))?;
    let _alertmanager =
        Alertmanager::inhibiting(folder, HOOK_URL, &std::fs::read_to_string(inhibitions)?)?;
    let start = Timestamp::now().as_second() - PAST;
    let mut sites = Vec::new();
    let mut daemons = Vec::new();
    for (number, story) in STORIES.iter().enumerate() {
        let own = folder.join(number.to_string());
        std::fs::create_dir(&own)?;
        let running = Running::new(&own, story, start)?;
        let address = format!("127.0.0.1:{}", 9930 + number);
        daemons.push(Daemon::at(&address, &running.log, &own)?);
        sites.push(running);
    }
    let targets: Vec<&str> = daemons.iter().map(|it| it.address.as_str()).collect();
    let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("alerts");
    let _prometheus = Prometheus::alerting_for(folder, &targets, &rules, alertmanager::ADDRESS)?;
    let mut complete: Option<Instant> = None;
    until("one page for each incident", DEADLINE + WATCHED, || {
        let now = Timestamp::now().as_second() - start;
        for (running, story) in sites.iter_mut().zip(STORIES) {
            running.write(story, now)?;
        }
        let mut missing = 0;
        for (story, daemon) in STORIES.iter().zip(&daemons) {
            missing += usize::from(!is_right(story, &daemon.address, &hook)?);
        }
        if missing > 0 {
            return Ok(None);
        }
        let complete = complete.get_or_insert_with(Instant::now);
        Ok((complete.elapsed() >= WATCHED).then_some(()))
    })
}

/// Whether the page of a story has come, if one must.
///
/// # Errors
///
/// If there is another page, or more than one.
fn is_right(story: &Story, instance: &str, hook: &Webhook) -> Result<bool> {
    let pages = hook.all().into_iter().filter(|it| {
        it["labels"]["instance"] == instance && it["labels"]["severity"] == "critical"
    });
    let mut found: Vec<(String, String)> = Vec::new();
    for page in pages {
        let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
        let name = text(&page["labels"]["alertname"]).replacen("Maillog", "", 1);
        let provider = text(&page["labels"]["provider"]);
        let summary = text(&page["annotations"]["summary"]);
        if !story.pages.contains(&name.as_str()) || !summary.contains(story.says) {
            return Err(format!("{}: {page:#}", story.name).into());
        }
        let id = (name, provider);
        if !found.contains(&id) {
            found.push(id);
        }
    }
    match (found.len(), story.pages.is_empty()) {
        (0, quiet) => Ok(quiet),
        (1, false) => Ok(true),
        _ => Err(format!("{}: {found:?}", story.name).into()),
    }
}
