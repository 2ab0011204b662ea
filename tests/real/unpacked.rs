//! Complete mail servers whose packages conflict with Postfix: `.ci/run` unpacks them below `target/servers`, and each
//! test lays its server over `/usr`, in its own mount namespace, with an empty `/var` and `/run`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::Duration;

use crate::cases::{STAGES, at, message};
use crate::postfix::SUBMIT;
use crate::remote::{Act, Script};
use crate::replies::REPLIES;
use crate::rsyslog::{Rsyslog, SLASHES, Way};
use crate::sandbox::{finish, private_dev, private_etc};
use crate::truth::Truth;
use crate::wait::until;
use crate::world::{Host, Message, World, plays};
use crate::{Result, client};

/// Time limit for a server to start or to finish its deliveries.
pub const LIMIT: Duration = Duration::from_secs(50);

/// The folder with the unpacked packages, by name of the server.
const SERVERS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/target/servers");

/// rsyslogd writes the messages from /dev/log to a file.
const TO_FILE: Way<'static> = Way {
    templates: "",
    listener: "",
    globals: SLASHES,
    action: r#"action(type="omfile" file="{folder}/mail.log" template="RSYSLOG_TraditionalFileFormat")"#,
    burst: 0,
};

/// The system of one unpacked server.
pub struct System {
    /// A private copy of /etc.
    pub etc: PathBuf,
    pub log: PathBuf,
    rsyslog: Rsyslog,
}

impl System {
    /// Lays an unpacked server over `/usr`, adds `users`, each with a group of its name, and starts rsyslogd.
    pub fn new(folder: &Path, server: &str, users: &[&str]) -> Result<Self> {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(folder, fs::Permissions::from_mode(0o755))?;
        private_dev(folder, &folder.join("in"))?;
        let etc = private_etc(folder)?;
        for (number, name) in users.iter().enumerate() {
            let id = 64_200 + number;
            for (file, line) in [
                (
                    "passwd",
                    format!("{name}:x:{id}:{id}::/var/empty:/bin/false\n"),
                ),
                ("group", format!("{name}:x:{id}:\n")),
            ] {
                let file = etc.join(file);
                let text = fs::read_to_string(&file)?;
                let start = format!("{name}:");
                let others = text.lines().filter(|line| !line.starts_with(&start));
                let others: String = others.map(|line| format!("{line}\n")).collect();
                fs::write(&file, others + &line)?;
            }
        }
        let rsyslog = Rsyslog::start(folder, &TO_FILE)?;
        let changes = folder.join("usr");
        fs::create_dir(&changes)?;
        let mount = |kind: &str, options: &str, place: &Path| {
            finish(
                Command::new("mount")
                    .args(["-t", kind, "-o", options, kind])
                    .arg(place),
            )
        };
        mount("tmpfs", "mode=755", &changes)?;
        for name in ["upper", "work"] {
            fs::create_dir(changes.join(name))?;
        }
        let place = changes.display();
        let layers = format!(
            "lowerdir={SERVERS}/{server}/usr:/usr,upperdir={place}/upper,workdir={place}/work"
        );
        mount("overlay", &layers, Path::new("/usr"))?;
        for place in ["/var", "/run"] {
            mount("tmpfs", "mode=755", Path::new(place))?;
        }
        std::os::unix::fs::symlink("/run", "/var/run")?;
        fs::create_dir("/var/empty")?;
        fs::set_permissions("/var/empty", fs::Permissions::from_mode(0o711))?;
        Ok(System {
            etc,
            log: folder.join("mail.log"),
            rsyslog,
        })
    }

    /// Logs a line as the server does, and waits until rsyslogd has written it, and so all lines before it.
    pub fn flush(&self, line: &str) -> Result<()> {
        self.rsyslog.log(&format!("<22>Nov 23 10:00:00 {line}"))?;
        self.wait_for_log("the log to be written", |text| text.contains(line))
    }

    /// Waits until the log satisfies a condition.
    pub fn wait_for_log(&self, what: &str, done: impl Fn(&str) -> bool) -> Result<()> {
        until(what, LIMIT, || {
            let text = fs::read(&self.log).unwrap_or_default();
            Ok(done(&String::from_utf8_lossy(&text)).then_some(()))
        })
    }
}

