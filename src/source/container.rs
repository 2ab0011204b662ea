//! The log formats of container runtimes.
//!
//! The CRI format is `TIME stdout F text`, with `P` instead of `F` for a part of a line
//! (<https://github.com/kubernetes/design-proposals-archive/blob/main/node/kubelet-cri-logging.md>).
//! Docker's json-file has one object a line; in a part of a line, `log` does not end with a newline.
//! The format is detected line by line, and parts of lines of stdout and stderr may alternate.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::{lines, runtime_time};

/// The beginning of every line of Docker's.
const DOCKER: &[u8] = b"{\"log\":\"";

/// The longest escape in a JSON string, a surrogate pair (`\ud83d\ude00`), in bytes.
const LONGEST_ESCAPE: usize = 12;

/// The longest line of the file that is read whole, in bytes: longer than the cap, because framing and
/// escapes are not part of the text, and as long as the read buffer allows.
pub(crate) fn raw_cap(cap: usize) -> usize {
    lines::buffer_size(cap) - 2
}

/// Takes the lines of the container out of the lines of one file. Keeps the parts of unfinished lines:
/// one byte more than the cap at most, for each of stdout and stderr.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct ContainerLines {
    stdout: PartialLine,
    stderr: PartialLine,
    /// A buffer for a line with the time of the runtime, empty between the calls.
    #[serde(skip)]
    timed: Vec<u8>,
}

/// The beginning of a line.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct PartialLine {
    text: Vec<u8>,
    /// Whether the line was truncated after the text: further parts of it are dropped.
    cut: bool,
}

/// One line of the file, decoded.
struct Record<'a> {
    text: Cow<'a, [u8]>,
    stderr: bool,
    partial: bool,
}

/// The fields that are read of a line of Docker's json-file.
#[derive(Deserialize)]
struct Docker<'a> {
    #[serde(borrow)]
    log: Cow<'a, str>,
    #[serde(borrow)]
    stream: Cow<'a, str>,
}

impl ContainerLines {
    /// Hands over the line that the line `raw` of the file completes, if it completes one. Returns
    /// whether it was truncated. Before a line of a server that writes no time is that of the runtime; both
    /// together are truncated at the cap.
    ///
    /// A line of [`raw_cap`] bytes is assumed to have been truncated there.
    pub fn push(&mut self, raw: &[u8], cap: usize, sink: &mut dyn FnMut(&[&[u8]])) -> bool {
        let cut = raw.len() >= raw_cap(cap);
        let Some(record) = cri(raw).or_else(|| docker(raw)) else {
            // In Docker's format the stream comes after the text: if it was cut off, the text is a
            // line of its own rather than joined to the beginning of another one.
            let whole = if cut { docker_text(raw) } else { None };
            let (line, long) = lines::trim(whole.as_deref().unwrap_or(raw), cap);
            sink(&[line]);
            return long || cut;
        };
        let timed = &mut self.timed;
        let sink = &mut |lines: &[&[u8]]| {
            for line in lines {
                match runtime_time::add(line, raw, timed) {
                    true => sink(&[&timed[..timed.len().min(cap)]]),
                    false => sink(&[line]),
                }
                timed.clear();
            }
        };
        let partial = if record.stderr {
            &mut self.stderr
        } else {
            &mut self.stdout
        };
        if !record.partial && partial.text.is_empty() && !partial.cut {
            let (line, long) = lines::trim(&record.text, cap);
            sink(&[line]);
            return long || cut;
        }
        partial.add(&record.text, cap);
        partial.cut |= cut;
        !record.partial && partial.finish(cap, sink)
    }

    /// Hands over the unfinished lines. Returns how many of them were truncated.
    pub fn flush(&mut self, cap: usize, sink: &mut dyn FnMut(&[&[u8]])) -> u64 {
        let mut truncated = 0;
        for partial in [&mut self.stdout, &mut self.stderr] {
            if !partial.text.is_empty() {
                truncated += u64::from(partial.finish(cap, sink));
            }
        }
        truncated
    }
}

