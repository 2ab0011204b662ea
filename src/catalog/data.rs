//! The catalog's types, strict to read: a field that is missing or unknown is an error.

use std::str::FromStr;

use serde::Deserialize;

use super::classify::Classifier;
use super::lookup::Index;

/// One of the catalog's conditions: an index into its list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ConditionId(pub u8);

/// One of the known providers: an index into the list; 0 is `other`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ProviderId(pub u8);

impl ProviderId {
    /// Nobody we know.
    pub const OTHER: ProviderId = ProviderId(0);
}

/// The same sentence in both languages.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Text {
    /// English.
    pub en: String,
    /// Simplified Chinese.
    pub zh: String,
}

impl Text {
    pub(super) fn new(en: impl Into<String>, zh: impl Into<String>) -> Text {
        Text {
            en: en.into(),
            zh: zh.into(),
        }
    }
}

/// A language that every text is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// English.
    En,
    /// Simplified Chinese.
    Zh,
}

impl Language {
    /// The text in this language.
    pub fn of(self, text: &Text) -> &str {
        match self {
            Language::En => &text.en,
            Language::Zh => &text.zh,
        }
    }
}

/// What kind of answer a code is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// 2yz: done.
    Success,
    /// 3yz: go on.
    Intermediate,
    /// 4yz: not now; the same command may work later.
    Transient,
    /// 5yz: no; the same command will fail again.
    Permanent,
    /// Not a reply: the connection did not come about.
    Connect,
}

impl Kind {
    /// What the first digit of a code tells (RFC 5321 section 4.2.1, RFC 3463 section 2), if it is
    /// one that SMTP has.
    pub fn of_class(class: u16) -> Option<Kind> {
        match class {
            2 => Some(Kind::Success),
            3 => Some(Kind::Intermediate),
            4 => Some(Kind::Transient),
            5 => Some(Kind::Permanent),
            _ => None,
        }
    }

    /// The word used in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Success => "success",
            Kind::Intermediate => "intermediate",
            Kind::Transient => "transient",
            Kind::Permanent => "permanent",
            Kind::Connect => "connect",
        }
    }

    /// In words.
    pub fn text(self, zh: bool) -> &'static str {
        match (self, zh) {
            (Kind::Success, false) => "success",
            (Kind::Success, true) => "成功",
            (Kind::Intermediate, false) => "go on",
            (Kind::Intermediate, true) => "继续",
            (Kind::Transient, false) => "not now, the sender tries again",
            (Kind::Transient, true) => "暂时失败,发送方会重试",
            (Kind::Permanent, false) => "no, trying again does not help",
            (Kind::Permanent, true) => "永久失败,重试无效",
            (Kind::Connect, false) => "no connection came about, the sender tries again",
            (Kind::Connect, true) => "未能建立连接,发送方会重试",
        }
    }
}

/// How much it matters to the person on call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Nothing to do.
    Info,
    /// Worth a look.
    Warning,
    /// Mail does not flow until somebody acts.
    Critical,
}

impl FromStr for Severity {
    type Err = ();

    fn from_str(name: &str) -> Result<Self, ()> {
        let all = [Severity::Info, Severity::Warning, Severity::Critical];
        all.into_iter().find(|it| it.as_str() == name).ok_or(())
    }
}

impl Severity {
    /// All of them, from the least on.
    pub const NAMES: [&'static str; 3] = ["info", "warning", "critical"];

    /// The word used in labels.
    pub fn as_str(self) -> &'static str {
        match self {
            Severity::Info => "info",
            Severity::Warning => "warning",
            Severity::Critical => "critical",
        }
    }

    /// In words.
    pub fn text(self, zh: bool) -> &'static str {
        match (self, zh) {
            (severity, false) => severity.as_str(),
            (Severity::Info, true) => "信息",
            (Severity::Warning, true) => "警告",
            (Severity::Critical, true) => "严重",
        }
    }
}

/// Who has to act.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Actor {
    /// Who runs the sending server.
    SenderOperator,
    /// The person the mail is for.
    Recipient,
    /// Who runs the receiving server.
    RemoteOperator,
    /// Who keeps the DNS records.
    Dns,
    /// Nobody: it is no fault, or it passes by itself.
    Nobody,
}

