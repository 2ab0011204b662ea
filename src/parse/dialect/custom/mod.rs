//! Logs of any other program, read with the regular expressions of the configuration (`patterns:`).
//!
//! `patterns` has the expressions. The format is never detected: a source has it by `format: custom`. A pattern is
//! searched in the whole line, so the time is a group of it like all other parts. A line that no pattern matches is
//! unmatched.

mod patterns;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use regex::bytes::CaptureLocations;
use serde::{Deserialize, Serialize};

use patterns::{Group, direction, outcome};
pub use patterns::{Pattern, PatternSettings, Patterns, group_names};

use crate::parse::dialect::api::{AgentDef, Confidence, Dialect, Record};
use crate::parse::dialect::{Agent, Mta};
use crate::parse::event::Visitor;
use crate::parse::frame::syslog::HeaderParser;
use crate::parse::frame::tai64;
use crate::parse::kinds::{ConnectError, Stamp};
use crate::parse::scan::{enhanced, number};
use crate::parse::{Direction, Event, Line, Outcome, Service, reply};

/// The dialect.
pub(in crate::parse) struct Custom;

const SERVICE: Service<'static> = Service::of(Agent::new(Mta::Custom, 0));

/// The patterns, which are not stored, and what was found in the line that is being read.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(in crate::parse) struct CustomState {
    #[serde(skip)]
    patterns: Arc<Patterns>,
    #[serde(skip)]
    locations: Vec<CaptureLocations>,
    /// The index of the pattern that matched the line.
    #[serde(skip)]
    found: Option<usize>,
}

impl CustomState {
    /// Sets the patterns, if they have changed.
    pub(in crate::parse) fn set_patterns(&mut self, patterns: &Arc<Patterns>) {
        if !Arc::ptr_eq(&self.patterns, patterns) {
            self.locations = patterns.locations();
            self.patterns = Arc::clone(patterns);
        }
    }
}

impl Dialect for Custom {
    const NAME: &'static str = "custom";
    const AGENTS: &'static [AgentDef] = &[AgentDef {
        name: AgentDef::UNKNOWN,
        accepts_clients: false,
        authenticates: false,
        delivers: true,
    }];
    const STATE_VERSION: u16 = 1;
    const DEFAULT_LOGS: &'static [&'static str] = &[];

    type State = CustomState;

    fn claims(_: &[u8], _: &[u8]) -> bool {
        false
    }

    fn probe(_: &[u8]) -> Confidence {
        Confidence::Possible
    }

    fn frame<'a>(
        state: &mut CustomState,
        headers: &mut HeaderParser,
        line: &'a [u8],
    ) -> (Option<Stamp>, &'a [u8]) {
        state.found = None;
        let found = state.patterns.index_of_match(line).and_then(|index| {
            let pattern = state.patterns.pattern(index)?;
            Some((index, pattern, state.locations.get_mut(index)?))
        });
        let Some((index, pattern, locations)) = found else {
            return (None, line);
        };
        pattern.regex.captures_read(locations, line);
        state.found = Some(index);
        let time = pattern.text(locations, line, Group::Time);
        (time.and_then(|time| stamp(headers, time)), line)
    }

    fn read<'a>(state: &'a mut CustomState, record: &Record<'a>, visitor: &mut impl Visitor<'a>) {
        let found = state.found.take().and_then(|index| {
            let pattern = state.patterns.pattern(index)?;
            Some((pattern, state.locations.get(index)?))
        });
        let Some((pattern, locations)) = found else {
            return visitor.unmatched(record.time);
        };
        if pattern.settings.is_noise {
            return visitor.noise(record.time, None);
        }
        let mut event = event(pattern, locations, record.body);
        visitor.visit(record.time, Line::Event(&mut event));
    }
}

