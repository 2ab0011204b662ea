//! Rotation, one story at a time: what is read, what is counted as lost, and which rotations are counted.
//!
//! The model test covers the same code with stories that nobody chose. These are the ones that it does not tell: files
//! that are renamed back, paths that cannot be read for a while, positions that are lost.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::PathBuf;

use super::*;
use crate::source::identity::{HEAD_BYTES, Identity};
use crate::source::input::{Framing, ReadFrom};
use crate::source::interface::Rotations;
use crate::source::position::FileState;

/// A source that follows logs in a directory of its own.
struct Scene {
    folder: tempfile::TempDir,
    files: Files,
    tail: Tail,
}

impl Scene {
    /// Follows these names, which are not read yet.
    fn new(names: &[&str], from: ReadFrom) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        fs::create_dir(folder.path().join("logs")).expect("a folder");
        let path = |name: &&str| folder.path().join("logs").join(name);
        let files = Files {
            paths: names.iter().map(path).collect(),
            rotated_dirs: Vec::new(),
            from,
            framing: Framing::Plain,
        };
        let tail = Tail::new(&files, Position::Unset);
        Scene {
            folder,
            files,
            tail,
        }
    }

    /// Follows `mail.log`, which has this text and was read.
    fn with_log(text: &str) -> Self {
        let mut scene = Scene::new(&["mail.log"], ReadFrom::Beginning);
        scene.append("mail.log", text);
        scene.read();
        scene
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join("logs").join(name)
    }

    fn append(&self, name: &str, text: &str) {
        let file = OpenOptions::new()
            .append(true)
            .create(true)
            .open(self.path(name));
        let mut file = file.expect("opened");
        file.write_all(text.as_bytes()).expect("written");
    }

    fn rename(&self, from: &str, to: &str) {
        fs::rename(self.path(from), self.path(to)).expect("renamed");
    }

    fn copy(&self, from: &str, to: &str) {
        fs::copy(self.path(from), self.path(to)).expect("copied");
    }

    /// Empties a file that others have open.
    fn empty(&self, name: &str) {
        let file = OpenOptions::new().write(true).open(self.path(name));
        file.and_then(|file| file.set_len(0)).expect("emptied");
    }

    fn remove(&self, name: &str) {
        fs::remove_file(self.path(name)).expect("removed");
    }

    /// Moves the directory of the logs away. Returns its path.
    fn move_aside(&self) -> PathBuf {
        let logs = self.folder.path().join("logs");
        fs::rename(&logs, self.folder.path().join("aside")).expect("renamed");
        logs
    }

    fn move_back(&self) {
        let folder = self.folder.path();
        fs::rename(folder.join("aside"), folder.join("logs")).expect("renamed");
    }

    fn identity(&self, name: &str) -> Identity {
        Identity::of(&fs::metadata(self.path(name)).expect("metadata"))
    }

    /// Reads everything. Returns the lines, separated by blanks.
    fn read(&mut self) -> String {
        self.tail.hint(Hint::Tick);
        let mut lines = Vec::new();
        while self
            .tail
            .read(usize::MAX, &mut ReadBuffer::new(4096), &mut |_, batch| {
                let text = |line: &&[u8]| String::from_utf8_lossy(line).into_owned();
                lines.extend(batch.iter().map(text));
            })
            .more
        {}
        lines.join(" ")
    }

    fn positions(&self) -> Vec<FilePosition> {
        match self.tail.position() {
            Position::Files(positions) => positions,
            other => panic!("{other:?}"),
        }
    }

    fn states(&self) -> Vec<FileState> {
        self.positions().iter().map(|it| it.state).collect()
    }

    /// Another process continues from these positions.
    fn restart_with(&mut self, positions: Vec<FilePosition>) {
        self.tail = Tail::new(&self.files, Position::Files(positions));
    }

    fn restart(&mut self) {
        self.restart_with(self.positions());
    }

    fn rotations(&self) -> (u64, u64, u64) {
        let Rotations {
            renamed,
            truncated,
            replaced,
        } = self.tail.status().rotations;
        (renamed, truncated, replaced)
    }

    fn lost(&self) -> u64 {
        self.tail.status().positions_lost
    }
}

/// Longer than what identifies a file.
fn long_text() -> String {
    "long ".repeat(HEAD_BYTES / 5 + 1) + "\n"
}

#[test]
fn a_log_that_did_not_exist_is_read_from_its_beginning() {
    let mut scene = Scene::new(&["mail.log"], ReadFrom::End);
    assert_eq!(scene.read(), "");
    scene.append("mail.log", "new\n");
    assert_eq!(scene.read(), "new");
}

