//! Parses the fields of a record: `R=router T=transport H=name [address]:port I=[address]:port X=cipher DN="…" C="…"`
//! in any order, with flags such as `L` and `PRDR` between them.

use crate::parse::scan::{position, position2, position3};

/// The fields of one record. A field that it does not have is empty.
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
    /// `A=`.
    pub authenticated: &'a [u8],
    /// `X=`.
    pub tls: &'a [u8],
    /// `QT=`.
    pub queue_time: &'a [u8],
    /// `DT=`.
    pub delivery_time: &'a [u8],
    /// Whether there was any field, of any key.
    pub any: bool,
}

impl<'a> Fields<'a> {
    /// Reads the fields at the beginning of `text` into `self`, up to a colon or other words. Returns the text after
    /// them, and whether it follows a colon: then it is the reason of a failure.
    #[inline]
    pub(super) fn read(&mut self, text: &'a [u8]) -> (&'a [u8], bool) {
        let mut rest = text;
        loop {
            // The usual form: one space, and a key of one letter.
            if let [b' ', key, b'=', value @ ..] = rest
                && key.is_ascii_alphabetic()
            {
                rest = self.set(*key, value);
                self.any = true;
                continue;
            }
            while let [b' ', after @ ..] = rest {
                rest = after;
            }
            match rest {
                [] => return (rest, false),
                [b':'] => return (b"", true),
                [b':', b' ', after @ ..] => return (after, true),
                _ => {}
            }
            rest = match first_word(rest) {
                Some(Word::Key(key, value)) => {
                    self.any = true;
                    self.set_any(key, value)
                }
                Some(Word::Flag(after)) => after,
                None => return (rest, false),
            };
        }
    }

