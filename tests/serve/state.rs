//! Counts and positions across restarts, after all kinds of process end.

use crate::daemon::*;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

/// Delivery records with one reply of 250 each.
fn records(numbers: std::ops::Range<u32>) -> String {
    numbers
        .map(|number| {
            format!(
                "Nov 23 10:00:00 mail postfix/smtp[1]: 4F9D1{number:06}: to=<ann@example.org>, \
                 relay=mx.example.org[192.0.2.1]:25, delay=1, delays=0/0/1/0, dsn=2.0.0, \
                 status=sent (250 2.0.0 Ok)\n"
            )
        })
        .collect()
}

fn keeping(log: &Path, state: &Path) -> Daemon {
    let state = format!("--state.path={}", state.display());
    Daemon::start(&[log.to_str().expect("a name"), &state])
}

/// The value of a sample on /metrics.
fn sample(daemon: &Daemon, name: &str) -> f64 {
    let text = String::from_utf8(daemon.get("/metrics").body).expect("text");
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    let value = line.unwrap_or_else(|| panic!("no {name} in {text}")).trim();
    value.parse().expect("a number")
}

const SENT: &str = "maillog_codes_total{direction=\"outbound\",code=\"250\"}";

#[test]
fn counts_and_positions_survive_sigterm_and_sigkill() {
    let folder = Folder::new();
    let (log, state) = (folder.path("mail.log"), folder.path("state/counts"));
    let mut file = folder.create("mail.log", "");
    let mut written = 0;
    for signal in ["TERM", "KILL", "INT", "KILL", "KILL"] {
        // Some lines are written while the daemon is stopped, some while it runs.
        write(&mut file, &records(written..written + 100));
        let mut daemon = keeping(&log, &state);
        let shown = sample(&daemon, SENT);
        assert!(shown >= f64::from(written), "{shown} after {written}");
        write(&mut file, &records(written + 100..written + 150));
        written += 150;
        until("all lines", || {
            (sample(&daemon, SENT) == f64::from(written)).then_some(())
        });
        daemon.signal(signal);
        daemon.ended();
    }
    let daemon = keeping(&log, &state);
    assert_eq!(sample(&daemon, SENT), f64::from(written));
    assert_eq!(lines(&daemon.source()), u64::from(written));
    assert_eq!(sample(&daemon, "maillog_state_kept"), 1.0);
    assert!(sample(&daemon, "maillog_state_last_write_timestamp_seconds") > 1.7e9);
}

#[test]
fn snapshot_is_written_without_a_scrape() {
    let folder = Folder::new();
    let (log, state) = (folder.path("mail.log"), folder.path("state"));
    folder.create("mail.log", &records(0..10));
    let mut daemon = keeping(&log, &state);
    until("a snapshot", || state.exists().then_some(()));
    daemon.signal("KILL");
    daemon.ended();
    fs::remove_file(&log).expect("removed");
    // The log no longer exists, so the count comes from the snapshot.
    assert_eq!(sample(&keeping(&log, &state), SENT), 10.0);
}

/// Starts a daemon that is expected to fail; returns its exit code and standard error.
fn refusal(arguments: &[&str]) -> (Option<i32>, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_maillog_exporter"))
        .arg("--web.listen-address=127.0.0.1:0")
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .expect("the binary runs");
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    (output.status.code(), message)
}

#[test]
fn second_daemon_with_the_same_state_does_not_start() {
    let folder = Folder::new();
    let (log, state) = (folder.path("mail.log"), folder.path("state"));
    folder.create("mail.log", "");
    let _first = keeping(&log, &state);
    let flag = format!("--state.path={}", state.display());
    let (code, message) = refusal(&[log.to_str().expect("a name"), &flag]);
    assert_eq!(code, Some(1), "{message}");
    assert!(message.contains("another maillog_exporter"), "{message}");
}

#[test]
fn damaged_state_is_rejected_until_reset() {
    let folder = Folder::new();
    let (log, state) = (folder.path("mail.log"), folder.path("state"));
    folder.create("mail.log", &records(0..5));
    let flag = format!("--state.path={}", state.display());
    let log = log.to_str().expect("a name");
    fs::write(&state, "maillog_exporter state 99\nfrom the future").expect("written");
    for _ in 0..2 {
        let (code, message) = refusal(&[log, &flag]);
        assert_eq!(code, Some(1), "{message}");
        for part in [
            state.to_str().expect("a name"),
            "version 99",
            "--state.reset",
        ] {
            assert!(message.contains(part), "{message}");
        }
    }
    let daemon = Daemon::start(&[log, &flag, "--state.reset"]);
    assert_eq!(sample(&daemon, SENT), 5.0);
    daemon.logged("state file renamed");
}

#[test]
fn unwritable_state_path_is_logged_once_and_counting_works() {
    let folder = Folder::new();
    let log = folder.path("mail.log");
    folder.create("mail.log", &records(0..5));
    let daemon = keeping(&log, Path::new("/proc/maillog/state"));
    daemon.logged("cannot write the state file");
    assert_eq!(sample(&daemon, SENT), 5.0);
    assert_eq!(sample(&daemon, "maillog_state_kept"), 0.0);
    assert_eq!(sample(&daemon, "maillog_state_write_errors_total"), 1.0);
}

#[test]
fn counts_stay_at_the_last_durable_snapshot_while_the_disk_fails() {
    let folder = Folder::new();
    let (log, state) = (folder.path("mail.log"), folder.path("disk/state"));
    let mut file = folder.create("mail.log", &records(0..5));
    let mut daemon = keeping(&log, &state);
    assert_eq!(sample(&daemon, SENT), 5.0);
    fs::rename(folder.path("disk"), folder.path("gone")).expect("renamed");
    write(&mut file, &records(5..8));
    until("an error", || {
        (sample(&daemon, "maillog_state_write_errors_total") >= 1.0).then_some(())
    });
    assert_eq!(sample(&daemon, SENT), 5.0);
    daemon.logged("cannot write state");
    fs::rename(folder.path("gone"), folder.path("disk")).expect("renamed back");
    until("the counts of the meantime", || {
        (sample(&daemon, SENT) == 8.0).then_some(())
    });
    daemon.logged("written again");
    daemon.signal("KILL");
    daemon.ended();
    assert_eq!(sample(&keeping(&log, &state), SENT), 8.0);
}
