//! Which path answers what.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::header::{
    ACCEPT_ENCODING, ACCEPT_LANGUAGE, ALLOW, AUTHORIZATION, CACHE_CONTROL, CONTENT_ENCODING,
    CONTENT_LANGUAGE, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderValue, VARY,
    WWW_AUTHENTICATE,
};
use hyper::{Method, Request, Response, StatusCode};
use jiff::Timestamp;

use super::access::Rules;
use super::reader::{Reader, tag};
use super::runbook::{self, Answered};
use super::{api, encoding, page};
use crate::catalog::{Language, Policy};
use crate::engine::Handle;
use crate::metrics::{self, Exposition};

const TEXT: &str = "text/plain; charset=utf-8";
const HTML: &str = "text/html; charset=utf-8";
const JSON: &str = "application/json";

/// Pages bring their style with them and need nothing else.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'";

/// RFC 7617 section 2.
const CHALLENGE: &str = "Basic realm=\"maillog_exporter\", charset=\"UTF-8\"";

/// Everything that is served.
#[derive(Clone)]
pub struct Site {
    engine: Handle,
    telemetry_path: String,
    policy: Arc<Policy>,
    /// Shared by all connections: Prometheus may ask on another one each time.
    exposition: Arc<Mutex<Exposition>>,
}

/// An answer before it is made into HTTP.
struct Answer {
    status: StatusCode,
    content_type: &'static str,
    body: Vec<u8>,
    /// The language, where the request decides it.
    language: Option<Language>,
}

impl Answer {
    fn ok(content_type: &'static str, body: impl Into<Vec<u8>>) -> Self {
        Answer {
            status: StatusCode::OK,
            content_type,
            body: body.into(),
            language: None,
        }
    }

    /// What the runbook says of a code or an alert, or that there is none.
    fn of_page(content_type: &'static str, answered: Answered) -> Self {
        let mut answer = Answer::ok(content_type, answered.body);
        if !answered.found {
            answer.status = StatusCode::NOT_FOUND;
        }
        answer
    }

    fn in_language_of(mut self, reader: Reader) -> Self {
        self.language = Some(reader.language);
        self
    }

    fn text(status: StatusCode, text: &str) -> Self {
        Answer {
            status,
            content_type: TEXT,
            body: text.into(),
            language: None,
        }
    }
}

impl Site {
    /// What the engine has to show, with the exposition at `telemetry_path`, and the rules of a
    /// policy.
    pub fn new(engine: Handle, telemetry_path: String, policy: Policy) -> Self {
        Site {
            engine,
            telemetry_path,
            policy: Arc::new(policy),
            exposition: Arc::default(),
        }
    }

    fn exposition(&self) -> MutexGuard<'_, Exposition> {
        self.exposition
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Answers a request of somebody whom the rules admit. Its body, if it has one, is never read.
    pub(super) async fn answer(
        &self,
        request: &Request<Incoming>,
        rules: &Rules,
    ) -> Response<Full<Bytes>> {
        let authorization = request.headers().get(AUTHORIZATION);
        let mut response = if rules.users.admits(authorization).await {
            self.answer_anybody(request).await
        } else {
            let text = "Name and password are wrong or missing.\n";
            let mut response = respond(Answer::text(StatusCode::UNAUTHORIZED, text), false, false);
            response
                .headers_mut()
                .insert(WWW_AUTHENTICATE, HeaderValue::from_static(CHALLENGE));
            response
        };
        for (name, value) in &rules.headers {
            response.headers_mut().insert(name, value.clone());
        }
        response
    }

    async fn answer_anybody(&self, request: &Request<Incoming>) -> Response<Full<Bytes>> {
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
        let listed = |name| {
            let values = request.headers().get_all(name).iter();
            let values: Vec<&str> = values.filter_map(|value| value.to_str().ok()).collect();
            values.join(",")
        };
        let gzip = encoding::wants_gzip(&listed(ACCEPT_ENCODING));
        let query = request.uri().query().unwrap_or_default();
        let reader = Reader::of(query, &listed(ACCEPT_LANGUAGE));
        respond(self.route(request.uri().path(), reader).await, gzip, head)
    }

    async fn route(&self, path: &str, reader: Reader) -> Answer {
        if let Some(asked) = path.strip_prefix("/codes") {
            return self.runbook(asked, reader).await;
        }
        if let Some(asked) = path.strip_prefix("/alerts") {
            return self.alerts(asked, reader);
        }
        if let Some(asked) = path.strip_prefix("/api/v1/codes/") {
            return match self.engine.view().await {
                Some(view) => {
                    let now = Timestamp::now().as_second();
                    Answer::of_page(JSON, runbook::json(&view, asked, now))
                }
                None => unavailable(),
            };
        }
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
            "/api/v1/codes" => match self.engine.view().await {
                Some(view) => Answer::ok(JSON, runbook::index_json(&view)),
                None => unavailable(),
            },
            "/api/v1/alerts" => match self.engine.view().await {
                Some(view) => Answer::ok(JSON, api::alerts(&view)),
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
            _ => nowhere(),
        }
    }

    /// The pages below `/codes`; `asked` is the rest of the path.
    async fn runbook(&self, asked: &str, reader: Reader) -> Answer {
        let Some(view) = self.engine.view().await else {
            return unavailable();
        };
        let answer = match asked.strip_prefix('/') {
            None if !asked.is_empty() => return nowhere(),
            None | Some("") => Answer::ok(HTML, runbook::index(&view, reader)),
            Some(asked) => {
                let now = Timestamp::now().as_second();
                Answer::of_page(HTML, runbook::page(&view, asked, reader, now))
            }
        };
        answer.in_language_of(reader)
    }

    /// The pages below `/alerts`; `asked` is the rest of the path.
    fn alerts(&self, asked: &str, reader: Reader) -> Answer {
        let answer = match asked.strip_prefix('/') {
            None if !asked.is_empty() => return nowhere(),
            None | Some("") => Answer::ok(HTML, runbook::alerts(&self.policy, reader)),
            Some(asked) => Answer::of_page(HTML, runbook::alert(&self.policy, asked, reader)),
        };
        answer.in_language_of(reader)
    }
}

fn nowhere() -> Answer {
    let text = "There is nothing here. The start page is at /.\n";
    Answer::text(StatusCode::NOT_FOUND, text)
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
        language,
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
    let mut varies = "Accept-Encoding";
    if let Some(language) = language {
        varies = "Accept-Encoding, Accept-Language";
        headers.insert(CONTENT_LANGUAGE, HeaderValue::from_static(tag(language)));
    }
    headers.insert(VARY, HeaderValue::from_static(varies));
    if content_type == HTML {
        // Should markup ever slip into a page, it can neither run nor fetch anything.
        headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    }
    headers.insert(
        "x-content-type-options",
        HeaderValue::from_static("nosniff"),
    );
    if encoded {
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    response
}
