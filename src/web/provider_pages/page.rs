//! The page of one provider.

use maud::{Markup, html};

use super::evidence::ProviderEvidence;
use crate::catalog::Cause;
use crate::parse::Direction;
use crate::web::accept_rate::AcceptRate;
use crate::web::alert_list::short_name;
use crate::web::alerts::{self, Relevant};
use crate::web::cause;
use crate::web::chart::Chart;
use crate::web::context::Context;
use crate::web::layout::{self, Figure, Page, Part, block, breakable};
use crate::web::numbers::{self, thousands};
use crate::web::past::{self, ACCEPTED, CLASSES, PERMANENT, TEMPORARY};
use crate::web::picture;
use crate::web::provider_facts::{ProviderFacts, class_of, providers, share};
use crate::web::reply_classes;
use crate::web::runbook::{compare, names_table, texts_block};
use crate::web::situation::{self, Words};

/// The page.
pub fn page(context: &Context<'_>, name: &str) -> String {
    let title = context.provider_title(name);
    let facts = providers(context)
        .into_iter()
        .find(|it| it.name == name)
        .unwrap_or_default();
    let evidence = ProviderEvidence::of(context, name);
    let relevant = relevant(context, name);
    let band = situation::band(
        context,
        &relevant,
        words(context, name, title, &facts, &relevant),
    );
    let path = format!("/providers/{name}");
    let body = html! {
        (layout::figures(&figures(context, &facts)))
        div.grid.side {
            (block(
                context.t("Its replies per minute", "每分钟回复数"),
                context.t("6 h", "6 小时"),
                &with_chart(context, name, &relevant, |chart| {
                    let failing = [past::FAILED_CONNECTIONS, PERMANENT, TEMPORARY];
                    let compared =
                        past::compare(context, chart.rates, &failing, |series| class_of(series, name));
                    html! {
                        (chart.markup(context))
                        (compare(context, context.t("failures", "失败"), compared))
                        (chart.numbers(context))
                    }
                }),
            ))
            section.blk.do {
                h2 { (context.t("Which cause", "是哪种原因")) }
                (causes(context, &evidence, &relevant))
                @if is_throttled(&evidence) && let Some(rate) = AcceptRate::of(context, name) {
                    (rate.markup(context, name))
                }
                (links(context, name))
            }
            (replies(context, &evidence))
        }
        (texts_block(context, &evidence.texts, evidence.window))
        (whose(context, &evidence))
        (past_alerts(context, &relevant))
    };
    layout::render(
        context,
        &Page {
            part: Part::Providers,
            path: &path,
            title: title.to_owned(),
            band: Some(band),
            json: Some(&format!("/api/v1{path}")),
            body,
        },
    )
}

/// The chart as a picture.
pub fn picture(context: &Context<'_>, name: &str) -> Option<Vec<u8>> {
    let relevant = relevant(context, name);
    with_chart(context, name, &relevant, |chart| {
        picture::png(context, chart)
    })
}

/// Makes something of the chart of its replies.
fn with_chart<T>(
    context: &Context<'_>,
    name: &str,
    relevant: &Relevant<'_>,
    draw: impl FnOnce(&Chart<'_>) -> T,
) -> T {
    let title = context.provider_title(name);
    let rates = past::six_hours(context, CLASSES, |series| class_of(series, name));
    draw(&Chart {
        id: "c1",
        title: match context.zh() {
            false => format!("{title}: replies per minute by class, last 6 hours"),
            true => format!(
                "{}最近 6 小时每分钟回复数，按类别",
                context.provider_in_sentence(name).trim_start()
            ),
        },
        rates: &rates,
        layers: &reply_classes::layers(context),
        week_ago: None,
        threshold: None,
        fired: &relevant.bands(),
    })
}

/// The alerts of the provider, and those whose replies are mostly its own.
fn relevant<'a>(context: &Context<'a>, name: &str) -> Relevant<'a> {
    Relevant::of(context.view, |labels, _| {
        cause::provider_of(context, labels).is_some_and(|provider| provider == name)
    })
}

