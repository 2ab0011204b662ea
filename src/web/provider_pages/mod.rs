//! The pages of providers: what each answers, for which cause, in which words, and where it wants to be asked.

mod evidence;
mod json;
mod page;
#[cfg(test)]
mod tests;

use maud::html;

use super::alerts::Relevant;
use super::context::Context;
use super::layout::{self, Page, Part};
use super::provider_facts;
use super::runbook::Rendered;
use super::status::provider_table;

/// The page of all providers with replies.
pub fn index(context: &Context<'_>) -> String {
    list(context, None)
}

fn list(context: &Context<'_>, unknown: Option<&str>) -> String {
    let title = context.t("Providers", "服务商");
    let relevant = Relevant::all(context.view);
    let providers = provider_facts::providers(context);
    let body = html! {
        section.blk.nb {
            h1 { (title) }
            @if let Some(name) = unknown {
                (layout::not_found(name, context.t("Unknown provider: ", "未知的服务商："), context.t(".", "。")))
            }
            p.dim {
                (context.t("Share of replies that are 4xx, 5xx or no connection, in the last 5 minutes; more than usual first.",
                    "最近 5 分钟 4xx、5xx 与连接失败占比；高于平时者在前。"))
            }
            (provider_table(context, &relevant, &providers))
        }
    };
    layout::render(
        context,
        &Page {
            part: Part::Providers,
            path: "/providers",
            title: title.to_owned(),
            band: None,
            json: Some("/api/v1/providers"),
            body,
        },
    )
}

/// The page of one provider, by its name in the URL.
pub fn page(context: &Context<'_>, name: &str) -> Rendered {
    match known(context, name) {
        Some(name) => Rendered {
            body: page::page(context, name),
            found: true,
        },
        None => Rendered {
            body: list(context, Some(name)),
            found: false,
        },
    }
}

/// The chart of one provider as PNG, by its name in the URL; `None` if it is not known.
pub fn picture(context: &Context<'_>, name: &str) -> Option<Vec<u8>> {
    page::picture(context, known(context, name)?)
}

/// The JSON document of one provider, by its name in the URL.
pub fn json(context: &Context<'_>, name: &str) -> Rendered {
    match known(context, name) {
        Some(name) => Rendered {
            body: json::json(context, name),
            found: true,
        },
        None => Rendered {
            body: json::not_found(name),
            found: false,
        },
    }
}

/// The JSON document of all providers with replies.
pub fn index_json(context: &Context<'_>) -> String {
    json::index(context)
}

fn known<'a>(context: &Context<'a>, name: &str) -> Option<&'a str> {
    let mut names = context.view.providers.iter();
    names.find(|it| *it == name).map(String::as_str)
}
