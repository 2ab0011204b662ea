//! The page of all codes, and what is shown where a code is not known.

use std::collections::BTreeMap;
use std::fmt::{self, Write};

use super::facts::{matches, topic_of};
use super::page::navigation;
use super::words::Words;
use crate::catalog::{Catalog, ConditionId, Kind, Language, Topic, subject};
use crate::metrics::{EnhancedStatus, View};
use crate::parse::{self, Direction};
use crate::web::html::{self, escape, thousands};
use crate::web::reader::Reader;

/// The most characters that are shown of what was asked for.
const MOST_ASKED: usize = 60;

/// A topic and how often it was seen.
pub type Item = (Topic, u64);

/// The page; `missing` is what was asked for and is not there.
pub fn page(view: &View, reader: Reader, missing: Option<&str>) -> String {
    let words = Words::of(reader.language);
    html::page(reader.language, words.index_title, |html| {
        navigation(html, reader, "/codes", &[("/alerts", words.alerts_title)]);
        // Writing to a string does not fail.
        let _ = write!(html, "<h1>{}</h1>", words.index_title);
        let _ = match missing {
            Some(asked) => not_found(html, asked, words.not_found),
            None => write!(html, "<p class=\"dim\">{}</p>", words.index_hint),
        };
        reply_codes(html, view, reader);
        list(
            html,
            view.counters.catalog,
            reader,
            words.conditions,
            "",
            conditions(view),
        );
        enhanced_codes(html, view, reader);
    })
}

/// Everything that is on the page, for programs.
pub fn items(view: &View) -> Vec<Item> {
    let mut all: Vec<Item> = (1..=5).flat_map(|class| codes_of(view, class)).collect();
    all.extend(conditions(view));
    all.extend(enhanced_by_subject(view).into_values().flatten());
    all
}

fn conditions(view: &View) -> impl Iterator<Item = Item> {
    let ids = (0u8..).zip(view.counters.catalog.conditions());
    ids.map(|(id, _)| {
        let of = |direction| view.counters.condition(direction, ConditionId(id));
        (Topic::Condition(ConditionId(id)), sum(of))
    })
}

/// The catalog's codes and all that were seen, of one first digit.
fn codes_of(view: &View, class: u16) -> impl Iterator<Item = Item> {
    let counters = &view.counters;
    (class * 100..class * 100 + 100)
        .map(|code| (code, sum(|direction| counters.code(direction, code))))
        .filter(|(code, count)| *count > 0 || counters.catalog.code(*code).is_some())
        .map(|(code, count)| (Topic::Code(code), count))
}

/// Says that there is nothing of this name, between these words.
pub fn not_found(html: &mut String, asked: &str, [before, after]: [&str; 2]) -> fmt::Result {
    let asked: String = asked.chars().take(MOST_ASKED).collect();
    write!(html, "<p>{before}<b>{}</b>{after}</p>", escape(&asked))
}

fn sum(of: impl Fn(Direction) -> u64) -> u64 {
    Direction::ALL.into_iter().map(of).sum()
}

/// A list below a heading, nothing if it is empty. The hint stands beside the heading.
fn list(
    html: &mut String,
    catalog: &Catalog,
    reader: Reader,
    title: &str,
    hint: &str,
    items: impl IntoIterator<Item = Item>,
) {
    let mut items = items.into_iter().peekable();
    if items.peek().is_none() {
        return;
    }
    let _ = write!(
        html,
        "<h2>{title} <span class=\"dim\">{hint}</span></h2><ul>"
    );
    for (topic, count) in items {
        let name = escape(&catalog.topic_name(topic));
        let explanation = catalog.explain(topic);
        let text = match &explanation.name {
            _ if !explanation.known => Words::of(reader.language).unknown,
            Some(name) => reader.language.of(name),
            None => reader.language.of(&explanation.meaning),
        };
        let href = reader.href(&format!("/codes/{name}"));
        let _ = write!(
            html,
            "<li><a href=\"{href}\">{name}</a><span>{}</span>",
            escape(text)
        );
        if count > 0 {
            let _ = write!(html, "<b>{}</b>", thousands(count));
        }
        html.push_str("</li>");
    }
    html.push_str("</ul>");
}

/// The catalog's codes and all that were seen, by their first digit.
fn reply_codes(html: &mut String, view: &View, reader: Reader) {
    for class in 1..=5 {
        let zh = reader.language == Language::Zh;
        let (title, hint) = match Kind::of_class(class) {
            Some(kind) => (format!("{class}yz"), kind.text(zh)),
            None => (Words::of(reader.language).connections.to_owned(), ""),
        };
        let codes = codes_of(view, class);
        list(html, view.counters.catalog, reader, &title, hint, codes);
    }
}

/// The catalog's entries and all codes without one that were seen, by their subject.
fn enhanced_by_subject(view: &View) -> BTreeMap<u16, Vec<Item>> {
    let catalog = view.counters.catalog;
    let mut seen: BTreeMap<(u16, u16, u8), (parse::Enhanced, u64)> = BTreeMap::new();
    for (_, _, beside, count) in view.counters.enhanced_counts() {
        if let EnhancedStatus::Code(code) = beside {
            let key = (code.subject, code.detail, code.class);
            seen.entry(key).or_insert((code, 0)).1 += count;
        }
    }
    let mut by_subject: BTreeMap<u16, Vec<Item>> = BTreeMap::new();
    for entry in catalog.enhanced_codes() {
        let topic = entry.topic();
        let count = seen
            .values()
            .filter(|(code, _)| matches(catalog, &topic, code))
            .map(|(_, count)| count)
            .sum();
        let items = by_subject.entry(entry.subject).or_default();
        items.push((Topic::Enhanced(topic), count));
    }
    for (code, count) in seen.into_values() {
        if catalog
            .enhanced(code.class, code.subject, code.detail)
            .is_none()
        {
            let items = by_subject.entry(code.subject).or_default();
            items.push((topic_of(code), count));
        }
    }
    by_subject
}

fn enhanced_codes(html: &mut String, view: &View, reader: Reader) {
    let catalog = view.counters.catalog;
    let title = Words::of(reader.language).enhanced;
    for (number, items) in enhanced_by_subject(view) {
        let title = format!("{title} X.{number}");
        let hint = subject(number);
        list(
            html,
            catalog,
            reader,
            &title,
            reader.language.of(&hint),
            items,
        );
    }
}
