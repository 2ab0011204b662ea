//! The list of tests, and those that compare the counts of the exporter with the expected ones.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::cases;
use crate::exporter::{self, Daemon};
use crate::postfix::{Postfix, SUBMIT};
use crate::prometheus::Prometheus;
use crate::rsyslog::{self, Rsyslog};
use crate::rsyslog_tls;
use crate::syslog_ng;
use crate::truth::{Truth, differences};
use crate::world::{Message, World};
use crate::{
    Result, alertmanager, auth, browser, chart, client, clocks, completions, compose,
    container_logs, dashboards, docs_commands, examples, faults, high_availability, history, image,
    inbound, incidents, journal, logrotate, milter, mixin, openmetrics, package, page, pflogsumm,
    podman, pods, policy, prometheus, repeated_hour, sandbox, silent_mount, stores,
};

/// A test, and the programs that it needs.
pub struct RealTrial {
    pub name: &'static str,
    pub needs: &'static [&'static str],
    pub run: fn() -> Result<()>,
}

/// Tests that take too long for every change: they are listed with `MAILLOG_LONG=1` only.
pub const LONG: &[RealTrial] = &[RealTrial {
    name: "page_comes_once_from_two_prometheus_and_two_alertmanagers",
    needs: &["prometheus", "prometheus-alertmanager"],
    run: || with_folder(high_availability::one_page),
}];

