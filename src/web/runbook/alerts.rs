//! The pages of the alert rules: what each watches, with its figures, what it means and what to do.
//!
//! They stand apart from the pages of codes because they come from the policy alone, whatever was
//! counted.

use std::fmt::Write;

use super::index::not_found;
use super::page::navigation;
use super::words::Words;
use crate::alert::outline;
use crate::alert::texts::{self, Texts};
use crate::catalog::{Alert, Catalog, Language, Policy};
use crate::web::html::{self, escape};
use crate::web::reader::Reader;

/// The page of all alerts; `missing` is what was asked for and is not there.
pub fn index(policy: &Policy, reader: Reader, missing: Option<&str>) -> String {
    let words = Words::of(reader.language);
    html::page(reader.language, words.alerts_title, |html| {
        navigation(html, reader, "/alerts", &[("/codes", words.all_codes)]);
        // Writing to a string does not fail.
        let _ = write!(html, "<h1>{}</h1>", words.alerts_title);
        let _ = match missing {
            Some(asked) => not_found(html, asked, words.no_alert),
            None => write!(html, "<p class=\"dim\">{}</p>", words.alerts_hint),
        };
        html.push_str("<ul>");
        for alert in &policy.alerts {
            let href = reader.href(&format!("/alerts/{}", alert.name));
            let _ = write!(html, "<li><a href=\"{href}\">{}</a><span>", alert.name);
            severity(html, alert, reader.language);
            let summary = escape(reader.language.of(&alert.summary));
            let _ = write!(html, " · {summary}</span></li>");
        }
        html.push_str("</ul>");
    })
}

fn severity(html: &mut String, alert: &Alert, language: Language) {
    let _ = write!(
        html,
        "<span class=\"{}\">{}</span>",
        alert.severity.as_str(),
        alert.severity.text(language == Language::Zh)
    );
}

/// The page of one alert, if there is one of this name.
pub fn page(policy: &Policy, name: &str, reader: Reader) -> Option<String> {
    let alert = policy.alerts.iter().find(|alert| alert.name == name)?;
    let catalog = Catalog::embedded();
    let texts = texts::of(alert, catalog)?;
    let (language, words) = (reader.language, Words::of(reader.language));
    let page = html::page(language, &alert.name, |html| {
        let here = format!("/alerts/{name}");
        let links = [("/alerts", words.all_alerts), ("/codes", words.all_codes)];
        navigation(html, reader, &here, &links);
        let _ = write!(html, "<h1>{}</h1><p>", escape(language.of(&alert.summary)));
        severity(html, alert, language);
        let _ = write!(html, " · <span class=\"dim\">{}</span></p>", escape(name));
        let (meaning, remedy) = match language {
            Language::En => (&texts.meaning_en, &texts.remediation_en),
            Language::Zh => (&texts.meaning, &texts.remediation),
        };
        paragraphs(html, words.meaning, meaning);
        paragraphs(html, words.remedy, remedy);
        if breaks_off(alert, &texts, catalog) {
            let _ = write!(html, "<p class=\"dim\">{}</p>", words.remedy_is_own);
        }
        if let Some(page) = &alert.page {
            let href = reader.href(&format!("/codes/{page}"));
            let page = escape(page);
            let _ = write!(html, "<p><a href=\"{href}\">{}: {page}</a></p>", words.more);
        }
        let _ = write!(html, "<h2>{}</h2><ul>", words.figures);
        for (label, figure) in outline::of(alert, language) {
            let figure = escape(&figure);
            let _ = write!(
                html,
                "<li><span class=\"dim\">{label}</span><span>{figure}</span></li>"
            );
        }
        html.push_str("</ul>");
    });
    Some(page)
}

/// Whether the meaning is the document's and the remedy, which it does not have, the project's.
fn breaks_off(alert: &Alert, texts: &Texts, catalog: &Catalog) -> bool {
    let topic = alert.page.as_deref().and_then(|page| catalog.topic(page));
    let quoted = topic.is_some_and(|topic| !catalog.explain(topic).document.is_empty());
    quoted && texts.remediation_source == "project"
}

/// A heading, and below it each line for itself.
fn paragraphs(html: &mut String, heading: &str, lines: &str) {
    let _ = write!(html, "<h2>{heading}</h2>");
    for line in lines.lines() {
        let _ = write!(html, "<p>{}</p>", escape(line));
    }
}
