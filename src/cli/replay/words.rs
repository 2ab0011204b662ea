//! The words of the text.

use crate::cli::wording::Wording;

const fn words(en: &'static str, zh: &'static str) -> Wording {
    Wording::new(en, zh)
}

pub(super) const ALERT: Wording = words("{0} alert in {1} lines", "{1} 行中有 {0} 个告警");
pub(super) const ALERTS: Wording = words("{0} alerts in {1} lines", "{1} 行中有 {0} 个告警");
pub(super) const LINES: Wording = words("{0} lines", "共 {0} 行");
pub(super) const SPAN: Wording = words("{0} from {1} to {2}", "{0}，从 {1} 至 {2}");
pub(super) const NO_TIME: Wording = words("{0} without a time stamp", "{0}，没有时间");

pub(super) const SINCE: Wording = words("since  {0}", "起于  {0}");
pub(super) const FIRED: Wording = words("fired  {0}  for {1}", "触发  {0}  持续 {1}");
pub(super) const ENDED: Wording = words("ended  {0}", "解除  {0}");
pub(super) const STILL_FIRING: Wording =
    words("still firing at the end of the log", "日志结束时仍在告警");
pub(super) const SILENCED: Wording = words("silenced by {0}", "被 {0} 静默");
pub(super) const WHAT: Wording = words("what   {0}", "内容  {0}");
pub(super) const WHY: Wording = words("why    {0}", "原因  {0}");

// --tune
pub(super) const CELLS: Wording = words(
    "Each cell: alerts per week, and minutes of outage in which one fires. * is the policy.",
    "每格：每周的告警数，以及故障期间有告警的分钟数。* 为当前策略。",
);
pub(super) const SHORT_LOG: Wording = words(
    "The log has {0} days: numbers per week are those of {0} days, multiplied.",
    "日志只有 {0} 天：每周的数目由这 {0} 天换算得出。",
);
pub(super) const QUIET: Wording = words(
    "Without an alert with any of these figures: {0}",
    "在所有这些取值下都没有告警的规则：{0}",
);
pub(super) const OUTAGE: Wording = words("{0} outage, {1} min", "{0} 次故障，{1} 分钟");
pub(super) const OUTAGES: Wording = words("{0} outages, {1} min", "{0} 次故障，{1} 分钟");
pub(super) const SHARE: Wording = words("share", "占比");
pub(super) const COUNT: Wording = words("count", "次数");
pub(super) const CELL: Wording = words("{0}{1}  {2} min", "{0}{1}  {2} 分钟");
pub(super) const FOR: Wording = words("for {0}", "持续 {0}");
