//! Mistakes in the command line in Chinese, for environments whose language is Chinese.

use std::error::Error as _;

use clap::error::{ContextKind, ContextValue, ErrorKind};

use super::{chinese_errors, script};

/// What clap says of a mistake, in Chinese; `None` if there are no words for it.
pub fn describe(error: &clap::Error) -> Option<String> {
    let text = |kind| one(error, kind);
    let argument = text(ContextKind::InvalidArg);
    let problem = match error.kind() {
        ErrorKind::UnknownArgument => format!("不认识的参数 {}", argument?),
        ErrorKind::InvalidSubcommand => {
            format!("不认识的命令 {}", text(ContextKind::InvalidSubcommand)?)
        }
        ErrorKind::InvalidValue => match text(ContextKind::InvalidValue)? {
            "" => format!("参数 {} 需要一个值", argument?),
            value => format!("参数 {} 的值 {value} 无效", argument?),
        },
        ErrorKind::ValueValidation => {
            let value = text(ContextKind::InvalidValue)?;
            let reason = error.source()?.to_string();
            let reason = chinese_errors::translate(&reason);
            format!("参数 {} 的值 {value} 无效：{reason}", argument?)
        }
        ErrorKind::MissingRequiredArgument => {
            let missing = list(error, ContextKind::InvalidArg);
            format!("缺少必需的参数：{}", missing.join(" "))
        }
        ErrorKind::ArgumentConflict => {
            let others = list(error, ContextKind::PriorArg);
            match others.as_slice() {
                [] => return None,
                // It was given twice.
                [other] if Some(*other) == argument => format!("参数 {other} 不能重复给出"),
                others => format!("参数 {} 不能与 {} 同时使用", argument?, others.join("、")),
            }
        }
        _ => return None,
    };
    let mut description = format!("错误：{problem}\n");
    let values = list(error, ContextKind::ValidValue);
    if !values.is_empty() {
        description += &format!("  可用的值：{}\n", values.join("、"));
    }
    let suggestions: Vec<&str> = [
        ContextKind::SuggestedArg,
        ContextKind::SuggestedSubcommand,
        ContextKind::SuggestedValue,
    ]
    .into_iter()
    .flat_map(|kind| list(error, kind))
    .collect();
    if !suggestions.is_empty() {
        description += &format!("\n  提示：是否应为 {}？\n", suggestions.join("、"));
    }
    if let Some(ContextValue::StyledStr(usage)) = error.get(ContextKind::Usage) {
        let usage = usage.to_string();
        let usage = usage.trim_start_matches("Usage:").trim();
        description += &format!("\n用法：{usage}\n");
    }
    description += "\n详细说明请用 --help 查看。\n";
    Some(script::shown(&description).into_owned())
}

/// The one text of this kind.
fn one(error: &clap::Error, kind: ContextKind) -> Option<&str> {
    match error.get(kind)? {
        ContextValue::String(text) => Some(text),
        _ => None,
    }
}

/// The texts of this kind.
fn list(error: &clap::Error, kind: ContextKind) -> Vec<&str> {
    match error.get(kind) {
        Some(ContextValue::String(text)) => vec![text],
        Some(ContextValue::Strings(texts)) => texts.iter().map(String::as_str).collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn mistakes_are_described_in_chinese() {
        for (arguments, expected) in [
            (&["--conf.file=x"][..], "错误：不认识的参数 --conf"),
            (&["report", "--lag", "en", "x"], "是否应为 --lang？"),
            (
                &["report", "--format", "xml", "x"],
                "参数 --format <FORMAT> 的值 xml 无效\n  可用的值：text、json、html\n",
            ),
            (&["report", "--format"], "参数 --format <FORMAT> 需要一个值"),
            (&["report", "--threads", "0", "x"], "的值 0 无效"),
            (&["trace", "two words", "x"], "应为队列 ID、Message-ID"),
            (
                &["explain"],
                "缺少必需的参数：<CODE>\n\n用法：maillog_exporter explain <CODE>",
            ),
            (&["completions", "bsh"], "是否应为 bash？"),
            (
                &["report", "--format=text", "--format=json", "x"],
                "参数 --format <FORMAT> 不能重复给出",
            ),
        ] {
            let command = crate::cli::Cli::command();
            let with_name = std::iter::once("maillog_exporter").chain(arguments.iter().copied());
            let error = command
                .try_get_matches_from(with_name)
                .expect_err("a mistake");
            let found = describe(&error).unwrap_or_default();
            assert!(found.contains(expected), "{arguments:?}: {found}");
        }
    }
}
