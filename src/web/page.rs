//! The start page: whether it reads, what, and how far, for a person with a phone.
//!
//! One page without scripts and without anything to fetch, so that it works wherever the port is
//! reachable.

use std::fmt::Write;

use crate::metrics::{SourceStats, View};

const STYLE: &str = "\
:root{color-scheme:light dark;--line:#8884;--dim:#888;--bad:#c22}\
@media(prefers-color-scheme:dark){:root{--bad:#f77}}\
body{font:16px/1.5 system-ui,sans-serif;margin:0 auto;padding:1rem;max-width:60rem}\
h1{font-size:1.4rem;margin:0}h2{font-size:1.1rem;margin:1.5rem 0 .5rem}\
p{margin:.25rem 0}.dim{color:var(--dim)}nav a{margin-right:1rem}\
.wide{overflow-x:auto}table{border-collapse:collapse;width:100%}\
th,td{padding:.35rem .6rem;text-align:right;border-bottom:1px solid var(--line);white-space:nowrap}\
th:first-child,td:first-child{text-align:left}td{font-variant-numeric:tabular-nums}\
.bad{color:var(--bad);font-weight:600}";

/// The start page.
pub fn status(view: &View, telemetry_path: &str) -> String {
    let mut html = String::with_capacity(4096);
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
         <a href=\"/-/ready\">Ready?</a><a href=\"/-/healthy\">Healthy?</a></nav>\
         <h2>Sources</h2><div class=\"wide\"><table><thead><tr><th>Source</th><th>State</th>\
         <th>Events</th><th>Noise</th><th>Unmatched</th><th>Read</th><th>Unread</th>\
         <th>Rotations</th></tr></thead><tbody>"
    );
    for source in &view.sources {
        row(&mut html, source);
    }
    html.push_str("</tbody></table></div></body></html>\n");
    html
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
