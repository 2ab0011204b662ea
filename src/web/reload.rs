//! Reloading of the configuration by HTTP.

use std::time::Duration;

use hyper::{Method, StatusCode};
use tokio::sync::{mpsc, oneshot};

use super::response::Content;
use crate::metrics::ReloadRecord;

/// How many requests to reload wait. More are made to wait before they are sent.
const WAITING: usize = 16;

/// How long a reload may take before it is answered that it has not ended.
const RELOAD_TIMEOUT: Duration = Duration::from_secs(30);

/// How a reload ended: what to tell whoever asked for it. An error says what is wrong with the configuration, and where.
pub type ReloadResult = Result<String, String>;

/// A request to reload, to be answered once the new configuration is in use.
pub type ReloadRequest = oneshot::Sender<ReloadResult>;

/// Answers `/-/reload` as Prometheus does.
#[derive(Clone, Debug, Default)]
pub struct Reloads {
    /// How the last reload ended.
    pub record: ReloadRecord,
    /// To the daemon; `None` if reloads by HTTP are not enabled.
    requests: Option<mpsc::Sender<ReloadRequest>>,
}

impl Reloads {
    /// Enables reloads by HTTP, and returns the requests for them.
    pub fn enable(&mut self) -> mpsc::Receiver<ReloadRequest> {
        let (requests, incoming) = mpsc::channel(WAITING);
        self.requests = Some(requests);
        incoming
    }

    /// Answers a request of this method.
    pub(super) async fn answer(&self, method: &Method) -> Content {
        if !matches!(*method, Method::POST | Method::PUT) {
            let text = "Only POST or PUT requests allowed.\n";
            return Content::text(StatusCode::METHOD_NOT_ALLOWED, text).allowing("POST, PUT");
        }
        let Some(requests) = &self.requests else {
            let text =
                "Lifecycle API is not enabled. The flag --web.enable-lifecycle enables it.\n";
            return Content::text(StatusCode::FORBIDDEN, text);
        };
        let failed = |error: &str| {
            let text = format!("failed to reload config: {error}\n");
            Content::text(StatusCode::INTERNAL_SERVER_ERROR, &text)
        };
        match tokio::time::timeout(RELOAD_TIMEOUT, reload(requests)).await {
            Ok(Some(Ok(text))) => Content::text(StatusCode::OK, &format!("{text}\n")),
            Ok(Some(Err(error))) => failed(&error),
            Ok(None) => Content::text(StatusCode::SERVICE_UNAVAILABLE, "Shutting down.\n"),
            Err(_) => failed("no end within 30 seconds; the log says when it is done"),
        }
    }
}

/// Has the configuration reloaded; `None` if the daemon takes no more requests, because it is shutting down.
async fn reload(requests: &mpsc::Sender<ReloadRequest>) -> Option<ReloadResult> {
    let (request, result) = oneshot::channel();
    requests.send(request).await.ok()?;
    result.await.ok()
}
