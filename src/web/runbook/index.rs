//! The page of all codes and conditions, which is also shown for an unknown one.

use maud::{Markup, html};

use super::listing::{self, CountedTopic};
use crate::catalog::{Catalog, Kind, Language, Topic, subject};
use crate::metrics::View;
use crate::web::labels::Labels;
use crate::web::language::PageLanguage;
use crate::web::layout::{self, Link, navigation, not_found};
use crate::web::numbers::thousands;

/// The page; `unknown` is a requested name that does not exist.
pub fn page(view: &View, language: PageLanguage, unknown: Option<&str>) -> String {
    let catalog = view.counters.catalog;
    let labels = Labels::of(language.language);
    let code_page = &labels.code_page;
    let links = [
        Link::Page("/", labels.status),
        Link::Page("/alerts", labels.alert_pages.title),
        Link::Data("/api/v1/codes", labels.json),
    ];
    let navigation = navigation(language, "/codes", &links);
    let main = html! {
        h1 { (code_page.index_title) }
        @match unknown {
            Some(name) => (not_found(name, code_page.not_found)),
            None => p.dim { (code_page.index_hint) },
        }
        @for digit in 1..=5 {
            @let (title, hint) = reply_code_heading(digit, language.language);
            (list(catalog, language, &title, hint, &listing::reply_codes(view, digit)))
        }
        (list(catalog, language, code_page.conditions, "", &listing::conditions(view)))
        @for (number, topics) in listing::enhanced_codes(view) {
            @let title = format!("{} X.{number}", code_page.enhanced_codes);
            @let hint = subject(number);
            (list(catalog, language, &title, language.language.of(&hint), &topics))
        }
    };
    layout::page(language, code_page.index_title, &navigation, &main)
}

/// The heading of the reply codes with a first digit, and a hint beside it.
fn reply_code_heading(digit: u16, language: Language) -> (String, &'static str) {
    match Kind::of_class(digit) {
        Some(kind) => (format!("{digit}yz"), kind.text(language == Language::Zh)),
        // Not reply codes: 101 and 111 are failed connections.
        None => {
            let title = Labels::of(language).code_page.failed_connections;
            (title.to_owned(), "")
        }
    }
}

/// Topics below a heading; nothing if there are none.
fn list(
    catalog: &Catalog,
    language: PageLanguage,
    title: &str,
    hint: &str,
    topics: &[CountedTopic],
) -> Markup {
    // The names of conditions are longer than codes.
    let has_conditions = topics
        .iter()
        .any(|(topic, _)| matches!(topic, Topic::Condition(_)));
    let class = has_conditions.then_some("long");
    html! {
        @if !topics.is_empty() {
            h2 { (title) @if !hint.is_empty() { " " span.dim { (hint) } } }
            ul class=[class] { @for topic in topics { (row(catalog, language, *topic)) } }
        }
    }
}

fn row(catalog: &Catalog, language: PageLanguage, (topic, count): CountedTopic) -> Markup {
    let name = catalog.topic_name(topic);
    let explanation = catalog.explain(topic);
    let text = match &explanation.name {
        _ if !explanation.known => Labels::of(language.language).code_page.not_in_catalog,
        Some(name) => language.language.of(name),
        None => language.language.of(&explanation.meaning),
    };
    html! {
        li {
            a href=(language.href(&format!("/codes/{name}"))) { (name) }
            span { (text) }
            @if count > 0 { b { (thousands(count)) } }
        }
    }
}
