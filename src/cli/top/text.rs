//! Text for the terminal: cleaned, cut and padded to a number of columns.

use crate::cli::terminal::columns;
pub use crate::cli::terminal::{printable as clean, width};

/// The text in at most `limit` columns, with `…` in place of what does not fit.
pub fn fit(text: &str, limit: usize) -> String {
    if width(text) <= limit {
        return text.to_owned();
    }
    let mut fitting = String::new();
    let mut used = 1;
    for letter in text.chars() {
        used += columns(letter);
        if used > limit {
            break;
        }
        fitting.push(letter);
    }
    if limit > 0 {
        fitting.push('…');
    }
    fitting
}

/// The same, but the end of the text is kept, as of a path.
pub fn fit_end(text: &str, limit: usize) -> String {
    let total = width(text);
    if total <= limit {
        return text.to_owned();
    }
    let mut left = total + 1;
    let rest = text.chars().skip_while(|letter| {
        let skips = left > limit;
        left -= if skips { columns(*letter) } else { 0 };
        skips
    });
    let rest: String = rest.collect();
    if limit > 0 {
        format!("…{rest}")
    } else {
        rest
    }
}

/// The text in exactly `limit` columns, at the left.
pub fn left(text: &str, limit: usize) -> String {
    let text = fit(text, limit);
    let space = limit.saturating_sub(width(&text));
    text + &" ".repeat(space)
}

/// The text in exactly `limit` columns, at the right.
pub fn right(text: &str, limit: usize) -> String {
    let text = fit(text, limit);
    " ".repeat(limit.saturating_sub(width(&text))) + &text
}

/// Breaks a text into lines of at most `limit` columns, at spaces and between Chinese characters.
pub fn wrap(text: &str, limit: usize) -> Vec<String> {
    let limit = limit.max(2);
    crate::cli::terminal::wrap_at(text, limit)
        .into_iter()
        .flat_map(|line| pieces(&line, limit))
        .collect()
}

/// Cuts a line that has a word longer than a line.
fn pieces(line: &str, limit: usize) -> Vec<String> {
    let mut pieces = vec![String::new()];
    let mut used = 0;
    for letter in line.chars() {
        if used + columns(letter) > limit {
            pieces.push(String::new());
            used = 0;
        }
        used += columns(letter);
        if let Some(piece) = pieces.last_mut() {
            piece.push(letter);
        }
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_cleaned_and_fits_its_columns() {
        assert_eq!(clean("a\u{1b}[2J\u{9b}b\u{202e}c\u{202f}%\n"), "a[2Jbc % ");
        assert_eq!(fit("abcdef", 6), "abcdef");
        assert_eq!(fit("abcdef", 5), "abcd…");
        assert_eq!(fit("邮件投递", 5), "邮件…");
        assert_eq!(fit("abc", 0), "");
        assert_eq!(fit_end("/var/log/mail.log", 9), "…mail.log");
        assert_eq!(left("邮件", 6), "邮件  ");
        assert_eq!(right("9", 3), "  9");
        assert_eq!(wrap("one two abcdefghij", 7), ["one two", "abcdefg", "hij"]);
    }
}
