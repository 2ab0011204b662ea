//! The words of the report, for the text and for the page.

use crate::catalog::Language;
use crate::cli::wording::Wording;

const fn words(en: &'static str, zh: &'static str) -> Wording {
    Wording::new(en, zh)
}

// The first screen.
pub(super) const MAIL: Wording = words("Mail", "邮件报告");
pub(super) const MAIL_OF: Wording = words("Mail of {0}", "邮件报告：{0}");
pub(super) const SERVERS: Wording = words(" ({0})", "（{0}）");
pub(super) const SPAN: Wording = words("{0} to {1}", "{0} 至 {1}");
pub(super) const AND_MORE: Wording = words("{0} and {1} more", "{0} 等 {1} 台");
pub(super) const NO_SERVER: Wording = words(
    "No mail server is known that writes such a log",
    "没有已知的邮件服务器会写这样的日志",
);
pub(super) const ATTENTION: Wording = words("What needs attention", "需要关注");
pub(super) const NOTHING_FAILED: Wording = words("Nothing failed.", "没有失败。");
pub(super) const FATAL: Wording = words(
    "fatal errors and panics of the server itself",
    "服务器自身的致命错误和崩溃",
);
pub(super) const READ_FATAL: Wording = words(
    "Read them; --detail 20 lists them",
    "阅读这些错误；--detail 20 会列出",
);
pub(super) const FIRST: Wording = words("First: {0}", "先做：{0}");
pub(super) const TO_CLIENTS: Wording = words(" to clients of this server", "本机对客户端");
pub(super) const LINES: Wording = words(
    "{0} lines: {1} events, {2} noise, {3} of unknown form",
    "共 {0} 行：{1} 个事件，{2} 行无关内容，{3} 行未识别",
);

// How much mail.
pub(super) const RECEIVED: Wording = words("received", "收到");
pub(super) const DELIVERED: Wording = words("delivered", "已投递");
pub(super) const FORWARDED: Wording = words("forwarded", "已转发");
pub(super) const DEFERRED: Wording = words("deferred", "延迟");
pub(super) const DEFERRALS: Wording = words("deferrals", "延迟次数");
pub(super) const BOUNCED: Wording = words("bounced", "退信");
pub(super) const EXPIRED: Wording = words("expired", "过期");
pub(super) const REJECTED: Wording = words("rejected", "拒收");
pub(super) const REJECT_WARNINGS: Wording = words("reject warnings", "拒收警告");
pub(super) const HELD: Wording = words("held", "暂扣");
pub(super) const DISCARDED: Wording = words("discarded", "丢弃");
pub(super) const BYTES: Wording = words("bytes", "字节");
pub(super) const BYTES_RECEIVED: Wording = words("bytes received", "收到字节数");
pub(super) const BYTES_DELIVERED: Wording = words("bytes delivered", "投递字节数");

// Headings of tables.
pub(super) const CODES: Wording = words("Codes, {0}", "回复码，{0}");
pub(super) const ENHANCED: Wording = words("Enhanced codes, {0}", "增强状态码，{0}");
pub(super) const CONDITIONS: Wording = words("Conditions, {0}", "原因分类，{0}");
pub(super) const DELIVERIES: Wording = words("Deliveries", "投递结果");
pub(super) const FAILED_CONNECTIONS: Wording = words("Failed connections", "失败的连接");
pub(super) const REPLIES_OF: Wording = words("Replies of {0}", "{0} 的回复");
pub(super) const BY_DAY: Wording = words("Mail by day", "每天的邮件");
pub(super) const BY_HOUR: Wording = words("Mail by hour", "每小时的邮件");
pub(super) const BY_HOUR_ALL_DAYS: Wording =
    words("Mail by hour, all days", "每小时的邮件（各天合计）");
pub(super) const RECIPIENT_DOMAINS: Wording = words("Recipient domains", "收件域名");
pub(super) const SENDER_DOMAINS: Wording = words("Sender domains", "发件域名");
pub(super) const SENDERS: Wording = words("Senders", "发件人");
pub(super) const RECIPIENTS: Wording = words("Recipients", "收件人");
pub(super) const CLIENTS: Wording = words("Clients", "客户端");
pub(super) const COUNTED: Wording = words("{0} ({1})", "{0}（{1}）");
pub(super) const DEFERRALS_BY_REASON: Wording =
    words("Deferrals, by agent and reason", "延迟，按投递程序和原因");
pub(super) const BOUNCES_BY_REASON: Wording =
    words("Bounces, by host and reason", "退信，按主机和原因");
pub(super) const REJECTS_BY_REASON: Wording =
    words("Rejects, by stage and reason", "拒收，按 SMTP 阶段和原因");
