//! Splits a syslog line into header and body. The format of the header is recognized by its form: RFC 3164,
//! RFC 3339 as rsyslog writes it, RFC 5424, a leading `<PRI>`, Solaris' `[ID …]`, or none.

use crate::parse::frame::priority::{after_aix_priority, is_priority, is_severity};
use crate::parse::frame::syslog::{Header, HeaderParser};
use crate::parse::frame::timestamp::Clock;
use crate::parse::frame::{asctime, compose_prefix, kiwi};
use crate::parse::kinds::Stamp;
use crate::parse::scan::{find, position, position2, split, split_on};

/// A line split into its parts. Missing parts are empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::parse) struct SyslogRecord<'a> {
    pub time: Option<Stamp>,
    pub host: &'a [u8],
    /// The name of the program, without the process id: `postfix/smtp`.
    pub tag: &'a [u8],
    /// The process id, as written.
    pub pid: &'a [u8],
    pub body: &'a [u8],
}

/// Splits a line into its parts. Never fails: a line without a header consists of a body only.
pub(in crate::parse) fn parse<'a>(headers: &mut HeaderParser, line: &'a [u8]) -> SyslogRecord<'a> {
    let header = headers.header(line).copied();
    if header.is_none() {
        if let Some(kiwi) = kiwi::split(&mut headers.clock, line) {
            let header = headers.header(kiwi.message).copied();
            let record = with_header(headers, header, kiwi.message);
            return match record.time {
                Some(_) => record,
                None => SyslogRecord {
                    time: kiwi.time,
                    host: kiwi.host,
                    ..record
                },
            };
        }
        let inner = compose_prefix::strip(line);
        if inner.len() < line.len() {
            let header = headers.header(inner).copied();
            return with_header(headers, header, inner);
        }
    }
    with_header(headers, header, line)
}

/// As [`parse`], with the header that the line begins with.
fn with_header<'a>(
    headers: &mut HeaderParser,
    header: Option<Header>,
    line: &'a [u8],
) -> SyslogRecord<'a> {
    if let Some(header) = header
        && let Some(record) = nested(&mut headers.clock, header.split(line).1)
            .or_else(|| after_host(header, line))
            // `docker logs -t` and `kubectl logs --timestamps` write a time before the whole line.
            .or_else(|| nested(&mut headers.clock, header.after_time(line)))
            // A syslog relay that does not know RFC 5424 has added a header to such a line.
            .or_else(|| {
                let rest = header.split(line).1.strip_prefix(b"1 ")?;
                rfc5424(rest, &mut headers.clock)
            })
    {
        return record;
    }
    if let Some(rest) = without_priority(line) {
        if let Some(record) = rest
            .strip_prefix(b"1 ")
            .and_then(|rest| rfc5424(rest, &mut headers.clock))
        {
            return record;
        }
        if let Some(header) = headers.header(rest).copied()
            && let Some(record) = after_host(header, rest)
        {
            return record;
        }
        if let Some(record) = headless(rest) {
            return record;
        }
    }
    line.strip_prefix(b"1 ")
        .and_then(|rest| rfc5424(rest, &mut headers.clock))
        .or_else(|| headless(line))
        .or_else(|| unknown_date(&mut headers.clock, line).filter(|_| header.is_none()))
        .or_else(|| without_tag(header?, line))
        .unwrap_or(SyslogRecord {
            time: None,
            host: b"",
            tag: b"",
            pid: b"",
            body: line,
        })
}

/// The record in the text of another one, if it is a complete line with a process id.
pub(in crate::parse) fn inner<'a>(
    headers: &mut HeaderParser,
    body: &'a [u8],
) -> Option<SyslogRecord<'a>> {
    nested(&mut headers.clock, body).filter(|it| !it.pid.is_empty())
}

/// A complete line after time and host: a syslog relay has added its own header to a line that it could not parse.
fn nested<'a>(clock: &mut Clock, rest: &'a [u8]) -> Option<SyslogRecord<'a>> {
    let (time, rest) = clock.named(rest).or_else(|| clock.dated(rest))?;
    let (host, rest) = split(rest, b' ')?;
    let (tag, pid, body) = tag_and_body(rest)?;
    Some(SyslogRecord {
        time: Some(time),
        host,
        tag,
        pid,
        body: without_message_id(body),
    })
}

