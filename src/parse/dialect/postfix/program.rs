//! Determines the program of Postfix that wrote a line, from the syslog tag.
//!
//! This is needed for every line, and differs between consecutive lines, so names are found in a hash table rather
//! than by comparing one after the other.

use crate::parse::dialect::api::AgentDef;
use crate::parse::dialect::mta::{Agent, Mta};
use crate::parse::event::Service;

/// A daemon that receives or delivers mail, in the order of [`AGENTS`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Daemon {
    /// SMTP client.
    Smtp,
    /// LMTP client.
    Lmtp,
    /// SMTP server, including submission and smtps.
    Smtpd,
    /// Connection filter in front of the SMTP server.
    Postscreen,
    /// Creates the queue file of a message; header, body and milter checks.
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
    /// Unknown: the line does not name the program that wrote it.
    Unknown,
}

/// The daemons as agents, in the order of [`Daemon`].
pub(super) const AGENTS: &[AgentDef] = &[
    agent("smtp", Role::Client),
    agent("lmtp", Role::Other),
    agent("smtpd", Role::Server),
    agent("postscreen", Role::ConnectionFilter),
    agent("cleanup", Role::Other),
    agent("qmgr", Role::Other),
    agent("local", Role::Other),
    agent("virtual", Role::Other),
    agent("pipe", Role::Other),
    agent("error", Role::Other),
    agent("retry", Role::Other),
    agent("discard", Role::Other),
    agent("tlsproxy", Role::Other),
    agent(AgentDef::UNKNOWN, Role::Other),
];

/// The role of an agent, which determines the series that exist from the start.
enum Role {
    Client,
    Server,
    ConnectionFilter,
    Other,
}

const fn agent(name: &'static str, role: Role) -> AgentDef {
    AgentDef {
        name,
        accepts_clients: matches!(role, Role::Server | Role::ConnectionFilter),
        authenticates: matches!(role, Role::Server),
        delivers: matches!(role, Role::Client),
    }
}

impl Daemon {
    /// The length of its tag in the default instance: `postfix/` (postconf(5), `syslog_name`) and its name.
    #[cfg_attr(hot_path, inline(always))]
    pub(super) const fn default_tag_length(self) -> usize {
        "postfix/".len() + AGENTS[self as usize].name.len()
    }

    fn agent(self) -> Agent {
        Agent::new(Mta::Postfix, self as u8)
    }
}

/// The daemon that wrote a line, and its instance: `postfix/submission/smtpd` is smtpd of the instance
/// `submission`, `mta1/smtp` is smtp of the instance `mta1`.
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
    /// The origin of a line of this daemon with this tag.
    #[inline(never)]
    pub(super) fn of(daemon: Daemon, tag: &'a [u8]) -> Self {
        let name = match tag.iter().rposition(|&byte| byte == b'/') {
            Some(slash) => &tag[..slash],
            None => b"",
        };
        let instance = match name.strip_prefix(b"postfix/") {
            Some(instance) => instance,
            None if name == b"postfix" => b"",
            None => name,
        };
        Origin { daemon, instance }
    }

    /// The service that the line is counted for.
    #[inline]
    pub(super) fn service(self) -> Service<'a> {
        Service {
            agent: self.daemon.agent(),
            instance: self.instance,
        }
    }
}

/// Prefixes of other servers that have programs with the same names.
const OTHER_SERVERS: &[&[u8]] = &[
    b"cyrus", b"dovecot", b"courier", b"citadel", b"kopano", b"zarafa",
];

/// The program that wrote a line, from the last part of the tag: `postfix/smtps/smtpd` is smtpd.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Program {
    /// A daemon that receives or delivers mail.
    Daemon(Daemon),
    /// An auxiliary daemon or an administrative command.
    Helper,
    /// A shell script of Postfix: its messages are free text.
    Script,
    /// Not a program of Postfix.
    Foreign,
    /// An unknown program of Postfix.
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
    ("postmulti-script", Program::Script),
    ("postfix-tls-script", Program::Script),
    ("postfix-non-bdb-script", Program::Script),
    ("postfix-wrapper", Program::Script),
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
    // Logs any text on behalf of scripts.
    ("postlog", Program::Foreign),
    // Policy servers that log with a tag of Postfix.
    ("policy-spf", Program::Foreign),
    ("policyd-spf", Program::Foreign),
    ("policyd-weight", Program::Foreign),
    ("postgrey", Program::Foreign),
    ("sqlgrey", Program::Foreign),
    ("greyfix", Program::Foreign),
];

/// The multiplier of a perfect hash, found by trial. With a multiplier for which two names collide, [`TABLE`] does
/// not compile.
const FACTOR: u64 = 0x9b08_923d_10c6_7fd9;

const TABLE_SIZE: usize = 128;

/// A program, found by the end of a tag: `…/smtpd`.
#[derive(Clone, Copy)]
struct Ending {
    /// The last eight bytes of slash and name, and a mask of the valid ones.
    bytes: u64,
    mask: u64,
    name: &'static str,
    program: Program,
}

/// The programs, by the hash of the last five bytes of slash and name. `proxywrite`, which ends like the more
/// frequent `trivial-rewrite`, is only found by [`Program::of`].
static TABLE: [Ending; TABLE_SIZE] = {
    let mut table = [Ending {
        bytes: 0,
        mask: u64::MAX,
        name: "",
        program: Program::Foreign,
    }; TABLE_SIZE];
    let mut next = 0;
    while next < PROGRAMS.len() {
        let (name, program) = PROGRAMS[next];
        let (bytes, mask) = ending(name.as_bytes());
        let index = hash(bytes);
        if matches!(program, Program::Foreign | Program::Script) {
            // Left to `Program::of`.
        } else if table[index].bytes == 0 {
            table[index] = Ending {
                bytes,
                mask,
                name,
                program,
            };
        } else {
            assert!(
                table[index].bytes >> 24 == bytes >> 24,
                "two endings with the same hash"
            );
        }
        next += 1;
    }
    table
};

/// The index in [`TABLE`] for the last five of eight bytes.
#[cfg_attr(hot_path, inline(always))]
const fn hash(bytes: u64) -> usize {
    ((bytes >> 24 << 24).wrapping_mul(FACTOR) >> 57) as usize
}

/// The last eight bytes of a slash and a name, the last byte highest, and a mask for them.
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
    /// The program of a tag. Before the slash, any `syslog_name` except the name of another server is accepted.
    /// Without a slash, only `postfix` is accepted.
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

    /// As [`Program::of`], but fast, for a tag with its first and last eight bytes; `None` for tags that only
    /// [`Program::of`] can handle.
    #[cfg_attr(hot_path, inline(always))]
    pub(super) fn with_ends(tag: &[u8], first: [u8; 8], last: [u8; 8]) -> Option<Self> {
        let last = u64::from_le_bytes(last);
        let known = &TABLE[hash(last)];
        let is_postfix = u64::from_le_bytes(first) << 8 == u64::from_le_bytes(*b"\0postfix");
        if !(is_postfix & (last & known.mask == known.bytes)) {
            return None;
        }
        let is_match = known.name.len() < 8
            || tag
                .strip_suffix(known.name.as_bytes())
                .is_some_and(|before| before.ends_with(b"/"));
        is_match.then_some(known.program)
    }
}

#[cfg(test)]
mod tests;
