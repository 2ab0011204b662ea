//! A hash table of phrases by their first bytes, with a filter before it.

use std::cmp::Reverse;

use super::Meaning;
use super::bytes::{CASE_MASK, load_8, starts_with_ignoring_case};

/// A cheap test before a phrase is compared: its last eight bytes under [`CASE_MASK`], since many phrases share their
/// first ones.
#[derive(Clone, Copy)]
struct Probe {
    bytes: u64,
    /// Selects the bytes to compare, where the phrase has fewer than eight.
    mask: u64,
    /// Where these bytes are in the phrase.
    from: u16,
}

/// Phrases of at least `N` bytes in a hash table by their first `N` bytes; `N` is at most 16.
pub(super) struct PrefixTable<const N: u32> {
    /// In the order of the buckets, and within one from long to short.
    probes: Vec<Probe>,
    /// The phrases with their meanings, in the same order.
    phrases: Vec<(Box<[u8]>, Meaning)>,
    /// The start of each bucket, and the end of the last one.
    buckets: Box<[u16; BUCKETS + 1]>,
    prefixes: PrefixFilter,
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
        let key_of = |text: &str| Self::key(text.as_bytes(), load_8(text.as_bytes()) | CASE_MASK);
        let bucket_of = |text: &str| bucket(hash(key_of(text)));
        texts.sort_by_cached_key(|(_, text)| (bucket_of(text), Reverse(text.len())));
        let mut prefixes = PrefixFilter::new();
        for (_, text) in &texts {
            prefixes.add(key_of(text));
        }
        let mut buckets = Box::new([0; BUCKETS + 1]);
        for (_, text) in &texts {
            buckets[bucket_of(text) + 1] += 1;
        }
        for bucket in 0..BUCKETS {
            buckets[bucket + 1] += buckets[bucket];
        }
        let probe = |text: &[u8]| {
            let from = text.len().saturating_sub(8);
            let missing = 8usize.saturating_sub(text.len()) as u32;
            let mask = u64::MAX.checked_shr(8 * missing).unwrap_or(0);
            let bytes = (load_8(&text[from..]) | CASE_MASK) & mask;
            let from = from as u16;
            Probe { bytes, mask, from }
        };
        PrefixTable {
            probes: texts.iter().map(|(_, it)| probe(it.as_bytes())).collect(),
            phrases: texts
                .iter()
                .map(|(meaning, text)| (text.as_bytes().into(), *meaning))
                .collect(),
            buckets,
            prefixes,
        }
    }

    /// The first `N` bytes under [`CASE_MASK`], mixed into one number; `start` is the first eight of them.
    #[cfg_attr(hot_path, inline(always))]
    fn key(text: &[u8], start: u64) -> u64 {
        if N <= 8 {
            return start & u64::MAX >> (64 - 8 * N);
        }
        let rest = load_8(text.get(8..).unwrap_or_default()) | CASE_MASK;
        start ^ (rest & u64::MAX >> (128 - 8 * N)).wrapping_mul(0xff51_afd7_ed55_8ccd)
    }

    /// The longest phrase at the start of `text`, with its meaning; `start` is the first eight bytes of the text
    /// under [`CASE_MASK`].
    #[cfg_attr(hot_path, inline(always))]
    pub(super) fn longest_at_start(&self, text: &[u8], start: u64) -> Option<(&[u8], Meaning)> {
        let key = Self::key(text, start);
        if !self.prefixes.may_contain(key) {
            return None;
        }
        let bucket = bucket(hash(key));
        let range = usize::from(self.buckets[bucket])..usize::from(self.buckets[bucket + 1]);
        for (at, probe) in (range.start..).zip(&self.probes[range]) {
            let end = text.get(usize::from(probe.from)..).unwrap_or_default();
            if (load_8(end) | CASE_MASK) & probe.mask == probe.bytes {
                let (phrase, meaning) = &self.phrases[at];
                if starts_with_ignoring_case(text, phrase) {
                    return Some((phrase, *meaning));
                }
            }
        }
        None
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
