//! The container image: its content, and running it as different users.

use std::collections::BTreeMap;
use std::fs;
use std::net::Ipv4Addr;
use std::os::unix::fs::{MetadataExt, chown};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::Result;
use crate::dns::Zone;
use crate::exporter::{Scrape, get};
use crate::podman::{IMAGE, Podman, said};
use crate::sandbox::musl;
use crate::traffic::{Log, REFUSED, TAKEN};
use crate::wait::until;
use crate::webhook::{Answer, Webhook};

/// Limit of the image size, in bytes.
const LIMIT: u64 = 20_000_000;

/// Timeout for a container to start, read and respond.
const PATIENCE: Duration = Duration::from_secs(60);

/// The only writable directory in the image.
const STATE: &str = "/var/lib/maillog_exporter";

/// All files of the image with owner and mode: no shell, no library, no login.
const FILES: [(&str, u32, u32, u32); 9] = [
    ("/LICENSE", 0, 0, 0o644),
    ("/etc", 0, 0, 0o755),
    ("/etc/ssl", 0, 0, 0o755),
    ("/etc/ssl/certs", 0, 0, 0o755),
    ("/etc/ssl/certs/ca-certificates.crt", 0, 0, 0o644),
    ("/maillog_exporter", 0, 0, 0o755),
    ("/var", 0, 0, 0o755),
    ("/var/lib", 0, 0, 0o755),
    (STATE, 65532, 0, 0o770),
];

/// Users to run as, the image's own first. A user without an explicit group has group 0.
const USERS: [Option<&str>; 5] = [
    None,
    Some("0"),
    Some("1000"),
    Some("4711"),
    Some("4711:4711"),
];

/// Builds the image: with the binary of a release in a long run, otherwise with one that is not optimised, which takes
/// minutes less.
pub fn build(podman: &Podman) -> Result<()> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("packaging/container/build");
    let mut command = podman.command(script);
    if !crate::is_long() {
        command.env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "0");
        command.env("CARGO_PROFILE_RELEASE_LTO", "off");
        command.env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "256");
    }
    // The dependencies are available, because this test was compiled with them.
    said(command.arg(IMAGE).env("CARGO_NET_OFFLINE", "true"))?;
    Ok(())
}

/// Compiles the helper program that runs in containers next to the exporter.
pub fn inside(folder: &Path) -> Result<PathBuf> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/real/inside/main.rs");
    let program = folder.join("inside");
    said(
        Command::new("rustc")
            .args(["--edition=2024", "--target", &musl()?, "-o"])
            .arg(&program)
            .arg(source),
    )?;
    Ok(program)
}

/// Checks the image's metadata and files.
pub fn contents(folder: &Path) -> Result<()> {
    let podman = Podman::new(folder)?;
    build(&podman)?;
    let image: Value = serde_json::from_str(&podman.podman(&["image", "inspect", IMAGE])?)?;
    let size = image[0]["Size"].as_u64();
    if size.is_none_or(|size| size >= LIMIT && crate::is_long()) {
        return Err(format!("the image has {size:?} bytes").into());
    }
    let config = &image[0]["Config"];
    let labels = &config["Labels"];
    let label = |name: &str| labels[format!("org.opencontainers.image.{name}")].clone();
    let actual = json!([
        config["User"],
        config["Entrypoint"],
        config["ExposedPorts"],
        config["Volumes"],
        label("title"),
        label("version"),
        label("licenses"),
    ]);
    let expected = json!([
        "65532:65532",
        ["/maillog_exporter"],
        {"9925/tcp": {}},
        {STATE: {}},
        env!("CARGO_PKG_NAME"),
        env!("CARGO_PKG_VERSION"),
        "MIT",
    ]);
    if actual != expected {
        return Err(format!("the image has {actual} instead of {expected}").into());
    }

    let root = PathBuf::from(podman.podman(&["image", "mount", IMAGE])?);
    let mut found = BTreeMap::new();
    list(&root, &root, &mut found)?;
    let files = FILES.map(|(name, user, group, mode)| (PathBuf::from(name), (user, group, mode)));
    if found != BTreeMap::from(files.clone()) {
        return Err(format!("in the image there is {found:#?} and not {files:#?}").into());
    }
    let certificates = fs::read_to_string(root.join("etc/ssl/certs/ca-certificates.crt"))?;
    match certificates.matches("BEGIN CERTIFICATE").count() {
        0..50 => Err("the image has hardly any certificate authorities".into()),
        _ => Ok(()),
    }
}

/// Lists all files below a directory with owner, group and mode, by their path below `root`.
fn list(root: &Path, folder: &Path, found: &mut BTreeMap<PathBuf, (u32, u32, u32)>) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let data = fs::symlink_metadata(&path)?;
        if data.is_dir() {
            list(root, &path, found)?;
        }
        let name = Path::new("/").join(path.strip_prefix(root)?);
        found.insert(name, (data.uid(), data.gid(), data.mode() & 0o7777));
    }
    Ok(())
}

