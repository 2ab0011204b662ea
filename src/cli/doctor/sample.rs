//! Reads a sample of a log: its first lines and its last megabytes; and says which share of them is understood.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

use jiff::Timestamp;
use serde::Serialize;

use super::finding::{both, english};
use super::redact::shape;
use crate::catalog::Text;
use crate::cli::input::ReadSettings;
use crate::cli::open_file::decompressed;
use crate::parse::{Format, Line, LineParser, StreamKey};
use crate::source::{
    CONTAINER_HEAD, Compression, ContainerText, DEFAULT_MAX_LINE_BYTES, Lines, is_of_container,
};

/// How many lines are read from the beginning of a log.
pub const HEAD_LINES: usize = 64;

/// How much is read from the end of a log, in bytes; of a compressed one, from its beginning.
pub const TAIL_BYTES: u64 = 4 * 1024 * 1024;

/// How much of its beginning tells how a log is stored, in bytes.
const HEAD: usize = if CONTAINER_HEAD > Compression::HEAD {
    CONTAINER_HEAD
} else {
    Compression::HEAD
};

/// How many shapes of unmatched lines are shown.
const SHOWN_SHAPES: usize = 5;

/// How many shapes are distinguished.
const MAX_SHAPES: usize = 1000;

/// What a sample of a log says.
#[derive(Debug, Default, Serialize)]
pub struct Sample {
    /// The mail servers that wrote it, by their `mta` labels.
    pub servers: Vec<&'static str>,
    /// How the format was found out.
    #[serde(serialize_with = "english")]
    pub decided: Text,
    /// Whether it is a file of a container runtime, and not compressed.
    #[serde(skip)]
    pub of_container: bool,
    /// Lines of the sample.
    pub lines: u64,
    /// Replies, deliveries and failed attempts.
    pub events: u64,
    /// Other lines of a known form.
    pub noise: u64,
    /// Lines of unknown form.
    pub unmatched: u64,
    /// The time of the newest line.
    pub newest: Option<Timestamp>,
    /// The most frequent shapes of the lines of unknown form, without addresses, ids, hosts and numbers.
    pub shapes: Vec<Shape>,
}

/// Lines of the same shape.
#[derive(Debug, Serialize)]
pub struct Shape {
    /// How many lines of the sample have it.
    pub count: u64,
    /// The shape.
    pub text: String,
}

impl Sample {
    /// The share of the lines that is understood; `None` without lines.
    pub fn understood(&self) -> Option<f64> {
        (self.lines > 0).then(|| (self.lines - self.unmatched) as f64 / self.lines as f64)
    }

    /// Reads a sample of an open log. `written` is when it was last written.
    ///
    /// # Errors
    ///
    /// If it cannot be read.
    pub fn of(
        mut file: File,
        written: Timestamp,
        settings: &ReadSettings,
        format: Format,
    ) -> io::Result<Self> {
        let mut start = [0; HEAD];
        let mut length = 0;
        while length < start.len() {
            match file.read(&mut start[length..])? {
                0 => break,
                read => length += read,
            }
        }
        file.rewind()?;
        let start = &start[..length];
        let mut reader = SampleReader::new(settings, written, format);
        if Compression::by_content(start).is_some() {
            let (content, _) = decompressed(file)?;
            reader.read(content.take(TAIL_BYTES), usize::MAX, false)?;
            return Ok(reader.finish(format));
        }
        reader.sample.of_container = is_of_container(start);
        let size = file.metadata()?.len();
        if size > TAIL_BYTES {
            reader.read((&file).take(TAIL_BYTES), HEAD_LINES, false)?;
            file.seek(SeekFrom::Start(size - TAIL_BYTES))?;
            reader.read((&file).take(TAIL_BYTES), usize::MAX, true)?;
        } else {
            reader.read((&file).take(TAIL_BYTES), usize::MAX, false)?;
        }
        Ok(reader.finish(format))
    }

