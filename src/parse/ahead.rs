//! Parses lines without what earlier lines left in the state of their stream, so that several threads can parse different
//! blocks of a log at the same time: prescans the usual forms of Postfix, and parses the records among them that tell of
//! a delivery or a reject. [`LineParser::read_ahead`] then takes one block after the other.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::catalog::{Catalog, Providers};
use crate::parse::attribution::Attribution;
use crate::parse::dialect::{PostfixState, Prescan, PrescanVisitor, read_prescanned};
use crate::parse::event::{Event, Fact, Visitor};
use crate::parse::frame::syslog::HeaderParser;
use crate::parse::frame::timestamp::Clock;
use crate::parse::kinds::Stamp;
use crate::parse::reader::{LineParser, prescan_all};
use crate::parse::stored_event::StoredEvent;

/// How many lines are prescanned before the first of them is parsed: as many as a byte can number.
const BATCH: usize = 256;

/// Parses blocks of lines without the lines before them.
pub struct AheadParser {
    headers: HeaderParser,
    attribution: Attribution,
}

/// What is known of the lines of a block.
#[derive(Default)]
pub struct ParsedLines {
    /// Of each line, if it is of a usual form.
    prescans: Vec<Option<Prescan>>,
    /// The events, in the order of their lines.
    events: Vec<StoredEvent>,
}

impl ParsedLines {
    /// Forgets the block.
    pub fn clear(&mut self) {
        self.prescans.clear();
        self.events.clear();
    }
}

impl AheadParser {
    /// A parser; the arguments are those of [`LineParser::new`].
    pub fn new(
        catalog: &'static Catalog,
        providers: Providers,
        zone: TimeZone,
        reference: Timestamp,
    ) -> Self {
        AheadParser {
            headers: HeaderParser::new(Clock::new(zone, reference)),
            attribution: Attribution::new(catalog, providers),
        }
    }

    /// As [`LineParser::set_reference`].
    pub fn set_reference(&mut self, reference: Timestamp) {
        self.headers.set_reference(reference);
    }

    /// Parses the lines of a block, each without its newline. Returns whether most are of a usual form.
    pub fn parse<'a>(
        &mut self,
        lines: impl ExactSizeIterator<Item = &'a [u8]>,
        parsed: &mut ParsedLines,
    ) -> bool {
        let (count, mut lines) = (lines.len(), lines);
        parsed.events.clear();
        parsed.prescans.resize(count, None);
        let mut usual = 0;
        for prescans in parsed.prescans.chunks_mut(BATCH) {
            let mut batch = [&b""[..]; BATCH];
            batch
                .iter_mut()
                .zip(&mut lines)
                .for_each(|(slot, line)| *slot = line);
            let batch = &batch[..prescans.len()];
            prescan_all(&mut self.headers, batch, prescans);
            // In an hour that occurs twice, the time depends on earlier lines.
            if self.headers.had_ambiguous_time() {
                prescans.fill(None);
            }
            usual += self.parse_records(batch, prescans, &mut parsed.events);
        }
        2 * usual > count
    }

    /// Parses the records among prescanned lines. Returns how many lines were prescanned.
    #[inline(never)]
    fn parse_records(
        &mut self,
        lines: &[&[u8]],
        prescans: &mut [Option<Prescan>],
        events: &mut Vec<StoredEvent>,
    ) -> usize {
        // Their indexes are collected first, without a branch that depends on the line.
        let (mut records, mut found, mut usual) = ([0u8; BATCH], 0, 0);
        for (at, prescan) in prescans.iter().enumerate() {
            usual += usize::from(prescan.is_some());
            records[found % BATCH] = at as u8;
            found += usize::from(prescan.as_ref().is_some_and(Prescan::may_have_event));
        }
        for at in records[..found].iter().map(|&at| usize::from(at)) {
            if let (Some(prescan), Some(line)) = (&mut prescans[at], lines.get(at)) {
                self.parse_record(prescan, line, events);
            }
        }
        usual
    }

    /// Parses a record. If it is an event, stores it, and takes note of that in its prescan.
    #[cfg_attr(hot_path, inline(always))]
    fn parse_record(&mut self, prescan: &mut Prescan, line: &[u8], events: &mut Vec<StoredEvent>) {
        let mut visitor = StoringVisitor {
            attribution: &mut self.attribution,
            events,
            line,
            is_stored: false,
        };
        read_prescanned(&mut PostfixState::default(), prescan, line, &mut visitor);
        if visitor.is_stored {
            prescan.set_parsed_ahead();
        }
    }
}

