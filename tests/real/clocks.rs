//! An alert about one source fires while the clocks of others are wrong.

use std::fs;
use std::net::UdpSocket;
use std::path::Path;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};

use crate::Result;
use crate::alertmanager::{self, Alertmanager};
use crate::exporter::Daemon;
use crate::page::{self, HOOK, HOOK_URL, OWN_JOB, PATIENCE, SPIKE};
use crate::prometheus::Prometheus;
use crate::traffic::{Log, REFUSED, TAKEN};
use crate::wait::until;
use crate::webhook::{Answer, Webhook};

/// The `for` of the rule.
const HOLD: &str = "30s";

/// How often the other sources have lines.
const PACE: Duration = Duration::from_secs(2);

/// Prometheus and the exporter page for a log while another source is 75 seconds slow, a container five hours behind,
/// and a syslog sender repeats messages of the day before.
pub fn others_are_wrong(folder: &Path) -> Result<()> {
    page::generate(folder, HOLD)?;
    let hook = Webhook::listen(HOOK, Answer::Status(200))?;
    let _alertmanager = Alertmanager::with_webhook(folder, HOOK_URL)?;
    let mut log = Log::create(folder)?;
    let (slow_folder, container_folder) = (folder.join("slow"), folder.join("container"));
    fs::create_dir(&slow_folder)?;
    fs::create_dir(&container_folder)?;
    let (mut slow, mut container) = (Log::create(&slow_folder)?, Log::create(&container_folder)?);
    let config = page::config(
        &log,
        HOLD,
        &[format!("url: http://{}", alertmanager::ADDRESS)],
    );
    let others = format!(
        "sources:\n  - {{name: slow, files: ['{}']}}\n  - {{name: container, files: ['{}']}}\n  \
         - {{name: udp, syslog: ['udp://127.0.0.1:5514']}}\n",
        slow.path.display(),
        container.path.display()
    );
    let daemon = Daemon::configured(&config.replacen("sources:\n", &others, 1), folder)?;
    let prometheus = Prometheus::alerting(
        folder,
        &daemon.address,
        &folder.join("alerts"),
        alertmanager::ADDRESS,
    )?;
    page::quiet(&mut log, &daemon, &prometheus)?;
    log.now(60, REFUSED)?;

    let sender = UdpSocket::bind("127.0.0.1:0")?;
    let mut written = Instant::now();
    let mut refuse = |log: &mut Log| -> Result<()> {
        log.flow(REFUSED)?;
        if written.elapsed() < PACE {
            return Ok(());
        }
        written = Instant::now();
        slow.write(1, TAKEN, SignedDuration::from_secs(75))?;
        container.write(1, TAKEN, SignedDuration::from_hours(5))?;
        let time = Timestamp::now().saturating_sub(SignedDuration::from_hours(24))?;
        let stale = format!(
            "<22>{time:.0} mx2 postfix/smtp[7]: 4F9D1000000: to=<ann@example.org>, relay=mx.example.net[192.0.2.9]:25, \
             delay=1, delays=0/0/0/1, dsn=2.0.0, status=sent (250 2.0.0 Ok)"
        );
        sender.send_to(stale.as_bytes(), "127.0.0.1:5514")?;
        Ok(())
    };
    for (who, is_prometheus) in [("the exporter's page", false), ("Prometheus' page", true)] {
        until(who, PATIENCE, || {
            refuse(&mut log)?;
            let mut alerts = hook.alerts(SPIKE).into_iter();
            Ok(alerts.find(|it| {
                it["status"] == "firing" && (it["labels"]["job"] != OWN_JOB) == is_prometheus
            }))
        })?;
    }
    // The clocks that are constantly wrong are known by then.
    until("the offset of the container's clock", PATIENCE, || {
        refuse(&mut log)?;
        let scrape = daemon.scrape()?;
        let offset = |source| {
            let name = "maillog_source_clock_offset_seconds";
            let line = format!("{name}{{source=\"{source}\"}} -");
            let value = scrape.0.lines().find_map(|it| it.strip_prefix(&line));
            value.and_then(|it| it.parse::<i64>().ok())
        };
        let is_right = |source, expected: i64| {
            offset(source).is_some_and(|it| (expected..expected + 5).contains(&it))
        };
        Ok((is_right("slow", 75) && is_right("container", 5 * 3600)).then_some(()))
    })
}
