//! Everything the catalog knows about a topic. Codes without an entry are explained by their digits.

use super::digits::{first_digit, second_digit, subject};
use super::entries::{ConditionId, DocumentRow};
use super::lookup::Catalog;
use super::topic::{EnhancedTopic, Topic};
use super::vocabulary::{Actor, Kind, Severity, Text};

/// What the catalog says about a topic.
pub struct Explanation<'a> {
    /// Short name; conditions have none.
    pub name: Option<Text>,
    /// Whether the catalog has an entry; otherwise only the digits are explained.
    pub known: bool,
    /// The kinds of reply; conditions have none.
    pub kinds: Vec<Kind>,
    /// Severity.
    pub severity: Severity,
    /// Who should act.
    pub actor: Actor,
    /// The condition that the code alone stands for.
    pub condition: Option<ConditionId>,
    /// Where it is defined.
    pub sources: Vec<Text>,
    /// What happened.
    pub meaning: Text,
    /// What to do.
    pub remedy: Text,
    /// The rows of the reference table.
    pub document: &'a [DocumentRow],
}

impl Catalog {
    /// Explains a topic.
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
        // An unknown id is `other`, as for its name.
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

fn joined(first: &Text, second: &Text) -> Text {
    Text::new(
        format!("{} {}", first.en, second.en),
        format!("{} {}", first.zh, second.zh),
    )
}

/// A source for people.
fn source(name: &str) -> Text {
    match name {
        "document" => Text::new(
            "reference table of SMTP error codes (Chinese)",
            "《SMTP错误码/建议解决方法》",
        ),
        name => Text::new(name, name),
    }
}

fn read_the_text() -> Text {
    Text::new(
        "Read the reply text in the log. If it does not help, send it with its time to the remote postmaster.",
        "请查看日志中的回复原文；必要时将原文与时间发给对方邮件管理员（postmaster）。",
    )
}
