//! The frame of every page: header with navigation, state band, footer, and the parts that pages are made of.

use maud::{DOCTYPE, Markup, html};

use super::assets;
use super::context::{Context, SiteSettings};
use super::language::tag;
use super::situation::Band;
use super::trace_page;
use crate::catalog::Language;

/// How much of an unknown name is repeated on the page, in characters.
const MAX_NAME_CHARS: usize = 60;

/// The parts of the site.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    Status,
    Codes,
    Alerts,
    Providers,
    Trace,
}

impl Part {
    /// Every part, in the order of the navigation.
    const ALL: [Part; 5] = [
        Part::Status,
        Part::Codes,
        Part::Alerts,
        Part::Providers,
        Part::Trace,
    ];

    /// Whether it exists with these settings.
    fn exists(self, settings: &SiteSettings) -> bool {
        self != Part::Trace || settings.traces
    }

    fn path(self) -> &'static str {
        match self {
            Part::Status => "/",
            Part::Codes => "/codes",
            Part::Alerts => "/alerts",
            Part::Providers => "/providers",
            Part::Trace => trace_page::PATH,
        }
    }

    fn name(self, context: &Context<'_>) -> &'static str {
        match self {
            Part::Status => context.t("Status", "状态"),
            Part::Codes => context.t("Codes", "代码"),
            Part::Alerts => context.t("Alerts", "告警"),
            Part::Providers => context.t("Providers", "服务商"),
            Part::Trace => context.t("Trace", "追踪"),
        }
    }
}

/// A whole page.
pub struct Page<'a> {
    /// The part of the site that it belongs to.
    pub part: Part,
    /// Its path.
    pub path: &'a str,
    /// What the window is called, before the name of the host.
    pub title: String,
    /// The state.
    pub band: Option<Band>,
    /// The path of the same facts as JSON.
    pub json: Option<&'a str>,
    /// What is below the band.
    pub body: Markup,
}

/// The HTML of a page.
pub fn render(context: &Context<'_>, page: &Page<'_>) -> String {
    let language = context.language.script_tag();
    let copy = context.t("Copy", "复制");
    let copied = context.t("Copied", "已复制");
    let title = match &page.band {
        Some(band) => format!("{} {} – {}", band.sign, page.title, context.settings.host),
        None => format!("{} – {}", page.title, context.settings.host),
    };
    let addresses = assets::addresses();
    let markup = html! {
        (DOCTYPE)
        html lang=(language) data-copy=(copy) data-copied=(copied) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width,initial-scale=1";
                meta name="robots" content="noindex";
                title { (title) }
                link rel="stylesheet" href=(context.address(&addresses.style));
                script src=(context.address(&addresses.script)) defer {}
            }
            body {
                a.skip href="#main" { (context.t("Skip to content", "跳到正文")) }
                (header(context, page))
                main id="main" {
                    @if let Some(band) = &page.band { (band_markup(context, band)) }
                    div.wrap { (page.body) }
                }
                (footer(context, page))
            }
        }
    };
    markup.into_string()
}

fn header(context: &Context<'_>, page: &Page<'_>) -> Markup {
    let firing = super::alerts::firing(context.view).count();
    let (other, other_tag, other_name) = match context.language.language {
        Language::En => (Language::Zh, "zh-Hans", "中文"),
        Language::Zh => (Language::En, "en", "English"),
    };
    let as_of = context.zoned(context.as_of());
    html! {
        header.top {
            div.wrap {
                nav aria-label=(context.t("Pages", "页面")) {
                    @for part in Part::ALL.into_iter().filter(|part| part.exists(context.settings)) {
                        @let current = (part == page.part).then_some("page");
                        a href=(context.href(part.path())) aria-current=[current] {
                            (part.name(context))
                            @if part == Part::Alerts && firing > 0 {
                                " " span.n { (firing) span.vh { (context.t(" firing", " 个告警中")) } }
                            }
                        }
                    }
                }
                p.host {
                    b { (context.settings.host) }
                    @if let Some(time) = as_of {
                        " · " (context.t("as of", "截至")) " "
                        time datetime=(time.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()) {
                            (time.strftime("%H:%M:%S").to_string())
                        }
                        " " (zone_name(&time))
                    }
                }
                a.lang href={ (context.address(page.path)) "?lang=" (tag(other)) } lang=(other_tag) hreflang=(other_tag) { (other_name) }
            }
        }
    }
}

