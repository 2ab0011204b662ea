//! The hash of everything that is kept over restarts. Its values never change, neither with the version of
//! this program nor with that of the compiler (XXH3, whose specification is frozen).

use xxhash_rust::xxh3::xxh3_64_with_seed;

/// A hash of several texts, which depends on where each of them ends.
pub(crate) fn hash(parts: &[&[u8]]) -> u64 {
    parts
        .iter()
        .fold(0, |seed, part| xxh3_64_with_seed(part, seed))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// State files hold these values: they must be the same for ever.
    #[test]
    fn values_never_change() {
        assert_eq!(hash(&[b""]), 0x2d06_8005_38d3_94c2);
        assert_eq!(hash(&[b"4F9D195432C"]), 0x1481_83d9_1196_5aac);
        assert_ne!(hash(&[b"ab", b"c"]), hash(&[b"a", b"bc"]));
    }
}
