//! A pseudo-terminal with the program in it.

use std::fs::{File, OpenOptions};
use std::io::Read;
use std::process::{Child, Command};
use std::sync::{Arc, Mutex};

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{LocalModes, Winsize, tcgetattr, tcsetwinsize};

use crate::daemon::until;

/// A terminal with the program in it.
pub struct Terminal {
    /// The other side of the terminal: what is typed is written to it.
    pub master: File,
    pub child: Child,
    output: Arc<Mutex<Vec<u8>>>,
}

impl Terminal {
    pub fn start(arguments: &[&str]) -> Self {
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
            .args(arguments)
            .stdin(open())
            .stdout(open())
            .stderr(open())
            .env("LC_ALL", "C")
            .env("TERM", "xterm")
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

    /// All that was shown.
    pub fn output(&self) -> String {
        String::from_utf8_lossy(&self.output.lock().expect("it")).into_owned()
    }

    /// Waits for a text.
    pub fn until_shown(&self, text: &str) {
        until(text, || self.output().contains(text).then_some(()));
    }

    /// Whether keys are not echoed, and read at once.
    pub fn is_raw(&self) -> bool {
        let modes = tcgetattr(&self.master).expect("modes").local_modes;
        !modes.contains(LocalModes::ECHO | LocalModes::ICANON)
    }
}
