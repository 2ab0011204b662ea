//! A real logrotate in many configurations: it rotates a log while the exporter runs, after it was stopped and after it
//! was killed, twice each time, and every line must count once.
//!
//! Each rotation is a day later for logrotate, which refuses to write to a file of the same date again.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde_json::Value;

use crate::Result;
use crate::exporter::{Daemon, get};
use crate::wait::until;

const PATIENCE: Duration = Duration::from_secs(60);

/// A configuration of logrotate.
struct Case {
    /// The name of the log.
    log: &'static str,
    /// The directives. `{elsewhere}` is a directory that the exporter knows from `rotated_dirs`, `{configured}` one that
    /// it knows from logrotate's configuration.
    directives: &'static str,
}

const fn mail_log(directives: &'static str) -> Case {
    Case {
        log: "mail.log",
        directives,
    }
}

const CASES: &[Case] = &[
    mail_log("create"),
    mail_log("create\nstart 0"),
    mail_log("create\ncompress"),
    mail_log("create\ncompress\ndelaycompress"),
    mail_log("create\ncompress\ncompresscmd /usr/bin/xz\ncompressext .xz"),
    mail_log(
        "create\ncompress\ncompresscmd /usr/bin/zstd\ncompressoptions -q --rm\ncompressext .zst",
    ),
    mail_log("create\ncompress\ncompresscmd /usr/bin/bzip2\ncompressext .bz2"),
    mail_log("create\ndateext"),
    mail_log("create\ndateext\ncompress"),
    mail_log("create\ndateext\ndateformat -%s"),
    mail_log("create\ndateext\ndateformat .%s"),
    mail_log("create\ndateext\ndateformat -%s\ncompress"),
    mail_log("create\ndateext\ndateformat -%d%m%Y-%H%M%S"),
    mail_log("create\ndateext\ndateformat _%m-%d-%Y"),
    mail_log("create\nextension .log"),
    mail_log("create\nextension .log\ncompress"),
    mail_log("create\nextension .log\ndateext"),
    mail_log("create\nextension .log\ndateext\ndateformat .%s"),
    mail_log("create\nolddir archive\ncreateolddir 0755"),
    mail_log("create\nolddir archive\ncreateolddir 0755\ncompress\ndateext"),
    mail_log("create\nolddir {elsewhere}"),
    mail_log("create\nolddir {elsewhere}\ncompress\ndateext\ndateformat -%s"),
    mail_log("create\nolddir {configured}\ndateext\ndateformat -%s"),
    mail_log("nocreate"),
    mail_log("nocreate\ndateext\ndateformat -%s"),
    mail_log("copytruncate"),
    mail_log("copytruncate\ncompress"),
    mail_log("copytruncate\ndateext\ndateformat -%s"),
    mail_log("copytruncate\nolddir archive\ncreateolddir 0755"),
    mail_log("copy"),
    mail_log("copy\ndateext\ncompress"),
    Case {
        log: "maillog",
        directives: "create\ndateext\ndateformat %Y%m%d",
    },
];

/// All cases.
pub fn every_configuration(folder: &Path) -> Result<()> {
    let mut failures = String::new();
    for (number, case) in CASES.iter().enumerate() {
        let folder = folder.join(number.to_string());
        fs::create_dir(&folder)?;
        if let Err(error) = run(case, &folder) {
            failures += &format!("{}: {error}\n", case.directives.replace('\n', ", "));
        }
    }
    if failures.is_empty() {
        Ok(())
    } else {
        Err(failures.into())
    }
}

fn run(case: &Case, folder: &Path) -> Result<()> {
    let mut log = Log::create(case, folder)?;
    let elsewhere = folder.join("elsewhere");
    let config = format!(
        "sources: [{{name: mail, files: ['{}'], rotated_dirs: ['{}']}}]\nstate: {{path: '{}'}}\n",
        log.path.display(),
        elsewhere.display(),
        folder.join("state").display()
    );
    let mut daemon = Daemon::configured(&config, folder)?;
    log.write(50)?;
    log.is_counted(&daemon)?;
    for signal in ["TERM", "KILL"] {
        for _ in 0..3 {
            log.rotate()?;
            log.write(20)?;
        }
        log.is_counted(&daemon)?;
        daemon.end(signal)?;
        log.write(20)?;
        log.rotate()?;
        log.write(20)?;
        log.rotate()?;
        log.write(20)?;
        daemon = Daemon::configured(&config, folder)?;
        log.is_counted(&daemon)?;
    }
    let lost = daemon.scrape()?.sum("maillog_source_positions_lost_total");
    daemon.end("TERM")?;
    if lost == 0 {
        return Ok(());
    }
    Err(format!("{lost} positions were lost").into())
}

