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
    let mut output = BufWriter::new(terminal_output::stdout());
    match format {
        OutputFormat::Json => {
            serde_json::to_writer_pretty(&mut output, report).map_err(io::Error::from)?;
            writeln!(output)?;
        }
        OutputFormat::Text => text(&mut output, report)?,
    }
    output.flush()?;
    Ok(())
}
