//! `completions` and `man`: what clap can tell a shell and a reader about the command line.

use std::io::Write;

use clap::CommandFactory;
use clap_complete::Shell;

use super::{Cli, Error};

/// The arguments of `completions`.
#[derive(clap::Args, Debug)]
#[command(after_help = "\
Examples:
  maillog_exporter completions bash > /etc/bash_completion.d/maillog_exporter
  maillog_exporter completions fish > ~/.config/fish/completions/maillog_exporter.fish")]
pub struct CompletionsArgs {
    /// The shell
    shell: Shell,
}

/// The arguments of `man`.
#[derive(clap::Args, Debug)]
#[command(after_help = "\
Examples:
  maillog_exporter man | man -l -
  maillog_exporter man > /usr/local/share/man/man1/maillog_exporter.1")]
pub struct ManArgs {}

/// Prints a completion script.
///
/// # Errors
///
/// If the output cannot be written.
pub fn completions(args: &CompletionsArgs) -> Result<(), Error> {
    let mut script = Vec::new();
    clap_complete::generate(
        args.shell,
        &mut Cli::command(),
        "maillog_exporter",
        &mut script,
    );
    print(&script)
}

/// Prints the manual page.
///
/// # Errors
///
/// If the output cannot be written.
pub fn man(_args: &ManArgs) -> Result<(), Error> {
    let mut page = Vec::new();
    clap_mangen::Man::new(Cli::command()).render(&mut page)?;
    print(&page)
}

fn print(text: &[u8]) -> Result<(), Error> {
    let mut output = std::io::stdout().lock();
    output.write_all(text)?;
    output.flush()?;
    Ok(())
}
