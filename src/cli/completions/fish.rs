//! The completion script of fish.

use std::fmt::Write as _;

use super::model::{CommandLine, CommandSpec, Flag, Values};

/// The script.
pub fn script(line: &CommandLine) -> String {
    let names: Vec<&str> = line.commands.iter().map(|it| &*it.name).collect();
    let names = names.join(" ");
    // Only the first word can be a command; without one, it is `serve`.
    let mut script = format!(
        "# The words before the cursor begin with one of these commands.\n\
         function __maillog_exporter_command\n    \
             set -l words (commandline -opc)\n    \
             set -l command serve\n    \
             if contains -- \"$words[2]\" {names}\n        \
                 set command $words[2]\n    \
             end\n    \
             contains -- $command $argv\n\
         end\n\
         \n\
         # Nothing is before the cursor.\n\
         function __maillog_exporter_first\n    \
             test (count (commandline -opc)) -eq 1\n\
         end\n\
         \n"
    );
    for command in &line.commands {
        // Writing to a string cannot fail.
        let _ = writeln!(
            script,
            "complete -c maillog_exporter -n __maillog_exporter_first -a {} -d {}",
            command.name,
            quoted(&command.about)
        );
    }
    for command in &line.commands {
        let condition = quoted(&format!("__maillog_exporter_command {}", command.name));
        operands(command, &condition, &mut script);
        for flag in &command.flags {
            let _ = writeln!(
                script,
                "complete -c maillog_exporter -n {condition}{} -d {}",
                options(flag),
                quoted(&flag.about)
            );
        }
    }
    script
}

/// The names of a flag and what its value can be.
fn options(flag: &Flag) -> String {
    let mut options = String::new();
    for name in &flag.names {
        options += &match name.strip_prefix("--") {
            Some(long) => format!(" -l {long}"),
            None => format!(" -s {}", name.trim_start_matches('-')),
        };
    }
    if flag.value_name.is_some() {
        options += &match &flag.values {
            Values::Free => " -x".to_owned(),
            Values::Files => " -r -F".to_owned(),
            Values::Directories => " -x -a '(__fish_complete_directories)'".to_owned(),
            Values::Words(words) => format!(" -x -a {}", list(words)),
        };
    }
    options
}

fn operands(command: &CommandSpec, condition: &str, script: &mut String) {
    let options = match &command.operands {
        Values::Files => return,
        Values::Free => "-f".to_owned(),
        Values::Directories => "-f -a '(__fish_complete_directories)'".to_owned(),
        Values::Words(words) => format!("-f -a {}", list(words)),
    };
    // Writing to a string cannot fail.
    let _ = writeln!(
        script,
        "complete -c maillog_exporter -n {condition} {options}"
    );
}

/// Words with their descriptions, as the argument of `-a`.
fn list(words: &[(String, String)]) -> String {
    let lines: Vec<String> = words
        .iter()
        .map(|(word, about)| match about.is_empty() {
            true => word.clone(),
            // The list is evaluated once more, in which \t is a tab.
            false => format!("{word}\\t{}", quoted(about)),
        })
        .collect();
    quoted(&lines.join("\n"))
}

/// A text in single quotes.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"))
}
