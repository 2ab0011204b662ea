//! What the runbook promises: a page for everything in the catalog, in both languages, with the
//! document to the letter, and nothing from outside in it but as text.

use std::sync::Arc;

use super::*;
use crate::catalog::{Catalog, DocumentRow, Language, Topic};
use crate::metrics::{Counters, StateStats};
use crate::parse::{LineParser, Slot};
use crate::web::html::escape;

const NOW: i64 = 1_700_000_000;

fn view() -> View {
    let catalog = Catalog::embedded();
    View {
        counters: Counters::new(catalog),
        sources: Vec::new(),
        providers: catalog
            .providers()
            .iter()
            .map(|provider| provider.name.clone())
            .collect::<Arc<[String]>>(),
        queues: None,
        state: StateStats::default(),
    }
}

fn reader(language: Language) -> Reader {
    match language {
        Language::En => Reader::of("lang=en", ""),
        Language::Zh => Reader::of("lang=zh", ""),
    }
}

/// Every entry's name.
fn names() -> Vec<String> {
    let catalog = Catalog::embedded();
    let codes = catalog.codes().map(|code| Topic::Code(code.code));
    let enhanced = catalog
        .enhanced_codes()
        .map(|entry| Topic::Enhanced(entry.topic()));
    let mut names: Vec<String> = codes
        .chain(enhanced)
        .map(|topic| catalog.topic_name(topic))
        .collect();
    names.extend(catalog.conditions().iter().map(|it| it.name.clone()));
    names
}

fn sentences(row: &DocumentRow) -> impl Iterator<Item = &String> {
    let parts = [&row.explanation, &row.remedy];
    [&row.message, &row.meaning]
        .into_iter()
        .chain(parts.into_iter().flatten())
}

#[test]
fn every_entry_has_a_page_in_both_languages_and_stands_on_the_index() {
    let (view, catalog) = (view(), Catalog::embedded());
    for language in [Language::En, Language::Zh] {
        let index = index(&view, reader(language));
        for name in names() {
            let Answered { body, found } = page(&view, &name, reader(language), NOW);
            assert!(found, "{name}");
            let topic = catalog.topic(&name).expect("a topic");
            let explanation = catalog.explain(topic);
            let tag = crate::web::reader::tag(language);
            let heading = explanation.name.as_ref().map_or(name.clone(), |title| {
                format!("{name} {}", escape(language.of(title)))
            });
            for part in [
                format!("<html lang=\"{tag}\">"),
                format!("<h1>{heading}</h1>"),
                escape(language.of(&explanation.meaning)),
                escape(explanation.actor.text(language == Language::Zh)),
            ] {
                assert!(body.contains(&part), "{name}: {part} is not in {body}");
            }
            let remedy = escape(language.of(&explanation.remedy));
            assert!(body.contains(&remedy), "{name}: {remedy}");
            let link = format!("<a href=\"/codes/{name}?lang={tag}\">{name}</a>");
            assert!(index.contains(&link), "{link}");
        }
    }
}

#[test]
fn the_documents_sentences_are_in_the_pages_to_the_letter() {
    let view = view();
    let mut rows = 0;
    for code in Catalog::embedded().codes() {
        let name = code.code.to_string();
        for language in [Language::En, Language::Zh] {
            let body = page(&view, &name, reader(language), NOW).body;
            for row in &code.document {
                rows += 1;
                for sentence in sentences(row) {
                    assert!(body.contains(&escape(sentence)), "{name}: {sentence}");
                }
                if let Some(when) = &row.when {
                    assert!(body.contains(&escape(language.of(when))), "{name}");
                }
            }
        }
        let json: serde_json::Value =
            serde_json::from_str(&json(&view, &name, NOW).body).expect("JSON");
        for (row, shown) in code.document.iter().zip(json["document"].as_array().expect("rows")) {
            assert_eq!(shown["meaning"], row.meaning);
            assert_eq!(shown["remedy"].as_str(), row.remedy.as_deref());
        }
    }
    assert_eq!(rows, 2 * 14);
    // Where the document breaks off, the page says whose the advice is.
    let body = page(&view, "422", reader(Language::Zh), NOW).body;
    assert!(body.contains("以下建议来自本项目"), "{body}");
}

#[test]
fn codes_without_an_entry_tell_what_their_digits_say() {
    let view = view();
    for (name, part) in [
        ("599", "The second digit has no meaning in SMTP."),
        ("4.9.99", "The subject is none of RFC 3463"),
        ("2.7.1", "It is about security or policy."),
        ("X.7.999", "It is about security or policy."),
    ] {
        let Answered { body, found } = page(&view, name, reader(Language::En), NOW);
        assert!(found && body.contains(part), "{name}: {body}");
    }
    // Digits that no server can say.
    for name in ["999", "199", "3.2.2", "9.9.9"] {
        assert!(!page(&view, name, reader(Language::En), NOW).found, "{name}");
        assert!(!json(&view, name, NOW).found, "{name}");
    }
}

#[test]
fn what_is_asked_for_cannot_become_markup_or_fill_the_page() {
    let view = view();
    for asked in [
        "<script>alert(1)</script>",
        "\"><img src=x onerror=alert(1)>",
        "'onmouseover='x",
        "../../etc/passwd",
        "%3Cscript%3E",
        "421\u{0}",
        "421/",
        "４２１",
    ] {
        for language in [Language::En, Language::Zh] {
            let Answered { body, found } = page(&view, asked, reader(language), NOW);
            assert!(!found, "{asked}");
            assert!(!body.contains("<script") && !body.contains("<img"), "{asked}");
            assert!(body.contains(&format!("<b>{}</b>", escape(asked))), "{asked}");
        }
        let value: serde_json::Value =
            serde_json::from_str(&json(&view, asked, NOW).body).expect("JSON");
        assert_eq!(value["code"], asked);
    }
    let long = page(&view, &"x".repeat(16_000), reader(Language::En), NOW).body;
    assert!(long.contains(&"x".repeat(60)) && !long.contains(&"x".repeat(61)));
}

/// One deferred delivery.
fn line(relay: &str, reply: &str) -> String {
    format!(
        "Nov 14 22:13:20 mail postfix/smtp[1]: 4F9D195432C: to=<ann@example.org>, \
         relay={relay}[192.0.2.1]:25, delay=1, delays=0/0/1/0, dsn=4.0.0, \
         status=deferred (host {relay}[192.0.2.1] said: {reply} (in reply to RCPT TO command))"
    )
}
