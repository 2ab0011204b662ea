//! The page of one code or condition: first what to do, then the counts, then the references.

use maud::{Markup, html};

use super::evidence_page::{self, provider_name};
use super::facts::{Facts, PairedCode, ProviderShare};
use crate::catalog::{DocumentRow, Language, Topic};
use crate::web::labels::Labels;
use crate::web::language::PageLanguage;
use crate::web::layout::{self, Link, count_cells, navigation};
use crate::web::numbers::{per_minute, percent, thousands};

/// The whole page.
pub fn page(facts: &Facts<'_>, language: PageLanguage) -> String {
    let labels = Labels::of(language.language);
    let name = facts.name();
    let title = match &facts.explanation.name {
        Some(title) => format!("{name} {}", language.language.of(title)),
        None => name.clone(),
    };
    let here = format!("/codes/{name}");
    let json = format!("/api/v1{here}");
    let links = [
        Link::Page("/", labels.status),
        Link::Page("/codes", labels.all_codes),
        Link::Data(&json, labels.json),
    ];
    let has_reference = !facts.explanation.document.is_empty();
    let reference_first = has_reference && language.language == Language::Zh;
    let navigation = navigation(language, &here, &links);
    let main = html! {
        h1 { (title) }
        (classification(facts, labels, language.language))
        (evidence_page::section(facts, labels, language))
        @if reference_first {
            (reference_and_summary(facts, labels))
        } @else {
            (section(labels.meaning, language.language.of(&facts.explanation.meaning)))
            (section(labels.remedy, language.language.of(&facts.explanation.remedy)))
        }
        (counts(facts, labels, language))
        @if has_reference && !reference_first {
            (reference_table(facts, labels, language.language))
            @if lacks_remedy(facts) { p.dim { (labels.code_page.own_remedy) } }
        }
        (related(facts, labels, language))
        (sources(facts, labels, language.language))
    };
    layout::page(language, &title, &navigation, &main)
}

/// The severity, the kinds of reply and who should act.
fn classification(facts: &Facts<'_>, labels: &Labels, language: Language) -> Markup {
    let explanation = &facts.explanation;
    let zh = language == Language::Zh;
    let kinds: Vec<&str> = explanation.kinds.iter().map(|kind| kind.text(zh)).collect();
    html! {
        p {
            span class=(explanation.severity.as_str()) { (explanation.severity.text(zh)) }
            @if !kinds.is_empty() { " · " (kinds.join(" / ")) }
        }
        // What most replies of the moment mean tells better who should act.
        @if facts.evidence.leading.is_none_or(|(topic, _)| topic == facts.topic) {
            p {
                span.dim { (labels.code_page.actor) (labels.colon) }
                (explanation.actor.text(zh))
            }
        }
    }
}

fn section(heading: &str, text: &str) -> Markup {
    html! { h2 { (heading) } p { (text) } }
}

/// Whether the reference table says nowhere what to do about the code.
fn lacks_remedy(facts: &Facts<'_>) -> bool {
    let mut rows = facts.explanation.document.iter();
    rows.all(|row| row.remedy.is_none())
}

/// The reference table as the main text of a Chinese page, followed by the project's own words.
fn reference_and_summary(facts: &Facts<'_>, labels: &Labels) -> Markup {
    let explanation = &facts.explanation;
    html! {
        (reference_table(facts, labels, Language::Zh))
        @if lacks_remedy(facts) {
            h2 { (labels.remedy) }
            p.dim { (labels.code_page.own_remedy) }
        } @else {
            h2 { (labels.code_page.own_words) }
            p { (explanation.meaning.zh) }
        }
        p { (explanation.remedy.zh) }
    }
}

fn reference_table(facts: &Facts<'_>, labels: &Labels, language: Language) -> Markup {
    // The condition above a row may explain the word already.
    let explains = |row: &DocumentRow| {
        let when = row.when.as_ref().map(|when| language.of(when));
        when.is_some_and(|when| when.contains("邮递员"))
    };
    let rows = facts.explanation.document;
    html! {
        h2 { (labels.code_page.reference_table) }
        @for row in rows { (reference_row(row, language)) }
        @if rows.iter().any(names_postmaster) && !rows.iter().any(explains) {
            p.dim { (labels.code_page.postmaster_note) }
        }
    }
}

/// Whether a row has the reference table's word for the postmaster.
fn names_postmaster(row: &DocumentRow) -> bool {
    let texts = [&row.explanation, &row.remedy].into_iter().flatten();
    texts
        .chain([&row.meaning])
        .any(|text| text.contains("邮递员"))
}

/// A row of the reference table, verbatim. Only the condition above it is in the page's language.
fn reference_row(row: &DocumentRow, language: Language) -> Markup {
    html! {
        section {
            @if let Some(when) = &row.when { p.dim { (language.of(when)) } }
            p.dim lang="en" { (row.message) }
            div lang="zh" {
                h3 { (row.meaning) }
                @if let Some(explanation) = &row.explanation { p { (explanation) } }
                @if let Some(remedy) = &row.remedy {
                    h3 { (Labels::of(Language::Zh).remedy) }
                    p { (remedy) }
                }
            }
        }
    }
}

