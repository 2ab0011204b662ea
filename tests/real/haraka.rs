//! Tests with a real Haraka: each reply of a scripted server is counted once from its log, in each of its formats.
//!
//! `npm ci` in tests/real/haraka installs it.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::cases::{STAGES, at, message};
use crate::records::Server;
use crate::remote::{Act, Script};
use crate::replies::{REPLIES, reply};
use crate::trials::{RealTrial, compare_report, with_folder};
use crate::truth::Truth;
use crate::wait::until;
use crate::world::{Host, Message, World, plays};
use crate::{Result, client};

const PACKAGE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/tests/real/haraka/node_modules/Haraka"
);
const PROGRAM: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/tests/real/haraka/node_modules/Haraka/bin/haraka"
);

/// The address at which it accepts messages.
const SUBMIT: &str = "127.0.0.1:2525";

/// All tests with Haraka.
pub const ALL: &[RealTrial] = &[
    RealTrial {
        name: "haraka_default_format_each_reply_counted_once",
        needs: &["node", PROGRAM],
        run: || with_folder(|folder| replies(folder, "format=default\ntimestamps=false\n")),
    },
    RealTrial {
        name: "haraka_logfmt_each_reply_counted_once",
        needs: &["node", PROGRAM],
        run: || with_folder(|folder| replies(folder, "format=logfmt\ntimestamps=true\n")),
    },
    RealTrial {
        name: "haraka_json_each_reply_counted_once",
        needs: &["node", PROGRAM],
        run: || with_folder(|folder| replies(folder, "format=json\ntimestamps=false\n")),
    },
];

/// A plugin that accepts messages to every domain.
const ACCEPT_ALL: &str =
    "exports.hook_connect = (next, connection) => { connection.relaying = true; next() }\n";

/// A running Haraka, which logs to a file.
struct Haraka(Child);

impl Haraka {
    /// Starts it with settings of log.ini and waits until it listens.
    fn start(folder: &Path, logging: &str, log: &Path) -> Result<Self> {
        for name in ["config", "plugins", "queue"] {
            fs::create_dir(folder.join(name))?;
        }
        fs::write(folder.join("plugins/accept_all.js"), ACCEPT_ALL)?;
        for (name, text) in [
            ("me", "mail.example.org\n"),
            ("plugins", "accept_all\n"),
            // One process.
            ("smtp.ini", &format!("listen={SUBMIT}\nnodes=0\n")),
            // The reply to MAIL, DATA or the content is logged at this level only.
            ("log.ini", &format!("[main]\nlevel=info\n{logging}")),
            // Every address of the test is local. No message is tried a second time.
            (
                "outbound.ini",
                "local_mx_ok=true\nenable_tls=false\nconnect_timeout=2\ntemp_fail_intervals=1d\n",
            ),
        ] {
            fs::write(folder.join("config").join(name), text)?;
        }
        // It accepts no client without the sections of its own file.
        fs::copy(
            Path::new(PACKAGE).join("config/connection.ini"),
            folder.join("config/connection.ini"),
        )?;
        let output = fs::File::create(log)?;
        let child = Command::new("node")
            .args([PROGRAM, "--configs"])
            .arg(folder)
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output)
            .spawn()?;
        let haraka = Haraka(child);
        until("Haraka to listen", Duration::from_secs(30), || {
            Ok(std::net::TcpStream::connect(SUBMIT).ok())
        })?;
        Ok(haraka)
    }
}

impl Drop for Haraka {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Messages to scripted servers, whose replies are compared with the log.
fn replies(folder: &Path, logging: &str) -> Result<()> {
    let truth = Truth::default();
    let mut world = World::for_client(Server::Haraka, truth.clone())?;
    let mut messages = replies_at_every_stage(&mut world)?;
    messages.extend(failed_connections(&mut world)?);
    messages.extend(other_cases(&mut world)?);
    world.zone.serve()?;

    let log = folder.join("haraka.log");
    let haraka = Haraka::start(folder, logging, &log)?;
    for message in &messages {
        // The null sender, so that failures make no messages of their own.
        client::send(SUBMIT, "", &message.recipients, "hello")?;
        if let Some(status) = message.status {
            truth.delivery(status, message.recipients.len() as u64);
        }
    }
    // The message to several recipients has three results.
    let expected = messages.len() + 2;
    until(
        "Haraka to try all messages",
        Duration::from_secs(40),
        || {
            let text = fs::read_to_string(&log)?;
            Ok((results(&text) >= expected).then_some(()))
        },
    )?;
    drop(haraka);
    compare_report(&truth, &[log])
}

/// The number of results of messages in the log.
fn results(log: &str) -> usize {
    let words = ["delivered file", "Temp failing ", "bouncing mail: "];
    log.lines()
        .filter(|line| words.iter().any(|it| line.contains(it)))
        .count()
}

/// Haraka's result after a reply.
fn status_of(stage: usize, act: Act) -> &'static str {
    match (STAGES[stage].0, act) {
        // After a 5xx reply to EHLO it says HELO, and finds that the connection is closed.
        ("helo", Act::SayAndClose(_)) => "deferred",
        (_, Act::Say(reply) | Act::SayAndClose(reply)) if reply.code >= 500 => "bounced",
        _ => "deferred",
    }
}

