//! Which program of Postfix wrote a line, by its tag.
//!
//! This is asked of every line, and neighbouring lines have different answers, so a name is found in a
//! table and not by comparing one after the other.

use crate::parse::Service;
use crate::parse::dialect::api::AgentDef;
use crate::parse::dialect::{Agent, Mta};

/// A daemon that takes part in receiving or delivering mail, in the order of [`AGENTS`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Daemon {
    /// SMTP client.
    Smtp,
    /// LMTP client.
    Lmtp,
    /// SMTP server; submission and smtps too.
    Smtpd,
    /// The SMTP server's gatekeeper.
    Postscreen,
    /// Makes a queue file of a message; header, body and milter checks.
    Cleanup,
    /// Queue manager.
    Qmgr,
    /// Delivery to local mailboxes, aliases and commands.
    Local,
    /// Delivery to virtual mailboxes.
    Virtual,
    /// Delivery to an external command.
    Pipe,
    /// Bounces every delivery.
    Error,
    /// Defers every delivery.
    Retry,
    /// Discards every delivery.
    Discard,
    /// TLS on behalf of postscreen and of the SMTP client.
    Tlsproxy,
    /// A line that came without the name of the program that wrote it.
    Unknown,
}

/// The daemons as agents, in the order of [`Daemon`].
pub(super) const AGENTS: &[AgentDef] = &[
    agent("smtp", Kind::Client),
    agent("lmtp", Kind::Other),
    agent("smtpd", Kind::Server),
    agent("postscreen", Kind::Gatekeeper),
    agent("cleanup", Kind::Other),
    agent("qmgr", Kind::Other),
    agent("local", Kind::Other),
    agent("virtual", Kind::Other),
    agent("pipe", Kind::Other),
    agent("error", Kind::Other),
    agent("retry", Kind::Other),
    agent("discard", Kind::Other),
    agent("tlsproxy", Kind::Other),
    agent(AgentDef::UNKNOWN, Kind::Other),
];

/// Which series of an agent exist from the start.
enum Kind {
    Client,
    Server,
    Gatekeeper,
    Other,
}

const fn agent(name: &'static str, kind: Kind) -> AgentDef {
    AgentDef {
        name,
        accepts_clients: matches!(kind, Kind::Server | Kind::Gatekeeper),
        authenticates: matches!(kind, Kind::Server),
        delivers: matches!(kind, Kind::Client),
    }
}

impl Daemon {
    fn agent(self) -> Agent {
        Agent::new(Mta::Postfix, self as u8)
    }

    fn name(self) -> &'static str {
        AGENTS[self as usize].name
    }
}

/// The daemon that wrote a line, and the instance it belongs to: `postfix/submission/smtpd` is smtpd of
/// the instance `submission`, `mta1/smtp` smtp of the instance `mta1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Origin<'a> {
    pub daemon: Daemon,
    /// Empty for `postfix/smtpd`.
    pub instance: &'a [u8],
}

impl Default for Origin<'_> {
    fn default() -> Self {
        Origin {
            daemon: Daemon::Unknown,
            instance: b"",
        }
    }
}

impl<'a> Origin<'a> {
    /// Of a daemon's line with this tag.
    #[inline(always)]
    pub(super) fn of(daemon: Daemon, tag: &'a [u8]) -> Self {
        // The tag of the default instance has this length and no other.
        let length = PREFIX.len() + daemon.name().len();
        let instance = match tag.len().checked_sub(length) {
            Some(0) => b"",
            Some(more) if tag[PREFIX.len() - 1] == b'/' && tag[PREFIX.len() + more - 1] == b'/' => {
                &tag[PREFIX.len()..PREFIX.len() + more - 1]
            }
            _ => instance(tag),
        };
        Origin { daemon, instance }
    }

    /// What the line is counted under.
    #[inline]
    pub(super) fn service(self) -> Service<'a> {
        Service {
            agent: self.daemon.agent(),
            instance: self.instance,
        }
    }
}

/// What stands before the daemon's name unless it was configured otherwise (postconf(5), `syslog_name`).
const PREFIX: &[u8] = b"postfix/";

/// The `syslog_name` in a tag, without Postfix's own name.
#[inline(never)]
fn instance(tag: &[u8]) -> &[u8] {
    let name = match tag.iter().rposition(|&byte| byte == b'/') {
        Some(slash) => &tag[..slash],
        None => b"",
    };
    match name.strip_prefix(PREFIX) {
        Some(instance) => instance,
        None if name == b"postfix" => b"",
        None => name,
    }
}

