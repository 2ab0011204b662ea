//! The header of a syslog line: time and host, as RFC 3164 and RFC 3339 write them.
//!
//! Neighbouring lines mostly begin with the same time and host, so the last header is kept and compared
//! in one step.

use jiff::tz::TimeZone;

use crate::parse::Stamp;
use crate::parse::frame::timestamp::Clock;
use crate::parse::scan::{differences, position, two_digits};

/// Reads headers, and remembers the last one.
pub(in crate::parse) struct HeaderParser {
    pub(super) clock: Clock,
    /// `Nov 23 15:17:00 mail `, and one bit for each of its bytes; none before the first.
    bytes: [u8; LONGEST_HEADER],
    known: u32,
    last: Header,
    /// When its hour began, if minute and second are where they are above.
    hour: Option<i64>,
}

/// Time and host at the beginning of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::parse) struct Header {
    pub time: Stamp,
    /// Where in the line the host starts and ends; what follows begins behind the next blank.
    pub host: (u16, u16),
}

impl Header {
    /// The host, and what follows it and its blank.
    pub(super) fn split<'a>(&self, line: &'a [u8]) -> (&'a [u8], &'a [u8]) {
        let (from, to) = (usize::from(self.host.0), usize::from(self.host.1));
        (
            line.get(from..to).unwrap_or_default(),
            line.get(to + 1..).unwrap_or_default(),
        )
    }
}

/// The longest header that is remembered: as much as is compared in one step.
const LONGEST_HEADER: usize = 32;

/// Where the minute is in `Nov 23 15:17:00`, and where it and the second are, by bits.
const MINUTE: usize = 10;
const MINUTE_AND_SECOND: u32 = 0b11011 << MINUTE;

impl HeaderParser {
    pub(in crate::parse) fn new(clock: Clock) -> Self {
        HeaderParser {
            clock,
            bytes: [0; LONGEST_HEADER],
            known: 0,
            hour: None,
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

    /// The time at the beginning of a line of a server's own log, and what follows it.
    pub(in crate::parse) fn dated<'a>(&mut self, line: &'a [u8]) -> Option<(Stamp, &'a [u8])> {
        self.clock.dated(line)
    }

    /// Time and host, for a line that begins with both.
    #[inline(always)]
    pub(in crate::parse) fn header(&mut self, line: &[u8]) -> Option<&Header> {
        let different = line
            .first_chunk()
            .map_or(u32::MAX, |start| differences(start, &self.bytes))
            & self.known;
        let known = self.known != 0
            && (different == 0 || (different & !MINUTE_AND_SECOND == 0 && self.later(line)));
        (known || self.replace(line)).then_some(&self.last)
    }

    /// Moves the remembered header to another time of its hour, if that is all that differs.
    #[inline]
    fn later(&mut self, line: &[u8]) -> bool {
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

    /// Remembers the line's header, if it has one.
    #[inline(never)]
    fn replace(&mut self, line: &[u8]) -> bool {
        let Some((header, kept)) = self.read(line) else {
            return false;
        };
        (self.last, self.known) = (header, 0);
        let end = usize::from(header.host.1);
        if kept && let Some(start) = self.bytes.get_mut(..=end) {
            start.copy_from_slice(&line[..=end]);
            self.known = u32::MAX >> (LONGEST_HEADER - 1 - end);
            // Other forms have more in front of the host.
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

    /// The line's header, and whether the next line is likely to have the same.
    fn read(&mut self, line: &[u8]) -> Option<(Header, bool)> {
        let (time, rest, kept) = match self.clock.named(line) {
            // Minute and second alone do not tell the time in an hour that is there twice.
            Some((time, rest)) => (time, rest, !self.clock.is_ambiguous()),
            None => {
                // The next line has another fraction.
                let (time, rest) = self.clock.dated(line)?;
                (time, rest, false)
            }
        };
        let host = line.len() - rest.len();
        let end = host + position(rest, b' ')?;
        let host = (u16::try_from(host).ok()?, u16::try_from(end).ok()?);
        Some((Header { time, host }, kept))
    }
}
