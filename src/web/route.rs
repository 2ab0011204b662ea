//! Routing: what each path stands for.

/// What a path stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Route<'a> {
    /// The liveness probe.
    Healthy,
    /// The readiness probe.
    Ready,
    /// The page of all alert rules.
    Alerts,
    /// The page of the alert rule with this name.
    Alert(&'a str),
    /// Something that is made from the counts of the moment.
    Counts(CountsRoute<'a>),
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
    /// The active alerts as JSON.
    AlertsJson,
    /// The sources as JSON.
    SourcesJson,
}

impl<'a> Route<'a> {
    /// The route of a path, if there is one. `telemetry_path` is the path of the metrics.
    pub fn of(path: &'a str, telemetry_path: &str) -> Option<Route<'a>> {
        let counts = match path {
            path if path == telemetry_path => CountsRoute::Metrics,
            "/-/healthy" => return Some(Route::Healthy),
            "/-/ready" => return Some(Route::Ready),
            "/alerts" | "/alerts/" => return Some(Route::Alerts),
            "/" => CountsRoute::Status,
            "/codes" | "/codes/" => CountsRoute::Codes,
            "/api/v1/codes" => CountsRoute::CodesJson,
            "/api/v1/alerts" => CountsRoute::AlertsJson,
            "/api/v1/sources" => CountsRoute::SourcesJson,
            path => {
                if let Some(name) = path.strip_prefix("/alerts/") {
                    return Some(Route::Alert(name));
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
            ("/codesx", None),
            ("/alerts/Name", Some(Route::Alert("Name"))),
            ("/alertsx", None),
            ("/api/v1/codes/421", counts(CountsRoute::CodeJson("421"))),
            ("/api/v1/codes/", counts(CountsRoute::CodeJson(""))),
            ("", None),
        ] {
            assert_eq!(Route::of(path, "/mail/metrics"), route, "{path}");
        }
    }
}
