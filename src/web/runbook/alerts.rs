//! The pages of the alert rules: what each means, what to do and when it fires. They come from the
//! policy alone, not from counts.

use maud::{Markup, html};

use crate::alert::figures;
use crate::alert::texts::{self, Texts};
use crate::catalog::{Alert, Catalog, Language, Policy};
use crate::web::labels::Labels;
use crate::web::language::PageLanguage;
use crate::web::layout::{self, Link, navigation, not_found};

/// The page of all rules; `unknown` is a requested name that does not exist.
pub fn index(policy: &Policy, language: PageLanguage, unknown: Option<&str>) -> String {
    let labels = Labels::of(language.language);
    let alert_pages = &labels.alert_pages;
    let links = [
        Link::Page("/", labels.status),
        Link::Page("/codes", labels.all_codes),
        Link::Data("/api/v1/alerts", labels.json),
    ];
    let navigation = navigation(language, "/alerts", &links);
    let main = html! {
        h1 { (alert_pages.title) }
        @match unknown {
            Some(name) => (not_found(name, alert_pages.not_found)),
            None => p.dim { (alert_pages.hint) },
        }
        ul.long {
            @for alert in &policy.alerts {
                li {
                    a href=(language.href(&format!("/alerts/{}", alert.name))) { (alert.name) }
                    span {
                        (severity(alert, language.language))
                        " · " (language.language.of(alert.title()))
                    }
                }
            }
        }
    };
    layout::page(language, alert_pages.title, &navigation, &main)
}

fn severity(alert: &Alert, language: Language) -> Markup {
    html! {
        span class=(alert.severity.as_str()) {
            (alert.severity.text(language == Language::Zh))
        }
    }
}

/// The page of one rule; `None` if there is no rule with this name.
pub fn page(policy: &Policy, name: &str, page_language: PageLanguage) -> Option<String> {
    let alert = policy.alerts.iter().find(|alert| alert.name == name)?;
    let catalog = Catalog::embedded();
    let texts = texts::of(alert, catalog)?;
    let language = page_language.language;
    let labels = Labels::of(language);
    let alert_pages = &labels.alert_pages;
    let links = [
        Link::Page("/", labels.status),
        Link::Page("/alerts", alert_pages.all),
        Link::Page("/codes", labels.all_codes),
    ];
    let (meaning, remedy) = match language {
        Language::En => (&texts.meaning_en, &texts.remediation_en),
        Language::Zh => (&texts.meaning, &texts.remediation),
    };
    let navigation = navigation(page_language, &format!("/alerts/{name}"), &links);
    let main = html! {
        h1 { (language.of(alert.title())) }
        p { (severity(alert, language)) " · " span.dim { (name) } }
        (section(labels.meaning, meaning))
        (section(labels.remedy, remedy))
        @if lacks_reference_remedy(alert, &texts, catalog) { p.dim { (alert_pages.own_remedy) } }
        @if let Some(page) = &alert.page {
            p {
                a href=(page_language.href(&format!("/codes/{page}"))) {
                    (alert_pages.code_page) (labels.colon) (page)
                }
            }
        }
        h2 { (alert_pages.rule) }
        ul {
            @for (label, figure) in figures::of(alert, policy, language) {
                li { span.dim { (label) } span { (figure) } }
            }
        }
    };
    Some(layout::page(page_language, &alert.name, &navigation, &main))
}

/// Whether the meaning is from the reference table but the remedy, which is missing there, is not.
fn lacks_reference_remedy(alert: &Alert, texts: &Texts, catalog: &Catalog) -> bool {
    let topic = alert.page.as_deref().and_then(|page| catalog.topic(page));
    let quoted = topic.is_some_and(|topic| !catalog.explain(topic).document.is_empty());
    quoted && texts.remediation_source == "project"
}

/// A heading, and a paragraph for each line of a text.
fn section(heading: &str, text: &str) -> Markup {
    html! {
        h2 { (heading) }
        @for line in text.lines() { p { (line) } }
    }
}
