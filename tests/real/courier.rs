//! Tests with a real Courier: replies of scripted servers and rejected clients, each counted once from its log.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::Result;
use crate::cases::{STAGES, at, message};
use crate::client::Client;
use crate::records::Server;
use crate::remote::{Act, Script};
use crate::replies::REPLIES;
use crate::trials::{RealTrial, compare_report, with_folder};
use crate::truth::Truth;
use crate::unpacked::{self, System, Traits};
use crate::world::{Message, World, plays};

/// The unpacked program.
const UNPACKED: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/target/servers/courier/usr/sbin/courier"
);

/// All tests with Courier.
pub const ALL: &[RealTrial] = &[
    RealTrial {
        name: "courier_each_reply_counted_once",
        needs: &[UNPACKED, "rsyslogd"],
        run: || with_folder(replies),
    },
    RealTrial {
        name: "courier_each_reject_counted_once",
        needs: &[UNPACKED, "rsyslogd"],
        run: || with_folder(rejects),
    },
];

const TRAITS: Traits = Traits {
    // It logs nothing of a connection that is lost before HELO has been accepted.
    is_logged: |stage, act| match (stage, act) {
        ("banner" | "helo", Act::HangUp) => false,
        // It then tries HELO.
        ("helo", Act::SayAndClose(reply)) => reply.code < 500,
        _ => true,
    },
    status: |_, act| match act {
        Act::Say(reply) | Act::SayAndClose(reply) if reply.code >= 500 => "bounced",
        _ => "deferred",
    },
};

/// Starts Courier, whose processes end with the PID namespace.
fn start(folder: &Path) -> Result<System> {
    let system = System::new(folder, "courier", &["courier"])?;
    let script = folder.join("start-courier");
    fs::write(&script, START)?;
    let errors = fs::File::create(folder.join("courier.err"))?;
    let status = Command::new("sh")
        .arg("-eu")
        .arg(&script)
        .arg(unpacked::folder_of("courier"))
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(errors.try_clone()?)
        .stderr(errors)
        .status()?;
    if !status.success() {
        let errors = fs::read_to_string(folder.join("courier.err"))?;
        return Err(format!("{status}: {errors}").into());
    }
    unpacked::wait_for_listener(|| Ok(()))?;
    Ok(system)
}

/// The sender of all messages, who gets a message about each that is bounced.
const SENDER: &str = "news@origin.example.org";

/// Waits until the log has a result for every recipient.
fn settle(system: &System, messages: &[Message]) -> Result<()> {
    system.wait_for_log("a result of each message", |log| {
        let bounces = messages.iter().filter(|it| it.status == Some("bounced"));
        let returned = format!("addr=<{SENDER}>,status: success");
        if log.matches(&returned).count() < bounces.count() {
            return false;
        }
        let recipients = messages.iter().flat_map(|it| &it.recipients);
        recipients
            .into_iter()
            .all(|recipient| log.contains(&format!("addr=<{recipient}>,status: ")))
    })?;
    system.flush("courierd: Waiting.  shutdown time=none, wakeup time=none, queuedelivering=421421, inprogress=0")
}

fn replies(folder: &Path) -> Result<()> {
    let truth = Truth::default();
    let mut world = World::for_client(Server::Courier, truth.clone())?;
    let mut messages = unpacked::replies(&mut world, &TRAITS)?;
    messages.extend(unpacked::failed_connections(&mut world)?);
    messages.extend(several_recipients(&mut world)?);
    messages.extend(several_exchangers(&mut world)?);
    world.zone.serve()?;
    let system = start(folder)?;
    unpacked::send_from(SENDER, &messages, &truth)?;
    settle(&system, &messages)?;
    compare_report(&truth, std::slice::from_ref(&system.log))
}

/// Several recipients, each of which has a record.
fn several_recipients(world: &mut World) -> Result<Vec<Message>> {
    let mut messages = Vec::new();
    for (stage, (name, _)) in STAGES.iter().enumerate() {
        let act = Act::Say(REPLIES[33]);
        let mut script = at(stage, act);
        script.recipients = 3;
        let domain = format!("three-{name}.example.net");
        world.domain(&domain, vec![plays(script)])?;
        messages.push(message(&domain, 3, Some((TRAITS.status)(name, act))));
    }
    world.domain("three.example.net", vec![plays(Script::default())])?;
    messages.push(message("three.example.net", 3, None));
    Ok(messages)
}

