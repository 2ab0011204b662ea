//! Which program wrote a line, by its tag.
//!
//! It stands apart because it is asked of every line, and no two neighbouring lines need have the same
//! answer: so a name is looked up at once, and not compared with one after the other.

use crate::parse::Service;

/// The program that wrote a line, by the last part of its tag: `postfix/smtps/smtpd` is smtpd.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Program {
    /// A daemon that takes part in receiving or delivering mail.
    Daemon(Service),
    /// A daemon or command that only serves the others.
    Helper,
    /// No program of Postfix.
    Foreign,
    /// Postfix by its first part, but a program we do not know.
    Unknown,
}

/// Every program of Postfix that logs.
const PROGRAMS: &[(&str, Program)] = &[
    ("smtpd", Program::Daemon(Service::Smtpd)),
    ("smtp", Program::Daemon(Service::Smtp)),
    ("qmgr", Program::Daemon(Service::Qmgr)),
    ("nqmgr", Program::Daemon(Service::Qmgr)),
    ("oqmgr", Program::Daemon(Service::Qmgr)),
    ("cleanup", Program::Daemon(Service::Cleanup)),
    ("lmtp", Program::Daemon(Service::Lmtp)),
    ("postscreen", Program::Daemon(Service::Postscreen)),
    ("local", Program::Daemon(Service::Local)),
    ("virtual", Program::Daemon(Service::Virtual)),
    ("pipe", Program::Daemon(Service::Pipe)),
    ("error", Program::Daemon(Service::Error)),
    ("retry", Program::Daemon(Service::Retry)),
    ("discard", Program::Daemon(Service::Discard)),
    ("tlsproxy", Program::Daemon(Service::Tlsproxy)),
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

/// A factor that gives each name a place of its own, found by trying; [`TABLE`] is not built with one
/// that does not.
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
    /// Reads a tag. Any `syslog_name` may stand before the slash; without a slash only Postfix's
    /// own name is taken for Postfix.
    pub(crate) fn of(tag: &[u8]) -> Self {
        let Some(slash) = tag.iter().rposition(|&b| b == b'/') else {
            return if tag == b"postfix" {
                Program::Helper
            } else {
                Program::Foreign
            };
        };
        let (name, program) = (&tag[..slash], &tag[slash + 1..]);
        match PROGRAMS.iter().find(|(name, _)| name.as_bytes() == program) {
            Some((_, program)) => *program,
            None if name.starts_with(b"postfix") => Program::Unknown,
            None => Program::Foreign,
        }
    }

    /// The same for a tag of which the last eight bytes are known, in one step; `None` for a tag that
    /// [`Program::of`] has to read.
    #[inline(always)]
    pub(crate) fn with_ending(tag: &[u8], last: [u8; 8]) -> Option<Self> {
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
    fn a_tag_read_by_its_ending_is_the_same_program() {
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
                    let rare = *name == "proxywrite" || *program == Program::Foreign;
                    assert_eq!(found, (!rare).then_some(*program), "{tag}");
                } else {
                    assert_eq!(found, None, "{tag}");
                }
            }
        }
    }
}
