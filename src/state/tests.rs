//! Tests of opening and writing the state file.

use std::io;

use super::disk::{self, ReplaceStep};
use super::*;
use crate::source::Position;

fn snapshot(lines: u64) -> Snapshot {
    Snapshot {
        taken: 1_700_000_000,
        sources: vec![SourceState {
            name: "mail".into(),
            place: Position::Cursor(format!("line {lines}")),
            events: lines,
            ..SourceState::default()
        }],
        ..Snapshot::default()
    }
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a folder")
}

fn refused(bytes: &[u8]) -> String {
    let folder = folder();
    let path = folder.path().join("state");
    std::fs::write(&path, bytes).expect("written");
    let error = StateFile::open(&path, false).err().expect("refused");
    assert_eq!(std::fs::read(&path).expect("still there"), bytes);
    error.to_string()
}

#[test]
fn last_saved_snapshot_is_read_at_the_next_start() {
    let folder = folder();
    let path = folder.path().join("below/state");
    for lines in 0..3u64 {
        let mut state = StateFile::open(&path, false).expect("opened");
        let before = lines.checked_sub(1).map(snapshot);
        assert_eq!(state.snapshot, before);
        let store = state.store.as_mut().expect("writable");
        store.save(&snapshot(lines)).expect("saved");
    }
}

#[test]
fn content_that_was_changed_gets_its_length_and_checksum_for_the_fuzzer() {
    let bytes = codec::encode(&snapshot(1)).expect("encoded");
    assert_eq!(codec::with_right_checksum(&bytes).as_ref(), Some(&bytes));
    let mut longer = bytes.clone();
    longer.push(0);
    assert!(matches!(
        codec::decode(&longer),
        Err(Damage::Damaged("wrong length"))
    ));
    let right = codec::with_right_checksum(&longer).expect("a header");
    assert_eq!((right.len(), right.last()), (longer.len(), Some(&0)));
    let refused = codec::decode(&right).err();
    assert!(!matches!(
        refused,
        Some(Damage::Damaged("wrong length" | "checksum mismatch"))
    ));
    assert_eq!(codec::with_right_checksum(&bytes[..12]), None);
}

#[test]
fn directory_gets_a_state_file() {
    let folder = folder();
    let mut state = StateFile::open(folder.path(), false).expect("opened");
    assert_eq!(
        state.path(),
        folder
            .path()
            .canonicalize()
            .ok()
            .map(|it| it.join("state"))
            .as_deref()
    );
    let store = state.store.as_mut().expect("writable");
    store.save(&snapshot(1)).expect("saved");
    assert!(folder.path().join("state").is_file());
}

#[test]
fn link_to_the_state_file_stays_a_link() {
    let folder = folder();
    let [link, file] = ["link", "state"].map(|name| folder.path().join(name));
    // Relative, and to a file that does not exist yet.
    std::os::unix::fs::symlink("state", &link).expect("a link");
    for lines in [1, 2] {
        let state = StateFile::open(&link, false).expect("opened");
        let mut store = state.store.expect("kept");
        store.save(&snapshot(lines)).expect("saved");
        assert!(link.is_symlink() && file.is_file());
    }
    assert!(folder.path().join("state.lock").exists());
}

#[test]
fn lock_file_that_is_a_link_is_not_opened() {
    let folder = folder();
    let other = folder.path().join("other");
    std::fs::write(&other, "precious").expect("written");
    std::os::unix::fs::symlink(&other, folder.path().join("state.lock")).expect("a link");
    let state = StateFile::open(&folder.path().join("state"), false).expect("opened");
    assert!(state.store.is_none() && state.failed);
}

#[test]
fn directory_that_does_not_exist_yet_is_created() {
    let folder = folder();
    let path = format!("{}/below/", folder.path().display());
    StateFile::open(Path::new(&path), false).expect("opened");
    assert!(folder.path().join("below/state.lock").is_file());
}

#[test]
fn failure_at_any_step_leaves_a_complete_snapshot() {
    for step in ReplaceStep::ALL {
        let folder = folder();
        let path = folder.path().join("state");
        let (old, new) = (snapshot(1), snapshot(2));
        let mut state = StateFile::open(&path, false).expect("opened");
        let store = state.store.as_mut().expect("writable");
        store.save(&old).expect("saved");
        let bytes = codec::encode(&new).expect("encoded");
        let result = disk::replace(&path, &bytes, &mut |at| match at == step {
            true => Err(io::Error::other("simulated failure")),
            false => Ok(()),
        });
        assert!(result.is_err(), "{step:?}");
        drop(state);
        let mut state = StateFile::open(&path, false).expect("opened");
        let found = state.snapshot.take();
        let expected = if step == ReplaceStep::SyncDirectory {
            new
        } else {
            old
        };
        assert_eq!(found, Some(expected), "{step:?}");
        let store = state.store.as_mut().expect("writable");
        store.save(&snapshot(3)).expect("saved over what was left");
    }
}

