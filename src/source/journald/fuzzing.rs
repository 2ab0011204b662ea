//! Any bytes as a record of the journal.

use super::record::Record;

/// The bytes as a record in JSON: a line that is made of it has the end of a header, whatever its fields hold.
///
/// # Panics
///
/// If it has not.
pub fn journald(bytes: &[u8]) {
    let Ok(record) = serde_json::from_slice::<Record<'_>>(bytes) else {
        return;
    };
    let mut line = Vec::new();
    if record.write(&mut line) {
        assert!(memchr::memmem::find(&line, b": ").is_some());
    }
}
