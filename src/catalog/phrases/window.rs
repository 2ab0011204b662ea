//! Splitting a text into windows and finding the start of words in them with SIMD masks.

use wide::u8x16;

use crate::simd::{bitmask, digits, equal, range};

/// The length in bytes of the shortest phrase, and of the prefix that every phrase is found by.
pub(super) const MIN_PHRASE: usize = 4;

/// Bytes examined in one step.
pub(super) const STEP: usize = 64;

/// The bytes of a step, and those after them into which the first four bytes of a phrase may extend.
pub(super) const WINDOW: usize = STEP + MIN_PHRASE - 1;

pub(super) type Window = [u8; WINDOW];

/// A text shorter than a window, padded with zeros.
#[inline(never)]
pub(super) fn zero_padded(rest: &[u8]) -> Window {
    let mut window = [0; WINDOW];
    let length = rest.len().min(window.len());
    window[..length].copy_from_slice(&rest[..length]);
    window
}

/// Four bytes of a window from a position within its step, as a little-endian number.
#[cfg_attr(hot_path, inline(always))]
pub(super) fn load_4(window: &Window, place: usize) -> u64 {
    let start = &window[place % STEP..];
    let bytes = start.first_chunk().copied().unwrap_or_default();
    u64::from(u32::from_le_bytes(bytes))
}

/// Bytes other than letters and non-ASCII characters with which a phrase may start; a test checks the catalog.
pub(in crate::catalog) const FIRST_BYTES: [u8; 1] = *b"(";

/// Two bitmasks over the bytes of a step: those that are part of a word, and those with which a phrase may start.
/// A phrase starts where a word starts, or at the first byte of any non-ASCII character, since in Chinese a word
/// may start at every character.
#[cfg_attr(hot_path, inline(always))]
pub(super) fn byte_classes(window: &Window) -> (u64, u64) {
    let letters = |bytes: u8x16| range(bytes | u8x16::splat(0x20), b'a', b'z');
    let words = bitmask(window, |bytes| letters(bytes) | digits(bytes));
    let firsts = bitmask(window, |bytes| {
        let firsts = letters(bytes) | range(bytes, 0xc0, 0xff);
        let others = FIRST_BYTES.iter().map(|&byte| equal(bytes, byte));
        others.fold(firsts, |firsts, other| firsts | other)
    });
    (words, firsts)
}
