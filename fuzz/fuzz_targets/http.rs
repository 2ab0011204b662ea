//! Fuzz target of requests to the HTTP server; if the first byte is odd, a password is required.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| maillog_exporter::fuzzing::http(input));
