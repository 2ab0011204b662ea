//! Byte scanning functions shared by all parsers. None of them allocates.

use wide::u8x16;

use crate::parse::kinds::Enhanced;
use crate::simd::{bitmask, bitmask_of, digits, equal, range};

/// The position of the first byte that equals one of `wanted`. Optimized for the short distances within a line:
/// nearly all matches are within 32 bytes, which are searched in one step without branches.
#[cfg_attr(hot_path, inline(always))]
fn first_of<const N: usize>(text: &[u8], wanted: [u8; N]) -> Option<usize> {
    let wide = wanted.map(u8x16::splat);
    let matches = |chunk: &[u8; 16]| {
        let chunk = u8x16::new(*chunk);
        let found = wide.map(|byte| chunk.simd_eq(byte));
        found
            .into_iter()
            .fold(u8x16::ZERO, |all, found| all | found)
            .to_bitmask()
    };
    let (Some(first), Some(last)) = (text.first_chunk(), text.last_chunk()) else {
        return first_of_short(text, wanted);
    };
    // For a text shorter than 32 bytes, the second half overlaps the first, which avoids a branch on the length.
    let second = (text.len() - 16).min(16);
    let found = match text[second..].first_chunk() {
        Some(next) => matches(first) | matches(next) << second,
        None => matches(first),
    };
    if found != 0 {
        return Some(found.trailing_zeros() as usize);
    }
    let mut at = 32;
    while let Some(chunk) = text.get(at..).and_then(<[u8]>::first_chunk) {
        let found = matches(chunk);
        if found != 0 {
            return Some(at + found.trailing_zeros() as usize);
        }
        at += 16;
    }
    let found = matches(last);
    (found != 0).then(|| text.len() - 16 + found.trailing_zeros() as usize)
}

/// As [`first_of`], for texts shorter than 16 bytes.
#[inline(never)]
fn first_of_short<const N: usize>(text: &[u8], wanted: [u8; N]) -> Option<usize> {
    let (Some(first), Some(last)) = (text.first_chunk::<8>(), text.last_chunk::<8>()) else {
        return text.iter().position(|byte| wanted.contains(byte));
    };
    // Both halves of one vector, which overlap in the text.
    let mut window = [0; 16];
    window[..8].copy_from_slice(first);
    window[8..].copy_from_slice(last);
    let found = bitmask(&window, |bytes| {
        wanted
            .into_iter()
            .fold(u8x16::ZERO, |all, byte| all | equal(bytes, byte))
    });
    let found = found & 0xff | found >> 8 << (text.len() - 8);
    (found != 0).then(|| found.trailing_zeros() as usize)
}

/// The position of the first `byte`; for short distances.
#[cfg_attr(hot_path, inline(always))]
pub(crate) fn position(text: &[u8], byte: u8) -> Option<usize> {
    first_of(text, [byte])
}

/// The position of the first byte that is `a` or `b`; for short distances.
#[cfg_attr(hot_path, inline(always))]
pub(crate) fn position2(text: &[u8], a: u8, b: u8) -> Option<usize> {
    first_of(text, [a, b])
}

/// The position of the first byte that is `a`, `b` or `c`; for short distances.
#[cfg_attr(hot_path, inline(always))]
pub(crate) fn position3(text: &[u8], a: u8, b: u8, c: u8) -> Option<usize> {
    first_of(text, [a, b, c])
}

/// A bitmask of the bytes in which two texts differ.
#[cfg_attr(hot_path, inline(always))]
pub(crate) fn differences(a: &[u8; 32], b: &[u8; 32]) -> u32 {
    let ((a, _), (b, _)) = (a.as_chunks::<16>(), b.as_chunks::<16>());
    let same = |at: usize| u8x16::new(a[at]).simd_eq(u8x16::new(b[at])).to_bitmask();
    !(same(0) | same(1) << 16)
}

/// The positions of the bracket and the space in `tag[pid]: body`. Fast if both are within 32 bytes.
#[cfg_attr(hot_path, inline(always))]
pub(crate) fn first_words(text: &[u8]) -> Option<(usize, usize)> {
    let frame: &[u8; 32] = text.first_chunk()?;
    let first = |byte| bitmask_of(frame, byte).trailing_zeros() as usize;
    // The first space is the one after `]:`, because neither tag nor pid contains a space.
    let (bracket, blank) = (first(b'['), first(b' '));
    let (bracket, blank) = if blank < 32 {
        (bracket, blank)
    } else {
        long_words(text)?
    };
    let end = text.get(blank.wrapping_sub(2)..)?.first_chunk();
    (bracket < blank && end == Some(b"]:")).then_some((bracket, blank))
}

