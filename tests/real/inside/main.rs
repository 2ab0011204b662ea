//! Helper program for containers: compiled separately, static, without dependencies.
//!
//! `writer FILE FORM COUNT MILLISECONDS` writes the log of a mail server: COUNT lines with a pause after each,
//! then it prints `done` and keeps running. `probe` prints the writable directories.

use std::env;
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::thread;
use std::time::Duration;

/// Lines that are repeated: one fifth each of 421, 452 4.2.2 and 250, and two fifths of inbound 550.
const LINES: [&str; 5] = [
    "postfix/smtp[812]: 4F9D1A0001: to=<ann@example.org>, relay=mx.example.org[192.0.2.1]:25, delay=1, \
     delays=0/0/0.5/0.5, dsn=4.7.0, status=deferred (host mx.example.org[192.0.2.1] said: 421 4.7.0 Try \
     again later (in reply to MAIL FROM command))",
    "postfix/smtp[812]: 4F9D1A0002: to=<bob@example.org>, relay=mx.example.org[192.0.2.1]:25, delay=1, \
     delays=0/0/0.5/0.5, dsn=4.2.2, status=deferred (host mx.example.org[192.0.2.1] said: 452 4.2.2 \
     Mailbox full (in reply to RCPT TO command))",
    "postfix/smtp[812]: 4F9D1A0003: to=<cat@example.org>, relay=mx.example.org[192.0.2.1]:25, delay=1, \
     delays=0/0/0.5/0.5, dsn=2.0.0, status=sent (250 2.0.0 Ok)",
    "postfix/smtpd[9]: NOQUEUE: reject: RCPT from unknown[198.51.100.9]: 550 5.1.1 <dan@example.com>: \
     Recipient address rejected: User unknown; from=<eve@example.org> to=<dan@example.com> proto=ESMTP \
     helo=<example.org>",
    "postfix/smtpd[9]: NOQUEUE: reject: RCPT from unknown[198.51.100.9]: 550 5.1.1 <fay@example.com>: \
     Recipient address rejected: User unknown; from=<eve@example.org> to=<fay@example.com> proto=ESMTP \
     helo=<example.org>",
];

/// Timestamp of all lines; only counts are compared.
const TIME: &str = "2026-11-23T10:00:00.000000+00:00";

/// The same in the form of Postfix's own log file.
const TRADITIONAL_TIME: &str = "Nov 23 10:00:00";

fn main() {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["writer", file, form, count, pause] => {
            let pause = Duration::from_millis(pause.parse().expect("MILLISECONDS is a number"));
            write(
                Path::new(file),
                form,
                count.parse().expect("COUNT is a number"),
                pause,
            );
        }
        ["probe"] => probe(Path::new("/")),
        _ => panic!("{arguments:?}: expected writer FILE FORM COUNT MILLISECONDS or probe"),
    }
}

fn write(path: &Path, form: &str, count: usize, pause: Duration) {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).expect("the log's folder");
    }
    let mut log = OpenOptions::new()
        .create(true)
        .append(true)
        .open(path)
        .expect("the log");
    for body in LINES.iter().cycle().take(count) {
        let line = match form {
            "plain" => format!("{TIME} mx1 {body}\n"),
            "traditional" => format!("{TRADITIONAL_TIME} mx1 {body}\n"),
            "cri" => format!("2026-11-23T10:00:00.123456789Z stdout F {TIME} mx1 {body}\n"),
            _ => panic!("{form}: expected plain, traditional or cri"),
        };
        log.write_all(line.as_bytes()).expect("a line");
        thread::sleep(pause);
    }
    println!("done");
    loop {
        thread::park();
    }
}

/// Prints every directory below `folder` in which a file can be created.
fn probe(folder: &Path) {
    let name = folder.join("probe-was-here");
    if File::create(&name).is_ok() {
        println!("{}", folder.display());
        let _ = fs::remove_file(name);
    }
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        let kernel = ["/proc", "/sys", "/dev"]
            .iter()
            .any(|it| path == Path::new(it));
        if !kernel && entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            probe(&path);
        }
    }
}
