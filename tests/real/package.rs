//! The Debian package: built, checked with lintian, installed, upgraded and purged on a machine with a real
//! systemd.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::net::UdpSocket;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::Result;
use crate::exporter::{Scrape, get};
use crate::machine::Machine;
use crate::sandbox::finish;
use crate::wait::until;

const SOURCE: &str = env!("CARGO_MANIFEST_DIR");
const PROGRAM: &str = env!("CARGO_BIN_EXE_maillog_exporter");
const ADDRESS: &str = "127.0.0.1:9925";
const PATIENCE: Duration = Duration::from_secs(20);

/// Limit of the unit's exposure, as calculated by `systemd-analyze security`.
const EXPOSURE: f64 = 2.0;

/// The well-known logs of a machine.
const NO_LOGS: &str = "rm -rf /var/log/mail* /var/log/exim* /var/log/postfix.log";

/// Files that dpkg, systemd and man-db write whatever is installed.
const BOOKKEEPING: [&str; 6] = [
    "/var/lib/dpkg/",
    "/var/cache/",
    "/var/log/",
    "/var/lib/systemd/",
    "/var/tmp",
    "/etc/.pwd.lock",
];

const DEFERRED: &str = "Nov 23 10:00:00 mx postfix/smtp[7]: 4F1A2B3C4D: to=<a@example.com>, \
    relay=mx.example.com[192.0.2.1]:25, delay=1, delays=0/0/0/1, dsn=4.7.0, status=deferred \
    (host mx.example.com[192.0.2.1] said: 421 4.7.0 Try again later (in reply to MAIL FROM command))\n";

/// Builds the package with `packaging/build-deb` from the tested binary.
fn build(folder: &Path, version: &str) -> Result<PathBuf> {
    let target = folder.join("target");
    fs::create_dir_all(target.join("release"))?;
    fs::copy(PROGRAM, target.join("release/maillog_exporter"))?;
    let package = folder.join(format!("{version}.deb"));
    finish(
        Command::new(Path::new(SOURCE).join("packaging/build-deb"))
            .args(["--no-build", "--fast", "--deb-version", version, "--output"])
            .arg(&package)
            .env("CARGO_TARGET_DIR", target),
    )?;
    Ok(package)
}

/// lintian finds no error.
fn lint(package: &Path) -> Result<()> {
    let output = Command::new("lintian")
        .args(["--allow-root", "--fail-on", "error"])
        .arg(package)
        .output()?;
    if output.status.success() {
        return Ok(());
    }
    Err(String::from_utf8_lossy(&output.stdout).into())
}

/// Checks the unit's exposure score.
pub fn exposure() -> Result<()> {
    let unit = Path::new(SOURCE).join("packaging/maillog_exporter.service");
    let output = Command::new("systemd-analyze")
        .args(["security", "--offline=true", "--no-pager"])
        .arg(unit)
        .env("LC_ALL", "C")
        .output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    let score = text
        .split("exposure level for maillog_exporter.service: ")
        .nth(1)
        .and_then(|rest| rest.split(' ').next()?.parse::<f64>().ok())
        .ok_or_else(|| format!("no score in {text}"))?;
    if score < EXPOSURE {
        return Ok(());
    }
    Err(format!("exposed to {score}, allowed is less than {EXPOSURE}: {text}").into())
}

/// Installs, upgrades and purges the package.
pub fn trial(folder: &Path) -> Result<()> {
    let (old, new) = (build(folder, "0.1.0-1")?, build(folder, "0.1.0-2")?);
    lint(&old)?;
    let machine = Machine::boot(folder, |root| {
        fs::create_dir_all(root.join("opt"))?;
        fs::copy(&old, root.join("opt/old.deb"))?;
        fs::copy(&new, root.join("opt/new.deb"))?;
        Ok(())
    })?;
    machine.sh(NO_LOGS)?;
    let before = (machine.own_files()?, accounts(&machine)?);

    // Without a mail log it waits for one.
    machine.sh("dpkg -i /opt/old.deb")?;
    active(&machine)?;
    unprivileged(&machine)?;
    machine.sh("maillog_exporter check /etc/maillog_exporter/maillog_exporter.yml")?;
    machine.sh("test -f /lib/systemd/system/maillog_exporter.service")?;
    machine.sh("man -w maillog_exporter")?;
    let log = machine.root.join("var/log/mail.log");
    fs::write(&log, DEFERRED)?;
    fs::set_permissions(&log, fs::Permissions::from_mode(0o640))?;
    machine.sh("chown root:adm /var/log/mail.log")?;
    counted(1)?;

    let first = main_process(&machine)?;
    machine.sh("echo '# mine' >>/etc/maillog_exporter/maillog_exporter.yml")?;
    machine.sh("dpkg -i /opt/new.deb")?;
    active(&machine)?;
    if main_process(&machine)? == first {
        return Err("the upgrade did not start the new program".into());
    }
    machine.sh("grep -qx '# mine' /etc/maillog_exporter/maillog_exporter.yml")?;
    counted(1)?;
    OpenOptions::new()
        .append(true)
        .open(&log)?
        .write_all(DEFERRED.as_bytes())?;
    counted(2)?;
    machine.sh("systemctl reload maillog_exporter")?;
    active(&machine)?;
    restarted_by_watchdog(&machine)?;
    syslog_port_and_journal(&machine)?;

    machine.sh("dpkg --purge maillog-exporter")?;
    machine.sh(NO_LOGS)?;
    let after = (machine.own_files()?, accounts(&machine)?);
    let left: Vec<_> = after
        .0
        .iter()
        .filter(|path| !before.0.contains(path))
        .filter(|path| !BOOKKEEPING.iter().any(|known| path.starts_with(known)))
        .filter(|path| !path.to_string_lossy().ends_with('-'))
        .collect();
    if !left.is_empty() || machine.sh("dpkg -l maillog-exporter").is_ok() {
        return Err(format!("the purge left {left:?}").into());
    }
    if after.1 != before.1 {
        return Err(format!("users and groups: {} is {}", before.1, after.1).into());
    }
    machine.sh("test ! -e /var/lib/maillog_exporter -a ! -e /etc/maillog_exporter")?;
    machine.sh("test -z \"$(find /var/lib/systemd /etc/systemd -name '*maillog*')\"")?;
    Ok(())
}

