//! Tests of the runbook: every entry of the catalog has a page in both languages, the reference table is
//! quoted verbatim, and input is escaped.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::facts::ProviderShare;
use super::*;
use crate::alert::{figures, texts};
use crate::catalog::{Catalog, Change, DocumentRow, Language, Policy, Providers, Topic};
use crate::insight::Insight;
use crate::metrics::Counters;
use crate::parse::{Line, LineParser};

pub(super) const NOW: i64 = 1_700_000_000;

fn view() -> View {
    view_of(&[])
}

/// The view after these lines were counted.
pub(super) fn view_of(lines: &[String]) -> View {
    let catalog = Catalog::embedded();
    let providers = Providers::embedded();
    let mut counters = Counters::new(catalog);
    let now = Timestamp::from_second(NOW).expect("a time");
    let mut parser = LineParser::new(catalog, providers.clone(), TimeZone::UTC, now);
    let names: Vec<String> = providers.names().map(str::to_owned).collect();
    let mut insight = Insight::new(catalog, &names);
    for line in lines {
        let mut slot = None;
        let parsed = parser.parse(line.as_bytes(), &mut slot);
        counters.count(parsed.time, &parsed.line, NOW);
        let time = parsed.time.map_or(NOW, |time| time.seconds);
        match &parsed.line {
            Line::Event(event) => insight.record(event, time, 1),
            Line::Noise(Some(fact)) => insight.note(fact),
            _ => {}
        }
    }
    View {
        insight: Some(insight),
        ..View::new(counters, names.into())
    }
}

/// A page whose URL names the language.
pub(super) fn in_language(language: Language) -> PageLanguage {
    match language {
        Language::En => PageLanguage::of_request("lang=en", ""),
        Language::Zh => PageLanguage::of_request("lang=zh", ""),
    }
}

/// The text as it appears in HTML.
fn escape(text: &str) -> String {
    maud::html! { (text) }.into_string()
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
    // Seen, but not in the catalog.
    for name in ["499", "4.77.7"] {
        assert_eq!(listed(name).expect(name)["count"], 1, "{name}");
    }
}

