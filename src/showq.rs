//! What waits in Postfix's queue: read from the socket of its showq(8) service, where configured.
//!
//! It stands apart because it is no log: the queue is a state of now, and listing it makes Postfix
//! open every queue file. So it is asked for once a minute by a thread of its own, never by a
//! scrape.

use std::io::{self, BufRead, BufReader, Read};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tracing::warn;

/// How often the queue is listed.
const INTERVAL: Duration = Duration::from_secs(60);

/// How long showq may be silent.
const PATIENCE: Duration = Duration::from_secs(10);

/// The longest name or value that is kept, in bytes; the rest of it is skipped. Queue names and
/// numbers are short, reasons are of no interest.
const LONGEST: usize = 256;

/// What showq says first (Postfix's `mail_proto.h`).
const PROTOCOL: &[u8] = b"mail_queue_list_protocol";

/// The queues that there are (Postfix's `QSHAPE_README`), in the order of [`Queues`].
pub const NAMES: [&str; 6] = [
    "maildrop", "incoming", "active", "deferred", "hold", "corrupt",
];

/// One queue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Queue {
    /// Messages in it.
    pub messages: u64,
    /// Their size, in bytes.
    pub bytes: u64,
    /// When the oldest of them arrived, in seconds since 1970.
    pub oldest: Option<i64>,
}

/// Every queue, in the order of [`NAMES`].
pub type Queues = [Queue; NAMES.len()];

/// The newest listing; `None` before the first, and after one that failed.
pub type Newest = Arc<Mutex<Option<Queues>>>;

/// Lists the queue once a minute from now on.
///
/// # Errors
///
/// If no thread can be started.
pub fn watch(socket: PathBuf) -> io::Result<Newest> {
    let newest = Newest::default();
    let shared = Arc::clone(&newest);
    std::thread::Builder::new()
        .name("showq".into())
        .spawn(move || {
            let mut failing = false;
            loop {
                let listing = list(&socket);
                if let Err(error) = &listing
                    && !failing
                {
                    warn!(socket = %socket.display(), %error, "the queue cannot be listed");
                }
                failing = listing.is_err();
                *shared.lock().unwrap_or_else(PoisonError::into_inner) = listing.ok();
                std::thread::sleep(INTERVAL);
            }
        })?;
    Ok(newest)
}

/// The newest listing, if there is one.
pub fn newest(newest: &Newest) -> Option<Queues> {
    *newest.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Lists the queue.
///
/// # Errors
///
/// If the socket cannot be reached, is silent for ten seconds, or speaks something else.
pub fn list(socket: &Path) -> io::Result<Queues> {
    let stream = UnixStream::connect(socket)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    read(BufReader::new(stream))
}

/// Reads the listing: names and values, each ended by a NUL; an empty name ends a message, and
/// an empty message the list (Postfix's `attr_print0.c`).
fn read(mut input: impl BufRead) -> io::Result<Queues> {
    let mut queues = Queues::default();
    let mut current = None;
    let (mut name, mut value) = (Vec::new(), Vec::new());
    let mut first = true;
    let mut empty = false;
    loop {
        token(&mut input, &mut name)?;
        if name.is_empty() {
            if empty {
                return Ok(queues);
            }
            empty = true;
            continue;
        }
        empty = false;
        token(&mut input, &mut value)?;
        if std::mem::take(&mut first) && (name != b"protocol" || value != PROTOCOL) {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "this is not the socket of a showq service of Postfix 3 or later",
            ));
        }
        let number = || {
            std::str::from_utf8(&value)
                .ok()
                .and_then(|text| text.parse::<i64>().ok())
        };
        match (&name[..], current) {
            (b"queue_name", _) => {
                current = NAMES.iter().position(|name| name.as_bytes() == value);
                if let Some(queue) = current {
                    queues[queue].messages += 1;
                }
            }
            (b"time", Some(queue)) => {
                let oldest: &mut Option<i64> = &mut queues[queue].oldest;
                *oldest = number().into_iter().chain(*oldest).min();
            }
            (b"size", Some(queue)) => {
                let size = number()
                    .and_then(|size| u64::try_from(size).ok())
                    .unwrap_or(0);
                queues[queue].bytes = queues[queue].bytes.saturating_add(size);
            }
            _ => {}
        }
    }
}

/// Reads up to the next NUL; keeps the beginning.
fn token(input: &mut impl BufRead, token: &mut Vec<u8>) -> io::Result<()> {
    token.clear();
    input.by_ref().take(LONGEST as u64).read_until(0, token)?;
    if token.pop_if(|last| *last == 0).is_some() {
        return Ok(());
    }
    if token.len() < LONGEST {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    input.skip_until(0).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(queue: &str, time: u64, size: u64) -> String {
        format!(
            "queue_name\0{queue}\0queue_id\04F9D195432C\0time\0{time}\0size\0{size}\0\
             forced_expire\00\0sender\0ann@example.net\0original_recipient\0\0\
             recipient\0bob@example.org\0log_class\0\0reason\0{}\0\0",
            "x".repeat(1000)
        )
    }

    #[test]
    fn messages_sizes_and_the_oldest_are_counted_by_queue() {
        let listing = format!(
            "protocol\0mail_queue_list_protocol\0\0{}{}{}\0",
            message("deferred", 200, 10),
            message("deferred", 100, 20),
            message("active", 300, 5)
        );
        let queues = read(listing.as_bytes()).expect("a listing");
        let of = |name| queues[NAMES.iter().position(|it| *it == name).expect("a queue")];
        assert_eq!(
            of("deferred"),
            Queue {
                messages: 2,
                bytes: 30,
                oldest: Some(100)
            }
        );
        assert_eq!(
            of("active"),
            Queue {
                messages: 1,
                bytes: 5,
                oldest: Some(300)
            }
        );
        assert_eq!(of("hold"), Queue::default());
    }

    #[test]
    fn an_empty_queue_is_no_error_and_a_listing_that_breaks_off_is_one() {
        let empty = b"protocol\0mail_queue_list_protocol\0\0\0";
        assert_eq!(read(&empty[..]).expect("a listing"), Queues::default());
        for broken in [
            &empty[..10],
            b"",
            b"HTTP/1.1 400 Bad Request\r\n\r\n",
            b"protocol\0other\0\0",
        ] {
            assert!(read(broken).is_err());
        }
    }
}
