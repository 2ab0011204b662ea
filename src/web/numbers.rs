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

/// A rate or another figure that need not be whole. One above zero is never shown as zero.
pub fn rate(rate: f64) -> String {
    match rate {
        rate if rate <= 0.0 => "0".to_owned(),
        rate if rate < 0.1 => "<0.1".to_owned(),
        rate if rate < 9.95 => one_decimal(rate),
        rate => thousands(rate.round() as u64),
    }
}

/// With one decimal, unless that is zero.
fn one_decimal(number: f64) -> String {
    let text = format!("{number:.1}");
    text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
}

/// A share from 0 to 1 in percent. Less than all is never shown as all, nor more than nothing as nothing.
pub fn percent(share: f64, language: Language) -> String {
    let space = match language {
        Language::En => "\u{202f}",
        Language::Zh => "",
    };
    let number = match share * 100.0 {
        percent if percent <= 0.0 => "0".to_owned(),
        percent if percent < 0.1 => "<0.1".to_owned(),
        percent if percent < 9.95 => one_decimal(percent),
        percent if percent < 100.0 => format!("{:.0}", percent.min(99.0)),
        percent => format!("{percent:.0}"),
    };
    format!("{number}{space}%")
}

/// How many times as much as usual: `×280`, `×0.9`.
pub fn factor(factor: f64) -> String {
    format!("×{}", rate(factor))
}

/// A span of seconds in its largest unit that has at least two of it.
pub fn duration(seconds: i64, language: Language) -> String {
    let seconds = seconds.max(0);
    let (number, en, zh) = match seconds {
        0..120 => (seconds, "s", "秒"),
        120..7_200 => (seconds / 60, "min", "分钟"),
        7_200..172_800 => (seconds / 3_600, "h", "小时"),
        _ => (seconds / 86_400, "d", "天"),
    };
    match language {
        Language::En => format!("{number} {en}"),
        Language::Zh => format!("{number} {zh}"),
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
        for (number, text) in [
            (0.0, "0"),
            (0.01, "<0.1"),
            (0.1, "0.1"),
            (0.96, "1"),
            (8.44, "8.4"),
            (9.96, "10"),
            (84.4, "84"),
            (1234.0, "1,234"),
        ] {
            assert_eq!(rate(number), text);
        }
        assert_eq!(factor(280.3), "×280");
        for (share, text) in [
            (0.0, "0%"),
            (0.0001, "<0.1%"),
            (0.008, "0.8%"),
            (0.053, "5.3%"),
            (0.01, "1%"),
            (0.666, "67%"),
            (0.9999, "99%"),
            (1.0, "100%"),
        ] {
            assert_eq!(percent(share, Language::Zh), text);
        }
        assert_eq!(percent(0.96, Language::En), "96\u{202f}%");
    }

    #[test]
    fn durations_are_in_their_largest_unit() {
        for (seconds, text) in [
            (-5, "0 s"),
            (40, "40 s"),
            (119, "119 s"),
            (1_400, "23 min"),
            (7_100, "118 min"),
            (15_000, "4 h"),
            (200_000, "2 d"),
        ] {
            assert_eq!(duration(seconds, Language::En), text);
        }
        assert_eq!(duration(1_400, Language::Zh), "23 分钟");
    }
}
