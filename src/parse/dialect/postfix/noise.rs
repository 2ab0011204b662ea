//! Recognizes the lines of Postfix that are neither replies nor deliveries. Any other line is unmatched, so that
//! unknown forms become visible.
//!
//! The lists contain the fixed prefixes of Postfix's own messages (its `msg_info` and `msg_warn` calls).

use super::{action, tls_notices};
use crate::parse::dialect::mta::Mta;
use crate::parse::event::{Fact, Line};
use crate::parse::notices::Level;

/// The prefixes of diagnostics (Postfix's `util/msg.c`); free text follows.
const LEVELS: [(&[u8], Level); 5] = [
    (b"warning: ", Level::Warning),
    (b"error: ", Level::Error),
    (b"fatal: ", Level::Fatal),
    (b"panic: ", Level::Panic),
    (b"fatal error: ", Level::Fatal),
];

/// Prefixes of lines without a queue id.
const WITHOUT_QUEUE_ID: &[&[u8]] = &[
    // anvil, scache
    b"statistics: ",
    // master, postfix-script, tlsmgr, postlogd
    b"reload -- version ",
    b"terminating on signal ",
    b"master exit time has arrived",
    b"starting the Postfix mail system",
    b"stopping the Postfix mail system",
    b"refreshing the Postfix mail system",
    b"waiting for the Postfix mail system to terminate",
    b"the Postfix mail system is ",
    b"aborting the Postfix mail system",
    b"flushing the Postfix mail queue",
    b"exiting to reopen external entropy source ",
    b"lost connection to EGD server ",
    b"ignoring status update from child pid ",
    b"rotating ",
    b"cannot read from entropy device ",
    b"running: ",
    b"qmgr_queue_",
    b"looking for plugins in '",
    b"reload configuration",
    b"daemon started",
    // every daemon with lookup tables
    b"using backwards-compatible default setting ",
    b"Postfix is using backwards-compatible default settings",
    b"Postfix is running with backwards-compatible default settings",
    b"using using backwards-compatible default setting ",
    b"To disable backwards compatibility use ",
    b"See http",
    b"close database ",
    b"database ",
    b"cache ",
    b"Run-time linked against Berkeley DB",
    b"compatibility_level ",
    b"skipping address family ",
    b"ignoring DNS RR: ",
    b"dict_",
    // migration to another kind of table, nbdb_reindexd
    b"redirecting ",
    b"target file '",
    b"successfully executed '",
    b"Proactively reindexing ",
    // qmqpd
    b"connect from ",
    b"disconnect from ",
    // SMTP sessions in verbose logging
    b"> ",
    b"< ",
    // postsuper
    b"Deleted: ",
    b"Requeued: ",
    b"Placed on hold: ",
    b"Released from hold: ",
    b"Force-expired: ",
    b"Renamed to match inode number: ",
    // smtp
    b"discarding EHLO keywords: ",
    b"SMTPS wrappermode (TCP port 465) requires ",
    b"CLIENT wrappermode (port smtps/465) is unimplemented",
    b"instead, send to (port submission/587) with STARTTLS",
    b"network address conversion failed: ",
    b"server configuration error",
    b"skipping SRV lookup for ",
    b"Sender requested REQUIRETLS, ",
    b"REQUIRETLS policy configuration error",
    // content filters and policy servers that log with a tag of Postfix
    b"mapping DSN status ",
];

/// Lines without a queue id whose prefix is ambiguous: the prefix, and a text that must also occur.
const WITHOUT_QUEUE_ID_AND: &[(&[u8], &[u8])] = &[
    // The frequent ones first, before those that every text is searched for.
    (b"addr ", b" listed by domain "),
    (b"table ", b" has changed - finishing in the background"),
    (b"host ", b" offers SMTPUTF8 support, but not 8BITMIME"),
    (b"/", b": using backwards-compatible default setting "),
    (b"", b" has changed -- restarting"),
    (b"", b" has changed -- exiting"),
    (b"", b"): worked around spurious NFS error"),
    (b"", b" feedback type "),
    (b"", b": skipping address family "),
];

