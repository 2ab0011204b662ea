//! Recognizes the notices of Postfix's TLS library: the details that a higher `smtp_tls_loglevel` or
//! `smtpd_tls_loglevel` adds, up to dumps of the data, and the session cache of tlsmgr. The lists also have the
//! forms of Postfix before 2.6.

use super::noise::{begins, begins_and_contains};
use crate::parse::scan::split_on;

/// Prefixes of notices that name the host later, or not at all.
const PREFIXES: &[&[u8]] = &[
    b"setting up TLS connection ",
    b"initializing the server-side TLS engine",
    b"initializing the client-side TLS engine",
    b"starting TLS engine",
    b"certificate verification failed for ",
    b"server certificate verification failed for ",
    b"client certificate verification failed for ",
    b"CA certificate verification failed for ",
    b"certificate peer name verification failed for ",
    b"certificate verification depth=",
    b"verify return: ",
    b"verify error:num=",
    b"verify depth is ",
    b"Peer certificate could not be verified",
    b"Peer verification: ",
    b"Server certificate could not be verified",
    b"Client certificate could not be verified",
    b"SSL_set_fd error to ",
    b"SSL_accept error from ",
    b"SSL session removed",
    b"Reusing old session",
    b"Re-used session without peer certificate removed",
    b"Could not allocate '",
    b"Could not set application data for '",
    b"Could not obtain BIO_pair",
    b"Could not parse server's ",
    b"Could not parse client's ",
    b"OpenSSL <= 0.9.5a workaround called: ",
    b"DNSSEC-signed TLSA record: ",
    b"TA cert as TLSA record: ",
    b"TA pkey as TLSA record: ",
    b"tls_library_init: ",
    b"cannot set default OpenSSL certificate verification paths",
    b"cannot set certificate verification paths",
    b"cannot load Certification Authority data",
    b"cannot load Certificate Authority data",
    b"cannot load RSA certificate and key data",
    b"cannot load DSA certificate and key data",
    b"TLS support is not compiled in",
    b"TLS SNI ",
    b"TLS protocol trace ",
    b"skipping TLS trace output ",
    b"TLSRPT: ",
    b"Host offered STARTTLS: ",
    b"Server TLS session ",
    b"Unverified: ",
    b"Verified: ",
    b"Trusted: ",
    b"Untrusted: ",
    b"fingerprint",
    b"Peer cert",
    b"subject_CN=",
    b"subject=",
    b"issuer=",
    b"SSL_accept:",
    b"SSL_connect:",
    b"SSL3 alert ",
    b"looking for session ",
    b"looking up session ",
    b"lookup smtp",
    b"put smtp",
    b"delete smtp",
    b"remove session ",
    b"save session ",
    b"reloaded session ",
    b"open smtp",
    b"cannot write to EGD server ",
    b"cannot read from EGD server ",
    b"EGD server ",
];

/// Notices whose prefix is ambiguous: the prefix, and a text that must also occur.
const PREFIXES_AND: &[(&[u8], &[u8])] = &[
    (b"undefined:", b" in "),
    (b"read ", b" TLS cache entry "),
    (b"write ", b" TLS cache entry "),
    (b"lookup ", b" session id="),
    (b"put ", b" session id="),
    (b"delete ", b" session id="),
    (b"open ", b" TLS cache "),
    (b"close ", b" TLS cache "),
    (b"cannot read ", b" bytes from EGD server "),
    // Data that is read and written, with a `tls_loglevel` of 3 or more.
    (b"read from ", b" bytes => "),
    (b"write to ", b" bytes => "),
    (b"Read ", b" chars: "),
    (b"Write ", b" chars: "),
];

/// Whether a line is a notice of the TLS library.
pub(super) fn is_notice(body: &[u8]) -> bool {
    begins(body, PREFIXES)
        || begins_and_contains(body, PREFIXES_AND)
        || is_dump(body)
        || is_detail(body)
}

/// Whether a line is a row of a dump: `0010 16 03 01 02 00 01 00 01|fc 03 03 …`, `0030 - <SPACES/NULLS>`.
fn is_dump(body: &[u8]) -> bool {
    let offset = body
        .iter()
        .take_while(|byte| byte.is_ascii_hexdigit())
        .count();
    let (4..=8, [b' ', a, b, c, ..]) = (offset, &body[offset..]) else {
        return false;
    };
    let is_byte = a.is_ascii_hexdigit() && b.is_ascii_hexdigit() && matches!(c, b' ' | b'|');
    is_byte || body.ends_with(b" - <SPACES/NULLS>")
}

/// Whether a line is a detail after the name of the remote host:
/// `mx.example.net[192.0.2.1]:25: Matched subjectAltName: …`.
fn is_detail(body: &[u8]) -> bool {
    const DETAILS: &[&[u8]] = &[
        b"Matched ",
        b"Trusted: ",
        b"Untrusted: ",
        b"Verified: ",
        b"Unverified: ",
        b"Trusted subject_CN=",
        b"Untrusted subject_CN=",
        b"Verified subject_CN=",
        b"Unverified subject_CN=",
        b"replacing server reply ",
        b"replacing command ",
        b"matched peername: ",
        b"subject_CN=",
        b"subject=",
        b"issuer=",
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
        b"fingerprint=",
        b"peer certificate ",
        b"discarding EHLO keywords: ",
    ];
    if !body.contains(&b'[') {
        return false;
    }
    match split_on(body, b": ") {
        Some((before, after)) if before.contains(&b'[') => begins(after, DETAILS),
        // Postfix 2.5: `mx.example.net[192.0.2.1] Unverified sha1 fingerprint …`.
        _ => {
            let words = [
                &b" fingerprint "[..],
                b" subject_CN=",
                b" certificate verification failed for ",
                b" TLS connection established ",
            ];
            let has_words = |words: &&[u8]| memchr::memmem::find(body, words).is_some();
            words.iter().any(has_words)
        }
    }
}
