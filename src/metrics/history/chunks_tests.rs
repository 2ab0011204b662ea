//! Tests of the chunks: what is read of them, what is dropped, and what a clock that was set back leaves.

use super::*;

/// Chunks of four slots, of which those of the last two closed ones are kept.
const SHAPE: Shape = Shape {
    chunk: 4,
    slots: 8,
    budget: 1 << 20,
};

/// All slots from `first` to `last` with series and count.
fn read(chunks: &Chunks, first: i64, last: i64) -> Vec<(i64, u16, u32)> {
    let mut found = Vec::new();
    chunks.read(&SHAPE, first, last, |slot, series, count| {
        found.push((slot, series, count));
    });
    found
}

/// One count of series 1 in each slot, which is the number of the slot and a hundred.
fn numbered(slots: std::ops::Range<i64>) -> Chunks {
    let mut chunks = Chunks::default();
    for slot in slots {
        chunks.push(&SHAPE, slot, &mut vec![(1, (100 + slot) as u32)]);
    }
    chunks
}

fn slots(chunks: &Chunks) -> Vec<i64> {
    let all = read(chunks, i64::MIN / 2, i64::MAX / 2);
    assert!(
        all.iter()
            .all(|it| (it.1, it.2) == (1, (100 + it.0) as u32)),
        "{all:?}"
    );
    all.iter().map(|it| it.0).collect()
}

#[test]
fn numbers_of_every_size_are_read_again() {
    let counts = [
        1,
        127,
        128,
        129,
        255,
        256,
        300,
        16_383,
        16_384,
        1 << 28,
        u32::MAX,
    ];
    let entries: Vec<Entry> = counts
        .into_iter()
        .zip(0..)
        .map(|(count, at)| (at * 200, count))
        .collect();
    let mut chunks = Chunks::default();
    // In the open chunk, and in one that was closed; in any order.
    for slot in [2, 5] {
        let mut unsorted: Vec<Entry> = entries.iter().rev().copied().collect();
        chunks.push(&SHAPE, slot, &mut unsorted);
    }
    for slot in [2, 5] {
        let expected: Vec<_> = entries.iter().map(|it| (slot, it.0, it.1)).collect();
        assert_eq!(read(&chunks, slot, slot), expected);
    }
    assert_eq!(read(&chunks, 3, 4), []);
    assert_eq!(read(&chunks, 0, 7).len(), 2 * counts.len());
}

#[test]
fn slot_without_counts_takes_no_memory() {
    let mut chunks = Chunks::default();
    chunks.push(&SHAPE, 0, &mut vec![]);
    chunks.push(&SHAPE, 1, &mut vec![(1, 0), (7, 0)]);
    assert_eq!(chunks, Chunks::default());
    chunks.push(&SHAPE, 2, &mut vec![(1, 0), (7, 3)]);
    assert_eq!(read(&chunks, 0, 3), [(2, 7, 3)]);
}

#[test]
fn slot_keeps_its_largest_counts() {
    let mut chunks = Chunks::default();
    let largest = MAX_ENTRIES as u16;
    let mut entries: Vec<Entry> = (0..2 * largest)
        .map(|at| {
            (
                at,
                1 + u32::from(at % largest) * 2 + u32::from(at / largest),
            )
        })
        .collect();
    chunks.push(&SHAPE, 0, &mut entries);
    let found = read(&chunks, 0, 0);
    assert_eq!(found.len(), MAX_ENTRIES);
    let smallest = found.iter().map(|it| it.2).min();
    assert_eq!(smallest, Some(u32::from(largest) + 1));
    assert!(found.is_sorted_by_key(|it| it.1));
}

