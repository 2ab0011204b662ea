//! The pages in a real browser, while an alert fires.
//!
//! The script in tests/browser drives Chromium; it needs what `.ci/run` installs there from npm.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;

use crate::Result;
use crate::dashboards::list_queue;
use crate::exporter::{Daemon, PROGRAM, get};
use crate::page::SPIKE;
use crate::site::{Answer, Attempt, HOUR, MINUTE, Site, USUAL};
use crate::wait::until;

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/browser/check.mjs");

/// Installed by `npm ci` in tests/browser.
pub const PLAYWRIGHT: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/tests/browser/node_modules/playwright-core/index.js"
);

/// Timeout for the alert to fire, with a margin for a busy machine: at the start the incident has lasted long enough.
const FIRES: Duration = Duration::from_secs(120);

/// Timeout for the script: dozens of pages, each with all rules of axe.
const CHECKED: Duration = Duration::from_secs(900);

/// The listen address of the exporter with TLS.
const SECURE: &str = "127.0.0.1:9926";

const DAY: i64 = 24 * HOUR;

/// The length of the log when the exporter starts, in seconds: a week and an hour.
const PAST: i64 = 7 * DAY + HOUR;

/// How long Google has throttled when the exporter starts, in seconds.
const LASTED: i64 = 20 * MINUTE;

/// The reply of Google; the script looks for parts of it.
const REPLY: &str = "421 4.7.28 Our system has detected an unusual rate of mail from your address 198.51.100.7, \
                     see https://support.google.com/mail/?p=UnsolicitedRateLimitError q7-20020a05 - gsmtp";

/// A mail server whose mail Google has begun to throttle, with its log.
struct Throttled {
    site: Site,
    file: File,
    /// When its time begins, in seconds since 1970.
    start: i64,
    /// Up to where its log is written, in seconds since its start.
    written: i64,
}

impl Throttled {
    /// Writes the log up to now.
    fn new(log: &Path) -> Result<Self> {
        let start = Timestamp::now().as_second() - PAST;
        let mut throttled = Throttled {
            site: Site::new(USUAL, start),
            file: File::create(log)?,
            start,
            written: 0,
        };
        throttled.write()?;
        Ok(throttled)
    }

    /// Writes what has happened since the last call.
    fn write(&mut self) -> Result<()> {
        let now = Timestamp::now().as_second() - self.start;
        for time in self.written..now {
            self.site.run(time, time + 1, messages_per_hour, answer);
            // Of our own refusals, the client is known.
            if time % 60 == 0 && time >= PAST - LASTED {
                let text = "NOQUEUE: reject: RCPT from unknown[203.0.113.9]: 450 4.7.25 Client host rejected: cannot find \
                            your hostname, [203.0.113.9]; from=<a@client.example> to=<ann@example.com> proto=ESMTP helo=<x>";
                self.site.line(time, "smtpd", text);
            }
        }
        self.written = now;
        // Most of the mail is of one sender domain.
        let mut log = self.site.log();
        for domain in ["sender1", "sender2", "sender3"] {
            log = log.replace(&format!("@{domain}."), "@sender0.");
        }
        self.file.write_all(log.as_bytes())?;
        Ok(())
    }
}

/// The log has mail of eight hours, and of the same time yesterday and a week ago, with which the page compares.
fn messages_per_hour(time: i64) -> f64 {
    let age = PAST - time;
    let is_compared = [DAY, 7 * DAY].iter().any(|past| (age - past).abs() <= HOUR);
    if age <= 8 * HOUR || is_compared {
        1_500.0
    } else {
        0.0
    }
}

fn answer(attempt: &Attempt) -> Answer {
    if attempt.to == 0 && attempt.time >= PAST - LASTED {
        Answer::Reply(REPLY)
    } else {
        Answer::Sent
    }
}

/// A running `serve` with TLS, killed on drop.
struct Secure(Child);

impl Secure {
    /// Follows a log. The script waits until it is ready.
    fn start(log: &Path, folder: &Path) -> Result<Self> {
        let pair = rcgen::generate_simple_self_signed(["localhost".to_owned()])?;
        std::fs::write(folder.join("cert.pem"), pair.cert.pem())?;
        std::fs::write(folder.join("key.pem"), pair.signing_key.serialize_pem())?;
        let web = folder.join("web.yml");
        std::fs::write(
            &web,
            "tls_server_config: {cert_file: cert.pem, key_file: key.pem}\n",
        )?;
        let child = Command::new(PROGRAM)
            .arg("serve")
            .arg(format!("--web.listen-address={SECURE}"))
            .arg(format!("--web.config.file={}", web.display()))
            .arg(log)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(File::create(folder.join("secure.err"))?)
            .spawn()?;
        Ok(Secure(child))
    }
}

impl Drop for Secure {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Google throttles while every page is checked in Chromium.
pub fn pages_while_an_alert_fires(folder: &Path) -> Result<()> {
    let log = folder.join("mail.log");
    let mut throttled = Throttled::new(&log)?;
    let socket = folder.join("showq");
    list_queue(&socket)?;
    let config = format!(
        "sources:\n- name: mail\n  files: [\"{}\"]\npostfix: {{showq: \"{}\"}}\n",
        log.display(),
        socket.display()
    );
    let daemon = Daemon::configured(&config, folder)?;
    let _secure = Secure::start(&log, folder)?;
    until("the alert to fire", FIRES, || {
        throttled.write()?;
        Ok(is_firing(&daemon.address)?.then_some(()))
    })?;
    let report = folder.join("browser.txt");
    let mut script = start_script(&daemon.address, folder, &report)?;
    let status = until("the script to end", CHECKED, || {
        throttled.write()?;
        Ok(script.try_wait()?)
    })?;
    if status.success() {
        return Ok(());
    }
    Err(std::fs::read_to_string(report)?.into())
}

fn start_script(address: &str, folder: &Path, report: &Path) -> Result<Child> {
    let report = File::create(report)?;
    let script = Command::new("node")
        .arg(SCRIPT)
        .arg(format!("http://{address}"))
        .arg(format!("https://{SECURE}"))
        // Chromium writes to the home directory.
        .env("HOME", folder)
        .stdout(report.try_clone()?)
        .stderr(report)
        .spawn()?;
    Ok(script)
}

/// Whether the alert is among the firing ones.
fn is_firing(address: &str) -> Result<bool> {
    let document: Value = serde_json::from_str(&get(address, "/api/v1/alerts")?)?;
    let mut alerts = document["data"]["alerts"].as_array().into_iter().flatten();
    Ok(alerts.any(|it| it["labels"]["alertname"] == SPIKE && it["state"] == "firing"))
}