#[test]
fn a_log_that_existed_and_could_not_be_read_is_read_from_its_end() {
    let mut scene = Scene::new(&["mail.log"], ReadFrom::End);
    fs::create_dir(scene.path("mail.log")).expect("a folder");
    assert_eq!(scene.read(), "");
    fs::remove_dir(scene.path("mail.log")).expect("removed");
    scene.append("mail.log", "old\n");
    assert_eq!(scene.read(), "");
    scene.append("mail.log", "new\n");
    assert_eq!(scene.read(), "new");
}

#[test]
fn a_finished_file_that_is_renamed_back_continues_where_reading_stopped() {
    let mut scene = Scene::with_log("one\n");
    scene.rename("mail.log", "mail.log.1");
    scene.append("mail.log", "two\n");
    assert_eq!(scene.read(), "two");
    let mut positions = scene.positions();
    for position in &mut positions {
        position.state = FileState::Finished;
    }
    scene.rename("mail.log", "mail.log.2");
    scene.rename("mail.log.1", "mail.log");
    scene.append("mail.log", "three\n");
    scene.restart_with(positions);
    assert_eq!(scene.read(), "three");
    // The other one is still known.
    assert_eq!(scene.states(), [FileState::Finished, FileState::Live]);
    assert_eq!(scene.positions()[0].identity, scene.identity("mail.log.2"));
}

#[test]
fn a_rotated_file_that_is_copied_back_continues_only_if_its_beginning_is_long_enough_to_tell() {
    for (text, expected) in [
        (long_text(), "more".to_owned()),
        ("short\n".to_owned(), "short more".to_owned()),
    ] {
        let mut scene = Scene::with_log(&text);
        let mut positions = scene.positions();
        positions[0].state = FileState::Finished;
        scene.copy("mail.log", "copy");
        scene.rename("mail.log", "mail.log.1");
        scene.rename("copy", "mail.log");
        scene.append("mail.log", "more\n");
        scene.restart_with(positions);
        assert_eq!(scene.read(), expected);
    }
}

#[test]
fn every_rotation_between_two_reads_is_counted() {
    let mut scene = Scene::with_log("one\n");
    for (number, line) in [(1, "two\n"), (2, "three\n"), (3, "four\n")] {
        scene.rename("mail.log", &format!("mail.log-{number}"));
        scene.append("mail.log", line);
    }
    assert_eq!(scene.read(), "two three four");
    assert_eq!((scene.rotations(), scene.lost()), ((3, 0, 0), 0));
    scene.remove("mail.log");
    scene.append("mail.log", "five\n");
    assert_eq!(scene.read(), "five");
    assert_eq!(scene.rotations(), (3, 0, 1));
}

#[test]
fn an_emptied_log_is_read_to_its_end_in_its_copy() {
    let mut scene = Scene::with_log("one\n");
    scene.append("mail.log", "two\n");
    scene.copy("mail.log", "mail.log.1");
    scene.empty("mail.log");
    scene.append("mail.log", "3\n");
    assert_eq!(scene.read(), "two 3");
    assert_eq!((scene.rotations(), scene.lost()), ((0, 1, 0), 0));
    // Nothing writes to a copy, so it is not kept open.
    assert_eq!(scene.states(), [FileState::Finished, FileState::Live]);
}

#[test]
fn what_was_not_read_of_an_emptied_log_without_a_copy_is_lost_and_counted() {
    let mut scene = Scene::with_log("one\n");
    scene.empty("mail.log");
    scene.append("mail.log", "2\n");
    assert_eq!(scene.read(), "2");
    assert_eq!((scene.rotations(), scene.lost()), ((0, 1, 0), 0));
    // The rest of the line never comes.
    scene.append("mail.log", "half");
    assert_eq!(scene.read(), "");
    assert_eq!(scene.tail.status().lag_bytes, 4);
    scene.empty("mail.log");
    assert_eq!(scene.read(), "");
    assert_eq!((scene.rotations(), scene.lost()), ((0, 2, 0), 1));
    assert_eq!(scene.tail.status().lag_bytes, 0);
    // New content that is longer than the old one was.
    scene.append("mail.log", "half");
    scene.read();
    scene.empty("mail.log");
    scene.append("mail.log", "a longer line\n");
    assert_eq!(scene.read(), "a longer line");
    assert_eq!((scene.rotations(), scene.lost()), ((0, 3, 0), 2));
    scene.empty("mail.log");
    scene.append("mail.log", "a line that is even longer\n");
    assert_eq!(scene.read(), "a line that is even longer");
    assert_eq!((scene.rotations(), scene.lost()), ((0, 4, 0), 2));
}