/// It counts and keeps its state as any user, without capabilities, with a read-only root file system.
pub fn users(folder: &Path) -> Result<()> {
    let podman = Podman::new(folder)?;
    build(&podman)?;
    let probe = format!("{}:/probe:ro", inside(folder)?.display());
    let logs = folder.join("logs");
    fs::create_dir(&logs)?;
    let mut log = Log::create(&logs)?;
    log.now(20, REFUSED)?;
    log.now(10, TAKEN)?;
    let logs = format!("{}:/var/log/mail:ro", logs.display());
    for user in USERS {
        let mut common = vec!["--read-only", "--read-only-tmpfs=false", "--cap-drop=all"];
        common.push("--security-opt=no-new-privileges");
        let chosen = user.map(|user| format!("--user={user}"));
        common.extend(chosen.as_deref());
        // A user with a group unknown to the image needs a mounted directory.
        let own = folder.join("own");
        let own_volume = format!("{}:{STATE}", own.display());
        if user == Some("4711:4711") {
            fs::create_dir(&own)?;
            chown(&own, Some(4711), Some(4711))?;
            common.extend(["--volume", &own_volume]);
        }

        let arguments = [&["run", "--rm"], &common[..], &["--volume", &probe]].concat();
        let arguments = [&arguments[..], &["--entrypoint=/probe", IMAGE, "probe"]].concat();
        let writable = podman.podman(&arguments)?;
        if writable != STATE {
            return Err(format!("{user:?} can write to {writable:?}").into());
        }

        let name = "exporter";
        let arguments = [&["run", "--detach", "--name", name], &common[..]].concat();
        let arguments = [
            &arguments[..],
            &["--volume", &logs, IMAGE, "/var/log/mail/mail.log"],
            &["--web.listen-address=127.0.0.1:9925", "--state.path", STATE],
        ]
        .concat();
        podman.podman(&arguments)?;
        let scrape = wait_for_lines(&podman, name, log.lines())?;
        for line in [
            r#"maillog_codes_total{direction="outbound",code="421"} 20"#,
            r#"maillog_codes_total{direction="outbound",code="250"} 10"#,
            "maillog_state_kept 1",
        ] {
            if !scrape.0.lines().any(|shown| shown == line) {
                return Err(format!("{user:?}: no {line:?} in {}", scrape.0).into());
            }
        }
        podman.podman(&["stop", name])?;
        let code = podman.container(name, "{{.State.ExitCode}}")?;
        if code != "0" {
            return Err(format!("{user:?}: exit code {code}").into());
        }
        podman.podman(&["rm", "--volumes", name])?;
    }
    Ok(())
}

/// Waits for a scrape that has counted this many lines; an error includes the container's output.
pub fn wait_for_lines(podman: &Podman, name: &str, lines: u64) -> Result<Scrape> {
    until(&format!("{lines} lines on /metrics"), PATIENCE, || {
        let scrape = get("127.0.0.1:9925", "/metrics").ok().map(Scrape);
        Ok(scrape.filter(|it| it.sum("maillog_lines_total") >= lines))
    })
    .map_err(|error| {
        let said = podman.command("podman").args(["logs", name]).output();
        let said = said.map(|it| String::from_utf8_lossy(&it.stderr).into_owned());
        format!("{error}; {name} printed {said:?}").into()
    })
}

/// Alertmanagers found by host name.
const BY_DNS: &str = "alerts.by-dns.example.org";
const BY_HOSTS: &str = "alerts.by-hosts.example.org";

/// Host names are resolved through DNS and the hosts file, and time zones by name, without the files of a
/// complete system.
pub fn names(folder: &Path) -> Result<()> {
    let mut zone = Zone::default();
    zone.address(BY_DNS, Ipv4Addr::new(198, 51, 100, 8));
    zone.serve()?;
    let told = [
        Webhook::listen("198.51.100.8:9101", Answer::Status(200))?,
        Webhook::listen("198.51.100.9:9102", Answer::Status(200))?,
    ];
    let podman = Podman::new(folder)?;
    build(&podman)?;
    let logs = folder.join("logs");
    fs::create_dir(&logs)?;
    // Old lines make an alert fire immediately.
    let mut log = Log::create(&logs)?;
    log.write(10, TAKEN, SignedDuration::from_hours(1))?;
    fs::write(
        logs.join("maillog.yml"),
        format!(
            "sources: [{{files: [/logs/mail.log]}}]\n\
             time_zone: Asia/Shanghai\n\
             web: {{listen_addresses: ['127.0.0.1:9925']}}\n\
             alerting:\n  \
               alertmanagers: [{{url: 'http://{BY_DNS}:9101'}}, {{url: 'http://{BY_HOSTS}:9102'}}]\n  \
               rules: {{MaillogCatchingUp: {{for: 0s}}}}\n"
        ),
    )?;
    let volume = format!("{}:/logs:ro", logs.display());
    let host = format!("--add-host={BY_HOSTS}:198.51.100.9");
    let arguments = [
        "run",
        "--detach",
        "--name=exporter",
        &host,
        "--volume",
        &volume,
    ];
    podman.podman(&[&arguments[..], &[IMAGE, "--config.file=/logs/maillog.yml"]].concat())?;
    wait_for_lines(&podman, "exporter", log.lines())?;
    for (name, told) in [BY_DNS, BY_HOSTS].iter().zip(told) {
        until(&format!("an alert at {name}"), PATIENCE, || {
            Ok(told.alerts("MaillogCatchingUp").pop())
        })?;
    }
    Ok(())
}
