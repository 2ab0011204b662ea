//! What people ask about, and everything the catalog has to say of it.
//!
//! It stands apart from the lookup because it also answers for codes that have no entry: their
//! digits tell something too.

use std::fmt::Write;

use super::data::{Actor, Catalog, ConditionId, DocumentRow, Enhanced, Kind, Severity, Text};

/// Something that can be explained.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Topic {
    /// A reply code, 0 to 999.
    Code(u16),
    /// An enhanced status code, or several that share an entry.
    Enhanced(EnhancedTopic),
    /// One of the conditions.
    Condition(ConditionId),
}

/// An enhanced status code (RFC 3463), of one class or of every class its entry has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EnhancedTopic {
    /// 0 to 9; `None` for `X`.
    pub class: Option<u8>,
    /// 0 to 999.
    pub subject: u16,
    /// 0 to 999.
    pub detail: u16,
    /// The last detail, where a range is meant.
    pub last: Option<u16>,
}

impl EnhancedTopic {
    /// The code as it is written: `4.7.28`, `X.2.2`, `5.7.606-649`.
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
    /// Everything that this entry explains: of one class, if it has only one.
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

/// What is known of a topic.
pub struct Explanation<'a> {
    /// A few words; conditions have none.
    pub name: Option<Text>,
    /// Whether the catalog has an entry; else only the digits speak.
    pub known: bool,
    /// What kinds of answer it is; conditions have none.
    pub kinds: Vec<Kind>,
    /// How much it matters.
    pub severity: Severity,
    /// Who has to act.
    pub actor: Actor,
    /// The condition that the bare code says.
    pub condition: Option<ConditionId>,
    /// Where that is written.
    pub sources: Vec<Text>,
    /// What happened.
    pub meaning: Text,
    /// What to do.
    pub remedy: Text,
    /// The document's rows.
    pub document: &'a [DocumentRow],
}

impl Catalog {
    /// What a text names: a reply code (`421`), an enhanced code (`4.7.28`, `#4.7.28`), the entry of
    /// several (`X.2.2`, `5.7.606-649`) or a condition (`mailbox_full`).
    pub fn topic(&self, text: &str) -> Option<Topic> {
        if let Some(code) = digits(text, 3..=3) {
            return Some(Topic::Code(code));
        }
        if let Some(asked) = enhanced(text) {
            return self.enhanced_topic(asked).map(Topic::Enhanced);
        }
        self.condition_named(text).map(Topic::Condition)
    }

    /// The name under which [`Catalog::topic`] finds it.
    pub fn topic_name(&self, topic: Topic) -> String {
        match topic {
            Topic::Code(code) => format!("{code:03}"),
            Topic::Enhanced(asked) => asked.name(),
            Topic::Condition(id) => self.condition_name(id).to_owned(),
        }
    }

    /// A range has to be the one of an entry; `X` means a single class where the entry has one.
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

    /// The entry of an enhanced code.
    fn entry(&self, asked: &EnhancedTopic) -> Option<&Enhanced> {
        match asked.class {
            Some(class) => self.enhanced(class, asked.subject, asked.detail),
            // One that is of several classes has no other name.
            None => self
                .enhanced_codes()
                .filter(|entry| entry.covers(asked.subject, asked.detail))
                .min_by_key(|entry| entry.classes.len() == 1),
        }
    }

    /// Everything there is to say.
    pub fn explain(&self, topic: Topic) -> Explanation<'_> {
        match topic {
            Topic::Code(code) => self.explain_code(code),
            Topic::Enhanced(asked) => self.explain_enhanced(&asked),
            Topic::Condition(id) => self.explain_condition(id),
        }
    }

    fn explain_code(&self, code: u16) -> Explanation<'_> {
        let Some(entry) = self.code(code) else {
            let class = code / 100;
            return Explanation {
                name: Some(Text::new("unknown reply code", "未知的回复码")),
                known: false,
                kinds: Kind::of_class(class).into_iter().collect(),
                severity: Severity::Info,
                actor: Actor::SenderOperator,
                condition: None,
                sources: vec![source("RFC 5321 section 4.2.1")],
                meaning: joined(&first_digit(class), &second_digit(code / 10 % 10)),
                remedy: read_the_text(),
                document: &[],
            };
        };
        Explanation {
            name: Some(entry.name.clone()),
            known: true,
            kinds: vec![entry.kind],
            severity: entry.severity,
            actor: entry.actor,
            condition: self.named(entry.condition.as_deref()),
            sources: entry.sources.iter().map(|name| source(name)).collect(),
            meaning: entry.meaning.clone(),
            remedy: entry.remedy.clone(),
            document: &entry.document,
        }
    }

    fn explain_enhanced(&self, asked: &EnhancedTopic) -> Explanation<'_> {
        let class = asked.class.map(u16::from);
        let Some(entry) = self.entry(asked) else {
            let subject = subject(asked.subject);
            return Explanation {
                name: Some(Text::new(
                    "unknown enhanced status code",
                    "未知的增强状态码",
                )),
                known: false,
                kinds: class.and_then(Kind::of_class).into_iter().collect(),
                severity: Severity::Info,
                actor: Actor::SenderOperator,
                condition: None,
                sources: vec![source("RFC 3463 section 3")],
                meaning: class.map_or(subject.clone(), |class| {
                    joined(&first_digit(class), &subject)
                }),
                remedy: read_the_text(),
                document: &[],
            };
        };
        let classes = class.map_or(entry.classes.clone(), |class| vec![class as u8]);
        Explanation {
            name: Some(entry.name.clone()),
            known: true,
            kinds: classes
                .iter()
                .filter_map(|&class| Kind::of_class(class.into()))
                .collect(),
            severity: entry.severity,
            actor: entry.actor,
            condition: self.named(entry.condition.as_deref()),
            sources: vec![source(&entry.source)],
            meaning: entry.meaning.clone(),
            remedy: entry.remedy.clone(),
            document: &[],
        }
    }

    fn explain_condition(&self, id: ConditionId) -> Explanation<'_> {
        let known = self.conditions().get(usize::from(id.0));
        // An id that is not of this catalog is `other`, as for its name.
        let condition = known.unwrap_or(&self.conditions()[usize::from(self.other().0)]);
        Explanation {
            name: None,
            known: true,
            kinds: Vec::new(),
            severity: condition.severity,
            actor: condition.actor,
            condition: None,
            sources: Vec::new(),
            meaning: condition.meaning.clone(),
            remedy: condition.remedy.clone(),
            document: &[],
        }
    }

    fn named(&self, condition: Option<&str>) -> Option<ConditionId> {
        condition.and_then(|name| self.condition_named(name))
    }
}

