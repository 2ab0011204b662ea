//! Recognizes lines of Sendmail that are neither replies nor deliveries.
//!
//! Sendmail has some hundred forms of them, most of them rare, and an administrator's rulesets may log any others
//! (`$(log …$)`). A text is noise unless it has a word of failures or a reply code: then it must be one of the forms
//! that are listed here.

use super::begins_with;
use crate::parse::reply;
use crate::parse::searchers::AnyOf;

/// Beginnings of known lines that have such words.
const KNOWN: &[&[u8]] = &[
    b"timeout waiting for input from ",
    b"makeconnection (",
    b"SMTP outgoing connect on ",
    b"alias ",
    b"forward ",
    b"expand ",
    b"Authentication-Warning: ",
    b"AUTH",
    b"STARTTLS",
    b"TLSA=",
    b"tls_",
    b"engine=",
    b"started as: ",
    b"starting daemon ",
    b"restarting ",
    b"stopping daemon",
    b"accepting ",
    b"deferring connections on daemon ",
    b"delaying connections on daemon ",
    b"delaying=",
    b"gethostbyaddr(",
    b"runqueue: ",
    b"message size (",
    b"header overflow from ",
    b"headers too large ",
    b"POSSIBLE ATTACK from ",
    b"possible spam from ",
    b"probable open proxy",
    b"<-- ",
    b"--- ",
    b"clone: ",
    b"split: ",
    b"Saved message in ",
    b"locked",
    b"unquarantine",
    b"ldap=",
    b"dns ",
    b"Warning: ",
    b"Timeout.to_aconnect ",
    b"clt_features=",
    b"invalid domain name ",
    b"setsender: ",
    b"cannot prescan from ",
    b"Sending \"",
    b"queue ",
    b"unauthorized PIPELINING, ",
];

/// Parts of known lines, after the name of a client.
static WORDS: AnyOf = AnyOf::new(&[
    b" did not issue MAIL/EXPN/VRFY/ETRN during connection to ",
    b"]: possible SMTP attack: command=",
    b"]: Possible SMTP RCPT flood, ",
    b"]: probable open proxy: command=",
    b"]: SMTP violation, input too long: ",
    b"]: ETRN ",
    b"]: VRFY ",
    b"]: EXPN ",
    b": SMTP MAIL protocol error: ",
    b": SMTP RCPT protocol error: ",
    b": SMTP DATA-",
]);

/// Words of failures.
static FAILURES: AnyOf = AnyOf::new(&[
    b"reject",
    b"refused",
    b"timed out",
    b"timeout",
    b"Deferred",
    b"unreachable",
    b"No route",
    b"bounce",
    b"stat=",
]);

/// Whether a text is noise.
pub(super) fn is_noise(text: &[u8]) -> bool {
    begins_with(text, KNOWN) || WORDS.is_in(text) || !FAILURES.is_in(text) && !has_reply(text)
}

/// Whether a word in the text may begin a failure reply.
fn has_reply(text: &[u8]) -> bool {
    text.split(|byte| matches!(byte, b' ' | b'='))
        .filter(|word| matches!(word, [b'4' | b'5', _, _] | [b'4' | b'5', _, _, b'-', ..]))
        .any(|word| reply::parse(word).is_some())
}
