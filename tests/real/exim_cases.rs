//! Test cases for remote servers of an Exim, generated from a seed: their replies and the stages at which they
//! are sent.
//!
//! Each case has its own domain, so that the failure of one destination does not suspend mail to another.

use crate::Result;
use crate::cases::{NamedHost, STAGES, at, message};
use crate::remote::{Act, BrokenTls, Reply, Script};
use crate::replies::{REPLIES, reply};
use crate::world::{Host, Message, World, plays};

/// A reply whose log record exceeds the length at which Exim splits syslog messages.
const LONG: Reply = reply(
    550,
    "5.7.26",
    concat!(
        "550-5.7.26 This mail has been blocked because the sender is unauthenticated, 421 4.7.0\n",
        "550-5.7.26 times today. Our system asks every sender of mail to authenticate with either\n",
        "550-5.7.26 SPF or DKIM, as RFC 7208 and RFC 6376 tell; neither was there for this message:\n",
        "550-5.7.26 DKIM = did not pass, SPF [origin.example.org] with ip: [192.0.2.1] = not passed,\n",
        "550-5.7.26 which 450 of 552 receivers do not take. To see how this is set up, please look at\n",
        "550-5.7.26 https://support.example.com/mail/answer/81126#authentication and, for the policy\n",
        "550-5.7.26 of the domain, at https://support.example.com/mail/answer/81126#policy, or write\n",
        "550-5.7.26 to the postmaster of the domain that is named in the sender's address, who can\n",
        "550-5.7.26 tell which hosts send its mail and with which of 4.7.1 signatures they do so. A\n",
        "550-5.7.26 message that is sent again without them will be refused again, with 5.1.1 chances\n",
        "550 5.7.26 in 554 for another outcome. a1si550 - gsmtp"
    ),
);

/// A deterministic random number generator (SplitMix64).
pub struct Random(pub u64);

impl Random {
    /// A number below `limit`.
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % limit as u64) as usize
    }

    fn pick<T: Copy>(&mut self, choice: &[T]) -> T {
        choice[self.below(choice.len())]
    }

    fn shuffle<T>(&mut self, items: &mut [T]) {
        for end in (1..items.len()).rev() {
            items.swap(end, self.below(end + 1));
        }
    }
}

/// Exim's delivery status after a final reply for a recipient.
fn status_of(stage: usize, act: Act) -> &'static str {
    match (STAGES[stage].0, act) {
        // The connection is closed before HELO.
        ("helo", Act::SayAndClose(_)) => "deferred",
        (_, Act::Say(reply) | Act::SayAndClose(reply)) if reply.code >= 500 => "bounced",
        _ => "deferred",
    }
}

/// Every reply at three stages; at one of them the server then closes the connection.
pub fn replies_at_every_stage(world: &mut World, random: &mut Random) -> Result<Vec<Message>> {
    let mut messages = Vec::new();
    for (number, reply) in REPLIES.iter().enumerate() {
        let mut stages: Vec<usize> = (0..STAGES.len()).collect();
        random.shuffle(&mut stages);
        for (round, stage) in stages.into_iter().take(3).enumerate() {
            let domain = format!("{}-{}-{number}.example.net", STAGES[stage].0, reply.code);
            let closes = round == 1;
            let act = if closes {
                Act::SayAndClose(*reply)
            } else {
                Act::Say(*reply)
            };
            // Closing a connection with unread pipelined commands could discard the reply.
            let pipelining = !closes && random.below(2) == 0;
            let recipients = match STAGES[stage].0 {
                // Recipients after the closed connection are tested by closing.example.net.
                "rcpt" if closes => 1,
                _ => 1 + random.below(3) as u64,
            };
            let script = Script {
                pipelining,
                recipients,
                ..at(stage, act)
            };
            world.domain(&domain, vec![plays(script)])?;
            messages.push(message(&domain, recipients, Some(status_of(stage, act))));
        }
    }
    random.shuffle(&mut messages);
    Ok(messages)
}

