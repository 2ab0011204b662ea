//! The counts that a correct reader of the generated log must find. They are added up while the log is
//! written: each line has at most one code, one status and one connect error.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What one line adds to the expected counts.
#[derive(Clone, Copy, Default)]
pub struct Facts {
    /// Direction, reply code and enhanced code (empty if the text has none).
    pub code: Option<(&'static str, u16, &'static str)>,
    /// Result of a delivery: `sent`, `deferred`, `bounced` or `expired`.
    pub status: Option<&'static str>,
    /// Failed connection: `refused`, `timed_out` and so on.
    pub connect_error: Option<&'static str>,
}

impl Facts {
    /// Nothing to count.
    pub const NONE: Facts = Facts {
        code: None,
        status: None,
        connect_error: None,
    };

    /// A reply.
    pub fn reply(direction: &'static str, code: u16, enhanced: &'static str) -> Self {
        Facts {
            code: Some((direction, code, enhanced)),
            ..Facts::NONE
        }
    }

    /// A delivery without a reply, or with a reply that is counted on another line.
    pub fn status(status: &'static str) -> Self {
        Facts {
            status: Some(status),
            ..Facts::NONE
        }
    }

    /// A failed connection. One that could not be opened has the code 111 or 101.
    pub fn connect_error(error: &'static str, code: Option<u16>) -> Self {
        Facts {
            code: code.map(|code| ("outbound", code, "")),
            connect_error: Some(error),
            ..Facts::NONE
        }
    }

    /// The same with the result of a delivery.
    pub fn with_status(self, status: &'static str) -> Self {
        Facts {
            status: Some(status),
            ..self
        }
    }
}

/// The counts, with the field names of `report --format json`.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExpectedCounts {
    /// Lines written.
    pub lines: u64,
    /// By direction and code.
    pub codes: BTreeMap<String, BTreeMap<String, u64>>,
    /// By direction, and code with enhanced code.
    pub enhanced: BTreeMap<String, BTreeMap<String, u64>>,
    /// By status.
    pub deliveries: BTreeMap<String, u64>,
    /// By error.
    pub connect_errors: BTreeMap<String, u64>,
    /// Lines that contain `status=`.
    pub status_lines: u64,
    /// Messages that left the queue.
    pub removed: u64,
}

impl ExpectedCounts {
    /// Counts one line. `text` is the line without timestamp and host.
    pub fn count(&mut self, text: &str, facts: &Facts) {
        self.lines += 1;
        if let Some((direction, code, enhanced)) = facts.code {
            let code = code.to_string();
            let both = format!("{code} {enhanced}");
            add(self.codes.entry(direction.to_owned()).or_default(), &code);
            add(
                self.enhanced.entry(direction.to_owned()).or_default(),
                both.trim_end(),
            );
        }
        if let Some(status) = facts.status {
            add(&mut self.deliveries, status);
        }
        if let Some(error) = facts.connect_error {
            add(&mut self.connect_errors, error);
        }
        self.status_lines += u64::from(text.contains("status="));
        self.removed += u64::from(text.ends_with(": removed"));
    }
}

fn add(counts: &mut BTreeMap<String, u64>, name: &str) {
    match counts.get_mut(name) {
        Some(count) => *count += 1,
        None => {
            counts.insert(name.to_owned(), 1);
        }
    }
}
