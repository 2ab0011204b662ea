//! `check`: validates a configuration file and lists what it would read.

use std::io::Write;
use std::path::{Path, PathBuf};

use super::chinese_errors;
use super::error::Error;
use super::language::{Language, LanguageParser, Locale};
use super::terminal_output;
use crate::cli::wording::Wording;
use crate::config::{self, Config};
use crate::parse::Format;
use crate::source::{self, Input};

/// The arguments.
#[derive(clap::Args, Debug)]
#[command(after_help = "\
Examples:
  maillog_exporter check /etc/maillog_exporter.yml
  maillog_exporter check maillog.yml && systemctl reload maillog_exporter
  maillog_exporter check --lang zh maillog.yml")]
pub struct Args {
    /// Configuration file
    config: PathBuf,
    /// Language of the text [default: from the environment]
    #[arg(long, value_parser = LanguageParser)]
    lang: Option<Locale>,
}

impl Args {
    /// The language that an option names.
    pub fn language(&self) -> Option<Locale> {
        self.lang
    }
}

/// Checks the file.
///
/// # Errors
///
/// If it is invalid, or if the output cannot be written.
pub fn run(args: &Args) -> Result<(), Error> {
    let language = Locale::chosen(args.lang);
    let config = config::load(&args.config)?;
    let mut output = terminal_output::stdout();
    let file = args.config.display().to_string();
    output.write_all(describe(&config, &file, language).as_bytes())?;
    output.flush()?;
    Ok(())
}

fn describe(config: &Config, file: &str, language: Language) -> String {
    const VALID: Wording = Wording::new("{0} is valid.", "{0} 有效。");
    const LISTEN: Wording = Wording::new("Listen addresses: {0}", "监听地址：{0}");
    const METRICS: Wording = Wording::new("Metrics path: {0}", "指标路径：{0}");
    const NO_SOURCES: Wording = Wording::new(
        "Sources: the default mail logs that exist, or else the journal",
        "日志源：已有的常见邮件日志，否则为 journal",
    );
    const SOURCE: Wording = Wording::new("Source {0}:", "日志源 {0}：");
    const FORMAT: Wording = Wording::new("  format {0}", "  格式 {0}");
    let mut addresses: Vec<String> = config
        .listen_addresses
        .iter()
        .map(ToString::to_string)
        .collect();
    if addresses.is_empty() {
        addresses.push(config::DEFAULT_LISTEN.to_owned());
    }
    let addresses = addresses.join(language.comma());
    let mut lines = vec![
        VALID.fill(language, &[&file]),
        LISTEN.fill(language, &[&addresses]),
        METRICS.fill(language, &[&config.telemetry_path]),
    ];
    if config.sources.is_empty() {
        lines.push(NO_SOURCES.of(language).to_owned());
    }
    for source in &config.sources {
        lines.push(SOURCE.fill(language, &[&source.name]));
        lines.extend(describe_input(&source.input, language));
        if source.format != Format::Auto {
            lines.push(FORMAT.fill(language, &[&source.format.name()]));
        }
    }
    lines.join("\n") + "\n"
}

fn describe_input(input: &Input, language: Language) -> Vec<String> {
    const JOURNAL: Wording = Wording::new("  systemd journal", "  systemd journal");
    const JOURNAL_IN: Wording =
        Wording::new("  systemd journal in {0}", "  {0} 中的 systemd journal");
    const JOURNAL_FILE: Wording = Wording::new("  journal file {0}", "  journal 文件 {0}");
    const SYSLOG: Wording = Wording::new("  syslog on {0}", "  syslog，监听 {0}");
    const STDIN: Wording = Wording::new("  standard input", "  标准输入");
    const PIPE: Wording = Wording::new("  named pipe {0}", "  命名管道 {0}");
    match input {
        Input::Files(files) => files
            .paths
            .iter()
            .flat_map(|path| describe_files(path, language))
            .collect(),
        Input::Journal(journal) => match &journal.directory {
            Some(directory) => vec![JOURNAL_IN.fill(language, &[&directory.display()])],
            None if journal.files.is_empty() => vec![JOURNAL.of(language).to_owned()],
            None => journal
                .files
                .iter()
                .map(|file| JOURNAL_FILE.fill(language, &[&file.display()]))
                .collect(),
        },
        Input::Syslog(syslog) => syslog
            .listeners
            .iter()
            .map(|listener| SYSLOG.fill(language, &[listener]))
            .collect(),
        Input::Pipe(path) if path == Path::new("-") => vec![STDIN.of(language).to_owned()],
        Input::Pipe(path) => vec![PIPE.fill(language, &[&path.display()])],
    }
}

fn describe_files(path: &Path, language: Language) -> Vec<String> {
    const NO_FILE: Wording = Wording::new("  {0}: no such file yet", "  {0}：文件尚不存在");
    const UNREADABLE: Wording = Wording::new("  {0}: {1}", "  {0}：{1}");
    let name = path.to_string_lossy();
    let found = source::find(&name);
    if found.is_empty() {
        return vec![NO_FILE.fill(language, &[&name])];
    }
    let describe = |path: PathBuf| match source::check_log(&path) {
        Ok(()) => format!("  {}", path.display()),
        Err(error) => {
            let problem = match language {
                Language::En => error.to_string(),
                Language::Zh => chinese_errors::translate(&error.to_string()),
            };
            UNREADABLE.fill(language, &[&path.display(), &problem])
        }
    };
    found.into_iter().map(describe).collect()
}
