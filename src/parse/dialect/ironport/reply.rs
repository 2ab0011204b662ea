//! Replies as the log quotes them: as Python prints a tuple, `('550', ['5.1.1 No', "it isn't"])`, with `000` where no
//! server said anything, and as `550-'5.1.1 No\nit is not'`.

use crate::parse::reply::{self, Reply};
use crate::parse::scan::split_on;

/// The maximum length of a reply that is rewritten, in bytes.
const MAX_REPLY: usize = 1024;

/// What is quoted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Quoted {
    /// The reply of a server, which has been rewritten as other servers write replies:
    /// `550-5.1.1 No 550 it is not`.
    Reply(Reply),
    /// No server said anything; the words are the appliance's own.
    Own,
}

/// Finds a tuple in `text`, and writes its words to `words`. Returns the text before it, and what it is; `None` if
/// there is none, or if the code is cut off.
pub(super) fn tuple<'a>(text: &'a [u8], words: &mut Vec<u8>) -> Option<(&'a [u8], Quoted)> {
    let (before, rest) = split_on(text, b"('")?;
    let (code, rest) = rest.split_first_chunk::<3>()?;
    let rest = rest.strip_prefix(b"'")?;
    let mut writer = Writer::new(words, code);
    writer.list(rest.strip_prefix(b", [").unwrap_or(b""));
    Some((before, writer.finish()?))
}

/// Reads `550-'text'` at the beginning of `text`, as [`tuple`]. Returns the text after it.
pub(super) fn dashed<'a>(text: &'a [u8], words: &mut Vec<u8>) -> Option<(Quoted, &'a [u8])> {
    let (code, rest) = text.split_first_chunk::<3>()?;
    let rest = rest.strip_prefix(b"-")?;
    let &quote @ (b'\'' | b'"') = rest.first()? else {
        return None;
    };
    let mut writer = Writer::new(words, code);
    let after = writer.quoted(quote, &rest[1..]);
    Some((writer.finish()?, after))
}

/// Reads a list, `['5.1.8 No']`, of a reply with this code, as [`tuple`].
pub(super) fn list(code: &[u8; 3], text: &[u8], words: &mut Vec<u8>) -> Option<Quoted> {
    let mut writer = Writer::new(words, code);
    writer.list(text.strip_prefix(b"[").unwrap_or(b""));
    writer.finish()
}

/// Writes the lines of a reply.
struct Writer<'w> {
    words: &'w mut Vec<u8>,
    code: [u8; 3],
    /// The position of the byte after the code of the last line.
    separator: Option<usize>,
}

impl<'w> Writer<'w> {
    fn new(words: &'w mut Vec<u8>, code: &[u8; 3]) -> Self {
        words.clear();
        Writer {
            words,
            code: *code,
            separator: None,
        }
    }

    fn is_own(&self) -> bool {
        self.code == *b"000"
    }

    fn begin_line(&mut self) {
        if self.words.len() >= MAX_REPLY {
            return;
        }
        if !self.words.is_empty() {
            self.words.push(b' ');
        }
        if !self.is_own() {
            self.words.extend_from_slice(&self.code);
            self.separator = Some(self.words.len());
            self.words.push(b'-');
        }
    }

    /// Writes the strings of a list.
    fn list(&mut self, text: &[u8]) {
        let mut rest = text;
        while let Some(&quote @ (b'\'' | b'"')) = rest.first() {
            let after = self.quoted(quote, &rest[1..]);
            match after.strip_prefix(b", ") {
                Some(next) => rest = next,
                None => break,
            }
        }
    }

    /// Writes a string up to its closing quote, and returns the text after it.
    fn quoted<'a>(&mut self, quote: u8, text: &'a [u8]) -> &'a [u8] {
        self.begin_line();
        let mut rest = text;
        while let Some((&byte, after)) = rest.split_first() {
            rest = after;
            let plain = match byte {
                _ if byte == quote => return rest,
                b'\\' => {
                    let Some((&escaped, after)) = rest.split_first() else {
                        break;
                    };
                    rest = after;
                    match escaped {
                        b'n' => {
                            self.begin_line();
                            continue;
                        }
                        b'r' | b't' => b' ',
                        other => other,
                    }
                }
                byte => byte,
            };
            if self.words.len() < MAX_REPLY {
                self.words.push(plain);
            }
        }
        rest
    }

    fn finish(mut self) -> Option<Quoted> {
        if self.is_own() {
            return Some(Quoted::Own);
        }
        if self.separator.is_none() {
            self.begin_line();
        }
        if let Some(byte) = self.separator.and_then(|at| self.words.get_mut(at)) {
            *byte = b' ';
        }
        reply::parse(self.words).map(Quoted::Reply)
    }
}
