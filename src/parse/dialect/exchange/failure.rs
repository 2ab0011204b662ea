//! Parses the words of connections that failed, and the addresses of hosts.

use crate::parse::ConnectError;
use crate::parse::scan::number;

/// The errors of Windows Sockets, by number and by name.
const ERRORS: [(u64, &[u8], ConnectError); 9] = [
    (10061, b"ConnectionRefused", ConnectError::Refused),
    (10060, b"TimedOut", ConnectError::TimedOut),
    (10065, b"HostUnreachable", ConnectError::Unreachable),
    (10051, b"NetworkUnreachable", ConnectError::Unreachable),
    (10054, b"ConnectionReset", ConnectError::Reset),
    (10053, b"ConnectionAborted", ConnectError::Reset),
    (11001, b"HostNotFound", ConnectError::Dns),
    (11002, b"TryAgain", ConnectError::Dns),
    (11004, b"NoData", ConnectError::Dns),
];

/// The error in a text: `… error code: 10061, …`, `… (ConnectionRefused:0000274D)…`.
pub(super) fn of_text(text: &[u8]) -> ConnectError {
    let mut rest = text;
    while let Some(at) = memchr::memmem::find(rest, b"rror") {
        rest = &rest[at + 4..];
        let code = rest.iter().position(u8::is_ascii_digit);
        if let Some((code, _)) = code.filter(|&at| at < 8).and_then(|at| number(&rest[at..]))
            && let Some((_, _, error)) = ERRORS.iter().find(|it| it.0 == code)
        {
            return *error;
        }
    }
    let named = ERRORS
        .iter()
        .find(|(_, name, _)| memchr::memmem::find(text, name).is_some());
    named.map_or(ConnectError::Other, |it| it.2)
}

/// The code that is counted for a connection that could not be opened.
pub(super) fn connect_code(error: ConnectError) -> Option<u16> {
    match error {
        ConnectError::Refused => Some(111),
        ConnectError::TimedOut | ConnectError::Unreachable | ConnectError::Dns => Some(101),
        ConnectError::Reset | ConnectError::Tls | ConnectError::Other => None,
    }
}

/// The address of an endpoint, `192.0.2.1:25` or `[2001:db8::1]:25`.
pub(super) fn address(endpoint: &[u8]) -> &[u8] {
    if let Some(inner) = endpoint.strip_prefix(b"[") {
        let end = memchr::memchr(b']', inner).unwrap_or(inner.len());
        return &inner[..end];
    }
    let mut parts = endpoint.splitn(3, |&byte| byte == b':');
    match (parts.next(), parts.next(), parts.next()) {
        (Some(address), Some(_), None) => address,
        // An IPv6 address without brackets.
        _ => endpoint,
    }
}
