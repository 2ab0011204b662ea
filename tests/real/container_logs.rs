//! The lines of a real Postfix as the rsyslog of container images writes them: they are read without configuration.
//!
//! The templates are written after the formats of docker-mailserver and Mailu (rsyslog's own) and of
//! bokysan/docker-postfix (without a host and with the severity, and as JSON).

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::Result;
use crate::rsyslog::{Rsyslog, Way};
use crate::trials::compare_report;
use crate::truth::Truth;
use crate::wait::until;

const PATIENCE: Duration = Duration::from_secs(30);

/// The name of each format, and its template in rsyslog's configuration.
const FORMATS: &[(&str, &str)] = &[
    ("traditional", r#"template="RSYSLOG_TraditionalFileFormat""#),
    ("iso", r#"template="RSYSLOG_FileFormat""#),
    ("plain", r#"template="plain""#),
    ("json", r#"template="json""#),
];

const TEMPLATES: &str = r#"
template(name="plain" type="list") {
  property(name="timestamp" dateFormat="rfc3339") constant(value=" ")
  property(name="syslogseverity-text" caseConversion="upper" position.from="1" position.to="7" fixedWidth="on")
  constant(value=" ") property(name="syslogtag") property(name="msg" spifno1stsp="on")
  property(name="msg" droplastlf="on") constant(value="\n")
}
template(name="json" type="list") {
  constant(value="{\"@timestamp\":\"") property(name="timestamp" dateFormat="rfc3339")
  constant(value="\",\"severity\":\"") property(name="syslogseverity-text")
  constant(value="\",\"tag\":\"") property(name="syslogtag" format="json")
  constant(value="\",\"message\":\"") property(name="msg" format="json")
  constant(value="\"}\n")
}
"#;

/// Sends the lines of Postfix's own log through rsyslog in each format, and compares the report of each file.
pub fn in_every_format(folder: &Path, logs: &[PathBuf], truth: &Truth) -> Result<()> {
    let mut lines = Vec::new();
    for log in logs {
        lines.extend(fs::read_to_string(log)?.lines().map(str::to_owned));
    }
    for (name, template) in FORMATS {
        let folder = folder.join(name);
        fs::create_dir(&folder)?;
        let file = folder.join("mail.log");
        let action = format!(
            "action(type=\"omfile\" file=\"{}\" {template})",
            file.display()
        );
        let rsyslog = Rsyslog::start(
            &folder,
            &Way {
                listener: "",
                action: &action,
                templates: TEMPLATES,
                burst: lines.len(),
            },
        )?;
        for line in &lines {
            // Programs send no host.
            let (time, rest) = line.split_at_checked(16).ok_or("a short line")?;
            let (_host, text) = rest.split_once(' ').ok_or("a line without a host")?;
            rsyslog.log(&format!("<22>{time}{text}"))?;
        }
        until("all lines", PATIENCE, || {
            let text = fs::read_to_string(&file).unwrap_or_default();
            Ok((text.lines().count() >= lines.len()).then_some(()))
        })?;
        compare_report(truth, &[file]).map_err(|error| format!("{name}: {error}"))?;
    }
    Ok(())
}
