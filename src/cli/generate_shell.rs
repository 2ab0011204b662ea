//! `completions` and `man`: what clap can tell a shell and a reader about the command line.

use std::io::Write;

use clap::{Command, CommandFactory};
use clap_complete::Shell;
use clap_mangen::Man;

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
    print(page(Cli::command())?.as_bytes())
}

/// One page about everything: what each command takes stands in a section of its own, because the
/// pages that `clap_mangen` would refer to are nowhere.
fn page(mut command: Command) -> std::io::Result<String> {
    command.build();
    let whole = Man::new(command.clone());
    let mut page = Vec::new();
    whole.render_title(&mut page)?;
    whole.render_name_section(&mut page)?;
    whole.render_synopsis_section(&mut page)?;
    whole.render_description_section(&mut page)?;
    whole.render_options_section(&mut page)?;
    let mut page = text(page);
    page.push_str(".SH COMMANDS\n");
    // `help` is told by the option.
    let known = command.get_subcommands();
    for subcommand in known.filter(|it| it.get_name() != "help" && !it.is_hide_set()) {
        let name = subcommand.get_name();
        if name == "serve" {
            page += &format!(".SS {name}\nThe same as without a command, with the same options.\n");
            continue;
        }
        let part = Man::new(subcommand.clone());
        let mut sections = Vec::new();
        part.render_synopsis_section(&mut sections)?;
        part.render_description_section(&mut sections)?;
        part.render_options_section(&mut sections)?;
        if subcommand.get_after_help().is_some() {
            part.render_extra_section(&mut sections)?;
        }
        page += &format!(".SS {name}\n");
        page += &below(&text(sections));
    }
    let mut rest = Vec::new();
    whole.render_extra_section(&mut rest)?;
    whole.render_version_section(&mut rest)?;
    page += &text(rest).replace(EXTRA, ".SH EXAMPLES\n.nf\n");
    Ok(page.replace("\nExamples:\n", "\n"))
}

/// How `clap_mangen` begins what stands below the help: here, examples.
const EXTRA: &str = ".SH EXTRA\n";

/// The sections of a command as paragraphs of one.
fn below(sections: &str) -> String {
    sections
        .replace(EXTRA, ".PP\n\\fIExamples\\fR\n.nf\n")
        .replace(".SH OPTIONS\n", "")
        .replace(".SH SYNOPSIS\n", "")
        .replace(".SH DESCRIPTION\n", ".PP\n")
        // What examples end with.
        + ".fi\n"
}

fn text(page: Vec<u8>) -> String {
    String::from_utf8_lossy(&page).into_owned()
}

fn print(text: &[u8]) -> Result<(), Error> {
    let mut output = std::io::stdout().lock();
    output.write_all(text)?;
    output.flush()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_manual_page_has_every_command_with_its_options_and_refers_to_no_other_page() {
        let page = page(Cli::command()).expect("a page");
        for part in [
            "\n.SS report\n",
            "\n.SS explain\n",
            "\\-\\-unmatched",
            "\\-\\-from\\-start",
            "\\-\\-duration",
            "maillog_exporter explain 552 5.2.2",
        ] {
            assert!(page.contains(part), "{part}: {page}");
        }
        for other in ["(1)", ".SH EXTRA", ".SH SUBCOMMANDS"] {
            assert!(!page.contains(other), "{other}: {page}");
        }
        let begun = page.matches("\n.nf\n").count();
        assert!(begun > 5 && page.matches("\n.SH OPTIONS\n").count() == 1);
    }
}
