//! The status page: what was counted, and whether the sources are read.

use std::cmp::Reverse;

use maud::{Markup, html};

use super::labels::Labels;
use super::language::PageLanguage;
use super::layout::{self, Link, count_cells, navigation};
use super::numbers::{byte_size, per_minute, thousands};
use crate::catalog::{ConditionId, Language};
use crate::metrics::{Counters, OTHER_CODE, SourceStats, View, code_label};
use crate::parse::{Direction, Outcome};

/// The window of the rates, in seconds.
const RATE_WINDOW: i64 = 300;

/// The codes whose rates are shown: the first signs of throttling and of full mailboxes.
const RATED_CODES: [u16; 2] = [421, 422];

/// How many conditions are shown.
const MAX_CONDITIONS: usize = 10;

/// The status page. `now` is in seconds since 1970.
pub fn page(view: &View, telemetry_path: &str, language: PageLanguage, now: i64) -> String {
    let labels = Labels::of(language.language);
    let start = &labels.status_page;
    let links = [
        Link::Page("/codes", labels.code_page.index_title),
        Link::Page("/alerts", labels.alert_pages.title),
        Link::Data(telemetry_path, start.metrics),
        Link::Data("/api/v1/sources", start.sources_json),
        Link::Data("/-/ready", start.readiness),
        Link::Data("/-/healthy", start.health),
    ];
    let navigation = navigation(language, "/", &links);
    let main = html! {
        h1 { "maillog_exporter" }
        p.dim { (start.version) " " (env!("CARGO_PKG_VERSION")) " · " (start.purpose) }
        (tiles(&view.counters, labels, language.language, now))
        (codes(&view.counters, labels, language))
        (conditions(&view.counters, labels, language))
        (sources(&view.sources, labels))
    };
    layout::page(language, "maillog_exporter", &navigation, &main)
}

/// The rates of some codes and the deliveries by status.
fn tiles(counters: &Counters, labels: &Labels, language: Language, now: i64) -> Markup {
    let start = &labels.status_page;
    let rates = counters.rates([RATE_WINDOW], now);
    let total = |code| -> f64 {
        Direction::ALL
            .map(|direction| rates.of(direction, code)[0])
            .iter()
            .sum()
    };
    html! {
        div.tiles {
            @for code in RATED_CODES {
                @let rate = total(code);
                div {
                    span.dim { (code) (start.rate_window) }
                    b class=[(rate > 0.0).then_some("bad")] { (per_minute(rate, language)) }
                }
            }
            @for (status, label) in Outcome::DELIVERIES.into_iter().zip(start.deliveries) {
                div {
                    span.dim { (label) }
                    b { (thousands(counters.deliveries(status))) }
                }
            }
        }
    }
}

/// The head cells of the directions.
fn directions(labels: &Labels) -> Markup {
    html! { @for direction in labels.directions { th { (direction) } } }
}

fn no_data(labels: &Labels, columns: u8) -> Markup {
    html! { tr { td.dim colspan=(columns) { (labels.status_page.nothing_yet) } } }
}

fn codes(counters: &Counters, labels: &Labels, language: PageLanguage) -> Markup {
    let counted: Vec<(u16, [u64; 3])> = (0..=OTHER_CODE)
        .map(|code| {
            let of = |direction| counters.code(direction, code);
            (code, Direction::ALL.map(of))
        })
        .filter(|(_, counts)| *counts != [0; 3])
        .collect();
    let columns = html! { th { (labels.code) } th.name { (labels.name) } (directions(labels)) };
    let rows = html! {
        @for (code, counts) in &counted {
            @let label = code_label(*code);
            @let entry = counters.catalog.code(*code);
            tr {
                td {
                    @if *code == OTHER_CODE {
                        (label)
                    } @else {
                        a href=(language.href(&format!("/codes/{label}"))) { (label) }
                    }
                }
                td.name { @if let Some(entry) = entry { (language.language.of(&entry.name)) } }
                (count_cells(*counts))
            }
        }
        @if counted.is_empty() { (no_data(labels, 5)) }
    };
    layout::table(labels.status_page.reply_codes, &columns, &rows)
}

fn conditions(counters: &Counters, labels: &Labels, language: PageLanguage) -> Markup {
    let mut top: Vec<(&str, [u64; 3])> = (0..)
        .zip(counters.catalog.conditions())
        .map(|(id, condition)| {
            let of = |direction| counters.condition(direction, ConditionId(id));
            (condition.name.as_str(), Direction::ALL.map(of))
        })
        .filter(|(_, counts)| *counts != [0; 3])
        .collect();
    top.sort_by_key(|(_, counts)| Reverse(counts.iter().sum::<u64>()));
    top.truncate(MAX_CONDITIONS);
    let columns = html! { th { (labels.condition) } (directions(labels)) };
    let rows = html! {
        @for (name, counts) in &top {
            tr {
                td { a href=(language.href(&format!("/codes/{name}"))) { (name) } }
                (count_cells(*counts))
            }
        }
        @if top.is_empty() { (no_data(labels, 4)) }
    };
    layout::table(labels.status_page.top_conditions, &columns, &rows)
}

/// The table of sources. On a narrow screen each row is shown as a block, in which the cells' labels
/// replace the head of the table.
fn sources(sources: &[SourceStats], labels: &Labels) -> Markup {
    let start = &labels.status_page;
    let [_, state, events, noise, unmatched, read, unread, rotations] = start.source_columns;
    html! {
        h2 { (start.sources) }
        div.wide {
            table.sources {
                thead { tr { @for column in start.source_columns { th { (column) } } } }
                tbody {
                    @for source in sources {
                        tr {
                            td { (source.name) }
                            td data-label=(state) class=[(!source.up).then_some("bad")] {
                                @if source.up { (start.up) } @else { (start.down) }
                            }
                            td data-label=(events) { (thousands(source.events)) }
                            td data-label=(noise) { (thousands(source.noise)) }
                            td data-label=(unmatched) { (thousands(source.unmatched)) }
                            td data-label=(read) { (byte_size(source.bytes)) }
                            td data-label=(unread) { (byte_size(source.lag_bytes)) }
                            td data-label=(rotations) {
                                (thousands(source.rotations.iter().map(|(_, count)| count).sum()))
                            }
                        }
                    }
                }
            }
        }
    }
}