#[test]
fn slots_before_the_oldest_kept_chunk_are_dropped_and_not_known() {
    for (end, oldest) in [(4, 0), (12, 0), (13, 4), (16, 4), (17, 8)] {
        let chunks = numbered(0..end);
        assert_eq!(slots(&chunks), (oldest..end).collect::<Vec<_>>());
        assert_eq!(chunks.begin(i64::MIN), oldest, "{end}");
        assert_eq!(chunks.begin(2), oldest.max(2), "{end}");
    }
    // A gap that is longer than what is kept leaves nothing of the time before.
    let mut chunks = numbered(0..6);
    chunks.push(&SHAPE, 100, &mut vec![(1, 200)]);
    assert_eq!(slots(&chunks), [100]);
    assert_eq!(chunks.begin(0), 8);
    // Slots are numbered since 1970, before which there may be some, too.
    assert_eq!(slots(&numbered(-6..3)), (-6..3).collect::<Vec<_>>());
}

#[test]
fn oldest_chunks_are_dropped_where_all_would_be_too_large() {
    let one = {
        let mut chunks = numbered(0..4);
        chunks.close(&SHAPE, 1);
        chunks.size()
    };
    assert!(one > 4, "{one}");
    // As many chunks are kept as fit, also where they need all of the space.
    for (kept, rest) in [(0, 0), (0, one - 1), (1, 0), (2, one - 1), (3, 0)] {
        let shape = Shape {
            slots: 1_000,
            budget: kept * one + rest,
            ..SHAPE
        };
        let mut chunks = Chunks::default();
        for slot in 0..41 {
            // Each chunk is as long as the first one.
            chunks.push(&shape, slot, &mut vec![(1, 100 + slot as u32 % 4)]);
        }
        assert_eq!(chunks.size(), kept * one);
        assert_eq!(chunks.closed.len(), kept);
        assert_eq!(chunks.begin(0), 40 - 4 * kept as i64);
    }
}

#[test]
fn truncation_drops_what_is_later_and_nothing_else() {
    for last in -1..12 {
        let mut chunks = numbered(0..10);
        chunks.truncate(&SHAPE, last);
        let end = 10.min(last + 1);
        assert_eq!(slots(&chunks), (0..end).collect::<Vec<_>>(), "{last}");
        // It continues with the next slot.
        for slot in last + 1..13 {
            chunks.push(&SHAPE, slot, &mut vec![(1, (100 + slot) as u32)]);
        }
        let expected: Vec<i64> = (0..end)
            .chain(last + 1..13)
            .filter(|slot| *slot >= 4)
            .collect();
        assert_eq!(slots(&chunks), expected, "{last}");
    }
    let mut chunks = numbered(0..10);
    chunks.truncate(&SHAPE, 100);
    assert_eq!(chunks, numbered(0..10));
    // All series of a slot are kept.
    let mut chunks = Chunks::default();
    for slot in 0..3 {
        chunks.push(&SHAPE, slot, &mut vec![(1, 5), (2, 6), (300, 7)]);
    }
    chunks.truncate(&SHAPE, 1);
    let of = |slot| [(slot, 1, 5), (slot, 2, 6), (slot, 300, 7)];
    assert_eq!(read(&chunks, 0, 3), [of(0), of(1)].concat());
}

#[test]
fn damaged_bytes_end_a_chunk() {
    let decoded = |bytes: &[u8]| {
        let mut found = Vec::new();
        decode(bytes, 40, &mut |slot, entry| found.push((slot, entry)));
        found
    };
    // Slot 2 with series 3 and 4, slot 3 with series 1.
    let bytes = [2, 2, 3, 9, 1, 8, 3, 1, 1, 7];
    let all = [(42, (3, 9)), (42, (4, 8)), (43, (1, 7))];
    for (length, expected) in [
        (0, 0),
        (2, 0),
        (3, 0),
        (4, 1),
        (5, 1),
        (6, 2),
        (9, 2),
        (10, 3),
    ] {
        assert_eq!(decoded(&bytes[..length]), all[..expected], "{length}");
    }
    // A number has at most 32 bits.
    assert_eq!(decoded(&[0, 1, 1, 0xff, 0xff, 0xff, 0xff, 0xff, 1]), []);
    // Compressed bytes that no chunk can have end where the longest would.
    let long = compressed(&vec![0; 10 * SHAPE.max_chunk()]);
    assert_eq!(uncompressed(&SHAPE, &long).len(), SHAPE.max_chunk());
    assert_eq!(SHAPE.max_chunk(), 4 * (3 + 256 * 7));
}
