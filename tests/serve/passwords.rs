//! Passwords of `web-config.yml` under load: right ones are remembered, and checks of wrong ones are
//! limited.

use std::net::TcpStream;
use std::process::Stdio;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::daemon::*;

/// The header of a request with a name and a password.
pub fn password(name: &str, password: &str) -> String {
    let encoded = STANDARD.encode(format!("{name}:{password}"));
    format!("Authorization: Basic {encoded}\r\n")
}

/// A daemon without logs and with these users and hashes.
fn launch(folder: &Folder, users: &[(&str, String)]) -> Daemon {
    folder.create("mail.log", "");
    let users = users
        .iter()
        .map(|(name, hash)| format!("  {name}: \"{hash}\"\n"));
    let users: String = users.collect();
    folder.create("web.yml", &format!("basic_auth_users:\n{users}"));
    let web = format!("--web.config.file={}", folder.path("web.yml").display());
    let log = folder.path("mail.log");
    Daemon::launch(&[&web, log.to_str().expect("a name")], Stdio::null())
}

#[test]
fn wrong_passwords_do_not_delay_a_scrape_with_a_remembered_password() {
    let folder = Folder::new();
    let hash = bcrypt::hash("right", 12).expect("a hash");
    let daemon = launch(&folder, &[("prometheus", hash)]);
    let scrape = || daemon.request("GET", "/metrics", &password("prometheus", "right"));
    assert_eq!(scrape().status, 200);

    // Clients that try passwords as fast as they can. Those that find the queue full stop.
    let (full, found_full) = mpsc::channel();
    for client in 0..64 {
        let (address, full) = (daemon.address.clone(), full.clone());
        std::thread::spawn(move || {
            let wrong = password("prometheus", &format!("wrong {client}"));
            // Ends with the daemon.
            while let Ok(stream) = TcpStream::connect(&address) {
                match ask(stream, "GET", "/metrics", &wrong) {
                    Ok(answer) if answer.status == 401 => {}
                    Ok(answer) => return full.send(answer).expect("the test waits"),
                    Err(_) => return,
                }
            }
        });
    }
    let answer = found_full.recv().expect("a full queue");
    assert_eq!(answer.status, 503);
    assert_eq!(answer.headers["retry-after"], "1");

    // Without memory these would find the queue full, too.
    let mut times: Vec<Duration> = (0..21)
        .map(|_| {
            let begin = Instant::now();
            assert_eq!(scrape().status, 200);
            begin.elapsed()
        })
        .collect();
    times.sort_unstable();
    println!("median {:?}, slowest {:?}", times[10], times[20]);
    assert!(times[10] < median_limit(), "{times:?}");
}

/// The long tests run alone on their machine.
fn median_limit() -> Duration {
    let alone = std::env::var_os("MAILLOG_LONG").is_some();
    Duration::from_millis(if alone { 100 } else { 1000 })
}

#[test]
fn a_changed_password_is_forgotten() {
    let folder = Folder::new();
    let hash = |password| bcrypt::hash(password, 4).expect("a hash");
    let daemon = launch(&folder, &[("ann", hash("old"))]);
    let status = |text| daemon.request("GET", "/", &password("ann", text)).status;
    assert_eq!(status("old"), 200);
    assert_eq!(status("old"), 200);
    let changed = format!("basic_auth_users: {{ann: \"{}\"}} # changed\n", hash("new"));
    folder.create("web.yml", &changed);
    assert_eq!(status("old"), 401);
    assert_eq!(status("new"), 200);
}

#[test]
fn a_check_of_the_highest_cost_does_not_delay_the_shutdown() {
    let folder = Folder::new();
    let hash = bcrypt::hash("right", 4).expect("a hash");
    let users = [("ann", hash.replace("$04$", "$31$")), ("bob", hash)];
    let mut daemon = launch(&folder, &users);
    let address = daemon.address.clone();
    let (sent, is_sent) = mpsc::channel();
    std::thread::spawn(move || {
        let stream = TcpStream::connect(&address).expect("a connection");
        sent.send(()).expect("the test waits");
        // Ends with the daemon.
        let _ = ask(stream, "GET", "/", &password("ann", "x"));
    });
    is_sent.recv().expect("a connection");
    // The connections are accepted in this order.
    assert_eq!(
        daemon.request("GET", "/", &password("bob", "right")).status,
        200
    );
    daemon.signal("TERM");
    assert!(daemon.ended().success());
}
