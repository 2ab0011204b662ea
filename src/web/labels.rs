//! The labels of the pages in both languages. What codes and alerts mean is in the catalog.

use crate::catalog::Language;

/// The labels in one language.
pub struct Labels {
    pub status_page: StatusPageLabels,
    pub code_page: CodePageLabels,
    pub alert_pages: AlertPageLabels,
    /// Links to the other pages.
    pub status: &'static str,
    pub all_codes: &'static str,
    pub json: &'static str,
    /// Columns of tables.
    pub code: &'static str,
    pub name: &'static str,
    pub condition: &'static str,
    /// Outbound, inbound, local.
    pub directions: [&'static str; 3],
    pub meaning: &'static str,
    pub remedy: &'static str,
    /// Between a label and its value.
    pub colon: &'static str,
}

/// The labels of the status page.
pub struct StatusPageLabels {
    pub version: &'static str,
    pub purpose: &'static str,
    pub metrics: &'static str,
    pub sources_json: &'static str,
    pub readiness: &'static str,
    pub health: &'static str,
    /// Behind a code whose rate over five minutes is shown.
    pub rate_window: &'static str,
    /// Of deliveries: sent, deferred, bounced, expired.
    pub deliveries: [&'static str; 4],
    pub reply_codes: &'static str,
    pub top_conditions: &'static str,
    pub sources: &'static str,
    /// The columns of the table of sources.
    pub source_columns: [&'static str; 8],
    pub up: &'static str,
    pub down: &'static str,
    pub nothing_yet: &'static str,
}

/// The labels of the page of one code or condition, and of the list of all.
pub struct CodePageLabels {
    pub actor: &'static str,
    pub own_words: &'static str,
    /// Beside a remedy that the reference table does not have.
    pub own_remedy: &'static str,
    pub reference_table: &'static str,
    /// Explains the reference table's word for the postmaster, which usually means a mail carrier.
    pub postmaster_note: &'static str,
    pub sources: &'static str,
    /// Between two sources.
    pub separator: &'static str,
    pub now: &'static str,
    pub direction: &'static str,
    pub total: &'static str,
    /// The windows of the rates.
    pub windows: [&'static str; 2],
    pub by_provider: &'static str,
    pub provider: &'static str,
    pub replies: &'static str,
    pub share: &'static str,
    pub share_of_provider: &'static str,
    pub no_provider: &'static str,
    pub enhanced_code: &'static str,
    pub enhanced_codes_seen: &'static str,
    pub reply_codes_seen: &'static str,
    /// A reply without an enhanced code.
    pub no_enhanced_code: &'static str,
    /// Codes beyond the limit on the number of series.
    pub other: &'static str,
    pub not_seen: &'static str,
    pub related: &'static str,
    pub codes_in_category: &'static str,
    pub index_title: &'static str,
    pub index_hint: &'static str,
    pub failed_connections: &'static str,
    pub conditions: &'static str,
    pub enhanced_codes: &'static str,
    pub not_in_catalog: &'static str,
    /// Before and after the name that was requested.
    pub not_found: [&'static str; 2],
}

/// The labels of the pages of alert rules.
pub struct AlertPageLabels {
    pub title: &'static str,
    pub all: &'static str,
    pub hint: &'static str,
    pub rule: &'static str,
    /// Below a remedy that the reference table does not have.
    pub own_remedy: &'static str,
    pub code_page: &'static str,
    /// Before and after the name that was requested.
    pub not_found: [&'static str; 2],
}

impl Labels {
    /// The labels in a language.
    pub fn of(language: Language) -> &'static Labels {
        match language {
            Language::En => &ENGLISH,
            Language::Zh => &CHINESE,
        }
    }
}

static ENGLISH: Labels = Labels {
    status_page: StatusPageLabels {
        version: "version",
        purpose: "counts the SMTP reply codes in mail logs",
        metrics: "Metrics",
        sources_json: "Sources (JSON)",
        readiness: "Readiness",
        health: "Health",
        rate_window: " (5 min)",
        deliveries: ["sent", "deferred", "bounced", "expired"],
        reply_codes: "Reply codes",
        top_conditions: "Top conditions",
        sources: "Sources",
        source_columns: [
            "Source",
            "State",
            "Events",
            "Noise",
            "Unmatched",
            "Read",
            "Unread",
            "Rotations",
        ],
        up: "up",
        down: "cannot be read",
        nothing_yet: "No data yet.",
    },
    code_page: CodePageLabels {
        actor: "Who should act",
        own_words: "In short",
        own_remedy: "The reference table has no remedy for this code; the advice above is from this \
                     project.",
        reference_table: "Reference table (Chinese)",
        postmaster_note: "In the table, “邮递员” means the postmaster.",
        sources: "Sources",
        separator: ", ",
        now: "Totals and rates",
        direction: "Direction",
        total: "Total",
        windows: ["5 min", "1 h"],
        by_provider: "Replies by provider since the start",
        provider: "Provider",
        replies: "Replies",
        share: "Share",
        share_of_provider: "Share of provider's replies",
        no_provider: "None yet.",
        enhanced_code: "Enhanced code",
        enhanced_codes_seen: "Enhanced codes in these replies",
        reply_codes_seen: "Reply codes with this enhanced code",
        no_enhanced_code: "none",
        other: "other",
        not_seen: "Not seen yet.",
        related: "Related",
        codes_in_category: "Codes in this category",
        index_title: "Codes",
        index_hint: "Every code with its meaning and remedy. The number is how often it was seen.",
        failed_connections: "Failed connections",
        conditions: "Conditions",
        enhanced_codes: "Enhanced codes",
        not_in_catalog: "not in the catalog",
        not_found: [
            "Unknown code or condition: ",
            ". A reply code has three digits (421), an enhanced code three numbers (4.7.28). Known \
             codes and conditions:",
        ],
    },
    alert_pages: AlertPageLabels {
        title: "Alerts",
        all: "All alerts",
        hint: "Every alert rule with its severity, meaning, remedy and thresholds.",
        rule: "When it fires",
        own_remedy: "The reference table has no remedy for this code; this advice is from this \
                     project.",
        code_page: "More about",
        not_found: ["Unknown alert: ", ". Known alerts:"],
    },
    status: "Status",
    all_codes: "All codes",
    json: "JSON",
    code: "Code",
    name: "Name",
    condition: "Condition",
    directions: ["Outbound", "Inbound", "Local"],
    meaning: "What happened",
    remedy: "What to do",
    colon: ": ",
};

static CHINESE: Labels = Labels {
    status_page: StatusPageLabels {
        version: "版本",
        purpose: "统计邮件日志中的 SMTP 回复码",
        metrics: "指标",
        sources_json: "日志来源（JSON）",
        readiness: "就绪检查",
        health: "健康检查",
        rate_window: "（5 分钟）",
        deliveries: ["已送达", "已延迟", "已退回", "已过期"],
        reply_codes: "回复码",
        top_conditions: "主要原因分类",
        sources: "日志来源",
        source_columns: [
            "来源",
            "状态",
            "事件",
            "无关行",
            "未识别",
            "已读",
            "未读",
            "轮转",
        ],
        up: "正常",
        down: "无法读取",
        nothing_yet: "暂无数据。",
    },
    code_page: CodePageLabels {
        actor: "谁来处理",
        own_words: "简要说明",
        own_remedy: "文档没有给出此代码的处理办法；以下建议来自本项目。",
        reference_table: "文档原文",
        postmaster_note: "文档中的“邮递员”指邮件管理员（postmaster）。",
        sources: "出处",
        separator: "、",
        now: "累计与速率",
        direction: "方向",
        total: "总数",
        windows: ["5 分钟", "1 小时"],
        by_provider: "启动以来各服务商的回复",
        provider: "服务商",
        replies: "回复数",
        share: "占比",
        share_of_provider: "占该服务商回复",
        no_provider: "暂无。",
        enhanced_code: "增强状态码",
        enhanced_codes_seen: "这些回复中的增强状态码",
        reply_codes_seen: "带有此增强状态码的回复码",
        no_enhanced_code: "无",
        other: "其他",
        not_seen: "尚未出现。",
        related: "相关",
        codes_in_category: "此分类的代码",
        index_title: "代码",
        index_hint: "每个代码的含义与处理办法；数字为出现次数。",
        failed_connections: "连接失败",
        conditions: "原因分类",
        enhanced_codes: "增强状态码",
        not_in_catalog: "目录中没有",
        not_found: [
            "未知的代码或原因分类：",
            "。回复码是三位数字（如 421），增强状态码是三个数（如 4.7.28）。已知的代码和原因分类：",
        ],
    },
    alert_pages: AlertPageLabels {
        title: "告警",
        all: "全部告警",
        hint: "全部告警规则及其级别、含义、处理办法和阈值。",
        rule: "触发条件",
        own_remedy: "文档没有给出此代码的处理办法；此建议来自本项目。",
        code_page: "详细说明",
        not_found: ["未知的告警：", "。已知的告警："],
    },
    status: "状态",
    all_codes: "全部代码",
    json: "JSON",
    code: "代码",
    name: "名称",
    condition: "原因分类",
    directions: ["出站", "入站", "本地"],
    meaning: "发生了什么",
    remedy: "怎么办",
    colon: "：",
};
