//! Tests of the pages of alerts: every rule has a page, states and values are shown, and the nearest comes first.

use super::*;
use crate::alert::{figures, texts};
use crate::catalog::{Catalog, Change, Language, Policy, Text};
use crate::metrics::{ActiveAlert, Alerting, EndedAlert};
use crate::web::context::SiteSettings;
use crate::web::test_support::{
    active, context, ended, escape, incident, rule_state, settings, view_of, with_alerting,
};

#[test]
fn every_rule_has_a_page_and_is_on_the_index_page_in_both_languages() {
    let (view, settings) = (view_of(&[]), settings());
    let catalog = Catalog::embedded();
    for language in [Language::En, Language::Zh] {
        let context = context(&view, &settings, language);
        let tag = crate::web::language::tag(language);
        let index = index(&context);
        for rule in &settings.policy.alerts {
            let name = &rule.name;
            let Rendered { body, found } = page(&context, name);
            assert!(found, "{name}");
            let summary = escape(language.of(rule.title()));
            let texts = texts::of(rule, catalog).expect("words");
            let (meaning, remedy) = match language {
                Language::En => (texts.meaning_en, texts.remediation_en),
                Language::Zh => (texts.meaning, texts.remediation),
            };
            let mut parts = vec![format!("<h1>{summary}</h1>")];
            parts.extend(meaning.lines().chain(remedy.lines()).map(escape));
            let figures = figures::of(rule, &settings.policy, language);
            parts.extend(figures.iter().map(|(_, figure)| escape(figure)));
            if let Some(page) = &rule.page {
                parts.push(format!("href=\"/codes/{page}?lang={tag}\""));
            }
            for part in parts {
                assert!(body.contains(&part), "{name}: {part} is not in {body}");
            }
            let link = format!("<a href=\"/alerts/{name}?lang={tag}\">");
            assert!(index.contains(&link) && index.contains(&summary), "{link}");
            // A link to a code's page leads to an existing page.
            let path = texts.path.strip_prefix("/codes/");
            assert!(
                path.is_none_or(|code| catalog.topic(code).is_some()),
                "{name}"
            );
        }
    }
    let chinese = context(&view, &settings, Language::Zh);
    let full = page(&chinese, "MaillogSmtp422Spike").body;
    assert!(full.contains("此建议来自本项目"), "{full}");
    let spike = page(&chinese, "MaillogSmtp421Spike").body;
    assert!(!spike.contains("此建议来自本项目"), "{spike}");
}

#[test]
fn figures_of_an_alert_are_shown_in_the_language_of_the_page() {
    let text = |what: &str| Text {
        en: format!("English {what}"),
        zh: format!("中文 {what}"),
    };
    let firing = ActiveAlert {
        summary: text("summary"),
        description: text("description"),
        ..active("MaillogSmtp421Spike", "critical", true)
    };
    let resolved = EndedAlert {
        summary: text("end"),
        ..ended("MaillogSmtp421Spike")
    };
    let alerting = Alerting {
        active: vec![firing],
        ended: vec![resolved],
        ..Alerting::default()
    };
    let (view, settings) = (with_alerting(incident(), alerting), settings());
    for (language, shown, hidden) in [
        (Language::En, "English", "中文"),
        (Language::Zh, "中文", "English"),
    ] {
        let context = context(&view, &settings, language);
        let body = page(&context, "MaillogSmtp421Spike").body;
        for what in ["summary", "description", "end"] {
            let of = |language: &str| body.contains(&format!("{language} {what}"));
            assert!(of(shown) && !of(hidden), "{what}: {body}");
        }
        assert!(super::index(&context).contains(&format!("{shown} summary")));
    }
}

#[test]
fn pages_show_the_thresholds_of_the_policy_and_unknown_rules_are_not_found() {
    let mut policy = Policy::embedded();
    let change = Change {
        share: Some(0.35),
        ..Change::default()
    };
    policy
        .change("MaillogSmtp421Spike", &change)
        .expect("a rule");
    let settings = SiteSettings {
        policy: policy.into(),
        ..settings()
    };
    let view = view_of(&[]);
    let context = context(&view, &settings, Language::En);
    let body = page(&context, "MaillogSmtp421Spike").body;
    assert!(
        body.contains("more than 35% of all outbound replies"),
        "{body}"
    );
    for asked in ["<script>", "maillogsmtp421spike", "MaillogSmtp421Spike/"] {
        let Rendered { body, found } = page(&context, asked);
        assert!(!found && body.contains(&format!("<b>{}</b>", escape(asked))));
        assert!(body.contains("/alerts/MaillogSmtp421Spike?"), "{body}");
    }
}