/// What the band says: the failing share and the measured cause.
fn words(
    context: &Context<'_>,
    name: &str,
    title: &str,
    facts: &ProviderFacts<'_>,
    relevant: &Relevant<'_>,
) -> Words {
    let failing = facts.share();
    let cause = cause::leading(context, |group| {
        group.direction() == Direction::Outbound && *group.provider == *name
    });
    let share = context.percent_or_dash(failing);
    let fails = match context.zh() {
        false => html! { (share) " of mail to " (title) " fails" },
        true => html! { "发往" (context.provider_in_sentence(name)) "的邮件 " (share) " 失败" },
    };
    let reply = cause.as_ref().map(|cause| {
        html! {
            code { (cause.reply()) }
            @if let Some(short) = cause.short(context) { (context.t(": ", "：")) (short) }
            (context.t(".", "。"))
        }
    });
    Words {
        trouble: failing.filter(|it| *it > 0.0).map(|_| fails.clone()),
        facts: reply.clone().into_iter().collect(),
        first: relevant.firing.first().map(|alert| {
            let path = alerts::path(context, &alert.labels, &alert.annotations);
            html! {
                b { (context.t("Do first: ", "先做：")) }
                a href={ (path) "#do" } { (context.t("see what to do about it", "查看处理办法")) }
            }
        }),
        left: None,
        quiet: match failing {
            None => {
                html! { (title) (context.t(": no replies in the last 5 minutes", "：最近 5 分钟没有回复")) }
            }
            Some(failing) if failing < 0.5 => match context.zh() {
                false => {
                    html! { (title) " accepts " (context.percent(1.0 - failing)) " of our mail" }
                }
                true => {
                    html! { (context.provider_in_sentence(name).trim_start()) "接收了我们 " (context.percent(1.0 - failing)) " 的邮件" }
                }
            },
            Some(_) => fails,
        },
        quiet_facts: reply
            .filter(|_| failing.is_some_and(|it| it >= 0.05))
            .into_iter()
            .collect(),
    }
}

fn figures(context: &Context<'_>, facts: &ProviderFacts<'_>) -> [Figure; 4] {
    let usual = |usual: Option<String>| match usual {
        Some(usual) => html! { (context.t("usual ", "平时 ")) (usual) },
        None => html! { (context.t("usual value not known yet", "平时值尚不可知")) },
    };
    let count = |count: f64| thousands(count.round() as u64);
    let part = |name: &'static str, class: usize| {
        let all_usual: f64 = facts.usual.iter().flatten().sum();
        let usual_share = facts.usual[class].and_then(|it| share(it, all_usual));
        Figure {
            name: html! { (name) },
            value: context.percent_or_dash(share(facts.rates[class], facts.all())),
            unit: String::new(),
            usual: html! {
                @if facts.all() > 0.0 {
                    @if context.zh() {
                        (count(facts.counts[class])) "/" (count(facts.counts.iter().sum())) "，"
                    } @else {
                        (count(facts.counts[class])) " of " (count(facts.counts.iter().sum())) "; "
                    }
                }
                (usual(usual_share.map(|it| context.percent(it))))
            },
        }
    };
    let rate = |name: &'static str, class: usize| Figure {
        name: html! { (name) },
        value: numbers::rate(facts.rates[class]),
        unit: context.t("/min", " 次/分钟").to_owned(),
        usual: usual(facts.usual[class].map(numbers::rate)),
    };
    [
        part(
            context.t("Temporary failures (4xx)", "临时失败（4xx）"),
            TEMPORARY,
        ),
        part(
            context.t("Permanent failures (5xx)", "永久失败（5xx）"),
            PERMANENT,
        ),
        rate(context.t("Accepted", "已接收"), ACCEPTED),
        rate(
            context.t("Failed connections", "连接失败"),
            past::FAILED_CONNECTIONS,
        ),
    ]
}

/// What each group of conditions is called, and which replies say it.
fn cause_words(cause: Cause) -> (&'static str, &'static str, &'static str) {
    match cause {
        Cause::Recipient => (
            "recipients: unknown, full, disabled",
            "收件人：不存在、已满、停用",
            "550 5.1.1, 452 4.2.2",
        ),
        Cause::Greylisting => ("greylisting", "灰名单", "450 4.7.1"),
        Cause::Throttling => ("sent too fast", "发送过快", "421 4.7.28"),
        Cause::Reputation => (
            "blocklist, reputation, SPF, DKIM",
            "黑名单、信誉、SPF、DKIM",
            "550 5.7.1",
        ),
        Cause::Remote => (
            "the provider’s own fault, or no reason",
            "对方故障或未说明原因",
            "421, 451",
        ),
        Cause::Network => (
            "connection refused, DNS, TLS",
            "连接被拒绝、DNS、TLS",
            "111, 101",
        ),
        Cause::Local => ("this server", "本机", "–"),
    }
}

