//! Splits a line into level, logger and message, in the layouts of the configurations that James comes with.

use jiff::civil::DateTime;

use crate::parse::frame::syslog::HeaderParser;
use crate::parse::frame::{flat_json, form, json_time};
use crate::parse::kinds::Stamp;
use crate::parse::scan::{split_on, two_digits};

/// The level of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Severity {
    Error,
    Warning,
    Info,
    Debug,
}

/// A record. Missing parts are empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Framed<'a> {
    pub severity: Severity,
    pub logger: &'a [u8],
    pub text: &'a [u8],
    /// The protocol in the context of the message, in JSON only.
    pub protocol: &'a [u8],
    /// The parameters of an entry of the audit trail, in JSON only.
    pub parameters: &'a [u8],
}

/// The form of a time stamp.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stamped {
    /// `10:00:00.123 `, Logback's.
    TimeOnly,
    /// `2026-11-23 10:00:00,123 `, Log4j's default.
    Dated,
    /// `23-Nov-2026 10:00:00.123 `, Log4j with the layout of Tomcat.
    Named,
}

/// The text that the Java Service Wrapper passes on, `jvm 1    | 2026/11/23 10:00:00 | text` (before it, there may be a
/// level and a bar, as in what Compose writes); any other line as it is.
pub(super) fn without_wrapper(line: &[u8]) -> &[u8] {
    let passed_on = || {
        let (number, rest) = split_on(line.strip_prefix(b"jvm ")?, b"| ")?;
        let number = number.trim_ascii_end();
        let is_number = !number.is_empty() && number.iter().all(u8::is_ascii_digit);
        is_number.then_some(rest)
    };
    let Some(text) = passed_on() else {
        return line;
    };
    form::strip(text, b"0000/00/00 00:00:00 | ").unwrap_or(text)
}

/// Splits a line of text; `None` for the further lines of a message.
pub(super) fn split(line: &[u8]) -> Option<(Stamped, Framed<'_>)> {
    let first = *line.first()?;
    if first.is_ascii_digit() {
        let (stamped, length) = stamp(line)?;
        return Some((stamped, after_stamp(line.get(length..)?)?));
    }
    // Log4j 1.2: `INFO  10:00:00,123 | james.smtpserver | text`.
    if !first.is_ascii_uppercase() {
        return None;
    }
    let (severity, rest) = level(line)?;
    let rest = rest.trim_ascii_start();
    let rest = rest.get(time_of_day(rest)?..)?.strip_prefix(b"| ")?;
    let (logger, text) = split_on(rest, b" | ")?;
    Some((Stamped::TimeOnly, framed(severity, logger, text)))
}

fn framed<'a>(severity: Severity, logger: &'a [u8], text: &'a [u8]) -> Framed<'a> {
    Framed {
        severity,
        logger,
        text,
        protocol: b"",
        parameters: b"",
    }
}

/// The form of a stamp, and its length with the space after it.
fn stamp(line: &[u8]) -> Option<(Stamped, usize)> {
    match *line.get(..6)? {
        [_, _, b':', _, _, b':'] => Some((Stamped::TimeOnly, time_of_day(line)?)),
        [_, _, _, _, b'-', _] => {
            let date = line.get(..11)?;
            let has_date = date[7] == b'-' && matches!(date[10], b' ' | b'T');
            let time = has_date.then(|| time_of_day(&line[11..]))??;
            Some((Stamped::Dated, 11 + time))
        }
        [_, _, b'-', _, _, _] => {
            let date = line.get(..12)?;
            let has_date = date[6] == b'-' && date[11] == b' ';
            let time = has_date.then(|| time_of_day(&line[12..]))??;
            Some((Stamped::Named, 12 + time))
        }
        _ => None,
    }
}

/// The length of `10:00:00.123 ` at the beginning of a text, without the fraction, or with an offset after it.
fn time_of_day(text: &[u8]) -> Option<usize> {
    let &[h1, h2, b':', m1, m2, b':', s1, s2, ref rest @ ..] = text else {
        return None;
    };
    for digits in [[h1, h2], [m1, m2], [s1, s2]] {
        two_digits(digits)?;
    }
    let end = rest.iter().take(20).position(|&byte| byte == b' ')?;
    let is_time = rest[..end].iter().all(|byte| {
        byte.is_ascii_digit() || matches!(byte, b'.' | b',' | b'+' | b'-' | b':' | b'Z')
    });
    is_time.then_some(8 + end + 1)
}

/// `[INFO ] logger - text`, `INFO    logger - text`, `INFO [thread] class.method:42 - text`. The level may be coloured.
fn after_stamp(text: &[u8]) -> Option<Framed<'_>> {
    let mut rest = text;
    let mut severity = None;
    for _ in 0..4 {
        rest = without_colour(rest);
        if let Some(inner) = rest.strip_prefix(b"[") {
            let (word, after) = split_on(inner, b"]")?;
            if severity.is_none()
                && let Some((found, _)) = level(word)
            {
                severity = Some(found);
            }
            rest = after;
        } else if severity.is_none() {
            let (found, after) = level(rest)?;
            (severity, rest) = (Some(found), after);
        } else {
            let (logger, text) = split_on(rest, b" - ")?;
            let is_name = !logger.is_empty() && !logger.contains(&b' ');
            return is_name.then(|| framed(severity.unwrap_or(Severity::Info), logger, text));
        }
    }
    None
}

