//! Alerts under faults: failing Alertmanagers, a killed exporter, a backlog in the log.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde_json::Value;

use crate::Result;
use crate::alertmanager::Alertmanager;
use crate::exporter::Daemon;
use crate::page::{PATIENCE, SPIKE, config};
use crate::traffic::{Log, REFUSED, TAKEN};
use crate::wait::until;
use crate::webhook::{Answer, Webhook};

/// The `for` of the rule in these tests.
const HOLD: &str = "15s";

/// An Alertmanager that records every request.
const SCRIPTED: &str = "127.0.0.1:9101";

fn time(alert: &Value, field: &str) -> Result<Timestamp> {
    let time = alert[field].as_str();
    Ok(time
        .ok_or_else(|| format!("no {field}: {alert}"))?
        .parse()?)
}

/// Whether a received alert is resolved: its `endsAt` is in the past.
fn is_over(alert: &Value) -> Result<bool> {
    Ok(time(alert, "endsAt")? <= Timestamp::now())
}

/// A firing alert keeps its start time across SIGKILL; a backlog of old lines that contains a burst does not
/// fire after a restart.
pub fn restart_and_backlog(folder: &Path) -> Result<()> {
    let state = folder.join("state");
    let early = folder.join("state.early");
    let told = Webhook::listen(SCRIPTED, Answer::Status(200))?;
    let mut log = Log::create(folder)?;
    let config = format!(
        "state: {{path: '{}'}}\n{}    MaillogCatchingUp: {{for: 45s}}\n",
        state.display(),
        config(&log, HOLD, &[format!("url: http://{SCRIPTED}")])
    );
    let mut daemon = Daemon::configured(&config, folder)?;
    log.now(100, TAKEN)?;
    daemon.scrape_after(log.lines())?;
    daemon.end("TERM")?;
    fs::copy(&state, &early)?;

    daemon = Daemon::configured(&config, folder)?;
    // More than all other lines together.
    log.now(1500, REFUSED)?;
    let page = until("the page", PATIENCE, || {
        log.flow(REFUSED)?;
        Ok(told.alerts(SPIKE).into_iter().next())
    })?;
    daemon.end("KILL")?;
    let before = told.alerts(SPIKE).len();
    daemon = Daemon::configured(&config, folder)?;
    let again = until("the page after SIGKILL", PATIENCE, || {
        Ok(told.alerts(SPIKE).into_iter().nth(before))
    })?;
    if is_over(&again)? || again["startsAt"] != page["startsAt"] {
        return Err(format!("{page:#} became {again:#}").into());
    }
    let end = until("the resolved page", PATIENCE, || {
        log.flow(TAKEN)?;
        let last = told.alerts(SPIKE).pop().unwrap_or_default();
        Ok(is_over(&last)?.then_some(last))
    })?;
    if end["startsAt"] != page["startsAt"] {
        return Err(format!("{page:#} was resolved as {end:#}").into());
    }
    daemon.end("TERM")?;

    // As if it had been stopped since the quiet time: the burst is a minute old and unread.
    fs::copy(&early, &state)?;
    let before = told.alerts(SPIKE).len();
    daemon = Daemon::configured(&config, folder)?;
    let scrape = daemon.scrape_after(log.lines())?;
    if scrape.sum("maillog_catching_up") != 1 {
        return Err(format!("the backlog was not old enough: {}", scrape.0).into());
    }
    // More than three times the `for` has passed when this alert arrives.
    until("the page about the backlog", PATIENCE, || {
        Ok(told.alerts("MaillogCatchingUp").pop())
    })?;
    match told.alerts(SPIKE).get(before) {
        None => Ok(()),
        Some(page) => Err(format!("a backlog fired: {page:#}").into()),
    }
}

/// Alertmanagers that are down, slow, rejecting or failing, and one with an untrusted certificate.
const DOWN: &str = "127.0.0.1:9101";
const SLOW: &str = "127.0.0.1:9102";
const REFUSING: &str = "127.0.0.1:9103";
const FAILING: &str = "127.0.0.1:9104";
const UNTRUSTED: &str = "https://127.0.0.1:9093";

/// Number of failed attempts before the faults are repaired.
const FAILURES: u64 = 4;

/// Limit of the memory growth while alerts cannot be sent, in kB.
const GROWTH: u64 = 4096;

/// Lines read while alerts cannot be sent: number of batches and lines per batch.
const ROUNDS: usize = 100;
const LINES: u64 = 500;

