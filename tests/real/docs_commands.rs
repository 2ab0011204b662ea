//! The commands and configurations of the documentation: those that can run on a machine with a mail log and an exporter run
//! here, over private copies of /etc, /var/log and /var/lib.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::Result;
use crate::exporter::{Daemon, PROGRAM};
use crate::sandbox::{finish, private_etc};

const SOURCE: &str = env!("CARGO_MANIFEST_DIR");

/// Pages whose commands run.
const PAGES: [&str; 4] = ["README.md", "CONTRIBUTING.md", "docs", "docs/zh"];

/// Programs whose commands run here.
const RUN: [&str; 9] = [
    "amtool",
    "cp",
    "curl",
    "grep",
    "gzip",
    "head",
    "maillog_exporter",
    "printf",
    "promtool",
];

/// Programs whose commands do not: they build, install, need a network or a forge, or are tested by other trials.
const ELSEWHERE: [&str; 24] = [
    "alertmanager",
    "cargo",
    "cd",
    "cosign",
    "docker",
    "echo",
    "for",
    "gh",
    "helm",
    "install",
    "journalctl",
    "kubectl",
    "npm",
    "packaging/build-deb",
    "packaging/container/build",
    "packaging/release/build",
    "packaging/release/tools",
    "podman",
    "rustup",
    "sha256sum",
    "ssh",
    "sudo",
    "systemctl",
    "jb",
];

/// Commands that need what is not here: an Alertmanager or a Prometheus that answers, a terminal, a configuration or a file of
/// the reader's. The flags of the daemon are tested in tests/serve.
const WITHOUT: [&str; 9] = [
    "amtool check-config",
    "amtool silence",
    "curl -X",
    "maillog_exporter --c",
    "maillog_exporter --web",
    "maillog_exporter LOG",
    "maillog_exporter demo",
    "maillog_exporter top",
    "promtool tsdb create-blocks-from rules",
];

/// A configuration for logs of any program, and a line of one.
const CONFIGURATION: &str = "\
patterns:
  - regex: 'to=<(?<recipient>.*?)> (?<text>[2-5][0-9][0-9] .*)'
";
const LINE: &str = "to=<bob@example.net> 250 2.0.0 Ok\n";

/// Lines that the examples look for: a message with an id, and an address.
const MESSAGE: &str = "\
Nov 23 10:00:00 mx1 postfix/cleanup[811]: 4F9D195432A: message-id=<one@example.org>
Nov 23 10:00:00 mx1 postfix/qmgr[12]: 4F9D195432A: from=<ann@example.org>, size=1200, nrcpt=1 (queue active)
Nov 23 10:00:01 mx1 postfix/smtp[812]: 4F9D195432A: to=<bob@example.net>, relay=mx.example.net[192.0.2.1]:25, delay=1, \
delays=0/0/0.5/0.5, dsn=4.7.0, status=deferred (host mx.example.net[192.0.2.1] said: 421 4.7.0 Try again later (in reply \
to MAIL FROM command))
";

/// A code block with its language.
struct Block {
    page: String,
    language: String,
    text: String,
}

/// The code blocks of a page.
fn blocks(page: &Path) -> Result<Vec<Block>> {
    let mut found = Vec::new();
    let mut open: Option<Block> = None;
    for line in fs::read_to_string(page)?.lines() {
        match (line.trim_start().strip_prefix("```"), &mut open) {
            (Some(_), Some(_)) => found.extend(open.take()),
            (Some(language), None) => {
                open = Some(Block {
                    page: page.display().to_string(),
                    language: language.to_owned(),
                    text: String::new(),
                });
            }
            (None, Some(block)) => {
                block.text.push_str(line);
                block.text.push('\n');
            }
            (None, None) => {}
        }
    }
    Ok(found)
}

