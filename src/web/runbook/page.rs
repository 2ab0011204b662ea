//! The page of one code: first what to do, then how it stands, then where it is written.

use std::fmt::Write;

use super::facts::{Answers, Facts, Neighbour};
use super::words::{OWN_WORDS, Words};
use crate::catalog::{DocumentRow, Language, Topic};
use crate::web::html::{self, cells, escape, thousands};
use crate::web::reader::{Reader, tag};

/// The whole page.
pub fn page(facts: &Facts<'_>, reader: Reader) -> String {
    let (language, words) = (reader.language, Words::of(reader.language));
    let name = facts.name();
    let title = facts
        .explanation
        .name
        .as_ref()
        .map(|name| language.of(name));
    let head = format!("{name} {}", title.unwrap_or_default());
    html::page(language, head.trim_end(), |html| {
        let here = format!("/codes/{name}");
        let links = [
            ("/codes", words.all_codes),
            (&format!("/api/v1{here}"), words.json),
        ];
        navigation(html, reader, &here, &links);
        // Writing to a string does not fail.
        let _ = write!(html, "<h1>{}</h1>", escape(head.trim_end()));
        badges(html, facts, language);
        if language == Language::Zh && !facts.explanation.document.is_empty() {
            document_first(html, facts, words);
        } else {
            catalog_first(html, facts, language);
        }
        standing(html, facts, reader);
        if language == Language::En && !facts.explanation.document.is_empty() {
            let _ = write!(html, "<h2>{}</h2>", words.document);
            for row in facts.explanation.document {
                document_row(html, row, language);
            }
            if breaks_off(facts) {
                let _ = write!(html, "<p class=\"dim\">{}</p>", words.own_remedy);
            }
        }
        related(html, facts, reader);
        sources(html, facts, language);
    })
}

/// Links that every page has, after its own, each with its label. `here` is the page's path.
pub fn navigation(html: &mut String, reader: Reader, here: &str, links: &[(&str, &str)]) {
    let words = Words::of(reader.language);
    let other = match reader.language {
        Language::En => tag(Language::Zh),
        Language::Zh => tag(Language::En),
    };
    html.push_str("<nav>");
    for (path, label) in links {
        let _ = write!(html, "<a href=\"{}\">{label}</a>", reader.href(path));
    }
    let _ = write!(
        html,
        "<a href=\"/\">{}</a><a href=\"{here}?lang={other}\" lang=\"{other}\" \
         hreflang=\"{other}\">{}</a></nav>",
        words.status, words.other_language
    );
}

/// How much it matters, what kind it is, and who has to act.
fn badges(html: &mut String, facts: &Facts<'_>, language: Language) {
    let explanation = &facts.explanation;
    let zh = language == Language::Zh;
    let _ = write!(
        html,
        "<p><span class=\"{}\">{}</span>",
        explanation.severity.as_str(),
        explanation.severity.text(zh)
    );
    let kinds: Vec<&str> = explanation.kinds.iter().map(|kind| kind.text(zh)).collect();
    if !kinds.is_empty() {
        let _ = write!(html, " · {}", kinds.join(" / "));
    }
    let _ = write!(
        html,
        "</p><p><span class=\"dim\">{}{}</span>{}</p>",
        Words::of(language).actor,
        if zh { ":" } else { ": " },
        explanation.actor.text(zh)
    );
}

fn paragraph(html: &mut String, heading: &str, text: &str) {
    let _ = write!(html, "<h2>{heading}</h2><p>{}</p>", escape(text));
}

fn catalog_first(html: &mut String, facts: &Facts<'_>, language: Language) {
    let words = Words::of(language);
    paragraph(html, words.meaning, language.of(&facts.explanation.meaning));
    paragraph(html, words.remedy, language.of(&facts.explanation.remedy));
}

/// Whether the document ends before it says what to do.
fn breaks_off(facts: &Facts<'_>) -> bool {
    let mut rows = facts.explanation.document.iter();
    rows.all(|row| row.remedy.is_none())
}

/// The document's sentences as the main text, then the project's.
fn document_first(html: &mut String, facts: &Facts<'_>, words: &Words) {
    let explanation = &facts.explanation;
    let _ = write!(html, "<h2>{}</h2>", words.document);
    for row in explanation.document {
        document_row(html, row, Language::Zh);
    }
    if breaks_off(facts) {
        let _ = write!(
            html,
            "<h2>{}</h2><p class=\"dim\">{}</p><p>{}</p>",
            words.remedy,
            words.own_remedy,
            escape(&explanation.remedy.zh)
        );
    } else {
        let _ = write!(
            html,
            "<h2>{OWN_WORDS}</h2><p>{}</p><p>{}</p>",
            escape(&explanation.meaning.zh),
            escape(&explanation.remedy.zh)
        );
    }
}

/// A row of the document, to the letter; only the condition on top is in the page's language.
fn document_row(html: &mut String, row: &DocumentRow, language: Language) {
    let words = Words::of(Language::Zh);
    html.push_str("<section>");
    if let Some(when) = &row.when {
        let _ = write!(html, "<p class=\"dim\">{}</p>", escape(language.of(when)));
    }
    let _ = write!(
        html,
        "<p class=\"dim\" lang=\"en\">{}</p><div lang=\"zh\"><h3>{}</h3>",
        escape(&row.message),
        escape(&row.meaning)
    );
    if let Some(explanation) = &row.explanation {
        let _ = write!(html, "<p>{}</p>", escape(explanation));
    }
    if let Some(remedy) = &row.remedy {
        let _ = write!(html, "<h3>{}</h3><p>{}</p>", words.remedy, escape(remedy));
    }
    html.push_str("</div></section>");
}

