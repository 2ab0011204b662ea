//! What the daemon must be able to open, for its sandbox: logs and their rotated files, the state, the configuration,
//! and what the system's libraries read.

use std::path::{Path, PathBuf};

use tracing::warn;

use super::default_logs;
use super::flags::{self, Args};
use crate::alert::notify::Peer;
use crate::config::{Config, SourceSettings};
use crate::mounts;
use crate::queue::QueueSource;
use crate::sandbox::{Access, Place};
use crate::source::{self, Files, Framing, Input, Journal, Listener, LogrotateConfig, Syslog};
use crate::state::StateFile;
use crate::web;

/// Where programs and their libraries are.
const PROGRAMS: [&str; 6] = ["/usr", "/bin", "/lib", "/lib64", "/nix/store", "/gnu/store"];

/// What `journalctl` reads.
const JOURNALS: [&str; 6] = [
    "/var/log/journal",
    "/run/log/journal",
    "/etc/machine-id",
    "/etc/ld.so.cache",
    "/proc/sys/kernel/random",
    "/proc/cmdline",
];

/// Where links to the logs of containers lead, whichever runtime writes them.
const CONTAINER_LOGS: [&str; 4] = [
    "/var/log/pods",
    "/var/log/containers",
    "/var/lib/docker/containers",
    "/var/lib/containers/storage/overlay-containers",
];

/// The local time zone, and logrotate's configuration.
const SYSTEM: [&str; 4] = [
    "/etc/localtime",
    "/usr/share/zoneinfo",
    "/etc/logrotate.conf",
    "/etc/logrotate.d",
];

/// What this process reads of itself for its metrics, and the counters of its UDP sockets.
const PROCESS: [&str; 2] = ["/proc/self", "/proc/stat"];

/// The system's certificate authorities.
const AUTHORITIES: [&str; 10] = [
    "/etc/ssl/certs",
    "/etc/ssl/cert.pem",
    "/etc/ssl/ca-bundle.pem",
    "/etc/pki/tls",
    "/etc/pki/ca-trust",
    "/etc/ca-certificates",
    "/usr/share/ca-certificates",
    "/usr/local/share/ca-certificates",
    "/usr/share/pki",
    "/var/lib/ca-certificates",
];

/// How OpenSSL's programs are told where else the authorities are.
const AUTHORITY_VARIABLES: [&str; 2] = ["SSL_CERT_FILE", "SSL_CERT_DIR"];

/// What the resolver of the C library reads. All of `/etc`, because programs replace `resolv.conf`, and rules are about
/// files rather than names.
const RESOLVER: [&str; 6] = [
    "/etc",
    "/run/systemd/resolve",
    "/run/resolvconf",
    "/lib",
    "/lib64",
    "/usr/lib",
];

/// Everything that a daemon with this configuration must be able to open.
pub fn all(args: &Args, config: &Config, state: &StateFile, access: &web::Access) -> Vec<Place> {
    let mut places = of_sources(&config.sources);
    if config.sources.is_empty() {
        // It may be found later.
        of_journal(&Journal::default(), &mut places);
    }
    let mut read = |paths: &mut dyn Iterator<Item = PathBuf>| {
        places.extend(paths.map(|path| place(path, Access::Read)));
    };
    read(&mut default_logs::paths().filter_map(|log| Some(Path::new(log).parent()?.to_owned())));
    read(&mut owned(&SYSTEM));
    read(&mut owned(&PROCESS));
    let settings = args.files().into_iter().chain(access.files());
    read(&mut settings.flat_map(|file| directories_of(&file)));
    if let Some(QueueSource::Spool(_, directory)) = &config.queue {
        read(&mut std::iter::once(directory.clone()));
    }
    read(&mut owned(&AUTHORITIES));
    let variables = AUTHORITY_VARIABLES.into_iter().filter_map(std::env::var_os);
    read(&mut variables.map(PathBuf::from));
    let peers = config.alerting.as_ref().map(|it| &*it.alertmanagers);
    if let Some(peers @ [_, ..]) = peers {
        read(&mut owned(&RESOLVER));
        let files = peers.iter().flat_map(Peer::files);
        read(&mut files.flat_map(directories_of));
    }
    read(&mut std::iter::once("/dev/urandom".into()));
    read(&mut state.followed_files().flat_map(directories_of));
    places.push(place("/dev/null", Access::Device));
    if let Some(directory) = state.path().and_then(Path::parent) {
        places.push(place(directory, Access::Write));
    }
    places
}

