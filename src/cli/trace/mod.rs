//! The command `trace`: the story of a message, by queue id, message id or address.
//!
//! `search` finds the lines that contain what is looked for, `line_ids` the ids in them, and `gather` all lines that these
//! ids lead to. `record` parses the lines, `group` makes messages of them, `step` says in words what happened, and
//! `print` shows it.

mod files;
mod gather;
mod group;
pub(super) mod line_ids;
mod message;
mod print;
mod query;
mod record;
mod search;
mod step;
mod words;

use std::collections::BTreeMap;
use std::path::PathBuf;

use self::message::message_of;
pub(super) use self::query::Query;
use super::error::Error;
use super::input::{LogFiles, ReadSettings};
use super::language::{LanguageParser, Locale};
use super::output::{self, OutputFormat};
use super::source_format;
use crate::catalog::Language;
use crate::parse::Format;
use crate::traced::{Message, Trace};

/// The arguments.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:
  maillog_exporter trace 4F9D195432C /var/log/mail.log
  maillog_exporter trace '<20261123.1@example.com>' mx1/mail.log mx2/mail.log
  maillog_exporter trace bob@example.net mail.log*      newest, one line each
  maillog_exporter trace --all @example.net mail.log*   all of them
  maillog_exporter trace --raw 1vNabc-0000A1-01 mainlog  with its log lines
  maillog_exporter trace --lang zh 4F9D195432C mail.log
  maillog_exporter trace --format json bob@example.net mail.log | jq .

Exit code 1 if no message is found.")]
pub struct Args {
    /// Queue id, message id, address of a sender or recipient, or @domain
    #[arg(value_name = "WHAT", value_parser = Query::parse)]
    query: Query,
    #[command(flatten)]
    files: LogFiles,
    /// Show all messages that are found, not only the newest 20
    #[arg(long)]
    all: bool,
    /// Print each line of the log below its step
    #[arg(long)]
    raw: bool,
    /// How to print the messages
    #[arg(long, value_enum, default_value_t = OutputFormat::Text)]
    format: OutputFormat,
    /// Format of the logs: a mail server or syslog; detected by default
    #[arg(long, value_name = "NAME", default_value = "auto", value_parser = source_format::parse)]
    log_format: Format,
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

/// How many messages are shown without `--all`.
const NEWEST: usize = 20;

/// Runs the command.
///
/// # Errors
///
/// If a file cannot be read, no message is found, or the output cannot be written.
pub fn run(args: &Args) -> Result<(), Error> {
    let settings = args.files.settings(args.log_format)?;
    let language = match args.format {
        // The texts of JSON are for programs.
        OutputFormat::Json => Language::En,
        OutputFormat::Text => Locale::chosen(args.lang),
    };
    let newest = (!args.all).then_some(NEWEST);
    let paths = args.files.paths();
    let trace = trace(
        &args.query,
        paths,
        &settings,
        args.log_format,
        language,
        newest,
    )?;
    match args.format {
        OutputFormat::Json => output::print(args.format, &trace, |_, _| Ok(()))?,
        OutputFormat::Text => {
            let zone = settings.zone();
            let mut out = anstream::stdout().lock();
            let is_list = trace.found > 1 && !matches!(args.query, Query::Id(_));
            match is_list {
                true => print::list(&mut out, &trace, zone, language)?,
                false => print::stories(&mut out, &trace, args.raw, zone, language)?,
            }
        }
    }
    if trace.found == 0 {
        return Err(Error::Runtime(
            "no message found; look in older logs too (mail.log*), or for another id or address"
                .to_owned(),
        ));
    }
    Ok(())
}

/// Finds the messages that a query leads to, of which the `newest` are told, or all.
///
/// # Errors
///
/// If a file cannot be read.
pub(super) fn trace(
    query: &Query,
    paths: &[PathBuf],
    settings: &ReadSettings,
    format: Format,
    language: Language,
    newest: Option<usize>,
) -> Result<Trace, Error> {
    let files = files::open_all(paths, settings)?;
    let gathered = gather::gather(query, &files, settings, format)?;
    let records = record::parse_all(&gathered, &files, settings, format);
    let mut messages: Vec<Message> = group::group(&records)
        .into_iter()
        .map(|of_message| of_message.into_iter().map(|at| &records[at]).collect())
        .filter(|of_message: &Vec<_>| of_message.iter().any(|it| it.matched))
        .map(|of_message| message_of(&of_message, &files, language))
        .collect();
    messages.sort_by_key(|message| message.from);
    let mut trace = Trace {
        found: messages.len(),
        left_out: gathered.left_out,
        outcomes: BTreeMap::new(),
        messages,
    };
    for message in &trace.messages {
        *trace.outcomes.entry(message.outcome).or_default() += 1;
    }
    let excess = newest.map_or(0, |newest| trace.found.saturating_sub(newest));
    trace.messages.drain(..excess);
    Ok(trace)
}
