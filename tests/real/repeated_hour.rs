//! An alert fires in the second pass of the hour that occurs twice in autumn, when the time stamps of the log are in
//! local time and do not say which pass they mean.
//!
//! The exporter runs with libfaketime, which takes the offset of its wall clock from a file, so that the test moves the
//! clock step by step: each step is read before the next one begins. Its monotonic clock is that of the machine.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::Result;
use crate::exporter::{Daemon, get};
use crate::page::{HOOK, HOOK_URL, PATIENCE, SPIKE};
use crate::traffic::{REFUSED, TAKEN};
use crate::wait::until;
use crate::webhook::{Answer, Webhook};

const ZONE: &str = "Europe/Berlin";

/// When the remote server begins to refuse: 02:20 local time, for the second time. Clocks are set back from 03:00 to
/// 02:00 at 01:00 UTC.
const SPIKE_BEGINS: &str = "2026-10-25T01:20:00Z";

/// Within which time after that the alert must fire.
const LIMIT: SignedDuration = SignedDuration::from_mins(4);

/// The length of a step in normal traffic and while the remote server refuses.
const QUIET_STEP: SignedDuration = SignedDuration::from_secs(60);
const SPIKE_STEP: SignedDuration = SignedDuration::from_secs(10);

/// The number of replies in each step while the remote server refuses; one in 500 is a success.
const REFUSED_IN_STEP: u64 = 20;

/// The alert fires whether the exporter runs since before the first pass, was restarted in the second one, or is started
/// for the first time then.
pub fn spike_in_second_pass(folder: &Path) -> Result<()> {
    let cases: [(&str, &str, Option<&str>); 3] = [
        ("running", "2026-10-25T00:05:00Z", None),
        (
            "restarted",
            "2026-10-25T00:50:00Z",
            Some("2026-10-25T01:12:00Z"),
        ),
        ("started", SPIKE_BEGINS, None),
    ];
    let hook = Webhook::listen(HOOK, Answer::Status(200))?;
    for (name, start, restart) in cases {
        let folder = folder.join(name);
        fs::create_dir(&folder)?;
        let restart = restart.map(str::parse).transpose()?;
        run(name, &folder, &hook, start.parse()?, restart)
            .map_err(|error| format!("{name}: {error}"))?;
    }
    Ok(())
}

fn run(
    name: &str,
    folder: &Path,
    hook: &Webhook,
    start: Timestamp,
    restart: Option<Timestamp>,
) -> Result<()> {
    let spike: Timestamp = SPIKE_BEGINS.parse()?;
    let mut machine = Machine::new(folder, start)?;
    let config = format!(
        "sources:\n  - {{name: mail, files: ['{}']}}\nstate: {{path: '{}'}}\nalerting:\n  instance: {name}\n  \
         alertmanagers: [{{url: '{HOOK_URL}'}}]\n",
        machine.log.display(),
        folder.join("state").display()
    );
    let mut daemon = machine.start(&config, folder)?;
    while machine.now < spike {
        machine.advance(QUIET_STEP)?;
        machine.write(8, TAKEN)?;
        if restart == Some(machine.now) {
            daemon.end("TERM")?;
            // What is written in the meantime is a backlog.
            for _ in 0..3 {
                machine.advance(QUIET_STEP)?;
                machine.write(8, TAKEN)?;
            }
            daemon = machine.start(&config, folder)?;
        }
        machine.is_read(&daemon)?;
        if is_firing(&daemon)? {
            return Err(format!("normal traffic alerts at {}", machine.now).into());
        }
    }
    let mut refused = 0;
    while !is_firing(&daemon)? {
        if machine.now > spike + LIMIT {
            let alerts = get(&daemon.address, "/api/v1/alerts")?;
            return Err(format!("no alert until {}: {alerts}", machine.now).into());
        }
        machine.advance(SPIKE_STEP)?;
        machine.write(REFUSED_IN_STEP, REFUSED)?;
        refused += REFUSED_IN_STEP;
        if refused % 500 < REFUSED_IN_STEP {
            machine.write(1, TAKEN)?;
        }
        machine.is_read(&daemon)?;
    }
    let alert = until("the notification", PATIENCE, || {
        let alerts = hook.alerts(SPIKE).into_iter();
        Ok(alerts.rev().find(|it| it["labels"]["instance"] == name))
    })?;
    let starts_at: Timestamp = alert["startsAt"].as_str().unwrap_or_default().parse()?;
    if starts_at < spike {
        return Err(format!("the alert starts at {starts_at}, in the first pass").into());
    }
    let scrape = daemon.scrape()?.0;
    for line in [
        r#"maillog_source_clock_offset_seconds{source="mail"} 0"#,
        r#"maillog_catching_up{source="mail"} 0"#,
    ] {
        if !scrape.lines().any(|shown| shown == line) {
            return Err(format!("{line} is not shown: {scrape}").into());
        }
    }
    Ok(())
}

