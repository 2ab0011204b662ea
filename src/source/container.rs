//! What a container runtime writes around the lines of a container.
//!
//! It stands apart because a line of a container can come in parts, of two streams mixed with each
//! other: the parts belong to a place between the file's lines and the program's. The formats are
//! that of the CRI (`TIME stdout F text`, `P` for a part) and Docker's json-file (one object a
//! line; a part is one whose `log` has no newline at its end). They are told apart line by line.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::lines;

/// How Docker begins each line.
const DOCKER: &[u8] = b"{\"log\":\"";

/// The longest escape of JSON text, a pair of surrogates (`\ud83d\ude00`), in bytes.
const LONGEST_ESCAPE: usize = 12;

/// The longest raw line that is looked at whole, in bytes. It is longer than the cap, because frames
/// and escapes are not part of the text, and as long as the buffer of a file allows.
pub(crate) fn raw_cap(cap: usize) -> usize {
    lines::buffer_size(cap) - 2
}

/// Takes lines out of the frames of one file, and keeps the parts of those that are not finished:
/// at most the cap for each of the two streams.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Frames {
    stdout: Partial,
    stderr: Partial,
}

/// The beginning of a line.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Partial {
    text: Vec<u8>,
    /// Something is missing behind the text: what else belongs to the line is dropped.
    cut: bool,
}

/// What is in a frame.
struct Frame<'a> {
    text: Cow<'a, [u8]>,
    stderr: bool,
    partial: bool,
}

/// A line of Docker's json-file, as far as it matters.
#[derive(Deserialize)]
struct Docker<'a> {
    #[serde(borrow)]
    log: Cow<'a, str>,
    #[serde(borrow)]
    stream: Cow<'a, str>,
}

impl Frames {
    /// Hands over the line that a raw line completes, if it completes one. Whether the cap cut it.
    ///
    /// A raw line of [`raw_cap`] bytes is taken for one that was cut there.
    pub fn take(&mut self, raw: &[u8], cap: usize, sink: &mut dyn FnMut(&[&[u8]])) -> bool {
        let cut = raw.len() >= raw_cap(cap);
        let Some(frame) = cri(raw).or_else(|| docker(raw)) else {
            // Docker names the stream behind the text: where that is missing, it is a line of its
            // own rather than one glued to a wrong beginning.
            let whole = if cut { docker_text(raw) } else { None };
            let (line, long) = lines::trim(whole.as_deref().unwrap_or(raw), cap);
            sink(&[line]);
            return long || cut;
        };
        let kept = if frame.stderr {
            &mut self.stderr
        } else {
            &mut self.stdout
        };
        if !frame.partial && kept.text.is_empty() && !kept.cut {
            let (line, long) = lines::trim(&frame.text, cap);
            sink(&[line]);
            return long || cut;
        }
        kept.add(&frame.text, cap);
        kept.cut |= cut;
        !frame.partial && kept.finish(cap, sink)
    }

    /// Hands over the beginnings that nothing will finish. How many of them the cap cut.
    pub fn finish(&mut self, cap: usize, sink: &mut dyn FnMut(&[&[u8]])) -> u64 {
        let mut truncated = 0;
        for kept in [&mut self.stdout, &mut self.stderr] {
            if !kept.text.is_empty() {
                truncated += u64::from(kept.finish(cap, sink));
            }
        }
        truncated
    }
}

impl Partial {
    fn add(&mut self, text: &[u8], cap: usize) {
        if self.cut {
            return;
        }
        // One more than the cap, because a carriage return at the end would not count.
        let room = (cap + 1).saturating_sub(self.text.len());
        self.cut = text.len() > room;
        self.text.extend_from_slice(&text[..text.len().min(room)]);
    }

    fn finish(&mut self, cap: usize, sink: &mut dyn FnMut(&[&[u8]])) -> bool {
        let Partial { text, cut } = std::mem::take(self);
        let (line, long) = if cut {
            (&text[..text.len().min(cap)], true)
        } else {
            lines::trim(&text, cap)
        };
        sink(&[line]);
        long
    }
}

