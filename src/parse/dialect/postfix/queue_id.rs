//! Parses the queue id at the beginning of the body: `4F9D195432C: `, `3mPVKl0Mhjz7sXv: `, `NOQUEUE: `.
//!
//! Short queue ids consist of upper-case hexadecimal digits; long ones of digits and consonants of both cases,
//! without vowels (postconf(5), `enable_long_queue_ids`), so no ordinary word is taken for one.

use crate::parse::scan::{position2, short_queue_id};

/// Splits the body into queue id and text. The queue id is empty if there is none.
#[inline]
pub(super) fn split(body: &[u8]) -> (&[u8], &[u8]) {
    if let Some(start) = body.first_chunk()
        && let Some(length) = short_queue_id(start).checked_sub(2)
    {
        return (&body[..length], &body[length + 2..]);
    }
    let head = &body[..body.len().min(MAX_LENGTH + 1)];
    let Some(length) = position2(head, b':', b' ') else {
        return (b"", body);
    };
    let (id, rest) = body.split_at(length);
    let [b':', b' ', text @ ..] = rest else {
        return (b"", body);
    };
    let classes = id.iter().fold(HEXADECIMAL | CONSONANT, |classes, &byte| {
        classes & CLASSES[usize::from(byte)]
    });
    let short = classes & HEXADECIMAL != 0 && length >= 5;
    let long = classes & CONSONANT != 0 && length >= 10;
    if short || long || id == b"NOQUEUE" {
        (id, text)
    } else {
        (b"", body)
    }
}

/// The queue id of a message; empty for `NOQUEUE`, which is logged before there is a message.
pub(super) fn of_message(queue_id: &[u8]) -> &[u8] {
    if queue_id == b"NOQUEUE" {
        b""
    } else {
        queue_id
    }
}

/// The maximum length of a queue id. Long queue ids currently have 12 to 17 characters.
const MAX_LENGTH: usize = 24;

const HEXADECIMAL: u8 = 1;
const CONSONANT: u8 = 2;

/// The kinds of queue id that each byte may be part of, as a bitmask.
static CLASSES: [u8; 256] = {
    let mut classes = [0; 256];
    let mut byte = 0usize;
    while byte < 256 {
        let b = byte as u8;
        if b.is_ascii_alphanumeric() {
            if b.is_ascii_digit() || matches!(b, b'A'..=b'F') {
                classes[byte] |= HEXADECIMAL;
            }
            if !matches!(
                b,
                b'a' | b'e' | b'i' | b'o' | b'u' | b'A' | b'E' | b'I' | b'O' | b'U'
            ) {
                classes[byte] |= CONSONANT;
            }
        }
        byte += 1;
    }
    classes
};
