//! `completions` and `man`: shell completions and the manual page, made from the definition of the
//! command line.

use std::io::Write;

use clap::Command;
use clap_complete::Shell;
use clap_mangen::Man;

use super::error::Error;

/// The arguments of `completions`.
#[derive(clap::Args, Debug)]
#[command(after_help = "\
Examples:
  maillog_exporter completions bash > /etc/bash_completion.d/maillog_exporter
  maillog_exporter completions fish > ~/.config/fish/completions/maillog_exporter.fish")]
pub struct CompletionsArgs {
    /// Shell
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
pub fn completions(args: &CompletionsArgs, mut command: Command) -> Result<(), Error> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command, "maillog_exporter", &mut script);
    print(&script)
}

/// Prints the manual page.
///
/// # Errors
///
/// If the output cannot be written.
pub fn man(command: Command) -> Result<(), Error> {
    print(page(command)?.as_bytes())
}

/// One page with a section for each command, because the separate pages that `clap_mangen` refers to do
/// not exist.
pub(super) fn page(mut command: Command) -> std::io::Result<String> {
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
    // The options describe `help`.
    let commands = command.get_subcommands();
    for subcommand in commands.filter(|it| it.get_name() != "help" && !it.is_hide_set()) {
        let name = subcommand.get_name();
        if name == "serve" {
            page += &format!(".SS {name}\nThe default command, with the options above.\n");
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
        page += &as_paragraphs(&text(sections));
    }
    let mut rest = Vec::new();
    whole.render_extra_section(&mut rest)?;
    whole.render_version_section(&mut rest)?;
    page += &text(rest).replace(EXTRA, ".SH EXAMPLES\n.nf\n");
    Ok(page.replace("\nExamples:\n", "\n"))
}

/// The heading that `clap_mangen` gives to the text after the help, which is examples here.
const EXTRA: &str = ".SH EXTRA\n";

/// The sections of a command as paragraphs of one section.
fn as_paragraphs(sections: &str) -> String {
    sections
        .replace(EXTRA, ".PP\n\\fIExamples\\fR\n.nf\n")
        .replace(".SH OPTIONS\n", "")
        .replace(".SH SYNOPSIS\n", "")
        .replace(".SH DESCRIPTION\n", ".PP\n")
        // Ends the examples.
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