pub(super) const ATTEMPTS_BY_REASON: Wording = words(
    "Failed attempts, by agent and reason",
    "失败的尝试，按投递程序和原因",
);
pub(super) const ACTIONS: Wording = words(
    "Held, discarded, let through with a warning",
    "暂扣、丢弃、仅警告",
);
pub(super) const DIAGNOSTICS: Wording = words(
    "Panics, fatal errors, errors and warnings",
    "崩溃、致命错误、错误和警告",
);
pub(super) const WITHOUT_SENDER: Wording = words(
    "Delivered messages without a sender record ({0})",
    "没有发件人记录的已投递邮件（{0}）",
);
pub(super) const CONNECTIONS_OF_CLIENTS: Wording = words("Connections of clients", "客户端的连接");
pub(super) const CONNECTION_TIME: Wording =
    words("Connection time by client domain", "连接时间，按客户端域名");
pub(super) const TLS_SESSIONS: Wording = words("TLS sessions, {0}", "TLS 会话，{0}");
pub(super) const POSTSCREEN: Wording = words("Results of postscreen", "postscreen 的结果");

// Columns and rows.
pub(super) const DAY: Wording = words("day", "日期");
pub(super) const HOUR: Wording = words("hour", "小时");
pub(super) const DOMAIN: Wording = words("domain", "域名");
pub(super) const NAME: Wording = words("name", "名称");
pub(super) const SENT: Wording = words("sent", "已投递");
pub(super) const MESSAGES: Wording = words("messages", "邮件");
pub(super) const DELAY: Wording = words("delay", "平均耗时");
pub(super) const LONGEST: Wording = words("longest", "最长");
pub(super) const TOTAL: Wording = words("total", "合计");
pub(super) const AVERAGE: Wording = words("average", "平均");
pub(super) const ALL: Wording = words("all", "全部");
pub(super) const CONNECTIONS: Wording = words("connections", "连接");
pub(super) const ENDED_WITHOUT_QUIT: Wording = words("ended without QUIT", "未用 QUIT 结束");
pub(super) const FAILED_AUTHENTICATIONS: Wording = words("failed authentications", "身份验证失败");
pub(super) const FAILED: Wording = words("failed", "失败");
pub(super) const SECONDS: Wording = words("s", "秒");
pub(super) const MINUTES: Wording = words("min", "分钟");
pub(super) const HOURS: Wording = words("h", "小时");

// What is not exact.
pub(super) const ESTIMATES: Wording = words(
    "Estimates, because the tables did not fit into memory (--memory):",
    "以下为估计值，因为表格超出了内存限制（--memory）：",
);
pub(super) const MESSAGES_FORGOTTEN: Wording = words(
    "bytes and deferred messages: messages in the queue were forgotten",
    "字节数和延迟的邮件数：舍去了部分队列中的邮件",
);
pub(super) const NAMES_MISSING: Wording = words(
    "{0}: rare names are missing; each count may be {1} too small",
    "{0}：缺少罕见的名称；每个计数最多可能少 {1}",
);

// Only on the page.
pub(super) const PAGE_OF: Wording = words("Mail report: {0}", "邮件报告：{0}");
pub(super) const PAGE: Wording = words("Mail report", "邮件报告");
pub(super) const DEFERRED_MESSAGES: Wording = words("deferred (messages)", "延迟（邮件数）");
pub(super) const DEFERRED_ATTEMPTS: Wording = words("deferrals (attempts)", "延迟（次数）");
pub(super) const COUNT: Wording = words("count", "次数");
pub(super) const CODE: Wording = words("code", "代码");
pub(super) const WHAT_FAILED: Wording =
    words("what failed, and what to do first", "问题和首先要做的事");
pub(super) const CHART: Wording = words("Delivered and failed by hour", "每小时投递和失败");
pub(super) const CHART_COLORS: Wording = words(
    "Blue: delivered. Red: deferred or bounced.",
    "蓝色：已投递。红色：延迟或退信。",
);

/// The name of a table in `top.estimates`, as its heading has it.
pub(super) fn table(name: &'static str, language: Language) -> &'static str {
    match (language, name) {
        (Language::En, name) => name,
        (_, "senders") => SENDERS.of(language),
        (_, "recipients") => RECIPIENTS.of(language),
        (_, "sender_domains") => SENDER_DOMAINS.of(language),
        (_, "recipient_domains") => RECIPIENT_DOMAINS.of(language),
        (_, "clients") => CLIENTS.of(language),
        (_, "replies") => words("", "失败原因").of(language),
        (_, "diagnostics") => DIAGNOSTICS.of(language),
        (_, "actions") => ACTIONS.of(language),
        (_, _) => MESSAGES.of(language),
    }
}
