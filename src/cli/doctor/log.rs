//! Examines a log: whether it can be read, who wrote it, which share of it is understood, its clock and its rotation.

use std::fs::{self, File, Metadata};
use std::io;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use jiff::Timestamp;
use serde::Serialize;

use super::access::{self, Accounts, SERVICE_USER};
use super::finding::{Finding, both, command};
use super::rotation::{Rotation, naming_in_chinese};
use super::sample::Sample;
use crate::catalog::{Text, percentage};
use crate::cli::input::ReadSettings;
use crate::mounts;
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
        if let Some(point) = mounts::silent(path) {
            log.findings.push(Finding::problem(
                both(
                    format!("the file system at {} does not answer", point.display()),
                    format!("{} 上的文件系统无响应", point.display()),
                ),
                both(
                    "check the file server or the program that provides it; the daemon reads the log once it answers",
                    "检查文件服务器或提供该文件系统的程序；恢复响应后守护进程会读取该日志",
                ),
            ));
            return log;
        }
        match fs::metadata(path) {
            Ok(metadata) => log.examine_file(&metadata, around),
            Err(error) => log.findings.push(match error.kind() {
                io::ErrorKind::NotFound => Finding::problem(
                    both("no such file", "没有这个文件"),
                    both(
                        "name the log that the mail server writes; without arguments, doctor looks for it",
                        "指定邮件服务器写入的日志；不带参数时，doctor 会自行查找",
                    ),
                ),
                io::ErrorKind::PermissionDenied => Finding::problem(
                    both(
                        format!("{} may not look into the directory", around.user),
                        format!("{} 无权进入该目录", around.user),
                    ),
                    both(
                        format!("namei -l {}   # shows the directory that refuses", path.display()),
                        format!("namei -l {}   # 显示是哪个目录拒绝访问", path.display()),
                    ),
                ),
                _ => Finding::problem(
                    both(format!("cannot be examined: {error}"), format!("无法检查：{error}")),
                    command(format!("ls -l {}", path.display())),
                ),
            }),
        }
        log
    }

    fn examine_file(&mut self, metadata: &Metadata, around: &Surroundings<'_>) {
        let path = self.path.clone();
        self.permissions = Some(access::shown(metadata, &around.accounts));
        if metadata.is_dir() {
            let pattern = command(format!("maillog_exporter '{}/*.log'", path.display()));
            self.findings.push(Finding::problem(
                both("is a directory", "是一个目录"),
                pattern,
            ));
            return;
        }
        if metadata.file_type().is_fifo() {
            self.findings.push(Finding::ok(both(
                "is a named pipe; its lines are not looked at, so that none is taken",
                "是命名管道；不查看其中的行，以免取走",
            )));
            return;
        }
        self.size = Some(metadata.size());
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(error) => {
                let mend = access::mend(&path, metadata, &around.accounts, &around.user);
                let text = both(
                    format!("cannot be read by {}: {error}", around.user),
                    format!("{} 无法读取：{error}", around.user),
                );
                self.findings.push(Finding::problem(text, command(mend)));
                return;
            }
        };
        self.readable = true;
        if around.user != SERVICE_USER && around.accounts.service_can_read(metadata) == Some(false)
        {
            let mend = access::mend(&path, metadata, &around.accounts, SERVICE_USER);
            let mend = command(format!("{mend} && systemctl restart maillog_exporter"));
            let text = both(
                format!("the service's user {SERVICE_USER} cannot read it"),
                format!("服务用户 {SERVICE_USER} 无法读取"),
            );
            self.findings.push(Finding::problem(text, mend));
        }
        let modified = metadata.modified().ok();
        let written = modified.and_then(|time| Timestamp::try_from(time).ok());
        let written = written.unwrap_or(around.now);
        match Sample::of(file, written, around.settings, around.format) {
            Ok(sample) => {
                if sample.of_container {
                    self.findings.push(Finding::ok(both(
                        "was written by a container runtime; in the configuration it belongs under containers, not under files",
                        "由容器运行时写入；在配置中应列在 containers 之下，而不是 files 之下",
                    )));
                }
                self.judge_content(&sample, around);
                self.judge_clock(&sample, written, around);
                self.sample = Some(sample);
            }
            Err(error) => {
                self.findings.push(Finding::problem(
                    both(
                        format!("cannot be read: {error}"),
                        format!("无法读取：{error}"),
                    ),
                    both("look at the disk: dmesg | tail", "检查磁盘：dmesg | tail"),
                ));
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
            let text = both(
                "is empty: nothing was written since it was rotated or created",
                "为空：轮转或创建之后没有写入任何内容",
            );
            let mend = both(
                "logger -p mail.info test   # and look whether the line arrives",
                "logger -p mail.info test   # 然后查看这一行是否写入",
            );
            self.findings.push(Finding::warning(text, mend));
            return;
        };
        if sample.servers.is_empty() {
            let mend = match around.format {
                Format::Auto => both(
                    format!(
                        "maillog_exporter doctor --log-format NAME {path}   # if you know the server; other programs: docs/custom.md"
                    ),
                    format!(
                        "maillog_exporter doctor --log-format NAME {path}   # 若已知是哪种服务器；其他程序见 docs/custom.md"
                    ),
                ),
                _ => both(
                    format!("maillog_exporter doctor {path}   # without --log-format"),
                    format!("maillog_exporter doctor {path}   # 不带 --log-format"),
                ),
            };
            let text = both(
                "no mail server is recognised in its first and last lines",
                "在开头和末尾的行中没有识别出任何邮件服务器",
            );
            self.findings.push(match sample.lines {
                0..20 => Finding::warning(text, mend),
                _ => Finding::problem(text, mend),
            });
            return;
        }
        let (understood, lines) = (percentage(share), sample.lines);
        let text = both(
            format!("{understood} of {lines} lines are understood"),
            format!("共 {lines} 行，已识别 {understood}"),
        );
        let mend = both(
            format!(
                "maillog_exporter parse --unmatched {path}   # shows the others; please report their shapes"
            ),
            format!("maillog_exporter parse --unmatched {path}   # 显示其余的行；请报告它们的形式"),
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
                self.findings.push(Finding::problem(
                    both("its lines have no time", "日志行没有时间"),
                    both(
                        "maillog_exporter parse FILE | head   # shows what is read of them",
                        "maillog_exporter parse FILE | head   # 显示读取到的内容",
                    ),
                ));
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
            let hours = steps as f64 / 4.0;
            let text = both(
                format!(
                    "its newest line is {hours:+} h from the time at which the file was written: another time zone, or a clock that is off"
                ),
                format!("最新一行与文件的写入时间相差 {hours:+} 小时：时区不同，或时钟有误"),
            );
            let mend = both(
                "set time_zone in the configuration (docs/configuration.md); timedatectl shows the clock",
                "在配置中设置 time_zone（docs/configuration.md）；timedatectl 显示时钟",
            );
            self.findings.push(match steps {
                // No line is written before its time.
                1.. => Finding::problem(text, mend),
                // The file may have been copied or touched later.
                _ => Finding::warning(text, mend),
            });
        } else if age < -CLOCK_TOLERANCE {
            self.findings.push(Finding::problem(
                both(
                    format!(
                        "its newest line is {} s in the future: a clock is off",
                        -age
                    ),
                    format!("最新一行的时间在 {} 秒之后：时钟有误", -age),
                ),
                both(
                    "timedatectl   # is the clock synchronised?",
                    "timedatectl   # 时钟是否已同步？",
                ),
            ));
        } else if age > QUIET {
            let days = age / 86_400;
            self.findings.push(Finding::warning(
                both(
                    format!("no new line for {days} days"),
                    format!("已有 {days} 天没有新的行"),
                ),
                both(
                    "systemctl status rsyslog; logger -p mail.info test   # is it still written?",
                    "systemctl status rsyslog; logger -p mail.info test   # 是否仍在写入？",
                ),
            ));
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
            let newest = newest.display();
            let text = both(
                format!(
                    "{newest} was written after {path}: its writer still writes to the rotated file"
                ),
                format!("{newest} 的写入晚于 {path}：写入程序仍在写轮转后的文件"),
            );
            let mend = both(
                "systemctl kill -s HUP rsyslog   # or restart what writes the log; see postrotate in logrotate's configuration",
                "systemctl kill -s HUP rsyslog   # 或重启写日志的程序；见 logrotate 配置中的 postrotate",
            );
            self.findings.push(Finding::problem(text, mend));
        }
        let uses_logrotate = around.root.join("etc/logrotate.d").is_dir();
        match (&rotation.configured_in, rotation.naming) {
            (Some(file), naming) => {
                let files = match naming {
                    Some(naming) => rotated(rotation.files, naming),
                    None => both("not rotated yet", "尚未轮转"),
                };
                let file = file.display();
                let text = both(
                    format!("rotated by {file}: {}", files.en),
                    format!("由 {file} 轮转：{}", files.zh),
                );
                self.findings.push(match rotation.copytruncate {
                    false => Finding::ok(text),
                    true => Finding::warning(
                        both(
                            text.en
                                + "; copytruncate can lose lines that are written during the copy",
                            text.zh + "；copytruncate 可能丢失复制期间写入的行",
                        ),
                        both(
                            format!(
                                "replace copytruncate by create and a postrotate script in {file}"
                            ),
                            format!("在 {file} 中把 copytruncate 换成 create 和 postrotate 脚本"),
                        ),
                    ),
                });
            }
            (None, Some(naming)) => {
                self.findings
                    .push(Finding::ok(rotated(rotation.files, naming)));
            }
            (None, None) => {
                let text = both(
                    "no rotated files, and logrotate's configuration does not name it",
                    "没有轮转后的文件，logrotate 的配置中也没有这个日志",
                );
                let mend = both(
                    format!("add {path} to a file in /etc/logrotate.d"),
                    format!("把 {path} 加入 /etc/logrotate.d 中的一个文件"),
                );
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
fn rotated(files: usize, naming: &str) -> Text {
    let s = if files == 1 { "" } else { "s" };
    both(
        format!("{files} rotated file{s}, {naming}"),
        format!("{files} 个轮转后的文件，{}", naming_in_chinese(naming)),
    )
}