/// Several hosts. It tries the next one only if it cannot connect, which it does not log then.
fn several_exchangers(world: &mut World) -> Result<Vec<Message>> {
    let mut messages = Vec::new();
    let accepts = || plays(Script::default());
    for (stage, (name, _)) in STAGES.iter().enumerate() {
        let first = plays(at(stage, Act::Say(REPLIES[1])));
        let domain = format!("two-{name}.example.net");
        world.domain(&domain, vec![first, accepts()])?;
        messages.push(message(&domain, 1, Some("deferred")));
    }
    let domain = "two-refused.example.net";
    world.domain(domain, vec![accepts()])?;
    let refuses = world.free_address();
    world.zone.address("mx0.two-refused.example.net", refuses);
    world
        .zone
        .exchange(domain, 5, "mx0.two-refused.example.net");
    messages.push(message(domain, 1, None));
    Ok(messages)
}

fn rejects(folder: &Path) -> Result<()> {
    let truth = Truth::default();
    World::for_client(Server::Courier, truth.clone())?
        .zone
        .serve()?;
    let system = start(folder)?;
    for commands in REJECTED {
        let mut client = Client::connect("192.0.2.1:25")?;
        client.answer()?;
        client.must("EHLO client.example.org")?;
        for command in *commands {
            let answer = client.ask(command)?;
            if answer.code < 400 && !command.starts_with("MAIL FROM:<news@sender.example>") {
                return Err(format!("{command} was answered with {answer:?}").into());
            }
            if answer.code >= 400 {
                truth.reply("inbound", answer.code, &answer.enhanced, 1);
            }
        }
        client.must("QUIT")?;
    }
    settle(&system, &[])?;
    compare_report(&truth, std::slice::from_ref(&system.log))
}

/// The commands of each session.
const REJECTED: &[&[&str]] = &[
    &[
        "MAIL FROM:<news@sender.example>",
        "RCPT TO:<someone@elsewhere.example.net>",
    ],
    &["MAIL FROM:<news@sender.example> SIZE=900000"],
    &["RCPT TO:<root@mail.example.com>", "BLAH 421"],
];

/// The files and owners that the scripts of the package make, and the start of the parts of Courier.
const START: &str = r#"
cp -a "$1/etc/courier" /etc/courier
cd /etc/courier
echo mail.example.com | tee me defaultdomain esmtpacceptmailfor.dir/own >/dev/null
printf 'mail.example.com\nlocalhost\n' >locals
echo 20000 >sizelimit
printf '127.0.0.1\tallow,RELAYCLIENT\n' >smtpaccess/default
sed -i 's/^TARPIT=.*/TARPIT=0/; s/^BOFHCHECKDNS=.*/BOFHCHECKDNS=0/
  s/^MAXPERIP=.*/MAXPERIP=40/; s/^MAXPERC=.*/MAXPERC=40/
  s/^PORT=.*/PORT=127.0.0.1.10025,192.0.2.1.25/' esmtpd
echo 'postmaster: root' >aliases/system
# Messages about failures are sent.
sed -i 's/^ESMTP_BLOCKBACKSCATTER=.*/ESMTP_BLOCKBACKSCATTER=/' courierd
touch /etc/environment
mkdir -p /run/courier/authdaemon
cp -a "$1/var/lib" /var/
chown -R courier:courier /var/lib/courier /run/courier /etc/courier
chmod 755 /var/lib/courier /run/courier
for place in tmp msgs msgq track; do chmod 770 "/var/lib/courier/$place"; done
ln -s /usr/lib/courier/makedat /usr/bin/makedat
programs=/usr/lib/courier/courier
chown root:courier $programs/submit
chown courier:courier $programs/submitmkdir
chmod 4755 $programs/submit $programs/submitmkdir
export PATH="$PATH:/usr/sbin"
makealiases
makesmtpaccess
makeacceptmailfor
authdaemond start
courierfilter start
courier start
esmtpd start
"#;
