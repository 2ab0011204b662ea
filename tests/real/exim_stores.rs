//! Local deliveries of Exim: mailboxes, commands, aliases, and LMTP at Unix-domain sockets.
//!
//! LMTP over TCP is not tested, because Exim logs it like SMTP: its direction cannot be seen.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::Result;
use crate::cases::{at, message};
use crate::records::Server;
use crate::remote::{Act, Script, listen_unix};
use crate::replies::{REPLIES, reply};
use crate::world::{Message, World, plays};

/// Sets up the destinations and returns the messages to send.
pub fn deliveries(world: &mut World, folder: &Path) -> Result<Vec<Message>> {
    let mut messages = Vec::new();
    let mut to = |recipients: &[&str], status| {
        let recipients = recipients.iter().map(|&it| it.to_owned()).collect();
        messages.push(Message { recipients, status });
    };
    to(
        &["known@local.example.com", "other@local.example.com"],
        Some("sent"),
    );
    to(&["unknown-550@local.example.com"], Some("bounced"));
    let commands = folder.join("pipes");
    fs::create_dir(&commands)?;
    for (exit, status) in [(0, "sent"), (69, "bounced"), (75, "deferred")] {
        fs::write(
            commands.join(format!("exit-{exit}")),
            format!("cat >/dev/null\necho 421 4.7.0 no\nexit {exit}\n"),
        )?;
        to(&[&format!("exit-{exit}@pipe.example.com")], Some(status));
    }
    world.domain("target.example.net", vec![plays(Script::default())])?;
    fs::write(
        folder.join("aliases"),
        "remote: r0@target.example.net\n\
         both: r1@target.example.net, known@local.example.com\n\
         fails: :fail: 550 5.1.1 is not said by a server\n\
         defers: :defer: 451 4.3.0 is not said by a server\n",
    )?;
    to(&["remote@redirect.example.com"], None);
    world.truth.delivery("sent", 1);
    to(&["both@redirect.example.com"], None);
    to(&["fails@redirect.example.com"], Some("bounced"));
    to(&["defers@redirect.example.com"], Some("deferred"));

    let sockets = folder.join("sockets");
    fs::create_dir(&sockets)?;
    fs::set_permissions(&sockets, fs::Permissions::from_mode(0o755))?;
    let refused = |stage, number: usize| at(stage, Act::Say(REPLIES[number]));
    for (name, recipients, script, status) in [
        ("taken", 3, Script::default(), None),
        ("banner", 1, refused(0, 33), Some("bounced")),
        ("lhlo", 1, refused(1, 1), Some("deferred")),
        ("mail", 1, refused(2, 36), Some("bounced")),
        ("rcpt", 2, refused(3, 4), Some("deferred")),
        ("rcpt5", 2, refused(3, 30), Some("bounced")),
        ("data", 1, refused(4, 16), Some("deferred")),
        ("dot", 3, refused(5, 18), Some("deferred")),
        ("dot5", 2, refused(5, 36), Some("bounced")),
    ] {
        let domain = format!("{name}.socket.example.com");
        let script = Script {
            accepted: reply(250, "2.0.0", "250 2.0.0 <r0> kVvX550 Saved"),
            recipients,
            direction: "local",
            client: Server::Exim,
            ..script
        };
        listen_unix(&sockets.join(&domain), script, &world.truth)?;
        messages.push(message(&domain, recipients, status));
    }
    Ok(messages)
}