/// All tests.
pub const ALL: &[RealTrial] = &[
    RealTrial {
        name: "page_by_prometheus_with_shipped_rules_and_reference_texts",
        needs: &["prometheus", "prometheus-alertmanager"],
        run: || with_folder(page::shipped_rules),
    },
    RealTrial {
        name: "page_fires_and_resolves_in_prometheus_and_in_the_exporter",
        needs: &["prometheus", "prometheus-alertmanager"],
        run: || with_folder(page::prometheus_and_exporter),
    },
    RealTrial {
        name: "page_fires_while_the_clocks_of_other_sources_are_wrong",
        needs: &["prometheus", "prometheus-alertmanager"],
        run: || with_folder(clocks::others_are_wrong),
    },
    RealTrial {
        name: "page_once_for_each_of_ten_incidents_that_are_going_on",
        needs: &["prometheus", "prometheus-alertmanager"],
        run: || with_folder(incidents::one_page_each),
    },
    RealTrial {
        name: "pages_answer_the_on_call_in_a_browser",
        needs: &["chromium", "node", browser::PLAYWRIGHT],
        run: || with_folder(browser::pages_while_an_alert_fires),
    },
    RealTrial {
        name: "repeated_hour_of_autumn_does_not_mute_a_page",
        needs: &["faketime"],
        run: || with_folder(repeated_hour::spike_in_second_pass),
    },
    RealTrial {
        name: "page_survives_sigkill_and_a_backlog_does_not_page",
        needs: &[],
        run: || with_folder(faults::restart_and_backlog),
    },
    RealTrial {
        name: "page_reaches_alertmanagers_after_they_were_down_slow_failing_or_untrusted",
        needs: &["prometheus-alertmanager"],
        run: || with_folder(faults::failing_alertmanagers),
    },
    RealTrial {
        name: "documentation_commands_run",
        needs: &["promtool", "curl"],
        run: || with_folder(docs_commands::commands),
    },
    RealTrial {
        name: "documentation_configurations_are_valid",
        needs: &["promtool"],
        run: || with_folder(docs_commands::configurations),
    },
    RealTrial {
        name: "mixin_renders_to_the_shipped_files",
        needs: &["promtool", mixin::PYTHON],
        run: || with_folder(mixin::trial),
    },
    RealTrial {
        name: "past_is_in_prometheus_after_backfill",
        needs: &["prometheus", "promtool"],
        run: || with_folder(history::past_in_prometheus),
    },
    RealTrial {
        name: "prometheus_stores_queue_ids_as_exemplars_and_a_strict_parser_accepts_the_exposition",
        needs: &["prometheus", chart::PYTHON],
        run: || with_folder(openmetrics::exemplars_in_prometheus),
    },
    RealTrial {
        name: "bash_zsh_and_fish_complete_commands_flags_values_and_files",
        needs: &["fish", "zsh"],
        run: || with_folder(completions::in_real_shells),
    },
    RealTrial {
        name: "page_rules_pass_promtool_tests",
        needs: &["promtool"],
        run: page::rules,
    },
    RealTrial {
        name: "every_remote_reply_counts_once_across_rotation_and_in_the_logs_of_container_images",
        needs: &["postfix", "rsyslogd"],
        run: remote_replies,
    },
    RealTrial {
        name: "local_deliveries_count_as_local_and_expire",
        needs: &["postfix"],
        run: store_deliveries,
    },
    RealTrial {
        name: "every_reject_by_postfix_counts_once_as_inbound",
        needs: &["postfix"],
        run: postfix_rejects,
    },
    RealTrial {
        name: "prometheus_scrapes_every_family_and_the_exact_count_of_421",
        needs: &["postfix", "prometheus", "promtool"],
        run: scraped_by_prometheus,
    },
    RealTrial {
        name: "report_has_every_figure_of_pflogsumm",
        needs: &["pflogsumm"],
        run: || with_folder(pflogsumm::figures_are_those_of_pflogsumm),
    },
    RealTrial {
        name: "logrotate_in_every_configuration_loses_no_line",
        needs: &["logrotate", "faketime", "xz", "zstd", "bzip2"],
        run: || with_folder(logrotate::every_configuration),
    },
    RealTrial {
        name: "file_system_that_does_not_answer_delays_only_its_own_log",
        needs: &["bindfs", silent_mount::DEVICE],
        run: || with_folder(silent_mount::only_its_log_waits),
    },
    RealTrial {
        name: "rsyslog_over_udp_counts_every_line_once",
        needs: &["rsyslogd"],
        run: || rsyslog_transport(&rsyslog::UDP),
    },
    RealTrial {
        name: "rsyslog_over_tcp_counts_every_line_once",
        needs: &["rsyslogd"],
        run: || rsyslog_transport(&rsyslog::TCP),
    },
    RealTrial {
        name: "rsyslog_over_tcp_with_octet_counting_counts_every_line_once",
        needs: &["rsyslogd"],
        run: || rsyslog_transport(&rsyslog::TCP_COUNTED),
    },
    RealTrial {
        name: "rsyslog_over_tls_with_gnutls_counts_every_line_once",
        needs: &["rsyslogd", rsyslog_tls::GNUTLS],
        run: || rsyslog_over_tls("gtls"),
    },
    RealTrial {
        name: "rsyslog_over_tls_with_openssl_counts_every_line_once",
        needs: &["rsyslogd", rsyslog_tls::OPENSSL],
        run: || rsyslog_over_tls("ossl"),
    },
    RealTrial {
        name: "syslog_ng_over_tls_counts_every_line_once_and_a_stranger_is_refused",
        needs: &[syslog_ng::PROGRAM],
        run: || with_folder(syslog_ng::over_tls),
    },
    RealTrial {
        name: "rsyslog_to_a_unix_socket_counts_every_line_once",
        needs: &["rsyslogd"],
        run: || rsyslog_transport(&rsyslog::UNIX),
    },
    RealTrial {
        name: "journal_records_count_once_across_restarts",
        needs: &["journalctl", "systemd/systemd-journal-remote"],
        run: journal_across_restarts,
    },
    RealTrial {
        name: "alertmanager_that_starts_late_gets_the_alert_and_its_resolution",
        needs: &["prometheus-alertmanager"],
        run: || with_folder(alertmanager::trial),
    },
    RealTrial {
        name: "alertmanager_examples_are_valid_and_contain_every_text_of_every_alert",
        needs: &["amtool"],
        run: examples::examples,
    },
    RealTrial {
        name: "chart_is_valid_for_every_kubernetes_version_and_has_the_committed_rules",
        needs: &["promtool", "node", chart::PYTHON],
        run: || with_folder(chart::trial),
    },
    RealTrial {
        name: "dashboards_every_query_returns_data_in_prometheus",
        needs: &["prometheus"],
        run: || with_folder(dashboards::every_query_returns_data),
    },
    RealTrial {
        name: "dashboards_compile_against_grafana_types",
        needs: &["node", dashboards::COMPILER],
        run: || with_folder(dashboards::compiles_against_types),
    },
    RealTrial {
        name: "image_contains_only_the_expected_files",
        needs: &podman::NEEDS,
        run: || with_folder(image::contents),
    },
    RealTrial {
        name: "image_works_as_any_user_with_read_only_root",
        needs: &podman::NEEDS,
        run: || with_folder(image::users),
    },
    RealTrial {
        name: "image_resolves_host_names_and_time_zones",
        needs: &podman::NEEDS,
        run: || with_folder(image::names),
    },
    RealTrial {
        name: "sidecar_pod_counts_every_line_across_kills",
        needs: pods::NEEDS,
        run: || with_folder(pods::sidecar),
    },
    RealTrial {
        name: "daemonset_pod_counts_every_line_across_kills",
        needs: pods::NEEDS,
        run: || with_folder(pods::node),
    },
    RealTrial {
        name: "debian_package_installs_upgrades_and_purges",
        needs: &[
            "cargo-deb",
            "dpkg-deb",
            "lintian",
            "systemd/systemd",
            "pgrep",
            "nsenter",
        ],
        run: || with_folder(package::trial),
    },
    RealTrial {
        name: "systemd_unit_has_a_low_exposure_score",
        needs: &["systemd-analyze"],
        run: package::exposure,
    },
    RealTrial {
        name: "compose_configuration_is_valid_for_every_service",
        needs: &["promtool", "amtool", "docker-compose"],
        run: compose::trial,
    },
];

