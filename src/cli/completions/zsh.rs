//! The completion script of zsh.

use std::fmt::Write as _;

use super::model::{CommandLine, CommandSpec, Flag, Values};

const HEAD: &str = "\
#compdef maillog_exporter

_maillog_exporter() {
    local command=serve
    local -a commands=(
";

/// The script.
pub fn script(line: &CommandLine) -> String {
    let mut script = HEAD.to_owned();
    for command in &line.commands {
        let entry = format!("{}:{}", command.name, command.about);
        // Writing to a string cannot fail.
        let _ = writeln!(script, "        {}", quoted(&entry));
    }
    script.push_str(
        "    )\n    \
             if (( CURRENT == 2 )) && [[ $words[2] != -* ]]; then\n        \
                 _describe -t commands command commands\n        \
                 _files\n        \
                 return\n    \
             fi\n    \
             # Only the first word can be a command; without one, it is serve.\n    \
             if (( ${commands[(I)${(b)words[2]}:*]} )); then\n        \
                 command=$words[2]\n        \
                 shift words\n        \
                 (( CURRENT-- ))\n    \
             fi\n    \
             case $command in\n",
    );
    for command in &line.commands {
        let _ = writeln!(script, "    {})\n        _arguments -S \\", command.name);
        for flag in &command.flags {
            flag_lines(flag, &mut script);
        }
        let _ = writeln!(
            script,
            "            {}\n        ;;",
            quoted(&operands(command))
        );
    }
    script.push_str("    esac\n}\n\n");
    // Autoloaded, the file is the function; sourced, it defines the function.
    script.push_str(
        "if [ \"$funcstack[1]\" = _maillog_exporter ]; then\n    _maillog_exporter \"$@\"\nelse\n    \
             compdef _maillog_exporter maillog_exporter\nfi\n",
    );
    script
}

/// One line for each name of a flag.
fn flag_lines(flag: &Flag, script: &mut String) {
    for name in &flag.names {
        let repeated = if flag.repeatable { "*" } else { "" };
        let about = escaped(&flag.about, &['[', ']']);
        let spec = match &flag.value_name {
            None => format!("{repeated}{name}[{about}]"),
            Some(value) => format!(
                "{repeated}{name}=[{about}]:{value}:{}",
                action(&flag.values)
            ),
        };
        // Writing to a string cannot fail.
        let _ = writeln!(script, "            {} \\", quoted(&spec));
    }
}

fn operands(command: &CommandSpec) -> String {
    format!("*:operand:{}", action(&command.operands))
}

/// What is offered for a value, as `_arguments` wants it.
fn action(values: &Values) -> String {
    match values {
        Values::Free => " ".to_owned(),
        Values::Files => "_files".to_owned(),
        Values::Directories => "_files -/".to_owned(),
        Values::Words(words) if words.iter().all(|(_, about)| about.is_empty()) => {
            let words: Vec<&str> = words.iter().map(|(word, _)| &**word).collect();
            format!("({})", words.join(" "))
        }
        Values::Words(words) => {
            let words: Vec<String> = words
                .iter()
                .map(|(word, about)| {
                    let about = escaped(about, &['\\', '"', '`', '$', ':']);
                    format!("{word}\\:\"{about}\"")
                })
                .collect();
            format!("(({}))", words.join(" "))
        }
    }
}

fn escaped(text: &str, special: &[char]) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        if special.contains(&character) || character == '\\' {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    escaped
}

/// A text in single quotes.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}
