//! Where rotation may have moved the files of a log.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::directories::{Directories, Freshness};
use super::followed_log::{FollowedLog, link_target};
use super::logrotate_config::LogrotateConfig;
use super::rotated_files::{Place, PlaceKind};

/// How many subdirectories are searched.
const MAX_SUBDIRECTORIES: usize = 64;

/// How long logrotate's configuration is not read again.
const REREAD: Duration = Duration::from_secs(600);

/// What is known about where rotation moves files.
#[derive(Default)]
pub(crate) struct RotatedPlaces {
    /// `rotated_dirs` of the source. Relative ones are relative to the directory of the log.
    pub configured: Vec<PathBuf>,
    /// What is in the directories.
    pub directories: Directories,
    logrotate: Option<(Instant, LogrotateConfig)>,
}

impl RotatedPlaces {
    /// The places of a log's rotated files: its directory first.
    pub fn of(&mut self, log: &FollowedLog) -> Vec<Place> {
        let mut places = Vec::new();
        add(&mut places, &log.path, PlaceKind::Own);
        let Some(parent) = log.path.parent() else {
            return places;
        };
        // Where links lead and have led to, and where files were seen to be moved.
        if let Some(target) = link_target(&log.path) {
            add(&mut places, &target, PlaceKind::Elsewhere);
        }
        for target in log.targets() {
            add(&mut places, target, PlaceKind::Elsewhere);
        }
        let name = log.path.file_name().unwrap_or_default();
        let config = self.logrotate(Instant::now(), LogrotateConfig::read);
        let moved_by_logrotate = config.directories(&log.path);
        let moved_to: Vec<PathBuf> = moved_by_logrotate.collect();
        for directory in self.configured.iter().chain(&moved_to) {
            let path = parent.join(directory).join(name);
            add(&mut places, &path, PlaceKind::Elsewhere);
        }
        // That it cannot be listed is noticed when its files are.
        let listed = self.directories.names(parent, Freshness::Recent).ok();
        let subdirectories = listed.iter().flat_map(|it| &it.subdirectories);
        for directory in subdirectories.take(MAX_SUBDIRECTORIES) {
            add(&mut places, &directory.join(name), PlaceKind::Subdirectory);
        }
        places
    }

    /// The configuration of logrotate, which is read again if that was long ago.
    fn logrotate(
        &mut self,
        now: Instant,
        read: impl FnOnce() -> LogrotateConfig,
    ) -> &LogrotateConfig {
        let known = self.logrotate.take();
        let known = known.filter(|(at, _)| now.saturating_duration_since(*at) < REREAD);
        let (_, config) = self
            .logrotate
            .insert(known.unwrap_or_else(|| (now, read())));
        config
    }
}

/// Adds the place of a path, unless it is there already.
fn add(places: &mut Vec<Place>, path: &Path, kind: PlaceKind) {
    let (Some(directory), Some(log)) = (path.parent(), path.file_name()) else {
        return;
    };
    let is_known = |it: &Place| it.directory == directory && it.log == log;
    if !places.iter().any(is_known) {
        places.push(Place {
            directory: directory.to_owned(),
            log: log.to_owned(),
            kind,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logrotate_is_read_again_after_a_while() {
        let mut places = RotatedPlaces::default();
        let begin = Instant::now();
        let mut reads = Vec::new();
        for seconds in [0, 1, 599, 600, 601, 1199, 1200] {
            places.logrotate(begin + Duration::from_secs(seconds), || {
                reads.push(seconds);
                LogrotateConfig::default()
            });
        }
        assert_eq!(reads, [0, 600, 1200]);
    }
}
