//! What a command does with the lines of its files, however many threads read them.

use super::error::Error;
use crate::parse::{LineParser, Visitor};

/// Takes the lines of log files in their order.
pub trait LineReader {
    /// Called before the first line of a file.
    fn begin_file(&mut self) {}

    /// Visits these lines, each of them once.
    fn visitor<'v>(&'v mut self, lines: &'v [&'v [u8]]) -> impl for<'a> Visitor<'a>;

    /// Parses lines where one thread reads.
    fn read(&mut self, parser: &mut LineParser, lines: &[&[u8]]) {
        parser.read(lines, &mut self.visitor(lines));
    }

    /// Called after lines were visited; an error ends reading.
    ///
    /// # Errors
    ///
    /// Those of the command.
    fn check(&mut self) -> Result<(), Error> {
        Ok(())
    }
}
