//! Postfix's queue ids in front of a line's text: `4F9D195432C: `, `3mPVKl0Mhjz7sXv: `, `NOQUEUE: `.
//!
//! Short ids are hexadecimal in upper case; long ones have digits and consonants of both cases and no
//! vowels (postconf(5), `enable_long_queue_ids`), so no word of a message is taken for one.

use crate::parse::scan::{position2, short_queue_id};

/// Splits the queue id off; it is empty if the text begins with none.
#[inline]
pub(super) fn split(body: &[u8]) -> (&[u8], &[u8]) {
    if let Some(start) = body.first_chunk()
        && let Some(length) = short_queue_id(start).checked_sub(2)
    {
        return (&body[..length], &body[length + 2..]);
    }
    let head = &body[..body.len().min(LONGEST + 1)];
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

/// The queue id, empty for `NOQUEUE`, which is written where there is no message yet.
pub(super) fn of_message(queue_id: &[u8]) -> &[u8] {
    if queue_id == b"NOQUEUE" {
        b""
    } else {
        queue_id
    }
}

/// Postfix's long queue ids have 12 to 17 characters today, and may grow.
const LONGEST: usize = 24;

const HEXADECIMAL: u8 = 1;
const CONSONANT: u8 = 2;

/// Which kinds of queue id each byte may be part of.
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
