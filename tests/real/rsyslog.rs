//! A real rsyslogd that forwards the log lines of a mail server to the exporter.
//!
//! The lines are sent as Postfix sends them to `/dev/log`, so that rsyslog's own parsing, templates and framing
//! are tested.

use std::fs;
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

use crate::Result;
use crate::wait::until;

/// Timeout for the start of rsyslogd.
const PATIENCE: Duration = Duration::from_secs(20);

/// The transport from rsyslog to the exporter.
pub struct Way<'a> {
    /// Listen address of the exporter; `{folder}` is replaced with the directory of the test.
    pub listener: &'a str,
    /// Parameters of rsyslog's `global`.
    pub globals: &'a str,
    /// rsyslog's action for every message, in its configuration language.
    pub action: &'a str,
    /// Templates for the action.
    pub templates: &'a str,
    /// Number of messages sent before waiting for their arrival.
    pub burst: usize,
}

/// UDP has no back-pressure, so a burst must fit into the smallest common receive buffer.
pub const UDP: Way<'static> = Way {
    listener: "udp://:514",
    globals: SLASHES,
    action: r#"action(type="omfwd" target="127.0.0.1" port="514" protocol="udp")"#,
    templates: "",
    burst: 200,
};

pub const TCP: Way<'static> = Way {
    listener: "tcp://:601",
    globals: SLASHES,
    action: r#"action(type="omfwd" target="127.0.0.1" port="601" protocol="tcp")"#,
    templates: "",
    burst: LINES,
};

pub const TCP_COUNTED: Way<'static> = Way {
    listener: "tcp://:601",
    globals: SLASHES,
    action: r#"action(type="omfwd" target="127.0.0.1" port="601" protocol="tcp"
        TCP_Framing="octet-counted" template="RSYSLOG_SyslogProtocol23Format")"#,
    templates: "",
    burst: LINES,
};

pub const UNIX: Way<'static> = Way {
    listener: "unix://{folder}/devlog",
    globals: SLASHES,
    action: "$OMUxSockSocket {folder}/devlog\n*.* :omuxsock:",
    templates: "",
    burst: LINES,
};

/// A running rsyslogd, killed on drop.
pub struct Rsyslog {
    child: Child,
    log: UnixDatagram,
}

impl Rsyslog {
    /// Starts it with a transport.
    pub fn start(folder: &Path, way: &Way<'_>) -> Result<Self> {
        let place = folder.to_str().ok_or("the temporary folder is not UTF-8")?;
        let config = folder.join("rsyslog.conf");
        fs::write(
            &config,
            MAIN.replace("{globals}", way.globals)
                .replace("{action}", way.action)
                .replace("{templates}", way.templates)
                .replace("{folder}", place),
        )?;
        let errors = fs::File::create(folder.join("rsyslog.err"))?;
        let mut child = Command::new("rsyslogd")
            .arg("-n")
            .arg("-f")
            .arg(&config)
            .arg("-i")
            .arg(folder.join("rsyslog.pid"))
            .stdin(Stdio::null())
            .stdout(errors.try_clone()?)
            .stderr(errors)
            .spawn()?;
        let log = UnixDatagram::unbound()?;
        until("rsyslogd to listen", PATIENCE, || {
            if let Some(status) = child.try_wait()? {
                let errors = fs::read_to_string(folder.join("rsyslog.err"))?;
                return Err(format!("rsyslogd ended with {status}: {errors}").into());
            }
            Ok(log.connect(folder.join("in")).ok())
        })?;
        Ok(Rsyslog { child, log })
    }

    /// Logs a line like a program that calls syslog().
    pub fn log(&self, line: &str) -> Result<()> {
        self.log.send(line.as_bytes())?;
        Ok(())
    }
}

impl Drop for Rsyslog {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Program names keep their slash, at which the RFC 5424 template would otherwise cut them.
pub const SLASHES: &str = r#"parser.permitSlashInProgramName="on""#;

/// rsyslog's own messages are discarded.
const MAIN: &str = r#"
global(workDirectory="{folder}" {globals})
module(load="imuxsock" SysSock.Use="off")
module(load="omuxsock")
input(type="imuxsock" Socket="{folder}/in" ruleset="forward" RateLimit.Interval="0")
{templates}
ruleset(name="forward") {
{action}
}
"#;

/// Number of lines to log.
pub const LINES: usize = 5000;

/// An additional line that is not about mail.
pub const LAST: &str =
    "<22>Nov 23 10:00:00 postfix/postfix-script[1]: stopping the Postfix mail system";

/// Log lines of a mail server, as it sends them.
pub fn lines() -> impl Iterator<Item = String> {
    (0..LINES).map(|number| {
        let delivery = |relay: &str, status: &str| {
            format!(
                "postfix/smtp[4711]: {number:011X}: to=<user{number}@example.com>, relay={relay}, \
                 delay=1.2, delays=0.1/0.1/0.5/0.5, {status}"
            )
        };
        let relay = "mx.example.com[192.0.2.1]:25";
        let said = "host mx.example.com[192.0.2.1] said";
        let text = match number % 5 {
            0 => delivery(relay, "dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as 1)"),
            1 => delivery(
                relay,
                &format!(
                    "dsn=4.7.28, status=deferred \
                     ({said}: 421 4.7.28 Too fast (in reply to MAIL FROM command))"
                ),
            ),
            2 => delivery(
                relay,
                &format!(
                    "dsn=4.0.0, status=deferred \
                     ({said}: 422 Mailbox full (in reply to RCPT TO command))"
                ),
            ),
            // Longer than the 32 bytes of a tag that rsyslog forwards.
            3 => format!(
                "postfix/submission/smtpd[1234567]: NOQUEUE: reject: RCPT from \
                 client.example.net[192.0.2.50]: 550 5.1.1 <user{number}@example.org>: Recipient \
                 address rejected: User unknown; from=<a@example.net> \
                 to=<user{number}@example.org> proto=ESMTP helo=<client.example.net>"
            ),
            _ => "postfix/smtpd[99]: disconnect from client.example.net[192.0.2.50] ehlo=1 quit=1 \
                  commands=2"
                .to_owned(),
        };
        format!("<22>Nov 23 10:00:00 {text}")
    })
}

/// Expected counts of the lines, with the field names of `report --format json`.
pub fn truth() -> Value {
    let each = LINES / 5;
    json!({
        "codes": {
            "outbound": {"250": each, "421": each, "422": each},
            "inbound": {"550": each},
        },
        "enhanced": {
            "outbound": {"250 2.0.0": each, "421 4.7.28": each, "422": each},
            "inbound": {"550 5.1.1": each},
        },
        "deliveries": {"sent": each, "deferred": 2 * each},
        "connect_errors": {},
    })
}