/// The parts of a report that have expected counts.
const KEYS: [&str; 4] = ["codes", "enhanced", "deliveries", "connect_errors"];

/// A trial's folder: it goes with a trial that passed, and stays, by name, with one that failed.
pub fn with_folder(act: impl FnOnce(&Path) -> Result<()>) -> Result<()> {
    let folder = tempfile::Builder::new().prefix("maillog-real-").tempdir()?;
    sandbox::build_network(folder.path())?;
    act(folder.path()).map_err(|error| {
        let kept = folder.keep();
        format!("{error}\nthe logs are in {}", kept.display()).into()
    })
}

/// The report of the files equals the truth, and every line was understood.
pub fn compare_report(truth: &Truth, logs: &[PathBuf]) -> Result<()> {
    let expected = truth.to_json();
    if let Some(folder) = logs.first().and_then(|log| log.parent()) {
        fs::write(
            folder.join("truth.json"),
            serde_json::to_vec_pretty(&expected)?,
        )?;
    }
    let actual = exporter::report(logs)?;
    complain("report", &expected, &actual, logs)?;
    match actual["unmatched"].as_u64() {
        Some(0) => Ok(()),
        count => Err(format!("unmatched {count:?}:\n{}", exporter::unmatched(logs)?).into()),
    }
}

/// An error with every figure that differs and the lines that may have to do with it.
pub fn complain(who: &str, expected: &Value, actual: &Value, logs: &[PathBuf]) -> Result<()> {
    let differences = differences(expected, actual, &KEYS);
    if differences.is_empty() {
        return Ok(());
    }
    let mut text = format!("{who} differs from the expected counts:\n");
    for difference in differences {
        text.push_str(&format!("  {difference}\n"));
        let name = difference.split(':').next().unwrap_or_default();
        let word = name.rsplit(" / ").next().unwrap_or_default();
        for log in logs {
            for line in fs::read_to_string(log)?
                .lines()
                .filter(|line| line.contains(word))
                .take(12)
            {
                text.push_str(&format!("      {line}\n"));
            }
        }
    }
    Err(text.into())
}

/// Sends messages, every other one with an empty sender, and notes what must become of them.
pub fn send_all(messages: &[Message], truth: &Truth) -> Result<()> {
    for (number, message) in messages.iter().enumerate() {
        let sender = if number % 2 == 0 {
            ""
        } else {
            "news@origin.example.org"
        };
        client::send(
            SUBMIT,
            sender,
            &message.recipients,
            "status=sent (250 2.0.0 Ok)",
        )?;
        if let Some(status) = message.status {
            truth.delivery(status, message.recipients.len() as u64);
        }
    }
    Ok(())
}

