//! Lines in place of which another text is read: a record in JSON, which is rewritten as a syslog line or a flat list of
//! its members, a line in UTF-16, and a report that the last message was repeated, which stands for the line before.

use crate::parse::detect::Format;
use crate::parse::dialect::{Confidence, Mta};
use crate::parse::event::Visitor;
use crate::parse::frame::{compose_prefix, flat_json, json, syslog_record, utf16};
use crate::parse::kinds::Stamp;
use crate::parse::repeat::{self, Repeat};
use crate::parse::routing::{read_any, read_own};
use crate::parse::scan;
use crate::parse::stream::Stream;

/// The maximum length of a line that is kept for a report of its repetitions, in bytes.
const MAX_PREVIOUS: usize = 4096;

/// What the text stands for.
pub(super) enum Indirect {
    /// The same record in another encoding: JSON or UTF-16.
    Encoded,
    /// The same record in another encoding, of the log file of this server.
    Own(Mta),
    /// The line before, repeated: how often, and when.
    Repeated(u32, Option<Stamp>),
}

/// Parses any line after the lines `before` it.
#[cfg_attr(hot_path, inline(always))]
pub(super) fn read<'v, V>(
    stream: &mut Stream,
    line: &[u8],
    before: &[&[u8]],
    text: &mut Vec<u8>,
    visitor: &'v mut V,
) where
    V: for<'a> Visitor<'a>,
{
    if may_be_indirect(line)
        && let Some(indirect) = Indirect::of(stream, line, before, text)
    {
        indirect.read(stream, text, visitor);
    } else {
        read_any(stream, line, visitor);
    }
}

/// Whether [`Indirect::of`] may be `Some` for a line.
#[cfg_attr(hot_path, inline(always))]
fn may_be_indirect(line: &[u8]) -> bool {
    matches!(line.first(), Some(b'{' | 0xef))
        || after_runtime_time(line).is_some()
        || after_container_name(line).is_some()
        || utf16::is_utf16(line)
        || repeat::may_be_of_last_message(line)
}

/// The JSON object after the time that `docker logs -t` and `kubectl logs --timestamps` write before each line.
#[cfg_attr(hot_path, inline(always))]
fn after_runtime_time(line: &[u8]) -> Option<&[u8]> {
    /// `2026-11-30T10:00:00Z` and `2026-11-30T10:00:00.123456789+08:00`.
    const LENGTHS: std::ops::RangeInclusive<usize> = 20..=35;
    if line.get(10) != Some(&b'T') || line.get(4) != Some(&b'-') {
        return None;
    }
    let end = scan::position(&line[..line.len().min(LENGTHS.end() + 1)], b' ')?;
    let object = line.get(end + 1..)?;
    (LENGTHS.contains(&end) && object.first() == Some(&b'{')).then_some(object)
}

/// The JSON object, also with such a time before it, after the name that `docker compose logs` and `kubectl logs --prefix`
/// write.
#[cfg_attr(hot_path, inline(always))]
fn after_container_name(line: &[u8]) -> Option<&[u8]> {
    if line.last() != Some(&b'}') {
        return None;
    }
    let rest = compose_prefix::without_name(line);
    let is_object = rest.first() == Some(&b'{') || after_runtime_time(rest).is_some();
    (is_object && rest.len() < line.len()).then_some(rest)
}

impl Indirect {
    /// What a line stands for, with the text to read instead in `text`; `None` for the usual lines. The lines `before`
    /// it are those since [`Stream::keep_previous`].
    pub fn of(
        stream: &mut Stream,
        line: &[u8],
        before: &[&[u8]],
        text: &mut Vec<u8>,
    ) -> Option<Self> {
        let is_custom = stream.detection.format() == Format::Server(Mta::Custom);
        // The byte order mark at the beginning of a file in UTF-8, as programs for Windows write it.
        if let Some(rest) = line.strip_prefix(b"\xef\xbb\xbf") {
            if rest.first() == Some(&b'{') && !is_custom {
                return Self::of(stream, rest, before, text);
            }
            text.clear();
            text.extend_from_slice(rest);
            return Some(Indirect::Encoded);
        }
        if line.first() == Some(&b'{') && !is_custom {
            if let Some(mta) = stream.detection.detected_own_log()
                && flat_json::flatten(line, text)
                && stream.detection.is_certain(mta, text)
            {
                return Some(Indirect::Own(mta));
            }
            return Self::of_object(stream, line, text).then_some(Indirect::Encoded);
        }
        if let Some(rest) = after_container_name(line)
            && !is_custom
        {
            return Self::of(stream, rest, before, text);
        }
        if let Some(object) = after_runtime_time(line)
            && !is_custom
            && let Some(indirect) = Self::of_timed_object(line, object, text)
        {
            return Some(indirect);
        }
        if utf16::is_utf16(line) {
            utf16::decode(line, text);
            return Some(Indirect::Encoded);
        }
        if !repeat::may_be_of_last_message(line) {
            return None;
        }
        let record = syslog_record::parse(&mut stream.headers, line);
        let time = record.time;
        let times = repeat::of_last_message(&record)?;
        stream.keep_last(before);
        text.clear();
        if repeat::is_about(&record, &stream.previous) {
            stream.has_reports = true;
            stream.last_report = Some(before.len());
            text.extend_from_slice(&stream.previous);
        }
        Some(Indirect::Repeated(times, time))
    }

