//! What HTTP clients get.

use crate::daemon::*;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

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
fn the_start_page_shows_codes_with_their_names_conditions_and_deliveries() {
    let folder = Folder::new();
    folder.create(
        "mail.log",
        "Nov 23 10:00:00 mail postfix/smtp[1]: 4F9D195432C: to=<ann@example.org>, \
         relay=mx.example.org[192.0.2.1]:25, delay=1, delays=0/0/1/0, dsn=4.2.2, \
         status=deferred (host mx.example.org[192.0.2.1] said: 422 4.2.2 mailbox full \
         (in reply to RCPT TO command))\n",
    );
    let daemon = Daemon::follow(&folder.path("mail.log"));
    let page = String::from_utf8(daemon.get("/").body).expect("text");
    let none = "<td class=\"dim\">–</td>";
    let counts = format!("<td>1</td>{none}{none}</tr>");
    for shown in [
        "<span class=\"dim\">deferred</span><b>1</b>",
        "<span class=\"dim\">sent</span><b>0</b>",
        "<span class=\"dim\">421 (5 min)</span><b>0.0/min</b>",
        &format!("<tr><td>mailbox_full</td>{counts}"),
    ] {
        assert!(page.contains(shown), "{shown} is not in {page}");
    }
    let row = page
        .split("<tr>")
        .find(|row| row.starts_with("<td>422</td>"));
    let row = row.expect("the code's row");
    assert!(row.contains(&counts), "{row}");
    assert!(!row.contains("<td class=\"name\"></td>"), "{row}");
}

#[test]
fn connections_that_say_nothing_keep_no_scrape_waiting() {
    let folder = Folder::new();
    folder.create("mail.log", "");
    let daemon = Daemon::follow(&folder.path("mail.log"));
    let idle: Vec<TcpStream> = (0..64)
        .map(|_| TcpStream::connect(&daemon.address).expect("a connection"))
        .collect();
    for _ in 0..3 {
        let asked = Instant::now();
        assert_eq!(daemon.get("/metrics").status, 200);
        assert!(asked.elapsed() < Duration::from_secs(1));
    }
    // The oldest made room.
    let mut oldest = &idle[0];
    assert_eq!(oldest.read(&mut [0]).expect("closed"), 0);
}

#[test]
fn half_a_request_does_not_keep_the_daemon_from_ending() {
    let folder = Folder::new();
    folder.create("mail.log", "");
    let mut daemon = Daemon::follow(&folder.path("mail.log"));
    let half: Vec<TcpStream> = (0..8)
        .map(|_| {
            let mut stream = TcpStream::connect(&daemon.address).expect("a connection");
            stream
                .write_all(b"GET /metrics HTTP/1.1\r\nHo")
                .expect("sent");
            stream
        })
        .collect();
    // Connections are taken in their order: these are taken once a later one is answered.
    assert_eq!(daemon.get("/-/healthy").status, 200);
    let asked = Instant::now();
    daemon.signal("TERM");
    assert_eq!(daemon.ended().code(), Some(0));
    assert!(asked.elapsed() < Duration::from_secs(1));
    drop(half);
}
