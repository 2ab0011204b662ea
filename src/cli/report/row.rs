//! Rows of the text: a count, and words that are broken into lines where a terminal is narrow.

use std::io::{self, Write};

use super::figures::Style;
use crate::cli::terminal::{left, width, wrap_at};

/// The columns of a count and the space behind it.
const COUNT: usize = 14;

/// The least columns that a text beside a name is broken into; with fewer, it is below the name.
const LEAST: usize = 24;

/// Prints a count and a text.
pub(super) fn counted(
    output: &mut dyn Write,
    style: &Style,
    count: &str,
    text: &str,
) -> io::Result<()> {
    beside(output, style, &format!("{count:>12}  "), COUNT, text)
}

/// Prints a count, a name in some columns, and a text.
pub(super) fn named(
    output: &mut dyn Write,
    style: &Style,
    count: &str,
    (name, columns): (&str, usize),
    text: &str,
) -> io::Result<()> {
    let start = format!("{count:>12}  {}  ", left(name, columns));
    let indent = COUNT + columns + 2;
    let narrow = style.columns.is_some_and(|all| all < indent + LEAST);
    if narrow && !text.is_empty() && width(&start) + width(text) > style.columns.unwrap_or(0) {
        writeln!(output, "{}", start.trim_end())?;
        return indented(output, style, text);
    }
    beside(output, style, &start, indent, text)
}

/// Prints a text below a row.
pub(super) fn indented(output: &mut dyn Write, style: &Style, text: &str) -> io::Result<()> {
    beside(output, style, &" ".repeat(COUNT), COUNT, text)
}

/// Prints a text at the beginning of a line.
pub(super) fn paragraph(output: &mut dyn Write, style: &Style, text: &str) -> io::Result<()> {
    beside(output, style, "", 0, text)
}

/// Prints the beginning of a line and a text, whose further lines are indented.
fn beside(
    output: &mut dyn Write,
    style: &Style,
    start: &str,
    indent: usize,
    text: &str,
) -> io::Result<()> {
    let lines = match style.columns {
        Some(columns) => wrap_at(text, columns.saturating_sub(indent).max(LEAST)),
        None => vec![text.to_owned()],
    };
    for (number, line) in lines.iter().enumerate() {
        let line = match number {
            0 => format!("{start}{line}"),
            _ => format!("{:indent$}{line}", ""),
        };
        writeln!(output, "{}", line.trim_end())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::*;
    use crate::catalog::Language;

    fn printed(columns: Option<usize>) -> String {
        let style = Style {
            rows: 0,
            problems_first: false,
            zero_fill: false,
            zone: TimeZone::UTC,
            language: Language::Zh,
            columns,
        };
        let mut output = Vec::new();
        named(
            &mut output,
            &style,
            "7",
            ("mailbox_full", 12),
            "邮箱已满，请清理后再试。",
        )
        .expect("written");
        String::from_utf8(output).expect("UTF-8")
    }

    #[test]
    fn text_is_broken_beside_the_name_or_below_it_and_whole_without_a_terminal() {
        let start = "           7  mailbox_full";
        let space = |columns| " ".repeat(columns);
        let whole = format!("{start}  邮箱已满，请清理后再试。\n");
        assert_eq!(printed(None), whole);
        assert_eq!(printed(Some(52)), whole);
        assert_eq!(
            printed(Some(46)),
            format!("{start}\n{}邮箱已满，请清理后再试。\n", space(14))
        );
    }
}
