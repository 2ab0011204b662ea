//! The bucket bounds of the histograms.

/// Converts seconds to microseconds.
const fn seconds(seconds: u64) -> u64 {
    seconds * 1_000_000
}

/// Delays in microseconds: from 10 ms to five days, after which messages expire by default.
pub(crate) const DELAY_BOUNDS: &[u64] = &[
    10_000,
    100_000,
    500_000,
    seconds(1),
    seconds(2),
    seconds(5),
    seconds(10),
    seconds(30),
    seconds(60),
    seconds(300),
    seconds(900),
    seconds(3_600),
    seconds(14_400),
    seconds(86_400),
    seconds(432_000),
];

/// Message sizes in bytes: from 1 KiB to 64 MiB.
pub(crate) const SIZE_BOUNDS: &[u64] = &[
    1 << 10,
    1 << 12,
    1 << 14,
    1 << 16,
    1 << 18,
    1 << 20,
    1 << 22,
    1 << 24,
    1 << 26,
];

/// Recipients of a message.
pub(crate) const RECIPIENT_BOUNDS: &[u64] = &[1, 2, 5, 10, 20, 50, 100, 500, 1_000];
