//! Which condition's phrases a text holds.
//!
//! It stands apart from the tables because it is a search of its own: several hundred phrases at
//! once, in every reply whose codes say little. A phrase begins where a word begins, and words are
//! few, so each is looked up by its first bytes; an automaton over all bytes would take three times
//! as long, and longer to build than a small log takes to read.

use wide::u8x16;

use crate::simd::{digits, equal, marks, range};

/// A phrase is found by its first four bytes, and by its first eight if it has so many.
const SHORTEST: usize = 4;

/// Makes letters alike in both cases, and some other bytes with them: a filter, not the judge.
const ALIKE: u64 = u64::from_ne_bytes([0x20; 8]);

/// The same for four bytes.
const ALIKE_FOUR: u64 = ALIKE & u32::MAX as u64;

/// The phrases of all conditions.
pub(super) struct Phrases {
    /// The first four bytes of all.
    begins: Filter,
    short: Beginnings<4>,
    long: Beginnings<8>,
}

impl Phrases {
    /// Phrases in lower case with the number of their condition: the lower, the more it weighs.
    /// Phrases of fewer than four bytes are left out; the catalog has none.
    pub(super) fn new<'a>(phrases: impl Iterator<Item = (u8, &'a str)>) -> Self {
        let (long, short): (Vec<_>, Vec<_>) = phrases
            .filter(|(_, text)| text.len() >= SHORTEST)
            .partition(|(_, text)| text.len() >= 8);
        let mut begins = Filter::new();
        for (_, text) in long.iter().chain(&short) {
            begins.add(eight(text.as_bytes()) & u64::from(u32::MAX) | ALIKE_FOUR);
        }
        Phrases {
            begins,
            short: Beginnings::new(short),
            long: Beginnings::new(long),
        }
    }

    /// The lowest number of a condition of which a phrase begins at the start of a word.
    pub(super) fn find(&self, text: &[u8]) -> Option<u8> {
        let mut best = None;
        let mut in_word = 0;
        let mut at = 0;
        while at + SHORTEST <= text.len() {
            // The last window begins where it is a whole one, and what was seen of it is left out.
            let from = at.min(text.len().saturating_sub(WINDOW));
            let rest = &text[from..];
            let padded;
            let window = match rest.first_chunk() {
                Some(window) => window,
                None => {
                    padded = padded_window(rest);
                    &padded
                }
            };
            let (words, firsts) = classes(window);
            let mut begins = firsts & !(words & (words << 1 | in_word)) & u64::MAX << (at - from);
            in_word = words >> (STEP - 1);
            // Texts are of all kinds: what begins like a phrase is noted without asking.
            let mut found = 0;
            while begins != 0 {
                let place = begins.trailing_zeros();
                begins &= begins - 1;
                let start = four(window, place as usize) | ALIKE_FOUR;
                found |= u64::from(self.begins.may(start)) << place;
            }
            while found != 0 {
                let rest = &rest[found.trailing_zeros() as usize..];
                found &= found - 1;
                let start = eight(rest) | ALIKE;
                best = self.short.at_start(rest, start, best);
                if self.long.begins.may(start) {
                    best = self.long.at_start(rest, start, best);
                }
            }
            at += STEP;
        }
        best
    }
}

/// What is asked of a text before a phrase is compared: whether the phrase's eight bytes, made alike,
/// stand there. Small, because many phrases begin alike.
#[derive(Clone, Copy)]
struct Probe {
    bytes: u64,
    /// The bytes that count, where the phrase has fewer.
    mask: u64,
}

/// Phrases by their first `N` bytes.
struct Beginnings<const N: u32> {
    /// In the order of their buckets, the first eight bytes of short phrases and the next eight of long
    /// ones.
    probes: Vec<Probe>,
    /// The phrases with their conditions, in the same order.
    phrases: Vec<(Box<[u8]>, u8)>,
    /// Where each bucket begins; one more for the end.
    buckets: Box<[u16; BUCKETS + 1]>,
    begins: Filter,
}

/// What is there, and a little more: most words find nothing.
struct Filter(Box<[u64; BITS / 64]>);

impl Filter {
    fn new() -> Self {
        Filter(Box::new([0; BITS / 64]))
    }

    fn add(&mut self, start: u64) {
        let hash = hash(start);
        self.0[word(hash)] |= bit(hash);
    }

    /// Whether it may have been added.
    #[inline(always)]
    fn may(&self, start: u64) -> bool {
        let hash = hash(start);
        self.0[word(hash)] & bit(hash) != 0
    }
}

const BUCKETS: usize = 1 << 10;

const BITS: usize = 1 << 14;