/// As [`first_words`], for longer tags.
#[inline(never)]
fn long_words(text: &[u8]) -> Option<(usize, usize)> {
    let blank = position(text, b' ')?;
    Some((position(&text[..blank], b'[')?, blank))
}

/// The length of the short queue id at the beginning of `text`, including the colon and space after it; 0 if there
/// is none. A short queue id has 5 to 15 upper-case hexadecimal digits. Longer ones are left to the general parser.
#[cfg_attr(hot_path, inline(always))]
pub(crate) fn short_queue_id(text: &[u8; 17]) -> usize {
    let bytes = u8x16::new(*text.first_chunk().unwrap_or(&[0; 16]));
    let digits = (digits(bytes) | range(bytes, b'A', b'F')).to_bitmask();
    let length = (!digits).trailing_zeros() as usize & 15;
    let ends = u16::from_le_bytes([text[length], text[length + 1]]) == u16::from_le_bytes(*b": ");
    std::hint::select_unpredictable((length >= 5) & ends, length + 2, 0)
}

/// The position of `pattern`, which is a few bytes long and not empty. As for [`split_on`], the setup of a general
/// substring search would take longer than the search.
#[inline]
pub(crate) fn find(text: &[u8], pattern: &[u8]) -> Option<usize> {
    let first = *pattern.first()?;
    let mut starts = memchr::memchr_iter(first, text);
    starts.find(|&at| text[at..].starts_with(pattern))
}

/// Splits at the first `byte`, which is in neither part; for short distances.
#[inline]
pub(crate) fn split(text: &[u8], byte: u8) -> Option<(&[u8], &[u8])> {
    let at = position(text, byte)?;
    Some((&text[..at], &text[at + 1..]))
}

/// Splits at the first occurrence of `pattern`, which is in neither part. For patterns of a few bytes: the setup
/// of a general substring search would take longer than the search.
#[inline]
pub(crate) fn split_on<'a, const N: usize>(
    text: &'a [u8],
    pattern: &[u8; N],
) -> Option<(&'a [u8], &'a [u8])> {
    let first = *pattern.first()?;
    let mut at = 0;
    loop {
        at += memchr::memchr(first, &text[at..])?;
        if let Some(after) = text[at..].strip_prefix(pattern) {
            return Some((&text[..at], after));
        }
        at += 1;
    }
}

/// Splits at the last occurrence of `pattern`, which is in neither part; for patterns of a few bytes.
#[inline]
pub(crate) fn rsplit_on<'a, const N: usize>(
    text: &'a [u8],
    pattern: &[u8; N],
) -> Option<(&'a [u8], &'a [u8])> {
    let first = *pattern.first()?;
    let mut end = text.len();
    loop {
        end = memchr::memrchr(first, &text[..end])?;
        if let Some(after) = text[end..].strip_prefix(pattern) {
            return Some((&text[..end], after));
        }
    }
}

/// `name[address]` without a `:port` after it.
#[inline]
pub(crate) fn without_port(host: &[u8]) -> &[u8] {
    position(host, b']').map_or(host, |close| &host[..=close])
}

/// Parses a decimal number of at least one digit. A number of 20 or more digits is returned as the largest `u64`.
#[inline]
pub(crate) fn number(text: &[u8]) -> Option<(u64, &[u8])> {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    // Lengths vary from line to line, so up to seven digits are parsed without a branch on the length.
    if let Some(start) = text.first_chunk() {
        let digits = u64::from_le_bytes(*start) ^ (ONES * b'0' as u64);
        // The high bit of each byte above 9; a carry only changes bytes after such a byte.
        let others = (digits.wrapping_add(ONES * 0x76) | digits) & (ONES << 7);
        let length = (others.trailing_zeros() / 8) as usize;
        if (1..8).contains(&length) {
            return Some((eight_digits(digits << (64 - 8 * length)), &text[length..]));
        }
    }
    long_number(text)
}

fn long_number(text: &[u8]) -> Option<(u64, &[u8])> {
    let mut value = 0u64;
    let mut digits = 0;
    while let Some(digit) = text
        .get(digits)
        .map(|b| b.wrapping_sub(b'0'))
        .filter(|&d| d < 10)
    {
        value = value.wrapping_mul(10).wrapping_add(u64::from(digit));
        digits += 1;
    }
    // 19 digits always fit.
    let value = if digits < 20 { value } else { u64::MAX };
    (digits > 0).then(|| (value, &text[digits..]))
}

