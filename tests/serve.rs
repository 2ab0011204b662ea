//! The daemon as its users run it: the real binary, real files, real connections.
//!
//! What it has read is asked of it over HTTP; nothing waits for time to pass, only for what it
//! says, with a deadline.

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

/// Asks again and again until there is an answer.
fn until<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + DEADLINE;
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(Instant::now() < end, "waited in vain: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

struct Daemon {
    child: Child,
    address: String,
    log: Arc<Mutex<Vec<String>>>,
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

struct Answer {
    status: u16,
    headers: HashMap<String, String>,
    body: Vec<u8>,
}

impl Daemon {
    /// Starts the daemon on a port of its own, and waits until it is ready.
    fn start(arguments: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_maillog_exporter"))
            .arg("--web.listen-address=127.0.0.1:0")
            .args(arguments)
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary runs");
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
        until("ready", || {
            (daemon.get("/-/ready").status == 200).then_some(())
        });
        daemon
    }

    fn follow(path: &Path) -> Self {
        Daemon::start(&[path.to_str().expect("a name")])
    }

    /// Waits for a line in the daemon's log.
    fn logged(&self, text: &str) -> String {
        until(text, || {
            self.log
                .lock()
                .expect("the log")
                .iter()
                .find(|line| line.contains(text))
                .cloned()
        })
    }

    fn request(&self, method: &str, path: &str, headers: &str) -> Answer {
        let mut stream = TcpStream::connect(&self.address).expect("a connection");
        let head =
            format!("{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{headers}\r\n");
        stream.write_all(head.as_bytes()).expect("sent");
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).expect("an answer");
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
        Answer {
            status: status.parse().expect("a number"),
            headers: lines
                .filter_map(|line| line.split_once(": "))
                .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
                .collect(),
            body: bytes[end + 4..].to_vec(),
        }
    }

    fn get(&self, path: &str) -> Answer {
        self.request("GET", path, "")
    }

    fn sources(&self) -> Vec<Value> {
        let body = self.get("/api/v1/sources").body;
        let json: Value = serde_json::from_slice(&body).expect("JSON");
        json["sources"].as_array().expect("a list").clone()
    }

    /// What it says of its only source.
    fn source(&self) -> Value {
        let sources = self.sources();
        assert_eq!(sources.len(), 1);
        sources[0].clone()
    }

    fn until_source(&self, what: &str, fits: impl Fn(&Value) -> bool) -> Value {
        until(what, || Some(self.source()).filter(&fits))
    }

    fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        let status = Command::new("kill")
            .args([format!("-{name}"), pid])
            .status();
        assert!(status.expect("kill runs").success());
    }

    fn ended(&mut self) -> ExitStatus {
        until("the end", || self.child.try_wait().expect("a child"))
    }
}

fn lines(source: &Value) -> u64 {
    ["event", "noise", "unmatched"]
        .iter()
        .map(|result| source["lines"][result].as_u64().expect("a number"))
        .sum()
}

fn number(source: &Value, field: &str) -> u64 {
    source[field].as_u64().expect("a number")
}

fn rotations(source: &Value, kind: &str) -> u64 {
    source["rotations"][kind].as_u64().expect("a number")
}

struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Folder(tempfile::tempdir().expect("a temporary folder"))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Creates a file, or empties it, and opens it as a log is opened.
    fn create(&self, name: &str, text: &str) -> File {
        fs::write(self.path(name), text).expect("a file");
        self.append(name)
    }

    fn append(&self, name: &str) -> File {
        let mut options = OpenOptions::new();
        options
            .append(true)
            .create(true)
            .open(self.path(name))
            .expect("a file")
    }
}

fn write(file: &mut File, text: &str) {
    file.write_all(text.as_bytes()).expect("written");
}

#[test]
fn a_scrape_sees_every_line_written_before_it() {
    let folder = Folder::new();
    let mut log = folder.create("mail.log", "one\ntwo\n");
    let daemon = Daemon::follow(&folder.path("mail.log"));
    assert_eq!(lines(&daemon.source()), 2);
    for expected in 3..50 {
        write(&mut log, "another\n");
        // No waiting: whatever is written when it is asked has to be in the answer.
        assert_eq!(lines(&daemon.source()), expected);
    }
    let source = daemon.source();
    assert_eq!(number(&source, "bytes"), 8 + 47 * 8);
    assert_eq!(number(&source, "lag_bytes"), 0);
    assert_eq!(source["up"], true);
}

