//! The words of the steps and of the text around them.

use crate::cli::wording::Wording;

const fn words(en: &'static str, zh: &'static str) -> Wording {
    Wording::new(en, zh)
}

// Deliveries and rejects.
pub(super) const WRITTEN_TO: Wording = words("{0} (written to {1})", "{0}（原收件人 {1}）");
pub(super) const AT_HOST: Wording = words(" at {0}", "（{0}）");
pub(super) const FORWARDED: Wording = words(
    "forwarded: {0} leads to other addresses, as the new message {1}",
    "已转发：{0} 指向其他地址，成为新邮件 {1}",
);
pub(super) const FILTERED: Wording = words(
    "passed to the content filter at {0} for {1}, came back as {2}",
    "送往内容过滤器 {0}，收件人 {1}，返回后为 {2}",
);
pub(super) const HANDED_OVER: Wording = words(
    "handed over to {0} for {1}, queued there as {2}",
    "交给 {0}，收件人 {1}，在那里的队列 ID 为 {2}",
);
pub(super) const PASSED: Wording = words("passed to {0} for {1}", "交给 {0}，收件人 {1}");
pub(super) const DELIVERED_LOCALLY: Wording =
    words("delivered locally to {0}", "已投递到本地邮箱 {0}");
pub(super) const DELIVERED: Wording = words(
    "delivered to {0}: {1} accepted it",
    "已投递给 {0}：{1} 已接收",
);
pub(super) const DEFERRED: Wording = words(
    "delivery to {0} deferred{1}; it stays in the queue",
    "向 {0} 的投递延迟{1}；邮件留在队列中",
);
pub(super) const BOUNCED: Wording = words(
    "delivery to {0} failed for good{1}",
    "向 {0} 的投递永久失败{1}",
);
pub(super) const EXPIRED: Wording = words(
    "gave up delivery to {0}: too long in the queue",
    "放弃向 {0} 投递：在队列中时间过长",
);
pub(super) const ATTEMPT: Wording = words(
    "an attempt failed{0}; it is not the last",
    "一次尝试失败{0}；还会再试",
);
pub(super) const REPLY: Wording = words("a positive reply{0}", "肯定的答复{0}");
pub(super) const REJECTED: Wording = words("rejected{0}{1}{2}", "拒收{0}{1}{2}");
pub(super) const FROM_HOST: Wording = words(" from {0}", "，来自 {0}");
pub(super) const REJECTED_MAIL: Wording =
    words(": mail from {0} to {1}", "：从 {0} 发给 {1} 的邮件");
pub(super) const AT_STAGE: Wording = words(" at {0}", "（{0} 阶段）");
pub(super) const AT_CONNECTION: Wording = words(" at the connection", "（连接时）");
pub(super) const AFTER_CONTENT: Wording = words(" after the content", "（收到内容之后）");

