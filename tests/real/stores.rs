//! Local deliveries: LMTP, mailboxes, commands, and transports that fail or discard everything.

use std::fs;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::Result;
use crate::remote::{Act, Reply, Script, listen, listen_unix};
use crate::replies::REPLIES;
use crate::world::{Message, World};

/// Additional settings.
pub const MAIN: &str = "\
transport_maps = texthash:{folder}/transport
virtual_mailbox_domains = virtual.example.com
virtual_mailbox_base = {folder}/mailboxes
virtual_mailbox_maps = inline:{ {known@virtual.example.com = known} }
virtual_uid_maps = static:65534
virtual_gid_maps = static:65534
virtual_minimum_uid = 100
lmtp_connect_timeout = 5s
lmtp_lhlo_timeout = 5s
lmtp_rcpt_timeout = 5s
lmtp_data_done_timeout = 5s
maximal_queue_lifetime = 0
bounce_queue_lifetime = 0
";

/// Additional services.
pub const MASTER: &str = "\
pipe-0 unix - n n - - pipe user=nobody argv=/bin/sh {folder}/exit-0
pipe-69 unix - n n - - pipe user=nobody argv=/bin/sh {folder}/exit-69
pipe-75 unix - n n - - pipe user=nobody argv=/bin/sh {folder}/exit-75
";

/// Sets up the stores and returns the messages for them.
pub fn deliveries(world: &mut World, folder: &Path) -> Result<Vec<Message>> {
    let mut transport = String::new();
    let mut messages = Vec::new();
    let mut to = |recipients: Vec<String>, status| messages.push(Message { recipients, status });

    let taken = Reply {
        code: 250,
        enhanced: "2.0.0",
        wire: "250 2.0.0 <r0> kVvX550 Saved",
    };
    let refusals = [
        REPLIES[4],
        REPLIES[5],
        REPLIES[19],
        REPLIES[30],
        REPLIES[35],
        REPLIES[36],
    ];
    let mut scripts = vec![("taken", 3, Script::default(), None)];
    for (number, reply) in refusals.into_iter().enumerate() {
        let act = Act::Say(reply);
        let status = Some(if reply.code < 500 {
            "deferred"
        } else {
            "bounced"
        });
        let script = match number % 3 {
            0 => Script {
                rcpt: vec![act],
                ..Script::default()
            },
            1 => Script {
                mail: act,
                ..Script::default()
            },
            _ => Script {
                dot: act,
                ..Script::default()
            },
        };
        scripts.push((["rcpt", "mail", "dot"][number % 3], 2, script, status));
    }
    let hangs_up = Script {
        rcpt: vec![Act::HangUp],
        ..Script::default()
    };
    scripts.push(("hangup", 1, hangs_up, Some("deferred")));
    for (number, (name, recipients, script, status)) in scripts.into_iter().enumerate() {
        let script = Script {
            accepted: taken,
            recipients,
            direction: "local",
            ..script
        };
        let socket = folder.join(format!("lmtp-{number}"));
        listen_unix(&socket, script.clone(), &world.truth)?;
        let domain = format!("{name}-{number}.unix.example.com");
        transport.push_str(&format!("{domain} lmtp:unix:{}\n", socket.display()));
        to(
            (0..recipients).map(|r| format!("r{r}@{domain}")).collect(),
            status,
        );

        let address = world.free_address();
        listen(SocketAddr::from((address, 24)), script, &world.truth)?;
        let domain = format!("{name}-{number}.inet.example.com");
        transport.push_str(&format!("{domain} lmtp:inet:[{address}]:24\n"));
        to(
            (0..recipients).map(|r| format!("r{r}@{domain}")).collect(),
            status,
        );
    }

    // Nothing listens: on a port, on a stale socket, and on a missing socket. Postfix logs the attempt at a port on
    // its own line, and that at a socket only in each delivery record.
    transport.push_str(&format!(
        "refused.inet.example.com lmtp:inet:[{}]:24\n",
        world.free_address()
    ));
    world.truth.connect_error("local", "refused", Some(111), 1);
    to(
        vec![
            "r0@refused.inet.example.com".into(),
            "r1@refused.inet.example.com".into(),
        ],
        Some("deferred"),
    );
    let stale = folder.join("stale");
    drop(std::os::unix::net::UnixListener::bind(&stale)?);
    fs::set_permissions(&stale, fs::Permissions::from_mode(0o666))?;
    transport.push_str(&format!(
        "refused.unix.example.com lmtp:unix:{}\n",
        stale.display()
    ));
    world.truth.connect_error("local", "refused", Some(111), 2);
    to(
        vec![
            "r0@refused.unix.example.com".into(),
            "r1@refused.unix.example.com".into(),
        ],
        Some("deferred"),
    );
    transport.push_str(&format!(
        "missing.unix.example.com lmtp:unix:{}\n",
        folder.join("missing").display()
    ));
    world.truth.connect_error("local", "other", None, 1);
    to(vec!["r0@missing.unix.example.com".into()], Some("deferred"));

    to(vec!["known@virtual.example.com".into()], Some("sent"));
    to(vec!["unknown@virtual.example.com".into()], Some("bounced"));
    to(vec!["mail@local.example.com".into()], Some("sent"));
    to(
        vec!["unknown-550@local.example.com".into()],
        Some("bounced"),
    );

    for (exit, status) in [(0, "sent"), (69, "bounced"), (75, "deferred")] {
        fs::write(
            folder.join(format!("exit-{exit}")),
            format!("cat >/dev/null\necho 421 4.7.0 no\nexit {exit}\n"),
        )?;
        transport.push_str(&format!("pipe-{exit}.example.com pipe-{exit}:\n"));
        to(vec![format!("r0@pipe-{exit}.example.com")], Some(status));
    }
    for (name, next_hop, status) in [
        ("error", "5.7.1 no mail for 550 reasons", "bounced"),
        ("retry", "4.3.2 system busy since 421 minutes", "deferred"),
        ("discard", "silently, 250 at a time", "sent"),
    ] {
        transport.push_str(&format!("{name}.example.com {name}:{next_hop}\n"));
        to(
            vec![
                format!("r0@{name}.example.com"),
                format!("r1@{name}.example.com"),
            ],
            Some(status),
        );
    }
    fs::write(folder.join("transport"), transport)?;
    // The queue lifetime is zero: a message that cannot be delivered expires at once, counted once per message.
    let expired = messages
        .iter()
        .filter(|message| message.status == Some("deferred"))
        .count();
    world.truth.delivery("expired", expired as u64);
    Ok(messages)
}
