//! The fields of a record: `R=router T=transport H=name [address]:port I=[address]:port X=cipher DN="…" C="…"`
//! in any order, with flags such as `L` and `PRDR` between them.

use crate::parse::scan;

/// What the fields of one record say. What it does not have is empty.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Fields<'a> {
    /// `H=`, as [`host`] gives it.
    pub host: &'a [u8],
    /// The port of `H=`, without its colon.
    pub port: &'a [u8],
    /// `F=`, or else `P=<…>`.
    pub sender: &'a [u8],
    /// `T=`: the transport in delivery records, the subject in arrivals.
    pub transport: &'a [u8],
    /// `R=`: the router, or the message that a bounce is about.
    pub router: &'a [u8],
    /// `C=`, without its quotes.
    pub confirmation: &'a [u8],
    /// `S=`.
    pub size: &'a [u8],
    /// `X=`.
    pub tls: &'a [u8],
    /// `QT=`.
    pub queue_time: &'a [u8],
    /// `DT=`.
    pub delivery_time: &'a [u8],
    /// Whether any was there.
    pub any: bool,
}

impl<'a> Fields<'a> {
    /// Reads fields from the beginning of `text` into `self`, up to a colon or to other words. Returns what
    /// follows, and whether a colon was there: then it is the reason.
    #[inline]
    pub(super) fn read(&mut self, text: &'a [u8]) -> (&'a [u8], bool) {
        let mut rest = text;
        loop {
            while let [b' ', after @ ..] = rest {
                rest = after;
            }
            if let Some(after) = colon(rest) {
                return (after, true);
            }
            let Some((key, value)) = key(rest) else {
                match after_flag(rest) {
                    Some(after) => {
                        rest = after;
                        continue;
                    }
                    None => return (rest, false),
                }
            };
            rest = self.take(key, value);
            self.any = true;
        }
    }

