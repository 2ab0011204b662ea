//! The buffer that files are read into.

use super::identity::ANCHOR_BYTES;
use super::lines;

/// One buffer for all files that are read by a thread, so that a thousand files do not need one each.
pub struct ReadBuffer {
    pub(super) bytes: Box<[u8]>,
    /// The longest line that is handed over whole, in bytes.
    pub(super) cap: usize,
}

impl ReadBuffer {
    /// A buffer for lines of up to `cap` bytes.
    pub fn new(cap: usize) -> Self {
        // The anchor before the lines is read into the same buffer.
        let size = lines::buffer_size(cap) + ANCHOR_BYTES;
        ReadBuffer {
            bytes: vec![0; size].into_boxed_slice(),
            cap,
        }
    }
}
