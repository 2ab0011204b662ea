//! Reads lines of many streams: routes each to the dialect of the server that wrote it, and completes what
//! the dialect found.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::catalog::{Catalog, Providers};
use crate::parse::condition::Conditions;
use crate::parse::dedup::Deduplicator;
use crate::parse::detect::{Format, Framing};
use crate::parse::dialect::{Mta, OwnFrame, Prescan, Record, is_unsupported, read_prescanned};
use crate::parse::event::{Event, Line, Visitor};
use crate::parse::frame::syslog_record;
use crate::parse::kinds::{Direction, Outcome, Stamp};
use crate::parse::mirror::MirrorFilter;
use crate::parse::provider_cache::ProviderCache;
use crate::parse::stream::{Stream, StreamKey};

/// Streams that are remembered at a time; of more, those that were read longest ago are forgotten.
const MAX_STREAMS: usize = 1024;

/// One line, understood.
#[derive(Debug, PartialEq, Eq)]
pub struct Parsed<'a, 'e> {
    /// When it was written, by its own clock; `None` if it has no time stamp.
    pub time: Option<Stamp>,
    /// The host that wrote it; empty if the line does not say.
    pub host: &'a [u8],
    /// What it says.
    pub line: Line<'a, 'e>,
}

/// Reads lines. Remembers for each stream what its earlier lines tell about later ones.
pub struct LineParser {
    zone: TimeZone,
    reference: Timestamp,
    pub(super) shared: Shared,
    pub(super) streams: Vec<Stream>,
    /// The stream whose lines are read, among `streams`.
    current: usize,
    selections: u64,
    /// Of the lines being read: kept, so that nothing is allocated for them.
    prescans: Vec<Option<Prescan>>,
    /// Whether logs are read one after the other, and not as they grow.
    sequential: bool,
    /// As [`Stream::receipts`], for new streams.
    receipts: bool,
}

/// What all streams share.
pub(super) struct Shared {
    conditions: Conditions,
    providers: Providers,
    provider_cache: ProviderCache,
    pub(super) duplicates: Deduplicator,
    pub(super) mirrors: MirrorFilter,
}

impl LineParser {
    /// A parser that classifies with the given catalog and knows the given providers. `zone` is the time
    /// zone of stamps without an offset; `reference` is the newest instant a line without a year can come
    /// from. Lines are of one stream of unknown format until [`LineParser::select`] says otherwise.
    pub fn new(
        catalog: &'static Catalog,
        providers: Providers,
        zone: TimeZone,
        reference: Timestamp,
    ) -> Self {
        let first = Stream::new(StreamKey::default(), Format::Auto, zone.clone(), reference);
        LineParser {
            zone,
            reference,
            shared: Shared {
                conditions: Conditions::new(catalog),
                providers,
                provider_cache: ProviderCache::new(),
                duplicates: Deduplicator::new(),
                mirrors: MirrorFilter::new(),
            },
            streams: vec![first],
            current: 0,
            selections: 0,
            prescans: Vec::new(),
            sequential: false,
            receipts: false,
        }
    }

    /// Says that logs are read one after the other, and not as they grow.
    pub fn set_sequential(&mut self) {
        self.sequential = true;
    }

    /// Makes the next lines those of this stream, whose configured format is given.
    pub fn select(&mut self, key: StreamKey, format: Format) {
        self.selections += 1;
        let known = |stream: &Stream| stream.key == key && stream.detection.format() == format;
        if !self.streams.get(self.current).is_some_and(known) {
            self.current = match self.streams.iter().position(|stream| stream.key == key) {
                Some(at) => at,
                None => self.add_stream(key, format),
            };
            self.streams[self.current].detection.set_format(format);
        }
        self.streams[self.current].selected = self.selections;
    }

    pub(super) fn add_stream(&mut self, key: StreamKey, format: Format) -> usize {
        let mut stream = Stream::new(key, format, self.zone.clone(), self.reference);
        stream.receipts = self.receipts;
        if self.streams.len() < MAX_STREAMS {
            self.streams.push(stream);
            return self.streams.len() - 1;
        }
        let oldest = (0..self.streams.len()).min_by_key(|&at| self.streams[at].selected);
        let at = oldest.unwrap_or_default();
        self.streams[at] = stream;
        at
    }

    /// Says whether a version before 4 has seen Postfix tell of messages' receipt.
    pub(super) fn set_receipts(&mut self, receipts: bool) {
        self.receipts = receipts;
        self.streams
            .iter_mut()
            .for_each(|it| it.receipts = receipts);
    }

