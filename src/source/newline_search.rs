//! Finds the newlines of a block, many at a time.
//!
//! Lines have all lengths, so a search that stops at each newline costs a mispredicted branch per
//! line; this one goes through the block in steps of equal size and collects what it finds.

use crate::simd::bitmask_of;

/// How many newlines are returned at a time, at most.
pub(crate) const MAX_FOUND: usize = 256;

/// How many bytes are searched in one step.
const STEP: usize = 128;

/// A search for the newlines of a block, which is shorter than 4 GiB.
pub(crate) struct NewlineSearch<'a> {
    data: &'a [u8],
    /// How many bytes were searched.
    searched: usize,
    offsets: [u32; MAX_FOUND],
}

impl<'a> NewlineSearch<'a> {
    /// A search from the offset `start` on.
    pub(crate) fn new(data: &'a [u8], start: usize) -> Self {
        NewlineSearch {
            data,
            searched: start,
            offsets: [0; MAX_FOUND],
        }
    }

    /// The offsets of the next newlines, in their order: at least half of [`MAX_FOUND`], or all that
    /// are left. Empty if there are no more.
    #[inline]
    pub(crate) fn next(&mut self) -> &[u32] {
        let (mut found, mut searched) = (0, self.searched);
        while found <= MAX_FOUND - STEP {
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
                // Mostly there is one or none: the first is stored without a branch.
                self.offsets[found % MAX_FOUND] =
                    (start + newlines.trailing_zeros() as usize) as u32;
                found += usize::from(newlines != 0);
                newlines &= newlines.wrapping_sub(1);
                while newlines != 0 {
                    self.offsets[found % MAX_FOUND] =
                        (start + newlines.trailing_zeros() as usize) as u32;
                    found += 1;
                    newlines &= newlines - 1;
                }
            }
            searched += length;
        }
        self.searched = searched;
        &self.offsets[..found]
    }
}

/// The last bytes, padded with zeros.
#[cold]
fn padded_step(rest: &[u8]) -> [u8; STEP] {
    let mut step = [0; STEP];
    step[..rest.len()].copy_from_slice(rest);
    step
}

/// One bit for each byte, set for newlines.
#[cfg_attr(hot_path, inline(always))]
fn newlines(step: &[u8; STEP]) -> [u64; 2] {
    let (halves, _) = step.as_chunks::<64>();
    [&halves[0], &halves[1]].map(|half| bitmask_of(half, b'\n'))
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
            let (mut search, mut found) = (NewlineSearch::new(&data, start), Vec::new());
            loop {
                let offsets = search.next();
                if offsets.is_empty() {
                    break;
                }
                found.extend(offsets.iter().map(|&offset| offset as usize));
            }
            let plain: Vec<usize> = memchr::memchr_iter(b'\n', &data)
                .filter(|&offset| offset >= start)
                .collect();
            prop_assert_eq!(found, plain);
        }
    }

    #[test]
    fn a_block_of_newlines_takes_several_calls() {
        let data = [b'\n'; 3 * MAX_FOUND + 7];
        let mut search = NewlineSearch::new(&data, 5);
        let (mut next, mut calls) = (5, 0);
        loop {
            let offsets = search.next();
            for &offset in offsets {
                assert_eq!(offset, next);
                next += 1;
            }
            if offsets.is_empty() {
                break;
            }
            calls += 1;
        }
        assert_eq!((next as usize, calls), (data.len(), 4));
    }
}
