//! Fuzz target of the configuration file and policy files.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| maillog_exporter::fuzzing::config(input));
