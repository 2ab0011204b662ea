//! The page of one code or condition. The order of its blocks answers whoever was woken by it: the state and what to do
//! first, how much, since when, what to do in detail, the evidence, and the meaning with the reference.

use maud::{Markup, html};

use super::facts::Facts;
use super::measured::{Measured, OWN, group};
use super::{advice, evidence_page, reference};
use crate::catalog::{Language, Topic};
use crate::parse::Direction;
use crate::web::chart::{Chart, Layer};
use crate::web::context::Context;
use crate::web::layout::{self, Figure, Page, Part};
use crate::web::numbers::{self, thousands};
use crate::web::past::{self, SLOTS};
use crate::web::picture;
use crate::web::provider_facts::{self, ProviderFacts};
use crate::web::reply_classes::colour;
use crate::web::situation::{self, Words};
use crate::web::status;

/// The whole page.
pub fn page(context: &Context<'_>, facts: &Facts<'_>) -> String {
    let measured = Measured::of(context, facts);
    let name = facts.name();
    let title = match &facts.explanation.name {
        Some(title) => format!("{name} {}", context.text(title)),
        None => name.clone(),
    };
    let providers = provider_facts::providers(context);
    let worst = worst_provider(&providers, &measured);
    let words = words(context, facts, &measured, worst);
    let band = situation::band(context, &measured.relevant, words);
    let path = format!("/codes/{name}");
    let body = html! {
        (layout::figures(&figures(context, facts, &measured, worst)))
        div.grid.side {
            @if measured.has_rates { (chart(context, facts, &measured, &name)) }
            (advice::block(context, facts, &measured))
            (evidence_page::who(context, facts, &providers))
            @if let Some(queues) = &context.view.queues { (status::queue(context, queues)) }
        }
        (evidence_page::texts_block(context, &facts.evidence.texts, facts.evidence.window))
        (evidence_page::whose(context, facts))
        (reference::meaning(context, facts, &title))
        (reference::block(context, facts))
    };
    let state = match measured.relevant.firing.first() {
        Some(_) => context.t(": firing", " 告警中"),
        None => "",
    };
    layout::render(
        context,
        &Page {
            part: Part::Codes,
            path: &path,
            title: format!("{title}{state}"),
            band: Some(band),
            json: Some(&format!("/api/v1{path}")),
            body,
        },
    )
}

/// The provider that causes most of the replies, with all that it answers.
fn worst_provider<'p, 'a>(
    providers: &'p [ProviderFacts<'a>],
    measured: &Measured<'_>,
) -> Option<&'p ProviderFacts<'a>> {
    let cause = measured.cause.as_ref()?;
    providers.iter().find(|it| it.name == cause.provider)
}

/// The heading of the band: only what was measured.
fn words(
    context: &Context<'_>,
    facts: &Facts<'_>,
    measured: &Measured<'_>,
    worst: Option<&ProviderFacts<'_>>,
) -> Words {
    let name = facts.name();
    let cause = measured.cause.as_ref();
    let short = cause.and_then(|cause| cause.short(context));
    let what = match &facts.explanation.name {
        Some(title) => format!("{name}{}{}", context.t(": ", "："), context.text(title)),
        None => {
            let mut conditions = facts.catalog.conditions().iter();
            let short = conditions
                .find(|it| it.name == name)
                .map(|it| context.text(&it.short));
            format!("{name}{}{}", context.t(": ", "："), short.unwrap_or(""))
        }
    };
    let mut words = Words {
        quiet: html! { (what) },
        ..Words::default()
    };
    let failing = worst.and_then(|it| Some((it, it.share().filter(|share| *share >= 0.05)?)));
    if let Some((worst, share)) = failing {
        let title = context.provider_in_sentence(worst.name);
        let share = context.percent(share);
        words.trouble = Some(html! {
            @if context.zh() { "发往" (title) "的邮件 " (share) " 失败" } @else { (share) " of mail to " (title) " fails" }
            @if let Some(short) = short { (context.t(": ", "：")) (short) }
        });
    }
    let mut facts_line = Vec::new();
    if let Some(cause) = cause {
        let rate = measured.now().map(|rate| context.per_minute(rate));
        facts_line.push(html! {
            (context.t("Reply ", "回复 ")) code { (cause.reply()) }
            @if let Some(rate) = rate { (context.t(", ", "，")) (rate) }
            @if words.trouble.is_none() && let Some(short) = short { (context.t(": ", "：")) (short) }
            (context.t(". ", "。"))
            @if let Some((sender, share)) = leading_sender(facts) {
                @if context.zh() {
                    "其中 " (context.percent(share)) " 是 " b.nw { (sender) } " 的邮件。"
                } @else {
                    (context.percent(share)) " of it is mail from " b.nw { (sender) } "."
                }
            }
        });
    }
    words.quiet_facts = quiet_facts(context, facts, measured);
    words.left = advice::left(context, facts, measured).map(|left| {
        html! { b { (context.t("Left to do: ", "尚需处理：")) } a href="#do" { (left) } (context.t(".", "。")) }
    });
    words.facts = facts_line;
    words.first = advice::first(context, facts, measured).map(|first| {
        html! { b { (context.t("Do first: ", "先做：")) } a href="#do" { (first) } (context.t(".", "。")) }
    });
    words
}

