//! The line parser: routes the lines of many streams to the dialect of the mail server that wrote them, and adds
//! provider, condition and duplicate detection to the events.

use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use rustc_hash::FxHashMap;

use crate::catalog::{Catalog, Providers};
use crate::parse::attribution::Attribution;
use crate::parse::dedup::Deduplicator;
use crate::parse::detect::{DetectedFormat, Format};
use crate::parse::dialect::{Mta, Patterns, Prescan, read_prescanned};
use crate::parse::enrich::{Enrich, SharedState};
use crate::parse::event::{Event, Fact, Line, Visitor};
use crate::parse::frame::priority::is_severity;
use crate::parse::frame::syslog::HeaderParser;
use crate::parse::indirect::{self, Indirect};
use crate::parse::kinds::Stamp;
use crate::parse::last_hosts::LastHosts;
use crate::parse::mirror::MirrorFilter;
use crate::parse::routing::read_any;
use crate::parse::stored_event::StoredEvent;
use crate::parse::stream::{Stream, StreamKey};

/// The maximum number of streams; the least recently selected one is evicted.
const MAX_STREAMS: usize = 1024;

/// How many lines are looked at to detect the format of a stream.
const SAMPLE: usize = 64;

/// One parsed line.
#[derive(Debug, PartialEq, Eq)]
pub struct Parsed<'a, 'e> {
    /// The time stamp of the line; `None` if it has none.
    pub time: Option<Stamp>,
    /// The host name in the syslog header; empty if there is none.
    pub host: &'a [u8],
    /// The content.
    pub line: Line<'a, 'e>,
    /// How many equal lines it stands for, if a syslog daemon folded repetitions; otherwise 1.
    pub times: u32,
}

/// Parses lines. Keeps the state of each stream that later lines depend on.
pub struct LineParser {
    zone: TimeZone,
    reference: Timestamp,
    pub(super) shared: SharedState,
    pub(super) streams: Vec<Stream>,
    /// The index of each stream.
    places: FxHashMap<StreamKey, usize>,
    /// The index of the selected stream.
    current: usize,
    selections: u64,
    /// A buffer for the prescans of the lines being read, to avoid allocations.
    prescans: Vec<Option<Prescan>>,
    /// A buffer for a line that is read in place of another one; see [`Indirect`].
    text: Vec<u8>,
    /// Whether logs are read one after the other, rather than live.
    sequential: bool,
    /// The initial value of [`Stream::receipts`] for new streams.
    receipts: bool,
    /// The patterns of the format `custom`.
    patterns: Arc<Patterns>,
}

