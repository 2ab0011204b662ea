//! Mounted file systems that may not answer: those over a network, and those that a program provides (FUSE).
//!
//! Every operation on a file in them, even to ask whether it exists, waits until the server or program answers, which may be
//! forever. Nothing here touches such a file system, unless it says so.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs::Metadata;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Component, Path, PathBuf};
use std::sync::mpsc::channel;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// What is mounted for this process (proc_pid_mountinfo(5)).
const TABLE: &str = "/proc/self/mountinfo";

/// Types of file systems, besides those of FUSE, which begin with `fuse`.
const TYPES: [&[u8]; 16] = [
    b"9p",
    b"afs",
    b"autofs",
    b"beegfs",
    b"ceph",
    b"cifs",
    b"coda",
    b"glusterfs",
    b"lustre",
    b"ncpfs",
    b"nfs",
    b"nfs4",
    b"smb3",
    b"smbfs",
    b"vboxsf",
    b"virtiofs",
];

/// How many symbolic links are followed in one path, as in path_resolution(7).
const MAX_LINKS: usize = 40;

/// How long an answer is waited for.
const ANSWER_TIME: Duration = Duration::from_secs(2);

/// For how long a file system that did not answer is not asked again.
const SILENT_FOR: Duration = Duration::from_secs(30);

/// Mount points of file systems that did not answer, and when they were asked.
static SILENT: Mutex<BTreeMap<PathBuf, Instant>> = Mutex::new(BTreeMap::new());

/// The mount point of the first file system on the way to `path` that may not answer. Symbolic links are followed up to there.
pub(crate) fn unreliable(path: &Path) -> Option<PathBuf> {
    let text = std::fs::read(TABLE).ok()?;
    on_the_way(&Mounts::parse(&text), &std::path::absolute(path).ok()?)
}

/// The mount points below a directory of file systems that may not answer, if the path of the directory has no symbolic links.
pub(crate) fn unreliable_below(directory: &Path) -> Vec<PathBuf> {
    let text = std::fs::read(TABLE).unwrap_or_default();
    let mounts = Mounts::parse(&text).0.into_iter();
    let below = mounts.filter(|it| it.is_unreliable && it.point.starts_with(directory));
    below
        .map(|it| it.point)
        .filter(|it| it != directory)
        .collect()
}

/// The mount point that [`unreliable`] finds, if its file system does not answer within two seconds. A thread waits for the
/// answer, and ends with it. What did not answer is not asked again for half a minute.
pub(crate) fn silent(path: &Path) -> Option<PathBuf> {
    let point = unreliable(path)?;
    let mut silent = SILENT.lock().unwrap_or_else(PoisonError::into_inner);
    silent.retain(|_, since| since.elapsed() < SILENT_FOR);
    if !silent.contains_key(&point) {
        if answers(&point, ANSWER_TIME) {
            return None;
        }
        silent.insert(point.clone(), Instant::now());
    }
    Some(point)
}

/// The metadata of a file, unless it does not exist, or is in a file system that does not answer.
pub(crate) fn metadata(path: &Path) -> Option<Metadata> {
    silent(path)
        .is_none()
        .then(|| std::fs::metadata(path).ok())?
}

fn answers(point: &Path, limit: Duration) -> bool {
    let (sender, receiver) = channel();
    let point = point.to_owned();
    let thread = std::thread::Builder::new().name("mount".into());
    let asked = thread.spawn(move || {
        let _ = std::fs::read_dir(&point);
        // The receiver may have stopped waiting.
        let _ = sender.send(());
    });
    asked.is_ok() && receiver.recv_timeout(limit).is_ok()
}

fn on_the_way(mounts: &Mounts, path: &Path) -> Option<PathBuf> {
    let mut left = components(path);
    let mut at = PathBuf::from("/");
    let mut links = 0;
    while let Some(name) = left.pop() {
        if name == ".." {
            at.pop();
            continue;
        }
        at.push(name);
        if let Some(point) = mounts.unreliable_at(&at) {
            return Some(point.to_owned());
        }
        if let Ok(target) = std::fs::read_link(&at) {
            links += 1;
            if links > MAX_LINKS {
                return None;
            }
            at.pop();
            if target.is_absolute() {
                at = PathBuf::from("/");
            }
            left.extend(components(&target));
        }
    }
    None
}

/// The names in a path, the last one first; `..` is one of them.
fn components(path: &Path) -> Vec<OsString> {
    let names = path.components().rev().filter_map(|it| match it {
        Component::Normal(name) => Some(name.to_owned()),
        Component::ParentDir => Some("..".into()),
        Component::RootDir | Component::CurDir | Component::Prefix(_) => None,
    });
    names.collect()
}

/// The mounted file systems in the order in which they were mounted.
struct Mounts(Vec<Mount>);

struct Mount {
    point: PathBuf,
    is_unreliable: bool,
}

