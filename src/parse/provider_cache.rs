//! The providers of the hosts that were seen last. A mail server talks to the same few hosts all day, and
//! finding a provider takes a look-up for each part of the name.

use crate::catalog::{ProviderId, Providers};

/// Hosts remembered at a time; each in a place given by its name.
const PLACES: usize = 256;

/// The longest name that is remembered, in bytes.
const LONGEST: usize = 63;

#[derive(Clone, Copy)]
struct Host {
    name: [u8; LONGEST],
    /// 0 for an empty place.
    length: u8,
    provider: ProviderId,
}

/// The last hosts.
pub(crate) struct ProviderCache(Vec<Host>);

impl ProviderCache {
    pub(crate) fn new() -> Self {
        let nobody = Host {
            name: [0; LONGEST],
            length: 0,
            provider: ProviderId::OTHER,
        };
        ProviderCache(vec![nobody; PLACES])
    }

    /// Who runs this host.
    #[inline]
    pub(crate) fn provider(&mut self, host: &[u8], providers: &Providers) -> ProviderId {
        if host.is_empty() || host.len() > LONGEST {
            return providers.of(host);
        }
        let place = &mut self.0[place(host)];
        if !same(&place.name[..usize::from(place.length)], host) {
            place.name[..host.len()].copy_from_slice(host);
            place.length = host.len() as u8;
            place.provider = providers.of(host);
        }
        place.provider
    }
}

/// Where a name is remembered: by its ends, for its middle is mostly told by them.
#[inline]
fn place(name: &[u8]) -> usize {
    let number = |bytes: &[u8; 8]| u64::from_le_bytes(*bytes);
    let ends = match (name.first_chunk(), name.last_chunk()) {
        (Some(first), Some(last)) => number(first).rotate_left(7) ^ number(last),
        _ => name.iter().fold(0, |all, &byte| all << 7 ^ u64::from(byte)),
    };
    (ends.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32) as usize % PLACES
}

/// Whether two names are the same; nearly all have sixteen to thirty-two bytes.
#[inline]
fn same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len()
        && match a.len() {
            16..=32 => same_ends::<16>(a, b),
            33..=LONGEST => same_ends::<32>(a, b),
            _ => a == b,
        }
}

/// Whether the first `N` bytes of two names are the same, and the last.
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
        let mut known = ProviderCache::new();
        for round in 0..3 {
            for number in 0..1000 {
                for domain in ["google.com", "example.net", "protection.outlook.com"] {
                    let host = format!("mx{number}.{domain}");
                    let expected = providers.of(host.as_bytes());
                    let found = known.provider(host.as_bytes(), &providers);
                    assert_eq!(found, expected, "{host} in round {round}");
                }
            }
        }
        assert_eq!(known.provider(b"", &providers), ProviderId::OTHER);
        assert_eq!(known.provider(&[b'x'; 300], &providers), ProviderId::OTHER);
    }
}