    /// The formats that were found in the streams of a source.
    pub fn formats(&self, source: u64) -> Vec<&'static str> {
        let of_source = self.streams.iter().filter(|it| it.key.source == source);
        let mut formats: Vec<_> = of_source.flat_map(Stream::formats).collect();
        formats.sort_unstable();
        formats.dedup();
        formats
    }

    /// Sets the newest instant a line without a year can come from.
    pub fn set_reference(&mut self, reference: Timestamp) {
        self.reference = reference;
        for stream in &mut self.streams {
            stream.headers.set_reference(reference);
        }
    }

    /// Sets the time zone of stamps without an offset.
    pub fn set_zone(&mut self, zone: TimeZone) {
        for stream in &mut self.streams {
            stream.headers.set_zone(zone.clone());
        }
        self.zone = zone;
    }

    /// The wall clock in seconds since 1970, as of the last reference; the largest number for logs that are
    /// read one after the other.
    fn now(&self) -> i64 {
        match self.sequential {
            true => i64::MAX,
            false => self.reference.as_second(),
        }
    }

    /// Reads many lines of the selected stream, each without its newline, and hands what they say to
    /// `visitor`, in their order. Some hundred at a time are read fastest.
    #[inline]
    pub fn read(&mut self, lines: &[&[u8]], visitor: &mut impl for<'a> Visitor<'a>) {
        let now = self.now();
        let stream = &mut self.streams[self.current];
        let shared = &mut self.shared;
        let mut complete = Complete {
            key: stream.key,
            now,
            shared,
            visitor,
        };
        if !stream.detection.allows_prescan() {
            for line in lines {
                read_any(stream, line, &mut complete);
            }
            return;
        }
        let mut prescans = std::mem::take(&mut self.prescans);
        prescans.resize(lines.len(), None);
        for (prescan, line) in prescans.iter_mut().zip(lines) {
            *prescan = prescanned(stream, line);
        }
        // Kept apart from the stream while lines of usual forms are read.
        let mut postfix = stream.postfix_state();
        for (prescan, line) in prescans.iter().zip(lines) {
            match prescan {
                Some(prescan) => read_prescanned(&mut postfix, prescan, line, &mut complete),
                None => {
                    stream.set_postfix_state(postfix);
                    read_any(stream, line, &mut complete);
                    postfix = stream.postfix_state();
                }
            }
        }
        if prescans.iter().any(Option::is_some) {
            stream.state(Mta::Postfix);
        }
        stream.set_postfix_state(postfix);
        self.prescans = prescans;
    }

    /// Reads one line of the selected stream, without its newline. If it is an event, that is put into
    /// `slot`, and [`Line::Event`] refers to it.
    pub fn parse<'a, 'e>(
        &mut self,
        line: &'a [u8],
        slot: &'e mut Option<Event<'a>>,
    ) -> Parsed<'a, 'e> {
        *slot = None;
        let mut kept = Keep {
            slot,
            line: Line::Unmatched,
            time: None,
        };
        let now = self.now();
        let stream = &mut self.streams[self.current];
        let mut complete = Complete {
            key: stream.key,
            now,
            shared: &mut self.shared,
            visitor: &mut kept,
        };
        let prescan = match stream.detection.allows_prescan() {
            true => prescanned(stream, line),
            false => None,
        };
        let host = match prescan {
            Some(prescan) => {
                stream.state(Mta::Postfix);
                let mut postfix = stream.postfix_state();
                read_prescanned(&mut postfix, &prescan, line, &mut complete);
                stream.set_postfix_state(postfix);
                prescan.host(line)
            }
            None => read_any(stream, line, &mut complete),
        };
        let Keep {
            slot, line, time, ..
        } = kept;
        let line = match slot {
            Some(event) => Line::Event(event),
            None => line,
        };
        Parsed { time, host, line }
    }
}

/// Prescans a line for the usual forms of Postfix.
#[inline(always)]
fn prescanned(stream: &mut Stream, line: &[u8]) -> Option<Prescan> {
    let header = stream.headers.header(line)?;
    Prescan::of(line, header)
}

