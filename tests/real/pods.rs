//! The chart's pods, run by podman: a mail server's log in a shared volume, or the log files of a node's
//! containers, and an exporter that is killed while it reads.
//!
//! Podman supports pods only. From a Deployment, StatefulSet or DaemonSet it gets the pod template, in the
//! test's network, with the images built by the test.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};

use crate::Result;
use crate::chart::{CHART, HELM, KUBECTL, PYTHON, SCRIPTS};
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

/// Programs needed by the tests whose log is rotated, and by those of documented pods.
pub const LONG_NEEDS: &[&str] = &{
    let [a, b, c, d, e, f, g] = podman::NEEDS;
    [a, b, c, d, e, f, g, HELM, KUBECTL, PYTHON, "/bin/busybox"]
};

/// The image of the simulated mail server.
const MAIL: &str = "localhost/mail:trial";

/// Name of the exporter's container in every pod.
const EXPORTER: &str = "maillog-exporter";

/// Name of the container that rotates the log, and its image in the tests.
const ROTATION: &str = "log-rotation";
const SHELL: &str = "localhost/shell:trial";

/// The commands that the rotation uses.
const COMMANDS: [&str; 7] = ["sh", "sleep", "wc", "cp", "mv", "rm", "id"];

/// Number of lines written, and the pause after each in milliseconds.
const COUNT: u64 = 1500;
const PAUSE: &str = "10";

/// Number of kills, evenly distributed over the lines.
const KILLS: u64 = 3;

/// Number of lines for the test of the rotation: 3 MB, and the rotation takes place above 1 MiB.
const LONG_COUNT: u64 = 12_000;

/// Timeout for the restart of a killed container.
const PATIENCE: Duration = Duration::from_secs(60);

/// The exporter's container in a running pod.
struct Exporter<'a> {
    podman: &'a Podman,
    name: String,
    /// Paths of its probes.
    probes: Vec<String>,
}

/// What the containers other than the exporter run.
struct Others<'a> {
    /// Arguments of the simulated mail server.
    mail: &'a [&'a str],
    /// Whether the container that rotates the log runs; otherwise it is removed.
    rotation: bool,
}

