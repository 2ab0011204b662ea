//! The format of the W3C: `2026-11-23 10:00:00 192.0.2.1 OutboundConnectionResponse SMTPSVC1 MAIL - 25 - -
//! 250+ok 0 …`, below `#Fields: date time c-ip cs-username s-sitename …`.

use super::IisSmtpState;
use super::record::{COMMAND, RESPONSE, Values};
use crate::parse::dialect::api::Confidence;
use crate::parse::frame::csv::Columns;
use crate::parse::frame::w3c;
use crate::parse::kinds::Stamp;
use crate::parse::reply;
use crate::parse::scan::{split, split_on};

/// The fields that are read.
const FIELDS: [&[u8]; 7] = [
    b"date",
    b"time",
    b"c-ip",
    b"cs-username",
    b"cs-method",
    b"cs-uri-query",
    b"sc-status",
];

/// The columns below a `#Fields:` line.
pub(super) fn columns(names: &[u8]) -> Columns {
    Columns::new(names.split(|&byte| byte == b' '), &FIELDS)
}

/// How certain it is that a line of a header is of the SMTP service. MailEnable has the same header with its own name.
pub(super) fn probe_header(line: &[u8]) -> Confidence {
    if line.starts_with(b"#Software: Microsoft Internet Information Services") {
        return Confidence::Certain;
    }
    let is_own = [&b"#Version: 1.0"[..], b"#Date: ", b"#Fields: "]
        .iter()
        .any(|it| line.starts_with(it));
    match is_own {
        true => Confidence::Possible,
        false => Confidence::No,
    }
}

/// Whether only the SMTP service writes such a record: it is called `SMTPSVC1`. Without its name, with the default
/// fields, a record is `10:00:00 192.0.2.1 MAIL FROM - 250`.
pub(super) fn is_certain(line: &[u8]) -> bool {
    if line.get(2) == Some(&b':') {
        let mut words = line.split(|&byte| byte == b' ');
        let (Some(time), Some(address), Some(method)) = (words.next(), words.next(), words.next())
        else {
            return false;
        };
        let is_address = address.contains(&b'.') || address.contains(&b':');
        return time.len() == 8 && is_address && VERBS.contains(&method);
    }
    split_on(line.get(..250).unwrap_or(line), b" SMTPSVC").is_some_and(|(before, after)| {
        !before.contains(&b',')
            && !before.contains(&b'[')
            && after.first().is_some_and(u8::is_ascii_digit)
    })
}

/// The commands of SMTP that a record of the default fields begins with.
const VERBS: [&[u8]; 7] = [
    b"MAIL", b"RCPT", b"EHLO", b"HELO", b"DATA", b"QUIT", b"RSET",
];

/// The time of a record. What it does not have of date and time is that of the header.
pub(super) fn stamp(state: &IisSmtpState, line: &[u8]) -> Option<Stamp> {
    let (header_date, header_time) = split(&state.date, b' ').unwrap_or_default();
    if let Some(columns) = &state.columns {
        let [date, time, ..] = columns.read::<7>(w3c::values(line));
        let date = if date.is_empty() { header_date } else { date };
        let time = if time.is_empty() { header_time } else { time };
        return w3c::stamp(date, time);
    }
    let mut values = w3c::values(line);
    let (first, second) = (values.next()?, values.next()?);
    w3c::stamp(first, second).or_else(|| w3c::stamp(header_date, first))
}

/// Reads a record.
pub(super) fn read<'a>(columns: Option<&Columns>, line: &'a [u8]) -> Option<Values<'a>> {
    let Some(columns) = columns else {
        return without_header(line);
    };
    let [_, _, address, user, method, query, status] = columns.read(w3c::values(line));
    if method.is_empty() && query.is_empty() && status.is_empty() {
        return None;
    }
    Some(Values {
        address,
        user,
        method,
        query,
        status,
    })
}

/// Whether a word is a date, in any order.
fn is_date(word: &[u8]) -> bool {
    word.len() >= 8
        && word.contains(&b'-')
        && word
            .iter()
            .all(|byte| byte.is_ascii_digit() || *byte == b'-')
}

/// Whether a word is a time of day, rather than an IPv6 address.
fn is_time(word: &[u8]) -> bool {
    matches!(word, [_, _, b':', _, _, b':', _, _])
        && word.iter().all(|it| it.is_ascii_digit() || *it == b':')
}

/// Reads a record without a `#Fields:` line before it. Site, computer, address and port follow the user, then the
/// command and its arguments.
fn without_header(line: &[u8]) -> Option<Values<'_>> {
    let mut words = line.split(|&byte| byte == b' ');
    // Only a date and a time may precede the address.
    let skipped = words
        .clone()
        .take_while(|it| is_date(it) || is_time(it))
        .count();
    let address = words.nth(skipped)?;
    let second = words.next()?;
    if second.starts_with(b"SMTPSVC") {
        // No user.
        return after_site(words, address, b"");
    }
    match second {
        _ if VERBS.contains(&second) => {
            // The default fields: time, address, command, arguments, status.
            let last: [&[u8]; 3] = [0; 3].map(|_| words.next().unwrap_or_default());
            let status = last.into_iter().find(|it| reply::parse(it).is_some());
            Some(Values {
                address,
                method: second,
                query: last[0],
                status: status.unwrap_or_default(),
                ..Values::default()
            })
        }
        _ if words.next()?.starts_with(b"SMTPSVC") => after_site(words, address, second),
        _ => None,
    }
}

/// Reads what follows the name of the site: computer, address, port, command, stem, arguments, status.
fn after_site<'a>(
    mut words: impl Iterator<Item = &'a [u8]>,
    address: &'a [u8],
    user: &'a [u8],
) -> Option<Values<'a>> {
    let user = if user == b"-" { b"" } else { user };
    let mut next = || words.next().map(|it| if it == b"-" { b"" } else { it });
    let (_, _, _) = (next()?, next()?, next()?);
    let method = next()?;
    let rest: [&[u8]; 3] = [0; 3].map(|_| next().unwrap_or_default());
    let is_outbound = matches!(user, RESPONSE | COMMAND);
    // The stem is not always written; it is empty where it is.
    let (query, status) = match rest[0].is_empty() {
        true => (rest[1], rest[2]),
        false => (rest[0], rest[1]),
    };
    Some(Values {
        address,
        user,
        method,
        query,
        status: if is_outbound { b"" } else { status },
    })
}