/// While no Alertmanager accepts alerts, reading continues, memory does not grow, and the metrics show the
/// failures; each gets the alert after its recovery.
pub fn failing_alertmanagers(folder: &Path) -> Result<()> {
    let slow = Webhook::listen(SLOW, Answer::Silence)?;
    let refusing = Webhook::listen(REFUSING, Answer::Status(400))?;
    let failing = Webhook::listen(FAILING, Answer::Status(500))?;
    let trusted = certificate(folder)?;
    certificate(folder)?;
    let ca_file = folder.join("trusted.pem");
    fs::write(&ca_file, &trusted[0])?;
    let _untrusted = Alertmanager::secure(folder)?;

    let mut log = Log::create(folder)?;
    let plain = [DOWN, SLOW, REFUSING, FAILING].map(|it| format!("http://{it}"));
    let mut written = plain
        .each_ref()
        .map(|url| format!("url: {url}, timeout: 1s"))
        .to_vec();
    written.push(format!(
        "url: {UNTRUSTED}, tls: {{ca_file: '{}', server_name: {NAME}}}",
        ca_file.display()
    ));
    let daemon = Daemon::configured(&config(&log, HOLD, &written), folder)?;
    let all = Vec::from_iter(plain.iter().map(String::as_str).chain([UNTRUSTED]));
    let figure = |family: &str, alertmanager: &str| -> Result<u64> {
        let scrape = daemon.scrape()?;
        let family = format!("maillog_alertmanager_{family}");
        Ok(scrape
            .value(&family, "alertmanager", alertmanager)
            .ok_or_else(|| format!("no {family} of {alertmanager}: {}", scrape.0))?)
    };

    log.now(100, TAKEN)?;
    daemon.scrape_after(log.lines())?;
    log.now(60, REFUSED)?;
    for alertmanager in &all {
        until("a failed attempt", PATIENCE, || {
            log.flow(REFUSED)?;
            Ok((figure("errors_total", alertmanager)? > 0).then_some(()))
        })?;
    }
    reads_on(&mut log, &daemon, || {
        // It is retried the least often: with a doubling interval and a timeout of a second each time.
        Ok(figure("errors_total", &plain[1])? >= FAILURES)
    })?;
    for alertmanager in &all {
        let sent = figure("alerts_sent_total", alertmanager)?;
        let since = figure("last_success_timestamp_seconds", alertmanager)?;
        if (sent, since) != (0, 0) {
            return Err(format!("{alertmanager} accepted {sent}, last at {since}").into());
        }
        // A rejected alert is not retried.
        let kept = !alertmanager.ends_with(REFUSING);
        until(&format!("the queue for {alertmanager}"), PATIENCE, || {
            Ok(((figure("queue_length", alertmanager)? > 0) == kept).then_some(()))
        })?;
    }

    let down = Webhook::listen(DOWN, Answer::Status(200))?;
    for alertmanager in [&slow, &refusing, &failing] {
        alertmanager.answer(Answer::Status(200));
    }
    // It reads the files for each connection.
    fs::write(folder.join("key.pem"), &trusted[1])?;
    fs::write(folder.join("cert.pem"), &trusted[0])?;
    for alertmanager in &all {
        until(&format!("an alert at {alertmanager}"), PATIENCE, || {
            log.flow(REFUSED)?;
            Ok((figure("alerts_sent_total", alertmanager)? > 0).then_some(()))
        })?;
        if figure("last_success_timestamp_seconds", alertmanager)? == 0 {
            return Err(format!("{alertmanager}: no last success").into());
        }
    }
    for alertmanager in [&down, &slow, &refusing, &failing] {
        match alertmanager.alerts(SPIKE).first() {
            Some(alert) if !is_over(alert)? => {}
            other => return Err(format!("not an alert that fires: {other:?}").into()),
        }
    }
    Ok(())
}

/// Checks, until `enough` failures have happened, that lines are counted within a second and memory does not grow.
fn reads_on(log: &mut Log, daemon: &Daemon, enough: impl Fn() -> Result<bool>) -> Result<()> {
    let mut delays = Vec::new();
    let mut memory = 0;
    for round in 0..ROUNDS {
        let began = Instant::now();
        log.now(LINES / 2, REFUSED)?;
        log.now(LINES / 2, TAKEN)?;
        daemon.scrape_after(log.lines())?;
        delays.push(began.elapsed());
        if round == ROUNDS / 4 {
            memory = daemon.memory()?;
        }
    }
    delays.sort();
    // A quantile instead of the maximum, because a busy machine may delay a few.
    let usual = delays[delays.len() / 2];
    if usual > Duration::from_secs(1) {
        return Err(format!("lines took {usual:?} to be counted").into());
    }
    until("more failed attempts", PATIENCE, || {
        log.flow(REFUSED)?;
        Ok(enough()?.then_some(()))
    })?;
    let now = daemon.memory()?;
    if now > memory + GROWTH {
        return Err(format!("memory grew from {memory} kB to {now} kB").into());
    }
    Ok(())
}

/// Names in Alertmanager's certificate.
const NAME: &str = "alertmanager.example";

/// Creates a certificate and its key for Alertmanager.
fn certificate(folder: &Path) -> Result<[String; 2]> {
    let pair = rcgen::generate_simple_self_signed([NAME.to_owned()])?;
    let [certificate, key] = [pair.cert.pem(), pair.signing_key.serialize_pem()];
    fs::write(folder.join("cert.pem"), &certificate)?;
    fs::write(folder.join("key.pem"), &key)?;
    Ok([certificate, key])
}
