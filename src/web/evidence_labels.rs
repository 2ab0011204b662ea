//! The labels of what is known about replies now.

use crate::catalog::Language;
use crate::insight::Window;

/// The labels in one language.
pub struct EvidenceLabels {
    pub title: &'static str,
    /// Between a share of the replies and what they mean.
    pub are: &'static str,
    /// The head of the row for all replies.
    pub all: &'static str,
    pub all_replies: &'static str,
    /// By [`Window::ALL`].
    pub windows: [&'static str; Window::ALL.len()],
    pub texts: &'static str,
    /// Behind the count of a text.
    pub times: &'static str,
    pub sample: &'static str,
    pub senders: &'static str,
    pub recipients: &'static str,
    pub clients: &'static str,
    pub null_sender: &'static str,
    /// That counts may be too high.
    pub bounds: &'static str,
}

impl EvidenceLabels {
    /// The labels in a language.
    pub fn of(language: Language) -> &'static Self {
        match language {
            Language::En => &ENGLISH,
            Language::Zh => &CHINESE,
        }
    }

    /// The name of a window.
    pub fn window(&self, window: Option<Window>) -> &'static str {
        let at = Window::ALL.iter().position(|it| Some(*it) == window);
        self.windows[at.unwrap_or_default()]
    }
}

static ENGLISH: EvidenceLabels = EvidenceLabels {
    title: "Now: who, in which words, whose mail",
    are: " of the recent replies: ",
    all: "Replies",
    all_replies: "All",
    windows: ["5 min", "1 h", "24 h", "Recorded"],
    texts: "Reply texts",
    times: "×",
    sample: "One of these replies",
    senders: "Our sender domains",
    recipients: "Recipient domains",
    clients: "Client networks",
    null_sender: "null sender (bounces)",
    bounds: "There were more different texts or domains than are kept. Some counts may be too high.",
};

static CHINESE: EvidenceLabels = EvidenceLabels {
    title: "现在：来自谁、原文如何、涉及谁的邮件",
    are: " 的近期回复为 ",
    all: "回复",
    all_replies: "全部",
    windows: ["5 分钟", "1 小时", "24 小时", "记录以来"],
    texts: "回复原文",
    times: " 次",
    sample: "其中一条",
    senders: "我方发件域",
    recipients: "收件域",
    clients: "客户端网段",
    null_sender: "空发件人（退信）",
    bounds: "不同的原文或域名多于保留的数量，个别计数可能偏高。",
};