/// The value of eight decimal digits, one per byte, the first in the lowest byte.
#[cfg_attr(hot_path, inline(always))]
pub(crate) fn eight_digits(digits: u64) -> u64 {
    let pairs = (digits.wrapping_mul(10 << 8 | 1) >> 8) & 0x00ff_00ff_00ff_00ff;
    let fours = (pairs.wrapping_mul(100 << 16 | 1) >> 16) & 0x0000_ffff_0000_ffff;
    fours.wrapping_mul(10_000 << 32 | 1) >> 32
}

/// Parses two digits.
#[inline]
pub(crate) fn two_digits(text: [u8; 2]) -> Option<u8> {
    let (tens, ones) = (text[0].wrapping_sub(b'0'), text[1].wrapping_sub(b'0'));
    (tens < 10 && ones < 10).then(|| tens * 10 + ones)
}

/// Parses an enhanced status code (RFC 3463 section 2) at the beginning of `text`. It must not be followed by a
/// digit or another dotted number, so that an IP address is not taken for one.
#[cfg_attr(hot_path, inline(always))]
pub(crate) fn enhanced(text: &[u8]) -> Option<(Enhanced, &[u8])> {
    match short_enhanced(text) {
        Some(code) => Some((code, &text[5..])),
        None => any_enhanced(text),
    }
}

/// As [`enhanced`], for a code of three single digits, the most frequent form. Without branches, because many
/// texts begin with a word instead.
#[cfg_attr(hot_path, inline(always))]
pub(crate) fn short_enhanced(text: &[u8]) -> Option<Enhanced> {
    let start: &[u8; 8] = text.first_chunk()?;
    let bytes = u64::from_le_bytes(*start) ^ u64::from_le_bytes(*b"0.0.0\0\0\0");
    let five = bytes & 0xff_ffff_ffff;
    let digits = ((five + 0x06_0006_0006) | five) & 0xf0_fff0_fff0 == 0;
    let ends = !start[5].is_ascii_digit() & (start[5] != b'.');
    let code = Enhanced {
        class: five as u8,
        subject: (five >> 16 & 0xff) as u16,
        detail: (five >> 32) as u16,
    };
    (digits & ends).then_some(code)
}

#[inline(never)]
fn any_enhanced(text: &[u8]) -> Option<(Enhanced, &[u8])> {
    let [class @ b'0'..=b'9', b'.', rest @ ..] = text else {
        return None;
    };
    let (subject, rest) = short_number(rest)?;
    let (detail, rest) = short_number(rest.strip_prefix(b".")?)?;
    if matches!(rest, [b'.', b'0'..=b'9', ..]) || matches!(rest, [b'0'..=b'9', ..]) {
        return None;
    }
    Some((
        Enhanced {
            class: class - b'0',
            subject,
            detail,
        },
        rest,
    ))
}

/// Parses a number of one to three digits.
#[inline]
fn short_number(text: &[u8]) -> Option<(u16, &[u8])> {
    let mut value = 0u16;
    let mut at = 0;
    while at < 3 {
        match text
            .get(at)
            .map(|b| b.wrapping_sub(b'0'))
            .filter(|&d| d < 10)
        {
            Some(digit) => value = value * 10 + u16::from(digit),
            None => break,
        }
        at += 1;
    }
    (at > 0).then(|| (value, &text[at..]))
}

/// Parses an address: `<…>` with quoted local parts, which may contain any byte, or without brackets up to the next
/// comma or space. Returns the address without brackets, and the rest.
#[inline]
pub(crate) fn address(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let Some(inner) = text.strip_prefix(b"<") else {
        let end = text
            .iter()
            .position(|&b| b == b',' || b == b' ')
            .unwrap_or(text.len());
        return Some((&text[..end], &text[end..]));
    };
    let mut at = position2(inner, b'>', b'"')?;
    if inner[at] == b'"' {
        // A quoted string ends at an unescaped quote (RFC 5321 section 4.1.2). One that never ends was cut off or
        // forged; then the address ends at the first bracket.
        at = quoted_end(inner, at).or_else(|| memchr::memchr(b'>', inner))?;
    }
    Some((&inner[..at], &inner[at + 1..]))
}