    /// Writes what is to be read instead of an object: a syslog record, the object's members, or the line that a log
    /// shipper wrapped in it.
    fn of_object(stream: &mut Stream, line: &[u8], text: &mut Vec<u8>) -> bool {
        if json::rewrite(line, text) {
            return true;
        }
        if !json::carries(line) {
            return flat_json::flatten(line, text);
        }
        let is_own = |text: &[u8]| {
            Mta::ALL
                .into_iter()
                .any(|mta| mta.probe(text) == Confidence::Certain)
        };
        if flat_json::flatten(line, text) && is_own(text) {
            return true;
        }
        if json::carried(line, text) {
            let record = syslog_record::parse(&mut stream.headers, text);
            let is_tagged = !record.tag.is_empty();
            if is_own(text) || is_tagged && Mta::of_record(record.tag, record.body).is_some() {
                return true;
            }
        }
        flat_json::flatten(line, text)
    }

    /// What an object with the time of a container runtime before it stands for; `None` if the server itself has written
    /// that time, as Haraka does.
    fn of_timed_object(line: &[u8], object: &[u8], text: &mut Vec<u8>) -> Option<Self> {
        if flat_json::flatten(object, text) {
            let is_of = |mta: &Mta, line| mta.probe(line) == Confidence::Certain;
            if let Some(mta) = Mta::ALL.into_iter().find(|mta| is_of(mta, text)) {
                return (!is_of(&mta, line)).then_some(Indirect::Encoded);
            }
        }
        json::rewrite(object, text).then_some(Indirect::Encoded)
    }

    /// Parses the text, and returns the host name in its header.
    pub fn read<'a>(
        self,
        stream: &'a mut Stream,
        text: &'a [u8],
        visitor: &mut impl Visitor<'a>,
    ) -> &'a [u8] {
        match self {
            Indirect::Encoded if text.is_empty() => {
                visitor.noise(None, None);
                b""
            }
            Indirect::Encoded => read_any(stream, text, visitor),
            Indirect::Own(mta) => read_own(stream, mta, text, visitor),
            Indirect::Repeated(_, time) if text.is_empty() => {
                visitor.noise(time, None);
                b""
            }
            Indirect::Repeated(times, time) => {
                let mut visitor = Repeat {
                    visitor,
                    times,
                    time,
                };
                read_any(stream, text, &mut visitor)
            }
        }
    }
}

impl Stream {
    /// Keeps what is needed of these lines, which have been read.
    pub fn keep_previous(&mut self, lines: &[&[u8]]) {
        self.keep_last(lines);
        self.last_report = None;
    }

    /// Keeps the last of these lines, unless it was a report of repetitions.
    fn keep_last(&mut self, lines: &[&[u8]]) {
        let Some((last, before)) = lines.split_last() else {
            return;
        };
        if self.last_report != Some(before.len()) {
            self.previous.clear();
            if last.len() <= MAX_PREVIOUS {
                self.previous.extend_from_slice(last);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn object_after_the_time_of_a_container_runtime_is_found() {
        for time in [
            "2026-11-30T10:00:00Z",
            "2026-11-30T10:00:00.123456789+08:00",
        ] {
            let line = format!("{time} {{\"a\":1}}");
            assert_eq!(after_runtime_time(line.as_bytes()), Some(&b"{\"a\":1}"[..]));
        }
        for line in [
            "",
            "2026-11-30T10:00:00Z",
            "2026-11-30T10:00:00Z ",
            "2026-11-30T10:00:00Z x {",
            "2026-11-30T10:00:00 {",
            "2026-11-30T10:00:00.1234567890+08:00 {",
            "2026-11-30 10:00:00Z {",
            "2026/11-30T10:00:00Z {",
        ] {
            assert_eq!(after_runtime_time(line.as_bytes()), None, "{line}");
        }
    }
}