fn remote_replies() -> Result<()> {
    with_folder(|folder| {
        let truth = Truth::default();
        let mut world = World::new(truth.clone())?;
        let first = cases::replies_at_every_stage(&mut world)?;
        let second = cases::failed_connections(&mut world)?;
        let mut third = cases::several_exchangers(&mut world)?;
        third.extend(cases::other_cases(&mut world)?);
        world.zone.serve()?;

        let log = folder.join("mail.log");
        fs::write(&log, "")?;
        let daemon = Daemon::start(&log, folder)?;
        let mut postfix = Postfix::start(folder, cases::MAIN, "")?;
        send_all(&first, &truth)?;
        postfix.settle()?;
        // The log is renamed; Postfix continues to write to the old file until it is reloaded.
        let old = folder.join("mail.log.1");
        fs::rename(&log, &old)?;
        send_all(&second, &truth)?;
        postfix.settle()?;
        // Postfix regards these destinations as dead: more mail is deferred without another attempt.
        send_all(&cases::suspended(), &truth)?;
        postfix.settle()?;
        postfix.flush_log(&old)?;
        postfix.reload()?;
        send_all(&third, &truth)?;
        postfix.settle()?;
        postfix.flush_log(&log)?;

        let logs = [old, log];
        compare_report(&truth, &logs)?;
        let lines = count_lines(&logs)?;
        let scrape = daemon.scrape_after(lines)?;
        complain("the scrape", &truth.to_json(), &scrape.to_report(), &logs)?;
        match scrape.sum("maillog_source_rotations_total") {
            1 => {}
            count => return Err(format!("{count} rotations were counted").into()),
        }
        drop(daemon);
        container_logs::of_every_image(folder, &logs, &truth)?;
        compare_queue(&postfix, &logs[1], folder)
    })
}

fn store_deliveries() -> Result<()> {
    with_folder(|folder| {
        let truth = Truth::default();
        let mut world = World::new(truth.clone())?;
        let messages = stores::deliveries(&mut world, folder)?;
        world.zone.serve()?;
        let mut postfix = Postfix::start(folder, stores::MAIN, stores::MASTER)?;
        send_all(&messages, &truth)?;
        postfix.sendmail("", "mail@local.example.com", "a local message")?;
        truth.delivery("sent", 1);
        postfix.settle()?;
        let log = postfix.log.clone();
        postfix.flush_log(&log)?;
        compare_report(&truth, &[log])
    })
}

/// Compares the queue metrics with the output of `postqueue`.
fn compare_queue(postfix: &Postfix, log: &Path, folder: &Path) -> Result<()> {
    let deferred = postfix.listed("deferred")?;
    if deferred == 0 {
        return Err("nothing is deferred".into());
    }
    let config = folder.join("exporter.yml");
    let socket = folder.join("queue/public/showq");
    fs::write(
        &config,
        format!("postfix: {{showq: \"{}\"}}\n", socket.display()),
    )?;
    let argument = format!("--config.file={}", config.display());
    let daemon = Daemon::start_with(log, folder, &[&argument])?;
    daemon.shows(&format!(
        r#"maillog_queue_messages{{queue="deferred"}} {deferred}"#
    ))
}

/// A Postfix with many kinds of rejects.
fn rejecting_postfix(folder: &Path) -> Result<Postfix> {
    policy::write_tables(folder)?;
    milter::listen(&folder.join("milter"))?;
    auth::listen(&folder.join("auth"))?;
    Postfix::start(folder, policy::MAIN, policy::MASTER)
}

fn postfix_rejects() -> Result<()> {
    with_folder(|folder| {
        let truth = Truth::default();
        World::new(truth.clone())?.zone.serve()?;
        let mut postfix = rejecting_postfix(folder)?;
        inbound::hold_sessions(&truth, folder)?;
        postfix.settle()?;
        let log = postfix.log.clone();
        postfix.flush_log(&log)?;
        compare_report(&truth, &[log])
    })
}

