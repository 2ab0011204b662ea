//! `journalctl`, the program that reads the journal, and its arguments.

use std::io;
use std::process::{Command, Stdio};

use crate::source::input::{Journal, ReadFrom};

/// The program, which is searched for in `PATH`.
pub const PROGRAM: &str = "journalctl";

/// The fields that are requested; cursor and time are always included.
const FIELDS: &str =
    "MESSAGE,SYSLOG_IDENTIFIER,SYSLOG_PID,_PID,_HOSTNAME,_SOURCE_REALTIME_TIMESTAMP";

/// The first version of systemd with which `--follow` leaves out the records before the last start of the machine, unless
/// the journals of all machines are read.
const FOLLOWS_ONE_BOOT: u32 = 250;

/// The file with the id of this machine (machine-id(5)).
const MACHINE_ID: &str = "/etc/machine-id";

/// Runs `journalctl`.
pub struct Reader {
    journal: Journal,
    /// Whether `--follow` must be told to read records from before the last start of the machine.
    follows_one_boot: bool,
    /// The id of this machine, whose journal is read; `None` for all in the directory or files.
    machine: Option<String>,
}

impl Reader {
    /// A reader of these records.
    ///
    /// # Errors
    ///
    /// If `journalctl` cannot be run: better now than again and again.
    pub fn new(journal: Journal) -> io::Result<Self> {
        let output = Command::new(PROGRAM)
            .arg("--version")
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .output()
            .map_err(|error| {
                io::Error::new(error.kind(), format!("cannot run {PROGRAM}: {error}"))
            })?;
        let follows_one_boot =
            version(&output.stdout).is_none_or(|version| version >= FOLLOWS_ONE_BOOT);
        let is_local = journal.directory.is_none() && journal.files.is_empty();
        let machine = std::fs::read_to_string(MACHINE_ID).ok();
        let machine = machine.map(|id| id.trim().to_owned());
        Ok(Reader {
            machine: machine.filter(|id| is_local && follows_one_boot && !id.is_empty()),
            journal,
            follows_one_boot,
        })
    }

    /// The command that reads the records after `cursor`.
    pub fn command(&self, cursor: Option<&str>) -> Command {
        let mut command = Command::new(PROGRAM);
        command
            .args(["--follow", "--output=json", "--all", "--quiet"])
            .arg(format!("--output-fields={FIELDS}"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        if self.follows_one_boot {
            // systemd 251 to 253 accept the first one with `--follow` only together with the second one.
            command.args(["--merge", "--boot=all"]);
        }
        match (cursor, self.journal.from) {
            (Some(cursor), _) => command
                .arg("--no-tail")
                .arg(format!("--after-cursor={cursor}")),
            (None, ReadFrom::Beginning) => command.arg("--no-tail"),
            (None, ReadFrom::End) => command.arg("--lines=0"),
        };
        if let Some(directory) = &self.journal.directory {
            command.arg("--directory").arg(directory);
        }
        for file in &self.journal.files {
            command.arg("--file").arg(file);
        }
        command.args(matches(&self.journal, self.machine.as_deref()));
        command
    }
}

/// The version of systemd in the output of `--version`, such as `systemd 252 (252.39-1)`.
fn version(output: &[u8]) -> Option<u32> {
    let text = std::str::from_utf8(output).ok()?;
    let number = text.split_whitespace().nth(1)?;
    let digits = number.find(|c: char| !c.is_ascii_digit());
    number[..digits.unwrap_or(number.len())].parse().ok()
}

/// The matches for records of one of the facilities or units, or with one of the identifiers, all of one machine. With
/// `--unit` and `--identifier`, records would have to match both.
fn matches(journal: &Journal, machine: Option<&str>) -> Vec<String> {
    let facilities = journal.facilities.iter();
    let facilities = facilities.map(|it| format!("SYSLOG_FACILITY={}", it.number()));
    let units = journal.units.iter().map(|unit| {
        let ending = if unit.contains('.') { "" } else { ".service" };
        format!("_SYSTEMD_UNIT={unit}{ending}")
    });
    let identifiers = journal.identifiers.iter();
    let identifiers = identifiers.map(|name| format!("SYSLOG_IDENTIFIER={name}"));
    let machine = machine.map(|id| format!("_MACHINE_ID={id}"));
    let mut matches: Vec<String> = Vec::new();
    for of_a_field in [
        facilities.collect::<Vec<_>>(),
        units.collect(),
        identifiers.collect(),
    ] {
        if of_a_field.is_empty() {
            continue;
        }
        if !matches.is_empty() {
            matches.push("+".to_owned());
        }
        matches.extend(machine.clone());
        matches.extend(of_a_field);
    }
    if matches.is_empty() {
        matches.extend(machine);
    }
    matches
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Facility;

    fn journal(units: &[&str], identifiers: &[&str]) -> Journal {
        let texts = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect();
        Journal {
            units: texts(units),
            identifiers: texts(identifiers),
            ..Journal::default()
        }
    }

    #[test]
    fn records_of_a_facility_or_unit_or_with_an_identifier_match() {
        assert_eq!(matches(&journal(&[], &[]), None), Vec::<String>::new());
        assert_eq!(
            matches(
                &journal(&["postfix@-.service", "exim4"], &["postfix/smtp"]),
                None
            ),
            [
                "_SYSTEMD_UNIT=postfix@-.service",
                "_SYSTEMD_UNIT=exim4.service",
                "+",
                "SYSLOG_IDENTIFIER=postfix/smtp",
            ]
        );
        assert_eq!(
            matches(&journal(&[], &["exim"]), None),
            ["SYSLOG_IDENTIFIER=exim"]
        );
    }

    #[test]
    fn each_alternative_is_of_this_machine() {
        assert_eq!(matches(&journal(&[], &[]), Some("4f")), ["_MACHINE_ID=4f"]);
        let mail = Journal {
            facilities: vec![Facility::MAIL],
            ..journal(&["haraka"], &[])
        };
        assert_eq!(
            matches(&mail, Some("4f")),
            [
                "_MACHINE_ID=4f",
                "SYSLOG_FACILITY=2",
                "+",
                "_MACHINE_ID=4f",
                "_SYSTEMD_UNIT=haraka.service",
            ]
        );
    }

    #[test]
    fn the_version_is_in_the_second_word() {
        let output = b"systemd 252 (252.39-1~deb12u2)\n+PAM +AUDIT\n";
        assert_eq!(version(output), Some(252));
        assert_eq!(version(b"systemd 239\n"), Some(239));
        assert_eq!(version(b"systemd 257~rc1\n"), Some(257));
        assert_eq!(version(b"\xff"), None);
        assert_eq!(version(b""), None);
    }
}
