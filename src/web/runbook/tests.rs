//! What the runbook promises: a page for everything in the catalog, in both languages, with the
//! document to the letter, and nothing from outside in it but as text.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::facts::Answers;
use super::*;
use crate::alert::{outline, texts};
use crate::catalog::{Catalog, Change, DocumentRow, Language, Policy, Providers, Topic};
use crate::metrics::Counters;
use crate::parse::LineParser;
use crate::web::html::escape;

const NOW: i64 = 1_700_000_000;

fn view() -> View {
    view_of(&[])
}

/// What is to be seen after these lines.
fn view_of(lines: &[String]) -> View {
    let catalog = Catalog::embedded();
    let providers = Providers::embedded();
    let mut counters = Counters::new(catalog);
    let now = Timestamp::from_second(NOW).expect("a time");
    let mut parser = LineParser::new(catalog, providers.clone(), TimeZone::UTC, now);
    for line in lines {
        let mut slot = None;
        let parsed = parser.parse(line.as_bytes(), &mut slot);
        counters.count(parsed.time, &parsed.line, NOW);
    }
    View::new(counters, providers.names().map(str::to_owned).collect())
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
fn every_entry_stands_on_the_index_for_programs_and_leads_to_its_facts() {
    let line = "Nov 23 10:00:00 mail postfix/smtp[1]: 4F9D195432C: to=<ann@example.org>, \
                relay=mx.example.org[192.0.2.1]:25, delay=1, delays=0/0/1/0, dsn=4.7.0, \
                status=deferred (host mx.example.org[192.0.2.1] said: 499 4.77.7 odd (in reply to \
                RCPT TO command))";
    let view = view_of(&[line.to_owned()]);
    let json: serde_json::Value = serde_json::from_str(&index_json(&view)).expect("JSON");
    let entries = json["codes"].as_array().expect("a list");
    let listed = |name: &str| entries.iter().find(|entry| entry["code"] == name);
    for name in names() {
        let entry = listed(&name).expect(&name);
        let facts = super::json(&view, &name, NOW);
        let facts: serde_json::Value = serde_json::from_str(&facts.body).expect("JSON");
        for key in ["code", "type", "name", "severity"] {
            assert_eq!(entry[key], facts[key], "{name}");
        }
    }
    // What was seen and is in no catalog.
    for name in ["499", "4.77.7"] {
        assert_eq!(listed(name).expect(name)["count"], 1, "{name}");
    }
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
                escape(language.of(&explanation.remedy)),
                escape(explanation.actor.text(language == Language::Zh)),
            ] {
                assert!(body.contains(&part), "{name}: {part} is not in {body}");
            }
            // Where the document speaks, it says what happened.
            if language == Language::En || explanation.document.is_empty() {
                let meaning = escape(language.of(&explanation.meaning));
                assert!(body.contains(&meaning), "{name}: {meaning}");
            }
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
        for (row, shown) in code
            .document
            .iter()
            .zip(json["document"].as_array().expect("rows"))
        {
            assert_eq!(shown["meaning"], row.meaning);
            assert_eq!(shown["remedy"].as_str(), row.remedy.as_deref());
        }
    }
    assert_eq!(rows, 2 * 14);
    // Where the document breaks off, the page says whose the advice is.
    let body = page(&view, "422", reader(Language::Zh), NOW).body;
    assert!(body.contains("以下建议来自本项目"), "{body}");
    let body = page(&view, "422", reader(Language::En), NOW).body;
    assert!(body.contains("the project's own"), "{body}");
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
        assert!(
            !page(&view, name, reader(Language::En), NOW).found,
            "{name}"
        );
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
            assert!(
                !body.contains("<script") && !body.contains("<img"),
                "{asked}"
            );
            assert!(
                body.contains(&format!("<b>{}</b>", escape(asked))),
                "{asked}"
            );
        }
        let value: serde_json::Value =
            serde_json::from_str(&json(&view, asked, NOW).body).expect("JSON");
        assert_eq!(value["code"], asked);
    }
    let long = page(&view, &"x".repeat(16_000), reader(Language::En), NOW).body;
    assert!(long.contains(&"x".repeat(60)) && !long.contains(&"x".repeat(61)));
}

/// A delivery that was deferred just now, of message `id`.
fn line(id: u32, relay: &str, reply: &str) -> String {
    format!(
        "Nov 14 22:13:20 mail postfix/smtp[1]: 4F9D{id:06X}: to=<ann@example.org>, \
         relay={relay}[192.0.2.1]:25, delay=1, delays=0/0/1/0, dsn=4.0.0, \
         status=deferred (host {relay}[192.0.2.1] said: {reply} (in reply to RCPT TO command))"
    )
}

