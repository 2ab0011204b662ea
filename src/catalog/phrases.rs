//! Which condition's phrases a text holds.
//!
//! It stands apart from the tables because it is a search of its own: several hundred phrases at
//! once, in every reply whose codes say little. A phrase begins where a word begins, and words are
//! few, so each is looked up by its first bytes; an automaton over all bytes would take three times
//! as long, and longer to build than a small log takes to read.

use wide::u8x16;

/// Buckets; a power of two, and so many that most words find theirs empty.
const BUCKETS: usize = 1 << 12;

/// A phrase is found by its first three bytes.
const SHORTEST: usize = 3;

/// Makes letters alike in both cases, and some other bytes with them: a filter, not the judge.
const ALIKE: u64 = u64::from_ne_bytes([0x20; 8]);

/// One phrase of a condition.
struct Phrase {
    /// Its first eight bytes, made alike.
    start: u64,
    /// The bytes of `start` that count, for phrases of fewer than eight.
    mask: u64,
    text: Box<[u8]>,
    condition: u8,
}

/// The phrases of all conditions.
pub(super) struct Phrases {
    /// In the order of their buckets.
    phrases: Vec<Phrase>,
    /// Where each bucket begins; one more for the end.
    buckets: Box<[u16; BUCKETS + 1]>,
}

impl Phrases {
    /// Phrases in lower case with the number of their condition: the lower, the more it weighs.
    /// Phrases of fewer than three bytes are left out; the catalog has none.
    pub(super) fn new<'a>(phrases: impl Iterator<Item = (u8, &'a str)>) -> Self {
        let mut phrases: Vec<(usize, Phrase)> = phrases
            .filter(|(_, text)| text.len() >= SHORTEST)
            .map(|(condition, text)| {
                let bytes = text.len().min(8) as u32;
                let start = eight(text.as_bytes()) | ALIKE;
                let mask = u64::MAX >> (64 - 8 * bytes);
                let text = text.as_bytes().into();
                (
                    bucket(start),
                    Phrase {
                        start: start & mask,
                        mask,
                        text,
                        condition,
                    },
                )
            })
            .collect();
        phrases.sort_by_key(|(bucket, _)| *bucket);
        let mut buckets = Box::new([0; BUCKETS + 1]);
        for (bucket, begin) in buckets.iter_mut().enumerate() {
            *begin = phrases.partition_point(|(it, _)| *it < bucket) as u16;
        }
        Phrases {
            phrases: phrases.into_iter().map(|(_, phrase)| phrase).collect(),
            buckets,
        }
    }

    /// The lowest number of a condition of which a phrase begins at the start of a word.
    pub(super) fn find(&self, text: &[u8]) -> Option<u8> {
        let mut best = None;
        let mut in_word = false;
        let mut at = 0;
        while at < text.len() {
            let mut begins;
            (begins, in_word) = beginnings(sixteen(&text[at..]), in_word);
            while begins != 0 {
                let rest = &text[at + begins.trailing_zeros() as usize..];
                begins &= begins - 1;
                best = self.at_start(rest, best);
            }
            at += 16;
        }
        best
    }

    /// The lowest of `best` and the conditions of which a phrase stands at the start of `text`.
    #[inline]
    fn at_start(&self, text: &[u8], mut best: Option<u8>) -> Option<u8> {
        let start = eight(text) | ALIKE;
        let bucket = bucket(start);
        let range = usize::from(self.buckets[bucket])..usize::from(self.buckets[bucket + 1]);
        for phrase in &self.phrases[range] {
            if start & phrase.mask == phrase.start
                && best.is_none_or(|best| phrase.condition < best)
                && text
                    .get(..phrase.text.len())
                    .is_some_and(|words| words.eq_ignore_ascii_case(&phrase.text))
            {
                best = Some(phrase.condition);
            }
        }
        best
    }
}

/// Where a phrase may begin among sixteen bytes, and whether they end within a word: at any mark or
/// letter that does not go on with a word, and at the first byte of a character beyond ASCII, for in
/// Chinese every character may begin a word.
#[inline]
fn beginnings(bytes: u8x16, in_word: bool) -> (u32, bool) {
    let within = |low: u8, high: u8, bytes: u8x16| {
        let above = bytes - u8x16::splat(low);
        above
            .min(u8x16::splat(high - low))
            .simd_eq(above)
            .to_bitmask()
    };
    let letters = within(b'a', b'z', bytes | u8x16::splat(0x20));
    let words = letters | within(b'0', b'9', bytes);
    let visible = within(b'!', b'~', bytes) | within(0xc0, 0xff, bytes);
    let after_word = words << 1 | u32::from(in_word);
    (visible & !(words & after_word), words & 0x8000 != 0)
}

/// The first sixteen bytes; blanks for those that are not there.
#[inline]
fn sixteen(text: &[u8]) -> u8x16 {
    u8x16::new(match text.first_chunk::<16>() {
        Some(bytes) => *bytes,
        None => {
            let mut bytes = [b' '; 16];
            bytes[..text.len()].copy_from_slice(text);
            bytes
        }
    })
}

/// The first eight bytes as a number, the first lowest; zeros for those that are not there.
#[inline]
fn eight(text: &[u8]) -> u64 {
    match text.first_chunk::<8>() {
        Some(bytes) => u64::from_le_bytes(*bytes),
        None => text
            .iter()
            .rev()
            .fold(0, |number, &byte| number << 8 | u64::from(byte)),
    }
}

/// The bucket of the first three bytes, made alike.
#[inline]
fn bucket(start: u64) -> usize {
    let three = start & 0x00ff_ffff;
    (three.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 52) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    const PHRASES: [(u8, &str); 6] = [
        (0, "loop"),
        (1, "mailbox full"),
        (2, "mail"),
        (3, "rbl"),
        (4, "邮箱已满"),
        (5, "(spf"),
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
            ("rbl", Some(3)),
            ("in RBL", Some(3)),
            ("rb", None),
            ("收件人邮箱已满了", Some(4)),
            ("failed (SPF", Some(5)),
            ("curbl", None),
        ] {
            assert_eq!(phrases.find(text.as_bytes()), expected, "{text}");
        }
    }

    #[test]
    fn a_plain_search_for_each_phrase_finds_the_same() {
        let phrases = Phrases::new(PHRASES.into_iter());
        let words = [
            "loop",
            "mailbox",
            "full",
            "MAIL",
            "rbl",
            "邮箱已满",
            "(spf",
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
