//! Standard output, on which text from logs must not control the terminal.

use std::io::{self, IsTerminal, StdoutLock, Write};

/// Standard output. If it is a terminal, control characters are escaped: whoever sends mail can write any bytes to the
/// log, and could change the title of the window, its colours, or what was written before.
pub fn stdout() -> Box<dyn Write> {
    let output: StdoutLock<'static> = io::stdout().lock();
    if output.is_terminal() {
        Box::new(EscapingWriter(output))
    } else {
        Box::new(output)
    }
}

/// Escapes the control characters of what is written, except newlines and tabs: `\x1b`, `\u{9b}`.
struct EscapingWriter<W>(W);

impl<W: Write> Write for EscapingWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut rest = bytes;
        while let Some((plain, escaped, length)) = next_control(rest) {
            self.0.write_all(&rest[..plain])?;
            self.0.write_all(escaped.as_bytes())?;
            rest = &rest[plain + length..];
        }
        self.0.write_all(rest)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// Where the first control character begins, how it is escaped, and its length.
fn next_control(bytes: &[u8]) -> Option<(usize, String, usize)> {
    for (at, &byte) in bytes.iter().enumerate() {
        match byte {
            b'\n' | b'\t' => {}
            0..0x20 | 0x7f => return Some((at, format!("\\x{byte:02x}"), 1)),
            // U+0080 to U+009F in UTF-8.
            0xc2 => {
                let next = bytes.get(at + 1).filter(|it| (0x80..0xa0).contains(*it));
                if let Some(next) = next {
                    return Some((at, format!("\\u{{{next:x}}}"), 2));
                }
            }
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_escaped_and_other_text_is_not() {
        let mut output = EscapingWriter(Vec::new());
        let text = "a\tb\x1b]0;title\x07\u{9b}2J\x7f\r邮件 é\u{a0}\n";
        output.write_all(text.as_bytes()).expect("written");
        assert_eq!(
            String::from_utf8_lossy(&output.0),
            "a\tb\\x1b]0;title\\x07\\u{9b}2J\\x7f\\x0d邮件 é\u{a0}\n"
        );
    }
}
