//! `follow`: prints events as they are written to logs, for a person at a terminal, and explains each
//! code the first time it occurs.
//!
//! The lines come from `linemux`, which may lose lines when a log is rotated under load. That is
//! acceptable for watching; `serve`, which counts, uses `source`.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};

use anstyle::{AnsiColor, Style};
use jiff::Timestamp;
use linemux::MuxedLines;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc::{Receiver, channel};

use super::document_text::{self, Paragraph};
use super::error::Error;
use super::language::{Language, LanguageParser};
use super::source_format;
use crate::catalog::{Catalog, Code, Providers};
use crate::parse::{Direction, Event, Format, Line, LineParser, Outcome, Parsed, StreamKey};
use crate::source::{DEFAULT_MAX_LINE_BYTES, Lines};
use crate::stable_hash::hash;
use crate::zone;

/// The arguments.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:
  maillog_exporter follow /var/log/mail.log
  maillog_exporter follow --failures --lang zh /var/log/mail.log
  journalctl -f | maillog_exporter follow -
  NO_COLOR=1 maillog_exporter follow /var/log/mx1/mail.log /var/log/mx2/mail.log")]
pub struct Args {
    /// Logs to follow, - for standard input; logs that do not exist yet are waited for
    #[arg(required = true, value_name = "LOG")]
    logs: Vec<PathBuf>,
    /// Print only failures
    #[arg(long)]
    failures: bool,
    /// Start at the beginning of the logs
    #[arg(long)]
    from_start: bool,
    /// Language of the explanations [default: from the environment]
    #[arg(long, value_parser = LanguageParser)]
    lang: Option<Language>,
    /// Log format of every log
    #[arg(long, value_name = "NAME", default_value = "auto", value_parser = source_format::parse)]
    format: Format,
}

/// Follows the logs until it is interrupted or standard input ends.
///
/// # Errors
///
/// If the directory of a log does not exist, or the output cannot be written.
pub fn run(args: &Args) -> Result<(), Error> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(Error::cannot_start)?;
    runtime.block_on(follow(args))
}

/// The most lines of standard input that wait to be printed.
const QUEUE: usize = 1024;

/// The lines of standard input, read by a thread because a terminal cannot be read asynchronously.
fn standard_input() -> std::io::Result<Receiver<Vec<u8>>> {
    let (sender, receiver) = channel(QUEUE);
    std::thread::Builder::new()
        .name("stdin".into())
        .spawn(move || {
            let mut lines = Lines::new(std::io::stdin(), DEFAULT_MAX_LINE_BYTES);
            let mut open = true;
            while open {
                let mut send = |line: &&[u8]| sender.blocking_send(line.to_vec()).is_ok();
                match lines.read(|lines| open &= lines.iter().all(&mut send)) {
                    Ok(true) => {}
                    Ok(false) => break,
                    Err(error) => {
                        eprintln!("maillog_exporter: cannot read standard input: {error}");
                        break;
                    }
                }
            }
        })?;
    Ok(receiver)
}

async fn follow(args: &Args) -> Result<(), Error> {
    let mut interrupt = signal(SignalKind::interrupt()).map_err(Error::cannot_start)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(Error::cannot_start)?;
    let mut lines = MuxedLines::new().map_err(Error::cannot_start)?;
    let (stdin, logs): (Vec<_>, Vec<_>) = args.logs.iter().partition(|log| *log == Path::new("-"));
    let mut input = match stdin.is_empty() {
        true => None,
        false => Some(standard_input().map_err(Error::cannot_start)?),
    };
    for log in &logs {
        let added = match args.from_start {
            true => lines.add_file_from_start(log).await,
            false => lines.add_file(log).await,
        };
        added.map_err(|error| Error::Runtime(format!("{}: {error}", log.display())))?;
    }
    let mut printer = EventPrinter::new(args);
    loop {
        let next = tokio::select! {
            _ = interrupt.recv() => return Ok(()),
            _ = terminate.recv() => return Ok(()),
            line = async { input.as_mut()?.recv().await }, if input.is_some() => {
                match line {
                    Some(line) => printer.print(&line, "-")?,
                    None if logs.is_empty() => return Ok(()),
                    None => input = None,
                }
                continue;
            }
            next = lines.next_line(), if !logs.is_empty() => next,
        };
        match next {
            Ok(Some(line)) => {
                let source = line.source().display().to_string();
                printer.print(line.line().as_bytes(), &source)?;
            }
            // linemux skips a line that is not valid UTF-8.
            Err(error) => eprintln!("maillog_exporter: cannot read a line: {error}"),
            // No log exists at the moment; linemux waits for them.
            Ok(None) => tokio::task::yield_now().await,
        }
    }
}

