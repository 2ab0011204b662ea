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

/// The address of an endpoint that has a port in any case, so that an IPv6 address needs no brackets:
/// `2001:db8::1:25`.
pub(super) fn with_port(endpoint: &[u8]) -> &[u8] {
    let port = match endpoint.first() {
        Some(b'[') => None,
        _ => memchr::memrchr(b':', endpoint),
    };
    port.map_or_else(|| address(endpoint), |at| &endpoint[..at])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn port_is_not_part_of_the_address() {
        for (endpoint, expected) in [
            ("192.0.2.1:25", "192.0.2.1"),
            ("2001:db8::1:25", "2001:db8::1"),
            ("[2001:db8::1]:25", "2001:db8::1"),
            ("", ""),
        ] {
            let found = with_port(endpoint.as_bytes());
            assert_eq!(found, expected.as_bytes(), "{endpoint}");
        }
    }
}
