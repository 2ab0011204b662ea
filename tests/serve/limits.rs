//! What must not stop the daemon: a lack of descriptors, files that are no logs, and a blocked engine.

use std::fs;
use std::time::{Duration, Instant};

use nix::sys::ptrace;
use nix::sys::wait::{WaitPidFlag, waitpid};
use nix::unistd::Pid;

use crate::daemon::*;

/// How long shutdown may take: who stops a container kills it after that.
const SHUTDOWN_LIMIT: Duration = Duration::from_secs(10);

fn all_lines(daemon: &Daemon) -> u64 {
    daemon.sources().iter().map(lines).sum()
}

fn stop(daemon: &mut Daemon) {
    let begin = Instant::now();
    daemon.signal("TERM");
    assert_eq!(daemon.ended().code(), Some(0));
    assert!(begin.elapsed() < SHUTDOWN_LIMIT, "{:?}", begin.elapsed());
}

#[test]
fn more_logs_than_descriptors_are_all_read_and_leave_some_for_http_and_the_state() {
    // A source has at most 256 live logs open.
    const SOURCES: u64 = 6;
    const LOGS: u64 = 250;
    let folder = Folder::new();
    let mut config = "sources:\n".to_owned();
    for source in 0..SOURCES {
        fs::create_dir(folder.path(&format!("{source}"))).expect("a folder");
        (0..LOGS).for_each(|at| drop(folder.create(&format!("{source}/host{at}.log"), "one\n")));
        let pattern = folder.path(&format!("{source}/*.log"));
        let pattern = pattern.display();
        config += &format!("  - {{name: s{source}, files: [\"{pattern}\"]}}\n");
    }
    fs::write(folder.path("maillog.yml"), config).expect("written");
    let state = folder.path("state");
    let mut daemon = Daemon::launch_in_shell(
        "ulimit -n 1024",
        &[
            &format!("--config.file={}", folder.path("maillog.yml").display()),
            &format!("--state.path={}", state.display()),
        ],
    );
    assert_eq!(daemon.get("/-/healthy").status, 200);
    assert_eq!(daemon.get("/metrics").status, 200);
    until("all lines", || {
        (all_lines(&daemon) == SOURCES * LOGS).then_some(())
    });
    assert!(state.is_file(), "the state is written");
    assert!(daemon.sources().iter().all(|source| source["up"] == true));
    // Also in logs that were closed.
    for source in [0, 3, SOURCES - 1] {
        write(&mut folder.append(&format!("{source}/host7.log")), "two\n");
    }
    until("the new lines", || {
        (all_lines(&daemon) == SOURCES * LOGS + 3).then_some(())
    });
    let open = fs::read_dir(format!("/proc/{}/fd", daemon.child.id())).expect("listed");
    assert!(open.count() < 1000);
    stop(&mut daemon);
}

#[test]
fn descriptors_are_raised_to_the_hard_limit() {
    let folder = Folder::new();
    folder.create("mail.log", "");
    let log = folder.path("mail.log");
    let log = log.to_str().expect("a name");
    let daemon = Daemon::launch_in_shell("ulimit -S -n 200; ulimit -H -n 900", &[log]);
    let limits = fs::read_to_string(format!("/proc/{}/limits", daemon.child.id())).expect("limits");
    let mut lines = limits.lines();
    let files = lines
        .find(|line| line.starts_with("Max open files"))
        .expect("files");
    let numbers: Vec<&str> = files.split_whitespace().skip(3).take(2).collect();
    assert_eq!(numbers, ["900", "900"]);
}

#[test]
fn files_of_the_kernel_and_pipes_are_refused_and_block_nothing() {
    let folder = Folder::new();
    let link = |name: &str, to: &str| {
        std::os::unix::fs::symlink(to, folder.path(name)).expect("a link");
    };
    // Reading it waits for the next message of the kernel.
    link("kernel.log", "/proc/kmsg");
    link("version.log", "/proc/version");
    let mode = rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR;
    rustix::fs::mkfifoat(rustix::fs::CWD, folder.path("pipe.log"), mode).expect("a pipe");
    folder.create("mail.log", "one\n");
    let sources: String = ["kernel", "version", "pipe", "mail"]
        .iter()
        .map(|name| {
            let log = folder.path(&format!("{name}.log"));
            format!("  - {{name: {name}, files: [\"{}\"]}}\n", log.display())
        })
        .collect();
    let config = folder.path("maillog.yml");
    fs::write(&config, format!("sources:\n{sources}")).expect("written");
    let mut daemon = Daemon::start(&[&format!("--config.file={}", config.display())]);
    let sources = until("all sources", || {
        let sources = daemon.sources();
        (lines(&sources[3]) == 1).then_some(sources)
    });
    let up: Vec<bool> = sources.iter().map(|it| it["up"] == true).collect();
    assert_eq!(up, [false, false, false, true]);
    assert_eq!(lines(&sources[1]), 0);
    daemon.logged("a file of the kernel (procfs) is not a log");
    assert_eq!(daemon.get("/-/healthy").status, 200);
    stop(&mut daemon);
}

#[test]
fn a_blocked_engine_stops_neither_health_checks_nor_shutdown() {
    let folder = Folder::new();
    folder.create("mail.log", "one\n");
    let mut daemon = Daemon::follow(&folder.path("mail.log"));
    let engine = thread_of(&daemon, "engine");
    // As if it waited for a network file system.
    ptrace::seize(engine, ptrace::Options::empty()).expect("traced");
    ptrace::interrupt(engine).expect("interrupted");
    let begin = Instant::now();
    assert_eq!(daemon.get("/metrics").status, 503);
    assert!(begin.elapsed() < Duration::from_secs(19));
    until("not healthy", || {
        (daemon.get("/-/healthy").status == 503).then_some(())
    });
    daemon.logged("reading is blocked");
    // From now on, at once.
    let begin = Instant::now();
    assert_eq!(daemon.get("/metrics").status, 503);
    assert!(begin.elapsed() < Duration::from_secs(5));

    let begin = Instant::now();
    daemon.signal("TERM");
    let status = until("the end", || {
        // A traced thread is not gone until its tracer knows.
        let flags = WaitPidFlag::WNOHANG | WaitPidFlag::__WALL;
        let _ = waitpid(engine, Some(flags));
        daemon.child.try_wait().expect("a child")
    });
    assert_eq!(status.code(), Some(1));
    assert!(begin.elapsed() < SHUTDOWN_LIMIT, "{:?}", begin.elapsed());
}

/// The thread of a daemon with this name.
fn thread_of(daemon: &Daemon, name: &str) -> Pid {
    let threads = fs::read_dir(format!("/proc/{}/task", daemon.child.id())).expect("listed");
    let mut threads = threads.map(|it| it.expect("a thread").path());
    let thread = threads
        .find(|it| fs::read_to_string(it.join("comm")).is_ok_and(|comm| comm.trim_end() == name));
    let thread = thread.expect("the thread");
    let id = thread
        .file_name()
        .and_then(|it| it.to_str())
        .expect("a number");
    Pid::from_raw(id.parse().expect("a number"))
}
