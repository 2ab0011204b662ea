//! Small steps over bytes. They stand apart because every parser takes them, and because they are
//! where the time of a line goes: each looks at a byte once and allocates nothing.

use wide::u8x16;

use crate::parse::Enhanced;

/// Where the first byte stands that one of the `wanted` equals. For the short distances inside a
/// line, which are over before a search made for long ones has begun. Nearly all of them end within
/// thirty-two bytes, and a first step of that size is the same for all.
#[inline(always)]
fn first_of<const N: usize>(text: &[u8], wanted: [u8; N]) -> Option<usize> {
    let wide = wanted.map(u8x16::splat);
    let marks = |chunk: &[u8; 16]| {
        let chunk = u8x16::new(*chunk);
        let found = wide.map(|byte| chunk.simd_eq(byte));
        found
            .into_iter()
            .fold(u8x16::ZERO, |all, found| all | found)
            .to_bitmask()
    };
    let mut at = 0;
    if let Some(first) = text.first_chunk::<32>() {
        let (halves, _) = first.as_chunks::<16>();
        let found = marks(&halves[0]) | marks(&halves[1]) << 16;
        if found != 0 {
            return Some(found.trailing_zeros() as usize);
        }
        at = 32;
    }
    while let Some(chunk) = text[at..].first_chunk::<16>() {
        let found = marks(chunk);
        if found != 0 {
            return Some(at + found.trailing_zeros() as usize);
        }
        at += 16;
    }
    text[at..]
        .iter()
        .position(|byte| wanted.contains(byte))
        .map(|rest| at + rest)
}

/// Where the byte first stands; for short distances.
#[inline(always)]
pub(crate) fn position(text: &[u8], byte: u8) -> Option<usize> {
    first_of(text, [byte])
}

/// Where the first of two bytes stands; for short distances.
#[inline(always)]
pub(crate) fn position2(text: &[u8], a: u8, b: u8) -> Option<usize> {
    first_of(text, [a, b])
}

/// Where the first of three bytes stands; for short distances.
#[inline(always)]
pub(crate) fn position3(text: &[u8], a: u8, b: u8, c: u8) -> Option<usize> {
    first_of(text, [a, b, c])
}

/// How many bytes two texts have in common at their beginning.
#[inline(always)]
pub(crate) fn same_bytes(a: &[u8; 32], b: &[u8; 32]) -> usize {
    let ([a, c], [b, d]) = (halves(a), halves(b));
    let same = a.simd_eq(b).to_bitmask() | c.simd_eq(d).to_bitmask() << 16;
    (!same).trailing_zeros() as usize
}

#[inline(always)]
fn halves(bytes: &[u8; 32]) -> [u8x16; 2] {
    let (halves, _) = bytes.as_chunks::<16>();
    [u8x16::new(halves[0]), u8x16::new(halves[1])]
}

/// Splits `tag[pid]: body` into the tag and the body, if the frame ends within thirty-two bytes:
/// the marks of all of it in one look.
#[inline(always)]
pub(crate) fn short_tag_and_body(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let [low, high] = halves(text.first_chunk()?);
    let marks = |byte: u8| {
        let byte = u8x16::splat(byte);
        low.simd_eq(byte).to_bitmask() | high.simd_eq(byte).to_bitmask() << 16
    };
    let blank = marks(b' ').trailing_zeros() as usize;
    let bracket = marks(b'[').trailing_zeros() as usize;
    // The first blank is the one behind `]:`, so that neither tag nor pid holds one.
    match text.get(blank.checked_sub(2)?..)? {
        [b']', b':', b' ', body @ ..] if bracket < blank => Some((&text[..bracket], body)),
        _ => None,
    }
}

/// The length of the hexadecimal digits in upper case that `text` begins with, if a colon follows
/// them within its first sixteen bytes: a short queue id, as a guess made at once.
#[inline]
pub(crate) fn hexadecimal_name(text: &[u8]) -> Option<usize> {
    let bytes = u8x16::new(*text.first_chunk::<16>()?);
    let colon = bytes.simd_eq(u8x16::splat(b':')).to_bitmask();
    let digits = within(bytes, b'0', b'9') | within(bytes, b'A', b'F');
    let length = (!digits).trailing_zeros();
    (colon >> length & 1 == 1).then_some(length as usize)
}

/// Marks the bytes from `low` to `high`.
#[inline(always)]
fn within(bytes: u8x16, low: u8, high: u8) -> u32 {
    let above = bytes - u8x16::splat(low);
    above
        .min(u8x16::splat(high - low))
        .simd_eq(above)
        .to_bitmask()
}

/// Splits at the first `byte`, which belongs to neither half; for short distances.
#[inline]
pub(crate) fn split(text: &[u8], byte: u8) -> Option<(&[u8], &[u8])> {
    let at = position(text, byte)?;
    Some((&text[..at], &text[at + 1..]))
}

