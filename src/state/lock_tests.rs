//! Tests of the lock of the state file.

use std::fs::TryLockError;
use std::io;

use super::*;

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a folder")
}

/// A snapshot that was taken at this time.
fn taken(time: i64) -> Snapshot {
    Snapshot {
        taken: time,
        ..Snapshot::default()
    }
}

fn read(path: &Path) -> Snapshot {
    codec::decode(&std::fs::read(path).expect("read")).expect("a snapshot")
}

#[test]
fn state_is_read_but_not_reset_if_the_lock_file_cannot_be_opened() {
    for reset in [false, true] {
        let folder = folder();
        let path = folder.path().join("state");
        Store::new(path.clone()).save(&taken(7)).expect("saved");
        std::fs::remove_file(folder.path().join("state.lock")).expect("removed");
        std::fs::create_dir(folder.path().join("state.lock")).expect("created");
        let state = StateFile::open(&path, reset).expect("opened");
        assert!(state.store.is_none() && state.failed);
        assert_eq!(state.snapshot, Some(taken(7)));
        assert_eq!(read(&path), taken(7));
    }
}

#[test]
fn lock_that_was_not_taken_at_the_start_is_taken_by_the_first_snapshot() {
    let folder = folder();
    let path = folder.path().join("state");
    let mut store = Store::new(path.clone());
    store.save(&taken(1)).expect("saved");
    assert!(matches!(
        StateFile::open(&path, false),
        Err(StateError::InUse(_))
    ));
    store.save(&taken(2)).expect("saved");
    assert_eq!(read(&path), taken(2));
}

#[test]
fn snapshot_is_not_written_while_another_process_holds_the_lock() {
    let folder = folder();
    let path = folder.path().join("state");
    let mut first = Store::new(path.clone());
    first.save(&taken(1)).expect("saved");
    let mut second = Store::new(path.clone());
    let error = second.save(&taken(2)).expect_err("locked");
    assert_eq!(error.to_string(), "in use by another process");
    assert_eq!(read(&path), taken(1));
    drop(first);
    second.save(&taken(2)).expect("saved");
    assert_eq!(read(&path), taken(2));
}

#[test]
fn error_of_the_lock_file_is_returned_when_saving() {
    let folder = folder();
    std::fs::create_dir(folder.path().join("state.lock")).expect("created");
    let mut store = Store::new(folder.path().join("state"));
    let error = store.save(&taken(1)).expect_err("a directory");
    assert_eq!(error.kind(), io::ErrorKind::IsADirectory);
    assert!(!folder.path().join("state").exists());
}

#[test]
fn only_a_full_disk_is_a_temporary_error_of_the_lock_file() {
    use io::ErrorKind::*;
    for (kind, is_full) in [
        (StorageFull, true),
        (QuotaExceeded, true),
        (PermissionDenied, false),
        (ReadOnlyFilesystem, false),
    ] {
        let error = LockError::from(io::Error::from(kind));
        assert_eq!(matches!(error, LockError::DiskFull(_)), is_full, "{kind}");
    }
}

#[test]
fn file_system_without_locks_is_no_error() {
    let attempt = |kind: io::ErrorKind| check_lock(Err(TryLockError::Error(kind.into())));
    assert!(check_lock(Ok(())).is_ok());
    assert!(attempt(io::ErrorKind::Unsupported).is_ok());
    let failed = attempt(io::ErrorKind::PermissionDenied);
    assert!(matches!(failed, Err(LockError::Io(_))), "{failed:?}");
    let full = attempt(io::ErrorKind::StorageFull);
    assert!(matches!(full, Err(LockError::DiskFull(_))), "{full:?}");
    let held = check_lock(Err(TryLockError::WouldBlock));
    assert!(matches!(held, Err(LockError::InUse)), "{held:?}");
}