/// Every reply at three stages.
fn replies_at_every_stage(world: &mut World) -> Result<Vec<Message>> {
    let mut messages = Vec::new();
    for (number, reply) in REPLIES.iter().enumerate() {
        for round in 0..3 {
            let stage = (number + 2 * round + number / 6) % STAGES.len();
            let act = match round {
                1 => Act::SayAndClose(*reply),
                _ => Act::Say(*reply),
            };
            let domain = format!("{}-{}-{number}.example.net", STAGES[stage].0, reply.code);
            world.domain(&domain, vec![plays(at(stage, act))])?;
            messages.push(message(&domain, 1, Some(status_of(stage, act))));
        }
    }
    Ok(messages)
}

/// Connections that fail or break, and names that do not exist.
fn failed_connections(world: &mut World) -> Result<Vec<Message>> {
    let mut messages = Vec::new();
    for (stage, (name, _)) in STAGES.iter().enumerate() {
        let domain = format!("hangup-{name}.example.net");
        world.domain(&domain, vec![plays(at(stage, Act::HangUp))])?;
        messages.push(message(&domain, 1, Some("deferred")));
    }
    for (name, host) in [
        ("refused", Host::Refuses),
        ("unreachable", Host::Unreachable),
        ("nonetwork", Host::NoNetwork),
        ("silent", Host::Silent),
    ] {
        let domain = format!("{name}.example.net");
        world.domain(&domain, vec![host])?;
        messages.push(message(&domain, 1, Some("deferred")));
    }
    for (domain, status) in [
        ("nosuchname.example.net", "bounced"),
        ("servfail.example.net", "deferred"),
    ] {
        world.truth.connect_error("outbound", "dns", Some(101), 1);
        messages.push(message(domain, 1, Some(status)));
    }
    world.zone.fail("servfail.example.net");
    // A domain that accepts no mail (null MX, RFC 7505) has no host.
    world.zone.exchange("nullmx.example.net", 0, "");
    messages.push(message("nullmx.example.net", 1, Some("bounced")));
    Ok(messages)
}

/// Accepted messages, several mail exchangers and several recipients.
fn other_cases(world: &mut World) -> Result<Vec<Message>> {
    let mut messages = Vec::new();
    for (number, accepted) in [
        reply(250, "", "250 OK id=1rABCD-000421-Xy"),
        reply(250, "2.0.0", "250 2.0.0 Ok: queued as 421"),
        reply(250, "2.0.0", "250-2.0.0 first line\n250 2.0.0 550 lines"),
    ]
    .into_iter()
    .enumerate()
    {
        let domain = format!("accepts-{number}.example.net");
        let script = Script {
            accepted,
            ..Script::default()
        };
        world.domain(&domain, vec![plays(script)])?;
        messages.push(message(&domain, 1, None));
    }
    // It tries the next host after a failed connection, but not after a reply.
    for (name, first) in [
        ("refused", Host::Refuses),
        ("unreachable", Host::Unreachable),
        ("hangup", plays(at(3, Act::HangUp))),
    ] {
        let domain = format!("then-accepts-{name}.example.net");
        world.domain(&domain, vec![first, plays(Script::default())])?;
        messages.push(message(&domain, 1, None));
    }
    let busy = plays(at(2, Act::Say(REPLIES[2])));
    world.domain("busy.example.net", vec![busy, plays(Script::default())])?;
    messages.push(message("busy.example.net", 1, Some("deferred")));
    // One recipient is accepted; the others are rejected and become messages of their own.
    let script = Script {
        rcpt: vec![Act::Go, Act::Say(REPLIES[30]), Act::Say(REPLIES[4])],
        recipients: 3,
        ..Script::default()
    };
    world.domain("mixed.example.net", vec![plays(script)])?;
    world.truth.delivery("bounced", 1);
    world.truth.delivery("deferred", 1);
    messages.push(message("mixed.example.net", 3, None));
    Ok(messages)
}