    /// Reads lines that another program wrote.
    ///
    /// # Errors
    ///
    /// If they cannot be read.
    pub fn of_text(text: &[u8], settings: &ReadSettings) -> io::Result<Self> {
        let mut reader = SampleReader::new(settings, Timestamp::now(), Format::Auto);
        reader.read(text, usize::MAX, false)?;
        Ok(reader.finish(Format::Auto))
    }
}

/// Reads lines and counts what they are.
struct SampleReader {
    parser: LineParser,
    sample: Sample,
    shapes: HashMap<String, u64>,
}

impl SampleReader {
    fn new(settings: &ReadSettings, written: Timestamp, format: Format) -> Self {
        let mut parser = settings.parser(written);
        parser.set_sequential();
        parser.select(StreamKey::default(), format);
        SampleReader {
            parser,
            sample: Sample::default(),
            shapes: HashMap::new(),
        }
    }

    /// Reads up to `limit` lines; `is_cut` is whether the first one is only the end of a line.
    fn read(&mut self, input: impl Read, limit: usize, is_cut: bool) -> io::Result<()> {
        if self.sample.of_container {
            let text = ContainerText::new(input, DEFAULT_MAX_LINE_BYTES);
            return self.read_text(text, limit, is_cut);
        }
        self.read_text(input, limit, is_cut)
    }

    /// The same for lines without what a container runtime writes around them.
    fn read_text(&mut self, input: impl Read, limit: usize, is_cut: bool) -> io::Result<()> {
        let mut lines = Lines::new(input, DEFAULT_MAX_LINE_BYTES);
        let mut left = limit;
        let mut skip = is_cut;
        while left > 0
            && lines.read(|lines| {
                let lines = &lines[usize::from(skip && !lines.is_empty())..];
                skip &= lines.is_empty();
                let lines = &lines[..lines.len().min(left)];
                left -= lines.len();
                self.parser.detect(lines);
                lines.iter().for_each(|line| self.count(line));
            })?
        {}
        Ok(())
    }

    fn count(&mut self, line: &[u8]) {
        let mut slot = None;
        let parsed = self.parser.parse(line, &mut slot);
        let sample = &mut self.sample;
        let time = parsed
            .time
            .and_then(|stamp| Timestamp::from_second(stamp.seconds).ok());
        sample.newest = time.max(sample.newest);
        sample.lines += 1;
        match parsed.line {
            Line::Event(_) => sample.events += 1,
            Line::Noise(_) => sample.noise += 1,
            Line::Unmatched => {
                sample.unmatched += 1;
                let shape = shape(line);
                if self.shapes.len() < MAX_SHAPES || self.shapes.contains_key(&shape) {
                    *self.shapes.entry(shape).or_default() += 1;
                }
            }
        }
    }

    fn finish(mut self, format: Format) -> Sample {
        self.sample.servers = self.parser.formats(StreamKey::default().source);
        self.sample.servers.retain(|name| *name != "syslog");
        self.sample.decided = match (format, self.parser.own_log()) {
            (Format::Auto, Some(mta)) => {
                let name = mta.name();
                both(
                    format!("own log of {name}, by the form of its lines"),
                    format!("{name} 自己的日志，由行的形式得知"),
                )
            }
            (Format::Auto, None) if self.sample.servers.is_empty() => both("not known", "未知"),
            (Format::Auto, None) => both(
                "syslog, each line by its program",
                "syslog，由每行的程序名得知",
            ),
            (format, _) => both(
                format!("given: {}", format.name()),
                format!("指定：{}", format.name()),
            ),
        };
        let shapes = self.shapes.into_iter();
        let mut shapes: Vec<Shape> = shapes.map(|(text, count)| Shape { count, text }).collect();
        shapes.sort_by(|one, other| (other.count, &one.text).cmp(&(one.count, &other.text)));
        shapes.truncate(SHOWN_SHAPES);
        self.sample.shapes = shapes;
        self.sample
    }
}