/// The event in a line that a pattern matched.
fn event<'a>(pattern: &Pattern, locations: &CaptureLocations, line: &'a [u8]) -> Event<'a> {
    let text = |group| pattern.text(locations, line, group);
    let settings = &pattern.settings;
    let way = text(Group::Direction).and_then(direction);
    let way = way.or(settings.direction).unwrap_or(Direction::Outbound);
    let words = text(Group::Text).unwrap_or_default();
    let (code, code_in_text) = code(text(Group::Code), words);
    let is_failure = settings.connect_error.is_some() || code.is_some_and(|code| code >= 400);
    let result = text(Group::Outcome).and_then(outcome).or(settings.outcome);
    let result = result.unwrap_or(match (is_failure, way, code) {
        (false, _, _) => Outcome::Sent,
        (true, Direction::Inbound, _) => Outcome::Rejected,
        (true, _, Some(500..)) => Outcome::Bounced,
        (true, _, _) => Outcome::Deferred,
    });
    let mut event = Event::new(SERVICE, way, result);
    event.connect_error = settings.connect_error;
    event.code = settings.connect_error.and_then(ConnectError::code).or(code);
    let of_text = || match code_in_text {
        true => reply::parse(words).and_then(|reply| reply.enhanced),
        false => reply::leading_enhanced(words),
    };
    event.enhanced = match text(Group::Enhanced) {
        Some(written) => enhanced(written).map(|(code, _)| code),
        None if event.code == code && code.is_some() => of_text(),
        None => None,
    };
    event.dsn = text(Group::Dsn).and_then(|it| Some(enhanced(it)?.0));
    event.queue_id = text(Group::QueueId).unwrap_or_default();
    event.sender = address(text(Group::Sender));
    event.recipient = address(text(Group::Recipient));
    event.host = text(Group::Relay).unwrap_or_default();
    event.text = words;
    event
}

/// The reply code of a group or, without the group, at the beginning of the text; and whether it was in the text.
fn code(group: Option<&[u8]>, words: &[u8]) -> (Option<u16>, bool) {
    match group {
        Some(digits) => {
            let found = number(digits).filter(|(_, rest)| rest.is_empty());
            let code = found.and_then(|(code, _)| u16::try_from(code).ok());
            (code.filter(|code| (200..600).contains(code)), false)
        }
        None => (reply::parse(words).map(|reply| reply.code), true),
    }
}

/// An address without its brackets.
fn address(text: Option<&[u8]>) -> &[u8] {
    let text = text.unwrap_or_default();
    let inner = text.strip_prefix(b"<").and_then(|it| it.strip_suffix(b">"));
    inner.unwrap_or(text)
}

/// The longest time that is read, in bytes.
const MAX_TIME: usize = 63;

/// The time of a group: `2026-11-23T15:17:00.123+01:00` and its variants (also with slashes), `Nov 23 15:17:00`,
/// seconds since 1970, or TAI64N.
fn stamp(headers: &mut HeaderParser, text: &[u8]) -> Option<Stamp> {
    let text = text.trim_ascii();
    let mut buffer = [b' '; MAX_TIME + 1];
    let written = buffer.get_mut(..=text.len())?;
    written[..text.len()].copy_from_slice(text);
    if let [_, _, _, _, first @ b'/', _, _, second @ b'/', ..] = written {
        (*first, *second) = (b'-', b'-');
    }
    let written = &*written;
    let named = |headers: &mut HeaderParser| headers.named(written).map(|(time, _)| time);
    let known = tai64::stamp(written).or_else(|| headers.dated(written));
    known
        .map(|(time, _)| time)
        .or_else(|| named(headers))
        .or_else(|| epoch(text))
}

/// Seconds since 1970 with an optional fraction, or milliseconds.
fn epoch(text: &[u8]) -> Option<Stamp> {
    let (whole, rest) = number(text)?;
    let digits = text.len() - rest.len();
    let (seconds, millis) = match (digits, rest) {
        (9..=11, [] | [b'.', ..]) => (whole, 0),
        (13, []) => (whole / 1000, whole % 1000),
        _ => return None,
    };
    Some(Stamp {
        seconds: i64::try_from(seconds).ok()?,
        nanos: u32::try_from(millis * 1_000_000).ok()?,
    })
}
