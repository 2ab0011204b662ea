//! Two Prometheus with the same rules, a mesh of two Alertmanagers, and twenty exporters: one page for one cause, also
//! while one of each is killed (docs/scaling.md).

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::Result;
use crate::exporter::{Daemon, get};
use crate::page::{self, HOOK, HOOK_URL};
use crate::traffic::{Log, REFUSED, TAKEN};
use crate::wait::until;
use crate::webhook::{Answer, Webhook};

const EXPORTERS: usize = 20;

/// Addresses of the two of each; those of the mesh are for gossip between the Alertmanagers.
const PROMETHEUS: [&str; 2] = ["127.0.0.1:9090", "127.0.0.1:9190"];
const ALERTMANAGERS: [&str; 2] = ["127.0.0.1:9093", "127.0.0.1:9193"];
const MESH: [&str; 2] = ["127.0.0.1:9094", "127.0.0.1:9194"];

/// Timeouts for a program to be ready and for a page.
const READY: Duration = Duration::from_secs(60);
const PATIENCE: Duration = Duration::from_secs(300);

/// How long it is watched that no page comes twice.
const WATCHED: Duration = Duration::from_secs(45);

/// A running program, killed on drop.
struct Process(Child);

impl Process {
    /// Starts a program and waits until `path` answers at its address.
    fn start(mut command: Command, errors: &Path, address: &str, path: &str) -> Result<Self> {
        let errors = File::options().create(true).append(true).open(errors)?;
        let child = command
            .stdin(Stdio::null())
            .stdout(errors.try_clone()?)
            .stderr(errors)
            .spawn()?;
        let mut process = Process(child);
        until(&format!("{address} to be ready"), READY, || {
            match process.0.try_wait()? {
                Some(status) => Err(format!("the program at {address} ended: {status}").into()),
                None => Ok(get(address, path).ok()),
            }
        })?;
        Ok(process)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A Prometheus of the pair, with its own storage and its own external label.
fn prometheus(folder: &Path, number: usize, targets: &[&str]) -> Result<Process> {
    let own = folder.join(format!("prometheus{number}"));
    fs::create_dir_all(&own)?;
    let config = own.join("prometheus.yml");
    fs::write(
        &config,
        format!(
            "global: {{scrape_interval: 2s, scrape_timeout: 2s, external_labels: {{replica: '{number}'}}}}\n\
             rule_files: ['{rules}']\n\
             alerting:\n  alert_relabel_configs: [{{regex: replica, action: labeldrop}}]\n  \
             alertmanagers: [{{static_configs: [{{targets: ['{alertmanagers}']}}]}}]\n\
             scrape_configs: [{{job_name: maillog, static_configs: [{{targets: ['{targets}']}}]}}]\n",
            rules = folder.join("alerts/alerts.yaml").display(),
            alertmanagers = ALERTMANAGERS.join("', '"),
            targets = targets.join("', '"),
        ),
    )?;
    let address = PROMETHEUS[number];
    let mut command = Command::new("prometheus");
    command
        .arg(format!("--config.file={}", config.display()))
        .arg(format!(
            "--storage.tsdb.path={}",
            own.join("tsdb").display()
        ))
        .arg(format!("--web.listen-address={address}"));
    Process::start(command, &own.join("log"), address, "/-/ready")
}

/// An Alertmanager of the mesh, with the shipped inhibitions.
fn alertmanager(folder: &Path, number: usize) -> Result<Process> {
    let own = folder.join(format!("alertmanager{number}"));
    fs::create_dir_all(&own)?;
    let inhibitions =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("alerts/alertmanager/inhibit_rules.yaml");
    let config = own.join("alertmanager.yml");
    fs::write(
        &config,
        format!(
            "route: {{receiver: hook, group_by: ['...'], group_wait: 30s, group_interval: 5s}}\n\
             receivers: [{{name: hook, webhook_configs: [{{url: '{HOOK_URL}'}}]}}]\n{}",
            fs::read_to_string(inhibitions)?
        ),
    )?;
    let address = ALERTMANAGERS[number];
    let mut command = Command::new("prometheus-alertmanager");
    command
        .arg(format!("--config.file={}", config.display()))
        .arg(format!("--storage.path={}", own.join("data").display()))
        .arg(format!("--web.listen-address={address}"))
        .arg(format!("--cluster.listen-address={}", MESH[number]))
        .arg(format!("--cluster.advertise-address={}", MESH[number]))
        .arg(format!("--cluster.peer={}", MESH[1 - number]));
    Process::start(command, &own.join("log"), address, "/-/ready")
}

/// Waits until an Alertmanager sees this number of members of the mesh.
fn mesh_of(number: usize, members: usize) -> Result<()> {
    until(&format!("a mesh of {members}"), READY, || {
        let status: serde_json::Value =
            serde_json::from_str(&get(ALERTMANAGERS[number], "/api/v2/status")?)?;
        let peers = status["cluster"]["peers"].as_array().map_or(0, Vec::len);
        let settled = status["cluster"]["status"] == "ready";
        Ok((settled && peers == members).then_some(()))
    })
}

/// The exporters, their logs, and the pages.
struct Site {
    logs: Vec<Log>,
    daemons: Vec<Daemon>,
    hook: Webhook,
    /// The first so many exporters have an incident.
    incidents: usize,
}

impl Site {
    fn start(folder: &Path) -> Result<Self> {
        let mut site = Site {
            logs: Vec::new(),
            daemons: Vec::new(),
            hook: Webhook::listen(HOOK, Answer::Status(200))?,
            incidents: 0,
        };
        for number in 0..EXPORTERS {
            let own: PathBuf = folder.join(format!("exporter{number}"));
            fs::create_dir(&own)?;
            let mut log = Log::create(&own)?;
            log.now(100, TAKEN)?;
            let address = format!("127.0.0.1:{}", 9930 + number);
            site.daemons.push(Daemon::at(&address, &log.path, &own)?);
            site.logs.push(log);
        }
        Ok(site)
    }

    /// Lets mail flow on every exporter.
    fn flow(&mut self) -> Result<()> {
        for (number, log) in self.logs.iter_mut().enumerate() {
            log.flow(if number < self.incidents {
                REFUSED
            } else {
                TAKEN
            })?;
        }
        Ok(())
    }

    /// Names and exporters of the pages so far, each as often as it came.
    fn pages(&self) -> Vec<(String, String)> {
        let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
        self.hook
            .all()
            .iter()
            .filter(|it| it["status"] == "firing" && it["labels"]["severity"] == "critical")
            .map(|it| {
                (
                    text(&it["labels"]["alertname"]),
                    text(&it["labels"]["instance"]),
                )
            })
            .collect()
    }

    /// The next exporter's mail is refused; waits for its page, and that none comes twice or from another exporter.
    fn incident(&mut self, what: &str) -> Result<()> {
        self.logs[self.incidents].now(60, REFUSED)?;
        self.incidents += 1;
        let concerned: Vec<String> = self.daemons[..self.incidents]
            .iter()
            .map(|it| it.address.clone())
            .collect();
        let mut complete: Option<Instant> = None;
        until(&format!("one page {what}"), PATIENCE, || {
            self.flow()?;
            let pages = self.pages();
            for (number, (name, instance)) in pages.iter().enumerate() {
                let again = pages[..number].iter().any(|(_, other)| other == instance);
                if again || !concerned.contains(instance) {
                    return Err(format!("{what}: {name} of {instance} among {pages:?}").into());
                }
            }
            if pages.len() < concerned.len() {
                return Ok(None);
            }
            let complete = complete.get_or_insert_with(Instant::now);
            Ok((complete.elapsed() >= WATCHED).then_some(()))
        })
    }
}

/// Both of each run, then one of each is killed, then the other.
pub fn one_page(folder: &Path) -> Result<()> {
    page::generate(folder, "15s")?;
    let mut site = Site::start(folder)?;
    let addresses: Vec<String> = site.daemons.iter().map(|it| it.address.clone()).collect();
    let targets: Vec<&str> = addresses.iter().map(String::as_str).collect();
    let first_alertmanager = alertmanager(folder, 0)?;
    let second_alertmanager = alertmanager(folder, 1)?;
    mesh_of(0, 2)?;
    mesh_of(1, 2)?;
    let first_prometheus = prometheus(folder, 0, &targets)?;
    let second_prometheus = prometheus(folder, 1, &targets)?;
    site.incident("while both of each run")?;

    drop((first_prometheus, first_alertmanager));
    site.incident("without the first of each")?;

    let _first_alertmanager = alertmanager(folder, 0)?;
    mesh_of(0, 2)?;
    let _first_prometheus = prometheus(folder, 0, &targets)?;
    drop((second_prometheus, second_alertmanager));
    site.incident("without the second of each")
}
