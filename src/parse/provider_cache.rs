//! A cache of the providers of recently seen hosts. A mail server talks to the same few hosts all day, and
//! finding a provider takes one lookup for each label of the host name.

use crate::catalog::{ProviderId, Providers};

/// The number of entries. The entry of a host is determined by a hash of its name.
const ENTRIES: usize = 256;

/// The longest name that is cached, in bytes.
const MAX_NAME: usize = 63;

#[derive(Clone, Copy)]
struct CachedHost {
    name: [u8; MAX_NAME],
    /// The length of the name; 0 for an empty entry.
    length: u8,
    provider: ProviderId,
}

/// The cache.
pub(crate) struct ProviderCache(Vec<CachedHost>);

impl ProviderCache {
    pub(crate) fn new() -> Self {
        let empty = CachedHost {
            name: [0; MAX_NAME],
            length: 0,
            provider: ProviderId::OTHER,
        };
        ProviderCache(vec![empty; ENTRIES])
    }

    /// The provider that operates this host.
    #[inline]
    pub(crate) fn provider(&mut self, host: &[u8], providers: &Providers) -> ProviderId {
        if host.is_empty() || host.len() > MAX_NAME {
            return providers.of(host);
        }
        let entry = &mut self.0[index(host)];
        if !same(&entry.name[..usize::from(entry.length)], host) {
            entry.name[..host.len()].copy_from_slice(host);
            entry.length = host.len() as u8;
            entry.provider = providers.of(host);
        }
        entry.provider
    }
}

/// The index of the entry for a name: a hash of its first and last eight bytes, which nearly always differ
/// between hosts.
#[inline]
fn index(name: &[u8]) -> usize {
    let number = |bytes: &[u8; 8]| u64::from_le_bytes(*bytes);
    let ends = match (name.first_chunk(), name.last_chunk()) {
        (Some(first), Some(last)) => number(first).rotate_left(7) ^ number(last),
        _ => name.iter().fold(0, |all, &byte| all << 7 ^ u64::from(byte)),
    };
    (ends.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32) as usize % ENTRIES
}

/// Whether two names are equal. Optimized for 16 to 32 bytes, the length of nearly all names.
#[inline]
fn same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len()
        && match a.len() {
            16..=32 => same_ends::<16>(a, b),
            33..=MAX_NAME => same_ends::<32>(a, b),
            _ => a == b,
        }
}

/// Whether the first and the last `N` bytes of two names are equal.
#[inline]
fn same_ends<const N: usize>(a: &[u8], b: &[u8]) -> bool {
    a.first_chunk::<N>() == b.first_chunk() && a.last_chunk::<N>() == b.last_chunk()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eviction_never_returns_another_hosts_provider() {
        let providers = Providers::embedded();
        let mut cache = ProviderCache::new();
        for round in 0..3 {
            for number in 0..1000 {
                for domain in ["google.com", "example.net", "protection.outlook.com"] {
                    let host = format!("mx{number}.{domain}");
                    let expected = providers.of(host.as_bytes());
                    let found = cache.provider(host.as_bytes(), &providers);
                    assert_eq!(found, expected, "{host} in round {round}");
                }
            }
        }
        assert_eq!(cache.provider(b"", &providers), ProviderId::OTHER);
        assert_eq!(cache.provider(&[b'x'; 300], &providers), ProviderId::OTHER);
    }
}
