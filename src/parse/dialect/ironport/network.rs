//! The words for a connection that could not be opened, or was lost.

use crate::parse::ConnectError;
use crate::parse::scan::{find, split_on};

/// The error, and the code that is counted for it; `None` for other words. A timeout without the number of the system's
/// error may have been at any stage, so it has no code.
pub(super) fn error(words: &[u8]) -> Option<(ConnectError, Option<u16>)> {
    let has = |text: &[u8]| find(words, text).is_some();
    if has(b"Connection refused") {
        return Some((ConnectError::Refused, Some(111)));
    }
    if has(b"No route to host") || has(b"unreachable") || has(b" is down") {
        return Some((ConnectError::Unreachable, Some(101)));
    }
    if words.starts_with(b"DNS ") || has(b"NXDomain") || has(b"not known") {
        return Some((ConnectError::Dns, Some(101)));
    }
    if has(b"timed out") || has(b"timeout") {
        let code = split_on(words, b"[Errno ").map(|_| 101);
        return Some((ConnectError::TimedOut, code));
    }
    if has(b"TLS") || has(b"SSL") || has(b"certificate") {
        return Some((ConnectError::Tls, None));
    }
    if has(b"reset by peer") || has(b"EOF") || has(b"Broken pipe") || has(b"closed") || has(b"lost")
    {
        return Some((ConnectError::Reset, None));
    }
    None
}
