//! Searches a reply text for many phrases at once: those of all conditions, or the names of all blocklists.
//!
//! There are more than a thousand phrases, and nearly every reply that reports a failure is searched. A phrase starts
//! where a word starts, so each word is looked up by its first bytes. An Aho-Corasick automaton takes three times
//! as long, and longer to build than a small log takes to read.

mod bytes;
mod context;
mod prefix_table;
mod window;

use bytes::{CASE_MASK, CASE_MASK_4, load_8};
use context::{is_part_of_name, is_quoted};
use prefix_table::{PrefixFilter, PrefixTable};
#[cfg(test)]
pub(super) use window::FIRST_BYTES;
use window::{MIN_PHRASE, STEP, WINDOW, byte_classes, load_4, zero_padded};

/// What a phrase stands for: a class below 64, such as a condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// The phrase states that it is this class.
    States(u8),
    /// The phrase suggests this class, where nothing else says more.
    Hints(u8),
}

/// The classes whose phrases are in a text, as bitmasks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Found {
    /// Classes that the text states.
    pub stated: u64,
    /// Classes at which the text hints, up to the first phrase that states one.
    pub hinted: u64,
    /// Classes that text in quotes states or hints at, up to there.
    pub quoted: u64,
}

impl Found {
    /// Adds the phrase at `at`; false if it is part of a name there.
    #[inline]
    fn add(&mut self, meaning: Meaning, text: &[u8], at: usize, phrase: &[u8]) -> bool {
        let (mask, class) = match meaning {
            Meaning::States(class) => (self.stated, class),
            // Hints do not matter once the text states something.
            Meaning::Hints(_) if self.stated != 0 => return true,
            Meaning::Hints(class) => (self.hinted, class),
        };
        let bit = 1 << (class % 64);
        if mask & bit != 0 {
            return true;
        }
        if is_part_of_name(text, at, phrase) {
            return false;
        }
        if is_quoted(text, at) {
            self.quoted |= bit;
        } else if matches!(meaning, Meaning::States(_)) {
            self.stated |= bit;
        } else {
            self.hinted |= bit;
        }
        true
    }
}

/// A set of phrases.
pub(super) struct Phrases {
    /// The first four bytes of all phrases.
    prefixes: PrefixFilter,
    /// The first eight bytes of those that have as many.
    long_prefixes: PrefixFilter,
    short: PrefixTable<4>,
    middle: PrefixTable<8>,
    long: PrefixTable<12>,
}

