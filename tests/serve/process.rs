//! The process: signals, configuration, exit codes, and the commands beside `serve`.

use crate::daemon::*;
use std::fs;
use std::io::Write;
use std::net::TcpStream;
use std::os::unix::net::UnixListener;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

#[test]
fn sigterm_and_sigint_end_the_daemon_with_exit_code_0() {
    for signal in ["TERM", "INT"] {
        let folder = Folder::new();
        folder.create("mail.log", "one\n");
        let mut daemon = Daemon::follow(&folder.path("mail.log"));
        // An idle connection must not delay the shutdown.
        let _idle = TcpStream::connect(&daemon.address).expect("a connection");
        daemon.signal(signal);
        assert_eq!(daemon.ended().code(), Some(0));
        daemon.logged("message=stopped");
    }
}

#[test]
fn sighup_reloads_the_configuration() {
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
    assert!(line.contains("maillog.yml:3:5: sources[0].file:") && line.contains("unknown field"));
    assert_eq!(names(&daemon).len(), 2);

    only(&["b"]);
    daemon.signal("HUP");
    until("b only", || {
        (names(&daemon) == [("b".to_owned(), 1)]).then_some(())
    });
    write(&mut a, "four\n");
    only(&["b", "a"]);
    daemon.signal("HUP");
    // Position and count are kept.
    until("a again", || {
        (names(&daemon) == [("b".to_owned(), 1), ("a".to_owned(), 3)]).then_some(())
    });
}

#[test]
fn configured_providers_and_the_queue_are_in_the_metrics() {
    let folder = Folder::new();
    folder.create(
        "mail.log",
        "Nov 23 10:00:00 mail postfix/smtp[1]: 4F9D195432C: to=<ann@example.org>, \
         relay=mx.example.org[192.0.2.1]:25, delay=1, delays=0/0/1/0, dsn=2.0.0, status=sent \
         (250 2.0.0 Ok)\n",
    );
    // Postfix's own listing of one deferred message.
    let socket = folder.path("showq");
    let showq = UnixListener::bind(&socket).expect("a socket");
    let listing = std::thread::spawn(move || {
        let (mut stream, _) = showq.accept().expect("a connection");
        stream
            .write_all(
                b"protocol\0mail_queue_list_protocol\0\0\
                  queue_name\0deferred\0time\x00100\0size\x0020\0\0\0",
            )
            .expect("sent");
    });
    let config = folder.path("maillog.yml");
    let text = format!(
        "sources: [{{files: [\"{}\"]}}]\npostfix: {{showq: \"{}\"}}\n\
         providers: [{{name: our_partner, hosts: [example.org]}}]\n",
        folder.path("mail.log").display(),
        socket.display()
    );
    fs::write(&config, text).expect("written");
    let mut daemon = Daemon::start(&[&format!("--config.file={}", config.display())]);
    listing.join().expect("the queue was listed");
    until("the queue", || {
        let metrics = String::from_utf8(daemon.get("/metrics").body).expect("text");
        let provider = "provider=\"our_partner\"";
        assert!(metrics.contains(provider), "{metrics}");
        metrics
            .contains("maillog_queue_messages{queue=\"deferred\"} 1\n")
            .then_some(())
    });
    // The thread that lists the queue waits for up to a minute, and must not delay the shutdown.
    let begin = Instant::now();
    daemon.signal("TERM");
    assert_eq!(daemon.ended().code(), Some(0));
    assert!(begin.elapsed() < Duration::from_secs(5));
}

