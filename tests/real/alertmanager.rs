//! A real Alertmanager, and the alerts that it has received from the exporter.

use std::collections::BTreeMap;
use std::fs;
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use maillog_exporter::alert::notify::{self, Auth, Notification, Notifier, Peer, Tls};
use maillog_exporter::metrics::AlertmanagerStats;
use serde_json::Value;

use crate::Result;
use crate::exporter::get;
use crate::wait::until;

/// Listen address.
pub const ADDRESS: &str = "127.0.0.1:9093";

/// Timeout for its start and for alerts to appear.
const PATIENCE: Duration = Duration::from_secs(60);

/// A configuration without notifications.
const SILENT: &str = "route: {receiver: nobody}\nreceivers: [{name: nobody}]\n";

/// A running Alertmanager, killed on drop.
pub struct Alertmanager(Child);

impl Alertmanager {
    /// Starts with additional arguments and without notifications.
    pub fn start(folder: &Path, arguments: &[&str]) -> Result<Self> {
        Alertmanager::configured(folder, SILENT, arguments)
    }

    /// Starts with TLS, with the certificate in cert.pem and its key in key.pem.
    pub fn secure(folder: &Path) -> Result<Self> {
        let web = folder.join("web.yml");
        fs::write(
            &web,
            "tls_server_config: {cert_file: cert.pem, key_file: key.pem}\n",
        )?;
        let web = format!("--web.config.file={}", web.display());
        Alertmanager::start(folder, &[&web])
    }

    /// Starts with a webhook that receives each alert separately, and its resolution, within seconds.
    pub fn with_webhook(folder: &Path, webhook: &str) -> Result<Self> {
        let config = format!(
            "route: {{receiver: hook, group_by: ['...'], group_wait: 0s, group_interval: 1s}}\n\
             receivers:\n- name: hook\n  webhook_configs:\n  - url: {webhook}\n    send_resolved: true\n"
        );
        Alertmanager::configured(folder, &config, &[])
    }

    /// The same with these inhibition rules, which have half a minute to take effect.
    pub fn inhibiting(folder: &Path, webhook: &str, inhibitions: &str) -> Result<Self> {
        let config = format!(
            "route: {{receiver: hook, group_by: ['...'], group_wait: 30s, group_interval: 1s}}\n\
             receivers:\n- name: hook\n  webhook_configs:\n  - url: {webhook}\n    send_resolved: true\n\
             {inhibitions}"
        );
        Alertmanager::configured(folder, &config, &[])
    }

    fn configured(folder: &Path, text: &str, arguments: &[&str]) -> Result<Self> {
        let config = folder.join("alertmanager.yml");
        fs::write(&config, text)?;
        let errors = fs::File::create(folder.join("alertmanager.err"))?;
        let child = Command::new("prometheus-alertmanager")
            .arg(format!("--config.file={}", config.display()))
            .arg(format!("--storage.path={}", folder.join("am").display()))
            .arg(format!("--web.listen-address={ADDRESS}"))
            .arg("--cluster.listen-address=")
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(errors.try_clone()?)
            .stderr(errors)
            .spawn()?;
        let mut this = Alertmanager(child);
        until("Alertmanager to listen", PATIENCE, || {
            match this.0.try_wait()? {
                Some(status) => Err(format!("Alertmanager ended with {status}").into()),
                None => Ok(TcpStream::connect(ADDRESS).ok()),
            }
        })?;
        Ok(this)
    }

    /// Waits until it has exactly the alerts with these names, and returns them in that order.
    pub fn shows(&self, names: &[&str]) -> Result<Vec<Value>> {
        let mut last = Vec::new();
        until(&format!("the alerts {names:?}"), PATIENCE, || {
            last = serde_json::from_str::<Vec<Value>>(&get(ADDRESS, "/api/v2/alerts")?)?;
            last.sort_by_key(|alert| name(alert).to_owned());
            Ok(last
                .iter()
                .map(name)
                .eq(names.iter().copied())
                .then_some(()))
        })
        .map_err(|error| format!("{error}; last: {last:?}"))?;
        Ok(last)
    }
}

