//! Why mail failed, was rejected or held, and what the server warns about: reply texts without what differs from reply
//! to reply, counted by code, provider and place.

use super::diagnostics;
use super::host_domain;
use super::mail::text;
use super::summary::{Complaint, Reasons, ReplyRow};
use super::table::Table;
use crate::catalog::{Catalog, ConditionId, ProviderId, Providers};
use crate::insight::push_template;
use crate::parse::{Direction, Enhanced, Event, Level, Outcome};

/// The bytes in front of the place and text of a key.
const PREFIX: usize = 13;

/// Texts with their counts.
pub(super) struct ReasonTables {
    replies: Table<u64>,
    complaints: Table<u64>,
    actions: Table<u64>,
    /// A buffer for keys.
    key: Vec<u8>,
    /// A buffer for the text of a key.
    text: String,
}

/// What a key of a reply says.
struct ReplyKey<'k> {
    direction: Direction,
    outcome: Outcome,
    condition: u8,
    provider: u8,
    duplicate: bool,
    code: u16,
    enhanced: Option<Enhanced>,
    /// The agent of a deferral, the host of a bounce, the stage of a reject.
    place: &'k [u8],
    text: &'k [u8],
}

impl ReasonTables {
    /// With a limit in bytes for all tables.
    pub fn new(bytes: usize) -> Self {
        ReasonTables {
            replies: Table::new(bytes / 2),
            complaints: Table::new(bytes / 4),
            actions: Table::new(bytes / 4),
            key: Vec::new(),
            text: String::new(),
        }
    }

    /// Counts a failure.
    pub fn failed(&mut self, event: &Event<'_>, times: u64) {
        self.template(event.text);
        let key = &mut self.key;
        key.clear();
        let enhanced = event.enhanced.map_or([0; 5], |it| {
            let (subject, detail) = (it.subject.to_be_bytes(), it.detail.to_be_bytes());
            [it.class, subject[0], subject[1], detail[0], detail[1]]
        });
        let outbound = event.direction == Direction::Outbound;
        key.extend_from_slice(&[
            event.direction.index() as u8,
            event.outcome as u8,
            event.condition.map_or(u8::MAX, |it| it.0),
            if outbound { event.provider.0 } else { u8::MAX },
            u8::from(event.duplicate),
            0,
        ]);
        key.extend_from_slice(&event.code.unwrap_or_default().to_be_bytes());
        key.extend_from_slice(&enhanced);
        match event.outcome {
            Outcome::Bounced | Outcome::Expired => {
                key.extend_from_slice(host_domain::of_event(event));
            }
            Outcome::Rejected => {
                let stage = event.stage.map_or("", |stage| stage.name());
                key.extend_from_slice(stage.as_bytes());
            }
            _ => key.extend_from_slice(event.service.agent.name().as_bytes()),
        }
        key.push(0);
        key.extend_from_slice(self.text.as_bytes());
        self.replies.update(key, |count| *count += times);
    }

    /// Puts what a text has in common with others into the buffer.
    fn template(&mut self, text: &[u8]) {
        self.text.clear();
        push_template(text, &mut self.text);
    }

    /// Counts a diagnostic, whose line is given.
    pub fn complaint(&mut self, level: Level, line: &[u8], times: u64) {
        let (program, text) = diagnostics::program_and_text(line);
        self.template(text);
        self.key.clear();
        self.key.push(diagnostics::level_index(level));
        self.key.extend_from_slice(program);
        self.key.push(0);
        self.key.extend_from_slice(self.text.as_bytes());
        self.complaints.update(&self.key, |count| *count += times);
    }

    /// Counts a message that was held, discarded or let through with a warning.
    pub fn action(&mut self, action: &str, line: &[u8], times: u64) {
        let text = diagnostics::action_text(line, action);
        self.template(text);
        self.key.clear();
        self.key.extend_from_slice(action.as_bytes());
        self.key.push(0);
        self.key.extend_from_slice(self.text.as_bytes());
        self.actions.update(&self.key, |count| *count += times);
    }

    /// The most frequent replies, wherever they came from.
    pub fn replies(&self, rows: usize, catalog: &Catalog, providers: &Providers) -> Vec<ReplyRow> {
        let mut merged: Table<u64> = Table::new(usize::MAX);
        for (key, count) in self.replies.iter() {
            let Some(reply) = read(key).filter(|reply| !reply.duplicate) else {
                continue;
            };
            let mut of_all = key[..PREFIX].to_vec();
            of_all.push(0);
            of_all.extend_from_slice(reply.text);
            merged.update(&of_all, |it| *it += count);
        }
        let top = merged.top(rows, |count| *count);
        let rows = top.into_iter().filter_map(|(key, count)| {
            let row = row(&read(key)?, *count, catalog, providers);
            Some(ReplyRow { place: None, ..row })
        });
        rows.collect()
    }

