//! Durations in whole seconds, written as in Prometheus: `90s`, `5m`, `1h`.

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
    /// In the largest unit of which it is a whole multiple.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole = UNITS
            .iter()
            .find(|(_, seconds)| self.0 != 0 && self.0.is_multiple_of(*seconds));
        let (unit, seconds) = whole.copied().unwrap_or(('s', 1));
        write!(f, "{}{unit}", self.0 / seconds)
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
