//! The page `/trace`: what became of a message, found in the logs that the exporter follows. It shows addresses, so it exists
//! only where the configuration allows that, and only behind a password.

use std::sync::Arc;

use maud::{Markup, html};
use tokio::sync::Semaphore;

use super::context::Context;
use super::layout::{self, Page, Part};
use crate::catalog::Language;
use crate::traced::{Message, Recipient, Step, Trace};

/// The path of the page.
pub const PATH: &str = "/trace";

/// The longest text that is searched for, in bytes: an address has at most 320 (RFC 3696, erratum 1003).
const MAX_QUERY: usize = 400;

/// Finds messages in the logs that the exporter follows.
pub trait Tracer: Send + Sync {
    /// The messages that a queue id, message id, address or `@domain` leads to, in words of a language. Blocks while the logs
    /// are read.
    ///
    /// # Errors
    ///
    /// Why nothing can be found with this text, or which log cannot be read.
    fn trace(&self, what: &str, language: Language) -> Result<Trace, String>;
}

/// What is asked and what was found.
pub struct Asked {
    pub what: String,
    pub result: Result<Trace, String>,
}

/// Another question is being answered.
pub struct Busy;

/// Answers one question at a time: each reads all logs.
#[derive(Clone)]
pub struct Tracing {
    tracer: Arc<dyn Tracer>,
    turn: Arc<Semaphore>,
}

impl Tracing {
    /// Answers with what a tracer finds.
    pub fn new(tracer: Arc<dyn Tracer>) -> Self {
        Tracing {
            tracer,
            turn: Arc::new(Semaphore::new(1)),
        }
    }

    /// Answers the question in the query of a URL (`q=`), if there is one. `Err` if another one is being answered.
    pub async fn ask(&self, query: &str, language: Language) -> Result<Option<Asked>, Busy> {
        let mut fields = form_urlencoded::parse(query.as_bytes());
        let what = fields.find(|(name, _)| name == "q");
        let what = what.map(|(_, what)| what.trim().to_owned());
        let Some(what) = what.filter(|what| !what.is_empty() && what.len() <= MAX_QUERY) else {
            return Ok(None);
        };
        let permit = Arc::clone(&self.turn)
            .try_acquire_owned()
            .map_err(|_| Busy)?;
        let tracer = Arc::clone(&self.tracer);
        let searched = what.clone();
        let found = tokio::task::spawn_blocking(move || {
            let result = tracer.trace(&searched, language);
            drop(permit);
            result
        });
        let result = found.await.unwrap_or_else(|error| Err(error.to_string()));
        Ok(Some(Asked { what, result }))
    }
}

/// The page.
pub fn page(context: &Context<'_>, asked: Option<&Asked>) -> String {
    let title = context.t("Trace a message", "追踪邮件");
    let label = context.t(
        "Queue id, message id, address or @domain",
        "队列 ID、Message-ID、地址或 @域名",
    );
    let body = html! {
        section.blk {
            h1 { (title) }
            form.ask action=(context.address(PATH)) method="get" role="search" {
                label for="q" { (label) }
                div {
                    input id="q" name="q" type="search" required maxlength=(MAX_QUERY) autocapitalize="off" autocomplete="off"
                        spellcheck="false" value=[asked.map(|it| it.what.as_str())];
                    @if let Some(tag) = context.language.named() { input type="hidden" name="lang" value=(tag); }
                    button type="submit" { (context.t("Trace", "追踪")) }
                }
            }
            p.dim.s {
                (context.t("In the logs that are followed and their rotated files.", "在正在读取的日志及其轮转文件中查找。"))
            }
        }
        @if let Some(asked) = asked {
            @match &asked.result {
                Ok(trace) => (found(context, trace)),
                Err(problem) => section.blk { p { (problem) } },
            }
        }
    };
    layout::render(
        context,
        &Page {
            part: Part::Trace,
            path: PATH,
            title: title.to_owned(),
            band: None,
            json: None,
            body,
        },
    )
}

