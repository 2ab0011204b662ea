//! The page `/trace`: messages in the logs that the daemon follows, for those who may see addresses.

use crate::daemon::*;
use serde_json::Value;

/// `ann:secret` as HTTP basic authentication.
const PASSWORD: &str = "Authorization: Basic YW5uOnNlY3JldA==\r\n";

/// A daemon that follows `mail.log` with this `web:` section, and with a password if `has_password`.
fn launch(folder: &Folder, web: &str, has_password: bool) -> Daemon {
    let log = folder.path("mail.log");
    let config = format!(
        "web: {web}\nsources: [{{files: [\"{}\"]}}]\n",
        log.display()
    );
    folder.create("maillog.yml", &config);
    let mut arguments = vec![format!(
        "--config.file={}",
        folder.path("maillog.yml").display()
    )];
    if has_password {
        let hash = bcrypt::hash("secret", 4).expect("a hash");
        folder.create("web.yml", &format!("basic_auth_users: {{ann: {hash:?}}}\n"));
        arguments.push(format!(
            "--web.config.file={}",
            folder.path("web.yml").display()
        ));
    }
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    Daemon::launch(&arguments, std::process::Stdio::null())
}

#[test]
fn messages_are_traced_only_with_a_password_and_where_addresses_may_be_shown() {
    let folder = Folder::new();
    folder.create("mail.log", "");
    for (web, has_password) in [
        ("{privacy: addresses}", false),
        ("{privacy: domains}", true),
        ("{}", false),
    ] {
        let daemon = launch(&folder, web, has_password);
        let headers = if has_password { PASSWORD } else { "" };
        for path in [
            "/trace?q=ann@example.org",
            "/api/v1/trace?q=ann@example.org",
        ] {
            let answer = daemon.request("GET", path, headers);
            assert_eq!(answer.status, 403, "{web} {has_password}");
        }
    }
}

#[test]
fn a_message_is_found_in_the_log_and_in_its_rotated_file() {
    let folder = Folder::new();
    let record = |id: &str, recipient: &str, reply: &str| {
        format!(
            "2026-11-30T10:00:01Z mx postfix/qmgr[3]: {id}: from=<ann@example.com>, size=9, nrcpt=1 (queue active)\n\
             2026-11-30T10:00:02Z mx postfix/smtp[1]: {id}: to=<{recipient}>, relay=mx.example.net[192.0.2.1]:25, delay=1, \
             delays=0/0/1/0, dsn=4.2.2, status=deferred (host mx.example.net[192.0.2.1] said: {reply} (in reply to RCPT TO command))\n"
        )
    };
    folder.create(
        "mail.log.1",
        &record("4F9D1954001", "bob@example.net", "452 4.2.2 full"),
    );
    folder.create(
        "mail.log",
        &record("4F9D1954002", "<b>@example.net", "421 4.7.0 <i>later</i>"),
    );
    let daemon = launch(&folder, "{privacy: addresses}", true);
    let get = |path: &str| daemon.request("GET", path, PASSWORD);

    let json: Value =
        serde_json::from_slice(&get("/api/v1/trace?q=ann%40example.com").body).expect("JSON");
    assert_eq!(
        (&json["found"], &json["outcomes"]["deferred"]),
        (&2.into(), &2.into())
    );

    let page = get("/trace?q=4F9D1954002&lang=zh");
    assert_eq!(page.status, 200);
    let page = String::from_utf8(page.body).expect("text");
    for part in [
        "value=\"4F9D1954002\"",
        "421 4.7.0 &lt;i&gt;later&lt;/i&gt;",
        "&lt;b&gt;@example.net",
        "name=\"lang\" value=\"zh\"",
        "延迟",
    ] {
        assert!(page.contains(part), "{part} is not in {page}");
    }
    let none = String::from_utf8(get("/trace?q=nobody%40example.org").body).expect("text");
    assert!(none.contains("No message found"), "{none}");
    let form = String::from_utf8(get("/trace").body).expect("text");
    assert!(form.contains("href=\"/trace\""), "{form}");
    assert!(
        form.contains("<form") && !form.contains("No message"),
        "{form}"
    );
    assert_eq!(get("/api/v1/trace?q=two%20words").status, 400);
    let wrong = String::from_utf8(get("/trace?q=two%20words&lang=zh").body).expect("text");
    assert!(wrong.contains("应为队列 ID、Message-ID"), "{wrong}");
    assert_eq!(get("/api/v1/trace").status, 400);
}
