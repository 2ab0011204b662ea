//! Takes the events and facts of a log and adds them up.

use std::num::NonZeroU64;

use jiff::tz::TimeZone;

use super::calendar::Calendar;
use super::connections::Connections;
use super::hosts::Hosts;
use super::mail::{Mail, text};
use super::messages::Messages;
use super::problems::Problems;
use super::reasons::ReasonTables;
use super::sessions::{Diagnostics, SessionTotals};
use super::summary::{Day, Hour, MessageTotals, Summary, Top, WithoutSender};
use crate::catalog::{Catalog, Language, Providers};
use crate::metrics::Counters;
use crate::parse::{Action, Event, Fact, Mta, Outcome, Stamp};

/// What is collected.
#[derive(Clone, Copy, Debug)]
pub struct CollectorOptions {
    /// Whether the tables of names and texts are collected. Without them, a report costs hardly more than counting.
    pub details: bool,
    /// The most memory that the tables may use, in bytes.
    pub memory: usize,
}

/// Adds up what a log says.
pub struct Collector {
    calendar: Calendar,
    /// Figures that are not by hour and day.
    totals: MessageTotals,
    messages: Messages,
    problems: Problems,
    diagnostics: Diagnostics,
    tables: Option<Box<Tables>>,
    hosts: Hosts,
}

struct Tables {
    mail: Mail,
    reasons: ReasonTables,
    connections: Connections,
}

impl Collector {
    /// Nothing collected. Hours and days are those of `zone`.
    pub fn new(options: CollectorOptions, zone: TimeZone) -> Self {
        let quarter = options.memory / 4;
        Collector {
            calendar: Calendar::new(zone),
            totals: MessageTotals::default(),
            messages: Messages::new(quarter),
            problems: Problems::default(),
            diagnostics: Diagnostics::default(),
            tables: options.details.then(|| {
                Box::new(Tables {
                    mail: Mail::new(2 * quarter),
                    reasons: ReasonTables::new(quarter / 4 * 3),
                    connections: Connections::new(quarter / 4),
                })
            }),
            hosts: Hosts::new(options.details),
        }
    }

    /// Takes an event that the line reports `times` times.
    #[inline]
    pub fn event(&mut self, time: Option<Stamp>, event: &Event<'_>, line: &[u8], times: u64) {
        self.calendar.note(time);
        self.hosts.note(line);
        // Programs beside the mail server repeat what it logs itself.
        if is_companion(event.mta()) {
            return self.companion(event, line, times);
        }
        match event.outcome {
            Outcome::Sent => return self.sent(time, event, times),
            Outcome::Deferred => {
                self.calendar.at(time).deferred += times;
                let is_first = event.queue_id.is_empty() || self.messages.defer(event.queue_id);
                self.totals.deferred += u64::from(is_first);
            }
            Outcome::Bounced => self.calendar.at(time).bounced += times,
            Outcome::Expired => self.totals.expired += times,
            // What Postfix logs as a warning is one, as for pflogsumm.
            Outcome::Rejected if event.level.is_none() || event.mta() != Mta::Postfix => {
                self.calendar.at(time).rejected += times;
            }
            Outcome::Rejected | Outcome::Attempt => {}
        }
        self.problems.count(event, times);
        if let Some(level) = event.level {
            self.diagnostics.add(level, times);
        }
        let Some(tables) = &mut self.tables else {
            return;
        };
        if event.condition.is_some() || event.outcome != Outcome::Attempt {
            tables.reasons.failed(event, times);
        }
        if let Some(level) = event.level {
            tables.reasons.complaint(level, line, times);
        }
        match event.outcome {
            Outcome::Deferred | Outcome::Bounced => {
                let is_deferred = event.outcome == Outcome::Deferred;
                tables.mail.failed(event, is_deferred, times);
            }
            Outcome::Rejected => tables.mail.rejected(event, times),
            _ => {}
        }
    }

    #[inline]
    fn sent(&mut self, time: Option<Stamp>, event: &Event<'_>, times: u64) {
        if is_forwarded(event) {
            self.totals.forwarded += times;
            return;
        }
        self.calendar.at(time).delivered += times;
        let Some(tables) = &mut self.tables else {
            return;
        };
        self.totals.bytes_delivered += tables.mail.sent(event, &mut self.messages, times);
        let names_sender = !matches!(event.mta(), Mta::Postfix | Mta::Exim | Mta::Sendmail);
        if names_sender && !event.sender.is_empty() {
            tables.mail.sent_by(event.sender);
        }
    }

    /// A failure that a program beside the mail server logs.
    #[cold]
    fn companion(&mut self, event: &Event<'_>, line: &[u8], times: u64) {
        if let Some(level) = event.level {
            self.diagnostics.add(level, times);
            if let Some(tables) = &mut self.tables {
                tables.reasons.complaint(level, line, times);
            }
        }
    }

    /// Takes a line of known form that is not an event. Where the parser inlines it, the fact is known: the match
    /// costs nothing.
    #[cfg_attr(hot_path, inline(always))]
    pub fn noise(&mut self, time: Option<Stamp>, fact: Option<&Fact<'_>>, line: &[u8], times: u64) {
        self.calendar.note(time);
        self.hosts.note(line);
        match fact {
            Some(Fact::Submitted { queue_id, .. }) => {
                self.calendar.at(time).received += 1;
                if self.tables.is_none() {
                    self.messages.begin(queue_id);
                }
            }
            Some(Fact::Removed { queue_id }) => self.messages.remove(queue_id),
            Some(Fact::Accepted { size, .. }) => self.accepted(time, *size, times),
            Some(Fact::Action(mta, action)) => self.action(time, *mta, *action, times),
            Some(Fact::Diagnostic(_, level) | Fact::AuthFailed(_, level)) => {
                self.diagnostics.add(*level, times);
            }
            _ => {}
        }
        if self.tables.is_some() {
            self.tabulate(time, fact, line, times);
        }
    }

