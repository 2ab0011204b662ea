//! A model test of rotation: whatever a writer, log rotation and restarts of the process do, in any
//! order, every line is read exactly once.
//!
//! The model is limited to what a reader can know: a file without a name is lost when the process
//! ends, and a rotated log is deleted only after its position was saved. `PROPTEST_CASES` sets the
//! number of schedules.

use std::collections::HashMap;
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use proptest::prelude::*;

use super::input::{Files, Framing, ReadFrom};
use super::interface::{Hint, Source};
use super::position::Position;
use super::read_buffer::ReadBuffer;
use super::stream_id::StreamId;
use super::tail::Tail;

#[derive(Clone, Copy, Debug)]
enum Step {
    /// The writer writes some lines to the file that it has open.
    Write(u8),
    /// It writes half a line, and later the rest.
    WriteHalf,
    /// One that still has the previous file open writes a line there.
    WriteLate,
    /// The log is renamed to `.1` and so on, or to a date; the writer keeps it open.
    Rename,
    /// The log is removed; the writer keeps it open.
    Remove,
    /// The writer opens the log by its name, and makes it if it is not there.
    Reopen,
    /// Another file is renamed to the log's path.
    Replace,
    /// The log is copied and emptied. The bits are what the reader does before the copy has any content, when it has
    /// half of it and when it has all of it: whether it reads (1, 2, 4), and whether the process is killed (8, 16, 32).
    CopyTruncate(u8),
    /// A rotated log that no writer has open is compressed.
    Compress(u8),
    /// The oldest rotated log is deleted.
    Delete,
    /// The reader reads everything.
    Read,
    /// It reads with a small budget.
    ReadSome,
    /// What was read, and the position, are saved.
    Save,
    /// The process is killed, and another continues from what was saved.
    Kill,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (1u8..20).prop_map(Step::Write),
        2 => Just(Step::WriteHalf),
        3 => Just(Step::WriteLate),
        3 => Just(Step::Rename),
        1 => Just(Step::Remove),
        4 => Just(Step::Reopen),
        1 => Just(Step::Replace),
        2 => any::<u8>().prop_map(Step::CopyTruncate),
        2 => any::<u8>().prop_map(Step::Compress),
        1 => Just(Step::Delete),
        3 => Just(Step::Read),
        2 => Just(Step::ReadSome),
        2 => Just(Step::Save),
        2 => Just(Step::Kill),
    ]
}

/// How rotated logs are called.
#[derive(Clone, Copy, Debug)]
enum Naming {
    /// `mail.log.1` is the newest.
    Numbers,
    /// `mail.log-20260101`.
    Dates,
    /// `mail.log-1735689600`.
    Seconds,
    /// `mail.log-31012026`.
    DaysFirst,
    /// `mail.1.log` is the oldest.
    Infix,
    /// `mail.log_` and letters in no order.
    Letters,
    /// `old/mail.log.17`.
    Subdirectory,
}

fn naming() -> impl Strategy<Value = Naming> {
    prop_oneof![
        Just(Naming::Numbers),
        Just(Naming::Dates),
        Just(Naming::Seconds),
        Just(Naming::DaysFirst),
        Just(Naming::Infix),
        Just(Naming::Letters),
        Just(Naming::Subdirectory),
    ]
}

struct Model {
    folder: tempfile::TempDir,
    tail: Tail,
    buffer: ReadBuffer,
    current: File,
    previous: Option<File>,
    half: bool,
    count: u32,
    naming: Naming,
    /// Rotated logs, the newest first.
    rotated: Vec<String>,
    rotations: u32,
    /// Whether there may be files without a name that were not read to their end.
    nameless: bool,
    read: HashMap<String, u32>,
    saved: (Position, HashMap<String, u32>),
}

fn files(folder: &tempfile::TempDir) -> Files {
    Files {
        paths: vec![folder.path().join("mail.log")],
        rotated_dirs: Vec::new(),
        from: ReadFrom::Beginning,
        framing: Framing::Plain,
    }
}