impl LineParser {
    /// A parser with this catalog and these providers. `zone` is the time zone of time stamps without an offset;
    /// `reference` is the latest possible time of a line whose time stamp has no year. Until
    /// [`LineParser::select`] is called, lines belong to a default stream whose format is detected.
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
            shared: SharedState {
                attribution: Attribution::new(catalog, providers),
                last_hosts: LastHosts::new(),
                duplicates: Deduplicator::new(),
                mirrors: MirrorFilter::new(),
            },
            streams: vec![first],
            places: FxHashMap::from_iter([(StreamKey::default(), 0)]),
            current: 0,
            selections: 0,
            prescans: Vec::new(),
            text: Vec::new(),
            sequential: false,
            receipts: false,
            patterns: Arc::default(),
        }
    }

    /// Sets the patterns with which lines of the format `custom` are read.
    pub fn set_patterns(&mut self, patterns: Arc<Patterns>) {
        for stream in &mut self.streams {
            stream.patterns = Arc::clone(&patterns);
        }
        self.patterns = patterns;
    }

    /// Sets that logs are read one after the other, rather than live.
    pub fn set_sequential(&mut self) {
        self.sequential = true;
    }

    /// Selects the stream that the next lines belong to, and its configured format.
    pub fn select(&mut self, key: StreamKey, format: Format) {
        self.selections += 1;
        let known = |stream: &Stream| stream.key == key && stream.detection.format() == format;
        if !self.streams.get(self.current).is_some_and(known) {
            self.current = match self.places.get(&key) {
                Some(&at) => at,
                None => self.add_stream(key, format),
            };
            self.streams[self.current].detection.set_format(format);
        }
        self.streams[self.current].selected = self.selections;
    }

    pub(super) fn add_stream(&mut self, key: StreamKey, format: Format) -> usize {
        let mut stream = Stream::new(key, format, self.zone.clone(), self.reference);
        stream.receipts = self.receipts;
        stream.patterns = Arc::clone(&self.patterns);
        let at = self.streams.len();
        if at < MAX_STREAMS {
            self.streams.push(stream);
            self.places.insert(key, at);
            return at;
        }
        let oldest = (0..at).min_by_key(|&at| self.streams[at].selected);
        let at = oldest.unwrap_or_default();
        self.places.remove(&self.streams[at].key);
        self.places.insert(key, at);
        self.streams[at] = stream;
        at
    }

    /// Sets [`Stream::receipts`] for all streams, from a state file before version 4.
    pub(super) fn set_receipts(&mut self, receipts: bool) {
        self.receipts = receipts;
        self.streams
            .iter_mut()
            .for_each(|it| it.receipts = receipts);
    }

    /// The formats found in the streams of a source.
    pub fn formats(&self, source: u64) -> Vec<&'static str> {
        let of_source = self.streams.iter().filter(|it| it.key.source == source);
        let mut formats: Vec<_> = of_source.flat_map(Stream::formats).collect();
        formats.sort_unstable();
        formats.dedup();
        formats
    }

    /// The server whose own log file the selected stream is; `None` if it is syslog or not known.
    pub fn own_log(&self) -> Option<Mta> {
        self.streams[self.current].detection.detected_own_log()
    }

    /// Sets the latest possible time of a line whose time stamp has no year.
    pub fn set_reference(&mut self, reference: Timestamp) {
        self.reference = reference;
        for stream in &mut self.streams {
            stream.headers.set_reference(reference);
        }
    }

    /// Sets the time zone of time stamps without an offset.
    pub fn set_zone(&mut self, zone: TimeZone) {
        for stream in &mut self.streams {
            stream.headers.set_zone(zone.clone());
        }
        self.zone = zone;
    }

    /// The wall clock of the last reference, in seconds since 1970; `i64::MAX` if logs are read one after the
    /// other.
    fn now(&self) -> i64 {
        match self.sequential {
            true => i64::MAX,
            false => self.reference.as_second(),
        }
    }

    /// Detects the format of the selected stream from its next lines, if it is not known yet. Lines before the first
    /// record of a server's own log are read as part of it.
    pub fn detect(&mut self, lines: &[&[u8]]) {
        let stream = &mut self.streams[self.current];
        if stream.detection.detected().is_some() || stream.detection.format() == Format::Syslog {
            return;
        }
        for line in lines.iter().take(SAMPLE) {
            if let Some(mta) = stream.detection.own_log(line) {
                return stream.detection.note(DetectedFormat::OwnLog(mta));
            }
            if stream.headers.header(line).is_some() {
                return;
            }
        }
    }

    /// Parses lines of the selected stream, each without its newline, and passes them to `visitor` in their
    /// order. Fastest with some hundred lines per call.
    #[inline]
    pub fn read(&mut self, lines: &[&[u8]], visitor: &mut impl for<'a> Visitor<'a>) {
        self.detect(lines);
        if !self.allows_prescan() {
            return self.read_each(lines, visitor);
        }
        let mut prescans = std::mem::take(&mut self.prescans);
        prescans.resize(lines.len(), None);
        prescan_all(
            &mut self.streams[self.current].headers,
            lines,
            &mut prescans,
        );
        self.read_scanned(lines, &prescans, &[], visitor);
        self.prescans = prescans;
    }

    /// Takes note of the time of a line of the selected stream that was prescanned elsewhere.
    pub(super) fn note_time(&mut self, time: Stamp) {
        self.streams[self.current].headers.note_time(time);
    }

    /// Whether lines of the selected stream may be prescanned for the usual forms of Postfix.
    pub(super) fn allows_prescan(&self) -> bool {
        self.streams[self.current].detection.allows_prescan()
    }

    /// The selected stream, what adds to its events, of which some were parsed ahead, and the buffer for a line that is
    /// read in place of another one.
    #[inline]
    fn parts<'p, V>(
        &'p mut self,
        ahead: &'p [StoredEvent],
        visitor: &'p mut V,
    ) -> (&'p mut Stream, Enrich<'p, V>, &'p mut Vec<u8>) {
        let now = self.now();
        let stream = &mut self.streams[self.current];
        let enrich = Enrich {
            key: stream.key,
            now,
            shared: &mut self.shared,
            visitor,
            ahead: ahead.iter(),
        };
        (stream, enrich, &mut self.text)
    }

    /// Parses lines without a prescan.
    fn read_each(&mut self, lines: &[&[u8]], visitor: &mut impl for<'a> Visitor<'a>) {
        let (stream, mut enrich, text) = self.parts(&[], visitor);
        for (at, line) in lines.iter().enumerate() {
            indirect::read(stream, line, &lines[..at], text, &mut enrich);
        }
        stream.keep_previous(lines);
    }

    /// Parses lines after a prescan of each. The events of some were parsed ahead; they are in the order
    /// of their lines.
    #[inline]
    pub(super) fn read_scanned(
        &mut self,
        lines: &[&[u8]],
        prescans: &[Option<Prescan>],
        events: &[StoredEvent],
        visitor: &mut impl for<'a> Visitor<'a>,
    ) {
        let (stream, mut enrich, text) = self.parts(events, visitor);
        // There is a state from the beginning on: the lines between the prescanned ones read and change it.
        let has_prescanned = prescans.iter().any(Option::is_some);
        if has_prescanned {
            stream.state(Mta::Postfix);
        }
        // A local copy of the state while prescanned lines are parsed.
        let mut postfix = stream.postfix_state();
        for (at, (prescan, line)) in prescans.iter().zip(lines).enumerate() {
            match prescan {
                Some(prescan) => read_prescanned(&mut postfix, prescan, line, &mut enrich),
                None => {
                    stream.set_postfix_state(postfix);
                    indirect::read(stream, line, &lines[..at], text, &mut enrich);
                    postfix = stream.postfix_state();
                }
            }
        }
        if has_prescanned {
            stream.detection.note(DetectedFormat::Syslog);
        }
        stream.set_postfix_state(postfix);
        stream.keep_previous(lines);
    }

    /// Parses one line of the selected stream, without its newline. An event is stored in `slot`, and
    /// [`Line::Event`] refers to it.
    pub fn parse<'a, 'e>(
        &'a mut self,
        line: &'a [u8],
        slot: &'e mut Option<Event<'a>>,
    ) -> Parsed<'a, 'e> {
        *slot = None;
        let mut result = StoreLine {
            slot,
            line: Line::Unmatched,
            time: None,
            times: 1,
        };
        let now = self.now();
        let stream = &mut self.streams[self.current];
        let mut enrich = Enrich {
            key: stream.key,
            now,
            shared: &mut self.shared,
            visitor: &mut result,
            ahead: [].iter(),
        };
        let mut prescan = None;
        if stream.detection.allows_prescan() {
            prescanned(&mut stream.headers, line, &mut prescan);
        }
        let host = match prescan {
            Some(prescan) => {
                stream.state(Mta::Postfix);
                let mut postfix = stream.postfix_state();
                read_prescanned(&mut postfix, &prescan, line, &mut enrich);
                stream.set_postfix_state(postfix);
                stream.keep_previous(&[line]);
                let host = stream.headers.host(line);
                if is_severity(host) { b"" } else { host }
            }
            None => {
                let indirect = Indirect::of(stream, line, &[], &mut self.text);
                stream.keep_previous(&[line]);
                match indirect {
                    None => read_any(stream, line, &mut enrich),
                    Some(indirect) => indirect.read(stream, &self.text, &mut enrich),
                }
            }
        };
        let StoreLine {
            slot,
            line,
            time,
            times,
        } = result;
        let line = match slot {
            Some(event) => Line::Event(event),
            None => line,
        };
        Parsed {
            time,
            host,
            line,
            times,
        }
    }
}

