//! The metrics as OpenMetrics, for clients that ask for it: content negotiation, exemplars, times of creation.

use crate::daemon::*;
use std::fs;

/// What Prometheus 2.53 sends.
const ACCEPT: &str = "Accept: application/openmetrics-text;version=1.0.0;q=0.5,\
                      application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2\r\n";

fn deferred(time: jiff::Timestamp, queue_id: &str) -> String {
    let relay = "gmail-smtp-in.l.google.com";
    format!(
        "{time} mail postfix/smtp[1]: {queue_id}: to=<ann@example.org>, \
         relay={relay}[192.0.2.1]:25, delay=1, delays=0/0/1/0, dsn=4.2.2, \
         status=deferred (host {relay}[192.0.2.1] said: 422 4.2.2 mailbox full (in reply to RCPT TO command))\n"
    )
}

/// The exposition as OpenMetrics.
fn openmetrics(daemon: &Daemon) -> String {
    let answer = daemon.request("GET", "/metrics", ACCEPT);
    assert_eq!(
        answer.headers["content-type"],
        "application/openmetrics-text; version=1.0.0; charset=utf-8"
    );
    assert_eq!(answer.headers["vary"], "Accept-Encoding, Accept");
    String::from_utf8(answer.body).expect("text")
}

/// What follows a series on its line.
fn sample<'t>(text: &'t str, series: &str) -> &'t str {
    let mut lines = text.lines();
    let found = lines.find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
    found.unwrap_or_else(|| panic!("{series} is not in {text}"))
}

#[test]
fn openmetrics_has_the_queue_id_of_the_latest_line_as_exemplar() {
    let folder = Folder::new();
    let time: jiff::Timestamp = "2026-11-23T10:00:00.25Z".parse().expect("a time");
    let earlier = time - jiff::SignedDuration::from_secs(3);
    let log = deferred(earlier, "4F9D195432C")
        + &deferred(time, "5A00D195432")
        + &deferred(time, "3ZbYcq0Zz7z1x");
    folder.create("mail.log", &log);
    let daemon = Daemon::follow(&folder.path("mail.log"));
    let text = openmetrics(&daemon);
    let exemplar = "3 # {queue_id=\"3ZbYcq0Zz7z1x\"} 1 1795428000.250000000";
    for series in [
        "maillog_codes_total{direction=\"outbound\",code=\"422\"}",
        "maillog_provider_codes_total{provider=\"google\",code=\"422\"}",
        "maillog_provider_conditions_total{provider=\"google\",condition=\"mailbox_full\"}",
        "maillog_provider_deliveries_total{provider=\"google\",status=\"deferred\",cause=\"recipient\"}",
    ] {
        assert_eq!(sample(&text, series), exemplar, "{series}");
    }
    assert_eq!(text.matches(" # {").count(), 4);
    assert!(text.contains("# TYPE maillog_codes counter\n"));
    assert!(text.ends_with("\n# EOF\n"));

    // The text format is what it was: the same values, without any of it.
    let plain = String::from_utf8(daemon.get("/metrics").body).expect("text");
    let series = "maillog_codes_total{direction=\"outbound\",code=\"422\"}";
    assert_eq!(sample(&plain, series), "3");
    for part in ["_created", " # {", "# EOF", "# UNIT"] {
        assert!(!plain.contains(part), "{part}");
    }
}

#[test]
fn exemplars_and_times_of_creation_can_be_left_out() {
    let folder = Folder::new();
    folder.create("mail.log", &deferred(jiff::Timestamp::now(), "4F9D195432C"));
    let config = folder.path("maillog.yml");
    let text = format!(
        "web: {{privacy: none, created_series: false}}\nsources: [{{files: [\"{}\"]}}]\n",
        folder.path("mail.log").display()
    );
    fs::write(&config, text).expect("written");
    let daemon = Daemon::start(&[&format!("--config.file={}", config.display())]);
    let text = openmetrics(&daemon);
    let series = "maillog_codes_total{direction=\"outbound\",code=\"422\"}";
    assert_eq!(sample(&text, series), "1");
    assert!(!text.contains("4F9D195432C"), "{text}");
    assert!(!text.contains("_created"), "{text}");
}

#[test]
fn time_of_creation_is_that_of_the_first_start_with_the_state_file() {
    let folder = Folder::new();
    folder.create("mail.log", &deferred(jiff::Timestamp::now(), "4F9D195432C"));
    let state = format!("--state.path={}", folder.path("state").display());
    let log = folder.path("mail.log");
    let arguments = [log.to_str().expect("text"), &state];
    let created = |daemon: &Daemon, family: &str| -> f64 {
        let text = openmetrics(daemon);
        sample(&text, &format!("{family}_created"))
            .parse()
            .expect("a number")
    };
    let now = || jiff::Timestamp::now().as_second() as f64;
    let started = now();
    let mut first = Daemon::start(&arguments);
    let begun = created(&first, "maillog_message_size_bytes");
    assert!((started..=now()).contains(&begun), "{begun}");
    // Until the clock shows another second, the second start could not be told from the first.
    until("the next second", || (now() > begun + 1.0).then_some(()));
    first.signal("TERM");
    first.ended();
    let second = Daemon::start(&arguments);
    assert_eq!(created(&second, "maillog_message_size_bytes"), begun);
    // Processor time begins with the process.
    let process = created(&second, "process_cpu_seconds");
    assert!(process > begun && process <= now() + 1.0, "{process}");
}
