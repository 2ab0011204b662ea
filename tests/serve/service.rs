//! Notifications to the service manager, received on a socket of the test instead of systemd's.

use std::os::unix::net::UnixDatagram;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use crate::daemon::{Daemon, Folder};

/// Receives the daemon's notifications.
struct Manager {
    socket: UnixDatagram,
    path: PathBuf,
}

impl Manager {
    fn new(folder: &Folder) -> Self {
        let path = folder.path("notify");
        let socket = UnixDatagram::bind(&path).expect("a socket");
        let patience = Some(Duration::from_secs(20));
        socket.set_read_timeout(patience).expect("a deadline");
        Manager { socket, path }
    }

    /// Starts a daemon with a watchdog interval.
    fn start(&self, patience: Duration, arguments: &[&str]) -> Daemon {
        let socket = self.path.to_str().expect("a name");
        let micros = patience.as_micros().to_string();
        let environment = [("NOTIFY_SOCKET", socket), ("WATCHDOG_USEC", &micros)];
        Daemon::launch_in(&environment, arguments, Stdio::null())
    }

    fn next(&self) -> String {
        let mut bytes = [0; 4096];
        let length = self.socket.recv(&mut bytes).expect("a word");
        String::from_utf8(bytes[..length].to_vec()).expect("text")
    }

    /// The next message that contains this line; earlier ones are passed to `others`.
    fn wait_for(&self, line: &str, mut others: impl FnMut(&str)) -> String {
        loop {
            let message = self.next();
            if message.lines().any(|said| said == line) {
                return message;
            }
            others(&message);
        }
    }
}

/// Longer than a test takes, so that no watchdog notification is sent.
const NEVER: Duration = Duration::from_secs(3600);

#[test]
fn systemd_is_notified_of_start_reload_and_stop() {
    let folder = Folder::new();
    folder.create("mail.log", "");
    let config = folder.path("maillog.yml");
    let text = |name| {
        let log = folder.path("mail.log");
        format!(
            "sources: [{{name: {name}, files: [\"{}\"]}}]\n",
            log.display()
        )
    };
    std::fs::write(&config, text("one")).expect("written");
    let manager = Manager::new(&folder);
    let argument = format!("--config.file={}", config.display());
    let mut daemon = manager.start(NEVER, &[&argument]);

    let first = manager.next();
    assert!(first.starts_with("READY=1\nSTATUS=Listening"), "{first}");
    // It was listening when it sent READY: `launch_in` has read the address from its log.
    assert_eq!(daemon.get("/-/healthy").status, 200);
    manager.wait_for("STATUS=Following; existing log lines are read", |_| {});

    std::fs::write(&config, text("two")).expect("written");
    daemon.signal("HUP");
    let reloading = manager.wait_for("RELOADING=1", |_| {});
    assert!(reloading.contains("\nMONOTONIC_USEC="), "{reloading}");
    manager.wait_for("READY=1", |_| {});
    assert_eq!(daemon.source()["name"], "two");

    std::fs::write(&config, "wrong").expect("written");
    daemon.signal("HUP");
    manager.wait_for("RELOADING=1", |_| {});
    manager.wait_for("READY=1", |_| {});
    assert_eq!(daemon.source()["name"], "two");

    daemon.signal("TERM");
    manager.wait_for("STOPPING=1", |_| {});
    assert!(daemon.ended().success());
}

#[test]
fn watchdog_is_notified_at_half_the_interval() {
    let folder = Folder::new();
    folder.create("mail.log", "");
    let manager = Manager::new(&folder);
    let patience = Duration::from_millis(200);
    let log = folder.path("mail.log");
    let _daemon = manager.start(patience, &[log.to_str().expect("a name")]);
    manager.wait_for("WATCHDOG=1", |_| {});
    let begin = std::time::Instant::now();
    for _ in 0..10 {
        manager.wait_for("WATCHDOG=1", |_| {});
    }
    // Ten half intervals: not earlier, whatever else the machine does.
    assert!(begin.elapsed() > patience * 4, "{:?}", begin.elapsed());
}
