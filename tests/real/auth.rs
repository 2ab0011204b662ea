//! An authentication server that rejects every user, with Dovecot's protocol: lines of fields separated by
//! tabs.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::thread;

use crate::Result;

/// Rejects all authentications on a Unix-domain socket until the process ends.
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
    let reader = BufReader::new(stream.try_clone()?);
    stream.write_all(b"VERSION\t1\t1\nMECH\tPLAIN\tplaintext\nSPID\t1\nCUID\t1\nDONE\n")?;
    for line in reader.lines() {
        let line = line?;
        let mut fields = line.split('\t');
        if fields.next() == Some("AUTH") {
            let number = fields.next().unwrap_or_default();
            stream.write_all(format!("FAIL\t{number}\tuser=550\treason=421 times\n").as_bytes())?;
        }
    }
    Ok(())
}
