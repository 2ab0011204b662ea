//! `explain`: what a code means, who should act, what to do.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};

use super::document_text::{self, Paragraph};
use super::error::Error;
use super::explain_commands;
use super::language::{Language, LanguageParser, Locale};
use super::script;
use super::terminal::wrap;
use crate::catalog::{
    self, Catalog, EnhancedTopic, Severity, Text, Topic, first_digit, first_digit_of_both, subject,
};

/// The arguments.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:
  maillog_exporter explain 421
  maillog_exporter explain 552 5.2.2
  maillog_exporter explain 4.7.28
  maillog_exporter explain mailbox_full
  maillog_exporter explain '421-4.7.0 Try again later'
  maillog_exporter explain 422 --lang zh
  maillog_exporter explain 421 --mta sendmail")]
pub struct Args {
    /// Reply code (421), enhanced status code (4.7.28), condition (mailbox_full), or a quoted reply
    /// from a log
    code: String,
    /// Enhanced status code that follows the reply code
    enhanced: Option<String>,
    /// Language [default: from the environment: LC_ALL, LC_MESSAGES, LANG]
    #[arg(long, value_parser = LanguageParser)]
    lang: Option<Locale>,
    /// Also print what to type on this mail server, such as postfix, exim, sendmail or exchange
    #[arg(long, value_name = "NAME", value_parser = explain_commands::parse_server)]
    mta: Option<&'static str>,
}

impl Args {
    /// The language that an option names.
    pub fn language(&self) -> Option<Locale> {
        self.lang
    }
}

/// Prints the explanation.
///
/// # Errors
///
/// If the code is not valid, or the output cannot be written.
pub fn run(args: &Args) -> Result<(), Error> {
    let zh = Locale::chosen(args.lang) == Language::Zh;
    let answer = answer(&args.code, args.enhanced.as_deref(), zh)?;
    let mut out = anstream::stdout().lock();
    answer.write(&mut out)?;
    if let Some(server) = args.mta {
        let language = if zh {
            catalog::Language::Zh
        } else {
            catalog::Language::En
        };
        explain_commands::write(&mut out, answer.topic, server, language)?;
    }
    Ok(())
}

