//! Frames of log records: syslog headers and time stamps, the same for all mail servers.

pub(in crate::parse) mod asctime;
pub(in crate::parse) mod compose_prefix;
pub(in crate::parse) mod csv;
pub(in crate::parse) mod flat_json;
pub(in crate::parse) mod form;
pub(in crate::parse) mod json;
pub(in crate::parse) mod json_time;
mod kiwi;
pub(in crate::parse) mod mailman_log;
pub(in crate::parse) mod priority;
mod stamp_cache;
pub(in crate::parse) mod start_script;
pub(in crate::parse) mod syslog;
pub(in crate::parse) mod syslog_record;
pub(in crate::parse) mod tai64;
pub(in crate::parse) mod timestamp;
pub(in crate::parse) mod utf16;
pub(in crate::parse) mod w3c;
