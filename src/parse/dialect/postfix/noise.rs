//! Recognizes the lines of Postfix that are neither replies nor deliveries. Any other line is unmatched, so that
//! unknown forms become visible.
//!
//! The lists contain the fixed prefixes of Postfix's own messages (its `msg_info` and `msg_warn` calls).

use crate::parse::event::Line;

/// The prefixes of diagnostics (Postfix's `util/msg.c`); free text follows.
const LEVELS: [&[u8]; 5] = [
    b"warning: ",
    b"error: ",
    b"fatal: ",
    b"panic: ",
    b"fatal error: ",
];

/// Prefixes of lines without a queue id.
const WITHOUT_QUEUE_ID: &[&[u8]] = &[
    // anvil, scache
    b"statistics: ",
    // master, postfix-script, tlsmgr, postlogd
    b"daemon started -- version ",
    b"reload -- version ",
    b"terminating on signal ",
    b"master exit time has arrived",
    b"starting the Postfix mail system",
    b"stopping the Postfix mail system",
    b"refreshing the Postfix mail system",
    b"waiting for the Postfix mail system to terminate",
    b"the Postfix mail system is running",
    b"aborting the Postfix mail system",
    b"flushing the Postfix mail queue",
    b"exiting to reopen external entropy source ",
    b"lost connection to EGD server ",
    b"ignoring status update from child pid ",
    b"rotating ",
    b"cannot read from entropy device ",
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
    // TLS of either side
    b"setting up TLS connection ",
    b"initializing the server-side TLS engine",
    b"initializing the client-side TLS engine",
    b"certificate verification failed for ",
    b"server certificate verification failed for ",
    b"client certificate verification failed for ",
    b"SSL_set_fd error to ",
    b"DNSSEC-signed TLSA record: ",
    b"tls_library_init: ",
    b"cannot set default OpenSSL certificate verification paths",
    b"Unverified: ",
    b"certificate peer name verification failed for ",
    b"fingerprint",
    b"subject_CN=",
    b"subject=",
    b"issuer=",
    b"Verified: ",
    b"SSL_accept:",
    b"SSL_connect:",
    b"SSL3 alert ",
    b"TLS SNI ",
    b"TLS protocol trace ",
    b"skipping TLS trace output ",
    b"TLSRPT: ",
    b"Host offered STARTTLS: ",
    b"Server TLS session ",
    b"looking for session ",
    b"lookup smtp",
    b"put smtp",
    b"delete smtp",
    b"remove session ",
    b"save session ",
    b"reloaded session ",
    b"open smtp",
    b"cannot load Certification Authority data",
    b"TLS support is not compiled in",
    // smtp
    b"discarding EHLO keywords: ",
    b"SMTPS wrappermode (TCP port 465) requires ",
    b"network address conversion failed: ",
    b"server configuration error",
    b"skipping SRV lookup for ",
    // content filters and policy servers that log with a tag of Postfix
    b"mapping DSN status ",
];

/// Lines without a queue id whose prefix is ambiguous: the prefix, and a text that must also occur.
const WITHOUT_QUEUE_ID_AND: &[(&[u8], &[u8])] = &[
    (b"table ", b" has changed"),
    (b"host ", b" offers SMTPUTF8 support, but not 8BITMIME"),
    (b"addr ", b" listed by domain "),
    (b"/", b": using backwards-compatible default setting "),
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
    // actions of header, body and milter checks and access tables that are no rejects
    b"warning: ",
    b"error: ",
    b"fatal: ",
    b"panic: ",
    b"info: ",
    b"warn: ",
    b"hold: ",
    b"filter: ",
    b"discard: ",
    b"redirect: ",
    b"prepend: ",
    b"replace: ",
    b"strip: ",
    b"pass: ",
    b"permit: ",
    b"bcc: ",
    b"delay: ",
    b"hangup: ",
    b"whitelisted",
    b"reject_warning: ",
    b"milter-",
    b"milter ",
    // smtp
    b"enabling PIX workarounds: ",
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
    if is_diagnostic(body)
        || begins(body, WITHOUT_QUEUE_ID)
        || WITHOUT_QUEUE_ID_AND.iter().any(|(prefix, text)| {
            body.starts_with(prefix) && memchr::memmem::find(body, text).is_some()
        })
        || table_cleanup(body)
        || tls_detail(body)
    {
        return Line::Noise(None);
    }
    Line::Unmatched
}

/// Recognizes the text after a queue id. Rejects, including `milter-reject`, must be parsed before.
pub(super) fn with_queue_id<'a, 'e>(text: &[u8]) -> Line<'a, 'e> {
    let has_client_first = || {
        // qmqpd
        [&b"]: lost connection while "[..], b"]: timeout while "]
            .iter()
            .any(|it| memchr::memmem::find(text, it).is_some())
    };
    // cleanup, about a lookup table that cannot be read
    let unread_table = || text.ends_with(b" -- message not accepted, try again later");
    if begins(text, WITH_QUEUE_ID) || unread_table() || has_client_first() {
        return Line::Noise(None);
    }
    Line::Unmatched
}

/// Whether a line is a diagnostic of Postfix.
fn is_diagnostic(body: &[u8]) -> bool {
    begins(body, &LEVELS)
}

/// Whether the text begins with one of the prefixes. Comparing the first byte excludes nearly all of them.
fn begins(text: &[u8], prefixes: &[&[u8]]) -> bool {
    prefixes
        .iter()
        .any(|prefix| prefix.first() == text.first() && text.starts_with(prefix))
}

/// Whether a line is about the cleanup of a cache table: `/var/lib/postfix/…cache: done full cleanup…`,
/// `btree:… cache cleanup will start after 60s`.
fn table_cleanup(body: &[u8]) -> bool {
    [
        &b" cache cleanup"[..],
        b" session cache cleanup",
        b" cache entry for ",
        b" cleanup: retained=",
    ]
    .iter()
    .any(|it| memchr::memmem::find(body, it).is_some())
}

/// Whether a line is a TLS detail after the name of the remote host, as logged with a higher `tls_loglevel`:
/// `mx.example.net[192.0.2.1]:25: Matched subjectAltName: …`.
fn tls_detail(body: &[u8]) -> bool {
    const DETAILS: &[&[u8]] = &[
        b"Matched ",
        b"Trusted: ",
        b"Untrusted: ",
        b"Verified: ",
        b"Unverified: ",
        b"replacing server reply ",
        b"replacing command ",
        b"matched peername: ",
        b"subject_CN=",
        b"re-using session with ",
        b"Reusing old session",
        b"Issuing session ticket",
        b"Decrypting session ticket",
        b"SNI hostname: ",
        b"TLS cipher list ",
        b"depth=",
        b"certificate verification ",
        b"save session ",
        b"remove session ",
        b"looking up session ",
        b"reloaded session ",
        b"verify=",
        b"raw public key fingerprint=",
        b"peer certificate ",
        b"discarding EHLO keywords: ",
    ];
    match memchr::memmem::find(body, b": ") {
        Some(at) if body[..at].contains(&b'[') => begins(&body[at + 2..], DETAILS),
        _ => false,
    }
}