    /// The most frequent reasons of each kind of failure.
    pub fn reasons(&self, rows: usize, catalog: &Catalog, providers: &Providers) -> Reasons {
        let of = |wanted: &dyn Fn(&ReplyKey<'_>) -> bool| {
            let replies = self.replies.iter();
            let found = replies.filter_map(|(bytes, count)| Some((read(bytes)?, bytes, *count)));
            let mut found: Vec<_> = found.filter(|(key, ..)| wanted(key)).collect();
            found.sort_by(|a, b| {
                b.2.cmp(&a.2)
                    .then_with(|| (a.0.place, a.0.text, a.1).cmp(&(b.0.place, b.0.text, b.1)))
            });
            let found = found.into_iter().take(rows);
            found
                .map(|(key, _, count)| row(&key, count, catalog, providers))
                .collect()
        };
        Reasons {
            deferred: of(&|key| key.outcome == Outcome::Deferred),
            bounced: of(&|key| matches!(key.outcome, Outcome::Bounced | Outcome::Expired)),
            rejected: of(&|key| key.outcome == Outcome::Rejected),
            attempts: of(&|key| key.outcome == Outcome::Attempt),
            actions: self.actions(rows),
            diagnostics: self.complaints(rows),
        }
    }

    fn actions(&self, rows: usize) -> Vec<Complaint> {
        let top = self.actions.top(rows, |count| *count);
        let rows = top.into_iter().filter_map(|(key, count)| {
            let (action, words) = split(key)?;
            Some(Complaint {
                level: text(action),
                program: String::new(),
                text: text(words),
                count: *count,
            })
        });
        rows.collect()
    }

    fn complaints(&self, rows: usize) -> Vec<Complaint> {
        // A panic is worth more than any number of warnings.
        let mut all: Vec<_> = self.complaints.iter().collect();
        all.sort_by(|(a, a_count), (b, b_count)| (b[0], *b_count, *a).cmp(&(a[0], *a_count, *b)));
        let rows = all.into_iter().take(rows).filter_map(|(key, count)| {
            let (level, rest) = key.split_first()?;
            let (program, words) = split(rest)?;
            let level = Level::ALL.get(usize::from(*level))?;
            Some(Complaint {
                level: level.name().to_owned(),
                program: text(program),
                text: text(words),
                count: *count,
            })
        });
        rows.collect()
    }

    /// The tables whose counts are estimates, and by how much these may be too small.
    pub fn estimates(&self) -> impl Iterator<Item = (&'static str, Option<u64>)> {
        let errors = [
            ("replies", self.replies.error()),
            ("diagnostics", self.complaints.error()),
            ("actions", self.actions.error()),
        ];
        let errors = errors.into_iter().filter(|(_, error)| *error > 0);
        errors.map(|(table, error)| (table, Some(error)))
    }
}

/// Splits a key at the byte 0.
fn split(key: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = memchr::memchr(0, key)?;
    Some((&key[..at], &key[at + 1..]))
}

/// Reads the key of a reply.
fn read(key: &[u8]) -> Option<ReplyKey<'_>> {
    let (prefix, rest) = key.split_first_chunk::<PREFIX>()?;
    let [
        direction,
        outcome,
        condition,
        provider,
        duplicate,
        _,
        code @ ..,
    ] = *prefix;
    let [code_high, code_low, class, s_high, s_low, d_high, d_low] = code;
    let enhanced = Enhanced {
        class,
        subject: u16::from_be_bytes([s_high, s_low]),
        detail: u16::from_be_bytes([d_high, d_low]),
    };
    let (place, text) = split(rest)?;
    Some(ReplyKey {
        direction: *Direction::ALL.get(usize::from(direction))?,
        outcome: *Outcome::ALL.get(usize::from(outcome))?,
        condition,
        provider,
        duplicate: duplicate == 1,
        code: u16::from_be_bytes([code_high, code_low]),
        enhanced: (class > 0).then_some(enhanced),
        place,
        text,
    })
}

fn row(key: &ReplyKey<'_>, count: u64, catalog: &Catalog, providers: &Providers) -> ReplyRow {
    let provider = match key.provider {
        u8::MAX => String::new(),
        id => providers.name(ProviderId(id)).to_owned(),
    };
    let condition = match key.condition {
        u8::MAX => None,
        id => Some(catalog.condition_name(ConditionId(id)).to_owned()),
    };
    ReplyRow {
        code: Some(key.code).filter(|code| *code > 0),
        enhanced: key.enhanced.map(|it| it.to_string()),
        provider,
        text: text(key.text),
        count,
        direction: key.direction.name(),
        outcome: key.outcome.name(),
        condition,
        place: Some(text(key.place)),
    }
}
