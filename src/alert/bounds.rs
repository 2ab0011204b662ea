//! What a number of failures proves about the share of failures: the bounds of Wilson's score interval.
//!
//! With z = 3 each bound is wrong once in 741 times (0.135 %). That is rare enough for the many series that are tested
//! with every step, because the windows of neighbouring steps overlap. A bound works for 9 events as for 9,000,000, so
//! no rule needs a floor that only large sites reach. Source: E. B. Wilson, "Probable Inference, the Law of Succession,
//! and Statistical Inference", 1927.

/// The quantile of the normal distribution.
const Z: f64 = 3.0;

/// The share that `failed` of `all` events prove: 9 of 9 prove one half, 81 of 81 prove 90 %. 0 if there are none.
pub(super) fn lower(failed: u64, all: u64) -> f64 {
    bound(failed, all, -1.0).max(0.0)
}

/// The highest share that is compatible with `failed` of `all` events. 1 if there are none.
pub(super) fn upper(failed: u64, all: u64) -> f64 {
    bound(failed, all, 1.0).min(1.0)
}

fn bound(failed: u64, all: u64, sign: f64) -> f64 {
    let (failed, all) = (failed.min(all) as f64, all as f64);
    let spread = Z * (failed - failed * failed / all.max(1.0) + Z * Z / 4.0).sqrt();
    (failed + Z * Z / 2.0 + sign * spread) / (all + Z * Z)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_are_those_of_the_score_interval() {
        assert_eq!((lower(0, 0), upper(0, 0)), (0.0, 1.0));
        assert!((lower(9, 9) - 0.5).abs() < 1e-12);
        assert!((lower(81, 81) - 0.9).abs() < 1e-12);
        // The form in textbooks: (p + z²/2n ± z·sqrt(p(1−p)/n + z²/4n²)) / (1 + z²/n).
        for (failed, all) in [(120_u64, 2_000_u64), (3, 7), (40, 41)] {
            let (share, n) = (failed as f64 / all as f64, all as f64);
            let spread = Z * (share * (1.0 - share) / n + Z * Z / (4.0 * n * n)).sqrt();
            let middle = share + Z * Z / (2.0 * n);
            let scale = 1.0 + Z * Z / n;
            assert!((lower(failed, all) - (middle - spread) / scale).abs() < 1e-12);
            assert!((upper(failed, all) - (middle + spread) / scale).abs() < 1e-12);
        }
    }

    #[test]
    fn bounds_enclose_the_share_and_never_leave_the_range() {
        for all in [1, 5, 40, 1_000] {
            for failed in 0..=all {
                let share = failed as f64 / all as f64;
                let (low, high) = (lower(failed, all), upper(failed, all));
                assert!((0.0..=share).contains(&low), "{failed} of {all}: {low}");
                assert!((share..=1.0).contains(&high), "{failed} of {all}: {high}");
            }
        }
    }
}
