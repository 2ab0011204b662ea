//! Replaces a file atomically: if the machine stops between any two steps, the file has either the old or the new
//! content, never a part of it.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;

/// A step of [`replace`], at which tests simulate a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ReplaceStep {
    /// Create the temporary file.
    Create,
    /// Write the first half.
    WriteFirstHalf,
    /// Write the second half.
    WriteSecondHalf,
    /// Sync the temporary file to disk.
    SyncFile,
    /// Rename the temporary file.
    Rename,
    /// Sync the directory to disk.
    SyncDirectory,
}

impl ReplaceStep {
    #[cfg(test)]
    pub const ALL: [ReplaceStep; 6] = [
        ReplaceStep::Create,
        ReplaceStep::WriteFirstHalf,
        ReplaceStep::WriteSecondHalf,
        ReplaceStep::SyncFile,
        ReplaceStep::Rename,
        ReplaceStep::SyncDirectory,
    ];
}

/// Options to open a file for writing that only its owner can read. Symbolic links are not followed: somebody else who
/// can write to the directory could have a file of this user changed.
pub(crate) fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
    options.custom_flags(flags.bits().cast_signed());
    options.write(true).mode(0o600);
    options
}

/// Removes a file that another process has left, and creates an empty one.
fn create_anew(path: &Path) -> io::Result<File> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => private().create_new(true).open(path),
    }
}

/// The path with a suffix appended to its name.
pub(super) fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// The directory of a file; the current one if the path is only a name.
pub(super) fn directory_of(path: &Path) -> &Path {
    path.parent()
        .filter(|parent| !parent.as_os_str().is_empty())
        .unwrap_or(Path::new("."))
}

/// Replaces the content of a file atomically. `before` is called before each step.
///
/// # Errors
///
/// If a step fails, or `before` returns an error. The file then has its old content, or, if only the directory could
/// not be synced, the new one.
pub(crate) fn replace(
    path: &Path,
    bytes: &[u8],
    before: &mut dyn FnMut(ReplaceStep) -> io::Result<()>,
) -> io::Result<()> {
    let temporary = with_suffix(path, ".tmp");
    let (first, second) = bytes.split_at(bytes.len() / 2);
    before(ReplaceStep::Create)?;
    let mut file = create_anew(&temporary)?;
    before(ReplaceStep::WriteFirstHalf)?;
    file.write_all(first)?;
    before(ReplaceStep::WriteSecondHalf)?;
    file.write_all(second)?;
    before(ReplaceStep::SyncFile)?;
    file.sync_data()?;
    before(ReplaceStep::Rename)?;
    std::fs::rename(&temporary, path)?;
    before(ReplaceStep::SyncDirectory)?;
    File::open(directory_of(path))?.sync_all()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_name_alone_is_a_file_of_the_current_directory() {
        for (path, expected) in [("state", "."), ("./state", "."), ("/a/b/state", "/a/b")] {
            assert_eq!(directory_of(Path::new(path)), Path::new(expected), "{path}");
        }
    }

    #[test]
    fn content_is_written_in_halves_before_it_replaces_the_old_one() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("state");
        std::fs::write(&path, "old").expect("written");
        let mut seen = Vec::new();
        replace(&path, b"new content", &mut |step| {
            let [old, new] = ["state", "state.tmp"]
                .map(|name| std::fs::read_to_string(folder.path().join(name)).unwrap_or_default());
            seen.push((step, old, new));
            Ok(())
        })
        .expect("replaced");
        let expected = [
            (ReplaceStep::Create, "old", ""),
            (ReplaceStep::WriteFirstHalf, "old", ""),
            (ReplaceStep::WriteSecondHalf, "old", "new c"),
            (ReplaceStep::SyncFile, "old", "new content"),
            (ReplaceStep::Rename, "old", "new content"),
            (ReplaceStep::SyncDirectory, "new content", ""),
        ];
        assert_eq!(
            seen,
            expected.map(|(step, old, new)| (step, old.to_owned(), new.to_owned()))
        );
    }

    #[test]
    fn a_link_in_place_of_the_temporary_file_is_replaced_and_not_followed() {
        let folder = tempfile::tempdir().expect("a folder");
        let [path, other] = ["state", "other"].map(|name| folder.path().join(name));
        std::fs::write(&other, "precious").expect("written");
        std::os::unix::fs::symlink(&other, folder.path().join("state.tmp")).expect("a link");
        replace(&path, b"content", &mut |_| Ok(())).expect("replaced");
        let read = |path: &Path| std::fs::read_to_string(path).expect("read");
        assert_eq!(
            (read(&path), read(&other)),
            ("content".into(), "precious".into())
        );
        assert!(!path.is_symlink());
    }

    #[test]
    fn a_directory_in_place_of_the_temporary_file_is_an_error_of_its_own() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("state");
        std::fs::create_dir(folder.path().join("state.tmp")).expect("a folder");
        let error = replace(&path, b"content", &mut |_| Ok(())).expect_err("a directory");
        // Not that it exists already, which would hide why it could not be removed.
        assert_eq!(error.kind(), io::ErrorKind::IsADirectory);
    }

    #[test]
    fn only_the_owner_can_read_the_file() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("state");
        replace(&path, b"content", &mut |_| Ok(())).expect("replaced");
        let metadata = std::fs::metadata(&path).expect("it exists");
        assert_eq!(metadata.permissions().mode() & 0o777, 0o600);
    }
}