/// Runs a command to its end, and returns its exit code and standard error.
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
fn version_is_short_or_with_revision_compiler_and_target() {
    let print = |flag: &str| {
        let output = Command::new(env!("CARGO_BIN_EXE_maillog_exporter"))
            .arg(flag)
            .output()
            .expect("the binary runs");
        String::from_utf8(output.stdout).expect("text")
    };
    let first = format!("maillog_exporter {}", env!("CARGO_PKG_VERSION"));
    assert_eq!(print("-V"), format!("{first}\n"));
    let long = print("--version");
    let lines: Vec<&str> = long.lines().collect();
    assert_eq!(lines[0], first);
    let value = |line: usize, name: &str| {
        let value = lines[line].strip_prefix(name).expect(name);
        assert!(!value.is_empty() && value != "unknown", "{long}");
        value
    };
    let (revision, rustc) = (value(1, "revision: "), value(2, "rustc: "));
    let target = value(3, "target: ");
    assert!(
        rustc.starts_with("1.") && target.contains("linux"),
        "{long}"
    );

    let folder = Folder::new();
    folder.create("mail.log", "");
    let daemon = Daemon::follow(&folder.path("mail.log"));
    let metrics = String::from_utf8(daemon.get("/metrics").body).expect("text");
    let labels = format!("revision=\"{revision}\",rustc=\"{rustc}\",target=\"{target}\"");
    assert!(metrics.contains(&labels), "{labels} is not in {metrics}");
}

