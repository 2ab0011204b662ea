//! The common log file format of the NCSA: `192.0.2.1 - client.example.net [23/Nov/2026:10:00:00 +0000] "MAIL
//! -?+FROM:<a@example.net> SMTP" 250 46`.

use jiff::civil::DateTime;
use jiff::tz::Offset;

use super::record::{COMMAND, RESPONSE, Values};
use crate::parse::kinds::Stamp;
use crate::parse::scan::{position, split_on, two_digits};

/// A record, split at its brackets and quotes.
struct Parts<'a> {
    address: &'a [u8],
    user: &'a [u8],
    date: &'a [u8],
    request: &'a [u8],
    /// The status and the number of bytes.
    rest: &'a [u8],
}

fn split(line: &[u8]) -> Option<Parts<'_>> {
    // Few lines of the other formats have a bracket, and all have many blanks.
    memchr::memchr(b'[', line)?;
    let (client, after) = split_on(line, b" [")?;
    let (date, after) = split_on(after, b"] \"")?;
    if client.len() > 200 || date.len() < 20 || date.len() > 40 {
        return None;
    }
    let space = position(client, b' ')?;
    let user = client[space + 1..]
        .strip_prefix(b"- ")
        .unwrap_or(&client[space + 1..]);
    // A reply may contain quotes; the protocol ends the request.
    let (request, rest) = match split_on(after, b" SMTP\"") {
        Some(parts) => parts,
        None => split_on(after, b" HTTP/1.0").unwrap_or((after, b"")),
    };
    Some(Parts {
        address: &client[..space],
        user: if user == b"-" { b"" } else { user },
        date,
        request,
        rest: rest.strip_prefix(b"\"").unwrap_or(rest),
    })
}

/// Whether only the SMTP service writes such a line: web servers have no ` -?` after the method.
pub(super) fn is_record(line: &[u8]) -> bool {
    if !line.first().is_some_and(u8::is_ascii_digit) {
        return false;
    }
    let Some(parts) = split(line) else {
        return false;
    };
    let is_outbound = matches!(parts.user, RESPONSE | COMMAND);
    let is_smtp = split_on(parts.request, b" -?").is_some_and(|(verb, _)| {
        verb.len() <= 12
            && verb
                .iter()
                .all(|byte| byte.is_ascii_alphabetic() || b"- ".contains(byte))
    });
    is_outbound || is_smtp
}

/// The time of a record.
pub(super) fn stamp(line: &[u8]) -> Option<Stamp> {
    let date = split(line)?.date;
    let (day, rest) = date.split_first_chunk::<2>()?;
    let (month, rest) = rest.split_first_chunk::<5>()?;
    let month = jiff_month(&[month[1], month[2], month[3]])?;
    let (year, rest) = rest.split_first_chunk::<4>()?;
    let (time, zone) = rest.split_first_chunk::<9>()?;
    let [b':', h1, h2, b':', m1, m2, b':', s1, s2] = *time else {
        return None;
    };
    let small = |a, b| two_digits([a, b]).and_then(|it| i8::try_from(it).ok());
    let year = i16::from(two_digits([year[0], year[1]])?) * 100
        + i16::from(two_digits([year[2], year[3]])?);
    let date = DateTime::new(
        year,
        month,
        small(day[0], day[1])?,
        small(h1, h2)?,
        small(m1, m2)?,
        small(s1, s2)?,
        0,
    );
    // `+0100`, also with a blank after the sign.
    let zone: Vec<u8> = zone.iter().copied().filter(|byte| *byte != b' ').collect();
    let [sign, h1, h2, m1, m2] = zone[..] else {
        return None;
    };
    let seconds = i32::from(small(h1, h2)?) * 3600 + i32::from(small(m1, m2)?) * 60;
    let seconds = if sign == b'-' { -seconds } else { seconds };
    let offset = Offset::from_seconds(seconds).ok()?;
    let time = offset.to_timestamp(date.ok()?).ok()?;
    Some(Stamp {
        seconds: time.as_second(),
        nanos: 0,
    })
}

fn jiff_month(name: &[u8; 3]) -> Option<i8> {
    const MONTHS: &[u8; 36] = b"JanFebMarAprMayJunJulAugSepOctNovDec";
    let (months, _) = MONTHS.as_chunks::<3>();
    let at = months.iter().position(|it| it == name)?;
    i8::try_from(at + 1).ok()
}

/// Reads a record.
pub(super) fn read(line: &[u8]) -> Option<Values<'_>> {
    if !is_record(line) {
        return None;
    }
    let parts = split(line)?;
    let (method, query) = match split_on(parts.request, b" -?") {
        Some((method, query)) => (method, query),
        None => (
            parts.request.strip_suffix(b" -").unwrap_or(parts.request),
            &b""[..],
        ),
    };
    let mut numbers = parts
        .rest
        .split(|&byte| byte == b' ')
        .filter(|it| !it.is_empty());
    Some(Values {
        address: parts.address,
        user: parts.user,
        method,
        query,
        status: numbers.next().unwrap_or_default(),
    })
}