    /// Takes such a line into the tables.
    #[inline(never)]
    fn tabulate(&mut self, time: Option<Stamp>, fact: Option<&Fact<'_>>, line: &[u8], times: u64) {
        let Some(tables) = &mut self.tables else {
            return;
        };
        let Some(fact) = fact else {
            return tables.connections.other(time, line);
        };
        match *fact {
            Fact::Submitted {
                queue_id,
                submitter,
            } if !queue_id.is_empty() => self.messages.submit(queue_id, submitter.client()),
            Fact::Queued {
                queue_id,
                sender,
                size,
                ..
            } => {
                if let Some(client) = self.messages.queue(queue_id, size) {
                    self.totals.bytes_received += size;
                    tables.mail.received(sender, &client, size);
                }
            }
            Fact::Accepted {
                queue_id,
                sender,
                client,
                size,
                ..
            } if !queue_id.is_empty() => {
                let size = size.map_or(0, NonZeroU64::get);
                self.messages.submit(queue_id, client);
                self.messages.queue(queue_id, size);
                tables.mail.received(sender, client, size);
            }
            Fact::Action(mta, action) if !is_companion(mta) && is_listed(action) => {
                tables.reasons.action(action.name(), line, times);
            }
            Fact::Connected(_) => tables.connections.connect(time, line),
            Fact::Diagnostic(_, level) | Fact::AuthFailed(_, level) => {
                tables.reasons.complaint(level, line, times);
            }
            _ => {}
        }
    }

    /// A message of a server that logs its acceptance in one line.
    #[inline(never)]
    fn accepted(&mut self, time: Option<Stamp>, size: Option<NonZeroU64>, times: u64) {
        self.calendar.at(time).received += times;
        self.totals.bytes_received += size.map_or(0, NonZeroU64::get) * times;
    }

    /// What our own server did instead of accepting or rejecting.
    #[inline(never)]
    fn action(&mut self, time: Option<Stamp>, mta: Mta, action: Action, times: u64) {
        if is_companion(mta) {
            return;
        }
        let traffic = self.calendar.at(time);
        match action {
            Action::Hold => traffic.held += times,
            Action::Discard => traffic.discarded += times,
            Action::Warn | Action::RejectWarning => traffic.reject_warnings += times,
            _ => {}
        }
    }

    /// Takes note of a line of unknown form.
    pub fn unmatched(&mut self, time: Option<Stamp>) {
        self.calendar.note(time);
    }

    /// The result, with at most `rows` rows of each table, and the worst problems in a language. `counters` counted the
    /// same lines.
    pub fn summary(
        mut self,
        counters: &Counters,
        catalog: &Catalog,
        providers: &Providers,
        options: &SummaryOptions,
    ) -> Summary {
        let span = self.calendar.span();
        let total = self.calendar.total();
        let hours = (0..).zip(self.calendar.hours());
        let hours = hours
            .map(|(hour, traffic)| Hour { hour, traffic })
            .collect();
        let days = self.calendar.days(options.zero_fill).into_iter();
        let days = days.map(|(date, traffic)| Day {
            date: date.to_string(),
            traffic,
        });
        let mut summary = Summary {
            from: span.map(|(from, _)| from),
            to: span.map(|(_, to)| to),
            messages: MessageTotals {
                received: total.received,
                delivered: total.delivered,
                deferrals: total.deferred,
                bounced: total.bounced,
                rejected: total.rejected,
                reject_warnings: total.reject_warnings,
                held: total.held,
                discarded: total.discarded,
                ..self.totals
            },
            hours,
            days: days.collect(),
            hosts: self.hosts.names().map(text).collect(),
            problems: (self.problems).worst(options.problems, catalog, providers, options.language),
            sessions: SessionTotals::of(counters, &self.diagnostics),
            ..Summary::default()
        };
        let Some(tables) = self.tables else {
            return summary;
        };
        let mut top = Top::default();
        tables.mail.top(options.rows, &mut top);
        top.replies = tables.reasons.replies(options.rows, catalog, providers);
        top.estimates.extend(tables.reasons.estimates());
        if self.messages.overflowed {
            top.estimates.insert("messages", None);
        }
        summary.top = top;
        summary.connection_time = tables.connections.totals(options.rows);
        summary.reasons = tables.reasons.reasons(options.rows, catalog, providers);
        summary.without_sender = WithoutSender {
            messages: tables.mail.without_sender,
            first: tables.mail.listed,
        };
        summary
    }
}

/// What of the result is wanted.
#[derive(Clone, Copy, Debug)]
pub struct SummaryOptions {
    /// Rows of each table.
    pub rows: usize,
    /// Problems.
    pub problems: usize,
    /// Whether days without mail are listed.
    pub zero_fill: bool,
    /// The language of the problems.
    pub language: Language,
}

/// Whether an action has a table of its texts.
fn is_listed(action: Action) -> bool {
    matches!(
        action,
        Action::Hold | Action::Discard | Action::Warn | Action::RejectWarning
    )
}

/// Whether a program works beside a mail server, which logs the same message itself.
fn is_companion(mta: Mta) -> bool {
    matches!(mta, Mta::Amavis | Mta::Dovecot | Mta::Rspamd)
}

/// Whether Postfix made new messages of a delivery, to an alias or forward file.
#[inline]
fn is_forwarded(event: &Event<'_>) -> bool {
    event.mta() == Mta::Postfix && event.text.starts_with(b"forwarded as ")
}