/// `tag[pid]: body` after a time and a word that is usually the host.
fn after_host(header: Header, line: &[u8]) -> Option<SyslogRecord<'_>> {
    let (host, rest) = header.split(line);
    let (host, rest) = match host {
        // FreeBSD's `syslogd -v` and `-vv`: `<2.6> mx tag: body`, `<mail.info> mx tag: body`.
        [b'<', .., b'>'] => split(rest, b' ')?,
        // bokysan/docker-postfix: `INFO    tag: body`, without a host.
        _ if is_severity(host) => (&b""[..], rest.trim_ascii_start()),
        // BusyBox (OpenWrt): `mail.info tag: body`, without a host.
        _ if is_priority(host) => (&b""[..], rest),
        // AIX forwards to another host: `Message forwarded from HOST: tag[pid]: body`.
        b"Message" if rest.starts_with(b"forwarded from ") => {
            split_on(&rest[b"forwarded from ".len()..], b": ")?
        }
        _ => match rest {
            [b'<', ..] => (host, without_facility(rest)),
            _ => (host, rest),
        },
    };
    // A syslog relay may have omitted the host; then the first word is the tag.
    let (host, (tag, pid, body)) = match host.last() {
        Some(b':') => (&b""[..], tag_and_body_of(host, rest)?),
        _ => (
            host,
            tag_and_body(rest)
                .or_else(|| truncated_tag_and_body(rest))
                .or_else(|| after_priority(rest))?,
        ),
    };
    Some(SyslogRecord {
        time: Some(header.time),
        host,
        tag,
        pid,
        body: without_message_id(body),
    })
}

/// A line without a tag that is not of a mail server: `last message repeated 3 times` of the syslog daemon, and the
/// messages of supervisord (`INFO exited: postfix`), which get their severity as the tag.
fn without_tag(header: Header, line: &[u8]) -> Option<SyslogRecord<'_>> {
    let (mut host, mut body) = header.split(line);
    if let [b'<', .., b'>'] = host {
        (host, body) = split(body, b' ')?;
    }
    let (host, tag) = match is_severity(host) {
        true => (&b""[..], host),
        false => (host, &b""[..]),
    };
    let is_known = !tag.is_empty() || body.starts_with(b"last message repeated ");
    is_known.then_some(SyslogRecord {
        time: Some(header.time),
        host,
        tag,
        pid: b"",
        body,
    })
}

/// `mail.info tag[pid]: body`.
#[inline(never)]
fn after_priority(text: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let (word, rest) = split(text, b' ')?;
    tag_and_body(rest).filter(|_| is_priority(word))
}

/// The text without `<mail.info> `.
fn without_facility(text: &[u8]) -> &[u8] {
    match split(text, b' ') {
        Some(([b'<', .., b'>'], rest)) => rest,
        _ => text,
    }
}

/// `tag[pid]: body`, `tag: body`; on AIX, `mail:info tag[pid]: body`.
#[inline]
fn tag_and_body(text: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let end = position2(text, b':', b' ').filter(|&end| text[end] == b':')?;
    if let Some(b'a'..=b'z') = text.get(end + 1)
        && let Some(rest) = after_aix_priority(&text[..end], &text[end + 1..])
    {
        let end = position2(rest, b':', b' ').filter(|&end| rest[end] == b':')?;
        return split_tag(rest, end);
    }
    split_tag(text, end)
}

/// As [`tag_and_body`], with the place of the colon.
#[inline]
fn split_tag(text: &[u8], end: usize) -> Option<(&[u8], &[u8], &[u8])> {
    let (word, body) = (&text[..end], &text[end + 1..]);
    let (tag, pid) = match word {
        [word @ .., b']'] => {
            let bracket = word.iter().rposition(|&b| b == b'[')?;
            match word[..bracket].strip_suffix(b"]") {
                // FreeBSD writes the process id also after a tag that has brackets: `dma[3f.801c48000][123]`.
                Some(word) => split(word, b'[')?,
                None => (&word[..bracket], &word[bracket + 1..]),
            }
        }
        _ => (word, &b""[..]),
    };
    // Some templates write a second space after the colon.
    (!tag.is_empty()).then(|| (tag, pid, body.trim_ascii_start()))
}

/// As [`tag_and_body`], with the tag already split off.
fn tag_and_body_of<'a>(word: &'a [u8], body: &'a [u8]) -> Option<(&'a [u8], &'a [u8], &'a [u8])> {
    let end = word.iter().position(|&b| matches!(b, b'[' | b':'))?;
    let pid = word.get(end + 1..).unwrap_or_default();
    let pid = pid.strip_suffix(b"]:").unwrap_or_default();
    (end > 0).then(|| (&word[..end], pid, body))
}

/// `tag[pid]: body` with `tag[pid]:` truncated to 32 bytes, as rsyslog forwards it with its default template.
fn truncated_tag_and_body(text: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let (word, body) = text.split_at_checked(32)?;
    let body = body.strip_prefix(b" ")?;
    let (tag, pid) = split(word, b'[')?;
    let pid = pid.strip_suffix(b"]").unwrap_or(pid);
    (!tag.is_empty() && pid.iter().all(u8::is_ascii_digit)).then_some((tag, pid, body))
}

/// The body without `[ID 197553 mail.info] `, which Solaris writes before the text (its `msgid` manual page).
#[inline]
fn without_message_id(body: &[u8]) -> &[u8] {
    match body.strip_prefix(b"[ID ") {
        Some(rest) => find(rest, b"] ").map_or(body, |at| &rest[at + 2..]),
        None => body,
    }
}

