//! What HTTP clients get.

use crate::daemon::*;
use std::io::Read;
use std::net::TcpStream;

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
        "<span class=\"dim\">421 in 5 minutes</span><b>0.0/min</b>",
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