/// Connections that fail, hang or break.
pub fn failed_connections(world: &mut World, random: &mut Random) -> Result<Vec<Message>> {
    let mut messages = Vec::new();
    for (stage, (name, _)) in STAGES.iter().enumerate() {
        for (how, act) in [("hangup", Act::HangUp), ("hang", Act::Hang)] {
            let domain = format!("{how}-{name}.example.net");
            world.domain(&domain, vec![plays(at(stage, act))])?;
            messages.push(message(&domain, 1, Some("deferred")));
        }
    }
    for (name, host) in [
        ("refused", Host::Refuses),
        ("unreachable", Host::Unreachable),
        ("nonetwork", Host::NoNetwork),
        ("silent", Host::Silent),
    ] {
        let domain = format!("{name}.example.net");
        world.domain(&domain, vec![host])?;
        // One failed connection, whatever the number of recipients.
        messages.push(message(
            &domain,
            1 + random.below(4) as u64,
            Some("deferred"),
        ));
    }
    // No connection is attempted, so the failure is in each delivery record. Exim logs a domain that does not
    // exist as `Unrouteable address`, which does not mention DNS: not counted.
    for (domain, status, is_dns) in [
        ("nosuchname.example.net", "bounced", false),
        ("servfail.example.net", "deferred", true),
        ("nameless.example.net", "bounced", true),
        ("nullmx.example.net", "bounced", false),
    ] {
        if is_dns {
            world.truth.connect_error("outbound", "dns", Some(101), 2);
        }
        messages.push(message(domain, 2, Some(status)));
    }
    world.zone.fail("servfail.example.net");
    world.domain("nameless.example.net", vec![Host::Nameless])?;
    world.zone.exchange("nullmx.example.net", 0, "");
    random.shuffle(&mut messages);
    Ok(messages)
}

/// More mail to destinations for which the retry time has not been reached.
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
    .map(|name| Message {
        recipients: vec![
            format!("s0@{name}.example.net"),
            format!("s1@{name}.example.net"),
        ],
        status: Some("deferred"),
    })
    .collect()
}

/// Several mail exchangers: the attempt at the first and the delivery record of the second are two replies.
pub fn several_exchangers(world: &mut World, random: &mut Random) -> Result<Vec<Message>> {
    let of_class = |class| {
        let replies = REPLIES.iter().copied();
        replies
            .filter(|reply| reply.code / 100 == class)
            .collect::<Vec<_>>()
    };
    let (soft, hard): (Vec<Reply>, Vec<Reply>) = (of_class(4), of_class(5));
    let mut messages = Vec::new();
    for (stage, (name, _)) in STAGES.iter().enumerate() {
        for (number, status) in [None, Some("deferred"), Some("bounced")].iter().enumerate() {
            let domain = format!("two-{name}-{number}.example.net");
            let mut first = at(stage, Act::Say(random.pick(&soft)));
            let last_word = match status {
                None => Act::Go,
                Some("deferred") => Act::Say(random.pick(&soft)),
                Some(_) => Act::Say(random.pick(&hard)),
            };
            let mut next = at(3, last_word);
            let recipients = 1 + random.below(3) as u64;
            (first.recipients, next.recipients) = (recipients, recipients);
            world.domain(&domain, vec![plays(first), plays(next)])?;
            messages.push(message(&domain, recipients, *status));
        }
    }
    // After a 5xx greeting or HELO reply Exim tries the next host.
    for stage in [0, 1] {
        let domain = format!("next-{}.example.net", STAGES[stage].0);
        let first = at(stage, Act::Say(random.pick(&hard)));
        world.domain(&domain, vec![plays(first), plays(Script::default())])?;
        messages.push(message(&domain, 1, None));
    }
    let failures: [NamedHost; 6] = [
        ("refused", || Host::Refuses),
        ("unreachable", || Host::Unreachable),
        ("nonetwork", || Host::NoNetwork),
        ("silent", || Host::Silent),
        ("hangup", || plays(at(0, Act::HangUp))),
        // Not at RCPT: Exim does not log a timeout after RCPT if there is another host.
        ("hang", || plays(at(0, Act::Hang))),
    ];
    let busy = || plays(at(2, Act::Say(REPLIES[2])));
    for (name, host) in failures {
        let domain = format!("then-accepts-{name}.example.net");
        world.domain(&domain, vec![host(), plays(Script::default())])?;
        messages.push(message(&domain, 1, None));
        let domain = format!("then-busy-{name}.example.net");
        world.domain(&domain, vec![host(), busy()])?;
        messages.push(message(&domain, 1, Some("deferred")));
        let domain = format!("after-busy-{name}.example.net");
        world.domain(&domain, vec![busy(), host()])?;
        messages.push(message(&domain, 1, Some("deferred")));
    }
    random.shuffle(&mut messages);
    Ok(messages)
}

