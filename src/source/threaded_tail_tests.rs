use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::sync::mpsc;

use super::*;
use crate::source::input::ReadFrom;

/// A source whose thread follows files, and what its thread says to the engine.
struct Followed {
    source: ThreadedTail,
    woken: mpsc::Receiver<()>,
    lines: Vec<String>,
}

impl Followed {
    fn open(files: &Files, position: Position) -> Self {
        let (wake, woken) = mpsc::channel();
        let wake: Wake = Arc::new(move || {
            // Nobody may be listening any more.
            let _ = wake.send(());
        });
        let source = super::open("test", files, position, 1000, wake).expect("a thread");
        Followed {
            source,
            woken,
            lines: Vec::new(),
        }
    }

    /// Takes one portion of at least `budget` bytes, if there is one.
    fn read(&mut self, budget: usize) -> Progress {
        let lines = &mut self.lines;
        let sink = &mut |_, cut: &[&[u8]]| {
            lines.extend(
                cut.iter()
                    .map(|line| String::from_utf8_lossy(line).into_owned()),
            );
        };
        self.source.read(budget, &mut ReadBuffer::new(1000), sink)
    }

    /// Reads until something holds, or for at most a minute.
    fn until(&mut self, mut is_true: impl FnMut(&Self) -> bool) {
        while !is_true(self) {
            let woken = self.woken.recv_timeout(Duration::from_secs(60));
            woken.expect("the thread has something new");
            self.read(usize::MAX);
        }
    }
}

fn files(paths: &[&Path]) -> Files {
    Files {
        paths: paths.iter().map(|path| path.to_path_buf()).collect(),
        rotated_dirs: Vec::new(),
        from: ReadFrom::Beginning,
        framing: Framing::Plain,
    }
}

fn append(path: &Path, text: &str) {
    let file = OpenOptions::new().append(true).create(true).open(path);
    file.and_then(|mut file| file.write_all(text.as_bytes()))
        .expect("written");
}

#[test]
fn lines_are_handed_over_and_logs_followed_without_hints() {
    let folder = tempfile::tempdir().expect("a folder");
    let log = folder.path().join("mail.log");
    append(&log, "one\r\ntwo\r\r\n");
    let mut followed = Followed::open(&files(&[&log]), Position::Unset);
    followed.until(|it| it.lines.len() == 2 && it.source.status().up);
    append(&log, "three\n");
    fs::rename(&log, folder.path().join("mail.log.1")).expect("renamed");
    append(&log, "four\n");
    followed.until(|it| it.lines.len() == 4);
    assert_eq!(followed.lines, ["one", "two\r", "three", "four"]);
    followed.until(|it| it.source.status().rotations.renamed == 1);
    assert!(followed.source.directories().is_empty());
}

#[test]
fn the_position_is_that_after_the_lines_that_were_handed_over() {
    let folder = tempfile::tempdir().expect("a folder");
    let log = folder.path().join("mail.log");
    let count = 4 * PORTION / 8;
    let text: String = (0..count).map(|at| format!("{at:07}\n")).collect();
    append(&log, &text);
    let mut followed = Followed::open(&files(&[&log]), Position::Unset);
    let woken = followed.woken.recv_timeout(Duration::from_secs(60));
    woken.expect("a portion");
    // One portion is taken, and others are in the queue.
    let progress = followed.read(1);
    assert!(progress.more && progress.changed && progress.bytes >= PORTION);
    assert_eq!(followed.source.status().bytes as usize, progress.bytes);
    let taken = followed.lines.len();
    assert!(taken < count);
    let mut next = Followed::open(&files(&[&log]), followed.source.position());
    next.until(|it| it.lines.len() >= count - taken);
    assert_eq!(
        [&*followed.lines, &next.lines].concat().join("\n") + "\n",
        text
    );
}

#[test]
fn a_changed_configuration_continues() {
    let folder = tempfile::tempdir().expect("a folder");
    let [one, two] = ["one.log", "two.log"].map(|name| folder.path().join(name));
    append(&one, "a\n");
    append(&two, "b\n");
    let mut followed = Followed::open(&files(&[&one]), Position::Unset);
    followed.until(|it| it.lines.len() == 1);
    let changed = Input::Files(files(&[&one, &two]));
    assert!(followed.source.reconfigure(&changed));
    followed.until(|it| it.lines.len() == 2);
    assert_eq!(followed.lines, ["a", "b"]);
    let framing = Framing::Container;
    let changed = Input::Files(Files {
        framing,
        ..files(&[&one])
    });
    assert!(!followed.source.reconfigure(&changed));
    assert!(!followed.source.reconfigure(&Input::Pipe("-".into())));
}

#[test]
fn the_thread_ends_with_the_source() {
    let folder = tempfile::tempdir().expect("a folder");
    let log = folder.path().join("mail.log");
    append(&log, "one\n");
    let mut followed = Followed::open(&files(&[&log]), Position::Unset);
    followed.until(|it| it.lines.len() == 1);
    drop(followed.source);
    // The thread held the only other end.
    let ended = followed.woken.iter().count();
    assert!(ended < 100);
}

#[test]
fn a_source_whose_thread_waits_for_long_is_down() {
    let activity = Activity::new();
    assert!(!activity.is_silent(Duration::ZERO));
    activity.during(|| {
        while !activity.is_silent(Duration::ZERO) {
            std::thread::yield_now();
        }
        assert!(!activity.is_silent(Duration::from_secs(3600)));
    });
    assert!(!activity.is_silent(Duration::ZERO));
}
