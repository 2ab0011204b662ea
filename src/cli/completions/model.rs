//! What a completion script knows about the command line: commands, flags, and which values they have.

use clap::{Arg, ArgAction, Command, ValueHint};

use crate::catalog::commanded_servers;
use crate::parse::format_names;

/// The command line.
pub struct CommandLine {
    /// All commands, with `help`.
    pub commands: Vec<CommandSpec>,
}

/// A command.
pub struct CommandSpec {
    pub name: String,
    pub about: String,
    pub flags: Vec<Flag>,
    /// Its operands.
    pub operands: Values,
}

/// A flag.
pub struct Flag {
    /// With the dashes: `--format`, and `-h` if there is a short one.
    pub names: Vec<String>,
    pub about: String,
    /// The name of its value in the help; `None` if it has no value.
    pub value_name: Option<String>,
    pub values: Values,
    pub repeatable: bool,
}

/// What a value can be.
pub enum Values {
    /// Nothing that can be completed.
    Free,
    Files,
    Directories,
    /// One of these words, each with a description that may be empty.
    Words(Vec<(String, String)>),
}

impl CommandLine {
    /// The command line that this definition, which must be built, describes.
    pub fn of(command: &Command) -> Self {
        let subcommands = || command.get_subcommands().filter(|it| !it.is_hide_set());
        let mut commands: Vec<CommandSpec> = subcommands().map(CommandSpec::of).collect();
        let words = || subcommands().map(|it| (it.get_name().to_owned(), about(it)));
        for help in commands.iter_mut().filter(|it| it.name == "help") {
            help.operands = Values::Words(words().collect());
        }
        CommandLine { commands }
    }
}

impl CommandSpec {
    fn of(command: &Command) -> Self {
        let shown = || command.get_arguments().filter(|it| !it.is_hide_set());
        let operands = shown().filter(|it| it.is_positional()).map(values);
        // Of `trace WHAT FILE…`, files are what can be completed.
        let operands = operands.reduce(|first, second| match first {
            Values::Free => second,
            first => first,
        });
        CommandSpec {
            name: command.get_name().to_owned(),
            about: about(command),
            flags: shown()
                .filter(|it| !it.is_positional())
                .map(Flag::of)
                .collect(),
            operands: operands.unwrap_or(Values::Free),
        }
    }

    /// The names of all flags.
    pub fn flag_names(&self) -> impl Iterator<Item = &str> {
        self.flags
            .iter()
            .flat_map(|flag| flag.names.iter().map(String::as_str))
    }
}

impl Flag {
    fn of(arg: &Arg) -> Self {
        let long = arg.get_long().map(|long| format!("--{long}"));
        let short = arg.get_short().map(|short| format!("-{short}"));
        let name = arg.get_value_names().and_then(|names| names.first());
        let has_value = arg.get_action().takes_values();
        Flag {
            names: long.into_iter().chain(short).collect(),
            about: one_line(arg.get_help()),
            value_name: name.filter(|_| has_value).map(ToString::to_string),
            values: values(arg),
            repeatable: matches!(arg.get_action(), ArgAction::Append),
        }
    }
}

fn about(command: &Command) -> String {
    one_line(command.get_about())
}

fn one_line(text: Option<&clap::builder::StyledStr>) -> String {
    let text = text.map(ToString::to_string).unwrap_or_default();
    text.replace('\n', " ")
}

fn values(arg: &Arg) -> Values {
    let words: Vec<(String, String)> = arg
        .get_possible_values()
        .iter()
        .filter(|value| !value.is_hide_set())
        .map(|value| (value.get_name().to_owned(), one_line(value.get_help())))
        .collect();
    if !arg.get_action().takes_values() {
        return Values::Free;
    }
    if !words.is_empty() {
        return Values::Words(words);
    }
    let name = arg.get_value_names().and_then(|names| names.first());
    let plain = |word: &str| (word.to_owned(), String::new());
    match (name.map_or("", |it| it), arg.get_long()) {
        ("NAME", Some("format" | "log-format")) => {
            Values::Words(format_names().into_iter().map(plain).collect())
        }
        ("NAME", Some("mta")) => {
            let servers = commanded_servers().map(|(label, name)| (label.into(), name.into()));
            Values::Words(servers.collect())
        }
        (name, _) if name.eq_ignore_ascii_case("dir") => Values::Directories,
        ("FILE" | "LOG", _) => Values::Files,
        _ if arg.get_value_hint() == ValueHint::AnyPath => Values::Files,
        _ => Values::Free,
    }
}
