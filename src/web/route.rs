//! Routing: what each path stands for.

use super::trace_page;

/// What a path stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Route<'a> {
    /// The liveness probe.
    Healthy,
    /// The readiness probe.
    Ready,
    /// The reload of the configuration, which other methods than those of pages ask for.
    Reload,
    /// The style sheet or the script of the pages.
    Asset(&'a str),
    /// The page that traces messages.
    Trace,
    /// The same as JSON.
    TraceJson,
    /// A chart as a picture.
    Picture(PictureRoute<'a>),
    /// Something that is made from the counts of the moment.
    Counts(CountsRoute<'a>),
}

/// The pages of which there is a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PictureRoute<'a> {
    /// That of the code or condition with this name.
    Code(&'a str),
    /// That of the provider with this name.
    Provider(&'a str),
    /// That of the alert rule with this name.
    Alert(&'a str),
}

impl<'a> PictureRoute<'a> {
    fn of(path: &'a str) -> Option<Self> {
        let page = path.strip_suffix(".png")?;
        if let Some(name) = page.strip_prefix("/codes/") {
            Some(PictureRoute::Code(name))
        } else if let Some(name) = page.strip_prefix("/providers/") {
            Some(PictureRoute::Provider(name))
        } else {
            Some(PictureRoute::Alert(page.strip_prefix("/alerts/")?))
        }
    }
}

/// What is made from the counts of the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CountsRoute<'a> {
    /// The exposition for Prometheus.
    Metrics,
    /// The status page.
    Status,
    /// The page of all codes and conditions.
    Codes,
    /// The page of the code or condition with this name.
    Code(&'a str),
    /// The JSON document of all codes and conditions.
    CodesJson,
    /// The JSON document of the code or condition with this name.
    CodeJson(&'a str),
    /// The page of all alerts and rules.
    Alerts,
    /// The page of the alert rule with this name.
    Alert(&'a str),
    /// The alerts and rules as JSON.
    AlertsJson,
    /// The page of all providers.
    Providers,
    /// The page of the provider with this name.
    Provider(&'a str),
    /// The JSON document of all providers.
    ProvidersJson,
    /// The JSON document of the provider with this name.
    ProviderJson(&'a str),
    /// The status as JSON.
    StatusJson,
    /// The sources as JSON.
    SourcesJson,
}

impl<'a> Route<'a> {
    /// The route of a path, if there is one. `telemetry_path` is the path of the metrics.
    pub fn of(path: &'a str, telemetry_path: &str) -> Option<Route<'a>> {
        if let Some(picture) = PictureRoute::of(path).filter(|_| path != telemetry_path) {
            return Some(Route::Picture(picture));
        }
        let counts = match path {
            path if path == telemetry_path => CountsRoute::Metrics,
            "/-/healthy" => return Some(Route::Healthy),
            "/-/ready" => return Some(Route::Ready),
            "/-/reload" => return Some(Route::Reload),
            trace_page::PATH => return Some(Route::Trace),
            "/api/v1/trace" => return Some(Route::TraceJson),
            path if path.starts_with("/static/") => return Some(Route::Asset(path)),
            "/" => CountsRoute::Status,
            "/api/v1/status" => CountsRoute::StatusJson,
            "/alerts" | "/alerts/" => CountsRoute::Alerts,
            "/providers" | "/providers/" => CountsRoute::Providers,
            "/api/v1/providers" => CountsRoute::ProvidersJson,
            "/codes" | "/codes/" => CountsRoute::Codes,
            "/api/v1/codes" => CountsRoute::CodesJson,
            "/api/v1/alerts" => CountsRoute::AlertsJson,
            "/api/v1/sources" => CountsRoute::SourcesJson,
            path => {
                if let Some(name) = path.strip_prefix("/alerts/") {
                    CountsRoute::Alert(name)
                } else if let Some(name) = path.strip_prefix("/providers/") {
                    CountsRoute::Provider(name)
                } else if let Some(name) = path.strip_prefix("/api/v1/providers/") {
                    CountsRoute::ProviderJson(name)
                } else if let Some(name) = path.strip_prefix("/codes/") {
                    CountsRoute::Code(name)
                } else {
                    CountsRoute::CodeJson(path.strip_prefix("/api/v1/codes/")?)
                }
            }
        };
        Some(Route::Counts(counts))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_have_routes() {
        let counts = |route| Some(Route::Counts(route));
        for (path, route) in [
            ("/", counts(CountsRoute::Status)),
            ("/mail/metrics", counts(CountsRoute::Metrics)),
            ("/metrics", None),
            ("/codes/", counts(CountsRoute::Codes)),
            ("/codes/421", counts(CountsRoute::Code("421"))),
            ("/codes/4.7.28/x", counts(CountsRoute::Code("4.7.28/x"))),
            (
                "/codes/421.png",
                Some(Route::Picture(PictureRoute::Code("421"))),
            ),
            (
                "/alerts/Name.png",
                Some(Route::Picture(PictureRoute::Alert("Name"))),
            ),
            (
                "/providers/google.png",
                Some(Route::Picture(PictureRoute::Provider("google"))),
            ),
            ("/421.png", None),
            ("/-/reload", Some(Route::Reload)),
            ("/codesx", None),
            ("/alerts/Name", counts(CountsRoute::Alert("Name"))),
            ("/providers/google", counts(CountsRoute::Provider("google"))),
            ("/providersx", None),
            ("/static/pages.css", Some(Route::Asset("/static/pages.css"))),
            ("/alertsx", None),
            ("/api/v1/codes/421", counts(CountsRoute::CodeJson("421"))),
            ("/api/v1/codes/", counts(CountsRoute::CodeJson(""))),
            ("", None),
        ] {
            assert_eq!(Route::of(path, "/mail/metrics"), route, "{path}");
        }
    }
}