/// What must be readable for these sources.
pub fn of_sources(sources: &[SourceSettings]) -> Vec<Place> {
    let mut places = Vec::new();
    let mut logrotate = None;
    for source in sources {
        match &source.input {
            Input::Files(files) => {
                let logrotate = logrotate.get_or_insert_with(LogrotateConfig::read);
                of_files(files, logrotate, &mut places);
            }
            Input::Journal(journal) => of_journal(journal, &mut places),
            Input::Syslog(syslog) => of_syslog(syslog, &mut places),
            // Standard input is open already.
            Input::Pipe(path) if path.as_os_str() == "-" => {}
            Input::Pipe(path) => {
                let directories = directories_of(path);
                places.extend(directories.map(|path| place(path, Access::Read)));
            }
        }
    }
    places
}

fn of_files(files: &Files, logrotate: &LogrotateConfig, places: &mut Vec<Place>) {
    let mut add = |path: PathBuf| {
        let new = place(path, Access::Read);
        if !places.contains(&new) {
            places.push(new);
        }
    };
    for pattern in &files.paths {
        let pattern = flags::absolute(pattern);
        let text = pattern.to_string_lossy();
        let directory = source::base_directory(&text);
        if let Some(point) = mounts::silent(&pattern) {
            warn!(path = %point.display(), "the file system does not answer, its logs are read when it does");
            add(directory);
            continue;
        }
        for rotated in &files.rotated_dirs {
            add(directory.join(rotated));
        }
        add(directory);
        for log in source::find(&text) {
            directories_of(&log).for_each(&mut add);
            logrotate.directories(&log).for_each(&mut add);
            for rotated in &files.rotated_dirs {
                add(log.with_file_name("").join(rotated));
            }
        }
    }
    if files.framing == Framing::Container {
        owned(&CONTAINER_LOGS).for_each(add);
    }
}

fn of_journal(journal: &Journal, places: &mut Vec<Place>) {
    let files = journal.files.iter();
    let files = files.map(|file| source::base_directory(&file.to_string_lossy()));
    let read = owned(&JOURNALS)
        .chain(journal.directory.clone())
        .chain(files);
    places.extend(read.map(|path| place(path, Access::Read)));
    let programs = owned(&PROGRAMS).filter(|path| path.exists());
    let run = programs.chain(default_logs::journal_reader());
    places.extend(run.map(|path| place(path, Access::Run)));
}

fn of_syslog(syslog: &Syslog, places: &mut Vec<Place>) {
    for listener in &syslog.listeners {
        if let Listener::Unix(path) = listener
            && let Some(directory) = path.parent()
        {
            places.push(place(directory, Access::Sockets));
        }
    }
    if let Some(tls) = &syslog.tls {
        let files = [
            Some(&tls.cert_file),
            Some(&tls.key_file),
            tls.client_ca_file.as_ref(),
        ];
        let directories = files
            .into_iter()
            .flatten()
            .flat_map(|file| directories_of(file));
        places.extend(directories.map(|path| place(path, Access::Read)));
    }
}

/// The directory of a file, in which it may be replaced, and the one that it is in if it is a link.
fn directories_of(file: &Path) -> impl Iterator<Item = PathBuf> + use<> {
    let file = flags::absolute(file);
    let target = mounts::silent(&file)
        .is_none()
        .then(|| file.canonicalize().ok())
        .flatten();
    let files = [Some(file), target].into_iter().flatten();
    files.filter_map(|file| Some(file.parent()?.to_owned()))
}

fn owned(paths: &'static [&'static str]) -> impl Iterator<Item = PathBuf> {
    paths.iter().map(PathBuf::from)
}

fn place(path: impl Into<PathBuf>, access: Access) -> Place {
    Place {
        path: path.into(),
        access,
    }
}
