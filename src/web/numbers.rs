//! Numbers formatted for people.

use crate::catalog::Language;

/// A number with a comma between each group of three digits.
pub fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A number of bytes in a suitable binary unit.
pub fn byte_size(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["KiB", "MiB", "GiB", "TiB", "PiB"];
    if bytes < 1024 {
        return format!("{bytes} B");
    }
    let mut value = bytes as f64 / 1024.0;
    let mut unit = 0;
    while value >= 1024.0 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    format!("{value:.1} {}", UNITS[unit])
}

/// A rate per second, shown per minute. A rate above zero is never shown as zero.
pub fn per_minute(rate: f64, language: Language) -> String {
    let unit = match language {
        Language::En => "min",
        Language::Zh => "分钟",
    };
    match rate * 60.0 {
        rate if rate > 0.0 && rate < 0.1 => format!("<0.1/{unit}"),
        rate => format!("{rate:.1}/{unit}"),
    }
}

/// A share from 0 to 1 in percent.
pub fn percent(share: f64) -> String {
    match share * 100.0 {
        percent if percent < 1.0 => "<1%".to_owned(),
        percent => format!("{percent:.0}%"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_formatted_for_people() {
        assert_eq!(thousands(0), "0");
        assert_eq!(thousands(999), "999");
        assert_eq!(thousands(1_234_567), "1,234,567");
        assert_eq!(byte_size(1023), "1023 B");
        assert_eq!(byte_size(1536), "1.5 KiB");
        assert_eq!(byte_size(3 << 30), "3.0 GiB");
        assert_eq!(per_minute(0.0, Language::En), "0.0/min");
        assert_eq!(per_minute(0.001, Language::Zh), "<0.1/分钟");
        assert_eq!(per_minute(0.5, Language::En), "30.0/min");
        assert_eq!(percent(0.001), "<1%");
        assert_eq!(percent(0.666), "67%");
    }
}
