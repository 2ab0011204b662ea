//! A hash table of phrases by their first bytes, with a filter before it.

use super::Meaning;
use super::bytes::{CASE_MASK, load_8, starts_with_ignoring_case};

/// A cheap test before a phrase is compared: eight bytes of it under [`CASE_MASK`]. It is small, because many
/// phrases share a prefix.
#[derive(Clone, Copy)]
struct Probe {
    bytes: u64,
    /// Selects the bytes to compare, where the phrase has fewer than eight.
    mask: u64,
}

/// Phrases in a hash table by their first `N` bytes.
pub(super) struct PrefixTable<const N: u32> {
    /// In the order of the buckets: the first eight bytes of short phrases, bytes 8 to 15 of long ones.
    probes: Vec<Probe>,
    /// The phrases with their meanings, in the same order.
    phrases: Vec<(Box<[u8]>, Meaning)>,
    /// The start of each bucket, and the end of the last one.
    buckets: Box<[u16; BUCKETS + 1]>,
    pub(super) prefixes: PrefixFilter,
}

/// A Bloom filter with one hash over prefixes: it rejects most words of a text.
pub(super) struct PrefixFilter(Box<[u64; BITS / 64]>);

impl PrefixFilter {
    pub(super) fn new() -> Self {
        PrefixFilter(Box::new([0; BITS / 64]))
    }

    pub(super) fn add(&mut self, start: u64) {
        let hash = hash(start);
        self.0[word(hash)] |= bit(hash);
    }

    /// False if the prefix was never added; true if it may have been.
    #[cfg_attr(hot_path, inline(always))]
    pub(super) fn may_contain(&self, start: u64) -> bool {
        let hash = hash(start);
        self.0[word(hash)] & bit(hash) != 0
    }
}

const BUCKETS: usize = 1 << 10;

const BITS: usize = 1 << 14;

impl<const N: u32> PrefixTable<N> {
    pub(super) fn new(mut texts: Vec<(Meaning, &str)>) -> Self {
        let hash_of = |text: &str| hash(Self::first(load_8(text.as_bytes()) | CASE_MASK));
        let bucket_of = |(_, text): &(Meaning, &str)| bucket(hash_of(text));
        texts.sort_by_cached_key(bucket_of);
        let mut prefixes = PrefixFilter::new();
        for (_, text) in &texts {
            prefixes.add(Self::first(load_8(text.as_bytes()) | CASE_MASK));
        }
        let mut buckets = Box::new([0; BUCKETS + 1]);
        for (bucket, begin) in buckets.iter_mut().enumerate() {
            *begin = texts.partition_point(|it| bucket_of(it) < bucket) as u16;
        }
        let probe = |text: &str| {
            let probed = Self::probed(text.as_bytes());
            let missing = 8usize.saturating_sub(probed.len()) as u32;
            let mask = u64::MAX.checked_shr(8 * missing).unwrap_or(0);
            let bytes = (load_8(probed) | CASE_MASK) & mask;
            Probe { bytes, mask }
        };
        PrefixTable {
            probes: texts.iter().map(|(_, text)| probe(text)).collect(),
            phrases: texts
                .iter()
                .map(|(meaning, text)| (text.as_bytes().into(), *meaning))
                .collect(),
            buckets,
            prefixes,
        }
    }

    /// The bytes that [`Probe`]s compare.
    #[cfg_attr(hot_path, inline(always))]
    fn probed(text: &[u8]) -> &[u8] {
        let from = if N == 8 { 8 } else { 0 };
        text.get(from..).unwrap_or_default()
    }

    #[cfg_attr(hot_path, inline(always))]
    fn first(start: u64) -> u64 {
        start & u64::MAX >> (64 - 8 * N)
    }

    /// The longest phrase at the start of `text`, with its meaning; `start` is the first eight bytes of the text
    /// under [`CASE_MASK`].
    #[inline]
    pub(super) fn longest_at_start(&self, text: &[u8], start: u64) -> Option<(&[u8], Meaning)> {
        let bucket = bucket(hash(Self::first(start)));
        let range = usize::from(self.buckets[bucket])..usize::from(self.buckets[bucket + 1]);
        let probed = load_8(Self::probed(text)) | CASE_MASK;
        let mut longest: Option<(&[u8], Meaning)> = None;
        for (at, probe) in (range.start..).zip(&self.probes[range]) {
            if probed & probe.mask == probe.bytes {
                let (phrase, meaning) = &self.phrases[at];
                if longest.is_none_or(|(longest, _)| longest.len() < phrase.len())
                    && starts_with_ignoring_case(text, phrase)
                {
                    longest = Some((phrase, *meaning));
                }
            }
        }
        longest
    }
}

/// A hash whose upper bits are well mixed.
#[inline]
fn hash(start: u64) -> u64 {
    (start ^ start >> 29).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

#[inline]
fn bucket(hash: u64) -> usize {
    (hash >> 54) as usize
}

/// The index of the filter's word that holds the bit.
#[inline]
fn word(hash: u64) -> usize {
    (hash >> 56) as usize
}

#[inline]
fn bit(hash: u64) -> u64 {
    1 << (hash >> 50 & 63)
}
