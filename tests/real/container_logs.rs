//! The log of a real Postfix as container images write it to their standard output or to a file, with the lines of
//! their start scripts: it is read without configuration.
//!
//! What each image does was looked up in its repository, and is written here in other words:
//!
//! - docker-mailserver (version 15.1.0, and its main branch of 2026-08-19): `Dockerfile` changes Debian's
//!   `/etc/rsyslog.conf` so that `mail.*` is written to `/var/log/mail/mail.log`, in rsyslog's default format, and does
//!   not load `imklog`; `target/postfix/main.cf` has no `maillog_file`; `start-mailserver.sh` shows its own lines
//!   (`helpers/log.sh`) and then what `tail -F` reads from that file. Versions before 14 were built on Debian 11, whose
//!   `/etc/rsyslog.conf` has the traditional format, and had lines of another form.
//! - Mailu (2024.06.57, and its main branch of 2026-07-26): `core/postfix/conf/main.cf` sets `maillog_file = /dev/stdout`;
//!   `start.py` shows that, without the connections of health checks, beside the lines of Python's logging (`socrate`,
//!   `podop`). Versions 1.9 and 2.0 had rsyslog with its default format.
//! - bokysan/docker-postfix (5.1.0, and its main branch of 2026-07-23): `image_root/etc/rsyslog.conf` has a template
//!   `plain` and a template `json`, drops the connections of health checks, and writes everything to `/dev/stdout`;
//!   `scripts/common.sh` and `functions.sh` write the other lines, supervisord a few more.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::Result;
use crate::rsyslog::{Rsyslog, Way};
use crate::trials::compare_report;
use crate::truth::Truth;
use crate::wait::until;

const PATIENCE: Duration = Duration::from_secs(30);

/// How an image logs.
struct Image {
    name: &'static str,
    /// Lines of the start script, before those of the mail server.
    start: &'static str,
    /// What rsyslog does with every message; without, Postfix writes the file itself.
    rsyslog: Option<&'static str>,
    /// Lines of Postfix that the image drops: each contains one of these texts.
    dropped: &'static [&'static str],
}

