//! Everything that is served: the answer to each request.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::header::{ACCEPT, ACCEPT_ENCODING, ACCEPT_LANGUAGE, HeaderName};
use hyper::{Method, Request, Response, StatusCode};
use jiff::Timestamp;

use super::context::{Context, SiteSettings};
use super::language::PageLanguage;
use super::picture::PictureCache;
use super::privacy::Privacy;
use super::reload::Reloads;
use super::response::{Content, HTML, JSON, PNG, method_not_allowed};
use super::route::{CountsRoute, PictureRoute, Route};
use super::runbook::{self, Rendered};
use super::trace_page::{self, Tracing};
use super::{alert_pages, api, assets, encoding, exposition_format, provider_pages, status};
use crate::catalog::Language;
use crate::engine::{Handle, NoView};
use crate::metrics::{Exposition, ExpositionFormat, View};

/// The answer while the engine does not answer.
const BLOCKED: &str =
    "Not healthy: reading the logs is blocked. The log of the exporter names the source.\n";

/// Draws the picture of the page with a name, if it has one.
type Draw = fn(&Context<'_>, &str) -> Option<Vec<u8>>;

/// Everything that is served.
#[derive(Clone)]
pub struct Site {
    engine: Handle,
    settings: SiteSettings,
    /// Shared by all connections, because Prometheus may open a new one for each scrape.
    exposition: Arc<Mutex<Exposition>>,
    rejected_connections: Arc<AtomicU64>,
    pictures: Arc<PictureCache>,
    reloads: Reloads,
    /// Traces messages; `None` where that is not allowed.
    tracing: Option<Tracing>,
}

/// What a request prefers of pages and metrics.
#[derive(Clone, Copy)]
struct Preferences {
    language: PageLanguage,
    format: ExpositionFormat,
}

impl Site {
    /// Serves the engine's counts and pages about them, and answers requests for reloads.
    pub fn new(engine: Handle, settings: SiteSettings, reloads: Reloads) -> Self {
        Site {
            engine,
            settings,
            exposition: Arc::default(),
            rejected_connections: Arc::default(),
            pictures: Arc::default(),
            reloads,
            tracing: None,
        }
    }

    /// The same, which also traces messages for those who have a password.
    pub fn with_tracing(self, tracing: Option<Tracing>) -> Self {
        Site { tracing, ..self }
    }

    /// The counter of connections that were rejected because there were too many.
    pub fn rejected_connections(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.rejected_connections)
    }

    /// Answers a request. Its body is never read. `has_password`: whether it came with one.
    pub async fn answer(
        &self,
        request: &Request<Incoming>,
        has_password: bool,
    ) -> Response<Full<Bytes>> {
        let path = self.own_path(request.uri().path());
        let route = path.map(|path| (path, Route::of(path, &self.settings.telemetry_path)));
        if let Some((_, Some(Route::Reload))) = route {
            let content = self.reloads.answer(request.method()).await;
            return content.into_response(false, false);
        }
        let head = request.method() == Method::HEAD;
        if !head && request.method() != Method::GET {
            return method_not_allowed();
        }
        let gzip = encoding::accepts_gzip(&joined(request, ACCEPT_ENCODING));
        let query = request.uri().query().unwrap_or_default();
        let preferences = Preferences {
            language: PageLanguage::of_request(query, &joined(request, ACCEPT_LANGUAGE)),
            format: exposition_format::accepted(&joined(request, ACCEPT)),
        };
        let content = match route {
            Some((_, Some(route @ (Route::Trace | Route::TraceJson)))) if has_password => {
                let is_json = route == Route::TraceJson;
                self.trace(query, preferences.language, is_json).await
            }
            Some((path, route)) => self.content(path, route, preferences).await,
            None => Content::redirect(&format!("{}/", self.settings.route_prefix)),
        };
        content.into_response(gzip, head)
    }

    /// The path without the prefix of all paths; `None` for `/` and for the prefix alone, which lead to the status page.
    /// A path without the prefix is returned as it begins: no page has it.
    fn own_path<'a>(&self, path: &'a str) -> Option<&'a str> {
        let prefix = &*self.settings.route_prefix;
        if prefix.is_empty() {
            return Some(path);
        }
        match path.strip_prefix(prefix) {
            Some(rest) if rest.starts_with('/') => Some(rest),
            Some("") => None,
            _ if path == "/" => None,
            _ => Some(""),
        }
    }

    async fn content(
        &self,
        path: &str,
        route: Option<Route<'_>>,
        preferences: Preferences,
    ) -> Content {
        match route {
            // Reloads are answered before.
            None | Some(Route::Reload) => not_found(),
            Some(Route::Trace | Route::TraceJson) => no_tracing(),
            Some(Route::Healthy) => self.healthy(),
            Some(Route::Ready) => self.ready(),
            Some(Route::Asset(path)) => assets::file(path).unwrap_or_else(not_found),
            Some(Route::Picture(route)) => self.picture(path, route).await,
            Some(Route::Counts(route)) => match self.engine.view().await {
                Ok(view) => self.counts(route, preferences, &view),
                Err(why) => without_view(why),
            },
        }
    }

    /// The messages that a query leads to.
    async fn trace(&self, query: &str, language: PageLanguage, is_json: bool) -> Content {
        let Some(tracing) = &self.tracing else {
            return no_tracing();
        };
        let words = if is_json {
            Language::En
        } else {
            language.language
        };
        let Ok(asked) = tracing.ask(query, words).await else {
            let text = "Another message is being traced. Try again in a moment.\n";
            return Content::text(StatusCode::SERVICE_UNAVAILABLE, text);
        };
        if is_json {
            let bad = |text: &str| Content::text(StatusCode::BAD_REQUEST, text);
            return match asked.map(|asked| asked.result) {
                Some(Ok(trace)) => {
                    Content::ok(JSON, serde_json::to_vec(&trace).unwrap_or_default())
                }
                Some(Err(problem)) => bad(&format!("{problem}\n")),
                None => bad("The parameter q is missing.\n"),
            };
        }
        let view = match self.engine.view().await {
            Ok(view) => view,
            Err(why) => return without_view(why),
        };
        let context = Context {
            view: &view,
            settings: &self.settings,
            language,
            now: Timestamp::now().as_second(),
        };
        let page = language.in_script(trace_page::page(&context, asked.as_ref()));
        Content::ok(HTML, page).in_language(language)
    }

    /// A chart as a picture: one that was made just now, or a new one, drawn in a thread of its own.
    async fn picture(&self, path: &str, route: PictureRoute<'_>) -> Content {
        let answer = |picture: Option<Arc<[u8]>>| match picture {
            Some(picture) => Content::ok(PNG, &*picture),
            None => not_found(),
        };
        if let Some(known) = self.pictures.get(path) {
            return answer(known);
        }
        let _turn = self.pictures.turn().await;
        if let Some(known) = self.pictures.get(path) {
            return answer(known);
        }
        let view = match self.engine.view().await {
            Ok(view) => view,
            Err(why) => return without_view(why),
        };
        let settings = self.settings.clone();
        let draw: Draw = match route {
            PictureRoute::Code(_) => runbook::picture,
            PictureRoute::Provider(_) => provider_pages::picture,
            PictureRoute::Alert(_) => alert_pages::picture,
        };
        let (PictureRoute::Code(name) | PictureRoute::Provider(name) | PictureRoute::Alert(name)) =
            route;
        let name = name.to_owned();
        let drawn = tokio::task::spawn_blocking(move || {
            let context = Context {
                view: &view,
                settings: &settings,
                language: PageLanguage::of_request("lang=en", ""),
                now: Timestamp::now().as_second(),
            };
            draw(&context, &name)
        });
        let picture: Option<Arc<[u8]>> = drawn.await.ok().flatten().map(Arc::from);
        self.pictures.put(path, picture.clone());
        answer(picture)
    }

    /// The routes that show counts.
    fn counts(
        &self,
        route: CountsRoute<'_>,
        preferences: Preferences,
        view: &Arc<View>,
    ) -> Content {
        let now = Timestamp::now().as_second();
        let Preferences { language, format } = preferences;
        let context = Context {
            view,
            settings: &self.settings,
            language,
            now,
        };
        // JSON is for programs, which tell scripts apart by the tag.
        let simplified = PageLanguage::of(language.language);
        let page = |page: String| Content::ok(HTML, language.in_script(page)).in_language(language);
        let named = |page: Rendered| {
            let body = language.in_script(page.body);
            rendered(HTML, Rendered { body, ..page }).in_language(language)
        };
        match route {
            CountsRoute::Metrics => self.metrics(view, now, format),
            CountsRoute::Status => page(status::page(&context)),
            CountsRoute::Codes => page(runbook::index(&context)),
            CountsRoute::Code(name) => named(runbook::page(&context, name)),
            CountsRoute::Alerts => page(alert_pages::index(&context)),
            CountsRoute::Alert(name) => named(alert_pages::page(&context, name)),
            CountsRoute::Providers => page(provider_pages::index(&context)),
            CountsRoute::Provider(name) => named(provider_pages::page(&context, name)),
            CountsRoute::StatusJson => {
                Content::ok(JSON, status::json(&context)).in_language(simplified)
            }
            CountsRoute::CodesJson => Content::ok(JSON, runbook::index_json(view)),
            CountsRoute::CodeJson(name) => rendered(JSON, runbook::json(&context, name)),
            CountsRoute::AlertsJson => Content::ok(JSON, alert_pages::json(&context)),
            CountsRoute::ProvidersJson => Content::ok(JSON, provider_pages::index_json(&context)),
            CountsRoute::ProviderJson(name) => rendered(JSON, provider_pages::json(&context, name)),
            CountsRoute::SourcesJson => Content::ok(JSON, api::sources(view)),
        }
    }

    fn metrics(&self, view: &Arc<View>, now: i64, format: ExpositionFormat) -> Content {
        let exposition = self.exposition.lock();
        let mut exposition = exposition.unwrap_or_else(PoisonError::into_inner);
        exposition.connections_rejected = self.rejected_connections.load(Ordering::Relaxed);
        exposition.reload = self.reloads.record.stats();
        exposition.shows_exemplars = self.settings.privacy != Privacy::None;
        exposition.shows_created = self.settings.created_series;
        let text = exposition.render(view, now, format);
        Content::ok(format.content_type(), text).by_accept()
    }

    fn healthy(&self) -> Content {
        if self.engine.is_at_work() {
            Content::text(StatusCode::OK, "Healthy.\n")
        } else {
            Content::text(StatusCode::SERVICE_UNAVAILABLE, BLOCKED)
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

/// The answer where there are no counts to show.
fn without_view(why: NoView) -> Content {
    let text = match why {
        // The engine stops only together with the process.
        NoView::Ended => "Shutting down.\n",
        NoView::Blocked => BLOCKED,
    };
    Content::text(StatusCode::SERVICE_UNAVAILABLE, text)
}

/// The answer to a request to trace a message, where that is not allowed.
fn no_tracing() -> Content {
    let text = "Tracing shows addresses: it needs `web.privacy: addresses` in the configuration, and a password \
                (basic_auth_users in the file of --web.config.file).\n";
    Content::text(StatusCode::FORBIDDEN, text)
}

fn not_found() -> Content {
    let text = "Not found. The status page is at /.\n";
    Content::text(StatusCode::NOT_FOUND, text)
}
