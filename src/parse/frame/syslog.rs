//! The syslog header parser: time and host in the formats of RFC 3164 and RFC 3339.
//!
//! Consecutive lines usually have the same time and host, so the last header is cached and compared in one step.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use crate::parse::frame::timestamp::Clock;
use crate::parse::kinds::Stamp;
use crate::parse::scan::{differences, position, two_digits};

/// Parses headers, and caches the last one.
pub(in crate::parse) struct HeaderParser {
    pub(super) clock: Clock,
    /// The cached header, `Nov 23 15:17:00 mail `, and a bitmask of its bytes; 0 if no header is cached.
    bytes: [u8; MAX_CACHED_HEADER],
    known: u32,
    last: Header,
    /// The beginning of its hour, if minute and second are at the positions of RFC 3164.
    hour: Option<i64>,
    /// See [`HeaderParser::had_ambiguous_time`].
    had_ambiguous_time: bool,
}

/// Time and host at the beginning of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::parse) struct Header {
    pub time: Stamp,
    /// Beginning and end of the host in the line; the rest begins after the next space.
    pub host: (u16, u16),
}

impl Header {
    /// The host, and the rest of the line after it and a space.
    pub(super) fn split<'a>(&self, line: &'a [u8]) -> (&'a [u8], &'a [u8]) {
        let (from, to) = (usize::from(self.host.0), usize::from(self.host.1));
        (
            line.get(from..to).unwrap_or_default(),
            line.get(to + 1..).unwrap_or_default(),
        )
    }

    /// The line from the host on: all after the time.
    pub(super) fn after_time<'a>(&self, line: &'a [u8]) -> &'a [u8] {
        line.get(usize::from(self.host.0)..).unwrap_or_default()
    }
}

/// The longest header that is cached, the number of bytes compared in one step.
const MAX_CACHED_HEADER: usize = 32;

/// The position of the minute in `Nov 23 15:17:00`, and a bitmask of minute and second.
const MINUTE: usize = 10;
const MINUTE_AND_SECOND: u32 = 0b11011 << MINUTE;

impl HeaderParser {
    pub(in crate::parse) fn new(clock: Clock) -> Self {
        HeaderParser {
            clock,
            bytes: [0; MAX_CACHED_HEADER],
            known: 0,
            hour: None,
            had_ambiguous_time: false,
            last: Header {
                time: Stamp {
                    seconds: 0,
                    nanos: 0,
                },
                host: (0, 0),
            },
        }
    }

    pub(in crate::parse) fn set_reference(&mut self, reference: jiff::Timestamp) {
        self.clock.set_reference(reference);
        self.known = 0;
    }

    pub(in crate::parse) fn set_zone(&mut self, zone: TimeZone) {
        self.clock.set_zone(zone);
        self.known = 0;
    }

    /// Whether a time since the last call was in an hour that occurs twice, so that it depends on the lines before.
    pub(in crate::parse) fn had_ambiguous_time(&mut self) -> bool {
        std::mem::take(&mut self.had_ambiguous_time)
    }

    /// Takes note of the time of a line that was read elsewhere.
    pub(in crate::parse) fn note_time(&mut self, time: Stamp) {
        self.clock.note_time(time.seconds);
    }

