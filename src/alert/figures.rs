//! Describes a rule for people: what it evaluates, its thresholds and its durations. The runbook and the pages show it.

use crate::catalog::{Alert, Compared, Language, Side, Span, Watch, grouped, percentage};

/// A property of a rule and its value.
pub type Row = (&'static str, String);

/// The properties of a rule in the order of evaluation.
pub fn of(alert: &Alert, language: Language) -> Vec<Row> {
    let zh = language == Language::Zh;
    let label = |en, it| if zh { it } else { en };
    let mut rows = vec![(label("Evaluates", "监控对象"), watches(alert, zh))];
    if let Some(text) = count(alert, zh) {
        rows.push((label("Count", "次数"), text));
    }
    if let Some(text) = share(alert, zh) {
        rows.push((label("Share", "占比"), text));
    }
    if let (Some(factor), Some(compared)) = (alert.factor, alert.compared_with) {
        let text = match (compared, zh) {
            (Compared::HourBefore, false) => {
                format!("more than {factor} times the rate of the previous hour")
            }
            (Compared::HourBefore, true) => format!("超过前一小时速率的 {factor} 倍"),
            (Compared::WeekBefore, false) => {
                format!("more than {factor} times the count at the same hour a week ago")
            }
            (Compared::WeekBefore, true) => format!("超过上周同一时段的 {factor} 倍"),
        };
        rows.push((label("Growth", "增长"), text));
    }
    let held = match (alert.r#for.0, zh) {
        (0, false) => "immediately".to_owned(),
        (0, true) => "立即".to_owned(),
        (_, false) => span(alert.r#for, zh),
        (_, true) => format!("条件持续 {}", span(alert.r#for, zh)),
    };
    rows.push((label("Fires after", "触发条件"), held));
    let kept = match (alert.keep_firing_for.0, zh) {
        (0, false) => "immediately".to_owned(),
        (0, true) => "条件消失后立即".to_owned(),
        (_, false) => format!("{} without the condition", span(alert.keep_firing_for, zh)),
        (_, true) => format!("条件消失 {}后", span(alert.keep_firing_for, zh)),
    };
    rows.push((label("Resolves after", "解除条件"), kept));
    if alert.is_about_mail() {
        let when = label("during catch-up", "补读旧日志期间");
        rows.push((label("Suppressed", "抑制"), when.to_owned()));
    }
    rows
}

fn watches(alert: &Alert, zh: bool) -> String {
    let window = span(alert.window.unwrap_or_default(), zh);
    let count = alert.count.unwrap_or_default();
    match (alert.watch, zh) {
        (Watch::Replies, _) => replies(alert, zh),
        (Watch::Providers, false) => format!(
            "replies of each provider separately, with the condition {}",
            any_of(&alert.conditions, zh)
        ),
        (Watch::Providers, true) => {
            format!(
                "各服务商的回复，原因分类为 {}",
                any_of(&alert.conditions, zh)
            )
        }
        (Watch::Deliveries, _) => {
            let status = alert.status.as_deref().unwrap_or_default();
            match zh {
                false => format!("deliveries with the status {status}"),
                true => format!("状态为 {status} 的投递"),
            }
        }
        (Watch::AuthFailures, false) => "failed logins of clients at this server".to_owned(),
        (Watch::AuthFailures, true) => "客户端在本方服务器的登录失败".to_owned(),
        (Watch::ExporterDown, false) => "whether Prometheus can scrape the exporter".to_owned(),
        (Watch::ExporterDown, true) => "Prometheus 能否抓取导出器".to_owned(),
        (Watch::SourceDown, false) => "sources that cannot be read".to_owned(),
        (Watch::SourceDown, true) => "无法读取的来源".to_owned(),
        (Watch::SourceSilent, false) => format!(
            "sources without lines for {window} that had more than {count} in the day before"
        ),
        (Watch::SourceSilent, true) => {
            format!("此前一天超过 {count} 行、而最近 {window}没有一行的来源")
        }
        (Watch::SourceLagging, _) => {
            let bytes = mebibytes(alert.threshold.unwrap_or_default());
            match zh {
                false => format!("sources with more than {bytes} not read yet"),
                true => format!("未读内容超过 {bytes} 的来源"),
            }
        }
        (Watch::ClockOff, false) => {
            "seconds between the time stamps of a source and the exporter's clock".to_owned()
        }
        (Watch::ClockOff, true) => "某来源的时间戳与导出器时钟相差的秒数".to_owned(),
        (Watch::CatchingUp, false) => "whether a backlog is being read".to_owned(),
        (Watch::CatchingUp, true) => "是否在补读旧日志".to_owned(),
        (Watch::Unmatched, false) => "lines of a source with an unknown format".to_owned(),
        (Watch::Unmatched, true) => "某来源中格式无法识别的行".to_owned(),
        (Watch::LinesDropped, false) => {
            "lines of a source lost because they arrived faster than they were read".to_owned()
        }
        (Watch::PositionsLost, false) => {
            "files of a source in which reading stopped and that were not found again".to_owned()
        }
        (Watch::PositionsLost, true) => "某来源中读取中断后未再找到的文件".to_owned(),
        (Watch::LinesDropped, true) => "某来源中因到达过快而丢失的行".to_owned(),
        (Watch::StateNotWritten, false) => "failed writes of the state file".to_owned(),
        (Watch::StateNotWritten, true) => "状态文件写入失败的次数".to_owned(),
        (Watch::SeriesFolded, false) => {
            "counts added to the label value other by a metric at its series limit".to_owned()
        }
        (Watch::SeriesFolded, true) => "序列数已达上限的指标并入 other 的计数".to_owned(),
    }
}

fn replies(alert: &Alert, zh: bool) -> String {
    // 101 and 111 are failed connections, not replies.
    let connections = !alert.codes.is_empty() && alert.codes.iter().all(|code| *code < 200);
    let whose = match (alert.direction, connections, zh) {
        (_, true, false) => "failed outbound connections",
        (_, true, true) => "失败的出站连接",
        (Some(Side::Inbound), _, false) => "inbound replies (of this server to clients)",
        (Some(Side::Inbound), _, true) => "入站回复（本方服务器对客户端）",
        (Some(Side::Local), _, false) => "replies of the local mail store",
        (Some(Side::Local), _, true) => "本地邮箱存储的回复",
        (Some(Side::Outbound) | None, _, false) => "outbound replies (of remote servers to us)",
        (Some(Side::Outbound) | None, _, true) => "出站回复（对方服务器对本方）",
    };
    let mut which = Vec::new();
    if let Some(class) = alert.class {
        which.push(match zh {
            false => format!("all codes {class}xx"),
            true => format!("所有 {class}xx 代码"),
        });
    }
    if !alert.codes.is_empty() {
        which.push(any_of(&alert.codes, zh));
    }
    if !alert.conditions.is_empty() {
        let conditions = any_of(&alert.conditions, zh);
        which.push(match zh {
            false => format!("the condition {conditions}"),
            true => format!("原因分类 {conditions}"),
        });
    }
    match (which.as_slice(), zh) {
        ([code, condition], false) => {
            format!("{whose}: {code}, or {condition}, whichever count is higher")
        }
        ([code, condition], true) => format!("{whose}：{code} 或{condition}，取较多者"),
        (_, false) => format!("{whose}: {}", which.concat()),
        (_, true) => format!("{whose}：{}", which.concat()),
    }
}

fn count(alert: &Alert, zh: bool) -> Option<String> {
    // The count of a silent source refers to another period than its window.
    if alert.watch == Watch::SourceSilent {
        return None;
    }
    let window = span(alert.window?, zh);
    let count = alert.count.unwrap_or_default();
    Some(match zh {
        false => format!("more than {} within {window}", grouped(count)),
        true => format!("{window}内超过 {} 次", grouped(count)),
    })
}

fn share(alert: &Alert, zh: bool) -> Option<String> {
    let share = percentage(alert.share?);
    let whole = match (alert.watch, alert.direction, zh) {
        (Watch::Providers, _, false) => "of all replies of this provider",
        (Watch::Providers, _, true) => "该服务商全部回复",
        (Watch::Deliveries, _, false) => "of all deliveries",
        (Watch::Deliveries, _, true) => "全部投递",
        (Watch::Unmatched, _, false) => "of all lines of the source",
        (Watch::Unmatched, _, true) => "该来源全部行数",
        (_, Some(Side::Inbound), false) => "of all inbound replies",
        (_, Some(Side::Inbound), true) => "全部入站回复",
        (_, Some(Side::Local), false) => "of all replies of the local mail store",
        (_, Some(Side::Local), true) => "全部本地回复",
        (_, _, false) => "of all outbound replies and failed connections",
        (_, _, true) => "全部出站回复与失败的连接",
    };
    let short = alert.short_window.map(|it| span(it, zh));
    Some(match (short, zh) {
        (None, false) => format!("more than {share} {whole}"),
        (None, true) => format!("超过{whole}的 {share}"),
        (Some(short), false) => {
            format!("more than {share} {whole}, also within the last {short}")
        }
        (Some(short), true) => format!("超过{whole}的 {share}，且最近 {short}也是如此"),
    })
}

fn any_of<T: ToString>(values: &[T], zh: bool) -> String {
    let values: Vec<String> = values.iter().map(ToString::to_string).collect();
    values.join(if zh { " 或 " } else { " or " })
}

fn mebibytes(bytes: u64) -> String {
    let text = format!("{:.1}", bytes as f64 / 1_048_576.0);
    format!("{} MiB", text.trim_end_matches(".0"))
}

/// A duration in words: `5 minutes`.
fn span(span: Span, zh: bool) -> String {
    let text = span.to_string();
    let number = text.trim_end_matches(|it: char| it.is_ascii_alphabetic());
    let (en, unit) = match text.chars().next_back() {
        Some('w') => ("week", "周"),
        Some('d') => ("day", "天"),
        Some('h') => ("hour", "小时"),
        Some('m') => ("minute", "分钟"),
        _ => ("second", "秒"),
    };
    match zh {
        true => format!("{number} {unit}"),
        false if number == "1" => format!("{number} {en}"),
        false => format!("{number} {en}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Policy;

    fn rows_of(name: &str, language: Language) -> String {
        let policy = Policy::embedded();
        let alert = policy.alerts.iter().find(|alert| alert.name == name);
        let rows = of(alert.expect("an alert"), language);
        let rows = rows
            .iter()
            .map(|(label, text)| format!("{label}: {text}\n"));
        rows.collect()
    }

    #[test]
    fn rules_are_described_with_all_their_figures() {
        assert_eq!(
            rows_of("MaillogSmtp422Spike", Language::En),
            "Evaluates: outbound replies (of remote servers to us): 422, or the condition mailbox_full, \
             whichever count is higher\n\
             Count: more than 20 within 5 minutes\n\
             Share: more than 5% of all outbound replies and failed connections\n\
             Growth: more than 3 times the rate of the previous hour\n\
             Fires after: 2 minutes\n\
             Resolves after: 15 minutes without the condition\n\
             Suppressed: during catch-up\n"
        );
        assert_eq!(
            rows_of("MaillogDeferredShareSlow", Language::Zh),
            "监控对象: 状态为 deferred 的投递\n\
             次数: 6 小时内超过 200 次\n\
             占比: 超过全部投递的 20%，且最近 30 分钟也是如此\n\
             触发条件: 条件持续 15 分钟\n\
             解除条件: 条件消失 1 小时后\n\
             抑制: 补读旧日志期间\n"
        );
        assert_eq!(
            rows_of("MaillogSourceLagging", Language::En),
            "Evaluates: sources with more than 16 MiB not read yet\n\
             Fires after: 10 minutes\n\
             Resolves after: 5 minutes without the condition\n"
        );
    }
}
