//! Time spans as logs write them: `delay=0.77, delays=0.07/0/0.2/0.49`.
//!
//! They stand apart because five of them are on every delivery record, in many forms and in no order:
//! those of nearly all records are read with no step that depends on what they are, and the rest, with
//! signs and exponents, one by one.

use crate::parse::scan::{digits, eight_digits, marks, marks_of, number};

/// Microseconds in a unit of the last of so many digits behind the point; none beyond six.
const MICROS: [u64; 8] = [1_000_000, 100_000, 10_000, 1_000, 100, 10, 1, 0];

/// Reads a time span in seconds, as microseconds. Logs hold negative spans (a clock was set back)
/// and exponents (`1e+05`); a negative one is 0, and what is too large is the largest `u64`.
pub(crate) fn microseconds(text: &[u8]) -> Option<(u64, &[u8])> {
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
        value = value.saturating_add(match MICROS[..7].get(digits) {
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

/// Reads `a/b/c/d`, four time spans.
pub(crate) fn four_microseconds(text: &[u8]) -> Option<([u64; 4], &[u8])> {
    let mut spans = [0; 4];
    let mut rest = text;
    for (place, span) in spans.iter_mut().enumerate() {
        if place > 0 {
            rest = rest.strip_prefix(b"/")?;
        }
        (*span, rest) = microseconds(rest)?;
    }
    Some((spans, rest))
}

/// Reads `total, delays=a/b/c/d,`, where each span has at most seven characters: nothing but digits,
/// and at most one point between. Returns the total, the four, and where the last comma is. Spans have
/// many forms, in no order that a processor could predict: so all are looked at together, and no step
/// depends on what they are.
#[inline(always)]
pub(crate) fn delays(text: &[u8]) -> Option<(u64, [u64; 4], usize)> {
    const WORDS: &[u8; 9] = b", delays=";
    // Eight bytes are taken from where a span begins.
    let window: &[u8; LONGEST + 8] = text.first_chunk()?;
    let start: &[u8; LONGEST] = window.first_chunk()?;
    let mut points = marks_of(start, b'.');
    let slashes = marks_of(start, b'/');
    let digits = marks(start, digits);
    let total = (!(digits | points)).trailing_zeros() as usize;
    let first = total + WORDS.len();
    if text.get(total..first)? != WORDS {
        return None;
    }
    let last = (!(digits | points | slashes | (1 << first) - 1)).trailing_zeros() as usize;
    let four = (1 << last) - (1 << first);
    let slashes = slashes & four;
    // A span begins and ends with a digit.
    let edges = 1 | 1 << (total.wrapping_sub(1) & 63) | 1 << first | 1 << (last - 1);
    let mut usual = ((edges | slashes << 1 | slashes >> 1) & !digits == 0)
        & (slashes.count_ones() == 3)
        & (text.get(last) == Some(&b','));
    let mut span = |from: usize, to: usize| {
        // A second point in a span would be left for the next one, and in the end for none.
        let point = points.trailing_zeros() as usize;
        let has_point = point < to;
        points &= points.wrapping_sub(u64::from(has_point));
        usual &= (point >= from) & (to.wrapping_sub(from).wrapping_sub(1) < 7);
        let bytes = window.get(from..).and_then(|rest| rest.first_chunk())?;
        let whole = if has_point { point } else { to }.wrapping_sub(from);
        Some(decimal(
            u64::from_le_bytes(*bytes),
            to.wrapping_sub(from),
            whole,
        ))
    };
    let sum = span(0, total)?;
    let mut spans = [0; 4];
    let (mut from, mut ends) = (first, slashes | 1 << last);
    for stage in &mut spans {
        let to = ends.trailing_zeros() as usize;
        ends &= ends.wrapping_sub(1);
        *stage = span(from, to)?;
        from = to + 1;
    }
    (usual && points & four == 0).then_some((sum, spans, last))
}

/// Bytes of the longest `total, delays=a/b/c/d,` that is read at a look.
const LONGEST: usize = 48;

/// The lowest bytes of a number, so many of them.
const LOWEST: [u64; 8] = {
    let mut masks = [0; 8];
    let mut bytes = 1;
    while bytes < 8 {
        masks[bytes] = masks[bytes - 1] << 8 | 0xff;
        bytes += 1;
    }
    masks
};

/// Millionths of the decimal number in the lowest `size` bytes, at most seven, of which `whole` stand
/// before the point, if there is one.
#[inline(always)]
fn decimal(bytes: u64, size: usize, whole: usize) -> u64 {
    let (size, whole) = (size & 7, whole & 7);
    let behind = size.wrapping_sub(whole);
    let has_point = usize::from(behind != 0);
    // The point is taken out, then the digits are moved to the upper end, behind zeros; what stands
    // behind the number falls out there.
    let before = LOWEST[whole];
    let digits = bytes & before | bytes >> 8 & !before;
    let all = (digits & 0x0f0f_0f0f_0f0f_0f0f) << ((8 * (8 - size + has_point)) & 63);
    let value = eight_digits(all);
    value * MICROS[behind.wrapping_sub(has_point) & 7]
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn delays_seen_at_a_look_are_those_read_one_by_one(
            total in "[0-9]{0,4}[0-9.eE\\-]{0,4}",
            spans in "([0-9]{0,3}[0-9.]{0,3}/){2,4}[0-9]{0,4}[0-9.e\\-]{0,5}",
            end in "(, dsn=2.0.0, status=sent \\(250 2.0.0 Ok: queued as 4F1D7A\\))?.{0,40}",
        ) {
            let text = format!("{total}, delays={spans}{end}");
            if let Some((seen, seen_spans, at)) = delays(text.as_bytes()) {
                let (read, rest) = microseconds(text.as_bytes()).expect("a span");
                prop_assert_eq!(seen, read);
                let rest = rest.strip_prefix(b", delays=").expect("more of them");
                let (read_spans, rest) = four_microseconds(rest).expect("four");
                prop_assert_eq!(seen_spans, read_spans);
                prop_assert_eq!(rest, &text.as_bytes()[at..]);
                prop_assert!(rest.starts_with(b","));
            }
        }
    }

    #[test]
    fn usual_delays_are_seen_at_a_look() {
        let end = ", dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as 4F9D195432C) and more";
        for text in [
            "0.77, delays=0.07/0/0.2/0.49",
            "0, delays=0/0/0/0",
            "432000, delays=431999/0.01/12.345/1",
            "1234567, delays=1234567/9.99999/9999.99/0.00001",
        ] {
            let whole = format!("{text}{end}");
            let (_, _, at) = delays(whole.as_bytes()).expect(text);
            assert_eq!(at, text.len());
        }
        for text in [
            "1, delays=0/0/0",
            "1, delays=0/0/0/0/0",
            "1, delays=0/0//0",
            "1, delays=1e+05/0/0/0",
            "1, delays=-1/0/0/0",
            "1, delays=12345678/0/0/0",
            "1, delays=1..2/0/0/0",
            ".5, delays=0/0/0/1",
            "12345678, delays=0/0/0/0",
            ", delays=0/0/0/0",
        ] {
            assert_eq!(delays(format!("{text}{end}").as_bytes()), None, "{text}");
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
}
