//! Makes one text of replies that differ only in addresses, host names, numbers, ids and links, and a sample without
//! the local parts of addresses.
//!
//! Reply texts come from other people's servers: they are cut to a fixed length, and control characters and those that
//! change the direction of writing are replaced.

use std::borrow::Cow;

/// The longest template, in characters.
const MAX_TEMPLATE: usize = 200;

/// The longest sample, in characters.
const MAX_SAMPLE: usize = 300;

/// The shortest word of letters and digits that is an id.
const MIN_ID: usize = 8;

/// The text with everything replaced that differs from reply to reply.
pub(crate) fn template(text: &[u8]) -> String {
    let mut template = String::with_capacity(text.len().min(MAX_TEMPLATE));
    push_template(text, &mut template);
    template
}

/// Appends what [`template`] returns, without other allocations for most texts.
pub(crate) fn push_template(text: &[u8], output: &mut String) {
    let text = visible(text);
    match &text {
        // Visible ASCII characters, which need no look at Unicode's white space.
        Cow::Borrowed(text) => push_words(ascii_words(text), output),
        Cow::Owned(text) => {
            let words = text.split_whitespace();
            push_words(words.map(|word| (word, classes(word))), output);
        }
    }
}

/// The words of a text of visible ASCII characters, each with its classes.
fn ascii_words(text: &str) -> impl Iterator<Item = (&str, u8)> {
    let mut rest = text.trim_start_matches(' ');
    std::iter::from_fn(move || {
        let mut classes = 0;
        let bytes = rest.bytes();
        let word = bytes
            .take_while(|byte| *byte != b' ')
            .fold(0, |length, byte| {
                classes |= CLASSES[usize::from(byte)];
                length + 1
            });
        let (word, after) = rest.split_at(word);
        rest = after.trim_start_matches(' ');
        (!word.is_empty()).then_some((word, classes))
    })
}

/// Appends what words are replaced with, given with their classes.
fn push_words<'t>(words: impl Iterator<Item = (&'t str, u8)>, output: &mut String) {
    let begin = output.len();
    let mut length = 0;
    for (index, (word, classes)) in words.enumerate() {
        let before = output.len();
        if before > begin {
            output.push(' ');
        }
        // Most words are just words, of ASCII characters.
        if classes & !(LETTER | MARK) == 0 {
            output.push_str(word);
            length += word.len() + 1;
        } else {
            let start = output.len();
            push_replaced(word, classes, index, output);
            let (rest, pushed) = output[begin..].split_at(start - begin);
            // A number of words of one kind, such as a list of addresses, is one.
            if pushed.starts_with('<') && rest[..before - begin].ends_with(pushed) {
                output.truncate(before);
                continue;
            }
            length += pushed.chars().count() + 1;
        }
        if length > MAX_TEMPLATE {
            output.truncate(before);
            output.push_str(" …");
            break;
        }
    }
}

/// The text with the local parts of addresses replaced.
pub(super) fn sample(text: &[u8]) -> String {
    let text = visible(text);
    let mut sample = String::with_capacity(text.len().min(MAX_SAMPLE));
    for word in text.split_whitespace() {
        if sample.chars().count() > MAX_SAMPLE {
            sample.push_str(" …");
            break;
        }
        if !sample.is_empty() {
            sample.push(' ');
        }
        let (before, inner, after) = trimmed(word);
        match inner.rsplit_once('@') {
            Some((local, domain)) if !local.is_empty() && is_host(domain) => {
                sample.push_str(before);
                sample.push_str("…@");
                sample.push_str(domain);
                sample.push_str(after);
            }
            _ => sample.push_str(word),
        }
    }
    sample.chars().take(MAX_SAMPLE + 2).collect()
}

