//! Facilities of syslog.

use std::str::FromStr;

/// A facility of syslog (RFC 5424, section 6.2.1), from 0 to 23.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Facility(u8);

impl Facility {
    /// The one to which mail servers write.
    pub const MAIL: Facility = Facility(2);

    /// The names in the configuration, by number, as `journalctl --facility=help` lists them; those of 12 to 15 are not in
    /// use on Linux.
    pub const NAMES: [&str; 24] = [
        "kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron",
        "authpriv", "ftp", "12", "13", "14", "15", "local0", "local1", "local2", "local3",
        "local4", "local5", "local6", "local7",
    ];

    /// Its number.
    pub fn number(self) -> u8 {
        self.0
    }
}

impl FromStr for Facility {
    type Err = ();

    fn from_str(name: &str) -> Result<Self, ()> {
        let number = Self::NAMES.iter().position(|it| *it == name).ok_or(())?;
        u8::try_from(number).map(Facility).map_err(|_| ())
    }
}
