//! A mail filter (milter) that rejects messages by address.
//!
//! Protocol of Sendmail's milters: a length of four bytes, a command letter, and its data.

use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::thread;

use crate::Result;

/// Serves a Unix-domain socket until the process ends.
pub fn listen(path: &Path) -> Result<()> {
    let listener = UnixListener::bind(path)?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o666))?;
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            // The session ends when the server closes the connection.
            thread::spawn(move || session(stream));
        }
    });
    Ok(())
}

fn session(mut stream: UnixStream) -> std::io::Result<()> {
    let mut refuse_at_end = false;
    loop {
        let mut length = [0; 4];
        stream.read_exact(&mut length)?;
        let mut packet = vec![0; u32::from_be_bytes(length) as usize];
        stream.read_exact(&mut packet)?;
        let text = String::from_utf8_lossy(packet.get(1..).unwrap_or_default()).into_owned();
        let says = |word: &str| text.contains(word);
        let answer: &[u8] = match packet.first() {
            // Version 6, no changes to the message, all protocol steps.
            Some(b'O') => b"O\0\0\0\x06\0\0\0\0\0\0\0\0",
            Some(b'M') if says("milter-reject@") => b"r",
            Some(b'M') if says("milter-tempfail@") => b"t",
            Some(b'R') if says("milter-550@") => b"y550 5.7.1 No mail, 421 times\0",
            Some(b'R') if says("milter-421@") => b"y421 4.7.0 Come back in 550 s\0",
            Some(b'R') => {
                refuse_at_end |= says("milter-at-end@");
                b"c"
            }
            Some(b'E') if refuse_at_end => b"y554 5.7.1 Content of kind 450\0",
            // Macros, abort and quit need no response.
            Some(b'D' | b'A') => continue,
            Some(b'Q') | None => return Ok(()),
            Some(_) => b"c",
        };
        stream.write_all(&(answer.len() as u32).to_be_bytes())?;
        stream.write_all(answer)?;
    }
}
