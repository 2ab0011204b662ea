//! What is traced: a queue id, a message id, an address or a domain, and which lines name it.

use super::line_ids::LineIds;
use super::search::Needles;

/// What is traced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Query {
    /// The id that a mail server gave the message.
    Id(String),
    /// An address of a sender or recipient, or a message id: both have an `@`.
    Address(String),
    /// All addresses of a domain; with its `@`.
    Domain(String),
}

impl Query {
    /// The query that a text stands for. Angle brackets around it are not part of it.
    ///
    /// # Errors
    ///
    /// A message, if nothing could be found by it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let inner = text
            .strip_prefix('<')
            .and_then(|rest| rest.strip_suffix('>'));
        let name = inner.unwrap_or(text);
        let is_plain = |text: &str| !text.is_empty() && !text.contains(char::is_whitespace);
        if !is_plain(name) || name == "@" {
            return Err(
                "expected a queue id, a message id, an address or @domain, without spaces".into(),
            );
        }
        Ok(match name.find('@') {
            Some(0) => Query::Domain(name.to_owned()),
            Some(_) => Query::Address(name.to_owned()),
            None => Query::Id(name.to_owned()),
        })
    }

    /// What the lines to look at contain.
    pub fn needles(&self) -> Needles {
        match self {
            Query::Id(text) => Needles::word(text.as_bytes()),
            Query::Address(text) => Needles::ignoring_case(text.as_bytes(), true),
            Query::Domain(text) => Needles::ignoring_case(text.as_bytes(), false),
        }
    }

    /// Whether a line is about it, and not only a text that contains it.
    pub fn matches(&self, line: &[u8], ids: &LineIds<'_>) -> bool {
        match self {
            Query::Id(text) => ids.contain(text.as_bytes()),
            Query::Address(text) => {
                ids.message_id == text.as_bytes() || has_address(line, text, ids)
            }
            Query::Domain(text) => has_address(line, text, ids),
        }
    }
}

/// Whether a line has an address outside of its message id. A text that begins with `@` stands for all addresses
/// that end in it.
fn has_address(line: &[u8], text: &str, ids: &LineIds<'_>) -> bool {
    let text = text.as_bytes();
    let of_message_id = ids.message_id_range(line);
    (0..(line.len() + 1).saturating_sub(text.len())).any(|at| {
        let end = at + text.len();
        line[at..end].eq_ignore_ascii_case(text)
            && (text[0] == b'@' || begins_address(line, at))
            && ends_address(line, end)
            && !of_message_id.as_ref().is_some_and(|id| id.contains(&at))
    })
}

/// Whether an address can begin here. After `=` one does if that follows the name of a field, as in `F=bob@example.org`,
/// and not in the middle of an address, as in `SRS0=x=y=example.org=bob@example.net`.
fn begins_address(line: &[u8], at: usize) -> bool {
    let Some(&before) = at.checked_sub(1).and_then(|at| line.get(at)) else {
        return true;
    };
    if before == b'=' {
        let name = line[..at - 1]
            .iter()
            .rev()
            .take_while(|byte| byte.is_ascii_alphabetic() || **byte == b'_')
            .count();
        let first = (at - 1 - name).checked_sub(1).map(|at| line[at]);
        return name > 0 && first.is_none_or(|byte| matches!(byte, b' ' | b',' | b'{' | b'('));
    }
    !(before.is_ascii_alphanumeric() || b".!#$%&'*+-/?^_`{|}~@".contains(&before))
}

fn ends_address(line: &[u8], end: usize) -> bool {
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    match line.get(end) {
        Some(b'.') => !line.get(end + 1).is_some_and(is_part),
        Some(byte) => !is_part(byte),
        None => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(query: &str, line: &str) -> bool {
        let query = Query::parse(query).expect("a query");
        query.matches(line.as_bytes(), &LineIds::of(line.as_bytes()))
    }

    #[test]
    fn kind_of_a_query_is_told_by_its_at_sign() {
        assert_eq!(
            Query::parse("4F9D195432C"),
            Ok(Query::Id("4F9D195432C".into()))
        );
        let address = Query::Address("1.2@example.com".into());
        assert_eq!(Query::parse("<1.2@example.com>"), Ok(address));
        assert_eq!(
            Query::parse("@b.example"),
            Ok(Query::Domain("@b.example".into()))
        );
        for wrong in ["", " ", "<>", "@", "two words"] {
            assert!(Query::parse(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn address_is_matched_whole_and_in_any_case() {
        let line = "Nov 23 10:00:00 mail postfix/smtp[1]: 4F9D195432C: to=<Bob@Example.org>, orig_to=<all@b.example>, status=sent";
        for query in [
            "bob@example.org",
            "<bob@example.org>",
            "@example.org",
            "ALL@b.example",
        ] {
            assert!(matches(query, line), "{query}");
        }
        for query in [
            "ob@example.org",
            "bob@example.or",
            "@xample.org",
            "@ample.org",
        ] {
            assert!(!matches(query, line), "{query}");
        }
        assert!(matches("a@b.example", "x: F=a@b.example."));
        assert!(!matches("a@b.example", "x: F=a@b.example.org"));
        assert!(!matches(
            "bob@b.example",
            "x: <SRS0=h=t=example.org=bob@b.example>"
        ));
    }

    #[test]
    fn domain_in_a_message_id_is_no_address() {
        let line =
            "Nov 23 10:00:00 mail postfix/cleanup[1]: 4F9D195432C: message-id=<1.2@example.org>";
        assert!(!matches("@example.org", line));
        assert!(matches("1.2@example.org", line));
        assert!(!matches("2@example.org", line));
    }

    #[test]
    fn id_in_other_text_is_no_match() {
        let line = "Nov 23 10:00:00 mail postfix/smtp[1]: 4F9D195432C: to=<4F9D1954330@example.org>, status=sent (250 queued as 9B1DE)";
        assert!(matches("4F9D195432C", line) && matches("9B1DE", line));
        assert!(!matches("4F9D1954330", line));
    }
}
