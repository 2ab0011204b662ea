//! Tests of the runbook: every entry of the catalog has a page in both languages, the reference table is
//! quoted verbatim, and input is escaped.

use super::facts::ProviderShare;
use super::*;
use crate::catalog::{Catalog, DocumentRow, Language, Topic};
use crate::web::context::SiteSettings;
use crate::web::test_support::{NOW, context, escape, settings, view_of};

fn view() -> View {
    view_of(&[])
}

/// The page of a name.
fn page_in(view: &View, settings: &SiteSettings, name: &str, language: Language) -> Rendered {
    page(&context(view, settings, language), name)
}

fn json_of(view: &View, name: &str) -> Rendered {
    let settings = settings();
    json(&context(view, &settings, Language::En), name)
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
fn every_entry_is_in_the_json_index_and_has_a_json_document() {
    let line = "Nov 23 10:00:00 mail postfix/smtp[1]: 4F9D195432C: to=<ann@example.org>, \
                relay=mx.example.org[192.0.2.1]:25, delay=1, delays=0/0/1/0, dsn=4.7.0, \
                status=deferred (host mx.example.org[192.0.2.1] said: 499 4.77.7 odd (in reply to \
                RCPT TO command))";
    let view = view_of(&[line.to_owned()]);
    let index: serde_json::Value = serde_json::from_str(&index_json(&view)).expect("JSON");
    let entries = index["codes"].as_array().expect("a list");
    let listed = |name: &str| entries.iter().find(|entry| entry["code"] == name);
    for name in names() {
        let entry = listed(&name).expect(&name);
        let facts: serde_json::Value =
            serde_json::from_str(&json_of(&view, &name).body).expect("JSON");
        for key in ["code", "type", "name", "severity"] {
            assert_eq!(entry[key], facts[key], "{name}");
        }
    }
    // Seen, but not in the catalog.
    for name in ["499", "4.77.7"] {
        assert_eq!(listed(name).expect(name)["count"], 1, "{name}");
    }
}

#[test]
fn every_entry_has_a_page_and_is_on_the_index_page_in_both_languages() {
    let (view, catalog, settings) = (view(), Catalog::embedded(), settings());
    for language in [Language::En, Language::Zh] {
        let index = index(&context(&view, &settings, language));
        let html_tag = match language {
            Language::En => "en",
            Language::Zh => "zh-Hans",
        };
        for name in names() {
            let Rendered { body, found } = page_in(&view, &settings, &name, language);
            assert!(found, "{name}");
            let topic = catalog.topic(&name).expect("a topic");
            let explanation = catalog.explain(topic);
            let title = explanation
                .name
                .as_ref()
                .map(|title| escape(language.of(title)));
            for part in [
                format!("<html lang=\"{html_tag}\""),
                "<main id=\"main\">".to_owned(),
                format!("<h1>{name}"),
                title.unwrap_or_default(),
                escape(language.of(&explanation.meaning)),
                escape(language.of(&explanation.remedy)),
                escape(explanation.actor.text(language == Language::Zh)),
            ] {
                assert!(body.contains(&part), "{name}: {part} is not in {body}");
            }
            assert_eq!(body.matches("<h1>").count(), 1, "{name}");
            let tag = crate::web::language::tag(language);
            let link = format!("<a href=\"/codes/{name}?lang={tag}\">{name}</a>");
            assert!(index.contains(&link), "{link}");
        }
    }
}

#[test]
fn pages_quote_the_reference_table_verbatim() {
    let (view, settings) = (view(), settings());
    let mut rows = 0;
    for code in Catalog::embedded().codes() {
        let name = code.code.to_string();
        for language in [Language::En, Language::Zh] {
            let body = page_in(&view, &settings, &name, language).body;
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
            serde_json::from_str(&json_of(&view, &name).body).expect("JSON");
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
    for (language, own_remedy) in [
        (Language::En, "the advice above is from this project"),
        (Language::Zh, "上面的建议来自本项目"),
    ] {
        let body = page_in(&view, &settings, "421", language).body;
        // The word for the postmaster is explained once.
        assert_eq!(body.matches("“邮递员”").count(), 1, "{body}");
        assert!(!body.contains(own_remedy), "{body}");
        // The page says so if the remedy is not from the reference table.
        let body = page_in(&view, &settings, "422", language).body;
        assert!(body.contains(own_remedy), "{body}");
    }
}

#[test]
fn codes_without_an_entry_are_explained_by_their_digits() {
    let (view, settings) = (view(), settings());
    for (name, part) in [
        ("599", "The second digit is not defined in SMTP."),
        ("4.9.99", "The subject is not defined in RFC 3463"),
        ("2.7.1", "Security or policy status."),
        ("X.7.999", "Security or policy status."),
    ] {
        let Rendered { body, found } = page_in(&view, &settings, name, Language::En);
        assert!(found && body.contains(part), "{name}: {body}");
    }
    // Digits that are not valid in a reply.
    for name in ["999", "199", "3.2.2", "9.9.9"] {
        assert!(
            !page_in(&view, &settings, name, Language::En).found,
            "{name}"
        );
        assert!(!json_of(&view, name).found, "{name}");
    }
}

#[test]
fn requested_names_are_escaped_and_shortened() {
    let (view, settings) = (view(), settings());
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
            let Rendered { body, found } = page_in(&view, &settings, asked, language);
            assert!(!found, "{asked}");
            // The script of the pages is the only one.
            assert_eq!(body.matches("<script").count(), 1, "{asked}");
            assert!(!body.contains("<img"), "{asked}");
            assert!(
                body.contains(&format!("<b>{}</b>", escape(asked))),
                "{asked}"
            );
        }
        let value: serde_json::Value =
            serde_json::from_str(&json_of(&view, asked).body).expect("JSON");
        assert_eq!(value["code"], asked);
    }
    let long = page_in(&view, &settings, &"x".repeat(16_000), Language::En).body;
    assert!(long.contains(&"x".repeat(60)) && !long.contains(&"x".repeat(61)));
}

/// The record of a delivery of message `id` that was deferred just now.
fn line(id: u32, relay: &str, reply: &str) -> String {
    format!(
        "Nov 14 22:13:20 mail postfix/smtp[1]: 4F9D{id:06X}: to=<ann@example.org>, \
         relay={relay}[192.0.2.1]:25, delay=1, delays=0/0/1/0, dsn=4.0.0, \
         status=deferred (host {relay}[192.0.2.1] said: {reply} (in reply to RCPT TO command))"
    )
}

#[test]
fn a_page_shows_counts_by_direction_provider_and_enhanced_code() {
    let google = "gmail-smtp-in.l.google.com";
    let view = view_of(&[
        line(1, google, "421 4.7.28 unusual rate"),
        line(2, google, "421 4.7.28 unusual rate"),
        line(3, "mx.example.org", "421 bye"),
        line(4, google, "452 4.2.2 over quota"),
        line(5, "mx.example.org", "450 4.9.99 strange"),
    ]);
    let settings = settings();
    let facts = Facts::of(&view, "421", NOW).expect("facts");
    assert_eq!(facts.counts, [3, 0, 0]);
    assert_eq!(facts.rates.expect("rates")[0], [3.0 / 300.0, 3.0 / 3600.0]);
    let share = |name: &str, count, share, share_of_provider| ProviderShare {
        provider: name.to_owned(),
        count,
        share,
        share_of_provider,
    };
    assert_eq!(
        facts.providers,
        [
            share("google", 2, 2.0 / 3.0, 2.0 / 3.0),
            share("other", 1, 1.0 / 3.0, 0.5)
        ]
    );
    let body = page_in(&view, &settings, "421", Language::En).body;
    for part in [
        "outbound 3",
        "<a href=\"/providers/google?lang=en\">google</a></th><td>2</td><td>2</td><td>2</td><td>100\u{202f}%</td>",
        "<a href=\"/codes/4.7.28?lang=en\">4.7.28</a>",
        "<th scope=\"row\">none</th><td>1</td>",
        // The conditions of the code itself and of the enhanced code.
        "<li><a href=\"/codes/service_unavailable?lang=en\">",
        "<li><a href=\"/codes/rate_limited?lang=en\">",
    ] {
        assert!(body.contains(part), "{part} is not in {body}");
    }
    // An enhanced code is counted with every reply code; X is every class.
    for (name, count) in [
        ("4.7.28", 2),
        ("X.2.2", 1),
        ("5.2.2", 0),
        ("mailbox_full", 1),
    ] {
        let facts = Facts::of(&view, name, NOW).expect("facts");
        assert_eq!(facts.counts, [count, 0, 0], "{name}");
    }
    let index = index(&context(&view, &settings, Language::En));
    for part in [
        "<a href=\"/codes/421?lang=en\">421</a><span>Service not available, closing connection</span><b>3</b>",
        "<a href=\"/codes/4.9.99?lang=en\">4.9.99</a><span>not in the catalog</span><b>1</b>",
    ] {
        assert!(index.contains(part), "{part} is not in {index}");
    }
}
