//! The output of `report` and `replay`, as text or JSON.

use std::io::{self, BufWriter, Write};

use serde::Serialize;

use super::error::Error;
use super::terminal_output;

/// The output format.
#[derive(clap::ValueEnum, Clone, Copy, Debug)]
pub enum OutputFormat {
    /// Readable text
    Text,
    /// A JSON object
    Json,
}

/// Prints a report to standard output; `text` writes it in the text format.
///
/// # Errors
///
/// If it cannot be written.
pub fn print<T: Serialize>(
    format: OutputFormat,
    report: &T,
    text: impl FnOnce(&mut dyn Write, &T) -> io::Result<()>,
) -> Result<(), Error> {
    print_with(|output| match format {
        OutputFormat::Json => json(output, report),
        OutputFormat::Text => text(output, report),
    })
}

/// Prints to standard output what `write` writes.
///
/// # Errors
///
/// If it cannot be written.
pub fn print_with(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), Error> {
    let mut output = BufWriter::new(terminal_output::stdout());
    write(&mut output)?;
    output.flush()?;
    Ok(())
}

/// Writes a report as JSON.
///
/// # Errors
///
/// If it cannot be written.
pub fn json(mut output: &mut dyn Write, report: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut output, report).map_err(io::Error::from)?;
    writeln!(output)
}
