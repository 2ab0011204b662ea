//! The response to each request: what the access rules say about it, and then what the site answers.

use std::time::Instant;

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::header::{AUTHORIZATION, HOST};
use hyper::http::uri::Authority;
use hyper::{Request, Response, StatusCode, Version};

use super::access::{Access, AccessRules, Authorization};
use super::peer::Peer;
use super::response::{Content, retry_later, unauthorized};
use super::site::Site;

/// Answers a request of a peer.
pub async fn respond(
    request: &Request<Incoming>,
    peer: Peer,
    access: &Access,
    site: &Site,
) -> Response<Full<Bytes>> {
    // An open connection must not outlive the removal of its password.
    let rules = access.rules().await;
    let mut response = match refusal(request, peer, access, &rules).await {
        Some(refusal) => refusal,
        None => site.answer(request, rules.users.are_required()).await,
    };
    rules.apply_headers(response.headers_mut());
    response
}

/// The response to a request that the site does not get.
async fn refusal(
    request: &Request<Incoming>,
    peer: Peer,
    access: &Access,
    rules: &AccessRules,
) -> Option<Response<Full<Bytes>>> {
    if !has_valid_host(request) {
        let text = "A request needs exactly one valid Host header.\n";
        let content = Content::text(StatusCode::BAD_REQUEST, text);
        return Some(content.into_response(false, false));
    }
    if let Some(bucket) = &rules.rate_limit
        && !bucket.take(Instant::now())
    {
        let text = "Too many requests.\n";
        let content = Content::text(StatusCode::TOO_MANY_REQUESTS, text);
        return Some(retry_later(content));
    }
    let authorization = request.headers().get(AUTHORIZATION);
    let checks = access.password_checks();
    match rules.users.authorize(authorization, peer, checks).await {
        Authorization::Granted => None,
        Authorization::Denied => Some(unauthorized()),
        Authorization::Busy => {
            let text = "Too many passwords are being checked.\n";
            let content = Content::text(StatusCode::SERVICE_UNAVAILABLE, text);
            Some(retry_later(content))
        }
    }
}

/// Whether a request names one host, as it must since HTTP/1.1 (RFC 9112, section 3.2), in HTTP/2 in its target (RFC
/// 9113, section 8.3.1).
fn has_valid_host<B>(request: &Request<B>) -> bool {
    let mut hosts = request.headers().get_all(HOST).iter();
    match (hosts.next(), hosts.next()) {
        (Some(host), None) => host.to_str().is_ok_and(is_host),
        (None, _) => request.version() < Version::HTTP_11 || request.uri().authority().is_some(),
        (Some(_), Some(_)) => false,
    }
}

/// Whether it is a host with an optional port. It is empty if the request's target has none.
fn is_host(text: &str) -> bool {
    text.is_empty() || !text.contains('@') && text.parse::<Authority>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_needs_one_valid_host() {
        for (version, hosts, valid) in [
            (Version::HTTP_11, &["mx.example.com"][..], true),
            (Version::HTTP_11, &["mx.example.com:9925"], true),
            (Version::HTTP_11, &["[2001:db8::1]:9925"], true),
            (Version::HTTP_11, &[""], true),
            (Version::HTTP_11, &[], false),
            (Version::HTTP_10, &[], true),
            (Version::HTTP_11, &["a", "b"], false),
            (Version::HTTP_11, &["a", "a"], false),
            (Version::HTTP_10, &["a", "a"], false),
            (Version::HTTP_11, &["a b"], false),
            (Version::HTTP_11, &["a/b"], false),
            (Version::HTTP_11, &["ann@example.com"], false),
        ] {
            let mut request = Request::builder().version(version);
            for host in hosts {
                request = request.header(HOST, *host);
            }
            let request = request.body(()).expect("a request");
            assert_eq!(has_valid_host(&request), valid, "{version:?} {hosts:?}");
        }
    }
}
