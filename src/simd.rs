//! SIMD byte-class bitmasks: one bit per byte, set if the byte is in the class. Used to find newlines, to parse lines
//! and to search for phrases. The vectors have 16 bytes, which every supported CPU provides.

use wide::u8x16;

/// The bitmask of the bytes that `class` selects, in a window of at most 64 bytes. The remainder after the last full
/// 16 bytes is ignored.
#[cfg_attr(hot_path, inline(always))]
pub(crate) fn bitmask<const N: usize>(window: &[u8; N], class: impl Fn(u8x16) -> u8x16) -> u64 {
    let (quarters, _) = window.as_chunks::<16>();
    quarters.iter().rev().fold(0, |bits, &quarter| {
        bits << 16 | u64::from(class(u8x16::new(quarter)).to_bitmask())
    })
}

/// The bitmask of the bytes equal to `byte`.
#[cfg_attr(hot_path, inline(always))]
pub(crate) fn bitmask_of<const N: usize>(window: &[u8; N], byte: u8) -> u64 {
    bitmask(window, |bytes| equal(bytes, byte))
}

/// The bitmask of the bytes equal to `a` or `b`.
#[cfg_attr(hot_path, inline(always))]
pub(crate) fn bitmask_of_either<const N: usize>(window: &[u8; N], a: u8, b: u8) -> u64 {
    bitmask(window, |bytes| equal(bytes, a) | equal(bytes, b))
}

/// The class of bytes equal to `byte`.
#[cfg_attr(hot_path, inline(always))]
pub(crate) fn equal(bytes: u8x16, byte: u8) -> u8x16 {
    bytes.simd_eq(u8x16::splat(byte))
}

/// The class of bytes from `low` to `high`.
#[cfg_attr(hot_path, inline(always))]
pub(crate) fn range(bytes: u8x16, low: u8, high: u8) -> u8x16 {
    let above = bytes - u8x16::splat(low);
    above.min(u8x16::splat(high - low)).simd_eq(above)
}

/// The class of decimal digits.
#[cfg_attr(hot_path, inline(always))]
pub(crate) fn digits(bytes: u8x16) -> u8x16 {
    range(bytes, b'0', b'9')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_at_every_position_is_classified() {
        for place in 0..64 {
            for byte in 0..=u8::MAX {
                let mut window = [b'x'; 64];
                window[place] = byte;
                let there = |is: bool| u64::from(is) << place;
                assert_eq!(bitmask(&window, digits), there(byte.is_ascii_digit()));
                assert_eq!(
                    bitmask(&window, |bytes| range(bytes, 0xc0, 0xff)),
                    there(byte >= 0xc0)
                );
                if byte != b'x' {
                    assert_eq!(bitmask_of(&window, byte), 1 << place);
                    assert_eq!(bitmask_of(&window, b'x'), !(1 << place));
                    assert_eq!(bitmask_of_either(&window, byte, b'y'), 1 << place);
                }
            }
        }
        // The remainder after the last full 16 bytes.
        assert_eq!(bitmask_of(&[b'x'; 47], b'x'), 0xffff_ffff);
    }
}