/// The text without leading spaces and the sequence for a colour (`ESC [ 34 m`).
fn without_colour(text: &[u8]) -> &[u8] {
    let mut rest = text.trim_ascii_start();
    while let Some(sequence) = rest.strip_prefix(b"\x1b[") {
        let end = sequence.iter().take(8).position(|&byte| byte == b'm');
        match end {
            Some(end) => rest = sequence[end + 1..].trim_ascii_start(),
            None => break,
        }
    }
    rest
}

/// The level at the beginning of a text, and the rest.
fn level(text: &[u8]) -> Option<(Severity, &[u8])> {
    const LEVELS: [(&[u8], Severity); 6] = [
        (b"INFO", Severity::Info),
        (b"WARN", Severity::Warning),
        (b"ERROR", Severity::Error),
        (b"DEBUG", Severity::Debug),
        (b"TRACE", Severity::Debug),
        (b"FATAL", Severity::Error),
    ];
    let (severity, rest) = LEVELS
        .iter()
        .find_map(|(name, severity)| Some((*severity, text.strip_prefix(*name)?)))?;
    matches!(rest.first(), None | Some(b' ')).then_some((severity, rest))
}

/// Whether a logger is one of James's own: `o.a.j.t.m.r.d.MailDelivrer`, `org.apache.james.smtpserver.SMTPServer`,
/// `james.smtpserver`.
pub(super) fn is_own_logger(logger: &[u8]) -> bool {
    [
        &b"o.a.j."[..],
        b"o.a.james.",
        b"org.apache.james.",
        b"james.",
    ]
    .iter()
    .any(|it| logger.starts_with(it))
}

/// The name of the class in a logger: `MailDelivrer` in `o.a.j.t.m.r.d.MailDelivrer`, and in
/// `org.apache.james.….MailDelivrer.deliver:42`.
pub(super) fn class(logger: &[u8]) -> &[u8] {
    logger
        .rsplit(|&byte| byte == b'.')
        .find(|part| part.first().is_some_and(u8::is_ascii_uppercase))
        .unwrap_or(b"")
}

/// The record in a JSON object.
pub(super) fn members(text: &[u8]) -> Framed<'_> {
    let mut found = framed(Severity::Info, b"", b"");
    for (name, value) in flat_json::members(text) {
        match name {
            b"level" => {
                found.severity = level(value).map_or(Severity::Info, |(severity, _)| severity);
            }
            b"logger" | b"loggerName" | b"logger_name" => found.logger = value,
            b"message" | b"formattedMessage" => found.text = value,
            b"mdc.protocol" | b"protocol" => found.protocol = value,
            b"mdc.parameters" | b"parameters" => found.parameters = value,
            _ => {}
        }
    }
    found
}

/// The time of a line.
pub(super) fn time(headers: &mut HeaderParser, line: &[u8]) -> Option<Stamp> {
    if flat_json::is_flat(line) {
        let value = flat_json::member(line, b"timestamp")
            .or_else(|| flat_json::member(line, b"@timestamp"))?;
        return json_time::stamp(value);
    }
    match stamp(line)?.0 {
        Stamped::TimeOnly => None,
        Stamped::Dated => headers.dated(line).map(|(time, _)| time),
        Stamped::Named => named(headers, line),
    }
}

/// `23-Nov-2026 10:00:00.123 `.
fn named(headers: &mut HeaderParser, line: &[u8]) -> Option<Stamp> {
    const MONTHS: [&[u8]; 12] = [
        b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov",
        b"Dec",
    ];
    let &[
        d1,
        d2,
        _,
        ref name @ ..,
        _,
        y1,
        y2,
        y3,
        y4,
        _,
        h1,
        h2,
        _,
        m1,
        m2,
        _,
        s1,
        s2,
    ] = line.first_chunk::<20>()?;
    let month = MONTHS.iter().position(|it| *it == name)? as i8 + 1;
    let year = i16::from(two_digits([y1, y2])?) * 100 + i16::from(two_digits([y3, y4])?);
    let [day, hour, minute, second] = [[d1, d2], [h1, h2], [m1, m2], [s1, s2]].map(two_digits);
    let millis = match line.get(20..24) {
        Some(&[b'.' | b',', a, b, c]) => {
            u32::from(two_digits([a, b])?) * 10 + u32::from(two_digits([b'0', c])?)
        }
        _ => 0,
    };
    let second = second?.min(59) as i8;
    let nanos = (millis * 1_000_000) as i32;
    let date = DateTime::new(
        year,
        month,
        day? as i8,
        hour? as i8,
        minute? as i8,
        second,
        nanos,
    );
    headers.local(date.ok()?)
}
