//! The labels of the pages in both languages; what codes mean stands in the catalog.

use crate::catalog::Language;

/// Above the project's words, where the document's come first: only on Chinese pages.
pub const OWN_WORDS: &str = "简要说明";

/// The labels in one language.
pub struct Words {
    pub status: &'static str,
    pub all_codes: &'static str,
    pub json: &'static str,
    /// The name of the other language, in that language.
    pub other_language: &'static str,
    pub meaning: &'static str,
    pub actor: &'static str,
    pub remedy: &'static str,
    /// Beside a remedy that the document does not have.
    pub own_remedy: &'static str,
    pub document: &'static str,
    pub sources: &'static str,
    pub now: &'static str,
    pub direction: &'static str,
    /// Outbound, inbound, local.
    pub directions: [&'static str; 3],
    pub total: &'static str,
    /// Of the rates, in minutes.
    pub windows: [&'static str; 2],
    pub answers: &'static str,
    pub provider: &'static str,
    pub answered: &'static str,
    pub share: &'static str,
    pub of_its_answers: &'static str,
    pub nobody: &'static str,
    pub enhanced_beside: &'static str,
    pub codes_beside: &'static str,
    pub code: &'static str,
    pub name: &'static str,
    pub nothing_beside: &'static str,
    pub folded: &'static str,
    pub none_yet: &'static str,
    pub related: &'static str,
    pub says_so: &'static str,
    pub index_title: &'static str,
    pub index_hint: &'static str,
    pub connections: &'static str,
    pub conditions: &'static str,
    pub enhanced: &'static str,
    pub unknown: &'static str,
    /// Before and after what was asked for.
    pub not_found: [&'static str; 2],
}

impl Words {
    pub fn of(language: Language) -> &'static Words {
        match language {
            Language::En => &ENGLISH,
            Language::Zh => &CHINESE,
        }
    }
}

static ENGLISH: Words = Words {
    status: "Status",
    all_codes: "All codes",
    json: "JSON",
    other_language: "中文",
    meaning: "What happened",
    actor: "Who has to act",
    remedy: "What to do",
    own_remedy: "The document breaks off before its remedy; the advice above is the project's own.",
    document: "The document (in Chinese)",
    sources: "Sources",
    now: "How it stands",
    direction: "Direction",
    directions: ["Outbound", "Inbound", "Local"],
    total: "Total",
    windows: ["5 min", "1 h"],
    answers: "Who answers with it",
    provider: "Provider",
    answered: "Answers",
    share: "Share",
    of_its_answers: "Of its answers",
    nobody: "Nobody so far.",
    enhanced_beside: "Enhanced codes that came with it",
    codes_beside: "Reply codes it came with",
    code: "Code",
    name: "Name",
    nothing_beside: "none",
    folded: "other",
    none_yet: "Not seen so far.",
    related: "Related",
    says_so: "Codes that say so",
    index_title: "What codes mean",
    index_hint: "Every code with its meaning and remedy; a number is how often it was seen.",
    connections: "Connections that did not come about",
    conditions: "Conditions",
    enhanced: "Enhanced codes",
    unknown: "not in the catalog",
    not_found: [
        "There is no code or condition ",
        ". A reply code has three digits (421), an enhanced code three numbers (4.7.28). \
         These are known:",
    ],
};

static CHINESE: Words = Words {
    status: "状态",
    all_codes: "全部代码",
    json: "JSON",
    other_language: "English",
    meaning: "发生了什么",
    actor: "谁来处理",
    remedy: "怎么办",
    own_remedy: "文档在此处中断;以下建议来自本项目。",
    document: "文档原文",
    sources: "出处",
    now: "当前情况",
    direction: "方向",
    directions: ["寄出", "寄入", "本地"],
    total: "总数",
    windows: ["5 分钟", "1 小时"],
    answers: "哪些服务商这样回复",
    provider: "服务商",
    answered: "次数",
    share: "占比",
    of_its_answers: "占其回复",
    nobody: "尚无。",
    enhanced_beside: "随之出现的增强状态码",
    codes_beside: "与之一同出现的回复码",
    code: "代码",
    name: "名称",
    nothing_beside: "无",
    folded: "其他",
    none_yet: "尚未出现。",
    related: "相关",
    says_so: "表示此情况的代码",
    index_title: "代码的含义",
    index_hint: "每个代码的含义与处理办法;数字为出现次数。",
    connections: "未能建立的连接",
    conditions: "原因分类",
    enhanced: "增强状态码",
    unknown: "目录中没有",
    not_found: [
        "没有这个代码或原因分类:",
        "。回复码是三位数字(421),增强状态码是三个数(4.7.28)。已知的有:",
    ],
};
