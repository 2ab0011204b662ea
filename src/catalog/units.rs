//! Durations in whole seconds, and how durations, counts and shares are written.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer};

/// A duration in whole seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span(pub u32);

impl Span {
    /// The number of seconds.
    pub fn seconds(self) -> i64 {
        i64::from(self.0)
    }

    /// The duration with a unit symbol for texts: `5 min`, `1 h`.
    pub fn with_symbol(self) -> String {
        let (number, unit) = self.in_largest_unit();
        match unit {
            'w' => format!("{} d", number * 7),
            'm' => format!("{number} min"),
            unit => format!("{number} {unit}"),
        }
    }

    /// The number and the largest unit of which the duration is a whole multiple.
    fn in_largest_unit(self) -> (u32, char) {
        let whole = UNITS
            .iter()
            .find(|(_, seconds)| self.0 != 0 && self.0.is_multiple_of(*seconds));
        let (unit, seconds) = whole.copied().unwrap_or(('s', 1));
        (self.0 / seconds, unit)
    }
}

/// Units with their length in seconds, in descending order.
const UNITS: [(char, u32); 5] = [
    ('w', 604_800),
    ('d', 86_400),
    ('h', 3_600),
    ('m', 60),
    ('s', 1),
];

impl fmt::Display for Span {
    /// As in Prometheus, in the largest unit of which it is a whole multiple: `90s`, `5m`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (number, unit) = self.in_largest_unit();
        write!(f, "{number}{unit}")
    }
}

impl FromStr for Span {
    type Err = ();

    /// A whole number and a unit, such as `5m`.
    fn from_str(text: &str) -> Result<Self, ()> {
        let unit = text.chars().next_back().ok_or(())?;
        let (_, seconds) = UNITS.iter().find(|(name, _)| *name == unit).ok_or(())?;
        let number = text.strip_suffix(unit).ok_or(())?;
        if !number.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(());
        }
        let number: u32 = number.parse().map_err(|_| ())?;
        number.checked_mul(*seconds).map(Span).ok_or(())
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse()
            .map_err(|()| serde::de::Error::custom(format!("{text:?} is not a valid duration")))
    }
}

/// A count with a comma after every three digits: `1,526`.
pub fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A share as a percentage with four significant digits, like `humanizePercentage` in Prometheus templates.
pub fn percentage(share: f64) -> String {
    let percent = share * 100.0;
    let digits = if percent > 0.0 {
        percent.log10().floor() as i32 + 1
    } else {
        1
    };
    let decimals = usize::try_from(4 - digits).unwrap_or(0);
    let text = format!("{percent:.decimals$}");
    let text = match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.'),
        false => &text,
    };
    format!("{text}%")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentages_have_four_significant_digits() {
        for (share, text) in [
            (0.0, "0%"),
            (1.0, "100%"),
            (0.5, "50%"),
            (0.123_456, "12.35%"),
            (0.000_512_34, "0.05123%"),
            (0.999_96, "100%"),
        ] {
            assert_eq!(percentage(share), text);
        }
    }

    #[test]
    fn counts_are_grouped_by_thousands() {
        for (count, text) in [
            (0, "0"),
            (999, "999"),
            (1_526, "1,526"),
            (100_000, "100,000"),
            (1_234_567, "1,234,567"),
        ] {
            assert_eq!(grouped(count), text);
        }
    }

    #[test]
    fn durations_are_written_in_their_largest_unit() {
        for (seconds, plain, symbol) in [
            (0, "0s", "0 s"),
            (90, "90s", "90 s"),
            (300, "5m", "5 min"),
            (21_600, "6h", "6 h"),
            (604_800, "1w", "7 d"),
        ] {
            assert_eq!(Span(seconds).to_string(), plain);
            assert_eq!(Span(seconds).with_symbol(), symbol);
            assert_eq!(plain.parse(), Ok(Span(seconds)));
        }
    }
}