#[test]
fn an_unfinished_line_waits_for_its_newline() {
    let folder = Folder::new();
    let mut log = folder.create("mail.log", "one\nhalf of a li");
    let daemon = Daemon::follow(&folder.path("mail.log"));
    let source = daemon.source();
    assert_eq!((lines(&source), number(&source, "lag_bytes")), (1, 12));
    write(&mut log, "ne\r\n");
    let source = daemon.source();
    assert_eq!((lines(&source), number(&source, "lag_bytes")), (2, 0));
}

#[test]
fn a_renamed_log_is_read_on_while_the_new_one_grows() {
    let folder = Folder::new();
    let mut old = folder.create("mail.log", "");
    let daemon = Daemon::follow(&folder.path("mail.log"));
    let mut written = 0;
    for rotation in 1..=8 {
        for _ in 0..100 {
            write(&mut old, "before\n");
        }
        fs::rename(
            folder.path("mail.log"),
            folder.path(&format!("mail.log.{rotation}")),
        )
        .expect("renamed");
        // Writers hold the old file until they are told; the new one may be there before.
        for _ in 0..50 {
            write(&mut old, "late\n");
        }
        let mut new = folder.create("mail.log", "");
        for _ in 0..50 {
            write(&mut new, "early\n");
            write(&mut old, "later\n");
        }
        written += 250;
        let source = daemon.until_source("all lines", |source| lines(source) >= written);
        assert_eq!(lines(&source), written);
        write(&mut old, "last\n");
        written += 1;
        old = new;
    }
    let source = daemon.until_source("all lines", |source| lines(source) >= written);
    assert_eq!(lines(&source), written);
    assert_eq!(rotations(&source, "renamed"), 8);
    assert_eq!(number(&source, "lag_bytes"), 0);
}

#[test]
fn no_line_is_lost_or_doubled_by_fast_rotation_under_load() {
    let folder = Folder::new();
    let mut log = folder.create("mail.log", "");
    let daemon = Daemon::follow(&folder.path("mail.log"));
    let mut written = 0;
    for rotation in 0..20 {
        for _ in 0..1000 {
            write(&mut log, "a line of the log\n");
            written += 1;
        }
        fs::rename(
            folder.path("mail.log"),
            folder.path(&format!("mail.log-{}", 20_260_101 + rotation)),
        )
        .expect("renamed");
        log = folder.create("mail.log", "");
        // A reader may look at any time, but it has to look before the name moves on again.
        daemon.until_source("the rotation", |s| rotations(s, "renamed") > rotation);
    }
    let source = daemon.until_source("all lines", |source| lines(source) >= written);
    assert_eq!(lines(&source), written);
}

#[test]
fn a_log_that_was_copied_and_emptied_is_read_from_its_beginning() {
    let folder = Folder::new();
    let mut log = folder.create("mail.log", "one\ntwo\nthree\n");
    let daemon = Daemon::follow(&folder.path("mail.log"));
    assert_eq!(lines(&daemon.source()), 3);
    fs::copy(folder.path("mail.log"), folder.path("mail.log.1")).expect("copied");
    log.set_len(0).expect("emptied");
    write(&mut log, "four\n");
    let source = daemon.until_source("the fourth line", |source| lines(source) >= 4);
    assert_eq!((lines(&source), rotations(&source, "truncated")), (4, 1));

    // Grown past the old position before anybody looked: only the text before it tells.
    let daemon = Daemon::follow(&folder.path("mail.log"));
    assert_eq!(lines(&daemon.source()), 1);
    log.set_len(0).expect("emptied");
    write(&mut log, "five\nsix\nseven\n");
    let source = daemon.until_source("the truncation", |source| lines(source) >= 4);
    assert_eq!((lines(&source), rotations(&source, "truncated")), (4, 1));
}

#[test]
fn a_log_that_was_removed_and_made_anew_is_read_from_its_beginning() {
    let folder = Folder::new();
    let mut old = folder.create("mail.log", "one\n");
    let daemon = Daemon::follow(&folder.path("mail.log"));
    fs::remove_file(folder.path("mail.log")).expect("removed");
    write(&mut old, "two\n");
    daemon.until_source("down", |source| source["up"] == false);
    let _new = folder.create("mail.log", "three\n");
    let source = daemon.until_source("up again", |source| source["up"] == true);
    assert_eq!((lines(&source), rotations(&source, "replaced")), (3, 1));

    // Replaced in one step.
    fs::write(folder.path("new"), "four\nfive\n").expect("a file");
    fs::rename(folder.path("new"), folder.path("mail.log")).expect("renamed");
    let source = daemon.until_source("the new file", |source| lines(source) >= 5);
    assert_eq!((lines(&source), rotations(&source, "replaced")), (5, 2));
}

