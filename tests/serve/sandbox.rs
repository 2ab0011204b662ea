//! The sandbox, with a real kernel. Where the kernel has none, the daemon says so, and that is what is tested.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Stdio;

use crate::daemon::*;

const WITHOUT: &str = "running without a sandbox: this kernel has no Landlock";

/// Whether this kernel has a sandbox, asked of a daemon that logs what it does.
fn is_sandboxed(daemon: &Daemon) -> bool {
    let active = metric(daemon);
    if active == 0 {
        daemon.logged(WITHOUT);
    }
    active == 1
}

/// The metric that says whether the sandbox is active.
fn metric(daemon: &Daemon) -> u64 {
    let body = String::from_utf8(daemon.get("/metrics").body).expect("text");
    let mut lines = body.lines();
    let value = lines.find_map(|line| line.strip_prefix("maillog_sandbox_active "));
    value.expect("a value").parse().expect("a number")
}

fn start(folder: &Folder, flags: &[&str]) -> Daemon {
    folder.create("daemon/mail.log", "one\n");
    folder.create("outside/secret.log", "two\nthree\n");
    let pattern = folder.path("daemon/*.log");
    let mut arguments = vec![pattern.to_str().expect("a name")];
    arguments.extend(flags);
    Daemon::start(&arguments)
}

fn folders() -> Folder {
    let folder = Folder::new();
    for name in ["daemon", "outside"] {
        fs::create_dir(folder.path(name)).expect("a folder");
    }
    folder
}

#[test]
fn a_link_to_a_file_outside_is_not_followed() {
    let folder = folders();
    let daemon = start(&folder, &[]);
    let sandboxed = is_sandboxed(&daemon);
    // Whoever can write to the directory of the logs could have any file read.
    let link = folder.path("daemon/link.log");
    symlink(folder.path("outside/secret.log"), &link).expect("a link");
    if sandboxed {
        let refused = daemon.logged("cannot read log, trying again");
        assert!(
            refused.contains("Permission denied (os error 13)"),
            "{refused}"
        );
        assert!(
            refused.contains("outside of the directories that the sandbox allows"),
            "{refused}"
        );
        assert_eq!(lines(&daemon.source()), 1);
        // What is inside is read as before.
        folder.create("daemon/other.log", "four\n");
        daemon.until_source("the other log", |source| lines(source) == 2);
    } else {
        daemon.until_source("the log behind the link", |source| lines(source) == 3);
    }
}

#[test]
fn without_the_sandbox_a_link_is_followed() {
    let folder = folders();
    let daemon = start(&folder, &["--no-sandbox"]);
    daemon.logged("running without a sandbox, as configured");
    assert_eq!(metric(&daemon), 0);
    symlink(
        folder.path("outside/secret.log"),
        folder.path("daemon/link.log"),
    )
    .expect("a link");
    daemon.until_source("the log behind the link", |source| lines(source) == 3);
}

#[test]
fn a_link_that_leads_outside_at_the_start_is_followed() {
    let folder = folders();
    folder.create("outside/mail.log", "one\n");
    let link = folder.path("daemon/mail.log");
    symlink(folder.path("outside/mail.log"), &link).expect("a link");
    let daemon = Daemon::follow(&link);
    assert_eq!(lines(&daemon.source()), 1);
    // Rotation where the link leads.
    fs::rename(
        folder.path("outside/mail.log"),
        folder.path("outside/mail.log.1"),
    )
    .expect("renamed");
    folder.create("outside/mail.log", "two\n");
    daemon.until_source("the new log", |source| lines(source) == 2);
}

/// Writes a configuration that follows these logs.
fn configure(folder: &Folder, logs: &[&Path]) {
    let logs: Vec<String> = logs.iter().map(|it| it.display().to_string()).collect();
    let text = format!(
        "sources:\n  - name: mail\n    files: [{}]\n",
        logs.join(", ")
    );
    folder.create("daemon/maillog.yml", &text);
}

#[test]
fn a_reload_that_needs_a_directory_outside_is_refused() {
    let folder = folders();
    let own = folder.path("daemon/mail.log");
    folder.create("daemon/mail.log", "one\n");
    folder.create("daemon/other.log", "two\n");
    folder.create("outside/secret.log", "three\nfour\n");
    configure(&folder, &[&own]);
    let file = format!(
        "--config.file={}",
        folder.path("daemon/maillog.yml").display()
    );
    let state = format!("--state.path={}", folder.path("state/deep/file").display());
    let mut daemon = Daemon::start(&[&file, &state]);
    let sandboxed = is_sandboxed(&daemon);

    configure(&folder, &[&own, &folder.path("daemon/other.log")]);
    daemon.signal("HUP");
    daemon.until_source("the log beside", |source| lines(source) == 2);

    configure(&folder, &[&own, &folder.path("outside/secret.log")]);
    daemon.signal("HUP");
    if sandboxed {
        let refused = daemon.logged("outside of the sandbox, keeping the old one; restart");
        let outside = folder.path("outside").canonicalize().expect("a path");
        assert!(refused.contains(&*outside.to_string_lossy()), "{refused}");
        assert_eq!(lines(&daemon.source()), 2);
    } else {
        daemon.until_source("the log outside", |source| lines(source) == 3);
    }

    // A restart applies it. The state is in a directory that did not exist.
    daemon.signal("TERM");
    assert!(daemon.ended().success());
    let daemon = Daemon::launch(&[&file, &state], Stdio::null());
    daemon.until_source("the log outside", |source| {
        let counted = lines(source);
        counted == 3 + u64::from(sandboxed)
    });
}
