//! Tests with small mail programs that pass each message on to one server: nullmailer, msmtp and dma. Each reply of a
//! scripted server is counted once from their logs.
//!
//! Their packages conflict with Postfix, so `.ci/run` unpacks them below `target/servers`.

use std::fs;
use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::Result;
use crate::cases::{STAGES, at};
use crate::records::Server;
use crate::remote::{Act, Script, listen};
use crate::replies::REPLIES;
use crate::rsyslog::{Rsyslog, SLASHES, Way};
use crate::sandbox::{finish, private_dev, private_etc};
use crate::trials::{RealTrial, compare_report, with_folder};
use crate::truth::Truth;
use crate::wait::until;

const NULLMAILER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/target/servers/nullmailer/usr");
const NULLMAILER_SEND: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/target/servers/nullmailer/usr/sbin/nullmailer-send"
);
const MSMTP: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/target/servers/msmtp/usr/bin/msmtp"
);
const DMA: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/target/servers/dma/usr/sbin/dma"
);

/// All tests with these programs.
pub const ALL: &[RealTrial] = &[
    RealTrial {
        name: "nullmailer_each_reply_counted_once",
        needs: &[NULLMAILER_SEND],
        run: || with_folder(nullmailer),
    },
    RealTrial {
        name: "msmtp_each_reply_counted_once",
        needs: &[MSMTP],
        run: || with_folder(msmtp),
    },
    RealTrial {
        name: "dma_each_reply_counted_once",
        needs: &[DMA, "rsyslogd"],
        run: || with_folder(dma),
    },
];

/// An address at which no server listens, one without a route, and a name that does not exist.
const REFUSED: &str = "198.51.100.250";
const UNROUTABLE: &str = "203.0.113.5";
const NAMELESS: &str = "nosuch.example.com";

/// A server to send one message to.
struct Case {
    host: String,
    /// The expected result; `None` if the scripted server or the test records it.
    status: Option<&'static str>,
}

/// Every reply at one stage of those in `stages`, servers that hang up at these stages if `hangs_up`, and servers that
/// accept the message.
fn cases(client: Server, stages: &[&str], hangs_up: bool, truth: &Truth) -> Result<Vec<Case>> {
    let mut cases = Vec::new();
    let mut add = |mut script: Script, status| -> Result<()> {
        script.client = client;
        let address = Ipv4Addr::new(198, 51, 100, 10 + cases.len() as u8);
        listen(SocketAddr::from((address, 25)), script, truth)?;
        let host = address.to_string();
        cases.push(Case { host, status });
        Ok(())
    };
    let used: Vec<usize> = (0..STAGES.len())
        .filter(|&stage| stages.contains(&STAGES[stage].0))
        .collect();
    for (number, reply) in REPLIES.iter().enumerate() {
        for round in 0..2 {
            let stage = used[(number + 2 * round + number / 6) % used.len()];
            let act = match round {
                0 => Act::Say(*reply),
                _ => Act::SayAndClose(*reply),
            };
            // dma gives up after any reply to EHLO.
            let is_final = client == Server::Dma && STAGES[stage].0 == "helo";
            let status = match reply.code >= 500 || is_final {
                true => "bounced",
                false => "deferred",
            };
            add(at(stage, act), Some(status))?;
        }
    }
    for &stage in used.iter().filter(|_| hangs_up) {
        add(at(stage, Act::HangUp), Some("deferred"))?;
    }
    for reply in [
        "250 2.0.0 Ok: queued as 421",
        "250-2.0.0 first line\n250 2.0.0 550 lines",
    ] {
        let mut script = Script::default();
        script.accepted.wire = reply;
        add(script, None)?;
    }
    Ok(cases)
}

/// Each run of nullmailer-send tries the message in the queue once.
fn nullmailer(folder: &Path) -> Result<()> {
    let truth = Truth::default();
    let stages = ["banner", "helo", "mail", "rcpt", "data", "dot"];
    let mut cases = cases(Server::Relay, &stages, true, &truth)?;
    for (host, error, code) in [
        (REFUSED, "refused", 111),
        (UNROUTABLE, "unreachable", 101),
        (NAMELESS, "dns", 101),
    ] {
        truth.connect_error("outbound", error, Some(code), 1);
        let host = host.to_owned();
        cases.push(Case {
            host,
            status: Some("deferred"),
        });
    }
    // The folders of nullmailer, as its own tests set them.
    let root = folder.join("nullmailer");
    for name in ["queue", "tmp", "failed"] {
        fs::create_dir_all(root.join("queue").join(name))?;
    }
    fs::create_dir_all(root.join("conf"))?;
    finish(Command::new("mkfifo").arg(root.join("queue/trigger")))?;
    for (from, to) in [
        ("sbin", "sbin"),
        ("bin", "bin"),
        ("lib/nullmailer", "protocols"),
    ] {
        std::os::unix::fs::symlink(Path::new(NULLMAILER).join(from), root.join(to))?;
    }
    fs::write(root.join("conf/me"), "mail.example.org\n")?;
    // Ends after one attempt.
    fs::write(root.join("conf/pausetime"), "0\n")?;
    let log = folder.join("nullmailer.log");
    for (number, case) in cases.iter().enumerate() {
        fs::write(root.join("conf/remotes"), format!("{} smtp\n", case.host))?;
        let message = root.join("queue/queue").join(format!("{number}.1"));
        // The null sender, so that failures make no messages of their own.
        let text = format!("\nr{number}@example.net\n\nSubject: 421\n\nhello\n");
        fs::write(&message, text)?;
        let output = fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(&log)?;
        let status = Command::new(NULLMAILER_SEND)
            .env("NULLMAILER_TEST_PREFIX", &root)
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output)
            .status()?;
        if !status.success() {
            return Err(format!("nullmailer-send: {status}").into());
        }
        if message.exists() {
            fs::remove_file(message)?;
        }
        if let Some(status) = case.status {
            truth.delivery(status, 1);
        }
    }
    compare_report(&truth, &[log])
}

