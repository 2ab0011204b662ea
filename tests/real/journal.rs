//! A real journal: `systemd-journal-remote` writes records to a directory, and the exporter reads them with
//! `journalctl` across restarts.

use std::io::Write;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

use crate::Result;
use crate::exporter::Daemon;

/// Path of the program in Debian.
const REMOTE: &str = "/lib/systemd/systemd-journal-remote";

/// The facilities `mail` and `daemon` (RFC 5424, section 6.2.1).
const MAIL: u8 = 2;
const DAEMON: u8 = 3;

/// Records per part; every tenth is followed by one that tries to forge another, and by one of another facility.
const PART: u64 = 500;

/// Number of restarts, alternately after SIGTERM and SIGKILL, with a part of the records before, during and
/// after each.
const ENDS: u64 = 4;

/// Reply codes of the records, in turn.
const CODES: [u64; 5] = [421, 450, 452, 550, 554];

/// A running `systemd-journal-remote` that reads records from the test, killed on drop.
struct Journal {
    child: Child,
    written: u64,
}

impl Journal {
    fn start(directory: &Path) -> Result<Self> {
        std::fs::create_dir(directory)?;
        let output = directory.join("remote.journal");
        let child = Command::new(REMOTE)
            .arg(format!("--output={}", output.display()))
            .arg("-")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        Ok(Journal { child, written: 0 })
    }

    /// Writes a part in the journal's export format.
    fn write_part(&mut self) -> Result<()> {
        let mut text = Vec::new();
        for number in self.written..self.written + PART {
            let code = CODES[number as usize % CODES.len()];
            let message = format!(
                "{:X}: to=<ann@example.org>, relay=mx.example.net[192.0.2.1]:25, delay=1, \
                 delays=0/0/1/0, dsn=4.0.0, status=deferred (host mx.example.net[192.0.2.1] said: \
                 {code} ",
                number + 0x10_0000
            );
            let mut message = message.into_bytes();
            message.extend(b"not \xff text (in reply to RCPT TO command))");
            record(&mut text, 3 * number, MAIL, b"postfix/smtp", &message);
            if number % 10 == 9 {
                let forged = b"x\nNov 23 10:00:00 mx postfix/smtp[1]: 4F9D195432C: to=<a@b.c>, \
                    relay=none, delay=1, delays=0/0/1/0, dsn=2.0.0, status=sent (250 ok)";
                record(&mut text, 3 * number + 1, MAIL, b"cron", forged);
                record(&mut text, 3 * number + 2, DAEMON, b"postfix/smtp", &message);
            }
        }
        self.written += PART;
        let input = self.child.stdin.as_mut().ok_or("no standard input")?;
        input.write_all(&text)?;
        Ok(input.flush()?)
    }

    fn lines(&self) -> u64 {
        self.written + self.written / 10
    }

    /// The expected counts.
    fn truth(&self) -> Value {
        let each = self.written / CODES.len() as u64;
        let codes: serde_json::Map<String, Value> = CODES
            .iter()
            .map(|code| (code.to_string(), each.into()))
            .collect();
        json!({
            "codes": {"outbound": codes},
            "enhanced": {"outbound": codes},
            "deliveries": {"deferred": self.written},
            "connect_errors": {}
        })
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn record(text: &mut Vec<u8>, number: u64, facility: u8, identifier: &[u8], message: &[u8]) {
    let micros = 1_763_900_000_000_000 + number;
    // The machine starts again once in each part, in its middle.
    let boot = 1 + (number + 3 * PART / 2) / (3 * PART);
    text.extend(
        format!(
            "__REALTIME_TIMESTAMP={micros}\n__MONOTONIC_TIMESTAMP={number}\n\
             _BOOT_ID={boot:032x}\n_HOSTNAME=mx\n_PID=7\n\
             SYSLOG_FACILITY={facility}\nSYSLOG_IDENTIFIER="
        )
        .bytes(),
    );
    text.extend(identifier);
    // A binary field is written with its length.
    text.extend(b"\nMESSAGE\n");
    text.extend((message.len() as u64).to_le_bytes());
    text.extend(message);
    text.extend(b"\n\n");
}

/// Compares the exporter's counts with what was written.
pub struct Counted {
    pub expected: Value,
    pub actual: Value,
}

/// Reads a journal with restarts of the exporter.
pub fn read_across_restarts(folder: &Path) -> Result<Counted> {
    let directory = folder.join("journal");
    let mut journal = Journal::start(&directory)?;
    let config = format!(
        "sources:\n  - name: journal\n    journald: {{directory: {}, facilities: [mail]}}\nstate: {{path: {}}}\n",
        directory.display(),
        folder.join("state").display()
    );
    journal.write_part()?;
    let mut daemon = Daemon::configured(&config, folder)?;
    for end in 0..ENDS {
        daemon.scrape_after(journal.lines())?;
        journal.write_part()?;
        // Probably while it is reading.
        daemon.end(if end % 2 == 0 { "KILL" } else { "TERM" })?;
        journal.write_part()?;
        daemon = Daemon::configured(&config, folder)?;
    }
    // A duplicated record would be counted before the last part.
    daemon.scrape_after(journal.lines())?;
    journal.write_part()?;
    let scrape = daemon.scrape_after(journal.lines())?;
    let lines = scrape.sum("maillog_lines_total");
    if lines != journal.lines() {
        return Err(format!("{lines} lines of {}", journal.lines()).into());
    }
    Ok(Counted {
        expected: journal.truth(),
        actual: scrape.to_report(),
    })
}
