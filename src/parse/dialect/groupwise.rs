//! The Internet Agent (GWIA) of Novell, Micro Focus and OpenText GroupWise, version 5.5 to 24.
//!
//! A line is the time of day, the number of the thread, and a text. The SMTP daemon writes `DMN: MSG 4405 Send Failure:
//! 420 TCP read error`, and afterwards the gateway reads the daemon's result and writes the command and the response
//! again, each on a line: `MSG 73     Command: data`, `MSG 73     Response: 420 TCP read error`. The response is counted
//! once.
//!
//! `420 TCP read error` and `420 TCP write error` are GroupWise's words for a lost connection; they are counted as the code
//! 420, which nothing else is. `450 Host down` and `550 Host unknown` are its words too, for a connection that could not be
//! opened and for a lookup that failed.
//!
//! Source of the forms: the knowledge base articles 10080200 (TID 2910937) and 10060050, and the chapter "Internet Agent"
//! of the administration guide. What the log does not record: the date (it is in the name of the file), the reply that a
//! client got, and, below the level "Verbose", the responses.

use serde::{Deserialize, Serialize};

use crate::parse::correlate::{Correlated, kept};
use crate::parse::dialect::api::{AgentDef, Confidence, Dialect, Record};
use crate::parse::dialect::{Agent, Mta};
use crate::parse::event::Visitor;
use crate::parse::frame::syslog::HeaderParser;
use crate::parse::kinds::Stamp;
use crate::parse::reply;
use crate::parse::scan::{address, split, split_on};
use crate::parse::{ConnectError, Direction, Event, Fact, Line, Outcome, Service};

/// The dialect.
pub(in crate::parse) struct GroupWise;

/// The state of one stream.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(in crate::parse) struct GroupWiseState {
    /// The last command of each message, by its number.
    commands: Correlated<Box<[u8]>, 256>,
    /// How often the daemon reported a failure that the gateway has not repeated yet, by its words.
    reported: Correlated<u32, 256>,
}

/// The SMTP daemon.
const DAEMON: Service<'static> = Service::of(Agent::new(Mta::GroupWise, 0));
/// The gateway, which reads the daemon's results.
const GATEWAY: Service<'static> = Service::of(Agent::new(Mta::GroupWise, 1));

impl Dialect for GroupWise {
    const NAME: &'static str = "groupwise";
    const AGENTS: &'static [AgentDef] = &[
        AgentDef {
            name: "daemon",
            accepts_clients: true,
            authenticates: false,
            delivers: true,
        },
        AgentDef {
            name: "gateway",
            accepts_clients: false,
            authenticates: false,
            delivers: true,
        },
    ];
    const STATE_VERSION: u16 = 1;
    const DEFAULT_LOGS: &'static [&'static str] = &[];

    type State = GroupWiseState;

    fn claims(_: &[u8], _: &[u8]) -> bool {
        false
    }

    fn probe(line: &[u8]) -> Confidence {
        match after_thread(line) {
            None => Confidence::No,
            Some(text) => match text.starts_with(b"DMN: ") || message(text).is_some() {
                true => Confidence::Certain,
                false => Confidence::Possible,
            },
        }
    }

    fn frame<'a>(
        _: &mut GroupWiseState,
        _: &mut HeaderParser,
        line: &'a [u8],
    ) -> (Option<Stamp>, &'a [u8]) {
        (None, line)
    }

    fn read<'a>(
        state: &'a mut GroupWiseState,
        record: &Record<'a>,
        visitor: &mut impl Visitor<'a>,
    ) {
        let mut slot = None;
        let line = match after_thread(record.body) {
            Some(text) => parse(state, text, &mut slot),
            // Lines of the settings at the beginning of the log, and separators.
            None if reply::parse(record.body.trim_ascii_start()).is_none() => Line::Noise(None),
            None => Line::Unmatched,
        };
        visitor.visit(record.time, line);
    }
}

/// The text after `10:00:00 2D8 `.
fn after_thread(line: &[u8]) -> Option<&[u8]> {
    let line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line);
    let (stamp, rest) = line.split_first_chunk::<9>()?;
    let [h1, h2, b':', m1, m2, b':', s1, s2, b' '] = stamp else {
        return None;
    };
    if ![h1, h2, m1, m2, s1, s2]
        .iter()
        .all(|it| it.is_ascii_digit())
    {
        return None;
    }
    let (thread, text) = split(rest, b' ')?;
    let is_thread = (1..=8).contains(&thread.len()) && thread.iter().all(u8::is_ascii_hexdigit);
    is_thread.then_some(text)
}

/// The number of a message and the text after it, `MSG 73     Command: data`.
fn message(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let rest = text.strip_prefix(b"MSG ")?;
    let (number, text) = split(rest, b' ')?;
    let is_number = !number.is_empty() && number.iter().all(u8::is_ascii_digit);
    is_number.then_some((number, text.trim_ascii_start()))
}

