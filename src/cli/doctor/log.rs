//! Examines a log: whether it can be read, who wrote it, which share of it is understood, its clock and its rotation.

use std::fs::{self, File, Metadata};
use std::io;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use jiff::Timestamp;
use serde::Serialize;

use super::access::{self, Accounts, SERVICE_USER};
use super::finding::Finding;
use super::rotation::Rotation;
use super::sample::Sample;
use crate::catalog::percentage;
use crate::cli::input::ReadSettings;
use crate::parse::Format;

/// A log.
#[derive(Debug, Serialize)]
pub struct Log {
    /// Its path.
    pub path: PathBuf,
    /// Bytes on disk.
    pub size: Option<u64>,
    /// Owner, group and mode.
    pub permissions: Option<String>,
    /// Whether this user can read it.
    pub readable: bool,
    /// Seconds since its newest line, by the clock of this machine.
    pub age_seconds: Option<i64>,
    /// What its first and last lines say.
    pub sample: Option<Sample>,
    /// Its rotation.
    pub rotation: Option<Rotation>,
    /// What was found.
    pub findings: Vec<Finding>,
}

/// What the examination needs to know about the machine.
pub struct Surroundings<'a> {
    /// The root directory of its configuration.
    pub root: &'a Path,
    /// Its users and groups.
    pub accounts: Accounts,
    /// The name of this user.
    pub user: String,
    /// How logs are read.
    pub settings: &'a ReadSettings,
    /// The format of the logs.
    pub format: Format,
    /// The time.
    pub now: Timestamp,
}

/// A log without a new line for longer than this is worth a look, in seconds.
const QUIET: i64 = 24 * 3600;

/// How far in the future the newest line may be, in seconds.
const CLOCK_TOLERANCE: i64 = 120;

/// How far the difference between the newest line and the time at which the file was written may be from that of two time
/// zones, in seconds.
const ZONE_TOLERANCE: i64 = 15;

/// Time zones differ by multiples of this, in seconds.
const ZONE_STEP: i64 = 15 * 60;

/// A log that is larger than this and not rotated is a problem, in bytes.
const UNROTATED: u64 = 4 << 30;

impl Log {
    /// Examines a log.
    pub fn examine(path: &Path, around: &Surroundings<'_>) -> Self {
        let mut log = Log {
            path: path.to_owned(),
            size: None,
            permissions: None,
            readable: false,
            age_seconds: None,
            sample: None,
            rotation: None,
            findings: Vec::new(),
        };
        match fs::metadata(path) {
            Ok(metadata) => log.examine_file(&metadata, around),
            Err(error) => log.findings.push(match error.kind() {
                io::ErrorKind::NotFound => Finding::problem(
                    "no such file",
                    "name the log that the mail server writes; without arguments, doctor looks for it",
                ),
                io::ErrorKind::PermissionDenied => Finding::problem(
                    format!("{} may not look into the directory", around.user),
                    format!("namei -l {}   # shows the directory that refuses", path.display()),
                ),
                _ => Finding::problem(format!("cannot be examined: {error}"), "ls -l the file"),
            }),
        }
        log
    }