/// A number with as many digits as that.
fn digits(text: &str, count: std::ops::RangeInclusive<usize>) -> Option<u16> {
    let plain = count.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| text.parse().ok()).flatten()
}

/// Class, subject and detail; a leading `#` is tolerated, as servers write it.
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

fn joined(first: &Text, second: &Text) -> Text {
    Text::new(
        format!("{} {}", first.en, second.en),
        format!("{} {}", first.zh, second.zh),
    )
}

/// A source in words.
fn source(name: &str) -> Text {
    match name {
        "document" => Text::new(
            "the document of SMTP error codes",
            "《SMTP错误码/建议解决方法》",
        ),
        name => Text::new(name, name),
    }
}

fn read_the_text() -> Text {
    Text::new(
        "Read the reply's text in the log; if it does not help, send it with its time to the remote postmaster.",
        "请查看日志中的回复原文;必要时把原文与时间发给对方管理者。",
    )
}

/// What the first digit of a code tells.
pub fn first_digit(class: u16) -> Text {
    match Kind::of_class(class) {
        Some(kind) => Text::new(
            format!("({class}: {})", kind.text(false)),
            format!("({class}:{})", kind.text(true)),
        ),
        None => Text::new(
            "The first digit is none that SMTP has (2 success, 3 go on, 4 not now, 5 no).",
            "第一位不是 SMTP 的类别(2 成功、3 继续、4 暂时失败、5 永久失败)。",
        ),
    }
}

/// What the first digits of a reply code and of the enhanced code that came with it tell: the reply
/// code decides whether the sender tries again (RFC 5321 section 4.2.1), whatever the other says.
pub fn first_digit_of_both(code: u16, class: u8) -> Text {
    let first = code / 100;
    match Kind::of_class(first) {
        Some(_) if first == u16::from(class) => first_digit(first),
        Some(kind) => Text::new(
            format!(
                "({first}: {}; the {class} of the enhanced code contradicts it and does not count)",
                kind.text(false)
            ),
            format!(
                "({first}:{};增强状态码的 {class} 与之矛盾,以回复码为准)",
                kind.text(true)
            ),
        ),
        // Not a reply: a connection that did not come about.
        None => first_digit(class.into()),
    }
}

/// What the second digit of a reply code tells (RFC 5321 section 4.2.1).
fn second_digit(digit: u16) -> Text {
    match digit {
        0 => Text::new("The second digit: syntax.", "第二位:语法。"),
        1 => Text::new("The second digit: information.", "第二位:信息。"),
        2 => Text::new("The second digit: the connection.", "第二位:连接。"),
        5 => Text::new("The second digit: the mail system.", "第二位:邮件系统。"),
        _ => Text::new(
            "The second digit has no meaning in SMTP.",
            "第二位在 SMTP 中没有定义。",
        ),
    }
}

/// What the middle number of an enhanced code tells (RFC 3463 section 3).
pub fn subject(subject: u16) -> Text {
    match subject {
        0 => Text::new("The subject is not given.", "未说明主题。"),
        1 => Text::new("It is about an address.", "与地址有关。"),
        2 => Text::new("It is about the mailbox.", "与邮箱有关。"),
        3 => Text::new("It is about the mail system.", "与邮件系统有关。"),
        4 => Text::new("It is about the network or routing.", "与网络或路由有关。"),
        5 => Text::new("It is about the protocol.", "与协议有关。"),
        6 => Text::new("It is about the content.", "与内容有关。"),
        7 => Text::new("It is about security or policy.", "与安全或策略有关。"),
        _ => Text::new(
            "The subject is none of RFC 3463 (0 to 7).",
            "主题不在 RFC 3463 的范围(0 到 7)。",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> Option<String> {
        let catalog = Catalog::embedded();
        catalog.topic(text).map(|topic| catalog.topic_name(topic))
    }

    #[test]
    fn codes_ranges_and_conditions_are_known_by_their_names() {
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