/// The counts: how often, with what, and by whom.
fn standing(html: &mut String, facts: &Facts<'_>, reader: Reader) {
    let words = Words::of(reader.language);
    if facts.counts == [0; 3] {
        paragraph(html, words.now, words.none_yet);
        return;
    }
    let mut columns = format!("<th>{}</th><th>{}</th>", words.direction, words.total);
    if facts.rates.is_some() {
        for window in words.windows {
            let _ = write!(columns, "<th>{window}</th>");
        }
    }
    html::table(html, words.now, &columns, |html| {
        for (place, direction) in words.directions.iter().enumerate() {
            let count = facts.counts[place];
            let _ = write!(
                html,
                "<tr><td>{direction}</td><td>{}</td>",
                thousands(count)
            );
            for rate in facts.rates.iter().flat_map(|rates| rates[place]) {
                html.push_str(&per_minute(rate, reader.language));
            }
            html.push_str("</tr>");
        }
    });
    match facts.topic {
        Topic::Code(_) => {
            answers(html, &facts.answers, words);
            beside(html, facts, words.enhanced_beside, reader);
        }
        Topic::Enhanced(_) => beside(html, facts, words.codes_beside, reader),
        Topic::Condition(_) => {}
    }
}

/// A cell with a rate; what is not nothing never looks like nothing.
fn per_minute(rate: f64, language: Language) -> String {
    let minute = match language {
        Language::En => "/min",
        Language::Zh => "/分钟",
    };
    let rate = rate * 60.0;
    if rate == 0.0 {
        "<td class=\"dim\">–</td>".to_owned()
    } else if rate < 0.1 {
        format!("<td>&lt;0.1{minute}</td>")
    } else {
        format!("<td>{rate:.1}{minute}</td>")
    }
}

/// A part of a whole in percent.
fn percent(share: f64) -> String {
    match share * 100.0 {
        percent if percent < 1.0 => "&lt;1%".to_owned(),
        percent => format!("{percent:.0}%"),
    }
}

fn answers(html: &mut String, answers: &[Answers], words: &Words) {
    let columns = format!(
        "<th>{}</th><th>{}</th><th>{}</th><th>{}</th>",
        words.provider, words.answered, words.share, words.of_its_answers
    );
    if answers.is_empty() {
        paragraph(html, words.answers, words.nobody);
        return;
    }
    html::table(html, words.answers, &columns, |html| {
        for answers in answers {
            let _ = write!(
                html,
                "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
                escape(&answers.provider),
                thousands(answers.count),
                percent(answers.share),
                percent(answers.of_its_answers)
            );
        }
    });
}

fn beside(html: &mut String, facts: &Facts<'_>, title: &str, reader: Reader) {
    let words = Words::of(reader.language);
    let mut columns = format!(
        "<th>{}</th><th class=\"name\">{}</th>",
        words.code, words.name
    );
    for direction in words.directions {
        let _ = write!(columns, "<th>{direction}</th>");
    }
    html::table(html, title, &columns, |html| {
        for (neighbour, counts) in &facts.beside {
            let (code, name) = match neighbour {
                Neighbour::Topic(topic) => named(facts, *topic, reader),
                Neighbour::Nothing => (words.nothing_beside.to_owned(), String::new()),
                Neighbour::Other => (words.folded.to_owned(), String::new()),
            };
            let _ = write!(html, "<tr><td>{code}</td><td class=\"name\">{name}</td>");
            cells(html, *counts);
        }
    });
}

/// A topic as a link, and its name.
fn named(facts: &Facts<'_>, topic: Topic, reader: Reader) -> (String, String) {
    let name = escape(&facts.catalog.topic_name(topic));
    let explanation = facts.catalog.explain(topic);
    let text = explanation.name.unwrap_or(explanation.meaning);
    (
        format!(
            "<a href=\"{}\">{name}</a>",
            reader.href(&format!("/codes/{name}"))
        ),
        escape(reader.language.of(&text)),
    )
}

fn related(html: &mut String, facts: &Facts<'_>, reader: Reader) {
    if facts.related.is_empty() {
        return;
    }
    let words = Words::of(reader.language);
    let title = match facts.topic {
        Topic::Condition(_) => words.says_so,
        _ => words.related,
    };
    let _ = write!(html, "<h2>{title}</h2><ul>");
    for topic in &facts.related {
        let (link, name) = named(facts, *topic, reader);
        let _ = write!(html, "<li>{link}<span>{name}</span></li>");
    }
    html.push_str("</ul>");
}

fn sources(html: &mut String, facts: &Facts<'_>, language: Language) {
    let sources: Vec<String> = facts
        .explanation
        .sources
        .iter()
        .map(|source| escape(language.of(source)))
        .collect();
    if !sources.is_empty() {
        let _ = write!(
            html,
            "<h2>{}</h2><p>{}</p>",
            Words::of(language).sources,
            sources.join(if language == Language::Zh {
                "、"
            } else {
                ", "
            })
        );
    }
}
