//! Tests with a real OpenSMTPD: replies of scripted servers and rejected clients, each counted once from its log.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::Result;
use crate::cases::{STAGES, at, message};
use crate::client::Client;
use crate::records::Server;
use crate::remote::{Act, Script};
use crate::replies::REPLIES;
use crate::trials::{RealTrial, compare_report, with_folder};
use crate::truth::Truth;
use crate::unpacked::{self, System, Traits};
use crate::world::{Host, Message, World, plays};

/// The unpacked program, and where it is once laid over `/usr`.
const UNPACKED: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/target/servers/opensmtpd/usr/sbin/smtpd"
);
const PROGRAM: &str = "/usr/sbin/smtpd";

/// All tests with OpenSMTPD.
pub const ALL: &[RealTrial] = &[
    RealTrial {
        name: "opensmtpd_each_reply_counted_once",
        needs: &[UNPACKED, "rsyslogd"],
        run: || with_folder(replies),
    },
    RealTrial {
        name: "opensmtpd_each_reject_counted_once",
        needs: &[UNPACKED, "rsyslogd"],
        run: || with_folder(rejects),
    },
];

const TRAITS: Traits = Traits {
    is_logged: |_, _| true,
    status: |stage, act| match act {
        // It tries again after any reply to the connection or to HELO.
        _ if matches!(stage, "banner" | "helo") => "deferred",
        Act::Say(reply) | Act::SayAndClose(reply) if reply.code >= 500 => "bounced",
        _ => "deferred",
    },
};

/// A running OpenSMTPD, killed on drop.
struct OpenSmtpd {
    system: System,
    child: Child,
}

impl OpenSmtpd {
    /// Starts it in the foreground.
    fn start(folder: &Path) -> Result<Self> {
        let system = System::new(folder, "opensmtpd", &["opensmtpd", "opensmtpq"])?;
        for place in ["/var/spool/smtpd", "/var/lib/opensmtpd/empty"] {
            fs::create_dir_all(place)?;
            fs::set_permissions(place, fs::Permissions::from_mode(0o711))?;
        }
        fs::write(system.etc.join("smtpd.conf"), CONFIG)?;
        let errors = fs::File::create(folder.join("smtpd.err"))?;
        let child = Command::new(PROGRAM)
            .arg("-F")
            .stdin(Stdio::null())
            .stdout(errors.try_clone()?)
            .stderr(errors)
            .spawn()?;
        let mut server = OpenSmtpd { system, child };
        let errors = folder.join("smtpd.err");
        unpacked::wait_for_listener(|| unpacked::check_running(&mut server.child, &errors))?;
        Ok(server)
    }

    /// Waits until the log has a result for every recipient.
    fn settle(&self, messages: &[Message]) -> Result<()> {
        self.system
            .wait_for_log("a result of each message", |log| {
                let results: Vec<&str> = log
                    .lines()
                    .filter(|line| line.contains(" result="))
                    .collect();
                messages
                    .iter()
                    .flat_map(|it| &it.recipients)
                    .all(|recipient| {
                        let to = format!("to=<{recipient}>");
                        results.iter().any(|line| line.contains(&to))
                    })
            })?;
        self.system
            .flush("smtpd[4210421]: info: OpenSMTPD 6.8.0p2 starting")
    }
}

impl Drop for OpenSmtpd {
    fn drop(&mut self) {
        // Its other processes end with the PID namespace.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn replies(folder: &Path) -> Result<()> {
    let truth = Truth::default();
    let mut world = World::for_client(Server::OpenSmtpd, truth.clone())?;
    let mut messages = unpacked::replies(&mut world, &TRAITS)?;
    messages.extend(unpacked::failed_connections(&mut world)?);
    messages.extend(several(&mut world)?);
    world.zone.serve()?;
    let server = OpenSmtpd::start(folder)?;
    unpacked::send_from("", &messages, &truth)?;
    server.settle(&messages)?;
    compare_report(&truth, std::slice::from_ref(&server.system.log))
}

/// Several recipients, each of which has a record; and several hosts, of which it tries the next one if the connection
/// to the first is refused or rejected.
fn several(world: &mut World) -> Result<Vec<Message>> {
    let mut messages = Vec::new();
    for (stage, (name, _)) in STAGES.iter().enumerate() {
        let act = Act::Say(REPLIES[33]);
        let mut script = at(stage, act);
        script.recipients = 3;
        let domain = format!("three-{name}.example.net");
        world.domain(&domain, vec![plays(script)])?;
        messages.push(message(&domain, 3, Some((TRAITS.status)(name, act))));
    }
    let accepts = || plays(Script::default());
    world.domain("three.example.net", vec![accepts()])?;
    messages.push(message("three.example.net", 3, None));
    for (name, first) in [
        ("banner", plays(at(0, Act::Say(REPLIES[1])))),
        ("helo", plays(at(1, Act::Say(REPLIES[33])))),
        ("hangup", plays(at(0, Act::HangUp))),
        ("refused", Host::Refuses),
    ] {
        let domain = format!("then-accepts-{name}.example.net");
        world.domain(&domain, vec![first, accepts()])?;
        messages.push(message(&domain, 1, None));
    }
    Ok(messages)
}

fn rejects(folder: &Path) -> Result<()> {
    let truth = Truth::default();
    World::for_client(Server::OpenSmtpd, truth.clone())?
        .zone
        .serve()?;
    let server = OpenSmtpd::start(folder)?;
    for commands in REJECTED {
        let mut client = Client::connect("192.0.2.1:25")?;
        client.answer()?;
        client.must("EHLO client.example.org")?;
        for command in *commands {
            let answer = client.ask(command)?;
            if answer.code < 400 && !command.starts_with("MAIL") {
                return Err(format!("{command} was answered with {answer:?}").into());
            }
            if answer.code >= 400 {
                truth.reply("inbound", answer.code, &answer.enhanced, 1);
            }
        }
        client.must("QUIT")?;
    }
    server.settle(&[])?;
    compare_report(&truth, std::slice::from_ref(&server.system.log))
}

/// The commands of each session.
const REJECTED: &[&[&str]] = &[
    &[
        "MAIL FROM:<spam@sender.example>",
        "RCPT TO:<root@mail.example.com>",
    ],
    &[
        "MAIL FROM:<news@sender.example>",
        "RCPT TO:<someone@elsewhere.example.net>",
    ],
    &[
        "MAIL FROM:<news@sender.example>",
        "RCPT TO:<unknown-421@mail.example.com>",
        "DATA",
    ],
    &["RCPT TO:<root@mail.example.com>", "BLAH 421", "VRFY root"],
];

const CONFIG: &str = r#"
table blocked { "spam@sender.example" }
listen on 127.0.0.1 port 10025 hostname mail.example.com
listen on 192.0.2.1 port 25 hostname mail.example.com
action "out" relay helo mail.example.com
action "in" maildir
match from any mail-from <blocked> for any reject
match from src 127.0.0.1 for any action "out"
match from any for domain "mail.example.com" action "in"
"#;