impl Phrases {
    /// Lower-case phrases with their meanings. Phrases of fewer than four bytes are ignored; the catalog has none.
    pub(super) fn new<'a>(phrases: impl Iterator<Item = (Meaning, &'a str)>) -> Self {
        let all: Vec<_> = phrases
            .filter(|(_, text)| text.len() >= MIN_PHRASE)
            .collect();
        let (mut prefixes, mut long_prefixes) = (PrefixFilter::new(), PrefixFilter::new());
        for (_, text) in &all {
            let start = load_8(text.as_bytes());
            prefixes.add(start & u64::from(u32::MAX) | CASE_MASK_4);
            if text.len() >= 8 {
                long_prefixes.add(start | CASE_MASK);
            }
        }
        let (long, others): (Vec<_>, Vec<_>) =
            all.into_iter().partition(|(_, text)| text.len() >= 12);
        let (middle, short) = others.into_iter().partition(|(_, text)| text.len() >= 8);
        Phrases {
            prefixes,
            long_prefixes,
            short: PrefixTable::new(short),
            middle: PrefixTable::new(middle),
            long: PrefixTable::new(long),
        }
    }

    /// The phrases in a text. A phrase must start where a word starts; one that lies within another or is part of
    /// an address, a URL or a host name does not count, and of two that start at the same place the longer one counts.
    ///
    /// The search ends once the text states a class of the bitmask `enough`.
    pub(super) fn find(&self, text: &[u8], enough: u64) -> Found {
        let mut all = Found::default();
        let mut in_word = 0;
        let mut at = 0;
        // The end of the last phrase.
        let mut covered = 0;
        while at + MIN_PHRASE <= text.len() {
            // The last window is moved back so that it is complete; bytes already examined are masked out.
            let from = at.min(text.len().saturating_sub(WINDOW));
            let rest = &text[from..];
            let padded;
            let window = match rest.first_chunk() {
                Some(window) => window,
                None => {
                    padded = zero_padded(rest);
                    &padded
                }
            };
            let (words, firsts) = byte_classes(window);
            let mut starts = firsts & !(words & (words << 1 | in_word)) & u64::MAX << (at - from);
            in_word = words >> (STEP - 1);
            // Without a branch per word, since words do not follow a pattern that the CPU could predict.
            let mut found = 0;
            while starts != 0 {
                let place = starts.trailing_zeros();
                starts &= starts - 1;
                let start = load_4(window, place as usize) | CASE_MASK_4;
                found |= u64::from(self.prefixes.may_contain(start)) << place;
            }
            while found != 0 {
                let place = from + found.trailing_zeros() as usize;
                found &= found - 1;
                let Some((phrase, meaning)) = self.longest_at_start(&text[place..]) else {
                    continue;
                };
                let end = place + phrase.len();
                if end > covered && all.add(meaning, text, place, phrase) {
                    covered = end;
                    if all.stated & enough != 0 {
                        return all;
                    }
                }
            }
            at += STEP;
        }
        all
    }

    /// The longest phrase at the start of `text`.
    #[cfg_attr(hot_path, inline(always))]
    fn longest_at_start(&self, text: &[u8]) -> Option<(&[u8], Meaning)> {
        let start = load_8(text) | CASE_MASK;
        let longer = || {
            let long = self.long.longest_at_start(text, start);
            long.or_else(|| self.middle.longest_at_start(text, start))
        };
        let longer = if self.long_prefixes.may_contain(start) {
            longer()
        } else {
            None
        };
        longer.or_else(|| self.short.longest_at_start(text, start))
    }
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
        (5, "(spf"),
    ];

    fn phrases() -> Phrases {
        let stated = PHRASES.map(|(class, phrase)| (Meaning::States(class), phrase));
        Phrases::new(stated.into_iter())
    }

    fn classes(mask: u64) -> Vec<u32> {
        (0..64).filter(|class| mask & 1 << class != 0).collect()
    }

    fn stated(phrases: &Phrases, text: &str) -> Vec<u32> {
        classes(phrases.find(text.as_bytes(), 0).stated)
    }

    #[test]
    fn phrases_match_at_word_starts_ignoring_case() {
        let phrases = phrases();
        for (text, expected) in [
            ("", &[][..]),
            ("no", &[]),
            ("The MAILBOX Full", &[1]),
            ("mail then a loop", &[0, 2]),
            ("mailbox", &[2]),
            ("email", &[]),
            ("x-mail", &[2]),
            ("(mail)", &[2]),
            ("rbl:", &[3]),
            ("in RBL: x", &[3]),
            ("rbl", &[]),
            ("收件人邮箱已满了", &[4]),
            ("failed (SPF)", &[5]),
            ("curbl: x", &[]),
        ] {
            assert_eq!(stated(&phrases, text), expected, "{text}");
        }
    }

    #[test]
    fn longest_phrase_counts_and_hides_only_those_within_it() {
        let phrases = [
            (Meaning::States(0), "quota exceeded"),
            (Meaning::States(1), "sending quota exceeded"),
            (Meaning::Hints(2), "sending"),
            (Meaning::Hints(3), "exceeded by"),
            (Meaning::States(4), "exceeded by you"),
        ];
        let phrases = Phrases::new(phrases.into_iter());
        let found = phrases.find(b"sending quota exceeded, by you", 0);
        assert_eq!((found.stated, found.hinted), (1 << 1, 0));
        let found = phrases.find(b"sending quota exceeded by you", 0);
        assert_eq!((found.stated, found.hinted), (1 << 1 | 1 << 4, 0));
        let found = phrases.find(b"sending: quota exceeded", 0);
        assert_eq!((found.stated, found.hinted), (1 << 0, 1 << 2));
    }

    #[test]
    fn words_of_names_do_not_count_and_quoted_ones_are_kept_apart() {
        let phrases = phrases();
        for text in ["<mail@example.com>", "mail.example.com", "https://a/mail"] {
            assert_eq!(phrases.find(text.as_bytes(), 0), Found::default(), "{text}");
        }
        let found = phrases.find(b"the loop in \"Mailbox full\" mail", 0);
        assert_eq!((found.stated, found.quoted), (1 << 0 | 1 << 2, 1 << 1));
    }

    #[test]
    fn search_ends_at_a_class_that_is_enough() {
        let found = phrases().find(b"mail, loop, mailbox full", 1 << 0);
        assert_eq!(found.stated, 1 << 0 | 1 << 2);
    }

    #[test]
    fn phrases_match_across_window_boundaries() {
        let phrases = phrases();
        for before in 0..=2 * STEP {
            for (class, phrase) in PHRASES {
                let class = u32::from(class);
                for behind in ["", " yyyyyyyyy"] {
                    let text = format!("{} {phrase}{behind}", "x".repeat(before));
                    assert_eq!(stated(&phrases, &text), [class], "{text}");
                }
                // No match without its last character or in the middle of a word.
                let cut = phrase.chars().count() - 1;
                let cut: String = phrase.chars().take(cut).collect();
                let text = format!("{} {cut}", "x".repeat(before));
                let shorter: &[u32] = if class == 1 { &[2] } else { &[] };
                assert_eq!(stated(&phrases, &text), shorter, "{text}");
                let text = format!("{}{phrase}", "x".repeat(before + 1));
                let whole = phrase.starts_with(|c: char| !c.is_ascii_alphanumeric());
                let whole = if whole { vec![class] } else { vec![] };
                assert_eq!(stated(&phrases, &text), whole, "{text}");
            }
        }
    }

    #[test]
    fn agrees_with_a_plain_substring_search() {
        let phrases = phrases();
        let words = [
            "loop",
            "mailbox",
            "full",
            "MAIL",
            "rbl:",
            "邮箱已满",
            "(spf",
            "-",
            "x",
        ];
        for a in words {
            for b in words {
                for c in words {
                    let text = format!("{a} {b} {c}");
                    let lower = text.to_lowercase().replace("mailbox full", "MAILBOX FULL");
                    let plain = PHRASES.iter().filter(|(class, phrase)| match class {
                        1 => lower.contains("MAILBOX FULL"),
                        _ => lower.contains(phrase),
                    });
                    let expected: Vec<u32> = plain.map(|(class, _)| u32::from(*class)).collect();
                    assert_eq!(stated(&phrases, &text), expected, "{text}");
                }
            }
        }
    }
}
