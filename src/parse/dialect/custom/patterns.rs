//! The patterns of the configuration: regular expressions with named groups, compiled once.

use std::str::FromStr;

use regex::bytes::{CaptureLocations, Regex, RegexBuilder, RegexSet, RegexSetBuilder};

use crate::parse::kinds::{ConnectError, Direction, Outcome};

/// A named group of a pattern: the part of an event that its text gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Group {
    Time,
    QueueId,
    Sender,
    Recipient,
    Relay,
    Code,
    Enhanced,
    Dsn,
    Outcome,
    Direction,
    Text,
}

impl Group {
    /// Every group with its name, in the order of its index.
    const ALL: [(&'static str, Group); 11] = [
        ("time", Group::Time),
        ("queue_id", Group::QueueId),
        ("sender", Group::Sender),
        ("recipient", Group::Recipient),
        ("relay", Group::Relay),
        ("code", Group::Code),
        ("enhanced", Group::Enhanced),
        ("dsn", Group::Dsn),
        ("outcome", Group::Outcome),
        ("direction", Group::Direction),
        ("text", Group::Text),
    ];
}

/// The names of all groups, for messages.
pub fn group_names() -> Vec<&'static str> {
    Group::ALL.iter().map(|(name, _)| *name).collect()
}

/// The maximum size of a compiled pattern, in bytes.
const MAX_COMPILED: usize = 1 << 20;

/// A pattern as it is configured: what a group does not say, the pattern says for all its lines.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PatternSettings {
    /// The regular expression, in the syntax of the crate `regex`; of bytes, without Unicode classes.
    pub regex: String,
    /// Who answered whom; outbound if neither this nor a group says it.
    pub direction: Option<Direction>,
    /// The result; by the class of the reply code if neither this nor a group says it.
    pub outcome: Option<Outcome>,
    /// Why there was no connection.
    pub connect_error: Option<ConnectError>,
    /// Whether its lines are known noise, without an event.
    pub is_noise: bool,
}

/// A compiled pattern.
#[derive(Clone, Debug)]
pub struct Pattern {
    pub(super) settings: PatternSettings,
    pub(super) regex: Regex,
    /// The number of each group in the regular expression, by index.
    groups: [Option<usize>; Group::ALL.len()],
}

impl Pattern {
    /// Compiles a pattern.
    ///
    /// # Errors
    ///
    /// A message, if the expression is not valid or too large, or has a named group of another name.
    pub fn compile(settings: PatternSettings) -> Result<Self, String> {
        let regex = RegexBuilder::new(&settings.regex)
            .unicode(false)
            .size_limit(MAX_COMPILED)
            .build()
            .map_err(|error| last_line(&error))?;
        let mut groups = [None; Group::ALL.len()];
        for (number, name) in regex.capture_names().enumerate() {
            let Some(name) = name else {
                continue;
            };
            let known = Group::ALL.iter().position(|(known, _)| *known == name);
            let index = known.ok_or_else(|| format!("unknown group {name:?}"))?;
            groups[index] = Some(number);
        }
        Ok(Pattern {
            settings,
            regex,
            groups,
        })
    }

    /// The text of a group in a line that matched.
    pub(super) fn text<'a>(
        &self,
        found: &CaptureLocations,
        line: &'a [u8],
        group: Group,
    ) -> Option<&'a [u8]> {
        let number = self.groups[group as usize]?;
        found.get(number).map(|(from, to)| &line[from..to])
    }
}

/// What is wrong. The message of a syntax error has several lines, which show the place.
fn last_line(error: &regex::Error) -> String {
    let message = error.to_string();
    let last = message.lines().last().unwrap_or_default();
    last.trim_start_matches("error: ").to_owned()
}

/// All patterns of the configuration. The first that matches a line reads it.
#[derive(Clone, Debug, Default)]
pub struct Patterns {
    set: RegexSet,
    patterns: Vec<Pattern>,
}

impl Patterns {
    /// Patterns that have been compiled one by one.
    ///
    /// # Errors
    ///
    /// A message, if all of them together are too large.
    pub fn new(patterns: Vec<Pattern>) -> Result<Self, String> {
        let set = RegexSetBuilder::new(patterns.iter().map(|it| &it.settings.regex))
            .unicode(false)
            .size_limit(MAX_COMPILED.saturating_mul(patterns.len().max(1)))
            .build()
            .map_err(|error| last_line(&error))?;
        Ok(Patterns { set, patterns })
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.patterns.is_empty()
    }

    /// The index of the first pattern that matches a line.
    pub fn index_of_match(&self, line: &[u8]) -> Option<usize> {
        self.set.matches(line).iter().next()
    }

    /// The pattern with this index.
    pub(super) fn pattern(&self, index: usize) -> Option<&Pattern> {
        self.patterns.get(index)
    }

    /// Buffers for the places of the groups of each pattern.
    pub(super) fn locations(&self) -> Vec<CaptureLocations> {
        let patterns = self.patterns.iter();
        patterns.map(|it| it.regex.capture_locations()).collect()
    }
}

impl PartialEq for Patterns {
    fn eq(&self, other: &Self) -> bool {
        let settings = |patterns: &Patterns| -> Vec<PatternSettings> {
            patterns
                .patterns
                .iter()
                .map(|it| it.settings.clone())
                .collect()
        };
        settings(self) == settings(other)
    }
}

/// The result that a word in a log stands for.
pub(super) fn outcome(word: &[u8]) -> Option<Outcome> {
    const WORDS: &[(&[u8], Outcome)] = &[
        (b"sent", Outcome::Sent),
        (b"delivered", Outcome::Sent),
        (b"accepted", Outcome::Sent),
        (b"success", Outcome::Sent),
        (b"ok", Outcome::Sent),
        (b"deferred", Outcome::Deferred),
        (b"delayed", Outcome::Deferred),
        (b"tempfail", Outcome::Deferred),
        (b"retry", Outcome::Deferred),
        (b"bounced", Outcome::Bounced),
        (b"bounce", Outcome::Bounced),
        (b"failed", Outcome::Bounced),
        (b"permfail", Outcome::Bounced),
        (b"expired", Outcome::Expired),
        (b"rejected", Outcome::Rejected),
        (b"reject", Outcome::Rejected),
        (b"attempt", Outcome::Attempt),
    ];
    WORDS
        .iter()
        .find(|(known, _)| known.eq_ignore_ascii_case(word))
        .map(|(_, outcome)| *outcome)
}

/// The direction that a word in a log stands for.
pub(super) fn direction(word: &[u8]) -> Option<Direction> {
    const WORDS: &[(&[u8], Direction)] = &[
        (b"outbound", Direction::Outbound),
        (b"out", Direction::Outbound),
        (b"inbound", Direction::Inbound),
        (b"in", Direction::Inbound),
        (b"local", Direction::Local),
    ];
    WORDS
        .iter()
        .find(|(known, _)| known.eq_ignore_ascii_case(word))
        .map(|(_, direction)| *direction)
}

/// Implements [`FromStr`] by the label values.
macro_rules! from_label {
    ($($kind:ty: $values:expr,)*) => { $(
        impl FromStr for $kind {
            type Err = ();

            fn from_str(name: &str) -> Result<Self, ()> {
                $values.into_iter().find(|it| it.name() == name).ok_or(())
            }
        }
    )* };
}
from_label! {
    Direction: Direction::ALL,
    ConnectError: ConnectError::ALL,
    Outcome: Outcome::ALL,
}
