//! The completion script of bash.

use std::fmt::Write as _;

use super::model::{CommandLine, CommandSpec, Values};

const HEAD: &str = r#"_maillog_exporter() {
    local cur=$2 prev=$3 command= words=
    # Bash makes a word of the = in --flag=value.
    if [[ $cur == "=" ]]; then
        cur=
    elif [[ $prev == "=" ]]; then
        prev=${COMP_WORDS[COMP_CWORD-2]}
    fi
    if ((COMP_CWORD > 1)); then
        command=${COMP_WORDS[1]}
    fi
"#;

const TAIL: &str = r#"    if [[ $cur != -* ]]; then
        return
    fi
    COMPREPLY=($(compgen -W "$words" -- "$cur"))
} && complete -o bashdefault -o default -o nosort -F _maillog_exporter maillog_exporter
"#;

/// The script.
pub fn script(line: &CommandLine) -> String {
    let names: Vec<&str> = line.commands.iter().map(|it| &*it.name).collect();
    let mut script = HEAD.to_owned();
    // Writing to a string cannot fail.
    let _ = write!(
        script,
        "    COMPREPLY=()\n    case $command in\n    {}) ;;\n    *) command=serve ;;\n    esac\n",
        names.join("|")
    );
    values_of_flags(line, &mut script);
    let _ = write!(
        script,
        "    if ((COMP_CWORD == 1)) && [[ $cur != -* ]]; then\n        COMPREPLY=($(compgen -W \"{}\" -- \"$cur\"))\n        \
         return\n    fi\n    case $command in\n",
        names.join(" ")
    );
    for command in &line.commands {
        let flags: Vec<&str> = command.flag_names().collect();
        let _ = writeln!(
            script,
            "    {})\n        words=\"{}\"",
            command.name,
            flags.join(" ")
        );
        operands(command, &mut script);
        script.push_str("        ;;\n");
    }
    script.push_str("    esac\n");
    script.push_str(TAIL);
    script
}

/// The values of flags. Without a match, bash completes files.
fn values_of_flags(line: &CommandLine, script: &mut String) {
    script.push_str("    case \"$command $prev\" in\n");
    for command in &line.commands {
        for flag in command.flags.iter().filter(|it| it.value_name.is_some()) {
            let patterns: Vec<String> = flag
                .names
                .iter()
                .map(|name| format!("\"{} {name}\"", command.name))
                .collect();
            let reply = match &flag.values {
                Values::Words(words) => {
                    let words: Vec<&str> = words.iter().map(|(word, _)| &**word).collect();
                    format!(
                        "COMPREPLY=($(compgen -W \"{}\" -- \"$cur\"))",
                        words.join(" ")
                    )
                }
                Values::Files => ":".to_owned(),
                Values::Directories => "compopt -o dirnames +o default".to_owned(),
                Values::Free => "compopt +o bashdefault +o default".to_owned(),
            };
            // Writing to a string cannot fail.
            let _ = writeln!(
                script,
                "    {})\n        {reply}\n        return\n        ;;",
                patterns.join("|")
            );
        }
    }
    script.push_str("    esac\n");
}

fn operands(command: &CommandSpec, script: &mut String) {
    // Writing to a string cannot fail.
    let _ = match &command.operands {
        Values::Files => Ok(()),
        Values::Directories => {
            writeln!(
                script,
                "        [[ $cur == -* ]] || compopt -o dirnames +o default"
            )
        }
        Values::Free => writeln!(
            script,
            "        [[ $cur == -* ]] || compopt +o bashdefault +o default"
        ),
        Values::Words(words) => {
            let words: Vec<&str> = words.iter().map(|(word, _)| &**word).collect();
            writeln!(
                script,
                "        [[ $cur == -* ]] || COMPREPLY=($(compgen -W \"{}\" -- \"$cur\"))",
                words.join(" ")
            )
        }
    };
}