impl<const N: u32> Beginnings<N> {
    fn new(mut texts: Vec<(u8, &str)>) -> Self {
        let hash_of = |text: &str| hash(Self::first(eight(text.as_bytes()) | ALIKE));
        let bucket_of = |(_, text): &(u8, &str)| bucket(hash_of(text));
        texts.sort_by_cached_key(bucket_of);
        let mut begins = Filter::new();
        for (_, text) in &texts {
            begins.add(Self::first(eight(text.as_bytes()) | ALIKE));
        }
        let mut buckets = Box::new([0; BUCKETS + 1]);
        for (bucket, begin) in buckets.iter_mut().enumerate() {
            *begin = texts.partition_point(|it| bucket_of(it) < bucket) as u16;
        }
        let probe = |text: &str| {
            let probed = Self::probed(text.as_bytes());
            let missing = 8usize.saturating_sub(probed.len()) as u32;
            let mask = u64::MAX.checked_shr(8 * missing).unwrap_or(0);
            let bytes = (eight(probed) | ALIKE) & mask;
            Probe { bytes, mask }
        };
        Beginnings {
            probes: texts.iter().map(|(_, text)| probe(text)).collect(),
            phrases: texts
                .iter()
                .map(|(condition, text)| (text.as_bytes().into(), *condition))
                .collect(),
            buckets,
            begins,
        }
    }

    /// What [`Probe`]s look at.
    #[inline(always)]
    fn probed(text: &[u8]) -> &[u8] {
        let from = if N == 8 { 8 } else { 0 };
        text.get(from..).unwrap_or_default()
    }

    #[inline(always)]
    fn first(start: u64) -> u64 {
        start & u64::MAX >> (64 - 8 * N)
    }

    /// The lowest of `best` and the conditions of which a phrase stands at the start of `text`, of
    /// which `start` is the beginning.
    #[inline]
    fn at_start(&self, text: &[u8], start: u64, mut best: Option<u8>) -> Option<u8> {
        let bucket = bucket(hash(Self::first(start)));
        let range = usize::from(self.buckets[bucket])..usize::from(self.buckets[bucket + 1]);
        let probed = eight(Self::probed(text)) | ALIKE;
        for (at, probe) in (range.start..).zip(&self.probes[range]) {
            if probed & probe.mask == probe.bytes {
                let (phrase, condition) = &self.phrases[at];
                if best.is_none_or(|best| *condition < best) && begins_with(text, phrase) {
                    best = Some(*condition);
                }
            }
        }
        best
    }
}

/// Bytes looked at in one step.
const STEP: usize = 64;

/// The bytes of a step and those behind them into which a phrase's first four reach.
const WINDOW: usize = STEP + SHORTEST - 1;

type Window = [u8; WINDOW];

/// A short text, and no more words behind it.
#[inline(never)]
fn padded_window(rest: &[u8]) -> Window {
    let mut window = [0; WINDOW];
    let length = rest.len().min(window.len());
    window[..length].copy_from_slice(&rest[..length]);
    window
}

/// Four bytes of a window, from a place in its step on.
#[inline(always)]
fn four(window: &Window, place: usize) -> u64 {
    let start = &window[place % STEP..];
    let bytes = start.first_chunk().copied().unwrap_or_default();
    u64::from(u32::from_le_bytes(bytes))
}

/// What phrases begin with beside letters and characters beyond ASCII; the catalog's tests see to it.
pub(super) const FIRSTS: [u8; 3] = *b"-48";

/// Which bytes of a step are part of a word, and with which a phrase may begin: one that is part of a word
/// only where the word begins, and the first byte of a character beyond ASCII anywhere, for in Chinese
/// every character may begin a word.
#[inline(always)]
fn classes(window: &Window) -> (u64, u64) {
    let letters = |bytes: u8x16| range(bytes | u8x16::splat(0x20), b'a', b'z');
    let words = marks(window, |bytes| letters(bytes) | digits(bytes));
    let firsts = marks(window, |bytes| {
        let firsts = letters(bytes) | range(bytes, 0xc0, 0xff);
        let others = FIRSTS.iter().map(|&byte| equal(bytes, byte));
        others.fold(firsts, |firsts, other| firsts | other)
    });
    (words, firsts)
}

/// The first eight bytes as a number, the first lowest; zeros for those that are not there.
#[inline(always)]
fn eight(text: &[u8]) -> u64 {
    match (text.first_chunk(), text.first_chunk(), text.last_chunk()) {
        (Some(bytes), ..) => u64::from_le_bytes(*bytes),
        (_, Some(first), Some(last)) => {
            let last = u64::from(u32::from_le_bytes(*last));
            u64::from(u32::from_le_bytes(*first)) | last << (8 * (text.len() - 4))
        }
        _ => text
            .iter()
            .rev()
            .fold(0, |bytes, &byte| bytes << 8 | u64::from(byte)),
    }
}