/// Splits at the first occurrence of `pattern`, which belongs to neither half. For patterns of a few
/// bytes: a general search would take longer to get ready than to find them.
#[inline]
pub(crate) fn split_on<'a>(text: &'a [u8], pattern: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
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

/// Splits at the last occurrence of `pattern`, which belongs to neither half.
#[inline]
pub(crate) fn rsplit_on<'a>(text: &'a [u8], pattern: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let at = memchr::memmem::rfind(text, pattern)?;
    Some((&text[..at], &text[at + pattern.len()..]))
}

/// Reads a decimal number of at least one digit; one of 20 digits or more is the largest `u64`.
#[inline]
pub(crate) fn number(text: &[u8]) -> Option<(u64, &[u8])> {
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
    // Nineteen digits always fit.
    let value = if digits < 20 { value } else { u64::MAX };
    (digits > 0).then(|| (value, &text[digits..]))
}

/// Reads two digits.
#[inline]
pub(crate) fn two_digits(text: [u8; 2]) -> Option<u8> {
    let (tens, ones) = (text[0].wrapping_sub(b'0'), text[1].wrapping_sub(b'0'));
    (tens < 10 && ones < 10).then(|| tens * 10 + ones)
}

/// Microseconds in a unit of the last of so many digits behind the point.
const MICROS: [u64; 7] = [1_000_000, 100_000, 10_000, 1_000, 100, 10, 1];

/// Reads a time span in seconds, as microseconds. Logs hold negative spans (a clock was set back)
/// and exponents (`1e+05`); a negative one is 0, and what is too large is the largest `u64`.
#[inline(always)]
pub(crate) fn microseconds(text: &[u8]) -> Option<(u64, &[u8])> {
    match text.first_chunk::<8>() {
        Some(start) => short_microseconds(start)
            .map(|(value, length)| (value, &text[length..]))
            .or_else(|| any_microseconds(text)),
        None => any_microseconds(text),
    }
}

/// A time span of at most seven characters with at most one point, and its length. Spans have many
/// forms, in no order that a processor could predict: so all eight bytes are looked at together, and
/// no step depends on what they are.
#[inline(always)]
fn short_microseconds(start: &[u8; 8]) -> Option<(u64, usize)> {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = ONES << 7;
    let bytes = u64::from_le_bytes(*start);
    // The high bit of each byte that is a digit, or a point. Bytes from 0x80 on are neither.
    let digits = {
        let low = (bytes & !HIGH) ^ (ONES * 0x30);
        !(low + ONES * 0x76) & !bytes & HIGH
    };
    let points = {
        let low = (bytes & !HIGH) ^ (ONES * u64::from(b'.'));
        !(low + ONES * 0x7f) & !bytes & HIGH
    };
    let length = ((digits | points) ^ HIGH).trailing_zeros() as usize / 8;
    let within = u64::MAX >> (63 - (8 * length as u32).min(63)) >> 1;
    let points = points & within;
    let point = (points.trailing_zeros() as usize / 8).min(length);
    let fraction = (length - point).saturating_sub(1);
    // An `e` or a further digit goes on with the number; a span begins and ends with a digit.
    let one_point = points & points.wrapping_sub(1) == 0;
    let plain = (1..8).contains(&length)
        && one_point
        && digits & 0x80 != 0
        && point != length.wrapping_sub(1)
        && !matches!(start[length], b'e' | b'E');
    if !plain {
        return None;
    }
    let before = (1u64 << (8 * point)) - 1;
    let whole = bytes & before;
    let rest = (bytes >> 8) & within & !before;
    let count = length - usize::from(points != 0);
    // The digits at the upper end, behind leading zeros.
    let all = ((whole | if points == 0 { 0 } else { rest }) & (ONES * 0x0f)) << (8 * (8 - count));
    let pairs = (all.wrapping_mul(10 << 8 | 1) >> 8) & 0x00ff_00ff_00ff_00ff;
    let fours = (pairs.wrapping_mul(100 << 16 | 1) >> 16) & 0x0000_ffff_0000_ffff;
    let value = fours.wrapping_mul(10_000 << 32 | 1) >> 32;
    Some((value * MICROS[fraction], length))
}

fn any_microseconds(text: &[u8]) -> Option<(u64, &[u8])> {
    let (negative, text) = match text {
        [b'-', rest @ ..] => (true, rest),
        _ => (false, text),
    };
    let (whole, mut rest) = number(text)?;
    let mut value = whole.saturating_mul(1_000_000);
    if let [b'.', fraction @ ..] = rest
        && let Some((part, after)) = number(fraction)
    {
        // Postfix writes two digits; beyond six they say nothing.
        let digits = fraction.len() - after.len();
        value = value.saturating_add(match MICROS.get(digits) {
            Some(unit) => part * unit,
            None => number(&fraction[..6]).map_or(0, |(micros, _)| micros),
        });
        rest = after;
    }
    let [b'e' | b'E', ..] = rest else {
        return Some((if negative { 0 } else { value }, rest));
    };
    Some((
        if negative {
            0
        } else {
            scaled(value, &mut rest)
        },
        rest,
    ))
}

