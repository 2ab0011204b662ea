//! What is on the machine: mail servers, the journal, and the logs of containers. Nothing is changed.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde::Serialize;

use super::finding::{Finding, both, command};
use super::sample::Sample;
use crate::cli::input::ReadSettings;

/// A mail server that can be on a machine: its `mta` label, files that show that it is installed, and names of its
/// processes.
type Known = (
    &'static str,
    &'static [&'static str],
    &'static [&'static str],
);

const KNOWN: &[Known] = &[
    (
        "postfix",
        &["usr/sbin/postfix", "usr/local/sbin/postfix"],
        &["qmgr"],
    ),
    (
        "exim",
        &["usr/sbin/exim4", "usr/sbin/exim", "usr/local/sbin/exim"],
        &["exim4", "exim"],
    ),
    ("sendmail", &["etc/mail/sendmail.cf"], &["sendmail-mta"]),
    (
        "opensmtpd",
        &["usr/sbin/smtpd", "etc/smtpd.conf"],
        &["smtpd"],
    ),
    ("qmail", &["var/qmail/bin/qmail-send"], &["qmail-send"]),
    (
        "courier",
        &["usr/sbin/courierd", "usr/lib/courier/courierd"],
        &["courierd"],
    ),
    (
        "haraka",
        &["usr/bin/haraka", "usr/local/bin/haraka"],
        &["haraka"],
    ),
    (
        "stalwart",
        &["usr/local/bin/stalwart", "opt/stalwart/bin/stalwart"],
        &["stalwart"],
    ),
    ("kumomta", &["opt/kumomta/sbin/kumod"], &["kumod"]),
    ("powermta", &["usr/sbin/pmtad"], &["pmtad"]),
    ("dovecot", &["usr/sbin/dovecot"], &["dovecot"]),
    ("rspamd", &["usr/bin/rspamd"], &["rspamd"]),
    (
        "amavis",
        &["usr/sbin/amavisd-new", "usr/sbin/amavisd"],
        &["amavisd"],
    ),
    ("msmtp", &["usr/bin/msmtp"], &[]),
    (
        "nullmailer",
        &["usr/sbin/nullmailer-send"],
        &["nullmailer-send"],
    ),
    ("dma", &["usr/sbin/dma", "usr/libexec/dma"], &[]),
];

/// Where containers' logs are.
const CONTAINERS: [&str; 3] = [
    "var/log/pods",
    "var/lib/docker/containers",
    "var/lib/containers/storage",
];

/// A mail server on the machine.
#[derive(Debug, Serialize, PartialEq, Eq)]
pub struct Server {
    /// Its `mta` label.
    pub name: &'static str,
    /// Whether a process of it runs.
    pub running: bool,
}

/// The mail servers that are installed or run, below a root directory.
pub fn servers(root: &Path) -> Vec<Server> {
    let processes = processes(root);
    let installed = |paths: &[&str]| paths.iter().any(|path| root.join(path).exists());
    let runs = |names: &[&str]| names.iter().any(|name| processes.contains(*name));
    let known = KNOWN.iter().map(|(name, paths, names)| {
        let running = runs(names);
        (installed(paths) || running).then_some(Server { name, running })
    });
    known.flatten().collect()
}

/// The names of all processes (proc_pid_comm(5)).
fn processes(root: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(root.join("proc"))
        .into_iter()
        .flatten()
        .flatten();
    let is_process = |name: &std::ffi::OsStr| {
        let name = name.to_string_lossy();
        name.bytes().all(|byte| byte.is_ascii_digit())
    };
    entries
        .filter(|entry| is_process(&entry.file_name()))
        .filter_map(|entry| fs::read_to_string(entry.path().join("comm")).ok())
        .map(|name| name.trim_end().to_owned())
        .collect()
}

/// Directories with the logs of containers, below a root directory.
pub fn containers(root: &Path) -> Vec<PathBuf> {
    let paths = CONTAINERS.iter().map(|path| root.join(path));
    paths.filter(|path| path.is_dir()).collect()
}

/// The journal of systemd.
#[derive(Debug, Serialize)]
pub struct Journal {
    /// What the newest records of mail servers say.
    pub sample: Option<Sample>,
    /// What was found.
    pub findings: Vec<Finding>,
}

/// How many records of the journal are read.
const RECORDS: &str = "1000";

