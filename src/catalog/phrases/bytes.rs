//! Comparing bytes eight at a time, ignoring the case of ASCII letters.

/// Sets the bit in which upper and lower case of a letter differ. It maps some other bytes onto each other too,
/// so equality under the mask is only a filter.
pub(super) const CASE_MASK: u64 = u64::from_ne_bytes([0x20; 8]);

/// [`CASE_MASK`] for four bytes.
pub(super) const CASE_MASK_4: u64 = CASE_MASK & u32::MAX as u64;

/// The first eight bytes as a little-endian number; missing bytes are zero.
#[cfg_attr(hot_path, inline(always))]
pub(super) fn load_8(text: &[u8]) -> u64 {
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

/// Whether `text` starts with a lower-case phrase, ignoring the case of ASCII letters.
#[inline]
pub(super) fn starts_with_ignoring_case(text: &[u8], phrase: &[u8]) -> bool {
    let Some(words) = text.get(..phrase.len()) else {
        return false;
    };
    let same = |at: usize| match (words[at..].first_chunk(), phrase[at..].first_chunk()) {
        (Some(words), Some(phrase)) => {
            to_lower_8(u64::from_le_bytes(*words)) == u64::from_le_bytes(*phrase)
        }
        _ => false,
    };
    match phrase.len().checked_sub(8) {
        // The last step overlaps the one before it, so that it has eight bytes too.
        Some(last) => (0..last).step_by(8).all(same) && same(last),
        None => words.eq_ignore_ascii_case(phrase),
    }
}

/// Eight bytes with ASCII letters in lower case.
#[inline]
fn to_lower_8(bytes: u64) -> u64 {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    const HIGH: u64 = ONES << 7;
    let low = bytes & !HIGH;
    // The high bit of each byte from `A` on, and of each beyond `Z`.
    let from_a = low + ONES * (0x80 - b'A' as u64);
    let beyond_z = low + ONES * (0x7f - b'Z' as u64);
    bytes | (from_a & !beyond_z & !bytes & HIGH) >> 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_ascii_letters_are_lowercased() {
        for byte in 0..=u8::MAX {
            let bytes = [byte, b'A', byte, b'Z', b'a', byte, b'@', byte];
            let expected = bytes.map(|byte| byte.to_ascii_lowercase());
            assert_eq!(
                to_lower_8(u64::from_le_bytes(bytes)).to_le_bytes(),
                expected,
                "{byte}"
            );
        }
        assert!(starts_with_ignoring_case(
            b"MAILBOX is FULL now",
            b"mailbox is full"
        ));
        assert!(!starts_with_ignoring_case(
            b"MAILBOX is FUL",
            b"mailbox is full"
        ));
        assert!(!starts_with_ignoring_case(
            b"mailbox{is full",
            b"mailbox[is full"
        ));
    }
}
