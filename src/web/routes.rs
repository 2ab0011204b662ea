//! Which path answers what.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::header::{
    ACCEPT_ENCODING, ALLOW, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE,
    HeaderValue, VARY,
};
use hyper::{Method, Request, Response, StatusCode};
use jiff::Timestamp;

use super::{api, encoding, page};
use crate::engine::Handle;
use crate::metrics::{self, Exposition};

const TEXT: &str = "text/plain; charset=utf-8";
const HTML: &str = "text/html; charset=utf-8";
const JSON: &str = "application/json";

/// Everything that is served.
#[derive(Clone)]
pub struct Site {
    engine: Handle,
    telemetry_path: String,
    /// Shared by all connections: Prometheus may ask on another one each time.
    exposition: Arc<Mutex<Exposition>>,
}

/// An answer before it is made into HTTP.
struct Answer {
    status: StatusCode,
    content_type: &'static str,
    body: Vec<u8>,
}

impl Answer {
    fn ok(content_type: &'static str, body: impl Into<Vec<u8>>) -> Self {
        Answer {
            status: StatusCode::OK,
            content_type,
            body: body.into(),
        }
    }

    fn text(status: StatusCode, text: &str) -> Self {
        Answer {
            status,
            content_type: TEXT,
            body: text.into(),
        }
    }
}

impl Site {
    /// What the engine has to show, with the exposition at `telemetry_path`.
    pub fn new(engine: Handle, telemetry_path: String) -> Self {
        Site {
            engine,
            telemetry_path,
            exposition: Arc::default(),
        }
    }

    fn exposition(&self) -> MutexGuard<'_, Exposition> {
        self.exposition
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Answers a request. Its body, if it has one, is never read.
    pub async fn answer(&self, request: &Request<Incoming>) -> Response<Full<Bytes>> {
        let head = request.method() == Method::HEAD;
        if !head && request.method() != Method::GET {
            let text = "Only GET and HEAD are answered here.\n";
            let mut response = respond(
                Answer::text(StatusCode::METHOD_NOT_ALLOWED, text),
                false,
                false,
            );
            response
                .headers_mut()
                .insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
            return response;
        }
        let gzip = request
            .headers()
            .get_all(ACCEPT_ENCODING)
            .iter()
            .any(|value| value.to_str().is_ok_and(encoding::wants_gzip));
        respond(self.route(request.uri().path()).await, gzip, head)
    }

    async fn route(&self, path: &str) -> Answer {
        match path {
            path if path == self.telemetry_path => match self.engine.view().await {
                Some(view) => {
                    let now = Timestamp::now().as_second();
                    let text = self.exposition().render(&view, now);
                    Answer::ok(metrics::CONTENT_TYPE, text)
                }
                None => unavailable(),
            },
            "/" => match self.engine.view().await {
                Some(view) => {
                    let now = Timestamp::now().as_second();
                    Answer::ok(HTML, page::status(&view, &self.telemetry_path, now))
                }
                None => unavailable(),
            },
            "/api/v1/sources" => match self.engine.view().await {
                Some(view) => Answer::ok(JSON, api::sources(&view)),
                None => unavailable(),
            },
            "/-/healthy" => Answer::text(StatusCode::OK, "Healthy.\n"),
            "/-/ready" if self.engine.ready() => Answer::text(StatusCode::OK, "Ready.\n"),
            "/-/ready" => {
                let text = "Still reading what the logs held at the start.\n";
                Answer::text(StatusCode::SERVICE_UNAVAILABLE, text)
            }
            _ => {
                let text = "There is nothing here. The start page is at /.\n";
                Answer::text(StatusCode::NOT_FOUND, text)
            }
        }
    }
}

/// The engine has ended, which it only does together with the process.
fn unavailable() -> Answer {
    Answer::text(StatusCode::SERVICE_UNAVAILABLE, "Shutting down.\n")
}

fn respond(answer: Answer, gzip: bool, head: bool) -> Response<Full<Bytes>> {
    let Answer {
        status,
        content_type,
        body,
    } = answer;
    let compressed = if gzip { encoding::gzip(&body) } else { None };
    let encoded = compressed.is_some();
    let body = compressed.unwrap_or(body);
    let length = body.len();
    let body = if head { Vec::new() } else { body };
    let mut response = Response::new(Full::new(Bytes::from(body)));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(VARY, HeaderValue::from_static("Accept-Encoding"));
    headers.insert(
        "x-content-type-options",
        HeaderValue::from_static("nosniff"),
    );
    if encoded {
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    response
}
