//! The page of all alerts and rules, which is also shown for an unknown rule.

use maud::{Markup, html};

use super::{ended, rules};
use crate::web::alert_list::{self, silenced};
use crate::web::alerts::{self, Relevant};
use crate::web::context::Context;
use crate::web::layout::{self, Page, Part, not_found};
use crate::web::situation::{self, Band, Words, summary};

/// The page; `unknown` is a requested name that does not exist.
pub fn page(context: &Context<'_>, unknown: Option<&str>) -> String {
    let relevant = Relevant::all(context.view);
    let title = context.t("Alerts", "告警");
    let body = html! {
        @if let Some(name) = unknown {
            section.blk.nb {
                (not_found(name, context.t("Unknown alert: ", "未知的告警："), context.t(". Known alerts:", "。已知的告警：")))
            }
        }
        (active(context, &relevant))
        (ended::block(context, &relevant))
        (rules::block(context, &relevant))
    };
    layout::render(
        context,
        &Page {
            part: Part::Alerts,
            path: "/alerts",
            title: window_title(context, &relevant, title),
            band: Some(band(context, &relevant)),
            json: Some("/api/v1/alerts"),
            body,
        },
    )
}

fn window_title(context: &Context<'_>, relevant: &Relevant<'_>, title: &str) -> String {
    match (relevant.firing.len(), context.zh()) {
        (0, _) => title.to_owned(),
        (firing, false) => format!("{firing} firing: alerts"),
        (firing, true) => format!("{firing} 个告警中：告警"),
    }
}

/// The band, with the counts instead of one alert's state.
fn band(context: &Context<'_>, relevant: &Relevant<'_>) -> Band {
    let first = relevant.firing.first().or(relevant.pending.first());
    let words = Words {
        trouble: first.map(|alert| html! { (summary(context, alert)) }),
        facts: Vec::new(),
        first: first.map(|alert| {
            let path = alerts::path(context, &alert.labels, &alert.annotations);
            html! {
                a href=(path) { (context.t("Open the page of this cause", "打开该原因的页面")) }
                (context.t(": who, since when, in which words, what to type.", "：谁、何时起、原文、要执行的命令。"))
            }
        }),
        left: None,
        quiet: html! { (context.t("Nothing fires, nothing is pending", "没有触发或待触发的告警")) },
        quiet_facts: sending(context).into_iter().collect(),
    };
    let mut band = situation::band(context, relevant, words);
    let counts = [
        (relevant.firing.len(), context.t(" firing", " 个告警中")),
        (relevant.pending.len(), context.t(" pending", " 个待触发")),
        (relevant.silenced.len(), context.t(" silenced", " 个已静默")),
    ];
    let named = counts.iter().filter(|(count, _)| *count > 0);
    let named: Vec<String> = named
        .map(|(count, word)| format!("{count}{word}"))
        .collect();
    if !named.is_empty() && matches!(band.class, "firing" | "warned" | "pending") {
        band.state = html! { (named.join(" · ")) };
    }
    band
}

/// That this exporter does not send alerts, if so.
fn sending(context: &Context<'_>) -> Option<Markup> {
    let sends = context.view.alerting.as_ref().is_some_and(|it| it.sends);
    (!sends).then(|| html! {
        "⊘ "
        (context.t("This exporter does not send alerts. Prometheus may still alert by the shipped rules; this page cannot know.",
            "本程序不发送告警。Prometheus 仍可能按随附规则告警，本页无从得知。"))
    })
}

fn active(context: &Context<'_>, relevant: &Relevant<'_>) -> Markup {
    if relevant.firing.is_empty() && relevant.pending.is_empty() && relevant.silenced.is_empty() {
        return html! {};
    }
    let none = || html! { p.dim { (context.t("None.", "无。")) } };
    html! {
        div.two {
            section.blk.nb {
                h2 { (context.t("Firing", "告警中")) }
                @if relevant.firing.is_empty() { (none()) }
                (alert_list::list(context, relevant.firing.iter().copied()))
                (silenced(context, relevant))
            }
            section.blk.nb {
                h2 { (context.t("Pending", "待触发")) }
                @if relevant.pending.is_empty() { (none()) }
                (alert_list::list(context, relevant.pending.iter().copied()))
            }
        }
    }
}
