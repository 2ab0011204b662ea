//! The system's words for a connection that failed (`strerror`), which mail servers quote.

use crate::parse::kinds::ConnectError;

/// The connection error that a text begins with, whatever the case of its first letter.
pub(in crate::parse) fn connect_error(text: &[u8]) -> Option<ConnectError> {
    const WORDS: [(&[u8], ConnectError); 17] = [
        (b"onnection refused", ConnectError::Refused),
        (b"onnection timed out", ConnectError::TimedOut),
        (b"peration timed out", ConnectError::TimedOut),
        (b"he operation timed out", ConnectError::TimedOut),
        (b"o route to host", ConnectError::Unreachable),
        (b"etwork is unreachable", ConnectError::Unreachable),
        (b"etwork unreachable", ConnectError::Unreachable),
        (b"ost is unreachable", ConnectError::Unreachable),
        (b"ost unreachable", ConnectError::Unreachable),
        (b"etwork is down", ConnectError::Unreachable),
        (b"ost is down", ConnectError::Unreachable),
        (b"onnection reset by peer", ConnectError::Reset),
        (b"roken pipe", ConnectError::Reset),
        (b"annot assign requested address", ConnectError::Unreachable),
        (b"an't assign requested address", ConnectError::Unreachable),
        (b"ddress family not supported", ConnectError::Unreachable),
        (b"ermission denied", ConnectError::Other),
    ];
    let text = text.get(1..)?;
    let found = WORDS.iter().find(|(words, _)| text.starts_with(words));
    found.map(|&(_, error)| error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_the_system_are_known_in_both_cases() {
        let code = |text: &[u8]| connect_error(text).and_then(ConnectError::code);
        assert_eq!(code(b"Connection refused"), Some(111));
        assert_eq!(code(b"connection refused"), Some(111));
        assert_eq!(code(b"No route to host (113)"), Some(101));
        assert_eq!(
            connect_error(b"Connection reset by peer"),
            Some(ConnectError::Reset)
        );
        assert_eq!(code(b"Connection reset by peer"), None);
        for text in [&b""[..], b"C", b"421 Connection refused", b"xx"] {
            assert_eq!(connect_error(text), None);
        }
    }
}