/// Where nothing fires: how much there is.
fn quiet_facts(context: &Context<'_>, facts: &Facts<'_>, measured: &Measured<'_>) -> Vec<Markup> {
    let [_, hour, day, _] = facts.evidence.counts;
    let counted = match context.zh() {
        false => {
            html! { (thousands(hour)) " in the last hour, " (thousands(day)) " in the last 24 hours." }
        }
        true => {
            html! { "最近 1 小时 " (thousands(hour)) " 次，最近 24 小时 " (thousands(day)) " 次。" }
        }
    };
    let mut lines = Vec::new();
    if let Some(peak) = measured.peak(context) {
        lines.push(match context.zh() {
            false => html! { "Peak " (context.per_minute(peak)) "." },
            true => html! { "峰值 " (context.per_minute(peak)) "。" },
        });
    }
    if day > 0 {
        lines.push(counted);
    } else if facts.counts == [0; 3] {
        lines.push(html! { (context.t("Not seen yet.", "尚未出现。")) });
    } else if measured.now().is_none_or(|rate| rate == 0.0) {
        lines.push(
            html! { (context.t("Not seen in the last 24 hours.", "最近 24 小时没有出现。")) },
        );
    }
    lines
}

/// The sender domain of more than half of the replies, and its share.
fn leading_sender<'f>(facts: &'f Facts<'_>) -> Option<(&'f str, f64)> {
    let senders = &facts.evidence.senders;
    let all: u64 = senders.iter().map(|it| it.count).sum();
    let first = senders
        .first()
        .filter(|it| it.count * 2 > all && !it.name.is_empty())?;
    Some((&first.name, first.count as f64 / all as f64))
}

fn figures(
    context: &Context<'_>,
    facts: &Facts<'_>,
    measured: &Measured<'_>,
    worst: Option<&ProviderFacts<'_>>,
) -> Vec<Figure> {
    let usual = |usual: Option<String>| match usual {
        Some(usual) => html! { (context.t("usual ", "平时 ")) (usual) },
        None => html! { (context.t("usual value not known yet", "平时值尚不可知")) },
    };
    let name = facts.name();
    let threshold = measured
        .rule
        .and_then(|state| advice::threshold_text(context, state, measured.all(facts, SLOTS - 1)));
    let mut figures = Vec::new();
    if measured.has_rates {
        figures.push(Figure {
            name: match context.zh() {
                false => html! { (name) " now" },
                true => html! { "当前 " (name) },
            },
            value: context.rate_or_dash(measured.now()),
            unit: context.t("/min", " 次/分钟").to_owned(),
            usual: match threshold {
                Some(threshold) => html! { (context.t("alert from ", "阈值 ")) (threshold) },
                None => usual(measured.usual.map(numbers::rate)),
            },
        });
    } else {
        figures.push(Figure {
            name: html! { (name) },
            value: thousands(facts.evidence.counts[0]),
            unit: context.t(" in 5 min", " 次/5 分钟").to_owned(),
            usual: html! { (thousands(facts.evidence.counts[1])) (context.t(" in 1 h", " 次/1 小时")) },
        });
    }
    match worst {
        Some(worst) => figures.push(Figure {
            name: match context.zh() {
                false => html! { (context.provider_title(worst.name)) " fails" },
                true => html! { (context.provider_in_sentence(worst.name).trim_start()) "失败比例" },
            },
            value: context.percent_or_dash(worst.share()),
            unit: String::new(),
            usual: usual(worst.usual_share().map(|it| context.percent(it))),
        }),
        None => figures.push(Figure {
            name: html! { (context.t("Last hour", "最近 1 小时")) },
            value: thousands(facts.evidence.counts[1]),
            unit: context.t("", " 次").to_owned(),
            usual: html! { (thousands(facts.evidence.counts[2])) (context.t(" in 24 h", " 次/24 小时")) },
        }),
    }
    figures.extend(status::queue_figure(context));
    figures.push(other_mail(context, facts, measured, worst));
    if figures.len() < 4 {
        figures.insert(
            2,
            Figure {
                name: html! { (context.t("Last 24 hours", "最近 24 小时")) },
                value: thousands(facts.evidence.counts[2]),
                unit: context.t("", " 次").to_owned(),
                usual: usual(measured.usual.map(|rate| context.per_minute(rate))),
            },
        );
    }
    figures
}