#[test]
fn exit_code_is_2_for_mistakes_and_1_for_failures() {
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
    fs::write(
        config,
        "providers:\n  - {name: other, hosts: [example.net]}\n",
    )
    .expect("written");
    let (code, message) = run(&["--config.file", config, "mail.log"]);
    assert_eq!(code, Some(2));
    assert!(
        message.contains("bad.yml:2:12: providers[0].name:"),
        "{message}"
    );
    for (arguments, expected) in [
        (
            &["--config.file=/nowhere/x.yml"][..],
            "/nowhere/x.yml: cannot read the file",
        ),
        (
            &["--web.listen-address=9925", "x.log"],
            "the port is missing",
        ),
        (
            &["--web.telemetry-path=metrics", "x.log"],
            "--web.telemetry-path",
        ),
        (&["--log.level=loud", "x.log"], "--log.level"),
        (&["mail.log.2.gz"], "report"),
        (&["mail[.log"], "not a valid pattern"),
        (&["/"], "is a directory"),
        (&["reprot"], "did you mean \"report\"?"),
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
fn a_configuration_that_is_a_named_pipe_is_refused_at_once() {
    let folder = Folder::new();
    let pipe = folder.path("maillog.yml");
    let mode = rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR;
    rustix::fs::mkfifoat(rustix::fs::CWD, &pipe, mode).expect("a pipe");
    let pipe = pipe.to_str().expect("a name");
    for arguments in [&["check", pipe][..], &["--config.file", pipe]] {
        let (code, message) = run(arguments);
        assert_eq!(code, Some(2), "{message}");
        assert!(message.contains("not a regular file"), "{message}");
    }
}

#[test]
fn format_takes_a_known_log_format_only() {
    let (code, message) = run(&["--format=nothing", "x.log"]);
    assert_eq!(code, Some(2));
    assert!(
        message.contains("unknown log format \"nothing\"") && message.contains("auto"),
        "{message}"
    );
    let folder = Folder::new();
    folder.create("mail.log", "one\n");
    let log = folder.path("mail.log");
    let daemon = Daemon::start(&["--format=auto", log.to_str().expect("a name")]);
    assert_eq!(daemon.sources().len(), 1);
}

#[test]
fn a_syslog_listener_that_cannot_be_bound_is_named_in_the_error() {
    let folder = Folder::new();
    folder.create("mail.log", "");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let config = folder.path("maillog.yml");
    let config = config.to_str().expect("a name");
    for listener in [
        format!("tcp://{}", taken.local_addr().expect("its address")),
        // An address of the documentation range, which no machine has.
        "tcp://192.0.2.1:5514".to_owned(),
        "udp://192.0.2.1:5514".to_owned(),
        "unix:///nonexistent/dir/log".to_owned(),
        format!("unix://{}", folder.path("mail.log").display()),
    ] {
        fs::write(config, format!("sources: [{{syslog: [\"{listener}\"]}}]\n")).expect("written");
        let (code, message) = run(&["--web.listen-address=127.0.0.1:0", "--config.file", config]);
        assert_eq!(code, Some(1), "{listener}: {message}");
        assert!(
            message.contains(&listener) && !message.contains("panicked"),
            "{listener}: {message}"
        );
    }
}

#[test]
fn check_lists_the_files_of_each_source() {
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
    assert!(text.contains("good.yml is valid.\n"), "{text}");
    assert!(
        text.contains("a.log\n") && !text.contains("a.log.1"),
        "{text}"
    );
}

#[test]
fn completions_and_manual_page_are_printed() {
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

#[test]
fn follow_joins_bursts_selects_and_sums_up() {
    let line = |id: u32, host: &str, reply: &str| {
        format!(
            "Nov 23 10:00:00 mail postfix/qmgr[7]: 4F{id:08X}: from=<bob@news.example.com>, size=10, nrcpt=1 (queue active)\n\
             Nov 23 10:00:00 mail postfix/smtp[1]: 4F{id:08X}: to=<u{id}@example.org>, relay={host}[192.0.2.1]:25, delay=1, \
             delays=0/0/1/0, dsn=4.2.2, status=deferred (host {host}[192.0.2.1] said: {reply} (in reply to RCPT TO command))\n"
        )
    };
    let google = "gmail-smtp-in.l.google.com";
    let mut text: String = (0..38)
        .map(|id| {
            line(
                id,
                google,
                &format!("421 4.7.28 Too many from 192.0.2.{id}"),
            )
        })
        .collect();
    text += &line(90, "mx.example.org", "421 4.7.28 Too many");
    text += &line(91, google, "452 4.2.2 full");
    let run = |arguments: &[&str]| {
        let mut child = Command::new(env!("CARGO_BIN_EXE_maillog_exporter"))
            .arg("follow")
            .args(arguments)
            .args(["--lang", "en", "-"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the binary runs");
        let mut input = child.stdin.take().expect("its input");
        input.write_all(text.as_bytes()).expect("written");
        drop(input);
        let output = child.wait_with_output().expect("it ends");
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).expect("text")
    };
    let all = run(&[]);
    assert!(
        all.contains("from=news.example.com to=example.org"),
        "{all}"
    );
    assert_eq!(all.matches("×37").count(), 1, "{all}");
    assert!(
        all.contains("deferred 40; 421 ×39, 452 ×1; google ×39"),
        "{all}"
    );
    let chosen = run(&["--code", "4.7.28", "--provider", "google"]);
    assert!(
        chosen.contains("deferred 38; 421 ×38; google ×38"),
        "{chosen}"
    );
    let full = run(&["--condition", "mailbox_full", "--failures"]);
    assert!(full.contains("deferred 1; 452 ×1; google ×1"), "{full}");
    assert!(!full.contains("4.7.28"), "{full}");
}

#[test]
fn follow_explains_standard_input_with_the_text_of_the_document() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_maillog_exporter"))
        .args(["follow", "--lang", "zh_CN.UTF-8", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the binary runs");
    let line = "Nov 23 10:00:00 mail postfix/smtp[1]: 4F9D195432C: to=<ann@example.org>, \
                relay=mx.example.org[192.0.2.1]:25, delay=1, delays=0/0/1/0, dsn=4.2.2, \
                status=deferred (host mx.example.org[192.0.2.1] said: 422 full (in reply to RCPT \
                TO command))\n";
    let mut input = child.stdin.take().expect("its input");
    input.write_all(line.as_bytes()).expect("written");
    drop(input);
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(0));
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        text.contains("延迟") && text.contains("mx.example.org"),
        "{text}"
    );
    assert!(
        text.contains("收信端邮件信箱的信件已经超过预设的信箱大小"),
        "{text}"
    );
}
