//! The queues of Postfix, as its showq(8) service lists them.

use std::io::{self, BufRead, BufReader, Read};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use super::{NAMES, Queues};

/// How long to wait for data from showq.
const READ_TIMEOUT: Duration = Duration::from_secs(10);

/// The longest name or value that is kept, in bytes; the rest is skipped. Queue names and numbers are
/// shorter, and the texts that may be longer are not used.
const MAX_TOKEN_BYTES: usize = 256;

/// The value of the first attribute, `protocol` (Postfix's `mail_proto.h`).
const PROTOCOL: &[u8] = b"mail_queue_list_protocol";

/// Lists the queues.
///
/// # Errors
///
/// If the socket cannot be connected to, sends nothing for ten seconds, or does not speak showq's
/// protocol.
pub(super) fn list(socket: &Path) -> io::Result<Queues> {
    let stream = UnixStream::connect(socket)?;
    stream.set_read_timeout(Some(READ_TIMEOUT))?;
    parse(BufReader::new(stream))
}

/// Parses a listing: names and values, each followed by a NUL. An empty name ends a message, and an
/// empty message ends the listing (Postfix's `attr_print0.c`).
fn parse(mut input: impl BufRead) -> io::Result<Queues> {
    let mut queues = Queues::default();
    let mut current = None;
    let (mut name, mut value) = (Vec::new(), Vec::new());
    let mut first = true;
    let mut empty = false;
    loop {
        read_token(&mut input, &mut name)?;
        if name.is_empty() {
            if empty {
                return Ok(queues);
            }
            empty = true;
            continue;
        }
        empty = false;
        read_token(&mut input, &mut value)?;
        if std::mem::take(&mut first) && (name != b"protocol" || value != PROTOCOL) {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "not the socket of a showq service of Postfix 3 or later",
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

/// Reads a name or value up to its NUL, of which only the beginning is kept.
fn read_token(input: &mut impl BufRead, token: &mut Vec<u8>) -> io::Result<()> {
    token.clear();
    input
        .by_ref()
        .take(MAX_TOKEN_BYTES as u64)
        .read_until(0, token)?;
    if token.pop_if(|last| *last == 0).is_some() {
        return Ok(());
    }
    if token.len() < MAX_TOKEN_BYTES {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    input.skip_until(0).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::queue::Queue;

    fn message(queue: &str, time: u64, size: u64) -> String {
        format!(
            "queue_name\0{queue}\0queue_id\04F9D195432C\0time\0{time}\0size\0{size}\0\
             forced_expire\00\0sender\0ann@example.net\0original_recipient\0\0\
             recipient\0bob@example.org\0log_class\0\0reason\0{}\0\0",
            "x".repeat(1000)
        )
    }

    #[test]
    fn messages_are_counted_by_queue_with_size_and_oldest_arrival() {
        let listing = format!(
            "protocol\0mail_queue_list_protocol\0\0{}{}{}\0",
            message("deferred", 200, 10),
            message("deferred", 100, 20),
            message("active", 300, 5)
        );
        let queues = parse(listing.as_bytes()).expect("a listing");
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
    fn an_empty_queue_is_valid_and_a_truncated_listing_is_not() {
        let empty = b"protocol\0mail_queue_list_protocol\0\0\0";
        assert_eq!(parse(&empty[..]).expect("a listing"), Queues::default());
        for invalid in [
            &empty[..10],
            b"",
            b"HTTP/1.1 400 Bad Request\r\n\r\n",
            b"protocol\0other\0\0",
        ] {
            assert!(parse(invalid).is_err());
        }
    }
}
