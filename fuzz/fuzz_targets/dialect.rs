//! Fuzz target of the dialects: the first byte selects the format of the log.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| maillog_exporter::fuzzing::dialect(input));
