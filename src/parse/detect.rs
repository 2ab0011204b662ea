//! Which mail server wrote a stream of lines.
//!
//! Syslog streams are routed by the tag of each line, so several servers may share one. A server's own log
//! file is told by the form of its lines. The answer is kept for the stream, because asking every dialect
//! about every line would cost more than reading it; lines that contradict it are still read by the right
//! dialect, and enough of them in a row change the answer.

use crate::parse::dialect::{Confidence, Mta};

/// The format of a source, as configured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// It is detected for each stream.
    #[default]
    Auto,
    /// Syslog: each line is routed by its tag.
    Syslog,
    /// The log of this mail server, in a file of its own or through syslog.
    Server(Mta),
}

impl Format {
    /// The name, as it is configured.
    pub fn name(self) -> &'static str {
        match self {
            Format::Auto => "auto",
            Format::Syslog => "syslog",
            Format::Server(mta) => mta.name(),
        }
    }

    /// The format of this name; `None` if there is none.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "auto" => Some(Format::Auto),
            "syslog" => Some(Format::Syslog),
            _ => Mta::named(name).map(Format::Server),
        }
    }
}

/// The names of all formats, as they are configured.
pub fn format_names() -> Vec<&'static str> {
    let servers = Mta::ALL.map(Mta::name);
    ["auto", "syslog"].into_iter().chain(servers).collect()
}

/// How a stream's lines are framed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Framing {
    /// Syslog records, each routed by its tag.
    Syslog,
    /// The log file of one server.
    OwnLog(Mta),
}

/// So many lines in a row that contradict the framing make it unknown again.
const CONTRADICTIONS: u8 = 16;

/// What is known of one stream.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Detection {
    format: Format,
    framing: Option<Framing>,
    contradictions: u8,
}

impl Detection {
    /// Of a stream with this configured format.
    pub(super) fn new(format: Format) -> Self {
        Detection {
            format,
            framing: None,
            contradictions: 0,
        }
    }

    /// The configured format.
    pub(super) fn format(&self) -> Format {
        self.format
    }

    /// Changes the configured format.
    pub(super) fn set_format(&mut self, format: Format) {
        if self.format != format {
            *self = Detection::new(format);
        }
    }

    /// How the stream is framed, if that is known.
    pub(super) fn framing(&self) -> Option<Framing> {
        self.framing
    }

    /// Takes the framing from an earlier process.
    pub(super) fn resume(&mut self, framing: Framing) {
        self.framing = Some(framing);
    }

    /// Whether lines of the usual forms of Postfix may be looked for before anything else.
    #[inline]
    pub(super) fn allows_prescan(&self) -> bool {
        let excluded = matches!(self.format, Format::Server(mta) if mta != Mta::Postfix);
        !matches!(self.framing, Some(Framing::OwnLog(_))) && !excluded
    }

    /// The server in whose own log a line is, if that is certain.
    pub(super) fn own_log(&self, line: &[u8]) -> Option<Mta> {
        match self.format {
            Format::Syslog => None,
            Format::Server(mta) => (mta.probe(line) != Confidence::No).then_some(mta),
            Format::Auto => {
                // The server that wrote the lines before is the first to ask.
                let known = match self.framing {
                    Some(Framing::OwnLog(mta)) => Some(mta),
                    _ => None,
                };
                known
                    .into_iter()
                    .chain(Mta::ALL)
                    .find(|mta| mta.probe(line) == Confidence::Certain)
            }
        }
    }

    /// Notes how a line turned out to be framed.
    pub(super) fn note(&mut self, found: Framing) {
        match self.framing {
            Some(framing) if framing == found => self.contradictions = 0,
            Some(_) if self.contradictions + 1 < CONTRADICTIONS => self.contradictions += 1,
            _ => {
                self.framing = Some(found);
                self.contradictions = 0;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn single_lines_of_another_format_do_not_change_the_framing() {
        let mut detection = Detection::new(Format::Auto);
        detection.note(Framing::Syslog);
        let other = Framing::OwnLog(Mta::Postfix);
        for _ in 0..3 {
            for _ in 1..CONTRADICTIONS {
                detection.note(other);
            }
            detection.note(Framing::Syslog);
        }
        assert_eq!(detection.framing(), Some(Framing::Syslog));
        for _ in 0..CONTRADICTIONS {
            detection.note(other);
        }
        assert_eq!(detection.framing(), Some(other));
    }

    #[test]
    fn every_format_is_found_by_its_name() {
        for name in format_names() {
            assert!(Format::named(name).is_some(), "{name}");
        }
        assert_eq!(Format::named("mbox"), None);
    }
}
