//! An Exim with its own spool, log and configuration, run in the foreground.
//!
//! Debian's Exim package conflicts with Postfix, so `.ci/run` unpacks it below `target/exim` instead of
//! installing it. Exim runs as root only with its compiled-in configuration file, and needs the compiled-in
//! user; both are created in a private copy of /etc.

use std::fs;
use std::io::Write;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::Result;
use crate::podman::said;
use crate::sandbox::private_etc;
use crate::wait::until;

/// The unpacked program.
pub const PROGRAM: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/target/exim/usr/sbin/exim4");

/// Address at which Exim accepts every message.
pub const SUBMIT: &str = crate::postfix::SUBMIT;

/// Time limit for Exim to start or to finish its deliveries.
const LIMIT: Duration = Duration::from_secs(90);

/// User and group ID of Debian-exim in the private /etc.
const ID: u32 = 64_111;

/// A running Exim, killed on drop.
pub struct Exim {
    /// A copy of the program that the user Debian-exim can execute.
    program: PathBuf,
    child: Child,
}

impl Exim {
    /// Starts an Exim below `folder`, with its log files in `folder/log`. `{folder}` in `config` is replaced.
    pub fn start(folder: &Path, config: &str) -> Result<Self> {
        fs::set_permissions(folder, fs::Permissions::from_mode(0o755))?;
        let etc = private_etc(folder)?;
        for (name, line) in [
            (
                "passwd",
                format!("Debian-exim:x:{ID}:{ID}::/nonexistent:/bin/false\n"),
            ),
            ("group", format!("Debian-exim:x:{ID}:\n")),
        ] {
            let file = etc.join(name);
            let known = fs::read_to_string(&file)?;
            let others = known
                .lines()
                .filter(|line| !line.starts_with("Debian-exim:"));
            let text: String = others.map(|line| format!("{line}\n")).collect();
            fs::write(file, text + &line)?;
        }
        let place = folder.to_str().ok_or("the temporary folder is not UTF-8")?;
        fs::create_dir_all(etc.join("exim4"))?;
        fs::write(
            etc.join("exim4/exim4.conf"),
            config.replace("{folder}", place),
        )?;
        for name in ["log", "spool"] {
            fs::create_dir_all(folder.join(name))?;
            chown(folder.join(name), Some(ID), Some(ID))?;
        }
        fs::create_dir_all(folder.join("mailboxes"))?;
        fs::set_permissions(folder.join("mailboxes"), fs::Permissions::from_mode(0o1777))?;
        let program = folder.join("exim4");
        fs::copy(PROGRAM, &program)?;
        // Setuid root, as installed: the daemon, running as Debian-exim, executes it for each delivery.
        fs::set_permissions(&program, fs::Permissions::from_mode(0o4755))?;
        let errors = fs::File::create(folder.join("exim.err"))?;
        let child = Command::new(&program)
            .arg("-bdf")
            .stdin(Stdio::null())
            .stdout(errors.try_clone()?)
            .stderr(errors)
            .spawn()?;
        let mut exim = Exim { program, child };
        until("Exim to listen", LIMIT, || {
            if let Some(status) = exim.child.try_wait()? {
                let errors = fs::read_to_string(folder.join("exim.err"))?;
                return Err(format!("Exim ended with {status}: {errors}").into());
            }
            Ok(std::net::TcpStream::connect(SUBMIT).ok())
        })?;
        Ok(exim)
    }

    /// Waits until the daemon is the only Exim process. A process starts its successor and writes its log
    /// records before it ends.
    pub fn settle(&self) -> Result<()> {
        let mut quiet = 0;
        until("Exim to finish its deliveries", LIMIT, || {
            quiet = if self.others()? == 0 { quiet + 1 } else { 0 };
            Ok((quiet == 3).then_some(()))
        })
    }

    /// Submits a message locally, as `sendmail` does.
    pub fn sendmail(&self, sender: &str, recipient: &str, body: &str) -> Result<()> {
        let mut child = Command::new(&self.program)
            .args(["-oi", "-f", sender, recipient])
            .stdin(Stdio::piped())
            .spawn()?;
        if let Some(mut stdin) = child.stdin.take() {
            stdin.write_all(format!("Subject: hello\n\n{body}\n").as_bytes())?;
        }
        match child.wait()? {
            status if status.success() => Ok(()),
            status => Err(format!("exim: {status}").into()),
        }
    }

    /// How many messages in the queue wait for the next attempt, and how many are frozen, as Exim lists them.
    pub fn queued(&self) -> Result<[usize; 2]> {
        let listing = said(Command::new(&self.program).arg("-bp"))?;
        // `25m  2.9K 0t5C6f-0000c8-00 <sender> *** frozen ***`, with the recipients below.
        let messages: Vec<&str> = listing.lines().filter(|line| line.contains(" <")).collect();
        let frozen = messages.iter().filter(|line| line.contains("*** frozen"));
        let frozen = frozen.count();
        Ok([messages.len() - frozen, frozen])
    }

    /// Number of Exim processes besides the daemon.
    fn others(&self) -> Result<usize> {
        let program = self.program.as_os_str().as_encoded_bytes();
        let mut count = 0;
        for entry in fs::read_dir("/proc")? {
            let entry = entry?;
            let number = entry.file_name().to_string_lossy().parse::<u32>();
            if number.is_ok_and(|number| number != self.child.id()) {
                // The process may have ended meanwhile.
                let arguments = fs::read(entry.path().join("cmdline")).unwrap_or_default();
                count += usize::from(arguments.starts_with(program));
            }
        }
        Ok(count)
    }
}

impl Drop for Exim {
    fn drop(&mut self) {
        // Remaining processes end with the PID namespace.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
