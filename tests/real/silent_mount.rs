//! A file system that stops answering: a real FUSE server that is stopped with SIGSTOP, as a file server that hangs. The
//! log in it is the only one that waits.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::Result;
use crate::exporter::{Daemon, get};
use crate::wait::until;

/// The FUSE device of the kernel.
pub const DEVICE: &str = "/dev/fuse";

const PATIENCE: Duration = Duration::from_secs(60);

/// How long the daemon may take to end.
const END: Duration = Duration::from_secs(10);

/// A directory that is seen through a FUSE server at another path.
struct Mount {
    server: Child,
    /// Where the files are.
    behind: PathBuf,
    /// Where they are seen.
    point: PathBuf,
}

impl Mount {
    fn new(folder: &Path) -> Result<Self> {
        let (behind, point) = (folder.join("behind"), folder.join("mount"));
        fs::create_dir(&behind)?;
        fs::create_dir(&point)?;
        fs::write(behind.join("mail.log"), "")?;
        let server = Command::new("bindfs")
            .arg("-f")
            .args([&behind, &point])
            .stdin(Stdio::null())
            .spawn()?;
        until("the file system", PATIENCE, || {
            Ok(point.join("mail.log").exists().then_some(()))
        })?;
        Ok(Mount {
            server,
            behind,
            point,
        })
    }

    fn signal(&self, signal: &str) -> Result<()> {
        let pid = self.server.id().to_string();
        let status = Command::new("kill").args([signal, &pid]).status()?;
        status.success().then_some(()).ok_or("no server".into())
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        // Killed, it makes whatever waits for it fail.
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

fn append(log: &Path, codes: &[u16]) -> Result<()> {
    let mut text = String::new();
    for code in codes {
        text.push_str(&format!(
            "2026-11-20T10:00:00+00:00 mx1 postfix/smtp[812]: 4F9D1954301: to=<ann@example.org>, \
             relay=mx.example.org[192.0.2.1]:25, delay=1, delays=0/0/0.5/0.5, dsn=4.0.0, \
             status=deferred (host mx.example.org[192.0.2.1] said: {code} Later (in reply to MAIL FROM command))\n"
        ));
    }
    let mut file = fs::OpenOptions::new().append(true).open(log)?;
    Ok(file.write_all(text.as_bytes())?)
}

/// Waits until a source has read this many lines and is up or down.
fn until_source(daemon: &Daemon, name: &str, lines: u64, is_up: bool) -> Result<()> {
    let mut last = String::new();
    until(
        &format!("{lines} lines of {name}, up: {is_up}"),
        PATIENCE,
        || {
            last = daemon.scrape()?.0;
            let read: u64 = values(&last, "maillog_lines_total", name).iter().sum();
            let up = values(&last, "maillog_source_up", name);
            Ok((read == lines && up == [u64::from(is_up)]).then_some(()))
        },
    )
    .map_err(|error| format!("{error}; last: {last}").into())
}

/// The values of a family for a source.
fn values(exposition: &str, family: &str, source: &str) -> Vec<u64> {
    let of_source = format!("source=\"{source}\"");
    let lines = exposition.lines().filter(|line| {
        line.strip_prefix(family)
            .is_some_and(|rest| rest.starts_with('{'))
            && line.contains(&of_source)
    });
    lines
        .filter_map(|line| line.rsplit_once(' ')?.1.parse().ok())
        .collect()
}

/// Ends the daemon with SIGTERM, in time.
fn end(mut daemon: Daemon) -> Result<()> {
    let start = Instant::now();
    daemon.end("TERM")?;
    let taken = start.elapsed();
    if taken > END {
        return Err(format!("it took {taken:?} to end").into());
    }
    Ok(())
}

pub fn only_its_log_waits(folder: &Path) -> Result<()> {
    let mount = Mount::new(folder)?;
    let near = folder.join("near.log");
    fs::write(&near, "")?;
    let far = mount.behind.join("mail.log");
    let config = format!(
        "sources:\n  - {{name: near, files: [{}]}}\n  - {{name: far, files: ['{}/*.log']}}\nstate: {{path: '{}'}}\n",
        near.display(),
        mount.point.display(),
        folder.join("state").display()
    );
    let daemon = Daemon::configured(&config, folder)?;
    append(&near, &[450])?;
    append(&far, &[421, 451])?;
    until_source(&daemon, "near", 1, true)?;
    until_source(&daemon, "far", 2, true)?;

    mount.signal("-STOP")?;
    append(&far, &[452])?;
    append(&near, &[450, 450])?;
    until_source(&daemon, "near", 3, true)?;
    until_source(&daemon, "far", 2, false)?;
    get(&daemon.address, "/-/healthy")?;
    end(daemon)?;

    // It starts while the file system does not answer.
    let daemon = Daemon::configured(&config, folder)?;
    append(&near, &[450])?;
    until_source(&daemon, "near", 4, true)?;
    until_source(&daemon, "far", 2, false)?;
    mount.signal("-CONT")?;
    until_source(&daemon, "far", 3, true)?;
    let scrape = daemon.scrape()?;
    for (code, count) in [("421", 1), ("450", 4), ("451", 1), ("452", 1)] {
        let counted = scrape.value("maillog_codes_total", "code", code);
        if counted != Some(count) {
            return Err(format!("{code}: {counted:?} instead of {count}: {}", scrape.0).into());
        }
    }
    end(daemon)
}