/// The text with a space for every character that is not visible.
fn visible(text: &[u8]) -> Cow<'_, str> {
    let text = &text[..text.len().min(4 * MAX_SAMPLE)];
    if text.iter().all(|byte| (b' '..=b'~').contains(byte))
        && let Ok(text) = str::from_utf8(text)
    {
        return Cow::Borrowed(text);
    }
    let visible = |c: char| {
        let changes_direction = matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}');
        if c.is_control() || changes_direction {
            ' '
        } else {
            c
        }
    };
    let text = String::from_utf8_lossy(text);
    Cow::Owned(text.chars().map(visible).collect())
}

/// Appends what a word with these classes is replaced with. The first words may be the reply code and the enhanced code,
/// which stay.
fn push_replaced(word: &str, classes: u8, index: usize, output: &mut String) {
    let has = |class: u8| classes & class != 0;
    let (before, inner, after) = trimmed(word);
    // The angle brackets around an address are those of the placeholder.
    let (outer, end) = match (before.strip_suffix('<'), after.strip_prefix('>')) {
        (Some(before), Some(after)) => (before, after),
        _ => (before, after),
    };
    let mut part = |parts: &[&str]| {
        output.push_str(outer);
        parts.iter().for_each(|part| output.push_str(part));
        output.push_str(end);
    };
    if index < 3 && has(DIGIT) && (is_reply_code(inner) || is_enhanced(inner)) {
        return output.push_str(word);
    }
    if has(COLON)
        && let Some((scheme, rest)) = inner.split_once("://")
    {
        let host = rest.split(['/', '?']).next().unwrap_or(rest);
        return part(&[scheme, "://", host, "/…"]);
    }
    if has(AT) && inner.rsplit_once('@').is_some_and(|(_, it)| is_host(it)) {
        return part(&["<address>"]);
    }
    if (has(COLON) || has(DIGIT) && has(DOT)) && is_ip(inner) {
        return part(&["<ip>"]);
    }
    if has(DOT) && is_host(inner) {
        return part(&["<host>"]);
    }
    if !has(DIGIT) {
        return output.push_str(word);
    }
    if has(LETTER) && inner.len() >= MIN_ID && inner.split('.').all(is_word) {
        return part(&["<id>"]);
    }
    let mut follows_digit = false;
    for c in word.chars() {
        let is_digit = c.is_ascii_digit();
        match (is_digit, follows_digit) {
            (false, _) => output.push(c),
            (true, false) => output.push('#'),
            (true, true) => {}
        }
        follows_digit = is_digit || c == '#';
    }
}

/// The kinds of characters that a word has.
fn classes(word: &str) -> u8 {
    let class = |all, byte: u8| all | CLASSES[usize::from(byte)];
    word.bytes().fold(0, class)
}

const LETTER: u8 = 1;
const MARK: u8 = 2;
const DIGIT: u8 = 4;
const AT: u8 = 8;
const COLON: u8 = 16;
const DOT: u8 = 32;
const OTHER: u8 = 64;

/// The class of each byte.
const CLASSES: [u8; 256] = {
    let mut classes = [OTHER; 256];
    let mut byte = 0;
    while byte < 256 {
        classes[byte] = match byte as u8 {
            b'a'..=b'z' | b'A'..=b'Z' => LETTER,
            b',' | b'-' | b'(' | b')' => MARK,
            b'0'..=b'9' => DIGIT,
            b'@' => AT,
            b':' => COLON,
            b'.' => DOT,
            _ => OTHER,
        };
        byte += 1;
    }
    classes
};

/// A word without the punctuation around it, and that before and after.
fn trimmed(word: &str) -> (&str, &str, &str) {
    let is_outer = |c: char| !c.is_alphanumeric() && c != '…';
    let inner = word.trim_start_matches(is_outer);
    let before = &word[..word.len() - inner.len()];
    let kept = inner.trim_end_matches(is_outer);
    (before, kept, &inner[kept.len()..])
}

/// `421`, also `421-4.7.0` of a reply of several lines.
fn is_reply_code(word: &str) -> bool {
    let (code, rest) = word.split_once('-').unwrap_or((word, ""));
    let is_code = code.len() == 3 && code.bytes().all(|it| it.is_ascii_digit());
    is_code && (rest.is_empty() || is_enhanced(rest))
}

