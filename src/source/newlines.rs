//! Finds the newlines of a block, many at a time.
//!
//! It stands apart from `lines`, which decides what a line is. Lines have all lengths, so a
//! search that stops at each newline is mispredicted once a line; this one goes through the block in
//! steps of the same size and notes what it passes.

use crate::simd::marks_of;

/// Places noted at a time, at most.
pub(crate) const PLACES: usize = 256;

/// Bytes looked at in one step.
const STEP: usize = 128;

/// A search through bytes.
pub(crate) struct Newlines<'a> {
    data: &'a [u8],
    /// Bytes that were looked at.
    searched: usize,
    places: [u32; PLACES],
}

impl<'a> Newlines<'a> {
    /// A search from `start` on.
    pub(crate) fn from(data: &'a [u8], start: usize) -> Self {
        Newlines {
            data,
            searched: start,
            places: [0; PLACES],
        }
    }

    /// The next newlines, in their order: at least half as many as are noted at a time, or all there are.
    /// None if there is no more.
    #[inline]
    pub(crate) fn next(&mut self) -> &[u32] {
        let (mut found, mut searched) = (0, self.searched);
        while found <= PLACES - STEP {
            let Some(rest) = self.data.get(searched..).filter(|rest| !rest.is_empty()) else {
                break;
            };
            let length = rest.len().min(STEP);
            let padded;
            let step = match rest.first_chunk() {
                Some(step) => step,
                None => {
                    padded = padded_step(rest);
                    &padded
                }
            };
            for (half, mut newlines) in newlines(step).into_iter().enumerate() {
                let start = searched + half * 64;
                // Mostly there is one or none: one is noted without asking.
                self.places[found % PLACES] = (start + newlines.trailing_zeros() as usize) as u32;
                found += usize::from(newlines != 0);
                newlines &= newlines.wrapping_sub(1);
                while newlines != 0 {
                    self.places[found % PLACES] =
                        (start + newlines.trailing_zeros() as usize) as u32;
                    found += 1;
                    newlines &= newlines - 1;
                }
            }
            searched += length;
        }
        self.searched = searched;
        &self.places[..found]
    }
}

/// The last bytes, and no newlines behind them.
#[cold]
fn padded_step(rest: &[u8]) -> [u8; STEP] {
    let mut step = [0; STEP];
    step[..rest.len()].copy_from_slice(rest);
    step
}

/// One bit for each byte, set for newlines.
#[inline(always)]
fn newlines(step: &[u8; STEP]) -> [u64; 2] {
    let (halves, _) = step.as_chunks::<64>();
    [&halves[0], &halves[1]].map(|half| marks_of(half, b'\n'))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_newline_is_found_once_in_order(
            data in prop::collection::vec(prop_oneof![3 => Just(b'x'), 1 => Just(b'\n')], 0..2_000),
            start in 0usize..100,
        ) {
            let start = start.min(data.len());
            let (mut search, mut found) = (Newlines::from(&data, start), Vec::new());
            loop {
                let places = search.next();
                if places.is_empty() {
                    break;
                }
                found.extend(places.iter().map(|&place| place as usize));
            }
            let plain: Vec<usize> = memchr::memchr_iter(b'\n', &data)
                .filter(|&place| place >= start)
                .collect();
            prop_assert_eq!(found, plain);
        }
    }

    #[test]
    fn nothing_but_newlines_is_found_in_several_goes() {
        let data = [b'\n'; 3 * PLACES + 7];
        let mut search = Newlines::from(&data, 5);
        let (mut next, mut goes) = (5, 0);
        loop {
            let places = search.next();
            for &place in places {
                assert_eq!(place, next);
                next += 1;
            }
            if places.is_empty() {
                break;
            }
            goes += 1;
        }
        assert_eq!((next as usize, goes), (data.len(), 4));
    }
}
