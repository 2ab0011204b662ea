//! Parses the delays of delivery records: `delay=0.77, delays=0.07/0/0.2/0.49`.
//!
//! Every delivery record has five of them, with varying numbers of digits. [`delays`] parses the usual forms
//! without data-dependent branches; [`microseconds`] parses any form, including signs and exponents.

use std::hint::select_unpredictable;

use crate::parse::scan::{eight_digits, number};
use crate::simd::{bitmask, bitmask_of, digits};

/// Microseconds in one unit of the last digit, by the number of digits after the decimal point.
const MICROS: [u64; 7] = [1_000_000, 100_000, 10_000, 1_000, 100, 10, 1];

/// Parses a duration in seconds at the beginning of `text`, and returns it in microseconds with the rest of
/// the text. Logs contain negative durations (after a clock was set back) and exponents (`1e+05`). A negative
/// duration is returned as 0; one that does not fit, as the largest `u64`.
pub(crate) fn microseconds(text: &[u8]) -> Option<(u64, &[u8])> {
    let (negative, text) = match text {
        [b'-', rest @ ..] => (true, rest),
        _ => (false, text),
    };
    let (seconds, mut rest) = number(text)?;
    let mut value = seconds.saturating_mul(1_000_000);
    if let [b'.', fraction @ ..] = rest
        && let Some((part, after)) = number(fraction)
    {
        // Postfix writes two digits; those after the sixth are ignored.
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

/// Parses `a/b/c/d`, four durations in microseconds.
pub(crate) fn four_microseconds(text: &[u8]) -> Option<([u64; 4], &[u8])> {
    let mut delays = [0; 4];
    let mut rest = text;
    for (index, delay) in delays.iter_mut().enumerate() {
        if index > 0 {
            rest = rest.strip_prefix(b"/")?;
        }
        (*delay, rest) = microseconds(rest)?;
    }
    Some((delays, rest))
}

/// Parses `, delay=TOTAL, delays=a/b/c/d,`, where each delay has at most five digits before the decimal point
/// and two after it, as Postfix writes them unless `delay_logging_resolution_limit` is set. Returns the total,
/// the four stages (all in microseconds), and the offset of the last comma; `None` for any other form.
///
/// The number of digits varies unpredictably from line to line, so all delays are processed together and
/// without data-dependent branches.
#[cfg_attr(hot_path, inline(always))]
pub(crate) fn delays(text: &[u8]) -> Option<(u64, [u64; 4], usize)> {
    const BEFORE: &[u8; 8] = b", delay=";
    const BETWEEN: &[u8; 9] = b", delays=";
    let window: &[u8; 64] = text.first_chunk()?;
    let (before, values) = window.split_first_chunk()?;
    if before != BEFORE {
        return None;
    }
    // Offsets are counted from the beginning of the total.
    let start: &[u8; MAX_LENGTH] = values.first_chunk()?;
    let mut points = bitmask_of(start, b'.');
    let slashes = bitmask_of(start, b'/');
    let digits = bitmask(start, digits);
    let total = (!(digits | points)).trailing_zeros() as usize;
    let first = total + BETWEEN.len();
    if values.get(total..first)? != BETWEEN {
        return None;
    }
    let before_four = (1 << first) - 1;
    let last = (!(digits | points | slashes | before_four)).trailing_zeros() as usize;
    let four = (1 << last) - (1 << first);
    let slashes = slashes & four;
    let mut ends = 1 << total | slashes | 1 << last;
    let usual = values.get(last) == Some(&b',');
    let mut delays = [0; 5];
    let (mut lengths, mut known) = (0, u64::MAX);
    let mut begin = 0;
    for (index, delay) in delays.iter_mut().enumerate() {
        let end = ends.trailing_zeros();
        ends &= ends.wrapping_sub(1);
        // A second point in one delay is left over, and detected below.
        let point = points.trailing_zeros();
        let has_point = point < end;
        points &= points.wrapping_sub(u64::from(has_point));
        let point = select_unpredictable(has_point, point, end);
        let (before, after) = (point.wrapping_sub(begin), end.wrapping_sub(point));
        begin = if index == 0 { first as u32 } else { end + 1 };
        let mask = DIGIT_MASKS[form(before, after) % FORMS];
        // Eight or more digits before the point, four or more bytes after it, or a missing delay set a high
        // bit.
        lengths |= before | after << 1;
        known &= mask;
        let at = point as usize + BEFORE.len() - 5;
        let digits = window.get(at..at + 8)?.first_chunk()?;
        let digits = u64::from_le_bytes(*digits) & mask;
        // Without the decimal point, the digits are hundredths of a second.
        let hundredths = eight_digits(digits << 16 >> 8 | digits >> 48 << 48);
        *delay = hundredths * 10_000;
    }
    let [total, stages @ ..] = delays;
    let usual = usual & (lengths < 8) & (known != 0) & (points & four == 0) & (ends == 0);
    usual.then_some((total, stages, BEFORE.len() + last))
}

/// The maximum length of the five delays with the text between them, in bytes.
const MAX_LENGTH: usize = 48;

/// The form of a delay: the number of digits before the decimal point, and the number of bytes after them,
/// including the point.
const fn form(before: u32, after: u32) -> usize {
    (before << 2 | after) as usize
}

/// The number of entries in [`DIGIT_MASKS`].
const FORMS: usize = 32;

/// For each form, a mask of the digit values in eight bytes, the sixth of which is the decimal point or the
/// first byte after the number. 0 for a form that [`delays`] does not parse.
const DIGIT_MASKS: [u64; FORMS] = {
    let mut masks = [0; FORMS];
    let mut digits = 1;
    while digits <= 5 {
        let before = (0x0f_0f0f_0f0f >> (40 - 8 * digits)) << (40 - 8 * digits);
        masks[form(digits, 0)] = before;
        masks[form(digits, 2)] = before | 0x0f << 48;
        masks[form(digits, 3)] = before | 0x0f0f << 48;
        digits += 1;
    }
    masks
};

/// Parses an exponent at the beginning of `rest` and scales `value` by it.
#[cold]
fn scaled(mut value: u64, rest: &mut &[u8]) -> u64 {
    let (down, digits) = match &rest[1..] {
        [b'-', digits @ ..] => (true, digits),
        [b'+', digits @ ..] => (false, digits),
        digits => (false, digits),
    };
    if let Some((exponent, after)) = number(digits) {
        // 10^20 exceeds every u64, so further steps would change nothing.
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
        fn fast_and_general_parsers_agree(
            total_text in "[0-9]{0,4}[0-9.eE\\-]{0,4}",
            stages_text in "([0-9]{0,3}[0-9.]{0,3}/){2,4}[0-9]{0,4}[0-9.e\\-]{0,5}",
            end in "(, dsn=2.0.0, status=sent \\(250 2.0.0 Ok: queued as 4F1D7A\\))?.{0,40}",
        ) {
            let text = format!(", delay={total_text}, delays={stages_text}{end}");
            if let Some((total, stages, at)) = delays(text.as_bytes()) {
                let (expected, rest) = microseconds(&text.as_bytes()[8..]).expect("a delay");
                prop_assert_eq!(total, expected);
                let rest = rest.strip_prefix(b", delays=").expect("more of them");
                let (expected, rest) = four_microseconds(rest).expect("four");
                prop_assert_eq!(stages, expected);
                prop_assert_eq!(rest, &text.as_bytes()[at..]);
                prop_assert!(rest.starts_with(b","));
            }
        }
    }

    #[test]
    fn fast_parser_accepts_only_the_usual_forms() {
        let end = ", dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as 4F9D195432C) and more";
        for text in [
            ", delay=0.77, delays=0.07/0/0.2/0.49",
            ", delay=0, delays=0/0/0/0",
            ", delay=86400, delays=86399/0.01/12.34/1",
            ", delay=12345, delays=12345.6/9.99/9999.99/0.0",
        ] {
            let line = format!("{text}{end}");
            let (total, stages, at) = delays(line.as_bytes()).expect(text);
            assert_eq!(at, text.len());
            let (expected, rest) = microseconds(&line.as_bytes()[8..]).expect(text);
            let (expected_stages, _) = four_microseconds(&rest[9..]).expect(text);
            assert_eq!((total, stages), (expected, expected_stages), "{text}");
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
    fn durations_in_every_notation_are_parsed() {
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
    fn fast_parser_accepts_each_delay_in_the_usual_forms_only() {
        let end = ", dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as 4F9D195432C) and more";
        let mut texts = vec![String::new()];
        for length in 0..8 {
            let longest = texts.iter().filter(|it| it.len() == length);
            let longer = longest.flat_map(|text| ["1", "."].map(|byte| format!("{text}{byte}")));
            texts.extend(longer.collect::<Vec<_>>());
        }
        for text in texts {
            let (before, after) = text.split_once('.').map_or((&*text, 1), |(before, after)| {
                (before, if after.contains('.') { 0 } else { after.len() })
            });
            let is_usual = matches!(before.len(), 1..=5) && matches!(after, 1..=2);
            for at in 0..5 {
                let mut all = ["2"; 5];
                all[at] = &text;
                let [total, a, b, c, d] = all;
                let line = format!(", delay={total}, delays={a}/{b}/{c}/{d}{end}");
                let found = delays(line.as_bytes());
                assert_eq!(found.is_some(), is_usual, "{line}");
                let Some((total, stages, _)) = found else {
                    continue;
                };
                let (expected, _) = microseconds(text.as_bytes()).expect("a delay");
                let read = [total, stages[0], stages[1], stages[2], stages[3]];
                for (other, value) in read.into_iter().enumerate() {
                    let expected = if other == at { expected } else { 2_000_000 };
                    assert_eq!(value, expected, "{line}");
                }
            }
        }
    }
}