impl Actor {
    /// The word used in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Actor::SenderOperator => "sender_operator",
            Actor::Recipient => "recipient",
            Actor::RemoteOperator => "remote_operator",
            Actor::Dns => "dns",
            Actor::Nobody => "nobody",
        }
    }

    /// In words.
    pub fn text(self, zh: bool) -> &'static str {
        match (self, zh) {
            (Actor::SenderOperator, false) => "you, who run the sending server",
            (Actor::SenderOperator, true) => "寄件端(本方)邮件服务器的管理者",
            (Actor::Recipient, false) => "the recipient",
            (Actor::Recipient, true) => "收件人",
            (Actor::RemoteOperator, false) => "the operator of the receiving server",
            (Actor::RemoteOperator, true) => "收件端邮件服务器的管理者",
            (Actor::Dns, false) => "whoever keeps the DNS records of the domain concerned",
            (Actor::Dns, true) => "相关域名的 DNS 管理者",
            (Actor::Nobody, false) => "nobody",
            (Actor::Nobody, true) => "无需处理",
        }
    }
}

/// A row of the user's document, to the letter.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DocumentRow {
    /// When this row applies, where a code has several; our words.
    pub when: Option<Text>,
    /// The English message.
    pub message: String,
    /// What the message means, in Chinese.
    pub meaning: String,
    /// The explanation; absent where the document breaks off.
    pub explanation: Option<String>,
    /// The remedy; absent where the document breaks off, `N/A` where it says so.
    pub remedy: Option<String>,
}

/// A reply code, or 101 and 111, which stand for failed connections.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Code {
    /// The three digits.
    pub code: u16,
    /// A few words.
    pub name: Text,
    /// What kind of answer.
    pub kind: Kind,
    /// How much it matters.
    pub severity: Severity,
    /// Who has to act.
    pub actor: Actor,
    /// The name of the condition that the bare code says; absent for success and intermediate.
    pub condition: Option<String>,
    /// Where the code is defined.
    pub sources: Vec<String>,
    /// What happened.
    pub meaning: Text,
    /// What to do.
    pub remedy: Text,
    /// The document's rows.
    #[serde(default)]
    pub document: Vec<DocumentRow>,
}

/// An enhanced status code of RFC 3463, its class left open.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Enhanced {
    /// Subject (the middle number), 0 to 7.
    pub subject: u16,
    /// Detail (the last number), 0 to 999; the first of a range.
    pub detail: u16,
    /// The last detail of a range, where it is one.
    pub last: Option<u16>,
    /// The classes it may carry: 2, 4, 5.
    pub classes: Vec<u8>,
    /// A few words.
    pub name: Text,
    /// How much it matters.
    pub severity: Severity,
    /// Who has to act.
    pub actor: Actor,
    /// The condition, only where this code alone is enough to know it.
    pub condition: Option<String>,
    /// Where the code is defined.
    pub source: String,
    /// What happened.
    pub meaning: Text,
    /// What to do.
    pub remedy: Text,
}

/// A class of reasons; the order of the list is the priority of the phrases.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Condition {
    /// The label.
    pub name: String,
    /// How much it matters.
    pub severity: Severity,
    /// Who has to act.
    pub actor: Actor,
    /// What happened.
    pub meaning: Text,
    /// What to do.
    pub remedy: Text,
    /// Lower-case substrings of reply texts that decide for it.
    pub phrases: Vec<String>,
}

/// Who runs a remote mail exchanger.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Provider {
    /// The label.
    pub name: String,
    /// Lower-case domain names; a host belongs if it is one of them or below one.
    pub suffixes: Vec<String>,
}

/// The data file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Tables {
    #[serde(rename = "code")]
    pub(super) codes: Vec<Code>,
    #[serde(rename = "enhanced")]
    pub(super) enhanced: Vec<Enhanced>,
    #[serde(rename = "condition")]
    pub(super) conditions: Vec<Condition>,
    #[serde(rename = "provider")]
    pub(super) providers: Vec<Provider>,
}

/// Everything in the catalog.
pub struct Catalog {
    pub(super) tables: Tables,
    pub(super) index: Index,
    pub(super) classifier: Classifier,
}
