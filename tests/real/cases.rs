//! Test cases for remote servers: their replies, the stages at which they are sent, and their names.
//!
//! Each case has its own domain, so that the failure of one destination does not suspend mail to another.

use crate::Result;
use crate::remote::{Act, BrokenTls, Script};
use crate::replies::{REPLIES, reply};
use crate::world::{Host, Message, World, plays};

/// Additional settings: destinations that require TLS.
pub const MAIN: &str = "\
smtp_tls_policy_maps = inline:{ {must-tls-refuses.example.net = encrypt}, {must-tls-without.example.net = encrypt} }
";

/// A message to `count` recipients of a domain, named by number.
pub fn message(domain: &str, count: u64, status: Option<&'static str>) -> Message {
    let recipients = (0..count)
        .map(|number| format!("r{number}@{domain}"))
        .collect();
    Message { recipients, status }
}

/// The name of a stage and how to set it in a script.
pub type StageSetter = (&'static str, fn(&mut Script, Act));

pub const STAGES: [StageSetter; 6] = [
    ("banner", |script, act| script.banner = act),
    ("helo", |script, act| script.helo = act),
    ("mail", |script, act| script.mail = act),
    ("rcpt", |script, act| script.rcpt = vec![act]),
    ("data", |script, act| script.data = act),
    ("dot", |script, act| script.dot = act),
];

/// A name for a kind of failure and the host that shows it.
pub type NamedHost = (&'static str, fn() -> Host);

/// A script that differs at one stage.
pub fn at(stage: usize, act: Act) -> Script {
    let mut script = Script::default();
    STAGES[stage].1(&mut script, act);
    script
}

/// Postfix's delivery status after a final reply for a recipient.
fn status_of(stage: usize, act: Act) -> &'static str {
    let temporary = match (STAGES[stage].0, act) {
        // A 5xx greeting counts as temporary (smtp_skip_5xx_greeting); after a rejected EHLO the scripted
        // server has closed the connection, so HELO fails.
        ("banner", _) | ("helo", Act::SayAndClose(_)) => true,
        (_, Act::Say(reply) | Act::SayAndClose(reply)) => reply.code < 500,
        _ => true,
    };
    if temporary { "deferred" } else { "bounced" }
}

/// Every reply at one or two stages, so that each stage gets most of the forms.
pub fn replies_at_every_stage(world: &mut World) -> Result<Vec<Message>> {
    let mut messages = Vec::new();
    for (number, reply) in REPLIES.iter().enumerate() {
        for round in 0..3 {
            // Three stages for each reply; the last term prevents replies with a distance of six from being
            // sent at the same stages.
            let stage = (number + 2 * round + number / 6) % STAGES.len();
            let domain = format!("{}-{}-{number}.example.net", STAGES[stage].0, reply.code);
            let recipients = if round == 0 { 1 + number as u64 % 3 } else { 1 };
            let act = if round == 1 {
                Act::SayAndClose(*reply)
            } else {
                Act::Say(*reply)
            };
            let mut script = at(stage, act);
            script.recipients = recipients;
            script.pipelining = number % 2 == 0 && round == 2;
            world.domain(&domain, vec![plays(script)])?;
            messages.push(message(&domain, recipients, Some(status_of(stage, act))));
        }
    }
    Ok(messages)
}

/// Connections that fail, hang or break.
pub fn failed_connections(world: &mut World) -> Result<Vec<Message>> {
    let mut messages = Vec::new();
    for (stage, (name, _)) in STAGES.iter().enumerate() {
        for (how, act) in [("hangup", Act::HangUp), ("hang", Act::Hang)] {
            let domain = format!("{how}-{name}.example.net");
            world.domain(&domain, vec![plays(at(stage, act))])?;
            messages.push(message(&domain, 1, Some("deferred")));
        }
    }
    let lonely = [
        ("refused", Host::Refuses),
        ("unreachable", Host::Unreachable),
        ("nonetwork", Host::NoNetwork),
        ("silent", Host::Silent),
    ];
    for (name, host) in lonely {
        let domain = format!("{name}.example.net");
        world.domain(&domain, vec![host])?;
        // Three recipients, one connection: one failure.
        messages.push(message(&domain, 3, Some("deferred")));
    }
    // No connection is attempted, so the failure is in each delivery record.
    for (domain, status) in [
        ("nosuchname.example.net", "bounced"),
        ("servfail.example.net", "deferred"),
        ("nameless.example.net", "bounced"),
    ] {
        world.truth.connect_error("outbound", "dns", Some(101), 2);
        messages.push(message(domain, 2, Some(status)));
    }
    world.zone.fail("servfail.example.net");
    world.domain("nameless.example.net", vec![Host::Nameless])?;
    Ok(messages)
}

/// Several mail exchangers: the attempt at the first and the delivery record of the second are two replies.
pub fn several_exchangers(world: &mut World) -> Result<Vec<Message>> {
    let soft = [
        REPLIES[1],
        REPLIES[3],
        REPLIES[5],
        REPLIES[13],
        REPLIES[18],
        REPLIES[19],
    ];
    let second = [Act::Go, Act::Say(REPLIES[16]), Act::Say(REPLIES[33])];
    let mut messages = Vec::new();
    for (stage, (name, _)) in STAGES.iter().enumerate() {
        for (number, act) in second.into_iter().enumerate() {
            let domain = format!("two-{name}-{number}.example.net");
            let mut first = at(stage, Act::Say(soft[(stage + number) % soft.len()]));
            let mut next = Script {
                rcpt: vec![act],
                ..Script::default()
            };
            let recipients = 1 + number as u64;
            (first.recipients, next.recipients) = (recipients, recipients);
            world.domain(&domain, vec![plays(first), plays(next)])?;
            messages.push(message(
                &domain,
                recipients,
                match number {
                    0 => None,
                    1 => Some("deferred"),
                    _ => Some("bounced"),
                },
            ));
        }
    }
    let failures: [NamedHost; 6] = [
        ("refused", || Host::Refuses),
        ("unreachable", || Host::Unreachable),
        ("nonetwork", || Host::NoNetwork),
        ("silent", || Host::Silent),
        ("hangup", || plays(at(0, Act::HangUp))),
        ("hang", || plays(at(3, Act::Hang))),
    ];
    for (name, host) in failures {
        let domain = format!("then-accepts-{name}.example.net");
        world.domain(&domain, vec![host(), plays(Script::default())])?;
        messages.push(message(&domain, 1, None));
        let domain = format!("then-busy-{name}.example.net");
        world.domain(&domain, vec![host(), plays(at(2, Act::Say(REPLIES[2])))])?;
        messages.push(message(&domain, 1, Some("deferred")));
        if !matches!(host(), Host::Plays(_)) {
            let domain = format!("after-busy-{name}.example.net");
            world.domain(&domain, vec![plays(at(2, Act::Say(REPLIES[2]))), host()])?;
            messages.push(message(&domain, 1, Some("deferred")));
        }
    }
    Ok(messages)
}

/// Other cases: mixed recipients, sizes, broken TLS, all forms of success.
pub fn other_cases(world: &mut World) -> Result<Vec<Message>> {
    let mut messages = Vec::new();
    let accepted = [
        reply(250, "", "250 OK id=1rABCD-000421-Xy"),
        reply(
            250,
            "2.6.0",
            "250 2.6.0 <550.421@mail.example.com> [InternalId=4217] Queued mail for delivery",
        ),
        reply(250, "2.0.0", "250-2.0.0 first\n250 2.0.0 second 421"),
        reply(251, "2.1.5", "251 2.1.5 Forwarded"),
        reply(252, "", "252 Will try 450"),
    ];
    for (number, accepted) in accepted.into_iter().enumerate() {
        for pipelining in [false, true] {
            let domain = format!("accepts-{number}-{pipelining}.example.net");
            world.domain(
                &domain,
                vec![plays(Script {
                    accepted,
                    pipelining,
                    ..Script::default()
                })],
            )?;
            messages.push(message(&domain, 1 + number as u64, None));
        }
    }
    // Some recipients are accepted, others rejected.
    let rcpt = vec![
        Act::Go,
        Act::Say(REPLIES[30]),
        Act::Say(REPLIES[4]),
        Act::Go,
    ];
    for (name, dot) in [("accepted", Act::Go), ("refused", Act::Say(REPLIES[36]))] {
        let domain = format!("mixed-{name}.example.net");
        let script = Script {
            rcpt: rcpt.clone(),
            dot,
            recipients: 4,
            ..Script::default()
        };
        world.domain(&domain, vec![plays(script)])?;
        world
            .truth
            .delivery("bounced", if name == "accepted" { 1 } else { 3 });
        world.truth.delivery("deferred", 1);
        messages.push(message(&domain, 4, None));
    }
    // A 421 within a session concerns one recipient; for the others the connection is lost.
    let rcpt = vec![Act::Go, Act::SayAndClose(REPLIES[1]), Act::Go];
    world.domain(
        "closing.example.net",
        vec![plays(Script {
            rcpt,
            ..Script::default()
        })],
    )?;
    world.truth.connect_error("outbound", "reset", None, 2);
    messages.push(message("closing.example.net", 3, Some("deferred")));
    // Larger than the server announces: there is no reply, so only the delivery is counted.
    world.domain(
        "small.example.net",
        vec![plays(Script {
            size: Some(10),
            ..Script::default()
        })],
    )?;
    messages.push(message("small.example.net", 1, Some("bounced")));
    // A domain that accepts no mail (null MX, RFC 7505) has no host.
    world.zone.exchange("nullmx.example.net", 0, "");
    messages.push(message("nullmx.example.net", 1, Some("bounced")));
    // With opportunistic TLS, Postfix continues without TLS if STARTTLS is rejected, and retries later if the
    // handshake fails; with mandatory TLS, the rejection is a reply like others.
    let no = reply(454, "4.7.0", "454 4.7.0 TLS not available");
    let offers = |tls| {
        plays(Script {
            tls: Some(tls),
            ..Script::default()
        })
    };
    world.domain(
        "tls-refuses.example.net",
        vec![offers(BrokenTls::Refuses(no))],
    )?;
    messages.push(message("tls-refuses.example.net", 1, None));
    for (domain, tls) in [
        ("tls-babbles.example.net", BrokenTls::Babbles),
        ("tls-hangs-up.example.net", BrokenTls::HangsUp),
    ] {
        world.domain(domain, vec![offers(tls)])?;
        messages.push(message(domain, 2, Some("deferred")));
    }
    world.domain(
        "must-tls-refuses.example.net",
        vec![offers(BrokenTls::Refuses(no))],
    )?;
    world.truth.reply("outbound", no.code, no.enhanced, 1);
    world.truth.connect_error("outbound", "tls", None, 1);
    messages.push(message("must-tls-refuses.example.net", 1, Some("deferred")));
    world.domain(
        "must-tls-without.example.net",
        vec![plays(Script::default())],
    )?;
    world.truth.connect_error("outbound", "tls", None, 1);
    messages.push(message("must-tls-without.example.net", 1, Some("deferred")));
    Ok(messages)
}

/// More mail to destinations that Postfix regards as dead after a failed connection or greeting.
pub fn suspended() -> Vec<Message> {
    [
        "refused",
        "unreachable",
        "nonetwork",
        "silent",
        "hangup-banner",
        "hang-helo",
    ]
    .iter()
    .map(|name| message(&format!("{name}.example.net"), 2, Some("deferred")))
    .collect()
}
