//! The part of a code's page that shows what is known now.

use maud::{Markup, html};

use super::evidence::{Count, Evidence, WindowCounts};
use super::facts::{Facts, OTHER_PROVIDER};
use crate::catalog::Language;
use crate::insight::Window;
use crate::web::evidence_labels::EvidenceLabels;
use crate::web::labels::Labels;
use crate::web::language::PageLanguage;
use crate::web::layout;
use crate::web::numbers::{percent, thousands};

/// The counts of the windows, the providers, the words and the domains.
pub fn section(facts: &Facts<'_>, labels: &Labels, language: PageLanguage) -> Markup {
    let evidence = &facts.evidence;
    let own = EvidenceLabels::of(language.language);
    if evidence.counts == [0; Window::ALL.len()] {
        return html! {};
    }
    let window = own.window(evidence.window);
    let all = std::iter::once((html! { (own.all_replies) }, &evidence.counts));
    let providers = evidence.providers.iter().map(|(name, counts)| {
        let name = provider_name(name, labels);
        (html! { (name) }, counts)
    });
    let enhanced = evidence.enhanced.iter().map(|(topic, counts)| {
        let name = topic.map(|topic| facts.catalog.topic_name(topic));
        let cell = html! {
            @match name {
                Some(name) => a href=(language.href(&format!("/codes/{name}"))) { (name) },
                None => (labels.code_page.no_enhanced_code),
            }
        };
        (cell, counts)
    });
    html! {
        (leading(facts, own, labels, language))
        h2 { (own.title) }
        div.wide {
            table {
                (windows(own, own.all, all))
                @if !evidence.providers.is_empty() {
                    (windows(own, labels.code_page.provider, providers))
                }
                @if evidence.enhanced.iter().any(|(topic, _)| topic.is_some()) {
                    (windows(own, labels.code_page.enhanced_code, enhanced))
                }
            }
        }
        (texts(evidence, own, labels, window))
        (names(own.senders, window, &evidence.senders, own.null_sender))
        (names(own.recipients, window, &evidence.recipients, own.null_sender))
        (names(own.clients, window, &evidence.clients, own.null_sender))
        @if has_errors(evidence) { p.dim { (own.bounds) } }
    }
}

/// What most of the replies mean, if that is more than the code alone tells: then it decides who should act.
fn leading(
    facts: &Facts<'_>,
    own: &EvidenceLabels,
    labels: &Labels,
    language: PageLanguage,
) -> Markup {
    let Some((topic, share)) = facts.evidence.leading.filter(|it| it.0 != facts.topic) else {
        return html! {};
    };
    let explanation = facts.catalog.explain(topic);
    let name = facts.catalog.topic_name(topic);
    let zh = language.language == Language::Zh;
    let title = explanation.name.as_ref().unwrap_or(&explanation.meaning);
    html! {
        section {
            h3 {
                (percent(share)) (own.are) a href=(language.href(&format!("/codes/{name}"))) { (name) }
                " " (language.language.of(title))
            }
            p { span.dim { (labels.code_page.actor) (labels.colon) } b { (explanation.actor.text(zh)) } }
            p { (language.language.of(&explanation.remedy)) }
        }
    }
}

/// The head and the rows of a part of the table, with a column for each window.
fn windows<'w>(
    own: &EvidenceLabels,
    first: &str,
    rows: impl Iterator<Item = (Markup, &'w WindowCounts)>,
) -> Markup {
    html! {
        tbody {
            tr { th scope="col" { (first) } @for name in own.windows { th scope="col" { (name) } } }
            @for (name, counts) in rows {
                tr {
                    td { (name) }
                    @for count in counts {
                        @if *count == 0 { td.dim { "–" } } @else { td { (thousands(*count)) } }
                    }
                }
            }
        }
    }
}

/// A provider as the page names it: the rest that belongs to no provider is named in the page's language.
pub(super) fn provider_name<'a>(provider: &'a str, labels: &'a Labels) -> &'a str {
    if provider == OTHER_PROVIDER {
        labels.code_page.other
    } else {
        provider
    }
}

/// The most frequent reply texts.
fn texts(evidence: &Evidence, own: &EvidenceLabels, labels: &Labels, window: &str) -> Markup {
    html! {
        @if !evidence.texts.is_empty() {
            h3 { (own.texts) " (" (window) ")" }
            ul.texts {
                @for text in &evidence.texts {
                    li {
                        b { (thousands(text.count)) (own.times) } " "
                        @if !text.provider.is_empty() {
                            span.dim { (provider_name(&text.provider, labels)) } " "
                        }
                        q lang="en" { (text.template) }
                        @if text.sample != text.template {
                            details {
                                summary { (own.sample) }
                                p lang="en" { (text.sample) }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn names(title: &str, window: &str, names: &[Count], empty: &str) -> Markup {
    let columns = html! { th { (title) } th { (window) } };
    let rows = html! {
        @for name in names {
            tr {
                td { @if name.name.is_empty() { (empty) } @else { (name.name) } }
                td { (thousands(name.count)) }
            }
        }
    };
    html! {
        @if !names.is_empty() { (layout::plain_table(&columns, &rows)) }
    }
}

/// Whether a count may be too high.
fn has_errors(evidence: &Evidence) -> bool {
    let names = evidence.senders.iter().chain(&evidence.recipients);
    names.chain(&evidence.clients).any(|it| it.error > 0)
        || evidence.texts.iter().any(|it| it.error > 0)
}