/// Stores the event of a line, if it has one.
struct StoringVisitor<'v, 'l> {
    attribution: &'v mut Attribution,
    events: &'v mut Vec<StoredEvent>,
    line: &'l [u8],
    is_stored: bool,
}

impl<'a> Visitor<'a> for StoringVisitor<'_, '_> {
    #[cfg_attr(hot_path, inline(always))]
    fn event(&mut self, _: Option<Stamp>, event: &mut Event<'a>) {
        self.attribution.attribute(event);
        self.is_stored = StoredEvent::push(self.events, event, self.line).is_some();
    }

    fn noise(&mut self, _: Option<Stamp>, _: Option<&Fact<'a>>) {}

    fn unmatched(&mut self, _: Option<Stamp>) {}

    /// Only single events are stored.
    fn event_repeated(&mut self, _: Option<Stamp>, _: &mut Event<'a>, _: u32) {}
}

impl<'a> PrescanVisitor<'a> for StoringVisitor<'_, '_> {
    fn parsed_ahead(&mut self, _: Option<Stamp>, _: &'a [u8]) {}
}

impl LineParser {
    /// As [`LineParser::read`], for the lines of a block that another thread has parsed ahead; or, if it was cleared, not.
    pub fn read_ahead(
        &mut self,
        lines: &[&[u8]],
        ParsedLines { prescans, events }: &ParsedLines,
        visitor: &mut impl for<'a> Visitor<'a>,
    ) {
        self.detect(lines);
        if !self.allows_prescan() || prescans.len() != lines.len() {
            return self.read(lines, visitor);
        }
        self.read_scanned(lines, prescans, events, visitor);
        if let Some(last) = prescans.iter().rev().find_map(Option::as_ref) {
            self.note_time(last.time());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::{Format, StreamKey};

    /// What a visitor was called with.
    #[derive(Default)]
    struct Recorded(Vec<String>);

    impl Visitor<'_> for Recorded {
        fn event(&mut self, time: Option<Stamp>, event: &mut Event<'_>) {
            self.0.push(format!("{time:?} {event:?}"));
        }

        fn noise(&mut self, time: Option<Stamp>, fact: Option<&Fact<'_>>) {
            self.0.push(format!("{time:?} {fact:?}"));
        }

        fn unmatched(&mut self, time: Option<Stamp>) {
            self.0.push(format!("{time:?} unmatched"));
        }

        fn event_repeated(&mut self, time: Option<Stamp>, event: &mut Event<'_>, times: u32) {
            self.0.push(format!("{time:?} {event:?} {times}"));
        }

        fn noise_repeated(&mut self, time: Option<Stamp>, fact: Option<&Fact<'_>>, times: u32) {
            self.0.push(format!("{time:?} {fact:?} {times}"));
        }
    }

    const NOW: i64 = 1_795_435_200;

    /// Logs as the streams of a parser, in blocks of this many lines.
    fn read(logs: &[Vec<u8>], block: usize, is_ahead: bool) -> Vec<String> {
        let now = Timestamp::from_second(NOW).expect("a time");
        let (catalog, providers) = (Catalog::embedded(), Providers::embedded());
        let zone = TimeZone::get("Europe/Berlin").expect("a zone");
        let mut parser = LineParser::new(catalog, providers.clone(), zone.clone(), now);
        let mut recorded = Recorded::default();
        for (stream, log) in (0..).zip(logs) {
            parser.select(StreamKey { source: 0, stream }, Format::Auto);
            let lines: Vec<&[u8]> = log.split(|&byte| byte == b'\n').collect();
            for lines in lines.chunks(block) {
                if !is_ahead {
                    parser.read(lines, &mut recorded);
                    continue;
                }
                // A thread knows nothing of the blocks that others read.
                let mut ahead = AheadParser::new(catalog, providers.clone(), zone.clone(), now);
                let mut parsed = ParsedLines::default();
                ahead.parse(lines.iter().copied(), &mut parsed);
                parser.read_ahead(lines, &parsed, &mut recorded);
            }
        }
        recorded.0
    }

    fn assert_equal(logs: &[Vec<u8>]) {
        for block in [1, 2, 7, 300] {
            let expected = read(logs, block, false);
            let found = read(logs, block, true);
            let different = found
                .iter()
                .zip(&expected)
                .find(|(one, other)| one != other);
            assert_eq!(different, None, "blocks of {block} lines");
            assert_eq!(found.len(), expected.len());
        }
    }

    #[test]
    fn blocks_parsed_ahead_give_what_one_parser_finds() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
        let files = std::fs::read_dir(folder).expect("a folder");
        let mut paths: Vec<_> = files.map(|it| it.expect("an entry").path()).collect();
        paths.retain(|path| path.extension().is_some_and(|it| it == "log"));
        paths.sort();
        assert!(paths.len() > 30);
        let logs: Vec<Vec<u8>> = paths
            .iter()
            .map(|it| std::fs::read(it).expect("a log"))
            .collect();
        assert_equal(&logs);
    }

    #[test]
    fn times_of_the_repeated_hour_depend_on_the_blocks_before() {
        let times = [
            "01:50:00", "02:10:00", "02:50:00", "02:10:00", "02:50:00", "03:10:00",
        ];
        let line =
            |time: &&str| format!("Oct 25 {time} mx postfix/qmgr[1]: 4F9D195432C: removed\n");
        let log: String = times.iter().map(line).collect();
        let found = read(&[log.clone().into()], 100, false);
        assert_ne!(found[1], found[3], "the second pass");
        assert_equal(&[log.into()]);
    }

    #[test]
    fn condition_of_a_record_whose_code_an_attempt_counted_is_found_without_the_code() {
        let attempt =
            "host mx.example.net[192.0.2.1] said: 354 Go ahead (in reply to DATA command)";
        let log = format!(
            "Nov 23 10:00:00 mx postfix/smtp[1]: 4F9D195432C: {attempt}\n\
             Nov 23 10:00:01 mx postfix/smtp[1]: 4F9D195432C: to=<b@example.net>, relay=mx.example.net[192.0.2.1]:25, \
             delay=1, delays=0/0/0/1, dsn=4.3.0, status=deferred ({attempt})\n"
        );
        let found = read(&[log.clone().into()], 100, false);
        assert!(found[0].contains("condition: None"), "{}", found[0]);
        assert!(found[1].contains("condition: Some"), "{}", found[1]);
        assert_equal(&[log.into()]);
    }

    #[test]
    fn an_attempt_of_an_earlier_block_counts_once() {
        let attempt = "host mx.example.net[192.0.2.1] said: 451 4.7.1 Try again (in reply to RCPT TO command)";
        let log = format!(
            "Nov 23 10:00:00 mx postfix/smtp[1]: 4F9D195432C: {attempt}\n\
             Nov 23 10:00:01 mx postfix/cleanup[1]: 4F9D195432D: message-id=<a@example.com>\n\
             Nov 23 10:00:01 mx postfix/qmgr[1]: 4F9D195432D: from=<a@example.com>, size=7, nrcpt=1 (queue active)\n\
             Nov 23 10:00:02 mx postfix/smtp[1]: 4F9D195432C: to=<b@example.net>, relay=mx.example.net[192.0.2.1]:25, \
             delay=1, delays=0/0/0/1, dsn=4.7.1, status=deferred ({attempt})\n\
             Nov 23 10:00:03 mx last message repeated 2 times\n"
        );
        let found = read(&[log.clone().into()], 100, false);
        assert!(found[2].contains("after_receipt: true") && found[3].contains("duplicate: true"));
        assert_equal(&[log.into()]);
    }
}