/// Waits until a server listens for mail to send; an error of `check` ends the wait.
pub fn wait_for_listener(mut check: impl FnMut() -> Result<()>) -> Result<()> {
    until("the server to listen", LIMIT, || {
        check()?;
        Ok(std::net::TcpStream::connect(SUBMIT).ok().map(drop))
    })
}

/// An error with the text of the file `errors` if a server has ended.
pub fn check_running(server: &mut Child, errors: &Path) -> Result<()> {
    match server.try_wait()? {
        None => Ok(()),
        Some(status) => {
            let errors = fs::read_to_string(errors)?;
            Err(format!("the server ended with {status}: {errors}").into())
        }
    }
}

/// Where a server is unpacked.
pub fn folder_of(server: &str) -> PathBuf {
    Path::new(SERVERS).join(server)
}

/// The facts of a server's log that decide on the messages to send and their results.
pub struct Traits {
    /// Whether the log has a record of this event at a stage.
    pub is_logged: fn(stage: &str, act: Act) -> bool,
    /// The result of a message after a reply at a stage.
    pub status: fn(stage: &str, act: Act) -> &'static str,
}

/// A message for every reply at two stages, once with the connection closed after it; connections that are lost; and
/// accepted messages.
pub fn replies(world: &mut World, traits: &Traits) -> Result<Vec<Message>> {
    let mut messages = Vec::new();
    for (number, reply) in REPLIES.iter().enumerate() {
        for round in 0..2 {
            let stage = (number + 2 * round + number / 6) % STAGES.len();
            let act = match round {
                0 => Act::Say(*reply),
                _ => Act::SayAndClose(*reply),
            };
            let name = STAGES[stage].0;
            if !(traits.is_logged)(name, act) {
                continue;
            }
            let domain = format!("{name}-{number}-{round}.example.net");
            world.domain(&domain, vec![plays(at(stage, act))])?;
            messages.push(message(&domain, 1, Some((traits.status)(name, act))));
        }
    }
    for (stage, (name, _)) in STAGES.iter().enumerate() {
        if (traits.is_logged)(name, Act::HangUp) {
            let domain = format!("hangs-up-{name}.example.net");
            world.domain(&domain, vec![plays(at(stage, Act::HangUp))])?;
            messages.push(message(&domain, 1, Some("deferred")));
        }
    }
    for (number, wire) in [
        "250 2.0.0 Ok: queued as 421",
        "250-2.0.0 first line\n250 2.0.0 550 lines",
        "250 OK id=1rABCD-000421-Xy",
    ]
    .into_iter()
    .enumerate()
    {
        let mut script = Script::default();
        script.accepted.wire = wire;
        if number == 2 {
            script.accepted.enhanced = "";
        }
        let domain = format!("accepts-{number}.example.net");
        world.domain(&domain, vec![plays(script)])?;
        messages.push(message(&domain, 1, None));
    }
    Ok(messages)
}

/// Messages to hosts that refuse the connection or cannot be reached, and to a domain that does not exist.
pub fn failed_connections(world: &mut World) -> Result<Vec<Message>> {
    let mut messages = Vec::new();
    for (name, host) in [
        ("refused", Host::Refuses),
        ("unreachable", Host::Unreachable),
        ("nonetwork", Host::NoNetwork),
    ] {
        let domain = format!("{name}.example.net");
        world.domain(&domain, vec![host])?;
        messages.push(message(&domain, 1, Some("deferred")));
    }
    world.truth.connect_error("outbound", "dns", Some(101), 1);
    messages.push(message("nosuchname.example.net", 1, Some("bounced")));
    Ok(messages)
}

/// Sends messages; with an empty sender, failures make no messages of their own.
pub fn send_from(sender: &str, messages: &[Message], truth: &Truth) -> Result<()> {
    for message in messages {
        client::send(SUBMIT, sender, &message.recipients, "hello")?;
        if let Some(status) = message.status {
            truth.delivery(status, message.recipients.len() as u64);
        }
    }
    Ok(())
}
