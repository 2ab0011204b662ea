//! The closed vocabularies of the catalog: languages, kinds of reply, severities and who should act, each
//! with its identifier for labels and JSON and its wording for people.

use std::str::FromStr;

use serde::Deserialize;

/// A text in both languages.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
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

/// The languages of all texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// English.
    En,
    /// Simplified Chinese.
    Zh,
}

impl Language {
    /// The names in configuration files.
    pub const NAMES: [&'static str; 2] = ["en", "zh"];

    /// The text in this language.
    pub fn of(self, text: &Text) -> &str {
        match self {
            Language::En => &text.en,
            Language::Zh => &text.zh,
        }
    }

    /// What stands between a word and the text about it.
    pub fn colon(self) -> &'static str {
        match self {
            Language::En => ": ",
            Language::Zh => "：",
        }
    }

    /// What stands between the names of a list.
    pub fn comma(self) -> &'static str {
        match self {
            Language::En => ", ",
            Language::Zh => "、",
        }
    }
}

impl FromStr for Language {
    type Err = ();

    fn from_str(name: &str) -> Result<Self, ()> {
        match name {
            "en" => Ok(Language::En),
            "zh" => Ok(Language::Zh),
            _ => Err(()),
        }
    }
}

/// The kind of reply, by the first digit of its code (RFC 5321 section 4.2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// 2yz: the command succeeded.
    Success,
    /// 3yz: intermediate reply; the server expects more input.
    Intermediate,
    /// 4yz: temporary failure; the same command may succeed later.
    Transient,
    /// 5yz: permanent failure; the same command will fail again.
    Permanent,
    /// Not a reply: the connection failed.
    Connect,
}

impl Kind {
    /// The kind that the first digit of a code stands for (RFC 5321 section 4.2.1, RFC 3463 section 2);
    /// `None` for digits that SMTP does not use.
    pub fn of_class(class: u16) -> Option<Kind> {
        match class {
            2 => Some(Kind::Success),
            3 => Some(Kind::Intermediate),
            4 => Some(Kind::Transient),
            5 => Some(Kind::Permanent),
            _ => None,
        }
    }

    /// The identifier in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Success => "success",
            Kind::Intermediate => "intermediate",
            Kind::Transient => "transient",
            Kind::Permanent => "permanent",
            Kind::Connect => "connect",
        }
    }

    /// The wording for people.
    pub fn text(self, zh: bool) -> &'static str {
        match (self, zh) {
            (Kind::Success, false) => "success",
            (Kind::Success, true) => "成功",
            (Kind::Intermediate, false) => "intermediate reply, more input expected",
            (Kind::Intermediate, true) => "中间回复，等待后续输入",
            (Kind::Transient, false) => "temporary failure, the sender retries",
            (Kind::Transient, true) => "暂时失败，发送方会重试",
            (Kind::Permanent, false) => "permanent failure, retrying does not help",
            (Kind::Permanent, true) => "永久失败，重试无效",
            (Kind::Connect, false) => "connection failed, the sender retries",
            (Kind::Connect, true) => "连接失败，发送方会重试",
        }
    }
}

/// How urgent it is for the operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// For information only.
    Info,
    /// To be looked into during working hours.
    Warning,
    /// Needs attention now: mail is not delivered.
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
    /// All names, in ascending order.
    pub const NAMES: [&'static str; 3] = ["info", "warning", "critical"];

    /// The identifier in labels.
    pub fn as_str(self) -> &'static str {
        match self {
            Severity::Info => "info",
            Severity::Warning => "warning",
            Severity::Critical => "critical",
        }
    }

    /// The wording for people.
    pub fn text(self, zh: bool) -> &'static str {
        match (self, zh) {
            (severity, false) => severity.as_str(),
            (Severity::Info, true) => "信息",
            (Severity::Warning, true) => "警告",
            (Severity::Critical, true) => "严重",
        }
    }
}

/// Who should act.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Actor {
    /// The operator of the sending server.
    SenderOperator,
    /// The recipient of the mail.
    Recipient,
    /// The operator of the receiving server.
    RemoteOperator,
    /// The administrator of the DNS records.
    Dns,
    /// Nobody: it is not a fault, or it resolves by itself.
    Nobody,
}

impl Actor {
    /// The identifier in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Actor::SenderOperator => "sender_operator",
            Actor::Recipient => "recipient",
            Actor::RemoteOperator => "remote_operator",
            Actor::Dns => "dns",
            Actor::Nobody => "nobody",
        }
    }

    /// The wording for people.
    pub fn text(self, zh: bool) -> &'static str {
        match (self, zh) {
            (Actor::SenderOperator, false) => "the operator of the sending server (you)",
            (Actor::SenderOperator, true) => "发件端（本方）邮件服务器管理员",
            (Actor::Recipient, false) => "the recipient",
            (Actor::Recipient, true) => "收件人",
            (Actor::RemoteOperator, false) => "the operator of the receiving server",
            (Actor::RemoteOperator, true) => "收件端邮件服务器管理员",
            (Actor::Dns, false) => "the DNS administrator of the domain concerned",
            (Actor::Dns, true) => "相关域名的 DNS 管理员",
            (Actor::Nobody, false) => "nobody",
            (Actor::Nobody, true) => "无需处理",
        }
    }
}

/// Why a delivery failed, as a group of conditions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// The recipient: unknown, disabled, full, or the message is too large for it.
    Recipient,
    /// Greylisting, which resolves by itself.
    Greylisting,
    /// The remote server limits our rate, volume or connections.
    Throttling,
    /// The remote server does not want our mail: blocklists, policy, content, sender authentication.
    Reputation,
    /// The remote server has a fault of its own, or gives no reason.
    Remote,
    /// The remote server was not found, not reached, or lost.
    Network,
    /// Our own server.
    Local,
}

impl Cause {
    /// Every cause, in the order of [`Cause::index`].
    pub const ALL: [Cause; 7] = [
        Cause::Recipient,
        Cause::Greylisting,
        Cause::Throttling,
        Cause::Reputation,
        Cause::Remote,
        Cause::Network,
        Cause::Local,
    ];

    /// The label value.
    pub fn as_str(self) -> &'static str {
        match self {
            Cause::Recipient => "recipient",
            Cause::Greylisting => "greylisting",
            Cause::Throttling => "throttling",
            Cause::Reputation => "reputation",
            Cause::Remote => "remote",
            Cause::Network => "network",
            Cause::Local => "local",
        }
    }

    /// A dense number, for tables.
    pub fn index(self) -> usize {
        self as usize
    }
}
