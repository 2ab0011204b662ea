//! A cache of the last time stamp of a server's own log file: `2026-11-23 15:17:00.123 +0100 `. Consecutive lines
//! usually differ only in minute, second and fraction, so the stamp is compared with the last one in one step.

use crate::parse::kinds::Stamp;
use crate::parse::scan::{differences, number, two_digits};

/// The number of bytes compared in one step; longer stamps are not cached.
const WINDOW: usize = 32;

/// The position of the minute, and a bitmask of the digits of minute and second.
const MINUTE: usize = 14;
const MINUTE_AND_SECOND: u32 = 0b11011 << MINUTE;

/// The length of date and time.
const TIME_LENGTH: usize = 19;

/// The last stamp.
pub(super) struct StampCache {
    bytes: [u8; WINDOW],
    /// A bitmask of the bytes of the stamp and the space after it; 0 if no stamp is cached.
    known: u32,
    /// A bitmask of the digits of the fraction.
    fraction: u32,
    /// The number of bytes of the stamp and the space after it.
    length: usize,
    /// The start of the hour, in seconds since 1970.
    hour: i64,
    time: Stamp,
}

impl StampCache {
    pub(super) fn new() -> Self {
        StampCache {
            bytes: [0; WINDOW],
            known: 0,
            fraction: 0,
            length: 0,
            hour: 0,
            time: Stamp {
                seconds: 0,
                nanos: 0,
            },
        }
    }

    pub(super) fn clear(&mut self) {
        self.known = 0;
    }

    /// The time at the beginning of the line and the rest after it, if the line has the same hour, offset and number
    /// of digits as the cached stamp.
    #[cfg_attr(hot_path, inline(always))]
    pub(super) fn get<'a>(&mut self, line: &'a [u8]) -> Option<(Stamp, &'a [u8])> {
        let start = line.first_chunk()?;
        let different = differences(start, &self.bytes) & self.known;
        let rest = line.get(self.length..)?;
        // A sign may begin an offset, which the cached stamp does not have.
        let is_same = (self.known != 0) & !matches!(rest.first(), Some(b'+' | b'-'));
        if is_same && (different == 0 || self.update(start, different)) {
            return Some((self.time, rest));
        }
        None
    }

    /// Updates minute, second and fraction; false if the stamps differ otherwise, or if these are not valid.
    #[inline(never)]
    fn update(&mut self, start: &[u8; WINDOW], different: u32) -> bool {
        if different & !(MINUTE_AND_SECOND | self.fraction) != 0 {
            return false;
        }
        let pair = |at: usize| two_digits([start[at], start[at + 1]]);
        let (Some(minute), Some(second)) = (pair(MINUTE), pair(MINUTE + 3)) else {
            return false;
        };
        let mut nanos = 0;
        if self.fraction != 0 {
            let from = TIME_LENGTH + 1;
            let digits = self.fraction.count_ones() as usize;
            match number(&start[from..]) {
                Some((value, rest)) if WINDOW - from - rest.len() == digits && digits <= 9 => {
                    nanos = value as u32 * 10u32.pow(9 - digits as u32);
                }
                _ => return false,
            }
        }
        if minute > 59 || second > 60 {
            return false;
        }
        self.bytes = *start;
        self.time = Stamp {
            seconds: self.hour + i64::from(minute) * 60 + i64::from(second),
            nanos,
        };
        true
    }

    /// Caches the stamp of a line, which ends before `rest`, unless it has another form than those of Exim.
    pub(super) fn set(&mut self, line: &[u8], rest: &[u8], time: Stamp) {
        self.known = 0;
        let length = line.len() - rest.len();
        let (Some(start), Some(digits)) = (line.first_chunk(), fraction_digits(line, length))
        else {
            return;
        };
        let pair = |at: usize| two_digits([line[at], line[at + 1]]).map(i64::from);
        let (Some(minute), Some(second)) = (pair(MINUTE), pair(MINUTE + 3)) else {
            return;
        };
        self.bytes = *start;
        self.length = length;
        self.known = u32::MAX >> (WINDOW - length);
        self.fraction = ((1 << digits) - 1) << (TIME_LENGTH + 1);
        self.hour = time.seconds - minute * 60 - second;
        self.time = time;
    }
}

/// The number of digits of the fraction, if the first `length` bytes are a stamp as Exim writes it.
fn fraction_digits(line: &[u8], length: usize) -> Option<usize> {
    let (date_and_time, rest) = line.get(..length)?.split_at_checked(TIME_LENGTH)?;
    if length > WINDOW || date_and_time[10] != b' ' {
        return None;
    }
    let (digits, rest) = match rest {
        [b'.', digits @ ..] => {
            let rest = number(digits)?.1;
            (digits.len() - rest.len(), rest)
        }
        _ => (0, rest),
    };
    let is_end = match rest {
        b" " => true,
        [b' ', b'+' | b'-', offset @ .., b' '] => {
            offset.len() == 4 && offset.iter().all(u8::is_ascii_digit)
        }
        _ => false,
    };
    (is_end && digits <= 9).then_some(digits)
}