/// The position of the first `>` outside quotes, after an opening quote.
fn quoted_end(text: &[u8], quote: usize) -> Option<usize> {
    let mut quoted = true;
    let mut at = quote + 1;
    while let Some(&byte) = text.get(at) {
        match byte {
            b'\\' if quoted => at += 1,
            b'"' => quoted = !quoted,
            b'>' if !quoted => return Some(at),
            _ => {}
        }
        at += 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_every_length_are_parsed() {
        for text in ["0", "7", "42", "1234567", "12345678", "9999999999999999999"] {
            for rest in ["", ",", " and more of it", ":", "/", "\u{ff}\u{ff}"] {
                let input = format!("{text}{rest}");
                let expected = text.parse().expect("a number");
                let found = number(input.as_bytes());
                assert_eq!(found, Some((expected, rest.as_bytes())), "{input}");
            }
        }
        assert_eq!(
            number(b"99999999999999999999,"),
            Some((u64::MAX, &b","[..]))
        );
        for text in ["", "x", ",1234567", "-1234567", "x1"] {
            assert_eq!(number(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn first_byte_is_found_at_every_position_of_texts_of_every_length() {
        for length in 0..70 {
            let mut text = vec![b'x'; length];
            assert_eq!(position3(&text, b'a', b'b', b'c'), None);
            for at in (0..length).rev() {
                text[at] = [b'a', b'b', b'c'][at % 3];
                let found = position3(&text, b'a', b'b', b'c');
                assert_eq!(found, Some(at), "length {length}");
            }
        }
    }

    #[test]
    fn words_of_a_tag_of_any_length_are_found() {
        for tag in (1..60).map(|length| "t".repeat(length)) {
            for pid in ["1", "12345"] {
                let text = format!("{tag}[{pid}]: a body of [some] more than thirty-two: bytes");
                let blank = tag.len() + pid.len() + 3;
                let found = first_words(text.as_bytes());
                assert_eq!(found, Some((tag.len(), blank)), "{text}");
            }
            for ending in [": no pid", "[1] no colon", " [1]: too late", "[1]"] {
                let text = format!("{tag}{ending:40}");
                assert_eq!(first_words(text.as_bytes()), None, "{text}");
            }
        }
        assert_eq!(first_words(b"too[1]: short"), None);
    }

    #[test]
    fn short_queue_ids_have_five_to_fifteen_digits() {
        for length in 0..=16 {
            for (digit, ending) in [
                ("A", ": "),
                ("0", ": "),
                ("F", ": "),
                ("9", ":x"),
                ("9", "  "),
            ] {
                let text = format!("{}{ending}{:20}", digit.repeat(length), "to=<a>");
                let found = short_queue_id(text.as_bytes().first_chunk().expect("enough"));
                let is_id = (5..=15).contains(&length) && ending == ": ";
                assert_eq!(found, if is_id { length + 2 } else { 0 }, "{text}");
            }
        }
        for text in [
            "ABCDEG: to=<a>   ",
            "abcdef: to=<a>   ",
            "ABC/EF: to=<a>   ",
            "ABC:EF: to=<a>   ",
        ] {
            let found = short_queue_id(text.as_bytes().first_chunk().expect("enough"));
            assert_eq!(found, 0, "{text}");
        }
    }

    #[test]
    fn numbers_of_an_enhanced_code_end_at_the_first_other_byte() {
        for ending in [":", "/", ",", " "] {
            let text = format!("5.12.123{ending}");
            let (code, rest) = enhanced(text.as_bytes()).expect("a code");
            assert_eq!((code.subject, code.detail), (12, 123));
            assert_eq!(rest, ending.as_bytes());
        }
        for text in ["5.:.1", "5.1./", "5..1", "5.1", "5,1.1"] {
            assert_eq!(enhanced(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn ip_address_is_not_an_enhanced_code() {
        assert_eq!(enhanced(b"5.1.10.4 is listed"), None);
        assert_eq!(enhanced(b"4.7.1234"), None);
        let (code, rest) = enhanced(b"4.7.650 busy").expect("a code");
        assert_eq!((code.class, code.subject, code.detail), (4, 7, 650));
        assert_eq!(rest, b" busy");
        assert!(enhanced(b"5.1.1. Sorry").is_some());
    }

    #[test]
    fn quoted_bracket_does_not_end_an_address() {
        let (found, rest) = address(br#"<"a>, relay=x"@example.com>, relay=y"#).expect("address");
        assert_eq!(found, br#""a>, relay=x"@example.com"#);
        assert_eq!(rest, b", relay=y");
        let (found, _) = address(br#"<"a\">b"@example.com>"#).expect("address");
        assert_eq!(found, br#""a\">b"@example.com"#);
        let (found, _) = address(br#"<"a@example.com>, relay=y"#).expect("address");
        assert_eq!(found, br#""a@example.com"#);
        assert_eq!(address(b"<cut@exam"), None);
        assert_eq!(
            address(b"bare@example.com, x"),
            Some((&b"bare@example.com"[..], &b", x"[..]))
        );
    }
}
