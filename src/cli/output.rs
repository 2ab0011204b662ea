//! What `report` and `replay` print: the same for a person and for a program.

use std::io::{self, BufWriter, Write};

use serde::Serialize;

use super::Error;

/// How it is printed.
#[derive(clap::ValueEnum, Clone, Copy, Debug)]
pub enum Format {
    /// For people
    Text,
    /// One JSON object
    Json,
}

/// Prints a report to standard output; `text` does it for people.
///
/// # Errors
///
/// If it cannot be written.
pub fn print<T: Serialize>(
    format: Format,
    report: &T,
    text: impl FnOnce(&mut dyn Write, &T) -> io::Result<()>,
) -> Result<(), Error> {
    let mut output = BufWriter::new(io::stdout().lock());
    match format {
        Format::Json => {
            serde_json::to_writer_pretty(&mut output, report).map_err(io::Error::from)?;
            writeln!(output)?;
        }
        Format::Text => text(&mut output, report)?,
    }
    output.flush()?;
    Ok(())
}