/// A line of the CRI: time, stream, tags with `:` between them, text.
fn cri(raw: &[u8]) -> Option<Frame<'_>> {
    let (time, rest) = word(raw);
    let is_time = time.len() >= 20
        && time[0].is_ascii_digit()
        && [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':')]
            .iter()
            .all(|&(at, byte)| time[at] == byte);
    if !is_time {
        return None;
    }
    let (stream, rest) = word(rest?);
    let stderr = match stream {
        b"stdout" => false,
        b"stderr" => true,
        _ => return None,
    };
    let (tags, text) = word(rest?);
    let partial = match tags.split(|&byte| byte == b':').next() {
        Some(b"P") => true,
        Some(b"F") => false,
        _ => return None,
    };
    Some(Frame {
        text: Cow::Borrowed(text.unwrap_or_default()),
        stderr,
        partial,
    })
}

/// What is before the first space, and what is behind it.
fn word(text: &[u8]) -> (&[u8], Option<&[u8]>) {
    match memchr::memchr(b' ', text) {
        Some(space) => (&text[..space], Some(&text[space + 1..])),
        None => (text, None),
    }
}

/// A line of Docker's json-file.
fn docker(raw: &[u8]) -> Option<Frame<'_>> {
    if !raw.starts_with(DOCKER) {
        return None;
    }
    let Docker { log, stream } = serde_json::from_slice(raw).ok()?;
    let stderr = match &*stream {
        "stdout" => false,
        "stderr" => true,
        _ => return None,
    };
    let mut text = match log {
        Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
        Cow::Owned(text) => Cow::Owned(text.into_bytes()),
    };
    let partial = !text.ends_with(b"\n");
    if !partial {
        match &mut text {
            Cow::Borrowed(text) => *text = &text[..text.len() - 1],
            Cow::Owned(text) => text.truncate(text.len() - 1),
        }
    }
    Some(Frame {
        text,
        stderr,
        partial,
    })
}