/// Whether `text` begins with a phrase in lower case, in whatever case it is.
#[inline]
fn begins_with(text: &[u8], phrase: &[u8]) -> bool {
    let Some(words) = text.get(..phrase.len()) else {
        return false;
    };
    let same = |at: usize| match (words[at..].first_chunk(), phrase[at..].first_chunk()) {
        (Some(words), Some(phrase)) => {
            lower(u64::from_le_bytes(*words)) == u64::from_le_bytes(*phrase)
        }
        _ => false,
    };
    match phrase.len().checked_sub(8) {
        // The last step goes back over the one before it, so that it is a whole one.
        Some(last) => (0..last).step_by(8).all(same) && same(last),
        None => words.eq_ignore_ascii_case(phrase),
    }
}

/// Eight bytes with ASCII's letters in lower case.
#[inline]
fn lower(bytes: u64) -> u64 {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    const HIGH: u64 = ONES << 7;
    let low = bytes & !HIGH;
    // The high bit of each byte from `A` on, and of each beyond `Z`.
    let from_a = low + ONES * (0x80 - b'A' as u64);
    let beyond_z = low + ONES * (0x7f - b'Z' as u64);
    bytes | (from_a & !beyond_z & !bytes & HIGH) >> 2
}

/// A number whose upper bits are well mixed.
#[inline]
fn hash(start: u64) -> u64 {
    (start ^ start >> 29).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

#[inline]
fn bucket(hash: u64) -> usize {
    (hash >> 54) as usize
}

/// Where among the filter's words the bit is.
#[inline]
fn word(hash: u64) -> usize {
    (hash >> 56) as usize
}

#[inline]
fn bit(hash: u64) -> u64 {
    1 << (hash >> 50 & 63)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PHRASES: [(u8, &str); 6] = [
        (0, "loop"),
        (1, "mailbox full"),
        (2, "mail"),
        (3, "rbl:"),
        (4, "邮箱已满"),
        (5, "- spf"),
    ];

    #[test]
    fn phrases_are_found_at_the_start_of_words_in_any_case() {
        let phrases = Phrases::new(PHRASES.into_iter());
        for (text, expected) in [
            ("", None),
            ("no", None),
            ("The MAILBOX Full", Some(1)),
            ("mail then a loop", Some(0)),
            ("mailbox", Some(2)),
            ("email", None),
            ("x-mail", Some(2)),
            ("\"mail\"", Some(2)),
            ("rbl:", Some(3)),
            ("in RBL: x", Some(3)),
            ("rbl", None),
            ("收件人邮箱已满了", Some(4)),
            ("failed - SPF", Some(5)),
            ("curbl: x", None),
        ] {
            assert_eq!(phrases.find(text.as_bytes()), expected, "{text}");
        }
    }

    #[test]
    fn phrases_are_found_wherever_a_step_ends() {
        let phrases = Phrases::new(PHRASES.into_iter());
        for before in 0..=2 * STEP {
            for (condition, phrase) in PHRASES {
                for behind in ["", " yyyyyyyyy"] {
                    let text = format!("{} {phrase}{behind}", "x".repeat(before));
                    assert_eq!(phrases.find(text.as_bytes()), Some(condition), "{text}");
                }
                // Without its last character it is none, nor in the middle of a word.
                let cut = phrase.chars().count() - 1;
                let cut: String = phrase.chars().take(cut).collect();
                let text = format!("{} {cut}", "x".repeat(before));
                let shorter = (condition == 1).then_some(2);
                assert_eq!(phrases.find(text.as_bytes()), shorter, "{text}");
                let text = format!("{}{phrase}", "x".repeat(before + 1));
                let whole = phrase.starts_with(|c: char| !c.is_ascii_alphanumeric());
                assert_eq!(
                    phrases.find(text.as_bytes()),
                    whole.then_some(condition),
                    "{text}"
                );
            }
        }
    }

    #[test]
    fn only_letters_have_a_lower_case() {
        for byte in 0..=u8::MAX {
            let bytes = [byte, b'A', byte, b'Z', b'a', byte, b'@', byte];
            let expected = bytes.map(|byte| byte.to_ascii_lowercase());
            assert_eq!(
                lower(u64::from_le_bytes(bytes)).to_le_bytes(),
                expected,
                "{byte}"
            );
        }
        assert!(begins_with(b"MAILBOX is FULL now", b"mailbox is full"));
        assert!(!begins_with(b"MAILBOX is FUL", b"mailbox is full"));
        assert!(!begins_with(b"mailbox{is full", b"mailbox[is full"));
    }

    #[test]
    fn a_plain_search_for_each_phrase_finds_the_same() {
        let phrases = Phrases::new(PHRASES.into_iter());
        let words = [
            "loop",
            "mailbox",
            "full",
            "MAIL",
            "rbl:",
            "邮箱已满",
            "- spf",
            "-",
            "x",
        ];
        for a in words {
            for b in words {
                for c in words {
                    let text = format!("{a} {b} {c}");
                    let lower = text.to_lowercase();
                    let plain = PHRASES.iter().find(|(_, phrase)| lower.contains(phrase));
                    let expected = plain.map(|(condition, _)| *condition);
                    assert_eq!(phrases.find(text.as_bytes()), expected, "{text}");
                }
            }
        }
    }
}
