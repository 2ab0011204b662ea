//! Any bytes as a connection of an HTTP client.

use std::sync::{Arc, LazyLock};

use jiff::tz::TimeZone;
use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};
use tokio::sync::watch;

use super::access::Access;
use super::activity::Activity;
use super::context::SiteSettings;
use super::peer::Peer;
use super::reload::Reloads;
use super::respond::respond;
use super::server::{Protocol, serve_http};
use super::site::Site;
use crate::catalog::{Policy, Providers};
use crate::engine::{self, AlertSetup, Handle, Setup, SourceSetup};
use crate::metrics::{ReloadRecord, WebAddress};
use crate::parse::{Format, Patterns};
use crate::source::{DEFAULT_MAX_LINE_BYTES, Files, Framing, Input, ReadFrom};
use crate::state::StateFile;

pub use super::access::fuzzing::web_config;

/// How many bytes wait between client and server.
const BUFFER: usize = 64 * 1024;

/// A user whose password nobody knows, with the lowest cost of bcrypt.
const CLOSED: &str =
    "basic_auth_users:\n  ann: $2b$04$......................k5sO2FMPJX4lq1UHxJgXfVMEM4TzJzS\n";

/// An engine that has read a log, which all connections share.
static ENGINE: LazyLock<Handle> = LazyLock::new(|| {
    let log = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/golden/postfix-client.log"
    );
    let files = Files {
        rotated_dirs: Vec::new(),
        paths: vec![log.into()],
        from: ReadFrom::default(),
        framing: Framing::Plain,
    };
    let setup = Setup {
        sources: vec![SourceSetup {
            name: "mail".into(),
            input: Input::Files(files),
            format: Format::Auto,
        }],
        max_line_bytes: DEFAULT_MAX_LINE_BYTES,
        time_zone: TimeZone::UTC,
        patterns: std::sync::Arc::new(Patterns::default()),
        records_addresses: false,
    };
    let alerts = AlertSetup {
        policy: Policy::embedded(),
        instance: "mx1:9925".into(),
        job: "maillog".into(),
        reloads: ReloadRecord::default(),
        web: WebAddress::default(),
        notifier: None,
    };
    let started = engine::start(
        setup,
        Providers::embedded(),
        None,
        alerts,
        StateFile::none(),
    );
    started.expect("an engine").0
});

/// The bytes after the first as what a client sends. If the first one is odd, a password is required, and no request
/// gets the response 200; in any case, the server answers with HTTP or not at all.
///
/// # Panics
///
/// If that is not so.
pub fn http(input: &[u8]) {
    let Some((&selector, bytes)) = input.split_first() else {
        return;
    };
    let closed = selector % 2 == 1;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let response = runtime.block_on(exchange(bytes, closed));
    runtime.shutdown_background();
    assert!(response.is_empty() || response.starts_with(b"HTTP/1."));
    let ok = response.starts_with(b"HTTP/1.1 200") || response.starts_with(b"HTTP/1.0 200");
    assert!(!(closed && ok), "answered without a password");
}

/// What the server sends in answer to these bytes, until it or the client closes the connection.
async fn exchange(bytes: &[u8], closed: bool) -> Vec<u8> {
    let access = if closed {
        Access::from_text(CLOSED)
    } else {
        Access::open()
    };
    let settings = SiteSettings::new("/metrics", Policy::embedded(), TimeZone::UTC);
    let site = Site::new(ENGINE.clone(), settings, Reloads::default());
    let peer = Peer::of([127, 0, 0, 1].into());
    let activity = Activity::new();
    let (client, server) = duplex(BUFFER);
    let (mut received, mut sent) = tokio::io::split(client);
    let (_stop, stopped) = watch::channel(false);
    let shared = Arc::new((access, site));
    let answer = move |request| {
        let shared = Arc::clone(&shared);
        async move { respond(&request, peer, &shared.0, &shared.1).await }
    };
    let serve = serve_http(server, Protocol::Http1, answer, &activity, stopped);
    let send = async {
        // The server may close the connection earlier.
        let _ = sent.write_all(bytes).await;
        let _ = sent.shutdown().await;
    };
    let mut response = Vec::new();
    let receive = async {
        let _ = received.read_to_end(&mut response).await;
    };
    let _ = tokio::join!(serve, send, receive);
    response
}
