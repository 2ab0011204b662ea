//! The ids in a log line: the queue id of the message that it is about, its message id, and the ids of messages that
//! it was made from or became.
//!
//! They are found by the form of the line alone, so that only lines about a message need to be parsed. The forms are those
//! of Postfix, Exim and Sendmail, and of the filters beside them; for other servers the parser tells the id of a line.

use std::ops::Range;

use memchr::memmem;

/// How another id is related to the message of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    /// The next server, or a content filter, accepted the message under this id.
    AcceptedAs,
    /// An alias or a forwarding address made a new message of it.
    ForwardedAs,
    /// A notification about it, such as a bounce.
    Notification,
    /// The message that this one was made from.
    MadeFrom,
}

/// The ids in a line.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct LineIds<'a> {
    /// The program in the syslog header, such as `postfix/smtpd`; empty if there is none.
    pub program: &'a [u8],
    /// The queue id; empty if the line has none.
    pub queue_id: &'a [u8],
    /// The message id without its angle brackets; empty if the line has none.
    pub message_id: &'a [u8],
    /// The ids of related messages.
    pub related: Vec<(Relation, &'a [u8])>,
    /// What follows the queue id, or the header.
    pub text: &'a [u8],
}

/// How many words of a line are looked at to find the queue id.
const HEAD_WORDS: usize = 14;

impl<'a> LineIds<'a> {
    /// The ids in a line.
    pub fn of(line: &'a [u8]) -> Self {
        let mut ids = LineIds {
            text: line,
            ..LineIds::default()
        };
        ids.read_head(line);
        ids.read_filter();
        ids.read_message_id();
        ids.read_related();
        ids
    }

    /// Whether an id is one of them.
    pub fn contain(&self, id: &[u8]) -> bool {
        self.queue_id == id
            || self.message_id == id
            || self.related.iter().any(|(_, related)| *related == id)
    }

    /// All ids.
    pub fn all(&self) -> impl Iterator<Item = &'a [u8]> {
        let related = self.related.iter().map(|(_, id)| *id);
        [self.queue_id, self.message_id]
            .into_iter()
            .filter(|id| !id.is_empty())
            .chain(related)
    }

    /// Where the message id is in its line.
    pub fn message_id_range(&self, line: &[u8]) -> Option<Range<usize>> {
        let start = (self.message_id.as_ptr() as usize).checked_sub(line.as_ptr() as usize)?;
        let end = start + self.message_id.len();
        (!self.message_id.is_empty() && end <= line.len()).then_some(start..end)
    }

    /// Finds the program and the queue id at the beginning of the line.
    fn read_head(&mut self, line: &'a [u8]) {
        // RFC 5424: `<22>1 2026-11-23T10:00:00Z mail postfix/smtp 101 - - …`.
        if line.starts_with(b"<")
            && words(line)
                .next()
                .is_some_and(|(_, it)| it.ends_with(b">1"))
        {
            self.program = words(line).nth(3).map_or(b"", |(_, program)| program);
        }
        let mut after_tag = false;
        for (at, word) in words(line).take(HEAD_WORDS) {
            let rest = || line[at + word.len()..].trim_ascii_start();
            if is_exim_id(word) {
                (self.queue_id, self.text) = (word, rest());
                return;
            }
            let Some(name) = word.strip_suffix(b":") else {
                // The queue id follows the tag, or in Exim's records a time.
                if after_tag && !is_date_or_time(word) {
                    return;
                }
                continue;
            };
            if is_exim_id(name) || is_queue_id(name) {
                (self.queue_id, self.text) = (name, rest());
                return;
            }
            if after_tag {
                return;
            }
            after_tag = true;
            let end = memchr::memchr(b'[', name).unwrap_or(name.len());
            (self.program, self.text) = (&name[..end], rest());
        }
    }

    /// Finds the queue id that a content filter reports.
    fn read_filter(&mut self) {
        if self.program == b"amavis" {
            self.queue_id = after(self.text, b"Queue-ID: ").map_or(b"", id_token);
        } else if self.program.starts_with(b"rspamd") {
            self.queue_id = after(self.text, b"qid: <").map_or(b"", id_token);
        }
    }

    fn read_message_id(&mut self) {
        let text = self.text;
        let labels: [&[u8]; 4] = [b"message-id=", b"msgid=", b"Message-ID: ", b"mid="];
        let labelled = labels.iter().find_map(|label| after_word(text, label));
        let found = match labelled {
            Some(found) => Some(found),
            None if self.program.starts_with(b"rspamd") => after(text, b" id: "),
            None if text.starts_with(b"<= ") => after(text, b" id="),
            None => None,
        };
        self.message_id = found.map_or(b"", |found| match found.strip_prefix(b"<") {
            Some(inner) => &inner[..memchr::memchr(b'>', inner).unwrap_or(inner.len())],
            None => {
                let end = found.iter().position(|byte| matches!(byte, b' ' | b','));
                &found[..end.unwrap_or(found.len())]
            }
        });
    }

    fn read_related(&mut self) {
        let text = self.text;
        let forms: [(Relation, &[u8]); 7] = [
            (Relation::AcceptedAs, b"queued as "),
            (Relation::AcceptedAs, b"queued_as: "),
            (Relation::AcceptedAs, b" OK id="),
            (Relation::ForwardedAs, b"forwarded as "),
            (Relation::Notification, b" notification: "),
            (Relation::MadeFrom, b"orig_queue_id="),
            (Relation::ForwardedAs, b"clone "),
        ];
        for (relation, form) in forms {
            if let Some(found) = after(text, form) {
                self.relate(relation, id_token(found));
            }
        }
        if text.starts_with(b"<= ")
            && let Some(found) = after(text, b" R=")
        {
            self.relate(Relation::MadeFrom, id_token(found));
        }
        if let Some(at) = memmem::find(text, b" Message accepted for delivery") {
            let start = text[..at]
                .iter()
                .rposition(|byte| !byte.is_ascii_alphanumeric())
                .map_or(0, |at| at + 1);
            self.relate(Relation::AcceptedAs, &text[start..at]);
        }
        // Sendmail: `OLD: NEW: DSN: User unknown`.
        if let Some((_, word)) = words(text).next()
            && let Some(name) = word.strip_suffix(b":")
            && !self.queue_id.is_empty()
            && is_queue_id(name)
        {
            self.relate(Relation::Notification, name);
        }
    }

    fn relate(&mut self, relation: Relation, id: &'a [u8]) {
        if (is_queue_id(id) || is_exim_id(id)) && id != self.queue_id {
            self.related.push((relation, id));
        }
    }
}