#[test]
fn index_lists_firing_pending_silenced_and_ended_alerts_and_rules_by_nearness() {
    let view = with_alerting(
        incident(),
        Alerting {
            active: vec![
                active("MaillogDeferredShareFast", "warning", false),
                active("MaillogSmtp421Spike", "critical", true),
                ActiveAlert {
                    inhibited_by: Some("MaillogSmtp421Spike".to_owned()),
                    ..active("MaillogProviderRateLimited", "warning", true)
                },
            ],
            ended: vec![ended("MaillogDnsFailing")],
            rules: vec![
                rule_state("MaillogSmtp422Spike", 0.01, 0.05),
                rule_state("MaillogSmtp421Spike", 0.9, 0.05),
                rule_state("MaillogConnectionsRefused", 0.04, 0.05),
            ],
            ..Alerting::default()
        },
    );
    let settings = settings();
    let english = context(&view, &settings, Language::En);
    let body = index(&english);
    for part in [
        "1 firing · 1 pending · 1 silenced",
        "– Silenced, same cause: ",
        "Dns<wbr>Failing",
        "<td class=\"nw\">30 min</td>",
        "10 min so far",
        "<td class=\"now\">90\u{202f}%<svg",
        "no data",
    ] {
        assert!(body.contains(part), "{part} is not in {body}");
    }
    let rules = &body[body.find("All rules").expect("rules")..];
    let places = ["Smtp421Spike?", "ConnectionsRefused?", "Smtp422Spike?"]
        .map(|name| rules.find(&format!("/alerts/Maillog{name}")).expect(name));
    assert!(places.is_sorted(), "{places:?}");
    let body = index(&context(&view, &settings, Language::Zh));
    assert!(
        body.contains("1 个告警中 · 1 个待触发 · 1 个已静默"),
        "{body}"
    );

    let json: serde_json::Value = serde_json::from_slice(&json(&english)).expect("JSON");
    let data = &json["data"];
    assert_eq!(data["alerts"].as_array().map(Vec::len), Some(3));
    assert_eq!(data["alerts"][2]["inhibitedBy"], "MaillogSmtp421Spike");
    assert_eq!(data["ended"][0]["labels"]["alertname"], "MaillogDnsFailing");
    let first = &data["rules"][0];
    assert_eq!(
        (&first["alert"], &first["state"]),
        (&"MaillogSmtp421Spike".into(), &"firing".into())
    );
    assert_eq!(first["ratio"], 18.0);
    assert_eq!(
        data["rules"].as_array().map(Vec::len),
        Some(settings.policy.alerts.len())
    );
}

#[test]
fn page_says_that_nothing_is_sent_where_that_is_so() {
    let settings = settings();
    for (sends, said) in [(false, true), (true, false)] {
        let alerting = Alerting {
            sends,
            ..Alerting::default()
        };
        let view = with_alerting(incident(), alerting);
        let body = index(&context(&view, &settings, Language::En));
        assert_eq!(
            body.contains("⊘ This exporter does not send alerts."),
            said,
            "{body}"
        );
    }
}

#[test]
fn page_of_an_alert_about_a_provider_names_it_and_leads_to_its_page() {
    let mut alert = active("MaillogProviderFailing", "critical", true);
    let provider = ("provider".to_owned(), "yahoo".to_owned());
    alert.labels.extend([provider]);
    let active = vec![alert];
    let alerting = Alerting {
        active,
        ..Alerting::default()
    };
    let view = with_alerting(incident(), alerting);
    let settings = settings();
    for (language, title, link) in [
        (
            Language::En,
            "A provider does not accept our mail: yahoo",
            ">Yahoo</a>",
        ),
        (Language::Zh, "某服务商不接受本方邮件：yahoo", ">雅虎</a>"),
    ] {
        let context = context(&view, &settings, language);
        let body = page(&context, "MaillogProviderFailing").body;
        for part in [title, "/providers/yahoo", link] {
            assert!(body.contains(part), "{part} is not in {body}");
        }
    }
    let chinese = context(&view, &settings, Language::Zh);
    let in_sentence = ["yahoo", "google"].map(|name| chinese.provider_in_sentence(name));
    assert_eq!(in_sentence, ["雅虎", " Google "]);
}
