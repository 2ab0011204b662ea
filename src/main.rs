//! The entry point of the binary; everything is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    maillog_exporter::cli::main()
}