/// Other cases: all forms of success, mixed recipients, TLS, expiry.
pub fn other_cases(world: &mut World, random: &mut Random) -> Result<Vec<Message>> {
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
        reply(252, "", "252 Will try \"C=450\" or \\ 421"),
    ];
    for (number, accepted) in accepted.into_iter().enumerate() {
        for pipelining in [false, true] {
            let domain = format!("accepts-{number}-{pipelining}.example.net");
            let script = Script {
                accepted,
                pipelining,
                ..Script::default()
            };
            world.domain(&domain, vec![plays(script)])?;
            messages.push(message(&domain, 1 + random.below(4) as u64, None));
        }
    }
    let script = at(3, Act::Say(LONG));
    world.domain("long.example.net", vec![plays(script)])?;
    messages.push(message("long.example.net", 2, Some("bounced")));
    // Exim writes the lines of this reply as lines of their own in the `H=` record, joined in the `==` records.
    let script = Script {
        recipients: 2,
        ..at(1, Act::SayAndClose(REPLIES[33]))
    };
    world.domain("closes-helo.example.net", vec![plays(script)])?;
    messages.push(message("closes-helo.example.net", 2, Some("deferred")));
    mixed_recipients(world, &mut messages)?;
    // This domain is never retried: the deferral and the expiry are logged one after the other.
    let script = at(3, Act::Say(REPLIES[16]));
    world.domain("expires.example.net", vec![plays(script)])?;
    world.truth.delivery("deferred", 1);
    messages.push(message("expires.example.net", 1, Some("expired")));
    tls(world, &mut messages)?;
    random.shuffle(&mut messages);
    Ok(messages)
}

/// Messages with accepted and rejected recipients.
fn mixed_recipients(world: &mut World, messages: &mut Vec<Message>) -> Result<()> {
    let rcpt = vec![
        Act::Go,
        Act::Say(REPLIES[30]),
        Act::Say(REPLIES[4]),
        Act::Go,
    ];
    for (name, dot, bounced, deferred) in [
        ("accepted", Act::Go, 1, 1),
        ("refused", Act::Say(REPLIES[36]), 3, 1),
        ("put-off", Act::Say(REPLIES[16]), 1, 3),
    ] {
        let domain = format!("mixed-{name}.example.net");
        let script = Script {
            rcpt: rcpt.clone(),
            dot,
            recipients: 4,
            ..Script::default()
        };
        world.domain(&domain, vec![plays(script)])?;
        world.truth.delivery("bounced", bounced);
        world.truth.delivery("deferred", deferred);
        messages.push(message(&domain, 4, None));
    }
    // A 421 within a session concerns one recipient; for the others the connection is lost.
    let rcpt = vec![Act::Go, Act::SayAndClose(REPLIES[1]), Act::Go];
    let script = Script {
        rcpt,
        ..Script::default()
    };
    world.domain("closing.example.net", vec![plays(script)])?;
    world.truth.connect_error("outbound", "reset", None, 1);
    messages.push(message("closing.example.net", 3, Some("deferred")));
    Ok(())
}

/// Servers with broken TLS, or without TLS although the transport requires it.
fn tls(world: &mut World, messages: &mut Vec<Message>) -> Result<()> {
    let no = reply(454, "4.7.0", "454 4.7.0 TLS not available");
    let offers = |tls| Script {
        tls: Some(tls),
        ..Script::default()
    };
    // With opportunistic TLS, Exim continues without TLS and does not log the reply: not counted.
    world.domain(
        "tls-refuses.example.net",
        vec![plays(offers(BrokenTls::Refuses(no)))],
    )?;
    messages.push(message("tls-refuses.example.net", 1, None));
    // With mandatory TLS, Exim logs the reply only with tls_tempfail_tryclear = false; by default it logs
    // `a TLS session is required, but an attempt to start TLS failed`.
    for domain in [
        "must-tls-refuses.example.net",
        "strict-tls-refuses.example.net",
    ] {
        world.domain(domain, vec![plays(offers(BrokenTls::Refuses(no)))])?;
        messages.push(message(domain, 2, Some("deferred")));
    }
    world.truth.connect_error("outbound", "tls", None, 1);
    world.truth.reply("outbound", no.code, no.enhanced, 1);
    // The failed handshake is counted by the script.
    world.domain(
        "must-tls-babbles.example.net",
        vec![plays(offers(BrokenTls::Babbles))],
    )?;
    messages.push(message("must-tls-babbles.example.net", 1, Some("deferred")));
    world.domain(
        "must-tls-without.example.net",
        vec![plays(Script::default())],
    )?;
    world.truth.connect_error("outbound", "tls", None, 1);
    messages.push(message("must-tls-without.example.net", 2, Some("deferred")));
    Ok(())
}
