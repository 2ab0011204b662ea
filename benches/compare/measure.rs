//! Runs programs and measures their CPU time and memory.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
use wait4::Wait4;

/// The cost of a run.
#[derive(Clone, Copy)]
pub struct Cost {
    /// User and system time.
    pub cpu: Duration,
    /// Peak memory.
    pub peak: Peak,
}

/// Peak memory of a program.
#[derive(Clone, Copy)]
pub struct Peak {
    /// Bytes.
    pub bytes: u64,
    /// False if the parent process had at least as much memory, so that the value is an upper bound.
    pub exact: bool,
}

/// Whether the program is in `PATH`.
pub fn installed(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

/// Runs a program on one core until it exits; returns its cost and its output.
///
/// # Errors
///
/// If it cannot be started or fails.
pub fn run(command: &mut Command, core: usize) -> Result<(Cost, String)> {
    let mut child = start(command.stdout(Stdio::piped()), core)?;
    let mut printed = String::new();
    if let Some(mut stdout) = child.stdout.take() {
        stdout.read_to_string(&mut printed)?;
    }
    let (cost, success) = finish(&mut child)?;
    ensure!(success, "{command:?} failed");
    Ok((cost, printed))
}

/// Starts a program on one core, with standard error discarded.
///
/// The child inherits the affinity of this thread. taskset(1) would have the same effect, but its own CPU time,
/// about a millisecond, would be counted as the program's.
pub fn start(command: &mut Command, core: usize) -> Result<Child> {
    let cores = sched_getaffinity(None)?;
    let mut one = CpuSet::new();
    ensure!(core < CpuSet::MAX_CPU, "there is no core {core}");
    one.set(core);
    sched_setaffinity(None, &one).with_context(|| format!("core {core}"))?;
    let started = command
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .env("LC_ALL", "C")
        .spawn();
    sched_setaffinity(None, &cores)?;
    started.with_context(|| format!("{command:?}"))
}

/// Waits until a program exits; returns its cost and whether it succeeded.
pub fn finish(child: &mut Child) -> Result<(Cost, bool)> {
    let end = child.wait4()?;
    // Until exec, a new process has the memory of its parent, and the kernel counts that.
    let inherited = status(std::process::id(), "VmHWM")?;
    let bytes = end.rusage.maxrss;
    let peak = Peak {
        bytes,
        exact: bytes > inherited,
    };
    let cpu = end.rusage.utime + end.rusage.stime;
    Ok((Cost { cpu, peak }, end.status.success()))
}

/// A value in bytes of /proc/PID/status.
pub fn status(pid: u32, name: &str) -> Result<u64> {
    let path = format!("/proc/{pid}/status");
    let text = fs::read_to_string(&path).with_context(|| path.clone())?;
    text.lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))
        .and_then(|value| value.trim().strip_suffix(" kB")?.parse::<u64>().ok())
        .map(|kilobytes| kilobytes * 1024)
        .with_context(|| format!("{path} has no {name}"))
}

/// The CPU time a running program has used, to 10 ms (proc(5), `utime` and `stime`).
pub fn cpu_so_far(pid: u32) -> Result<Duration> {
    let path = format!("/proc/{pid}/stat");
    let text = fs::read_to_string(&path).with_context(|| path.clone())?;
    // The name of the program, in parentheses, may hold blanks.
    let fields = text.rsplit_once(") ").map_or("", |(_, fields)| fields);
    let ticks: u64 = fields
        .split(' ')
        .skip(11)
        .take(2)
        .map(|ticks| ticks.parse::<u64>())
        .sum::<Result<u64, _>>()
        .with_context(|| format!("{path}: {text}"))?;
    Ok(Duration::from_millis(ticks * 10))
}

/// Evicts a file from the page cache and reads it sequentially from the disk.
///
/// A page cache that was filled by many small writes, or from which the kernel has reclaimed idle pages, consists
/// of small folios; copying from these takes up to twice as long.
pub fn read_from_disk(path: &Path) -> Result<()> {
    let file = File::open(path)?;
    file.sync_all()?;
    rustix::fs::fadvise(&file, 0, None, rustix::fs::Advice::DontNeed)?;
    warm(path)
}

/// Reads a file once, so that it is in the page cache.
pub fn warm(path: &Path) -> Result<()> {
    io::copy(&mut File::open(path)?, &mut io::sink())?;
    Ok(())
}
