//! Fuzz target of connections of syslog senders over TCP and TLS.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| maillog_exporter::fuzzing::syslog_framing(input));