    /// The time at the beginning of a line of a server's own log file, and the rest of the line.
    pub(in crate::parse) fn dated<'a>(&mut self, line: &'a [u8]) -> Option<(Stamp, &'a [u8])> {
        self.clock
            .same_hour(line)
            .or_else(|| self.clock.dated_cached(line))
    }

    /// As [`HeaderParser::dated`], as the result of [`Dialect::frame`](crate::parse::dialect::Dialect::frame).
    pub(in crate::parse) fn dated_or_none<'a>(
        &mut self,
        line: &'a [u8],
    ) -> (Option<Stamp>, &'a [u8]) {
        match self.dated(line) {
            Some((time, rest)) => (Some(time), rest),
            None => (None, line),
        }
    }

    /// The time at the beginning of a line in the form of RFC 3164, `Nov 23 15:17:00 `, and the rest of the line.
    pub(in crate::parse) fn named<'a>(&mut self, line: &'a [u8]) -> Option<(Stamp, &'a [u8])> {
        self.clock.named(line)
    }

    /// The time of a date that a dialect has read, in the time zone of stamps without an offset.
    pub(in crate::parse) fn local(&mut self, date: DateTime) -> Option<Stamp> {
        self.clock.local(date)
    }

    /// As [`HeaderParser::dated`], for a stamp in the same hour as that of the last line.
    #[cfg_attr(hot_path, inline(always))]
    pub(in crate::parse) fn dated_in_same_hour<'a>(
        &mut self,
        line: &'a [u8],
    ) -> Option<(Stamp, &'a [u8])> {
        self.clock.same_hour(line)
    }

    /// The host in a line of which [`HeaderParser::header`] has just read the header.
    pub(in crate::parse) fn host<'a>(&self, line: &'a [u8]) -> &'a [u8] {
        self.last.split(line).0
    }

    /// Time and host; `None` if the line does not begin with both.
    #[cfg_attr(hot_path, inline(always))]
    pub(in crate::parse) fn header(&mut self, line: &[u8]) -> Option<&Header> {
        let different = line
            .first_chunk()
            .map_or(u32::MAX, |start| differences(start, &self.bytes))
            & self.known;
        let known = self.known != 0
            && (different == 0 || (different & !MINUTE_AND_SECOND == 0 && self.update_time(line)));
        (known || self.replace(line)).then_some(&self.last)
    }

    /// Updates minute and second of the cached header from the line; false if they are not valid.
    #[inline]
    fn update_time(&mut self, line: &[u8]) -> bool {
        let Some(&[m1, m2, _, s1, s2]) = line.get(MINUTE..).and_then(<[u8]>::first_chunk) else {
            return false;
        };
        let time = two_digits([m1, m2]).zip(two_digits([s1, s2]));
        let (Some((minute, second)), Some(hour)) = (time, self.hour) else {
            return false;
        };
        if minute > 59 || second > 60 {
            return false;
        }
        self.last.time.seconds = hour + i64::from(minute) * 60 + i64::from(second);
        self.bytes[MINUTE..MINUTE + 5].copy_from_slice(&[m1, m2, b':', s1, s2]);
        true
    }

    /// Parses the header of the line and caches it; false if the line has none.
    #[inline(never)]
    fn replace(&mut self, line: &[u8]) -> bool {
        let read = self.read(line);
        self.had_ambiguous_time |= self.clock.is_ambiguous();
        let Some((header, cacheable)) = read else {
            return false;
        };
        (self.last, self.known) = (header, 0);
        let end = usize::from(header.host.1);
        if cacheable && let Some(start) = self.bytes.get_mut(..=end) {
            start.copy_from_slice(&line[..=end]);
            self.known = u32::MAX >> (MAX_CACHED_HEADER - 1 - end);
            // Other formats have more bytes before the host.
            self.hour = match line.get(MINUTE..MINUTE + 5) {
                Some(&[m1, m2, b':', s1, s2]) if header.host.0 == 16 => two_digits([m1, m2])
                    .zip(two_digits([s1, s2]))
                    .map(|(minute, second)| {
                        header.time.seconds - i64::from(minute) * 60 - i64::from(second)
                    }),
                _ => None,
            };
        }
        true
    }

    /// The header of the line, and whether it may be cached.
    fn read(&mut self, line: &[u8]) -> Option<(Header, bool)> {
        let (time, rest, cacheable) = match self.clock.named(line) {
            // In an hour that occurs twice, minute and second do not determine the time.
            Some((time, rest)) => (time, rest, !self.clock.is_ambiguous()),
            None => {
                // The fraction of the second changes with every line.
                let (time, rest) = self.clock.dated(line)?;
                (time, rest, false)
            }
        };
        let host = line.len() - rest.len();
        let end = host + position(rest, b' ')?;
        let host = (u16::try_from(host).ok()?, u16::try_from(end).ok()?);
        Some((Header { time, host }, cacheable))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds_of(headers: &mut HeaderParser, line: &str) -> Option<i64> {
        headers.header(line.as_bytes()).map(|it| it.time.seconds)
    }

    #[test]
    fn header_that_differs_from_the_last_one_in_its_time_is_read_right() {
        let reference = "2026-11-23T15:00:00Z".parse().expect("a timestamp");
        let mut headers = HeaderParser::new(Clock::new(TimeZone::UTC, reference));
        let line = |time: &str| format!("Nov 23 {time} mail postfix/smtp[1]: text of the line");
        let first = seconds_of(&mut headers, &line("10:00:00")).expect("a header");
        for (time, expected) in [
            ("10:59:59", Some(3599)),
            ("10:60:00", None),
            ("10:00:60", Some(60)),
            ("10:00:61", None),
            ("10:0x:00", None),
            ("10:00:01", Some(1)),
            ("11:00:01", Some(3601)),
        ] {
            let found = seconds_of(&mut headers, &line(time));
            assert_eq!(found.map(|it| it - first), expected, "{time}");
        }
        assert_eq!(headers.host(line("11:00:01").as_bytes()), b"mail");
    }

    #[test]
    fn time_zone_that_is_set_applies_to_the_header_that_was_read_last() {
        let reference = "2026-11-23T15:00:00Z".parse().expect("a timestamp");
        let mut headers = HeaderParser::new(Clock::new(TimeZone::UTC, reference));
        let line = "Nov 23 10:00:00 mail postfix/smtp[1]: text of the line";
        let before = seconds_of(&mut headers, line).expect("a header");
        headers.set_zone(TimeZone::fixed(jiff::tz::offset(2)));
        let after = seconds_of(&mut headers, line).expect("a header");
        assert_eq!(after, before - 7200);
    }
}
