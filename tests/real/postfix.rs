//! A Postfix with its own directories, run in the foreground.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::Result;
use crate::sandbox::finish;
use crate::wait::until;

/// Timeout for everything that Postfix does.
const PATIENCE: Duration = Duration::from_secs(90);

/// A running Postfix, stopped on drop.
pub struct Postfix {
    folder: PathBuf,
    /// Its maillog_file.
    pub log: PathBuf,
    child: Child,
    markers: u32,
}

impl Postfix {
    /// Starts a Postfix below `folder`. `extra_main` is appended to main.cf, `extra_master` to master.cf;
    /// `{folder}` in both is replaced.
    pub fn start(folder: &Path, extra_main: &str, extra_master: &str) -> Result<Self> {
        let config = folder.join("etc");
        for name in ["etc", "queue", "data", "spool", "mailboxes"] {
            fs::create_dir_all(folder.join(name))?;
        }
        fs::set_permissions(folder, fs::Permissions::from_mode(0o755))?;
        for name in ["spool", "mailboxes"] {
            fs::set_permissions(folder.join(name), fs::Permissions::from_mode(0o1777))?;
        }
        finish(
            Command::new("chown")
                .arg("postfix")
                .arg(folder.join("data")),
        )?;
        let log = folder.join("mail.log");
        fs::write(&log, "")?;
        let place = folder.to_str().ok_or("the temporary folder is not UTF-8")?;
        fs::write(
            config.join("main.cf"),
            (MAIN.to_owned() + extra_main).replace("{folder}", place),
        )?;
        fs::write(
            config.join("master.cf"),
            (MASTER.to_owned() + extra_master + MASTER_SUBMIT).replace("{folder}", place),
        )?;
        let errors = fs::File::create(folder.join("postfix.err"))?;
        let child = Command::new("postfix")
            .arg("-c")
            .arg(&config)
            .arg("start-fg")
            .stdin(Stdio::null())
            .stdout(errors.try_clone()?)
            .stderr(errors)
            .spawn()?;
        let mut postfix = Postfix {
            folder: folder.to_owned(),
            log,
            child,
            markers: 0,
        };
        until("Postfix to listen", PATIENCE, || {
            if let Some(status) = postfix.child.try_wait()? {
                let errors = fs::read_to_string(postfix.folder.join("postfix.err"))?;
                return Err(format!("Postfix ended with {status}: {errors}").into());
            }
            Ok(std::net::TcpStream::connect(SUBMIT).ok())
        })?;
        Ok(postfix)
    }

    /// Waits until the queue contains only deferred messages.
    pub fn settle(&self) -> Result<()> {
        until("the queue to empty", PATIENCE, || {
            for queue in ["maildrop", "incoming", "active"] {
                if holds_file(&self.folder.join("queue").join(queue))? {
                    return Ok(None);
                }
            }
            Ok(Some(()))
        })
    }

    /// Waits until everything logged before this call is in the file `log`.
    pub fn flush_log(&mut self, log: &Path) -> Result<()> {
        self.markers += 1;
        let marker = format!("marker {} of the test", self.markers);
        finish(self.command("postlog").arg(&marker))?;
        until("the log to be written", PATIENCE, || {
            Ok(fs::read_to_string(log)?.contains(&marker).then_some(()))
        })
    }

    /// Makes Postfix reload its configuration and reopen its log.
    pub fn reload(&self) -> Result<()> {
        finish(self.command("postfix").arg("reload"))
    }

    /// Sends a message with `sendmail`.
    pub fn sendmail(&self, sender: &str, recipient: &str, body: &str) -> Result<()> {
        use std::io::Write;
        let mut child = Command::new("sendmail")
            .arg("-C")
            .arg(self.folder.join("etc"))
            .args(["-f", sender, recipient])
            .stdin(Stdio::piped())
            .spawn()?;
        if let Some(mut stdin) = child.stdin.take() {
            stdin.write_all(format!("Subject: hello\n\n{body}\n").as_bytes())?;
        }
        match child.wait()? {
            status if status.success() => Ok(()),
            status => Err(format!("sendmail: {status}").into()),
        }
    }

    /// Number of messages that `postqueue` lists in a queue.
    pub fn listed(&self, queue: &str) -> Result<u64> {
        let output = self.command("postqueue").arg("-j").output()?;
        let mut count = 0;
        for message in String::from_utf8(output.stdout)?.lines() {
            let message: serde_json::Value = serde_json::from_str(message)?;
            count += u64::from(message["queue_name"] == queue);
        }
        Ok(count)
    }

    /// One of Postfix' commands, with our configuration.
    pub fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.arg("-c").arg(self.folder.join("etc"));
        command
    }
}

impl Drop for Postfix {
    fn drop(&mut self) {
        // Remaining processes end with the process namespace of the test.
        let _ = self
            .command("postfix")
            .arg("stop")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Whether a queue directory, hashed or not, contains a message.
fn holds_file(folder: &Path) -> Result<bool> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(error.into()),
    };
    for entry in entries {
        let entry = entry?;
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => {
                if holds_file(&entry.path())? {
                    return Ok(true);
                }
            }
            _ => return Ok(true),
        }
    }
    Ok(false)
}

/// Address at which Postfix accepts every message of the test.
pub const SUBMIT: &str = "127.0.0.1:10025";

const MAIN: &str = "\
compatibility_level = 3.6
config_directory = {folder}/etc
queue_directory = {folder}/queue
data_directory = {folder}/data
maillog_file = {folder}/mail.log
maillog_file_prefixes = {folder}
myhostname = mail.example.com
mydestination = local.example.com
mynetworks = 127.0.0.0/8
inet_interfaces = all
inet_protocols = ipv4
alias_maps =
alias_database =
local_recipient_maps =
mail_spool_directory = {folder}/spool
smtp_host_lookup = dns
smtp_connect_timeout = 5s
smtp_helo_timeout = 5s
smtp_mail_timeout = 5s
smtp_rcpt_timeout = 5s
smtp_data_init_timeout = 5s
smtp_data_done_timeout = 5s
smtp_starttls_timeout = 5s
smtp_connection_cache_on_demand = no
smtp_randomize_addresses = no
smtp_tls_security_level = may
initial_destination_concurrency = 1
smtpd_reject_unlisted_recipient = no
minimal_backoff_time = 1h
maximal_backoff_time = 2h
queue_run_delay = 1h
delay_warning_time = 0
in_flow_delay = 0
default_process_limit = 100
smtpd_client_connection_rate_limit = 0
smtpd_error_sleep_time = 0
smtpd_hard_error_limit = 100
smtpd_peername_lookup = no
biff = no
notify_classes =
";

/// The last service: when this port is open, all others are.
const MASTER_SUBMIT: &str = "127.0.0.1:10025 inet n - n - - smtpd\n";

const MASTER: &str = "\
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
proxywrite unix - - n - 1 proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
local unix - n n - - local
virtual unix - n n - - virtual
lmtp unix - - n - - lmtp
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
";
