//! The chart's pods, run by podman: a mail server's log in a shared volume, or the log files of a node's
//! containers, and an exporter that is killed while it reads.
//!
//! Podman supports pods only. From a Deployment, StatefulSet or DaemonSet it gets the pod template, in the
//! test's network, with the images built by the test.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};

use crate::Result;
use crate::chart::{CHART, HELM};
use crate::exporter::{Scrape, get};
use crate::image::{build, inside, wait_for_lines};
use crate::podman::{self, IMAGE, Podman, said};
use crate::sandbox::finish;
use crate::wait::until;

/// Programs needed by the tests.
pub const NEEDS: &[&str] = &{
    let [a, b, c, d, e, f, g] = podman::NEEDS;
    [a, b, c, d, e, f, g, HELM]
};

/// The image of the simulated mail server.
const MAIL: &str = "localhost/mail:trial";

/// Name of the exporter's container in every pod.
pub const EXPORTER: &str = "maillog-exporter";

/// Name of the container that rotates the log, and its image in the tests.
pub const ROTATION: &str = "log-rotation";
pub const SHELL: &str = "localhost/shell:trial";

/// Number of lines written, and the pause after each in milliseconds.
const COUNT: u64 = 1500;
const PAUSE: &str = "10";

/// Number of kills, evenly distributed over the lines.
pub const KILLS: u64 = 3;

/// Timeout for the restart of a killed container.
const PATIENCE: Duration = Duration::from_secs(60);

/// The exporter's container in a running pod.
pub struct Exporter<'a> {
    podman: &'a Podman,
    pub name: String,
    /// Paths of its probes.
    probes: Vec<String>,
    /// Number of lines that are written.
    count: u64,
}

/// What the containers other than the exporter run.
pub struct Others<'a> {
    /// Arguments of the simulated mail server, and the number of lines that it writes.
    pub mail: &'a [&'a str],
    pub count: u64,
    /// Whether the container that rotates the log runs; otherwise it is removed.
    pub rotation: bool,
}

/// The images of a test.
pub fn images(folder: &Path, podman: &Podman) -> Result<()> {
    build(podman)?;
    let context = folder.join("mail");
    fs::create_dir(&context)?;
    inside(&context)?;
    fs::write(
        context.join("Containerfile"),
        "FROM scratch\nCOPY inside /inside\nENTRYPOINT [\"/inside\"]\n",
    )?;
    said(
        podman
            .command("buildah")
            .args(["bud", "--tag", MAIL])
            .arg(context),
    )?;
    Ok(())
}

/// A mail server and the exporter share a volume.
pub fn sidecar(folder: &Path) -> Result<()> {
    let podman = Podman::new(folder)?;
    images(folder, &podman)?;
    let count = COUNT.to_string();
    let writer = ["writer", "/var/log/mail/mail.log", "plain", &count, PAUSE];
    let others = Others {
        mail: &writer,
        count: COUNT,
        rotation: false,
    };
    play(
        folder,
        &podman,
        rendered("sidecar-values.yaml", &[])?,
        &others,
    )?
    .counts_across_kills()
}

/// The exporter reads the logs of the containers on its node.
pub fn node(folder: &Path) -> Result<()> {
    let podman = Podman::new(folder)?;
    // The node's directories, for this test only.
    finish(Command::new("mount").args(["-t", "tmpfs", "none", "/var/log"]))?;
    let pods = Path::new("/var/log/pods");
    fs::create_dir(pods)?;
    fs::create_dir_all("/var/lib/docker/containers")?;
    images(folder, &podman)?;
    let volume = format!("{0}:{0}", pods.display());
    let log = pods.join("mail_postfix-0_4b2f9a01/postfix/0.log");
    said(
        podman
            .command("podman")
            .args(["run", "--detach", "--volume", &volume, MAIL, "writer"])
            .arg(log)
            .args(["cri", &COUNT.to_string(), PAUSE]),
    )?;
    let others = Others {
        mail: &[],
        count: COUNT,
        rotation: false,
    };
    play(
        folder,
        &podman,
        rendered("daemonset-values.yaml", &[])?,
        &others,
    )?
    .counts_across_kills()
}

/// Runs the pod among `objects` with the objects that it refers to.
pub fn play<'a>(
    folder: &Path,
    podman: &'a Podman,
    objects: Vec<Value>,
    others: &Others<'_>,
) -> Result<Exporter<'a>> {
    let mut played = Vec::new();
    let mut name = None;
    let mut probes = Vec::new();
    for mut object in objects {
        let kind = object["kind"].as_str().unwrap_or_default();
        match kind {
            "Deployment" | "StatefulSet" | "DaemonSet" | "Pod" => {
                if kind != "Pod" {
                    let mut pod = object["spec"]["template"].take();
                    pod["apiVersion"] = json!("v1");
                    pod["kind"] = json!("Pod");
                    pod["metadata"]["name"] = object["metadata"]["name"].take();
                    object = pod;
                }
                let pod = object["metadata"]["name"].as_str().unwrap_or_default();
                name = Some(format!("{pod}-{EXPORTER}"));
                probes = prepare(folder, &mut object["spec"], others)?;
            }
            "ConfigMap" | "Secret" | "PersistentVolumeClaim" => {}
            // Objects that only a cluster needs.
            _ => continue,
        }
        played.push(serde_json::to_string(&object)?);
    }
    let file = folder.join("pod.yaml");
    fs::write(&file, played.join("\n---\n"))?;
    said(podman.command("podman").args(["kube", "play"]).arg(file))?;
    Ok(Exporter {
        podman,
        name: name.ok_or("there is no pod")?,
        probes,
        count: others.count,
    })
}

