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

/// As [`split`], for a line whose tag names a program of Postfix. In a log that somebody published, another word may
/// stand for the queue id: it is taken for one if what follows is said of messages only.
#[inline(never)]
pub(super) fn split_tagged(body: &[u8]) -> (&[u8], &[u8]) {
    let (id, text) = split(body);
    match id.is_empty() {
        true => replaced(body).unwrap_or((id, text)),
        false => (id, text),
    }
}

/// A word in place of a queue id, `QUEUEID1: to=<a@b>`, and the text.
fn replaced(body: &[u8]) -> Option<(&[u8], &[u8])> {
    /// What Postfix says of a message, after its queue id.
    const OF_MESSAGES: &[&[u8]] = &[
        b"to=<",
        b"from=<",
        b"client=",
        b"message-id=",
        b"resent-message-id=",
        b"relay=",
        b"uid=",
        b"removed",
        b"reject: ",
        b"discard: ",
        b"hold: ",
        b"filter: ",
        b"redirect: ",
        b"milter-",
        b"sender ",
        b"postmaster ",
        b"host ",
        b"lost connection with ",
        b"conversation with ",
    ];
    let head = &body[..body.len().min(MAX_LENGTH + 1)];
    let (id, rest) = body.split_at(position2(head, b':', b' ')?);
    let text = rest.strip_prefix(b": ")?;
    let has = |test: fn(&u8) -> bool| id.iter().any(test);
    // `warning: ` and `fatal: ` are no ids.
    let is_word =
        has(u8::is_ascii_digit) || has(u8::is_ascii_uppercase) && !has(u8::is_ascii_lowercase);
    let is_id = is_word && id.iter().all(u8::is_ascii_alphanumeric);
    (is_id && OF_MESSAGES.iter().any(|it| text.starts_with(it))).then_some((id, text))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_stands_for_the_queue_id_only_before_what_is_said_of_messages() {
        for (body, id) in [
            ("G0H1I2J3K4: to=<a@b.example>, relay=none", "G0H1I2J3K4"),
            ("4abd: removed", "4abd"),
            ("XXXX: reject: RCPT from unknown[192.0.2.1]: 450 no", "XXXX"),
            ("4F9D195432C: to=<a@b.example>", "4F9D195432C"),
            ("NOQUEUE: reject: RCPT from", "NOQUEUE"),
            ("fatal: host not found", ""),
            ("Q1: something else", ""),
            ("Q-1: to=<a@b.example>", ""),
            ("Q1 to=<a@b.example>", ""),
            ("A123456789012345678901234: to=<a@b.example>", ""),
            ("Q1", ""),
            ("", ""),
        ] {
            let (found, text) = split_tagged(body.as_bytes());
            assert_eq!(found, id.as_bytes(), "{body}");
            assert!(body.as_bytes().ends_with(text), "{body}");
        }
        assert_eq!(split(b"QUEUEID1: removed").0, b"");
    }
}
