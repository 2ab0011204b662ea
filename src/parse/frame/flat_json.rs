//! Log records that are JSON objects, of servers that write such a log. The object is rewritten as a flat list of its
//! members, so that a dialect reads names and unescaped values without allocating: each member is a record separator
//! (0x1e), its name, a unit separator (0x1f) and its value. The names of nested objects are joined with dots, and
//! each element of an array is a member with the name of the array.

use crate::parse::frame::json::{string, unescape};

/// What each member begins with.
const MEMBER: u8 = 0x1e;

/// What separates name and value.
const VALUE: u8 = 0x1f;

/// The maximum number of members that are kept.
const MAX_MEMBERS: usize = 256;

/// The maximum nesting of objects and arrays.
const MAX_DEPTH: usize = 8;

/// Writes the object in `line` to `text` as a flat list; false if the line is no object, or one without members. A
/// `null` is left out.
pub(in crate::parse) fn flatten(line: &[u8], text: &mut Vec<u8>) -> bool {
    text.clear();
    let mut writer = Writer {
        text,
        path: Vec::new(),
        members: 0,
    };
    let whole = writer
        .object(line.trim_ascii(), 0)
        .is_some_and(|rest| rest.trim_ascii().is_empty());
    whole && !text.is_empty()
}

/// Whether a text is a flat list.
pub(in crate::parse) fn is_flat(text: &[u8]) -> bool {
    text.first() == Some(&MEMBER)
}

/// The members of a flat list, as name and value, in the order of the object.
pub(in crate::parse) fn members(text: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    // Separators are in neither names nor values, so that they alternate.
    let mut separators = memchr::memchr2_iter(MEMBER, VALUE, text);
    let mut begin = separators.next().filter(|_| is_flat(text));
    std::iter::from_fn(move || {
        let name = begin? + 1;
        let value = separators.next()? + 1;
        begin = separators.next();
        Some((
            &text[name..value - 1],
            &text[value..begin.unwrap_or(text.len())],
        ))
    })
}

/// The value of the first member with this name.
pub(in crate::parse) fn member<'a>(text: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    // The setup of a substring search would take longer than to compare the names.
    memchr::memchr_iter(MEMBER, text).find_map(|at| {
        let value = text[at + 1..].strip_prefix(name)?.strip_prefix(&[VALUE])?;
        let end = memchr::memchr(MEMBER, value).unwrap_or(value.len());
        Some(&value[..end])
    })
}

struct Writer<'t> {
    text: &'t mut Vec<u8>,
    /// The names that lead to the value that is being read, joined with dots.
    path: Vec<u8>,
    members: usize,
}

impl Writer<'_> {
    /// Reads an object, and returns the text after it.
    fn object<'a>(&mut self, text: &'a [u8], depth: usize) -> Option<&'a [u8]> {
        let mut rest = text.strip_prefix(b"{")?.trim_ascii_start();
        if let Some(rest) = rest.strip_prefix(b"}") {
            return Some(rest);
        }
        loop {
            let (name, after) = string(rest)?;
            let outer = self.path.len();
            if outer > 0 {
                self.path.push(b'.');
            }
            plain(name, &mut self.path);
            let after = after.trim_ascii_start().strip_prefix(b":")?;
            let after = self.value(after.trim_ascii_start(), depth)?;
            self.path.truncate(outer);
            match after.trim_ascii_start() {
                [b',', after @ ..] => rest = after.trim_ascii_start(),
                [b'}', after @ ..] => return Some(after),
                _ => return None,
            }
        }
    }

    /// Reads an array, and returns the text after it.
    fn array<'a>(&mut self, text: &'a [u8], depth: usize) -> Option<&'a [u8]> {
        let mut rest = text.strip_prefix(b"[")?.trim_ascii_start();
        if let Some(rest) = rest.strip_prefix(b"]") {
            return Some(rest);
        }
        loop {
            match self.value(rest, depth)?.trim_ascii_start() {
                [b',', after @ ..] => rest = after.trim_ascii_start(),
                [b']', after @ ..] => return Some(after),
                _ => return None,
            }
        }
    }

    /// Reads any value, and returns the text after it.
    fn value<'a>(&mut self, text: &'a [u8], depth: usize) -> Option<&'a [u8]> {
        match text.first()? {
            b'{' | b'[' if depth == MAX_DEPTH => None,
            b'{' => self.object(text, depth + 1),
            b'[' => self.array(text, depth + 1),
            b'"' => {
                let (value, after) = string(text)?;
                self.member(value);
                Some(after)
            }
            _ => {
                let end = text
                    .iter()
                    .position(|byte| matches!(byte, b',' | b'}' | b']' | b' ' | b'\t'))
                    .filter(|&end| end > 0)?;
                let literal = &text[..end];
                if literal != b"null" {
                    self.member(literal);
                }
                Some(&text[end..])
            }
        }
    }

    fn member(&mut self, value: &[u8]) {
        if self.members < MAX_MEMBERS {
            self.members += 1;
            self.text.push(MEMBER);
            self.text.extend_from_slice(&self.path);
            self.text.push(VALUE);
            plain(value, self.text);
        }
    }
}

/// Appends the content of a JSON string, in which separators become spaces.
fn plain(escaped: &[u8], text: &mut Vec<u8>) {
    if memchr::memchr3(b'\\', MEMBER, VALUE, escaped).is_none() {
        return text.extend_from_slice(escaped);
    }
    let begin = text.len();
    unescape(escaped, text);
    // Unescaped control characters are not valid in JSON, but may be in a forged line.
    for byte in &mut text[begin..] {
        if matches!(*byte, MEMBER | VALUE) {
            *byte = b' ';
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flat(line: &str) -> Option<Vec<(String, String)>> {
        let mut text = b"old".to_vec();
        let words = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        flatten(line.as_bytes(), &mut text).then(|| {
            members(&text)
                .map(|(name, value)| (words(name), words(value)))
                .collect()
        })
    }

    #[test]
    fn nested_members_are_found_by_their_path() {
        let line = r#"{"type":"Bounce","n":-1.5,"none":null,"response":{"code":550,"content":"a\n\"b\" \u00e9","x":{}},"to":["a","b",[true]] , "":"y"}"#;
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(
            flat(line),
            Some(vec![
                pair("type", "Bounce"),
                pair("n", "-1.5"),
                pair("response.code", "550"),
                pair("response.content", "a \"b\" é"),
                pair("to", "a"),
                pair("to", "b"),
                pair("to", "true"),
                pair("", "y"),
            ])
        );
    }

    #[test]
    fn separators_in_values_do_not_make_members() {
        let found = flat("{\"a\":\"x\u{1e}code\u{1f}421\",\"b\":\"\\u001ecode\\u001f421\"}");
        let found = found.expect("an object");
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].1, "x code 421");
        assert_eq!(found[1].1, " code 421");
    }

    #[test]
    fn what_is_no_whole_object_is_not_flattened() {
        for line in [
            "",
            "{}",
            "{",
            "{\"a\":1",
            "{\"a\":1}x",
            "{\"a\":}",
            "[1]",
            "{\"a\" 1}",
            "{a:1}",
            "{\"a\":\"b}",
            "{\"a\":[1}",
        ] {
            assert_eq!(flat(line), None, "{line}");
        }
        let deep = "{\"a\":".repeat(100_000);
        assert_eq!(flat(&deep), None);
        let many = format!("{{{}\"z\":1}}", "\"a\":1,".repeat(1000));
        assert_eq!(flat(&many).map(|it| it.len()), Some(MAX_MEMBERS));
    }
}