fn all_blocks() -> Result<Vec<Block>> {
    let mut found = Vec::new();
    for page in PAGES {
        let path = Path::new(SOURCE).join(page);
        if path.is_file() {
            found.extend(blocks(&path)?);
            continue;
        }
        for entry in fs::read_dir(path)? {
            let path = entry?.path();
            if path.extension().is_some_and(|it| it == "md") {
                found.extend(blocks(&path)?);
            }
        }
    }
    Ok(found)
}

/// The programs of a command line: the first word of each part of a pipeline or list, outside quotes.
fn programs(line: &str) -> Vec<&str> {
    let mut programs = Vec::new();
    let mut quote = None;
    let mut from = 0;
    for (at, character) in line.char_indices().chain([(line.len(), ';')]) {
        match (quote, character) {
            (None, '\'' | '"') => quote = Some(character),
            (Some(open), _) if open == character => quote = None,
            (None, '|' | '&' | ';') => {
                programs.extend(line[from..at].split_whitespace().next());
                from = at + 1;
            }
            _ => {}
        }
    }
    programs
}

/// What the commands need: a log and its rotated files, configurations, the files of the repository.
fn prepare(folder: &Path) -> Result<()> {
    let etc = private_etc(folder)?;
    for (name, place) in [("log", "/var/log"), ("lib", "/var/lib")] {
        let own = folder.join(name);
        fs::create_dir_all(&own)?;
        finish(Command::new("mount").arg("--bind").arg(own).arg(place))?;
    }
    let source = Path::new(SOURCE);
    let log = fs::read_to_string(source.join("tests/golden/postfix-client.log"))? + MESSAGE;
    let work = folder.join("work");
    for place in [folder.join("log"), work.join("mx1"), work.join("mx2")] {
        fs::create_dir_all(&place)?;
        fs::write(place.join("mail.log"), &log)?;
    }
    fs::write(folder.join("log/mail.log.1"), &log)?;
    fs::copy(
        source.join("docs/examples/policy.yml"),
        work.join("policy.yml"),
    )?;
    fs::write(work.join("maillog.yml"), CONFIGURATION)?;
    fs::write(work.join("app.log"), LINE)?;
    std::os::unix::fs::symlink(source.join("alerts"), work.join("alerts"))?;
    for place in [
        "maillog_exporter",
        "prometheus/rules",
        "bash_completion.d",
        "fish/completions",
    ] {
        fs::create_dir_all(etc.join(place))?;
    }
    fs::copy(
        source.join("packaging/maillog_exporter.yml"),
        etc.join("maillog_exporter/maillog_exporter.yml"),
    )?;
    for place in [
        "local/share/man/man1",
        "local/share/zsh/site-functions",
        "bin",
    ] {
        fs::create_dir_all(folder.join(place))?;
    }
    std::os::unix::fs::symlink(PROGRAM, folder.join("bin/maillog_exporter"))?;
    Ok(())
}

/// Runs a command line in the work directory.
fn run(line: &str, folder: &Path) -> Result<()> {
    // What would be written outside the private directories.
    let own = |name: &str| folder.join(name).display().to_string();
    let line = line
        .replace("/usr/local/", &(own("local") + "/"))
        .replace("/tmp/mine", &own("mine"));
    let path = format!("{}:{}", own("bin"), std::env::var("PATH")?);
    let output = Command::new("bash")
        .args(["-euo", "pipefail", "-c", &line])
        .current_dir(folder.join("work"))
        .env("PATH", path)
        .env("no_proxy", "*")
        .output()?;
    // `doctor` found something to mend.
    let found = line.starts_with("maillog_exporter doctor") && output.status.code() == Some(1);
    if output.status.success() || (found && !output.stdout.is_empty()) {
        return Ok(());
    }
    Err(format!("{line}: {output:?}").into())
}

/// Whether the command is the daemon: an option, the path of a log or `serve` follows the program's name.
fn is_daemon(line: &str) -> bool {
    let next = line
        .strip_prefix("maillog_exporter ")
        .and_then(|rest| rest.split_whitespace().next());
    next.is_some_and(|word| {
        word == "serve" || word.starts_with('/') || (word.starts_with("--") && word != "--version")
    })
}

