//! Where in a text a phrase is. Words of addresses, URLs, paths and host names do not describe the failure, and
//! quoted text may describe another one.

/// Whether a single word at `at` is part of an address, a URL, a path or a host name rather than of a sentence.
///
/// Phrases of several words are never part of one. A phrase with a dot, colon or equals sign is meant for URLs
/// and host names, and only an address hides it.
#[inline]
pub(super) fn is_part_of_name(text: &[u8], at: usize, phrase: &[u8]) -> bool {
    let free = |byte: Option<&u8>| byte.is_none_or(|&byte| separates(byte));
    let before = at.checked_sub(1).and_then(|before| text.get(before));
    let stands_alone = free(before) && free(text.get(at + phrase.len()));
    !stands_alone && is_part_of_longer_token(text, at, phrase)
}

#[cold]
#[inline(never)]
fn is_part_of_longer_token(text: &[u8], at: usize, phrase: &[u8]) -> bool {
    if phrase.iter().any(|byte| *byte == b' ' || !byte.is_ascii()) {
        return false;
    }
    if phrase.contains(&b'.') && memchr::memchr(b'@', text).is_none() {
        return false;
    }
    let before = &text[..at];
    let from = before
        .iter()
        .rposition(|&byte| separates(byte))
        .map_or(0, |place| place + 1);
    let before = &before[from..];
    let after = &text[at + phrase.len()..];
    let end = after.iter().position(|&byte| separates(byte));
    let after = &after[..end.unwrap_or(after.len())];
    if before.contains(&b'@') || after.contains(&b'@') || phrase.contains(&b'@') {
        return true;
    }
    if phrase.iter().any(|byte| b".:=".contains(byte)) {
        return false;
    }
    before.starts_with(b"/")
        || before.windows(2).any(|pair| pair == b"//")
        || follows_label(&text[from..=at])
        || precedes_label(after)
}

/// Whether a byte separates names from each other and from words.
#[inline]
fn separates(byte: u8) -> bool {
    SEPARATES[usize::from(byte)]
}

/// By byte.
static SEPARATES: [bool; 256] = {
    let mut table = [false; 256];
    let separators = b" \t\r\n<>()[]{}\"',;:=|";
    let mut at = 0;
    while at < separators.len() {
        table[separators[at] as usize] = true;
        at += 1;
    }
    table
};

/// Whether the last byte follows a label of a host name: `mx.` or `example.com/`, but neither `5.7.1-` nor the end
/// of a sentence, which is followed by an upper-case letter.
fn follows_label(bytes: &[u8]) -> bool {
    let dot = |three: &[u8]| {
        three[0].is_ascii_alphanumeric()
            && three[1] == b'.'
            && (three[2].is_ascii_lowercase() || three[2].is_ascii_digit())
    };
    bytes.windows(3).any(dot) && bytes[..bytes.len() - 1].iter().any(u8::is_ascii_alphabetic)
}

/// Whether the bytes after a word continue a host name: `.example` or `-filter.example`.
fn precedes_label(bytes: &[u8]) -> bool {
    let in_label = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_".contains(byte);
    let label = bytes.iter().take_while(|byte| in_label(byte)).count();
    match bytes[label..] {
        [b'.', next, ..] => next.is_ascii_lowercase() || next.is_ascii_digit(),
        _ => false,
    }
}

/// Whether the byte at `at` is within double quotes. Quotes around the whole reply, after nothing but its codes, do
/// not count.
#[inline(never)]
pub(super) fn is_quoted(text: &[u8], at: usize) -> bool {
    let before = &text[..at];
    let Some(first) = memchr::memchr(b'"', before) else {
        return false;
    };
    let codes = |byte: &u8| byte.is_ascii_digit() || b" .-#".contains(byte);
    let whole = before[..first].iter().all(codes);
    let quotes = memchr::memchr_iter(b'"', &before[first..]).count();
    (quotes - usize::from(whole)) % 2 == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part_of_name(text: &str, phrase: &str) -> bool {
        let at = text
            .to_ascii_lowercase()
            .find(phrase)
            .expect("the word is in the text");
        is_part_of_name(text.as_bytes(), at, phrase.as_bytes())
    }

    #[test]
    fn words_of_addresses_urls_and_host_names_are_part_of_a_name() {
        for text in [
            "<virus@example.com> is unknown",
            "for list-virus@example.com",
            "see https://example.com/virus",
            "see https://virus.example.com/x",
            "host virus.example.net",
            "host mx.virus.example.net",
            "host virus-1.example.net",
            "see example.com/virus?x",
            "cannot write /var/virus",
        ] {
            assert!(part_of_name(text, "virus"), "{text}");
        }
        for text in [
            "virus",
            "550 5.7.1 virus found",
            "554 5.7.1-virus found",
            "contains virus. See example.com",
            "contains virus.See example.com",
            "rejected.Virus found",
            "spam/virus found",
            "(virus)",
            "error: virus, from <a@example.com>",
        ] {
            assert!(!part_of_name(text, "virus"), "{text}");
        }
        assert!(!part_of_name(
            "see https://bl.example.net/x",
            "bl.example.net"
        ));
        assert!(part_of_name("<a@bl.example.net>", "bl.example.net"));
        assert!(!part_of_name("a@example.com mailbox full", "mailbox full"));
    }

    #[test]
    fn text_between_quotes_is_quoted_unless_the_whole_reply_is() {
        let quoted = |text: &str| {
            is_quoted(
                text.as_bytes(),
                text.find("word").expect("the word is in the text"),
            )
        };
        assert!(quoted("the subject \"a word\" is"));
        assert!(!quoted("the subject \"a\" is a word"));
        assert!(!quoted("550-5.7.1 \"a word\""));
        assert!(quoted("550 \"a \"word\" in it\""));
        assert!(!quoted("a word \"or two\""));
        assert!(!quoted("a word"));
    }
}
