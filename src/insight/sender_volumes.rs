//! How many messages of each sender domain other servers accepted since this was last taken.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::recorder::name_of;
use crate::stable_hash::hash;

/// How many domains are counted at once; messages of further ones are not attributed until a domain without messages
/// has made room.
const DOMAINS: usize = 4096;

/// The longest part of a domain that counts, in bytes.
const MAX_DOMAIN: usize = 47;

/// The name of messages without a sender: bounces and other notifications.
const NULL_SENDER: &str = "<>";

/// The messages of one domain.
#[derive(Clone)]
struct Volume {
    name: Arc<str>,
    count: u64,
}

/// Accepted messages by sender domain.
#[derive(Clone, Default)]
pub struct SenderVolumes {
    /// By the stable hash of the domain in lower case. Domains stay, so that nothing is allocated for a domain that
    /// sends again.
    domains: FxHashMap<u64, Volume>,
}

impl SenderVolumes {
    /// Counts `times` messages of a domain; an empty one is that of the null sender.
    pub fn count(&mut self, domain: &[u8], times: u64) {
        let mut lower = [0; MAX_DOMAIN];
        let length = domain.len().min(MAX_DOMAIN);
        lower[..length].copy_from_slice(&domain[..length]);
        let lower = &mut lower[..length];
        lower.make_ascii_lowercase();
        let key = hash(&[lower]);
        if let Some(volume) = self.domains.get_mut(&key) {
            volume.count += times;
        } else if self.domains.len() < DOMAINS {
            let name = match lower.is_empty() {
                true => NULL_SENDER.into(),
                false => name_of(lower),
            };
            let count = times;
            self.domains.insert(key, Volume { name, count });
        }
    }

    /// The hash and the number of messages of each domain that has any, which start at zero again.
    pub fn take(&mut self) -> Vec<(u64, u32)> {
        if self.domains.len() == DOMAINS {
            self.domains.retain(|_, volume| volume.count > 0);
        }
        let counted = self.domains.iter_mut().filter(|it| it.1.count > 0);
        let taken = counted.map(|(key, volume)| {
            let count = std::mem::take(&mut volume.count);
            (*key, u32::try_from(count).unwrap_or(u32::MAX))
        });
        taken.collect()
    }

    /// The domain with this hash, if it is known.
    pub fn name(&self, key: u64) -> Option<Arc<str>> {
        let volume = self.domains.get(&key)?;
        Some(Arc::clone(&volume.name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_count_for_their_domain_whatever_its_case() {
        let mut volumes = SenderVolumes::default();
        volumes.count(b"News.Example.org", 2);
        volumes.count(b"news.example.org", 1);
        volumes.count(b"", 5);
        let mut taken = volumes.take();
        taken.sort_by_key(|it| it.1);
        let named = taken.iter().map(|(key, count)| {
            let name = volumes.name(*key).expect("known");
            (name.to_string(), *count)
        });
        let named: Vec<_> = named.collect();
        assert_eq!(
            named,
            [("news.example.org".to_owned(), 3), ("<>".to_owned(), 5)]
        );
        assert!(volumes.take().is_empty());
    }

    #[test]
    fn domains_without_messages_make_room() {
        let mut volumes = SenderVolumes::default();
        for round in 0..3 {
            for number in 0..2 * DOMAINS {
                volumes.count(format!("{round}.{number}.example").as_bytes(), 1);
            }
            let taken = volumes.take();
            assert!(taken.len() <= DOMAINS);
            // The first call finds all of them counted, the next one makes room.
            volumes.take();
        }
        volumes.count(b"new.example", 1);
        assert_eq!(volumes.take().len(), 1);
    }
}
