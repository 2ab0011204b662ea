//! `top` in a pseudo-terminal: it shows a log and a daemon, and leaves the terminal as it was.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::process::{Child, Command};
use std::sync::{Arc, Mutex};

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{LocalModes, Winsize, tcgetattr, tcsetwinsize};

use crate::daemon::{Daemon, Folder, until};

const LINE: &str = "Nov 23 10:00:00 mail postfix/smtp[1]: 4F9D195432C: to=<ann@example.org>, \
    relay=mx.example.org[192.0.2.1]:25, delay=1, delays=0/0/1/0, dsn=4.2.2, \
    status=deferred (host mx.example.org[192.0.2.1] said: 452 4.2.2 full (in reply to RCPT TO command))\n";

/// A terminal with `top` in it.
struct Terminal {
    master: File,
    child: Child,
    output: Arc<Mutex<Vec<u8>>>,
}

impl Terminal {
    fn start(arguments: &[&str]) -> Self {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a terminal");
        grantpt(&master).expect("granted");
        unlockpt(&master).expect("unlocked");
        let size = Winsize {
            ws_row: 24,
            ws_col: 80,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        tcsetwinsize(&master, size).expect("a size");
        let name = ptsname(&master, Vec::new()).expect("a name");
        let name = name.to_str().expect("text");
        let open = || {
            let mut options = OpenOptions::new();
            options
                .read(true)
                .write(true)
                .open(name)
                .expect("the terminal")
        };
        let child = Command::new(env!("CARGO_BIN_EXE_maillog_exporter"))
            .arg("top")
            .args(arguments)
            .stdin(open())
            .stdout(open())
            .env("LC_ALL", "C")
            .spawn()
            .expect("the binary runs");
        let master = File::from(master);
        let mut reader = master.try_clone().expect("a descriptor");
        let output = Arc::new(Mutex::new(Vec::new()));
        let read = Arc::clone(&output);
        // The end of the program is an error of the terminal.
        std::thread::spawn(move || {
            let mut part = [0; 4096];
            while let Ok(length @ 1..) = reader.read(&mut part) {
                read.lock().expect("it").extend(&part[..length]);
            }
        });
        Terminal {
            master,
            child,
            output,
        }
    }

    fn output(&self) -> String {
        String::from_utf8_lossy(&self.output.lock().expect("it")).into_owned()
    }

    fn until_shown(&self, text: &str) {
        until(text, || self.output().contains(text).then_some(()));
    }

    fn is_raw(&self) -> bool {
        let modes = tcgetattr(&self.master).expect("modes").local_modes;
        !modes.contains(LocalModes::ECHO | LocalModes::ICANON)
    }
}

#[test]
fn top_leaves_the_terminal_as_it_was_however_it_ends() {
    let folder = Folder::new();
    folder.create("mail.log", LINE);
    let log = folder.path("mail.log");
    for end in ["q", "\u{3}", "TERM", "HUP"] {
        let mut terminal = Terminal::start(&[log.to_str().expect("a name")]);
        terminal.until_shown("4 Sources");
        terminal.until_shown("up");
        assert!(terminal.is_raw(), "{end}");
        match end {
            "TERM" | "HUP" => {
                let pid = terminal.child.id().to_string();
                let status = Command::new("kill")
                    .args([&format!("-{end}"), &pid])
                    .status();
                assert!(status.expect("kill runs").success());
            }
            key => terminal.master.write_all(key.as_bytes()).expect("a key"),
        }
        let status = until("the end", || terminal.child.try_wait().expect("a child"));
        assert_eq!(status.code(), Some(0), "{end}");
        assert!(!terminal.is_raw(), "{end}");
        // The screen that was there before.
        terminal.until_shown("\u{1b}[?1049l");
    }
}

#[test]
fn top_shows_a_daemon_and_says_when_it_is_gone() {
    let folder = Folder::new();
    folder.create("mail.log", LINE);
    let mut daemon = Daemon::follow(&folder.path("mail.log"));
    let url = format!("http://{}", daemon.address);
    let mut terminal = Terminal::start(&["--lang", "en", "--url", &url]);
    terminal.until_shown("mail.log");
    terminal.master.write_all(b"?").expect("a key");
    terminal.until_shown("what it is and what to do");
    daemon.signal("TERM");
    daemon.ended();
    terminal.until_shown("Daemon unreachable");
    terminal.master.write_all(b"q").expect("a key");
    let status = until("the end", || terminal.child.try_wait().expect("a child"));
    assert_eq!(status.code(), Some(0));
}

#[test]
fn top_without_a_terminal_or_a_log_says_what_to_do() {
    let run = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_maillog_exporter"))
            .arg("top")
            .args(arguments)
            .output()
            .expect("the binary runs");
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        (output.status.code(), text)
    };
    let (code, text) = run(&[]);
    assert_eq!(code, Some(2));
    assert!(text.contains("top needs a terminal"), "{text}");
    let (code, text) = run(&["--url", "http://a:secret@mx"]);
    assert_eq!(code, Some(2));
    assert!(
        text.contains("--password-file") && !text.contains("given by secret"),
        "{text}"
    );
}
