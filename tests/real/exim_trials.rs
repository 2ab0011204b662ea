//! Tests with a real Exim: a few hundred messages to scripted servers, or client sessions that are rejected;
//! the replies are compared with what the exporter reads from Exim's log.

use std::fs;
use std::path::{Path, PathBuf};

use crate::exim::{Exim, PROGRAM};
use crate::exim_cases::{self, Random};
use crate::exporter::Daemon;
use crate::records::Server;
use crate::rsyslog::{Rsyslog, SLASHES, Way};
use crate::trials::{RealTrial, compare_report, complain, count_lines, send_all, with_folder};
use crate::truth::Truth;
use crate::world::{Message, World};
use crate::{Result, exim_config, exim_rejects, exim_stores, sandbox};

/// All tests with Exim.
pub const ALL: &[RealTrial] = &[
    RealTrial {
        name: "exim_main_log_each_reply_counted_once_across_rotation",
        needs: &[PROGRAM],
        run: || with_folder(|folder| replies(folder, &FILES)),
    },
    RealTrial {
        name: "exim_log_selector_all_each_reply_counted_once",
        needs: &[PROGRAM],
        run: || with_folder(|folder| replies(folder, &FILES_WITH_EVERYTHING)),
    },
    RealTrial {
        name: "exim_syslog_each_reply_counted_once",
        needs: &[PROGRAM, "rsyslogd"],
        run: || with_folder(|folder| replies(folder, &SYSLOG)),
    },
    RealTrial {
        name: "exim_main_reject_and_panic_log_each_reject_counted_once",
        needs: &[PROGRAM],
        run: || with_folder(|folder| rejects(folder, &FILES)),
    },
    RealTrial {
        name: "exim_log_selector_all_each_reject_counted_once",
        needs: &[PROGRAM],
        run: || with_folder(|folder| rejects(folder, &FILES_WITH_EVERYTHING)),
    },
    RealTrial {
        name: "exim_syslog_with_duplication_each_reject_counted_once",
        needs: &[PROGRAM, "rsyslogd"],
        run: || with_folder(|folder| rejects(folder, &SYSLOG)),
    },
    RealTrial {
        name: "exim_syslog_without_duplication_each_reject_counted_once",
        needs: &[PROGRAM, "rsyslogd"],
        run: || with_folder(|folder| rejects(folder, &SYSLOG_WITHOUT_DUPLICATES)),
    },
];

/// Log settings of a test.
struct Logging {
    /// Global settings of Exim's configuration; `{folder}` is replaced.
    settings: &'static str,
    /// Whether Exim logs to syslog and rsyslogd writes the file.
    syslog: bool,
    /// Seed of the generated test cases.
    seed: u64,
}

const FILES: Logging = Logging {
    settings: "log_file_path = {folder}/log/%slog\n",
    syslog: false,
    seed: 421,
};

const FILES_WITH_EVERYTHING: Logging = Logging {
    settings: "log_file_path = {folder}/log/%slog\nlog_selector = +all\nlog_timezone = true\n",
    syslog: false,
    seed: 422,
};

/// Exim's default for syslog: a reject is logged twice, once for the main log and once for the reject log.
const SYSLOG: Logging = Logging {
    settings: "log_file_path = syslog\n",
    syslog: true,
    seed: 450,
};

const SYSLOG_WITHOUT_DUPLICATES: Logging = Logging {
    settings: "log_file_path = syslog\nsyslog_duplication = false\nsyslog_timestamp = false\n\
               log_selector = +pid\n",
    syslog: true,
    seed: 550,
};

/// rsyslogd writes the messages from /dev/log to a file.
const TO_FILE: Way<'static> = Way {
    templates: "",
    listener: "",
    globals: SLASHES,
    action: r#"action(type="omfile" file="{folder}/log/mainlog" template="RSYSLOG_TraditionalFileFormat")"#,
    burst: 0,
};

/// A running Exim and the exporter that follows its log.
struct Setup {
    truth: Truth,
    exim: Exim,
    rsyslog: Option<Rsyslog>,
    main_log: PathBuf,
    daemon: Daemon,
}

impl Setup {
    /// Starts an Exim, and an exporter that follows the log files that match `followed`.
    fn start(folder: &Path, logging: &Logging, followed: &str, truth: &Truth) -> Result<Self> {
        let log = folder.join("log");
        fs::create_dir(&log)?;
        let rsyslog = if logging.syslog {
            sandbox::private_dev(folder, &folder.join("in"))?;
            Some(Rsyslog::start(folder, &TO_FILE)?)
        } else {
            None
        };
        let exim = Exim::start(folder, &exim_config::text(logging.settings))?;
        let daemon = Daemon::start(&log.join(followed), folder)?;
        Ok(Setup {
            truth: truth.clone(),
            exim,
            rsyslog,
            main_log: log.join("mainlog"),
            daemon,
        })
    }

    /// Sends messages and waits until Exim has attempted all deliveries.
    fn send(&self, messages: &[Message]) -> Result<()> {
        send_all(messages, &self.truth)?;
        self.exim.settle()
    }

