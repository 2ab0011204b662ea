//! Charts of one row: a block for each span of time.

/// Blocks by height.
const BLOCKS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// A chart of `width` columns in which `top` has the full height. What is not known is blank, and what is above zero
/// never is. Where there are more values than columns, each column shows the highest of its values.
pub fn spark(values: &[Option<f64>], width: usize, top: f64) -> String {
    let count = values.len();
    if count == 0 {
        return " ".repeat(width);
    }
    let column = |at: usize| {
        let (from, to) = (
            at * count / width,
            ((at + 1) * count / width).max(at * count / width + 1),
        );
        let known = values[from..to.min(count)].iter().flatten();
        known.copied().reduce(f64::max)
    };
    (0..width).map(|at| block(column(at), top)).collect()
}

fn block(value: Option<f64>, top: f64) -> char {
    match value {
        Some(value) if value > 0.0 && top > 0.0 => {
            let eighths = (value / top * 8.0).round() as usize;
            BLOCKS[eighths.clamp(1, 8)]
        }
        _ => ' ',
    }
}

/// The highest of the known values.
pub fn highest(values: &[Option<f64>]) -> f64 {
    values.iter().flatten().copied().fold(0.0, f64::max)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chart_shows_the_highest_of_each_span_and_blanks_what_is_unknown() {
        let values = [
            Some(0.0),
            Some(0.01),
            None,
            Some(0.5),
            Some(1.0),
            Some(0.25),
        ];
        assert_eq!(spark(&values, 6, 1.0), " ▁ ▄█▂");
        assert_eq!(spark(&values, 3, 1.0), "▁▄█");
        assert_eq!(spark(&values, 12, 1.0), "  ▁▁  ▄▄██▂▂");
        assert_eq!(spark(&[], 2, 1.0), "  ");
    }
}
