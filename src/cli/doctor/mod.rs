//! The command `doctor`: what can be read on this machine, which share of it is understood, and what to mend.
//!
//! `machine` finds mail servers, the journal and containers; `log` examines each log with the help of `access`
//! (permissions), `sample` (its first and last lines) and `rotation`; `redact` makes shapes of lines that are not
//! understood, and `print` shows the findings.

mod access;
mod finding;
mod log;
mod machine;
mod print;
mod redact;
mod rotation;
mod sample;

use std::collections::BTreeSet;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::Serialize;

use self::access::Accounts;
use self::finding::{Finding, Severity, both};
use self::log::{Log, Surroundings};
use self::machine::{Journal, Server};
use super::error::Error;
use super::input::ReadSettings;
use super::language::{LanguageParser, Locale};
use super::output::{self, OutputFormat};
use super::serve::default_logs;
use super::source_format;
use crate::mounts;
use crate::parse::Format;
use crate::source;

/// The arguments.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:
  maillog_exporter doctor                          the usual logs, the journal
  maillog_exporter doctor /var/log/mail.log        one log
  maillog_exporter doctor '/var/log/mx*/mail.log'  all that match a pattern
  maillog_exporter doctor --log-format exim main   a log of a known format
  maillog_exporter doctor --config.file mail.yml   with zone and patterns
  maillog_exporter doctor --format=json | jq '.logs[].findings[]'

Of each log, the first 64 lines and the last 4 MiB are read. Nothing is changed.
Exit codes: 0 nothing to mend, also with warnings; 1 problems found.")]
pub struct Args {
    /// Logs or quoted patterns; without any, the usual mail logs that exist
    #[arg(value_name = "LOG")]
    logs: Vec<String>,
    /// Configuration file, of which patterns and time zone are used
    #[arg(long = "config.file", value_name = "FILE")]
    config: Option<PathBuf>,
    /// How to print the findings
    #[arg(long, value_enum, default_value_t = OutputFormat::Text)]
    format: OutputFormat,
    /// Language of the text [default: from the environment]
    #[arg(long, value_parser = LanguageParser)]
    lang: Option<Locale>,
    /// Format of the logs: a mail server or syslog; detected by default
    #[arg(long, value_name = "NAME", default_value = "auto", value_parser = source_format::parse)]
    log_format: Format,
}

/// The output of `doctor`.
#[derive(Serialize)]
struct Examination {
    /// The user who runs it.
    user: String,
    /// The time of the machine.
    time: Timestamp,
    /// The worst severity of all findings.
    severity: Severity,
    /// The mail servers of the machine; absent if logs are named.
    servers: Option<Vec<Server>>,
    /// The journal; absent if there is none, or if logs are named.
    journal: Option<Journal>,
    /// Directories with the logs of containers.
    containers: Vec<PathBuf>,
    /// The logs.
    logs: Vec<Log>,
    /// What was found about the machine as a whole.
    findings: Vec<Finding>,
}

impl Examination {
    /// All findings.
    fn findings(&self) -> impl Iterator<Item = &Finding> {
        let journal = self.journal.iter().flat_map(|it| &it.findings);
        let logs = self.logs.iter().flat_map(|it| &it.findings);
        self.findings.iter().chain(journal).chain(logs)
    }
}

impl Args {
    /// The language that an option names.
    pub fn language(&self) -> Option<Locale> {
        self.lang
    }
}

