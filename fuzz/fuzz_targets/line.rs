//! Fuzz target of the parser: a log of an unknown format.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| maillog_exporter::fuzzing::line(input));