/// The text of a line of Docker's that was cut within it, as far as it goes.
fn docker_text(raw: &[u8]) -> Option<Vec<u8>> {
    let text = raw.strip_prefix(DOCKER)?;
    // It can end within an escape or a character.
    (0..=LONGEST_ESCAPE.min(text.len())).find_map(|less| {
        let quoted = [b"\"", &text[..text.len() - less], b"\""].concat();
        let text: String = serde_json::from_slice(&quoted).ok()?;
        Some(text.into_bytes())
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const CAP: usize = 100;

    fn take_all(raw: &[String], cap: usize) -> (Vec<String>, u64, Frames) {
        let (mut frames, mut lines, mut truncated) = (Frames::default(), Vec::new(), 0);
        for raw in raw {
            truncated += u64::from(frames.take(raw.as_bytes(), cap, &mut |batch| {
                let text = |line: &&[u8]| String::from_utf8_lossy(line).into_owned();
                lines.extend(batch.iter().map(text));
            }));
        }
        (lines, truncated, frames)
    }

    fn cri_line(stream: &str, tags: &str, text: &str) -> String {
        format!("2026-11-23T10:00:00.123456789Z {stream} {tags} {text}")
    }

    fn docker_line(stream: &str, text: &str) -> String {
        let log = serde_json::to_string(text).expect("text");
        format!("{{\"log\":{log},\"stream\":\"{stream}\",\"time\":\"2026-11-23T10:00:00.1Z\"}}")
    }

    #[test]
    fn frames_of_both_formats_and_plain_lines_give_their_text() {
        let (lines, truncated, _) = take_all(
            &[
                cri_line("stdout", "F", "one"),
                cri_line("stderr", "F:x", "two  with  spaces"),
                "2026-11-23T10:00:00+01:00 stdout F".into(),
                docker_line("stdout", "three \u{1} <\u{fffd}>\r\n"),
                "{\"log\":\"\\u003cfour\\u003e\\n\",\"stream\":\"stderr\",\"attrs\":{\"a\":\"b\"},\"time\":\"x\"}".into(),
                "Nov 23 10:00:00 mail postfix/smtp[1]: plain".into(),
                "{\"log\":\"no stream\"}".into(),
            ],
            CAP,
        );
        assert_eq!(
            lines,
            [
                "one",
                "two  with  spaces",
                "",
                "three \u{1} <\u{fffd}>",
                "<four>",
                "Nov 23 10:00:00 mail postfix/smtp[1]: plain",
                "{\"log\":\"no stream\"}",
            ]
        );
        assert_eq!(truncated, 0);
    }

    #[test]
    fn a_joined_line_is_cut_at_the_cap_and_counted_once() {
        let part = "x".repeat(60);
        let (lines, truncated, frames) = take_all(
            &[
                cri_line("stdout", "P", &part),
                cri_line("stdout", "P", &part),
                cri_line("stdout", "F", "end"),
                docker_line("stdout", &part),
                docker_line("stdout", &format!("{}\n", "y".repeat(40))),
            ],
            CAP,
        );
        assert_eq!(lines, ["x".repeat(100), part + &"y".repeat(40)]);
        assert_eq!(truncated, 1);
        assert_eq!(frames, Frames::default());
    }

    #[test]
    fn a_raw_line_that_was_cut_does_not_touch_the_ones_behind_it() {
        let long = "z".repeat(raw_cap(CAP));
        let cut = |raw: String| raw[..raw_cap(CAP)].to_owned();
        let (lines, truncated, frames) = take_all(
            &[
                cut(cri_line("stdout", "P", &long)),
                cri_line("stdout", "F", "dropped"),
                cut(docker_line("stdout", &long)),
                cut(cri_line("stderr", "F", &long)),
                cri_line("stdout", "F", "next"),
                docker_line("stderr", "last\n"),
            ],
            CAP,
        );
        let short = "z".repeat(CAP);
        assert_eq!(lines, [&short, &short, &short, "next", "last"]);
        assert_eq!((truncated, frames), (3, Frames::default()));
    }

    #[test]
    fn beginnings_are_kept_with_the_place_and_handed_over_at_the_end() {
        let (lines, _, frames) = take_all(&[cri_line("stderr", "P", "half")], CAP);
        assert!(lines.is_empty());
        let kept = serde_json::to_string(&frames).expect("kept");
        let mut again: Frames = serde_json::from_str(&kept).expect("read");
        assert_eq!(again, frames);
        let mut lines = Vec::new();
        for _ in 0..2 {
            again.finish(CAP, &mut |batch| {
                lines.extend(batch.iter().map(|line| line.to_vec()));
            });
        }
        assert_eq!(lines, [b"half"]);
    }

    /// Lines of one stream in parts: each with whether it is the last of its line.
    fn parts() -> impl Strategy<Value = Vec<Vec<String>>> {
        prop::collection::vec(prop::collection::vec("[ -~é\t]{0,12}", 1..4), 0..8)
    }

    proptest! {
        #[test]
        fn two_streams_in_parts_and_mixed_come_out_as_their_lines(
            stdout in parts(),
            stderr in parts(),
            order in prop::collection::vec(any::<(bool, bool)>(), 64),
        ) {
            let flat = |lines: &[Vec<String>]| -> Vec<(String, bool)> {
                let mut parts = Vec::new();
                for line in lines {
                    let last = line.len() - 1;
                    parts.extend(line.iter().enumerate().map(|(i, part)| (part.clone(), i == last)));
                }
                parts
            };
            let mut left = [flat(&stdout).into_iter(), flat(&stderr).into_iter()];
            let (mut raw, mut expected, mut texts) = (Vec::new(), Vec::new(), [String::new(), String::new()]);
            for (second, as_docker) in order {
                let at = usize::from(if left[usize::from(second)].len() > 0 { second } else { !second });
                let Some((part, last)) = left[at].next() else { break };
                let stream = ["stdout", "stderr"][at];
                raw.push(match (as_docker, last) {
                    (true, true) => docker_line(stream, &format!("{part}\n")),
                    (true, false) => docker_line(stream, &part),
                    (false, true) => cri_line(stream, "F", &part),
                    (false, false) => cri_line(stream, "P", &part),
                });
                texts[at] += &part;
                if last {
                    expected.push(std::mem::take(&mut texts[at]));
                }
            }
            prop_assert_eq!(take_all(&raw, CAP).0, expected);
        }
    }
}
