//! How many file descriptors the process may have, and how many of them log files may take.
//!
//! HTTP connections, the state file and sources other than files keep a reserve. Log files are closed before it is
//! touched: a closed log is checked by its path, and opened again when it grows.

use std::io;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{LazyLock, OnceLock};
use std::time::Instant;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// What is kept for everything but log files: 64 HTTP connections, the state file, listeners, pipes, and what the
/// runtime needs.
const RESERVE: usize = 160;

/// How long fewer log files are open after the system had no descriptor left, in seconds.
const SHORTAGE: u64 = 60;

/// How many log files may be open; set by [`raise_limit`], or when it is first asked for.
static LIMIT: OnceLock<usize> = OnceLock::new();

/// How many log files are open.
static OPEN: AtomicUsize = AtomicUsize::new(0);

/// The limit while descriptors are short.
static LIMIT_OF_SHORTAGE: AtomicUsize = AtomicUsize::new(usize::MAX);

/// When descriptors are no longer short, in seconds since [`START`]; 0 if they never were.
static SHORT_UNTIL: AtomicU64 = AtomicU64::new(0);

static START: LazyLock<Instant> = LazyLock::new(Instant::now);

/// Raises the soft limit of open files to the hard one. Returns the limit; `None` if there is none.
pub(crate) fn raise_limit() -> Option<u64> {
    let limits = getrlimit(Resource::Nofile);
    if limits.current != limits.maximum {
        let raised = Rlimit {
            current: limits.maximum,
            maximum: limits.maximum,
        };
        // The lower limit stays in use.
        let _ = setrlimit(Resource::Nofile, raised);
    }
    let now = getrlimit(Resource::Nofile).current;
    let _ = LIMIT.set(share_of_log_files(now));
    now
}

/// How many of these descriptors log files may take.
fn share_of_log_files(limit: Option<u64>) -> usize {
    let limit = limit.map_or(usize::MAX, |limit| {
        usize::try_from(limit).unwrap_or(usize::MAX)
    });
    // With very few, log files have a quarter.
    limit.saturating_sub(RESERVE).max(limit / 4)
}

/// Whether another log file may be opened.
pub(crate) fn has_room() -> bool {
    let limit = LIMIT.get_or_init(|| share_of_log_files(getrlimit(Resource::Nofile).current));
    let open = OPEN.load(Ordering::Relaxed);
    open < *limit && (!are_short() || open < LIMIT_OF_SHORTAGE.load(Ordering::Relaxed))
}

/// Whether the system had no descriptor left a short time ago.
pub(crate) fn are_short() -> bool {
    let until = SHORT_UNTIL.load(Ordering::Relaxed);
    until > 0 && START.elapsed().as_secs() < until
}

/// Takes the error of opening or accepting something. If no descriptor was left, fewer log files are open for a while.
pub(crate) fn note_error(error: &io::Error) {
    let code = error.raw_os_error();
    let none_left = [rustix::io::Errno::MFILE, rustix::io::Errno::NFILE];
    if none_left.iter().any(|it| Some(it.raw_os_error()) == code) {
        let open = OPEN.load(Ordering::Relaxed);
        // Errors in quick succession are of the same shortage.
        if !are_short() || open < LIMIT_OF_SHORTAGE.load(Ordering::Relaxed) {
            LIMIT_OF_SHORTAGE.store((open / 2).max(1), Ordering::Relaxed);
        }
        let now = START.elapsed().as_secs();
        SHORT_UNTIL.store(now + SHORTAGE, Ordering::Relaxed);
    }
}

/// Counts an open log file until it is dropped.
#[derive(Debug)]
pub(crate) struct OpenLogFile(());

impl OpenLogFile {
    pub fn count() -> Self {
        OPEN.fetch_add(1, Ordering::Relaxed);
        OpenLogFile(())
    }
}

impl Drop for OpenLogFile {
    fn drop(&mut self) {
        OPEN.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reserve_is_kept_from_log_files() {
        assert_eq!(share_of_log_files(Some(1024)), 864);
        assert_eq!(share_of_log_files(Some(256)), 96);
        assert_eq!(share_of_log_files(Some(64)), 16);
        assert!(share_of_log_files(None) > 1 << 30);
    }
}