/// Examines the journal; `None` if there is none.
pub fn journal(root: &Path, settings: &ReadSettings, user: &str) -> Option<Journal> {
    let directories = ["var/log/journal", "run/log/journal"];
    if !directories.iter().any(|path| root.join(path).is_dir()) {
        return None;
    }
    // The facility `mail` (RFC 5424, section 6.2.1), to which mail servers write.
    let output = Command::new("journalctl")
        .args([
            "--quiet",
            "--no-pager",
            "SYSLOG_FACILITY=2",
            "--output=short-iso",
            "-n",
            RECORDS,
        ])
        .stdin(Stdio::null())
        .output();
    let mut findings = Vec::new();
    let sample = match output {
        Err(error) => {
            findings.push(Finding::warning(
                both(
                    format!("there is a journal, but journalctl cannot be run: {error}"),
                    format!("本机有 journal，但无法运行 journalctl：{error}"),
                ),
                both(
                    "apt-get install systemd   # or the package with journalctl",
                    "apt-get install systemd   # 或含有 journalctl 的软件包",
                ),
            ));
            None
        }
        Ok(output) if !output.status.success() => {
            let error = String::from_utf8_lossy(&output.stderr);
            let error = error.lines().next().unwrap_or("no message");
            findings.push(Finding::warning(
                both(
                    format!("journalctl failed: {error}"),
                    format!("journalctl 失败：{error}"),
                ),
                command(format!("usermod -aG systemd-journal {user}")),
            ));
            None
        }
        Ok(output) => Sample::of_text(&output.stdout, settings).ok(),
    };
    match &sample {
        Some(sample) if sample.servers.is_empty() => {
            findings.push(Finding::ok(both(
                "no records of a mail server that this user can read",
                "没有当前用户可以读取的邮件服务器记录",
            )));
        }
        Some(sample) => findings.push(Finding::ok(both(
            format!(
                "records of {}; they are read where there is no log file, or with \
                 `journald: {{facilities: [mail]}}` as a source (docs/sources.md)",
                sample.servers.join(", ")
            ),
            format!(
                "有 {} 的记录；没有日志文件时会读取它们，也可用日志源 \
                 `journald: {{facilities: [mail]}}` 读取（docs/sources.md）",
                sample.servers.join("、")
            ),
        ))),
        None => {}
    }
    Some(Journal { sample, findings })
}

/// Programs that run beside a mail server and may have nothing to log.
const COMPANIONS: [&str; 3] = ["dovecot", "rspamd", "amavis"];

/// What the servers and the logs say together: of a server that runs, there must be a log. `has_empty_log` is whether a log
/// was just rotated, so that the server may not have written to it yet.
pub fn judge_servers(
    servers: &[Server],
    logged: &BTreeSet<&str>,
    has_empty_log: bool,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    for server in servers {
        let name = server.name;
        if logged.contains(name) {
            findings.push(Finding::ok(both(
                format!("{name} is here, and its log is read"),
                format!("本机有 {name}，其日志可以读取"),
            )));
        } else if server.running {
            let text = both(
                format!("{name} runs, but no log of it was found"),
                format!("{name} 正在运行，但没有找到它的日志"),
            );
            let mend = both(
                format!(
                    "maillog_exporter doctor /path/to/its/log   # docs/servers.md says where {name} usually logs"
                ),
                format!(
                    "maillog_exporter doctor /path/to/its/log   # docs/servers.md 说明 {name} 的日志通常在何处"
                ),
            );
            findings.push(match has_empty_log || COMPANIONS.contains(&name) {
                true => Finding::warning(text, mend),
                false => Finding::problem(text, mend),
            });
        } else {
            findings.push(Finding::ok(both(
                format!("{name} is installed, and does not run"),
                format!("{name} 已安装，没有运行"),
            )));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Language;

    #[test]
    fn servers_are_found_by_files_and_processes() {
        let root = tempfile::tempdir().expect("a folder");
        let write = |path: &str, text: &str| {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
            fs::write(path, text).expect("written");
        };
        assert!(servers(root.path()).is_empty());
        write("usr/sbin/exim4", "");
        write("proc/42/comm", "qmgr\n");
        write("proc/self/comm", "haraka\n");
        write("var/log/pods/x", "");
        let found = servers(root.path());
        let expected = [("postfix", true), ("exim", false)];
        assert_eq!(
            found,
            expected.map(|(name, running)| Server { name, running })
        );
        assert_eq!(containers(root.path()), [root.path().join("var/log/pods")]);
        let severities = |logged: &[&str], has_empty_log| {
            let logged: BTreeSet<&str> = logged.iter().copied().collect();
            let findings = judge_servers(&found, &logged, has_empty_log);
            let names = findings.iter().map(|it| it.severity.name(Language::En));
            names.collect::<Vec<_>>()
        };
        assert_eq!(severities(&[], false), ["problem", "ok"]);
        assert_eq!(severities(&[], true), ["warning", "ok"]);
        assert_eq!(severities(&["postfix"], false), ["ok", "ok"]);
    }
}