/// Reads an exponent off `rest` and scales by it.
#[cold]
fn scaled(mut value: u64, rest: &mut &[u8]) -> u64 {
    let (down, digits) = match &rest[1..] {
        [b'-', digits @ ..] => (true, digits),
        [b'+', digits @ ..] => (false, digits),
        digits => (false, digits),
    };
    if let Some((exponent, after)) = number(digits) {
        // 10^20 exceeds every u64: more steps would change nothing.
        for _ in 0..exponent.min(20) {
            value = if down {
                value / 10
            } else {
                value.saturating_mul(10)
            };
        }
        *rest = after;
    }
    value
}

/// Reads an enhanced status code (RFC 3463 section 2) at the very start of `text`. It ends where
/// no digit and no further dotted number follows, so that the start of an address is none.
#[inline]
pub(crate) fn enhanced(text: &[u8]) -> Option<(Enhanced, &[u8])> {
    // Most have one digit in each place.
    if let &[
        class @ b'0'..=b'9',
        b'.',
        subject @ b'0'..=b'9',
        b'.',
        detail @ b'0'..=b'9',
        next,
        ..,
    ] = text
        && !next.is_ascii_digit()
        && next != b'.'
    {
        let code = Enhanced {
            class: class - b'0',
            subject: u16::from(subject - b'0'),
            detail: u16::from(detail - b'0'),
        };
        return Some((code, &text[5..]));
    }
    any_enhanced(text)
}

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

/// Reads a number of one to three digits.
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

/// Reads an address as logs write it: `<…>` with quoted local parts, in which a sender may put any
/// byte, or bare up to the next comma or blank. Returns the address without its brackets.
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
        // A quoted string ends at an unescaped quote (RFC 5321 section 4.1.2). One that never ends
        // was cut or forged: the first bracket is then the best guess.
        at = quoted_end(inner, at).or_else(|| memchr::memchr(b'>', inner))?;
    }
    Some((&inner[..at], &inner[at + 1..]))
}

/// The first `>` outside of quotes, seen from an opening quote.
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

/// The domain of an address: what follows its last `@`; empty if it has none.
#[inline]
pub(crate) fn domain_of(address: &[u8]) -> &[u8] {
    match memchr::memrchr(b'@', address) {
        Some(at) => &address[at + 1..],
        None => b"",
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn short_spans_are_read_as_all_others(text in "[0-9.]{0,9}[0-9.,/eEx\\-é]{0,9}") {
            if let Some(start) = text.as_bytes().first_chunk()
                && let Some((value, length)) = short_microseconds(start)
            {
                let any = any_microseconds(text.as_bytes());
                prop_assert_eq!(any, Some((value, &text.as_bytes()[length..])));
            }
        }
    }

    #[test]
    fn spans_of_every_notation() {
        for (text, expected) in [
            ("2.5", 2_500_000),
            ("0", 0),
            ("0.02/", 20_000),
            ("3/", 3_000_000),
            ("3.4,", 3_400_000),
            ("3.45,", 3_450_000),
            ("-0.01", 0),
            ("1e+05", 100_000_000_000),
            ("1.2e-3", 1_200),
            ("89758", 89_758_000_000),
            ("1.", 1_000_000),
            ("1..2", 1_000_000),
            ("1234567", 1_234_567_000_000),
            ("12345678", 12_345_678_000_000),
            ("0.12345", 123_450),
            ("123.456", 123_456_000),
            ("99999999999999999999", u64::MAX),
            ("0.0000001", 0),
            ("0.1234567", 123_456),
            ("7.", 7_000_000),
        ] {
            let (value, _) = microseconds(text.as_bytes()).expect(text);
            assert_eq!(value, expected, "{text}");
        }
        assert_eq!(microseconds(b"x"), None);
    }

    #[test]
    fn an_address_of_the_network_is_no_enhanced_code() {
        assert_eq!(enhanced(b"5.1.10.4 is listed"), None);
        assert_eq!(enhanced(b"4.7.1234"), None);
        let (code, rest) = enhanced(b"4.7.650 busy").expect("a code");
        assert_eq!((code.class, code.subject, code.detail), (4, 7, 650));
        assert_eq!(rest, b" busy");
        assert!(enhanced(b"5.1.1. Sorry").is_some());
    }

    #[test]
    fn quotes_keep_brackets_inside_an_address() {
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
