//! What commands print for a person, in English and in Chinese: as expected, and without an English sentence in Chinese.
//!
//! After an intended change, `UPDATE_LANGUAGES=1 cargo test --test suite chinese` writes the expected texts again.

use std::path::Path;
use std::process::{Command, Output};

const PROGRAM: &str = env!("CARGO_BIN_EXE_maillog_exporter");

/// The expected texts: `report.en.txt`, `report.zh.txt`, …
const EXPECTED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/languages");

const LANGUAGES: [&str; 2] = ["en", "zh"];

/// A log of the repository, whose lines have a year.
fn log(name: &str) -> String {
    format!("{}/tests/golden/{name}.log", env!("CARGO_MANIFEST_DIR"))
}

/// Runs a command in a language, and without any language in the environment.
fn run(arguments: &[&str], language: &str) -> Output {
    let mut program = Command::new(PROGRAM);
    let program = program.args(arguments).args(["--lang", language]);
    let program = program.env("TZ", "UTC").env_remove("LANG");
    let program = program.env_remove("LC_ALL").env_remove("LC_MESSAGES");
    program.output().expect("it runs")
}

fn printed(arguments: &[&str], language: &str) -> String {
    let output = run(arguments, language);
    assert!(output.status.success(), "{arguments:?}: {output:?}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// Compares a text with the expected one.
fn expect(name: &str, language: &str, found: &str) {
    let path = Path::new(EXPECTED).join(format!("{name}.{language}.txt"));
    if std::env::var_os("UPDATE_LANGUAGES").is_some() {
        std::fs::write(&path, found).expect("written");
    }
    let expected = std::fs::read_to_string(&path).expect("the expected text");
    assert_eq!(found, expected, "{name}.{language}");
}

/// Runs of three or more English words that are not in `quoted`, the text that is shown as it is.
fn english(text: &str, quoted: &str) -> Vec<String> {
    let is_word = |word: &str| word.len() > 1 && word.bytes().all(|it| it.is_ascii_lowercase());
    let around = [',', '.', ':', ';', '!', '(', ')', '"', '\''];
    let plain = |word: &str| word.trim_matches(around).to_owned();
    let quoted: Vec<String> = quoted.split_whitespace().map(plain).collect();
    let quoted = quoted.join(" ");
    let mut found = Vec::new();
    for line in text.lines() {
        let mut run: Vec<String> = Vec::new();
        for word in line
            .split(|it: char| it == ' ' || !it.is_ascii())
            .chain([""])
        {
            if is_word(&plain(word)) {
                run.push(plain(word));
                continue;
            }
            let words = std::mem::take(&mut run).join(" ");
            if words.matches(' ').count() >= 2 && !quoted.contains(&words) {
                found.push(words);
            }
        }
    }
    found
}

#[test]
fn english_sentences_are_found() {
    let quoted = "no such user here";
    assert!(english("报告：550 no such user here；mailbox_full", quoted).is_empty());
    assert_eq!(english("报告：look at it", quoted), ["look at it"]);
}

#[test]
fn report_is_whole_in_both_languages() {
    let logs = ["postfix-server", "exim-mainlog"].map(log);
    let quoted = logs
        .each_ref()
        .map(|path| std::fs::read_to_string(path).expect("a log"));
    for language in LANGUAGES {
        let arguments = ["report", "--detail", "4", &logs[0], &logs[1]];
        let text = printed(&arguments, language);
        expect("report", language, &text);
        if language == "zh" {
            let left = english(&text, &quoted.join("\n"));
            assert!(left.is_empty(), "{left:#?}");
        }
        let page = printed(&[&arguments[..], &["--format", "html"]].concat(), language);
        if language == "zh" {
            let body = page.split("</style>").nth(1).expect("a body");
            let words = body.split(['<', '>']).collect::<Vec<_>>().join("\n");
            let left = english(&words, &quoted.join("\n"));
            assert!(left.is_empty(), "{left:#?}");
        }
        // Programs read JSON: it is the same in all languages.
        let json = |language| printed(&["report", "--format", "json", &logs[0]], language);
        assert_eq!(json(language), json("en"));
    }
}

#[test]
fn language_is_that_of_the_environment_unless_an_option_names_it() {
    let of = |variables: &[(&str, &str)], arguments: &[&str]| {
        let mut program = Command::new(PROGRAM);
        for name in ["LANG", "LC_ALL", "LC_MESSAGES"] {
            program.env_remove(name);
        }
        let program = program.envs(variables.iter().copied());
        let program = program
            .arg("report")
            .arg(log("exim-mainlog"))
            .args(arguments);
        let output = program.output().expect("it runs");
        String::from_utf8(output.stdout)
            .expect("UTF-8")
            .contains("需要关注")
    };
    assert!(of(&[("LANG", "zh_CN.UTF-8")], &[]));
    assert!(of(
        &[("LANG", "de_DE.UTF-8"), ("LC_MESSAGES", "zh_CN")],
        &[]
    ));
    assert!(!of(&[("LANG", "zh_CN.UTF-8"), ("LC_ALL", "C")], &[]));
    assert!(!of(&[("LANG", "zh_CN.UTF-8")], &["--lang", "en"]));
    assert!(!of(&[], &[]) && of(&[], &["--lang", "zh-Hans"]));
}