/// Adapts a pod's specification to this test, and returns the paths of the exporter's probes.
fn prepare(folder: &Path, spec: &mut Value, others: &Others<'_>) -> Result<Vec<String>> {
    let mut probes = Vec::new();
    spec["hostNetwork"] = json!(true);
    let containers = spec["containers"].as_array_mut();
    let containers = containers.ok_or("the pod has no containers")?;
    containers.retain(|container| others.rotation || container["name"] != ROTATION);
    for container in containers {
        container["imagePullPolicy"] = json!("Never");
        // The ports belong to the network of the test.
        container["ports"] = json!([]);
        if container["name"] == EXPORTER {
            container["image"] = json!(IMAGE);
            // Podman runs probes with `curl` in the container, which this image does not have; the test probes itself.
            let fields = container
                .as_object_mut()
                .ok_or("a container is not an object")?;
            fields.retain(|name, value| {
                let path = value["httpGet"]["path"].as_str();
                probes.extend(path.map(str::to_owned));
                !name.ends_with("Probe")
            });
        } else if container["name"] == ROTATION {
            container["image"] = json!(SHELL);
        } else {
            container["image"] = json!(MAIL);
            container["args"] = json!(others.mail);
        }
    }
    let group = spec["securityContext"]["fsGroup"].as_u64();
    for volume in spec["volumes"].as_array_mut().into_iter().flatten() {
        let fields = volume.as_object_mut().ok_or("a volume is not an object")?;
        if fields.remove("emptyDir").is_some() {
            // Created as in a cluster, with the pod's fsGroup, which podman does not support.
            let place = folder.join(fields["name"].as_str().unwrap_or_default());
            fs::create_dir(&place)?;
            chown(&place, None, group.map(u32::try_from).transpose()?)?;
            fs::set_permissions(&place, Permissions::from_mode(0o2777))?;
            fields.insert("hostPath".to_owned(), json!({"path": place}));
        }
    }
    Ok(probes)
}

impl Exporter<'_> {
    /// Kills it repeatedly while lines are written, and compares the counts at the end.
    pub fn counts_across_kills(&self) -> Result<()> {
        let mut before = 0;
        for kill in 1..=KILLS {
            let scrape = wait_for_lines(self.podman, &self.name, kill * self.count / (KILLS + 2))?;
            let lines = scrape.sum("maillog_lines_total");
            if lines < before || lines == self.count {
                return Err(format!(
                    "{lines} lines of {} at kill {kill}, {before} before",
                    self.count
                )
                .into());
            }
            before = lines;
            self.kill(kill)?;
        }
        let scrape = wait_for_lines(self.podman, &self.name, self.count)?;
        self.went_on()?;
        if self.probes.is_empty() {
            return Err("the exporter's container has no probes".into());
        }
        for path in &self.probes {
            get("127.0.0.1:9925", path)?;
        }
        self.compare(&scrape)
    }

    /// Kills the process and waits until the engine has restarted it for the nth time.
    pub fn kill(&self, times: u64) -> Result<()> {
        let process = self.podman.container(&self.name, "{{.State.Pid}}")?;
        finish(Command::new("kill").args(["-KILL", &process]))?;
        until("the restart of the exporter", PATIENCE, || {
            let count = self.podman.container(&self.name, "{{.RestartCount}}")?;
            let running = self.podman.container(&self.name, "{{.State.Running}}")?;
            Ok((count == times.to_string() && running == "true").then_some(()))
        })
    }

    /// Every start but the first resumed in the middle of the log.
    fn went_on(&self) -> Result<()> {
        let output = self
            .podman
            .command("podman")
            .args(["logs", &self.name])
            .output()?;
        let said = String::from_utf8(output.stderr)?;
        let positions: Vec<_> = said
            .lines()
            .filter(|line| line.contains("message=\"reading log\""))
            .filter_map(|line| line.rsplit_once("position=")?.1.parse::<u64>().ok())
            .collect();
        if positions.len() as u64 != KILLS + 1 || !positions.is_sorted_by(|a, b| a < b) {
            return Err(format!("positions at the starts: {positions:?}: {said}").into());
        }
        Ok(())
    }

    /// Every line was counted once, with the right result.
    fn compare(&self, scrape: &Scrape) -> Result<()> {
        let fifth = self.count / 5;
        let report = scrape.to_report();
        let actual = json!([
            scrape.sum("maillog_lines_total"),
            report["codes"]["outbound"]["421"],
            report["codes"]["outbound"]["452"],
            report["codes"]["outbound"]["250"],
            report["codes"]["inbound"]["550"],
        ]);
        let expected = json!([self.count, fifth, fifth, fifth, 2 * fifth]);
        if actual != expected {
            return Err(format!("counted were {actual} of {expected}").into());
        }
        Ok(())
    }
}

/// The objects rendered by the chart with its test values and `more` values.
pub fn rendered(values: &str, more: &[&str]) -> Result<Vec<Value>> {
    let values = Path::new(CHART).join("ci").join(values);
    let mut helm = Command::new(HELM);
    helm.args(["template", "--no-hooks", "mail", CHART, "--values"])
        .arg(values);
    for value in more {
        helm.args(["--set", value]);
    }
    Ok(serde_saphyr::from_multiple(&said(&mut helm)?)?)
}
