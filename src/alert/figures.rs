//! Describes a rule for people: what it evaluates, its thresholds and its durations. The runbook and the pages show it.

use crate::catalog::{Alert, Language, Policy, Signal, Span, Watch, grouped, percentage};

/// A property of a rule and its value.
pub type Row = (&'static str, String);

/// The properties of a rule in the order of evaluation.
pub fn of(alert: &Alert, policy: &Policy, language: Language) -> Vec<Row> {
    let zh = language == Language::Zh;
    let label = |en, it| if zh { it } else { en };
    let signal = policy.signal_of(alert);
    let watched = match signal {
        Some(signal) => measured(alert, signal, language),
        None => watches(alert, zh),
    };
    let mut rows = vec![(label("Evaluates", "监控对象"), watched)];
    if let Some(text) = count(alert, zh) {
        rows.push((label("Count", "次数"), text));
    }
    if let Some(text) = share(alert, signal, language) {
        rows.push((label("Share", "占比"), text));
    }
    if let Some(factor) = alert.factor {
        let text = match (alert.watch, zh) {
            (Watch::Share, false) => {
                format!("the odds are more than {factor} times the usual ones")
            }
            (Watch::Share, true) => format!("失败与其余事件之比超过平时的 {factor} 倍"),
            (Watch::QueueAge | Watch::QueueSize, false) => {
                format!("more than {factor} times what is usual at this time")
            }
            (Watch::QueueAge | Watch::QueueSize, true) => {
                format!("超过平时此时的 {factor} 倍")
            }
            (_, false) => {
                format!("more than {factor} times the busiest 10 minutes that are usual")
            }
            (_, true) => format!("超过平时最繁忙 10 分钟的 {factor} 倍"),
        };
        rows.push((label("Growth", "增长"), text));
    }
    if let Some(also) = &alert.also
        && let Some(signal) = policy.signal_named(&also.signal)
    {
        let (share, what) = (percentage(also.share), language.of(&signal.text));
        let text = match zh {
            false => format!("more than {share} {what}"),
            true => format!("{what}超过 {share}"),
        };
        rows.push((label("And", "并且"), text));
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
    let silencers = policy.inhibitions.iter();
    let silencers = silencers.filter(|it| it.targets.contains(&alert.name));
    let mut silencers: Vec<&str> = silencers
        .flat_map(|it| &it.sources)
        .map(String::as_str)
        .collect();
    silencers.sort_unstable();
    silencers.dedup();
    if !silencers.is_empty() {
        let names = silencers.join(if zh { "、" } else { ", " });
        rows.push((label("Silenced by", "被以下告警静默"), names));
    }
    rows
}

fn measured(alert: &Alert, signal: &Signal, language: Language) -> String {
    let text = language.of(&signal.text);
    match (alert.by_provider, language) {
        (false, _) => text.to_owned(),
        (true, Language::En) => format!("{text}, separately for each provider"),
        (true, Language::Zh) => format!("{text}，各服务商分别计算"),
    }
}

fn watches(alert: &Alert, zh: bool) -> String {
    let count = alert.count.unwrap_or_default();
    match (alert.watch, zh) {
        (Watch::Share | Watch::Surge | Watch::Count, _) => String::new(),
        (Watch::Fleet, false) => {
            "instances on which MaillogProviderFailing fires, for each provider".to_owned()
        }
        (Watch::Fleet, true) => "各服务商的 MaillogProviderFailing 告警实例数".to_owned(),
        (Watch::ExporterDown, false) => "whether Prometheus can scrape the exporter".to_owned(),
        (Watch::ExporterDown, true) => "Prometheus 能否抓取导出器".to_owned(),
        (Watch::SourceDown, false) => "sources that cannot be read".to_owned(),
        (Watch::SourceDown, true) => "无法读取的来源".to_owned(),
        (Watch::SourceSilent, false) => format!(
            "sources without lines for an hour, six hours or a day, of which more than {count} are usual in that time"
        ),
        (Watch::SourceSilent, true) => {
            format!("一小时、六小时或一天没有一行，而平时在这段时间内超过 {count} 行的来源")
        }
        (Watch::QueueSize, false) => format!(
            "queues (incoming, active, deferred) with more than {} messages",
            grouped(alert.threshold.unwrap_or_default())
        ),
        (Watch::QueueSize, true) => format!(
            "邮件超过 {} 封的队列（incoming、active、deferred）",
            grouped(alert.threshold.unwrap_or_default())
        ),
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
        (Watch::ReloadFailed, false) => {
            "whether the last reload of the configuration failed".to_owned()
        }
        (Watch::ReloadFailed, true) => "最近一次重新加载配置是否失败".to_owned(),
        (Watch::SeriesFolded, false) => {
            "counts added to the label value other by a metric at its series limit".to_owned()
        }
        (Watch::QueueAge, false) => {
            "the age in seconds of the oldest message that waits for its first delivery".to_owned()
        }
        (Watch::QueueAge, true) => "等待首次投递的最早邮件的存留秒数".to_owned(),
        (Watch::SeriesFolded, true) => "序列数已达上限的指标并入 other 的计数".to_owned(),
    }
}

fn count(alert: &Alert, zh: bool) -> Option<String> {
    // The count of a silent source is described with its windows.
    if alert.watch == Watch::SourceSilent {
        return None;
    }
    let count = grouped(alert.count?);
    let window = match alert.watch {
        Watch::Surge => Span(600),
        Watch::Count => Span(900),
        _ => alert.window.unwrap_or_default(),
    };
    Some(match (window.0, zh) {
        (0, false) => format!("more than {count}"),
        (0, true) => format!("超过 {count}"),
        (_, false) => format!("more than {count} within {}", span(window, zh)),
        (_, true) => format!("{}内超过 {count} 次", span(window, zh)),
    })
}

fn share(alert: &Alert, signal: Option<&Signal>, language: Language) -> Option<String> {
    let share = percentage(alert.share?);
    let whole = match (signal, alert.watch, language) {
        (Some(signal), ..) => language.of(&signal.whole),
        (None, Watch::Fleet, Language::En) => "the instances that send to the provider",
        (None, Watch::Fleet, Language::Zh) => "向该服务商发信的实例",
        (None, _, Language::En) => "all lines of the source",
        (None, _, Language::Zh) => "该来源全部行数",
    };
    Some(match (signal, language) {
        (Some(_), Language::En) => format!(
            "more than {share} of {whole}, proven by their number (Wilson score bound, z = 3) in one of the windows"
        ),
        (Some(_), Language::Zh) => {
            format!("在某一窗口内，按次数可确证（Wilson 下界，z = 3）超过{whole}的 {share}")
        }
        (None, Language::En) => format!("more than {share} of {whole}"),
        (None, Language::Zh) => format!("超过{whole}的 {share}"),
    })
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

    fn rows_of(name: &str, language: Language) -> String {
        let policy = Policy::embedded();
        let alert = policy.alerts.iter().find(|alert| alert.name == name);
        let rows = of(alert.expect("an alert"), &policy, language);
        let rows = rows
            .iter()
            .map(|(label, text)| format!("{label}: {text}\n"));
        rows.collect()
    }

    #[test]
    fn rules_are_described_with_all_their_figures() {
        assert_eq!(
            rows_of("MaillogConnectionsRefused", Language::En),
            "Evaluates: refused outbound connections (111)\n\
             Share: more than 25% of all outbound replies and failed connections, proven by their number \
             (Wilson score bound, z = 3) in one of the windows\n\
             Growth: the odds are more than 3 times the usual ones\n\
             And: more than 40% deferred deliveries of mail that has not waited for an hour, without greylisting\n\
             Fires after: 30 seconds\n\
             Resolves after: 15 minutes without the condition\n\
             Silenced by: MaillogDnsFailing\n"
        );
        assert_eq!(
            rows_of("MaillogOutboundSurge", Language::Zh),
            "监控对象: 被其他服务器接受的邮件\n\
             次数: 10 分钟内超过 100 次\n\
             增长: 超过平时最繁忙 10 分钟的 4 倍\n\
             触发条件: 条件持续 2 分钟\n\
             解除条件: 条件消失 30 分钟后\n\
             被以下告警静默: MaillogSenderSurge\n"
        );
        assert_eq!(
            rows_of("MaillogSourceLagging", Language::En),
            "Evaluates: sources with more than 16 MiB not read yet\n\
             Fires after: 10 minutes\n\
             Resolves after: 5 minutes without the condition\n"
        );
    }

    #[test]
    fn durations_are_written_in_the_largest_unit_of_which_they_are_a_multiple() {
        for (seconds, en, zh) in [
            (1, "1 second", "1 秒"),
            (90, "90 seconds", "90 秒"),
            (60, "1 minute", "1 分钟"),
            (5_400, "90 minutes", "90 分钟"),
            (3_600, "1 hour", "1 小时"),
            (10_800, "3 hours", "3 小时"),
            (86_400, "1 day", "1 天"),
            (172_800, "2 days", "2 天"),
            (604_800, "1 week", "1 周"),
            (1_209_600, "2 weeks", "2 周"),
        ] {
            let texts = [false, true].map(|zh| span(Span(seconds), zh));
            assert_eq!(texts, [en, zh]);
        }
    }
}