#[test]
fn a_link_that_is_turned_to_another_file_is_followed() {
    let folder = Folder::new();
    fs::create_dir(folder.path("elsewhere")).expect("a folder");
    let mut first = folder.create("elsewhere/first", "one\n");
    let mut second = folder.create("elsewhere/second", "two\n");
    let link = folder.path("mail.log");
    std::os::unix::fs::symlink(folder.path("elsewhere/first"), &link).expect("a link");
    let daemon = Daemon::follow(&link);
    assert_eq!(lines(&daemon.source()), 1);

    std::os::unix::fs::symlink(folder.path("elsewhere/second"), folder.path("next"))
        .expect("a link");
    fs::rename(folder.path("next"), &link).expect("renamed");
    write(&mut first, "late\n");
    let source = daemon.until_source("both files", |source| lines(source) >= 3);
    assert_eq!((lines(&source), rotations(&source, "renamed")), (3, 1));
    write(&mut second, "three\n");
    assert_eq!(lines(&daemon.source()), 4);

    // The link stays and what it leads to is rotated.
    fs::rename(
        folder.path("elsewhere/second"),
        folder.path("elsewhere/second.1"),
    )
    .expect("renamed");
    let _new = folder.create("elsewhere/second", "four\n");
    let source = daemon.until_source("the new target", |source| lines(source) >= 5);
    assert_eq!((lines(&source), rotations(&source, "renamed")), (5, 2));
}

#[test]
fn a_line_of_megabytes_is_one_line_and_takes_no_memory() {
    let folder = Folder::new();
    let mut log = folder.create("mail.log", "one\n");
    let daemon = Daemon::follow(&folder.path("mail.log"));
    let part = "x".repeat(1 << 20);
    for _ in 0..32 {
        write(&mut log, &part);
    }
    daemon.until_source("all of it", |source| number(source, "lag_bytes") == 0);
    write(&mut log, "the end\nnext\n");
    let source = daemon.until_source("the next line", |source| lines(source) >= 3);
    assert_eq!((lines(&source), number(&source, "truncated_lines")), (3, 1));
    assert_eq!(number(&source, "bytes"), 4 + (32 << 20) + 8 + 5);
    let status = fs::read_to_string(format!("/proc/{}/status", daemon.child.id())).expect("status");
    let peak = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .expect("a peak");
    let peak: u64 = peak
        .trim()
        .trim_end_matches(" kB")
        .parse()
        .expect("a number");
    assert!(peak < 32 * 1024, "{peak} KiB");
}

#[test]
fn a_pattern_takes_new_logs_and_leaves_rotated_ones() {
    let folder = Folder::new();
    let mut first = folder.create("a.log", "one\n");
    folder.create("a.log.1", "old\n");
    folder.create("a-20260101.log", "old\n");
    let daemon = Daemon::follow(&folder.path("*.log*"));
    let source = daemon.source();
    assert_eq!((lines(&source), source["up"] == true), (1, true));
    folder.create("b.log", "two\n");
    daemon.until_source("the new log", |source| lines(source) == 2);

    // Under a name that the pattern matches, a renamed log must not be read a second time.
    fs::rename(folder.path("a.log"), folder.path("c.log")).expect("renamed");
    daemon.until_source("the rename", |source| rotations(source, "renamed") == 1);
    folder.create("a.log", "three\n");
    daemon.until_source("the new log", |source| lines(source) == 3);
    daemon.logged("log is read under another of its names");
    write(&mut first, "four\n");
    daemon.until_source("the late line", |source| lines(source) == 4);
    assert_eq!(lines(&daemon.source()), 4);
}

#[test]
fn a_log_that_is_not_there_yet_is_read_when_it_comes() {
    let folder = Folder::new();
    let daemon = Daemon::start(&[
        "--read-from=end",
        folder.path("mail.log").to_str().expect("a name"),
    ]);
    assert_eq!(daemon.source()["up"], false);
    let _log = folder.create("mail.log", "one\ntwo\n");
    let source = daemon.until_source("up", |source| source["up"] == true);
    assert_eq!(lines(&source), 2);
}

