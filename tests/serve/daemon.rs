//! A daemon started by a test, and a temporary directory with its logs.

use std::collections::HashMap;
use std::fs::{self, File, OpenOptions};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

const DEADLINE: Duration = Duration::from_secs(20);

/// Polls until there is a value.
pub fn until<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + DEADLINE;
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(Instant::now() < end, "waited in vain: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

pub struct Daemon {
    pub child: Child,
    pub address: String,
    log: Arc<Mutex<Vec<String>>>,
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // It may have exited already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub struct Answer {
    pub status: u16,
    pub headers: HashMap<String, String>,
    pub body: Vec<u8>,
}

impl Daemon {
    /// Starts the daemon on a free port, and waits until it is ready.
    pub fn start(arguments: &[&str]) -> Self {
        Daemon::start_with(arguments, Stdio::null())
    }

    /// The same with standard input.
    pub fn start_with(arguments: &[&str], input: Stdio) -> Self {
        let daemon = Daemon::launch(arguments, input);
        until("ready", || {
            (daemon.get("/-/ready").status == 200).then_some(())
        });
        daemon
    }

    /// Starts the daemon and waits until it listens.
    pub fn launch(arguments: &[&str], input: Stdio) -> Self {
        Daemon::launch_in(&[], arguments, input)
    }

    /// The same with environment variables.
    pub fn launch_in(environment: &[(&str, &str)], arguments: &[&str], input: Stdio) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_maillog_exporter"));
        command.envs(environment.iter().copied()).stdin(input);
        Daemon::run(command, arguments)
    }

    /// The same by a shell that runs `script` first.
    pub fn launch_in_shell(script: &str, arguments: &[&str]) -> Self {
        let mut command = Command::new("sh");
        let script = format!("{script}; exec \"$0\" \"$@\"");
        command.args(["-c", &script, env!("CARGO_BIN_EXE_maillog_exporter")]);
        command.stdin(Stdio::null());
        Daemon::run(command, arguments)
    }

    fn run(mut command: Command, arguments: &[&str]) -> Self {
        command
            .arg("--web.listen-address=127.0.0.1:0")
            .args(arguments)
            .stderr(Stdio::piped());
        Daemon::spawned(&mut command)
    }

    /// Starts a command that is or becomes the daemon, and waits until it listens.
    pub fn spawned(command: &mut Command) -> Self {
        let mut child = command.spawn().expect("the binary runs");
        let stderr = child.stderr.take().expect("its log");
        let log = Arc::new(Mutex::new(Vec::new()));
        let lines = Arc::clone(&log);
        std::thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                lines.lock().expect("the log").push(line);
            }
        });
        let mut daemon = Daemon {
            child,
            address: String::new(),
            log,
        };
        let listening = daemon.logged("message=listening");
        let address = listening
            .split("address=")
            .nth(1)
            .and_then(|rest| rest.split(' ').next());
        daemon.address = address.expect("an address").to_owned();
        daemon
    }

    pub fn follow(path: &Path) -> Self {
        Daemon::start(&[path.to_str().expect("a name")])
    }

    /// Waits for a line in the daemon's log.
    pub fn logged(&self, text: &str) -> String {
        until(text, || {
            self.log
                .lock()
                .expect("the log")
                .iter()
                .find(|line| line.contains(text))
                .cloned()
        })
    }

    pub fn request(&self, method: &str, path: &str, headers: &str) -> Answer {
        let stream = TcpStream::connect(&self.address).expect("a connection");
        ask(stream, method, path, headers).expect("an answer")
    }

    pub fn get(&self, path: &str) -> Answer {
        self.request("GET", path, "")
    }

    /// The value of a metric without labels.
    pub fn metric(&self, name: &str) -> Option<f64> {
        let text = String::from_utf8(self.get("/metrics").body).expect("text");
        let mut lines = text.lines();
        let value = lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(' '))?;
        value.parse().ok()
    }

    pub fn sources(&self) -> Vec<Value> {
        let body = self.get("/api/v1/sources").body;
        let json: Value = serde_json::from_slice(&body).expect("JSON");
        json["sources"].as_array().expect("a list").clone()
    }

    /// The JSON of its only source.
    pub fn source(&self) -> Value {
        let sources = self.sources();
        assert_eq!(sources.len(), 1);
        sources[0].clone()
    }

    pub fn until_source(&self, what: &str, fits: impl Fn(&Value) -> bool) -> Value {
        until(what, || Some(self.source()).filter(&fits))
    }

    pub fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        let status = Command::new("kill")
            .args([format!("-{name}"), pid])
            .status();
        assert!(status.expect("kill runs").success());
    }

    pub fn ended(&mut self) -> ExitStatus {
        until("the end", || self.child.try_wait().expect("a child"))
    }
}

/// Sends a request over any stream; the connection is closed after the response.
pub fn ask(
    mut stream: impl Read + Write,
    method: &str,
    path: &str,
    headers: &str,
) -> std::io::Result<Answer> {
    let head = format!("{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{headers}\r\n");
    stream.write_all(head.as_bytes())?;
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes)?;
    let end = bytes
        .windows(4)
        .position(|part| part == b"\r\n\r\n")
        .expect("a head");
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let mut lines = head.lines();
    let status = lines
        .next()
        .and_then(|line| line.split(' ').nth(1))
        .expect("a status");
    Ok(Answer {
        status: status.parse().expect("a number"),
        headers: lines
            .filter_map(|line| line.split_once(": "))
            .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
            .collect(),
        body: bytes[end + 4..].to_vec(),
    })
}

pub fn lines(source: &Value) -> u64 {
    ["event", "noise", "unmatched"]
        .iter()
        .map(|result| source["lines"][result].as_u64().expect("a number"))
        .sum()
}

pub fn number(source: &Value, field: &str) -> u64 {
    source[field].as_u64().expect("a number")
}

pub fn rotations(source: &Value, kind: &str) -> u64 {
    source["rotations"][kind].as_u64().expect("a number")
}

pub struct Folder(TempDir);

impl Folder {
    pub fn new() -> Self {
        Folder(tempfile::tempdir().expect("a temporary folder"))
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Creates or truncates a file, and opens it for appending.
    pub fn create(&self, name: &str, text: &str) -> File {
        fs::write(self.path(name), text).expect("a file");
        self.append(name)
    }

    pub fn append(&self, name: &str) -> File {
        let mut options = OpenOptions::new();
        options
            .append(true)
            .create(true)
            .open(self.path(name))
            .expect("a file")
    }
}

pub fn write(file: &mut File, text: &str) {
    file.write_all(text.as_bytes()).expect("written");
}