fn causes(context: &Context<'_>, evidence: &ProviderEvidence, relevant: &Relevant<'_>) -> Markup {
    if evidence.causes.is_empty() {
        return html! { p.dim { (context.t("No failed replies recorded.", "没有记录到失败的回复。")) } };
    }
    let fires = !relevant.firing.is_empty();
    html! {
        table {
            thead {
                tr {
                    th scope="col" { (context.t("Cause", "原因")) }
                    th scope="col" { (context.t("1 h", "1 小时")) }
                    th scope="col" { (context.t("24 h", "24 小时")) }
                    th.l scope="col" { (context.t("For example", "例如")) }
                }
            }
            tbody {
                @for (at, (cause, [_, hour, day])) in evidence.causes.iter().enumerate() {
                    @let (en, zh, example) = cause_words(*cause);
                    @let hot = fires && at == 0 && *hour > 0;
                    tr class=[hot.then_some("hot")] {
                        th scope="row" {
                            @if hot {
                                b.crit { "▲ " (context.t(en, zh)) }
                            } @else if *day == 0 {
                                b.ok { "✓" } " " (context.t(en, zh))
                            } @else {
                                (context.t(en, zh))
                            }
                        }
                        td { (thousands(*hour)) }
                        td { (thousands(*day)) }
                        td.l { (example) }
                    }
                }
            }
        }
    }
}

/// Whether most of its failed replies of the last hour say that mail is sent too fast.
pub(super) fn is_throttled(evidence: &ProviderEvidence) -> bool {
    let leading = evidence.causes.first();
    leading.is_some_and(|(cause, [_, hour, _])| *cause == Cause::Throttling && *hour > 0)
}

/// Where the provider wants to be asked.
fn links(context: &Context<'_>, name: &str) -> Markup {
    let title = context.provider_in_sentence(name);
    let mut providers = context.catalog().providers().iter();
    let links = providers.find(|it| it.name == name).map(|it| &it.links);
    html! {
        @if let Some(links) = links.filter(|it| !it.is_empty()) {
            h3 { (context.t("Ask ", "向")) (title) (context.t("", "查询")) }
            ul.words {
                @for link in links {
                    li {
                        a href=(link.url) rel="noreferrer" { (context.text(&link.name)) } br;
                        span.dim.s { (context.text(&link.about)) }
                    }
                }
            }
        } @else if name != "other" && name != "loopback" {
            h3 { (context.t("Ask ", "向")) (title) (context.t("", "查询")) }
            p.s {
                (context.t("No page for operators is known. RFC 5321 section 4.5.1 requires that postmaster at its domain is read: send the reply text with its time and our IP address.",
                    "没有已知的管理员页面。RFC 5321 第 4.5.1 节要求其域名的 postmaster 邮箱有人查收：请发送回复原文、时间与我方 IP 地址。"))
            }
        }
    }
}

fn replies(context: &Context<'_>, evidence: &ProviderEvidence) -> Markup {
    if evidence.replies.is_empty() {
        return html! {};
    }
    block(
        context.t("Its failed replies", "失败的回复"),
        context.t("worst first", "异常在前"),
        &html! {
            table {
                thead {
                    tr {
                        th scope="col" { (context.t("Reply", "回复")) }
                        th scope="col" { (context.t("5 min", "5 分钟")) }
                        th scope="col" { (context.t("1 h", "1 小时")) }
                        th scope="col" { (context.t("24 h", "24 小时")) }
                    }
                }
                tbody {
                    @for (reply, counts) in &evidence.replies {
                        tr {
                            th scope="row" {
                                a href=(context.href(&reply.page())) { (reply.text()) } " "
                                span.s.dim { (reply.condition) }
                            }
                            @for count in counts { td { (thousands(*count)) } }
                        }
                    }
                }
            }
        },
    )
}

fn whose(context: &Context<'_>, evidence: &ProviderEvidence) -> Markup {
    if evidence.senders.is_empty() && evidence.recipients.is_empty() {
        return html! {};
    }
    let window = context.t("1 h", "1 小时");
    block(
        context.t("Whose mail, and to whom", "涉及哪些邮件"),
        context.t(
            "of replies that only this provider gives",
            "仅此服务商给出的回复",
        ),
        &html! {
            div.two {
                (names_table(context, context.t("Our sender domains", "我方发件域名"), window, &evidence.senders))
                (names_table(context, context.t("Recipient domains", "收件域名"), window, &evidence.recipients))
            }
        },
    )
}

fn past_alerts(context: &Context<'_>, relevant: &Relevant<'_>) -> Markup {
    if relevant.ended.is_empty() {
        return html! {};
    }
    block(
        context.t("Alerts of the last 7 days", "最近 7 天的告警"),
        "",
        &html! {
            table {
                thead {
                    tr {
                        th scope="col" { (context.t("When", "时间")) }
                        th.l scope="col" { (context.t("Alert", "告警")) }
                        th scope="col" { (context.t("Lasted", "持续时间")) }
                    }
                }
                tbody {
                    @for alert in &relevant.ended {
                        tr {
                            th.nw scope="row" { (context.time(alert.fired)) }
                            td.l {
                                a href=(alerts::path(context, &alert.labels, &alert.annotations)) {
                                    (breakable(short_name(alerts::name(&alert.labels))))
                                }
                            }
                            td { (context.duration(alert.resolved - alert.fired)) }
                        }
                    }
                }
            }
        },
    )
}
