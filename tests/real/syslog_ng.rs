//! The transport from a real syslog-ng to the exporter over TLS, with certificates on both sides.
//!
//! Its package conflicts with rsyslog, so it runs from where `.ci/run` has unpacked it.

use std::fs;
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::exporter::Daemon;
use crate::rsyslog::{LAST, LINES, lines, truth};
use crate::rsyslog_tls::{SETTINGS, write_certificates};
use crate::trials::complain;
use crate::wait::until;
use crate::{Result, rsyslog_tls};

/// Where the package is unpacked.
macro_rules! unpacked {
    ($path:literal) => {
        concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/target/servers/syslog-ng/usr/",
            $path
        )
    };
}

pub const PROGRAM: &str = unpacked!("sbin/syslog-ng");

/// Its own library.
const LIBRARIES: &str = unpacked!("lib/syslog-ng");

/// The version of its modules and of its configuration, which is the name of their directory.
fn version() -> Result<String> {
    for entry in fs::read_dir(LIBRARIES)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if name.starts_with(|first: char| first.is_ascii_digit()) {
            return Ok(name);
        }
    }
    Err("syslog-ng has no modules".into())
}

/// Timeout for its start, and for a refusal.
const PATIENCE: Duration = Duration::from_secs(20);

/// It takes what programs log, and forwards it as RFC 5425 has it.
const CONFIG: &str = r#"@version: {version}
options { keep-hostname(yes); stats-freq(0); };
source programs { unix-dgram("{folder}/{sender}.in"); };
destination exporter {
  syslog("127.0.0.1" port(6514) transport("tls") tls(
    ca-file("{folder}/ca.pem") cert-file("{folder}/{sender}.pem") key-file("{folder}/{sender}.key")
    peer-verify(required-trusted)));
};
log { source(programs); destination(exporter); flags(flow-control); };
"#;

/// A running syslog-ng, killed on drop.
struct SyslogNg {
    child: Child,
    log: UnixDatagram,
}

impl SyslogNg {
    /// Starts it with the certificate of a sender.
    fn start(folder: &Path, sender: &str) -> Result<Self> {
        let place = folder.to_str().ok_or("the temporary folder is not UTF-8")?;
        let file = |ending: &str| folder.join(format!("{sender}.{ending}"));
        let version = version()?;
        let config = CONFIG
            .replace("{version}", &version)
            .replace("{folder}", place)
            .replace("{sender}", sender);
        fs::write(file("conf"), config)?;
        let errors = fs::File::create(file("err"))?;
        let mut child = Command::new(PROGRAM)
            .args(["--foreground", "--no-caps", "--stderr", "--cfgfile"])
            .arg(file("conf"))
            .arg(format!("--module-path={LIBRARIES}/{version}"))
            .arg("--persist-file")
            .arg(file("persist"))
            .arg("--pidfile")
            .arg(file("pid"))
            .arg("--control")
            .arg(file("control"))
            .env("LD_LIBRARY_PATH", LIBRARIES)
            .stdin(Stdio::null())
            .stdout(errors.try_clone()?)
            .stderr(errors)
            .spawn()?;
        let log = UnixDatagram::unbound()?;
        until("syslog-ng to listen", PATIENCE, || {
            if let Some(status) = child.try_wait()? {
                let errors = fs::read_to_string(file("err"))?;
                return Err(format!("syslog-ng ended with {status}: {errors}").into());
            }
            Ok(log.connect(file("in")).ok())
        })?;
        Ok(SyslogNg { child, log })
    }

    /// Logs a line like a program that calls syslog().
    fn log(&self, line: &str) -> Result<()> {
        self.log.send(line.as_bytes())?;
        Ok(())
    }
}

impl Drop for SyslogNg {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Every line of an allowed sender counts once. One with a certificate of the same authority and another name is refused
/// and counted.
pub fn over_tls(folder: &Path) -> Result<()> {
    write_certificates(folder)?;
    let place = folder.to_str().ok_or("the temporary folder is not UTF-8")?;
    let config = format!(
        "sources:\n  - syslog: [\"{}\"]\n{SETTINGS}",
        rsyslog_tls::TLS.listener
    );
    let daemon = Daemon::configured(&config.replace("{folder}", place), folder)?;
    let allowed = SyslogNg::start(folder, "sender")?;
    for line in lines() {
        allowed.log(&line)?;
    }
    // A duplicated line would be counted before the last one.
    allowed.log(LAST)?;
    let expected = LINES as u64 + 1;
    let scrape = daemon.scrape_after(expected)?;
    complain("the scrape", &truth(), &scrape.to_report(), &[])?;
    let refused = scrape.sum("maillog_source_refused_total");
    if refused != 0 {
        return Err(format!("{refused} connections of the allowed sender were refused").into());
    }

    let stranger = SyslogNg::start(folder, "stranger")?;
    stranger.log(LAST)?;
    let scrape = until("the stranger to be refused", PATIENCE, || {
        let scrape = daemon.scrape()?;
        let refused = scrape.sum("maillog_source_refused_total");
        Ok((refused > 0).then_some(scrape))
    })?;
    let lines = scrape.sum("maillog_lines_total");
    if lines != expected {
        return Err(format!("{lines} lines were counted rather than {expected}").into());
    }
    Ok(())
}
