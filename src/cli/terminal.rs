//! Text on a terminal: widths of characters, and paragraphs broken into lines.

/// The widest line, in columns.
const WIDTH: usize = 98;

/// The columns that a character takes on a terminal: two for CJK characters.
pub fn columns(c: char) -> usize {
    if matches!(c, '\u{1100}'..='\u{115f}' | '\u{2e80}'..='\u{a4cf}' | '\u{ac00}'..='\u{d7a3}'
        | '\u{f900}'..='\u{faff}' | '\u{fe30}'..='\u{fe6f}' | '\u{ff00}'..='\u{ff60}')
    {
        2
    } else {
        1
    }
}

/// Punctuation that must not begin a line, in ASCII and full width.
const CLOSING: [char; 14] = [
    ',', ';', ':', ')', '\u{ff0c}', '\u{ff1b}', '\u{ff1a}', '\u{ff09}', '\u{ff01}', '\u{ff1f}',
    '。', '、', '》', '”',
];

/// Breaks a paragraph into lines, at spaces and between Chinese characters.
pub fn wrap(text: &str) -> Vec<String> {
    wrap_at(text, WIDTH)
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
        if !breaks || chars.peek().is_some_and(|c| CLOSING.contains(c)) {
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
    fn no_line_begins_with_closing_punctuation() {
        for shift in 0..4 {
            let text = format!(
                "{}{}",
                "x".repeat(shift),
                "邮件\u{ff0c}信箱\u{ff08}满\u{ff09}。".repeat(30)
            );
            for line in wrap(&text) {
                assert!(!line.starts_with(CLOSING), "{line}");
            }
        }
    }
}
