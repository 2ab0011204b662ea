//! Repetitions that a syslog daemon folds into one line.
//!
//! rsyslog (`$RepeatedMsgReduction`) writes the repeated text: `postfix/smtpd[1]: message repeated 3 times: [ … ]`.
//! BSD syslogd and sysklogd refer to the line before: `last message repeated 3 times`; rsyslog before version 7 does so with the tag
//! of the program, and often without the host. Either way the line before stands for the first occurrence, so the line
//! counts as often as it says.

use crate::parse::event::{Event, Fact, Visitor};
use crate::parse::frame::syslog_record::SyslogRecord;
use crate::parse::kinds::Stamp;
use crate::parse::scan::{find, number};

/// The maximum number of repetitions that one line counts for. A daemon writes such a line at least every ten
/// minutes; a larger number is forged.
const MAX_TIMES: u64 = 1_000_000;

/// The text and the number of occurrences in `message repeated 3 times: [ text]`.
pub(in crate::parse) fn message(body: &[u8]) -> Option<(&[u8], u32)> {
    let rest = body.strip_prefix(b"message repeated ")?;
    let (times, rest) = number(rest)?;
    let text = rest.strip_prefix(b" times: [")?;
    let text = text.strip_prefix(b" ").unwrap_or(text);
    Some((text.strip_suffix(b"]").unwrap_or(text), bounded(times)))
}

/// Whether a line may be `last message repeated 3 times`; [`of_last_message`] decides. Cheap for all other lines.
#[inline]
pub(super) fn may_be_of_last_message(line: &[u8]) -> bool {
    matches!(line.last(), Some(b's' | b'e' | b'-')) && ends_like_last_message(line)
}

#[inline(never)]
fn ends_like_last_message(line: &[u8]) -> bool {
    let ends = line.ends_with(b" times") || line.ends_with(b" time") || line.ends_with(b" ---");
    ends && find(line, LAST_MESSAGE).is_some()
}

const LAST_MESSAGE: &[u8] = b"last message repeated ";

/// The number of occurrences in `last message repeated 3 times`. FreeBSD writes it with the tag `syslogd`, macOS
/// between dashes. With the tag of another program it counts only if [`is_about`] the line before.
pub(super) fn of_last_message(record: &SyslogRecord<'_>) -> Option<u32> {
    let text = record.body;
    let text = text.strip_prefix(b"--- ").unwrap_or(text);
    let (times, rest) = number(text.strip_prefix(LAST_MESSAGE)?)?;
    let is_end = [&b" times"[..], b" time", b" times ---", b" time ---"].contains(&rest);
    is_end.then(|| bounded(times))
}

/// Whether a report of repetitions is about the line before it: of the syslog daemon itself always, with the tag of a
/// program only after a line with the same tag.
pub(super) fn is_about(record: &SyslogRecord<'_>, previous: &[u8]) -> bool {
    let tag = record.tag;
    if matches!(tag, b"" | b"syslogd" | b"rsyslogd") {
        return true;
    }
    let mut rest = previous;
    while let Some(at) = find(rest, tag) {
        let after = &rest[at + tag.len()..];
        let end = match record.pid {
            b"" => Some(after),
            pid => (after.strip_prefix(b"["))
                .and_then(|it| it.strip_prefix(pid))
                .and_then(|it| it.strip_prefix(b"]")),
        };
        if end.is_some_and(|it| it.first() == Some(&b':')) {
            return true;
        }
        rest = &rest[at + 1..];
    }
    false
}

fn bounded(times: u64) -> u32 {
    times.min(MAX_TIMES) as u32
}

/// Passes lines on as often as they are repeated.
pub(super) struct Repeat<'v, V> {
    pub visitor: &'v mut V,
    pub times: u32,
    /// The time of the line that reports the repetitions, if it is another one.
    pub time: Option<Stamp>,
}

impl<'a, V: Visitor<'a>> Visitor<'a> for Repeat<'_, V> {
    fn event(&mut self, time: Option<Stamp>, event: &mut Event<'a>) {
        self.visitor
            .event_repeated(self.time.or(time), event, self.times);
    }

    fn noise(&mut self, time: Option<Stamp>, fact: Option<&Fact<'a>>) {
        self.visitor
            .noise_repeated(self.time.or(time), fact, self.times);
    }

    fn unmatched(&mut self, time: Option<Stamp>) {
        match self.time {
            // The line itself has a known form.
            Some(time) => self.visitor.noise(Some(time), None),
            None => self.visitor.unmatched(time),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repeated_text_is_taken_from_the_brackets() {
        let found = message(b"message repeated 3 times: [ lost connection after [x] from a]");
        assert_eq!(found, Some((&b"lost connection after [x] from a"[..], 3)));
        assert_eq!(message(b"message repeated 3 times"), None);
        assert_eq!(message(b"message repeated x times: [ y]"), None);
        let many = message(b"message repeated 99999999999999999999999 times: [ y]");
        assert_eq!(many, Some((&b"y"[..], MAX_TIMES as u32)));
    }

    #[test]
    fn reports_of_repetitions_have_a_form_of_their_own() {
        let times = |tag: &'static str, body: &'static str| {
            of_last_message(&SyslogRecord {
                time: None,
                host: b"",
                tag: tag.as_bytes(),
                pid: b"",
                body: body.as_bytes(),
            })
        };
        assert_eq!(times("", "last message repeated 3 times"), Some(3));
        assert_eq!(times("syslogd", "last message repeated 1 time"), Some(1));
        assert_eq!(times("", "--- last message repeated 2 times ---"), Some(2));
        assert_eq!(
            times("postfix/smtpd", "last message repeated 3 times"),
            Some(3)
        );
        assert_eq!(times("", "the last message repeated 3 times"), None);
        assert_eq!(times("", "last message repeated 3 times a day"), None);
    }

    #[test]
    fn report_with_the_tag_of_a_program_is_about_a_line_of_that_program() {
        let is_about = |tag: &'static str, pid: &'static str, previous: &str| {
            let record = SyslogRecord {
                time: None,
                host: b"",
                tag: tag.as_bytes(),
                pid: pid.as_bytes(),
                body: b"last message repeated 3 times",
            };
            super::is_about(&record, previous.as_bytes())
        };
        let line = "Nov 23 10:00:00 postfix postfix/smtpd[12]: connect from a.example[192.0.2.1]";
        assert!(is_about("postfix/smtpd", "12", line));
        assert!(is_about("", "", line));
        assert!(is_about("syslogd", "", line));
        assert!(!is_about("postfix/smtpd", "1", line));
        assert!(!is_about("postfix/smtpd", "", line));
        assert!(!is_about("sshd", "12", line));
        assert!(is_about("courierd", "", "Nov 23 10:00:00 mx courierd: x"));
        assert!(!is_about("courierd", "", ""));
    }
}
