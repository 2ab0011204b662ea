//! Detects the format of a stream of lines, and so the mail server that wrote it.
//!
//! Syslog lines are routed by their tag, so several servers may share one stream. A server's own log file is
//! recognized by the form of its lines. The result is stored per stream, because probing every dialect for every
//! line would cost more than parsing it. A line that contradicts the result is still read by the right dialect,
//! and enough contradictions in a row change the result.

use crate::parse::dialect::{Confidence, Mta};

/// The format of a source, as configured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// Detected for each stream.
    #[default]
    Auto,
    /// Syslog: each line is routed by its tag.
    Syslog,
    /// The log of this mail server, in its own log file or through syslog.
    Server(Mta),
}

impl Format {
    /// The name in the configuration.
    pub fn name(self) -> &'static str {
        match self {
            Format::Auto => "auto",
            Format::Syslog => "syslog",
            Format::Server(mta) => mta.name(),
        }
    }

    /// The format with this name; `None` for an unknown name.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "auto" => Some(Format::Auto),
            "syslog" => Some(Format::Syslog),
            _ => Mta::named(name).map(Format::Server),
        }
    }
}

/// The names of all formats in the configuration.
pub fn format_names() -> Vec<&'static str> {
    let servers = Mta::ALL.map(Mta::name);
    ["auto", "syslog"].into_iter().chain(servers).collect()
}

/// The detected format of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DetectedFormat {
    /// Syslog records, each routed by its tag.
    Syslog,
    /// The own log file of one server.
    OwnLog(Mta),
}

/// The number of contradicting lines in a row that changes the detected format.
const CONTRADICTIONS: u8 = 16;

/// The configured and detected format of one stream.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Detection {
    format: Format,
    detected: Option<DetectedFormat>,
    contradictions: u8,
    /// The number of lines in a row that are not in the form of the detected server's own log.
    strange: u8,
}

impl Detection {
    /// The detection for a stream with this configured format.
    pub(super) fn new(format: Format) -> Self {
        Detection {
            format,
            detected: None,
            contradictions: 0,
            strange: 0,
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

    /// The detected format, if it is known yet.
    pub(super) fn detected(&self) -> Option<DetectedFormat> {
        self.detected
    }

    /// Restores the format that an earlier process detected.
    pub(super) fn resume(&mut self, detected: DetectedFormat) {
        self.detected = Some(detected);
    }

    /// Whether lines may be prescanned for the usual forms of Postfix first.
    #[inline]
    pub(super) fn allows_prescan(&self) -> bool {
        let excluded = matches!(self.format, Format::Server(mta) if mta != Mta::Postfix);
        !matches!(self.detected, Some(DetectedFormat::OwnLog(_))) && !excluded
    }

    /// The server whose own log file was detected, if the configured format allows it.
    #[inline]
    pub(super) fn detected_own_log(&self) -> Option<Mta> {
        match (self.format, self.detected) {
            (Format::Auto, Some(DetectedFormat::OwnLog(mta))) => Some(mta),
            (Format::Server(configured), Some(DetectedFormat::OwnLog(mta))) => {
                (configured == mta).then_some(mta)
            }
            _ => None,
        }
    }

    /// Whether the text of a line without a syslog tag may tell its server. In a server's own log, such a line is a
    /// further line of a record, unless there are many of them.
    pub(super) fn trusts_text(&self) -> bool {
        let is_own = matches!(self.detected, Some(DetectedFormat::OwnLog(_)));
        !is_own || self.strange >= CONTRADICTIONS
    }

    /// Whether a line is certainly of the log file of the detected server.
    pub(super) fn is_certain(&mut self, detected: Mta, line: &[u8]) -> bool {
        let is_certain = detected.probe(line) == Confidence::Certain;
        if is_certain {
            self.strange = 0;
        }
        is_certain
    }

    /// The server whose own log file the line is from, if that is certain.
    pub(super) fn own_log(&mut self, line: &[u8]) -> Option<Mta> {
        match self.format {
            Format::Syslog => None,
            Format::Server(mta) => (mta.probe(line) != Confidence::No).then_some(mta),
            Format::Auto => {
                // The server of the previous lines is probed first.
                let known = match self.detected {
                    Some(DetectedFormat::OwnLog(mta)) => Some(mta),
                    _ => None,
                };
                if let Some(mta) = known {
                    let confidence = mta.probe(line);
                    self.strange = match confidence {
                        Confidence::No => self.strange.saturating_add(1),
                        Confidence::Possible | Confidence::Certain => 0,
                    };
                    if confidence == Confidence::Certain {
                        return known;
                    }
                }
                let mut others = Mta::ALL.into_iter().filter(|&mta| Some(mta) != known);
                others.find(|mta| mta.probe(line) == Confidence::Certain)
            }
        }
    }

    /// Notes the format of one line.
    #[inline]
    pub(super) fn note(&mut self, found: DetectedFormat) {
        match self.detected {
            Some(detected) if detected == found => self.contradictions = 0,
            Some(_) if self.contradictions + 1 < CONTRADICTIONS => self.contradictions += 1,
            _ => {
                self.detected = Some(found);
                self.contradictions = 0;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn single_lines_of_another_format_do_not_change_the_result() {
        let mut detection = Detection::new(Format::Auto);
        detection.note(DetectedFormat::Syslog);
        let other = DetectedFormat::OwnLog(Mta::Postfix);
        for _ in 0..3 {
            for _ in 1..CONTRADICTIONS {
                detection.note(other);
            }
            assert_eq!(detection.detected(), Some(DetectedFormat::Syslog));
            detection.note(DetectedFormat::Syslog);
        }
        assert_eq!(detection.detected(), Some(DetectedFormat::Syslog));
        for _ in 0..CONTRADICTIONS {
            detection.note(other);
        }
        assert_eq!(detection.detected(), Some(other));
    }

    #[test]
    fn every_format_is_found_by_its_name() {
        for name in format_names() {
            assert!(Format::named(name).is_some(), "{name}");
        }
        assert_eq!(Format::named("mbox"), None);
    }

    #[test]
    fn text_of_a_strange_line_counts_only_after_many_of_them_in_a_server_s_own_log() {
        let (own, strange) = (&b"2026-11-23 10:00:00 1vNabc-0000A1-01 Completed"[..], b"x");
        let mut detection = Detection::new(Format::Auto);
        assert!(detection.trusts_text());
        assert_eq!(detection.own_log(own), Some(Mta::Exim));
        detection.note(DetectedFormat::OwnLog(Mta::Exim));
        for lines in [CONTRADICTIONS - 1, CONTRADICTIONS] {
            for _ in 0..lines {
                assert!(!detection.trusts_text());
                assert_eq!(detection.own_log(strange), None);
            }
            assert_eq!(detection.trusts_text(), lines == CONTRADICTIONS);
            assert_eq!(detection.own_log(own), Some(Mta::Exim));
        }
        assert!(!detection.trusts_text());
    }
}
