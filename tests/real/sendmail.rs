//! Tests with a real Sendmail: replies of scripted servers and rejected clients, each counted once from its log.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::Result;
use crate::cases::{STAGES, at, message};
use crate::client::Client;
use crate::records::Server;
use crate::remote::{Act, Script};
use crate::replies::REPLIES;
use crate::sandbox::finish;
use crate::trials::{RealTrial, compare_report, send_all, with_folder};
use crate::truth::Truth;
use crate::unpacked::{self, LIMIT, System, Traits};
use crate::wait::until;
use crate::world::{Message, World, plays};

/// The unpacked program, and where it is once laid over `/usr`.
const UNPACKED: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/target/servers/sendmail/usr/libexec/sendmail/sendmail"
);
const PROGRAM: &str = "/usr/libexec/sendmail/sendmail";

/// All tests with Sendmail.
pub const ALL: &[RealTrial] = &[
    RealTrial {
        name: "sendmail_each_reply_counted_once",
        needs: &[UNPACKED, "m4", "rsyslogd"],
        run: || with_folder(replies),
    },
    RealTrial {
        name: "sendmail_each_reject_counted_once",
        needs: &[UNPACKED, "m4", "rsyslogd"],
        run: || with_folder(rejects),
    },
];

const TRAITS: Traits = Traits {
    is_logged: |_, _| true,
    status: |stage, act| match act {
        // It then tries HELO.
        Act::SayAndClose(_) if stage == "helo" => "deferred",
        Act::Say(reply) | Act::SayAndClose(reply) if reply.code >= 500 => "bounced",
        _ => "deferred",
    },
};

/// A running Sendmail, killed on drop.
struct Sendmail {
    system: System,
    child: Child,
}

impl Sendmail {
    /// Makes the configuration with m4 and starts the daemon in the foreground.
    fn start(folder: &Path) -> Result<Self> {
        let system = System::new(folder, "sendmail", &["smmta", "smmsp"])?;
        for place in ["/var/spool/mqueue", "/run/sendmail/mta"] {
            fs::create_dir_all(place)?;
        }
        let config = system.etc.join("mail");
        fs::create_dir_all(&config)?;
        let source = config.join("sendmail.mc");
        fs::write(&source, CONFIG)?;
        let output = Command::new("m4")
            .arg("-D_CF_DIR_=/usr/share/sendmail/cf/")
            .arg(&source)
            .output()?;
        fs::write(config.join("sendmail.cf"), output.stdout)?;
        fs::write(config.join("local-host-names"), "mail.example.com\n")?;
        fs::write(config.join("access"), ACCESS)?;
        let makemap = Command::new("/usr/libexec/sendmail/makemap")
            .args(["hash", "/etc/mail/access"])
            .stdin(fs::File::open(config.join("access"))?)
            .status()?;
        if !makemap.success() {
            return Err(format!("makemap: {makemap}").into());
        }
        fs::write(config.join("aliases"), "postmaster: root\n")?;
        finish(Command::new(PROGRAM).arg("-bi"))?;
        let errors = fs::File::create(folder.join("sendmail.err"))?;
        let child = Command::new(PROGRAM)
            .args(["-L", "sm-mta", "-bD", "-q1h"])
            .stdin(Stdio::null())
            .stdout(errors.try_clone()?)
            .stderr(errors)
            .spawn()?;
        let mut sendmail = Sendmail { system, child };
        let errors = folder.join("sendmail.err");
        unpacked::wait_for_listener(|| unpacked::check_running(&mut sendmail.child, &errors))?;
        Ok(sendmail)
    }

    /// Waits until the daemon is the only Sendmail process: each message has a process of its own.
    fn settle(&self) -> Result<()> {
        let mut quiet = 0;
        until("Sendmail to finish its deliveries", LIMIT, || {
            quiet = if self.others()? == 0 { quiet + 1 } else { 0 };
            Ok((quiet == 3).then_some(()))
        })?;
        self.system
            .flush("sm-mta[1]: starting daemon (8.17.1.9): SMTP+queueing@04:21:00")
    }

    /// The number of Sendmail processes besides the daemon.
    fn others(&self) -> Result<usize> {
        let mut count = 0;
        for entry in fs::read_dir("/proc")? {
            let entry = entry?;
            let number = entry.file_name().to_string_lossy().parse::<u32>();
            if number.is_ok_and(|number| number != self.child.id()) {
                // The process may have ended meanwhile; one that has ended has no arguments.
                let read = |file| fs::read(entry.path().join(file)).unwrap_or_default();
                let running = !read("cmdline").is_empty();
                count += usize::from(running && read("comm") == b"sendmail\n");
            }
        }
        Ok(count)
    }
}