/// Prints events, and explains codes that were not explained before.
struct EventPrinter {
    parser: LineParser,
    format: Format,
    /// Whether there is more than one log, so that each line names its own.
    several: bool,
    providers: Providers,
    failures: bool,
    language: Language,
    explained: BTreeSet<u16>,
}

impl EventPrinter {
    fn new(args: &Args) -> Self {
        let providers = Providers::embedded();
        let catalog = Catalog::embedded();
        EventPrinter {
            parser: LineParser::new(catalog, providers.clone(), zone::local(), Timestamp::now()),
            format: args.format,
            several: args.logs.len() > 1,
            providers,
            failures: args.failures,
            language: args.lang.unwrap_or_else(Language::of_environment),
            explained: BTreeSet::new(),
        }
    }

    fn print(&mut self, line: &[u8], log: &str) -> Result<(), Error> {
        let key = StreamKey {
            source: 0,
            stream: hash(&[log.as_bytes()]),
        };
        self.parser.select(key, self.format);
        let mut slot = None;
        let parsed = self.parser.parse(line, &mut slot);
        let Line::Event(event) = &parsed.line else {
            return Ok(());
        };
        if self.failures && event.condition.is_none() {
            return Ok(());
        }
        let mut out = anstream::stdout().lock();
        if self.several {
            write!(out, "{log}: ")?;
        }
        writeln!(out, "{}", describe(event, &parsed, &self.providers))?;
        if let Some(code) = event.code.filter(|&code| !(200..400).contains(&code))
            && self.explained.insert(code)
            && let Some(entry) = Catalog::embedded().code(code)
        {
            let dim = Style::new().dimmed();
            for paragraph in explanation(entry, self.language) {
                match paragraph {
                    Paragraph::Meaning(text) => writeln!(out, "{dim}    {code}: {text}{dim:#}")?,
                    Paragraph::Remedy(text) => writeln!(out, "{dim}    → {text}{dim:#}")?,
                }
            }
        }
        out.flush()?;
        Ok(())
    }
}

/// What a code means and what to do; in Chinese, the document's own text where it has one.
fn explanation(code: &Code, language: Language) -> Vec<Paragraph> {
    match language {
        Language::Zh if !code.document.is_empty() => {
            document_text::paragraphs(&code.document, &code.remedy)
        }
        language => vec![
            Paragraph::Meaning(language.of(&code.meaning).to_owned()),
            Paragraph::Remedy(language.of(&code.remedy).to_owned()),
        ],
    }
}

/// One line: time, direction, outcome, codes, remote host, provider, condition and reply text.
fn describe(event: &Event<'_>, parsed: &Parsed<'_, '_>, providers: &Providers) -> String {
    let colour = match event.outcome {
        Outcome::Sent => AnsiColor::Green,
        Outcome::Deferred | Outcome::Attempt => AnsiColor::Yellow,
        Outcome::Bounced | Outcome::Expired | Outcome::Rejected => AnsiColor::Red,
    };
    let style = Style::new().fg_color(Some(colour.into()));
    let bold = style.bold();
    let time = parsed
        .time
        .and_then(|time| Timestamp::from_second(time.seconds).ok())
        .map(|time| {
            zone::local()
                .to_datetime(time)
                .strftime("%H:%M:%S")
                .to_string()
        })
        .unwrap_or_else(|| "--:--:--".into());
    let arrow = match event.direction {
        Direction::Outbound => "→",
        Direction::Inbound => "←",
        Direction::Local => "↓",
    };
    let code = event
        .code
        .map(|code| code.to_string())
        .unwrap_or_else(|| "---".into());
    let enhanced = event
        .enhanced
        .map(|code| code.to_string())
        .unwrap_or_default();
    let mut text = format!(
        "{time} {arrow} {style}{:<8}{style:#} {bold}{code}{bold:#} {enhanced:<8}",
        event.outcome.name()
    );
    let provider = providers.name(event.provider);
    for part in [
        printable(event.peer()),
        if provider == "other" {
            String::new()
        } else {
            format!("({provider})")
        },
        event.condition.map_or(String::new(), |id| {
            Catalog::embedded().condition_name(id).replace('_', " ")
        }),
        if event.outcome == Outcome::Sent {
            String::new()
        } else {
            printable(event.text)
        },
    ] {
        if !part.is_empty() {
            text.push(' ');
            text.push_str(&part);
        }
    }
    text
}

/// Text from a log without control characters, which could control the terminal.
fn printable(text: &[u8]) -> String {
    String::from_utf8_lossy(text)
        .chars()
        .filter(|c| !c.is_control())
        .collect()
}
