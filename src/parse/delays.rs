//! Time spans as logs write them: `delay=0.77, delays=0.07/0/0.2/0.49`.
//!
//! They stand apart because five of them are on every delivery record, in many forms and in no order:
//! those of nearly all records are read with no step that depends on what they are, and the rest, with
//! signs and exponents, one by one.

use std::hint::select_unpredictable;

use crate::parse::scan::{eight_digits, number};
use crate::simd::{digits, marks, marks_of};

/// Microseconds in a unit of the last of so many digits behind the point.
const MICROS: [u64; 7] = [1_000_000, 100_000, 10_000, 1_000, 100, 10, 1];

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

/// Reads `, delay=TOTAL, delays=a/b/c/d,`, where each span has at most five digits before its point and
/// two behind it, as Postfix writes them unless `delay_logging_resolution_limit` says otherwise. Returns
/// the total, the four, and where the last comma is. Spans have many forms, in no order that a processor
/// could predict: so all are looked at together, and no step depends on what they are.
#[inline(always)]
pub(crate) fn delays(text: &[u8]) -> Option<(u64, [u64; 4], usize)> {
    const BEFORE: &[u8; 8] = b", delay=";
    const BETWEEN: &[u8; 9] = b", delays=";
    let window: &[u8; 64] = text.first_chunk()?;
    let (before, spans) = window.split_first_chunk()?;
    if before != BEFORE {
        return None;
    }
    // Places are counted from where the total begins.
    let start: &[u8; LONGEST] = spans.first_chunk()?;
    let mut points = marks_of(start, b'.');
    let slashes = marks_of(start, b'/');
    let digits = marks(start, digits);
    let total = (!(digits | points)).trailing_zeros() as usize;
    let first = total + BETWEEN.len();
    if spans.get(total..first)? != BETWEEN {
        return None;
    }
    let before_four = (1 << first) - 1;
    let last = (!(digits | points | slashes | before_four)).trailing_zeros() as usize;
    let four = (1 << last) - (1 << first);
    let slashes = slashes & four;
    let starts = 1 | 1 << first | slashes << 1;
    let mut ends = 1 << total | slashes | 1 << last;
    // A span begins and ends with a digit.
    let usual = ((starts | ends >> 1) & !digits == 0) & (spans.get(last) == Some(&b','));
    let mut found = [0; 5];
    let (mut lengths, mut known) = (0, u64::MAX);
    let mut from = 0;
    for (place, span) in found.iter_mut().enumerate() {
        let to = ends.trailing_zeros();
        ends &= ends.wrapping_sub(1);
        // A second point in a span would be left for the next one, or in the end for none.
        let point = points.trailing_zeros();
        let has_point = point < to;
        points &= points.wrapping_sub(u64::from(has_point));
        let point = select_unpredictable(has_point, point, to);
        let (whole, behind) = (point.wrapping_sub(from), to.wrapping_sub(point));
        from = if place == 0 { first as u32 } else { to + 1 };
        let worth = DIGITS[form(whole, behind) % FORMS];
        // Eight and more before the point, or four and more behind it, leave a high bit; so does a span
        // that is not there.
        lengths |= whole | behind << 1;
        known &= worth;
        let at = point as usize + BEFORE.len() - 5;
        let digits = window.get(at..at + 8)?.first_chunk()?;
        let digits = u64::from_le_bytes(*digits) & worth;
        // Without the point between them they are hundredths of a second.
        let hundredths = eight_digits(digits << 16 >> 8 | digits >> 48 << 48);
        *span = hundredths * 10_000;
    }
    let [total, stages @ ..] = found;
    let usual = usual & (lengths < 8) & (known != 0) & (points & four == 0) & (ends == 0);
    usual.then_some((total, stages, BEFORE.len() + last))
}

/// Bytes in which the five spans end.
const LONGEST: usize = 48;

/// A span by how many digits stand before its point, and how many bytes follow them before its end, the
/// point among them.
const fn form(whole: u32, behind: u32) -> usize {
    (whole << 2 | behind) as usize
}

/// Forms that have a place in [`DIGITS`].
const FORMS: usize = 32;

/// Of eight bytes, the sixth of which is a point or follows the number, what its digits are worth, by its
/// form. All have the last digit before the point; a form that is not read at a look has none.
const DIGITS: [u64; FORMS] = {
    let mut masks = [0; FORMS];
    let mut whole = 1;
    while whole <= 5 {
        let before = (0x0f_0f0f_0f0f >> (40 - 8 * whole)) << (40 - 8 * whole);
        masks[form(whole, 0)] = before;
        masks[form(whole, 2)] = before | 0x0f << 48;
        masks[form(whole, 3)] = before | 0x0f0f << 48;
        whole += 1;
    }
    masks
};

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
            let text = format!(", delay={total}, delays={spans}{end}");
            if let Some((seen, seen_spans, at)) = delays(text.as_bytes()) {
                let (read, rest) = microseconds(&text.as_bytes()[8..]).expect("a span");
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
            ", delay=0.77, delays=0.07/0/0.2/0.49",
            ", delay=0, delays=0/0/0/0",
            ", delay=86400, delays=86399/0.01/12.34/1",
            ", delay=12345, delays=12345.6/9.99/9999.99/0.0",
        ] {
            let whole = format!("{text}{end}");
            let (total, stages, at) = delays(whole.as_bytes()).expect(text);
            assert_eq!(at, text.len());
            let (read, rest) = microseconds(&whole.as_bytes()[8..]).expect(text);
            let (read_stages, _) = four_microseconds(&rest[9..]).expect(text);
            assert_eq!((total, stages), (read, read_stages), "{text}");
        }
        for text in [
            ", delay=1, delays=0/0/0",
            ", delay=1, delays=0/0/0/0/0",
            ", delay=1, delays=0/0//0",
            ", delay=1, delays=1e+05/0/0/0",
            ", delay=1, delays=-1/0/0/0",
            ", delay=1, delays=123456/0/0/0",
            ", delay=1, delays=0.123/0/0/0",
            ", delay=1, delays=12.345/0/0/0",
            ", delay=1, delays=1.2345678/0/0/0",
            ", delay=1, delays=1..2/0/0/0",
            ", delay=1, delays=1/0/0/1.2.3",
            ", delay=.5, delays=0/0/0/1",
            ", delay=5., delays=0/0/0/1",
            ", delay=123456, delays=0/0/0/0",
            ", delay=, delays=0/0/0/0",
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
