//! What to do about a code or condition on this server, and whether it is over.

use maud::{Markup, html};

use super::facts::Facts;
use super::measured::{Measured, OWN};
use crate::catalog::{Advice, Cause, Step, Subjects, Topic, commanded_servers};
use crate::metrics::{EndedAlert, RuleState};
use crate::parse::{Direction, Mta};
use crate::web::accept_rate::AcceptRate;
use crate::web::alerts;
use crate::web::context::Context;
use crate::web::numbers::rate;
use crate::web::past::SLOTS;

/// The advice about what is measured, or else about the topic itself.
pub fn of(facts: &Facts<'_>, measured: &Measured<'_>) -> Option<&'static Advice> {
    // The commands are about what this server sends.
    if measured.direction != Direction::Outbound {
        return None;
    }
    let measured = measured.cause.as_ref().map(|it| it.condition.clone());
    let condition = measured
        .filter(|it| it != "other")
        .or_else(|| match facts.topic {
            Topic::Condition(id) => Some(facts.catalog.condition_name(id).to_owned()),
            _ => {
                let id = facts.explanation.condition?;
                Some(facts.catalog.condition_name(id).to_owned())
            }
        });
    Advice::of(&condition?)
}

/// What fills the placeholders of commands: what most of the failing mail has in common.
pub fn subjects<'a>(facts: &'a Facts<'_>) -> Subjects<'a> {
    let name = |counts: &'a [super::evidence::Count]| {
        let all: u64 = counts.iter().map(|it| it.count).sum();
        let first = counts.first().filter(|it| it.count * 2 > all);
        first.map(|it| &*it.name).filter(|it| !it.is_empty())
    };
    Subjects {
        sender: name(&facts.evidence.senders),
        domain: name(&facts.evidence.recipients).or(facts
            .evidence
            .recipients
            .first()
            .map(|it| &*it.name)),
    }
}

/// The mail servers of this machine for which there are commands.
fn servers(context: &Context<'_>) -> Vec<(&'static str, &'static str)> {
    let seen = |label: &str| {
        let servers = Mta::ALL.iter().zip(context.view.counters.mtas_seen);
        servers
            .into_iter()
            .any(|(mta, seen)| seen && mta.name() == label)
    };
    commanded_servers()
        .filter(|(label, _)| seen(label))
        .collect()
}

/// The steps for this machine.
pub fn steps<'a>(
    context: &Context<'_>,
    advice: &'a Advice,
    subjects: Subjects<'_>,
) -> Vec<(&'a Step, String, Option<String>)> {
    let servers = servers(context);
    let is_here = |step: &&Step| match &step.mta {
        Some(mta) => servers.iter().any(|(label, _)| label == mta),
        None => true,
    };
    let filled = advice.steps.iter().filter(is_here).filter_map(|step| {
        let text = subjects.fill_text(&step.text, context.language.language)?;
        let command = match &step.command {
            Some(command) => Some(subjects.fill(command)?),
            None => None,
        };
        Some((step, text, command))
    });
    let mut steps: Vec<_> = filled.collect();
    // What is done later comes last, whichever server it is for.
    steps.sort_by_key(|(step, _, _)| step.after);
    steps
}

/// What to do first, in a few words.
pub fn first(context: &Context<'_>, facts: &Facts<'_>, measured: &Measured<'_>) -> Option<String> {
    let first = of(facts, measured)?.first.as_ref()?;
    subjects(facts).fill_text(first, context.language.language)
}

/// What is left to do when the alert has resolved, in a few words.
pub fn left(context: &Context<'_>, facts: &Facts<'_>, measured: &Measured<'_>) -> Option<String> {
    measured.relevant.resolved(context.now)?;
    let steps = steps(context, of(facts, measured)?, subjects(facts));
    let (_, text, _) = steps.into_iter().find(|(step, _, _)| step.after)?;
    // Behind the condition.
    let (_, rest) = head(&text);
    let text = rest.trim().trim_end_matches(['.', '。']);
    (!text.is_empty()).then(|| text.to_owned())
}

/// The block.
pub fn block(context: &Context<'_>, facts: &Facts<'_>, measured: &Measured<'_>) -> Markup {
    let servers = servers(context);
    let resolved = measured.relevant.resolved(context.now);
    let heading = match (servers.as_slice(), context.zh()) {
        _ if resolved.is_some() => context.t("What is left to do", "后续处理").to_owned(),
        _ if measured.direction != Direction::Outbound => {
            context.t("What to do", "怎么办").to_owned()
        }
        ([(_, name)], false) => format!("What to do on this {name}"),
        ([(_, name)], true) => format!("在本机 {name} 上怎么办"),
        (_, false) => "What to do".to_owned(),
        (_, true) => "怎么办".to_owned(),
    };
    let leading = facts
        .evidence
        .leading
        .map(|(topic, _)| facts.catalog.explain(topic));
    let explanation = leading.as_ref().unwrap_or(&facts.explanation);
    let advice = of(facts, measured);
    let steps = advice
        .map(|it| steps(context, it, subjects(facts)))
        .unwrap_or_default();
    let is_left = |(step, _, _): &(&Step, String, Option<String>)| resolved.is_none() || step.after;
    let steps: Vec<_> = steps.into_iter().filter(is_left).collect();
    let several = servers.len() > 1;
    let labels: Vec<&str> = servers.iter().map(|(label, _)| *label).collect();
    html! {
        section.blk.do id="do" {
            h2 { (heading) }
            @if measured.direction == Direction::Inbound {
                p {
                    (context.t("These are replies of this server to its clients. If a wanted sender is refused, find it below by domain and network, and change the rule that refuses it.",
                        "这是本机对客户端的回复。若误拒了正常的发件人，请在下方按域名与网段查找，并调整拒绝它的规则。"))
                }
            } @else {
                p {
                    (context.t("Who should act: ", "谁来处理：")) b { (explanation.actor.text(context.zh())) }
                    (context.t(".", "。"))
                }
                p { (context.text(&explanation.remedy)) }
            }
            @if resolved.is_none() && let Some((provider, rate)) = accept_rate(context, measured) {
                (rate.markup(context, provider))
            }
            @if !steps.is_empty() {
                ol.steps {
                    @for (number, (step, text, command)) in steps.iter().enumerate() {
                        li {
                            @let (head, rest) = head(text);
                            b { (head) } (rest)
                            @if several && let Some(mta) = &step.mta { span.s.dim { " (" (mta) ")" } }
                            @if let Some(command) = command {
                                pre id={ "k" (number) } { code { (command) } }
                            }
                            @if let Some(check) = &step.check {
                                p.s.dim {
                                    (context.t("Only if this prints no value yet: ", "仅当下列命令没有输出取值时使用："))
                                    code { (check) }
                                }
                            }
                        }
                    }
                }
            }
            @if let Some(never) = advice.and_then(|it| it.never_on(&labels, context.language.language)) {
                p.note { (mark_code(&never)) }
            }
            (ask(context, measured))
            @if let Some(ended) = resolved { (story(context, ended)) } @else { (over(context, measured)) }
        }
    }
}

