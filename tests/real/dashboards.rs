//! The dashboards with a real Prometheus and with Grafana's own types.
//!
//! Two exporters are scraped: the demo, whose traffic contains spikes, and one that also keeps its state and
//! lists a queue.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::Value;

use crate::Result;
use crate::exporter::{Daemon, PROGRAM, get};
use crate::prometheus::Prometheus;
use crate::sandbox::finish;
use crate::wait::until;

/// The directory of the script that compiles dashboards.
const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/dashboards/check.mjs");

/// Installed by `npm ci` in tests/dashboards.
pub const COMPILER: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/tests/dashboards/node_modules/typescript/lib/typescript.js"
);

const DASHBOARDS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/dashboards");

const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden");

const DEMO: &str = "127.0.0.1:9926";

/// The traffic of the demo has full mailboxes after three minutes.
const PATIENCE: Duration = Duration::from_secs(420);

/// An alert rule similar to the shipped ones.
const RULES: &str = r#"
groups:
- name: maillog
  rules:
  - alert: MaillogSmtp421Spike
    expr: sum by (job, instance) (rate(maillog_codes_total{direction="outbound",code="421"}[1m])) > 0.1
    labels: {severity: critical, code: "421", direction: outbound}
"#;

/// Queries without data here: failed writes of the state, lines that are not understood, what alert rules learn in days,
/// and restarts.
const WITHOUT_DATA: [&str; 4] = [
    "increase(maillog_lines_total",
    "maillog_state_write_errors_total",
    "maillog_signal_usual_share",
    "changes(process_start_time_seconds",
];

/// A running `demo`, ended on drop.
struct Demo(Child);

impl Demo {
    fn start(folder: &Path) -> Result<Self> {
        let child = Command::new(PROGRAM)
            .args(["demo", &format!("--web.listen-address={DEMO}")])
            .stdin(Stdio::null())
            .stdout(fs::File::create(folder.join("demo.out"))?)
            .spawn()?;
        let demo = Demo(child);
        until("the demo to be ready", PATIENCE, || {
            Ok(get(DEMO, "/-/ready").ok())
        })?;
        Ok(demo)
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        // Not SIGKILL, so that it can remove its log.
        let _ = Command::new("kill").arg(self.0.id().to_string()).status();
        let _ = self.0.wait();
    }
}

/// A socket like Postfix's showq, with a message in two of the queues.
pub fn list_queue(socket: &Path) -> Result<()> {
    let listener = UnixListener::bind(socket)?;
    let mut listing = b"protocol\0mail_queue_list_protocol\0\0".to_vec();
    for queue in ["active", "deferred"] {
        let fields = [
            ("queue_name", queue),
            ("time", "1700000000"),
            ("size", "4096"),
        ];
        for (name, value) in fields {
            listing.extend_from_slice(format!("{name}\0{value}\0").as_bytes());
        }
        listing.push(0);
    }
    listing.push(0);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let _ = stream.and_then(|mut stream| stream.write_all(&listing));
        }
    });
    Ok(())
}

/// An exporter that keeps its state and lists a queue.
fn second_exporter(folder: &Path) -> Result<Daemon> {
    let log = folder.join("mail.log");
    let mut lines = fs::read(Path::new(GOLDEN).join("postfix-client.log"))?;
    lines.extend(fs::read(Path::new(GOLDEN).join("postfix-server.log"))?);
    fs::write(&log, lines)?;
    let socket = folder.join("showq");
    list_queue(&socket)?;
    let config = format!(
        "sources:\n- name: mail\n  files: [\"{}\"]\nstate: {{path: \"{}\"}}\npostfix: {{showq: \"{}\"}}\n",
        log.display(),
        folder.join("state").display(),
        socket.display()
    );
    Daemon::configured(&config, folder)
}

/// The committed dashboards.
fn files() -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(DASHBOARDS)? {
        files.push(entry?.path());
    }
    files.sort();
    Ok(files)
}

/// All strings with this key, at any depth.
fn texts<'a>(value: &'a Value, key: &str, found: &mut Vec<&'a str>) {
    match value {
        Value::Array(all) => all.iter().for_each(|it| texts(it, key, found)),
        Value::Object(fields) => {
            for (name, it) in fields {
                match it.as_str() {
                    Some(text) if name == key => found.push(text),
                    _ => texts(it, key, found),
                }
            }
        }
        _ => {}
    }
}