fn scraped_by_prometheus() -> Result<()> {
    with_folder(|folder| {
        let truth = Truth::default();
        let mut world = World::new(truth.clone())?;
        let messages = cases::several_exchangers(&mut world)?;
        world.zone.serve()?;
        let log = folder.join("mail.log");
        fs::write(&log, "")?;
        let daemon = Daemon::start(&log, folder)?;
        let prometheus = Prometheus::start(folder, &daemon.address)?;
        let mut postfix = rejecting_postfix(folder)?;
        inbound::hold_sessions(&truth, folder)?;
        send_all(&messages, &truth)?;
        postfix.settle()?;
        postfix.flush_log(&log)?;

        let said = truth.to_json();
        for (direction, code) in [
            ("outbound", "421"),
            ("outbound", "250"),
            ("outbound", "111"),
            ("inbound", "550"),
        ] {
            let query = format!(r#"maillog_codes_total{{direction="{direction}",code="{code}"}}"#);
            let expected = said["codes"][direction][code]
                .as_u64()
                .ok_or("no reply was recorded")?;
            prometheus.expect(&query, expected)?;
        }
        let scrape = daemon.scrape_after(count_lines(std::slice::from_ref(&log))?)?;
        complain("the scrape", &said, &scrape.to_report(), &[log])?;
        let failures = scrape.sum("maillog_auth_failures_total");
        if failures != inbound::AUTH_FAILURES {
            return Err(format!("{failures} failed authentications were counted").into());
        }
        prometheus::check_metrics(&scrape.0)?;
        let missing: Vec<_> = prometheus::FAMILIES
            .iter()
            .filter(|family| !scrape.0.contains(&format!("# TYPE {family} ")))
            .collect();
        if missing.is_empty() {
            Ok(())
        } else {
            Err(format!("missing families: {missing:?}").into())
        }
    })
}

fn rsyslog_transport(way: &rsyslog::Way<'_>) -> Result<()> {
    rsyslog_transport_with(way, "", |_| Ok(()))
}

/// The same with more settings of the source, after a preparation in the folder of the test.
fn rsyslog_transport_with(
    way: &rsyslog::Way<'_>,
    settings: &str,
    prepare: fn(&Path) -> Result<()>,
) -> Result<()> {
    with_folder(|folder| {
        prepare(folder)?;
        let place = folder.to_str().ok_or("the temporary folder is not UTF-8")?;
        let config = format!("sources:\n  - syslog: [\"{}\"]\n{settings}", way.listener);
        let daemon = Daemon::configured(&config.replace("{folder}", place), folder)?;
        let syslog = Rsyslog::start(folder, way)?;
        for (number, line) in (1..).zip(rsyslog::lines()) {
            syslog.log(&line)?;
            if number % way.burst == 0 {
                daemon.scrape_after(number as u64)?;
            }
        }
        // A duplicated line would be counted before the last one.
        syslog.log(rsyslog::LAST)?;
        let expected = rsyslog::LINES as u64 + 1;
        let scrape = daemon.scrape_after(expected)?;
        complain("the scrape", &rsyslog::truth(), &scrape.to_report(), &[])?;
        let lines = scrape.sum("maillog_lines_total");
        let dropped = scrape.sum("maillog_source_lines_dropped_total");
        if (lines, dropped) != (expected, 0) {
            return Err(format!("{lines} lines were received and {dropped} dropped").into());
        }
        Ok(())
    })
}

/// Both sides present certificates and check the other's name.
fn rsyslog_over_tls(driver: &str) -> Result<()> {
    let action = rsyslog_tls::ACTION.replace("{driver}", driver);
    let way = rsyslog::Way {
        action: &action,
        ..rsyslog_tls::TLS
    };
    rsyslog_transport_with(&way, rsyslog_tls::SETTINGS, rsyslog_tls::write_certificates)
}

/// Every record of a journal is counted once across restarts of the exporter.
fn journal_across_restarts() -> Result<()> {
    with_folder(|folder| {
        let counted = journal::read_across_restarts(folder)?;
        complain("the scrape", &counted.expected, &counted.actual, &[])
    })
}

/// How many lines the files have together.
pub fn count_lines(logs: &[PathBuf]) -> Result<u64> {
    let mut lines = 0;
    for log in logs {
        lines += fs::read(log)?.iter().filter(|byte| **byte == b'\n').count() as u64;
    }
    Ok(lines)
}