    /// Stores the value at the beginning of `text` for a key of one letter, and returns the text after it.
    #[cfg_attr(hot_path, inline(always))]
    fn set(&mut self, key: u8, text: &'a [u8]) -> &'a [u8] {
        if key == b'H' {
            let (host, port, rest) = host(text);
            (self.host, self.port) = (host, port);
            return rest;
        }
        let (value, rest) = value(text);
        match key {
            b'F' => self.sender = value,
            b'P' if self.sender.is_empty() && text.starts_with(b"<") => self.sender = value,
            b'T' => self.transport = value,
            b'R' => self.router = value,
            b'C' => self.confirmation = value,
            b'S' => self.size = value,
            b'X' => self.tls = value,
            b'A' => self.authenticated = value,
            _ => {}
        }
        rest
    }

    /// As [`Fields::set`], for a key of any length.
    fn set_any(&mut self, key: &[u8], text: &'a [u8]) -> &'a [u8] {
        if let [key] = key {
            return self.set(*key, text);
        }
        let (value, rest) = value(text);
        match key {
            b"QT" => self.queue_time = value,
            b"DT" => self.delivery_time = value,
            _ => {}
        }
        rest
    }
}

/// The maximum length of a key, in bytes. Exim's longest has four (`M8S=`); later versions may add longer ones.
const LONGEST_KEY: usize = 8;

/// A word between fields.
enum Word<'a> {
    /// A key, and the text after its equals sign: `H=`, `id*=`.
    Key(&'a [u8], &'a [u8]),
    /// The text after a flag.
    Flag(&'a [u8]),
}

/// The key or flag at the beginning of `text`.
#[inline]
fn first_word(text: &[u8]) -> Option<Word<'_>> {
    let end = position3(text, b'=', b' ', b':').unwrap_or(text.len());
    let (word, rest) = text.split_at(end);
    match rest {
        [b'=', value @ ..] => {
            let is_key = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'*';
            let length = 1..=LONGEST_KEY;
            (length.contains(&end) && word.iter().all(is_key)).then_some(Word::Key(word, value))
        }
        _ => is_flag(word).then_some(Word::Flag(rest)),
    }
}

/// Whether a word is a flag without a value: connection reused or kept open, SIZE or CHUNKING used, DNSSEC, early
/// pipelining.
#[inline]
fn is_flag(word: &[u8]) -> bool {
    matches!(
        word,
        b"L" | b"L*"
            | b"L-"
            | b"L."
            | b"L.-"
            | b"K"
            | b"DS"
            | b"PRDR"
            | b"TFO"
            | b"TFO*"
            | b"UTF8"
            | b"PIPE"
            | b"CV"
    )
}

/// Splits a value from the text after it: in quotes, in angle brackets, or up to a space or a colon that ends the
/// fields.
#[inline]
fn value(text: &[u8]) -> (&[u8], &[u8]) {
    match text.first() {
        Some(b'"') => quoted(text),
        Some(b'<') => address(text).unwrap_or((text, b"")),
        _ => {
            let end = position(text, b' ').unwrap_or(text.len());
            let end = match text[..end].last() {
                Some(b':') => end - 1,
                _ => end,
            };
            text.split_at(end)
        }
    }
}

/// Splits an address from the text after it: in angle brackets, or without them up to the next space or comma. A
/// quoted local part may contain any byte; `None` if its quotes do not end, because the line was truncated.
pub(super) fn address(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let Some(inner) = text.strip_prefix(b"<") else {
        return Some(text.split_at(position2(text, b',', b' ').unwrap_or(text.len())));
    };
    let mut rest = inner;
    loop {
        let at = position2(rest, b'>', b'"')?;
        if rest[at] == b'>' {
            let end = inner.len() - rest.len() + at;
            return Some((&inner[..end], &inner[end + 1..]));
        }
        rest = quoted(&rest[at..]).1;
    }
}

/// Splits a quoted string, in which a backslash escapes the next byte, from the text after it. Returns the string
/// without its quotes.
pub(super) fn quoted(text: &[u8]) -> (&[u8], &[u8]) {
    let mut at = 1;
    while let Some(found) = text.get(at..).and_then(|rest| position2(rest, b'"', b'\\')) {
        at += found;
        if text[at] == b'"' {
            return (&text[1..at], &text[at + 1..]);
        }
        at += 2;
    }
    (text.get(1..).unwrap_or_default(), b"")
}

/// Splits a remote host as Exim writes it from the text after it: `name [address]:port`,
/// `name (helo) [address]:port`, `name DS [address]*`, `(helo) [address]`, `[address]`. Returns the host, its port, and the rest. The host
/// is `name [address]` or `[address]`; with a HELO name after the host name, only the host name.
#[inline]
pub(super) fn host(text: &[u8]) -> (&[u8], &[u8], &[u8]) {
    let (name, after_name) = match text.first() {
        Some(b'[' | b'(') => (&text[..0], text),
        _ => {
            let end = position2(text, b' ', b',').unwrap_or(text.len());
            let (name, rest) = text.split_at(end);
            match rest {
                [b' ', b'[' | b'(', ..] => (name, &rest[1..]),
                // Looked up with DNSSEC.
                [b' ', b'D', b'S', b' ', b'[', ..] => {
                    let (_, port, rest) = self::host(&rest[4..]);
                    return (name, port, rest);
                }
                // A name alone; the colon before a reason may follow it.
                _ => {
                    return match name {
                        [name @ .., b':'] => (name, b"", &text[end - 1..]),
                        _ => (name, b"", rest),
                    };
                }
            }
        }
    };
    let at_address = match after_name.first() {
        Some(b'(') => match helo_end(after_name) {
            Some(end) => end,
            None => {
                let end = position(after_name, b')').map_or(after_name.len(), |at| at + 1);
                return (name, b"", &after_name[end..]);
            }
        },
        _ => 0,
    };
    let address = &after_name[at_address..];
    let length = position(address, b']').map_or(address.len(), |at| at + 1);
    let rest = &address[length..];
    let host = match (name.is_empty(), at_address) {
        (true, _) => &address[..length],
        (false, 0) => &text[..text.len() - rest.len()],
        (false, _) => name,
    };
    let (port, rest) = match rest {
        [b':', digits @ ..] if digits.first().is_some_and(u8::is_ascii_alphanumeric) => {
            let end = digits
                .iter()
                .position(|&b| matches!(b, b' ' | b':' | b'*'))
                .unwrap_or(digits.len());
            digits.split_at(end)
        }
        _ => (&b""[..], rest),
    };
    // An asterisk marks a connection that was used for an earlier message.
    (host, port, rest.strip_prefix(b"*").unwrap_or(rest))
}

/// The length of `(helo) ` before `[address]`. A HELO name may contain any byte.
#[inline]
fn helo_end(text: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        at += position(&text[at..], b')')?;
        if text[at..].starts_with(b") [") {
            return Some(at + 2);
        }
        at += 1;
    }
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
            (
                "mx.example.net [192.0.2.1]* C=x",
                ("mx.example.net [192.0.2.1]", "", " C=x"),
            ),
            (
                "mx.example.net DS [192.0.2.1]:25* C=x",
                ("mx.example.net", "25", " C=x"),
            ),
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