impl Model {
    fn new(naming: Naming) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        fs::create_dir(folder.path().join("old")).expect("a folder");
        let current = append(&folder.path().join("mail.log"));
        let tail = Tail::new(&files(&folder), Position::Unset);
        let mut model = Model {
            folder,
            tail,
            buffer: ReadBuffer::new(4096),
            current,
            previous: None,
            half: false,
            count: 0,
            naming,
            rotated: Vec::new(),
            rotations: 0,
            nameless: false,
            read: HashMap::new(),
            saved: (Position::Unset, HashMap::new()),
        };
        // Rotated logs that exist before the first read are not read.
        model.read_all();
        model.save();
        model
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("mail.log")
    }

    fn read_all(&mut self) {
        self.tail.hint(Hint::Tick);
        while self.read(64) {}
    }

    /// Reads up to a budget. Returns whether there is more. Checks that every change of the position is
    /// reported.
    fn read(&mut self, budget: usize) -> bool {
        let before = self.tail.position();
        let read = &mut self.read;
        let id = StreamId::of(self.folder.path().join("mail.log").as_os_str().as_bytes());
        let progress = self
            .tail
            .read(budget, &mut self.buffer, &mut |stream, lines| {
                assert_eq!(stream, id);
                for line in lines {
                    let line = String::from_utf8_lossy(line).into_owned();
                    *read.entry(line).or_default() += 1;
                }
            });
        assert!(progress.changed || before == self.tail.position());
        progress.more
    }

    fn save(&mut self) {
        let position = serde_json::to_string(&self.tail.position()).expect("written");
        let position = serde_json::from_str(&position).expect("read again");
        self.saved = (position, self.read.clone());
    }

    fn kill(&mut self) {
        self.tail = Tail::new(&files(&self.folder), self.saved.0.clone());
        self.read = self.saved.1.clone();
    }

    fn finish_line(&mut self) {
        if std::mem::take(&mut self.half) {
            self.current.write_all(b"rest\n").expect("written");
        }
    }

    fn write(&mut self) {
        self.finish_line();
        self.count += 1;
        writeln!(self.current, "line {}", self.count).expect("written");
    }

    fn reopen(&mut self) {
        self.finish_line();
        let new = append(&self.path());
        self.previous = Some(std::mem::replace(&mut self.current, new));
    }

    /// Makes room for a new rotated log, and returns its path.
    fn shift(&mut self) -> PathBuf {
        self.rotations += 1;
        let number = self.rotations;
        let name = match self.naming {
            Naming::Numbers => {
                self.shift_numbers();
                "mail.log.1".to_owned()
            }
            Naming::Dates => format!("mail.log-{}", 20_260_101 + number),
            Naming::Seconds => format!("mail.log-{}", 1_735_689_600 + number),
            Naming::DaysFirst => format!("mail.log-{:02}01{}", 1 + number % 31, 2026 + number / 31),
            Naming::Infix => format!("mail.{number}.log"),
            Naming::Letters => format!("mail.log_{:x}", number.wrapping_mul(0x9e37_79b9)),
            Naming::Subdirectory => format!("old/mail.log.{number}"),
        };
        self.rotated.insert(0, name.clone());
        self.folder.path().join(name)
    }

    fn shift_numbers(&mut self) {
        for (at, name) in self.rotated.iter_mut().enumerate().rev() {
            let ending = if name.contains(".gz") { ".gz" } else { "" };
            let new = format!("mail.log.{}{ending}", at + 2);
            let folder = self.folder.path();
            fs::rename(folder.join(&*name), folder.join(&new)).expect("renamed");
            *name = new;
        }
    }

    /// Before the process ends, reads the files without a name, and has the writers open others.
    fn finish_nameless(&mut self) {
        if !std::mem::take(&mut self.nameless) {
            return;
        }
        let nameless = |file: &File| {
            std::os::unix::fs::MetadataExt::nlink(&file.metadata().expect("metadata")) == 0
        };
        if nameless(&self.current) {
            self.reopen();
        }
        if self.previous.as_ref().is_some_and(nameless) {
            self.previous = None;
        }
        self.read_all();
        self.save();
    }

    fn copy_and_empty(&mut self, meanwhile: u8) {
        self.finish_line();
        let (path, to) = (self.path(), self.shift());
        let text = fs::read(&path).expect("the log");
        let mut copy = File::create(to).expect("a copy");
        let (first, second) = text.split_at(text.len() / 2);
        for (at, part) in [&b""[..], first, second].into_iter().enumerate() {
            copy.write_all(part).expect("copied");
            if meanwhile & (1 << at) != 0 {
                self.read_all();
            }
            if meanwhile & (8 << at) != 0 && !self.nameless {
                self.kill();
            }
        }
        File::create(&path).expect("emptied");
    }

    fn compress(&mut self, which: u8) {
        let used = [Some(&self.current), self.previous.as_ref()].map(|file| file.map(inode));
        let folder = self.folder.path();
        let idle = |name: &&mut String| {
            let file = File::open(folder.join(&**name)).expect("a rotated log");
            !name.contains(".gz") && !used.contains(&Some(inode(&file)))
        };
        let mut idle: Vec<&mut String> = self.rotated.iter_mut().filter(idle).collect();
        if idle.is_empty() {
            return;
        }
        let at = usize::from(which) % idle.len();
        let name = &mut *idle[at];
        let (from, to) = (folder.join(&*name), folder.join(format!("{name}.gz")));
        let packed = File::create(to).expect("a file");
        let mut packed = flate2::write::GzEncoder::new(packed, flate2::Compression::fast());
        let text = fs::read(&from).expect("read");
        packed.write_all(&text).expect("packed");
        let modified = fs::metadata(&from)
            .and_then(|m| m.modified())
            .expect("when");
        let packed = packed.finish().expect("packed");
        packed.set_modified(modified).expect("set");
        fs::remove_file(from).expect("removed");
        name.push_str(".gz");
    }

    fn apply(&mut self, step: Step) {
        let path = self.path();
        match step {
            Step::Write(lines) => (0..lines).for_each(|_| self.write()),
            Step::WriteHalf if !self.half => {
                self.count += 1;
                self.half = true;
                write!(self.current, "line {} ", self.count).expect("written");
            }
            Step::WriteHalf => {}
            Step::WriteLate => {
                // Two writers of one file do not write into each other's lines.
                let same = self
                    .previous
                    .as_ref()
                    .is_some_and(|old| inode(old) == inode(&self.current));
                if same {
                    self.finish_line();
                }
                if let Some(previous) = &mut self.previous {
                    self.count += 1;
                    writeln!(previous, "line {}", self.count).expect("written");
                }
            }
            Step::Rename if path.exists() => {
                let to = self.shift();
                fs::rename(&path, to).expect("renamed");
            }
            Step::Remove if path.exists() => {
                self.read_all();
                self.save();
                self.nameless = true;
                fs::remove_file(&path).expect("removed");
            }
            Step::Rename | Step::Remove => {}
            Step::Reopen => self.reopen(),
            Step::Replace => {
                self.read_all();
                self.save();
                self.nameless = true;
                self.count += 1;
                let new = self.folder.path().join("new");
                fs::write(&new, format!("line {}\n", self.count)).expect("written");
                fs::rename(&new, &path).expect("renamed");
            }
            Step::CopyTruncate(meanwhile) if path.exists() => self.copy_and_empty(meanwhile),
            Step::CopyTruncate(_) => {}
            Step::Compress(which) => self.compress(which),
            Step::Delete => {
                self.finish_line();
                self.read_all();
                self.save();
                self.nameless = true;
                if let Some(name) = self.rotated.pop() {
                    fs::remove_file(self.folder.path().join(name)).expect("deleted");
                }
            }
            Step::Read => self.read_all(),
            Step::ReadSome => {
                self.tail.hint(Hint::Tick);
                self.read(16);
            }
            Step::Save => self.save(),
            Step::Kill => {
                self.finish_nameless();
                self.kill();
            }
        }
    }
}

fn inode(file: &File) -> u64 {
    std::os::unix::fs::MetadataExt::ino(&file.metadata().expect("metadata"))
}

fn append(path: &std::path::Path) -> File {
    OpenOptions::new()
        .append(true)
        .create(true)
        .open(path)
        .expect("a file")
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn every_line_is_read_exactly_once(
        naming in naming(),
        steps in prop::collection::vec(step(), 1..60),
    ) {
        let mut model = Model::new(naming);
        for step in steps {
            model.apply(step);
        }
        model.finish_line();
        model.read_all();
        let mut wrong = Vec::new();
        for number in 1..=model.count {
            let whole = model.read.remove(&format!("line {number}")).unwrap_or(0);
            let halves = model.read.remove(&format!("line {number} rest")).unwrap_or(0);
            if whole + halves != 1 {
                wrong.push((number, whole + halves));
            }
        }
        prop_assert_eq!(wrong, vec![]);
        prop_assert_eq!(model.read, HashMap::new());
        prop_assert_eq!(model.tail.status().lag_bytes, 0);
    }
}
