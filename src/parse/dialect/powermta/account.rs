//! The values of a record of an accounting file, by the names of its columns. Without a header, they are found by what
//! they look like: the delivery's action is one of few words, and status and reply follow it.

use jiff::civil::DateTime;

use crate::parse::dialect::api::Confidence;
use crate::parse::frame::csv::{self, Columns};
use crate::parse::frame::syslog::HeaderParser;
use crate::parse::frame::w3c;
use crate::parse::kinds::Stamp;
use crate::parse::scan::{enhanced, number, split, two_digits};

/// The fields that are read.
const FIELDS: [&[u8]; 13] = [
    b"type",
    b"timeLogged",
    b"timeQueued",
    b"orig",
    b"rcpt",
    b"dsnAction",
    b"dsnStatus",
    b"dsnDiag",
    b"dsnMta",
    b"dlvType",
    b"dlvDestinationIp",
    b"dlvSize",
    b"rcvSize",
];

/// The types of records, short and long.
pub(super) fn is_kind(text: &[u8]) -> bool {
    const KINDS: [&[u8]; 18] = [
        b"d",
        b"b",
        b"t",
        b"tq",
        b"r",
        b"rb",
        b"rs",
        b"f",
        b"p",
        b"delivery",
        b"bounce",
        b"transient",
        b"transient-queue",
        b"receipt",
        b"received",
        b"remote-bounce",
        b"remote-status",
        b"feedback-loop",
    ];
    KINDS.contains(&text)
}

/// What was done with a message (RFC 3464 section 2.3.3).
fn is_action(text: &[u8]) -> bool {
    const ACTIONS: [&[u8]; 5] = [b"relayed", b"delivered", b"failed", b"delayed", b"expanded"];
    ACTIONS.contains(&text)
}

/// Whether a line names the columns.
pub(super) fn is_header(line: &[u8]) -> bool {
    without_mark(line).starts_with(b"type,")
        && csv::values(line, b',')
            .any(|name| matches!(name, b"timeLogged" | b"dsnAction" | b"rcpt"))
}

/// The columns below a header.
pub(super) fn columns(header: &[u8]) -> Columns {
    Columns::new(csv::values(without_mark(header), b','), &FIELDS)
}

/// A header without the mark of a comment, which some programs that merge accounting files put before it.
fn without_mark(header: &[u8]) -> &[u8] {
    header.strip_prefix(b"#").unwrap_or(header)
}

/// How certain it is that PowerMTA wrote a line.
pub(super) fn probe(line: &[u8]) -> Confidence {
    if is_header(line) {
        return Confidence::Certain;
    }
    let kind = split(line.get(..20).unwrap_or(line), b',').map_or(&b""[..], |it| it.0);
    if !is_kind(kind) {
        return Confidence::No;
    }
    let has_time = date(csv::values(line, b',').nth(1).unwrap_or_default()).is_some();
    match has_time && Account::by_form(line).is_some_and(|it| !it.status.is_empty()) {
        true => Confidence::Certain,
        false => Confidence::Possible,
    }
}

/// A record. Missing values are empty.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Account<'a> {
    pub kind: &'a [u8],
    pub sender: &'a [u8],
    pub recipient: &'a [u8],
    /// PowerMTA's status, `5.1.1 (bad destination mailbox address)`.
    pub status: &'a [u8],
    /// The remote server's words, `smtp;550 5.1.1 No such user`.
    pub diagnosis: &'a [u8],
    /// The remote server, `mx.example.net (192.0.2.1)`.
    pub remote: &'a [u8],
    pub remote_address: &'a [u8],
    /// How it was delivered, `smtp` or `file`.
    pub delivery: &'a [u8],
    /// Bytes.
    pub size: &'a [u8],
    /// Whether the record goes on after the diagnosis, so that this is not cut off.
    pub is_whole: bool,
}

impl<'a> Account<'a> {
    /// The record in a line, by the columns if they are known and fit.
    pub fn of(columns: Option<&Columns>, line: &'a [u8]) -> Option<Self> {
        let Some(columns) = columns else {
            return Self::by_form(line);
        };
        let [
            kind,
            _,
            _,
            sender,
            recipient,
            action,
            status,
            diagnosis,
            remote,
            delivery,
            remote_address,
            size,
            received,
        ] = columns.read(csv::values(line, b','));
        if !action.is_empty() && !is_action(action) {
            return Self::by_form(line);
        }
        is_kind(kind).then_some(Account {
            kind,
            sender,
            recipient,
            status,
            diagnosis,
            remote,
            remote_address,
            delivery,
            size: if received.is_empty() { size } else { received },
            is_whole: csv::values(line, b',').count() >= columns.count(),
        })
    }

