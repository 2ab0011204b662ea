//! Reload of the configuration while the daemon runs, by SIGHUP or by HTTP.

use std::sync::Arc;

use jiff::Timestamp;
use tracing::{error, info, warn};

use super::tracer::LogTracer;
use super::{engine_setup, places};
use crate::config::Config;
use crate::engine::Handle;
use crate::metrics::ReloadRecord;
use crate::sandbox;
use crate::service::ServiceManager;
use crate::web::{ReloadRequest, ReloadResult};

/// Applies configurations that were read again, and answers whoever asked for it.
pub(super) struct Reloader {
    /// How the last reload ended, for the metrics and the alerts.
    pub record: ReloadRecord,
    /// Traces messages in the logs, if that is allowed.
    pub tracer: Option<Arc<LogTracer>>,
    /// Those who wait for the reload that was begun.
    pub waiting: Vec<ReloadRequest>,
}

impl Reloader {
    /// Applies a configuration that was read again. If it is invalid, the old one stays in use. Whoever waits is answered
    /// once the engine uses it.
    pub fn finish(
        &mut self,
        newer: Result<Config, String>,
        config: &mut Config,
        engine: &Handle,
        service: &ServiceManager,
    ) {
        let result = apply(newer, config, engine);
        if let Some(tracer) = &self.tracer {
            tracer.set_sources(&config.sources);
        }
        self.record
            .record(result.is_ok(), Timestamp::now().as_second());
        service.reloaded();
        let waiting = std::mem::take(&mut self.waiting);
        let engine = engine.clone();
        tokio::spawn(async move {
            engine.answers().await;
            for request in waiting {
                // The client may have gone.
                let _ = request.send(result.clone());
            }
        });
    }
}

fn apply(newer: Result<Config, String>, config: &mut Config, engine: &Handle) -> ReloadResult {
    let newer = newer.inspect_err(|error| {
        error!(%error, "invalid configuration, keeping the old one");
    })?;
    let places = places::of_sources(&newer.sources);
    if let Some(place) = places.iter().find(|it| !sandbox::allows(it)) {
        let error = format!(
            "{} is outside of the sandbox, keeping the old one; restart the daemon to apply the new configuration",
            place.path.display()
        );
        error!("{error}");
        return Err(error);
    }
    let later = needs_restart(config, &newer);
    for setting in &later {
        warn!(setting, "this change takes effect after a restart");
    }
    info!("configuration reloaded");
    engine.reload(engine_setup(&newer));
    *config = newer;
    Ok(match &*later {
        [] => "Configuration reloaded.".to_owned(),
        later => format!(
            "Configuration reloaded. Changes of these settings take effect after a restart: {}.",
            later.join(", ")
        ),
    })
}

/// The settings that differ between two configurations and cannot change while the daemon runs.
fn needs_restart(old: &Config, new: &Config) -> Vec<&'static str> {
    let changes = [
        (
            "web.listen_addresses",
            old.listen_addresses != new.listen_addresses,
        ),
        (
            "web.telemetry_path",
            old.telemetry_path != new.telemetry_path,
        ),
        ("web.external_url", old.external_url != new.external_url),
        ("web.route_prefix", old.route_prefix != new.route_prefix),
        ("web.privacy", old.privacy != new.privacy),
        (
            "web.created_series",
            old.created_series != new.created_series,
        ),
        ("log.level", old.log_level != new.log_level),
        ("log.format", old.log_format != new.log_format),
        ("providers", old.providers != new.providers),
        ("state.path", old.state_path != new.state_path),
        ("the mail server's queue", old.queue != new.queue),
        ("sandbox", old.sandbox != new.sandbox),
        ("alerting", old.alerting != new.alerting),
    ];
    let changed = changes.into_iter().filter(|(_, changed)| *changed);
    changed.map(|(setting, _)| setting).collect()
}