/// How often the code was seen, from which providers and with which other codes.
fn counts(facts: &Facts<'_>, labels: &Labels, language: PageLanguage) -> Markup {
    let code_page = &labels.code_page;
    if facts.counts == [0; 3] {
        let has_evidence = facts.evidence.counts.iter().any(|count| *count > 0);
        return match has_evidence {
            // Other codes that the alert of this one counts.
            true => html! {},
            false => section(code_page.now, code_page.not_seen),
        };
    }
    html! {
        (directions(facts, labels, language.language))
        @match facts.topic {
            Topic::Code(_) => {
                (providers(&facts.providers, labels))
                (paired_codes(facts, code_page.enhanced_codes_seen, labels, language))
            }
            Topic::Enhanced(_) => (paired_codes(facts, code_page.reply_codes_seen, labels, language)),
            Topic::Condition(_) => {}
        }
    }
}

fn directions(facts: &Facts<'_>, labels: &Labels, language: Language) -> Markup {
    let code_page = &labels.code_page;
    let columns = html! {
        th { (code_page.direction) }
        th { (code_page.total) }
        @if facts.rates.is_some() {
            @for window in code_page.windows { th { (window) } }
        }
    };
    let rows = html! {
        @for (index, direction) in labels.directions.into_iter().enumerate() {
            tr {
                td { (direction) }
                td { (thousands(facts.counts[index])) }
                @for rate in facts.rates.iter().flat_map(|rates| rates[index]) {
                    @if rate == 0.0 {
                        td.dim { "–" }
                    } @else {
                        td { (per_minute(rate, language)) }
                    }
                }
            }
        }
    };
    layout::table(code_page.now, &columns, &rows)
}

fn providers(providers: &[ProviderShare], labels: &Labels) -> Markup {
    let code_page = &labels.code_page;
    if providers.is_empty() {
        return section(code_page.by_provider, code_page.no_provider);
    }
    let columns = html! {
        th { (code_page.provider) }
        th { (code_page.replies) }
        th { (code_page.share) }
        th { (code_page.share_of_provider) }
    };
    let rows = html! {
        @for share in providers {
            tr {
                td { (provider_name(&share.provider, labels)) }
                td { (thousands(share.count)) }
                td { (percent(share.share)) }
                td { (percent(share.share_of_provider)) }
            }
        }
    };
    layout::table(code_page.by_provider, &columns, &rows)
}

fn paired_codes(facts: &Facts<'_>, title: &str, labels: &Labels, language: PageLanguage) -> Markup {
    let columns = html! {
        th { (labels.code) }
        th.name { (labels.name) }
        @for direction in labels.directions { th { (direction) } }
    };
    let rows = html! {
        @for (paired, counts) in &facts.paired {
            tr {
                @match paired {
                    PairedCode::Topic(topic) => {
                        td { (link(facts, *topic, language)) }
                        td.name { (short_text(facts, *topic, language.language)) }
                    }
                    PairedCode::None => { td { (labels.code_page.no_enhanced_code) } td.name {} }
                    PairedCode::Other => { td { (labels.code_page.other) } td.name {} }
                }
                (count_cells(*counts))
            }
        }
    };
    layout::table(title, &columns, &rows)
}

/// A link to the page of a topic.
fn link(facts: &Facts<'_>, topic: Topic, language: PageLanguage) -> Markup {
    let name = facts.catalog.topic_name(topic);
    html! { a href=(language.href(&format!("/codes/{name}"))) { (name) } }
}

/// The topic's name in words, or its meaning if it has none.
fn short_text(facts: &Facts<'_>, topic: Topic, language: Language) -> String {
    let explanation = facts.catalog.explain(topic);
    let text = explanation.name.unwrap_or(explanation.meaning);
    language.of(&text).to_owned()
}

fn related(facts: &Facts<'_>, labels: &Labels, language: PageLanguage) -> Markup {
    let title = match facts.topic {
        Topic::Condition(_) => labels.code_page.codes_in_category,
        _ => labels.code_page.related,
    };
    // The names of conditions are longer than codes.
    let mut topics = facts.related.iter();
    let has_conditions = topics.any(|topic| matches!(topic, Topic::Condition(_)));
    let class = has_conditions.then_some("long");
    html! {
        @if !facts.related.is_empty() {
            h2 { (title) }
            ul class=[class] {
                @for topic in &facts.related {
                    li {
                        (link(facts, *topic, language))
                        span { (short_text(facts, *topic, language.language)) }
                    }
                }
            }
        }
    }
}

fn sources(facts: &Facts<'_>, labels: &Labels, language: Language) -> Markup {
    let sources = facts.explanation.sources.iter();
    let sources: Vec<&str> = sources.map(|source| language.of(source)).collect();
    html! {
        @if !sources.is_empty() {
            (section(labels.code_page.sources, &sources.join(labels.code_page.separator)))
        }
    }
}
