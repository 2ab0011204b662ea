//! Searches a reply text for the phrases of all conditions at once.
//!
//! There are several hundred phrases, and every reply whose codes are not specific is searched. A phrase starts
//! where a word starts, so each word is looked up by its first bytes. An Aho-Corasick automaton takes three times
//! as long, and longer to build than a small log takes to read.

mod bytes;
mod prefix_table;
mod window;

use bytes::{CASE_MASK, CASE_MASK_4, load_8};
use prefix_table::{PrefixFilter, PrefixTable};
#[cfg(test)]
pub(super) use window::FIRST_BYTES;
use window::{MIN_PHRASE, STEP, WINDOW, byte_classes, load_4, zero_padded};

/// The phrases of all conditions.
pub(super) struct Phrases {
    /// The first four bytes of all phrases.
    prefixes: PrefixFilter,
    short: PrefixTable<4>,
    long: PrefixTable<8>,
}

impl Phrases {
    /// Lower-case phrases with the number of their condition; a lower number has priority. Phrases of fewer
    /// than four bytes are ignored; the catalog has none.
    pub(super) fn new<'a>(phrases: impl Iterator<Item = (u8, &'a str)>) -> Self {
        let (long, short): (Vec<_>, Vec<_>) = phrases
            .filter(|(_, text)| text.len() >= MIN_PHRASE)
            .partition(|(_, text)| text.len() >= 8);
        let mut prefixes = PrefixFilter::new();
        for (_, text) in long.iter().chain(&short) {
            prefixes.add(load_8(text.as_bytes()) & u64::from(u32::MAX) | CASE_MASK_4);
        }
        Phrases {
            prefixes,
            short: PrefixTable::new(short),
            long: PrefixTable::new(long),
        }
    }

    /// The lowest number of a condition with a phrase in the text. A phrase must start where a word starts.
    pub(super) fn find(&self, text: &[u8]) -> Option<u8> {
        let mut best = None;
        let mut in_word = 0;
        let mut at = 0;
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
                let rest = &rest[found.trailing_zeros() as usize..];
                found &= found - 1;
                let start = load_8(rest) | CASE_MASK;
                best = self.short.match_at_start(rest, start, best);
                if self.long.prefixes.may_contain(start) {
                    best = self.long.match_at_start(rest, start, best);
                }
            }
            at += STEP;
        }
        best
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
        (5, "- spf"),
    ];

    #[test]
    fn phrases_match_at_word_starts_ignoring_case() {
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
    fn phrases_match_across_window_boundaries() {
        let phrases = Phrases::new(PHRASES.into_iter());
        for before in 0..=2 * STEP {
            for (condition, phrase) in PHRASES {
                for behind in ["", " yyyyyyyyy"] {
                    let text = format!("{} {phrase}{behind}", "x".repeat(before));
                    assert_eq!(phrases.find(text.as_bytes()), Some(condition), "{text}");
                }
                // No match without its last character or in the middle of a word.
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
    fn agrees_with_a_plain_substring_search() {
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
