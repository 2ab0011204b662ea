//! Fortinet's FortiMail, whose mail transfer agent writes Sendmail's records. It sends them to syslog servers as the `msg`
//! of a list of fields: `date=2026-11-23 time=10:00:00 device_id=FE1 log_id=0003007072 type=event subtype=smtp
//! session_id="1" msg="to=<a@example.net>, delay=00:00:06, …"`. Some collectors write its fields without commas.
//!
//! Source of the forms: the FortiMail log message reference, versions 5 to 7.

use crate::parse::scan::{find, position, split_on};

/// The keys of a delivery record.
const KEYS: &[&[u8]] = &[
    b"ctladdr", b"delay", b"xdelay", b"mailer", b"pri", b"relay", b"dsn", b"reply", b"stat",
];

/// As [`fields::next`](super::fields::next), for fields that are separated by a space.
pub(super) fn next(text: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let (key, value) = field(text)?;
    let starts = memchr::memchr_iter(b' ', value);
    let end = starts.into_iter().find(|&at| field(&value[at..]).is_some());
    let end = end.unwrap_or(value.len());
    Some((key, &value[..end], &value[end..]))
}

/// The key at the beginning of a text after a space, and the text after its `=`.
fn field(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let text = text.strip_prefix(b" ")?;
    let equals = text.iter().take(8).position(|&byte| byte == b'=')?;
    let key = &text[..equals];
    KEYS.contains(&key).then(|| (key, &text[equals + 1..]))
}

/// The id of the session and the text of the message in a line of FortiMail's, both of them Sendmail's; nothing in
/// place of a text that is about something else. `None` for a line that is not of FortiMail.
pub(super) fn message(line: &[u8]) -> Option<Option<(&[u8], &[u8])>> {
    let (_, rest) = split_on(line, b"device_id=")?;
    let (_, rest) = split_on(rest, b"log_id=")?;
    let quoted = |key: &[u8]| {
        let at = find(rest, key)?;
        Some(&rest[at + key.len()..])
    };
    let is_smtp =
        find(rest, b"subtype=smtp").is_some() || find(rest, b"subtype=\"smtp\"").is_some();
    let text = quoted(b"msg=\"").filter(|_| is_smtp);
    Some(text.map(|text| {
        let id = quoted(b"session_id=\"").and_then(|it| Some(&it[..position(it, b'"')?]));
        (
            id.unwrap_or_default(),
            text.strip_suffix(b"\"").unwrap_or(text),
        )
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_without_commas_end_before_the_next_key() {
        let text = b" delay=00:00:06 relay= [192.0.2.1] stat=Sent (a b=c dsn=x)";
        let (key, value, rest) = next(text).expect("a field");
        assert_eq!((key, value), (&b"delay"[..], &b"00:00:06"[..]));
        let (key, value, rest) = next(rest).expect("a field");
        assert_eq!((key, value), (&b"relay"[..], &b" [192.0.2.1]"[..]));
        assert!(rest.starts_with(b" stat="));
        assert_eq!(next(b" colour=red"), None);
    }

    #[test]
    fn only_lines_of_fortimail_have_its_messages() {
        let line = b"time=10:00:00 device_id=F log_id=1 type=event subtype=smtp session_id=\"a-b\" msg=\"to=<x>\"";
        assert_eq!(message(line), Some(Some((&b"a-b"[..], &b"to=<x>"[..]))));
        assert_eq!(
            message(b"device_id=F log_id=1 subtype=virus msg=\"x\""),
            Some(None)
        );
        assert_eq!(message(b"to=<x>, delay=1, stat=Sent"), None);
    }
}
