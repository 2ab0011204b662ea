//! What commands print for a person, in English and in Chinese: as expected, and without an English sentence in Chinese.
//!
//! After an intended change, `UPDATE_LANGUAGES=1 cargo test --test suite chinese` writes the expected texts again.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Output, Stdio};

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
    for line in text.replace('、', ", ").lines() {
        let mut run: Vec<String> = Vec::new();
        for word in line
            .split(|it: char| it == ' ' || !it.is_ascii())
            .chain([""])
        {
            if is_word(&plain(word)) {
                run.push(plain(word));
                // A list of names is none.
                if !word.ends_with(',') {
                    continue;
                }
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
        let quoted = quoted.join("\n");
        assert_chinese(language, &text, &quoted);
        let page = printed(&[&arguments[..], &["--format", "html"]].concat(), language);
        let body = page.split("</style>").nth(1).expect("a body");
        let words = body.split(['<', '>']).collect::<Vec<_>>().join("\n");
        assert_chinese(language, &words, &quoted);
        // Programs read JSON: it is the same in all languages.
        let json = |language| printed(&["report", "--format", "json", &logs[0]], language);
        assert_eq!(json(language), json("en"));
    }
}

/// Runs a command with standard input.
fn piped(arguments: &[&str], language: &str, input: &str) -> String {
    let mut program = Command::new(PROGRAM);
    let program = program.args(arguments).args(["--lang", language]);
    let program = program.env("TZ", "UTC").stdin(Stdio::piped());
    let mut child = program.stdout(Stdio::piped()).spawn().expect("it runs");
    let mut stdin = child.stdin.take().expect("standard input");
    stdin.write_all(input.as_bytes()).expect("written");
    drop(stdin);
    let output = child.wait_with_output().expect("it ends");
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// In Chinese, nothing of the text is English but what is quoted.
fn assert_chinese(language: &str, text: &str, quoted: &str) {
    if language == "zh" {
        let left = english(text, quoted);
        assert!(left.is_empty(), "{left:#?} in {text}");
    }
}

#[test]
fn trace_tells_the_same_story_in_both_languages() {
    let logs = ["mx1.log", "mx2.log", "exim.log"].map(super::trace::log);
    let [mx1, mx2, exim] = logs.each_ref().map(|path| path.to_str().expect("UTF-8"));
    let quoted = logs
        .each_ref()
        .map(|path| std::fs::read_to_string(path).expect("a log"));
    let quoted = quoted.join("\n");
    for language in LANGUAGES {
        for (name, arguments) in [
            ("story", &["5A10C54330B", mx1, mx2][..]),
            ("list", &["@example.net", mx1, mx2]),
            ("exim", &["1vNabd-0000A2-02", exim]),
        ] {
            let text = printed(&[&["trace"], arguments].concat(), language);
            expect(&format!("trace-{name}"), language, &text);
            assert_chinese(language, &text, &quoted);
        }
        let nothing = run(&["trace", "nothing", mx1], language);
        let error = String::from_utf8(nothing.stderr).expect("UTF-8");
        assert_chinese(language, &error, "");
    }
    let json = |language| printed(&["trace", "--format", "json", "5A10C54330B", mx1], language);
    assert_eq!(json("zh"), json("en"));
}

#[test]
fn replay_tells_alerts_in_both_languages() {
    let folder = tempfile::tempdir().expect("a folder");
    let log = folder.path().join("mail.log");
    std::fs::write(&log, super::replay::log()).expect("written");
    let log = log.to_str().expect("UTF-8");
    for language in LANGUAGES {
        for (name, arguments) in [
            ("replay", &["replay", log][..]),
            ("replay-tune", &["replay", "--tune", log]),
        ] {
            let text = printed(arguments, language);
            expect(name, language, &text);
            assert_chinese(language, &text, "");
        }
    }
    let json = |language| printed(&["replay", "--format", "json", log], language);
    assert_eq!(json("zh"), json("en"));
}

#[test]
fn follow_prints_events_and_summaries_in_both_languages() {
    let log = std::fs::read_to_string(super::trace::log("mx1.log")).expect("a log");
    for language in LANGUAGES {
        let text = piped(&["follow", "-"], language, &log);
        let (events, summary) = text.split_once("──").expect("a summary");
        // How long it took is not always the same.
        let summary = summary.split_once([':', '：']).expect("a time span").1;
        let text = format!("{events}── {}", summary.trim_start());
        expect("follow", language, &text);
        assert_chinese(language, &text, &log);
    }
}

#[test]
fn demo_introduces_itself_in_both_languages() {
    for language in LANGUAGES {
        let mut program = Command::new(PROGRAM);
        program.args([
            "demo",
            "--web.listen-address=127.0.0.1:0",
            "--lang",
            language,
        ]);
        let mut child = program.stdout(Stdio::piped()).spawn().expect("it runs");
        let output = BufReader::new(child.stdout.take().expect("its output"));
        // What follows, alerts and counts, depends on the speed of the machine.
        let later = ["Maillog", "sent ", "已投递 "];
        let lines = output.lines().map(|line| line.expect("a line"));
        let lines = lines.take_while(|line| !later.iter().any(|it| line.contains(it)));
        let text = Vec::from_iter(lines).join("\n") + "\n";
        child.kill().expect("it ends");
        child.wait().expect("it ended");
        assert_chinese(language, &text, "");
        let port = text.split("127.0.0.1:").nth(1);
        let port = port.and_then(|it| it.split('/').next()).expect("a port");
        let (_, text) = text.split_once('\n').expect("a title");
        expect("demo", language, &text.replace(port, "PORT"));
    }
}

#[test]
fn check_names_place_field_mistake_and_remedy_in_chinese() {
    let config = format!("{}/tests/config", env!("CARGO_MANIFEST_DIR"));
    let path = format!("{EXPECTED}/check.zh.txt");
    let mistakes = std::fs::read_to_string(path).expect("the expected text");
    assert_chinese("zh", &mistakes, "");
    for line in mistakes.lines() {
        assert!(line.contains('；') && line.contains(".bad.yml:"), "{line}");
    }
    let wrong = run(&["check", &format!("{config}/log_level.bad.yml")], "zh");
    let error = String::from_utf8(wrong.stderr).expect("UTF-8");
    assert_eq!(wrong.status.code(), Some(2), "{error}");
    assert!(
        error.ends_with(
            ":2:10: 字段 log.level：未知的值 \"verbose\"；应为以下之一：debug, info, warn, error\n"
        ),
        "{error}"
    );
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("mail.log"), "").expect("written");
    let valid = folder.path().join("mx.yml");
    let sources = "\
sources:
  - {name: mail, files: [FOLDER/mail.log, FOLDER/other.log], format: postfix}
  - {journald: {}}
  - {syslog: [\"udp://:5514\"]}
  - {pipe: \"-\"}
";
    let sources = sources.replace("FOLDER", folder.path().to_str().expect("UTF-8"));
    std::fs::write(&valid, sources).expect("written");
    let valid = valid.to_str().expect("UTF-8");
    for language in LANGUAGES {
        let text = printed(&["check", valid], language);
        let text = text.replace(folder.path().to_str().expect("UTF-8"), "/var/log");
        expect("check-valid", language, &text);
        assert_chinese(language, &text, "");
    }
}

#[test]
fn readers_in_taiwan_and_hong_kong_get_traditional_characters() {
    let server = log("postfix-server");
    // The log, and a command that doctor names.
    let quoted =
        std::fs::read_to_string(&server).expect("a log") + "systemctl status rsyslog; logger ";
    let config = format!(
        "{}/tests/config/log_level.bad.yml",
        env!("CARGO_MANIFEST_DIR")
    );
    let mx1 = super::trace::log("mx1.log");
    let mx1 = mx1.to_str().expect("UTF-8");
    for (arguments, words) in [
        (
            &["report", "--detail", "3", &server][..],
            ["郵件報告", "原因分類", "伺服器"],
        ),
        (
            &["report", "--format", "html", &server],
            ["zh-Hant-TW", "需要關注", "郵件"],
        ),
        (
            &["trace", "5A10C54330B", mx1],
            ["佇列 ID", "收件人", "誰來處理"],
        ),
        (&["check", &config], ["欄位 log.level", "未知的值", "應為"]),
        (&["explain", "421"], ["伺服器", "連線", "發生了什麼"]),
        (&["explain", "552"], ["怎麼辦", "收件人", "郵箱"]),
        (&["doctor", &server], ["正常", "使用者", "讀取"]),
    ] {
        for language in ["zh-TW", "zh_HK.UTF-8"] {
            let output = run(arguments, language);
            let bytes = [output.stdout, output.stderr].concat();
            let text = String::from_utf8(bytes).expect("UTF-8");
            for word in words {
                assert!(text.contains(word), "{word} is not in {text}");
            }
            for simplified in ["邮", "队", "连", "务", "这", "发", "处", "级"] {
                assert!(!text.contains(simplified), "{simplified} in {text}");
            }
            assert_chinese(
                "zh",
                &text,
                &(quoted.clone() + &std::fs::read_to_string(mx1).expect("a log")),
            );
        }
    }
    // What a log says is quoted as it is.
    let line = "2026-11-23T10:00:00+00:00 mx postfix/smtp[1]: 4F9D1954321: to=<a@example.org>, relay=mx.example.org[192.0.2.1]:25, delay=2, delays=0/0/1/1, dsn=5.1.1, status=bounced (host mx.example.org[192.0.2.1] said: 550 5.1.1 邮箱不存在 (in reply to RCPT TO command))\n";
    let text = piped(&["follow", "-"], "zh-TW", line);
    assert!(
        text.contains("邮箱不存在") && text.contains("退信"),
        "{text}"
    );
    let help = Command::new(PROGRAM)
        .arg("--help")
        .env("LC_ALL", "zh_TW.UTF-8")
        .output();
    let help = String::from_utf8(help.expect("it runs").stdout).expect("UTF-8");
    assert!(help.contains("郵件") && !help.contains("邮"), "{help}");
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
