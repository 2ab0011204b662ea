//! The tables of providers and queues.

use maud::{Markup, html};

use crate::queue::{self, Queues, WAITING};
use crate::web::alerts::{self, Relevant};
use crate::web::cause;
use crate::web::chart::sparkline;
use crate::web::context::Context;
use crate::web::layout::{self, Figure};
use crate::web::numbers::{rate, thousands};
use crate::web::provider_facts::ProviderFacts;

/// How many providers are shown.
const MAX_PROVIDERS: usize = 12;

/// The providers that a critical alert names.
pub fn firing_providers(context: &Context<'_>, relevant: &Relevant<'_>) -> Vec<String> {
    let firing = relevant.firing.iter();
    firing
        .filter(|it| alerts::is_critical(&it.labels))
        .filter_map(|it| cause::provider_of(context, &it.labels))
        .collect()
}

/// The providers by failing share above usual. Only a provider that an alert names is red.
pub fn provider_table(
    context: &Context<'_>,
    relevant: &Relevant<'_>,
    providers: &[ProviderFacts<'_>],
) -> Markup {
    let firing = firing_providers(context, relevant);
    let fires = |name: &str| firing.iter().any(|it| it == name);
    if providers.is_empty() {
        return html! { p.dim { (context.t("No replies in the last six hours.", "最近六小时没有回复。")) } };
    }
    html! {
        table {
            thead {
                tr {
                    th scope="col" { (context.t("Provider", "服务商")) }
                    th scope="col" { (context.t("Failing", "失败比例")) }
                    th scope="col" { (context.t("usual", "平时")) }
                    th scope="col" { (context.t("per min", "每分钟")) }
                    th scope="col" { (context.t("6 h, 0–100 %", "6 小时，0–100%")) }
                }
            }
            tbody {
                @for provider in providers.iter().take(MAX_PROVIDERS) {
                    @let fires = fires(provider.name);
                    tr class=[fires.then_some("hot")] {
                        th scope="row" {
                            @if fires {
                                b.crit { span aria-hidden="true" { "▲" } span.vh { (context.t("firing", "告警中")) } } " "
                            }
                            a href=(context.href(&format!("/providers/{}", provider.name))) {
                                @if provider.name == "other" { (context.provider_title("other")) } @else { (provider.name) }
                            }
                        }
                        td { @if fires { b.crit { (context.percent_or_dash(provider.share())) } } @else { (context.percent_or_dash(provider.share())) } }
                        td { (context.percent_or_dash(provider.usual_share())) }
                        td { (rate(provider.all())) }
                        td { (sparkline(&provider.shares)) }
                    }
                }
            }
        }
        @if providers.len() > MAX_PROVIDERS {
            p { a href=(context.href("/providers")) { (context.t("All providers", "全部服务商")) } }
        }
    }
}

/// Messages that wait for delivery, and when the oldest came.
fn waiting(queues: &Queues) -> (u64, Option<i64>) {
    let named = queue::NAMES.iter().zip(queues);
    let waiting = named.filter(|(name, _)| WAITING.contains(name));
    waiting.fold((0, None), |(sum, oldest), (_, queue)| {
        let oldest = [oldest, queue.oldest].into_iter().flatten().min();
        (sum + queue.messages, oldest)
    })
}

/// How many messages wait; `None` if the queue is not read.
pub fn queue_figure(context: &Context<'_>) -> Option<Figure> {
    let (messages, oldest) = waiting(context.view.queues.as_ref()?);
    Some(Figure {
        name: html! { (context.t("Waiting in queue", "队列等待")) },
        value: thousands(messages),
        unit: context.t("", " 封").to_owned(),
        usual: html! {
            @match oldest {
                Some(oldest) => {
                    (context.t("oldest ", "最早 ")) span.nw { (context.duration(context.now - oldest)) }
                }
                None => (context.t("nothing waits", "没有等待的邮件")),
            }
        },
    })
}

/// The queues of Postfix.
pub fn queue(context: &Context<'_>, queues: &Queues) -> Markup {
    let named = queue::NAMES.iter().zip(queues);
    // Queues that are empty on nearly every server.
    let shown = named
        .filter(|(name, queue)| queue.messages > 0 || WAITING.contains(name) || **name == "hold");
    layout::block(
        context.t("Queue", "队列"),
        context.t("now", "当前"),
        &html! {
            table {
                thead {
                    tr {
                        th scope="col" { (context.t("Queue", "队列")) }
                        th scope="col" { (context.t("Messages", "邮件数")) }
                        th scope="col" { (context.t("Oldest", "最早")) }
                    }
                }
                tbody {
                    @for (name, queue) in shown {
                        tr {
                            th scope="row" { (name) }
                            td { (thousands(queue.messages)) }
                            td { @match queue.oldest { Some(oldest) => (context.duration(context.now - oldest)), None => "–" } }
                        }
                    }
                }
            }
        },
    )
}