const IMAGES: &[Image] = &[
    Image {
        name: "docker-mailserver",
        start: MAILSERVER_START,
        rsyslog: Some("mail.* -{file}"),
        dropped: &[],
    },
    Image {
        name: "docker-mailserver-13",
        start: MAILSERVER_13_START,
        rsyslog: Some("mail.* -{file};RSYSLOG_TraditionalFileFormat"),
        dropped: &[],
    },
    Image {
        name: "mailu",
        start: MAILU_START,
        rsyslog: None,
        dropped: &[
            "connect from localhost[127.0.0.1]",
            "connect from localhost[::1]",
            "haproxy read: short protocol header: QUIT",
            "discarding EHLO keywords: PIPELINING",
        ],
    },
    Image {
        name: "docker-postfix-plain",
        start: DOCKER_POSTFIX_START,
        rsyslog: Some(r#"action(type="omfile" DynaFile="output" template="plain")"#),
        dropped: DOCKER_POSTFIX_DROPPED,
    },
    Image {
        name: "docker-postfix-json",
        start: DOCKER_POSTFIX_START,
        rsyslog: Some(r#"action(type="omfile" DynaFile="output" template="json")"#),
        dropped: DOCKER_POSTFIX_DROPPED,
    },
];

const DOCKER_POSTFIX_DROPPED: &[&str] = &[
    "connect from localhost[127.0.0.1]",
    "lost connection after EHLO from localhost[127.0.0.1]",
    "disconnect from localhost[127.0.0.1] ehlo=1 commands=1",
];

const MAILSERVER_START: &str = "\
2026-11-23 10:00:00+00:00 \x1b[0;34mINFO \x1b[0m start-mailserver.sh: Starting the container
2026-11-23 10:00:01+00:00 \x1b[1;33mWARN \x1b[0m start-mailserver.sh: A setting is deprecated
2026-11-23 10:00:02+00:00 \x1b[1;31mERROR\x1b[0m setup: No such account
2026-11-23 10:00:03+00:00 INFO  check-for-changes.sh: Waiting for changes
2026-11-23T10:00:04.000001+00:00 mail dovecot: master: Dovecot v2.4.1 starting up for imap
2026-11-23T10:00:04.000001+00:00 mail opendkim[61]: OpenDKIM Filter starting
2026-11-23T10:00:05.000001+00:00 mail amavis[80]: starting. amavis at mail.example.com
2026-11-23T10:00:05.000001+00:00 mail postfix/smtpd-amavis/smtpd[90]: connect from localhost[127.0.0.1]
2026-11-23T10:00:05.000001+00:00 mail postfix/sender-cleanup/cleanup[91]: 4F9D1954300: message-id=<1@example.com>
";

const MAILSERVER_13_START: &str = "\
[   \x1b[34mINF\x1b[0m   ]  Starting the container
\x1b[0m[ \x1b[93mWARNING\x1b[0m ]  A setting is deprecated
[  \x1b[91mERROR\x1b[0m  ]  No such account
";

const MAILU_START: &str = "\
WARNING:root:A faster allocator is available
/run/postfix/master.pid
postfix/postlog: starting the Postfix mail system
2026-11-23 10:00:00 INFO     MAIN: Starting
root (WARNING): Not a known command
asyncio (ERROR): Task exception was never retrieved
Traceback (most recent call last):
  File \"/app/table.py\", line 25, in get
    async with session.get(url) as request:
aiohttp.client_exceptions.ClientConnectorError: no answer
Nov 05 10:00:00 mail postfix-polite/smtp[77]: Untrusted TLS connection established to mx.example.org[192.0.2.1]:25: TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits)
CRITICAL:root:Terminating
";

const DOCKER_POSTFIX_START: &str = "\
\x1b[38;5;245m\x1b[38;5;111m★★★★★ \x1b[0m\x1b[38;5;147mPOSTFIX STARTING\x1b[0m \x1b[38;5;111m ★★★★★\x1b[0m
★★★★★ POSTFIX STARTING (debian) ★★★★★
\x1b[0m‣ \x1b[38;5;178mNOTE \x1b[0m The accounts are fine
‣ INFO  Files for the chroot:
        '/etc/hosts' -> '/var/spool/postfix/etc/hosts'
        ...for domain example.org (selector: mail)
‣ WARN  Not signing mail
\tsourcing /docker-init.d/tables.sh
====== /etc/opendkim/keys/example.org.txt ======
2026-11-23 10:00:00,123 INFO supervisord started with pid 1
2026-11-23 10:00:01,125 INFO spawned: 'postfix' with pid 12
2026-11-23 10:00:02,126 WARN exited: opendkim (exit status 1; not expected)
Waiting for the DKIM milter at localhost:11332 to become available
DKIM milter localhost:11332 is up
postfix/postlog: starting the Postfix mail system
2026-11-23T10:00:03.000001+00:00 INFO    rsyslogd: [origin software=\"rsyslogd\" x-pid=\"11\"] start
2026-11-23T10:00:03.000001+00:00 INFO    rsyslogd: -- MARK --
2026-11-23T10:00:03.000001+00:00 NOTICE  rspamd[14]: <a1b2c3>; main; starting
";

/// Templates of bokysan/docker-postfix, and a file name for its standard output.
const TEMPLATES: &str = r#"
template(name="output" type="string" string="{file}")
template(name="plain" type="list") {
  property(name="timereported" dateFormat="rfc3339") constant(value=" ")
  property(name="syslogseverity-text" caseconversion="upper" fixedwidth="on" position.to="7")
  constant(value=" ") property(name="syslogtag") property(name="msg" spifno1stsp="on")
  property(name="msg" droplastlf="on") constant(value="\n")
}
template(name="json" type="list") {
  constant(value="{\"@timestamp\":\"") property(name="timereported" dateFormat="rfc3339")
  constant(value="\",\"type\":\"syslog_json") constant(value="\",\"tag\":\"") property(name="syslogtag" format="json")
  constant(value="\",\"relayhost\":\"") property(name="fromhost")
  constant(value="\",\"relayip\":\"") property(name="fromhost-ip")
  constant(value="\",\"logsource\":\"") property(name="source")
  constant(value="\",\"hostname\":\"") property(name="hostname" caseconversion="lower")
  constant(value="\",\"program\":\"") property(name="programname")
  constant(value="\",\"priority\":\"") property(name="pri")
  constant(value="\",\"severity\":\"") property(name="syslogseverity")
  constant(value="\",\"facility\":\"") property(name="syslogfacility")
  constant(value="\",\"severity_label\":\"") property(name="syslogseverity-text")
  constant(value="\",\"facility_label\":\"") property(name="syslogfacility-text")
  constant(value="\",\"message\":\"") property(name="msg" format="json")
  constant(value="\",\"end_msg\":\"") constant(value="\"}\n")
}
"#;

/// Writes the lines of Postfix's own log as each image does, and compares the report of each file.
pub fn of_every_image(folder: &Path, logs: &[PathBuf], truth: &Truth) -> Result<()> {
    let mut lines = Vec::new();
    for log in logs {
        lines.extend(fs::read_to_string(log)?.lines().map(str::to_owned));
    }
    for image in IMAGES {
        let folder = folder.join(image.name);
        fs::create_dir(&folder)?;
        let file = folder.join("output");
        fs::write(&file, image.start)?;
        let is_shown = |line: &&String| !image.dropped.iter().any(|it| line.contains(it));
        let shown: Vec<&String> = lines.iter().filter(is_shown).collect();
        match image.rsyslog {
            Some(action) => through_rsyslog(action, &shown, &folder, &file)?,
            None => {
                let text = shown
                    .into_iter()
                    .fold(String::new(), |all, it| all + it + "\n");
                fs::write(&file, image.start.to_owned() + &text)?;
            }
        }
        compare_report(truth, &[file]).map_err(|error| format!("{}: {error}", image.name))?;
    }
    Ok(())
}

/// Logs the lines like the programs of Postfix, and waits until they are in the file.
fn through_rsyslog(action: &str, lines: &[&String], folder: &Path, file: &Path) -> Result<()> {
    let place = file.to_string_lossy();
    let rsyslog = Rsyslog::start(
        folder,
        &Way {
            listener: "",
            globals: "",
            action: &action.replace("{file}", &place),
            templates: &TEMPLATES.replace("{file}", &place),
            burst: lines.len(),
        },
    )?;
    for line in lines {
        // Programs send no host.
        let (time, rest) = line.split_at_checked(16).ok_or("a short line")?;
        let (_host, text) = rest.split_once(' ').ok_or("a line without a host")?;
        rsyslog.log(&format!("<{}>{time}{text}", priority(text)))?;
    }
    // The last line is a marker.
    let last = lines.last().and_then(|it| it.rsplit_once(": "));
    let (_, last) = last.ok_or("no lines")?;
    until("all lines", PATIENCE, || {
        let text = fs::read_to_string(file).unwrap_or_default();
        let line = text.lines().last().unwrap_or_default();
        Ok(line.contains(last).then_some(()))
    })
}

/// The priority with which Postfix logs a line: the facility `mail`, and the severity of the word that it begins with.
fn priority(text: &str) -> u8 {
    let (_tag, message) = text.split_once(": ").unwrap_or_default();
    let severity = match message.split_once(": ") {
        Some(("warning", _)) => 4,
        Some(("error", _)) => 3,
        Some(("fatal" | "panic", _)) => 2,
        _ => 6,
    };
    2 * 8 + severity
}
