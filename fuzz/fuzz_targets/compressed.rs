//! Fuzz target of compressed files: the first byte selects the kind.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| maillog_exporter::fuzzing::compressed(input));
