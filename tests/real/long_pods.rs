//! Pods that take minutes (`MAILLOG_LONG=1`): those of docs/kubernetes-mail-servers.md, and a sidecar whose log is rotated.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::Result;
use crate::chart::{HELM, KUBECTL, PYTHON, SCRIPTS};
use crate::image::wait_for_lines;
use crate::podman::{self, Podman, said};
use crate::pods::{EXPORTER, KILLS, Others, ROTATION, SHELL, images, play, rendered};

/// Programs needed by the tests.
pub const NEEDS: &[&str] = &{
    let [a, b, c, d, e, f, g] = podman::NEEDS;
    [a, b, c, d, e, f, g, HELM, KUBECTL, PYTHON, "/bin/busybox"]
};

/// The commands that the rotation uses.
const COMMANDS: [&str; 7] = ["sh", "sleep", "wc", "cp", "mv", "rm", "id"];

/// Number of lines written, and the pause after each in milliseconds: enough for busy machines, and 3 MB, of which the
/// rotation begins above 1 MiB.
const COUNT: u64 = 12_000;
const PAUSE: &str = "5";

/// A sidecar whose log is rotated several times by the chart's container, while the exporter is killed: the volume stays
/// small. A line that is written between the copy and the truncation can be lost.
pub fn rotated(folder: &Path) -> Result<()> {
    let podman = Podman::new(folder)?;
    images(folder, &podman)?;
    shell(folder, &podman)?;
    let count = COUNT.to_string();
    let writer = ["writer", "/var/log/mail/mail.log", "plain", &count, PAUSE];
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
        count: COUNT,
        rotation: true,
    };
    let exporter = play(folder, &podman, objects, &others)?;
    for kill in 1..=KILLS {
        wait_for_lines(&podman, &exporter.name, kill * COUNT / (KILLS + 1))?;
        exporter.kill(kill)?;
    }
    let scrape = wait_for_lines(&podman, &exporter.name, COUNT - 3)?;
    let lines = scrape.sum("maillog_lines_total");
    let name = exporter.name.trim_end_matches(EXPORTER);
    let output = podman.podman(&["logs", &format!("{name}{ROTATION}")])?;
    let rotations = output.matches("rotated ").count() as u64;
    if rotations < 2 || lines + rotations < COUNT || lines > COUNT {
        return Err(format!("{lines} lines of {COUNT} after {rotations} rotations").into());
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
            count: COUNT,
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
