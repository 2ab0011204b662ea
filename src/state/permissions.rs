//! Warns about a state file that other users can replace: they decide what is counted after the next start.

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use tracing::warn;

use super::disk::directory_of;

/// The permission to write for the group and for others.
const WRITABLE: u32 = 0o022;
/// In such a directory, only the owner of a file can replace it.
const STICKY: u32 = 0o1000;

/// Warns if other users can change the state file, or replace it in its directory.
pub(super) fn warn_if_unsafe(path: &Path) {
    let own = rustix::process::geteuid().as_raw();
    let directory = directory_of(path);
    if let Ok(metadata) = directory.metadata()
        && let Some(problem) = problem_of_directory(&metadata, own)
    {
        warn!(path = %directory.display(), problem, "other users can replace the state file");
    }
    if let Ok(metadata) = path.symlink_metadata()
        && let Some(problem) = problem_of_file(&metadata, own)
    {
        warn!(path = %path.display(), problem, "other users can change the state file");
    }
}

fn problem_of_directory(metadata: &Metadata, own: u32) -> Option<&'static str> {
    if metadata.mode() & WRITABLE != 0 && metadata.mode() & STICKY == 0 {
        return Some("its group or everybody can write to the directory");
    }
    is_other(metadata.uid(), own).then_some("the directory belongs to another user")
}

fn problem_of_file(metadata: &Metadata, own: u32) -> Option<&'static str> {
    if metadata.mode() & WRITABLE != 0 {
        return Some("its group or everybody can write to the file");
    }
    is_other(metadata.uid(), own).then_some("the file belongs to another user")
}

/// Whether this is neither the own user nor the superuser.
fn is_other(user: u32, own: u32) -> bool {
    user != own && user != 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn what_others_can_write_to_is_unsafe() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("state");
        fs::write(&file, "").expect("written");
        let own = fs::metadata(&file).expect("metadata").uid();
        let with_mode = |path: &Path, mode| {
            fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("set");
            fs::metadata(path).expect("metadata")
        };
        for (mode, safe) in [
            (0o700, true),
            (0o755, true),
            (0o775, false),
            (0o777, false),
            (0o1777, true),
        ] {
            let metadata = with_mode(folder.path(), mode);
            assert_eq!(
                problem_of_directory(&metadata, own).is_none(),
                safe,
                "{mode:o}"
            );
        }
        for (mode, safe) in [(0o600, true), (0o644, true), (0o664, false), (0o602, false)] {
            let metadata = with_mode(&file, mode);
            assert_eq!(problem_of_file(&metadata, own).is_none(), safe, "{mode:o}");
        }
        assert!(is_other(1001, 1000) && is_other(1001, 0));
        assert!(!is_other(1000, 1000) && !is_other(0, 1000) && !is_other(0, 0));
        let metadata = with_mode(&file, 0o600);
        let is_safe = problem_of_file(&metadata, own + 1).is_none();
        assert_eq!(is_safe, own == 0, "the file of another user");
    }
}
