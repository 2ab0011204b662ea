//! Routing: which dialect reads a line that is not of one of Postfix's usual forms.

use crate::parse::detect::{DetectedFormat, Format};
use crate::parse::dialect::{Confidence, Mta, Record};
use crate::parse::event::{Line, Visitor};
use crate::parse::frame::syslog_record::{self, SyslogRecord};
use crate::parse::frame::{mailman_log, start_script};
use crate::parse::repeat::{self, Repeat};
use crate::parse::stream::Stream;

/// Parses any line, and returns the host name in its header.
#[inline(never)]
pub(super) fn read_any<'a>(
    stream: &'a mut Stream,
    line: &'a [u8],
    visitor: &mut impl Visitor<'a>,
) -> &'a [u8] {
    if let Some(mta) = stream.detection.detected_own_log()
        && read_usual_own(stream, mta, line, visitor)
    {
        return b"";
    }
    let is_syslog = stream.detection.detected() == Some(DetectedFormat::Syslog);
    if !is_syslog && let Some(mta) = stream.detection.own_log(line) {
        return read_own(stream, mta, line, visitor);
    }
    let mut record = syslog_record::parse(&mut stream.headers, line);
    let is_tagged = !record.tag.is_empty();
    let mut by_tag = match is_tagged {
        true => server_of(stream, record.tag, record.body),
        false => None,
    };
    // Docker's drivers for syslog and the journal, and Podman, write whole lines of a container under its name. Anybody may
    // have written what other programs say, unless a server is configured.
    let is_trusted =
        is_container(record.tag) || matches!(stream.detection.format(), Format::Server(_));
    if is_trusted
        && by_tag.is_none()
        && let Some(inner) = syslog_record::inner(&mut stream.headers, record.body)
        && let Some(mta) = server_of(stream, inner.tag, inner.body)
    {
        // The time zone of the container may be another one.
        let time = record.time.or(inner.time);
        (record, by_tag) = (SyslogRecord { time, ..inner }, Some(mta));
    }
    // In a syslog stream, a tag is more reliable than the form of the line, and the form than the text alone.
    if is_syslog
        && by_tag.is_none()
        && let Some(mta) = stream.detection.own_log(line)
    {
        return read_own(stream, mta, line, visitor);
    }
    // The configured server's own log, which another program sends on by syslog under its name.
    if is_tagged
        && by_tag.is_none()
        && let Format::Server(mta) = stream.detection.format()
        && mta.probe(record.body) != Confidence::No
    {
        let host = record.host;
        stream.detection.note(DetectedFormat::Syslog);
        read_own_record(stream, mta, record.body, visitor);
        return host;
    }
    // A server's own log from a container whose name is its id.
    if by_tag.is_none()
        && is_container(record.tag)
        && let Some(mta) = stream.detection.own_log(record.body)
    {
        let host = record.host;
        stream.detection.note(DetectedFormat::Syslog);
        read_own_record(stream, mta, record.body, visitor);
        return host;
    }
    let by_text = match is_tagged || !stream.detection.trusts_text() {
        true => None,
        false => server_of(stream, record.tag, record.body),
    };
    if let Some(mta) = by_tag.or(by_text) {
        if is_tagged {
            stream.detection.note(DetectedFormat::Syslog);
        }
        let SyslogRecord {
            time,
            host,
            tag,
            pid,
            body,
        } = record;
        let repeated = repeat::message(body);
        let record = Record {
            time,
            tag,
            pid,
            body: repeated.map_or(body, |(body, _)| body),
        };
        match repeated {
            None => stream.state(mta).read(&record, visitor),
            Some((_, times)) => {
                let mut visitor = Repeat {
                    visitor,
                    times,
                    time: None,
                };
                stream.state(mta).read(&record, &mut visitor);
            }
        }
        return host;
    }
    if let Some(DetectedFormat::OwnLog(mta)) = stream.detection.detected() {
        // A continuation line of a record, or a line of an unknown form.
        return read_own_record(stream, mta, line, visitor);
    }
    let line = match record.tag {
        b"" if start_script::is_line(line) || mailman_log::is_line(line) => Line::Noise(None),
        b"" => Line::Unmatched,
        _ => Line::Noise(None),
    };
    visitor.visit(record.time, line);
    record.host
}

/// Whether a tag is one that Docker's log drivers write by default, the first twelve digits of a container's id, one
/// that its manual proposes, `docker/NAME/ID`, or that of Podman's monitor.
fn is_container(tag: &[u8]) -> bool {
    let is_id = matches!(tag.len(), 12 | 64) && tag.iter().all(u8::is_ascii_hexdigit);
    is_id || tag.starts_with(b"docker/") || matches!(tag, b"conmon" | b"podman")
}

/// The server that wrote a syslog record, if the configured format allows it.
fn server_of(stream: &Stream, tag: &[u8], body: &[u8]) -> Option<Mta> {
    match stream.detection.format() {
        Format::Server(mta) if tag.is_empty() => Some(mta),
        Format::Server(mta) => Mta::of_record(tag, body).filter(|&found| found == mta),
        Format::Auto | Format::Syslog => Mta::of_record(tag, body),
    }
}

/// Parses a line of the detected server's own log file, without probing the server again. False if the time stamp
/// has another form than that of the last line, or if the text does not prove that this server wrote it.
#[cfg_attr(hot_path, inline(always))]
fn read_usual_own<'a>(
    stream: &mut Stream,
    mta: Mta,
    line: &'a [u8],
    visitor: &mut impl Visitor<'a>,
) -> bool {
    if let Some((time, text)) = stream.headers.dated_in_same_hour(line)
        && let Some(state) = &mut stream.states[mta.index()]
        && state.read_certain(time, text, visitor)
    {
        stream.detection.note(DetectedFormat::OwnLog(mta));
        return true;
    }
    false
}

/// Parses a line of a server's own log file.
pub(super) fn read_own<'a>(
    stream: &'a mut Stream,
    mta: Mta,
    line: &'a [u8],
    visitor: &mut impl Visitor<'a>,
) -> &'a [u8] {
    stream.detection.note(DetectedFormat::OwnLog(mta));
    read_own_record(stream, mta, line, visitor)
}

/// Parses a line as one of this server's own log file.
fn read_own_record<'a>(
    stream: &'a mut Stream,
    mta: Mta,
    line: &'a [u8],
    visitor: &mut impl Visitor<'a>,
) -> &'a [u8] {
    let (state, headers) = stream.state_and_headers(mta);
    let (time, body) = state.frame(headers, line);
    let record = Record {
        time,
        tag: b"",
        pid: b"",
        body,
    };
    state.read(&record, visitor);
    b""
}