/// An explanation: a heading and labelled paragraphs.
struct Answer {
    /// What it explains.
    topic: Topic,
    code: String,
    title: String,
    severity: Severity,
    parts: Vec<(&'static str, String)>,
    /// Where the code is defined, in parentheses; printed in the heading, which keeps an answer within
    /// ten lines.
    source: String,
}

impl Answer {
    fn write(&self, out: &mut impl Write) -> io::Result<()> {
        let colour = match self.severity {
            Severity::Info => AnsiColor::Green,
            Severity::Warning => AnsiColor::Yellow,
            Severity::Critical => AnsiColor::Red,
        };
        let style = Style::new().bold().fg_color(Some(colour.into()));
        let head = format!("{}  {}{}", self.code, self.title, self.source);
        let head = wrap(&script::shown(head.trim_end()));
        for (number, line) in head.iter().enumerate() {
            match line.strip_prefix(&*self.code) {
                Some(rest) if number == 0 => {
                    writeln!(out, "{style}{}{style:#}{rest}", self.code)?;
                }
                _ => writeln!(out, "  {line}")?,
            }
        }
        for (label, text) in &self.parts {
            for (number, line) in wrap(&script::shown(&format!("{label}{text}")))
                .iter()
                .enumerate()
            {
                let indent = if number == 0 { "" } else { "  " };
                writeln!(out, "{indent}{line}")?;
            }
        }
        out.flush()
    }
}

fn pick(text: &Text, zh: bool) -> &str {
    if zh { &text.zh } else { &text.en }
}

fn labels(zh: bool) -> [&'static str; 3] {
    if zh {
        ["发生了什么：", "谁来处理：", "怎么办："]
    } else {
        ["What happened: ", "Who should act: ", "What to do: "]
    }
}

fn answer(code: &str, enhanced: Option<&str>, zh: bool) -> Result<Answer, Error> {
    let catalog = Catalog::embedded();
    let (first, second) = codes_of_reply(code);
    // One argument may be a whole reply, whose second word need not be a code.
    let second = second.filter(|text| matches!(catalog.topic(text), Some(Topic::Enhanced(_))));
    let code = first;
    let enhanced = enhanced.map(without_punctuation).or(second);
    let topic = catalog.topic(code).ok_or_else(|| usage(code))?;
    let mut answer = answer_for(catalog, topic, None, zh);
    if let Some(text) = enhanced {
        let Topic::Code(number) = topic else {
            return Err(usage(code));
        };
        let second = catalog.topic(text).ok_or_else(|| usage(text))?;
        if !matches!(second, Topic::Enhanced(_)) {
            return Err(usage(text));
        }
        // The enhanced code is more specific, so the answer is about it.
        let alone = format!("{} {}", answer.code, answer.title);
        answer = answer_for(catalog, second, Some(number), zh);
        answer.code = format!("{} {}", catalog.topic_name(topic), answer.code);
        let note = if zh {
            "三位数代码："
        } else {
            "The reply code alone: "
        };
        answer.parts.insert(1, (note, alone));
    }
    Ok(answer)
}

/// The codes at the beginning of a reply: `421 4.7.0 Try again`, `421-4.7.0`.
fn codes_of_reply(text: &str) -> (&str, Option<&str>) {
    let mut words = text.split_whitespace().map(without_punctuation);
    let Some(first) = words.next() else {
        return (text, None);
    };
    // The hyphen of a multiline reply (RFC 5321, section 4.2.1).
    match first.split_once('-') {
        Some((code, rest)) if code.len() == 3 && !code.contains('.') => (
            code,
            Some(rest).filter(|rest| !rest.is_empty()).or(words.next()),
        ),
        _ => (first, words.next()),
    }
}

/// A code without the punctuation around it, as in `(#4.2.1)` and `5.7.1:`.
fn without_punctuation(word: &str) -> &str {
    let around = |c: char| matches!(c, '(' | ')' | '[' | ']' | '<' | '>' | ',' | ';' | ':' | '"');
    word.trim().trim_matches(around).trim_end_matches('.')
}

fn usage(text: &str) -> Error {
    Error::Usage(format!(
        "{text:?} is not a valid code; expected a reply code of three digits, an enhanced status code, both, or the name \
         of a condition, for example `explain 421`, `explain 552 5.2.2` or `explain mailbox_full`"
    ))
}

/// The answer for a topic; `with` is the reply code that an enhanced code came with.
fn answer_for(catalog: &Catalog, topic: Topic, with: Option<u16>, zh: bool) -> Answer {
    let [what, who, how] = labels(zh);
    let explanation = catalog.explain(topic);
    let actor = explanation.actor.text(zh);
    let mut parts = Vec::new();
    if zh && !explanation.document.is_empty() {
        for paragraph in document_text::paragraphs(explanation.document, &explanation.remedy) {
            parts.push(match paragraph {
                Paragraph::Meaning(text) => (what, text),
                Paragraph::Remedy(text) => (how, text),
            });
        }
    } else {
        let mut meaning = pick(&explanation.meaning, zh).to_owned();
        if let Topic::Enhanced(EnhancedTopic {
            class: Some(class),
            subject: about,
            ..
        }) = topic
        {
            let digit = match with {
                Some(code) => first_digit_of_both(code, class),
                None => first_digit(class.into()),
            };
            if !explanation.known {
                meaning = pick(&subject(about), zh).to_owned();
            }
            meaning = format!("{meaning} {}", pick(&digit, zh));
        }
        parts.push((what, meaning));
        parts.push((how, pick(&explanation.remedy, zh).to_owned()));
    }
    if parts.len() > 2 {
        // Two rows of the document make a long answer, so the actor shares a paragraph with the remedy.
        parts[1] = (who, format!("{actor}。{how}{}", parts[1].1));
    } else {
        parts.insert(1, (who, actor.to_owned()));
    }
    let sources: Vec<&str> = explanation
        .sources
        .iter()
        .map(|source| pick(source, zh))
        .collect();
    let source = match (sources.is_empty(), zh) {
        (true, _) => String::new(),
        (false, true) => format!("（{}）", sources.join("、")),
        (false, false) => format!(" ({})", sources.join(", ")),
    };
    Answer {
        topic,
        code: catalog.topic_name(topic),
        title: explanation
            .name
            .map_or(String::new(), |name| pick(&name, zh).to_owned()),
        severity: explanation.severity,
        parts,
        source,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::terminal::columns;
    use super::*;

    fn explained(code: &str, enhanced: Option<&str>, zh: bool) -> String {
        let mut out = Vec::new();
        answer(code, enhanced, zh).unwrap().write(&mut out).unwrap();
        let text = anstream::adapter::strip_str(std::str::from_utf8(&out).unwrap()).to_string();
        for line in text.lines() {
            let width: usize = line.chars().map(columns).sum();
            assert!(width <= 100, "{width} columns: {line}");
        }
        assert!(text.lines().count() <= 10, "{text}");
        text
    }

    /// Fails if a part is not in the text, wherever lines are broken.
    fn assert_contains(text: &str, parts: &[&str]) {
        let without_blanks = |text: &str| text.split_whitespace().collect::<String>();
        for part in parts {
            assert!(
                without_blanks(text).contains(&without_blanks(part)),
                "{part}: {text}"
            );
        }
    }

    #[test]
    fn every_explanation_has_meaning_actor_and_remedy() {
        let catalog = Catalog::embedded();
        for code in catalog.codes() {
            for zh in [false, true] {
                let text = explained(&code.code.to_string(), None, zh);
                let topic = catalog.topic(&code.code.to_string()).unwrap();
                let actor = catalog.explain(topic).actor;
                let [what, who, how] = labels(zh);
                assert_contains(&text, &[what, &format!("{who}{}", actor.text(zh)), how]);
                if !zh || code.document.is_empty() {
                    assert_contains(&text, &[pick(&code.meaning, zh), pick(&code.remedy, zh)]);
                }
            }
        }
        let text = explained("421", None, false);
        assert_contains(&text, &["421 ", "RFC 5321"]);
        let text = explained("422", None, true);
        assert_contains(
            &text,
            &["收信端邮件信箱的信件已经超过预设的信箱大小", "收件人"],
        );
    }

    #[test]
    fn the_enhanced_code_takes_precedence_over_the_reply_code() {
        let catalog = Catalog::embedded();
        let name = |code: &str| {
            let topic = catalog.topic(code).unwrap();
            catalog.explain(topic).name.unwrap().en.clone()
        };
        let text = explained("552", Some("5.2.2"), false);
        assert!(
            text.starts_with(&format!("552 5.2.2  {}", name("5.2.2"))),
            "{text}"
        );
        assert_contains(&text, &[&format!("552 {}", name("552"))]);
        assert_contains(&explained("mailbox_full", None, true), &["收件人"]);
    }

    #[test]
    fn codes_are_found_in_replies_copied_from_a_log() {
        for (code, enhanced, expected) in [
            ("421 4.7.0", None, "421 4.7.0  "),
            ("421-4.7.0", None, "421 4.7.0  "),
            ("421-4.7.0 Try again", None, "421 4.7.0  "),
            ("550-", None, "550  "),
            ("(#4.2.1)", None, "4.2.1  "),
            ("#4.2.1", None, "4.2.1  "),
            ("450", Some("(4.2.0):"), "450 4.2.0  "),
            (
                "550 5.1.1 <ann@example.com>: user unknown",
                None,
                "550 5.1.1  ",
            ),
            ("421 Too many connections", None, "421  "),
            ("\"5.7.1.\"", None, "5.7.1  "),
            ("5.7.606-649", None, "5.7.606-649  "),
        ] {
            let text = explained(code, enhanced, false);
            assert!(text.starts_with(expected), "{code}: {text}");
        }
    }

    #[test]
    fn the_reply_code_decides_whether_a_retry_can_help() {
        for (code, enhanced) in [("450", "5.1.1"), ("550", "4.7.1"), ("451", "5.99.99")] {
            let class = enhanced.as_bytes()[0] - b'0';
            let expected = first_digit_of_both(code.parse().unwrap(), class);
            assert_ne!(expected.en, first_digit(class.into()).en);
            for zh in [false, true] {
                let text = explained(code, Some(enhanced), zh);
                assert_contains(&text, &[pick(&expected, zh)]);
            }
        }
        let text = explained("550", Some("5.1.1"), false);
        assert_contains(&text, &[&first_digit(5).en]);
        // 111 is not a reply, so the enhanced code stands alone.
        let text = explained("111", Some("4.4.1"), false);
        assert_contains(&text, &[&first_digit(4).en]);
        for entry in Catalog::embedded().enhanced_codes() {
            for (class, code) in [(4, "550"), (5, "450")] {
                let enhanced = format!("{class}.{}.{}", entry.subject, entry.detail);
                for zh in [false, true] {
                    explained(code, Some(&enhanced), zh);
                }
            }
        }
    }

    #[test]
    fn unknown_codes_are_explained_by_their_digits_and_invalid_ones_refused() {
        for code in ["999", "299"] {
            let topic = Catalog::embedded().topic(code).unwrap();
            let explanation = Catalog::embedded().explain(topic);
            assert!(!explanation.known, "{code}");
            assert_contains(&explained(code, None, false), &[&explanation.meaning.en]);
        }
        assert_contains(&explained("5.99.1", None, false), &[&subject(99).en]);
        for wrong in [
            "",
            "42",
            "4211",
            "x.y.z",
            "4.7",
            "4.7.28.1",
            "４２１",
            "nonsense",
        ] {
            assert!(
                matches!(answer(wrong, None, false), Err(Error::Usage(_))),
                "{wrong}"
            );
        }
        assert!(matches!(
            answer("421", Some("x"), false),
            Err(Error::Usage(_))
        ));
    }
}
