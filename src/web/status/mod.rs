//! The status page, which an operator leaves open: whether mail flows, which alerts fire, and who and what causes
//! trouble.

mod codes;
mod document;
mod json;
mod sources;
mod tables;
#[cfg(test)]
mod tests;

use maud::{Markup, html};

use super::alert_list;
use super::alerts::Relevant;
use super::cause;
use super::chart::Chart;
use super::context::Context;
use super::layout::{self, Figure, Page, Part, block};
use super::numbers;
use super::past::{self, ACCEPTED, CLASSES, FAILED_CONNECTIONS, SLOTS};
use super::provider_facts::{self, ProviderFacts};
use super::reply_classes;
use super::situation::{self, Words};
use crate::metrics::Series;
use crate::parse::{Direction, Outcome};
pub use document::{
    AlertEntry, CodeEntry, DeliveryEntry, ProviderEntry, QueueEntry, ReplySeries, SourceEntry,
    StateEntry, StatusDocument,
};
pub use json::{json, status_of};
pub use tables::{provider_table, queue, queue_figure};

/// The failing share of a provider from which the mail to it does not flow.
const BROKEN: f64 = 0.5;

/// Deliveries by status, in the order of [`Outcome::DELIVERIES`].
struct Deliveries {
    rates: [f64; 4],
    counts: [f64; 4],
    usual: [Option<f64>; 4],
    is_known: bool,
}

impl Deliveries {
    fn of(context: &Context<'_>) -> Self {
        let group = |series: &Series| match series {
            Series::Delivery(name) => Outcome::DELIVERIES.iter().position(|it| it.name() == name),
            _ => None,
        };
        let now = past::five_minutes(context, 4, group);
        let usual = past::usual(context, 4, group);
        Deliveries {
            rates: std::array::from_fn(|status| now.at(0, status).unwrap_or(0.0)),
            counts: std::array::from_fn(|status| now.count(0, status)),
            usual: std::array::from_fn(|status| usual[status]),
            is_known: now.at(0, 0).is_some(),
        }
    }

    fn share(&self, status: usize) -> Option<f64> {
        provider_facts::share(self.rates[status], self.rates.iter().sum())
    }

    fn usual_share(&self, status: usize) -> Option<f64> {
        let all: f64 = self.usual.iter().flatten().sum();
        provider_facts::share(self.usual[status]?, all)
    }
}

/// The page.
pub fn page(context: &Context<'_>) -> String {
    let relevant = Relevant::all(context.view);
    let providers = provider_facts::providers(context);
    let deliveries = Deliveries::of(context);
    let rates = past::six_hours(context, CLASSES, past::outbound_class);
    let fired = relevant.bands();
    let chart = Chart {
        id: "c1",
        title: context
            .t(
                "Outbound replies per minute by class, last 6 hours",
                "最近 6 小时每分钟外发回复数，按类别",
            )
            .to_owned(),
        rates: &rates,
        layers: &reply_classes::layers(context),
        week_ago: None,
        threshold: None,
        fired: &fired,
    };
    let band = situation::band(context, &relevant, words(context, &relevant, &providers));
    let failed = rates.at(SLOTS - 1, FAILED_CONNECTIONS);
    let usual_failed = past::usual(context, CLASSES, past::outbound_class)[FAILED_CONNECTIONS];
    let body = html! {
        (layout::figures(&figures(context, &deliveries, failed, usual_failed)))
        (block(
            context.t("Is mail flowing?", "邮件投递正常吗？"),
            context.t("outbound replies per minute, 6 h", "每分钟外发回复数，6 小时"),
            &html! { (chart.markup(context)) (chart.numbers(context)) },
        ))
        div class=[context.view.queues.as_ref().map(|_| "two")] {
            (block(context.t("Alerts", "告警"), "", &alert_list::overview(context, &relevant)))
            @if let Some(queues) = &context.view.queues { (tables::queue(context, queues)) }
        }
        div.two {
            (block(
                context.t("Providers", "服务商"),
                context.t("share of replies that are 4xx, 5xx or no connection, 5 min", "4xx、5xx 与连接失败占比，5 分钟"),
                &provider_table(context, &relevant, &providers),
            ))
            (codes::block(context, &relevant))
        }
        (sources::block(context))
    };
    let title = title(context, &relevant);
    layout::render(
        context,
        &Page {
            part: Part::Status,
            path: "/",
            title,
            band: Some(band),
            json: Some("/api/v1/status"),
            body,
        },
    )
}

fn title(context: &Context<'_>, relevant: &Relevant<'_>) -> String {
    match (relevant.firing.len(), context.zh()) {
        (0, _) => context.t("Status", "状态").to_owned(),
        (firing, false) => format!("{firing} firing: status"),
        (firing, true) => format!("{firing} 个告警中：状态"),
    }
}

