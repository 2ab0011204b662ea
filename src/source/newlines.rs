//! Finds the newlines of a block, many at a time.
//!
//! It stands apart from `lines`, which decides what a line is. Lines have all lengths, so a
//! search that stops at each newline is mispredicted once a line; this one goes through the block in
//! steps of the same size and notes what it passes.

use wide::u8x16;

/// Places noted at a time.
const PLACES: usize = 128;

/// Bytes looked at in one step.
const STEP: usize = 64;

/// A search through bytes that may grow at their end.
pub(crate) struct Newlines {
    places: [u32; PLACES],
    /// The places found and not yet handed over: `places[next..found]`.
    next: usize,
    found: usize,
    /// Bytes that were looked at.
    searched: usize,
}

impl Newlines {
    /// A search from `start` on.
    pub(crate) fn from(start: usize) -> Self {
        Newlines {
            places: [0; PLACES],
            next: 0,
            found: 0,
            searched: start,
        }
    }

    /// The next newline in `data`; `None` if there is no more, until `data` has grown.
    #[inline]
    pub(crate) fn next(&mut self, data: &[u8]) -> Option<usize> {
        if self.next == self.found && !self.search(data) {
            return None;
        }
        let place = self.places[self.next];
        self.next += 1;
        Some(place as usize)
    }

    /// Notes the next places; whether there were any.
    fn search(&mut self, data: &[u8]) -> bool {
        let (mut found, mut searched) = (0, self.searched);
        while found <= PLACES - STEP {
            let Some(rest) = data.get(searched..).filter(|rest| !rest.is_empty()) else {
                break;
            };
            let (mut newlines, length) = match rest.first_chunk() {
                Some(step) => (newlines(step), STEP),
                None => {
                    let mut step = [0; STEP];
                    step[..rest.len()].copy_from_slice(rest);
                    (newlines(&step), rest.len())
                }
            };
            // Mostly there is one or none: one is noted without asking.
            self.places[found % PLACES] = (searched + newlines.trailing_zeros() as usize) as u32;
            found += usize::from(newlines != 0);
            newlines &= newlines.wrapping_sub(1);
            while newlines != 0 {
                self.places[found % PLACES] =
                    (searched + newlines.trailing_zeros() as usize) as u32;
                found += 1;
                newlines &= newlines - 1;
            }
            searched += length;
        }
        (self.next, self.found, self.searched) = (0, found, searched);
        found > 0
    }
}

/// One bit for each byte, set for newlines.
#[inline]
fn newlines(step: &[u8; STEP]) -> u64 {
    let (quarters, _) = step.as_chunks::<16>();
    quarters.iter().rev().fold(0, |bits, &quarter| {
        let newlines = u8x16::new(quarter).simd_eq(u8x16::splat(b'\n'));
        bits << 16 | u64::from(newlines.to_bitmask())
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_newline_is_found_once_in_order_however_the_bytes_come(
            parts in prop::collection::vec(
                prop::collection::vec(prop_oneof![3 => Just(b'x'), 1 => Just(b'\n')], 0..200), 0..20),
        ) {
            let mut data = Vec::new();
            let (mut search, mut found) = (Newlines::from(0), Vec::new());
            for part in parts {
                data.extend(part);
                while let Some(place) = search.next(&data) {
                    found.push(place);
                }
            }
            let plain: Vec<usize> = memchr::memchr_iter(b'\n', &data).collect();
            prop_assert_eq!(found, plain);
        }
    }

    #[test]
    fn nothing_but_newlines_is_found_in_several_goes() {
        let data = [b'\n'; 3 * PLACES + 7];
        let mut search = Newlines::from(5);
        for place in 5..data.len() {
            assert_eq!(search.next(&data), Some(place));
        }
        assert_eq!(search.next(&data), None);
    }
}