fn parse<'a, 'e>(
    state: &'a mut GroupWiseState,
    text: &'a [u8],
    slot: &'e mut Option<Event<'a>>,
) -> Line<'a, 'e> {
    let (is_daemon, text) = match text.strip_prefix(b"DMN: ") {
        Some(text) => (true, text),
        None => (false, text),
    };
    let (number, text) = message(text).unwrap_or((b"", text.trim_ascii_start()));
    if text.starts_with(b"Accepted connection") && is_daemon {
        return Line::Noise(Some(Fact::Connected(DAEMON)));
    }
    if let Some(command) = text.strip_prefix(b"Command: ") {
        state.commands.insert(number, None, kept(command));
        return Line::Noise(None);
    }
    let GroupWiseState { commands, reported } = state;
    let (words, is_report) = match text.strip_prefix(b"Send Failure: ") {
        Some(words) => (words, true),
        None => match text.strip_prefix(b"Response: ") {
            Some(words) => (words, false),
            None => return Line::Noise(None),
        },
    };
    let Some(mut event) = failure(words) else {
        return match words.is_empty() {
            true => Line::Noise(None),
            false => Line::Unmatched,
        };
    };
    event.service = if is_daemon { DAEMON } else { GATEWAY };
    if is_report {
        *reported.get_or_default(words, None) += 1;
    } else {
        event.recipient = commands.get(number).map_or(b"", |it| recipient(it));
        if let Some(count) = reported.get_mut(words).filter(|it| **it > 0) {
            *count -= 1;
            // The gateway only repeats what the daemon reported.
            return Line::Noise(None);
        }
    }
    Line::Event(slot.insert(event))
}

/// The event of a response of another server, or of GroupWise's own words in place of one.
fn failure(words: &[u8]) -> Option<Event<'_>> {
    let reply = reply::parse(words)?;
    let outcome = match reply.code {
        ..300 => Outcome::Sent,
        300..400 => Outcome::Attempt,
        400..500 => Outcome::Deferred,
        500.. => Outcome::Bounced,
    };
    let event = Event {
        text: words,
        ..Event::new(DAEMON, Direction::Outbound, outcome)
    };
    let own = words.get(4..).unwrap_or_default().trim_ascii();
    // The host may follow in parentheses.
    let own = split_on(own, b" (").map_or(own, |it| it.0);
    let own = own.strip_suffix(b".").unwrap_or(own);
    let own_words: &[(u16, &[u8], ConnectError)] = &[
        (450, b"Host down", ConnectError::Unreachable),
        (550, b"Host unknown", ConnectError::Dns),
    ];
    let mut connect_error = None;
    for &(_, words, error) in own_words.iter().filter(|it| it.0 == reply.code) {
        let is_beginning = words
            .get(..own.len())
            .is_some_and(|it| it.eq_ignore_ascii_case(own));
        if is_beginning && own.len() < words.len() {
            // Cut off, so that it may be GroupWise's word or that of the other server.
            return None;
        }
        if is_beginning {
            connect_error = Some(error);
        }
    }
    Some(match connect_error {
        Some(_) => Event {
            code: Some(101),
            connect_error,
            ..event
        },
        None => Event {
            code: Some(reply.code),
            enhanced: reply.enhanced,
            ..event
        },
    })
}

/// The recipient in a command, `RCPT TO:<a@example.net>`, or the command itself if it is an address.
fn recipient(command: &[u8]) -> &[u8] {
    let is_rcpt = command
        .get(..4)
        .is_some_and(|it| it.eq_ignore_ascii_case(b"RCPT"));
    if is_rcpt && let Some((_, path)) = split(command, b':') {
        return address(path.trim_ascii()).map_or(b"", |(address, _)| address);
    }
    let is_address = command.contains(&b'@') && !command.contains(&b' ');
    if is_address { command } else { b"" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_lines_of_the_internet_agent_are_certain() {
        for line in [
            "10:00:00 2D8 DMN: MSG 12 Accepted connection: [192.0.2.1] ()",
            "10:00:00 0A64 MSG 73 Analyzing result file: r.001",
        ] {
            assert_eq!(
                GroupWise::probe(line.as_bytes()),
                Confidence::Certain,
                "{line}"
            );
        }
        for line in [
            "",
            "10:00:00 192.0.2.1 MAIL FROM - 250",
            "10:00:00 2D8 Something else",
            "2026-11-23 10:00:00 DMN: MSG 1 x",
            "10:00:00 2D8 MSG x",
        ] {
            assert_ne!(
                GroupWise::probe(line.as_bytes()),
                Confidence::Certain,
                "{line}"
            );
        }
    }

    #[test]
    fn recipient_is_found_in_either_form_of_a_command() {
        assert_eq!(recipient(b"RCPT TO:<a@example.net>"), b"a@example.net");
        assert_eq!(recipient(b"a@example.net"), b"a@example.net");
        assert_eq!(recipient(b"data"), b"");
    }
}
