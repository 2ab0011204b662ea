//! A network, a process tree and an /etc of its own for each trial.
//!
//! The test binary starts itself again under `unshare`; what it starts inside dies with it.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::Result;

/// Names the trial to run, for the process inside the namespaces.
const INNER: &str = "MAILLOG_REAL_TRIAL";

/// Where programs are that are not on everybody's PATH.
const SEARCH: [&str; 5] = ["/usr/sbin", "/usr/bin", "/sbin", "/bin", "/lib"];

/// Stands among the programs that a trial needs for Rust's library for static programs.
pub const MUSL: &str = "Rust's musl target";

/// The trial that this process is to run, if it is the one inside.
pub fn inner_trial() -> Option<String> {
    std::env::var(INNER).ok()
}

/// Why this machine cannot run a trial that needs the given programs.
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

/// The compiler's triple for this machine with musl, for programs that are whole by themselves.
pub fn musl() -> Result<String> {
    let output = Command::new("rustc").arg("-vV").output()?;
    let text = String::from_utf8(output.stdout)?;
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host.ok_or("rustc names no host")?.replace("-gnu", "-musl"))
}

/// Whether the compiler has the library for it.
fn has_musl() -> bool {
    let Ok(target) = musl() else { return false };
    let folder = Command::new("rustc")
        .args(["--print", "target-libdir", "--target", &target])
        .output();
    folder.is_ok_and(|it| Path::new(String::from_utf8_lossy(&it.stdout).trim()).exists())
}

/// Runs a trial in namespaces of its own and gives back its error text.
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

/// `unshare` with every namespace a trial wants; the program to run is still to be added.
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

/// Sets up the network that the trials share the plan of:
///
/// - 198.51.100.0/24 and 192.0.2.0/25: all local; who listens there answers, the rest refuses
/// - 192.0.2.200: no route to host
/// - 192.0.2.210 to 219: packets vanish, so that connecting times out
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
    put_over(
        folder,
        "resolv.conf",
        "nameserver 127.0.0.1\n",
        "/etc/resolv.conf",
    )?;
    put_over(folder, "hosts", "127.0.0.1 localhost\n", "/etc/hosts")
}

/// Lays a file of ours over one of the machine's, inside this mount namespace only.
fn put_over(folder: &Path, name: &str, text: &str, target: &str) -> Result<()> {
    let file = folder.join(name);
    std::fs::write(&file, text)?;
    finish(Command::new("mount").arg("--bind").arg(file).arg(target))
}

/// Runs `ip` with arguments that hold no blanks.
fn ip(arguments: &str) -> Result<()> {
    finish(Command::new("ip").args(arguments.split(' ')))
}

/// Runs a command to its end; an error has its output.
pub fn finish(command: &mut Command) -> Result<()> {
    let output = command.stdin(Stdio::null()).output()?;
    if output.status.success() {
        return Ok(());
    }
    let text = String::from_utf8_lossy(&output.stderr);
    Err(format!("{command:?}: {}: {text}", output.status).into())
}
