//! `completions`: shell completion scripts, made from the definition of the command line.
//!
//! The scripts of bash, zsh and fish are our own: those of `clap_complete` offer no command in zsh where a command may
//! also have operands, none of the flags in fish whose names have dots, and in bash no value after `=`.

mod bash;
mod fish;
mod model;
mod zsh;

use std::io::Write;

use clap::Command;
use clap_complete::Shell;

use super::error::Error;
use model::CommandLine;

/// The arguments of `completions`.
#[derive(clap::Args, Debug)]
#[command(after_help = "\
Examples:
  maillog_exporter completions bash >/etc/bash_completion.d/maillog_exporter
  maillog_exporter completions zsh >~/.zfunc/_maillog_exporter
  maillog_exporter completions fish >maillog_exporter.fish")]
pub struct Args {
    /// Shell
    shell: Shell,
}

/// Prints a completion script.
///
/// # Errors
///
/// If the output cannot be written.
pub fn run(args: &Args, mut command: Command) -> Result<(), Error> {
    command.build();
    let line = CommandLine::of(&command);
    let script = match args.shell {
        Shell::Bash => bash::script(&line),
        Shell::Fish => fish::script(&line),
        Shell::Zsh => zsh::script(&line),
        shell => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut command, "maillog_exporter", &mut script);
            String::from_utf8_lossy(&script).into_owned()
        }
    };
    let mut output = std::io::stdout().lock();
    output.write_all(script.as_bytes())?;
    output.flush()?;
    Ok(())
}
