//! What all pages are made of: the frame, the style, tables of counts, and numbers set for people.
//!
//! Pages have no scripts and nothing to fetch, so that they work wherever the port is reachable.

use std::fmt::Write;

use super::reader::tag;
use crate::catalog::Language;

const STYLE: &str = "\
:root{color-scheme:light dark;--line:#8884;--dim:#666;--box:#8881;--link:#0550ae;--good:#1a7f37;\
--warn:#8a5a00;--bad:#c22}\
@media(prefers-color-scheme:dark){:root{--dim:#a0a0a0;--box:#8882;--link:#8ab4f8;--good:#6fce7f;\
--warn:#e5b450;--bad:#f77}body{background:#16181c;color:#e4e4e4}}\
body{font:16px/1.5 system-ui,sans-serif;margin:0 auto;padding:1rem;max-width:60rem}\
h1{font-size:1.4rem;line-height:1.3;margin:0}h2{font-size:1.1rem;margin:1.75rem 0 .5rem}\
h3{font-size:1rem;margin:1rem 0 .25rem}\
a{color:var(--link);text-underline-offset:.15em}\
p{margin:.25rem 0}.dim{color:var(--dim)}nav a{display:inline-block;margin-right:1rem;padding:.3rem 0}\
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(8rem,1fr));gap:.5rem;margin-top:1rem}\
.tiles div{background:var(--box);border-radius:.4rem;padding:.5rem .75rem}\
.tiles b{display:block;font-size:1.4rem;font-variant-numeric:tabular-nums}\
.wide{overflow-x:auto}table{border-collapse:collapse;width:100%}\
th,td{padding:.35rem .5rem;text-align:right;border-bottom:1px solid var(--line);white-space:nowrap}\
th{font-weight:600;color:var(--dim)}\
th:first-child,td:first-child,.name{text-align:left}td.name{white-space:normal}\
td{font-variant-numeric:tabular-nums}\
.bad,.critical{color:var(--bad);font-weight:600}.warning{color:var(--warn);font-weight:600}\
.info{color:var(--good);font-weight:600}\
section{background:var(--box);border-radius:.4rem;padding:.5rem .75rem;margin:.5rem 0}\
section h3:first-child{margin-top:.25rem}\
ul{list-style:none;margin:0;padding:0}\
li{display:flex;flex-wrap:wrap;column-gap:.75rem;align-items:baseline;\
border-bottom:1px solid var(--line)}\
li a{padding:.3rem 0;min-width:3rem}li span{flex:1 1 12rem}\
li .dim{flex:0 0 6rem}\
li b{margin-left:auto;font-variant-numeric:tabular-nums}\
@media(max-width:30rem){th,td{padding:.35rem .25rem}table{font-size:.85rem}th{font-size:.75rem}}";

/// A whole page; the body writes its own parts.
pub fn page(language: Language, title: &str, body: impl FnOnce(&mut String)) -> String {
    let mut html = String::with_capacity(16 * 1024);
    // Writing to a string does not fail.
    let _ = write!(
        html,
        "<!doctype html><html lang=\"{}\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\
         <title>{}</title><style>{STYLE}</style></head><body>",
        tag(language),
        escape(title)
    );
    body(&mut html);
    html.push_str("</body></html>\n");
    html
}

/// A table below a heading; the rows write their own cells. `columns` is the head's markup.
pub fn table(html: &mut String, title: &str, columns: &str, rows: impl FnOnce(&mut String)) {
    let _ = write!(
        html,
        "<h2>{title}</h2><div class=\"wide\"><table><thead><tr>{columns}</tr></thead><tbody>"
    );
    rows(html);
    html.push_str("</tbody></table></div>");
}

/// The counts of a row, by direction, and its end.
pub fn cells(html: &mut String, counts: [u64; 3]) {
    for count in counts {
        if count == 0 {
            html.push_str("<td class=\"dim\">–</td>");
        } else {
            let _ = write!(html, "<td>{}</td>", thousands(count));
        }
    }
    html.push_str("</tr>");
}

/// Text that HTML takes for text, in attributes too.
pub fn escape(text: &str) -> String {
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
pub fn thousands(number: u64) -> String {
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
pub fn size(bytes: u64) -> String {
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
    fn text_cannot_become_markup() {
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