/// Names before the slash that other servers' programs of the same names have.
const OTHER_SERVERS: &[&[u8]] = &[
    b"cyrus", b"dovecot", b"courier", b"citadel", b"kopano", b"zarafa",
];

/// Whether a tag is Postfix's for certain; any other `syslog_name` may be Postfix's or another server's.
pub(super) fn is_postfix(tag: &[u8]) -> bool {
    tag.is_empty() || tag.starts_with(b"postfix")
}

/// The program that wrote a line, by the last part of its tag: `postfix/smtps/smtpd` is smtpd.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Program {
    /// A daemon that takes part in receiving or delivering mail.
    Daemon(Daemon),
    /// A daemon or command that only serves the others.
    Helper,
    /// No program of Postfix.
    Foreign,
    /// Postfix by its first part, but a program we do not know.
    Unknown,
}

/// Every program of Postfix that logs.
const PROGRAMS: &[(&str, Program)] = &[
    ("smtpd", Program::Daemon(Daemon::Smtpd)),
    ("smtp", Program::Daemon(Daemon::Smtp)),
    ("qmgr", Program::Daemon(Daemon::Qmgr)),
    ("nqmgr", Program::Daemon(Daemon::Qmgr)),
    ("oqmgr", Program::Daemon(Daemon::Qmgr)),
    ("cleanup", Program::Daemon(Daemon::Cleanup)),
    ("lmtp", Program::Daemon(Daemon::Lmtp)),
    ("postscreen", Program::Daemon(Daemon::Postscreen)),
    ("local", Program::Daemon(Daemon::Local)),
    ("virtual", Program::Daemon(Daemon::Virtual)),
    ("pipe", Program::Daemon(Daemon::Pipe)),
    ("error", Program::Daemon(Daemon::Error)),
    ("retry", Program::Daemon(Daemon::Retry)),
    ("discard", Program::Daemon(Daemon::Discard)),
    ("tlsproxy", Program::Daemon(Daemon::Tlsproxy)),
    ("bounce", Program::Helper),
    ("defer", Program::Helper),
    ("trace", Program::Helper),
    ("verify", Program::Helper),
    ("pickup", Program::Helper),
    ("anvil", Program::Helper),
    ("scache", Program::Helper),
    ("dnsblog", Program::Helper),
    ("trivial-rewrite", Program::Helper),
    ("tlsmgr", Program::Helper),
    ("master", Program::Helper),
    ("proxymap", Program::Helper),
    ("proxywrite", Program::Helper),
    ("flush", Program::Helper),
    ("showq", Program::Helper),
    ("spawn", Program::Helper),
    ("postlogd", Program::Helper),
    ("postsuper", Program::Helper),
    ("postqueue", Program::Helper),
    ("postdrop", Program::Helper),
    ("sendmail", Program::Helper),
    ("postfix-script", Program::Helper),
    ("postmulti", Program::Helper),
    ("postalias", Program::Helper),
    ("postmap", Program::Helper),
    ("postcat", Program::Helper),
    ("postkick", Program::Helper),
    ("postlock", Program::Helper),
    ("postconf", Program::Helper),
    ("postfix", Program::Helper),
    ("post-install", Program::Helper),
    ("qmqpd", Program::Helper),
    ("nbdb_reindexd", Program::Helper),
    // Writes what a script tells it to.
    ("postlog", Program::Foreign),
    // Policy servers that call themselves Postfix's.
    ("policy-spf", Program::Foreign),
    ("policyd-spf", Program::Foreign),
];

/// The multiplier of a perfect hash, found by trying; [`TABLE`] does not compile with one that makes two
/// names collide.
const FACTOR: u64 = 0x9b08_923d_10c6_7fd9;

const PLACES: usize = 128;

/// A program as it stands before the process id: `…/smtpd[`.
#[derive(Clone, Copy)]
struct Ending {
    /// The last eight bytes of the slash and the name, and which of them count.
    bytes: u64,
    mask: u64,
    name: &'static str,
    program: Program,
}

/// The programs, each in the place that its last five bytes give, with the slash. `proxywrite` ends
/// like `trivial-rewrite` and logs less: it is found by [`Program::of`] only.
static TABLE: [Ending; PLACES] = {
    let mut table = [Ending {
        bytes: 0,
        mask: u64::MAX,
        name: "",
        program: Program::Foreign,
    }; PLACES];
    let mut next = 0;
    while next < PROGRAMS.len() {
        let (name, program) = PROGRAMS[next];
        let (bytes, mask) = ending(name.as_bytes());
        let place = place(bytes);
        if matches!(program, Program::Foreign) {
            // Read step by step.
        } else if table[place].bytes == 0 {
            table[place] = Ending {
                bytes,
                mask,
                name,
                program,
            };
        } else {
            assert!(
                table[place].bytes >> 24 == bytes >> 24,
                "two endings in one place"
            );
        }
        next += 1;
    }
    table
};

