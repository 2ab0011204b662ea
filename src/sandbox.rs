//! The sandbox of the daemon: Landlock (landlock(7), part of Linux since 5.13) restricts which files it may open.
//!
//! It holds until the end of the process and for programs that the process starts. Rules are about the directories that
//! exist when it is entered: one that replaces another of the same name later is outside.

use std::fmt;
use std::io;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use landlock::{
    ABI, Access as _, AccessFs, BitFlags, PathBeneath, Ruleset, RulesetAttr, RulesetCreatedAttr,
    RulesetStatus,
};
use rustix::fs::{Mode, OFlags};

use crate::mounts;

/// The version of Landlock whose rules are used (Linux 6.10). An older kernel applies those that it knows.
const VERSION: ABI = ABI::V5;

/// The sandbox of this process, once it has been entered.
static SANDBOX: OnceLock<Sandbox> = OnceLock::new();

/// What may be done with a file or directory, and everything below it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// Files may be read, and directories listed.
    Read,
    /// The same, and regular files may be written, created and removed.
    Write,
    /// Sockets may be created and removed.
    Sockets,
    /// A device may be read and written.
    Device,
    /// Programs may be read and run.
    Run,
}

impl Access {
    fn rights(self) -> BitFlags<AccessFs> {
        let read = AccessFs::ReadFile | AccessFs::ReadDir;
        match self {
            Access::Read => read,
            Access::Write => {
                read | AccessFs::WriteFile
                    | AccessFs::Truncate
                    | AccessFs::MakeReg
                    | AccessFs::RemoveFile
            }
            Access::Sockets => AccessFs::MakeSock | AccessFs::RemoveFile,
            Access::Device => AccessFs::ReadFile | AccessFs::WriteFile,
            Access::Run => read | AccessFs::Execute,
        }
    }
}

/// A file or directory that may be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub path: PathBuf,
    pub access: Access,
}

/// How much of the sandbox is in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Enforcement {
    /// All of it.
    Full,
    /// What this kernel knows.
    Partial,
    /// None: this kernel has no Landlock, or does not allow it.
    None,
}

/// The sandbox that was entered.
struct Sandbox {
    enforcement: Enforcement,
    /// The places without symbolic links.
    allowed: Vec<Place>,
    /// Keeps what represents files of `/proc` in the kernel: rules are lost with it.
    _open: Vec<OwnedFd>,
}

/// Restricts this thread, and the threads and programs that it starts from now on, to these places. A directory that
/// does not exist yet is represented by the nearest one above it that does, but never by `/`.
///
/// Must be called once, while the process has no other thread.
///
/// # Errors
///
/// If the kernel has Landlock and refuses a rule; then nothing is restricted.
pub(crate) fn enter(places: &[Place]) -> io::Result<Enforcement> {
    let mut rules = Ruleset::default()
        .handle_access(AccessFs::from_all(VERSION))
        .and_then(Ruleset::create)
        .map_err(io::Error::other)?;
    let mut allowed: Vec<Place> = Vec::new();
    let mut open = Vec::new();
    for place in places {
        let Some(existing) = existing(place) else {
            continue;
        };
        if allowed.contains(&existing) {
            continue;
        }
        let flags = OFlags::PATH | OFlags::CLOEXEC;
        // It may be gone, or be below a directory that may not be searched.
        let Ok(file) = rustix::fs::open(&existing.path, flags, Mode::empty()) else {
            continue;
        };
        let mut rights = existing.access.rights();
        if !existing.path.is_dir() {
            rights &= AccessFs::from_file(VERSION);
        }
        rules = rules
            .add_rule(PathBeneath::new(&file, rights))
            .map_err(io::Error::other)?;
        if existing.path.starts_with("/proc") {
            open.push(file);
        }
        allowed.push(existing);
    }
    let status = rules.restrict_self().map_err(io::Error::other)?;
    let enforcement = match status.ruleset {
        RulesetStatus::FullyEnforced => Enforcement::Full,
        RulesetStatus::PartiallyEnforced => Enforcement::Partial,
        RulesetStatus::NotEnforced => Enforcement::None,
    };
    let _ = SANDBOX.set(Sandbox {
        enforcement,
        allowed,
        _open: open,
    });
    Ok(enforcement)
}

