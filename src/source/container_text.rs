//! The text of a file that a container runtime wrote, for commands that read a file from beginning to end.

use std::io::{self, Read};

use super::container::{self, ContainerLines, raw_cap};
use super::lines::Lines;

/// The lines of containers in an input, which is in the CRI format or Docker's json-file: read as if the container had
/// written them to a file of its own. Parts of lines are joined.
pub struct ContainerText<R> {
    raw: Lines<R>,
    /// The maximum length of a line of the container.
    cap: usize,
    container: ContainerLines,
    /// Lines that are still to be read, from `at` on.
    text: Vec<u8>,
    at: usize,
    ended: bool,
}

/// How much of the beginning of a file tells whether a container runtime wrote it, in bytes.
pub const CONTAINER_HEAD: usize = 64;

/// Whether a container runtime wrote the file that begins with `head`: at least its first [`CONTAINER_HEAD`] bytes, or its
/// first line.
pub fn is_of_container(head: &[u8]) -> bool {
    container::begins(head)
}

impl<R: Read> ContainerText<R> {
    /// The text in `input`, of which each line is truncated to `cap` bytes.
    pub fn new(input: R, cap: usize) -> Self {
        ContainerText {
            raw: Lines::new(input, raw_cap(cap)),
            cap,
            container: ContainerLines::default(),
            text: Vec::new(),
            at: 0,
            ended: false,
        }
    }

    /// Takes the next lines out of the input.
    fn fill(&mut self) -> io::Result<()> {
        self.text.clear();
        self.at = 0;
        while self.text.is_empty() && !self.ended {
            let (container, text, cap) = (&mut self.container, &mut self.text, self.cap);
            let more = self.raw.read(|raw| {
                for raw in raw {
                    container.push(raw, cap, &mut |lines| {
                        lines.iter().for_each(|line| write(text, line));
                    });
                }
            })?;
            if !more {
                container.flush(cap, &mut |lines| {
                    lines.iter().for_each(|line| write(text, line));
                });
                self.ended = true;
            }
        }
        Ok(())
    }
}

/// Adds a line.
fn write(text: &mut Vec<u8>, line: &[u8]) {
    text.extend_from_slice(line);
    text.push(b'\n');
}

impl<R: Read> Read for ContainerText<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.at == self.text.len() {
            self.fill()?;
        }
        let read = (&self.text[self.at..]).read(buffer)?;
        self.at += read;
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(input: &str) -> String {
        let mut text = String::new();
        ContainerText::new(input.as_bytes(), 20)
            .read_to_string(&mut text)
            .expect("UTF-8");
        text
    }

    #[test]
    fn lines_are_taken_out_and_parts_are_joined() {
        assert_eq!(text(""), "");
        assert_eq!(
            text(
                "2026-11-30T10:00:00.1Z stdout P one \n\
                 2026-11-30T10:00:00.2Z stderr F two\n\
                 2026-11-30T10:00:00.3Z stdout F three\n\
                 {\"log\":\"four\\n\",\"stream\":\"stdout\",\"time\":\"x\"}\n\
                 2026-11-30T10:00:00.4Z stdout F a line of more than twenty bytes\n\
                 as it is\n\
                 2026-11-30T10:00:00.5Z stdout P unfinished"
            ),
            "two\none three\nfour\na line of more than \nas it is\nunfinished\n"
        );
    }

    #[test]
    fn beginning_tells_the_format() {
        for of_container in [
            "2026-11-30T10:00:00.123456789Z stdout F x",
            "2026-11-30T10:00:00.123456789+08:00 stderr P ",
            "{\"log\":\"x\\n\",\"stream\":\"stdout\",\"time\":\"2026-11-30T10:00:00.1Z\"}",
            "{\"log\":\"a text that is cut off",
        ] {
            assert!(is_of_container(of_container.as_bytes()), "{of_container}");
        }
        for plain in [
            "",
            "2026-11-30T10:00:00.123456789Z mail postfix/smtp[1]: x",
            "2026-11-30T10:00:00Z stdout",
            "Nov 30 10:00:00 mail postfix/smtp[1]: x",
            "{\"ts\":\"x\",\"log\":\"y\"}",
        ] {
            assert!(!is_of_container(plain.as_bytes()), "{plain}");
        }
    }
}
