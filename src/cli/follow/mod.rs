//! `follow`: prints events as they are written to logs, for a person at a terminal, and explains each code the first time
//! it occurs. Bursts of the same event are one line, and each minute has a summary.
//!
//! The lines come from `linemux`, which may lose lines when a log is rotated under load. That is
//! acceptable for watching; `serve`, which counts, uses `source`.

mod bursts;
mod description;
mod printer;
mod selection;
mod summary;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use linemux::MuxedLines;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc::{Receiver, channel};

use self::printer::EventPrinter;
use self::selection::Selection;
use crate::cli::error::Error;
use crate::cli::language::{LanguageParser, Locale};
use crate::cli::source_format;
use crate::parse::Format;
use crate::source::{DEFAULT_MAX_LINE_BYTES, Lines};

/// How often bursts are looked at.
const TICK: Duration = Duration::from_secs(1);

/// The arguments.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:
  maillog_exporter follow /var/log/mail.log
  maillog_exporter follow --failures --lang zh /var/log/mail.log
  maillog_exporter follow --code 421 --code 4.7.28 --provider google mail.log
  maillog_exporter follow --condition mailbox_full --from-start mail.log
  maillog_exporter follow --format postfix mail.log
  journalctl -f | maillog_exporter follow -
  NO_COLOR=1 maillog_exporter follow /var/log/mx1/mail.log /var/log/mx2/mail.log")]
pub struct Args {
    /// Logs to follow, - for standard input; logs that do not exist yet are waited for
    #[arg(required = true, value_name = "LOG")]
    logs: Vec<PathBuf>,
    #[command(flatten)]
    selection: Selection,
    /// Start at the beginning of the logs
    #[arg(long)]
    from_start: bool,
    /// Language of the explanations [default: from the environment]
    #[arg(long, value_parser = LanguageParser)]
    lang: Option<Locale>,
    /// Log format of every log
    #[arg(long, value_name = "NAME", default_value = "auto", value_parser = source_format::parse)]
    format: Format,
}

impl Args {
    /// The language that an option names.
    pub fn language(&self) -> Option<Locale> {
        self.lang
    }
}

/// Follows the logs until it is interrupted or standard input ends, and prints a summary then.
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
    let mut ticks = tokio::time::interval(TICK);
    loop {
        let next = tokio::select! {
            _ = interrupt.recv() => return printer.finish(Instant::now()),
            _ = terminate.recv() => return printer.finish(Instant::now()),
            _ = ticks.tick() => {
                printer.tick(Instant::now())?;
                continue;
            }
            line = async { input.as_mut()?.recv().await }, if input.is_some() => {
                match line {
                    Some(line) => printer.print(&line, "-", Instant::now())?,
                    None if logs.is_empty() => return printer.finish(Instant::now()),
                    None => input = None,
                }
                continue;
            }
            next = lines.next_line(), if !logs.is_empty() => next,
        };
        match next {
            Ok(Some(line)) => {
                let source = line.source().display().to_string();
                printer.print(line.line().as_bytes(), &source, Instant::now())?;
            }
            // linemux skips a line that is not valid UTF-8.
            Err(error) => eprintln!("maillog_exporter: cannot read a line: {error}"),
            // No log exists at the moment; linemux waits for them.
            Ok(None) => tokio::task::yield_now().await,
        }
    }
}
