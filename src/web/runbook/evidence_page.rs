//! The blocks that show what is measured: who answers, in which words, and whose mail it is.

use maud::{Markup, html};

use super::evidence::{Count, Evidence, Text, WindowCounts};
use super::facts::{Facts, OTHER_PROVIDER, PairedCode};
use crate::catalog::Topic;
use crate::insight::Window;
use crate::web::context::Context;
use crate::web::layout::{bar, block};
use crate::web::numbers::thousands;
use crate::web::provider_facts::ProviderFacts;

/// The name of a window.
pub fn window_name(context: &Context<'_>, window: Option<Window>) -> &'static str {
    match window {
        Some(Window::FiveMinutes) => context.t("5 min", "5 分钟"),
        Some(Window::Hour) | None => context.t("1 h", "1 小时"),
        Some(Window::Day) => context.t("24 h", "24 小时"),
        Some(Window::Total) => context.t("recorded", "记录以来"),
    }
}

/// The providers and enhanced codes, by the last five minutes.
pub fn who(context: &Context<'_>, facts: &Facts<'_>, providers: &[ProviderFacts<'_>]) -> Markup {
    let evidence = &facts.evidence;
    if evidence.counts == [0; Window::ALL.len()] {
        return html! {};
    }
    let failing = |name: &str| providers.iter().find(|it| it.name == name)?.share();
    // Those of now, and the others only if there are none.
    let is_recent = |counts: &WindowCounts| counts[..2] != [0, 0];
    let recent = evidence
        .providers
        .iter()
        .filter(|(_, counts)| is_recent(counts))
        .count();
    let shown = if recent > 0 {
        recent
    } else {
        evidence.providers.len()
    };
    let has_codes = !matches!(facts.topic, Topic::Enhanced(_))
        && evidence.enhanced.iter().any(|(topic, _)| topic.is_some());
    block(
        context.t("Who answers with it", "谁这样回复"),
        context.t("by the last 5 min", "按最近 5 分钟排序"),
        &html! {
            @if !evidence.providers.is_empty() {
                table {
                    (head(context, context.t("Provider", "服务商"), context.t("it fails", "失败比例")))
                    tbody {
                        @for (name, counts) in evidence.providers.iter().take(shown) {
                            tr {
                                th scope="row" {
                                    a href=(context.href(&format!("/providers/{name}"))) {
                                        @if name == OTHER_PROVIDER { (context.provider_title("other")) } @else { (name) }
                                    }
                                }
                                (cells(counts))
                                td { (context.percent_or_dash(failing(name))) }
                            }
                        }
                    }
                }
            }
            @if has_codes {
                table {
                    (head(context, context.t("Enhanced code", "增强状态码"), ""))
                    tbody {
                        @for (topic, counts) in &evidence.enhanced {
                            tr {
                                th scope="row" {
                                    @match topic {
                                        Some(topic) => {
                                            (topic_link(context, facts, *topic)) " " (short_text(context, facts, *topic))
                                        }
                                        None => (context.t("none", "无")),
                                    }
                                }
                                (cells(counts))
                            }
                        }
                    }
                }
            }
            (paired(context, facts))
        },
    )
}

fn head(context: &Context<'_>, first: &str, last: &str) -> Markup {
    html! {
        thead {
            tr {
                th scope="col" { (first) }
                @for window in [Window::FiveMinutes, Window::Hour, Window::Day] {
                    th scope="col" { (window_name(context, Some(window))) }
                }
                @if !last.is_empty() { th scope="col" { (last) } }
            }
        }
    }
}

/// The counts of the last five minutes, hour and day.
fn cells(counts: &WindowCounts) -> Markup {
    html! { @for count in &counts[..3] { td { (thousands(*count)) } } }
}

/// The reply codes that an enhanced code comes with.
fn paired(context: &Context<'_>, facts: &Facts<'_>) -> Markup {
    if !matches!(facts.topic, Topic::Enhanced(_)) || facts.paired.is_empty() {
        return html! {};
    }
    html! {
        table {
            thead {
                tr {
                    th scope="col" { (context.t("Reply code", "回复码")) }
                    th scope="col" { (context.t("since the start", "累计")) }
                }
            }
            tbody {
                @for (paired, counts) in &facts.paired {
                    tr {
                        th scope="row" {
                            @match paired {
                                PairedCode::Topic(topic) => {
                                    (topic_link(context, facts, *topic)) " " (short_text(context, facts, *topic))
                                }
                                PairedCode::None => (context.t("none", "无")),
                                PairedCode::Other => (context.t("other", "其他")),
                            }
                        }
                        td { (thousands(counts.iter().sum())) }
                    }
                }
            }
        }
    }
}

/// A link to the page of a topic.
pub fn topic_link(context: &Context<'_>, facts: &Facts<'_>, topic: Topic) -> Markup {
    let name = facts.catalog.topic_name(topic);
    html! { a href=(context.href(&format!("/codes/{name}"))) { (name) } }
}

/// The topic's name in words, or its meaning if it has none.
pub fn short_text(context: &Context<'_>, facts: &Facts<'_>, topic: Topic) -> String {
    let explanation = facts.catalog.explain(topic);
    let text = explanation.name.unwrap_or(explanation.meaning);
    context.text(&text).to_owned()
}

/// The most frequent reply texts.
pub fn texts_block(context: &Context<'_>, texts: &[Text], window: Option<Window>) -> Markup {
    if texts.is_empty() {
        return html! {};
    }
    let window = window_name(context, window);
    let words = html! {
        ul.words { @for text in texts { (reply_text(context, text, window)) } }
    };
    let has_placeholders = words.0.contains("<mark>");
    block(
        context.t("In which words", "回复原文"),
        window,
        &html! {
            (words)
            @if has_placeholders {
                p.dim.s {
                    (context.t("Dotted words stand for addresses, numbers and ids that were removed.", "带点线的词代替已隐去的地址、数字与标识。"))
                }
            }
        },
    )
}

fn reply_text(context: &Context<'_>, text: &Text, window: &str) -> Markup {
    let code = match (text.code, text.enhanced) {
        (0, enhanced) => enhanced.map(|it| it.to_string()).unwrap_or_default(),
        (code, Some(enhanced)) => format!("{code:03} {enhanced}"),
        (code, None) => format!("{code:03}"),
    };
    html! {
        li {
            b { (thousands(text.count)) }
            @if context.zh() { " 次（" (window) "）" } @else { " in " (window) }
            @if !code.is_empty() { " · " code { (code) } }
            @if !text.provider.is_empty() {
                " · "
                @if *text.provider == *OTHER_PROVIDER { (context.provider_title("other")) } @else { (text.provider) }
            }
            blockquote lang="en" { (marked(&text.template)) }
            @if text.sample != text.template {
                details {
                    summary { (context.t("One of these replies", "其中一条")) }
                    blockquote lang="en" { (text.sample) }
                }
            }
        }
    }
}

/// A template, in which `<ip>` and other placeholders are marked.
fn marked(template: &str) -> Markup {
    let mut parts = Vec::new();
    let mut rest = template;
    while let Some(start) = rest.find('<') {
        let Some(length) = rest[start..].find('>') else {
            break;
        };
        let word = &rest[start + 1..start + length];
        let is_word =
            !word.is_empty() && word.len() <= 12 && word.bytes().all(|it| it.is_ascii_lowercase());
        if !is_word {
            parts.push((&rest[..=start], ""));
            rest = &rest[start + 1..];
            continue;
        }
        parts.push((&rest[..start], word));
        rest = &rest[start + length + 1..];
    }
    html! {
        @for (text, word) in parts { (text) @if !word.is_empty() { mark { (word) } } }
        (rest)
    }
}

/// The sender domains, recipient domains and clients.
pub fn whose(context: &Context<'_>, facts: &Facts<'_>) -> Markup {
    let evidence = &facts.evidence;
    if evidence.senders.is_empty() && evidence.recipients.is_empty() && evidence.clients.is_empty()
    {
        return html! {};
    }
    let window = window_name(context, evidence.window);
    block(
        context.t("Whose mail, and to whom", "涉及哪些邮件"),
        window,
        &html! {
            div.two.three {
                (names_table(context, context.t("Our sender domains", "我方发件域名"), window, &evidence.senders))
                (names_table(context, context.t("Our sender addresses", "我方发件地址"), window, &evidence.addresses))
                (names_table(context, context.t("Our accounts", "我方账号"), window, &evidence.accounts))
                (names_table(context, context.t("Recipient domains", "收件域名"), window, &evidence.recipients))
                (names_table(context, context.t("Client networks", "客户端网段"), window, &evidence.clients))
            }
            @if evidence.clients.is_empty() {
                p.dim.s {
                    (context.t("Client networks are recorded only for mail that this server refuses.",
                        "仅对本机拒收的邮件记录客户端网段。"))
                }
            }
            @if has_errors(evidence) {
                p.dim.s {
                    (context.t("There were more different texts or domains than are kept. Some counts may be too high.",
                        "不同的原文或域名多于保留的数量，个别计数可能偏高。"))
                }
            }
        },
    )
}

/// Names with their counts and shares; nothing if there are none.
pub fn names_table(context: &Context<'_>, title: &str, window: &str, names: &[Count]) -> Markup {
    let all: u64 = names.iter().map(|it| it.count).sum();
    html! {
        @if !names.is_empty() {
            table {
                thead {
                    tr {
                        th.any scope="col" { (title) }
                        th scope="col" { (window) }
                        th.shr scope="col" { (context.t("Share", "占比")) }
                    }
                }
                tbody {
                    @for name in names {
                        @let share = name.count as f64 / all.max(1) as f64;
                        tr {
                            th.any scope="row" {
                                @if name.name.is_empty() { (context.t("null sender (bounces)", "空发件人（退信）")) } @else { (name.name) }
                            }
                            td { (thousands(name.count)) }
                            td.shr { (context.percent(share)) (bar(share, "f4")) }
                        }
                    }
                }
            }
        }
    }
}

/// Whether a count may be too high.
fn has_errors(evidence: &Evidence) -> bool {
    let Evidence {
        senders,
        addresses,
        accounts,
        recipients,
        clients,
        ..
    } = evidence;
    let names = [senders, addresses, accounts, recipients, clients];
    names.into_iter().flatten().any(|it| it.error > 0)
        || evidence.texts.iter().any(|it| it.error > 0)
}
