//! The frame around a log line: when, on which host, by which program.
//!
//! It stands apart because every mail server logs through one of a few frames, and because a frame
//! is told by its shape alone: RFC 3164, RFC 3339 as rsyslog writes it, RFC 5424, a leading
//! `<PRI>`, Solaris' `[ID …]`, or none.

use crate::parse::Stamp;
use crate::parse::clock::Clock;
use crate::parse::scan::{differences, position, position2, split, two_digits};

/// A line taken out of its frame. What the line does not have is empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Envelope<'a> {
    pub time: Option<Stamp>,
    pub host: &'a [u8],
    /// The program's name, without its process id: `postfix/smtp`.
    pub tag: &'a [u8],
    pub body: &'a [u8],
}

/// Reads frames. Neighbouring lines mostly begin with the same time and host, so the last beginning
/// is remembered and compared at once.
pub(crate) struct Framer {
    pub clock: Clock,
    /// `Nov 23 15:17:00 mail `, and one bit for each of its bytes; none before the first.
    beginning: [u8; LONGEST_BEGINNING],
    known: u32,
    last: Beginning,
    /// When its hour began, if minute and second are where they are above.
    hour: Option<i64>,
}

/// Time and host at the beginning of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Beginning {
    pub time: Stamp,
    /// Where in the line the host starts and ends; what follows begins behind the next blank.
    pub host: (u16, u16),
}

impl Beginning {
    /// The host, and what follows it and its blank.
    fn split<'a>(&self, line: &'a [u8]) -> (&'a [u8], &'a [u8]) {
        let (from, to) = (usize::from(self.host.0), usize::from(self.host.1));
        (
            line.get(from..to).unwrap_or_default(),
            line.get(to + 1..).unwrap_or_default(),
        )
    }
}

/// The longest beginning that is remembered: as much as is compared at once.
const LONGEST_BEGINNING: usize = 32;

/// Where the minute is in `Nov 23 15:17:00`, and where it and the second are, by bits.
const MINUTE: usize = 10;
const MINUTE_AND_SECOND: u32 = 0b11011 << MINUTE;

impl Framer {
    pub(crate) fn new(clock: Clock) -> Self {
        Framer {
            clock,
            beginning: [0; LONGEST_BEGINNING],
            known: 0,
            hour: None,
            last: Beginning {
                time: Stamp {
                    seconds: 0,
                    nanos: 0,
                },
                host: (0, 0),
            },
        }
    }

    pub(crate) fn set_reference(&mut self, reference: jiff::Timestamp) {
        self.clock.set_reference(reference);
        self.known = 0;
    }

    /// Time and host, for a line that begins with both.
    #[inline(always)]
    pub(crate) fn beginning(&mut self, line: &[u8]) -> Option<&Beginning> {
        let different = line
            .first_chunk()
            .map_or(u32::MAX, |start| differences(start, &self.beginning))
            & self.known;
        let known = self.known != 0
            && (different == 0 || (different & !MINUTE_AND_SECOND == 0 && self.later(line)));
        (known || self.new_beginning(line)).then_some(&self.last)
    }