    /// The record in a line whose columns have no names.
    fn by_form(line: &'a [u8]) -> Option<Self> {
        let kind = split(line, b',').map_or(line, |it| it.0);
        if !is_kind(kind) {
            return None;
        }
        let mut account = Account {
            kind,
            ..Account::default()
        };
        let mut values = csv::values(line, b',').skip(1);
        let mut addresses: [&[u8]; 2] = [b""; 2];
        let mut count = 0;
        while let Some(value) = values.next() {
            if is_action(value) {
                account.status = values.next().unwrap_or_default();
                enhanced(account.status)?;
                account.diagnosis = values.next().unwrap_or_default();
                let next = values.next();
                account.is_whole = next.is_some();
                account.remote = next.filter(|it| is_host(it)).unwrap_or_default();
                break;
            }
            if value.contains(&b'@') && count < 2 {
                addresses[count] = value;
                count += 1;
            }
        }
        // The recipient is always written, the sender before it.
        [account.sender, account.recipient] = match count {
            1 => [b"", addresses[0]],
            _ => addresses,
        };
        Some(account)
    }

    /// The name of the remote server, or else its address.
    pub fn host(&self) -> &'a [u8] {
        let name = split(self.remote, b' ').map_or(self.remote, |it| it.0);
        match name.is_empty() || name.starts_with(b"[") {
            true if self.remote_address.is_empty() => self.remote,
            true => self.remote_address,
            false => name,
        }
    }
}

/// Whether a value is the name of a host, with or without an address after it.
fn is_host(text: &[u8]) -> bool {
    let name = split(text, b' ').map_or(text, |it| it.0);
    name.contains(&b'.')
        && name
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_'))
}

/// The times of a record.
pub(super) struct Times<'a> {
    logged: &'a [u8],
    queued: &'a [u8],
}

impl<'a> Times<'a> {
    pub fn of(columns: Option<&Columns>, line: &'a [u8]) -> Self {
        let values = csv::values(line, b',');
        let [logged, queued] = match columns {
            Some(columns) => {
                let [_, logged, queued, ..] = columns.read::<13>(values);
                [logged, queued]
            }
            None => {
                let mut values = values.skip(1);
                [0; 2].map(|_| values.next().unwrap_or_default())
            }
        };
        Times { logged, queued }
    }

    /// When the record was written.
    pub fn logged(&self, headers: &mut HeaderParser) -> Option<Stamp> {
        stamp(self.logged, headers)
    }

    /// How long the message was in the queue, in microseconds.
    pub fn delay(&self, logged: Stamp, headers: &mut HeaderParser) -> Option<u64> {
        let queued = stamp(self.queued, headers)?;
        let seconds = u64::try_from(logged.seconds.checked_sub(queued.seconds)?).ok()?;
        seconds.checked_mul(1_000_000)
    }
}

/// `2026-11-23 10:00:00+0100`, the same without an offset in local time, or seconds since 1970.
fn stamp(text: &[u8], headers: &mut HeaderParser) -> Option<Stamp> {
    let (date, offset) = date(text)?;
    let Some(offset) = offset else {
        return headers.local(date);
    };
    let mut time = w3c::utc(date)?;
    time.seconds -= offset;
    Some(time)
}

/// A date, and its offset from UTC in seconds; `None` for local time.
fn date(text: &[u8]) -> Option<(DateTime, Option<i64>)> {
    if let Some((seconds, [])) = number(text).filter(|_| (9..=11).contains(&text.len())) {
        let time = jiff::Timestamp::from_second(i64::try_from(seconds).ok()?).ok()?;
        return Some((jiff::tz::Offset::UTC.to_datetime(time), Some(0)));
    }
    let (date, rest) = text.split_first_chunk::<19>()?;
    if date[4] != b'-' || date[13] != b':' {
        return None;
    }
    let date: DateTime = std::str::from_utf8(date).ok()?.parse().ok()?;
    let offset = match *rest {
        [] => None,
        [b'Z'] => Some(0),
        [sign @ (b'+' | b'-'), h1, h2, b':', m1, m2] | [sign @ (b'+' | b'-'), h1, h2, m1, m2] => {
            let seconds =
                i64::from(two_digits([h1, h2])?) * 3600 + i64::from(two_digits([m1, m2])?) * 60;
            Some(if sign == b'-' { -seconds } else { seconds })
        }
        _ => return None,
    };
    Some((date, offset))
}
