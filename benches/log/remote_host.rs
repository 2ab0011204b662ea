//! Remote servers and their replies.

use super::expected::Facts;
use super::random::Random;
use super::replies::Reply;

/// SMTP commands that a reply may refer to.
const COMMANDS: &[&str] = &[
    "MAIL FROM command",
    "RCPT TO command",
    "DATA command",
    "end of DATA command",
];

/// A remote server and one of its addresses.
pub(super) struct Host {
    pub name: &'static str,
    pub ip: String,
}

impl Host {
    /// A random server.
    pub(super) fn random(random: &mut Random) -> Self {
        Host {
            name: random.exchanger(),
            ip: random.ip(),
        }
    }

    /// The value of `relay=`.
    pub(super) fn relay(&self) -> String {
        format!("{}[{}]:25", self.name, self.ip)
    }

    /// Postfix's text for a reply, with the command that it refers to.
    pub(super) fn said(&self, words: &str, random: &mut Random) -> String {
        let command = random.pick(COMMANDS);
        format!(
            "host {}[{}] said: {words} (in reply to {command})",
            self.name, self.ip
        )
    }
}

/// A reply of a remote server.
pub(super) fn outbound(reply: &Reply) -> Facts {
    Facts::reply("outbound", reply.code, reply.enhanced)
}
