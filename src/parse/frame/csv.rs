//! Records of separated values whose columns a header line names (RFC 4180), of servers that write such a log. A dialect
//! lists the fields that it reads; the header says in which columns they are, in any order.

use serde::{Deserialize, Serialize};

/// The maximum number of columns of which the field is kept.
const MAX_COLUMNS: usize = 255;

/// The field of a column that is not read.
const NOT_READ: u8 = u8::MAX;

/// The values of a record. The quotes around a value are taken off; a quote inside one stays doubled, because nothing
/// is copied.
pub(in crate::parse) fn values(line: &[u8], separator: u8) -> impl Iterator<Item = &[u8]> {
    let mut rest = Some(line);
    std::iter::from_fn(move || {
        let text = rest?;
        let Some(inner) = text.strip_prefix(b"\"") else {
            let end = memchr::memchr(separator, text);
            rest = end.map(|end| &text[end + 1..]);
            return Some(&text[..end.unwrap_or(text.len())]);
        };
        let end = quoted_end(inner);
        let after = inner.get(end + 1..).unwrap_or_default();
        // Text between the closing quote and the separator belongs to no value.
        rest = memchr::memchr(separator, after).map(|at| &after[at + 1..]);
        Some(&inner[..end])
    })
}

/// The position of the closing quote; the end of the text if there is none.
fn quoted_end(text: &[u8]) -> usize {
    let mut at = 0;
    while let Some(quote) = memchr::memchr(b'"', &text[at..]) {
        at += quote;
        match text.get(at + 1) {
            Some(b'"') => at += 2,
            _ => return at,
        }
    }
    text.len()
}

/// Which field each column has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::parse) struct Columns {
    fields: Vec<u8>,
}

impl Columns {
    /// The columns with these names, as numbers of the fields in `wanted`. Case does not matter. Of two columns with
    /// one name, the first is read.
    pub(in crate::parse) fn new<'n>(
        names: impl Iterator<Item = &'n [u8]>,
        wanted: &[&[u8]],
    ) -> Self {
        let mut fields: Vec<u8> = Vec::new();
        for name in names.take(MAX_COLUMNS) {
            let field = wanted.iter().position(|it| it.eq_ignore_ascii_case(name));
            let field = field.map_or(NOT_READ, |it| it as u8);
            let is_repeated = fields.contains(&field);
            fields.push(if is_repeated { NOT_READ } else { field });
        }
        Columns { fields }
    }

    /// The number of columns.
    pub(in crate::parse) fn count(&self) -> usize {
        self.fields.len()
    }

    /// The values of the fields that are read, by their number. Missing ones are empty.
    pub(in crate::parse) fn read<'a, const N: usize>(
        &self,
        values: impl Iterator<Item = &'a [u8]>,
    ) -> [&'a [u8]; N] {
        let mut read: [&[u8]; N] = [b""; N];
        for (value, &field) in values.zip(&self.fields) {
            if let Some(slot) = read.get_mut(usize::from(field)) {
                *slot = value;
            }
        }
        read
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(line: &str) -> Vec<&str> {
        values(line.as_bytes(), b',')
            .map(|it| std::str::from_utf8(it).expect("UTF-8"))
            .collect()
    }

    #[test]
    fn quoted_values_may_contain_separators_and_quotes() {
        assert_eq!(split("a,,\"b,c\",d"), ["a", "", "b,c", "d"]);
        assert_eq!(
            split("\"say \"\"421\"\", no\",x,"),
            ["say \"\"421\"\", no", "x", ""]
        );
        assert_eq!(split(""), [""]);
        assert_eq!(split("\"\",x"), ["", "x"]);
        assert_eq!(split("a\"b,c"), ["a\"b", "c"]);
    }

    #[test]
    fn a_quoted_value_that_is_cut_off_ends_with_the_line() {
        assert_eq!(split("a,\"b,c"), ["a", "b,c"]);
        assert_eq!(split("a,\""), ["a", ""]);
        assert_eq!(split("a,\"b\"\""), ["a", "b\"\""]);
        assert_eq!(split("\"a\"b,c"), ["a", "c"]);
    }

    #[test]
    fn fields_are_found_by_the_names_in_the_header() {
        const WANTED: [&[u8]; 3] = [b"code", b"text", b"host"];
        let columns = Columns::new(values(b"Text,other,CODE,text", b','), &WANTED);
        assert_eq!(columns.count(), 4);
        let read = columns.read::<3>(values(b"a,b,c,d,e", b','));
        assert_eq!(read, [&b"c"[..], b"a", b""]);
        let read = columns.read::<3>(values(b"a", b','));
        assert_eq!(read, [&b""[..], b"a", b""]);
        let many = "x,".repeat(1000) + "code";
        let columns = Columns::new(values(many.as_bytes(), b','), &WANTED);
        assert_eq!(columns.count(), MAX_COLUMNS);
    }
}
