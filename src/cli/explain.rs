//! `explain`: what a code means, who has to act, what to do.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};

use super::Error;
use super::language::{Language, wrap};
use crate::catalog::{Actor, Catalog, Code, DocumentRow, Enhanced, Severity, Text};

/// The arguments.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:
  maillog_exporter explain 421
  maillog_exporter explain 552 5.2.2
  maillog_exporter explain 4.7.28
  maillog_exporter explain mailbox_full
  maillog_exporter explain 422 --lang zh")]
pub struct Args {
    /// A reply code (421), an enhanced status code (4.7.28) or a condition (mailbox_full)
    code: String,
    /// The enhanced status code that came with the reply code
    enhanced: Option<String>,
    /// The language; by default that of the environment (LC_ALL, LC_MESSAGES, LANG)
    #[arg(long, value_enum)]
    lang: Option<Language>,
}

/// Runs it.
pub fn run(args: &Args) -> Result<(), Error> {
    let zh = args.lang.unwrap_or_else(Language::of_environment) == Language::Zh;
    answer(&args.code, args.enhanced.as_deref(), zh)?.write(&mut anstream::stdout().lock())?;
    Ok(())
}

/// What is printed: a head line and labelled paragraphs.
struct Answer {
    code: String,
    title: String,
    severity: Severity,
    parts: Vec<(&'static str, String)>,
    /// Where that is written; on the head line, so that an answer stays within ten lines.
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
        let title = match (&*self.title, &*self.source) {
            (title, "") => title.to_owned(),
            (title, source) => format!("{title} ({source})"),
        };
        let head = format!("{}  {title}", self.code);
        let head = wrap(head.trim_end());
        for (number, line) in head.iter().enumerate() {
            match line.strip_prefix(&*self.code) {
                Some(rest) if number == 0 => {
                    writeln!(out, "{style}{}{style:#}{rest}", self.code)?;
                }
                _ => writeln!(out, "  {line}")?,
            }
        }
        for (label, text) in &self.parts {
            for (number, line) in wrap(&format!("{label}{text}")).iter().enumerate() {
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
        ["发生了什么: ", "谁来处理: ", "怎么办: "]
    } else {
        ["What happened: ", "Who has to act: ", "What to do: "]
    }
}

fn answer(code: &str, enhanced: Option<&str>, zh: bool) -> Result<Answer, Error> {
    let catalog = Catalog::embedded();
    let (digits, second) = match (reply_code(code), enhanced) {
        (Some(digits), None) => (digits, None),
        (Some(digits), Some(text)) => (
            digits,
            Some(enhanced_code(text).ok_or_else(|| usage(text))?),
        ),
        (None, None) => {
            if let Some(parts) = enhanced_code(code) {
                return Ok(for_enhanced(catalog, parts, zh));
            }
            return for_condition(catalog, code, zh).ok_or_else(|| usage(code));
        }
        (None, Some(_)) => return Err(usage(code)),
    };
    let mut answer = match catalog.code(digits) {
        Some(entry) => for_code(entry, zh),
        None => for_unknown(digits, zh),
    };
    if let Some(parts) = second {
        // The enhanced code is the more exact of the two, so it answers.
        let alone = std::mem::take(&mut answer.title);
        answer = for_enhanced(catalog, parts, zh);
        answer.code = format!("{digits} {}", answer.code);
        let note = if zh {
            "三位数代码: "
        } else {
            "The reply code alone: "
        };
        answer.parts.insert(1, (note, format!("{digits} {alone}")));
    }
    Ok(answer)
}

fn usage(text: &str) -> Error {
    Error::Usage(format!(
        "{text:?} is no code: give a reply code of three digits, an enhanced status code, both, or a condition's name, \
         for example `explain 421`, `explain 552 5.2.2` or `explain mailbox_full`"
    ))
}

/// Three digits.
fn reply_code(text: &str) -> Option<u16> {
    let plain = text.len() == 3 && text.bytes().all(|b| b.is_ascii_digit());
    plain.then(|| text.parse().ok()).flatten()
}

/// Class, subject and detail; a leading `#` is tolerated, as servers write it.
fn enhanced_code(text: &str) -> Option<(u8, u16, u16)> {
    let mut parts = text.trim_start_matches('#').split('.');
    let mut number = |most: usize| -> Option<u16> {
        let part = parts.next()?;
        let plain = (1..=most).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
        plain.then(|| part.parse().ok()).flatten()
    };
    let parsed = (number(1)?, number(3)?, number(3)?);
    if parts.next().is_some() {
        return None;
    }
    Some((u8::try_from(parsed.0).ok()?, parsed.1, parsed.2))
}

fn for_code(entry: &Code, zh: bool) -> Answer {
    let [what, who, how] = labels(zh);
    let mut parts = Vec::new();
    if zh && !entry.document.is_empty() {
        for row in &entry.document {
            parts.push((what, document_meaning(row)));
            if let Some(remedy) = &row.remedy {
                parts.push((how, remedy.clone()));
            }
        }
        // Where the document breaks off, the remedy is the project's own.
        if entry.document.iter().all(|row| row.remedy.is_none()) {
            parts.push((how, entry.remedy.zh.clone()));
        }
    } else {
        parts.push((what, pick(&entry.meaning, zh).to_owned()));
        parts.push((how, pick(&entry.remedy, zh).to_owned()));
    }
    let actor = entry.actor.text(zh);
    if parts.len() > 2 {
        // Two rows make a long answer: who acts and what to do share a paragraph.
        parts[1] = (who, format!("{actor}。{how}{}", parts[1].1));
    } else {
        parts.insert(1, (who, actor.to_owned()));
    }
    let sources: Vec<&str> = entry
        .sources
        .iter()
        .map(|name| match name.as_str() {
            "document" if zh => "《SMTP错误码/建议解决方法》",
            "document" => "the document of SMTP error codes",
            name => name,
        })
        .collect();
    Answer {
        code: entry.code.to_string(),
        title: pick(&entry.name, zh).to_owned(),
        severity: entry.severity,
        parts,
        source: sources.join(if zh { "、" } else { ", " }),
    }
}

fn document_meaning(row: &DocumentRow) -> String {
    let when = row
        .when
        .as_ref()
        .map_or(String::new(), |when| format!("({}) ", when.zh));
    let explanation = row.explanation.as_deref().unwrap_or_default();
    format!("{when}{} {explanation}", row.meaning)
        .trim_end()
        .to_owned()
}

fn for_enhanced(catalog: &Catalog, parts: (u8, u16, u16), zh: bool) -> Answer {
    let (class, subject, detail) = parts;
    let code = format!("{class}.{subject}.{detail}");
    let [what, who, how] = labels(zh);
    let class_text = class_text(class.into(), zh);
    match catalog.enhanced(class, subject, detail) {
        Some(Enhanced {
            name,
            severity,
            actor,
            source: from,
            meaning,
            remedy,
            ..
        }) => Answer {
            code,
            title: pick(name, zh).to_owned(),
            severity: *severity,
            parts: vec![
                (what, format!("{} {class_text}", pick(meaning, zh))),
                (who, actor.text(zh).to_owned()),
                (how, pick(remedy, zh).to_owned()),
            ],
            source: from.clone(),
        },
        None => Answer {
            code,
            title: if zh {
                "未知的增强状态码"
            } else {
                "unknown enhanced status code"
            }
            .to_owned(),
            severity: Severity::Info,
            parts: vec![
                (what, format!("{class_text} {}", subject_text(subject, zh))),
                (who, Actor::SenderOperator.text(zh).to_owned()),
                (how, read_the_text(zh).to_owned()),
            ],
            source: "RFC 3463 section 3".to_owned(),
        },
    }
}

fn for_unknown(digits: u16, zh: bool) -> Answer {
    let [what, who, how] = labels(zh);
    let second = match (digits / 10 % 10, zh) {
        (0, false) => "The second digit: syntax.",
        (0, true) => "第二位:语法。",
        (1, false) => "The second digit: information.",
        (1, true) => "第二位:信息。",
        (2, false) => "The second digit: the connection.",
        (2, true) => "第二位:连接。",
        (5, false) => "The second digit: the mail system.",
        (5, true) => "第二位:邮件系统。",
        (_, false) => "The second digit has no meaning in SMTP.",
        (_, true) => "第二位在 SMTP 中没有定义。",
    };
    Answer {
        code: format!("{digits:03}"),
        title: if zh {
            "未知的回复码"
        } else {
            "unknown reply code"
        }
        .to_owned(),
        severity: Severity::Info,
        parts: vec![
            (what, format!("{} {second}", class_text(digits / 100, zh))),
            (who, Actor::SenderOperator.text(zh).to_owned()),
            (how, read_the_text(zh).to_owned()),
        ],
        source: "RFC 5321 section 4.2.1".to_owned(),
    }
}

fn for_condition(catalog: &Catalog, name: &str, zh: bool) -> Option<Answer> {
    let id = catalog.condition_named(name)?;
    let condition = catalog.conditions().get(usize::from(id.0))?;
    let [what, who, how] = labels(zh);
    Some(Answer {
        code: condition.name.clone(),
        title: String::new(),
        severity: condition.severity,
        parts: vec![
            (what, pick(&condition.meaning, zh).to_owned()),
            (who, condition.actor.text(zh).to_owned()),
            (how, pick(&condition.remedy, zh).to_owned()),
        ],
        source: String::new(),
    })
}

fn read_the_text(zh: bool) -> &'static str {
    if zh {
        "请查看日志中的回复原文;必要时把原文与时间发给对方管理者。"
    } else {
        "Read the reply's text in the log; if it does not help, send it with its time to the remote postmaster."
    }
}

/// What the first digit tells.
fn class_text(class: u16, zh: bool) -> &'static str {
    match (class, zh) {
        (2, false) => "(2: success)",
        (2, true) => "(2:成功)",
        (3, false) => "(3: go on)",
        (3, true) => "(3:继续)",
        (4, false) => "(4: not now, the sender tries again)",
        (4, true) => "(4:暂时失败,发送方会重试)",
        (5, false) => "(5: no, trying again does not help)",
        (5, true) => "(5:永久失败,重试无效)",
        (_, false) => {
            "The first digit is none that SMTP has (2 success, 3 go on, 4 not now, 5 no)."
        }
        (_, true) => "第一位不是 SMTP 的类别(2 成功、3 继续、4 暂时失败、5 永久失败)。",
    }
}

