//! Text on a terminal: widths of characters, and paragraphs broken into lines.

use std::io::IsTerminal;

use unicode_width::UnicodeWidthChar;

/// The widest line of a paragraph, in columns.
const WIDTH: usize = 98;

/// The columns of the terminal that standard output is; `None` if it is none.
pub fn window() -> Option<usize> {
    let output = std::io::stdout();
    if !output.is_terminal() {
        return None;
    }
    let size = rustix::termios::tcgetwinsize(output).ok()?;
    Some(usize::from(size.ws_col)).filter(|columns| *columns > 0)
}

/// The columns that a character takes on a terminal: two for those of Chinese, none for combining ones.
pub fn columns(c: char) -> usize {
    c.width().unwrap_or(0)
}

/// The columns that a text takes.
pub fn width(text: &str) -> usize {
    text.chars().map(columns).sum()
}

/// The text with spaces behind it, in at least this many columns.
pub fn left(text: &str, columns: usize) -> String {
    let space = columns.saturating_sub(width(text));
    format!("{text}{}", " ".repeat(space))
}

/// The text with spaces before it, in at least this many columns.
pub fn right(text: &str, columns: usize) -> String {
    let space = columns.saturating_sub(width(text));
    format!("{}{text}", " ".repeat(space))
}

/// Text from a log on one line, without characters that control a terminal or the direction of text.
pub fn printable(text: &str) -> String {
    let kept = text.chars().filter_map(|letter| match letter {
        '\n' | '\t' | '\u{a0}' | '\u{202f}' => Some(' '),
        '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => None,
        letter if letter.is_control() => None,
        letter => Some(letter),
    });
    kept.collect()
}

/// Punctuation that must not begin a line, in ASCII and full width.
const CLOSING: [char; 14] = [
    ',', ';', ':', ')', '\u{ff0c}', '\u{ff1b}', '\u{ff1a}', '\u{ff09}', '\u{ff01}', '\u{ff1f}',
    '。', '、', '》', '”',
];

/// Punctuation that must not end a line.
const OPENING: [char; 4] = ['\u{ff08}', '《', '“', '('];

/// Breaks a paragraph into lines that the terminal shows whole, at spaces and between Chinese characters. All but the
/// first one may be indented by two columns.
pub fn wrap(text: &str) -> Vec<String> {
    let limit = window().map_or(WIDTH, |columns| columns.saturating_sub(2).min(WIDTH));
    wrap_at(text, limit.max(20))
}

/// The same with lines of at most `limit` columns, unless a word is longer.
pub fn wrap_at(text: &str, limit: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut width = 0;
    let mut word = String::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        word.push(c);
        let breaks = c == ' ' || columns(c) == 2 || chars.peek().is_none_or(|c| columns(*c) == 2);
        let next = chars.peek();
        if !breaks || next.is_some_and(|next| CLOSING.contains(next) || OPENING.contains(&c)) {
            continue;
        }
        let needed: usize = word.trim_end().chars().map(columns).sum();
        if width > 0 && width + needed > limit {
            lines.push(String::new());
            width = 0;
        }
        width += word.chars().map(columns).sum::<usize>();
        if let Some(line) = lines.last_mut() {
            line.push_str(&word);
        }
        word.clear();
    }
    lines
        .iter()
        .map(|line| line.trim_end().to_owned())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_line_begins_with_closing_or_ends_with_opening_punctuation() {
        for shift in 0..4 {
            let text = format!(
                "{}{}",
                "x".repeat(shift),
                "邮件\u{ff0c}信箱\u{ff08}满\u{ff09}。".repeat(30)
            );
            for line in wrap(&text) {
                assert!(
                    !line.starts_with(CLOSING) && !line.ends_with(OPENING),
                    "{line}"
                );
            }
        }
    }
}