/// The zone as its difference from UTC: `UTC+8`, `UTC−3:30`.
fn zone_name(time: &jiff::ZonedDateTime) -> String {
    let minutes = time.offset().seconds() / 60;
    let sign = if minutes < 0 { "−" } else { "+" };
    match (minutes.abs() / 60, minutes.abs() % 60) {
        (0, 0) => "UTC".to_owned(),
        (hours, 0) => format!("UTC{sign}{hours}"),
        (hours, minutes) => format!("UTC{sign}{hours}:{minutes:02}"),
    }
}

fn band_markup(context: &Context<'_>, band: &Band) -> Markup {
    html! {
        section class={ "band " (band.class) } aria-label=(context.t("State", "状态")) {
            div.wrap {
                p.st { i aria-hidden="true" { (band.sign) } (band.state) }
                h1 { (band.title) }
                @for line in &band.lines { p { (line) } }
                @if let Some(first) = &band.first { p.first { (first) } }
            }
        }
    }
}

fn footer(context: &Context<'_>, page: &Page<'_>) -> Markup {
    html! {
        footer.foot {
            div.wrap {
                a href="#main" { (context.t("Top", "回到顶部")) } " "
                a href=(context.address(&context.settings.telemetry_path)) { (context.t("Metrics", "指标")) } " "
                @if let Some(path) = page.json { a href=(context.address(path)) { "JSON" } " " }
                a href=(context.address("/-/ready")) { (context.t("Ready", "就绪")) } " "
                a href=(context.address("/-/healthy")) { (context.t("Healthy", "存活")) } " "
                span.nw { "maillog_exporter " (env!("CARGO_PKG_VERSION")) }
            }
        }
    }
}

/// A block below a heading, with a smaller text beside the heading.
pub fn block(heading: &str, beside: &str, content: &Markup) -> Markup {
    html! {
        section.blk {
            h2 { (heading) @if !beside.is_empty() { " " small { (beside) } } }
            (content)
        }
    }
}

/// One of the four figures below the band.
pub struct Figure {
    /// What it is.
    pub name: Markup,
    /// Its value.
    pub value: String,
    /// Behind the value, smaller.
    pub unit: String,
    /// Its usual value or threshold.
    pub usual: Markup,
}

/// The figures below the band.
pub fn figures(figures: &[Figure]) -> Markup {
    if figures.is_empty() {
        return html! {};
    }
    html! {
        dl.figs {
            @for figure in figures {
                div {
                    dt { (figure.name) }
                    dd { (figure.value) @if !figure.unit.is_empty() { small { (figure.unit) } } }
                    dd { (figure.usual) }
                }
            }
        }
    }
}

/// A bar that shows a share from 0 to 1, beside its number.
pub fn bar(share: f64, class: &str) -> Markup {
    let width = (share.clamp(0.0, 1.0) * 100.0).round();
    html! {
        svg.bar viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true" {
            rect.bg width="100" height="8" {}
            rect class=(class) width=(width) height="8" {}
        }
    }
}

/// The message that a requested name does not exist, between two texts.
pub fn not_found(name: &str, before: &str, after: &str) -> Markup {
    let name: String = name.chars().take(MAX_NAME_CHARS).collect();
    html! { p { (before) b { (name) } (after) } }
}

/// A name with places where it may be broken: before capitals and after underscores.
pub fn breakable(name: &str) -> Markup {
    let mut parts: Vec<&str> = Vec::new();
    let mut start = 0;
    for (at, letter) in name.char_indices() {
        if at > start && letter.is_ascii_uppercase() {
            parts.push(&name[start..at]);
            start = at;
        }
    }
    parts.push(&name[start..]);
    html! {
        @for (at, part) in parts.iter().enumerate() {
            @if at > 0 { wbr; }
            (part)
        }
    }
}
