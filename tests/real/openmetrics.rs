//! The exposition as OpenMetrics: Prometheus stores its exemplars, and a strict parser accepts all of it.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use jiff::Timestamp;

use crate::Result;
use crate::chart::PYTHON;
use crate::exporter::{Daemon, get_with};
use crate::prometheus::Prometheus;
use crate::wait::until;

/// Timeout for an exemplar to be scraped.
const PATIENCE: Duration = Duration::from_secs(60);

/// Counts the families of a document; any violation of the specification is an error.
const STRICT_PARSER: &str = "\
import sys
from prometheus_client.openmetrics.parser import text_string_to_metric_families
print(len(list(text_string_to_metric_families(sys.stdin.read()))))
";

fn deferred(queue_id: &str) -> String {
    let relay = "gmail-smtp-in.l.google.com";
    format!(
        "{} mail postfix/smtp[1]: {queue_id}: to=<ann@example.org>, relay={relay}[192.0.2.1]:25, delay=1.5, \
         delays=0.25/0.25/0.5/0.5, dsn=4.7.0, status=deferred (host {relay}[192.0.2.1] said: 421 4.7.0 Try again later \
         (in reply to RCPT TO command))\n",
        Timestamp::now()
    )
}

/// The queue ids of a series in Prometheus are those of the lines that were the latest at each scrape.
pub fn exemplars_in_prometheus(folder: &Path) -> Result<()> {
    let path = folder.join("mail.log");
    let mut log = OpenOptions::new().create(true).append(true).open(&path)?;
    let start = Timestamp::now().as_second() - 60;
    log.write_all(deferred("4F9D195432C").as_bytes())?;
    let daemon = Daemon::start(&path, folder)?;
    let prometheus = Prometheus::with_exemplars(folder, &daemon.address)?;
    let series = [
        "maillog_codes_total{direction=\"outbound\",code=\"421\"}",
        "maillog_provider_codes_total{provider=\"google\"}",
        "sum(rate(maillog_provider_deliveries_total{status!=\"sent\"}[1m]))",
    ];
    for (at, queue_id) in ["4F9D195432C", "3ZbYcq0Zz7z1x"].into_iter().enumerate() {
        if at > 0 {
            log.write_all(deferred(queue_id).as_bytes())?;
        }
        for query in series {
            let mut last = serde_json::Value::Null;
            until(&format!("exemplar {queue_id} of {query}"), PATIENCE, || {
                last = prometheus.exemplars(query, start)?;
                let exemplar = &last[0]["exemplars"][at];
                let found = exemplar["labels"]["queue_id"] == queue_id && exemplar["value"] == "1";
                Ok(found.then_some(()))
            })
            .map_err(|error| format!("{error}; last answer: {last}"))?;
        }
    }
    strict_parser_accepts(&daemon)
}

fn strict_parser_accepts(daemon: &Daemon) -> Result<()> {
    let accept = "Accept: application/openmetrics-text; version=1.0.0\r\n";
    let text = get_with(&daemon.address, "/metrics", accept)?;
    let mut child = Command::new(PYTHON)
        .args(["-c", STRICT_PARSER])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(text.as_bytes())?;
    }
    let output = child.wait_with_output()?;
    if !output.status.success() {
        let errors = String::from_utf8_lossy(&output.stderr);
        return Err(format!("the strict parser refuses the exposition: {errors}\n{text}").into());
    }
    let families: usize = String::from_utf8(output.stdout)?.trim().parse()?;
    let expected = text
        .lines()
        .filter(|line| line.starts_with("# TYPE "))
        .count();
    match families == expected {
        true => Ok(()),
        false => Err(format!("{families} families instead of {expected}").into()),
    }
}
