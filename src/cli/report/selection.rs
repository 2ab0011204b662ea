//! Which lines a report is about: those of a time span, and the mail of one domain.

use rustc_hash::{FxHashMap, FxHashSet, FxHasher};
use std::hash::Hasher;

use crate::parse::{Event, Fact, Stamp};

/// How many messages of a domain are remembered at a time.
const MAX_MESSAGES: usize = 1 << 20;

/// Selects lines.
pub(super) struct Selection {
    /// Seconds since 1970; the first one that is selected.
    since: Option<i64>,
    /// The first one that is not selected any more.
    until: Option<i64>,
    /// Whether the last line with a time was selected: lines without one belong to it.
    is_in_span: bool,
    mail: Option<MailOfDomain>,
}

/// The messages from or to a domain.
struct MailOfDomain {
    /// In lower case.
    domain: Vec<u8>,
    /// The submitters of messages whose sender is not logged yet, by queue id.
    submitted: FxHashMap<u64, Box<[u8]>>,
    /// The messages that the domain sent.
    sent: FxHashSet<u64>,
}

/// Whether a fact is selected.
pub(super) enum Selected {
    No,
    Yes,
    /// It is, and now that its sender is known also that this submitter, given as in its line, submitted the message.
    WithSubmission(Box<[u8]>),
}

impl Selection {
    pub fn new(since: Option<i64>, until: Option<i64>, domain: Option<&str>) -> Self {
        let mail = domain.map(|domain| MailOfDomain {
            domain: domain.trim_start_matches('@').to_ascii_lowercase().into(),
            submitted: FxHashMap::default(),
            sent: FxHashSet::default(),
        });
        Selection {
            since,
            until,
            is_in_span: true,
            mail,
        }
    }

    /// Whether every line is selected.
    #[inline]
    pub fn is_everything(&self) -> bool {
        self.since.is_none() && self.until.is_none() && self.mail.is_none()
    }

    /// Whether a line of this time is selected.
    #[inline]
    pub fn has_time(&mut self, time: Option<Stamp>) -> bool {
        if let Some(time) = time {
            let second = time.seconds;
            let is_late = self.until.is_some_and(|until| second >= until);
            self.is_in_span = !is_late && self.since.is_none_or(|since| second >= since);
        }
        self.is_in_span
    }

    /// Whether lines that are about no mail are selected.
    #[inline]
    pub fn is_any_mail(&self) -> bool {
        self.mail.is_none()
    }

    /// Whether an event is selected.
    #[inline]
    pub fn has_event(&self, event: &Event<'_>) -> bool {
        match &self.mail {
            None => true,
            Some(mail) => mail.has_event(event),
        }
    }

    /// Whether a fact is selected.
    #[inline(never)]
    pub fn has_fact(&mut self, fact: &Fact<'_>) -> Selected {
        match &mut self.mail {
            None => Selected::Yes,
            Some(mail) => mail.has_fact(fact),
        }
    }
}

impl MailOfDomain {
    fn has_event(&self, event: &Event<'_>) -> bool {
        self.is_of(event.recipient)
            || self.is_of(event.sender)
            || (!event.queue_id.is_empty() && self.sent.contains(&hash(event.queue_id)))
    }

    fn has_fact(&mut self, fact: &Fact<'_>) -> Selected {
        match *fact {
            Fact::Submitted {
                queue_id,
                submitter,
            } if !queue_id.is_empty() => {
                let message = hash(queue_id);
                self.sent.remove(&message);
                if self.submitted.len() >= MAX_MESSAGES {
                    self.submitted = FxHashMap::default();
                }
                self.submitted.insert(message, submitter.0.into());
                Selected::No
            }
            Fact::Queued {
                queue_id, sender, ..
            } => {
                let submitter = self.submitted.remove(&hash(queue_id));
                match (self.is_of(sender), submitter) {
                    (false, _) => Selected::No,
                    (true, submitter) => {
                        self.note_sent(queue_id);
                        submitter.map_or(Selected::Yes, Selected::WithSubmission)
                    }
                }
            }
            Fact::Accepted {
                queue_id, sender, ..
            } => {
                let is_selected = self.is_of(sender);
                if is_selected && !queue_id.is_empty() {
                    self.note_sent(queue_id);
                }
                if is_selected {
                    Selected::Yes
                } else {
                    Selected::No
                }
            }
            Fact::Removed { queue_id } => match self.sent.remove(&hash(queue_id)) {
                true => Selected::Yes,
                false => Selected::No,
            },
            _ => Selected::No,
        }
    }

    fn note_sent(&mut self, queue_id: &[u8]) {
        if self.sent.len() >= MAX_MESSAGES {
            self.sent = FxHashSet::default();
        }
        self.sent.insert(hash(queue_id));
    }

    /// Whether an address is of the domain.
    fn is_of(&self, address: &[u8]) -> bool {
        let domain = memchr::memrchr(b'@', address).map(|at| &address[at + 1..]);
        domain.is_some_and(|domain| domain.eq_ignore_ascii_case(&self.domain))
    }
}

fn hash(queue_id: &[u8]) -> u64 {
    let mut hasher = FxHasher::default();
    hasher.write(queue_id);
    hasher.finish()
}
