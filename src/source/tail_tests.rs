//! Changes of the configuration.

use std::fs;

use super::*;
use crate::source::input::Framing;

#[test]
fn a_new_file_of_a_pattern_that_stays_configured_is_read_from_its_beginning() {
    let folder = tempfile::tempdir().expect("a folder");
    let files = |names: &[&str]| Files {
        paths: names.iter().map(|name| folder.path().join(name)).collect(),
        rotated_dirs: Vec::new(),
        from: ReadFrom::End,
        framing: Framing::Plain,
    };
    let write = |name, text| fs::write(folder.path().join(name), text).expect("written");
    write("a.log", "skipped\n");
    write("other", "skipped too\n");
    let mut tail = Tail::new(&files(&["*.log"]), Position::Unset);
    let mut lines: Vec<String> = Vec::new();
    let mut read = |tail: &mut Tail| {
        tail.read(usize::MAX, &mut ReadBuffer::new(100), &mut |_, batch| {
            let text = |line: &&[u8]| String::from_utf8_lossy(line).into_owned();
            lines.extend(batch.iter().map(text));
        });
    };
    read(&mut tail);
    // After the last rescan of the pattern.
    write("b.log", "new\n");
    assert!(tail.reconfigure(&Input::Files(files(&["*.log", "other"]))));
    read(&mut tail);
    assert_eq!(lines, ["new"]);
}