fn is_firing(daemon: &Daemon) -> Result<bool> {
    let alerts: Value = serde_json::from_str(&get(&daemon.address, "/api/v1/alerts")?)?;
    let mut alerts = alerts["data"]["alerts"].as_array().into_iter().flatten();
    Ok(alerts.any(|it| it["labels"]["alertname"] == SPIKE && it["state"] == "firing"))
}

/// A machine in Berlin whose wall clock the test sets.
struct Machine {
    zone: TimeZone,
    now: Timestamp,
    /// The file that libfaketime reads.
    clock: PathBuf,
    library: String,
    log: PathBuf,
    file: File,
    lines: u64,
}

impl Machine {
    fn new(folder: &Path, now: Timestamp) -> Result<Self> {
        // The name of the library depends on the machine.
        let output = Command::new("faketime")
            .args(["-m", "-f", "+0", "printenv", "LD_PRELOAD"])
            .output()?;
        let log = folder.join("mail.log");
        let mut machine = Machine {
            zone: TimeZone::get(ZONE)?,
            now,
            clock: folder.join("clock"),
            library: String::from_utf8(output.stdout)?.trim().to_owned(),
            file: File::create(&log)?,
            log,
            lines: 0,
        };
        machine.advance(SignedDuration::ZERO)?;
        Ok(machine)
    }

    /// Starts the exporter.
    fn start(&self, config: &str, folder: &Path) -> Result<Daemon> {
        let clock = self.clock.to_string_lossy();
        Daemon::with_environment(
            config,
            folder,
            &[
                ("LD_PRELOAD", &self.library),
                ("FAKETIME_TIMESTAMP_FILE", &clock),
                ("FAKETIME_NO_CACHE", "1"),
                ("FAKETIME_DONT_FAKE_MONOTONIC", "1"),
                ("NO_FAKE_STAT", "1"),
                ("TZ", ZONE),
            ],
        )
    }

    /// Sets the clock forward.
    fn advance(&mut self, step: SignedDuration) -> Result<()> {
        self.now += step;
        let offset = self.now.duration_since(Timestamp::now());
        let new = self.clock.with_extension("new");
        fs::write(&new, format!("{:+}\n", offset.as_secs()))?;
        fs::rename(new, &self.clock)?;
        Ok(())
    }

    /// Writes lines with the current time, as syslog daemons without time zones do.
    fn write(&mut self, count: u64, outcome: &str) -> Result<()> {
        let time = self.zone.to_datetime(self.now).strftime("%b %e %T");
        let mut text = String::new();
        for _ in 0..count {
            self.lines += 1;
            text.push_str(&format!(
                "{time} mx1 postfix/smtp[812]: 4F9D1{:06X}: to=<ann@example.org>, \
                 relay=gmail-smtp-in.l.google.com[192.0.2.1]:25, delay=1, delays=0/0/0.5/0.5, dsn={outcome}\n",
                self.lines
            ));
        }
        self.file.write_all(text.as_bytes())?;
        Ok(())
    }

    /// Waits until the exporter has read all lines.
    fn is_read(&self, daemon: &Daemon) -> Result<()> {
        daemon.scrape_after(self.lines)?;
        Ok(())
    }
}