/// The query as Grafana would send it with all options selected, for each code that the demo produces.
fn queries() -> Result<BTreeSet<String>> {
    let mut queries = BTreeSet::new();
    for file in files()? {
        let dashboard: Value = serde_json::from_slice(&fs::read(file)?)?;
        let mut found = Vec::new();
        texts(&dashboard["panels"], "expr", &mut found);
        texts(&dashboard["annotations"], "expr", &mut found);
        let mut found: Vec<String> = found.into_iter().map(str::to_owned).collect();
        let mut variables = Vec::new();
        texts(&dashboard["templating"], "query", &mut variables);
        for variable in variables {
            // The values of a label are obtained by grouping by it.
            let call = variable.strip_prefix("label_values(");
            if let Some((metric, label)) = call.and_then(|it| it.rsplit_once(", ")) {
                found.push(format!(
                    "group by ({}) ({metric})",
                    label.trim_end_matches(')')
                ));
            }
        }
        for query in found {
            for code in ["421", "422"] {
                let query = query
                    .replace("$__rate_interval", "1m")
                    .replace("$__range", "5m")
                    .replace("$job", ".+")
                    .replace("$instance", ".+")
                    .replace("$provider", ".+")
                    .replace("$code", code);
                if !WITHOUT_DATA.iter().any(|it| query.contains(it)) {
                    queries.insert(query);
                }
            }
        }
    }
    if queries.len() < 80 {
        return Err(format!("only {} queries", queries.len()).into());
    }
    Ok(queries)
}

/// Whether there is a number among the samples.
fn has_number(samples: &Value) -> bool {
    let samples = samples.as_array().map_or(&[][..], Vec::as_slice);
    let value = |sample: &Value| sample["value"][1].as_str()?.parse::<f64>().ok();
    samples.iter().filter_map(value).any(f64::is_finite)
}

/// Each query returns numbers at some time of the demo's traffic.
pub fn every_query_returns_data(folder: &Path) -> Result<()> {
    let demo = Demo::start(folder)?;
    let daemon = second_exporter(folder)?;
    let prometheus = Prometheus::start_with(folder, &[DEMO, &daemon.address], RULES)?;
    if has_number(&prometheus.ask(r#"maillog_codes_total{code="421",nothing="like this"}"#)?) {
        return Err("there is an answer to everything".into());
    }
    let mut left = queries()?;
    let result = until("every query to return data", PATIENCE, || {
        for query in left.clone() {
            if has_number(&prometheus.ask(&query)?) {
                left.remove(&query);
            }
        }
        Ok(left.is_empty().then_some(()))
    });
    drop(demo);
    result.map_err(|error| {
        let left: Vec<_> = left.into_iter().collect();
        format!("{error}; without data:\n{}", left.join("\n\n")).into()
    })
}

/// The compiler accepts the dashboards and rejects invalid ones.
pub fn compiles_against_types(folder: &Path) -> Result<()> {
    finish(Command::new("node").args([SCRIPT, DASHBOARDS]))?;
    let spoilt = [
        (
            r#""graphMode": "none""#,
            r#""graphMode": "nothing""#,
            "nothing",
        ),
        (r#""showHeader": true"#, r#""showHeader": 1"#, "'number'"),
        (r#""drawStyle": "#, r#""drawStile": "#, "drawStile"),
        (r#""custom.inspect""#, r#""custom.inspekt""#, "inspekt"),
    ];
    let mut overview = fs::read_to_string(Path::new(DASHBOARDS).join("overview.json"))?;
    for (right, wrong, _) in spoilt {
        overview = overview.replacen(right, wrong, 1);
    }
    fs::write(folder.join("overview.json"), overview)?;
    let Err(complaints) = finish(Command::new("node").arg(SCRIPT).arg(folder)) else {
        return Err("spoilt dashboards are found right".into());
    };
    let complaints = complaints.to_string();
    match spoilt.iter().find(|(.., word)| !complaints.contains(word)) {
        None => Ok(()),
        Some((_, wrong, _)) => Err(format!("{wrong} is missing in {complaints}").into()),
    }
}