#[test]
fn a_closed_log_is_opened_again_only_if_it_has_changed() {
    let mut scene = Scene::with_log("one\n");
    let is_closed = |scene: &Scene| scene.tail.tracker.logs.get(0).evicted.is_some();
    scene.tail.tracker.logs.evict(0);
    assert_eq!(scene.read(), "");
    assert!(is_closed(&scene) && scene.tail.status().up);
    // It cannot be looked at: that is an error, and not a rotation.
    let logs = scene.move_aside();
    fs::write(&logs, "a file").expect("written");
    assert_eq!(scene.read(), "");
    assert!(is_closed(&scene) && !scene.tail.status().up);
    fs::remove_file(&logs).expect("removed");
    scene.move_back();
    // It was rotated, and there is no new one yet.
    scene.append("mail.log", "two\n");
    scene.rename("mail.log", "mail.log.1");
    assert_eq!(scene.read(), "two");
    assert!(!is_closed(&scene));
    scene.append("mail.log", "three\n");
    assert_eq!(scene.read(), "three");
}

/// A scene with two configured paths. When the process ends, the first has been read to its end in a file that is gone
/// then, and leads to the rotated file of the second, which comes after it.
fn scene_with_a_path_to_the_file_of_another_one() -> Scene {
    const DATED: &str = "mail-20260101.log";
    let mut scene = Scene::new(&[DATED, "mail.log"], ReadFrom::Beginning);
    scene.append(DATED, "zero\n");
    scene.append("mail.log", "one\n");
    assert_eq!(scene.read(), "zero one");
    scene.append("mail.log", "two\n");
    scene.rename("mail.log", DATED);
    scene
}

#[test]
fn a_rotated_file_to_which_another_configured_path_leads_is_read_once_after_a_restart() {
    for (state, lost) in [(FileState::Finished, 0), (FileState::Live, 1)] {
        let mut scene = scene_with_a_path_to_the_file_of_another_one();
        let mut positions = scene.positions();
        positions[0].state = state;
        scene.append("mail.log", "three\n");
        scene.restart_with(positions);
        let read = scene.read();
        let mut read: Vec<&str> = read.split(' ').collect();
        read.sort_unstable();
        assert_eq!(read, ["three", "two"], "{state:?}");
        assert_eq!(scene.lost(), lost, "{state:?}");
    }
}

#[test]
fn positions_whose_directory_is_missing_for_a_while_are_found_before_anything_is_read() {
    let mut scene = scene_with_a_path_to_the_file_of_another_one();
    let mut positions = scene.positions();
    positions[0].state = FileState::Finished;
    scene.move_aside();
    scene.restart_with(positions);
    assert_eq!(scene.read(), "");
    scene.move_back();
    scene.tail.next_rescan = Instant::now();
    scene.tail.hint(Hint::Rescan);
    assert_eq!(scene.read(), "two");
    assert_eq!(scene.lost(), 0);
}

#[test]
fn a_position_whose_file_was_deleted_is_lost_unless_the_file_was_empty() {
    let mut scene = Scene::with_log("one\n");
    scene.remove("mail.log");
    scene.append("mail.log", "two\n");
    scene.restart();
    assert_eq!(scene.read(), "two");
    assert_eq!((scene.rotations(), scene.lost()), ((0, 0, 0), 1));

    let mut scene = Scene::with_log("");
    scene.remove("mail.log");
    scene.append("mail.log", "two\n");
    scene.restart();
    assert_eq!(scene.read(), "two");
    assert_eq!((scene.rotations(), scene.lost()), ((0, 0, 0), 0));
}

#[test]
fn rotations_while_the_process_did_not_run_are_counted() {
    let mut scene = Scene::with_log("one\n");
    scene.append("mail.log", "two\n");
    scene.copy("mail.log", "mail.log.1");
    scene.empty("mail.log");
    scene.append("mail.log", "3\n");
    scene.restart();
    assert_eq!(scene.read(), "two 3");
    assert_eq!((scene.rotations(), scene.lost()), ((0, 1, 0), 0));
    assert_eq!(scene.states(), [FileState::Finished, FileState::Live]);

    scene.rename("mail.log", "mail.log.0");
    scene.append("mail.log", "four\n");
    scene.restart();
    assert_eq!(scene.read(), "four");
    assert_eq!(scene.rotations(), (1, 0, 0));
    // The next process has nothing new to count.
    scene.restart();
    assert_eq!(scene.read(), "");
    assert_eq!((scene.rotations(), scene.lost()), ((0, 0, 0), 0));
}