impl Drop for Alertmanager {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn name(alert: &Value) -> &str {
    alert["labels"]["alertname"].as_str().unwrap_or_default()
}

fn alert(name: &str, starts_at: Timestamp, ends_at: Timestamp) -> Notification {
    let map = |pairs: &[(&str, &str)]| -> BTreeMap<String, String> {
        let owned = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
        pairs.iter().map(owned).collect()
    };
    Notification {
        labels: map(&[
            ("alertname", name),
            ("severity", "critical"),
            ("code", "421"),
        ]),
        annotations: map(&[("meaning", "服务不可用"), ("summary", "421 on \"mail\"\n")]),
        starts_at,
        ends_at,
        generator_url: "http://localhost:9925/codes/421".to_owned(),
    }
}

/// Waits until the exporter's statistics satisfy a condition.
fn figures(notifier: &Notifier, right: impl Fn(&AlertmanagerStats) -> bool) -> Result<()> {
    let mut last = None;
    until("the exporter's statistics", PATIENCE, || {
        last = notifier.stats().pop();
        Ok(last.as_ref().is_some_and(&right).then_some(()))
    })
    .map_err(|error| format!("{error}; last: {last:?}").into())
}

fn client(url: &str, tls: Tls) -> Result<Notifier> {
    Ok(notify::start(vec![Peer {
        url: url.parse()?,
        tls,
        auth: Auth::None,
        timeout: notify::DEFAULT_TIMEOUT,
    }])?)
}

/// An Alertmanager that was down at first receives an alert and its resolution; an invalid alert does not
/// prevent others from being accepted; its TLS certificate is verified.
pub fn trial(folder: &Path) -> Result<()> {
    let hour = SignedDuration::from_hours(1);
    let since: Timestamp = "2026-01-02T03:04:05.678Z".parse()?;
    let later = Timestamp::now() + hour;
    let notifier = client(&format!("http://{ADDRESS}"), Tls::default())?;
    notifier.send(vec![alert("first", since, later)]);
    figures(&notifier, |stats| stats.errors > 0)?;

    let alertmanager = Alertmanager::start(folder, &[])?;
    let shown = &alertmanager.shows(&["first"])?[0];
    let sent = serde_json::to_value(alert("first", since, later))?;
    for field in ["labels", "annotations", "generatorURL"] {
        if shown[field] != sent[field] {
            return Err(format!(
                "{field}: {} was sent, {} is shown",
                sent[field], shown[field]
            )
            .into());
        }
    }
    for (field, time) in [("startsAt", since), ("endsAt", later)] {
        let shown: Timestamp = shown[field].as_str().ok_or("no time")?.parse()?;
        // It stores milliseconds.
        if shown.as_millisecond() != time.as_millisecond() {
            return Err(format!("{field}: sent {time}, received {shown}").into());
        }
    }
    if shown["status"]["state"] == "suppressed" {
        return Err(format!("it is suppressed: {shown}").into());
    }
    figures(&notifier, |stats| {
        stats.sent == 1 && stats.queue_length == 0
    })?;

    let before = notifier.stats().pop().ok_or("no statistics")?.errors;
    // Alertmanager rejects an alert that ends before it starts.
    notifier.send(vec![
        alert("not right", later, since),
        alert("second", since, later),
    ]);
    alertmanager.shows(&["first", "second"])?;
    figures(&notifier, |stats| {
        stats.errors == before + 2 && stats.sent == 1 && stats.queue_length == 0
    })?;

    notifier.send(vec![alert("first", since, Timestamp::now())]);
    alertmanager.shows(&["second"])?;
    figures(&notifier, |stats| stats.sent == 2)?;
    drop(alertmanager);

    let pair = rcgen::generate_simple_self_signed(["alertmanager.example".to_owned()])?;
    let ca_file = folder.join("cert.pem");
    fs::write(&ca_file, pair.cert.pem())?;
    fs::write(folder.join("key.pem"), pair.signing_key.serialize_pem())?;
    let _alertmanager = Alertmanager::secure(folder)?;
    let tls = Tls {
        ca_file: Some(ca_file),
        server_name: Some("alertmanager.example".to_owned()),
        ..Tls::default()
    };
    let notifier = client(&format!("https://{ADDRESS}"), tls)?;
    notifier.send(vec![alert("third", since, later)]);
    figures(&notifier, |stats| stats.sent == 1 && stats.errors == 0)
}