// Other lines.
pub(super) const QUEUED: Wording = words(
    "in the queue: from {0}, {1} bytes, {2} recipients",
    "进入队列：发件人 {0}，{1} 字节，{2} 个收件人",
);
pub(super) const QUEUED_FOR_ONE: Wording = words(
    "in the queue: from {0}, {1} bytes, 1 recipient",
    "进入队列：发件人 {0}，{1} 字节，1 个收件人",
);
pub(super) const CAME_BACK: Wording = words(
    "came back from the content filter at {0}; it was {1}",
    "从内容过滤器 {0} 返回；原为 {1}",
);
pub(super) const RECEIVED: Wording = words("received from {0}{1}", "收到，来自 {0}{1}");
pub(super) const LOGGED_IN_AS: Wording = words(", logged in as {0}", "，登录用户 {0}");
pub(super) const LOGGED_IN_BY: Wording = words(", logged in by {0}", "，登录方式 {0}");
pub(super) const OF_BYTES: Wording = words(", {0} bytes", "，{0} 字节");
pub(super) const SUBMITTED: Wording = words(
    "submitted on this host by user id {0}",
    "由本机用户（uid {0}）提交",
);
pub(super) const ACCEPTED: Wording = words(
    "accepted; its message id is <{0}>",
    "已接收；Message-ID 为 <{0}>",
);
pub(super) const REMOVED: Wording = words(
    "removed from the queue: no recipient is left",
    "移出队列：已没有待投递的收件人",
);
pub(super) const FINISHED: Wording = words(
    "finished: no recipient is left",
    "处理完毕：已没有待投递的收件人",
);
pub(super) const FROZEN: Wording = words(
    "frozen: it is not tried again until an operator thaws it",
    "已冻结：在管理员解冻之前不再投递",
);
pub(super) const NOTIFICATION: Wording = words(
    "{0} to {1}: the new message {2}",
    "发给{1}的{0}：新邮件 {2}",
);
pub(super) const DELAY_WARNING: Wording = words("a warning about the delay", "延迟通知");
pub(super) const CONFIRMATION: Wording = words("a confirmation", "投递确认");
pub(super) const BOUNCE: Wording = words("a bounce", "退信");
pub(super) const POSTMASTER: Wording = words("the postmaster", "邮件管理员");
pub(super) const SENDER: Wording = words("the sender", "发件人");
pub(super) const BOUNCE_OF: Wording =
    words("a bounce to the sender of {0}", "给 {0} 的发件人的退信");
pub(super) const FILTER_DECIDED: Wording =
    words("the content filter decided: {0}", "内容过滤器的结论：{0}");

// Around the steps.
pub(super) const FOUND: Wording = words("{0} messages", "{0} 封邮件");
pub(super) const AND_MORE: Wording = words("{0} and {1} more", "{0} 等 {2} 人");
pub(super) const ONE_OF_THEM: Wording = words(
    "One of them with all its steps: maillog_exporter trace {0} FILE…",
    "查看其中一封的全部步骤：maillog_exporter trace {0} FILE…",
);
pub(super) const OLDER: Wording = words(
    "{0} older messages are not shown; --all shows more than the newest {1}",
    "另有 {0} 封较早的邮件未显示；默认只显示最新的 {1} 封，--all 显示全部",
);
pub(super) const STILL_OLDER: Wording = words(
    "There are still older ones: too many lines match, and only the newest were followed",
    "还有更早的邮件：匹配的行过多，只跟踪了最新的",
);
pub(super) const MESSAGE: Wording = words("Message {0}", "邮件 {0}");
pub(super) const FROM: Wording = words("From", "发件人");
pub(super) const TO: Wording = words("To", "收件人");
pub(super) const NOTIFICATION_TO: Wording = words("Notification to", "通知发给");
pub(super) const QUEUE_IDS: Wording = words("Queue ids", "队列 ID");
pub(super) const HOSTS: Wording = words("Hosts", "主机");
pub(super) const OUTCOME: Wording = words("Outcome", "结果");
pub(super) const ALL_DELIVERED: Wording =
    words("delivered to all recipients", "已投递给所有收件人");
pub(super) const FAILED: Wording = words("failed for a recipient", "对某个收件人投递失败");
pub(super) const IN_QUEUE: Wording = words(
    "still in the queue at the end of these logs",
    "这些日志结束时仍在队列中",
);
pub(super) const NOT_ACCEPTED: Wording = words("rejected, not in the queue", "被拒收，未进入队列");
pub(super) const UNKNOWN: Wording = words(
    "these logs do not say what became of it",
    "这些日志没有记录它的去向",
);
pub(super) const WHY: Wording = words("Why: {0} ({1})", "原因：{0}（{1}）");
pub(super) const WHO: Wording = words("Who should act: {0}", "谁来处理：{0}");
pub(super) const WHAT_TO_DO: Wording = words("What to do: {0}", "怎么办：{0}");
pub(super) const MORE: Wording = words("More: {0}", "更多：{0}");