/// How all other mail does: it tells how large the trouble is.
fn other_mail(
    context: &Context<'_>,
    facts: &Facts<'_>,
    measured: &Measured<'_>,
    worst: Option<&ProviderFacts<'_>>,
) -> Figure {
    let direction = measured.direction;
    if direction != Direction::Outbound {
        return own_share(context, facts, measured);
    }
    let all = past::five_minutes(context, past::CLASSES, past::outbound_class);
    let others = |class: usize| {
        let its = worst.map_or(0.0, |it| it.counts[class]);
        (all.count(0, class) - its).max(0.0)
    };
    let sum: f64 = (0..past::CLASSES).map(others).sum();
    let accepted = others(past::ACCEPTED);
    let count = |count: f64| thousands(count.round() as u64);
    Figure {
        name: match worst {
            Some(_) => html! { (context.t("All other mail", "其他邮件")) },
            None => html! { (context.t("All mail", "全部邮件")) },
        },
        value: context.percent_or_dash(provider_facts::share(accepted, sum)),
        unit: context.t(" accepted", " 已接收").to_owned(),
        usual: match context.zh() {
            false => html! { (count(accepted)) " of " (count(sum)) " in 5 min" },
            true => html! { "5 分钟内 " (count(accepted)) "/" (count(sum)) },
        },
    }
}

/// The share of the replies in those of this server, of which only the refusals are logged.
fn own_share(context: &Context<'_>, facts: &Facts<'_>, measured: &Measured<'_>) -> Figure {
    let own = measured.hours.count(SLOTS - 1, OWN);
    let all = measured.all(facts, SLOTS - 1).unwrap_or(0.0);
    let now = measured.now().unwrap_or(0.0);
    Figure {
        name: html! { (context.t("Of our logged replies", "占我方已记录的回复")) },
        value: context.percent_or_dash(provider_facts::share(now, all)),
        unit: String::new(),
        usual: match context.zh() {
            false => html! { (thousands(own.round() as u64)) " in 5 min" },
            true => html! { "5 分钟内 " (thousands(own.round() as u64)) " 次" },
        },
    }
}

/// The chart as a picture; `None` if there are no rates.
pub fn picture(context: &Context<'_>, facts: &Facts<'_>) -> Option<Vec<u8>> {
    let measured = Measured::of(context, facts);
    if !measured.has_rates {
        return None;
    }
    with_chart(context, facts, &measured, |chart| {
        picture::png(context, chart)
    })
}

/// Makes something of the chart.
fn with_chart<T>(
    context: &Context<'_>,
    facts: &Facts<'_>,
    measured: &Measured<'_>,
    draw: impl FnOnce(&Chart<'_>) -> T,
) -> T {
    let name = facts.name();
    let class = match facts.topic {
        Topic::Code(code) => past::class(code / 100),
        _ => facts.explanation.kinds.first().map(|_| past::TEMPORARY),
    };
    let layer = Layer {
        group: OWN,
        class: colour(class.unwrap_or(past::TEMPORARY)),
        name: name.clone(),
    };
    let week_ago = past::week_ago(context, 2, |series| {
        group(context, facts.topic, measured.direction, series)
    });
    let week_ago: Vec<Option<f64>> = (0..SLOTS).map(|slot| week_ago.at(slot, OWN)).collect();
    let fired = measured.relevant.bands();
    let title = match context.zh() {
        false => format!("{name} replies per minute, last 6 hours"),
        true => format!("最近 6 小时每分钟 {name} 回复数"),
    };
    draw(&Chart {
        id: "c1",
        title,
        rates: &measured.hours,
        layers: &[layer],
        week_ago: week_ago.iter().any(Option::is_some).then_some(week_ago),
        threshold: measured.thresholds(context, facts),
        fired: &fired,
    })
}

fn chart(context: &Context<'_>, facts: &Facts<'_>, measured: &Measured<'_>, name: &str) -> Markup {
    let direction = match (measured.direction, context.language.language) {
        (Direction::Outbound, Language::En) => "outbound, 6 h",
        (Direction::Inbound, Language::En) => "inbound, 6 h",
        (Direction::Local, Language::En) => "local, 6 h",
        (Direction::Outbound, Language::Zh) => "外发，6 小时",
        (Direction::Inbound, Language::Zh) => "接收，6 小时",
        (Direction::Local, Language::Zh) => "本地，6 小时",
    };
    let heading = match context.zh() {
        false => format!("{name} replies per minute"),
        true => format!("每分钟 {name} 回复数"),
    };
    with_chart(context, facts, measured, |chart| {
        layout::block(
            &heading,
            direction,
            &html! {
                (chart.markup(context))
                (compare(context, name, measured.compare))
                (chart.numbers(context))
            },
        )
    })
}

/// The rate now, an hour ago, yesterday and a week ago.
pub fn compare(context: &Context<'_>, name: &str, rates: [Option<f64>; 4]) -> Markup {
    let heads = [
        context.t("now", "现在"),
        context.t("1 h ago", "1 小时前"),
        context.t("yesterday", "昨天"),
        context.t("last week", "上周"),
    ];
    html! {
        table {
            thead { tr { th scope="col" { (context.t("Compare", "对比")) } @for head in heads { th scope="col" { (head) } } } }
            tbody {
                tr {
                    th scope="row" { (name) (context.t("/min", "/分钟")) }
                    @for rate in rates { td { (context.rate_or_dash(rate)) } }
                }
            }
        }
    }
}
