//! `top` in a pseudo-terminal: it shows a log and a daemon, and leaves the terminal as it was.

use std::io::Write;
use std::process::Command;

use crate::daemon::{Daemon, Folder, until};
use crate::terminal::Terminal;

const LINE: &str = "Nov 23 10:00:00 mail postfix/smtp[1]: 4F9D195432C: to=<ann@example.org>, \
    relay=mx.example.org[192.0.2.1]:25, delay=1, delays=0/0/1/0, dsn=4.2.2, \
    status=deferred (host mx.example.org[192.0.2.1] said: 452 4.2.2 full (in reply to RCPT TO command))\n";

#[test]
fn top_leaves_the_terminal_as_it_was_however_it_ends() {
    let folder = Folder::new();
    folder.create("mail.log", LINE);
    let log = folder.path("mail.log");
    for end in ["q", "\u{3}", "TERM", "HUP"] {
        let mut terminal = Terminal::start(&["top", log.to_str().expect("a name")]);
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
    let mut terminal = Terminal::start(&["top", "--lang", "en", "--url", &url]);
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