    /// Makes the last beginning that at another time of its hour, if this line's is.
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
        self.beginning[MINUTE..MINUTE + 5].copy_from_slice(&[m1, m2, b':', s1, s2]);
        true
    }

    /// Makes the line's beginning the last one, if it has time and host.
    #[inline(never)]
    fn new_beginning(&mut self, line: &[u8]) -> bool {
        let Some((beginning, kept)) = self.read_beginning(line) else {
            return false;
        };
        (self.last, self.known) = (beginning, 0);
        let end = usize::from(beginning.host.1);
        if kept && let Some(start) = self.beginning.get_mut(..=end) {
            start.copy_from_slice(&line[..=end]);
            self.known = u32::MAX >> (LONGEST_BEGINNING - 1 - end);
            // Other forms have more in front of the host.
            self.hour = match line.get(MINUTE..MINUTE + 5) {
                Some(&[m1, m2, b':', s1, s2]) if beginning.host.0 == 16 => two_digits([m1, m2])
                    .zip(two_digits([s1, s2]))
                    .map(|(minute, second)| {
                        beginning.time.seconds - i64::from(minute) * 60 - i64::from(second)
                    }),
                _ => None,
            };
        }
        true
    }

    /// The line's beginning, and whether the next line may well have the same.
    fn read_beginning(&mut self, line: &[u8]) -> Option<(Beginning, bool)> {
        let (time, rest, kept) = match self.clock.named(line) {
            Some((time, rest)) => (time, rest, true),
            None => {
                // Its fraction is another one on the next line.
                let (time, rest) = self.clock.dated(line)?;
                (time, rest, false)
            }
        };
        let host = line.len() - rest.len();
        let end = host + position(rest, b' ')?;
        let host = (u16::try_from(host).ok()?, u16::try_from(end).ok()?);
        Some((Beginning { time, host }, kept))
    }

    /// Takes a line out of its frame. Never fails: a line without a frame is all body.
    pub(crate) fn envelope<'a>(&mut self, line: &'a [u8]) -> Envelope<'a> {
        let beginning = self.beginning(line).copied();
        if let Some(beginning) = beginning
            && let Some(envelope) = self
                .within(beginning.split(line).1)
                .or_else(|| after_host(beginning, line))
        {
            return envelope;
        }
        if let Some(rest) = without_priority(line) {
            if let Some(envelope) = rest
                .strip_prefix(b"1 ")
                .and_then(|rest| rfc5424(rest, &mut self.clock))
            {
                return envelope;
            }
            if let Some(beginning) = self.beginning(rest).copied()
                && let Some(envelope) = after_host(beginning, rest)
            {
                return envelope;
            }
            if let Some(envelope) = headless(rest) {
                return envelope;
            }
        }
        line.strip_prefix(b"1 ")
            .and_then(|rest| rfc5424(rest, &mut self.clock))
            .or_else(|| headless(line))
            .or_else(|| strange_date(line).filter(|_| beginning.is_none()))
            .unwrap_or(Envelope {
                time: None,
                host: b"",
                tag: b"",
                body: line,
            })
    }
}

impl Framer {
    /// A whole line behind time and host: a relay has put its own frame around one that it did not
    /// understand.
    fn within<'a>(&mut self, rest: &'a [u8]) -> Option<Envelope<'a>> {
        let (time, rest) = self.clock.named(rest).or_else(|| self.clock.dated(rest))?;
        let (host, rest) = split(rest, b' ')?;
        let (tag, body) = tag_and_body(rest)?;
        Some(Envelope {
            time: Some(time),
            host,
            tag,
            body: solaris(body),
        })
    }
}

/// `tag[pid]: body` behind a time and a word that is mostly the host.
fn after_host(beginning: Beginning, line: &[u8]) -> Option<Envelope<'_>> {
    let (host, rest) = beginning.split(line);
    // A relay may have left the host out: then the tag comes first.
    let (host, (tag, body)) = match host.last() {
        Some(b':') => (&b""[..], tag_and_body_of(host, rest)?),
        _ => (host, tag_and_body(rest).or_else(|| cut_tag_and_body(rest))?),
    };
    Some(Envelope {
        time: Some(beginning.time),
        host,
        tag,
        body: solaris(body),
    })
}

/// `tag[pid]: body`, `tag: body`.
#[inline]
fn tag_and_body(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = position2(text, b':', b' ').filter(|&end| text[end] == b':')?;
    let (word, body) = (&text[..end], &text[end + 1..]);
    let tag = match word {
        [word @ .., b']'] => &word[..word.iter().rposition(|&b| b == b'[')?],
        _ => word,
    };
    // Some templates put a second blank behind the colon.
    (!tag.is_empty()).then(|| (tag, body.trim_ascii_start()))
}

/// The same where the tag has been split off already.
fn tag_and_body_of<'a>(word: &'a [u8], body: &'a [u8]) -> Option<(&'a [u8], &'a [u8])> {
    let end = word.iter().position(|&b| matches!(b, b'[' | b':'))?;
    (end > 0).then(|| (&word[..end], body))
}

/// rsyslog forwards no more than 32 bytes of `tag[pid]:` unless its template says otherwise.
fn cut_tag_and_body(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let (word, body) = text.split_at_checked(32)?;
    let body = body.strip_prefix(b" ")?;
    let (tag, pid) = split(word, b'[')?;
    let pid = pid.strip_suffix(b"]").unwrap_or(pid);
    (!tag.is_empty() && pid.iter().all(u8::is_ascii_digit)).then_some((tag, body))
}

/// Solaris puts `[ID 197553 mail.info] ` before the text (its `msgid` manual page).
#[inline]
fn solaris(body: &[u8]) -> &[u8] {
    match body.strip_prefix(b"[ID ") {
        Some(rest) => memchr::memmem::find(rest, b"] ").map_or(body, |at| &rest[at + 2..]),
        None => body,
    }
}

