//! Each test runs in its own network, process and mount namespaces, with its own /etc.
//!
//! The test binary runs itself again with `unshare`; all processes started inside end with it.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::Result;

/// Environment variable with the test to run inside the namespaces.
const INNER: &str = "MAILLOG_REAL_TRIAL";

/// Directories of programs that may not be in PATH.
const SEARCH: [&str; 5] = ["/usr/sbin", "/usr/bin", "/sbin", "/bin", "/lib"];

/// Entry in the list of needed programs for Rust's musl target.
pub const MUSL: &str = "Rust's musl target";

/// The test to run, if this process is inside the namespaces.
pub fn inner_trial() -> Option<String> {
    std::env::var(INNER).ok()
}

/// Why this machine cannot run a test that needs the given programs.
pub fn obstacle(needs: &[&str]) -> Option<String> {
    for program in ["unshare", "ip", "mount"].iter().chain(needs) {
        let there = if *program == MUSL {
            has_musl()
        } else {
            let path = std::env::var_os("PATH").unwrap_or_default();
            let mut folders = std::env::split_paths(&path).chain(SEARCH.map(PathBuf::from));
            folders.any(|folder| folder.join(program).exists())
        };
        if !there {
            return Some(format!("{program} is not installed"));
        }
    }
    let probe = unshare()
        .arg("true")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    match probe {
        Ok(status) if status.success() => None,
        _ => Some("no right to make a network namespace".to_owned()),
    }
}

/// The target triple of this machine with musl, for static programs.
pub fn musl() -> Result<String> {
    let output = Command::new("rustc").arg("-vV").output()?;
    let text = String::from_utf8(output.stdout)?;
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host
        .ok_or("rustc -vV shows no host")?
        .replace("-gnu", "-musl"))
}

/// Whether that target is installed.
fn has_musl() -> bool {
    let Ok(target) = musl() else { return false };
    let folder = Command::new("rustc")
        .args(["--print", "target-libdir", "--target", &target])
        .output();
    folder.is_ok_and(|it| Path::new(String::from_utf8_lossy(&it.stdout).trim()).exists())
}

/// Runs a test in its own namespaces and returns its error text.
pub fn run(name: &str) -> Result<()> {
    let output = unshare()
        .arg(std::env::current_exe()?)
        .env(INNER, name)
        .stdin(Stdio::null())
        .output()?;
    if output.status.success() {
        return Ok(());
    }
    let mut text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.push_str(&String::from_utf8_lossy(&output.stderr));
    Err(text.into())
}

/// `unshare` with all namespaces of a test, without the program to run.
fn unshare() -> Command {
    let mut command = Command::new("unshare");
    command.args([
        "--net",
        "--mount",
        "--pid",
        "--fork",
        "--kill-child",
        "--mount-proc",
    ]);
    command
}

/// Sets up the network, with the same addresses for all tests:
///
/// - 198.51.100.0/24 and 192.0.2.0/25: local; connections without a listener are refused
/// - 192.0.2.200: no route to host
/// - 192.0.2.210 to 219: packets are dropped, so connections time out
/// - everything else: network is unreachable
pub fn build_network(folder: &Path) -> Result<()> {
    ip("link set lo up")?;
    ip("addr add 198.51.100.1/24 dev lo")?;
    ip("addr add 192.0.2.1/25 dev lo")?;
    ip("route add unreachable 192.0.2.200/32")?;
    ip("link add void0 type veth peer name void1")?;
    ip("link set void0 up")?;
    ip("link set void1 up")?;
    for host in 210..220 {
        ip(&format!(
            "route add 192.0.2.{host}/32 dev void0 src 192.0.2.1"
        ))?;
        ip(&format!(
            "neigh add 192.0.2.{host} lladdr 02:00:00:00:00:01 dev void0 nud permanent"
        ))?;
    }
    mount_over(
        folder,
        "resolv.conf",
        "nameserver 127.0.0.1\n",
        "/etc/resolv.conf",
    )?;
    mount_over(folder, "hosts", "127.0.0.1 localhost\n", "/etc/hosts")
}

/// Mounts a file over one of the machine's, in this mount namespace only.
fn mount_over(folder: &Path, name: &str, text: &str, target: &str) -> Result<()> {
    let file = folder.join(name);
    std::fs::write(&file, text)?;
    finish(Command::new("mount").arg("--bind").arg(file).arg(target))
}

/// Mounts a copy over /etc in this mount namespace and returns its path, for changes.
pub fn private_etc(folder: &Path) -> Result<PathBuf> {
    let copy = folder.join("etc");
    finish(Command::new("cp").arg("-a").arg("/etc").arg(&copy))?;
    finish(Command::new("mount").arg("--bind").arg(&copy).arg("/etc"))?;
    Ok(copy)
}

/// Mounts a minimal /dev, in which `log` is a symbolic link to `socket`, over /dev in this mount namespace.
pub fn private_dev(folder: &Path, socket: &Path) -> Result<()> {
    let copy = folder.join("dev");
    std::fs::create_dir(&copy)?;
    for device in ["null", "zero", "random", "urandom"] {
        let place = copy.join(device);
        std::fs::write(&place, "")?;
        let original = Path::new("/dev").join(device);
        finish(Command::new("mount").arg("--bind").arg(original).arg(place))?;
    }
    std::os::unix::fs::symlink("/proc/self/fd", copy.join("fd"))?;
    std::os::unix::fs::symlink(socket, copy.join("log"))?;
    finish(Command::new("mount").arg("--rbind").arg(&copy).arg("/dev"))
}

/// Runs `ip` with arguments that hold no blanks.
fn ip(arguments: &str) -> Result<()> {
    finish(Command::new("ip").args(arguments.split(' ')))
}

/// Runs a command; an error contains its output.
pub fn finish(command: &mut Command) -> Result<()> {
    let output = command.stdin(Stdio::null()).output()?;
    if output.status.success() {
        return Ok(());
    }
    let text = String::from_utf8_lossy(&output.stderr);
    Err(format!("{command:?}: {}: {text}", output.status).into())
}