/// What the band says.
fn words(context: &Context<'_>, relevant: &Relevant<'_>, providers: &[ProviderFacts<'_>]) -> Words {
    let broken = providers.iter().find(|it| {
        let share = it.share().unwrap_or(0.0);
        it.name != "other"
            && share >= BROKEN
            && share > 2.0 * it.usual_share().unwrap_or(0.0)
            && it.all() >= 1.0
    });
    let others = |name: &str| {
        let rest = providers.iter().filter(|it| it.name != name);
        let (failing, all) = rest.fold((0.0, 0.0), |sum, it| {
            (sum.0 + it.failing(), sum.1 + it.all())
        });
        provider_facts::share(all - failing, all)
    };
    let mut words = Words {
        quiet: match providers.iter().any(|it| it.rates[ACCEPTED] > 0.0) {
            true => html! { (context.t("Mail flows", "邮件投递正常")) },
            false => html! { (context.t("No mail is sent now", "当前没有外发邮件")) },
        },
        ..Words::default()
    };
    if let Some(share) = others("") {
        words.quiet_facts.push(match context.zh() {
            false => html! { "Other servers accept " (context.percent(share)) " of what this one sends." },
            true => html! { "对方服务器接收了本机所发邮件的 " (context.percent(share)) "。" },
        });
    }
    if let Some(provider) = broken {
        let title = context.provider_title(provider.name);
        let flows = others(provider.name).is_some_and(|accepted| accepted > 0.8);
        words.trouble = Some(match (flows, context.zh()) {
            (true, false) => html! { "Mail flows, except to " (title) },
            (true, true) => {
                html! { "除" (context.provider_in_sentence(provider.name)) "外，邮件投递正常" }
            }
            (false, false) => html! { (title) " does not accept our mail" },
            (false, true) => {
                html! { (context.provider_in_sentence(provider.name).trim_start()) "不接收我们的邮件" }
            }
        });
        words.facts.push(failing_line(context, provider));
        if let Some(accepted) = others(provider.name) {
            words.facts.push(match context.zh() {
                false => html! { "All other providers accept " (context.percent(accepted)) "." },
                true => html! { "其他服务商接收 " (context.percent(accepted)) "。" },
            });
        }
    }
    if let Some(alert) = relevant.firing.first().or(relevant.pending.first()) {
        let path = super::alerts::path(context, &alert.labels, &alert.annotations);
        words.first = Some(html! {
            b { (layout::breakable(super::alerts::name(&alert.labels))) } (context.t(": ", "："))
            a href=(path) { (context.t("what it is and what to do", "原因与处理办法")) }
        });
    }
    words
}

/// `96 % of replies from Google are failures (421 4.7.28, sent too fast).`
fn failing_line(context: &Context<'_>, provider: &ProviderFacts<'_>) -> Markup {
    let title = context.provider_in_sentence(provider.name);
    let share = context.percent(provider.share().unwrap_or(0.0));
    let cause = cause::leading(context, |group| {
        group.direction() == Direction::Outbound && *group.provider == *provider.name
    });
    let separator = context.t(", ", "，");
    html! {
        @if context.zh() { "发往" (title) "的邮件 " (share) " 失败" } @else { (share) " of mail to " (title) " fails" }
        @if let Some(cause) = cause {
            (context.t(" (", "（")) code { (cause.reply()) }
            @if let Some(short) = cause.short(context) { (separator) (short) }
            (context.t(")", "）"))
        }
        (context.t(".", "。"))
    }
}

fn figures(
    context: &Context<'_>,
    deliveries: &Deliveries,
    failed: Option<f64>,
    usual_failed: Option<f64>,
) -> [Figure; 4] {
    let usual = |usual: Option<String>| match usual {
        Some(usual) => html! { (context.t("usual ", "平时 ")) (usual) },
        None => html! { (context.t("usual value not known yet", "平时值尚不可知")) },
    };
    let share = |status: usize| {
        let count = deliveries.counts[status].round();
        let all = deliveries.counts.iter().sum::<f64>().round();
        let usual_share = deliveries.usual_share(status).map(|it| context.percent(it));
        html! {
            @if all > 0.0 {
                @if context.zh() {
                    (numbers::thousands(count as u64)) "/" (numbers::thousands(all as u64)) " 封，"
                } @else {
                    (numbers::thousands(count as u64)) " of " (numbers::thousands(all as u64)) "; "
                }
            }
            (usual(usual_share))
        }
    };
    let delivered = deliveries.is_known.then_some(deliveries.rates[0]);
    [
        Figure {
            name: html! { (context.t("Delivered", "已投递")) },
            value: context.rate_or_dash(delivered),
            unit: context.t("/min", " 封/分钟").to_owned(),
            usual: usual(deliveries.usual[0].map(numbers::rate)),
        },
        Figure {
            name: html! { (context.t("Deferred", "延迟")) },
            value: context.percent_or_dash(deliveries.share(1)),
            unit: String::new(),
            usual: share(1),
        },
        Figure {
            name: html! { (context.t("Bounced", "退信")) },
            value: context.percent_or_dash(deliveries.share(2)),
            unit: String::new(),
            usual: share(2),
        },
        tables::queue_figure(context).unwrap_or_else(|| Figure {
            name: html! { (context.t("Failed connections", "连接失败")) },
            value: context.rate_or_dash(failed),
            unit: context.t("/min", " 次/分钟").to_owned(),
            usual: usual(usual_failed.map(numbers::rate)),
        }),
    ]
}
