//! The page of all codes and conditions, which is also shown for an unknown one.

use maud::{Markup, html};

use super::listing::{self, CountedTopic};
use crate::catalog::{Kind, Topic, subject};
use crate::web::context::Context;
use crate::web::layout::{self, Page, Part, not_found};
use crate::web::numbers::thousands;

/// The page; `unknown` is a requested name that does not exist.
pub fn page(context: &Context<'_>, unknown: Option<&str>) -> String {
    let view = context.view;
    let title = context.t("Codes", "代码");
    let body = html! {
        section.blk.nb {
            h1 { (title) }
            @match unknown {
                Some(name) => (not_found(
                    name,
                    context.t("Unknown code or condition: ", "未知的代码或原因分类："),
                    context.t(". A reply code has three digits (421), an enhanced code three numbers (4.7.28). Known codes and conditions:",
                        "。回复码是三位数字（如 421），增强状态码是三个数（如 4.7.28）。已知的代码和原因分类："),
                )),
                None => p.dim {
                    (context.t("Every code with its meaning and remedy. The number is how often it was counted since the start.",
                        "每个代码的含义与处理办法；数字为累计出现次数。"))
                },
            }
        }
        @for digit in 1..=5 {
            @let (title, hint) = reply_code_heading(context, digit);
            (list(context, &title, hint, &listing::reply_codes(view, digit)))
        }
        (list(context, context.t("Conditions", "原因分类"), "", &listing::conditions(view)))
        @for (number, topics) in listing::enhanced_codes(view) {
            @let title = format!("{} X.{number}", context.t("Enhanced codes", "增强状态码"));
            @let hint = subject(number);
            (list(context, &title, context.text(&hint), &topics))
        }
    };
    layout::render(
        context,
        &Page {
            part: Part::Codes,
            path: "/codes",
            title: title.to_owned(),
            band: None,
            json: Some("/api/v1/codes"),
            body,
        },
    )
}

/// The heading of the reply codes with a first digit, and a hint beside it.
fn reply_code_heading(context: &Context<'_>, digit: u16) -> (String, &'static str) {
    match Kind::of_class(digit) {
        Some(kind) => (format!("{digit}yz"), kind.text(context.zh())),
        // Not reply codes: 101 and 111 are failed connections.
        None => (context.t("Failed connections", "连接失败").to_owned(), ""),
    }
}

/// Topics below a heading; nothing if there are none.
fn list(context: &Context<'_>, title: &str, hint: &str, topics: &[CountedTopic]) -> Markup {
    // The names of conditions are longer than codes.
    let has_conditions = topics
        .iter()
        .any(|(topic, _)| matches!(topic, Topic::Condition(_)));
    let class = if has_conditions {
        "codes long"
    } else {
        "codes"
    };
    if topics.is_empty() {
        return html! {};
    }
    let rows = html! { ul class=(class) { @for topic in topics { (row(context, *topic)) } } };
    layout::block(title, hint, &rows)
}

fn row(context: &Context<'_>, (topic, count): CountedTopic) -> Markup {
    let catalog = context.catalog();
    let name = catalog.topic_name(topic);
    let explanation = catalog.explain(topic);
    let text = match &explanation.name {
        _ if !explanation.known => context.t("not in the catalog", "目录中没有"),
        Some(name) => context.text(name),
        None => context.text(&explanation.meaning),
    };
    html! {
        li {
            a href=(context.href(&format!("/codes/{name}"))) { (name) }
            span { (text) }
            @if count > 0 { b { (thousands(count)) } }
        }
    }
}