/// What the middle number of an enhanced code tells.
fn subject_text(subject: u16, zh: bool) -> &'static str {
    match (subject, zh) {
        (0, false) => "The subject is not given.",
        (0, true) => "未说明主题。",
        (1, false) => "It is about an address.",
        (1, true) => "与地址有关。",
        (2, false) => "It is about the mailbox.",
        (2, true) => "与邮箱有关。",
        (3, false) => "It is about the mail system.",
        (3, true) => "与邮件系统有关。",
        (4, false) => "It is about the network or routing.",
        (4, true) => "与网络或路由有关。",
        (5, false) => "It is about the protocol.",
        (5, true) => "与协议有关。",
        (6, false) => "It is about the content.",
        (6, true) => "与内容有关。",
        (7, false) => "It is about security or policy.",
        (7, true) => "与安全或策略有关。",
        (_, false) => "The subject is none of RFC 3463 (0 to 7).",
        (_, true) => "主题不在 RFC 3463 的范围(0 到 7)。",
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::language::columns;
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

    #[test]
    fn the_codes_of_the_document_tell_what_happened_who_acts_and_what_to_do() {
        let text = explained("421", None, false);
        for part in [
            "Service not available",
            "Who has to act: the operator",
            "lower concurrency",
            "RFC 5321",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
        let text = explained("422", None, true);
        for part in [
            "收信端邮件信箱的信件已经超过预设的信箱大小",
            "收件人",
            "调高配额",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
        let text = explained("111", None, false);
        assert!(
            text.contains("Not an SMTP reply") && text.contains("firewall"),
            "{text}"
        );
        for code in Catalog::embedded().codes() {
            for zh in [false, true] {
                explained(&code.code.to_string(), None, zh);
            }
        }
    }

    #[test]
    fn the_enhanced_code_decides_over_the_reply_code() {
        let text = explained("552", Some("5.2.2"), false);
        assert!(text.starts_with("552 5.2.2  Mailbox full"), "{text}");
        assert!(text.contains("552 Storage allocation exceeded"), "{text}");
        assert!(explained("4.7.28", None, false).contains("Slow down"));
        assert!(explained("mailbox_full", None, true).contains("收件人"));
    }

    #[test]
    fn unknown_codes_tell_what_their_digits_say_and_nonsense_is_a_usage_error() {
        assert!(explained("999", None, false).contains("unknown reply code"));
        assert!(explained("299", None, false).contains("success"));
        assert!(explained("5.99.1", None, false).contains("none of RFC 3463"));
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
