//! From what a route answers to an HTTP response: content type, language, compression and the
//! security headers.

use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{
    ALLOW, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LANGUAGE, CONTENT_LENGTH,
    CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderValue, LOCATION, RETRY_AFTER, VARY,
    WWW_AUTHENTICATE, X_CONTENT_TYPE_OPTIONS,
};
use hyper::{Response, StatusCode};

use super::encoding;
use super::language::PageLanguage;

pub const TEXT: &str = "text/plain; charset=utf-8";
pub const HTML: &str = "text/html; charset=utf-8";
pub const JSON: &str = "application/json";
pub const CSS: &str = "text/css; charset=utf-8";
pub const PNG: &str = "image/png";
pub const JAVASCRIPT: &str = "text/javascript; charset=utf-8";

/// Pages load their own style sheet and script, and the script loads the page again. If markup ever slipped into a
/// page, it could neither run nor load anything.
const PAGE_POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; \
                           base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// What is no page loads nothing, and is not shown in a frame of another site.
const OTHER_POLICY: &str = "default-src 'none'; frame-ancestors 'none'";

/// The challenge of HTTP basic authentication (RFC 7617 section 2).
const CHALLENGE: &str = "Basic realm=\"maillog_exporter\", charset=\"UTF-8\"";

/// What a route answers.
pub struct Content {
    status: StatusCode,
    content_type: &'static str,
    body: Vec<u8>,
    /// Set where the response depends on the language that the request prefers.
    language: Option<PageLanguage>,
    /// Whether it depends on the media types that the request accepts.
    by_accept: bool,
    /// The methods that are allowed, where the one of the request is not.
    allowed: Option<&'static str>,
    /// Whether it never changes at its address.
    cacheable: bool,
    /// The address that a redirection leads to.
    location: Option<HeaderValue>,
}

impl Content {
    /// A successful response.
    pub fn ok(content_type: &'static str, body: impl Into<Vec<u8>>) -> Self {
        Content {
            status: StatusCode::OK,
            content_type,
            body: body.into(),
            language: None,
            by_accept: false,
            allowed: None,
            cacheable: false,
            location: None,
        }
    }

    /// A redirection to another path of this server.
    pub fn redirect(path: &str) -> Self {
        let mut content = Content::text(StatusCode::FOUND, "");
        content.location = HeaderValue::from_str(path).ok();
        content
    }

    /// The same, which never changes at its address.
    pub fn cacheable(self) -> Self {
        Content {
            cacheable: true,
            ..self
        }
    }

    /// Plain text with a status.
    pub fn text(status: StatusCode, text: &str) -> Self {
        Content {
            status,
            ..Content::ok(TEXT, text)
        }
    }

    /// The same with a status.
    pub fn with_status(self, status: StatusCode) -> Self {
        Content { status, ..self }
    }

    /// The same in a language that was chosen by the request.
    pub fn in_language(self, language: PageLanguage) -> Self {
        Content {
            language: Some(language),
            ..self
        }
    }

    /// The same in a format that was chosen by the request.
    pub fn by_accept(self) -> Self {
        Content {
            by_accept: true,
            ..self
        }
    }

    /// The same with the methods that are allowed.
    pub fn allowing(self, methods: &'static str) -> Self {
        Content {
            allowed: Some(methods),
            ..self
        }
    }

    /// The HTTP response, compressed if the client accepts `gzip` and the body is long enough. The
    /// response to a `HEAD` request has the same headers and no body.
    pub fn into_response(self, gzip: bool, head: bool) -> Response<Full<Bytes>> {
        // A picture is compressed already.
        let compressed = if gzip && self.content_type != PNG {
            encoding::gzip(&self.body)
        } else {
            None
        };
        let is_compressed = compressed.is_some();
        let body = compressed.unwrap_or(self.body);
        let length = body.len();
        let body = if head { Vec::new() } else { body };
        let mut response = Response::new(Full::new(Bytes::from(body)));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(self.content_type));
        headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
        let caching = match self.cacheable {
            true => "private, max-age=31536000, immutable",
            false => "no-store",
        };
        headers.insert(CACHE_CONTROL, HeaderValue::from_static(caching));
        if let Some(location) = self.location {
            headers.insert(LOCATION, location);
        }
        if let Some(methods) = self.allowed {
            headers.insert(ALLOW, HeaderValue::from_static(methods));
        }
        let mut vary = match self.by_accept {
            true => "Accept-Encoding, Accept",
            false => "Accept-Encoding",
        };
        if let Some(language) = self.language {
            vary = "Accept-Encoding, Accept-Language";
            headers.insert(
                CONTENT_LANGUAGE,
                HeaderValue::from_static(language.script_tag()),
            );
        }
        headers.insert(VARY, HeaderValue::from_static(vary));
        let policy = match self.content_type {
            HTML => PAGE_POLICY,
            _ => OTHER_POLICY,
        };
        let policy = HeaderValue::from_static(policy);
        headers.insert(CONTENT_SECURITY_POLICY, policy);
        let nosniff = HeaderValue::from_static("nosniff");
        headers.insert(X_CONTENT_TYPE_OPTIONS, nosniff);
        if is_compressed {
            headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        response
    }
}

/// The response to a request without a valid user name and password.
pub fn unauthorized() -> Response<Full<Bytes>> {
    let text = "A valid user name and password are required.\n";
    let mut response = Content::text(StatusCode::UNAUTHORIZED, text).into_response(false, false);
    let challenge = HeaderValue::from_static(CHALLENGE);
    response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
    response
}

/// The response to a request that may be sent again in a second.
pub fn retry_later(content: Content) -> Response<Full<Bytes>> {
    let mut response = content.into_response(false, false);
    let seconds = HeaderValue::from_static("1");
    response.headers_mut().insert(RETRY_AFTER, seconds);
    response
}

/// The response to a request with a method other than GET and HEAD.
pub fn method_not_allowed() -> Response<Full<Bytes>> {
    let text = "Only GET and HEAD are allowed.\n";
    let content = Content::text(StatusCode::METHOD_NOT_ALLOWED, text).allowing("GET, HEAD");
    content.into_response(false, false)
}