/// msmtp logs each message to its file and to standard error.
fn msmtp(folder: &Path) -> Result<()> {
    let truth = Truth::default();
    // A reply to EHLO is not in the log if the server then closes the connection.
    let stages = ["banner", "mail", "rcpt", "data", "dot"];
    let mut cases = cases(Server::Relay, &stages, true, &truth)?;
    for (host, error, code) in [
        (REFUSED, "refused", 111),
        (UNROUTABLE, "unreachable", 101),
        (NAMELESS, "dns", 101),
    ] {
        truth.connect_error("outbound", error, Some(code), 1);
        let host = host.to_owned();
        cases.push(Case {
            host,
            status: Some("deferred"),
        });
    }
    let log = folder.join("msmtp.log");
    for (number, case) in cases.iter().enumerate() {
        let mut child = Command::new(MSMTP)
            .args(["--file=/dev/null", "--auth=off", "--tls=off", "--port=25"])
            .arg(format!("--host={}", case.host))
            .arg("--from=alice@example.org")
            .arg(format!("--logfile={}", log.display()))
            .arg(format!("r{number}@example.net"))
            .stdin(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        if let Some(mut stdin) = child.stdin.take() {
            stdin.write_all(b"Subject: 421\n\nhello\n")?;
        }
        // It fails with the message.
        child.wait()?;
        if let Some(status) = case.status {
            truth.delivery(status, 1);
        }
    }
    compare_report(&truth, &[log])
}

/// rsyslogd writes the messages from /dev/log to a file.
pub const TO_FILE: Way<'static> = Way {
    templates: "",
    listener: "",
    globals: SLASHES,
    action: r#"action(type="omfile" file="{folder}/log/mail.log" template="RSYSLOG_TraditionalFileFormat")"#,
    burst: 0,
};

/// dma delivers in a process of its own, which sleeps after a temporary failure.
fn dma(folder: &Path) -> Result<()> {
    let truth = Truth::default();
    let stages = ["banner", "helo", "mail", "rcpt", "data", "dot"];
    // Of a connection that is lost, dma logs nothing.
    let mut cases = cases(Server::Dma, &stages, false, &truth)?;
    for (host, error, code, status) in [
        (REFUSED, "refused", 111, None),
        (UNROUTABLE, "unreachable", 101, None),
        (NAMELESS, "dns", 101, Some("deferred")),
    ] {
        truth.connect_error("outbound", error, Some(code), 1);
        let host = host.to_owned();
        cases.push(Case { host, status });
    }
    fs::set_permissions(folder, fs::Permissions::from_mode(0o755))?;
    let log = folder.join("log/mail.log");
    let spool = folder.join("spool");
    for path in [&folder.join("log"), &spool] {
        fs::create_dir(path)?;
        fs::set_permissions(path, fs::Permissions::from_mode(0o777))?;
    }
    private_dev(folder, &folder.join("in"))?;
    let rsyslog = Rsyslog::start(folder, &TO_FILE)?;
    let etc = private_etc(folder)?;
    fs::create_dir_all(etc.join("dma"))?;
    for (number, case) in cases.iter().enumerate() {
        let config = format!(
            "SMARTHOST {}\nMAILNAME mail.example.org\nSPOOLDIR {}\nDEFER\n",
            case.host,
            spool.display()
        );
        fs::write(etc.join("dma/dma.conf"), config)?;
        // The null sender, so that failures make no messages of their own.
        let mut child = Command::new(DMA)
            .args(["-f", "", &format!("r{number}@example.net")])
            .stdin(Stdio::piped())
            .spawn()?;
        if let Some(mut stdin) = child.stdin.take() {
            stdin.write_all(b"Subject: 421\n\nhello\n")?;
        }
        child.wait()?;
        finish(Command::new(DMA).arg("-q"))?;
        until("dma to log a result", Duration::from_secs(20), || {
            let text = fs::read_to_string(&log).unwrap_or_default();
            Ok((results(&text) > number).then_some(()))
        })?;
        // Its process still has the files of a message that it will try again.
        for entry in fs::read_dir(&spool)? {
            fs::remove_file(entry?.path()).ok();
        }
        if let Some(status) = case.status {
            truth.delivery(status, 1);
        }
    }
    drop(rsyslog);
    compare_report(&truth, &[log])
}

/// The number of attempts in dma's log that have ended.
fn results(log: &str) -> usize {
    let ends = [
        "] failed after ",
        "] failed: ",
        "Could not perform server greeting at ",
        "> delivery successful",
        "DNS lookup failure",
    ];
    log.lines()
        .filter(|line| ends.iter().any(|end| line.contains(end)))
        .count()
}