/// Whether this process is in a sandbox that the kernel enforces.
pub(crate) fn is_active() -> bool {
    SANDBOX
        .get()
        .is_some_and(|sandbox| sandbox.enforcement != Enforcement::None)
}

/// Whether the sandbox, if there is one, allows the use of a place.
pub(crate) fn allows(place: &Place) -> bool {
    let Some(sandbox) = SANDBOX.get().filter(|_| is_active()) else {
        return true;
    };
    existing(place).is_some_and(|place| {
        let covers =
            |it: &Place| place.path.starts_with(&it.path) && grants(it.access, place.access);
        sandbox.allowed.iter().any(covers)
    })
}

fn grants(allowed: Access, needed: Access) -> bool {
    allowed.rights().contains(needed.rights())
}

/// The error of opening a file for reading, with the reason if it is the sandbox.
pub(crate) fn explain(path: &Path, error: io::Error) -> io::Error {
    let place = Place {
        path: path.to_owned(),
        access: Access::Read,
    };
    if error.kind() == io::ErrorKind::PermissionDenied && !allows(&place) {
        return io::Error::new(error.kind(), OutsideSandbox(error));
    }
    error
}

/// An error whose reason is the sandbox.
#[derive(Debug)]
struct OutsideSandbox(io::Error);

impl fmt::Display for OutsideSandbox {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let OutsideSandbox(error) = self;
        write!(
            formatter,
            "{error}: outside of the directories that the sandbox allows since the start; a restart allows those of the \
             current configuration"
        )
    }
}

impl std::error::Error for OutsideSandbox {}

/// The place without symbolic links, or the nearest directory above it that exists and answers; `None` if that is `/`.
fn existing(place: &Place) -> Option<Place> {
    // A file system that does not answer cannot be looked into, nor can its mount point be made a rule.
    let silent = mounts::silent(&place.path);
    let path = silent.as_deref().map_or(Some(&*place.path), Path::parent)?;
    let found = path.ancestors().find_map(|path| {
        let path = if path.as_os_str().is_empty() {
            Path::new(".")
        } else {
            path
        };
        path.canonicalize().ok()
    })?;
    let is_whole = found.parent().is_none() && place.path != found;
    (!is_whole).then_some(Place {
        path: found,
        access: place.access,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(path: impl Into<PathBuf>) -> Place {
        Place {
            path: path.into(),
            access: Access::Read,
        }
    }

    #[test]
    fn a_directory_that_does_not_exist_is_represented_by_one_above_it_but_not_by_the_root() {
        let folder = tempfile::tempdir().expect("a folder");
        let whole = folder.path().canonicalize().expect("a path");
        let link = whole.join("link");
        std::os::unix::fs::symlink("/usr", &link).expect("a link");
        for (path, expected) in [
            (whole.join("log"), Some(whole.clone())),
            (whole.join("a/b/c"), Some(whole.clone())),
            (link.join("nothing/here"), Some("/usr".into())),
            ("/nonexistent/log".into(), None),
            ("/".into(), Some("/".into())),
        ] {
            let found = existing(&place(&path)).map(|it| it.path);
            assert_eq!(found, expected, "{}", path.display());
        }
    }

    #[test]
    fn what_may_be_written_may_be_read_but_not_run() {
        assert!(grants(Access::Write, Access::Read));
        assert!(!grants(Access::Read, Access::Write));
        assert!(!grants(Access::Write, Access::Run));
        assert!(!grants(Access::Write, Access::Sockets));
    }

    #[test]
    fn nothing_is_outside_without_a_sandbox() {
        let error = io::Error::from(io::ErrorKind::PermissionDenied);
        assert_eq!(
            explain(Path::new("/x"), error).to_string(),
            "permission denied"
        );
        assert!(!is_active());
    }
}
