//! Parses lines of Postfix's usual forms without what earlier lines left in the state of their stream, so that several
//! threads can parse different blocks of a log at the same time. [`LineParser::read_ahead`] then takes the results of
//! one block after the other, adds what depends on earlier lines, and reads all other lines itself.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::catalog::{Catalog, Providers};
use crate::parse::detect::DetectedFormat;
use crate::parse::dialect::{Mta, PostfixState, Prescan, read_prescanned};
use crate::parse::enrich::Enrichment;
use crate::parse::event::{Event, Fact, Visitor};
use crate::parse::frame::syslog::HeaderParser;
use crate::parse::frame::timestamp::Clock;
use crate::parse::indirect;
use crate::parse::kinds::Stamp;
use crate::parse::reader::{LineParser, prescanned};

/// How many lines are prescanned at a time.
const BATCH: usize = 256;

/// Parses blocks of lines without the lines before them.
pub struct AheadParser {
    headers: HeaderParser,
    enrichment: Enrichment,
    prescans: Vec<Option<Prescan>>,
}

/// What was found in the lines of a block.
#[derive(Default)]
pub struct ParsedAhead<'a> {
    /// One for each line.
    lines: Vec<AheadLine>,
    /// The events and facts of the lines that have one, in their order.
    events: Vec<Event<'a>>,
    facts: Vec<Fact<'a>>,
}

/// What is known of one line.
#[derive(Clone, Copy)]
enum AheadLine {
    Event(Stamp),
    Fact(Stamp),
    Noise(Stamp),
    Unmatched(Stamp),
    /// It cannot be read without the state of its stream.
    Unread,
}

impl ParsedAhead<'_> {
    /// Whether most lines were left to be read with their stream.
    pub fn is_mostly_unread(&self) -> bool {
        let is_unread = |line: &&AheadLine| matches!(line, AheadLine::Unread);
        2 * self.lines.iter().filter(is_unread).count() > self.lines.len()
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
            enrichment: Enrichment::new(catalog, providers),
            prescans: Vec::new(),
        }
    }

    /// As [`LineParser::set_reference`].
    pub fn set_reference(&mut self, reference: Timestamp) {
        self.headers.set_reference(reference);
    }

    /// Parses the lines of a block, each without its newline.
    pub fn parse<'a>(&mut self, lines: &[&'a [u8]]) -> ParsedAhead<'a> {
        let mut parsed = ParsedAhead {
            lines: Vec::with_capacity(lines.len()),
            events: Vec::with_capacity(lines.len() / 4),
            facts: Vec::with_capacity(lines.len() / 2),
        };
        // What depends on it is corrected later.
        let mut postfix = PostfixState::default();
        for lines in lines.chunks(BATCH) {
            self.prescans.resize(lines.len(), None);
            for (prescan, line) in self.prescans.iter_mut().zip(lines) {
                prescanned(&mut self.headers, line, prescan);
                // In an hour that occurs twice, the time depends on earlier lines.
                if self.headers.is_ambiguous() {
                    *prescan = None;
                }
            }
            for (prescan, line) in self.prescans.iter().zip(lines) {
                match prescan {
                    Some(prescan) => {
                        let mut store = StoreAhead {
                            enrichment: &mut self.enrichment,
                            parsed: &mut parsed,
                        };
                        read_prescanned(&mut postfix, prescan, line, &mut store);
                    }
                    None => parsed.lines.push(AheadLine::Unread),
                }
            }
        }
        parsed
    }
}

impl LineParser {
    /// As [`LineParser::read`], for the lines of a block that were parsed ahead; or not, if `parsed` is empty.
    pub fn read_ahead<'a>(
        &mut self,
        lines: &[&'a [u8]],
        parsed: &mut ParsedAhead<'a>,
        visitor: &mut impl for<'v> Visitor<'v>,
    ) {
        self.detect(lines);
        if !self.allows_prescan() || parsed.lines.len() != lines.len() {
            return self.read(lines, visitor);
        }
        let (stream, mut enrich, text) = self.parts(visitor);
        let mut events = parsed.events.iter_mut();
        let mut facts = parsed.facts.iter_mut();
        let mut postfix = stream.postfix_state();
        let mut last = None;
        let mut is_postfix = false;
        for (at, (found, line)) in parsed.lines.iter().zip(lines).enumerate() {
            let time = match *found {
                AheadLine::Event(time) => {
                    if let Some(event) = events.next() {
                        enrich.enriched_ahead(time, event);
                    }
                    time
                }
                AheadLine::Fact(time) => {
                    if let Some(fact) = facts.next() {
                        postfix.correct(fact);
                        enrich.noise(Some(time), Some(fact));
                    }
                    time
                }
                AheadLine::Noise(time) => {
                    enrich.noise(Some(time), None);
                    time
                }
                AheadLine::Unmatched(time) => {
                    enrich.unmatched(Some(time));
                    time
                }
                AheadLine::Unread => {
                    stream.set_postfix_state(postfix);
                    if let Some(last) = last.take() {
                        stream.headers.note_time(last);
                    }
                    indirect::read(stream, line, &lines[..at], text, &mut enrich);
                    postfix = stream.postfix_state();
                    continue;
                }
            };
            last = Some(time);
            is_postfix = true;
        }
        if is_postfix {
            stream.state(Mta::Postfix);
            stream.detection.note(DetectedFormat::Syslog);
        }
        stream.set_postfix_state(postfix);
        if let Some(last) = last {
            stream.headers.note_time(last);
        }
        stream.keep_previous(lines);
    }
}

/// Adds what does not depend on earlier lines, and stores the result.
struct StoreAhead<'p, 'a> {
    enrichment: &'p mut Enrichment,
    parsed: &'p mut ParsedAhead<'a>,
}

impl<'a> Visitor<'a> for StoreAhead<'_, 'a> {
    #[cfg_attr(hot_path, inline(always))]
    fn event(&mut self, time: Option<Stamp>, event: &mut Event<'a>) {
        let Some(time) = time.filter(|_| !event.mirrored && !event.logged_again) else {
            return self.parsed.lines.push(AheadLine::Unread);
        };
        self.enrichment.add(event);
        self.parsed.events.push(*event);
        self.parsed.lines.push(AheadLine::Event(time));
    }

    #[cfg_attr(hot_path, inline(always))]
    fn noise(&mut self, time: Option<Stamp>, fact: Option<&Fact<'a>>) {
        self.parsed.lines.push(match (time, fact) {
            (None, _) => AheadLine::Unread,
            (Some(time), None) => AheadLine::Noise(time),
            (Some(time), Some(fact)) => {
                self.parsed.facts.push(*fact);
                AheadLine::Fact(time)
            }
        });
    }

    fn event_repeated(&mut self, _: Option<Stamp>, _: &mut Event<'a>, _: u32) {
        self.parsed.lines.push(AheadLine::Unread);
    }

    fn noise_repeated(&mut self, _: Option<Stamp>, _: Option<&Fact<'a>>, _: u32) {
        self.parsed.lines.push(AheadLine::Unread);
    }

    fn unmatched(&mut self, time: Option<Stamp>) {
        self.parsed.lines.push(match time {
            Some(time) => AheadLine::Unmatched(time),
            None => AheadLine::Unread,
        });
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
                let mut parsed = ahead.parse(lines);
                parser.read_ahead(lines, &mut parsed, &mut recorded);
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
