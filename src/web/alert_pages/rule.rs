//! The page of one alert rule: its state, what it means, what to do, when it fires, and its past.

use maud::{Markup, html};

use super::ended;
use crate::alert::figures;
use crate::alert::texts::{self, Texts};
use crate::catalog::{Alert, Catalog, Counted, Language, Signal, Topic, Watch};
use crate::insight::Window;
use crate::metrics::{ActiveAlert, Series};
use crate::parse::Direction;
use crate::web::alert_list::{self, value};
use crate::web::alerts::{self, Relevant, rule_states};
use crate::web::chart::{Chart, Layer};
use crate::web::context::Context;
use crate::web::layout::{self, Figure, Page, Part, block};
use crate::web::past::{self, is};
use crate::web::picture;
use crate::web::reply_classes::colour;
use crate::web::runbook::{self, Count};
use crate::web::situation::{self, Words};

/// How many accounts are listed.
const MAX_ACCOUNTS: usize = 8;

/// The page; `None` if there is no rule with this name.
pub fn page(context: &Context<'_>, name: &str) -> Option<String> {
    let rule = alerts::rule(context, name)?;
    let catalog = Catalog::embedded();
    let texts = texts::of(rule, catalog)?;
    let relevant = Relevant::of(context.view, |labels, _| alerts::name(labels) == name);
    let (meaning, remedy) = match context.language.language {
        Language::En => (&texts.meaning_en, &texts.remediation_en),
        Language::Zh => (&texts.meaning, &texts.remediation),
    };
    let summary = context.text(rule.title());
    let active = relevant.firing.first().or(relevant.pending.first());
    let words = Words {
        trouble: active.map(|it| html! { (situation::summary(context, it)) }),
        facts: active
            .and_then(|it| context.known_text(&it.description))
            .map(|text| html! { (text) })
            .into_iter()
            .collect(),
        first: active
            .and_then(|it| provider_link(context, it))
            .or_else(|| page_link(context, rule)),
        left: page_link(context, rule),
        quiet: html! { (summary) },
        quiet_facts: std::iter::once(html! { (name) })
            .chain(page_link(context, rule))
            .collect(),
    };
    let band = situation::band(context, &relevant, words);
    let body = html! {
        (layout::figures(&figures_of(context, rule)))
        div.grid.side {
            (chart(context, rule, &relevant))
            section.blk.do id="do" {
                h2 { (context.t("What to do", "怎么办")) }
                (paragraphs(remedy))
                @if lacks_reference_remedy(rule, &texts, catalog) {
                    p.dim.s {
                        (context.t("The reference table has no remedy for this code; this advice is from this project.",
                            "对照表没有给出此代码的处理办法；此建议来自本项目。"))
                    }
                }
                h3 { (context.t("What happened", "发生了什么")) }
                (paragraphs(meaning))
            }
            @if !relevant.silenced.is_empty() { section.blk { (alert_list::silenced(context, &relevant)) } }
            (block(context.t("When it fires", "触发条件"), name, &html! {
                p { (summary) " · " (rule.severity.text(context.zh())) }
                table {
                    tbody {
                        @for (label, figure) in figures::of(rule, &context.settings.policy, context.language.language) {
                            tr { th.lab scope="row" { (label) } td.l { (figure) } }
                        }
                    }
                }
            }))
        }
        (submitters(context, rule))
        (ended::block(context, &relevant))
    };
    Some(layout::render(
        context,
        &Page {
            part: Part::Alerts,
            path: &format!("/alerts/{name}"),
            title: rule.name.clone(),
            band: Some(band),
            json: Some("/api/v1/alerts"),
            body,
        },
    ))
}

/// The page of the provider that an alert is about.
fn provider_link(context: &Context<'_>, alert: &ActiveAlert) -> Option<Markup> {
    let provider = alert.labels.get("provider")?;
    let title = context.provider_title(provider);
    Some(html! {
        (context.t("Page of the provider: ", "服务商页面："))
        a href=(context.href(&format!("/providers/{provider}"))) { (title) }
    })
}

fn page_link(context: &Context<'_>, rule: &Alert) -> Option<Markup> {
    let page = rule.page.as_ref()?;
    Some(html! {
        (context.t("By provider, with what to do: ", "服务商与处理办法："))
        a href=(context.href(&format!("/codes/{page}"))) { (page) }
    })
}

/// The values of the rule now, the nearest to the threshold first.
fn figures_of(context: &Context<'_>, rule: &Alert) -> Vec<Figure> {
    let states = rule_states(context.view, &rule.name);
    let figures = states.iter().take(4).map(|state| Figure {
        name: match &state.label {
            Some((_, label)) => html! { (label) },
            None => html! { (context.t("Now", "当前")) },
        },
        value: value(context, state, state.value),
        unit: String::new(),
        usual: html! {
            (context.t("alert from ", "阈值 ")) (value(context, state, state.threshold))
            @if let Some(usual) = state.usual {
                (context.t("; usual ", "，平时 ")) (value(context, state, usual))
            }
        },
    });
    figures.collect()
}

