//! `report`.

use super::Error;

/// The arguments.
#[derive(clap::Args, Debug)]
pub struct Args {}

/// Runs it.
pub fn run(_args: &Args) -> Result<(), Error> {
    Err(Error::Runtime("still to come".into()))
}
