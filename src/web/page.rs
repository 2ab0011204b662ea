//! The start page: what was said, and whether it is still being read, for a person with a phone.

use std::cmp::Reverse;
use std::fmt::Write;

use super::html::{self, cells, escape, size, thousands};
use crate::catalog::{ConditionId, Language};
use crate::metrics::{Counters, OTHER_CODE, SourceStats, View, code_label};
use crate::parse::{Direction, Outcome};

/// The window of the rates, in seconds.
const WINDOW: i64 = 300;

/// The codes whose rates are shown: "service not available, closing" and "mailbox problem", which
/// tell of throttling first.
const RATED: [u16; 2] = [421, 422];

/// How many conditions are shown.
const TOP_CONDITIONS: usize = 10;

/// The columns of counts by direction.
const DIRECTIONS: &str = "<th>Outbound</th><th>Inbound</th><th>Local</th>";

/// The start page. `now` is in seconds since 1970.
pub fn status(view: &View, telemetry_path: &str, now: i64) -> String {
    html::page(Language::En, "maillog_exporter", |html| {
        let metrics = escape(telemetry_path);
        let version = env!("CARGO_PKG_VERSION");
        // Writing to a string does not fail.
        let _ = write!(
            html,
            "<h1>maillog_exporter</h1>\
             <p class=\"dim\">version {version} · counts the SMTP reply codes in mail logs</p>\
             <nav><a href=\"/codes\">What codes mean</a><a href=\"/alerts\">Alerts</a>\
             <a href=\"{metrics}\">Metrics</a>\
             <a href=\"/api/v1/sources\">Sources as JSON</a><a href=\"/-/ready\">Ready?</a>\
             <a href=\"/-/healthy\">Healthy?</a></nav>"
        );
        tiles(html, &view.counters, now);
        codes(html, &view.counters);
        conditions(html, &view.counters);
        let columns = "<th>Source</th><th>State</th><th>Events</th><th>Noise</th>\
                       <th>Unmatched</th><th>Read</th><th>Unread</th><th>Rotations</th>";
        html::table(html, "Sources", columns, |html| {
            for source in &view.sources {
                row(html, source);
            }
        });
    })
}

/// The rates that tell of trouble, and what became of the mail.
fn tiles(html: &mut String, counters: &Counters, now: i64) {
    html.push_str("<div class=\"tiles\">");
    let rates = counters.rates([WINDOW], now);
    for code in RATED {
        let rate: f64 = Direction::ALL
            .map(|direction| rates.of(direction, code)[0])
            .iter()
            .sum();
        let class = if rate > 0.0 { " class=\"bad\"" } else { "" };
        let _ = write!(
            html,
            "<div><span class=\"dim\">{code} (5 min)</span><b{class}>{:.1}/min</b></div>",
            rate * 60.0
        );
    }
    for status in Outcome::DELIVERIES {
        let _ = write!(
            html,
            "<div><span class=\"dim\">{}</span><b>{}</b></div>",
            status.name(),
            thousands(counters.deliveries(status))
        );
    }
    html.push_str("</div>");
}

fn nothing(html: &mut String, columns: u8) {
    let _ = write!(
        html,
        "<tr><td class=\"dim\" colspan=\"{columns}\">Nothing yet.</td></tr>"
    );
}

fn codes(html: &mut String, counters: &Counters) {
    let columns = format!("<th>Code</th><th class=\"name\">Name</th>{DIRECTIONS}");
    html::table(html, "Reply codes", &columns, |html| {
        let mut any = false;
        for code in 0..=OTHER_CODE {
            let counts = Direction::ALL.map(|direction| counters.code(direction, code));
            if counts == [0; 3] {
                continue;
            }
            any = true;
            let label = code_label(code);
            let _ = match code {
                OTHER_CODE => write!(html, "<tr><td>{label}</td>"),
                _ => write!(html, "<tr><td><a href=\"/codes/{label}\">{label}</a></td>"),
            };
            let name = counters.catalog.code(code).map_or("", |it| &it.name.en);
            let _ = write!(html, "<td class=\"name\">{}</td>", escape(name));
            cells(html, counts);
        }
        if !any {
            nothing(html, 5);
        }
    });
}

fn conditions(html: &mut String, counters: &Counters) {
    let mut top: Vec<(&str, [u64; 3])> = (0..)
        .zip(counters.catalog.conditions())
        .map(|(id, condition)| {
            let of = |direction| counters.condition(direction, ConditionId(id));
            (condition.name.as_str(), Direction::ALL.map(of))
        })
        .filter(|(_, counts)| *counts != [0; 3])
        .collect();
    top.sort_by_key(|(_, counts)| Reverse(counts.iter().sum::<u64>()));
    let columns = format!("<th>Condition</th>{DIRECTIONS}");
    html::table(html, "Top conditions", &columns, |html| {
        if top.is_empty() {
            nothing(html, 4);
        }
        for (name, counts) in top.into_iter().take(TOP_CONDITIONS) {
            let name = escape(name);
            let _ = write!(html, "<tr><td><a href=\"/codes/{name}\">{name}</a></td>");
            cells(html, counts);
        }
    });
}

fn row(html: &mut String, source: &SourceStats) {
    let (class, state) = if source.up {
        ("", "up")
    } else {
        (" class=\"bad\"", "cannot be read")
    };
    let rotations: u64 = source.rotations.iter().map(|(_, count)| count).sum();
    let _ = write!(
        html,
        "<tr><td>{}</td><td{class}>{state}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td>\
         <td>{}</td><td>{}</td></tr>",
        escape(&source.name),
        thousands(source.events),
        thousands(source.noise),
        thousands(source.unmatched),
        size(source.bytes),
        size(source.lag_bytes),
        thousands(rotations),
    );
}