    fn examine_file(&mut self, metadata: &Metadata, around: &Surroundings<'_>) {
        let path = self.path.clone();
        self.permissions = Some(access::shown(metadata, &around.accounts));
        if metadata.is_dir() {
            let pattern = format!("maillog_exporter '{}/*.log'", path.display());
            self.findings
                .push(Finding::problem("is a directory", pattern));
            return;
        }
        if metadata.file_type().is_fifo() {
            let text = "is a named pipe; its lines are not looked at, so that none is taken";
            self.findings.push(Finding::ok(text));
            return;
        }
        self.size = Some(metadata.size());
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(error) => {
                let mend = access::mend(&path, metadata, &around.accounts, &around.user);
                let text = format!("cannot be read by {}: {error}", around.user);
                self.findings.push(Finding::problem(text, mend));
                return;
            }
        };
        self.readable = true;
        if around.user != SERVICE_USER && around.accounts.service_can_read(metadata) == Some(false)
        {
            let mend = access::mend(&path, metadata, &around.accounts, SERVICE_USER);
            let mend = format!("{mend} && systemctl restart maillog_exporter");
            let text = format!("the service's user {SERVICE_USER} cannot read it");
            self.findings.push(Finding::problem(text, mend));
        }
        let modified = metadata.modified().ok();
        let written = modified.and_then(|time| Timestamp::try_from(time).ok());
        let written = written.unwrap_or(around.now);
        match Sample::of(file, written, around.settings, around.format) {
            Ok(sample) => {
                self.judge_content(&sample, around);
                self.judge_clock(&sample, written, around);
                self.sample = Some(sample);
            }
            Err(error) => {
                let text = format!("cannot be read: {error}");
                self.findings
                    .push(Finding::problem(text, "look at the disk: dmesg | tail"));
            }
        }
        let rotation = Rotation::of(&path, around.root);
        self.judge_rotation(&rotation, modified, around);
        self.rotation = Some(rotation);
    }

    /// Which share is understood.
    fn judge_content(&mut self, sample: &Sample, around: &Surroundings<'_>) {
        let path = self.path.display();
        let Some(share) = sample.understood() else {
            let text = "is empty: nothing was written since it was rotated or created";
            let mend = "logger -p mail.info test   # and look whether the line arrives";
            self.findings.push(Finding::warning(text, mend));
            return;
        };
        if sample.servers.is_empty() {
            let mend = match around.format {
                Format::Auto => format!(
                    "maillog_exporter doctor --log-format NAME {path}   # if you know the server; other programs: docs/custom.md"
                ),
                _ => format!("maillog_exporter doctor {path}   # without --log-format"),
            };
            let text = "no mail server is recognised in its first and last lines";
            self.findings.push(match sample.lines {
                0..20 => Finding::warning(text, mend),
                _ => Finding::problem(text, mend),
            });
            return;
        }
        let text = format!(
            "{} of {} lines are understood",
            percentage(share),
            sample.lines
        );
        let mend = format!(
            "maillog_exporter parse --unmatched {path}   # shows the others; please report their shapes"
        );
        self.findings.push(match share {
            share if share < 0.9 => Finding::problem(text, mend),
            share if share < 0.99 => Finding::warning(text, mend),
            _ => Finding::ok(text),
        });
    }

    /// Whether the newest line is recent, and its time that of the file.
    fn judge_clock(&mut self, sample: &Sample, written: Timestamp, around: &Surroundings<'_>) {
        let Some(newest) = sample.newest else {
            if sample.lines > 0 {
                let mend = "maillog_exporter parse FILE | head   # shows what is read of them";
                self.findings
                    .push(Finding::problem("its lines have no time", mend));
            }
            return;
        };
        let seconds = |from: Timestamp, to: Timestamp| to.duration_since(from).as_secs();
        let age = seconds(newest, around.now);
        self.age_seconds = Some(age);
        let ahead = seconds(written, newest);
        // The time of the file is its last line's, unless it was copied or touched.
        let steps = (ahead as f64 / ZONE_STEP as f64).round() as i64;
        let is_zone = steps != 0
            && steps.abs() <= 14 * 4
            && (ahead - steps * ZONE_STEP).abs() <= ZONE_TOLERANCE;
        if is_zone {
            let text = format!(
                "its newest line is {:+} h from the time at which the file was written: another time zone, or a clock that is off",
                steps as f64 / 4.0
            );
            let mend = "set time_zone in the configuration (docs/configuration.md); timedatectl shows the clock";
            self.findings.push(match steps {
                // No line is written before its time.
                1.. => Finding::problem(text, mend),
                // The file may have been copied or touched later.
                _ => Finding::warning(text, mend),
            });
        } else if age < -CLOCK_TOLERANCE {
            let text = format!(
                "its newest line is {} s in the future: a clock is off",
                -age
            );
            self.findings.push(Finding::problem(
                text,
                "timedatectl   # is the clock synchronised?",
            ));
        } else if age > QUIET {
            let text = format!("no new line for {} days", age / 86_400);
            let mend =
                "systemctl status rsyslog; logger -p mail.info test   # is it still written?";
            self.findings.push(Finding::warning(text, mend));
        }
    }

    /// Whether the rotated files are found, and the writer uses the new file.
    fn judge_rotation(
        &mut self,
        rotation: &Rotation,
        modified: Option<SystemTime>,
        around: &Surroundings<'_>,
    ) {
        let path = self.path.display();
        if let (Some(newest), Some(written), Some(modified)) =
            (&rotation.newest, rotation.written, modified)
            && !crate::source::is_compressed(newest)
            && written
                .duration_since(modified)
                .is_ok_and(|it| it.as_secs() > 60)
        {
            let text = format!(
                "{} was written after {path}: its writer still writes to the rotated file",
                newest.display()
            );
            let mend = "systemctl kill -s HUP rsyslog   # or restart what writes the log; see postrotate in logrotate's configuration";
            self.findings.push(Finding::problem(text, mend));
        }
        let uses_logrotate = around.root.join("etc/logrotate.d").is_dir();
        match (&rotation.configured_in, rotation.naming) {
            (Some(file), naming) => {
                let files = match naming {
                    Some(naming) => rotated(rotation.files, naming),
                    None => "not rotated yet".to_owned(),
                };
                let text = format!("rotated by {}: {files}", file.display());
                self.findings.push(match rotation.copytruncate {
                    false => Finding::ok(text),
                    true => Finding::warning(
                        format!(
                            "{text}; copytruncate can lose lines that are written during the copy"
                        ),
                        format!(
                            "replace copytruncate by create and a postrotate script in {}",
                            file.display()
                        ),
                    ),
                });
            }
            (None, Some(naming)) => {
                self.findings
                    .push(Finding::ok(rotated(rotation.files, naming)));
            }
            (None, None) => {
                let text = "no rotated files, and logrotate's configuration does not name it";
                let mend = format!("add {path} to a file in /etc/logrotate.d");
                if self.size.is_some_and(|size| size > UNROTATED) {
                    self.findings.push(Finding::problem(text, mend));
                } else if uses_logrotate && path.to_string().starts_with("/var/log/") {
                    self.findings.push(Finding::warning(text, mend));
                }
            }
        }
    }
}

/// How many rotated files there are, and how rotation names them.
fn rotated(files: usize, naming: &str) -> String {
    let s = if files == 1 { "" } else { "s" };
    format!("{files} rotated file{s}, {naming}")
}
