//! The progress bar of commands that read log files.

use std::fs::OpenOptions;
use std::io::Write;
use std::process::Command;

use crate::daemon::{Folder, until};
use crate::terminal::Terminal;

#[test]
fn progress_is_shown_until_the_last_file_is_read() {
    let folder = Folder::new();
    let pipe = folder.path("mail.log");
    let made = Command::new("mkfifo").arg(&pipe).status();
    assert!(made.expect("mkfifo runs").success());
    let name = pipe.to_str().expect("a name");
    for threads in ["1", "2"] {
        let mut terminal = Terminal::start(&["report", "--threads", threads, name]);
        let mut writer = OpenOptions::new().write(true).open(&pipe).expect("a pipe");
        let lines = [&[b'x'; 998][..], b"\n\n"].concat();
        writer.write_all(&lines).expect("written");
        terminal.until_shown("1000 B");
        drop(writer);
        let status = until("the end", || terminal.child.try_wait().expect("a child"));
        assert_eq!(status.code(), Some(0));
    }
}
