//! The names of the hosts that wrote a log, from the syslog headers of its lines.

/// How many host names are shown.
const MAX_HOSTS: usize = 20;

/// If not every line is looked at: so many are, and then one in `SAMPLE`.
const FIRST: u64 = 1000;
const SAMPLE: u32 = 16;

/// The names, in the order in which they first occurred.
pub(super) struct Hosts {
    names: Vec<Box<[u8]>>,
    /// The last name that was looked at: its position in the line and in `names`.
    last: (usize, usize),
    /// Lines until the next one is looked at.
    until_next: u32,
    /// Lines that were looked at.
    looked_at: u64,
    every_line: bool,
}

impl Hosts {
    /// No host yet. Either every line is looked at, or only a sample.
    pub fn new(every_line: bool) -> Self {
        Hosts {
            names: Vec::new(),
            last: (0, usize::MAX),
            until_next: 0,
            looked_at: 0,
            every_line,
        }
    }

    /// Takes note of the host of a line.
    #[inline]
    pub fn note(&mut self, line: &[u8]) {
        match self.until_next {
            0 => self.look_at(line),
            _ => self.until_next -= 1,
        }
    }

    /// The names.
    pub fn names(&self) -> impl Iterator<Item = &[u8]> {
        self.names.iter().map(|name| &**name)
    }

    #[inline(never)]
    fn look_at(&mut self, line: &[u8]) {
        self.looked_at += 1;
        if !self.every_line && self.looked_at > FIRST {
            self.until_next = SAMPLE;
        }
        let (at, name) = self.last;
        if let Some(name) = self.names.get(name)
            && let Some(rest) = line.get(at..)
            && rest
                .strip_prefix(&**name)
                .is_some_and(|it| it.first() == Some(&b' '))
        {
            return;
        }
        self.find(line);
    }

    #[inline(never)]
    fn find(&mut self, line: &[u8]) {
        let Some((start, host)) = host_of(line) else {
            return;
        };
        let known = self.names.iter().position(|it| **it == *host);
        let index = match known {
            Some(index) => index,
            None if self.names.len() < MAX_HOSTS => {
                self.names.push(host.into());
                self.names.len() - 1
            }
            None => return,
        };
        self.last = (start, index);
    }
}

/// Where the host name is in a line with the traditional syslog header.
const HOST_AT: usize = "Nov 20 15:17:00 ".len();

/// The host name in the syslog header of a line, and its position: after `Nov 20 15:17:00 ` or
/// `2026-11-20T15:17:00+01:00 `.
fn host_of(line: &[u8]) -> Option<(usize, &[u8])> {
    let start = match line {
        [b'0'..=b'9', b'0'..=b'9', b'0'..=b'9', b'0'..=b'9', b'-', ..] => {
            let end = memchr::memchr(b' ', line).filter(|end| line[..*end].contains(&b'T'))?;
            end + 1
        }
        [b'A'..=b'Z', b'a'..=b'z', b'a'..=b'z', b' ', ..] if line.get(12) == Some(&b':') => HOST_AT,
        _ => return None,
    };
    let rest = line.get(start..)?;
    let (host, rest) = rest.split_at(memchr::memchr(b' ', rest)?);
    // A program's tag instead of a host name ends with a colon.
    let is_host = !host.is_empty() && host.last() != Some(&b':') && !host.contains(&b'[');
    (is_host && !rest.is_empty()).then_some((start, host))
}