/// The words between spaces, with their places.
fn words(text: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let mut at = 0;
    text.split(|byte| *byte == b' ')
        .map(move |word| {
            let start = at;
            at += word.len() + 1;
            (start, word)
        })
        .filter(|(_, word)| !word.is_empty())
}

/// What follows a label.
fn after<'a>(text: &'a [u8], label: &[u8]) -> Option<&'a [u8]> {
    memmem::find(text, label).map(|at| &text[at + label.len()..])
}

/// What follows a label that is not the end of a longer word.
fn after_word<'a>(text: &'a [u8], label: &[u8]) -> Option<&'a [u8]> {
    let at = memmem::find_iter(text, label)
        .find(|&at| at == 0 || !text[at - 1].is_ascii_alphanumeric())?;
    Some(&text[at + label.len()..])
}

/// The id at the beginning of a text.
fn id_token(text: &[u8]) -> &[u8] {
    let end = text
        .iter()
        .position(|byte| !byte.is_ascii_alphanumeric() && *byte != b'-');
    &text[..end.unwrap_or(text.len())]
}

/// Whether a word has the form of the queue ids of Postfix (short: hexadecimal; long: base 52) and Sendmail.
fn is_queue_id(word: &[u8]) -> bool {
    let is_hex = |byte: &u8| matches!(byte, b'0'..=b'9' | b'A'..=b'F');
    let has_digit = word.iter().any(u8::is_ascii_digit);
    (5..=32).contains(&word.len())
        && word.iter().all(u8::is_ascii_alphanumeric)
        && (word.iter().all(is_hex) && (has_digit || word.len() > 5)
            || word.len() >= 8 && has_digit)
}

/// Whether a word has the form of Exim's message ids: `1vNabc-0000A1-01`, since 4.97 `1vNabc-00000000A1b-2Cd3`.
pub fn is_exim_id(word: &[u8]) -> bool {
    let lengths: &[usize] = match word.len() {
        16 => &[6, 6, 2],
        23 => &[6, 11, 4],
        _ => return false,
    };
    let mut parts = word.split(|byte| *byte == b'-');
    lengths.iter().all(|length| {
        let part = parts.next().unwrap_or_default();
        part.len() == *length && part.iter().all(u8::is_ascii_alphanumeric)
    })
}