    /// Waits until rsyslogd has written everything to the file.
    fn flush(&self) -> Result<()> {
        let Some(rsyslog) = &self.rsyslog else {
            return Ok(());
        };
        rsyslog.log("<22>Nov 23 10:00:00 exim[1]: 2026-11-23 10:00:00 End queue run: pid=421")?;
        crate::wait::until(
            "the log to be written",
            std::time::Duration::from_secs(20),
            || {
                let text = fs::read_to_string(&self.main_log)?;
                Ok(text.contains("End queue run: pid=421").then_some(()))
            },
        )
    }

    /// Compares /metrics with the expected counts, after all lines of the logs have been read.
    fn compare_scrape(&self, logs: &[PathBuf]) -> Result<()> {
        let scrape = self.daemon.scrape_after(count_lines(logs)?)?;
        complain(
            "the scrape",
            &self.truth.to_json(),
            &scrape.to_report(),
            logs,
        )
    }
}

/// Counts replies of remote servers and deliveries, across a log rotation.
fn replies(folder: &Path, logging: &Logging) -> Result<()> {
    let truth = Truth::default();
    let mut world = World::for_client(Server::Exim, truth.clone())?;
    let mut random = Random(logging.seed);
    let first = exim_cases::replies_at_every_stage(&mut world, &mut random)?;
    let second = exim_cases::failed_connections(&mut world, &mut random)?;
    let mut third = exim_cases::several_exchangers(&mut world, &mut random)?;
    third.extend(exim_cases::other_cases(&mut world, &mut random)?);
    third.extend(exim_stores::deliveries(&mut world, folder)?);
    world.zone.serve()?;

    let setup = Setup::start(folder, logging, "mainlog", &truth)?;
    setup.send(&first)?;
    let mut logs = vec![setup.main_log.clone()];
    if !logging.syslog {
        // Exim checks the file before each write and creates a new one.
        let old = folder.join("log/mainlog.1");
        fs::rename(&setup.main_log, &old)?;
        logs.insert(0, old);
    }
    setup.send(&second)?;
    // The retry time of these destinations has not been reached: mail is deferred without an attempt.
    setup.send(&exim_cases::suspended())?;
    setup.send(&third)?;
    setup
        .exim
        .sendmail("", "known@local.example.com", "a local message")?;
    truth.delivery("sent", 1);
    setup.exim.settle()?;
    setup.flush()?;
    check_recipients_logged(&[first, second, third], &logs)?;
    compare_report(&truth, &logs)?;
    setup.compare_scrape(&logs)?;
    let rotations = setup.daemon.scrape()?.sum("maillog_source_rotations_total");
    if rotations != u64::from(!logging.syslog) {
        return Err(format!("{rotations} rotations were counted").into());
    }
    drop(setup.daemon);
    compare_queue(&setup.exim, &setup.main_log, folder)
}

/// Compares the queue metrics with the queue that Exim lists. Bounces that could not be delivered are frozen.
fn compare_queue(exim: &Exim, log: &Path, folder: &Path) -> Result<()> {
    let [waiting, frozen] = exim.queued()?;
    if waiting == 0 || frozen == 0 {
        return Err(format!("{waiting} messages wait and {frozen} are frozen").into());
    }
    let config = folder.join("exporter.yml");
    let spool = folder.join("spool");
    fs::write(&config, format!("exim: {{spool: '{}'}}\n", spool.display()))?;
    let argument = format!("--config.file={}", config.display());
    let daemon = Daemon::start_with(log, folder, &[&argument])?;
    for (queue, count) in [("deferred", waiting), ("hold", frozen)] {
        daemon.shows(&format!(
            r#"maillog_queue_messages{{queue="{queue}"}} {count}"#
        ))?;
    }
    Ok(())
}

/// Counts rejects by Exim, in the main log alone and together with the reject log and the panic log, which
/// repeat lines of the main log.
fn rejects(folder: &Path, logging: &Logging) -> Result<()> {
    let truth = Truth::default();
    World::for_client(Server::Exim, truth.clone())?
        .zone
        .serve()?;
    let setup = Setup::start(folder, logging, "*log", &truth)?;
    exim_rejects::run_sessions(&truth, folder, !logging.syslog)?;
    setup.exim.settle()?;
    setup.flush()?;
    let main_log = setup.main_log.clone();
    let mut logs = vec![main_log];
    compare_report(&truth, &logs)?;
    if !logging.syslog {
        logs.extend(["rejectlog", "paniclog"].map(|name| folder.join("log").join(name)));
        compare_report(&truth, &logs)?;
        let backwards: Vec<_> = logs.iter().rev().cloned().collect();
        compare_report(&truth, &backwards)?;
    }
    setup.compare_scrape(&logs)
}

/// Checks that the log has a line with every recipient, whether or not the exporter can read it.
fn check_recipients_logged(sent: &[Vec<Message>], logs: &[PathBuf]) -> Result<()> {
    let mut text = String::new();
    for log in logs {
        text.push_str(&String::from_utf8_lossy(&fs::read(log)?));
    }
    let missing: Vec<&str> = sent
        .iter()
        .flatten()
        .flat_map(|message| &message.recipients)
        .map(String::as_str)
        .filter(|recipient| !text.contains(recipient))
        .collect();
    if missing.is_empty() {
        Ok(())
    } else {
        Err(format!("Exim logged nothing of {missing:?}").into())
    }
}
