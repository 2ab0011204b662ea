//! The name under which a client is counted where its mail has no sender domain.

use crate::parse::Event;

/// The host's name, or its address if it has none, of a client as in the line: `name[address]` or `name [address]`.
pub(super) fn name(client: &[u8]) -> &[u8] {
    let (name, address) = match memchr::memchr(b'[', client) {
        Some(open) => (client[..open].trim_ascii_end(), &client[open + 1..]),
        None => (client, &b""[..]),
    };
    if !name.is_empty() && name != b"unknown" {
        return name;
    }
    match memchr::memchr(b']', address) {
        Some(close) => &address[..close],
        None if address.is_empty() => name,
        None => address,
    }
}

/// The domain of a host as pflogsumm finds it: the last two labels if the last one has three letters, the last three if
/// both last ones are short (`co.uk`), and otherwise the whole name. An address stays as it is.
pub(super) fn domain(client: &[u8]) -> &[u8] {
    let host = name(client);
    if host.contains(&b':') || host.iter().all(|it| it.is_ascii_digit() || *it == b'.') {
        return host;
    }
    let mut dots = memchr::memrchr_iter(b'.', host);
    let Some(last) = dots.next() else {
        return host;
    };
    let Some(second) = dots.next() else {
        return host;
    };
    let (top, below) = (host.len() - last - 1, last - second - 1);
    let start = match (top, below) {
        (3, _) => second + 1,
        (2, 2..=3) => match dots.next() {
            Some(third) => third + 1,
            None => return host,
        },
        _ => return host,
    };
    // A name that begins with a dot or has two in a row is left as it is.
    match host[start..].first() {
        Some(b'.') | None => host,
        _ => &host[start..],
    }
}

/// The client of an event, as [`name`] gives it.
pub(super) fn of_event<'a>(event: &Event<'a>) -> &'a [u8] {
    name(event.host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn domains_are_those_of_pflogsumm() {
        for (client, expected) in [
            ("mail.example.com[192.0.2.1]", "example.com"),
            ("a.b.example.org[192.0.2.1]:25", "example.org"),
            ("example.com[192.0.2.1]", "example.com"),
            ("mx.example.co.uk[192.0.2.1]", "example.co.uk"),
            ("mx.example.de[192.0.2.1]", "mx.example.de"),
            ("unknown[192.0.2.1]", "192.0.2.1"),
            ("unknown[2001:db8::1]", "2001:db8::1"),
            ("localhost[127.0.0.1]", "localhost"),
            ("mx.example.net [192.0.2.1]", "example.net"),
        ] {
            let found = domain(client.as_bytes());
            assert_eq!(String::from_utf8_lossy(found), expected, "{client}");
        }
    }
}
