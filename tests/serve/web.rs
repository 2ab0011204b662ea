//! HTTP: pages, API and connections.

use crate::daemon::*;
use serde_json::Value;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

#[test]
fn pages_follow_http_semantics() {
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

    // The page shows ages in seconds, so two requests may get different ones.
    let is_same = (0..10).any(|_| {
        let page = daemon.get("/");
        let head = daemon.request("HEAD", "/", "");
        assert_eq!((head.status, head.body.len()), (200, 0));
        let small = daemon.request("GET", "/", "Accept-Encoding: br, gzip;q=0.5\r\n");
        assert_eq!(small.headers["content-encoding"], "gzip");
        let mut unpacked = Vec::new();
        flate2::read::GzDecoder::new(small.body.as_slice())
            .read_to_end(&mut unpacked)
            .expect("gzip");
        head.headers["content-length"] == page.body.len().to_string() && unpacked == page.body
    });
    assert!(is_same);
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

/// The line of a message that was deferred just now.
fn deferred(id: u32, reply: &str) -> String {
    let relay = "gmail-smtp-in.l.google.com";
    let now = jiff::Timestamp::now();
    format!(
        "{now} mail postfix/smtp[1]: 4F9D1954{id:03}: to=<ann@example.org>, \
         relay={relay}[192.0.2.1]:25, delay=1, delays=0/0/1/0, dsn=4.2.2, \
         status=deferred (host {relay}[192.0.2.1] said: {reply} (in reply to RCPT TO command))\n"
    )
}

#[test]
fn status_page_shows_deliveries_providers_codes_and_sources() {
    let folder = Folder::new();
    // The first line begins the history.
    let log: String = (0..4)
        .map(|id| deferred(id, "422 4.2.2 mailbox full"))
        .collect();
    folder.create("mail.log", &log);
    let daemon = Daemon::follow(&folder.path("mail.log"));
    let page = String::from_utf8(daemon.get("/").body).expect("text");
    for shown in [
        "<main id=\"main\">",
        "<dt>Deferred</dt><dd>100\u{202f}%</dd>",
        "<a href=\"/codes/422\">422</a>",
        "<a href=\"/codes/mailbox_full\">mailbox_full</a>",
        "<a href=\"/providers/google\">google</a>",
        "✓ up",
        "mail.log",
    ] {
        assert!(page.contains(shown), "{shown} is not in {page}");
    }

    let chinese = daemon.request("GET", "/?lang=zh", "");
    assert_eq!(chinese.headers["content-language"], "zh-Hans");
    let page = String::from_utf8(chinese.body).expect("text");
    for shown in [
        "<html lang=\"zh-Hans\"",
        "<dt>延迟</dt><dd>100%</dd>",
        "<a href=\"/codes/422?lang=zh\">422</a>",
        "<a href=\"/alerts?lang=zh\">",
        "href=\"/?lang=en\" lang=\"en\" hreflang=\"en\">English</a>",
    ] {
        assert!(page.contains(shown), "{shown} is not in {page}");
    }
    let json: Value = serde_json::from_slice(&daemon.get("/api/v1/status").body).expect("JSON");
    assert_eq!(json["providers"][0]["failing_share"], 1.0);
    let json: Value =
        serde_json::from_slice(&daemon.get("/api/v1/providers/google").body).expect("JSON");
    assert_eq!(json["replies"][0]["reply"], "422 4.2.2");
    assert_eq!(daemon.get("/providers/google").status, 200);
    assert_eq!(daemon.get("/providers/nobody").status, 404);
}

#[test]
fn pages_load_their_style_and_script_and_nothing_else() {
    let folder = Folder::new();
    folder.create("mail.log", "");
    let daemon = Daemon::follow(&folder.path("mail.log"));
    let page = daemon.get("/");
    let policy = &page.headers["content-security-policy"];
    assert!(
        policy.starts_with("default-src 'none';") && !policy.contains("unsafe"),
        "{policy}"
    );
    let page = String::from_utf8(page.body).expect("text");
    for (before, kind) in [
        ("<link rel=\"stylesheet\" href=\"", "text/css"),
        ("<script src=\"", "text/javascript"),
    ] {
        let (_, path) = page.split_once(before).expect("a link");
        let path = &path[..path.find('"').expect("an end")];
        let file = daemon.get(path);
        assert_eq!(file.status, 200, "{path}");
        assert!(file.headers["content-type"].starts_with(kind), "{path}");
        assert!(
            file.headers["cache-control"].contains("immutable"),
            "{path}"
        );
    }
    assert_eq!(daemon.get("/static/other.js").status, 404);
}

#[test]
fn history_outlives_the_process() {
    let folder = Folder::new();
    folder.create("mail.log", "");
    let log = folder.path("mail.log");
    let state = format!("--state.path={}", folder.path("state").display());
    let arguments = [state.as_str(), log.to_str().expect("a name")];
    let counted = |daemon: &Daemon| {
        let json = daemon.get("/api/v1/codes/421").body;
        let json: Value = serde_json::from_slice(&json).expect("JSON");
        json["compare"]["now"].as_f64().filter(|rate| *rate > 0.0)
    };
    let mut daemon = Daemon::start(&arguments);
    let lines: String = (0..9)
        .map(|id| deferred(id, "421 4.7.28 unusual rate"))
        .collect();
    write(&mut folder.append("mail.log"), &lines);
    until("the replies are in the history", || counted(&daemon));
    daemon.signal("TERM");
    assert_eq!(daemon.ended().code(), Some(0));
    let daemon = Daemon::start(&arguments);
    assert!(counted(&daemon).is_some());
}

#[test]
fn code_page_uses_the_requested_language() {
    let folder = Folder::new();
    let replies = [
        "421 4.7.28 unusual rate",
        "421 bye",
        "421 4.7.28 unusual rate",
    ];
    let log: String = (0..)
        .zip(replies)
        .map(|(id, reply)| deferred(id, reply))
        .collect();
    folder.create("mail.log", &log);
    let daemon = Daemon::follow(&folder.path("mail.log"));
    let verbatim = "这时应分批寄送或是邮件服务器会自动分批寄送。";
    for (path, accept) in [
        ("/codes/421", "zh-TW,zh;q=0.9,en;q=0.8"),
        ("/codes/421", "zh-HK"),
        ("/codes/421?lang=zh-TW", "en"),
    ] {
        let answer = daemon.request("GET", path, &format!("Accept-Language: {accept}\r\n"));
        assert_eq!(answer.headers["content-language"], "zh-Hant-TW", "{path}");
        let page = String::from_utf8(answer.body).expect("text");
        for part in [
            "<html lang=\"zh-Hant-TW\"",
            "伺服器",
            "連線",
            "佇列",
            "誰這樣回覆",
        ] {
            assert!(
                page.contains(part),
                "{path} for {accept}: {part} is not in {page}"
            );
        }
        for simplified in ["服务器", "连接", "队列", "郵递", "这"] {
            assert!(
                !page.contains(simplified),
                "{path} for {accept}: {simplified}"
            );
        }
    }
    for (path, accept, language, shown) in [
        ("/codes/421", "", "en", "What to do on this Postfix"),
        (
            "/codes/421",
            "de, en;q=0.3, zh;q=0.2",
            "en",
            "Who answers with it",
        ),
        (
            "/codes/421",
            "zh-CN,zh;q=0.9,en;q=0.8",
            "zh-Hans",
            "谁这样回复",
        ),
        (
            "/codes/421?lang=zh",
            "en",
            "zh-Hans",
            "在本机 Postfix 上怎么办",
        ),
        ("/codes/421?lang=en", "zh", "en", "Who should act"),
    ] {
        let answer = daemon.request("GET", path, &format!("Accept-Language: {accept}\r\n"));
        let what = format!("{path} for {accept}");
        assert_eq!(answer.status, 200, "{what}");
        assert_eq!(answer.headers["content-language"], language, "{what}");
        assert_eq!(answer.headers["vary"], "Accept-Encoding, Accept-Language");
        let page = String::from_utf8(answer.body).expect("text");
        for part in [
            &format!("<html lang=\"{language}\""),
            shown,
            verbatim,
            ">google</a></th><td>3</td>",
            ">4.7.28</a>",
        ] {
            assert!(page.contains(part), "{what}: {part} is not in {page}");
        }
    }

    let json: Value = serde_json::from_slice(&daemon.get("/api/v1/codes/421").body).expect("JSON");
    assert_eq!(json["counts"]["outbound"]["total"], 3);
    assert_eq!(json["providers"][0]["provider"], "google");
    assert_eq!(json["beside"][0]["code"], "4.7.28");
    assert_eq!(json["document"][1]["remedy"], verbatim);

    let json: Value = serde_json::from_slice(&daemon.get("/api/v1/codes").body).expect("JSON");
    let entries = json["codes"].as_array().expect("a list");
    let entry = entries.iter().find(|entry| entry["code"] == "421");
    assert_eq!(entry.expect("421")["count"], 3);

    let index = daemon.get("/codes");
    let index = String::from_utf8(index.body).expect("text");
    assert!(index.contains("<a href=\"/codes/421\">421</a>") && index.contains("<b>3</b>"));

    for path in [
        "/codes/nonsense",
        "/codes/999",
        "/codes/4.7.28/x",
        "/api/v1/codes/%22",
    ] {
        assert_eq!(daemon.get(path).status, 404, "{path}");
    }
    let hostile = daemon.get("/codes/'\"><script>alert(1)</script>?lang=\"><script>");
    let page = String::from_utf8_lossy(&hostile.body);
    assert!(page.matches("<script").count() <= 1, "{page}");
    assert!(matches!(hostile.status, 400 | 404));
}

#[test]
fn alert_pages_exist_and_are_linked() {
    let folder = Folder::new();
    folder.create("mail.log", "");
    let daemon = Daemon::follow(&folder.path("mail.log"));
    for from in ["/", "/codes", "/providers"] {
        let page = String::from_utf8(daemon.get(from).body).expect("text");
        assert!(page.contains("<a href=\"/alerts\">"), "{from}: {page}");
    }
    let index = String::from_utf8(daemon.get("/alerts").body).expect("text");
    assert!(index.contains("<a href=\"/alerts/MaillogSourceDown\">"));
    let page = daemon.request(
        "GET",
        "/alerts/MaillogSourceDown",
        "Accept-Language: zh\r\n",
    );
    assert_eq!(
        (page.status, &*page.headers["content-language"]),
        (200, "zh-Hans")
    );
    assert_eq!(page.headers["vary"], "Accept-Encoding, Accept-Language");
    let page = String::from_utf8(page.body).expect("text");
    assert!(page.contains("无法读取邮件日志"), "{page}");
    for path in [
        "/alerts/nonsense",
        "/alertsx",
        "/alerts/MaillogSourceDown/x",
    ] {
        assert_eq!(daemon.get(path).status, 404, "{path}");
    }
}

#[test]
fn idle_connections_do_not_block_a_scrape() {
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
    // The oldest connection was closed to make room.
    let mut oldest = &idle[0];
    assert_eq!(oldest.read(&mut [0]).expect("closed"), 0);
}

#[test]
fn incomplete_request_does_not_delay_shutdown() {
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
    // Connections are accepted in order: these have been accepted once a later one is answered.
    assert_eq!(daemon.get("/-/healthy").status, 200);
    let asked = Instant::now();
    daemon.signal("TERM");
    assert_eq!(daemon.ended().code(), Some(0));
    assert!(asked.elapsed() < Duration::from_secs(1));
    drop(half);
}

#[test]
fn every_path_begins_with_the_prefix_of_the_external_url() {
    let folder = Folder::new();
    folder.create("mail.log", &deferred(1, "422 4.2.2 mailbox full"));
    let log = folder.path("mail.log").display().to_string();
    let url = "--web.external-url=https://mail.example.com/maillog/";
    let daemon = Daemon::launch(&[url, &log], std::process::Stdio::null());
    until("ready", || {
        (daemon.get("/maillog/-/ready").status == 200).then_some(())
    });
    for (path, status) in [
        ("/maillog/metrics", 200),
        ("/maillog/-/healthy", 200),
        ("/maillog/api/v1/status", 200),
        ("/metrics", 404),
        ("/maillogs/metrics", 404),
        ("/codes/422", 404),
    ] {
        assert_eq!(daemon.get(path).status, status, "{path}");
    }
    for path in ["/", "/maillog"] {
        let answer = daemon.get(path);
        let location = answer.headers["location"].as_str();
        assert_eq!((answer.status, location), (302, "/maillog/"), "{path}");
    }
    let text = |path: &str| String::from_utf8(daemon.get(path).body).expect("text");
    assert!(text("/maillog/metrics").contains(
        "maillog_web_info{scheme=\"http\",route_prefix=\"/maillog\",external_url=\"https://mail.example.com/maillog\"} 1"
    ));
    // Every link of every page leads to another page under the prefix.
    let mut found = vec!["/maillog/".to_owned()];
    let mut next = 0;
    while let Some(path) = found.get(next).cloned() {
        next += 1;
        assert_eq!(daemon.get(&path).status, 200, "{path}");
        if path.starts_with("/maillog/api/") || path.starts_with("/maillog/static/") {
            continue;
        }
        let page = text(&path);
        for link in page.split(" href=\"").chain(page.split(" src=\"")).skip(1) {
            let link = link.split(['"', '#']).next().unwrap_or_default();
            if link.starts_with('/') && found.len() < 60 {
                assert!(link.starts_with("/maillog/"), "{link} on {path}");
                if !found.iter().any(|it| it == link) {
                    found.push(link.to_owned());
                }
            }
        }
    }
    assert!(next > 20, "{found:?}");
}

#[test]
fn addresses_and_accounts_are_shown_only_where_the_configuration_says_so() {
    let folder = Folder::new();
    let now = jiff::Timestamp::now();
    let submitted = format!(
        "{now} mail postfix/submission/smtpd[2]: 4F9D1954000: client=unknown[203.0.113.7], sasl_method=PLAIN, sasl_username=ann\n\
         {now} mail postfix/qmgr[3]: 4F9D1954000: from=<ann@example.com>, size=10, nrcpt=1 (queue active)\n"
    );
    let log = submitted + &deferred(0, "422 4.2.2 mailbox full");
    folder.create("mail.log", &log);
    let (log, config) = (folder.path("mail.log"), folder.path("maillog.yml"));
    for privacy in ["addresses", "domains"] {
        let text = format!(
            "web: {{privacy: {privacy}}}\nsources: [{{files: [\"{}\"]}}]\n",
            log.display()
        );
        std::fs::write(&config, text).expect("written");
        let daemon = Daemon::start(&[&format!("--config.file={}", config.display())]);
        let body = daemon.get("/api/v1/codes/422").body;
        let json: Value = serde_json::from_slice(&body).expect("JSON");
        let page = String::from_utf8(daemon.get("/alerts/MaillogOutboundSurge").body);
        let page = page.expect("text");
        assert_eq!(json["senders"][0]["name"], "example.com");
        let names = [&json["sender_addresses"], &json["accounts"]].map(|it| &it[0]["name"]);
        let lists_account = page.contains("<th class=\"any\" scope=\"row\">ann</th>");
        match privacy {
            "addresses" => assert_eq!(
                (names, lists_account),
                (["ann@example.com", "ann"].map(Value::from).each_ref(), true)
            ),
            _ => assert!(names.iter().all(|it| it.is_null()) && !lists_account),
        }
    }
}
