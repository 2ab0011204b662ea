//! Reload of the configuration, by SIGHUP and by HTTP, and the metrics about it.

use crate::daemon::*;
use std::fs;
use std::path::Path;

/// Writes a configuration that names the log `NAME.log` of the folder.
fn configure(folder: &Folder, config: &Path, name: &str, further: &str) {
    let log = folder.path(&format!("{name}.log"));
    let text = format!(
        "{further}sources: [{{name: {name}, files: [\"{}\"]}}]\n",
        log.display()
    );
    fs::write(config, text).expect("written");
}

fn source_names(daemon: &Daemon) -> Vec<String> {
    let sources = daemon.sources();
    let names = sources
        .iter()
        .map(|it| it["name"].as_str().expect("a name").to_owned());
    names.collect()
}

/// Whether the last reload was successful, and when the last successful one was.
fn reload_metrics(daemon: &Daemon) -> (f64, f64) {
    let value = |name| {
        let shown = daemon.metric(name);
        shown.unwrap_or_else(|| panic!("{name} is missing"))
    };
    (
        value("maillog_config_last_reload_successful"),
        value("maillog_config_last_reload_success_timestamp_seconds"),
    )
}

fn body(answer: Answer) -> String {
    String::from_utf8(answer.body).expect("text")
}

#[test]
fn post_and_put_reload_the_configuration_and_say_what_is_wrong_with_it() {
    let folder = Folder::new();
    folder.create("a.log", "one\n");
    folder.create("b.log", "one\n");
    let config = folder.path("maillog.yml");
    configure(&folder, &config, "a", "");
    let argument = format!("--config.file={}", config.display());
    let daemon = Daemon::start(&[&argument, "--web.enable-lifecycle"]);
    let (successful, first) = reload_metrics(&daemon);
    let now = jiff::Timestamp::now().as_second() as f64;
    assert!(successful == 1.0 && (now - 60.0..=now).contains(&first));

    configure(&folder, &config, "b", "");
    let answer = daemon.request("POST", "/-/reload", "Content-Length: 0\r\n");
    assert_eq!(
        (answer.status, &*body(answer)),
        (200, "Configuration reloaded.\n")
    );
    // The answer comes when the new configuration is in use.
    assert_eq!(source_names(&daemon), ["b"]);

    fs::write(&config, "sources:\n  - name: a\n    file: [x]\n").expect("written");
    let answer = daemon.request("PUT", "/-/reload", "");
    let (status, text) = (answer.status, body(answer));
    let reason = "maillog.yml:3:5: sources[0].file:";
    assert!(
        status == 500 && text.starts_with("failed to reload config: ") && text.contains(reason),
        "{status} {text}"
    );
    assert_eq!(source_names(&daemon), ["b"]);
    let (successful, time) = reload_metrics(&daemon);
    assert!(successful == 0.0 && time >= first);

    configure(&folder, &config, "a", "web: {telemetry_path: /m}\n");
    let answer = daemon.request("POST", "/-/reload", "");
    let later = "Changes of these settings take effect after a restart: web.telemetry_path.";
    assert_eq!(
        (answer.status, body(answer)),
        (200, format!("Configuration reloaded. {later}\n"))
    );
    assert_eq!(source_names(&daemon), ["a"]);
    assert_eq!(reload_metrics(&daemon).0, 1.0);

    let answer = daemon.get("/-/reload");
    assert_eq!(
        (answer.status, &*answer.headers["allow"]),
        (405, "POST, PUT")
    );
    assert_eq!(body(answer), "Only POST or PUT requests allowed.\n");
}

#[test]
fn reload_by_http_is_forbidden_without_the_flag_and_sighup_is_not() {
    let folder = Folder::new();
    folder.create("a.log", "one\n");
    folder.create("b.log", "one\n");
    let config = folder.path("maillog.yml");
    configure(&folder, &config, "a", "");
    let daemon = Daemon::start(&[&format!("--config.file={}", config.display())]);
    configure(&folder, &config, "b", "");
    for method in ["POST", "PUT"] {
        let answer = daemon.request(method, "/-/reload", "");
        let (status, text) = (answer.status, body(answer));
        assert!(
            status == 403 && text.starts_with("Lifecycle API is not enabled."),
            "{status} {text}"
        );
    }
    assert_eq!(source_names(&daemon), ["a"]);

    fs::write(&config, "sources: 1\n").expect("written");
    daemon.signal("HUP");
    until("a failed reload", || {
        (reload_metrics(&daemon).0 == 0.0).then_some(())
    });
    assert_eq!(source_names(&daemon), ["a"]);
    configure(&folder, &config, "b", "");
    daemon.signal("HUP");
    until("a reload", || {
        (reload_metrics(&daemon).0 == 1.0).then_some(())
    });
    until("the other source", || {
        (source_names(&daemon) == ["b"]).then_some(())
    });
}