impl Drop for Sendmail {
    fn drop(&mut self) {
        // Remaining processes end with the PID namespace.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn replies(folder: &Path) -> Result<()> {
    let truth = Truth::default();
    let mut world = World::for_client(Server::Sendmail, truth.clone())?;
    let mut messages = unpacked::replies(&mut world, &TRAITS)?;
    messages.extend(unpacked::failed_connections(&mut world)?);
    messages.extend(several_exchangers(&mut world)?);
    world.zone.serve()?;
    let sendmail = Sendmail::start(folder)?;
    send_all(&messages, &truth)?;
    sendmail.settle()?;
    compare_report(&truth, std::slice::from_ref(&sendmail.system.log))
}

/// Several hosts, the first of which is busy at one stage, and several recipients. The log has the result of the first
/// host only if it rejects the recipient.
fn several_exchangers(world: &mut World) -> Result<Vec<Message>> {
    let mut messages = Vec::new();
    for (stage, (stage_name, _)) in STAGES.iter().enumerate() {
        let first = || plays(at(stage, Act::Say(REPLIES[1])));
        for (name, second, status) in [
            ("accepts", Script::default(), None),
            ("busy", at(3, Act::Say(REPLIES[16])), Some("deferred")),
            ("rejects", at(3, Act::Say(REPLIES[30])), Some("bounced")),
        ] {
            let domain = format!("then-{name}-{stage_name}.example.net");
            world.domain(&domain, vec![first(), plays(second)])?;
            messages.push(message(&domain, 1, status));
            if *stage_name == "rcpt" {
                world.truth.delivery("deferred", 1);
            }
        }
        let mut script = at(stage, Act::Say(REPLIES[33]));
        script.recipients = 3;
        let domain = format!("three-{stage_name}.example.net");
        world.domain(&domain, vec![plays(script)])?;
        // One record names all recipients, unless each of them got a reply of its own.
        let records = if *stage_name == "rcpt" { 3 } else { 1 };
        world.truth.delivery("bounced", records);
        messages.push(message(&domain, 3, None));
    }
    world.domain("three.example.net", vec![plays(Script::default())])?;
    messages.push(message("three.example.net", 3, None));
    Ok(messages)
}

fn rejects(folder: &Path) -> Result<()> {
    let truth = Truth::default();
    World::for_client(Server::Sendmail, truth.clone())?
        .zone
        .serve()?;
    let sendmail = Sendmail::start(folder)?;
    for (sender, recipient, recorded) in REJECTED {
        let mut client = Client::connect("192.0.2.1:25")?;
        client.answer()?;
        client.must("EHLO client.example.org")?;
        client.must(&format!("MAIL FROM:<{sender}>"))?;
        let answer = client.ask(&format!("RCPT TO:<{recipient}>"))?;
        if answer.code < 400 {
            return Err(format!("{sender} to {recipient} was answered with {answer:?}").into());
        }
        if *recorded {
            truth.reply("inbound", answer.code, &answer.enhanced, 1);
        }
        client.must("QUIT")?;
    }
    sendmail.settle()?;
    compare_report(&truth, std::slice::from_ref(&sendmail.system.log))
}

/// Sender, recipient, and whether the code of the reject is in the log: of an unknown user it is not.
const REJECTED: &[(&str, &str, bool)] = &[
    ("spam@sender.example", "root@mail.example.com", true),
    ("grey@sender.example", "root@mail.example.com", true),
    ("busy@sender.example", "root@mail.example.com", true),
    ("news@sender.example", "blocked@mail.example.com", true),
    ("news@sender.example", "someone@elsewhere.example.net", true),
    ("news@sender.example", "unknown-550@mail.example.com", false),
];

const ACCESS: &str = "\
From:spam@sender.example	REJECT
From:grey@sender.example	ERROR:4.7.1:450 greylisted for 550 s
From:busy@sender.example	ERROR:4.7.0:421 slow down
To:blocked@mail.example.com	ERROR:5.7.1:554 blocked after 421 messages
";

/// Every message is tried once, at once, whatever the load of the machine.
const CONFIG: &str = "\
divert(0)dnl
include(`/usr/share/sendmail/cf/m4/cf.m4')dnl
OSTYPE(`linux')dnl
DOMAIN(`generic')dnl
define(`confLOG_LEVEL',`9')dnl
define(`confDOMAIN_NAME',`mail.example.com')dnl
define(`confDONT_PROBE_INTERFACES',`True')dnl
define(`confQUEUE_LA',`10000')dnl
define(`confREFUSE_LA',`10000')dnl
define(`confTO_QUEUEWARN',`')dnl
define(`confTO_IDENT',`0')dnl
define(`confDOUBLE_BOUNCE_ADDRESS',`')dnl
FEATURE(`access_db', `hash -T<TMPF> /etc/mail/access')dnl
FEATURE(`blocklist_recipients')dnl
FEATURE(`delay_checks')dnl
FEATURE(`accept_unresolvable_domains')dnl
LOCAL_DOMAIN(`mail.example.com')dnl
DAEMON_OPTIONS(`Name=Submit, Port=10025, Addr=127.0.0.1')dnl
DAEMON_OPTIONS(`Name=MTA, Port=25, Addr=192.0.2.1')dnl
MAILER(`local')dnl
MAILER(`smtp')dnl
";
