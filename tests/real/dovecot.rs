//! Tests with a real Dovecot, whose submission server and LMTP proxy pass each message on to another server: each reply
//! that they log is counted once.
//!
//! `.ci/run` unpacks it below `target/servers`. It finds its other programs below /usr only, so the unpacked files are
//! mounted there.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use crate::Result;
use crate::cases::{STAGES, at};
use crate::client::Client;
use crate::records::{Server, is_valid_for_dovecot};
use crate::relays::TO_FILE;
use crate::remote::{Act, Reply, Script, listen};
use crate::replies::{REPLIES, reply};
use crate::rsyslog::Rsyslog;
use crate::sandbox::{finish, private_dev};
use crate::trials::{RealTrial, compare_report, with_folder};
use crate::truth::Truth;
use crate::wait::until;

const FILES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/target/servers/dovecot/usr");
const SUBMISSION: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/target/servers/dovecot/usr/lib/dovecot/submission"
);

/// All tests with Dovecot.
pub const ALL: &[RealTrial] = &[
    RealTrial {
        name: "dovecot_log_file_each_reply_counted_once",
        needs: &[SUBMISSION],
        run: || with_folder(log_file),
    },
    RealTrial {
        name: "dovecot_syslog_each_reply_counted_once",
        needs: &[SUBMISSION, "rsyslogd"],
        run: || with_folder(syslog),
    },
];

/// An address at which no server listens, one without a route, and a name that does not exist.
const REFUSED: &str = "198.51.100.250";
const UNROUTABLE: &str = "203.0.113.5";
const NAMELESS: &str = "nosuch.example.com";

/// Where it accepts messages.
const SUBMIT: &str = "127.0.0.1:587";
const LMTP: &str = "127.0.0.1:1024";

/// Its configuration. The domain of a user is the server to pass the message on to. The system users exist on every
/// Debian.
const CONFIG: &str = "
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {log}
protocols = lmtp submission
ssl = no
disable_plaintext_auth = no
auth_mechanisms = plain
default_internal_user = daemon
default_internal_group = daemon
default_login_user = nobody
mail_home = {folder}/mail
mail_location = maildir:{folder}/mail
mail_uid = daemon
mail_gid = daemon
first_valid_uid = 1
first_valid_gid = 1
hostname = mail.example.org
submission_relay_ssl = no
lmtp_proxy = yes
passdb {
  driver = passwd-file
  args = username_format=%u {folder}/users
}
userdb {
  driver = static
  args = submission_relay_host=%d submission_relay_port=25
}
service submission-login {
  chroot =
  inet_listener submission {
    address = 127.0.0.1
  }
}
service imap-login {
  chroot =
}
service anvil {
  chroot =
}
service stats {
  chroot =
}
service lmtp {
  inet_listener lmtp {
    address = 127.0.0.1
    port = 1024
  }
}
";

/// A running Dovecot.
struct Dovecot(Child);

impl Dovecot {
    /// Starts it with a value of log_path and waits until it listens.
    fn start(folder: &Path, log: &str, users: &str) -> Result<Self> {
        fs::set_permissions(folder, fs::Permissions::from_mode(0o755))?;
        finish(Command::new("mount").args([
            "-t",
            "overlay",
            "overlay",
            "-o",
            &format!("lowerdir={FILES}:/usr"),
            "/usr",
        ]))?;
        let place = folder.to_str().ok_or("the temporary folder is not UTF-8")?;
        let config = folder.join("dovecot.conf");
        let text = CONFIG.replace("{log}", log).replace("{folder}", place);
        fs::write(&config, text)?;
        fs::write(folder.join("users"), users)?;
        let errors = fs::File::create(folder.join("dovecot.err"))?;
        let child = Command::new("/usr/sbin/dovecot")
            .arg("-F")
            .arg("-c")
            .arg(&config)
            .stdin(Stdio::null())
            .stdout(errors.try_clone()?)
            .stderr(errors)
            .spawn()?;
        let mut dovecot = Dovecot(child);
        until("Dovecot to listen", Duration::from_secs(20), || {
            if let Some(status) = dovecot.0.try_wait()? {
                let errors = fs::read_to_string(folder.join("dovecot.err"))?;
                return Err(format!("Dovecot ended with {status}: {errors}").into());
            }
            Ok(Client::connect(SUBMIT).ok())
        })?;
        Ok(dovecot)
    }
}

