//! The address in an endpoint.

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
