//! Collects all lines of the messages that are traced: lines lead to ids, and ids to more lines, until there are no new
//! ids.

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashSet;

use super::files::TracedFile;
use super::line_ids::LineIds;
use super::query::Query;
use super::search::{Needles, PART, Part, Place, search};
use crate::cli::error::Error;
use crate::cli::input::ReadSettings;
use crate::parse::{Format, Line};

/// The most lines that are followed from a query; of more, the newest.
const MAX_MATCHES: usize = 50_000;

/// The most lines of all messages.
const MAX_LINES: usize = 1_000_000;

/// The most ids that are searched for.
const MAX_IDS: usize = 200_000;

/// How often all files are searched for new ids, at most. A message that a filter takes, an alias expands and a bounce
/// answers needs three.
const MAX_PASSES: usize = 10;

/// How much before and after a line is searched first for other lines of its message.
const NEAR: u64 = PART / 4;

/// The lines of the messages.
#[derive(Default)]
pub struct Gathered {
    /// The lines in the order of the files.
    pub lines: BTreeMap<Place, Vec<u8>>,
    /// Those that name what is traced.
    pub matched: BTreeSet<Place>,
    /// Whether older lines that name it were left out.
    pub left_out: bool,
}

/// Collects the lines.
///
/// # Errors
///
/// If a file cannot be read.
pub fn gather(
    query: &Query,
    files: &[TracedFile],
    settings: &ReadSettings,
    format: Format,
) -> Result<Gathered, Error> {
    let all: Vec<Part> = files
        .iter()
        .enumerate()
        .flat_map(|(at, file)| file.parts(at))
        .collect();
    let mut search_all = SearchedIds {
        files,
        known: FxHashSet::default(),
        gathered: Gathered::default(),
    };
    let (found, left_out) = search(files, &all, &query.needles(), MAX_MATCHES, &|_| true)?;
    search_all.gathered.left_out = left_out;
    let mut by_parser = ParsedIds::new(files, settings, format);
    let mut new = BTreeSet::new();
    for (place, line) in found {
        let mut ids = LineIds::of(&line);
        let parsed = by_parser.read(place, &line);
        if ids.queue_id.is_empty() {
            ids.queue_id = &parsed.queue_id;
        }
        // A line without an id tells of a message only if it is about a reply: a reject before there was a queue id.
        if query.matches(&line, &ids) && (ids.all().next().is_some() || parsed.is_event) {
            new.extend(ids.all().map(<[u8]>::to_vec));
            search_all.gathered.matched.insert(place);
            search_all.gathered.lines.insert(place, line);
        }
    }
    search_all.known.extend(new.iter().cloned());
    search_near(&mut search_all, &new)?;
    let mut new: BTreeSet<Vec<u8>> = search_all.known.iter().cloned().collect();
    for _ in 0..MAX_PASSES {
        if new.is_empty() {
            break;
        }
        new = search_all.search(&new, &all)?;
    }
    Ok(search_all.gathered)
}

/// Searches the surroundings of the lines found so far, because most lines of a message are close to each other: then all
/// files have to be searched only once more. Nothing is done where that would not save anything.
fn search_near(search: &mut SearchedIds<'_>, ids: &BTreeSet<Vec<u8>>) -> Result<(), Error> {
    let mut new = ids.clone();
    for _ in 0..MAX_PASSES {
        let near = near(search.files, search.gathered.lines.keys());
        let total: u64 = search.files.iter().map(TracedFile::size).sum();
        let length: u64 = near.iter().map(|part| part.end - part.start).sum();
        if new.is_empty() || length > total / 8 {
            return Ok(());
        }
        new = search.search(&new, &near)?;
    }
    Ok(())
}

/// The parts of plain files around some places, without overlaps.
fn near<'a>(files: &[TracedFile], places: impl Iterator<Item = &'a Place>) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    for &(file, offset) in places.filter(|(file, _)| files[*file].is_plain()) {
        let start = offset.saturating_sub(NEAR);
        let end = (offset + NEAR).min(files[file].size());
        match parts.last_mut() {
            Some(last) if last.file == file && last.end >= start => last.end = end,
            _ => parts.push(Part { file, start, end }),
        }
    }
    parts
}

/// The state of the search.
struct SearchedIds<'a> {
    files: &'a [TracedFile],
    /// All ids found so far.
    known: FxHashSet<Vec<u8>>,
    gathered: Gathered,
}

impl SearchedIds<'_> {
    /// Searches some parts for ids, and returns the ids that were not known.
    fn search(
        &mut self,
        ids: &BTreeSet<Vec<u8>>,
        parts: &[Part],
    ) -> Result<BTreeSet<Vec<u8>>, Error> {
        let needles = Needles::words(ids.iter().map(Vec::as_slice));
        let known = &self.known;
        let is_about = |line: &[u8]| {
            let found = LineIds::of(line);
            // Without ids of a known form, the parser decides later.
            found.queue_id.is_empty() || found.all().any(|id| known.contains(id))
        };
        let (found, _) = search(self.files, parts, &needles, MAX_LINES, &is_about)?;
        let mut new = BTreeSet::new();
        for (place, line) in found {
            for id in LineIds::of(&line).all() {
                if self.known.len() < MAX_IDS && !self.known.contains(id) {
                    self.known.insert(id.to_vec());
                    new.insert(id.to_vec());
                }
            }
            self.gathered.lines.insert(place, line);
        }
        Ok(new)
    }
}

/// What the parser tells of a line.
#[derive(Default)]
struct ParsedLine {
    queue_id: Vec<u8>,
    is_event: bool,
}

/// Reads lines with a parser, to find ids in the forms of other servers.
struct ParsedIds<'a> {
    files: &'a [TracedFile],
    settings: &'a ReadSettings,
    format: Format,
    parser: Option<(usize, crate::parse::LineParser)>,
}

impl<'a> ParsedIds<'a> {
    fn new(files: &'a [TracedFile], settings: &'a ReadSettings, format: Format) -> Self {
        ParsedIds {
            files,
            settings,
            format,
            parser: None,
        }
    }

    fn read(&mut self, (file, offset): Place, line: &[u8]) -> ParsedLine {
        if self.parser.as_ref().is_none_or(|(of, _)| *of != file) {
            let mut parser = self.settings.parser(self.files[file].written);
            super::record::prepare(&mut parser, &self.files[file], file, self.format, offset);
            self.parser = Some((file, parser));
        }
        let Some((_, parser)) = &mut self.parser else {
            return ParsedLine::default();
        };
        let mut slot = None;
        match parser.parse(line, &mut slot).line {
            Line::Event(event) => ParsedLine {
                queue_id: event.queue_id.to_vec(),
                is_event: true,
            },
            Line::Noise(_) | Line::Unmatched => ParsedLine::default(),
        }
    }
}
