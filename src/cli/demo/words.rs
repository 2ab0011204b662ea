//! The words of the demo.

use crate::cli::wording::Wording;

const fn words(en: &'static str, zh: &'static str) -> Wording {
    Wording::new(en, zh)
}

pub(super) const INTRODUCTION: Wording = words(
    "Simulated mail traffic, written to {0}",
    "模拟的邮件流量，写入 {0}",
);

/// The pages to look at, with their paths.
pub(super) const PAGES: [(Wording, &str); 4] = [
    (words("status page", "状态页"), "/"),
    (words("metrics", "指标"), "/metrics"),
    (
        words("421: meaning and remedy", "421：含义和处理办法"),
        "/codes/421",
    ),
    (words("alerts", "告警"), "/alerts"),
];

pub(super) const EXPECT: Wording = words(
    "One provider throttles this server (421) for some minutes, then mailboxes are full (422, 452 4.2.2, 552 5.2.2); each \
     raises its alert, which ends some minutes after it. Alerts end sooner here than with the usual policy. Ctrl-C stops the \
     demo and removes the log.",
    "先有一个服务商对本机限速（421）几分钟，随后有邮箱已满（422、452 4.2.2、552 5.2.2）；两者各触发自己的告警，结束几分钟后告警解除。\
     这里的告警比通常的策略解除得更快。按 Ctrl-C 停止演示并删除日志。",
);

pub(super) const SPIKE: Wording = words("{0} spike: ", "{0} 激增：");
pub(super) const THROTTLED: Wording =
    words("a provider throttles this server", "一个服务商对本机限速");
pub(super) const MAILBOXES_FULL: Wording = words("mailboxes are full", "收件人邮箱已满");

pub(super) const FIRING: Wording = words("alert firing: ", "告警触发：");
pub(super) const PENDING: Wording = words("alert pending: ", "告警待触发：");
pub(super) const RESOLVED: Wording = words("alert resolved: ", "告警解除：");

pub(super) const COUNTS: Wording = words(
    "sent {0}  deferred {1}  bounced {2}  |  421: {3} ({4}/s)  422: {5}  mailbox full: {6}  |  lines {7}",
    "已投递 {0}  延迟 {1}  退信 {2}  |  421：{3}（每秒 {4}）  422：{5}  邮箱已满：{6}  |  行数 {7}",
);