/// The images of a test.
fn images(folder: &Path, podman: &Podman) -> Result<()> {
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

/// A sidecar whose log is rotated several times by the chart's container, while the exporter is killed: the volume stays
/// small. A line that is written between the copy and the truncation can be lost.
pub fn rotated(folder: &Path) -> Result<()> {
    let podman = Podman::new(folder)?;
    images(folder, &podman)?;
    shell(folder, &podman)?;
    let count = LONG_COUNT.to_string();
    let writer = ["writer", "/var/log/mail/mail.log", "plain", &count, "5"];
    let objects = rendered(
        "sidecar-values.yaml",
        &[
            "sidecar.logs.rotation.maxMebibytes=1",
            "sidecar.logs.rotation.intervalSeconds=1",
            "sidecar.logs.rotation.keep=1",
        ],
    )?;
    let others = Others {
        mail: &writer,
        rotation: true,
    };
    let exporter = play(folder, &podman, objects, &others)?;
    for kill in 1..=KILLS {
        wait_for_lines(&podman, &exporter.name, kill * LONG_COUNT / (KILLS + 1))?;
        exporter.kill(kill)?;
    }
    let rotations = || -> Result<u64> {
        let name = exporter.name.replace(EXPORTER, ROTATION);
        let output = podman.podman(&["logs", &name])?;
        Ok(output.matches("rotated ").count() as u64)
    };
    let scrape = wait_for_lines(&podman, &exporter.name, LONG_COUNT - 3)?;
    let (lines, rotations) = (scrape.sum("maillog_lines_total"), rotations()?);
    if rotations < 2 || lines + rotations < LONG_COUNT || lines > LONG_COUNT {
        return Err(format!("{lines} lines of {LONG_COUNT} after {rotations} rotations").into());
    }
    let size: u64 = fs::read_dir(folder.join("mail-log"))?
        .filter_map(|entry| entry.ok()?.metadata().ok())
        .filter(fs::Metadata::is_file)
        .map(|file| file.len())
        .sum();
    // The log, a copy, and what is written in a second.
    if size > 3 << 20 {
        return Err(format!("the log and its copies have {size} bytes").into());
    }
    Ok(())
}

/// The pods of docs/kubernetes-mail-servers.md, each with a writer in place of the mail server. With `MAILLOG_CHARTS`, a
/// folder with the charts of the mail servers, they are rendered from these charts.
pub fn mail_servers(folder: &Path) -> Result<()> {
    let podman = Podman::new(folder)?;
    images(folder, &podman)?;
    shell(folder, &podman)?;
    let mut script = Command::new(PYTHON);
    script.arg(format!("{SCRIPTS}/mail_server_pods.py"));
    script.args([HELM, KUBECTL]);
    script.args(std::env::var_os("MAILLOG_CHARTS"));
    for line in said(&mut script)?.lines() {
        let example: Value = serde_json::from_str(line)?;
        let text = |name: &str| example[name].as_str().unwrap_or_default().to_owned();
        let name = example["pod"]["metadata"]["name"].as_str();
        let name = name.ok_or("a pod has no name")?;
        let volumes = folder.join(name);
        fs::create_dir(&volumes)?;
        let count = COUNT.to_string();
        let writer = ["writer", &text("log"), &text("form"), &count, PAUSE];
        let others = Others {
            mail: &writer,
            rotation: false,
        };
        play(&volumes, &podman, vec![example["pod"].clone()], &others)?
            .counts_across_kills()
            .map_err(|error| format!("{name}: {error}"))?;
        podman.podman(&["pod", "rm", "--force", name])?;
    }
    Ok(())
}

/// The image of the rotation, with Debian's static BusyBox.
fn shell(folder: &Path, podman: &Podman) -> Result<()> {
    let context = folder.join("shell");
    let bin = context.join("bin");
    fs::create_dir_all(&bin)?;
    fs::copy("/bin/busybox", bin.join("busybox"))?;
    for command in COMMANDS {
        symlink("busybox", bin.join(command))?;
    }
    fs::write(
        context.join("Containerfile"),
        "FROM scratch\nCOPY bin /bin\n",
    )?;
    said(
        podman
            .command("buildah")
            .args(["bud", "--tag", SHELL])
            .arg(context),
    )?;
    Ok(())
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
fn play<'a>(
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
    fn counts_across_kills(&self) -> Result<()> {
        let mut before = 0;
        for kill in 1..=KILLS {
            let scrape = wait_for_lines(self.podman, &self.name, kill * COUNT / (KILLS + 2))?;
            let lines = scrape.sum("maillog_lines_total");
            if lines < before || lines == COUNT {
                return Err(
                    format!("{lines} lines of {COUNT} at kill {kill}, {before} before").into(),
                );
            }
            before = lines;
            self.kill(kill)?;
        }
        let scrape = wait_for_lines(self.podman, &self.name, COUNT)?;
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
    fn kill(&self, times: u64) -> Result<()> {
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
        let fifth = COUNT / 5;
        let report = scrape.to_report();
        let actual = json!([
            scrape.sum("maillog_lines_total"),
            report["codes"]["outbound"]["421"],
            report["codes"]["outbound"]["452"],
            report["codes"]["outbound"]["250"],
            report["codes"]["inbound"]["550"],
        ]);
        let expected = json!([COUNT, fifth, fifth, fifth, 2 * fifth]);
        if actual != expected {
            return Err(format!("counted were {actual} of {expected}").into());
        }
        Ok(())
    }
}

/// The objects rendered by the chart with its test values and `more` values.
fn rendered(values: &str, more: &[&str]) -> Result<Vec<Value>> {
    let values = Path::new(CHART).join("ci").join(values);
    let mut helm = Command::new(HELM);
    helm.args(["template", "--no-hooks", "mail", CHART, "--values"])
        .arg(values);
    for value in more {
        helm.args(["--set", value]);
    }
    Ok(serde_saphyr::from_multiple(&said(&mut helm)?)?)
}
