//! Every option has an example, and every example is valid: those of `--help` and of the documentation are parsed as the
//! program does. tests/suite/examples.rs runs them.

mod extract;

use std::collections::{BTreeMap, BTreeSet};

use clap::{Arg, ArgMatches, Command, CommandFactory};

use self::extract::{examples, words};
use super::Cli;

/// Options that clap adds.
const OF_CLAP: [&str; 2] = ["help", "version"];

/// All examples with where they are from.
fn all_examples(command: &Command) -> Vec<(String, String)> {
    let names = command.get_subcommands().map(|it| it.get_name().to_owned());
    let names: BTreeSet<String> = names.collect();
    let mut all = extract::of_documents(&names);
    for command in std::iter::once(command).chain(command.get_subcommands()) {
        let help = command.get_after_help().map(ToString::to_string);
        let block = format!("```\n{}\n```", help.unwrap_or_default());
        let place = format!("--help of {}", command.get_name());
        all.extend(
            examples(&block, &names)
                .into_iter()
                .map(|it| (place.clone(), it)),
        );
    }
    all
}

/// The options that a command line uses, by its command.
fn used(matches: &ArgMatches, command: &Command) -> (String, BTreeSet<String>) {
    let (name, matches, command) = match matches.subcommand() {
        Some((name, matches)) => match command.find_subcommand(name) {
            Some(command) => (name, matches, command),
            None => return Default::default(),
        },
        None => ("serve", matches, command),
    };
    let given = |argument: &&Arg| {
        let source = matches.value_source(argument.get_id().as_str());
        source == Some(clap::parser::ValueSource::CommandLine)
    };
    let given = command.get_arguments().filter(given);
    let options = given.filter_map(|it| it.get_long()).map(str::to_owned);
    (name.to_owned(), options.collect())
}

#[test]
fn every_option_has_an_example_and_every_example_is_valid() {
    let command = Cli::command();
    let mut shown: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut wrong = Vec::new();
    let all = all_examples(&command);
    for (place, example) in &all {
        match command.clone().try_get_matches_from(words(example)) {
            Ok(matches) => {
                let (name, options) = used(&matches, &command);
                shown.entry(name).or_default().extend(options);
            }
            // `--help` ends here, too.
            Err(error) if !error.use_stderr() => {}
            Err(error) => wrong.push(format!("{place}: {example}: {error}")),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(all.len() > 60, "{all:#?}");
    let mut missing = Vec::new();
    for command in command.get_subcommands() {
        let known = shown.get(command.get_name());
        for option in command.get_arguments().filter_map(Arg::get_long) {
            let is_shown = known.is_some_and(|it| it.contains(option));
            if !is_shown && !OF_CLAP.contains(&option) {
                missing.push(format!("{} --{option}", command.get_name()));
            }
        }
    }
    assert!(missing.is_empty(), "no example: {missing:#?}");
}
