//! Names for the streams of records within a source.

/// Names the stream of records that one writer produces, such as a log or a syslog peer.
///
/// It is unique within its source, as far as a hash of 64 bits is, and the same in every process
/// and version: a parser may keep what it knows of a stream under it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct StreamId(pub u64);

impl StreamId {
    /// The stream of a source that has only one, or cannot tell its writers apart.
    pub const SINGLE: StreamId = StreamId(0);

    /// The stream whose writer is known by a name, such as the path of a log or the bytes of an
    /// address: its 64-bit FNV-1a hash.
    pub(crate) fn of(name: &[u8]) -> Self {
        const OFFSET_BASIS: u64 = 0xcbf2_9ce4_8422_2325;
        const PRIME: u64 = 0x0100_0000_01b3;
        let step = |hash: u64, &byte: &u8| (hash ^ u64::from(byte)).wrapping_mul(PRIME);
        StreamId(name.iter().fold(OFFSET_BASIS, step))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stream_ids_never_change_between_versions() {
        // Published test vectors of FNV-1a, 64 bits.
        assert_eq!(StreamId::of(b""), StreamId(0xcbf2_9ce4_8422_2325));
        assert_eq!(StreamId::of(b"a"), StreamId(0xaf63_dc4c_8601_ec8c));
        assert_eq!(StreamId::of(b"foobar"), StreamId(0x8594_4171_f739_67e8));
    }
}