/// Reads any line, and returns the host that wrote it.
#[inline(never)]
fn read_any<'a>(stream: &mut Stream, line: &'a [u8], visitor: &mut impl Visitor<'a>) -> &'a [u8] {
    let is_syslog = stream.detection.framing() == Some(Framing::Syslog);
    if !is_syslog && let Some(mta) = stream.detection.own_log(line) {
        return read_own(stream, mta, line, visitor);
    }
    let record = syslog_record::parse(&mut stream.headers, line);
    if let Some(mta) = claimed(stream, record.tag, record.body) {
        if !record.tag.is_empty() {
            stream.detection.note(Framing::Syslog);
        }
        let syslog_record::SyslogRecord {
            time,
            host,
            tag,
            pid,
            body,
        } = record;
        let record = Record {
            time,
            tag,
            pid,
            body,
        };
        stream.state(mta).read(&record, visitor);
        return host;
    }
    if is_syslog && let Some(mta) = stream.detection.own_log(line) {
        return read_own(stream, mta, line, visitor);
    }
    if let Some(Framing::OwnLog(mta)) = stream.detection.framing() {
        // A further line of a record, or one of an unknown form.
        let record = own_record(stream, mta, line);
        stream.state(mta).read(&record, visitor);
        return b"";
    }
    let said = match record.tag {
        b"" => Line::Unmatched,
        tag if is_unsupported(tag) => Line::Unmatched,
        _ => Line::Noise(None),
    };
    visitor.visit(record.time, said);
    record.host
}

/// The server whose syslog record this is, among those that the configured format allows.
fn claimed(stream: &Stream, tag: &[u8], body: &[u8]) -> Option<Mta> {
    match stream.detection.format() {
        Format::Server(mta) if tag.is_empty() => Some(mta),
        Format::Server(mta) => Mta::of_record(tag, body).filter(|&found| found == mta),
        Format::Auto | Format::Syslog => Mta::of_record(tag, body),
    }
}

/// Reads a line of a server's own log.
fn read_own<'a>(
    stream: &mut Stream,
    mta: Mta,
    line: &'a [u8],
    visitor: &mut impl Visitor<'a>,
) -> &'a [u8] {
    stream.detection.note(Framing::OwnLog(mta));
    let record = own_record(stream, mta, line);
    stream.state(mta).read(&record, visitor);
    b""
}

/// Takes a record out of the frame of a server's own log.
fn own_record<'a>(stream: &mut Stream, mta: Mta, line: &'a [u8]) -> Record<'a> {
    let framed = match mta.own_frame() {
        OwnFrame::Dated => stream.headers.dated(line),
        OwnFrame::Bare => None,
    };
    let (time, body) = match framed {
        Some((time, body)) => (Some(time), body),
        None => (None, line),
    };
    Record {
        time,
        tag: b"",
        pid: b"",
        body,
    }
}

/// Completes what a dialect found, and hands it on.
struct Complete<'p, V> {
    key: StreamKey,
    /// As for [`MirrorFilter::is_copy`].
    now: i64,
    shared: &'p mut Shared,
    visitor: &'p mut V,
}

impl<'a, V: Visitor<'a>> Visitor<'a> for Complete<'_, V> {
    #[inline(always)]
    fn visit(&mut self, time: Option<Stamp>, mut line: Line<'a, '_>) {
        if let Line::Event(event) = &mut line {
            if event.mirrored && self.shared.mirrors.is_copy(self.key, time, self.now, event) {
                return self.visitor.visit(time, Line::Noise(None));
            }
            self.shared.complete(event, time);
        }
        self.visitor.visit(time, line);
    }
}

impl Shared {
    /// Adds what the line alone does not tell.
    #[inline(always)]
    fn complete(&mut self, event: &mut Event<'_>, time: Option<Stamp>) {
        let failed = event.outcome != Outcome::Sent;
        if failed {
            self.duplicates.check(event, time);
        }
        if event.direction == Direction::Outbound {
            event.provider = self.provider_cache.provider(event.peer(), &self.providers);
        }
        if failed {
            event.condition = self.conditions.of(event);
        }
    }
}

/// Keeps what was read.
struct Keep<'a, 'e> {
    slot: &'e mut Option<Event<'a>>,
    line: Line<'a, 'e>,
    time: Option<Stamp>,
}

impl<'a> Visitor<'a> for Keep<'a, '_> {
    fn visit(&mut self, time: Option<Stamp>, line: Line<'a, '_>) {
        self.time = time;
        match line {
            Line::Event(event) => *self.slot = Some(*event),
            Line::Noise(fact) => self.line = Line::Noise(fact),
            Line::Unmatched => self.line = Line::Unmatched,
        }
    }
}
