//! What a log says, counted while it is written: the numbers that a reader of the log has to find.
//!
//! It stands apart from the traffic so that the rules of counting can be read in one place: a line
//! says at most one code, one status and one connect error.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What one line says.
#[derive(Clone, Copy, Default)]
pub struct Says {
    /// Direction, reply code and enhanced code (empty if the text has none).
    pub code: Option<(&'static str, u16, &'static str)>,
    /// Of a delivery: `sent`, `deferred`, `bounced` or `expired`.
    pub status: Option<&'static str>,
    /// Of a connection, where it was tried: `refused`, `timed_out` and so on.
    pub connect_error: Option<&'static str>,
}

impl Says {
    /// Nothing that is counted.
    pub const NOTHING: Says = Says {
        code: None,
        status: None,
        connect_error: None,
    };

    /// A reply.
    pub fn reply(direction: &'static str, code: u16, enhanced: &'static str) -> Self {
        Says {
            code: Some((direction, code, enhanced)),
            ..Says::NOTHING
        }
    }

    /// A delivery that quotes no reply, or one that another line counts.
    pub fn status(status: &'static str) -> Self {
        Says {
            status: Some(status),
            ..Says::NOTHING
        }
    }

    /// A connection that failed here. One that could not be opened has the code 111 or 101.
    pub fn connect_error(error: &'static str, code: Option<u16>) -> Self {
        Says {
            code: code.map(|code| ("outbound", code, "")),
            connect_error: Some(error),
            ..Says::NOTHING
        }
    }

    /// The same, in a delivery record.
    pub fn with_status(self, status: &'static str) -> Self {
        Says {
            status: Some(status),
            ..self
        }
    }
}

/// The counts, in the shape of `report --format json` and under its names.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Truth {
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
    /// Lines with `status=`.
    pub status_words: u64,
    /// Messages that left the queue.
    pub removed: u64,
}

impl Truth {
    /// Counts one line: its text, without stamp and host, and what it says.
    pub fn count(&mut self, text: &str, says: &Says) {
        self.lines += 1;
        if let Some((direction, code, enhanced)) = says.code {
            let code = code.to_string();
            let both = format!("{code} {enhanced}");
            add(self.codes.entry(direction.to_owned()).or_default(), &code);
            add(
                self.enhanced.entry(direction.to_owned()).or_default(),
                both.trim_end(),
            );
        }
        if let Some(status) = says.status {
            add(&mut self.deliveries, status);
        }
        if let Some(error) = says.connect_error {
            add(&mut self.connect_errors, error);
        }
        self.status_words += u64::from(text.contains("status="));
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