#[test]
fn every_entry_has_a_page_and_is_on_the_index_page_in_both_languages() {
    let (view, catalog) = (view(), Catalog::embedded());
    for language in [Language::En, Language::Zh] {
        let index = index(&view, in_language(language));
        for name in names() {
            let Rendered { body, found } = page(&view, &name, in_language(language), NOW);
            assert!(found, "{name}");
            let topic = catalog.topic(&name).expect("a topic");
            let explanation = catalog.explain(topic);
            let tag = crate::web::language::tag(language);
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
            // Chinese pages begin with the reference table where there is one.
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
fn pages_quote_the_reference_table_verbatim() {
    let view = view();
    let mut rows = 0;
    for code in Catalog::embedded().codes() {
        let name = code.code.to_string();
        for language in [Language::En, Language::Zh] {
            let body = page(&view, &name, in_language(language), NOW).body;
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
    let body = page(&view, "421", in_language(Language::Zh), NOW).body;
    // The word for the postmaster is explained once, in either language.
    assert_eq!(body.matches("“邮递员”").count(), 1, "{body}");
    let body = page(&view, "421", in_language(Language::En), NOW).body;
    assert_eq!(body.matches("“邮递员”").count(), 1, "{body}");
    // The page says so if the remedy is not from the reference table.
    let body = page(&view, "422", in_language(Language::Zh), NOW).body;
    assert!(body.contains("以下建议来自本项目"), "{body}");
    let body = page(&view, "422", in_language(Language::En), NOW).body;
    assert!(body.contains("advice above is from this project"), "{body}");
}

#[test]
fn codes_without_an_entry_are_explained_by_their_digits() {
    let view = view();
    for (name, part) in [
        ("599", "The second digit is not defined in SMTP."),
        ("4.9.99", "The subject is not defined in RFC 3463"),
        ("2.7.1", "Security or policy status."),
        ("X.7.999", "Security or policy status."),
    ] {
        let Rendered { body, found } = page(&view, name, in_language(Language::En), NOW);
        assert!(found && body.contains(part), "{name}: {body}");
    }
    // Digits that are not valid in a reply.
    for name in ["999", "199", "3.2.2", "9.9.9"] {
        assert!(
            !page(&view, name, in_language(Language::En), NOW).found,
            "{name}"
        );
        assert!(!json(&view, name, NOW).found, "{name}");
    }
}

#[test]
fn requested_names_are_escaped_and_shortened() {
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
            let Rendered { body, found } = page(&view, asked, in_language(language), NOW);
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
    let long = page(&view, &"x".repeat(16_000), in_language(Language::En), NOW).body;
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
    let body = page(&view, "421", in_language(Language::En), NOW).body;
    for part in [
        "<tr><td>Outbound</td><td>3</td><td>0.6/min</td><td>&lt;0.1/min</td></tr>",
        "<tr><td>google</td><td>2</td><td>67%</td><td>67%</td></tr>",
        "<tr><td><a href=\"/codes/4.7.28?lang=en\">4.7.28</a></td>",
        "<tr><td>none</td>",
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
    let index = index(&view, in_language(Language::En));
    for part in [
        "<a href=\"/codes/421?lang=en\">421</a><span>Service not available, closing connection</span><b>3</b>",
        "<a href=\"/codes/4.9.99?lang=en\">4.9.99</a><span>not in the catalog</span><b>1</b>",
    ] {
        assert!(index.contains(part), "{part} is not in {index}");
    }
}

#[test]
fn every_alert_has_a_page_and_is_on_the_index_page_in_both_languages() {
    let policy = Policy::embedded();
    let catalog = Catalog::embedded();
    for language in [Language::En, Language::Zh] {
        let tag = crate::web::language::tag(language);
        let index = alerts(&policy, in_language(language));
        for rule in &policy.alerts {
            let name = &rule.name;
            let Rendered { body, found } = alert(&policy, name, in_language(language));
            assert!(found, "{name}");
            let summary = escape(language.of(rule.title()));
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
            let figures = figures::of(rule, &policy, language);
            parts.extend(figures.iter().map(|(_, figure)| escape(figure)));
            if let Some(page) = &rule.page {
                parts.push(format!("href=\"/codes/{page}?lang={tag}\""));
            }
            for part in parts {
                assert!(body.contains(&part), "{name}: {part} is not in {body}");
            }
            let link = format!("<a href=\"/alerts/{name}?lang={tag}\">{name}</a>");
            assert!(index.contains(&link) && index.contains(&summary), "{link}");
            // A link to a code's page leads to an existing page.
            let path = texts.path.strip_prefix("/codes/");
            assert!(
                path.is_none_or(|code| catalog.topic(code).is_some()),
                "{name}"
            );
        }
    }
    let full = alert(&policy, "MaillogSmtp422Spike", in_language(Language::Zh)).body;
    assert!(full.contains("此建议来自本项目"), "{full}");
    let spike = alert(&policy, "MaillogSmtp421Spike", in_language(Language::Zh)).body;
    assert!(!spike.contains("此建议来自本项目"), "{spike}");
}

#[test]
fn alert_pages_show_the_thresholds_of_the_policy_and_unknown_alerts_are_not_found() {
    let mut policy = Policy::embedded();
    let change = Change {
        share: Some(0.35),
        ..Change::default()
    };
    policy
        .change("MaillogSmtp421Spike", &change)
        .expect("a rule");
    let body = alert(&policy, "MaillogSmtp421Spike", in_language(Language::En)).body;
    assert!(
        body.contains("more than 35% of all outbound replies"),
        "{body}"
    );
    for asked in ["<script>", "maillogsmtp421spike", "MaillogSmtp421Spike/"] {
        let Rendered { body, found } = alert(&policy, asked, in_language(Language::En));
        assert!(!found && body.contains(&format!("<b>{}</b>", escape(asked))));
        assert!(body.contains("MaillogSmtp421Spike</a>"), "{body}");
    }
}