#[test]
fn a_position_waits_while_its_path_cannot_be_read() {
    let mut scene = Scene::with_log("one\n");
    scene.append("mail.log", "two\n");
    scene.rename("mail.log", "elsewhere");
    fs::create_dir(scene.path("mail.log")).expect("a folder");
    scene.restart();
    assert_eq!(scene.read(), "");
    assert_eq!((scene.states(), scene.lost()), (vec![FileState::Live], 0));
    fs::remove_dir(scene.path("mail.log")).expect("removed");
    scene.rename("elsewhere", "mail.log");
    assert_eq!(scene.read(), "two");
}

#[test]
fn no_other_file_is_read_while_the_path_leads_to_the_newest_position() {
    let mut scene = Scene::with_log("one\n");
    scene.append("mail.log", "two\n");
    scene.append("mail.log.5", "of another log\n");
    scene.restart();
    assert_eq!(scene.read(), "two");
}

#[test]
fn files_after_the_newest_position_are_read_though_the_path_leads_to_an_older_one() {
    let mut scene = Scene::with_log("one\n");
    scene.rename("mail.log", "mail.log.1");
    scene.append("mail.log", "two\n");
    assert_eq!(scene.read(), "two");
    let newest_first = scene.positions();
    scene.rename("mail.log", "mail.log.2");
    scene.append("mail.log.3", "three\n");
    scene.rename("mail.log.1", "mail.log");
    scene.append("mail.log", "four\n");
    scene.restart_with(newest_first);
    let mut read: Vec<String> = scene.read().split(' ').map(str::to_owned).collect();
    read.sort();
    assert_eq!(read, ["four", "three"]);
}

#[test]
fn what_was_written_to_an_empty_rotated_file_while_the_process_did_not_run_is_read() {
    let mut scene = Scene::with_log("");
    scene.rename("mail.log", "mail.log.1");
    scene.append("mail.log", "one\n");
    assert_eq!(scene.read(), "one");
    assert_eq!(scene.states(), [FileState::Rotated, FileState::Live]);
    // It is compressed too, so its inode does not tell what it is.
    let packed = fs::File::create(scene.path("mail.log.1.gz")).expect("a file");
    let mut packed = flate2::write::GzEncoder::new(packed, flate2::Compression::fast());
    packed.write_all(b"late\n").expect("written");
    packed.finish().expect("written");
    scene.remove("mail.log.1");
    scene.restart();
    assert_eq!(scene.read(), "late");
    assert_eq!(scene.lost(), 0);
}

#[test]
fn a_log_that_is_followed_no_more_changes_the_position_and_nothing_else_does() {
    let mut scene = Scene::new(&["*.log"], ReadFrom::Beginning);
    scene.append("a.log", "one\n");
    // The same file, which is read under its other name.
    std::os::unix::fs::symlink(scene.path("a.log"), scene.path("b.log")).expect("a link");
    let mut rescan = || {
        scene.tail.next_rescan = Instant::now();
        scene.tail.hint(Hint::Rescan);
        let mut buffer = ReadBuffer::new(4096);
        let progress = scene.tail.read(usize::MAX, &mut buffer, &mut |_, _| ());
        let folder = scene.folder.path().join("logs");
        (progress.changed, scene.tail.tracker.logs.len(), folder)
    };
    let (changed, logs, folder) = rescan();
    assert_eq!((changed, logs), (true, 2));
    let (changed, logs, _) = rescan();
    assert_eq!((changed, logs), (false, 2));
    fs::remove_file(folder.join("b.log")).expect("removed");
    rescan();
    let (_, logs, _) = rescan();
    assert_eq!(logs, 1);
}

#[test]
fn the_position_with_the_inode_of_the_live_file_is_preferred_to_that_of_a_copy() {
    let mut scene = Scene::with_log("one\n");
    let mut of_copy = scene.positions();
    scene.append("other", "");
    of_copy[0].identity = scene.identity("other");
    of_copy[0].state = FileState::Rotated;
    scene.append("mail.log", "two\n");
    assert_eq!(scene.read(), "two");
    let positions = of_copy.into_iter().chain(scene.positions()).collect();
    scene.append("mail.log", "three\n");
    scene.restart_with(positions);
    assert_eq!(scene.read(), "three");
}

#[test]
fn a_rotated_file_that_is_emptied_and_written_again_is_read_from_its_beginning() {
    let mut scene = Scene::with_log("one\n");
    scene.rename("mail.log", "mail.log.1");
    scene.append("mail.log", "two\n");
    assert_eq!(scene.read(), "two");
    for (text, truncated) in [("three\n", 1), ("four and five\n", 2)] {
        scene.empty("mail.log.1");
        scene.append("mail.log.1", text);
        assert_eq!(scene.read(), text.trim_end());
        assert_eq!(scene.rotations(), (1, truncated, 0));
    }
}
