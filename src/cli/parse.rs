//! The command `parse`: prints one JSON object per event, to see what is counted and why.

use std::io::{self, BufWriter, Write};

use jiff::Timestamp;
use serde::Serialize;

use super::error::Error;
use super::input::{LogFiles, unreadable};
use super::source_format;
use super::terminal_output;
use crate::catalog::{Catalog, Providers};
use crate::parse::{AgentDef, Direction, Event, Format, Line, Parsed, Service, Stamp};

/// The arguments.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:
  maillog_exporter parse /var/log/mail.log | jq 'select(.code == 421)'
  maillog_exporter parse --unmatched /var/log/mail.log.1.gz
  journalctl -u postfix -o short-iso | maillog_exporter parse -")]
pub struct Args {
    #[command(flatten)]
    files: LogFiles,
    /// Print the lines of unknown form instead
    #[arg(long)]
    unmatched: bool,
    /// Format of the logs: a mail server or syslog; detected by default
    #[arg(long, value_name = "NAME", default_value = "auto", value_parser = source_format::parse)]
    format: Format,
}

/// The JSON object of an event; missing values are null.
#[derive(Serialize)]
struct EventJson<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<String>,
    line: u64,
    time: Option<String>,
    host: Option<String>,
    mta: &'static str,
    service: Option<String>,
    queue_id: Option<String>,
    direction: &'static str,
    outcome: &'static str,
    code: Option<u16>,
    enhanced: Option<String>,
    dsn: Option<String>,
    connect_error: Option<&'static str>,
    relay: Option<String>,
    domain: Option<String>,
    provider: Option<&'a str>,
    condition: Option<&'a str>,
    delay: Option<f64>,
    sender: Option<String>,
    recipient: Option<String>,
    client: Option<String>,
    text: Option<String>,
    blocklist: Option<&'a str>,
}

/// Runs the command.
///
/// # Errors
///
/// If a file cannot be read or the output cannot be written.
pub fn run(args: &Args) -> Result<(), Error> {
    let settings = args.files.settings(args.format)?;
    let providers = &settings.providers;
    let mut output = BufWriter::new(terminal_output::stdout());
    let mut parser = args.files.parser(&settings);
    args.files.for_each(|path, file, mut lines| {
        file.select(&mut parser, args.format);
        let file = (args.files.count() > 1).then(|| path.display().to_string());
        let mut number = 0;
        let mut more = true;
        while more {
            // Output errors are returned after the block of lines.
            let mut written = Ok(());
            let read = lines.read(|lines| {
                parser.detect(lines);
                for line in lines {
                    number += 1;
                    if written.is_err() {
                        return;
                    }
                    let mut slot = None;
                    let parsed = parser.parse(line, &mut slot);
                    written = match &parsed.line {
                        Line::Event(event) if !args.unmatched => {
                            let json = event_json(event, &parsed, number, file.clone(), providers);
                            serde_json::to_writer(&mut output, &json)
                                .map_err(io::Error::from)
                                .and_then(|()| output.write_all(b"\n"))
                        }
                        Line::Unmatched if args.unmatched => output
                            .write_all(line)
                            .and_then(|()| output.write_all(b"\n")),
                        _ => Ok(()),
                    };
                }
            });
            written?;
            more = read.map_err(|error| unreadable(path, &error))?;
        }
        Ok(())
    })?;
    output.flush()?;
    Ok(())
}

/// The JSON object of an event.
fn event_json<'a>(
    event: &Event<'_>,
    parsed: &Parsed<'_, '_>,
    line: u64,
    file: Option<String>,
    providers: &'a Providers,
) -> EventJson<'a> {
    let catalog = Catalog::embedded();
    EventJson {
        file,
        line,
        time: parsed.time.and_then(rfc3339),
        host: text(parsed.host),
        mta: event.mta().name(),
        service: service(event.service),
        queue_id: text(event.queue_id),
        direction: event.direction.name(),
        outcome: event.outcome.name(),
        code: event.code,
        enhanced: event.enhanced.map(|code| code.to_string()),
        dsn: event.dsn.map(|code| code.to_string()),
        connect_error: event.connect_error.map(|error| error.name()),
        relay: text(event.peer()),
        domain: text(event.domain()),
        provider: (event.direction == Direction::Outbound).then(|| providers.name(event.provider)),
        condition: event
            .condition
            .map(|condition| catalog.condition_name(condition)),
        delay: event.delays.total.map(|micros| micros as f64 / 1e6),
        sender: text(event.sender),
        recipient: text(event.recipient),
        client: text(event.peer()).filter(|_| event.direction == Direction::Inbound),
        text: text(event.text),
        blocklist: blocklist(event, catalog),
    }
}

/// The blocklist that the reply names; `None` if its condition is not `blocklisted` or it names no known list.
fn blocklist(event: &Event<'_>, catalog: &'static Catalog) -> Option<&'static str> {
    event
        .condition
        .filter(|&condition| catalog.condition_name(condition) == "blocklisted")?;
    let list = catalog.blocklist_named_in(event.text)?;
    Some(&catalog.blocklists().get(usize::from(list.0))?.name)
}

/// The service with its instance; `None` if the line does not identify it.
fn service(service: Service<'_>) -> Option<String> {
    let agent = service.agent.name();
    let instance = String::from_utf8_lossy(service.instance);
    match (agent, &*instance) {
        (AgentDef::UNKNOWN, _) => None,
        (agent, "") => Some(agent.to_owned()),
        (agent, instance) => Some(format!("{instance}/{agent}")),
    }
}

/// The bytes as text; `None` if empty.
fn text(bytes: &[u8]) -> Option<String> {
    (!bytes.is_empty()).then(|| String::from_utf8_lossy(bytes).into_owned())
}

/// A time stamp in RFC 3339 format, in UTC.
fn rfc3339(stamp: Stamp) -> Option<String> {
    let nanos = i32::try_from(stamp.nanos).ok()?;
    Some(Timestamp::new(stamp.seconds, nanos).ok()?.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::LineParser;
    use jiff::tz::TimeZone;

    #[test]
    fn blocklist_is_named_only_for_the_condition_blocklisted() {
        let catalog = Catalog::embedded();
        let providers = Providers::embedded();
        let mut parser = LineParser::new(catalog, providers, TimeZone::UTC, Timestamp::UNIX_EPOCH);
        for (reply, expected) in [
            ("554 5.7.1 blocked using zen.spamhaus.org", Some("spamhaus")),
            ("554 5.7.1 blocked using bl.example.net", None),
            (
                "552 5.2.2 Mailbox full, see https://www.spamhaus.org/",
                None,
            ),
            ("250 2.0.0 Ok, not blocked using zen.spamhaus.org", None),
        ] {
            let line = format!(
                "Nov 23 10:00:00 mx postfix/smtp[1]: 4F9D195432C: to=<a@example.com>, \
                 relay=mx.example.net[192.0.2.1]:25, delay=1, delays=0/0/0/1, dsn=5.7.1, status=bounced \
                 (host mx.example.net[192.0.2.1] said: {reply} (in reply to RCPT TO command))"
            );
            let mut slot = None;
            let Line::Event(event) = parser.parse(line.as_bytes(), &mut slot).line else {
                panic!("{line} is not an event");
            };
            assert_eq!(blocklist(event, catalog), expected, "{reply}");
        }
    }
}