#[inline(always)]
const fn place(bytes: u64) -> usize {
    ((bytes >> 24 << 24).wrapping_mul(FACTOR) >> 57) as usize
}

/// The last eight bytes of a slash and a name, the last one highest, and a mask for them.
const fn ending(name: &[u8]) -> (u64, u64) {
    let (mut bytes, mut mask) = (0, 0);
    let mut back = 0;
    while back < 8 && back <= name.len() {
        let byte = if back < name.len() {
            name[name.len() - 1 - back]
        } else {
            b'/'
        };
        bytes |= (byte as u64) << (56 - 8 * back);
        mask |= 0xff << (56 - 8 * back);
        back += 1;
    }
    (bytes, mask)
}

impl Program {
    /// Reads a tag. Any `syslog_name` may stand before the slash but the name of another server; without a
    /// slash only Postfix's own name is taken for Postfix.
    pub(super) fn of(tag: &[u8]) -> Self {
        let Some(slash) = tag.iter().rposition(|&b| b == b'/') else {
            return if tag == b"postfix" {
                Program::Helper
            } else {
                Program::Foreign
            };
        };
        let (name, program) = (&tag[..slash], &tag[slash + 1..]);
        if OTHER_SERVERS.contains(&name) {
            return Program::Foreign;
        }
        match PROGRAMS.iter().find(|(name, _)| name.as_bytes() == program) {
            Some((_, program)) => *program,
            None if name.starts_with(b"postfix") => Program::Unknown,
            None => Program::Foreign,
        }
    }

    /// The same for a tag that begins with `postfix`, whose last eight bytes are given, in one step;
    /// `None` for a tag that [`Program::of`] has to read.
    #[inline(always)]
    pub(super) fn with_ending(tag: &[u8], last: [u8; 8]) -> Option<Self> {
        let last = u64::from_le_bytes(last);
        let known = &TABLE[place(last)];
        if last & known.mask != known.bytes {
            return None;
        }
        let whole = known.name.len() < 8
            || tag
                .strip_suffix(known.name.as_bytes())
                .is_some_and(|before| before.ends_with(b"/"));
        whole.then_some(known.program)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lookup_by_last_bytes_agrees_with_full_lookup() {
        for (name, program) in PROGRAMS {
            for before in [
                "postfix/",
                "postfix/submission/",
                "mta1/",
                "/",
                "x",
                "1234567890",
            ] {
                let tag = format!("{before}{name}");
                let Some(last) = tag.as_bytes().last_chunk() else {
                    continue;
                };
                let found = Program::with_ending(tag.as_bytes(), *last);
                if before.ends_with('/') {
                    assert_eq!(Program::of(tag.as_bytes()), *program, "{tag}");
                }
                if before.ends_with('/') {
                    let rare = *name == "proxywrite" || *program == Program::Foreign;
                    assert_eq!(found, (!rare).then_some(*program), "{tag}");
                } else {
                    assert_eq!(found, None, "{tag}");
                }
            }
        }
    }

    #[test]
    fn instances_keep_their_names() {
        for (tag, daemon, instance) in [
            ("postfix/smtpd", Daemon::Smtpd, ""),
            ("postfix/submission/smtpd", Daemon::Smtpd, "submission"),
            ("postfix/relay/smtp", Daemon::Smtp, "relay"),
            ("postfix-out/smtp", Daemon::Smtp, "postfix-out"),
            ("postfix/nqmgr", Daemon::Qmgr, ""),
            ("mta1/smtp", Daemon::Smtp, "mta1"),
        ] {
            assert_eq!(
                Program::of(tag.as_bytes()),
                Program::Daemon(daemon),
                "{tag}"
            );
            let origin = Origin::of(daemon, tag.as_bytes());
            assert_eq!(origin.instance, instance.as_bytes(), "{tag}");
        }
    }

    #[test]
    fn programs_of_other_servers_are_not_postfix() {
        for tag in [
            "cyrus/lmtp",
            "cyrus/master",
            "dovecot/lmtp",
            "smtpd",
            "master",
        ] {
            assert_eq!(Program::of(tag.as_bytes()), Program::Foreign, "{tag}");
        }
    }
}