fn accounts(machine: &Machine) -> Result<String> {
    machine.sh("sort /etc/passwd /etc/group; cut -d: -f1 /etc/shadow /etc/gshadow")
}

/// Waits until the unit is active; an error includes the journal.
fn active(machine: &Machine) -> Result<()> {
    machine
        .sh("systemctl is-active maillog_exporter && systemctl is-enabled maillog_exporter")
        .map(drop)
        .map_err(|error| {
            let journal = machine.sh("journalctl --no-pager | tail -40");
            let journal = journal.unwrap_or_else(|error| error.to_string());
            format!("{error}: {journal}").into()
        })
}

fn main_process(machine: &Machine) -> Result<String> {
    let pid = machine.sh("systemctl show --property=MainPID --value maillog_exporter")?;
    Ok(pid.trim().to_owned())
}

/// It runs as its own user, without capabilities and with the system call filter.
fn unprivileged(machine: &Machine) -> Result<()> {
    let process = main_process(machine)?;
    let status = machine.sh(&format!("cat /proc/{process}/status"))?;
    let has = |line: &str| status.lines().any(|it| it == line);
    let owner = machine.sh(&format!("stat -c %U /proc/{process}"))?;
    let nothing = "0".repeat(16);
    if owner.trim() == "maillog_exporter"
        && has(&format!("CapEff:\t{nothing}"))
        && has(&format!("CapBnd:\t{nothing}"))
        && has("NoNewPrivs:\t1")
        && has("Seccomp:\t2")
    {
        return Ok(());
    }
    Err(format!("it runs as {owner}: {status}").into())
}

/// Waits until /metrics shows this count of 421.
fn counted(answers: u64) -> Result<()> {
    shown(&format!(
        "maillog_codes_total{{direction=\"outbound\",code=\"421\"}} {answers}"
    ))
}

/// Waits until /metrics shows the line.
fn shown(line: &str) -> Result<()> {
    let mut last = String::new();
    until(line, PATIENCE, || {
        let Ok(page) = get(ADDRESS, "/metrics") else {
            return Ok(None);
        };
        last = Scrape(page).0;
        Ok(last.lines().any(|shown| shown == line).then_some(()))
    })
    .map_err(|error| format!("{error}; last exposition: {last}").into())
}

/// With the drop-in of docs/install.md it receives syslog on port 514; the allowed system calls suffice for
/// reading the journal.
fn syslog_port_and_journal(machine: &Machine) -> Result<()> {
    machine.sh(
        "printf '[Service]\\nAmbientCapabilities=%s\\nCapabilityBoundingSet=%s\\n' \
           CAP_NET_BIND_SERVICE CAP_NET_BIND_SERVICE \
           >/run/systemd/system/maillog_exporter.service.d/port.conf
         printf 'sources: [{name: network, syslog: [\"udp://127.0.0.1:514\"]}, {name: journal, journald: {}}]\\n' \
           >/etc/maillog_exporter/maillog_exporter.yml
         systemctl daemon-reload
         systemctl restart maillog_exporter",
    )?;
    active(machine)?;
    let socket = UdpSocket::bind("127.0.0.1:0")?;
    socket.send_to(format!("<22>{DEFERRED}").as_bytes(), "127.0.0.1:514")?;
    let event =
        |source: &str| format!("maillog_lines_total{{source=\"{source}\",result=\"event\"}} 1");
    shown(&event("network"))?;
    machine.sh(&format!(
        "echo '{}' | systemd-cat --identifier=postfix/smtp",
        DEFERRED
            .trim()
            .split_once("]: ")
            .ok_or("a line without a tag")?
            .1
    ))?;
    shown(&event("journal"))
}

/// A stopped process is killed by the watchdog and restarted.
fn restarted_by_watchdog(machine: &Machine) -> Result<()> {
    machine.sh("mkdir -p /run/systemd/system/maillog_exporter.service.d
         printf '[Service]\\nWatchdogSec=1s\\nTimeoutAbortSec=1s\\n' \
           >/run/systemd/system/maillog_exporter.service.d/soon.conf
         systemctl daemon-reload
         systemctl restart maillog_exporter")?;
    let stuck = main_process(machine)?;
    machine.sh(&format!("kill -STOP {stuck}"))?;
    until("another process", PATIENCE, || {
        let now = main_process(machine)?;
        let up = machine.sh("systemctl is-active maillog_exporter").is_ok();
        Ok((up && now != stuck && now != "0").then_some(()))
    })?;
    counted(2)
}
