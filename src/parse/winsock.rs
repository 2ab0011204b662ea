//! Errors of Windows Sockets in the words of mail servers for Windows: why a connection could not be opened or was lost.

use crate::parse::ConnectError;
use crate::parse::scan::{find, number};

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
pub(in crate::parse) fn of_text(text: &[u8]) -> ConnectError {
    let mut rest = text;
    while let Some(at) = find(rest, b"rror") {
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
        .find(|(_, name, _)| find(text, name).is_some());
    named.map_or(ConnectError::Other, |it| it.2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_found_by_number_or_name() {
        for (text, error) in [
            (
                "Failed to connect. Winsock error code: 10061, x",
                ConnectError::Refused,
            ),
            (
                "Winsock Error 10060 The connection timed out.",
                ConnectError::TimedOut,
            ),
            ("Error code: 0, then error 11001", ConnectError::Dns),
            ("(ConnectionReset:00002746)", ConnectError::Reset),
            ("error 10061999", ConnectError::Other),
            ("error", ConnectError::Other),
            ("", ConnectError::Other),
        ] {
            assert_eq!(of_text(text.as_bytes()), error, "{text}");
        }
    }
}
