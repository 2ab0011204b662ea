//! What earlier lines said about the same message, session or delivery, for servers that spread one delivery over
//! several lines. Bounded in number and age: what is not asked for any more is forgotten.

use std::collections::VecDeque;

use rustc_hash::FxHashMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::parse::kinds::Stamp;
use crate::stable_hash::hash;

/// How long a value is kept, in seconds of the lines' time.
const LIFETIME: i64 = 3600;

/// The maximum length of a text that is kept, in bytes.
const MAX_TEXT: usize = 255;

/// A text of an earlier line, cut at 255 bytes.
pub(in crate::parse) fn kept(text: &[u8]) -> Box<[u8]> {
    text[..text.len().min(MAX_TEXT)].into()
}

/// A value.
#[derive(Clone, Debug)]
struct Entry<V> {
    value: V,
    /// When it was stored, in seconds since 1970; `i64::MIN` if the line had no time.
    time: i64,
    /// The number of its last [`Correlated::insert`].
    sequence: u64,
}

/// Values by key, at most `N`; the oldest is forgotten first. Keys are compared by a hash of 64 bits.
#[derive(Clone, Debug)]
pub(in crate::parse) struct Correlated<V, const N: usize> {
    entries: FxHashMap<u64, Entry<V>>,
    /// Hash and sequence number of every insertion, the oldest first; of an entry only the last one is valid.
    order: VecDeque<(u64, u64)>,
    next: u64,
}

impl<V, const N: usize> Default for Correlated<V, N> {
    fn default() -> Self {
        Correlated {
            entries: FxHashMap::default(),
            order: VecDeque::new(),
            next: 0,
        }
    }
}

impl<V, const N: usize> Correlated<V, N> {
    /// Stores a value, in place of an earlier one with this key.
    pub(in crate::parse) fn insert(&mut self, key: &[u8], time: Option<Stamp>, value: V) {
        self.store(hash(&[key]), time.map_or(i64::MIN, |it| it.seconds), value);
    }

    fn store(&mut self, hash: u64, time: i64, value: V) {
        let sequence = self.next;
        self.next += 1;
        let entry = Entry {
            value,
            time,
            sequence,
        };
        self.entries.insert(hash, entry);
        self.order.push_back((hash, sequence));
        while let Some(&(hash, sequence)) = self.order.front() {
            let expired = match self.entries.get(&hash) {
                Some(entry) if entry.sequence == sequence => {
                    let is_old =
                        entry.time != i64::MIN && time.saturating_sub(entry.time) > LIFETIME;
                    is_old || self.entries.len() > N
                }
                // Removed, or stored again later.
                _ => true,
            };
            // Repeated insertions of one key must not make the queue grow.
            if !expired && self.order.len() <= 2 * N {
                break;
            }
            self.order.pop_front();
            if self
                .entries
                .get(&hash)
                .is_some_and(|it| it.sequence == sequence)
            {
                self.entries.remove(&hash);
            }
        }
    }

    /// The value with this key.
    pub(in crate::parse) fn get(&self, key: &[u8]) -> Option<&V> {
        self.entries.get(&hash(&[key])).map(|it| &it.value)
    }

    /// The value with this key, to change it; if there is none, the default is stored first.
    pub(in crate::parse) fn get_or_default(&mut self, key: &[u8], time: Option<Stamp>) -> &mut V
    where
        V: Default,
    {
        let hash = hash(&[key]);
        let time = time.map_or(i64::MIN, |it| it.seconds);
        if !self.entries.contains_key(&hash) {
            self.store(hash, time, V::default());
        }
        let entry = self.entries.entry(hash).or_insert_with(|| Entry {
            value: V::default(),
            time,
            sequence: 0,
        });
        &mut entry.value
    }

    /// The value with this key, to change it.
    pub(in crate::parse) fn get_mut(&mut self, key: &[u8]) -> Option<&mut V> {
        self.entries.get_mut(&hash(&[key])).map(|it| &mut it.value)
    }

    /// Takes the value with this key out.
    pub(in crate::parse) fn remove(&mut self, key: &[u8]) -> Option<V> {
        self.entries.remove(&hash(&[key])).map(|it| it.value)
    }
}

impl<V: Serialize, const N: usize> Serialize for Correlated<V, N> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let current = self.order.iter().filter_map(|&(hash, sequence)| {
            let entry = self.entries.get(&hash)?;
            (entry.sequence == sequence).then_some((hash, entry.time, &entry.value))
        });
        let current: Vec<_> = current.collect();
        current.serialize(serializer)
    }
}

impl<'de, V: Deserialize<'de>, const N: usize> Deserialize<'de> for Correlated<V, N> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut correlated = Correlated::default();
        for (hash, time, value) in Vec::<(u64, i64, V)>::deserialize(deserializer)? {
            correlated.store(hash, time, value);
        }
        Ok(correlated)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Option<Stamp> {
        Some(Stamp { seconds, nanos: 0 })
    }

    #[test]
    fn number_and_age_are_bounded() {
        let mut values = Correlated::<u32, 4>::default();
        for n in 0..1000u32 {
            values.insert(&n.to_le_bytes(), at(i64::from(n)), n);
            values.insert(b"again", at(i64::from(n)), n);
            assert!(values.entries.len() <= 4 && values.order.len() <= 8);
        }
        assert_eq!(values.get(b"again"), Some(&999));
        assert_eq!(values.get(&998u32.to_le_bytes()), Some(&998));
        assert_eq!(values.get(&10u32.to_le_bytes()), None);
        values.insert(b"late", at(999 + LIFETIME + 1), 1);
        assert_eq!(values.get(b"again"), None);
        assert_eq!(values.entries.len(), 1);
    }

    #[test]
    fn values_survive_a_restart_in_their_order() {
        let mut values = Correlated::<Box<[u8]>, 2>::default();
        for key in [b"a", b"b", b"a"] {
            values.insert(key, at(1), kept(key));
        }
        let bytes = postcard::to_stdvec(&values).expect("encodable");
        let mut values: Correlated<Box<[u8]>, 2> = postcard::from_bytes(&bytes).expect("decodable");
        values.insert(b"c", None, kept(&[7; 1000]));
        assert_eq!(values.get(b"b"), None, "the oldest is forgotten first");
        assert_eq!(values.get(b"a").map(|it| &**it), Some(&b"a"[..]));
        assert_eq!(values.remove(b"c").map(|it| it.len()), Some(MAX_TEXT));
        assert_eq!(values.get(b"c"), None);
        *values.get_or_default(b"a", None) = kept(b"x");
        assert_eq!(values.get(b"a").map(|it| &**it), Some(&b"x"[..]));
        assert_eq!(&**values.get_or_default(b"d", None), b"");
        assert!(values.get(b"d").is_some());
    }

    #[test]
    fn value_that_is_stored_again_and_again_does_not_displace_others() {
        let mut values = Correlated::<u32, 4>::default();
        for key in [&b"a"[..], b"b", b"c", b"d", b"d", b"d", b"d", b"d"] {
            values.insert(key, at(1), 1);
        }
        assert!(
            [b"a", b"b", b"c", b"d"]
                .iter()
                .all(|it| values.get(*it).is_some())
        );
    }
}