    /// Reads one field's value, and returns what follows it.
    #[inline]
    fn take(&mut self, key: &[u8], text: &'a [u8]) -> &'a [u8] {
        if key == b"H" {
            let (host, port, rest) = host(text);
            (self.host, self.port) = (host, port);
            return rest;
        }
        let (value, rest) = value(text);
        match key {
            b"F" => self.sender = value,
            b"P" if text.starts_with(b"<") && self.sender.is_empty() => self.sender = value,
            b"T" => self.transport = value,
            b"R" => self.router = value,
            b"C" => self.confirmation = value,
            b"S" => self.size = value,
            b"X" => self.tls = value,
            b"QT" => self.queue_time = value,
            b"DT" => self.delivery_time = value,
            _ => {}
        }
        rest
    }
}

/// What follows `: `, or a colon at the end.
fn colon(text: &[u8]) -> Option<&[u8]> {
    match text {
        [b':'] => Some(b""),
        [b':', b' ', rest @ ..] => Some(rest),
        _ => None,
    }
}

/// The longest key that Exim writes has four bytes (`M8S=`); testers and later versions may add longer ones.
const LONGEST_KEY: usize = 8;

/// The key in front of an equals sign, and what follows that: `H=`, `id*=`.
#[inline]
fn key(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut at = 0;
    loop {
        match text.get(at)? {
            b'=' if at > 0 => return Some((&text[..at], &text[at + 1..])),
            byte if at < LONGEST_KEY && (byte.is_ascii_alphanumeric() || *byte == b'*') => at += 1,
            _ => return None,
        }
    }
}

/// Flags without a value: connection reused or kept, SIZE or CHUNKING used, DNSSEC, early pipelining.
const FLAGS: [&[u8]; 13] = [
    b"L", b"L*", b"L-", b"L.", b"L.-", b"K", b"DS", b"PRDR", b"TFO", b"TFO*", b"UTF8", b"PIPE",
    b"CV",
];

fn after_flag(text: &[u8]) -> Option<&[u8]> {
    let end = text
        .iter()
        .take(5)
        .position(|&b| b == b' ' || b == b':')
        .unwrap_or(text.len());
    let (word, rest) = text.split_at(end);
    FLAGS.contains(&word).then_some(rest)
}

/// A value: in quotes, in angle brackets, or up to a blank or a colon that ends the fields.
#[inline]
fn value(text: &[u8]) -> (&[u8], &[u8]) {
    match text.first() {
        Some(b'"') => quoted(text),
        Some(b'<') => address(text).unwrap_or((text, b"")),
        _ => {
            let end = memchr::memchr(b' ', text).unwrap_or(text.len());
            let end = match text[..end].last() {
                Some(b':') => end - 1,
                _ => end,
            };
            text.split_at(end)
        }
    }
}

/// An address in angle brackets, or bare up to the next blank or comma. In a quoted local part anything may
/// stand, and none whose quotes never end is an address: the line was cut within it.
pub(super) fn address(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let Some(inner) = text.strip_prefix(b"<") else {
        return scan::address(text);
    };
    let mut rest = inner;
    loop {
        let at = memchr::memchr2(b'>', b'"', rest)?;
        if rest[at] == b'>' {
            let end = inner.len() - rest.len() + at;
            return Some((&inner[..end], &inner[end + 1..]));
        }
        rest = quoted(&rest[at..]).1;
    }
}

/// `"…"`, in which a backslash escapes what follows it. Returns what is between the quotes.
pub(super) fn quoted(text: &[u8]) -> (&[u8], &[u8]) {
    let mut at = 1;
    while let Some(found) = text
        .get(at..)
        .and_then(|rest| memchr::memchr2(b'"', b'\\', rest))
    {
        at += found;
        if text[at] == b'"' {
            return (&text[1..at], &text[at + 1..]);
        }
        at += 2;
    }
    (text.get(1..).unwrap_or_default(), b"")
}

/// The other side as Exim writes it: `name [address]:port`, `name (helo) [address]:port`, `(helo) [address]`,
/// `[address]`. Returns `name [address]` or `[address]` as one piece, only the name where its own word for
/// itself stands between them, the port, and what follows.
#[inline]
pub(super) fn host(text: &[u8]) -> (&[u8], &[u8], &[u8]) {
    let (name, behind) = match text.first() {
        Some(b'[' | b'(') => (&text[..0], text),
        _ => {
            let end = text
                .iter()
                .position(|&b| b == b' ' || b == b',')
                .unwrap_or(text.len());
            let (name, rest) = text.split_at(end);
            // A name alone may be followed by the colon of the reason.
            match rest {
                [b' ', b'[' | b'(', ..] => (name, &rest[1..]),
                _ => {
                    let (name, rest) = match name {
                        [name @ .., b':'] => (name, &text[end - 1..]),
                        _ => (name, rest),
                    };
                    return (name, b"", rest);
                }
            }
        }
    };
    let at_address = match behind.first() {
        Some(b'(') => match memchr::memmem::find(behind, b") [") {
            Some(at) => at + 2,
            None => {
                let end = memchr::memchr(b')', behind).map_or(behind.len(), |at| at + 1);
                return (name, b"", &behind[end..]);
            }
        },
        _ => 0,
    };
    let address = &behind[at_address..];
    let length = memchr::memchr(b']', address).map_or(address.len(), |at| at + 1);
    let rest = &address[length..];
    let end = text.len() - rest.len();
    let host = match (name.is_empty(), at_address) {
        (true, _) => &address[..length],
        (false, 0) => &text[..end],
        (false, _) => name,
    };
    let (port, rest) = match rest {
        [b':', digits @ ..] if digits.first().is_some_and(u8::is_ascii_alphanumeric) => {
            let end = digits
                .iter()
                .position(|&b| b == b' ' || b == b':')
                .unwrap_or(digits.len());
            digits.split_at(end)
        }
        _ => (&b""[..], rest),
    };
    (host, port, rest)
}

/// A time span as Exim writes it, in microseconds: `0s`, `1.234s`, `1m2s`, `2h3m4s`, `1d2h`, `1w`.
pub(super) fn microseconds(text: &[u8]) -> Option<u64> {
    let mut rest = text;
    let mut total: u64 = 0;
    while !rest.is_empty() {
        let (value, after) = crate::parse::delays::microseconds(rest)?;
        let (unit, after) = after.split_first()?;
        let seconds = match unit {
            b's' => 1,
            b'm' => 60,
            b'h' => 3600,
            b'd' => 86_400,
            b'w' => 604_800,
            _ => return None,
        };
        total = total.saturating_add(value.saturating_mul(seconds));
        rest = after;
    }
    (!text.is_empty()).then_some(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_in_every_form() {
        for (text, expected) in [
            (
                "mx.example.net [192.0.2.1]:25: x",
                ("mx.example.net [192.0.2.1]", "25", ": x"),
            ),
            (
                "mx.example.net [2001:db8::1] x",
                ("mx.example.net [2001:db8::1]", "", " x"),
            ),
            ("(helo) [192.0.2.1]:1 I=x", ("[192.0.2.1]", "1", " I=x")),
            ("([192.0.2.9]) [192.0.2.1]", ("[192.0.2.1]", "", "")),
            (
                "client.example.net (helo) [192.0.2.1] x",
                ("client.example.net", "", " x"),
            ),
            ("[192.0.2.1] rejected", ("[192.0.2.1]", "", " rejected")),
            ("name: reason", ("name", "", ": reason")),
            ("name", ("name", "", "")),
            ("(helo", ("", "", "")),
            ("[192.0.2", ("[192.0.2", "", "")),
        ] {
            let (name, port, rest) = host(text.as_bytes());
            let expected = (
                expected.0.as_bytes(),
                expected.1.as_bytes(),
                expected.2.as_bytes(),
            );
            assert_eq!((name, port, rest), expected, "{text}");
        }
    }

    #[test]
    fn fields_in_any_order_and_with_quotes() {
        let mut fields = Fields::default();
        let text = br#" C="250 said \"C=550\" H=x" L K PRDR DN="C=US,O=E\, Inc." F=<"a> H=y"@example.net> S=12 QT=3s: why: 550"#;
        let (reason, found) = fields.read(text);
        assert!(found);
        assert_eq!(reason, b"why: 550");
        assert_eq!(fields.confirmation, br#"250 said \"C=550\" H=x"#);
        assert_eq!(fields.sender, br#""a> H=y"@example.net"#);
        assert_eq!((fields.size, fields.queue_time), (&b"12"[..], &b"3s"[..]));
        assert!(fields.host.is_empty());
    }

    #[test]
    fn time_spans_of_every_notation() {
        for (text, expected) in [
            ("0s", Some(0)),
            ("1.234s", Some(1_234_000)),
            ("1m2s", Some(62_000_000)),
            ("2h3m4s", Some(7_384_000_000)),
            ("1d2h", Some(93_600_000_000)),
            ("1w", Some(604_800_000_000)),
            ("", None),
            ("s", None),
            ("5", None),
            ("5x", None),
        ] {
            assert_eq!(microseconds(text.as_bytes()), expected, "{text}");
        }
    }
}