/// Runs a daemon until it is ready; the address is added.
fn serve(line: &str, folder: &Path) -> Result<()> {
    let words: Vec<&str> = line
        .split_whitespace()
        .skip(1)
        .filter(|it| *it != "serve")
        .collect();
    let own = folder.join("daemon");
    fs::create_dir_all(&own)?;
    let (logs, arguments): (Vec<&str>, Vec<&str>) =
        words.into_iter().partition(|word| word.starts_with('/'));
    let log = logs.first().ok_or("no log")?;
    let mut daemon = Daemon::at_with("127.0.0.1:9926", Path::new(log), &own, &arguments)?;
    daemon.end("TERM")
}

/// Every command of a shell block runs, or its program is in the list of those that run elsewhere.
pub fn commands(folder: &Path) -> Result<()> {
    prepare(folder)?;
    let _exporter = Daemon::start(Path::new("/var/log/mail.log"), folder)?;
    let mut ran = 0;
    for block in all_blocks()?.iter().filter(|it| it.language == "sh") {
        for line in block.text.replace("\\\n", " ").lines() {
            // A comment begins after a blank.
            let line = line.split(" #").next().unwrap_or_default().trim();
            let programs = programs(line);
            if programs.is_empty() || WITHOUT.iter().any(|it| line.starts_with(it)) {
                continue;
            }
            if let Some(other) = programs.iter().find(|it| !RUN.contains(it)) {
                if ELSEWHERE.contains(other) {
                    continue;
                }
                return Err(format!("{}: {other} is in neither list: {line}", block.page).into());
            }
            let result = if is_daemon(line) {
                serve(line, folder)
            } else {
                run(line, folder)
            };
            result.map_err(|error| format!("{}: {error}", block.page))?;
            ran += 1;
        }
    }
    if ran < 40 {
        return Err(format!("only {ran} commands ran").into());
    }
    Ok(())
}

/// The keys at the top of a YAML block.
fn top_keys(text: &str) -> Vec<&str> {
    text.lines()
        .filter(|line| line.starts_with(|it: char| it.is_ascii_lowercase()))
        .filter_map(|line| line.split(':').next())
        .collect()
}

/// Configurations of the exporter pass `check`, those of Prometheus and rules pass promtool.
pub fn configurations(folder: &Path) -> Result<()> {
    const EXPORTER: [&str; 5] = ["sources", "alerting", "providers", "patterns", "postfix"];
    let file = folder.join("block.yml");
    let (mut own, mut of_prometheus) = (0, 0);
    for block in all_blocks()?.iter().filter(|it| it.language == "yaml") {
        // The files with keys and passwords do not exist here.
        if block.text.contains("_file: /etc/maillog_exporter/") {
            continue;
        }
        let keys = top_keys(&block.text);
        // Values of the chart, and configurations of other programs.
        if block.page.contains("kubernetes") || keys.contains(&"apiVersion") {
            continue;
        }
        fs::write(&file, &block.text)?;
        let mut command = match &keys[..] {
            keys if keys.contains(&"groups") => {
                let mut command = Command::new("promtool");
                command.args(["check", "rules"]);
                command
            }
            keys if keys
                .iter()
                .any(|it| ["scrape_configs", "remote_write", "rule_files"].contains(it)) =>
            {
                let mut command = Command::new("promtool");
                command.args(["check", "config", "--syntax-only"]);
                command
            }
            keys if keys.iter().any(|it| EXPORTER.contains(it)) => {
                own += 1;
                let mut command = Command::new(PROGRAM);
                command.arg("check");
                command
            }
            _ => continue,
        };
        of_prometheus += usize::from(command.get_program() == "promtool");
        finish(command.arg(&file))
            .map_err(|error| format!("{}: {error}\n{}", block.page, block.text))?;
    }
    if own < 8 || of_prometheus < 6 {
        return Err(format!(
            "only {own} configurations of the exporter, {of_prometheus} of Prometheus"
        )
        .into());
    }
    Ok(())
}
