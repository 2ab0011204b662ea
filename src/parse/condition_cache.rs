//! A cache of the conditions of recent replies. A server that refuses mail says the same words many times, and
//! searching them for the phrases of all conditions costs several times as much as comparing them.

use crate::catalog::ConditionId;

/// The number of entries. The entry of a reply is determined by a hash of it.
const ENTRIES: usize = 128;

/// The longest text that is cached, in bytes.
const MAX_TEXT: usize = 320;

/// What determines the condition of a reply besides its text: reply code and enhanced status code.
pub(crate) type Codes = (Option<u16>, Option<(u8, u16, u16)>);

#[derive(Clone)]
struct CachedReply {
    codes: Codes,
    text: [u8; MAX_TEXT],
    /// The length of the text; 0 for an empty entry.
    length: u16,
    condition: ConditionId,
}

/// The cache.
pub(crate) struct ConditionCache(Vec<CachedReply>);

impl ConditionCache {
    pub(crate) fn new() -> Self {
        let empty = CachedReply {
            codes: (None, None),
            text: [0; MAX_TEXT],
            length: 0,
            condition: ConditionId(0),
        };
        ConditionCache(vec![empty; ENTRIES])
    }

    /// The condition of a reply, which `classify` finds if the cache does not have it.
    #[inline]
    pub(crate) fn condition(
        &mut self,
        codes: Codes,
        text: &[u8],
        classify: impl FnOnce() -> ConditionId,
    ) -> ConditionId {
        if text.is_empty() || text.len() > MAX_TEXT {
            return classify();
        }
        let entry = &mut self.0[index(text)];
        if entry.codes != codes || &entry.text[..usize::from(entry.length)] != text {
            entry.codes = codes;
            entry.text[..text.len()].copy_from_slice(text);
            entry.length = text.len() as u16;
            entry.condition = classify();
        }
        entry.condition
    }
}

/// The index of the entry for a text: a hash of its length and of eight bytes at its start, in its middle and at its
/// end.
#[inline]
fn index(text: &[u8]) -> usize {
    let number = |bytes: Option<&[u8; 8]>| bytes.map_or(0, |bytes| u64::from_le_bytes(*bytes));
    let middle = number(text[text.len() / 2..].first_chunk());
    let ends = number(text.first_chunk()).rotate_left(7) ^ number(text.last_chunk());
    let mixed = ends ^ middle.rotate_left(29) ^ text.len() as u64;
    (mixed.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32) as usize % ENTRIES
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_reply_gets_the_cached_condition() {
        let mut cache = ConditionCache::new();
        let codes = (Some(550), Some((5, 7, 1)));
        let find = |cache: &mut ConditionCache, codes, text: &[u8], condition| {
            cache.condition(codes, text, || ConditionId(condition)).0
        };
        assert_eq!(find(&mut cache, codes, b"no such user", 1), 1);
        assert_eq!(find(&mut cache, codes, b"no such user", 2), 1);
        assert_eq!(find(&mut cache, (Some(551), None), b"no such user", 3), 3);
        assert_eq!(find(&mut cache, codes, b"no such user", 4), 4);
        assert_eq!(find(&mut cache, codes, b"no such users", 5), 5);
        for text in [&b""[..], &[b'x'; MAX_TEXT + 1]] {
            assert_eq!(find(&mut cache, codes, text, 6), 6);
            assert_eq!(find(&mut cache, codes, text, 7), 7);
        }
    }

    #[test]
    fn eviction_never_returns_the_condition_of_another_reply() {
        let mut cache = ConditionCache::new();
        for round in 0..3 {
            for number in 0..1000 {
                let text = format!(
                    "mailbox {number} in {} is full, {}",
                    number % 7,
                    number % 10
                );
                let expected = ConditionId((number % 251) as u8);
                let found = cache.condition((Some(552), None), text.as_bytes(), || expected);
                assert_eq!(found, expected, "{text} in round {round}");
            }
        }
    }
}
