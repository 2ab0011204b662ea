//! Finds examples in texts.

use std::collections::BTreeSet;
use std::path::Path;

/// The examples in README.md and docs/, each with its file. `commands` are the names of the commands.
pub fn of_documents(commands: &BTreeSet<String>) -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut all = Vec::new();
    let docs = std::fs::read_dir(root.join("docs")).expect("docs");
    let docs = docs.map(|it| it.expect("an entry").path());
    for path in docs.chain([root.join("README.md")]) {
        if path.extension().is_some_and(|it| it == "md") {
            let text = std::fs::read_to_string(&path).expect("a text");
            let place = path.display().to_string();
            let found = examples(&text, commands).into_iter();
            all.extend(found.map(|it| (place.clone(), it)));
        }
    }
    all
}

/// The command lines in a text: those in code blocks and in code spans of Markdown, and those of `--help`.
pub fn examples(text: &str, commands: &BTreeSet<String>) -> Vec<String> {
    let joined = text.replace("\\\n", " ");
    let mut found = Vec::new();
    let mut in_block = false;
    for line in joined.lines() {
        if line.starts_with("```") {
            in_block = !in_block;
        } else if in_block {
            found.extend(command_line(line));
        } else {
            // Every second part is code; in tables, the name of the program is left out.
            for span in line.split('`').skip(1).step_by(2) {
                let first = span.split(' ').next().unwrap_or_default();
                if commands.contains(first) && span.contains(" --") {
                    found.extend(command_line(&format!("maillog_exporter {span}")));
                } else if span.starts_with("maillog_exporter ") && span.contains(" --") {
                    found.extend(command_line(span));
                }
            }
        }
    }
    found
}

/// The part of a shell's line that runs this program, without what follows it.
fn command_line(line: &str) -> Option<String> {
    let line = line.trim_start().trim_start_matches("$ ");
    let at = line.match_indices("maillog_exporter").find(|(at, name)| {
        let before = line[..*at].chars().next_back();
        let after = line[at + name.len()..].chars().next();
        before.is_none_or(|it| it == ' ' || it == '\'') && after.is_none_or(|it| it == ' ')
    })?;
    // What others are asked to do with it.
    let others = [
        "podman",
        "docker",
        "install ",
        "useradd",
        "systemctl",
        "journalctl",
        "usermod",
        "packaging/",
    ];
    let before = &line[..at.0];
    if others.iter().any(|other| before.contains(other)) {
        return None;
    }
    let mut command = String::new();
    let mut quote = None;
    for letter in line[at.0..].chars() {
        match quote {
            Some(open) if open == letter => quote = None,
            Some(_) => {}
            None if letter == '\'' && before.contains('\'') => break,
            None if letter == '\'' || letter == '"' => quote = Some(letter),
            None if "|>&;#\\".contains(letter) => break,
            // A description follows after two spaces.
            None if letter == ' ' && command.ends_with(' ') => break,
            None => {}
        }
        command.push(letter);
    }
    let command = command.trim().to_owned();
    let is_sentence =
        command.contains(['…', ':']) && !command.contains("--") && command.contains(": ");
    (!is_sentence).then_some(command)
}

/// The words of a command line.
pub fn words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quote = None;
    for letter in line.chars() {
        match quote {
            Some(open) if open == letter => quote = None,
            None if letter == '\'' || letter == '"' => quote = Some(letter),
            None if letter == ' ' => words.push(String::new()),
            _ => {
                if let Some(word) = words.last_mut() {
                    word.push(letter);
                }
            }
        }
    }
    words.retain(|it| !it.is_empty());
    words
}
