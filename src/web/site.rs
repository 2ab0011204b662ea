//! Everything that is served: the answer to each request.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::header::{ACCEPT_ENCODING, ACCEPT_LANGUAGE, AUTHORIZATION, HeaderName};
use hyper::{Method, Request, Response, StatusCode};
use jiff::Timestamp;

use super::access::AccessRules;
use super::language::PageLanguage;
use super::response::{Content, HTML, JSON, method_not_allowed, unauthorized};
use super::route::{CountsRoute, Route};
use super::runbook::{self, Rendered};
use super::{api, encoding, status};
use crate::catalog::Policy;
use crate::engine::Handle;
use crate::metrics::{self, Exposition, View};

/// Everything that is served.
#[derive(Clone)]
pub struct Site {
    engine: Handle,
    telemetry_path: String,
    policy: Arc<Policy>,
    /// Shared by all connections, because Prometheus may open a new one for each scrape.
    exposition: Arc<Mutex<Exposition>>,
}

impl Site {
    /// Serves the engine's counts, with the metrics at `telemetry_path`, and pages about the alert
    /// rules of a policy.
    pub fn new(engine: Handle, telemetry_path: String, policy: Policy) -> Self {
        Site {
            engine,
            telemetry_path,
            policy: Arc::new(policy),
            exposition: Arc::default(),
        }
    }

    /// Answers a request if the access rules allow it. The request's body is never read.
    pub async fn answer(
        &self,
        request: &Request<Incoming>,
        rules: &AccessRules,
    ) -> Response<Full<Bytes>> {
        let authorization = request.headers().get(AUTHORIZATION);
        let mut response = if rules.users.authorize(authorization).await {
            self.answer_authorized(request).await
        } else {
            unauthorized()
        };
        for (name, value) in &rules.headers {
            response.headers_mut().insert(name, value.clone());
        }
        response
    }

    async fn answer_authorized(&self, request: &Request<Incoming>) -> Response<Full<Bytes>> {
        let head = request.method() == Method::HEAD;
        if !head && request.method() != Method::GET {
            return method_not_allowed();
        }
        let gzip = encoding::accepts_gzip(&joined(request, ACCEPT_ENCODING));
        let query = request.uri().query().unwrap_or_default();
        let language = PageLanguage::of_request(query, &joined(request, ACCEPT_LANGUAGE));
        let content = self.route(request.uri().path(), language).await;
        content.into_response(gzip, head)
    }

    async fn route(&self, path: &str, language: PageLanguage) -> Content {
        match Route::of(path, &self.telemetry_path) {
            None => not_found(),
            Some(Route::Healthy) => Content::text(StatusCode::OK, "Healthy.\n"),
            Some(Route::Ready) => self.ready(),
            Some(Route::Alerts) => {
                let page = runbook::alerts(&self.policy, language);
                Content::ok(HTML, page).in_language(language.language)
            }
            Some(Route::Alert(name)) => {
                let page = runbook::alert(&self.policy, name, language);
                rendered(HTML, page).in_language(language.language)
            }
            Some(Route::Counts(route)) => match self.engine.view().await {
                Some(view) => self.counts(route, language, &view),
                // The engine stops only together with the process.
                None => Content::text(StatusCode::SERVICE_UNAVAILABLE, "Shutting down.\n"),
            },
        }
    }

    /// The routes that show counts.
    fn counts(&self, route: CountsRoute<'_>, language: PageLanguage, view: &Arc<View>) -> Content {
        let now = Timestamp::now().as_second();
        match route {
            CountsRoute::Metrics => {
                let exposition = self.exposition.lock();
                let mut exposition = exposition.unwrap_or_else(PoisonError::into_inner);
                Content::ok(metrics::CONTENT_TYPE, exposition.render(view, now))
            }
            CountsRoute::Status => {
                let page = status::page(view, &self.telemetry_path, language, now);
                Content::ok(HTML, page).in_language(language.language)
            }
            CountsRoute::Codes => {
                let page = runbook::index(view, language);
                Content::ok(HTML, page).in_language(language.language)
            }
            CountsRoute::Code(name) => {
                let page = runbook::page(view, name, language, now);
                rendered(HTML, page).in_language(language.language)
            }
            CountsRoute::CodesJson => Content::ok(JSON, runbook::index_json(view)),
            CountsRoute::CodeJson(name) => rendered(JSON, runbook::json(view, name, now)),
            CountsRoute::AlertsJson => Content::ok(JSON, api::alerts(view)),
            CountsRoute::SourcesJson => Content::ok(JSON, api::sources(view)),
        }
    }

    fn ready(&self) -> Content {
        if self.engine.ready() {
            return Content::text(StatusCode::OK, "Ready.\n");
        }
        let text = "Not ready: still reading the lines that the logs held at the start.\n";
        Content::text(StatusCode::SERVICE_UNAVAILABLE, text)
    }
}

/// All values of a list header.
fn joined(request: &Request<Incoming>, name: HeaderName) -> String {
    let values = request.headers().get_all(name).iter();
    let values: Vec<&str> = values.filter_map(|value| value.to_str().ok()).collect();
    values.join(",")
}

fn rendered(content_type: &'static str, rendered: Rendered) -> Content {
    let content = Content::ok(content_type, rendered.body);
    if rendered.found {
        content
    } else {
        content.with_status(StatusCode::NOT_FOUND)
    }
}

fn not_found() -> Content {
    let text = "Not found. The status page is at /.\n";
    Content::text(StatusCode::NOT_FOUND, text)
}