#[test]
fn reading_from_the_end_leaves_out_what_is_there() {
    let folder = Folder::new();
    let mut log = folder.create("mail.log", "one\ntwo\nthr");
    let daemon = Daemon::start(&[
        "--read-from=end",
        folder.path("mail.log").to_str().expect("a name"),
    ]);
    assert_eq!(lines(&daemon.source()), 0);
    write(&mut log, "ee\nfour\n");
    let source = daemon.source();
    assert_eq!((lines(&source), number(&source, "bytes")), (2, 11));
    assert_eq!(rotations(&source, "truncated"), 0);
}

#[test]
fn the_pages_answer_as_http_wants_it() {
    let folder = Folder::new();
    folder.create("mail<1>.log", "one\n");
    let daemon = Daemon::follow(&folder.path("mail<1>.log"));

    let metrics = daemon.get("/metrics");
    assert_eq!(metrics.status, 200);
    assert_eq!(
        metrics.headers["content-type"],
        "text/plain; version=0.0.4; charset=utf-8"
    );

    let page = daemon.get("/");
    assert_eq!(
        (page.status, page.headers.get("content-encoding")),
        (200, None)
    );
    let text = String::from_utf8(page.body.clone()).expect("text");
    assert!(text.contains("mail&lt;1&gt;.log") && text.contains("href=\"/metrics\""));

    let head = daemon.request("HEAD", "/", "");
    assert_eq!((head.status, head.body.len()), (200, 0));
    assert_eq!(head.headers["content-length"], page.body.len().to_string());

    let small = daemon.request("GET", "/", "Accept-Encoding: br, gzip;q=0.5\r\n");
    assert_eq!(small.headers["content-encoding"], "gzip");
    let mut unpacked = String::new();
    flate2::read::GzDecoder::new(small.body.as_slice())
        .read_to_string(&mut unpacked)
        .expect("gzip");
    assert_eq!(unpacked, text);
    let plain = daemon.request("GET", "/", "Accept-Encoding: gzip;q=0\r\n");
    assert_eq!(plain.headers.get("content-encoding"), None);

    assert_eq!(daemon.get("/-/healthy").status, 200);
    assert_eq!(daemon.get("/nowhere").status, 404);
    let refused = daemon.request("POST", "/metrics", "Content-Length: 3\r\n");
    assert_eq!(
        (refused.status, refused.headers["allow"].as_str()),
        (405, "GET, HEAD")
    );
}

#[test]
fn more_connections_than_are_served_at_a_time_wait_their_turn() {
    let folder = Folder::new();
    folder.create("mail.log", "");
    let daemon = Daemon::follow(&folder.path("mail.log"));
    let idle: Vec<TcpStream> = (0..80)
        .map(|_| TcpStream::connect(&daemon.address).expect("a connection"))
        .collect();
    drop(idle);
    assert_eq!(daemon.get("/-/healthy").status, 200);
}

#[test]
fn it_ends_with_0_when_it_is_asked_to() {
    for signal in ["TERM", "INT"] {
        let folder = Folder::new();
        folder.create("mail.log", "one\n");
        let mut daemon = Daemon::follow(&folder.path("mail.log"));
        // A connection that stays open must not keep it.
        let _idle = TcpStream::connect(&daemon.address).expect("a connection");
        daemon.signal(signal);
        assert_eq!(daemon.ended().code(), Some(0));
        daemon.logged("message=stopped");
    }
}

