//! Rotation against a model: whatever a writer, a rotation and the end of the process do in
//! whatever order, every line is counted once.
//!
//! The model keeps to what a reader can know: what has no name any more ends with the process, and
//! a rotated log is deleted only when what was read of it is safe. `PROPTEST_CASES` sets the number
//! of schedules.

use std::collections::HashMap;
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use proptest::prelude::*;

use super::{Files, Framing, News, Place, ReadFrom, Scratch, Source, StreamId, Tail};

#[derive(Clone, Copy, Debug)]
enum Step {
    /// The writer writes some lines to what it has open.
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
    /// Another file is put in the log's place.
    Replace,
    /// The log is copied and emptied.
    CopyTruncate,
    /// A rotated log that nobody has open is compressed.
    Compress(u8),
    /// The oldest rotated log is deleted.
    Delete,
    /// The reader looks.
    Read,
    /// It reads a little.
    ReadSome,
    /// What was counted and where reading stopped is made safe.
    Save,
    /// The process ends at once, and another goes on from what is safe.
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
        2 => Just(Step::CopyTruncate),
        2 => any::<u8>().prop_map(Step::Compress),
        1 => Just(Step::Delete),
        3 => Just(Step::Read),
        2 => Just(Step::ReadSome),
        2 => Just(Step::Save),
        2 => Just(Step::Kill),
    ]
}

struct Model {
    folder: tempfile::TempDir,
    tail: Tail,
    scratch: Scratch,
    current: File,
    previous: Option<File>,
    half: bool,
    count: u32,
    /// Whether rotated logs are named after dates.
    dates: bool,
    /// Rotated logs, the newest first.
    rotated: Vec<String>,
    rotations: u32,
    /// Whether there may be files without a name that are not read.
    nameless: bool,
    read: HashMap<String, u32>,
    safe: (Place, HashMap<String, u32>),
}

fn files(folder: &tempfile::TempDir) -> Files {
    Files {
        paths: vec![folder.path().join("mail.log")],
        from: ReadFrom::Beginning,
        framing: Framing::Plain,
    }
}

impl Model {
    fn new(dates: bool) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let current = append(&folder.path().join("mail.log"));
        let tail = Tail::new("mail".into(), &files(&folder), Place::Nowhere);
        let mut model = Model {
            folder,
            tail,
            scratch: Scratch::new(4096),
            current,
            previous: None,
            half: false,
            count: 0,
            dates,
            rotated: Vec::new(),
            rotations: 0,
            nameless: false,
            read: HashMap::new(),
            safe: (Place::Nowhere, HashMap::new()),
        };
        // What is there before the first look is not the first log's past.
        model.look();
        model.save();
        model
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("mail.log")
    }

    fn look(&mut self) {
        self.tail.notice(News::Tick);
        while self.read(64) {}
    }

    /// Reads up to a budget; whether there is more. The place tells of every change.
    fn read(&mut self, budget: usize) -> bool {
        let before = self.tail.place();
        let read = &mut self.read;
        let id = StreamId::of(self.folder.path().join("mail.log").as_os_str().as_bytes());
        let progress = self
            .tail
            .read(budget, &mut self.scratch, &mut |stream, lines| {
                assert_eq!(stream, id);
                for line in lines {
                    let line = String::from_utf8_lossy(line).into_owned();
                    *read.entry(line).or_default() += 1;
                }
            });
        assert!(progress.changed || before == self.tail.place());
        progress.more
    }

    fn save(&mut self) {
        let place = serde_json::to_string(&self.tail.place()).expect("written");
        let place = serde_json::from_str(&place).expect("read again");
        self.safe = (place, self.read.clone());
    }

    fn kill(&mut self) {
        self.tail = Tail::new("mail".into(), &files(&self.folder), self.safe.0.clone());
        self.read = self.safe.1.clone();
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

    /// Makes the name of the newest rotated log free.
    fn shift(&mut self) -> PathBuf {
        self.rotations += 1;
        let name = if self.dates {
            format!("mail.log-{}", 20_260_101 + self.rotations)
        } else {
            for (at, name) in self.rotated.iter_mut().enumerate().rev() {
                let ending = if name.contains(".gz") { ".gz" } else { "" };
                let new = format!("mail.log.{}{ending}", at + 2);
                let folder = self.folder.path();
                fs::rename(folder.join(&*name), folder.join(&new)).expect("renamed");
                *name = new;
            }
            "mail.log.1".to_owned()
        };
        self.rotated.insert(0, name.clone());
        self.folder.path().join(name)
    }

    /// What is written to a file without a name is gone with the process: it is read before, and
    /// the writers have opened another one.
    fn settle(&mut self) {
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
        self.look();
        self.save();
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
                self.look();
                self.save();
                self.nameless = true;
                fs::remove_file(&path).expect("removed");
            }
            Step::Rename | Step::Remove => {}
            Step::Reopen => self.reopen(),
            Step::Replace => {
                self.look();
                self.save();
                self.nameless = true;
                self.count += 1;
                let new = self.folder.path().join("new");
                fs::write(&new, format!("line {}\n", self.count)).expect("written");
                fs::rename(&new, &path).expect("renamed");
            }
            Step::CopyTruncate if path.exists() => {
                self.finish_line();
                let to = self.shift();
                fs::copy(&path, to).expect("copied");
                File::options()
                    .write(true)
                    .truncate(true)
                    .open(&path)
                    .expect("emptied");
            }
            Step::CopyTruncate => {}
            Step::Compress(which) => self.compress(which),
            Step::Delete => {
                self.finish_line();
                self.look();
                self.save();
                self.nameless = true;
                if let Some(name) = self.rotated.pop() {
                    fs::remove_file(self.folder.path().join(name)).expect("deleted");
                }
            }
            Step::Read => self.look(),
            Step::ReadSome => {
                self.tail.notice(News::Tick);
                self.read(16);
            }
            Step::Save => self.save(),
            Step::Kill => {
                self.settle();
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
    // As many schedules as take a few seconds, unless `PROPTEST_CASES` says otherwise; what fails
    // is printed in its shortest form.
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn every_line_is_counted_once_whatever_happens(
        dates: bool,
        steps in prop::collection::vec(step(), 1..60),
    ) {
        let mut model = Model::new(dates);
        for step in steps {
            model.apply(step);
        }
        model.finish_line();
        model.look();
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
