//! A machine to install packages on: the files of this machine below a temporary overlay, with a real systemd
//! as the first process. It shares the network of the test.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::Result;
use crate::sandbox::finish;
use crate::wait::until;

const PATIENCE: Duration = Duration::from_secs(60);

/// The units that are started. Other parts of a machine, such as kernel settings, are not set up.
const UNITS: [(&str, &str); 3] = [
    ("sysinit.target.wants", "systemd-journald.service"),
    ("sockets.target.wants", "systemd-journald.socket"),
    ("sockets.target.wants", "systemd-journald-dev-log.socket"),
];

/// Script that becomes the first process; `$1` is its root, `$2` its control group.
const FIRST: &str = r#"
set -e
mount -t proc proc "$1/proc"
mount -t sysfs sysfs "$1/sys"
mount -t cgroup2 cgroup2 "$1/sys/fs/cgroup"
exec env -i container=other PATH=/usr/sbin:/usr/bin:/sbin:/bin chroot "$1" \
  /lib/systemd/systemd --unit=basic.target
"#;

/// A running machine, ended on drop.
pub struct Machine {
    /// `unshare`, the parent of its first process.
    child: Child,
    /// PID of its first process outside the namespace.
    first: String,
    /// Root of its files.
    pub root: PathBuf,
    /// Files that differ from this machine's: the upper layer of the overlay.
    upper: PathBuf,
    group: PathBuf,
    /// Mount point of all of it.
    disk: PathBuf,
}

impl Machine {
    /// Prepares its files with `prepare`, starts it and waits until it is up.
    pub fn boot(folder: &Path, prepare: impl FnOnce(&Path) -> Result<()>) -> Result<Self> {
        let disk = folder.join("machine");
        let [upper, work, root, groups] =
            ["upper", "work", "root", "groups"].map(|name| disk.join(name));
        fs::create_dir_all(&disk)?;
        mount(&["-t", "tmpfs", "tmpfs"], &disk)?;
        for path in [&upper, &work, &root, &groups] {
            fs::create_dir(path)?;
        }
        let layers = format!(
            "lowerdir=/,upperdir={},workdir={}",
            upper.display(),
            work.display()
        );
        mount(&["-t", "overlay", "overlay", "-o", &layers], &root)?;
        for path in ["run", "tmp", "dev"] {
            mount(&["-t", "tmpfs", "tmpfs"], &root.join(path))?;
        }
        for device in ["null", "zero", "full", "random", "urandom", "tty"] {
            let inside = root.join("dev").join(device);
            fs::write(&inside, "")?;
            mount(&["--bind", &format!("/dev/{device}")], &inside)?;
        }
        symlink("pts/ptmx", root.join("dev/ptmx"))?;
        remove_other_files(&root)?;
        prepare(&root)?;

        mount(&["-t", "cgroup2", "cgroup2"], &groups)?;
        // Control groups are shared by all tests; the directory's name is unique.
        let group = groups.join(folder.file_name().ok_or("a folder without a name")?);
        fs::create_dir(&group)?;
        let child = Command::new("sh")
            .args(["-ec", "echo $$ >\"$2/cgroup.procs\"; exec unshare --mount --pid --fork --kill-child --cgroup --uts --ipc sh -c \"$3\" first \"$1\""])
            .arg("machine")
            .args([&root, &group])
            .arg(FIRST)
            .stdin(Stdio::null())
            .stdout(fs::File::create(folder.join("console"))?)
            .stderr(fs::File::create(folder.join("console.err"))?)
            .spawn()?;
        let mut machine = Machine {
            child,
            first: String::new(),
            root,
            upper,
            group,
            disk,
        };
        machine.first = until("the first process of the machine", PATIENCE, || {
            if let Some(status) = machine.child.try_wait()? {
                let errors = fs::read_to_string(folder.join("console.err"))?;
                return Err(format!("no machine: {status}: {errors}").into());
            }
            let parent = machine.child.id().to_string();
            let found = Command::new("pgrep")
                .args(["-P", &parent, "-x", "systemd"])
                .output()?;
            let pid = String::from_utf8(found.stdout)?.trim().to_owned();
            Ok((!pid.is_empty()).then_some(pid))
        })?;
        until("the machine to be up", PATIENCE, || {
            Ok(machine.sh("systemctl is-active basic.target").ok())
        })?;
        // The group of the journal's readers exists on every machine.
        machine.sh("systemd-tmpfiles --create --prefix=/run/log")?;
        Ok(machine)
    }

    /// Runs a script in it and returns its output.
    pub fn sh(&self, script: &str) -> Result<String> {
        let output = Command::new("nsenter")
            .args(["--target", &self.first])
            .args(["--mount", "--pid", "--uts", "--ipc", "--cgroup"])
            .args(["--root", "--wd", "--"])
            .args(["env", "-i", "LC_ALL=C.UTF-8", "HOME=/root"])
            .args(["PATH=/usr/sbin:/usr/bin:/sbin:/bin", "sh", "-ec", script])
            .stdin(Stdio::null())
            .output()?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        if output.status.success() {
            return Ok(text);
        }
        let errors = String::from_utf8_lossy(&output.stderr);
        Err(format!("{script}: {}: {text}{errors}", output.status).into())
    }

    /// Paths that exist on it but not on this machine.
    pub fn own_files(&self) -> Result<Vec<PathBuf>> {
        let mut found = Vec::new();
        let mut folders = vec![self.upper.clone()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder)? {
                let entry = entry?;
                let path = Path::new("/").join(entry.path().strip_prefix(&self.upper)?);
                if path.symlink_metadata().is_err() {
                    found.push(path);
                }
                if entry.file_type()?.is_dir() {
                    folders.push(entry.path());
                }
            }
        }
        found.sort();
        Ok(found)
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        // Killing the first process ends all processes in the namespace, and `unshare`.
        if finish(Command::new("kill").args(["-KILL", &self.first])).is_err() {
            let _ = self.child.kill();
        }
        let _ = self.child.wait();
        let _ = finish(
            Command::new("find")
                .arg(&self.group)
                .args(["-depth", "-type", "d", "-delete"]),
        );
        let _ = finish(
            Command::new("umount")
                .args(["--recursive", "--lazy"])
                .arg(&self.disk),
        );
    }
}

fn remove_other_files(root: &Path) -> Result<()> {
    let units = root.join("lib/systemd/system");
    for folder in [&units, &root.join("etc/systemd/system")] {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path.extension().is_some_and(|ending| ending == "wants") {
                fs::remove_dir_all(path)?;
            }
        }
    }
    for (folder, unit) in UNITS {
        fs::create_dir_all(units.join(folder))?;
        let link = units.join(folder).join(unit);
        symlink(Path::new("..").join(unit), link)?;
    }
    // A policy on this machine may forbid the start of services during installation.
    match fs::remove_file(root.join("usr/sbin/policy-rc.d")) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
        _ => Ok(()),
    }
}

fn mount(what: &[&str], target: &Path) -> Result<()> {
    finish(Command::new("mount").args(what).arg(target))
}