/// Cuts a block into lines as [`lines::split`] does, and takes them out of their container format if
/// there is one.
pub(crate) fn split(
    container: &mut Option<ContainerLines>,
    block: &[u8],
    cap: usize,
    skipping: &mut bool,
    sink: &mut dyn FnMut(&[&[u8]]),
) -> lines::Cut {
    let Some(container) = container else {
        return lines::split(block, cap, skipping, sink);
    };
    // Truncated lines of the container count, not those of the file.
    let mut truncated = 0;
    let cut = lines::split(block, raw_cap(cap), skipping, &mut |raw| {
        for raw in raw {
            truncated += u64::from(container.push(raw, cap, sink));
        }
    });
    lines::Cut { truncated, ..cut }
}

impl PartialLine {
    fn add(&mut self, text: &[u8], cap: usize) {
        if self.cut {
            return;
        }
        // One more than the cap, because a carriage return at the end is not part of the line.
        let room = (cap + 1).saturating_sub(self.text.len());
        self.cut = text.len() > room;
        self.text.extend_from_slice(&text[..text.len().min(room)]);
    }

    fn finish(&mut self, cap: usize, sink: &mut dyn FnMut(&[&[u8]])) -> bool {
        let PartialLine { text, cut } = std::mem::take(self);
        let (line, long) = if cut {
            (&text[..text.len().min(cap)], true)
        } else {
            lines::trim(&text, cap)
        };
        sink(&[line]);
        long
    }
}

/// Whether a file that begins with `head` has one of these formats.
pub(super) fn begins(head: &[u8]) -> bool {
    let line = head.split(|&byte| byte == b'\n').next().unwrap_or(head);
    head.starts_with(DOCKER) || cri(line).is_some()
}

/// The time of a line in one of these formats.
pub(super) fn time(raw: &[u8]) -> Option<&str> {
    let time = if raw.starts_with(DOCKER) {
        // It is the last member.
        const MEMBER: &[u8] = b"\"time\":\"";
        let value = &raw[memchr::memmem::rfind(raw, MEMBER)? + MEMBER.len()..];
        &value[..memchr::memchr(b'"', value)?]
    } else {
        word(raw).0
    };
    str::from_utf8(time).ok()
}

/// A line of the CRI format: time, stream, tags separated by `:`, text.
fn cri(raw: &[u8]) -> Option<Record<'_>> {
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
    Some(Record {
        text: Cow::Borrowed(text.unwrap_or_default()),
        stderr,
        partial,
    })
}

/// The text before the first space, and the text after it.
fn word(text: &[u8]) -> (&[u8], Option<&[u8]>) {
    match memchr::memchr(b' ', text) {
        Some(space) => (&text[..space], Some(&text[space + 1..])),
        None => (text, None),
    }
}

/// A line of Docker's json-file.
fn docker(raw: &[u8]) -> Option<Record<'_>> {
    if !raw.starts_with(DOCKER) {
        return None;
    }
    let Docker { log, stream } = serde_json::from_slice(raw).ok()?;
    let stderr = match &*stream {
        "stdout" => false,
        "stderr" => true,
        _ => return None,
    };
    let (text, partial) = match log {
        // The newline after a whole line is written as an escape, so such a text is not borrowed.
        Cow::Borrowed(text) => (Cow::Borrowed(text.as_bytes()), true),
        Cow::Owned(mut text) => {
            let whole = text.ends_with('\n');
            if whole {
                text.pop();
            }
            (Cow::Owned(text.into_bytes()), !whole)
        }
    };
    Some(Record {
        text,
        stderr,
        partial,
    })
}

/// The text of a line of Docker's that was truncated within its text.
fn docker_text(raw: &[u8]) -> Option<Vec<u8>> {
    let text = raw.strip_prefix(DOCKER)?;
    // It may end within an escape or a character.
    (0..=LONGEST_ESCAPE.min(text.len())).find_map(|less| {
        let quoted = [b"\"", &text[..text.len() - less], b"\""].concat();
        let text: String = serde_json::from_slice(&quoted).ok()?;
        Some(text.into_bytes())
    })
}

#[cfg(test)]
#[path = "container_tests.rs"]
mod tests;