/// The rate that the provider accepted which causes most of it, if it says that mail is sent too fast.
fn accept_rate<'a>(
    context: &Context<'_>,
    measured: &'a Measured<'_>,
) -> Option<(&'a str, AcceptRate)> {
    let cause = measured.cause.as_ref()?;
    let mut conditions = context.catalog().conditions().iter();
    let condition = conditions.find(|it| it.name == *cause.condition)?;
    if condition.cause != Cause::Throttling || cause.provider.is_empty() {
        return None;
    }
    let rate = AcceptRate::of(context, &cause.provider)?;
    Some((&cause.provider, rate))
}

/// What happened, when.
fn story(context: &Context<'_>, ended: &EndedAlert) -> Markup {
    html! {
        h3 { (context.t("What happened", "经过")) }
        table {
            tbody {
                tr { th.nw scope="row" { (context.time(ended.fired)) } td.l { (context.t("firing", "告警中")) } }
                tr {
                    th.nw scope="row" { (context.time(ended.resolved)) }
                    td.l {
                        (context.t("resolved after ", "恢复，持续 ")) (context.duration(ended.resolved - ended.fired))
                    }
                }
            }
        }
    }
}

/// The first sentence of a text, and the rest.
fn head(text: &str) -> (&str, &str) {
    let ends = [". ", "。", ": ", "："];
    let end = ends
        .iter()
        .filter_map(|end| Some(text.find(end)? + end.trim_end().len()))
        .min();
    text.split_at(end.unwrap_or(text.len()))
}

/// A text in which backticks mark code.
fn mark_code(text: &str) -> Markup {
    html! {
        @for (at, part) in text.split('`').enumerate() {
            @if at % 2 == 1 { code { (part) } } @else { (part) }
        }
    }
}

/// Where the provider that causes most of it wants to be asked.
fn ask(context: &Context<'_>, measured: &Measured<'_>) -> Markup {
    let Some(cause) = &measured.cause else {
        return html! {};
    };
    let mut providers = context.catalog().providers().iter();
    let provider = providers.find(|it| it.name == cause.provider && !it.links.is_empty());
    html! {
        @if let Some(provider) = provider {
            @let title = context.provider_in_sentence(&provider.name);
            h3 { (context.t("Ask ", "向")) (title) (context.t("", "查询")) }
            p {
                @for (at, link) in provider.links.iter().enumerate() {
                    @if at > 0 { " · " }
                    a href=(link.url) rel="noreferrer" { (context.text(&link.name)) }
                }
            }
        }
    }
}

/// Whether it is over.
fn over(context: &Context<'_>, measured: &Measured<'_>) -> Markup {
    if measured.now().is_none() || measured.hours.at(SLOTS - 2, OWN).is_none() {
        return html! {};
    }
    let count = |slot: usize| rate(measured.hours.count(slot, OWN).round());
    let (now, before) = (count(SLOTS - 1), count(SLOTS - 2));
    let fires = measured.relevant.firing.first();
    let calm = fires
        .and_then(|alert| alerts::rule(context, alerts::name(&alert.labels)))
        .map(|rule| context.duration(rule.keep_firing_for.seconds()));
    html! {
        h3 { (context.t("Is it over?", "结束了吗？")) }
        p {
            @if context.zh() {
                @if fires.is_some() { "尚未结束：" }
                "最近 5 分钟 " (now) " 次，再前 5 分钟 " (before) " 次。"
                @if let Some(calm) = calm { "低于阈值满 " (calm) "后告警恢复。" }
            } @else {
                @if fires.is_some() { "No: " }
                (now) " in the last 5 min, " (before) " in the 5 min before. "
                @if let Some(calm) = calm { "The alert resolves after " (calm) " below the threshold." }
            }
        }
    }
}

/// The value that a rule has, against its threshold: for the figures.
pub fn threshold_text(
    context: &Context<'_>,
    state: &RuleState,
    all: Option<f64>,
) -> Option<String> {
    if state.is_share {
        return Some(context.per_minute(state.threshold * all?));
    }
    let rule = alerts::rule(context, &state.alert)?;
    Some(context.per_minute(state.threshold / alerts::window_minutes(rule)))
}
