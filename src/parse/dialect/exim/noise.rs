//! Recognizes lines of Exim that are neither replies nor deliveries, each form by its beginning.
//!
//! An administrator may let Exim write any other words (`logwrite`, `log_message`, the log of a filter). Such a
//! text is noise too, unless it has a word of failures: then it is unmatched, so that unknown forms are reported.

use super::{begins_with, contains};
use crate::parse::searchers::AnyOf;

/// Beginnings of lines that belong to no message and that nothing but Exim writes.
const ONLY_EXIM: &[&[u8]] = &[
    b"exim ",
    b"Start queue run: pid=",
    b"End queue run: pid=",
    b"cwd=",
    b"no MAIL in SMTP connection ",
    b"no host name found for IP address ",
    b"no IP address found for host ",
    b"incomplete transaction ",
    b"configured error code starts with incorrect digit ",
    b"host name alias list truncated for ",
    b"VRFY failed for ",
    b"ignoring AUTH=",
    b"spam acl condition: ",
    b"malware acl condition: ",
    b"ETRN #",
];

/// Beginnings of further lines that belong to no message.
const WITHOUT_ID: &[&[u8]] = &[
    b"Start ",
    b"End ",
    b"no MAIL in ",
    b"ETRN ",
    b"ATRN ",
    b"EXPN ",
    b"TLS error on ",
    b"TLS session: ",
    b"TLS ALPN (",
    b"TLS client disconnected cleanly ",
    b"ident connection to ",
    b"pid ",
    b"Warning: ",
    b"Exim ",
    b"daemon: ",
    b"DKIM: ",
    b"SPF ",
    b"DMARC ",
    b"list matching forced to fail: ",
    b"timed out while reading local message",
    b"ridiculously long message header ",
    b"ACL ",
    b"failed to expand ",
    b"socket bind() to port ",
    b"getpeername() ",
    b"log write: ",
    b"unable to open ",
];

/// Beginnings of lines about a message.
const WITH_ID: &[&[u8]] = &[
    b"Completed",
    b"Frozen",
    b"frozen ",
    b"Message is frozen",
    b"Unfrozen",
    b"unfrozen ",
    b"removed by ",
    b"cancelled by ",
    b"no immediate delivery: ",
    b"address <",
    b"recipient <",
    b"sender address changed to ",
    b"original recipients ignored",
    b"Spool file is locked",
    b"Spool file for ",
    b"Format error in spool file ",
    b"DKIM: ",
    b"ARC: ",
    b"PRDR ",
    b"SMTP connection lost after final dot ",
    b"qualify/rewrite: ",
    b"Error in system filter: ",
    b"return message could not be created",
    b"Message removed",
    b"timed out while reading local message",
    b"Authentication-Results: ",
    b"DANE attempt failed; ",
    b"Greylist",
    b"message deferred by ",
    b"remote host address is the local host",
    b"moved from ",
    b"Child mail process returned status ",
    b"failed to read delivery status for ",
    b"malware acl condition: ",
    b"spam acl condition: ",
    b"internal scanner error ",
    b"Error while reading message with no usable sender address ",
    b"event ",
    b"cutthrough delivery ",
];

/// Endings of lines about a message, after an address.
const ENDINGS: &[&[u8]] = &[b": error ignored"];

/// Words inside lines.
static WORDS: AnyOf = AnyOf::new(&[
    b" transport output: ",
    b" Warning: ",
    b": discarded by ",
    b" sender verify ",
    b" incomplete transaction ",
    b" SSL verify error: ",
    b" router: skipped error: ",
    b": error ignored: ",
    b" authenticator cancelled authentication ",
    b" TLS error on connection (recv)",
    b" TLS error on connection (send)",
]);

/// Words of failures: a line with one of them is not taken for an administrator's own.
static FAILURES: AnyOf = AnyOf::new(&[
    b"SMTP error",
    b"reject",
    b"refused",
    b"timed out",
    b"timeout",
    b"closed connection",
    b"unreachable",
    b"No route",
    b"bounced",
    b"dropped",
    b" 421",
    b" 45",
    b" 55",
]);

/// Whether a text begins as only Exim's lines about no message do.
pub(super) fn is_beginning(text: &[u8]) -> bool {
    let is_host = |rest: &[u8]| matches!(rest.first(), Some(b'[' | b'(')) || contains(rest, b" [");
    match text {
        [b'H', b'=', rest @ ..] => is_host(rest),
        // A local process, or a message that was not received by SMTP.
        [b'U' | b'F', b'=', ..] => {
            contains(text, b" rejected ")
                || contains(text, b" sender verify ")
                || contains(text, b" Warning: ")
        }
        _ => begins_with(text, ONLY_EXIM),
    }
}

/// Whether a text is noise. Its message id may be empty.
pub(super) fn is_noise(id: &[u8], text: &[u8]) -> bool {
    let known = match id.is_empty() {
        true => begins_with(text, ONLY_EXIM) || begins_with(text, WITHOUT_ID),
        false => begins_with(text, WITH_ID),
    };
    known
        || WORDS.is_in(text)
        || ENDINGS.iter().any(|words| text.ends_with(words))
        || !FAILURES.is_in(text)
}