/// The log, its writer and its logrotate.
struct Log {
    path: PathBuf,
    folder: PathBuf,
    config: PathBuf,
    file: File,
    lines: u64,
    bytes: u64,
    day: u32,
}

impl Log {
    fn create(case: &Case, folder: &Path) -> Result<Self> {
        let logs = folder.join("log");
        let path = logs.join(case.log);
        let (elsewhere, configured) = (folder.join("elsewhere"), folder.join("configured"));
        for folder in [&logs, &elsewhere, &configured] {
            fs::create_dir(folder)?;
        }
        let directives = case
            .directives
            .replace("{elsewhere}", &elsewhere.to_string_lossy())
            .replace("{configured}", &configured.to_string_lossy());
        let text = format!("{} {{\nrotate 40\n{directives}\n}}\n", path.display());
        let mut config = folder.join("logrotate.conf");
        if case.directives.contains("{configured}") {
            fs::create_dir_all("/etc/logrotate.d")?;
            config = "/etc/logrotate.d/mail-of-this-test".into();
        }
        fs::write(&config, text)?;
        Ok(Log {
            file: append(&path)?,
            path,
            folder: folder.to_owned(),
            config,
            lines: 0,
            bytes: 0,
            day: 0,
        })
    }

    /// Writes lines of different lengths, so that lines that are lost and lines that count twice cannot outweigh each
    /// other in the number of bytes.
    fn write(&mut self, count: u64) -> Result<()> {
        for _ in 0..count {
            self.lines += 1;
            let number = self.lines;
            let padding = "x".repeat((number * number % 97) as usize);
            let line = format!(
                "Nov 23 10:00:00 mail postfix/smtp[1]: 4F9D1{number:06}: to=<{padding}@example.org>, \
                 relay=mx.example.org[192.0.2.1]:25, delay=1, delays=0/0/1/0, dsn=2.0.0, status=sent (250 2.0.0 Ok)\n"
            );
            self.bytes += line.len() as u64;
            self.file.write_all(line.as_bytes())?;
        }
        Ok(())
    }

    /// Rotates the log, writes a line to the file that the writer has open, and reopens it.
    fn rotate(&mut self) -> Result<()> {
        self.day += 1;
        let output = Command::new("faketime")
            .env("NO_FAKE_STAT", "1")
            .arg(format!("+{} days", self.day))
            .args(["logrotate", "--force", "--state"])
            .arg(self.folder.join("logrotate.state"))
            .arg(&self.config)
            .output()?;
        if !output.status.success() {
            let errors = String::from_utf8_lossy(&output.stderr);
            return Err(format!("logrotate: {errors}").into());
        }
        if !is_compressed_at_once(&fs::read_to_string(&self.config)?) {
            self.write(1)?;
        }
        self.file = append(&self.path)?;
        Ok(())
    }

    /// Waits until every line is counted, and checks that none counts twice.
    fn is_counted(&self, daemon: &Daemon) -> Result<()> {
        let mut last = (0, 0);
        let waited = until("every line", PATIENCE, || {
            let sources: Value = serde_json::from_str(&get(&daemon.address, "/api/v1/sources")?)?;
            let source = &sources["sources"][0];
            let number = |value: &Value| value.as_u64().unwrap_or_default();
            last = (number(&source["lines"]["event"]), number(&source["bytes"]));
            Ok((last.0 >= self.lines).then_some(()))
        });
        if waited.is_ok() && last == (self.lines, self.bytes) {
            return Ok(());
        }
        let expected = (self.lines, self.bytes);
        Err(format!("{last:?} lines and bytes instead of {expected:?}").into())
    }
}

/// Whether a file is compressed as soon as it is rotated: what is written to it afterwards is lost by logrotate.
fn is_compressed_at_once(config: &str) -> bool {
    config.contains("\ncompress\n") && !config.contains("delaycompress")
}

fn append(path: &Path) -> Result<File> {
    Ok(OpenOptions::new().append(true).create(true).open(path)?)
}
