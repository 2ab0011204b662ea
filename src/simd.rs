//! Looks at many bytes at once: one bit for each, set where the byte is what is asked for.
//!
//! It stands apart because cutting lines, reading them and searching them for phrases begin with such a
//! look, and a good part of the time of a line is spent in them. Sixteen bytes at a time is what every
//! processor of the platform can do.

use wide::u8x16;

/// One bit for each byte of at most sixty-four, set for those that `of` marks. What is left over by
/// sixteens is not looked at.
#[inline(always)]
pub(crate) fn marks<const N: usize>(window: &[u8; N], of: impl Fn(u8x16) -> u8x16) -> u64 {
    let (quarters, _) = window.as_chunks::<16>();
    quarters.iter().rev().fold(0, |bits, &quarter| {
        bits << 16 | u64::from(of(u8x16::new(quarter)).to_bitmask())
    })
}

/// The same for those that equal `byte`.
#[inline(always)]
pub(crate) fn marks_of<const N: usize>(window: &[u8; N], byte: u8) -> u64 {
    marks(window, |bytes| equal(bytes, byte))
}

/// The same for those that equal one of two.
#[inline(always)]
pub(crate) fn marks_of_either<const N: usize>(window: &[u8; N], a: u8, b: u8) -> u64 {
    marks(window, |bytes| equal(bytes, a) | equal(bytes, b))
}

/// Which of the bytes equal `byte`, to be marked.
#[inline(always)]
pub(crate) fn equal(bytes: u8x16, byte: u8) -> u8x16 {
    bytes.simd_eq(u8x16::splat(byte))
}

/// Which of the bytes are from `low` to `high`, to be marked.
#[inline(always)]
pub(crate) fn range(bytes: u8x16, low: u8, high: u8) -> u8x16 {
    let above = bytes - u8x16::splat(low);
    above.min(u8x16::splat(high - low)).simd_eq(above)
}

/// Which of the bytes are decimal digits, to be marked.
#[inline(always)]
pub(crate) fn digits(bytes: u8x16) -> u8x16 {
    range(bytes, b'0', b'9')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_in_every_place_is_marked_for_what_it_is() {
        for place in 0..64 {
            for byte in 0..=u8::MAX {
                let mut window = [b'x'; 64];
                window[place] = byte;
                let there = |is: bool| u64::from(is) << place;
                assert_eq!(marks(&window, digits), there(byte.is_ascii_digit()));
                assert_eq!(
                    marks(&window, |bytes| range(bytes, 0xc0, 0xff)),
                    there(byte >= 0xc0)
                );
                if byte != b'x' {
                    assert_eq!(marks_of(&window, byte), 1 << place);
                    assert_eq!(marks_of(&window, b'x'), !(1 << place));
                    assert_eq!(marks_of_either(&window, byte, b'y'), 1 << place);
                }
            }
        }
        // What is left over by sixteens.
        assert_eq!(marks_of(&[b'x'; 47], b'x'), 0xffff_ffff);
    }
}