fn found(context: &Context<'_>, trace: &Trace) -> Markup {
    let shown = trace.messages.len();
    html! {
        @if shown == 0 {
            section.blk {
                p { (context.t("No message found. Look for another id or address.", "未找到邮件。请换用其他 ID 或地址。")) }
            }
        }
        @if trace.found > shown {
            section.blk {
                p.dim {
                    @if context.zh() { "找到 " (trace.found) " 封，显示最新的 " (shown) " 封。" }
                    @else { (trace.found) " found, of which the newest " (shown) " are shown." }
                }
            }
        }
        // The newest first: it is the one that is asked for.
        @for (at, message) in trace.messages.iter().rev().enumerate() { (story(context, message, at == 0)) }
    }
}

/// A message; all but the first are folded.
fn story(context: &Context<'_>, message: &Message, is_open: bool) -> Markup {
    let time = message.from.map(|time| context.zoned(time.as_second()));
    let time = time.flatten();
    let (outcome, class) = outcome(context, message.outcome);
    let sender = match message.sender.as_deref() {
        Some("") => context.t("null sender", "空发件人"),
        Some(sender) => sender,
        None => context.t("unknown sender", "发件人不明"),
    };
    html! {
        section.blk {
            details.msg open[is_open] {
                summary {
                    b class=(class) { (outcome) } " "
                    @if let Some(time) = &time {
                        time datetime=(time.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()) { (time.strftime("%m-%d %H:%M").to_string()) } " "
                    }
                    span.any {
                        (sender)
                        @if let Some((first, others)) = message.recipients.split_first() {
                            " → " (first.address)
                            @if !others.is_empty() { " +" (others.len()) }
                        }
                    }
                }
                table {
                    thead {
                        tr {
                            th.any scope="col" { (context.t("Recipient", "收件人")) }
                            th.l scope="col" { (context.t("Outcome", "结果")) }
                            th.l scope="col" { (context.t("Code", "代码")) }
                        }
                    }
                    tbody { @for recipient in &message.recipients { (recipient_row(context, recipient)) } }
                }
                ol.steps { @for step in &message.steps { (step_item(context, step)) } }
                @for advice in &message.advice {
                    div.do {
                        h3 {
                            (context.t("What to do", "怎么办")) " · "
                            a href=(context.href(&format!("/codes/{}", advice.condition))) { (advice.condition) }
                        }
                        p { (advice.meaning) }
                        p { (advice.remedy) }
                    }
                }
                p.dim.s.any {
                    (context.t("Queue ids: ", "队列 ID：")) (message.queue_ids.join(", "))
                    @if let Some(id) = message.message_ids.first() { " · Message-ID: <" (id) ">" }
                }
            }
        }
    }
}

fn recipient_row(context: &Context<'_>, recipient: &Recipient) -> Markup {
    let (outcome, class) = outcome(context, recipient.outcome);
    html! {
        tr {
            th.any scope="row" {
                (recipient.address)
                @if let Some(original) = &recipient.original { " ← " (original) }
                @if recipient.notification { " (" (context.t("notification", "通知")) ")" }
            }
            td.l { b class=(class) { (outcome) } }
            td.l { (codes(recipient.code, recipient.enhanced.as_deref())) }
        }
    }
}

fn step_item(context: &Context<'_>, step: &Step) -> Markup {
    let time = step.time.and_then(|time| context.zoned(time.as_second()));
    html! {
        li {
            @if let Some(time) = &time { time { (time.strftime("%H:%M:%S").to_string()) } " " }
            (step.what)
            @if let Some(meaning) = &step.meaning { " · " (meaning) }
            @if let Some(reply) = &step.reply { blockquote lang="en" { (reply) } }
            p.dim.s.any {
                @for part in [&step.host, &step.program, &step.queue_id].into_iter().flatten() { (part) " " }
            }
        }
    }
}

/// The words and the class of an outcome.
fn outcome(context: &Context<'_>, name: &str) -> (&'static str, &'static str) {
    let (en, zh, class) = match name {
        "sent" | "delivered" => ("delivered", "已投递", "ok"),
        "deferred" => ("deferred", "延迟", "warn"),
        "bounced" | "failed" => ("failed", "失败", "crit"),
        "expired" => ("given up", "已放弃", "crit"),
        "rejected" => ("rejected", "已拒收", "crit"),
        _ => ("unknown", "不明", ""),
    };
    (context.t(en, zh), class)
}

fn codes(code: Option<u16>, enhanced: Option<&str>) -> String {
    let code = code.map(|code| format!("{code:03}"));
    let parts = [code.as_deref(), enhanced];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
}
