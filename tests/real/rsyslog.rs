//! A real rsyslogd that forwards what is in a file.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::Result;

/// A running rsyslogd; it ends with this value.
pub struct Rsyslog(Child);

impl Rsyslog {
    /// Reads `input` and sends its lines the given ways: actions in rsyslog's own words.
    pub fn start(folder: &Path, input: &Path, actions: &str) -> Result<Self> {
        let place = folder.to_str().ok_or("the temporary folder is not UTF-8")?;
        let input = input.to_str().ok_or("the file's name is not UTF-8")?;
        let config = folder.join("rsyslog.conf");
        fs::write(
            &config,
            MAIN.replace("{folder}", place).replace("{input}", input) + actions,
        )?;
        let errors = fs::File::create(folder.join("rsyslog.err"))?;
        let child = Command::new("rsyslogd")
            .arg("-n")
            .arg("-f")
            .arg(&config)
            .arg("-i")
            .arg(folder.join("rsyslog.pid"))
            .stdin(Stdio::null())
            .stdout(errors.try_clone()?)
            .stderr(errors)
            .spawn()?;
        Ok(Rsyslog(child))
    }
}

impl Drop for Rsyslog {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The file's lines are syslog messages themselves, so that tags and texts are Postfix' own. The
/// names of programs keep their slash, which RFC 5424's template would otherwise cut off.
const MAIN: &str = r#"
global(workDirectory="{folder}" parser.permitSlashInProgramName="on")
module(load="imfile" mode="inotify")
module(load="omuxsock")
input(type="imfile" file="{input}" tag="unused" ruleset="in" needParse="on")
ruleset(name="in") { call forward }
"#;
