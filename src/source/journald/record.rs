//! Turns a record of the journal into the line that a syslog daemon would have written.
//!
//! Any field of a record may hold anything: bytes that are not UTF-8 are a list of numbers, and a
//! repeated field is a list of values (<https://systemd.io/JOURNAL_EXPORT_FORMATS/>). No field can
//! forge another part of the line.

use std::borrow::Cow;

use jiff::Timestamp;
use serde::Deserialize;

/// The fields that are read.
#[derive(Debug, Deserialize)]
pub(super) struct Record<'a> {
    /// The record's position in the journal.
    #[serde(rename = "__CURSOR", borrow)]
    pub cursor: Cow<'a, str>,
    /// When the journal received it, in microseconds since 1970.
    #[serde(rename = "__REALTIME_TIMESTAMP", borrow, default)]
    received: Option<Field<'a>>,
    /// When the program wrote it, if that is known, in microseconds since 1970.
    #[serde(rename = "_SOURCE_REALTIME_TIMESTAMP", borrow, default)]
    written: Option<Field<'a>>,
    #[serde(rename = "_HOSTNAME", borrow, default)]
    host: Option<Field<'a>>,
    #[serde(rename = "SYSLOG_IDENTIFIER", borrow, default)]
    identifier: Option<Field<'a>>,
    #[serde(rename = "SYSLOG_PID", borrow, default)]
    syslog_pid: Option<Field<'a>>,
    #[serde(rename = "_PID", borrow, default)]
    pid: Option<Field<'a>>,
    #[serde(rename = "MESSAGE", borrow, default)]
    message: Option<Field<'a>>,
}

/// A field's value.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Field<'a> {
    Text(#[serde(borrow)] Cow<'a, str>),
    Bytes(Vec<u8>),
    /// Of several values the first is used.
    Several(Vec<Value>),
}

/// One of several values.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Value {
    Text(String),
    Bytes(Vec<u8>),
    Nothing(()),
}

impl Field<'_> {
    fn bytes(&self) -> &[u8] {
        match self {
            Field::Text(text) => text.as_bytes(),
            Field::Bytes(bytes) => bytes,
            Field::Several(values) => match values.first() {
                Some(Value::Text(text)) => text.as_bytes(),
                Some(Value::Bytes(bytes)) => bytes,
                Some(Value::Nothing(())) | None => b"",
            },
        }
    }
}

impl Record<'_> {
    /// Writes the line. Returns `false` if the record has no message.
    pub(super) fn write(&self, line: &mut Vec<u8>) -> bool {
        let Some(message) = &self.message else {
            return false;
        };
        line.clear();
        let time = self.written.as_ref().or(self.received.as_ref());
        let time = time
            .and_then(|time| std::str::from_utf8(time.bytes()).ok()?.parse().ok())
            .and_then(|micros| Timestamp::from_microsecond(micros).ok());
        if let Some(time) = time {
            // Always six digits, so that timestamps have the same length.
            line.extend_from_slice(
                time.strftime("%Y-%m-%dT%H:%M:%S%.6f+00:00")
                    .to_string()
                    .as_bytes(),
            );
            line.push(b' ');
            word(self.host.as_ref(), b"localhost", line);
            line.push(b' ');
        }
        word(self.identifier.as_ref(), b"unknown", line);
        if let Some(pid) = self.syslog_pid.as_ref().or(self.pid.as_ref()) {
            line.push(b'[');
            word(Some(pid), b"0", line);
            line.push(b']');
        }
        line.extend_from_slice(b": ");
        line.extend_from_slice(message.bytes());
        true
    }
}

/// Writes a part of the header, with every character replaced that could end it.
fn word(field: Option<&Field<'_>>, otherwise: &[u8], line: &mut Vec<u8>) {
    let bytes = field.map(Field::bytes).filter(|bytes| !bytes.is_empty());
    let plain = |&byte: &u8| match byte {
        b'!'..=b'~' if !matches!(byte, b'[' | b']' | b':') => byte,
        _ => b'_',
    };
    line.extend(bytes.unwrap_or(otherwise).iter().map(plain));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(json: &str) -> Option<String> {
        let record: Record<'_> = serde_json::from_str(json).expect("a record");
        let mut line = Vec::new();
        let message = record.write(&mut line);
        message.then(|| String::from_utf8_lossy(&line).into_owned())
    }

    #[test]
    fn a_record_becomes_the_line_that_syslog_would_have_written() {
        assert_eq!(
            line(
                r#"{"__CURSOR":"s=1","__REALTIME_TIMESTAMP":"1763900000000007","_HOSTNAME":"mx",
                "SYSLOG_IDENTIFIER":"postfix/smtp","SYSLOG_PID":"7","_PID":"1","MESSAGE":"a \"b\""}"#
            ),
            Some("2025-11-23T12:13:20.000007+00:00 mx postfix/smtp[7]: a \"b\"".to_owned())
        );
        assert_eq!(
            line(
                r#"{"__CURSOR":"s=1","__REALTIME_TIMESTAMP":"1763900000000007",
                "_SOURCE_REALTIME_TIMESTAMP":"1763900000000000","_PID":"1","MESSAGE":"x"}"#
            ),
            Some("2025-11-23T12:13:20.000000+00:00 localhost unknown[1]: x".to_owned())
        );
    }

    #[test]
    fn values_of_every_kind_are_read() {
        assert_eq!(
            line(r#"{"__CURSOR":"s=1","MESSAGE":[104,105,255],"_HOSTNAME":null}"#),
            Some("unknown: hi\u{fffd}".to_owned())
        );
        assert_eq!(
            line(
                r#"{"__CURSOR":"s=1","MESSAGE":["first","second"],"SYSLOG_IDENTIFIER":[[97],"b"]}"#
            ),
            Some("a: first".to_owned())
        );
        assert_eq!(line(r#"{"__CURSOR":"s=1","MESSAGE":null}"#), None);
        assert_eq!(line(r#"{"__CURSOR":"s=1"}"#), None);
    }

    #[test]
    fn no_field_can_forge_the_header() {
        assert_eq!(
            line(
                r#"{"__CURSOR":"s=1","MESSAGE":"x\ny","_HOSTNAME":"a b",
                "SYSLOG_IDENTIFIER":"evil postfix/smtp[1]: x","_PID":"1]: y"}"#
            ),
            Some("evil_postfix/smtp_1___x[1___y]: x\ny".to_owned())
        );
    }
}
