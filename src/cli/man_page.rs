//! `man`: the manual page, made from the definition of the command line and from the sections in `man_sections.roff`.

use std::io::Write;

use clap::Command;
use clap_mangen::Man;

use super::error::Error;

/// The arguments of `man`.
#[derive(clap::Args, Debug)]
#[command(after_help = "\
Examples:
  maillog_exporter man | man -l -
  maillog_exporter man >/usr/local/share/man/man1/maillog_exporter.1")]
pub struct Args {}

/// Prints the manual page.
///
/// # Errors
///
/// If the output cannot be written.
pub fn run(command: Command) -> Result<(), Error> {
    let page = page(command)?;
    let mut output = std::io::stdout().lock();
    output.write_all(page.as_bytes())?;
    output.flush()?;
    Ok(())
}

/// What `clap_mangen` writes before each section.
const PREAMBLE: &str = ".ie \\n(.g .ds Aq \\(aq\n.el .ds Aq '\n";

/// The heading that `clap_mangen` gives to the text after the help, which is examples here.
const EXTRA: &str = ".SH EXTRA\n";

/// The sections that do not follow from the definition of the command line. `.SH OPTIONS` stands for the options and the
/// commands, `.SH EXAMPLES` for the examples.
const SECTIONS: &str = include_str!("man_sections.roff");

/// One page with a section for each command, because the separate pages that `clap_mangen` refers to do
/// not exist.
pub(super) fn page(mut command: Command) -> std::io::Result<String> {
    command.build();
    let whole = Man::new(command.clone());
    let mut options = Vec::new();
    whole.render_options_section(&mut options)?;
    let mut options = text(options) + ".SH COMMANDS\n";
    // The options describe `help`.
    let commands = command.get_subcommands();
    for subcommand in commands.filter(|it| it.get_name() != "help" && !it.is_hide_set()) {
        let name = subcommand.get_name();
        if name == "serve" {
            options += &format!(".SS {name}\nThe default command, with the options above.\n");
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
        options += &format!(".SS {name}\n");
        options += &as_paragraphs(&text(sections));
    }
    let mut examples = Vec::new();
    whole.render_extra_section(&mut examples)?;
    let examples = text(examples).replace(EXTRA, ".SH EXAMPLES\n.nf\n") + ".fi\n";
    let version = command.get_version().unwrap_or_default();
    let title =
        format!(".TH maillog_exporter 1 \"\" \"maillog_exporter {version}\" \"User Commands\"\n");
    let sections = SECTIONS
        .replace(".SH OPTIONS\n", &options)
        .replace(".SH EXAMPLES\n", &examples);
    Ok(format!("{PREAMBLE}{title}{sections}").replace("\nExamples:\n", "\n"))
}

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

/// What was rendered, without the lines that every section begins with.
fn text(page: Vec<u8>) -> String {
    String::from_utf8_lossy(&page).replace(PREAMBLE, "")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::Cli;
    use clap::CommandFactory;

    #[test]
    fn page_describes_every_command_and_refers_to_no_other_page_of_its_own() {
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
        for other in ["maillog_exporter\\-", ".SH EXTRA", ".SH SUBCOMMANDS"] {
            assert!(!page.contains(other), "{other}: {page}");
        }
        let (begun, ended) = (
            page.matches("\n.nf\n").count(),
            page.matches("\n.fi\n").count(),
        );
        assert!(begun > 5 && begun <= ended, "{begun} {ended}");
    }

    #[test]
    fn page_has_the_usual_sections_in_their_order() {
        let page = page(Cli::command()).expect("a page");
        let sections: Vec<&str> = page
            .lines()
            .filter_map(|line| line.strip_prefix(".SH "))
            .collect();
        let expected = [
            "NAME",
            "SYNOPSIS",
            "DESCRIPTION",
            "OPTIONS",
            "COMMANDS",
            "\"EXIT STATUS\"",
            "ENVIRONMENT",
            "FILES",
            "SIGNALS",
            "EXAMPLES",
            "\"SEE ALSO\"",
        ];
        assert_eq!(sections, expected);
    }
}