#[test]
fn a_configuration_is_read_again_on_hangup() {
    let folder = Folder::new();
    let mut a = folder.create("a.log", "one\ntwo\n");
    folder.create("b.log", "three\n");
    let config = folder.path("maillog.yml");
    let only = |names: &[&str]| {
        let sources: String = names
            .iter()
            .map(|name| {
                format!(
                    "  - {{name: {name}, files: [{}.log]}}\n",
                    folder.path(name).display()
                )
            })
            .collect();
        fs::write(&config, format!("sources:\n{sources}")).expect("written");
    };
    let names = |daemon: &Daemon| -> Vec<(String, u64)> {
        let sources = daemon.sources();
        sources
            .iter()
            .map(|s| (s["name"].as_str().expect("a name").to_owned(), lines(s)))
            .collect()
    };
    only(&["a"]);
    let daemon = Daemon::start(&[&format!("--config.file={}", config.display())]);
    assert_eq!(names(&daemon), [("a".to_owned(), 2)]);

    only(&["b", "a"]);
    daemon.signal("HUP");
    until("both", || {
        (names(&daemon) == [("b".to_owned(), 1), ("a".to_owned(), 2)]).then_some(())
    });

    fs::write(&config, "sources:\n  - name: a\n    file: [x]\n").expect("written");
    daemon.signal("HUP");
    let line = daemon.logged("keeping the old one");
    assert!(
        line.contains("maillog.yml:3:5: sources[0].file:") && line.contains("did you mean files?")
    );
    assert_eq!(names(&daemon).len(), 2);

    only(&["b"]);
    daemon.signal("HUP");
    until("b only", || {
        (names(&daemon) == [("b".to_owned(), 1)]).then_some(())
    });
    write(&mut a, "four\n");
    only(&["b", "a"]);
    daemon.signal("HUP");
    // Neither from its beginning nor from zero.
    until("a again", || {
        (names(&daemon) == [("b".to_owned(), 1), ("a".to_owned(), 3)]).then_some(())
    });
}

/// Runs a command that ends by itself; its exit code and standard error.
fn run(arguments: &[&str]) -> (Option<i32>, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_maillog_exporter"))
        .args(arguments)
        .output()
        .expect("the binary runs");
    (
        output.status.code(),
        String::from_utf8_lossy(&output.stderr).into_owned(),
    )
}

#[test]
fn mistakes_end_with_2_and_failures_with_1() {
    let folder = Folder::new();
    let config = folder.path("bad.yml");
    fs::write(&config, "max_line_bytes: many\n").expect("written");
    let config = config.to_str().expect("a name");
    for arguments in [&["check", config][..], &["--config.file", config]] {
        let (code, message) = run(arguments);
        assert_eq!(code, Some(2));
        assert!(
            message.contains("bad.yml:1:17: max_line_bytes:"),
            "{message}"
        );
    }
    for (arguments, expected) in [
        (
            &["--config.file=/nowhere/x.yml"][..],
            "/nowhere/x.yml: cannot be read",
        ),
        (&["--web.listen-address=9925", "x"], "the port is missing"),
        (
            &["--web.telemetry-path=metrics", "x"],
            "--web.telemetry-path",
        ),
        (&["--log.level=loud", "x"], "--log.level"),
        (&["mail.log.2.gz"], "report"),
        (&["mail[.log"], "no pattern"),
    ] {
        let (code, message) = run(arguments);
        assert_eq!(code, Some(2), "{message}");
        assert!(message.contains(expected), "{message}");
    }
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("its address");
    let (code, message) = run(&[&format!("--web.listen-address={address}"), "mail.log"]);
    assert_eq!(code, Some(1));
    assert!(
        message.contains(&format!("cannot listen on {address}")),
        "{message}"
    );
}

#[test]
fn check_says_what_would_be_read() {
    let folder = Folder::new();
    folder.create("a.log", "");
    folder.create("a.log.1", "");
    let config = folder.path("good.yml");
    let pattern = folder.path("*.log*");
    let text = format!(
        "sources: [{{name: mail, files: [\"{}\"]}}]\n",
        pattern.display()
    );
    fs::write(&config, text).expect("written");
    let output = Command::new(env!("CARGO_BIN_EXE_maillog_exporter"))
        .arg("check")
        .arg(&config)
        .output()
        .expect("the binary runs");
    assert_eq!(output.status.code(), Some(0));
    let text = String::from_utf8(output.stdout).expect("text");
    assert!(
        text.contains("a.log\n") && !text.contains("a.log.1"),
        "{text}"
    );
}

#[test]
fn shells_and_readers_get_what_clap_knows() {
    for shell in ["bash", "zsh", "fish"] {
        let output = Command::new(env!("CARGO_BIN_EXE_maillog_exporter"))
            .args(["completions", shell])
            .output()
            .expect("the binary runs");
        assert!(
            String::from_utf8_lossy(&output.stdout).contains("web.listen-address"),
            "{shell}"
        );
    }
    let output = Command::new(env!("CARGO_BIN_EXE_maillog_exporter"))
        .arg("man")
        .output()
        .expect("the binary runs");
    assert!(String::from_utf8_lossy(&output.stdout).starts_with(".ie"));
}