/// The line without the priority value `<22>` (RFC 3164 section 4.1.1).
fn without_priority(line: &[u8]) -> Option<&[u8]> {
    let (number, rest) = split(line.strip_prefix(b"<")?, b'>')?;
    (matches!(number.len(), 1..=3) && number.iter().all(u8::is_ascii_digit)).then_some(rest)
}

/// `TIMESTAMP HOST APP PROCID MSGID STRUCTURED-DATA MSG` (RFC 5424 section 6).
fn rfc5424<'a>(rest: &'a [u8], clock: &mut Clock) -> Option<SyslogRecord<'a>> {
    let (time, rest) = match rest.strip_prefix(b"- ") {
        Some(rest) => (None, rest),
        None => {
            let (time, rest) = clock.dated(rest)?;
            (Some(time), rest)
        }
    };
    let (host, rest) = split(rest, b' ')?;
    let (tag, rest) = split(rest, b' ')?;
    let (process, rest) = split(rest, b' ')?;
    let (_message_id, rest) = split(rest, b' ')?;
    let rest = match rest.strip_prefix(b"-") {
        Some(rest) => rest,
        None => structured_data_end(rest)?,
    };
    let body = rest.strip_prefix(b" ").unwrap_or(rest);
    // A byte order mark announces UTF-8 (RFC 5424 section 6.4).
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    // rsyslog keeps the space after the tag.
    let body = body.strip_prefix(b" ").unwrap_or(body);
    let dash = |text| if text == b"-" { &b""[..] } else { text };
    // As in `tag_and_body`, a tag that has brackets itself.
    let in_brackets = tag.strip_suffix(b"]").and_then(|tag| split(tag, b'['));
    let (tag, pid) = in_brackets.unwrap_or((dash(tag), dash(process)));
    Some(SyslogRecord {
        time,
        host: dash(host),
        tag,
        pid,
        body,
    })
}

/// The text after the structured data `[id name="value"]…`, in which `\"`, `\\` and `\]` are escaped.
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

/// `tag[pid]: body` at the beginning of the line. A tag without a process id must contain a slash, because a body
/// may also begin with a word and a colon (`warning: …`, `4F9D195432C: …`).
fn headless(line: &[u8]) -> Option<SyslogRecord<'_>> {
    let (tag, pid, body) = tag_and_body(line)?;
    let word = &line[..position(line, b':')?];
    let is_tag = is_process(word) || tag.contains(&b'/') && !word.contains(&b'[');
    (is_tag && tag.iter().all(|&b| is_tag_byte(b))).then_some(SyslogRecord {
        time: None,
        host: b"",
        tag,
        pid,
        body,
    })
}

/// Whether a byte may be part of a program name.
fn is_tag_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'-' | b'_' | b'.')
}

/// Whether a word is `tag[pid]`, and not a host with its address, `unknown[192.0.2.1]`.
fn is_process(word: &[u8]) -> bool {
    let pid = word
        .strip_suffix(b"]")
        .and_then(|word| word.rsplit(|&b| b == b'[').next());
    pid.is_some_and(|pid| !pid.is_empty() && pid.iter().all(u8::is_ascii_digit))
}

/// A line with a date in an unknown format, such as with month names of another language. The date ends before
/// the first of the next few words that has the form `tag[pid]:`. A time of day or a number of seconds must precede
/// it, because other text may name a program too. OpenWrt's date is known, but not usual.
fn unknown_date<'a>(clock: &mut Clock, line: &'a [u8]) -> Option<SyslogRecord<'a>> {
    let (time, mut rest) = match asctime::stamp(clock, line) {
        Some((time, rest)) => (Some(time), rest),
        None => (None, line),
    };
    let mut host: &[u8] = b"";
    let mut has_time = time.is_some();
    for _ in 0..8 {
        let (word, after) = split(rest, b' ')?;
        if let Some(process) = word.strip_suffix(b":").filter(|word| is_process(word)) {
            let (tag, pid) = split(process, b'[')?;
            let pid = pid.strip_suffix(b"]").unwrap_or(pid);
            return has_time.then_some(SyslogRecord {
                time,
                host,
                tag,
                pid,
                body: without_message_id(after.trim_ascii_start()),
            });
        }
        if time.is_some()
            && is_priority(word)
            && let Some((tag, pid, body)) = tag_and_body(after)
        {
            return Some(SyslogRecord {
                time,
                host: b"",
                tag,
                pid,
                body: without_message_id(body),
            });
        }
        has_time |= is_time(word);
        host = word;
        rest = after;
    }
    None
}

/// Whether a word contains a time of day (`10:00:00`) or is a number of seconds since 1970.
fn is_time(word: &[u8]) -> bool {
    let of_day = word.windows(8).any(|it| {
        let digits = [it[0], it[1], it[3], it[4], it[6], it[7]];
        it[2] == b':' && it[5] == b':' && digits.iter().all(u8::is_ascii_digit)
    });
    of_day || word.len() >= 9 && word.iter().all(|b| b.is_ascii_digit() || *b == b'.')
}
