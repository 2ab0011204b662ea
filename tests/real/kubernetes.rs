//! What docs/kubernetes.md and docs/kubernetes-mail-servers.md give to copy, besides the chart: plain manifests, the
//! Kustomize component, values for the charts of mail servers, the packaged chart, and the rotation of a sidecar's log.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use crate::Result;
use crate::chart::{self, CHART, HELM, KUBECTL, script};
use crate::long_pods;
use crate::podman::said;
use crate::sandbox::finish;
use crate::trials::{RealTrial, with_folder};

/// The quick tests.
pub const ALL: &[RealTrial] = &[
    RealTrial {
        name: "kubernetes_manifests_and_values_of_mail_servers_are_valid",
        needs: &[chart::PYTHON, KUBECTL],
        run: manifests,
    },
    RealTrial {
        name: "chart_package_has_the_addresses_of_its_repository",
        needs: &[HELM],
        run: || with_folder(package),
    },
    RealTrial {
        name: "sidecar_log_rotation_keeps_the_volume_small",
        needs: &[],
        run: || with_folder(rotation),
    },
];

/// Tests with podman that take minutes.
pub const LONG: &[RealTrial] = &[
    RealTrial {
        name: "sidecar_pod_counts_while_its_log_is_rotated",
        needs: long_pods::NEEDS,
        run: || with_folder(long_pods::rotated),
    },
    RealTrial {
        name: "sidecar_pods_of_documented_mail_servers_count_every_line_across_kills",
        needs: long_pods::NEEDS,
        run: || with_folder(long_pods::mail_servers),
    },
];

/// The manifests are those of the chart and valid, and so are the documented values. With `MAILLOG_CHARTS`, a folder with
/// the charts of the mail servers, these are rendered too.
fn manifests() -> Result<()> {
    script("kustomize.py", &[HELM, KUBECTL])?;
    let charts = std::env::var("MAILLOG_CHARTS").ok();
    let mut arguments = vec![CHART, HELM, KUBECTL];
    arguments.extend(charts.as_deref());
    script("mail_servers.py", &arguments)
}

/// The packaged chart has no placeholder, and installs the image of its repository.
fn package(folder: &Path) -> Result<()> {
    const URL: &str = "https://git.example.com/mail/maillog_exporter";
    const IMAGE: &str = "registry.example.com/mail/maillog_exporter";
    let package = concat!(env!("CARGO_MANIFEST_DIR"), "/packaging/chart/package");
    let to = folder.to_str().ok_or("the folder's name is not UTF-8")?;
    finish(
        Command::new(package)
            .env("HELM", HELM)
            .args([URL, IMAGE, to]),
    )?;
    let version = env!("CARGO_PKG_VERSION");
    let archive = folder.join(format!("maillog-exporter-{version}.tgz"));
    let chart = said(Command::new(HELM).args(["show", "chart"]).arg(&archive))?;
    let home = format!("home: {URL}");
    if chart.contains("example.org") || !chart.lines().any(|line| line == home) {
        return Err(format!("the packaged chart has other addresses: {chart}").into());
    }
    let rendered = said(
        Command::new(HELM)
            .args(["template", "mail"])
            .arg(&archive)
            .args(["--set", "mode=standalone"]),
    )?;
    let image = format!("image: {IMAGE}:{version}");
    if !rendered.lines().any(|line| line.trim() == image) {
        return Err(format!("{image} is missing: {rendered}").into());
    }
    finish(Command::new(HELM).args(["lint", "--strict"]).arg(&archive))
}

/// Many rotations keep the newest copies and nothing else, and leave other files alone.
fn rotation(folder: &Path) -> Result<()> {
    const MEBIBYTE: usize = 1 << 20;
    let rotate = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/helm/maillog-exporter/files/rotate.sh"
    );
    let folder = &folder.join("log");
    fs::create_dir(folder)?;
    let log = folder.join("mail.log");
    fs::write(folder.join("small.log"), "small")?;
    fs::write(folder.join("other"), vec![0; MEBIBYTE + 1])?;
    symlink("other", folder.join("link.log"))?;
    for round in 1..=5_u8 {
        fs::write(&log, vec![round; MEBIBYTE + 1])?;
        finish(
            Command::new("sh")
                .arg(rotate)
                .env("LOG_DIRECTORY", folder)
                .env("LOG_PATTERN", "*.log*")
                .env("MAX_MEBIBYTES", "1")
                .env("KEEP", "2")
                .env("INTERVAL_SECONDS", "0"),
        )?;
    }
    let mut actual = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_file() {
            let content = fs::read(&path)?;
            let name = path.file_name().unwrap_or_default();
            actual.push((
                name.to_string_lossy().into_owned(),
                content.first().copied(),
                content.len(),
            ));
        }
    }
    actual.sort();
    let expected = [
        ("link.log", Some(0), MEBIBYTE + 1),
        ("mail.log", None, 0),
        ("mail.log.1", Some(5), MEBIBYTE + 1),
        ("mail.log.2", Some(4), MEBIBYTE + 1),
        ("other", Some(0), MEBIBYTE + 1),
        ("small.log", Some(b's'), 5),
    ]
    .map(|(name, first, size)| (name.to_owned(), first, size));
    if actual != expected {
        return Err(format!("{actual:?} instead of {expected:?}").into());
    }
    Ok(())
}
