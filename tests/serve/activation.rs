//! Socket activation by systemd (`--web.systemd-socket`).

use std::net::TcpListener;
use std::os::fd::OwnedFd;
use std::process::{Command, Stdio};

use crate::daemon::*;

/// The daemon's command line, with standard input as the first socket of systemd if there is one.
/// Only the process itself knows its id, so a shell sets it.
const SCRIPT: &str = "exec 3<&0 0</dev/null; LISTEN_PID=$$ exec \"$0\" \"$@\"";

fn command(folder: &Folder) -> Command {
    folder.create("mail.log", "");
    let mut command = Command::new("sh");
    command
        .args(["-c", SCRIPT, env!("CARGO_BIN_EXE_maillog_exporter")])
        .arg("--web.systemd-socket")
        .arg(folder.path("mail.log"))
        .stderr(Stdio::piped());
    command
}

#[test]
fn the_socket_of_systemd_is_served() {
    let folder = Folder::new();
    let socket = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = socket.local_addr().expect("an address").to_string();
    let mut command = command(&folder);
    command.env("LISTEN_FDS", "1");
    command.stdin(Stdio::from(OwnedFd::from(socket)));
    let daemon = Daemon::spawned(&mut command);
    assert_eq!(daemon.address, address);
    assert_eq!(daemon.get("/-/healthy").status, 200);
}

#[test]
fn without_a_socket_of_systemd_the_daemon_does_not_start() {
    let folder = Folder::new();
    for sockets in ["", "0"] {
        let mut command = command(&folder);
        command.env("LISTEN_FDS", sockets).stdin(Stdio::null());
        let output = command.output().expect("a shell");
        let message = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{message}");
        assert!(
            message.contains("systemd has passed no socket"),
            "{message}"
        );
    }
}