/// An enhanced status code (RFC 3463 section 2).
fn is_enhanced(word: &str) -> bool {
    let mut parts = word.split('.');
    let class = parts.next().is_some_and(|it| matches!(it, "2" | "4" | "5"));
    let mut number = || {
        let part = parts.next();
        part.is_some_and(|it| (1..=3).contains(&it.len()) && it.bytes().all(|b| b.is_ascii_digit()))
    };
    class && number() && number() && parts.next().is_none()
}

fn is_ip(word: &str) -> bool {
    let word = word.strip_prefix("IPv6:").unwrap_or(word);
    let may_be = |byte: u8| byte.is_ascii_hexdigit() || matches!(byte, b'.' | b':');
    word.bytes().all(may_be) && word.parse::<std::net::IpAddr>().is_ok()
}

/// Whether a word is a host name: labels with dots between them, of which the last has letters only.
fn is_host(word: &str) -> bool {
    let Some((labels, last)) = word.rsplit_once('.') else {
        return false;
    };
    let is_label = |label: &str| !label.is_empty() && is_word(label);
    last.len() >= 2
        && last.bytes().all(|it| it.is_ascii_alphabetic())
        && labels.split('.').all(is_label)
}

fn is_word(text: &str) -> bool {
    text.bytes()
        .all(|it| it.is_ascii_alphanumeric() || matches!(it, b'-' | b'_'))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn replies_that_differ_in_details_have_one_template() {
        for (replies, expected) in [
            (
                &[
                    "421-4.7.28 [192.0.2.1 15] Our system has detected an unusual rate, see https://support.example.com/mail/?p=421 a1b2c3d4e5.12 - gsmtp",
                    "421-4.7.28 [198.51.100.77 2] Our system has detected an unusual rate, see https://support.example.com/a/b?p=7 ff00cc11dd.7 - gsmtp",
                ][..],
                "421-4.7.28 [<ip> #] Our system has detected an unusual rate, see https://support.example.com/… <id> - gsmtp",
            ),
            (
                &[
                    "452 4.2.2 <ann@example.org>: mailbox full, 104857600 bytes",
                    "452 4.2.2 <bob.b@mx.example.net>: mailbox full, 17 bytes",
                ],
                "452 4.2.2 <address>: mailbox full, # bytes",
            ),
            (
                &[
                    "554 5.7.1 Service unavailable; host [192.0.2.9] blocked using zen.example.org",
                    "554 5.7.1 Service unavailable; host [2001:db8::1] blocked using pbl.example.com",
                ],
                "554 5.7.1 Service unavailable; host [<ip>] blocked using <host>",
            ),
            (
                &[
                    "250 2.0.0 Ok: queued as 4F9D195432C",
                    "250 2.0.0 Ok: queued as 4FAD1954AB1",
                ],
                "250 2.0.0 Ok: queued as <id>",
            ),
        ] {
            let templates: Vec<String> = replies.iter().map(|it| template(it.as_bytes())).collect();
            for found in templates {
                assert_eq!(found, expected);
            }
        }
    }

    #[test]
    fn samples_show_no_local_part() {
        assert_eq!(
            sample(b"552 5.2.2 <ann.lee@example.org>: mailbox of ann.lee@example.org is full"),
            "552 5.2.2 <…@example.org>: mailbox of …@example.org is full"
        );
        let hostile = "550 \u{202e}no\u{0}such \u{1b}[31m<script>".as_bytes();
        assert_eq!(sample(hostile), "550 no such [31m<script>");
    }

    proptest! {
        #[test]
        fn texts_are_bounded_and_visible(text in prop::collection::vec(any::<u8>(), 0..3000)) {
            for made in [template(&text), sample(&text)] {
                prop_assert!(made.chars().count() <= MAX_SAMPLE + 4);
                let is_hidden = |c: char| c.is_control() || c == '\u{202e}';
                prop_assert!(!made.chars().any(is_hidden));
            }
        }
    }
}