/// Runs the command.
///
/// # Errors
///
/// If the configuration is not valid, there are problems to mend, or the output cannot be written.
pub fn run(args: &Args) -> Result<(), Error> {
    let root = Path::new("/");
    let settings = ReadSettings::of(args.config.as_deref(), args.log_format)?;
    let accounts = Accounts::of(root);
    // The owner of a process is its effective user (proc(5)).
    let owner = std::fs::metadata("/proc/self").map_or(0, |it| it.uid());
    let user = accounts.user(owner);
    let around = Surroundings {
        root,
        accounts,
        user: user.clone(),
        settings: &settings,
        format: args.log_format,
        now: Timestamp::now(),
    };
    let mut examination = Examination {
        user,
        time: around.now,
        severity: Severity::Ok,
        servers: None,
        journal: None,
        containers: Vec::new(),
        logs: Vec::new(),
        findings: Vec::new(),
    };
    let paths = match args.logs.is_empty() {
        true => usual_logs(),
        false => named_logs(&args.logs),
    };
    examination.logs = paths
        .iter()
        .map(|path| Log::examine(path, &around))
        .collect();
    if args.logs.is_empty() {
        examine_machine(&mut examination, &around);
    }
    let worst = examination.findings().map(|it| it.severity).max();
    examination.severity = worst.unwrap_or(Severity::Ok);
    match args.format {
        OutputFormat::Json => output::print(args.format, &examination, |_, _| Ok(()))?,
        OutputFormat::Text => {
            let language = Locale::chosen(args.lang);
            print::print(&mut anstream::stdout().lock(), &examination, language)?;
        }
    }
    match examination.severity {
        Severity::Problem => Err(Error::Reported),
        Severity::Ok | Severity::Warning => Ok(()),
    }
}

/// The usual logs that exist, each once: one may be a link to another.
fn usual_logs() -> Vec<PathBuf> {
    let mut seen = BTreeSet::new();
    let exists = |path: &&str| {
        Path::new(path)
            .symlink_metadata()
            .is_ok_and(|it| !it.is_dir())
    };
    let paths = default_logs::paths().filter(exists).map(PathBuf::from);
    paths
        .filter(|path| seen.insert(path.canonicalize().unwrap_or_else(|_| path.clone())))
        .collect()
}

/// The logs that the arguments stand for. One that matches nothing is kept, to be reported.
fn named_logs(logs: &[String]) -> Vec<PathBuf> {
    let of_log = |log: &String| {
        let is_silent = mounts::silent(Path::new(log)).is_some();
        let found = if is_silent {
            Vec::new()
        } else {
            source::find(log)
        };
        if found.is_empty() {
            return vec![PathBuf::from(log)];
        }
        found
    };
    logs.iter().flat_map(of_log).collect()
}

/// Looks for mail servers, the journal and the logs of containers.
fn examine_machine(examination: &mut Examination, around: &Surroundings<'_>) {
    let servers = machine::servers(around.root);
    examination.journal = machine::journal(around.root, around.settings, &around.user);
    examination.containers = machine::containers(around.root);
    let of_journal = examination.journal.iter().flat_map(|it| &it.sample);
    let samples = examination.logs.iter().flat_map(|it| &it.sample);
    let logged: BTreeSet<&str> = samples
        .chain(of_journal)
        .flat_map(|sample| sample.servers.iter().copied())
        .collect();
    let has_empty_log = examination.logs.iter().any(|log| log.size == Some(0));
    let mut findings = machine::judge_servers(&servers, &logged, has_empty_log);
    for directory in &examination.containers {
        let directory = directory.display();
        findings.push(Finding::ok(both(
            format!(
                "logs of containers in {directory}; follow them with a source of type container (docs/sources.md)"
            ),
            format!("{directory} 中有容器日志；请用 containers 类型的日志源读取（docs/sources.md）"),
        )));
    }
    if examination.logs.is_empty() && logged.is_empty() && examination.containers.is_empty() {
        findings.push(Finding::problem(
            both("no mail log was found in the usual places", "在常见位置没有找到邮件日志"),
            both(
                "maillog_exporter doctor /path/to/mail.log   # name the log that the mail server writes",
                "maillog_exporter doctor /path/to/mail.log   # 指定邮件服务器写入的日志",
            ),
        ));
    }
    examination.findings = findings;
    examination.servers = Some(servers);
}