/// Prefixes of the text after a queue id.
const WITH_QUEUE_ID: &[&[u8]] = &[
    // smtpd, pickup, cleanup, qmgr
    b"client=",
    b"uid=",
    b"message-id=",
    b"resent-message-id=",
    b"from=",
    b"removed",
    b"skipped, still being delivered",
    b"status=deferred (",
    // bounce
    b"sender non-delivery notification: ",
    b"sender delivery status notification: ",
    b"sender delay notification: ",
    b"postmaster non-delivery notification: ",
    b"postmaster delay notification: ",
    b"not sending trace/success notification for ",
    // local, virtual, pipe
    b"passing <",
    b"sending to: ",
    // postsuper
    b"expired",
    b"requeued",
    b"placed on hold",
    b"released from hold",
    // access tables, milters and other actions that are no rejects
    b"error: ",
    b"fatal: ",
    b"panic: ",
    b"pass: ",
    b"permit: ",
    b"whitelisted",
    b"milter-",
    b"milter ",
    // smtp
    b"enabling PIX ",
    b"breaking line > ",
    b"replacing server reply ",
    b"replacing command ",
    b"reply filter ",
    b"Sender requested REQUIRETLS, ",
    b"Used TLS for ",
    b"re-using session with untrusted ",
    // policy servers
    b"action=",
];

/// Recognizes a line without a queue id.
pub(super) fn without_queue_id<'a, 'e>(body: &[u8]) -> Line<'a, 'e> {
    if let Some(level) = level(body) {
        return Line::Noise(Some(Fact::Diagnostic(Mta::Postfix, level)));
    }
    if begins(body, WITHOUT_QUEUE_ID)
        || begins_and_contains(body, WITHOUT_QUEUE_ID_AND)
        || table_cleanup(body)
        || tls_notices::is_notice(body)
    {
        return Line::Noise(None);
    }
    Line::Unmatched
}

/// Recognizes the text after a queue id. Rejects, including `milter-reject`, must be parsed before.
pub(super) fn with_queue_id<'a, 'e>(text: &[u8]) -> Line<'a, 'e> {
    if let Some(action) = action::parse(text) {
        return Line::Noise(Some(Fact::Action(Mta::Postfix, action)));
    }
    // qmqpd: `client.example.net[192.0.2.1]: read/write timeout while receiving message content`
    let has_client_first = || {
        [
            &b"]: lost connection while "[..],
            b"]: timeout while ",
            b"]: read/write timeout while ",
            b"]: netstring format error while ",
            b"]: netstring length exceeds storage limit while ",
        ]
        .iter()
        .any(|it| memchr::memmem::find(text, it).is_some())
    };
    // cleanup, about a lookup table that cannot be read
    let unread_table = || {
        [
            &b" -- message not accepted, try again later"[..],
            b" lookup error -- deferring delivery",
        ]
        .iter()
        .any(|ending| text.ends_with(ending))
    };
    if begins(text, WITH_QUEUE_ID) || unread_table() || has_client_first() {
        return Line::Noise(None);
    }
    Line::Unmatched
}

/// The level of a line that is a diagnostic of Postfix.
fn level(body: &[u8]) -> Option<Level> {
    let known = LEVELS.iter().find(|(prefix, _)| body.starts_with(prefix));
    known.map(|&(_, level)| level)
}

/// Whether a text begins with the first part of one of these forms and contains the second.
pub(super) fn begins_and_contains(text: &[u8], forms: &[(&[u8], &[u8])]) -> bool {
    forms.iter().any(|(prefix, part)| {
        text.starts_with(prefix) && memchr::memmem::find(text, part).is_some()
    })
}

/// Whether the text begins with one of the prefixes. Comparing the first byte excludes nearly all of them.
pub(super) fn begins(text: &[u8], prefixes: &[&[u8]]) -> bool {
    prefixes
        .iter()
        .any(|prefix| prefix.first() == text.first() && text.starts_with(prefix))
}

/// Whether a line is about the cleanup of a cache table: `/var/lib/postfix/…cache: done full cleanup…`,
/// `btree:… cache cleanup will start after 60s`.
fn table_cleanup(body: &[u8]) -> bool {
    // The name of the table has its type or is a path: most lines need no search.
    let name = body.split(|&byte| byte == b' ').next().unwrap_or(body);
    let is_table = name.starts_with(b"/") || name.contains(&b':') || !body.contains(&b'[');
    let words = [
        &b"cache cleanup"[..],
        b"cache entry for ",
        b"cleanup: retained=",
    ];
    is_table
        && memchr::memchr_iter(b'c', body).any(|at| {
            at > 0 && body[at - 1] == b' ' && words.iter().any(|it| body[at..].starts_with(it))
        })
}
