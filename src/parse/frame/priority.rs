//! Facilities and severities that syslog daemons write as words before the tag.

use crate::parse::scan::{split, split_on};

/// Whether a word is the name of a severity (RFC 5424 section 6.2.1), as rsyslog and supervisord write it in upper
/// case.
pub(in crate::parse) fn is_severity(word: &[u8]) -> bool {
    const NAMES: [&[u8]; 12] = [
        b"EMERG", b"ALERT", b"CRIT", b"ERR", b"ERRO", b"ERROR", b"WARN", b"WARNING", b"NOTICE",
        b"INFO", b"DEBUG", b"DEBG",
    ];
    NAMES.contains(&word)
}

/// Whether a word is a facility and a severity, as BusyBox' syslogd writes them: `mail.info`.
pub(super) fn is_priority(word: &[u8]) -> bool {
    split(word, b'.').is_some_and(|(facility, severity)| is_facility_with(facility, severity))
}

/// Whether two words are the names of a facility and a severity.
fn is_facility_with(facility: &[u8], severity: &[u8]) -> bool {
    const FACILITIES: [&[u8]; 7] = [
        b"mail",
        b"daemon",
        b"user",
        b"auth",
        b"authpriv",
        b"syslog",
        b"cron",
    ];
    const SEVERITIES: [&[u8]; 10] = [
        b"emerg", b"alert", b"crit", b"err", b"error", b"warn", b"warning", b"notice", b"info",
        b"debug",
    ];
    let is_local = matches!(facility, [b'l', b'o', b'c', b'a', b'l', b'0'..=b'7']);
    (is_local || FACILITIES.contains(&facility)) && SEVERITIES.contains(&severity)
}

/// The text after `facility:severity `, or after `facility:severity Message forwarded from HOST: `.
#[inline(never)]
pub(super) fn after_aix_priority<'a>(facility: &[u8], text: &'a [u8]) -> Option<&'a [u8]> {
    let (severity, rest) = split(text, b' ')?;
    let rest = match rest.strip_prefix(b"Message forwarded from ") {
        Some(forwarded) => split_on(forwarded, b": ")?.1,
        None => rest,
    };
    is_facility_with(facility, severity).then_some(rest)
}
