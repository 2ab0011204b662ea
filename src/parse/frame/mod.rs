//! What carries a record, whichever mail server wrote it: syslog's frames and time stamps.

pub(in crate::parse) mod syslog;
pub(in crate::parse) mod syslog_record;
pub(in crate::parse) mod timestamp;
