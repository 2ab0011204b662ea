//! Prints events, bursts and summaries, and explains codes.

use std::collections::BTreeSet;
use std::io::Write;
use std::time::{Duration, Instant};

use anstyle::Style;
use jiff::Timestamp;

use super::Args;
use super::bursts::Bursts;
use super::description::describe;
use super::selection::Selection;
use super::summary::Summary;
use crate::catalog::{Catalog, Code, Providers};
use crate::cli::document_text::{self, Paragraph};
use crate::cli::error::Error;
use crate::cli::language::{Language, Locale};
use crate::cli::script;
use crate::insight::{Insight, push_template};
use crate::parse::{Event, Format, Line, LineParser, Outcome, StreamKey};
use crate::stable_hash::hash;
use crate::zone;

/// The time that a summary is about.
const MINUTE: Duration = Duration::from_secs(60);

/// Prints events, and explains codes that were not explained before.
pub struct EventPrinter {
    parser: LineParser,
    format: Format,
    /// Whether there is more than one log, so that each line names its own.
    several: bool,
    providers: Providers,
    /// Knows the sender of each message; nothing is recorded in it.
    insight: Insight,
    selection: Selection,
    language: Language,
    explained: BTreeSet<u16>,
    bursts: Bursts,
    /// When the current minute began.
    minute: Instant,
    /// What happened in it.
    last: Summary,
    /// What happened since the start.
    total: Summary,
    minutes: u64,
}

impl EventPrinter {
    /// Prints the events that the arguments select.
    pub fn new(args: &Args) -> Self {
        let providers = Providers::embedded();
        let catalog = Catalog::embedded();
        let names: Vec<String> = providers.names().map(str::to_owned).collect();
        EventPrinter {
            parser: LineParser::new(catalog, providers.clone(), zone::local(), Timestamp::now()),
            format: args.format,
            several: args.logs.len() > 1,
            providers,
            insight: Insight::new(catalog, &names),
            selection: args.selection.clone(),
            language: Locale::chosen(args.lang),
            explained: BTreeSet::new(),
            bursts: Bursts::default(),
            minute: Instant::now(),
            last: Summary::default(),
            total: Summary::default(),
            minutes: 0,
        }
    }

    /// Prints the event of a line, unless it belongs to a burst.
    pub fn print(&mut self, line: &[u8], log: &str, now: Instant) -> Result<(), Error> {
        let key = StreamKey {
            source: 0,
            stream: hash(&[log.as_bytes()]),
        };
        self.parser.select(key, self.format);
        let mut slot = None;
        let parsed = self.parser.parse(line, &mut slot);
        let event = match &parsed.line {
            Line::Event(event) if self.selection.has(event) => event,
            Line::Noise(Some(fact)) => {
                self.insight.note(fact, 0);
                return Ok(());
            }
            _ => return Ok(()),
        };
        self.last.count(event, &self.providers);
        self.total.count(event, &self.providers);
        let sender = self.insight.sender_domain(event);
        let mut text = describe(event, &parsed, &self.providers, sender, self.language);
        if self.several {
            text.insert_str(0, &format!("{log}: "));
        }
        let Some(text) = self.bursts.take(kind(event, key.stream), text, now) else {
            return Ok(());
        };
        let mut out = anstream::stdout().lock();
        writeln!(out, "{text}")?;
        if let Some(code) = event.code.filter(|&code| !(200..400).contains(&code))
            && self.explained.insert(code)
            && let Some(entry) = Catalog::embedded().code(code)
        {
            let dim = Style::new().dimmed();
            for paragraph in explanation(entry, self.language) {
                match paragraph {
                    Paragraph::Meaning(text) => {
                        let colon = self.language.colon();
                        let text = script::shown(&text);
                        writeln!(out, "{dim}    {code}{colon}{text}{dim:#}")?;
                    }
                    Paragraph::Remedy(text) => {
                        let text = script::shown(&text);
                        writeln!(out, "{dim}    → {text}{dim:#}")?;
                    }
                }
            }
        }
        out.flush()?;
        Ok(())
    }

    /// Prints bursts that are over, and the summary of a minute.
    pub fn tick(&mut self, now: Instant) -> Result<(), Error> {
        let due = self.bursts.due(now);
        print_bursts(&due)?;
        if now.duration_since(self.minute) < MINUTE {
            return Ok(());
        }
        self.minute = now;
        self.minutes += 1;
        let minute = std::mem::take(&mut self.last);
        if minute.is_empty() {
            return Ok(());
        }
        let title = match self.language {
            Language::En => "last minute: ",
            Language::Zh => script::own("最近一分钟："),
        };
        self.print_summary(title, &minute)
    }

    /// Prints what is left of bursts, and a summary of everything.
    pub fn finish(&mut self, now: Instant) -> Result<(), Error> {
        print_bursts(&self.bursts.rest())?;
        if self.total.is_empty() {
            return Ok(());
        }
        let seconds = self.minutes * 60 + now.duration_since(self.minute).as_secs();
        let span = crate::web::numbers::duration(seconds as i64, self.language);
        let title = match self.language {
            Language::En => format!("in {span}: "),
            Language::Zh => script::shown(&format!("{span}内：")).into_owned(),
        };
        self.print_summary(&title, &self.total)
    }

    fn print_summary(&self, title: &str, summary: &Summary) -> Result<(), Error> {
        let bold = Style::new().bold();
        let mut out = anstream::stdout().lock();
        writeln!(
            out,
            "{bold}── {title}{}{bold:#}",
            summary.text(self.language)
        )?;
        out.flush()?;
        Ok(())
    }
}

/// Prints the last line of each burst, with how many events it stands for.
fn print_bursts(bursts: &[(String, u64)]) -> Result<(), Error> {
    let bold = Style::new().bold();
    let mut out = anstream::stdout().lock();
    for (line, repeats) in bursts {
        match repeats {
            1 => writeln!(out, "{line}")?,
            repeats => writeln!(out, "{line} {bold}×{repeats}{bold:#}")?,
        }
    }
    out.flush()?;
    Ok(())
}

/// A number for events that are alike: of the same log, outcome, code, provider and reply text.
fn kind(event: &Event<'_>, stream: u64) -> u64 {
    let mut text = String::new();
    if event.outcome != Outcome::Sent {
        push_template(event.text, &mut text);
    }
    let code = event.code.unwrap_or(0).to_le_bytes();
    let enhanced = event.enhanced.map(|it| it.to_string());
    hash(&[
        &stream.to_le_bytes(),
        &[event.outcome as u8, event.direction.index() as u8],
        &code,
        enhanced.unwrap_or_default().as_bytes(),
        &event.provider.0.to_le_bytes(),
        text.as_bytes(),
    ])
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
