//! What people can ask the catalog about, and the names of these topics.

use std::fmt::Write;

use super::entries::{ConditionId, Enhanced};
use super::lookup::Catalog;

/// A topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Topic {
    /// A reply code, 0 to 999.
    Code(u16),
    /// An enhanced status code, or several that share an entry.
    Enhanced(EnhancedTopic),
    /// One of the conditions.
    Condition(ConditionId),
}

/// An enhanced status code (RFC 3463) of one class, or of all classes of its entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EnhancedTopic {
    /// 0 to 9; `None` for `X`.
    pub class: Option<u8>,
    /// 0 to 999.
    pub subject: u16,
    /// 0 to 999.
    pub detail: u16,
    /// The last detail of a range.
    pub last: Option<u16>,
}

impl EnhancedTopic {
    /// The usual notation: `4.7.28`, `X.2.2`, `5.7.606-649`.
    pub fn name(&self) -> String {
        let mut name = match self.class {
            Some(class) => class.to_string(),
            None => "X".to_owned(),
        };
        // Writing to a string does not fail.
        let _ = write!(name, ".{}.{}", self.subject, self.detail);
        if let Some(last) = self.last {
            let _ = write!(name, "-{last}");
        }
        name
    }
}

impl Enhanced {
    /// The topic of the entry: of one class if it has only one.
    pub fn topic(&self) -> EnhancedTopic {
        EnhancedTopic {
            class: match *self.classes {
                [class] => Some(class),
                _ => None,
            },
            subject: self.subject,
            detail: self.detail,
            last: self.last,
        }
    }
}

impl Catalog {
    /// The topic that a text names: a reply code (`421`), an enhanced status code (`4.7.28`, `#4.7.28`), an
    /// entry for several of them (`X.2.2`, `5.7.606-649`) or a condition (`mailbox_full`).
    pub fn topic(&self, text: &str) -> Option<Topic> {
        if let Some(code) = digits(text, 3..=3) {
            return Some(Topic::Code(code));
        }
        if let Some(asked) = enhanced(text) {
            return self.enhanced_topic(asked).map(Topic::Enhanced);
        }
        self.condition_named(text).map(Topic::Condition)
    }

    /// The name of a topic, as [`Catalog::topic`] takes it.
    pub fn topic_name(&self, topic: Topic) -> String {
        match topic {
            Topic::Code(code) => format!("{code:03}"),
            Topic::Enhanced(asked) => asked.name(),
            Topic::Condition(id) => self.condition_name(id).to_owned(),
        }
    }

    /// Resolves what was asked for: a range must be exactly that of an entry; `X` becomes the class of the
    /// entry where it has only one.
    fn enhanced_topic(&self, asked: EnhancedTopic) -> Option<EnhancedTopic> {
        let entry = self.entry(&asked);
        match (asked.class, entry) {
            (_, Some(entry)) if asked.last.is_some() => {
                let exact = (entry.detail, entry.last) == (asked.detail, asked.last);
                exact.then_some(asked)
            }
            (_, None) if asked.last.is_some() => None,
            (None, Some(entry)) => Some(entry.topic()),
            _ => Some(asked),
        }
    }

    /// The entry of an enhanced status code.
    pub(super) fn entry(&self, asked: &EnhancedTopic) -> Option<&Enhanced> {
        match asked.class {
            Some(class) => self.enhanced(class, asked.subject, asked.detail),
            // Prefer an entry of several classes: it has no other name.
            None => self
                .enhanced_codes()
                .filter(|entry| entry.covers(asked.subject, asked.detail))
                .min_by_key(|entry| entry.classes.len() == 1),
        }
    }
}

/// A decimal number whose number of digits is within `count`.
fn digits(text: &str, count: std::ops::RangeInclusive<usize>) -> Option<u16> {
    let plain = count.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| text.parse().ok()).flatten()
}

/// Parses class, subject and detail; a leading `#` is accepted, as some servers write it.
fn enhanced(text: &str) -> Option<EnhancedTopic> {
    let mut parts = text.strip_prefix('#').unwrap_or(text).splitn(3, '.');
    let class = match parts.next()? {
        "X" | "x" => None,
        class => Some(u8::try_from(digits(class, 1..=1)?).ok()?),
    };
    let subject = digits(parts.next()?, 1..=3)?;
    let detail = parts.next()?;
    let (detail, last) = match detail.split_once('-') {
        Some((detail, last)) => (detail, Some(digits(last, 1..=3)?)),
        None => (detail, None),
    };
    Some(EnhancedTopic {
        class,
        subject,
        detail: digits(detail, 1..=3)?,
        last,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> Option<String> {
        let catalog = Catalog::embedded();
        catalog.topic(text).map(|topic| catalog.topic_name(topic))
    }

    #[test]
    fn topic_names_are_parsed_and_normalized() {
        for (text, expected) in [
            ("421", "421"),
            ("099", "099"),
            ("#4.7.28", "4.7.28"),
            ("x.2.2", "X.2.2"),
            // Each class has an entry of its own, or there is only one.
            ("X.2.1", "5.2.1"),
            ("4.2.1", "4.2.1"),
            ("X.1.5", "X.1.5"),
            ("X.7.5", "5.7.5"),
            ("5.7.606-649", "5.7.606-649"),
            ("X.7.620", "5.7.606-649"),
            ("5.7.620", "5.7.620"),
            ("4.9.99", "4.9.99"),
            ("mailbox_full", "mailbox_full"),
        ] {
            assert_eq!(name(text).as_deref(), Some(expected), "{text}");
        }
        for wrong in [
            "",
            "42",
            "4211",
            "+21",
            "4.7",
            "4.7.28.1",
            "##4.7.1",
            "4.7.-1",
            "5.7.606-650",
            "4.7.1-2",
            "4.7.1-",
            "Mailbox_full",
        ] {
            assert_eq!(name(wrong), None, "{wrong}");
        }
    }
}
