//! The hash of everything that is kept over restarts. Its values never change, neither with the version of
//! this program nor with that of the compiler (XXH3, whose specification is frozen).

use xxhash_rust::xxh3::xxh3_64_with_seed;

/// A hash of several texts, which depends on where each of them ends.
pub(crate) fn hash(parts: &[&[u8]]) -> u64 {
    parts
        .iter()
        .fold(0, |seed, part| xxh3_64_with_seed(part, seed))
}

/// A hash of a short text, such as a queue id. Texts of up to sixteen bytes are told apart by all of them.
#[inline]
pub(crate) fn short_hash(text: &[u8]) -> u64 {
    let number = |bytes: &[u8; 8]| u64::from_le_bytes(*bytes);
    let (first, last) = match (text.first_chunk(), text.last_chunk()) {
        (Some(first), Some(last)) => (number(first), number(last)),
        _ => (
            text.iter().fold(0, |all, &byte| all << 8 | u64::from(byte)),
            0,
        ),
    };
    let mixed =
        (first ^ text.len() as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ last.rotate_left(29);
    let mixed = mixed.wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed ^ mixed >> 32
}

#[cfg(test)]
mod tests {
    use super::*;

    /// State files hold these values: they must be the same for ever.
    #[test]
    fn values_never_change() {
        assert_eq!(hash(&[b""]), 0x2d06_8005_38d3_94c2);
        assert_eq!(hash(&[b"4F9D195432C"]), 0x1481_83d9_1196_5aac);
        assert_eq!(short_hash(b"4F9D195432C"), 0xb59b_4609_ff24_97ac);
        assert_eq!(short_hash(b"abc"), 0x95c0_fa26_ba31_30c6);
        assert_ne!(hash(&[b"ab", b"c"]), hash(&[b"a", b"bc"]));
    }
}
