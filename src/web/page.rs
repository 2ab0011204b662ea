//! The start page: what was said, and whether it is still being read, for a person with a phone.
//!
//! One page without scripts and without anything to fetch, so that it works wherever the port is
//! reachable.

use std::cmp::Reverse;
use std::fmt::Write;

use crate::catalog::ConditionId;
use crate::metrics::{Counters, OTHER_CODE, SourceStats, View, code_label};
use crate::parse::{Direction, Outcome};

const STYLE: &str = "\
:root{color-scheme:light dark;--line:#8884;--dim:#777;--box:#8881;--bad:#c22}\
@media(prefers-color-scheme:dark){:root{--dim:#999;--bad:#f77}}\
body{font:16px/1.5 system-ui,sans-serif;margin:0 auto;padding:1rem;max-width:60rem}\
h1{font-size:1.4rem;margin:0}h2{font-size:1.1rem;margin:1.75rem 0 .5rem}\
p{margin:.25rem 0}.dim{color:var(--dim)}nav a{margin-right:1rem;white-space:nowrap}\
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(8rem,1fr));gap:.5rem;margin-top:1rem}\
.tiles div{background:var(--box);border-radius:.4rem;padding:.5rem .75rem}\
.tiles b{display:block;font-size:1.4rem;font-variant-numeric:tabular-nums}\
.wide{overflow-x:auto}table{border-collapse:collapse;width:100%}\
th,td{padding:.35rem .5rem;text-align:right;border-bottom:1px solid var(--line);white-space:nowrap}\
th{font-weight:600;color:var(--dim)}\
th:first-child,td:first-child,.name{text-align:left}td.name{white-space:normal}\
td{font-variant-numeric:tabular-nums}\
.bad{color:var(--bad);font-weight:600}\
@media(max-width:30rem){th,td{padding:.35rem .25rem}table{font-size:.9rem}}";

/// The window of the rates, in seconds.
const WINDOW: i64 = 300;

/// The codes whose rates are shown: "service not available, closing" and "mailbox problem", which
/// tell of throttling first.
const RATED: [u16; 2] = [421, 422];

/// How many conditions are shown.
const TOP_CONDITIONS: usize = 10;

/// The start page. `now` is in seconds since 1970.
pub fn status(view: &View, telemetry_path: &str, now: i64) -> String {
    let mut html = String::with_capacity(16 * 1024);
    let metrics = escape(telemetry_path);
    let version = env!("CARGO_PKG_VERSION");
    // Writing to a string does not fail.
    let _ = write!(
        html,
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\
         <title>maillog_exporter</title><style>{STYLE}</style></head><body>\
         <h1>maillog_exporter</h1>\
         <p class=\"dim\">version {version} · counts the SMTP reply codes in mail logs</p>\
         <nav><a href=\"{metrics}\">Metrics</a><a href=\"/api/v1/sources\">Sources as JSON</a>\
         <a href=\"/-/ready\">Ready?</a><a href=\"/-/healthy\">Healthy?</a></nav>"
    );
    tiles(&mut html, &view.counters, now);
    codes(&mut html, &view.counters);
    conditions(&mut html, &view.counters);
    html.push_str(
        "<h2>Sources</h2><div class=\"wide\"><table><thead><tr><th>Source</th><th>State</th>\
         <th>Events</th><th>Noise</th><th>Unmatched</th><th>Read</th><th>Unread</th>\
         <th>Rotations</th></tr></thead><tbody>",
    );
    for source in &view.sources {
        row(&mut html, source);
    }
    html.push_str("</tbody></table></div></body></html>\n");
    html
}

/// The rates that tell of trouble, and what became of the mail.
fn tiles(html: &mut String, counters: &Counters, now: i64) {
    html.push_str("<div class=\"tiles\">");
    for code in RATED {
        let rate: f64 = Direction::ALL
            .map(|direction| counters.rates(direction, code, [WINDOW], now)[0])
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

/// The head of a table of counts by direction.
fn head(html: &mut String, title: &str, columns: &str) {
    let _ = write!(
        html,
        "<h2>{title}</h2><div class=\"wide\"><table><thead><tr>{columns}<th>Outbound</th>\
         <th>Inbound</th><th>Local</th></tr></thead><tbody>"
    );
}

/// The counts of a row, by direction, and its end.
fn cells(html: &mut String, counts: [u64; 3]) {
    for count in counts {
        if count == 0 {
            html.push_str("<td class=\"dim\">–</td>");
        } else {
            let _ = write!(html, "<td>{}</td>", thousands(count));
        }
    }
    html.push_str("</tr>");
}

fn nothing(html: &mut String, columns: u8) {
    let _ = write!(
        html,
        "<tr><td class=\"dim\" colspan=\"{columns}\">Nothing yet.</td></tr>"
    );
}

fn codes(html: &mut String, counters: &Counters) {
    head(
        html,
        "Reply codes",
        "<th>Code</th><th class=\"name\">Name</th>",
    );
    let mut any = false;
    for code in 0..=OTHER_CODE {
        let counts = Direction::ALL.map(|direction| counters.code(direction, code));
        if counts == [0; 3] {
            continue;
        }
        any = true;
        let name = counters.catalog.code(code).map_or("", |it| &it.name.en);
        let _ = write!(
            html,
            "<tr><td>{}</td><td class=\"name\">{}</td>",
            code_label(code),
            escape(name)
        );
        cells(html, counts);
    }
    if !any {
        nothing(html, 5);
    }
    html.push_str("</tbody></table></div>");
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
    head(html, "Top conditions", "<th>Condition</th>");
    if top.is_empty() {
        nothing(html, 4);
    }
    for (name, counts) in top.into_iter().take(TOP_CONDITIONS) {
        let _ = write!(html, "<tr><td>{}</td>", escape(name));
        cells(html, counts);
    }
    html.push_str("</tbody></table></div>");
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

/// Text that HTML takes for text, in attributes too.
fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            other => safe.push(other),
        }
    }
    safe
}

/// A number with its thousands set apart.
fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push('\u{202f}');
        }
        text.push(digit);
    }
    text
}

/// A number of bytes in the unit that fits.
fn size(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["KiB", "MiB", "GiB", "TiB", "PiB"];
    if bytes < 1024 {
        return format!("{bytes} B");
    }
    let mut value = bytes as f64 / 1024.0;
    let mut unit = 0;
    while value >= 1024.0 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    format!("{value:.1} {}", UNITS[unit])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_name_cannot_become_markup() {
        assert_eq!(
            escape("<b>\"x\" & 'y'"),
            "&lt;b&gt;&quot;x&quot; &amp; &#39;y&#39;"
        );
    }

    #[test]
    fn numbers_are_set_for_people() {
        assert_eq!(thousands(0), "0");
        assert_eq!(thousands(999), "999");
        assert_eq!(thousands(1_234_567), "1\u{202f}234\u{202f}567");
        assert_eq!(size(1023), "1023 B");
        assert_eq!(size(1536), "1.5 KiB");
        assert_eq!(size(3 << 30), "3.0 GiB");
    }
}
