//! A line of a message: when, where and by which program it was written, its ids, and what the parser says about it.

use jiff::Timestamp;

use super::files::TracedFile;
use super::gather::Gathered;
use super::line_ids::{LineIds, Relation, is_exim_id};
use super::search::Place;
use crate::catalog::ConditionId;
use crate::cli::input::ReadSettings;
use crate::cli::terminal;
use crate::parse::{
    Direction, Event, Fact, Format, Line, LineParser, Mta, Outcome, Stage, StreamKey,
};

/// A line of a message.
#[derive(Clone, Debug)]
pub struct Record {
    /// Its file and offset.
    pub place: Place,
    /// Its time; that of the line before it in its file, if it has none.
    pub time: Option<Timestamp>,
    /// The host in the syslog header; empty without one.
    pub host: String,
    /// The program in the syslog header, or the mail server; empty if unknown.
    pub program: String,
    /// The queue id; empty if it has none.
    pub queue_id: String,
    /// The message id; empty if it has none.
    pub message_id: String,
    /// The ids of related messages.
    pub related: Vec<(Relation, String)>,
    /// What follows the queue id in the line.
    pub text: String,
    /// The reply or delivery, if it is about one.
    pub event: Option<EventData>,
    /// The sender, size and number of recipients, if the line says them.
    pub queued: Option<Queued>,
    /// Whether it names what is traced.
    pub matched: bool,
    /// The whole line.
    pub raw: String,
}

/// What a line says about a message in the queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Queued {
    /// The sender; empty for the null sender.
    pub sender: String,
    /// Bytes.
    pub size: u64,
    /// Recipients.
    pub recipients: u64,
}

/// An event, with texts of its own.
#[derive(Clone, Debug)]
pub struct EventData {
    /// The mail server.
    pub mta: Mta,
    /// Who answered whom.
    pub direction: Direction,
    /// The result.
    pub outcome: Outcome,
    /// The reply code, also where it is counted for another line.
    pub code: Option<u16>,
    /// The enhanced code in the reply, or that of the server's own record.
    pub enhanced: Option<crate::parse::Enhanced>,
    /// The remote host as in the line.
    pub host: String,
    /// The sender.
    pub sender: String,
    /// The recipient.
    pub recipient: String,
    /// The words of the reply.
    pub text: String,
    /// The stage of a reject.
    pub stage: Option<Stage>,
    /// The condition.
    pub condition: Option<ConditionId>,
}

impl EventData {
    fn of(event: &Event<'_>) -> Self {
        let text = printable(event.text);
        EventData {
            mta: event.mta(),
            direction: event.direction,
            outcome: event.outcome,
            code: event.code.or_else(|| reply_code(&text)),
            enhanced: event.enhanced.or(event.dsn),
            host: printable(event.host),
            sender: printable(event.sender),
            recipient: printable(event.recipient),
            text,
            stage: event.stage,
            condition: event.condition,
        }
    }
}

/// The sender of mail that Postfix rejected.
fn rejected_sender(text: &str) -> String {
    let sender = text.rsplit_once("; from=<").map(|(_, rest)| rest);
    let sender = sender.and_then(|rest| rest.split_once('>'));
    sender.map_or(String::new(), |(sender, _)| sender.to_owned())
}

/// The code at the beginning of a reply.
fn reply_code(text: &str) -> Option<u16> {
    let code = text.get(..3)?.parse().ok()?;
    let ends = text[3..].starts_with([' ', '-']) || text.len() == 3;
    (ends && (200..600).contains(&code)).then_some(code)
}

/// Selects a file for a parser and shows it the beginning of the file, up to an offset: the columns of a record can be
/// named there.
pub fn prepare(
    parser: &mut LineParser,
    file: &TracedFile,
    number: usize,
    format: Format,
    offset: u64,
) {
    let key = StreamKey {
        source: 0,
        stream: number as u64,
    };
    parser.select(key, format);
    parser.set_reference(file.written);
    // A file that cannot be read any more was read before: its lines are known.
    let head = file.head().unwrap_or_default();
    let lines: Vec<_> = head.iter().map(Vec::as_slice).collect();
    parser.detect(&lines);
    let mut at = 0;
    for line in lines {
        if at >= offset {
            break;
        }
        parser.parse(line, &mut None);
        at += line.len() as u64 + 1;
    }
}

/// Parses the lines in the order of their files.
pub fn parse_all(
    gathered: &Gathered,
    files: &[TracedFile],
    settings: &ReadSettings,
    format: Format,
) -> Vec<Record> {
    let mut parser = settings.parser(Timestamp::now());
    parser.set_sequential();
    let mut records = Vec::with_capacity(gathered.lines.len());
    let mut current = None;
    let mut time = None;
    for (place, line) in &gathered.lines {
        if current != Some(place.0) {
            current = Some(place.0);
            time = None;
            prepare(&mut parser, &files[place.0], place.0, format, place.1);
        }
        let mut record = record(&mut parser, *place, line);
        time = record.time.or(time);
        record.time = time;
        record.matched = gathered.matched.contains(place);
        records.push(record);
    }
    records
}

/// Parses one line.
fn record(parser: &mut LineParser, place: Place, line: &[u8]) -> Record {
    let ids = LineIds::of(line);
    let mut slot = None;
    let parsed = parser.parse(line, &mut slot);
    let time = parsed.time.and_then(|stamp| {
        let nanos = i32::try_from(stamp.nanos).ok()?;
        Timestamp::new(stamp.seconds, nanos).ok()
    });
    let host = printable(parsed.host);
    let mut queue_id = printable(ids.queue_id);
    let mut program = printable(ids.program);
    if program.is_empty() && is_exim_id(ids.queue_id) {
        "exim".clone_into(&mut program);
    }
    let mut event_data = None;
    let mut queued = None;
    match &parsed.line {
        Line::Event(event) => {
            if queue_id.is_empty() {
                queue_id = printable(event.queue_id);
            }
            if program.is_empty() {
                event.mta().name().clone_into(&mut program);
            }
            let mut data = EventData::of(event);
            if data.sender.is_empty() && event.outcome == Outcome::Rejected {
                data.sender = rejected_sender(&printable(ids.text));
            }
            event_data = Some(data);
        }
        Line::Noise(Some(Fact::Queued {
            sender,
            size,
            recipients,
            ..
        })) => {
            queued = Some(Queued {
                sender: printable(sender),
                size: *size,
                recipients: *recipients,
            });
        }
        Line::Noise(_) | Line::Unmatched => {}
    }
    Record {
        place,
        time,
        host,
        program,
        queue_id,
        message_id: printable(ids.message_id),
        related: ids
            .related
            .iter()
            .map(|(kind, id)| (*kind, printable(id)))
            .collect(),
        text: printable(ids.text),
        event: event_data,
        queued,
        matched: false,
        raw: printable(line),
    }
}

/// Text from a log without control characters, which could control the terminal.
fn printable(text: &[u8]) -> String {
    terminal::printable(&String::from_utf8_lossy(text))
}
