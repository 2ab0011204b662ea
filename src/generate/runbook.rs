//! docs/runbook.md: every alert and every code with what it means and what to do, for those who read
//! it where no exporter can be reached.
//!
//! It has the same texts as the exporter's own pages; texts of the document stand as quotations, to
//! the letter.

use std::fmt::Write;

use super::File;
use crate::alert::{figures, texts};
use crate::catalog::{
    Alert, Catalog, ConditionId, DocumentRow, Explanation, Language, Policy, Text, Topic, subject,
};

const HEAD: &str = "\
# Runbook

Made by `maillog_exporter generate` from `src/catalog/`: change it there. The exporter serves the same as pages, in
English or Chinese, at `/alerts/NAME` and `/codes/CODE`; that is where the `runbook_url` of an alert leads.

Quotations are the words of the document *SMTP错误码/建议解决方法*, to the letter; where it has several rows for a code,
the lines (一) and (二) before them say when each applies. All else is the project's own.

[Alerts](#alerts) · [Reply codes](#reply-codes) · [Conditions](#conditions) · [Enhanced codes](#enhanced-codes)
";

/// The file.
pub(super) fn file(policy: &Policy, catalog: &Catalog) -> File {
    let mut text = HEAD.to_owned();
    alerts(&mut text, policy, catalog);
    text.push_str("\n## Reply codes\n");
    for code in catalog.codes() {
        entry(&mut text, catalog, Topic::Code(code.code));
    }
    text.push_str("\n## Conditions\n\nWhy it was said, whatever the code.\n");
    for (id, _) in (0u8..).zip(catalog.conditions()) {
        entry(&mut text, catalog, Topic::Condition(ConditionId(id)));
    }
    enhanced_codes(&mut text, catalog);
    File {
        path: "docs/runbook.md".into(),
        text,
    }
}

// Writing to a string does not fail, so its result is dropped everywhere below.

fn alerts(text: &mut String, policy: &Policy, catalog: &Catalog) {
    text.push_str(
        "\n## Alerts\n\nThe figures can be replaced: [alerting.md](alerting.md).\n\n\
         | alert | severity | window | count | share | factor | threshold | for | keep_firing_for |\n\
         |---|---|---|---|---|---|---|---|---|\n",
    );
    for alert in &policy.alerts {
        let name = &alert.name;
        let _ = writeln!(
            text,
            "| [{name}](#{name}) | {} | {} | {} | {} | {} | {} | {} | {} |",
            alert.severity.as_str(),
            or_nothing(alert.window),
            or_nothing(alert.count),
            or_nothing(alert.share),
            or_nothing(alert.factor),
            or_nothing(alert.threshold),
            alert.r#for,
            alert.keep_firing_for
        );
    }
    for alert in &policy.alerts {
        one_alert(text, alert, catalog);
    }
}

fn or_nothing(figure: Option<impl ToString>) -> String {
    figure.map_or_else(String::new, |figure| figure.to_string())
}

fn one_alert(text: &mut String, alert: &Alert, catalog: &Catalog) {
    heading(text, &alert.name, &alert.name);
    let severity = alert.severity;
    let _ = writeln!(
        text,
        "**{}** · {} · {}\n\n{}\n",
        severity.as_str(),
        severity.text(true),
        alert.summary.en,
        alert.summary.zh
    );
    let english = figures::of(alert, Language::En);
    text.push_str("| | | |\n|---|---|---|\n");
    for ((label, figure), (label_zh, figure_zh)) in
        english.iter().zip(figures::of(alert, Language::Zh))
    {
        let _ = writeln!(text, "| {label} {label_zh} | {figure} | {figure_zh} |");
    }
    text.push('\n');
    let Some(words) = texts::of(alert, catalog) else {
        return;
    };
    let of_document = |ours: &Text| words.meaning != ours.zh;
    let topic = alert.page.as_deref().and_then(|page| catalog.topic(page));
    let quoted = topic.is_some_and(|topic| of_document(&catalog.explain(topic).meaning));
    paragraphs(text, "What happened", &words.meaning_en, false);
    paragraphs(text, "发生了什么", &words.meaning, quoted);
    paragraphs(text, "What to do", &words.remediation_en, false);
    let quoted = words.remediation_source == "document";
    paragraphs(text, "怎么办", &words.remediation, quoted);
    if let Some(page) = &alert.page {
        let _ = writeln!(text, "More 详见: [{page}](#{page})");
    }
    text.truncate(text.trim_end().len());
    text.push('\n');
}

/// A heading that can be linked to by this name, whatever becomes of headings elsewhere.
fn heading(text: &mut String, name: &str, title: &str) {
    let _ = write!(text, "\n<a id=\"{name}\"></a>\n\n### {title}\n\n");
}

/// A label, and below it each line for itself, as a quotation where it is one.
fn paragraphs(text: &mut String, label: &str, lines: &str, quoted: bool) {
    let _ = write!(text, "**{label}**");
    for line in lines.lines() {
        let _ = match quoted {
            true => write!(text, "\n\n> {line}"),
            false => write!(text, "\n\n{line}"),
        };
    }
    text.push_str("\n\n");
}

fn entry(text: &mut String, catalog: &Catalog, topic: Topic) {
    let name = catalog.topic_name(topic);
    let it = catalog.explain(topic);
    let title = match &it.name {
        Some(title) => format!("{name} {} · {}", title.en, title.zh),
        None => name.clone(),
    };
    heading(text, &name, &title);
    facts(text, catalog, &it);
    for row in it.document {
        document_row(text, row);
    }
    paragraphs(text, "What happened", &it.meaning.en, false);
    paragraphs(text, "发生了什么", &it.meaning.zh, false);
    paragraphs(text, "What to do", &it.remedy.en, false);
    paragraphs(text, "怎么办", &it.remedy.zh, false);
    text.truncate(text.trim_end().len());
    text.push('\n');
}

/// How much it matters, what kind it is, who has to act, and where it is written.
fn facts(text: &mut String, catalog: &Catalog, it: &Explanation<'_>) {
    for zh in [false, true] {
        let kinds = it.kinds.iter().map(|kind| kind.text(zh).to_owned());
        let mut facts = vec![it.severity.text(zh).to_owned()];
        facts.extend(kinds);
        facts.push(match zh {
            false => format!("who has to act: {}", it.actor.text(zh)),
            true => format!("谁来处理:{}", it.actor.text(zh)),
        });
        let _ = writeln!(text, "- {}", facts.join(" · "));
    }
    if let Some(id) = it.condition {
        let condition = catalog.condition_name(id);
        let _ = writeln!(text, "- Condition 原因分类: [{condition}](#{condition})");
    }
    let sources: Vec<&str> = it.sources.iter().map(|it| it.en.as_str()).collect();
    if !sources.is_empty() {
        let _ = writeln!(text, "- Sources 出处: {}", sources.join(", "));
    }
    text.push('\n');
}

/// A row of the document.
fn document_row(text: &mut String, row: &DocumentRow) {
    if let Some(when) = &row.when {
        let _ = write!(text, "{} · {}\n\n", when.en, when.zh);
    }
    let _ = write!(text, "> {}\n>\n> **{}**\n", row.message, row.meaning);
    if let Some(explanation) = &row.explanation {
        let _ = write!(text, ">\n> {explanation}\n");
    }
    if let Some(remedy) = &row.remedy {
        let _ = write!(text, ">\n> 怎么办:\n>\n> {remedy}\n");
    }
    text.push('\n');
}

fn enhanced_codes(text: &mut String, catalog: &Catalog) {
    text.push_str(
        "\n## Enhanced codes\n\nX stands for any class: 2 done, 4 not now, 5 no (RFC 3463).\n",
    );
    let mut last = None;
    for entry in catalog.enhanced_codes() {
        if last.replace(entry.subject) != Some(entry.subject) {
            let about = subject(entry.subject);
            let _ = write!(
                text,
                "\n### X.{} · {} · {}\n\n| code | what happened | what to do |\n|---|---|---|\n",
                entry.subject,
                about.en.trim_end_matches('.'),
                about.zh.trim_end_matches('。')
            );
        }
        let topic = Topic::Enhanced(entry.topic());
        let it = catalog.explain(topic);
        let title = it.name.as_ref().map_or("", |name| &name.en);
        let title_zh = it.name.as_ref().map_or("", |name| &name.zh);
        let _ = writeln!(
            text,
            "| **{}** {title} · {title_zh} | {}<br>{} | {}<br>{} |",
            catalog.topic_name(topic),
            it.meaning.en,
            it.meaning.zh,
            it.remedy.en,
            it.remedy.zh
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_of_the_document_is_in_it_to_the_letter_as_quotations() {
        let catalog = Catalog::embedded();
        let text = file(&Policy::embedded(), catalog).text;
        let mut sentences = 0;
        for row in catalog.codes().flat_map(|code| &code.document) {
            let parts = [
                Some(&row.message),
                row.explanation.as_ref(),
                row.remedy.as_ref(),
            ];
            for sentence in parts.into_iter().flatten() {
                assert!(text.contains(&format!("\n> {sentence}\n")), "{sentence}");
                sentences += 1;
            }
            assert!(text.contains(&format!("\n> **{}**\n", row.meaning)));
        }
        assert!(sentences > 30, "{sentences}");
    }

    #[test]
    fn every_link_leads_somewhere_and_no_text_becomes_markup() {
        let catalog = Catalog::embedded();
        for alert in &Policy::embedded().alerts {
            let [en, zh] = [Language::En, Language::Zh].map(|it| figures::of(alert, it).len());
            assert_eq!(en, zh, "{}", alert.name);
        }
        let text = file(&Policy::embedded(), catalog).text;
        let links = text.split("](#").skip(1);
        let targets: Vec<&str> = links
            .filter_map(|rest| Some(rest.split_once(')')?.0))
            .collect();
        assert!(targets.len() > 60);
        for target in targets {
            let anchor = format!("<a id=\"{target}\"></a>");
            let heading = format!("\n## {}\n", target.replace('-', " "));
            let found = text.contains(&anchor) || text.to_lowercase().contains(&heading);
            assert!(found, "{target}");
        }
        let entries = catalog.enhanced_codes();
        let mut all: Vec<&Text> = entries
            .flat_map(|it| [&it.name, &it.meaning, &it.remedy])
            .collect();
        all.extend(
            catalog
                .codes()
                .flat_map(|it| [&it.name, &it.meaning, &it.remedy]),
        );
        all.extend(
            catalog
                .conditions()
                .iter()
                .flat_map(|it| [&it.meaning, &it.remedy]),
        );
        for text in all {
            assert!(!text.en.contains(['<', '|', '*']), "{}", text.en);
            assert!(!text.zh.contains(['<', '|', '*']), "{}", text.zh);
        }
    }
}