#[test]
fn second_process_is_refused() {
    let folder = folder();
    let path = folder.path().join("state");
    let first = StateFile::open(&path, false).expect("opened");
    let second = StateFile::open(&path, false).err().expect("refused");
    assert!(matches!(second, StateError::InUse(_)), "{second}");
    drop(first);
    StateFile::open(&path, false).expect("free again");
}

#[test]
fn every_kind_of_damage_is_detected_and_reported() {
    let whole = codec::encode(&snapshot(7)).expect("encoded");
    for cut in 1..whole.len() {
        let error = refused(&whole[..cut]);
        assert!(error.contains("--state.reset"), "{error}");
    }
    for at in 0..whole.len() {
        let mut flipped = whole.clone();
        flipped[at] ^= 0x20;
        refused(&flipped);
    }
    assert!(refused(b"").contains("truncated"));
    assert!(refused(b"{\"version\": 1}").contains("not a state file of maillog_exporter"));
    assert!(refused(b"maillog_exporter state 0\n and more").contains("invalid version"));
    let newer = b"maillog_exporter state 5\n and more";
    assert!(refused(newer).contains("version 5, written by a newer"));
}

#[test]
fn reset_renames_the_old_state() {
    let folder = folder();
    let path = folder.path().join("state");
    std::fs::write(&path, "nonsense").expect("written");
    let state = StateFile::open(&path, true).expect("opened");
    assert_eq!(state.snapshot, None);
    let aside: Vec<String> = std::fs::read_dir(folder.path())
        .expect("the folder")
        .filter_map(|entry| std::fs::read_to_string(entry.ok()?.path()).ok())
        .filter(|text| !text.is_empty())
        .collect();
    assert_eq!(aside, ["nonsense"]);
}

#[test]
fn reset_without_an_old_state_starts_empty() {
    let folder = folder();
    let state = StateFile::open(folder.path(), true).expect("opened");
    assert!(state.store.is_some() && state.snapshot.is_none());
    let names: Vec<_> = std::fs::read_dir(folder.path())
        .expect("the folder")
        .map(|entry| entry.expect("an entry").file_name())
        .collect();
    assert_eq!(names, ["state.lock"]);
}

#[test]
fn old_state_that_cannot_be_renamed_stops_a_reset() {
    let folder = folder();
    // With the suffix of the renamed file, the name is longer than the 255 bytes of most file systems.
    let path = folder.path().join("s".repeat(240));
    std::fs::write(&path, "nonsense").expect("written");
    let error = StateFile::open(&path, true).err().expect("refused");
    assert!(matches!(error, StateError::Unreadable { .. }), "{error}");
    assert_eq!(std::fs::read(&path).expect("still there"), b"nonsense");
}

#[test]
fn state_file_that_cannot_be_read_is_refused() {
    let folder = folder();
    std::fs::create_dir(folder.path().join("state")).expect("created");
    let error = StateFile::open(folder.path(), false)
        .err()
        .expect("refused");
    match error {
        StateError::Unreadable { path, error } => {
            assert_eq!(path, folder.path().join("state"));
            assert_eq!(error.to_string(), "it is not a regular file");
        }
        other => panic!("{other}"),
    }
}

#[test]
fn path_below_a_file_runs_without_state() {
    let folder = folder();
    let file = folder.path().join("file");
    std::fs::write(&file, "").expect("written");
    for reset in [false, true] {
        let state = StateFile::open(&file.join("state"), reset).expect("works");
        assert!(state.store.is_none() && state.failed && state.snapshot.is_none());
    }
}

#[test]
fn no_state_file_is_not_a_failure() {
    let state = StateFile::none();
    assert!(state.store.is_none() && state.snapshot.is_none() && !state.failed);
}

#[test]
fn unwritable_path_runs_without_state() {
    let state = StateFile::open(Path::new("/proc/maillog/state"), false).expect("works");
    assert!(state.store.is_none() && state.failed && state.snapshot.is_none());
}