impl Mounts {
    /// Lines of `/proc/self/mountinfo`; those that are not understood are left out.
    fn parse(text: &[u8]) -> Self {
        Mounts(
            text.split(|byte| *byte == b'\n')
                .filter_map(mount)
                .collect(),
        )
    }

    /// The mount point of a path, if its file system may not answer.
    fn unreliable_at(&self, path: &Path) -> Option<&Path> {
        let covering = self.0.iter().filter(|it| path.starts_with(&it.point));
        // One that was mounted later hides an earlier one at the same point.
        let mount = covering.max_by_key(|it| it.point.as_os_str().len())?;
        mount.is_unreliable.then_some(&mount.point)
    }
}

/// A line such as `36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw`.
fn mount(line: &[u8]) -> Option<Mount> {
    let mut fields = line.split(|byte| *byte == b' ');
    let point = unescape(fields.nth(4)?);
    let kind = fields.skip_while(|field| *field != b"-").nth(1)?;
    Some(Mount {
        point: OsString::from_vec(point).into(),
        is_unreliable: kind.starts_with(b"fuse") || TYPES.contains(&kind),
    })
}

/// Space, tab, newline and backslash are written as three octal digits.
fn unescape(field: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(field.len());
    let mut rest = field;
    while let Some((&byte, after)) = rest.split_first() {
        let digits = (byte == b'\\').then(|| after.first_chunk::<3>()).flatten();
        let code = digits.and_then(|digits| {
            let digits = OsStr::from_bytes(digits).to_str()?;
            u8::from_str_radix(digits, 8).ok()
        });
        bytes.push(code.unwrap_or(byte));
        rest = if code.is_some() { &after[3..] } else { after };
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &[u8] = b"27 1 254:0 / / rw,relatime - ext4 /dev/vda rw\n\
        36 27 0:40 / /srv/mail\\040logs rw shared:7 master:1 - nfs4 server:/logs rw\n\
        37 27 0:41 / /srv/mail\\040logs/local rw - tmpfs tmpfs rw\n\
        38 27 0:42 / /home rw - fuse.sshfs user@host: rw\n\
        39 27 0:43 / /home rw - ext4 /dev/vdb rw\n\
        40 27 0:44 / /misc rw - autofs systemd-1 rw\n\
        a line that nobody has written\n";

    #[test]
    fn the_file_system_is_that_of_the_innermost_and_newest_mount() {
        let mounts = Mounts::parse(TABLE);
        let nfs = Path::new("/srv/mail logs");
        for (path, expected) in [
            ("/var/log/mail.log", None),
            ("/srv/mail logs", Some(nfs)),
            ("/srv/mail logs/a/mail.log", Some(nfs)),
            ("/srv/mail logs/local/mail.log", None),
            ("/srv/mail logs2/mail.log", None),
            ("/home/logs/mail.log", None),
            ("/misc/x", Some(Path::new("/misc"))),
        ] {
            assert_eq!(mounts.unreliable_at(Path::new(path)), expected, "{path}");
        }
        let all = Mounts::parse(b"27 1 0:1 / / rw - fuse.fuse-overlayfs x rw");
        assert_eq!(
            on_the_way(&all, Path::new("/var/log")),
            Some(PathBuf::from("/"))
        );
    }

    #[test]
    fn links_are_followed_up_to_the_mount() {
        let folder = tempfile::tempdir().expect("a folder");
        let folder = folder.path().canonicalize().expect("a path");
        let point = folder.join("mount");
        for (link, target) in [
            ("absolute", point.join("deep")),
            ("relative", "mount/deep".into()),
            ("twice", "./sub/../relative".into()),
            ("loop", "loop".into()),
        ] {
            std::os::unix::fs::symlink(target, folder.join(link)).expect("a link");
        }
        let line = format!("1 1 0:1 / {} rw - nfs server:/ rw", point.display());
        let mounts = Mounts::parse(line.as_bytes());
        for (path, is_on_it) in [
            ("mount/mail.log", true),
            ("absolute/mail.log", true),
            ("relative/mail.log", true),
            ("twice/mail.log", true),
            ("mount/../mail.log", true),
            ("other/../mount2/mail.log", false),
            ("loop/mail.log", false),
            ("missing/mail.log", false),
        ] {
            let found = on_the_way(&mounts, &folder.join(path));
            assert_eq!(found, is_on_it.then(|| point.clone()), "{path}");
        }
    }

    #[test]
    fn escapes_are_octal() {
        assert_eq!(unescape(br"a\040b\134c\011"), b"a b\\c\t");
        assert_eq!(unescape(br"\04"), br"\04");
        assert_eq!(unescape(br"\999\0"), br"\999\0");
    }

    #[test]
    fn a_directory_answers() {
        assert!(answers(Path::new("/"), Duration::from_secs(30)));
        assert!(unreliable(Path::new("/proc/self/mountinfo")).is_none());
    }
}
