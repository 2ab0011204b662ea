//! The frame of every page: head, style sheet, navigation and tables.
//!
//! Pages have no scripts and load nothing, so they work wherever the port is reachable.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::language::{PageLanguage, tag};
use super::numbers::thousands;
use crate::catalog::Language;

const STYLE: &str = include_str!("style.css");

/// How much of an unknown name is repeated on the page, in characters.
const MAX_NAME_CHARS: usize = 60;

/// A whole page.
pub fn page(language: PageLanguage, title: &str, navigation: &Markup, main: &Markup) -> String {
    let page = html! {
        (DOCTYPE)
        html lang=(tag(language.language)) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width,initial-scale=1";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                (navigation)
                main { (main) }
            }
        }
    };
    page.into_string()
}

/// A link of the navigation.
pub enum Link<'a> {
    /// To a page in the same language, by its path and label.
    Page(&'a str, &'a str),
    /// To something that has no language, by its path and label.
    Data(&'a str, &'a str),
}

/// The navigation: links, and one to the same page in the other language. `here` is the page's path.
pub fn navigation(language: PageLanguage, here: &str, links: &[Link<'_>]) -> Markup {
    let (other, other_name) = match language.language {
        Language::En => (tag(Language::Zh), "中文"),
        Language::Zh => (tag(Language::En), "English"),
    };
    html! {
        nav {
            @for link in links {
                @match link {
                    Link::Page(path, label) => a href=(language.href(path)) { (label) },
                    Link::Data(path, label) => a href=(path) { (label) },
                }
            }
            a href={ (here) "?lang=" (other) } lang=(other) hreflang=(other) { (other_name) }
        }
    }
}

/// A table below a heading. `columns` are the cells of its head, `rows` its rows.
pub fn table(title: &str, columns: &Markup, rows: &Markup) -> Markup {
    html! {
        h2 { (title) }
        (plain_table(columns, rows))
    }
}

/// A table without a heading.
pub fn plain_table(columns: &Markup, rows: &Markup) -> Markup {
    html! {
        div.wide {
            table {
                thead { tr { (columns) } }
                tbody { (rows) }
            }
        }
    }
}

/// A cell for each direction's count.
pub fn count_cells(counts: [u64; 3]) -> Markup {
    html! {
        @for count in counts {
            @if count == 0 {
                td.dim { "–" }
            } @else {
                td { (thousands(count)) }
            }
        }
    }
}

/// The message that a requested name does not exist, between two texts.
pub fn not_found(name: &str, [before, after]: [&str; 2]) -> Markup {
    let name: String = name.chars().take(MAX_NAME_CHARS).collect();
    html! { p { (before) b { (name) } (after) } }
}