#[test]
fn a_page_shows_how_often_with_what_and_by_whom() {
    let google = "gmail-smtp-in.l.google.com";
    let view = view_of(&[
        line(1, google, "421 4.7.28 unusual rate"),
        line(2, google, "421 4.7.28 unusual rate"),
        line(3, "mx.example.org", "421 bye"),
        line(4, google, "452 4.2.2 over quota"),
        line(5, "mx.example.org", "450 4.9.99 strange"),
    ]);
    let facts = Facts::of(&view, "421", NOW).expect("facts");
    assert_eq!(facts.counts, [3, 0, 0]);
    assert_eq!(facts.rates.expect("rates")[0], [3.0 / 300.0, 3.0 / 3600.0]);
    let who = |name: &str, count, share, of_its_answers| Answers {
        provider: name.to_owned(),
        count,
        share,
        of_its_answers,
    };
    assert_eq!(
        facts.answers,
        [
            who("google", 2, 2.0 / 3.0, 2.0 / 3.0),
            who("other", 1, 1.0 / 3.0, 0.5)
        ]
    );
    let body = page(&view, "421", reader(Language::En), NOW).body;
    for part in [
        "<tr><td>Outbound</td><td>3</td><td>0.6/min</td><td>&lt;0.1/min</td></tr>",
        "<tr><td>google</td><td>2</td><td>67%</td><td>67%</td></tr>",
        "<tr><td><a href=\"/codes/4.7.28?lang=en\">4.7.28</a></td>",
        "<tr><td>none</td>",
        // The bare code's condition, and the one of what stood beside it.
        "<li><a href=\"/codes/service_unavailable?lang=en\">",
        "<li><a href=\"/codes/rate_limited?lang=en\">",
    ] {
        assert!(body.contains(part), "{part} is not in {body}");
    }
    // An enhanced code counts whatever reply code it came with; X counts every class.
    for (name, count) in [
        ("4.7.28", 2),
        ("X.2.2", 1),
        ("5.2.2", 0),
        ("mailbox_full", 1),
    ] {
        let facts = Facts::of(&view, name, NOW).expect("facts");
        assert_eq!(facts.counts, [count, 0, 0], "{name}");
    }
    let index = index(&view, reader(Language::En));
    for part in [
        "<a href=\"/codes/421?lang=en\">421</a><span>Service not available, closing</span><b>3</b>",
        "<a href=\"/codes/4.9.99?lang=en\">4.9.99</a><span>not in the catalog</span><b>1</b>",
    ] {
        assert!(index.contains(part), "{part} is not in {index}");
    }
}

#[test]
fn every_alert_has_a_page_in_both_languages_and_stands_on_the_index() {
    let policy = Policy::embedded();
    let catalog = Catalog::embedded();
    for language in [Language::En, Language::Zh] {
        let tag = crate::web::reader::tag(language);
        let index = alerts(&policy, reader(language));
        for rule in &policy.alerts {
            let name = &rule.name;
            let Answered { body, found } = alert(&policy, name, reader(language));
            assert!(found, "{name}");
            let summary = escape(language.of(&rule.summary));
            let texts = texts::of(rule, catalog).expect("words");
            let (meaning, remedy) = match language {
                Language::En => (texts.meaning_en, texts.remediation_en),
                Language::Zh => (texts.meaning, texts.remediation),
            };
            let mut parts = vec![
                format!("<html lang=\"{tag}\">"),
                format!("<h1>{summary}</h1>"),
                rule.severity.text(language == Language::Zh).to_owned(),
            ];
            parts.extend(meaning.lines().chain(remedy.lines()).map(escape));
            let figures = outline::of(rule, language);
            parts.extend(figures.iter().map(|(_, figure)| escape(figure)));
            if let Some(page) = &rule.page {
                parts.push(format!("href=\"/codes/{page}?lang={tag}\""));
            }
            for part in parts {
                assert!(body.contains(&part), "{name}: {part} is not in {body}");
            }
            let link = format!("<a href=\"/alerts/{name}?lang={tag}\">{name}</a>");
            assert!(index.contains(&link) && index.contains(&summary), "{link}");
            // Only the address of a code's page is one.
            let path = texts.path.strip_prefix("/codes/");
            assert!(
                path.is_none_or(|code| catalog.topic(code).is_some()),
                "{name}"
            );
        }
    }
    let full = alert(&policy, "MaillogSmtp422Spike", reader(Language::Zh)).body;
    assert!(full.contains("此建议来自本项目"), "{full}");
    let spike = alert(&policy, "MaillogSmtp421Spike", reader(Language::Zh)).body;
    assert!(!spike.contains("此建议来自本项目"), "{spike}");
}

#[test]
fn figures_are_those_of_the_policy_and_an_alert_that_is_not_there_is_not_found() {
    let mut policy = Policy::embedded();
    let change = Change {
        count: Some(50),
        ..Change::default()
    };
    policy
        .change("MaillogSmtp421Spike", &change)
        .expect("a rule");
    let body = alert(&policy, "MaillogSmtp421Spike", reader(Language::En)).body;
    assert!(body.contains("more than 50 within 5 minutes"), "{body}");
    for asked in ["<script>", "maillogsmtp421spike", "MaillogSmtp421Spike/"] {
        let Answered { body, found } = alert(&policy, asked, reader(Language::En));
        assert!(!found && body.contains(&format!("<b>{}</b>", escape(asked))));
        assert!(body.contains("MaillogSmtp421Spike</a>"), "{body}");
    }
}
