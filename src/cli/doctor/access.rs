//! Who may read a file: this user, and the user of the service.

use std::fs::{self, Metadata};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

/// The users and groups of the machine (passwd(5), group(5)).
pub struct Accounts {
    passwd: String,
    group: String,
}

/// The user of the service in the package.
pub const SERVICE_USER: &str = "maillog_exporter";

/// The groups that the unit of the package adds (`SupplementaryGroups`).
const SERVICE_GROUPS: [&str; 2] = ["adm", "systemd-journal"];

impl Accounts {
    /// Those below a root directory. What cannot be read is empty.
    pub fn of(root: &Path) -> Self {
        let read = |name| fs::read_to_string(root.join(name)).unwrap_or_default();
        Accounts {
            passwd: read("etc/passwd"),
            group: read("etc/group"),
        }
    }

    /// The fields of the first entry of a file for which something is true.
    fn entry<'a>(text: &'a str, is: impl Fn(&[&str]) -> bool) -> Option<Vec<&'a str>> {
        let mut entries = text.lines().map(|line| line.split(':').collect::<Vec<_>>());
        entries.find(|fields| fields.len() > 3 && is(fields))
    }

    /// The name of a user, or its number.
    pub fn user(&self, id: u32) -> String {
        let number = id.to_string();
        let entry = Self::entry(&self.passwd, |fields| fields[2] == number);
        entry.map_or(number.clone(), |fields| fields[0].to_owned())
    }

    /// The name of a group, or its number.
    pub fn group(&self, id: u32) -> String {
        let number = id.to_string();
        let entry = Self::entry(&self.group, |fields| fields[2] == number);
        entry.map_or(number.clone(), |fields| fields[0].to_owned())
    }

    /// Whether the user of the service can read a file; `None` if there is no such user.
    pub fn service_can_read(&self, metadata: &Metadata) -> Option<bool> {
        let user = Self::entry(&self.passwd, |fields| fields[0] == SERVICE_USER)?;
        let mode = metadata.permissions().mode();
        if metadata.uid().to_string() == user[2] {
            return Some(mode & 0o400 != 0);
        }
        let group = self.group(metadata.gid());
        let members = Self::entry(&self.group, |fields| fields[0] == group);
        let is_member =
            members.is_some_and(|fields| fields[3].split(',').any(|it| it == SERVICE_USER));
        let in_group =
            metadata.gid().to_string() == user[3] || SERVICE_GROUPS.contains(&&*group) || is_member;
        Some(match in_group {
            true => mode & 0o040 != 0,
            false => mode & 0o004 != 0,
        })
    }
}

/// The permissions of a file, for people: `root:adm 640`.
pub fn shown(metadata: &Metadata, accounts: &Accounts) -> String {
    format!(
        "{}:{} {:o}",
        accounts.user(metadata.uid()),
        accounts.group(metadata.gid()),
        metadata.permissions().mode() & 0o7777
    )
}

/// The command that lets a user read a file: by its group if that can read it.
pub fn mend(path: &Path, metadata: &Metadata, accounts: &Accounts, user: &str) -> String {
    let group = accounts.group(metadata.gid());
    let group_reads = metadata.permissions().mode() & 0o040 != 0;
    if group_reads && group != "root" {
        format!("usermod -aG {group} {user}")
    } else {
        format!("setfacl -m u:{user}:r {}", path.display())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn group_that_helps_is_named() {
        let root = tempfile::tempdir().expect("a folder");
        let etc = root.path().join("etc");
        fs::create_dir(&etc).expect("a folder");
        let log = root.path().join("mail.log");
        fs::write(&log, "").expect("a file");
        let metadata = fs::metadata(&log).expect("metadata");
        let group = metadata.gid();
        fs::write(
            etc.join("passwd"),
            "maillog_exporter:x:4242:4243::/:/bin/false\n",
        )
        .expect("written");
        fs::write(etc.join("group"), format!("mailadm:x:{group}:ann\n")).expect("written");
        let accounts = Accounts::of(root.path());
        for (mode, readable, expected) in [
            (0o640, false, "usermod -aG mailadm bob".to_owned()),
            (
                0o600,
                false,
                format!("setfacl -m u:bob:r {}", log.display()),
            ),
            (0o604, true, format!("setfacl -m u:bob:r {}", log.display())),
        ] {
            fs::set_permissions(&log, fs::Permissions::from_mode(mode)).expect("set");
            let metadata = fs::metadata(&log).expect("metadata");
            assert_eq!(
                accounts.service_can_read(&metadata),
                Some(readable),
                "{mode:o}"
            );
            assert_eq!(
                mend(&log, &metadata, &accounts, "bob"),
                expected,
                "{mode:o}"
            );
        }
        fs::write(
            etc.join("group"),
            format!("mailadm:x:{group}:maillog_exporter\n"),
        )
        .expect("written");
        fs::set_permissions(&log, fs::Permissions::from_mode(0o640)).expect("set");
        let metadata = fs::metadata(&log).expect("metadata");
        assert_eq!(
            Accounts::of(root.path()).service_can_read(&metadata),
            Some(true)
        );
        assert_eq!(Accounts::of(&etc).service_can_read(&metadata), None);
    }
}