/// Whether a word belongs to a time stamp, as in Exim's records within syslog, or is a process id in brackets.
fn is_date_or_time(word: &[u8]) -> bool {
    let is_stamp = |byte: &u8| {
        byte.is_ascii_digit() || matches!(byte, b'-' | b':' | b'.' | b'+' | b'[' | b']')
    };
    word.iter().all(is_stamp)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Program, queue id, message id and related ids.
    type Expected<'a> = (&'a str, &'a str, &'a str, &'a [(Relation, &'a str)]);

    #[test]
    fn ids_are_found_in_lines_of_each_form() {
        use Relation::{AcceptedAs, ForwardedAs, MadeFrom, Notification};
        let cases: &[(&str, Expected<'_>)] = &[
            (
                "Nov 23 10:00:00 mail postfix/cleanup[302]: 4F9D195432C: message-id=<1@example.net>",
                ("postfix/cleanup", "4F9D195432C", "1@example.net", &[]),
            ),
            (
                "<22>1 2026-11-23T10:00:00Z mail postfix/smtp 101 - - 4Xq3Zw1kd2z9tF: to=<a@b.example>, status=sent (250 2.0.0 from MTA(smtp:[127.0.0.1]:10025): 250 2.0.0 Ok: queued as 300581A89B8)",
                (
                    "postfix/smtp",
                    "4Xq3Zw1kd2z9tF",
                    "",
                    &[(AcceptedAs, "300581A89B8")],
                ),
            ),
            (
                "2026-11-23T10:00:00.123+01:00 mail postfix/bounce[304]: 4F9D195432E: sender non-delivery notification: 4F9D195432F",
                (
                    "postfix/bounce",
                    "4F9D195432E",
                    "",
                    &[(Notification, "4F9D195432F")],
                ),
            ),
            (
                "Nov 23 10:00:00 mail postfix/local[9]: 4F9D195432E: to=<a@b.example>, orig_to=<all@b.example>, status=sent (forwarded as 4F9D195432F)",
                (
                    "postfix/local",
                    "4F9D195432E",
                    "",
                    &[(ForwardedAs, "4F9D195432F")],
                ),
            ),
            (
                "Nov 23 10:00:00 mail postfix/reinject/smtpd[9]: 4F9D195432F: client=localhost[127.0.0.1], orig_queue_id=4F9D195432E, orig_client=c.example[192.0.2.1]",
                (
                    "postfix/reinject/smtpd",
                    "4F9D195432F",
                    "",
                    &[(MadeFrom, "4F9D195432E")],
                ),
            ),
            (
                "Nov 23 10:00:02 mail amavis[422]: (00422-01) Passed CLEAN {RelayedInbound}, [198.51.100.7] <a@b.example> -> <b@c.example>, Queue-ID: 4F9D195432B, Message-ID: <550@b.example>, mail_id: a1b2c3d4e5f6, queued_as: 4F9D195432C, 421 ms",
                (
                    "amavis",
                    "4F9D195432B",
                    "550@b.example",
                    &[(AcceptedAs, "4F9D195432C")],
                ),
            ),
            (
                "2026-11-23 10:00:02 1vNabc-0000A1-01 <= a@b.example H=c.example [192.0.2.10] P=esmtps S=2048 id=1.2@b.example",
                ("", "1vNabc-0000A1-01", "1.2@b.example", &[]),
            ),
            (
                "2026-11-23 10:00:04.123 +0100 [812] 1vNabd-00000000A1b-2Cd3 <= <> R=1vNabc-0000A1-01 U=Debian-exim P=local S=1503",
                (
                    "",
                    "1vNabd-00000000A1b-2Cd3",
                    "",
                    &[(MadeFrom, "1vNabc-0000A1-01")],
                ),
            ),
            (
                "Nov 23 10:00:00 mail exim[9]: 2026-11-23 10:00:08 1vNabg-0000A5-05 => bob@example.net R=dnslookup T=remote_smtp H=mx2.example.net [203.0.113.11] C=\"250 OK id=1rABCD-000421-Xy\"",
                (
                    "exim",
                    "1vNabg-0000A5-05",
                    "",
                    &[(AcceptedAs, "1rABCD-000421-Xy")],
                ),
            ),
            (
                "Nov 23 10:00:03 mail sendmail[2002]: 6ANA000a000003: to=<b@example.net>, relay=[127.0.0.1] [127.0.0.1], dsn=2.0.0, stat=Sent (6ANA000a000004 Message accepted for delivery)",
                (
                    "sendmail",
                    "6ANA000a000003",
                    "",
                    &[(AcceptedAs, "6ANA000a000004")],
                ),
            ),
            (
                "Nov 23 10:00:03 mail sm-mta[2002]: 6ANA000a000003: 6ANA000b000003: DSN: User unknown",
                (
                    "sm-mta",
                    "6ANA000a000003",
                    "",
                    &[(Notification, "6ANA000b000003")],
                ),
            ),
            (
                "Nov 23 10:00:03 mail dovecot: lmtp(dora)<319><kVvX550>: msgid=<1@example.net>: saved mail to INBOX",
                ("dovecot", "", "1@example.net", &[]),
            ),
            (
                "Nov 23 10:00:03 mail postfix/smtpd[9]: NOQUEUE: reject: RCPT from x[192.0.2.1]: 550 5.1.1 <a@b.example>: no",
                ("postfix/smtpd", "", "", &[]),
            ),
            (
                "Nov 23 10:00:03 mail postfix/smtpd[9]: connect from x[192.0.2.1]",
                ("postfix/smtpd", "", "", &[]),
            ),
        ];
        for (line, (program, queue_id, message_id, related)) in cases {
            let ids = LineIds::of(line.as_bytes());
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            let found: Vec<_> = ids
                .related
                .iter()
                .map(|(kind, id)| (*kind, text(id)))
                .collect();
            let expected: Vec<_> = related
                .iter()
                .map(|(kind, id)| (*kind, (*id).to_owned()))
                .collect();
            assert_eq!(text(ids.program), *program, "{line}");
            assert_eq!(text(ids.queue_id), *queue_id, "{line}");
            assert_eq!(text(ids.message_id), *message_id, "{line}");
            assert_eq!(found, expected, "{line}");
        }
    }
}