/// Prescans a line for the usual forms of Postfix.
#[cfg_attr(hot_path, inline(always))]
fn prescanned(headers: &mut HeaderParser, line: &[u8], slot: &mut Option<Prescan>) {
    *slot = None;
    if let Some(header) = headers.header(line) {
        // Without a result, the line is of another form.
        let _ = Prescan::store(line, header, slot);
    }
}

/// Prescans many lines. A function of its own, so that the loops of those who call it have enough registers.
#[inline(never)]
pub(super) fn prescan_all(
    headers: &mut HeaderParser,
    lines: &[&[u8]],
    prescans: &mut [Option<Prescan>],
) {
    for (prescan, line) in prescans.iter_mut().zip(lines) {
        prescanned(headers, line, prescan);
    }
}

/// Stores the one line that was parsed.
struct StoreLine<'a, 'e> {
    slot: &'e mut Option<Event<'a>>,
    line: Line<'a, 'e>,
    time: Option<Stamp>,
    times: u32,
}

impl<'a> Visitor<'a> for StoreLine<'a, '_> {
    fn event(&mut self, time: Option<Stamp>, event: &mut Event<'a>) {
        self.time = time;
        *self.slot = Some(*event);
    }

    fn noise(&mut self, time: Option<Stamp>, fact: Option<&Fact<'a>>) {
        self.time = time;
        self.line = Line::Noise(fact.copied());
    }

    fn unmatched(&mut self, time: Option<Stamp>) {
        self.time = time;
        self.line = Line::Unmatched;
    }

    fn event_repeated(&mut self, time: Option<Stamp>, event: &mut Event<'a>, times: u32) {
        self.event(time, event);
        self.times = times;
    }

    fn noise_repeated(&mut self, time: Option<Stamp>, fact: Option<&Fact<'a>>, times: u32) {
        self.noise(time, fact);
        self.times = times;
    }
}