impl Drop for Dovecot {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Its own log file.
fn log_file(folder: &Path) -> Result<()> {
    let log = folder.join("dovecot.log");
    let path = log.to_str().ok_or("the temporary folder is not UTF-8")?;
    replies(folder, path, &log)
}

/// Through rsyslogd, without the level of most records.
fn syslog(folder: &Path) -> Result<()> {
    fs::create_dir(folder.join("log"))?;
    private_dev(folder, &folder.join("in"))?;
    let _rsyslog = Rsyslog::start(folder, &TO_FILE)?;
    replies(folder, "syslog", &folder.join("log/mail.log"))
}

/// Messages to scripted servers, whose replies are compared with the log.
fn replies(folder: &Path, log_path: &str, log: &Path) -> Result<()> {
    let truth = Truth::default();
    let relays = relays(&truth)?;
    let stores = stores(&truth)?;
    let mut users = String::new();
    for host in &relays {
        users.push_str(&format!("user@{host}:{{PLAIN}}secret::::::\n"));
    }
    for host in &stores {
        users.push_str(&format!(
            "r@{host}:::::::proxy=y host={host} port=24 nopassword=y proxy_timeout=5\n"
        ));
    }
    let dovecot = Dovecot::start(folder, log_path, &users)?;
    for host in &relays {
        submit(host)?;
    }
    for host in &stores {
        pass_to_lmtp(host)?;
    }
    let expected = relays.len() + stores.len();
    until(
        "Dovecot to end all sessions",
        Duration::from_secs(30),
        || {
            let text = fs::read_to_string(log)?;
            Ok((sessions(&text) >= expected).then_some(()))
        },
    )?;
    drop(dovecot);
    compare_report(&truth, &[log.to_owned()])
}

/// The number of sessions in the log that have ended.
fn sessions(log: &str) -> usize {
    let is_end = |line: &&str| {
        // Now and then without the name of the user.
        ((line.contains("submission(") || line.contains("submission: "))
            && line.contains(": Disconnected"))
            || (line.contains("lmtp(") && line.contains("Disconnect from "))
            // A defect, after which there is no other record.
            || line.contains(" killed with signal ")
    };
    log.lines().filter(is_end).count()
}

/// Logs in as a user of the relay `host` and sends a message.
fn submit(host: &str) -> Result<()> {
    let login = BASE64_STANDARD.encode(format!("\0user@{host}\0secret"));
    session(
        SUBMIT,
        &["EHLO client.example.org", &format!("AUTH PLAIN {login}")],
        "r@example.net",
    )
}

/// Sends a message to a recipient in the store `host`.
fn pass_to_lmtp(host: &str) -> Result<()> {
    session(LMTP, &["LHLO client.example.org"], &format!("r@{host}"))
}

/// A session with one message, which ends with the first reply that is an error.
fn session(address: &str, first: &[&str], recipient: &str) -> Result<()> {
    let mut client = Client::connect(address)?;
    client.answer()?;
    for command in first {
        client.must(command)?;
    }
    let recipient = format!("RCPT TO:<{recipient}>");
    let rest = [
        "MAIL FROM:<alice@example.org>",
        &recipient,
        "DATA",
        "Subject: 421\r\n\r\nhello\r\n.",
        "QUIT",
    ];
    for command in rest {
        match client.ask(command) {
            Ok(answer) if answer.code < 400 => {}
            _ => break,
        }
    }
    Ok(())
}

/// Every reply at two stages, servers that hang up and servers that accept the message; those of the submission server.
fn relays(truth: &Truth) -> Result<Vec<String>> {
    let mut hosts = Vec::new();
    for (stage, act) in failures() {
        let mut script = at(stage, act);
        script.client = Server::DovecotSubmission;
        hosts.push(host(25, hosts.len(), script, truth)?);
        // After 421, 530 and a lost connection it writes no result.
        if let (Act::Say(reply), "data" | "dot") = (act, STAGES[stage].0)
            && is_valid_for_dovecot(reply.code)
            && reply.code != 530
        {
            truth.delivery(status_of(reply), 1);
        }
    }
    // It writes the enhanced code X.0.0 where the other server gave none.
    for accepted in [
        reply(250, "2.0.0", "250 2.0.0 Ok: queued as 421"),
        reply(250, "2.0.0", "250-2.0.0 first line\n250 2.0.0 550 lines"),
        reply(250, "2.0.0", "250 OK id=1rABCD-000421-Xy"),
    ] {
        let script = Script {
            accepted,
            client: Server::DovecotSubmission,
            ..Script::default()
        };
        hosts.push(host(25, hosts.len(), script, truth)?);
    }
    for (host, error, code) in [
        (REFUSED, "refused", 111),
        (UNROUTABLE, "unreachable", 101),
        (NAMELESS, "dns", 101),
    ] {
        truth.connect_error("outbound", error, Some(code), 1);
        hosts.push(host.to_owned());
    }
    Ok(hosts)
}

/// The same for the LMTP proxy.
fn stores(truth: &Truth) -> Result<Vec<String>> {
    let mut hosts = Vec::new();
    for (stage, act) in failures() {
        let mut script = at(stage, act);
        script.client = Server::DovecotProxy;
        script.direction = "local";
        hosts.push(host(24, hosts.len(), script, truth)?);
        if let "data" | "dot" = STAGES[stage].0 {
            let status = match act {
                Act::Say(reply) | Act::SayAndClose(reply) if is_valid_for_dovecot(reply.code) => {
                    status_of(reply)
                }
                _ => "deferred",
            };
            truth.delivery(status, 1);
        }
    }
    for accepted in [
        reply(250, "2.0.0", "250 2.0.0 Ok: queued as 421"),
        reply(250, "", "250 OK id=1rABCD-000421-Xy"),
    ] {
        let script = Script {
            accepted,
            client: Server::DovecotProxy,
            direction: "local",
            ..Script::default()
        };
        hosts.push(host(24, hosts.len(), script, truth)?);
    }
    for (host, error, code) in [(REFUSED, "refused", 111), (UNROUTABLE, "unreachable", 101)] {
        truth.connect_error("local", error, Some(code), 1);
        hosts.push(host.to_owned());
    }
    Ok(hosts)
}

/// From a reply to DATA or to the message, Dovecot takes away an enhanced code of another class than the reply (RFC 2034
/// section 4).
fn as_logged(stage: usize, reply: &Reply) -> Reply {
    let class = (reply.code / 100).to_string();
    let is_removed =
        matches!(STAGES[stage].0, "data" | "dot") && !reply.enhanced.starts_with(&class);
    Reply {
        enhanced: if is_removed { "" } else { reply.enhanced },
        ..*reply
    }
}

fn status_of(reply: Reply) -> &'static str {
    match reply.code >= 500 {
        true => "bounced",
        false => "deferred",
    }
}

/// Serves a script and returns its address.
fn host(port: u16, number: usize, script: Script, truth: &Truth) -> Result<String> {
    let address = Ipv4Addr::new(198, 51, 100, 10 + number as u8);
    listen(SocketAddr::from((address, port)), script, truth)?;
    Ok(address.to_string())
}

/// Stages and failures of a server.
fn failures() -> Vec<(usize, Act)> {
    let mut failures = Vec::new();
    for (number, reply) in REPLIES.iter().enumerate() {
        for round in 0..2 {
            let stage = (number + 2 * round + number / 6) % STAGES.len();
            failures.push((
                stage,
                match reply.code {
                    421 => Act::SayAndClose(as_logged(stage, reply)),
                    _ => Act::Say(as_logged(stage, reply)),
                },
            ));
        }
    }
    failures.extend((0..STAGES.len()).map(|stage| (stage, Act::HangUp)));
    failures
}