/// Whether a signal counts a series. Some signals count what the history does not have.
fn counts(signal: &Signal, series: &Series) -> bool {
    let direction = signal.direction.map_or("outbound", |side| side.name());
    let is_of = |number: u8| {
        Direction::ALL
            .into_iter()
            .any(|it| it.name() == direction && is(number, it))
    };
    match (signal.counts, series) {
        (Counted::Replies, Series::Code(number, code)) if is_of(*number) => {
            let class = u8::try_from(code / 100).unwrap_or_default();
            signal.codes.contains(code) || signal.classes.contains(&class)
        }
        // Where there are codes too, a reply may be in both.
        (Counted::Replies, Series::Condition(number, name)) if is_of(*number) => {
            signal.codes.is_empty() && signal.classes.is_empty() && signal.conditions.contains(name)
        }
        (Counted::Deliveries, Series::Delivery(status)) => match status.as_str() {
            "deferred" => signal.bounced_for.is_empty() || !signal.deferred_except.is_empty(),
            "bounced" => !signal.bounced_for.is_empty(),
            _ => false,
        },
        (Counted::SentMessages, Series::Delivery(status)) => status == "sent",
        _ => false,
    }
}

/// The chart of a rule as a picture; `None` if there is no such rule, or nothing to draw.
pub fn picture(context: &Context<'_>, name: &str) -> Option<Vec<u8>> {
    let rule = alerts::rule(context, name)?;
    let signal = charted(context, rule)?;
    let relevant = Relevant::of(context.view, |labels, _| alerts::name(labels) == name);
    with_chart(context, rule, signal, &relevant, |chart| {
        picture::png(context, chart)
    })
}

/// The signal of a rule, if there is a chart of it.
fn charted<'a>(context: &Context<'a>, rule: &Alert) -> Option<&'a Signal> {
    let signal = context.settings.policy.signal_of(rule);
    signal.filter(|it| it.is_charted())
}

/// Makes something of the chart of what a rule counts.
fn with_chart<T>(
    context: &Context<'_>,
    rule: &Alert,
    signal: &Signal,
    relevant: &Relevant<'_>,
    draw: impl FnOnce(&Chart<'_>) -> T,
) -> T {
    let group = |series: &Series| counts(signal, series).then_some(0);
    let hours = past::six_hours(context, 1, group);
    let week_ago = past::week_ago(context, 1, group);
    let week_ago: Vec<Option<f64>> = (0..past::SLOTS).map(|slot| week_ago.at(slot, 0)).collect();
    let topic = rule
        .page
        .as_deref()
        .and_then(|page| context.catalog().topic(page));
    let class = match topic {
        Some(Topic::Code(code)) => past::class(code / 100),
        _ => None,
    };
    let layer = Layer {
        group: 0,
        class: colour(class.unwrap_or(past::TEMPORARY)),
        name: context.text(&signal.text).to_owned(),
    };
    let counted = context.text(&signal.text);
    let title = match context.zh() {
        false => format!("{counted} per minute, last 6 hours"),
        true => format!("最近 6 小时每分钟：{counted}"),
    };
    draw(&Chart {
        id: "c1",
        title,
        rates: &hours,
        layers: &[layer],
        week_ago: week_ago.iter().any(Option::is_some).then_some(week_ago),
        threshold: None,
        fired: &relevant.bands(),
    })
}

/// What the rule counts, in six hours; nothing for rules about other things.
fn chart(context: &Context<'_>, rule: &Alert, relevant: &Relevant<'_>) -> Markup {
    let Some(signal) = charted(context, rule) else {
        return html! {};
    };
    let group = |series: &Series| counts(signal, series).then_some(0);
    with_chart(context, rule, signal, relevant, |chart| {
        let compare = past::compare(context, chart.rates, &[0], group);
        block(
            context.t("What it counts, per minute", "每分钟计数"),
            context.text(&signal.text),
            &html! {
                (chart.markup(context))
                (runbook::compare(context, context.t("counted", "计数"), compare))
                (chart.numbers(context))
            },
        )
    })
}

/// The accounts that submit most messages, for rules about too much mail; nothing where accounts are not recorded.
fn submitters(context: &Context<'_>, rule: &Alert) -> Markup {
    let insight = context.view.insight.as_ref();
    let Some(insight) = insight.filter(|_| rule.watch == Watch::Surge) else {
        return html! {};
    };
    let accounts = insight.submitters(Window::Hour, context.as_of());
    let accounts: Vec<Count> = accounts
        .into_iter()
        .take(MAX_ACCOUNTS)
        .map(Count::from)
        .collect();
    if accounts.is_empty() {
        return html! {};
    }
    let window = runbook::window_name(context, Some(Window::Hour));
    block(
        context.t("Who submits most messages", "谁提交的邮件最多"),
        window,
        &runbook::names_table(
            context,
            context.t("Our accounts", "我方账号"),
            window,
            &accounts,
        ),
    )
}

/// Whether the meaning is from the reference table but the remedy, which is missing there, is not.
fn lacks_reference_remedy(alert: &Alert, texts: &Texts, catalog: &Catalog) -> bool {
    let topic = alert.page.as_deref().and_then(|page| catalog.topic(page));
    let quoted = topic.is_some_and(|topic| !catalog.explain(topic).document.is_empty());
    quoted && texts.remediation_source == "project"
}

/// A paragraph for each line of a text.
fn paragraphs(text: &str) -> Markup {
    html! { @for line in text.lines() { p { (line) } } }
}