/// `<22>`: facility and severity (RFC 3164 section 4.1.1), which say nothing about mail.
fn without_priority(line: &[u8]) -> Option<&[u8]> {
    let (number, rest) = split(line.strip_prefix(b"<")?, b'>')?;
    (matches!(number.len(), 1..=3) && number.iter().all(u8::is_ascii_digit)).then_some(rest)
}

/// `TIMESTAMP HOST APP PROCID MSGID STRUCTURED-DATA MSG` (RFC 5424 section 6).
fn rfc5424<'a>(rest: &'a [u8], clock: &mut Clock) -> Option<Envelope<'a>> {
    let (time, rest) = match rest.strip_prefix(b"- ") {
        Some(rest) => (None, rest),
        None => {
            let (time, rest) = clock.dated(rest)?;
            (Some(time), rest)
        }
    };
    let (host, rest) = split(rest, b' ')?;
    let (tag, rest) = split(rest, b' ')?;
    let (_process, rest) = split(rest, b' ')?;
    let (_message_id, rest) = split(rest, b' ')?;
    let rest = match rest.strip_prefix(b"-") {
        Some(rest) => rest,
        None => structured_data_end(rest)?,
    };
    let body = rest.strip_prefix(b" ").unwrap_or(rest);
    // A byte order mark announces UTF-8 (RFC 5424 section 6.4).
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    // rsyslog keeps the blank that stood behind the tag.
    let body = body.strip_prefix(b" ").unwrap_or(body);
    let dash = |text| if text == b"-" { &b""[..] } else { text };
    Some(Envelope {
        time,
        host: dash(host),
        tag: dash(tag),
        body,
    })
}

/// Skips `[id name="value"]…`, in which `\"`, `\\` and `\]` are escaped.
fn structured_data_end(text: &[u8]) -> Option<&[u8]> {
    let mut rest = text;
    while rest.first() == Some(&b'[') {
        let mut at = 1;
        let mut quoted = false;
        loop {
            match rest.get(at)? {
                b'\\' if quoted => at += 1,
                b'"' => quoted = !quoted,
                b']' if !quoted => break,
                _ => {}
            }
            at += 1;
        }
        rest = &rest[at + 1..];
    }
    (rest.len() < text.len()).then_some(rest)
}

/// `tag[pid]: body` at the very start. A bare tag must look like a daemon's path, because a body
/// may start with a word and a colon too (`warning: …`, `4F9D195432C: …`).
fn headless(line: &[u8]) -> Option<Envelope<'_>> {
    let (tag, body) = tag_and_body(line)?;
    let word = &line[..position(line, b':')?];
    let is_tag = is_process(word) || tag.contains(&b'/') && !word.contains(&b'[');
    (is_tag && tag.iter().all(|&b| is_part_of_tag(b))).then_some(Envelope {
        time: None,
        host: b"",
        tag,
        body,
    })
}

/// What names of programs are made of.
fn is_part_of_tag(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'-' | b'_' | b'.')
}

/// `tag[pid]`: an address stands in brackets too, `unknown[192.0.2.1]`.
fn is_process(word: &[u8]) -> bool {
    let pid = word
        .strip_suffix(b"]")
        .and_then(|word| word.rsplit(|&b| b == b'[').next());
    pid.is_some_and(|pid| !pid.is_empty() && pid.iter().all(u8::is_ascii_digit))
}

/// A date we cannot read, such as one with the names of another language: the first of the next
/// few words that looks like `tag[pid]:` ends it. A time of day must be among those before it, or
/// else a number of seconds: other text may name a program too.
fn strange_date(line: &[u8]) -> Option<Envelope<'_>> {
    let mut rest = line;
    let mut host: &[u8] = b"";
    let mut has_time = false;
    for _ in 0..8 {
        let (word, after) = split(rest, b' ')?;
        if let Some(process) = word.strip_suffix(b":").filter(|word| is_process(word)) {
            let (tag, _) = split(process, b'[')?;
            return has_time.then_some(Envelope {
                time: None,
                host,
                tag,
                body: solaris(after.trim_ascii_start()),
            });
        }
        has_time |= is_time(word);
        host = word;
        rest = after;
    }
    None
}

/// `10:00:00`, perhaps with more around it, or seconds since 1970.
fn is_time(word: &[u8]) -> bool {
    let of_day = word.windows(8).any(|it| {
        let digits = [it[0], it[1], it[3], it[4], it[6], it[7]];
        it[2] == b':' && it[5] == b':' && digits.iter().all(u8::is_ascii_digit)
    });
    of_day || word.len() >= 9 && word.iter().all(|b| b.is_ascii_digit() || *b == b'.')
}
