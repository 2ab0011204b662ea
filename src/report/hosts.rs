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
/// `2026-11-20T15:17:00+01:00 `. Logs that mail servers write themselves begin with a time too; they have no tag after
/// the first word.
fn host_of(line: &[u8]) -> Option<(usize, &[u8])> {
    let start = match line {
        [b'0'..=b'9', b'0'..=b'9', b'0'..=b'9', b'0'..=b'9', b'-', ..] => {
            let end = memchr::memchr(b' ', line).filter(|end| is_time(&line[..*end]))?;
            end + 1
        }
        [b'A'..=b'Z', b'a'..=b'z', b'a'..=b'z', b' ', ..] if line.get(12) == Some(&b':') => HOST_AT,
        _ => return None,
    };
    let rest = line.get(start..)?;
    let (host, rest) = rest.split_at(memchr::memchr(b' ', rest)?);
    (is_host(host) && is_before_tag(&rest[1..])).then_some((start, host))
}

/// Whether this is all of a time as syslog daemons write it, `2026-11-20T15:17:00.123456+01:00`.
fn is_time(word: &[u8]) -> bool {
    let is_of_time =
        |byte: &u8| matches!(byte, b'0'..=b'9' | b'-' | b'+' | b':' | b'.' | b'T' | b'Z');
    word.contains(&b'T') && word.iter().all(is_of_time)
}

/// Whether a word may be the name or address of a host. A program's tag instead of it ends with a colon.
fn is_host(word: &[u8]) -> bool {
    let is_strange = |byte: &u8| matches!(byte, b'[' | b'(' | b'<' | b'=' | b',' | b'"');
    !word.is_empty() && word.last() != Some(&b':') && !word.iter().any(is_strange)
}

/// Whether the text after a host begins with a tag: `postfix/smtpd[1]:`, after a facility also `<mail.info> sm-mta:` or
/// `mail:info sm-mta:`.
fn is_before_tag(text: &[u8]) -> bool {
    let word = text.split(|byte| *byte == b' ').next().unwrap_or(text);
    word.first() == Some(&b'<') || word.iter().any(|byte| matches!(byte, b':' | b'['))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_syslog_headers_name_hosts() {
        let host = |line: &'static str| host_of(line.as_bytes()).map(|(_, host)| host);
        for line in [
            "Nov 20 15:17:00 mx postfix/smtpd[1]: x",
            "2026-11-20T15:17:00+01:00 mx postfix/smtpd[1]: x",
            "2026-11-20T15:17:00.123456Z mx opensmtpd: x",
            "Nov 20 15:17:00 mx mail:info sendmail[1]: x",
            "Nov 20 15:17:00 mx <mail.info> postfix/smtpd[1]: x",
        ] {
            assert_eq!(host(line), Some(&b"mx"[..]), "{line}");
        }
        for line in [
            "Nov 20 15:17:00 postfix/smtpd[1]: x",
            "Nov 20 15:17:00 host=mx.example.net tls=on from=a:b",
            "Nov 20 15:17:00 (info) smtpd: x",
            "2026-11-20T15:17:00Z INFO Delivery attempt started (delivery.attempt-start) queueId = 1",
            "2026-11-20T15:17:00.123Z,Internet,08D3,4,a,b,<,421 4.4.2 Error: x,",
            "2026-11-20T15:17:00.123Z,08D3,SMTP,example.net,-,Messages: 0 Bytes: 0",
        ] {
            assert_eq!(host(line), None, "{line}");
        }
    }
}
